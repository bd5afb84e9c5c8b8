//! Where rulesets are found, and loading them with all they extend and use.

use crate::compile::compile;
use crate::digest;
use crate::ir::Program;
use crate::merge::{lay_over, unlike};
use crate::raw::{RawRuleset, Text};
use crate::read::{self, error_at};
use oncorules_source::yaml::with_room;
use oncorules_source::{Diagnostic, Diagnostics, SourceFile, did_you_mean, one_of};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The files of one ruleset, as texts: reading them is the caller's business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulesetFiles {
    /// Where they come from, for messages: a folder, or `built in`.
    pub origin: Arc<str>,
    /// `ruleset.yaml`.
    pub main: SourceFile,
    /// The `.rhai` files, by name.
    pub scripts: Vec<SourceFile>,
}

impl RulesetFiles {
    /// The id that the main file gives, where it can be read.
    pub fn id(&self) -> Option<String> {
        // Cheap and forgiving: the real reading comes later and reports what is wrong.
        self.main.text().lines().find_map(|l| {
            let rest = l.strip_prefix("id:")?.trim();
            let rest = rest.split(" #").next().unwrap_or(rest).trim();
            Some(rest.trim_matches(['"', '\'']).to_string())
        })
    }

    /// The name under which a catalog keeps it: its id, or its main file where that gives none.
    pub fn key(&self) -> String {
        self.id().unwrap_or_else(|| self.main.name().to_string())
    }

    /// SHA-256 over the files.
    pub fn sha256(&self) -> String {
        let file = |f: &SourceFile| f.name().rsplit('/').next().unwrap_or_default().to_string();
        let scripts: Vec<(String, &SourceFile)> =
            self.scripts.iter().map(|s| (file(s), s)).collect();
        digest::of_files(
            std::iter::once(("ruleset.yaml", self.main.text()))
                .chain(scripts.iter().map(|(n, s)| (n.as_str(), s.text()))),
        )
    }
}

/// How many rulesets may extend or use each other in a row.
const MOST_LAYERS: usize = 32;

/// The rulesets that can be found, by id.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    rulesets: BTreeMap<String, RulesetFiles>,
}

/// What is changed while loading, without touching a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadOptions {
    /// What an alias of the main ruleset stands for: (`criteria`, `irecist`).
    pub used: Vec<(String, String)>,
    /// Values of parameters: (`stable_minimum`, `56 d`); those of a used ruleset with its id before
    /// them (`recist-1.1/stable_minimum`).
    pub parameters: Vec<(String, String)>,
}

/// What a ruleset says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulesetSummary {
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
    /// The ruleset it extends.
    pub extends: Option<String>,
    /// Alias and id of the rulesets it uses.
    pub uses: Vec<(String, String)>,
    /// Key and citation of its sources.
    pub sources: Vec<(String, String)>,
    /// Its decisions.
    pub decisions: Vec<String>,
}

impl RulesetSummary {
    /// Of a ruleset that cannot be read.
    pub fn unreadable(id: &str) -> Self {
        Self {
            id: id.to_string(),
            version: String::new(),
            title: "(cannot be read; see `check`)".to_string(),
            status: None,
            disease: None,
            intended_use: None,
            limits: vec![],
            extends: None,
            uses: vec![],
            sources: vec![],
            decisions: vec![],
        }
    }
}

impl Catalog {
    /// An empty catalog.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a ruleset; one of the same id is shadowed and given back.
    pub fn add(&mut self, files: RulesetFiles) -> Option<RulesetFiles> {
        self.rulesets.insert(files.key(), files)
    }

    /// Takes a ruleset out.
    pub fn remove(&mut self, id: &str) -> Option<RulesetFiles> {
        self.rulesets.remove(id)
    }

