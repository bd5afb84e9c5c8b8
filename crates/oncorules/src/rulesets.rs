//! The rulesets that a program can use: those built in, and those in folders.

use crate::folder;
use include_dir::{Dir, include_dir};
use oncorules_audit::TestReport;
use oncorules_engine::{Engine, EvaluateOptions};
use oncorules_model::{Case, Glossary, Report, SdtmMapping};
use oncorules_rules::{Catalog, LoadOptions, ParameterInfo, Proof, RulesetFiles};
use oncorules_source::{Diagnostics, SourceFile};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The shipped rulesets, so that an installed Oncorules works anywhere.
static SHIPPED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../rules");

/// Where a ruleset comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Shipped with this version.
    BuiltIn,
    /// A folder.
    Folder(PathBuf),
}

/// What is known of a ruleset without evaluating anything.
#[derive(Debug, Clone)]
pub struct RulesetInfo {
    /// Id.
    pub id: String,
    /// Version.
    pub version: String,
    /// Title.
    pub title: String,
    /// `draft`, `active` or `retired`.
    pub status: Option<String>,
    /// The disease it is for.
    pub disease: Option<String>,
    /// What it is for.
    pub intended_use: Option<String>,
    /// What it is not for.
    pub limits: Vec<String>,
    /// Where it comes from.
    pub origin: Origin,
    /// Whether it stands in front of a shipped ruleset of the same id and other content.
    pub shadows_built_in: bool,
    /// SHA-256 over its files.
    pub sha256: String,
    /// The ruleset it extends.
    pub extends: Option<String>,
    /// Alias and id of the rulesets it uses.
    pub uses: Vec<(String, String)>,
    /// Key and citation of its sources.
    pub sources: Vec<(String, String)>,
    /// Its parameters, those of its base included.
    pub parameters: Vec<ParameterInfo>,
    /// Its decisions.
    pub decisions: Vec<String>,
    /// How many reference cases stand beside it.
    pub reference_cases: usize,
    /// What keeps it from being read, where something does.
    pub problem: Option<Diagnostics>,
}

/// What `check` found.
#[derive(Debug, Clone)]
pub struct CheckReport {
    /// The ruleset.
    pub ruleset: String,
    /// What is wrong or worth knowing.
    pub diagnostics: Diagnostics,
    /// What was proven of its decisions.
    pub proofs: Vec<Proof>,
}

/// The rulesets that can be loaded.
#[derive(Debug, Clone)]
pub struct Rulesets {
    catalog: Catalog,
    origins: BTreeMap<String, Origin>,
    shadowing: BTreeMap<String, bool>,
    cases: BTreeMap<String, Vec<SourceFile>>,
    all_files: BTreeMap<String, Vec<(String, String)>>,
    /// Folders whose files cannot be read, by id where that is known, else by name. They stand in
    /// front of a shipped ruleset of that id all the same: it is not what was meant.
    unreadable: BTreeMap<String, Diagnostics>,
}

impl Rulesets {
    /// The shipped rulesets.
    pub fn built_in() -> Self {
        let mut rulesets = Self {
            catalog: Catalog::new(),
            origins: BTreeMap::new(),
            shadowing: BTreeMap::new(),
            cases: BTreeMap::new(),
            all_files: BTreeMap::new(),
            unreadable: BTreeMap::new(),
        };
        for dir in SHIPPED.dirs() {
            let name = dir.path().display();
            let mut main = None;
            let mut scripts = vec![];
            let mut cases = vec![];
            let mut files = vec![];
            for file in files_below(dir) {
                let Some(text) = file.contents_utf8() else { continue };
                let path = file.path().strip_prefix(dir.path()).unwrap_or(file.path());
                let relative = path.display().to_string();
                let source = SourceFile::new(format!("{name}/{relative} (built in)"), text);
                if relative == folder::MAIN {
                    main = Some(source);
                } else if relative.ends_with(".rhai") && !relative.contains('/') {
                    scripts.push(source);
                } else if relative.starts_with("cases/") && relative.ends_with(".yaml") {
                    cases.push(source);
                }
                files.push((relative, text.to_string()));
            }
            if let Some(main) = main {
                let ruleset = RulesetFiles { origin: "built in".into(), main, scripts };
                let id = ruleset.id().unwrap_or_default();
                rulesets.origins.insert(id.clone(), Origin::BuiltIn);
                rulesets.cases.insert(id.clone(), cases);
                rulesets.all_files.insert(id, files);
                rulesets.catalog.add(ruleset);
            }
        }
        rulesets
    }

    /// Puts the rulesets of a folder (each in a folder of its own) before the others. One that
    /// cannot be read is said to be so when it is asked for; it does not hide the others.
    ///
    /// # Errors
    /// What keeps the folder from being read.
    pub fn with_dir(mut self, dir: &Path) -> Result<Self, Diagnostics> {
        for path in folder::ruleset_dirs(dir)? {
            if let Err(wrong) = self.add_folder(&path) {
                let id = folder::id_of(&path);
                self.catalog.remove(&id);
                self.origins.insert(id.clone(), Origin::Folder(path));
                self.unreadable.insert(id, wrong);
            }
        }
        Ok(self)
    }

