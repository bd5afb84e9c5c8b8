//! What one core does with a unit: read it, evaluate its cases, render the reports.

use crate::backend::Programs;
use crate::input::{Read, Unit};
use oncorules_model::{Case, Problem, Report};
use oncorules_report::{TextOptions, markdown, text};
use oncorules_source::Diagnostics;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The form in which the sink wants reports.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// A line of JSON.
    Json,
    /// Text.
    Text(TextOptions),
    /// Markdown.
    Markdown,
    /// As it is.
    Report,
}

/// A report in the form wanted.
pub(super) enum Piece {
    /// Rendered.
    Rendered(String),
    /// As it is.
    Report(Box<Report>),
}

/// What became of a unit.
pub(super) struct Done {
    pub(super) pieces: Vec<Piece>,
    pub(super) problems: Vec<Problem>,
    pub(super) diagnostics: Diagnostics,
    pub(super) cases: usize,
    pub(super) findings: usize,
}

/// Reads and evaluates a unit.
pub(super) fn evaluate(unit: Unit, programs: &Programs, form: Form) -> Done {
    let Read { cases, problems, diagnostics } = unit.read();
    let mut done = Done { pieces: vec![], problems, diagnostics, cases: cases.len(), findings: 0 };
    for case in &cases {
        match reports(case, programs) {
            Ok(reports) => {
                for report in reports {
                    done.findings += report.findings.len();
                    match render(report, form) {
                        Ok(piece) => done.pieces.push(piece),
                        Err(problem) => done.problems.push(*problem),
                    }
                }
            }
            Err(problem) => done.problems.push(*problem),
        }
    }
    done
}

/// A fault of the program in one case must not lose the others: it is reported as what it is.
fn reports(case: &Case, programs: &Programs) -> Result<Vec<Report>, Box<Problem>> {
    catch_unwind(AssertUnwindSafe(|| programs.evaluate(case))).map_err(|_| {
        fault(&case.case, "the evaluation of this case broke off by a fault of oncorules")
    })
}

fn render(report: Report, form: Form) -> Result<Piece, Box<Problem>> {
    Ok(match form {
        Form::Json => {
            let json = serde_json::to_string(&report);
            Piece::Rendered(json.map_err(|e| fault(&report.case, &e.to_string()))?)
        }
        Form::Text(options) => Piece::Rendered(text::render(&report, &options)),
        Form::Markdown => Piece::Rendered(markdown::render(&report)),
        Form::Report => Piece::Report(Box::new(report)),
    })
}

fn fault(case: &str, problem: &str) -> Box<Problem> {
    Box::new(Problem {
        case: Some(case.into()),
        code: "internal-error".into(),
        problem: problem.into(),
        file: None,
        line: None,
        column: None,
        help: Some("please report it, with the case if it may be shown".into()),
    })
}
