//! A unit of work: what one core reads and evaluates at a time.

use crate::failure::Failure;
use crate::problem::problems;
use oncorules_formats::{read_case_line, read_cases, source_from_file};
use oncorules_model::{Case, Problem};
use oncorules_source::{Diagnostic, Diagnostics, SourceFile};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Something that holds cases and has not been read yet.
pub(crate) enum Unit {
    /// A file.
    File(PathBuf),
    /// The text of a file.
    Text(SourceFile),
    /// A line of an NDJSON file.
    Line {
        /// The file.
        name: Arc<str>,
        /// The line, from 1.
        number: usize,
        /// The line itself.
        bytes: Vec<u8>,
    },
    /// A case that was read already.
    Case(Box<Case>),
    /// A problem of the data set.
    Problem(Problem),
    /// Something that could not be read.
    Wrong {
        /// Where.
        file: String,
        /// Why.
        wrong: Diagnostics,
    },
}

/// What a unit holds.
#[derive(Default)]
pub(crate) struct Read {
    /// The cases that could be read.
    pub(crate) cases: Vec<Case>,
    /// The problems with the others.
    pub(crate) problems: Vec<Problem>,
    /// The same, and warnings, as people see them.
    pub(crate) diagnostics: Diagnostics,
}

impl Read {
    fn wrong(diagnostics: Diagnostics, file: &str, case: Option<&str>) -> Self {
        let problems = problems(&diagnostics, Some(file), case);
        Self { cases: vec![], problems, diagnostics }
    }
}

impl Unit {
    /// Reading broke off.
    pub(crate) fn failed(failure: Failure) -> Self {
        Unit::Wrong { file: String::new(), wrong: failure.into_diagnostics() }
    }

    /// A file that cannot be opened.
    pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> Self {
        let file = path.display().to_string();
        let message = format!("`{file}` cannot be read: {error}");
        Unit::Wrong { file, wrong: Diagnostic::error("unreadable-file", message).into() }
    }

    /// How many bytes it holds in memory, about.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Unit::Line { bytes, .. } => bytes.len(),
            _ => 0,
        }
    }

    /// Reads it.
    pub(crate) fn read(self) -> Read {
        match self {
            Unit::Case(case) => Read { cases: vec![*case], ..Read::default() },
            Unit::Problem(problem) => Read { problems: vec![problem], ..Read::default() },
            Unit::Wrong { file, wrong } => Read::wrong(wrong, &file, None),
            Unit::Text(file) => read_text(&file),
            Unit::File(path) => match source_from_file(&path) {
                Ok(file) => read_text(&file),
                Err(wrong) => Read::wrong(wrong.into(), &path.display().to_string(), None),
            },
            Unit::Line { name, number, bytes } => read_line(&name, number, bytes),
        }
    }
}

fn read_text(file: &SourceFile) -> Read {
    let (cases, diagnostics) = read_cases(file);
    Read { cases, ..Read::wrong(diagnostics, file.name(), None) }
}

fn read_line(name: &str, number: usize, bytes: Vec<u8>) -> Read {
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let at = error.utf8_error().valid_up_to() + 1;
            let message = format!("line {number} of `{name}` is not UTF-8 text (its byte {at})");
            let wrong = Diagnostic::error("not-utf8", message).help("save the file as UTF-8");
            let mut read = Read::wrong(wrong.into(), name, None);
            for problem in &mut read.problems {
                problem.line = u64::try_from(number).ok();
            }
            return read;
        }
    };
    match read_case_line(name, number, &text) {
        Ok(case) => Read { cases: vec![case], ..Read::default() },
        Err(wrong) => Read::wrong(wrong, name, case_of(&text).as_deref()),
    }
}

/// The id of a case that could not be read, where at least that can be.
fn case_of(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Id {
        case: String,
    }
    serde_json::from_str::<Id>(text).ok().map(|id| id.case)
}
