//! Many cases through the programs: read in batches by one thread, evaluated by all cores, written
//! in the order they came in. What is in memory at a time does not grow with the number of cases.

mod sink;
mod work;

use crate::backend::Programs;
use crate::failure::Failure;
use crate::input::{Source, Unit};
use crate::output::Output;
use crate::problem;
use crate::progress::Progress;
use crate::style::counted;
use clap::ValueEnum;
use rayon::prelude::*;
use sink::Sink;
use std::io::{IsTerminal, Write};
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

/// What is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people, on a terminal
    #[default]
    Text,
    /// One JSON document: reports and problems
    Json,
    /// A report or a problem a line
    Ndjson,
    /// For people, in a document
    Markdown,
}

impl OutputFormat {
    /// Whether programs read it.
    pub(crate) fn is_json(self) -> bool {
        matches!(self, OutputFormat::Json | OutputFormat::Ndjson)
    }
}

/// How much people get to see of each case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Detail {
    /// The full report of a single case, a summary of several
    #[default]
    Auto,
    /// The full report of every case
    Full,
    /// A row for each line of therapy, counts, and all prompts
    Summary,
}

/// How a run is to go.
pub(crate) struct Settings {
    pub(crate) format: OutputFormat,
    pub(crate) detail: Detail,
    pub(crate) jobs: Option<NonZeroUsize>,
    pub(crate) quiet: bool,
    pub(crate) to_file: bool,
}

/// What was seen in a run.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) cases: usize,
    pub(crate) problems: usize,
    pub(crate) findings: usize,
}

/// Evaluates all that the source gives.
pub(crate) fn run(
    source: Source,
    programs: &Programs,
    output: Output,
    settings: &Settings,
) -> Result<Seen, Failure> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(settings.jobs.map_or(0, NonZeroUsize::get))
        .build()
        .map_err(|error| Failure::Io {
            what: "the threads cannot be started".into(),
            source: std::io::Error::other(error),
        })?;
    thread::scope(|scope| {
        let (sender, batches) = sync_channel::<Vec<Unit>>(1);
        scope.spawn(move || {
            let mut source = source;
            loop {
                let (units, last) = match source.batch() {
                    Ok(units) => {
                        let last = units.is_empty();
                        (units, last)
                    }
                    // What came before is evaluated all the same.
                    Err(failure) => (vec![Unit::failed(failure)], true),
                };
                if sender.send(units).is_err() || last {
                    return;
                }
            }
        });
        evaluate(&batches, &pool, programs, Sink::new(output, settings), settings)
    })
}

fn evaluate(
    batches: &Receiver<Vec<Unit>>,
    pool: &rayon::ThreadPool,
    programs: &Programs,
    mut sink: Sink,
    settings: &Settings,
) -> Result<Seen, Failure> {
    let mut seen = Seen::default();
    let mut progress = Progress::new(!settings.quiet && std::io::stderr().is_terminal());
    for units in batches {
        let form = sink.form();
        let done: Vec<work::Done> = pool.install(|| {
            units.into_par_iter().map(|unit| work::evaluate(unit, programs, form)).collect()
        });
        for one in done {
            seen.cases += one.cases;
            seen.problems += one.problems.len();
            seen.findings += one.findings;
            progress.add(one.cases as u64);
            progress.suspend(|| {
                let errors = !settings.format.is_json();
                problem::print(&one.diagnostics, &one.problems, errors, settings.quiet);
            });
            sink.take(one.pieces, one.problems)?;
        }
    }
    let seconds = progress.finish();
    sink.finish()?;
    if progress.was_shown() || (settings.to_file && !settings.quiet) {
        let cases = counted(seen.cases, "case");
        let problems = counted(seen.problems, "problem");
        let _ = writeln!(std::io::stderr(), "{cases}, {problems}, in {seconds:.1} s");
    }
    Ok(seen)
}
