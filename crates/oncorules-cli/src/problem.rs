//! Diagnostics as the problems of a report document.

use crate::failure::print_diagnostics;
use oncorules_model::Problem;
use oncorules_source::{Diagnostic, Diagnostics, Severity};
use std::io::{self, Write};

/// The errors among the diagnostics, as problems; `file` is named where they name none.
pub(crate) fn problems(
    diagnostics: &Diagnostics,
    file: Option<&str>,
    case: Option<&str>,
) -> Vec<Problem> {
    diagnostics
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .map(|d| problem(d, file, case))
        .collect()
}

fn problem(diagnostic: &Diagnostic, file: Option<&str>, case: Option<&str>) -> Problem {
    let place = diagnostic.labels.first();
    let number = |n: usize| u64::try_from(n).ok();
    Problem {
        case: case.map(Into::into),
        code: diagnostic.code.into(),
        problem: diagnostic.message.as_str().into(),
        file: place.map(|l| l.file.name()).or(file).map(Into::into),
        line: place.and_then(|l| number(l.span.line)),
        column: place.and_then(|l| number(l.span.column)),
        help: diagnostic.help.as_deref().map(Into::into),
    }
}

/// A problem in one line for people.
pub(crate) fn sentence(problem: &Problem) -> String {
    let mut place = problem.file.as_deref().unwrap_or_default().to_string();
    for number in [problem.line, problem.column].into_iter().flatten() {
        place.push_str(&format!(":{number}"));
    }
    let case = problem.case.as_deref().map(|c| format!("case {c}: ")).unwrap_or_default();
    let help = problem.help.as_deref().map(|h| format!(" ({h})")).unwrap_or_default();
    let separator = if place.is_empty() { "" } else { ": " };
    format!("{place}{separator}error[{}]: {case}{}{help}", problem.code, problem.problem)
}

/// Says on stderr what was wrong: `errors` too, or only what is worth knowing besides.
pub(crate) fn print(diagnostics: &Diagnostics, problems: &[Problem], errors: bool, quiet: bool) {
    let shown = |d: &&Diagnostic| match d.severity {
        Severity::Error => errors,
        Severity::Warning | Severity::Note => !quiet,
    };
    print_diagnostics(&diagnostics.iter().filter(shown).cloned().collect());
    // Problems of a data set have no snippet.
    if errors && !diagnostics.has_errors() {
        for problem in problems {
            let _ = writeln!(io::stderr(), "{}", sentence(problem));
        }
    }
}