    /// The ids, sorted.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.rulesets.keys().map(String::as_str)
    }

    /// The files of a ruleset.
    pub fn get(&self, id: &str) -> Option<&RulesetFiles> {
        self.rulesets.get(id)
    }

    /// Loads, checks and compiles a ruleset with all it extends and uses.
    ///
    /// # Errors
    /// All that is wrong with any of the files, in one go, each at its place.
    pub fn load(
        &self,
        id: &str,
        options: &LoadOptions,
    ) -> Result<(Program, Diagnostics), Diagnostics> {
        // Measures that name measures are compiled for one another, some hundred deep at most.
        with_room(|| self.load_here(id, options))
    }

    fn load_here(
        &self,
        id: &str,
        options: &LoadOptions,
    ) -> Result<(Program, Diagnostics), Diagnostics> {
        let mut loader = Loader {
            catalog: self,
            done: vec![],
            diagnostics: Diagnostics::new(),
            left_out: BTreeSet::new(),
        };
        let main = loader.merged(id, None, &mut vec![]);
        if let Some(mut main) = main {
            for (alias, id) in &options.used {
                match main.uses.iter_mut().find(|u| u.alias.value == *alias) {
                    Some(used) => used.ruleset.value.clone_from(id),
                    None => loader.diagnostics.push(
                        error_at(
                            "unknown-name",
                            format!("`{}` uses nothing as `{alias}`", main.id.value),
                            &main.id,
                        )
                        .help(format!(
                            "it uses {}",
                            one_of(main.uses.iter().map(|u| u.alias.value.as_str()))
                        )),
                    ),
                }
            }
            loader.with_used(main, &mut vec![]);
        }
        loader.set_parameters(id, &options.parameters);
        let Loader { done, mut diagnostics, left_out, .. } = loader;
        if diagnostics.has_errors() {
            // What can be read is checked all the same, so that all is told at once.
            if !done.is_empty()
                && diagnostics.iter().all(|d| d.code != "circle" && d.code != "no-such-ruleset")
                && let Err(mut more) = compile(&done)
            {
                more.0.retain(|d| left_out.is_empty() || !may_follow(d, &left_out));
                diagnostics.extend(more);
            }
            return Err(in_order(diagnostics));
        }
        match compile(&done) {
            Ok((program, more)) => {
                diagnostics.extend(more);
                Ok((program, diagnostics))
            }
            Err(more) => {
                diagnostics.extend(more);
                Err(in_order(diagnostics))
            }
        }
    }

    /// What a ruleset says of itself, its base included.
    ///
    /// # Errors
    /// What keeps it from being read.
    pub fn summary(&self, id: &str) -> Result<RulesetSummary, Diagnostics> {
        let mut loader = Loader {
            catalog: self,
            done: vec![],
            diagnostics: Diagnostics::new(),
            left_out: BTreeSet::new(),
        };
        let Some(raw) = loader.merged(id, None, &mut vec![]) else {
            return Err(loader.diagnostics);
        };
        let text = |t: &Option<Text>| t.as_ref().map(|t| t.value.clone());
        Ok(RulesetSummary {
            id: raw.id.value.clone(),
            version: raw.version.value.clone(),
            title: text(&raw.title).unwrap_or_default(),
            status: text(&raw.status),
            disease: text(&raw.disease),
            intended_use: text(&raw.intended_use),
            limits: raw.limits.iter().map(|t| t.value.clone()).collect(),
            extends: text(&raw.extends),
            uses: raw
                .uses
                .iter()
                .map(|u| (u.alias.value.clone(), u.ruleset.value.clone()))
                .collect(),
            sources: raw.sources.iter().map(|s| (s.key.value.clone(), s.citation())).collect(),
            decisions: raw.decisions.iter().map(|d| d.name.value.clone()).collect(),
        })
    }
}

struct Loader<'c> {
    catalog: &'c Catalog,
    /// Rulesets in the order in which they use each other.
    done: Vec<RawRuleset>,
    diagnostics: Diagnostics,
    /// The words of what could not be read.
    left_out: BTreeSet<String>,
}

