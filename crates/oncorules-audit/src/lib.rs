//! Reference cases: cases with the outcome that a publication gives them, run against a ruleset.
//!
//! A file of `cases/` holds one or several documents:
//!
//! ```yaml
//! name: Table 1, row 2
//! source: eisenhauer-2009 Table 1
//! case: {case: T1-2, lines: […], assessments: […]}
//! expect:
//!   line 1:
//!     best_overall_response: PR
//!     timepoints: {2024-02-26: {overall_response: PR, row.overall_response: T1.2}}
//! ```

mod expectation;
mod run;

pub use run::{CaseResult, TestReport, WithParameters, count_cases, run_reference_cases};
