//! How a command ends, and what keeps it from being done.

use crate::style;
use oncorules_source::{Diagnostic, Diagnostics};
use std::io;
use std::io::Write;
use std::process::ExitCode;
use thiserror::Error;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done,
    /// A check or a test failed, or `--strict` and there are findings.
    Failed,
    /// Bad usage or bad input.
    BadInput,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::BadInput => 2,
        })
    }
}

/// What keeps a command from being done.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// Something is wrong with what was given.
    #[error("{0}")]
    Diagnostics(#[from] Diagnostics),
    /// Something cannot be read or written.
    #[error("{what}: {source}")]
    Io {
        /// What was tried, in words.
        what: String,
        /// What the system says.
        source: io::Error,
    },
    /// Whoever reads stdout has closed it.
    #[error("stdout was closed")]
    BrokenPipe,
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Failure::Diagnostics(diagnostic.into())
    }
}

impl Failure {
    /// Something that cannot be read or written; a closed pipe is known as such.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Failure {
        move |source| match source.kind() {
            io::ErrorKind::BrokenPipe => Failure::BrokenPipe,
            _ => Failure::Io { what: what.into(), source },
        }
    }

    /// What is wrong; nothing where nobody is left to tell.
    pub(crate) fn into_diagnostics(self) -> Diagnostics {
        match self {
            Failure::Diagnostics(diagnostics) => diagnostics,
            Failure::BrokenPipe => Diagnostics::new(),
            Failure::Io { what, source } => {
                Diagnostic::error("input-output", format!("{what}: {source}")).into()
            }
        }
    }

    /// Says what is wrong: on stderr for people, on stdout as an object for programs.
    pub(crate) fn print(self, json: bool) {
        let diagnostics = self.into_diagnostics();
        if diagnostics.is_empty() {
            return;
        }
        if json {
            let object = serde_json::json!({ "diagnostics": diagnostics });
            // Nothing more can be done where stdout cannot take it.
            let _ = writeln!(io::stdout(), "{object}");
        } else {
            print_diagnostics(&diagnostics);
        }
    }
}

/// Diagnostics with their snippets, on stderr.
pub(crate) fn print_diagnostics(diagnostics: &Diagnostics) {
    let colour = style::stderr_colour();
    for diagnostic in diagnostics.iter() {
        let _ = writeln!(io::stderr(), "{}\n", diagnostic.render(colour).trim_end());
    }
}