/// The mend for a kind of mistake, where no better one is known.
fn usual_mend(code: &str) -> &'static str {
    match code {
        "wrong-unit" => {
            "both sides need one unit; a number has its unit as a parameter: `{value: 5 mm}`"
        }
        "wrong-type" => {
            "numbers go with numbers of their unit, codes and texts with \"text\", dates with dates"
        }
        "wrong-kind" => "write what is expected in its place",
        "arguments" | "unknown-function" => "see 'Functions' in the reference of the rule language",
        "table-row" | "table-header" => "compare it with the first line of the table",
        "duplicate-row" | "duplicate-name" => "rename one of the two",
        "unknown-name" => "correct the name, or define it",
        "circle" => "let one of them do without the others",
        "more" => "mend those that are shown first",
        _ => "see the reference of the rule language",
    }
}

/// How many diagnostics of one ruleset are told.
const MOST_TOLD: usize = 200;

/// The diagnostics by place; of very many the first, and how many more there are.
fn in_order(mut diagnostics: Diagnostics) -> Diagnostics {
    diagnostics.sort();
    for diagnostic in &mut diagnostics.0 {
        if diagnostic.help.is_none() {
            diagnostic.help = Some(usual_mend(diagnostic.code).to_string());
        }
    }
    let more = diagnostics.len().saturating_sub(MOST_TOLD);
    if more > 0 {
        diagnostics.0.sort_by_key(|d| d.severity);
        diagnostics.0.truncate(MOST_TOLD);
        diagnostics.sort();
        let message = format!("{more} or more errors and warnings besides are not shown");
        diagnostics.push(Diagnostic::error("too-many-errors", message).help("mend these first"));
    }
    diagnostics
}

/// Whether a mistake may be none once the broken parts of the file, which hold the words
/// `left_out`, are mended: what seems to be unknown may be defined there.
fn may_follow(diagnostic: &Diagnostic, left_out: &BTreeSet<String>) -> bool {
    let mut words = quoted(&diagnostic.message);
    match diagnostic.code {
        "missing-key" | "gap" | "overlap" | "dead-row" | "more" => true,
        "unknown-code" => words.next().is_some_and(|code| left_out.contains(code)),
        _ => words.any(|word| left_out.contains(word)),
    }
}

/// The words in backticks of a message.
fn quoted(message: &str) -> impl Iterator<Item = &str> {
    message.split('`').skip(1).step_by(2)
}

