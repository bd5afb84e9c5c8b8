//! Running the reference cases of a ruleset.

use crate::expectation::differences;
use oncorules_engine::{Engine, EvaluateOptions};
use oncorules_formats::case_from_node;
use oncorules_source::yaml::{self, Node};
use oncorules_source::{Diagnostics, SourceFile};

/// The outcome of one reference case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseResult {
    /// Its name.
    pub name: String,
    /// What it cites.
    pub source: Option<String>,
    /// Whether the report is what was expected.
    pub passed: bool,
    /// How it differs, where it does.
    pub differences: Vec<String>,
    /// The file.
    pub file: String,
    /// The line of the file where the case begins.
    pub line: usize,
}

/// The outcomes of all reference cases of a ruleset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestReport {
    /// The ruleset.
    pub ruleset: String,
    /// The outcomes, in the order of the files.
    pub results: Vec<CaseResult>,
}

impl TestReport {
    /// Whether every case passed.
    pub fn passed(&self) -> bool {
        self.results.iter().all(|r| r.passed)
    }
}

/// How many reference cases files hold.
pub fn count_cases(files: &[SourceFile]) -> usize {
    files.iter().map(|f| yaml::parse_documents(f).map_or(0, |d| d.len())).sum()
}

/// An engine for the same ruleset with other values of parameters.
pub type WithParameters<'w> = dyn Fn(&[(String, String)]) -> Result<Engine, Diagnostics> + 'w;

/// Runs the reference cases of a ruleset. A case that cannot be read counts as failed; one that
/// sets `parameters` (to show another reading of the publication) is run by the engine that
/// `with_parameters` gives.
pub fn run_reference_cases(
    ruleset: &str,
    engine: &Engine,
    with_parameters: &WithParameters<'_>,
    files: &[SourceFile],
) -> TestReport {
    let mut results = vec![];
    for file in files {
        match yaml::parse_documents(file) {
            Ok(documents) => results.extend(
                documents.iter().map(|d| run_one(ruleset, engine, with_parameters, file, d)),
            ),
            Err(diagnostics) => {
                results.push(failed(file, file.name().to_string(), 1, sentences(&diagnostics)))
            }
        }
    }
    TestReport { ruleset: ruleset.to_string(), results }
}

fn failed(file: &SourceFile, name: String, line: usize, differences: Vec<String>) -> CaseResult {
    CaseResult {
        name,
        source: None,
        passed: false,
        differences,
        file: file.name().to_string(),
        line,
    }
}

fn sentences(diagnostics: &Diagnostics) -> Vec<String> {
    diagnostics.iter().map(ToString::to_string).collect()
}

const KEYS: [&str; 7] = ["name", "source", "as_of", "parameters", "case", "expect", "note"];

fn run_one(
    ruleset: &str,
    engine: &Engine,
    with_parameters: &WithParameters<'_>,
    file: &SourceFile,
    document: &Node,
) -> CaseResult {
    let text = |key: &str| document.get(key).and_then(Node::scalar).map(str::to_string);
    let line =
        document.entries().and_then(|e| e.first()).map_or(document.span.line, |e| e.key_span.line);
    let name = text("name").unwrap_or_else(|| format!("{}:{line}", file.name()));
    let mut problems = vec![];
    for entry in document.entries().unwrap_or_default() {
        if !KEYS.contains(&entry.key.as_str()) {
            problems.push(format!(
                "line {} of the file: a reference case has no key `{}`; it has {}",
                entry.key_span.line,
                entry.key,
                oncorules_source::one_of(KEYS)
            ));
        }
    }
    let as_of = text("as_of").map(|d| d.parse::<oncorules_model::PartialDate>());
    let as_of = match as_of.transpose() {
        Ok(as_of) => as_of,
        Err(error) => {
            problems.push(error.to_string());
            None
        }
    };
    let (Some(case), Some(expect)) = (document.get("case"), document.get("expect")) else {
        problems.push("a reference case needs `case` and `expect`".into());
        return failed(file, name, line, problems);
    };
    let case = match case_from_node(file, case) {
        Ok(case) => case,
        Err(diagnostics) => {
            problems.extend(sentences(&diagnostics));
            return failed(file, name, line, problems);
        }
    };
    let parameters: Vec<(String, String)> = document
        .get("parameters")
        .and_then(Node::entries)
        .into_iter()
        .flatten()
        .filter_map(|e| Some((e.key.clone(), e.value.scalar()?.to_string())))
        .collect();
    let other = match (!parameters.is_empty()).then(|| with_parameters(&parameters)).transpose() {
        Ok(other) => other,
        Err(diagnostics) => {
            problems.extend(sentences(&diagnostics));
            return failed(file, name, line, problems);
        }
    };
    let report = other.as_ref().unwrap_or(engine).evaluate(&case, &EvaluateOptions { as_of });
    problems.extend(differences(ruleset, expect, &report));
    CaseResult {
        name,
        source: text("source"),
        passed: problems.is_empty(),
        differences: problems,
        file: file.name().to_string(),
        line,
    }
}