    /// What keeps a ruleset from loading, with what kept others from being read where one of those
    /// is missing.
    fn explained(&self, mut wrong: Diagnostics) -> Diagnostics {
        if wrong.iter().any(|d| d.code == "no-such-ruleset") {
            self.unreadable.values().for_each(|u| wrong.extend(u.clone()));
        }
        wrong
    }

    fn add_folder(&mut self, path: &Path) -> Result<String, Diagnostics> {
        let files = folder::read_ruleset(path)?;
        let id = files.key();
        let cases = folder::read_cases(path)?;
        let digest = files.sha256();
        let name = |s: &SourceFile| s.name().rsplit('/').next().unwrap_or_default().to_string();
        let mut all = vec![(folder::MAIN.to_string(), files.main.text().to_string())];
        all.extend(files.scripts.iter().map(|s| (name(s), s.text().to_string())));
        all.extend(cases.iter().map(|s| (format!("cases/{}", name(s)), s.text().to_string())));
        let before = self.catalog.add(files);
        let shadows = before.is_some_and(|b| &*b.origin == "built in" && b.sha256() != digest);
        self.shadowing.insert(id.clone(), shadows);
        self.origins.insert(id.clone(), Origin::Folder(path.to_path_buf()));
        self.cases.insert(id.clone(), cases);
        self.all_files.insert(id.clone(), all);
        Ok(id)
    }

    /// An id as it is, or the id of the ruleset in the folder that a path names (which is then
    /// added, with its neighbours behind it).
    fn resolve(&self, id_or_path: &str) -> Result<(Self, String), Diagnostics> {
        let path = Path::new(id_or_path);
        let path = if path.file_name().is_some_and(|n| n == folder::MAIN) {
            path.parent().unwrap_or(path)
        } else {
            path
        };
        if let Some(wrong) = self.unreadable.get(id_or_path) {
            return Err(wrong.clone());
        }
        if self.catalog.get(id_or_path).is_some() || !path.join(folder::MAIN).is_file() {
            return Ok((self.clone(), id_or_path.to_string()));
        }
        let mut with = self.clone();
        // Rulesets beside it may be what it extends or uses, where nothing of that name is known.
        if let Some(parent) = path.parent().filter(|p| folder::is_rules_dir(p)) {
            for neighbour in folder::ruleset_dirs(parent)? {
                let known = folder::read_ruleset(&neighbour)
                    .ok()
                    .and_then(|f| f.id())
                    .is_some_and(|id| with.catalog.get(&id).is_some());
                if !known
                    && neighbour != path
                    && let Err(wrong) = with.add_folder(&neighbour)
                {
                    with.unreadable.insert(folder::id_of(&neighbour), wrong);
                }
            }
        }
        let id = with.add_folder(path)?;
        Ok((with, id))
    }