impl Loader<'_> {
    /// A ruleset with its base under it.
    fn merged(
        &mut self,
        id: &str,
        wanted_by: Option<&Text>,
        path: &mut Vec<String>,
    ) -> Option<RawRuleset> {
        if path.iter().any(|p| p == id) {
            let circle =
                path.iter().map(String::as_str).chain([id]).collect::<Vec<_>>().join(" → ");
            self.at(
                "circle",
                format!("these rulesets extend each other in a circle: {circle}"),
                wanted_by,
                Some("let one of them stand alone".into()),
            );
            return None;
        }
        if path.len() >= MOST_LAYERS {
            self.at(
                "too-many-layers",
                format!("more than {MOST_LAYERS} rulesets lie one over the other"),
                wanted_by,
                Some("let one of them hold what several layers change".into()),
            );
            return None;
        }
        let Some(files) = self.catalog.get(id) else {
            let known: Vec<&str> = self.catalog.ids().collect();
            let help = match did_you_mean(id, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", one_of(known)),
            };
            self.at(
                "no-such-ruleset",
                format!("there is no ruleset `{id}`"),
                wanted_by,
                Some(help),
            );
            return None;
        };
        let raw = match read::read(&files.main) {
            Ok((raw, diagnostics, left_out)) => {
                self.diagnostics.extend(diagnostics);
                self.left_out.extend(left_out);
                Some(raw)
            }
            Err(diagnostics) => {
                self.diagnostics.extend(diagnostics);
                None
            }
        };
        let mut raw = raw?;
        raw.digests = vec![files.sha256()];
        raw.scripts.clone_from(&files.scripts);
        let Some(base) = raw.extends.clone() else { return Some(raw) };
        path.push(id.to_string());
        let (name, version) = base.value.split_once('@').unwrap_or((&base.value, ""));
        let under = self.merged(name, Some(&base), path);
        path.pop();
        let under = under?;
        self.check_version(&under, version, &base);
        Some(lay_over(under, raw, &mut self.diagnostics))
    }

    fn check_version(&mut self, found: &RawRuleset, wanted: &str, at: &Text) {
        let fits = wanted.split('.').zip(found.version.value.split('.')).all(|(w, f)| w == f);
        if !wanted.is_empty() && !fits {
            let message = format!(
                "`{}` is there in version {}, not {wanted}",
                found.id.value, found.version.value
            );
            self.diagnostics.push(
                error_at("version", message, at)
                    .help("name the version that is there, or bring the one you need"),
            );
        }
    }

    fn at(&mut self, code: &'static str, message: String, at: Option<&Text>, help: Option<String>) {
        let mut diagnostic = Diagnostic::error(code, message).help_opt(help);
        if let Some(text) = at {
            diagnostic = diagnostic.at(&text.file, text.span, "");
        }
        self.diagnostics.push(diagnostic);
    }

    /// Gives parameters other values.
    fn set_parameters(&mut self, main: &str, parameters: &[(String, String)]) {
        for (name, value) in parameters {
            let (ruleset, name) = name.rsplit_once('/').unwrap_or((main, name));
            let raw = self.done.iter_mut().find(|r| r.id.value == ruleset);
            let found = raw.and_then(|r| {
                let parameter = r.parameters.iter_mut().find(|p| p.name.value == *name)?;
                Some((parameter.value.as_mut()?, &mut r.set))
            });
            match found {
                Some((text, set)) => match unlike(&text.value, value) {
                    None => {
                        text.value.clone_from(value);
                        // The digest is that of the files: the report must say what is not in them.
                        set.retain(|(n, _)| **n != *name);
                        set.push((name.into(), value.as_str().into()));
                    }
                    Some((expected, found)) => self.diagnostics.push(
                        Diagnostic::error(
                            "wrong-unit",
                            format!("`{name}` is in `{expected}`, and `{value}` in `{found}`"),
                        )
                        .help(format!("write a value in `{expected}`")),
                    ),
                },
                None => {
                    let known: Vec<&str> = self
                        .done
                        .iter()
                        .filter(|r| r.id.value == ruleset)
                        .flat_map(|r| r.parameters.iter().map(|p| p.name.value.as_str()))
                        .collect();
                    let help = match did_you_mean(name, known.iter().copied()) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!("there are {}", one_of(known)),
                    };
                    self.diagnostics.push(
                        Diagnostic::error(
                            "unknown-name",
                            format!("`{ruleset}` has no parameter `{name}`"),
                        )
                        .help(help),
                    );
                }
            }
        }
    }

    /// Puts a ruleset behind those it uses.
    fn with_used(&mut self, raw: RawRuleset, path: &mut Vec<String>) {
        if path.len() >= MOST_LAYERS {
            self.at(
                "too-many-layers",
                format!("more than {MOST_LAYERS} rulesets use each other in a row"),
                Some(&raw.id),
                None,
            );
            return;
        }
        path.push(raw.id.value.clone());
        for used in &raw.uses {
            let id = used.ruleset.value.as_str();
            if path.iter().any(|p| p == id) {
                let circle =
                    path.iter().map(String::as_str).chain([id]).collect::<Vec<_>>().join(" → ");
                self.at(
                    "circle",
                    format!("these rulesets use each other in a circle: {circle}"),
                    Some(&used.ruleset),
                    None,
                );
                continue;
            }
            if self.done.iter().any(|d| d.id.value == id) {
                continue;
            }
            if let Some(other) = self.merged(id, Some(&used.ruleset), &mut vec![]) {
                if let Some(version) = &used.version {
                    self.check_version(&other, &version.value, version);
                }
                self.with_used(other, path);
            }
        }
        path.pop();
        if !self.done.iter().any(|d| d.id.value == raw.id.value) {
            self.done.push(raw);
        }
    }
}
