//! All that the command uses of the facade, so that a change of it is the work of this file.

use crate::args::{RulesChosen, RulesFrom};
use crate::failure::{Failure, print_diagnostics};
use oncorules::{EvaluateOptions, LoadOptions, Program};
use oncorules_model::{Case, Glossary, PartialDate, Report, SdtmMapping};
use oncorules_source::{Diagnostic, Diagnostics, did_you_mean, one_of};
use std::path::PathBuf;

pub(crate) use oncorules::{
    CaseResult, CheckReport, Origin, Proof, ProofKind, ProofOutcome, RulesetInfo, Rulesets,
    TestReport,
};

/// The environment variable that names a folder of rulesets.
const RULES_DIR: &str = "ONCORULES_RULES_DIR";

/// The alias under which a ruleset uses a set of criteria.
const CRITERIA: &str = "criteria";

/// The folder of rulesets in use, where there is one.
fn rules_dir(from: &RulesFrom) -> Result<Option<PathBuf>, Failure> {
    let named = from.rules_dir.clone().map(|d| (d, "--rules-dir"));
    let variable = || std::env::var_os(RULES_DIR).filter(|v| !v.is_empty());
    if let Some((dir, by)) = named.or_else(|| variable().map(|v| (PathBuf::from(v), RULES_DIR))) {
        if oncorules::is_rules_dir(&dir) {
            return Ok(Some(dir));
        }
        let dir = dir.display();
        return Err(Diagnostic::error(
            "no-rules-here",
            format!("`{dir}`, which {by} names, holds no ruleset"),
        )
        .help("name the folder above the rulesets: `rules`, where `rules/my-rules/ruleset.yaml` is")
        .into());
    }
    let Ok(here) = std::env::current_dir() else { return Ok(None) };
    let found = oncorules::find_rules_dir(&here);
    // Short names where there are some: `rules/…` from the folder above it.
    Ok(found.map(|dir| dir.strip_prefix(&here).map(PathBuf::from).unwrap_or(dir)))
}

/// The rulesets that can be used, the built-in ones last.
pub(crate) fn rulesets(from: &RulesFrom) -> Result<Rulesets, Failure> {
    match rules_dir(from)? {
        Some(dir) => Ok(Rulesets::built_in().with_dir(&dir)?),
        None => Ok(Rulesets::built_in()),
    }
}

/// Notes that a ruleset of a folder stands in front of a built-in one of other content.
pub(crate) fn note_shadowing(info: &RulesetInfo, quiet: bool) {
    if let (Origin::Folder(folder), true, false) = (&info.origin, info.shadows_built_in, quiet) {
        let message =
            format!("`{}` from `{}` is used, not the built-in one", info.id, folder.display());
        print_diagnostics(&Diagnostic::note("shadows-built-in", message).into());
    }
}

/// The programs that evaluate a case, one a ruleset asked for.
pub(crate) struct Programs {
    programs: Vec<Program>,
    options: EvaluateOptions,
}

impl Programs {
    /// Loads the rulesets asked for.
    pub(crate) fn load(chosen: &RulesChosen, as_of: Option<PartialDate>) -> Result<Self, Failure> {
        let rulesets = rulesets(&chosen.from)?;
        let used = chosen.criteria.iter().map(|id| (CRITERIA.to_string(), id.clone())).collect();
        let options = LoadOptions { used, parameters: chosen.set.clone() };
        let mut programs = vec![];
        let mut wrong = Diagnostics::new();
        for id in &chosen.rules {
            match rulesets.load_with(id, &options) {
                Ok(program) => programs.push(program),
                Err(diagnostics) => wrong.extend(diagnostics),
            }
        }
        if !wrong.is_empty() {
            return Err(wrong.into());
        }
        let loaded = Self { programs, options: EvaluateOptions { as_of } };
        loaded.say_what_to_know(&rulesets, chosen);
        Ok(loaded)
    }

    /// Warnings of the rulesets in use, and which of them shadow a built-in one.
    fn say_what_to_know(&self, rulesets: &Rulesets, chosen: &RulesChosen) {
        if chosen.from.quiet {
            return;
        }
        let mut ids: Vec<String> = chosen.rules.clone();
        for program in &self.programs {
            print_diagnostics(program.warnings());
            ids.extend(program.engine().program().rulesets.iter().map(|r| r.id.to_string()));
        }
        ids.sort();
        ids.dedup();
        for info in ids.iter().filter_map(|id| rulesets.info(id).ok()) {
            // A path gives an id that stands in the list too.
            if ids.contains(&info.id) {
                note_shadowing(&info, false);
            }
        }
    }

    /// The reports of one case, one a ruleset asked for.
    pub(crate) fn evaluate(&self, case: &Case) -> Vec<Report> {
        self.programs.iter().map(|p| p.evaluate(case, &self.options)).collect()
    }

    /// The reports of one case, each with what its decisions and codes mean.
    pub(crate) fn evaluate_with_glossary(&self, case: &Case) -> Vec<(Report, Glossary)> {
        self.evaluate(case).into_iter().zip(self.programs.iter().map(Program::glossary)).collect()
    }

    /// How SDTM data names the decisions of the rulesets in use.
    pub(crate) fn sdtm_mappings(&self) -> Vec<SdtmMapping> {
        let mut all: Vec<SdtmMapping> = vec![];
        for mapping in self.programs.iter().flat_map(Program::sdtm_mappings) {
            if !all.iter().any(|m| m.ruleset == mapping.ruleset) {
                all.push(mapping);
            }
        }
        all
    }
}

/// The ids or paths given, else all rulesets found.
pub(crate) fn named_or_all(rulesets: &Rulesets, named: &[String]) -> Result<Vec<String>, Failure> {
    if named.is_empty() {
        return Ok(rulesets.ids());
    }
    let ids = rulesets.ids();
    let mut wrong = Diagnostics::new();
    for name in named {
        let path = std::path::Path::new(name);
        if !ids.contains(name) && !path.exists() {
            let help = did_you_mean(name, ids.iter().map(String::as_str)).map_or_else(
                || format!("there is {}", one_of(ids.iter().map(String::as_str))),
                |d| d.to_string(),
            );
            let message = format!("there is no ruleset `{name}`, neither by id nor as a folder");
            wrong.push(Diagnostic::error("unknown-ruleset", message).help(help));
        }
    }
    if wrong.is_empty() { Ok(named.to_vec()) } else { Err(wrong.into()) }
}

/// The JSON Schema of a case.
pub(crate) fn case_schema() -> serde_json::Value {
    oncorules::case_schema()
}

/// The JSON Schema of `ruleset.yaml`.
pub(crate) fn ruleset_schema() -> serde_json::Value {
    oncorules::ruleset_schema()
}

/// The JSON Schema of what `assess --format json` prints.
pub(crate) fn report_schema() -> serde_json::Value {
    oncorules::report_schema()
}