    /// The ids, sorted.
    pub fn ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = self
            .catalog
            .ids()
            .chain(self.unreadable.keys().map(String::as_str))
            .map(str::to_string)
            .collect();
        ids.sort();
        ids.dedup();
        ids
    }

    /// What is known of each ruleset, sorted by id.
    pub fn list(&self) -> Vec<RulesetInfo> {
        self.ids().iter().map(|id| self.info_of(id)).collect()
    }

    /// What is known of one ruleset.
    ///
    /// # Errors
    /// Where there is none of that id or in that folder.
    pub fn info(&self, id_or_path: &str) -> Result<RulesetInfo, Diagnostics> {
        let (with, id) = self.resolve(id_or_path)?;
        if with.catalog.get(&id).is_none() {
            with.catalog.summary(&id)?;
        }
        Ok(with.info_of(&id))
    }

    fn info_of(&self, id: &str) -> RulesetInfo {
        let summary = self.catalog.summary(id);
        let loaded = self.catalog.load(id, &LoadOptions::default());
        let problem = self.unreadable.get(id).or(loaded.as_ref().err()).cloned();
        let parameters = loaded
            .map(|(program, _)| {
                program.parameters.into_iter().filter(|p| *p.ruleset == *id).collect()
            })
            .unwrap_or_default();
        let cases =
            self.cases.get(id).map(|files| oncorules_audit::count_cases(files)).unwrap_or_default();
        let summary = summary.unwrap_or_else(|_| oncorules_rules::RulesetSummary::unreadable(id));
        RulesetInfo {
            id: id.to_string(),
            version: summary.version,
            title: summary.title,
            status: summary.status,
            disease: summary.disease,
            intended_use: summary.intended_use,
            limits: summary.limits,
            origin: self.origins.get(id).cloned().unwrap_or(Origin::BuiltIn),
            shadows_built_in: self.shadowing.get(id).copied().unwrap_or(false),
            sha256: self.catalog.get(id).map(RulesetFiles::sha256).unwrap_or_default(),
            extends: summary.extends,
            uses: summary.uses,
            sources: summary.sources,
            parameters,
            decisions: summary.decisions,
            reference_cases: cases,
            problem,
        }
    }

    /// The files of a ruleset, by their names within its folder.
    ///
    /// # Errors
    /// Where there is no such ruleset.
    pub fn files(&self, id_or_path: &str) -> Result<Vec<(String, String)>, Diagnostics> {
        let (with, id) = self.resolve(id_or_path)?;
        match with.all_files.get(&id) {
            Some(files) => Ok(files.clone()),
            None => Err(with.catalog.summary(&id).err().unwrap_or_default()),
        }
    }

    /// Loads, checks and compiles a ruleset with all it extends and uses.
    ///
    /// # Errors
    /// All that is wrong, in one go, each at its place; a failed proof is an error.
    pub fn load(&self, id_or_path: &str) -> Result<Program, Diagnostics> {
        self.load_with(id_or_path, &LoadOptions::default())
    }

    /// As [`Self::load`], with other rulesets behind the aliases of `uses` and other values of
    /// parameters.
    ///
    /// # Errors
    /// As [`Self::load`], and where there is no such alias or parameter.
    pub fn load_with(
        &self,
        id_or_path: &str,
        options: &LoadOptions,
    ) -> Result<Program, Diagnostics> {
        let (with, id) = self.resolve(id_or_path)?;
        let loaded = with.catalog.load(&id, options);
        let (program, warnings) = loaded.map_err(|wrong| with.explained(wrong))?;
        let (proofs, failed) = oncorules_rules::prove(&program);
        if failed.has_errors() {
            return Err(failed);
        }
        Ok(Program { engine: Engine::new(program), warnings, proofs })
    }

    /// Checks a ruleset and proves what can be proven.
    pub fn check(&self, id_or_path: &str) -> CheckReport {
        let mut report = CheckReport {
            ruleset: id_or_path.to_string(),
            diagnostics: Diagnostics::new(),
            proofs: vec![],
        };
        let loaded = self.resolve(id_or_path).and_then(|(with, id)| {
            report.ruleset.clone_from(&id);
            let loaded = with.catalog.load(&id, &LoadOptions::default());
            loaded.map_err(|wrong| with.explained(wrong))
        });
        match loaded {
            Ok((program, warnings)) => {
                let (proofs, failed) = oncorules_rules::prove(&program);
                let main = program.rulesets.last().map(|r| r.id.clone());
                report.proofs =
                    proofs.into_iter().filter(|p| Some(&p.ruleset) == main.as_ref()).collect();
                report.diagnostics = warnings;
                report.diagnostics.extend(failed);
                report.diagnostics.sort();
            }
            Err(diagnostics) => report.diagnostics = diagnostics,
        }
        report
    }

    /// Runs the reference cases of a ruleset.
    ///
    /// # Errors
    /// What keeps the ruleset from loading.
    pub fn test(&self, id_or_path: &str) -> Result<TestReport, Diagnostics> {
        let (with, id) = self.resolve(id_or_path)?;
        let loaded = with.catalog.load(&id, &LoadOptions::default());
        let (program, _) = loaded.map_err(|wrong| with.explained(wrong))?;
        let engine = Engine::new(program);
        let cases = with.cases.get(&id).map(Vec::as_slice).unwrap_or_default();
        let other = |parameters: &[(String, String)]| {
            let options = LoadOptions { parameters: parameters.to_vec(), ..LoadOptions::default() };
            with.catalog.load(&id, &options).map(|(program, _)| Engine::new(program))
        };
        Ok(oncorules_audit::run_reference_cases(&id, &engine, &other, cases))
    }
}

fn files_below(dir: &'static Dir<'static>) -> Vec<&'static include_dir::File<'static>> {
    let mut files: Vec<_> = dir.files().collect();
    for below in dir.dirs() {
        files.extend(files_below(below));
    }
    files.sort_by_key(|f| f.path());
    files
}

/// A ruleset with all it uses, checked, proven and compiled.
#[derive(Debug)]
pub struct Program {
    engine: Engine,
    warnings: Diagnostics,
    proofs: Vec<Proof>,
}

impl Program {
    /// Evaluates one case.
    pub fn evaluate(&self, case: &Case, options: &EvaluateOptions) -> Report {
        self.engine.evaluate(case, options)
    }

    /// What the decisions and their codes mean, for the clinician and for the patient.
    pub fn glossary(&self) -> Glossary {
        self.engine.glossary()
    }

    /// How trial data sets name the decisions of the rulesets in use, the main ruleset last.
    pub fn sdtm_mappings(&self) -> Vec<SdtmMapping> {
        self.engine
            .program()
            .rulesets
            .iter()
            .map(|r| r.sdtm.clone())
            .filter(|m| !m.tests.is_empty() || !m.observations.is_empty())
            .collect()
    }

    /// What was worth knowing when it was checked.
    pub fn warnings(&self) -> &Diagnostics {
        &self.warnings
    }

    /// What was proven of its decisions.
    pub fn proofs(&self) -> &[Proof] {
        &self.proofs
    }

    /// The engine beneath, for those who need more.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }
}
