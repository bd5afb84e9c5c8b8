//! `oncorules assess`: cases in, reports out.

use crate::args::{CasesFrom, RulesChosen};
use crate::assess::{self, Detail, OutputFormat, Settings};
use crate::backend::Programs;
use crate::failure::{Exit, Failure};
use crate::input::Source;
use crate::output::Output;
use clap::Args;
use oncorules_model::PartialDate;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Assess cases: response at each timepoint, over each line, what is due, what to look at, and why
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oncorules assess examples/acquired-refractory.yaml        one case, its full report
  oncorules assess examples                                 a folder of cases, a summary
  oncorules assess --sdtm STUDY --evaluator INVESTIGATOR    SDTM data sets as CSV
  oncorules assess --criteria ID CASE.yaml                  by other criteria
  oncorules assess --set stable_minimum='56 d' --rules ID CASE.yaml
  zcat cohort.ndjson.gz | oncorules assess --format ndjson - > reports.ndjson

Exit code 0 whatever the findings (1 with --strict), 2 where some input could not be read; \
all other cases are reported then, too.")]
pub(crate) struct AssessArgs {
    #[command(flatten)]
    cases: CasesFrom,
    #[command(flatten)]
    rules: RulesChosen,
    /// The day that `due` and `overdue` are counted to; the last date of each case where not given
    #[arg(long, value_name = "DATE")]
    as_of: Option<PartialDate>,
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: OutputFormat,
    /// How much is printed of each case, as text or Markdown
    #[arg(long, value_enum, default_value_t, value_name = "DETAIL")]
    detail: Detail,
    /// Write to this file, which appears when it is complete
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Exit with 1 where there are findings
    #[arg(long)]
    strict: bool,
    /// How many cases are evaluated at a time; as many as there are cores where not given
    #[arg(long, short, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

pub(crate) fn run(args: &AssessArgs) -> Result<Exit, Failure> {
    let quiet = args.rules.from.quiet;
    let programs = Programs::load(&args.rules, args.as_of)?;
    let source = Source::open(&args.cases, &programs, quiet)?;
    let output = Output::open(args.output.as_deref())?;
    let settings = Settings {
        format: args.format,
        detail: args.detail,
        jobs: args.jobs,
        quiet,
        to_file: args.output.is_some(),
    };
    let seen = assess::run(source, &programs, output, &settings)?;
    Ok(match seen {
        seen if seen.problems > 0 => Exit::BadInput,
        seen if seen.findings > 0 && args.strict => Exit::Failed,
        _ => Exit::Done,
    })
}
