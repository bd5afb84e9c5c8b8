//! `oncorules explain`: why each decision came out as it did, or plain words for the patient.

use crate::args::{CasesFrom, RulesChosen};
use crate::backend::Programs;
use crate::failure::{Exit, Failure};
use crate::input::Source;
use crate::output::Output;
use crate::problem;
use crate::style;
use clap::{Args, ValueEnum};
use oncorules_model::PartialDate;
use oncorules_report::TextOptions;
use oncorules_report::explain::{self, Audience, Filter};
use oncorules_source::Diagnostic;

/// Explain decisions: why, on which facts, by which source; or plain words for the patient
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oncorules explain examples/acquired-refractory.yaml
  oncorules explain --decision overall_response --date 2024-06 CASE.yaml
  oncorules explain --for patient CASE.yaml
  oncorules explain --case 01-701-1015 --sdtm STUDY")]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    cases: CasesFrom,
    #[command(flatten)]
    rules: RulesChosen,
    /// For whom
    #[arg(long = "for", value_enum, default_value_t, value_name = "WHOM")]
    audience: Whom,
    /// Only the case of this id
    #[arg(long, value_name = "ID")]
    case: Option<String>,
    /// Only this decision or measure: NAME, or RULESET/NAME
    #[arg(long, value_name = "NAME")]
    decision: Option<String>,
    /// Only this line of therapy
    #[arg(long, value_name = "N")]
    line: Option<u32>,
    /// Only timepoints in this day, month or year
    #[arg(long, value_name = "DATE")]
    date: Option<PartialDate>,
    /// The day that `due` and `overdue` are counted to; the last date of the case where not given
    #[arg(long, value_name = "DATE")]
    as_of: Option<PartialDate>,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Whom {
    /// Every decision with its row, reason, facts and sources
    #[default]
    Clinician,
    /// Plain words, no codes
    Patient,
}

pub(crate) fn run(args: &ExplainArgs) -> Result<Exit, Failure> {
    let quiet = args.rules.from.quiet;
    let programs = Programs::load(&args.rules, args.as_of)?;
    let mut source = Source::open(&args.cases, &programs, quiet)?;
    let mut output = Output::open(None)?;
    let filter = Filter { decision: args.decision.clone(), line: args.line, date: args.date };
    let audience = match args.audience {
        Whom::Clinician => Audience::Clinician,
        Whom::Patient => Audience::Patient,
    };
    let options = TextOptions { colour: style::stdout_colour(), width: style::width() };
    let (mut found, mut wrong) = (false, false);
    loop {
        let units = source.batch()?;
        if units.is_empty() {
            break;
        }
        for unit in units {
            let read = unit.read();
            wrong |= !read.problems.is_empty();
            problem::print(&read.diagnostics, &read.problems, true, quiet);
            for case in &read.cases {
                if args.case.as_deref().is_some_and(|id| id != &*case.case) {
                    continue;
                }
                for (report, glossary) in programs.evaluate_with_glossary(case) {
                    if std::mem::replace(&mut found, true) {
                        output.text("\n")?;
                    }
                    let text = explain::render(&report, &glossary, audience, &filter, &options);
                    output.text(&text)?;
                }
            }
        }
    }
    output.finish()?;
    if let (false, Some(id)) = (found, &args.case) {
        let message = format!("there is no case `{id}` in what was given");
        return Err(Diagnostic::error("no-such-case", message).into());
    }
    Ok(if wrong { Exit::BadInput } else { Exit::Done })
}
