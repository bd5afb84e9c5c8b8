//! Oncorules, for programs that embed it: load rulesets, check them, evaluate cases.
//!
//! ```
//! use oncorules::{EvaluateOptions, Rulesets};
//! use oncorules::model::Case;
//!
//! let program = Rulesets::built_in().load("recist-1.1").expect("a shipped ruleset loads");
//! let case: Case = oncorules::case_from_json(r#"{
//!     "case": "P-1",
//!     "lines": [{"regimen": "any", "cycles": ["2024-01-08", "2024-01-29"]}],
//!     "assessments": [
//!         {"date": "2024-01-02", "lesions": [{"id": "T1", "role": "target", "site": "liver", "longest_diameter": "33.0 mm"}]},
//!         {"date": "2024-02-26", "lesions": [{"id": "T1", "longest_diameter": "23.1 mm"}]}
//!     ]
//! }"#).expect("a well-formed case");
//! let report = program.evaluate(&case, &EvaluateOptions::default());
//! let timepoint = &report.lines[0].timepoints[1];
//! let response = timepoint.decisions.get("recist-1.1").unwrap().get("overall_response").unwrap();
//! assert_eq!(response.value.as_deref(), Some("PR"));
//! ```
//!
//! [`Program`] is `Send + Sync`: compile once, evaluate from as many threads as you like. The same
//! case, program and date always give the same report.

mod folder;
mod rulesets;

pub use folder::{FolderError, find_rules_dir, is_rules_dir};
pub use oncorules_audit::{CaseResult, TestReport};
pub use oncorules_engine::EvaluateOptions;
pub use oncorules_model as model;
pub use oncorules_rules::{LoadOptions, ParameterInfo, Proof, ProofKind, ProofOutcome};
pub use oncorules_source as source;
pub use rulesets::{CheckReport, Origin, Program, RulesetInfo, Rulesets};

/// Reads one case from JSON.
///
/// # Errors
/// What serde found first; the readers of `oncorules-formats` find everything at once, with places.
pub fn case_from_json(text: &str) -> Result<model::Case, serde_json::Error> {
    serde_json::from_str(text)
}

/// The JSON Schema of `ruleset.yaml`, for editors.
pub fn ruleset_schema() -> serde_json::Value {
    oncorules_rules::ruleset_schema()
}

/// The JSON Schema of a case.
pub fn case_schema() -> serde_json::Value {
    model::case_schema().to_value()
}

/// The JSON Schema of what `assess --format json` prints.
pub fn report_schema() -> serde_json::Value {
    model::report_schema().to_value()
}

/// The program on the book's page about embedding is run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/embedding.md")]
struct Book;
