//! Derived responses beside those that the public trial data report: the tables of
//! `docs/agreement.md`.
//!
//! `cargo run -p oncorules --example agreement`

use oncorules::model::{Case, Reported, TimepointReport};
use oncorules::{EvaluateOptions, Program, Rulesets};
use oncorules_formats::{EvaluatorChoice, SdtmOptions, read_sdtm};
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

/// A set, the ruleset that evaluates it, and the decisions that are compared.
pub(crate) struct Comparison {
    set: &'static str,
    ruleset: &'static str,
    decisions: &'static [&'static str],
}

/// What is compared.
pub(crate) const COMPARISONS: &[Comparison] = &[
    Comparison { set: "recist-1.1", ruleset: "recist-1.1", decisions: &["overall_response"] },
    Comparison {
        set: "irecist",
        ruleset: "irecist",
        decisions: &["overall_response", "target_response", "non_target_response", "new_lesion"],
    },
    Comparison { set: "ca125", ruleset: "gcig-ca125", decisions: &["ca125_response"] },
    Comparison { set: "ca125", ruleset: "recist-1.1", decisions: &["overall_response"] },
];

/// One decision that was reported and derived, and is not the same.
struct Difference {
    case: String,
    visit: String,
    text: String,
}

/// How the reported values of one decision compare.
#[derive(Default)]
struct Counts {
    reported: usize,
    same: usize,
    taken_over: usize,
    differences: Vec<Difference>,
}

fn main() -> ExitCode {
    match tables(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/sdtm")) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The tables in Markdown.
///
/// # Errors
/// Where a ruleset does not load or a set cannot be read.
pub(crate) fn tables(sets: &Path) -> Result<String, Box<dyn Error>> {
    let mut summary = String::from(
        "| set | ruleset | decision | readings | reported | derived, same | derived, different | taken over |\n\
         | --- | --- | --- | ---: | ---: | ---: | ---: | ---: |\n",
    );
    let mut differences = String::from(
        "| set | subject | visit | reported and derived |\n| --- | --- | --- | --- |\n",
    );
    for Comparison { set, ruleset, decisions } in COMPARISONS {
        let program = Rulesets::built_in().load(ruleset).map_err(|d| format!("{d:?}"))?;
        let options = SdtmOptions { evaluator: Some(EvaluatorChoice::All) };
        let study = read_sdtm(&sets.join(set), &program.sdtm_mappings(), &options)
            .map_err(|d| format!("{d:?}"))?;
        for decision in *decisions {
            let counts = count(&program, &study.cases, ruleset, decision);
            writeln!(
                summary,
                "| {set} | {ruleset} | {decision} | {} | {} | {} | {} | {} |",
                study.cases.len(),
                counts.reported,
                counts.same,
                counts.differences.len(),
                counts.taken_over
            )?;
            for Difference { case, visit, text } in counts.differences {
                writeln!(differences, "| {set} | {case} | {visit} | {text} |")?;
            }
        }
    }
    Ok(format!("{summary}\n{differences}"))
}

fn count(program: &Program, cases: &[Case], ruleset: &str, decision: &str) -> Counts {
    let mut counts = Counts::default();
    for case in cases {
        let report = program.evaluate(case, &EvaluateOptions::default());
        for timepoint in report.lines.iter().flat_map(|l| &l.timepoints) {
            let found = timepoint.decisions.get(ruleset).and_then(|d| d.get(decision));
            let (Some(found), Some(_)) = (found, reported(case, timepoint, ruleset, decision))
            else {
                continue;
            };
            counts.reported += 1;
            if &*found.row == "reported" {
                counts.taken_over += 1;
                continue;
            }
            let said = format!("{decision}: ");
            let difference = report.findings.iter().find(|f| {
                &*f.code == "reported-differs"
                    && f.date == Some(timepoint.date)
                    && f.ruleset.as_deref() == Some(ruleset)
                    && f.message.starts_with(&said)
            });
            match difference {
                None => counts.same += 1,
                Some(finding) => counts.differences.push(Difference {
                    case: case.case.to_string(),
                    visit: format!(
                        "{} ({})",
                        timepoint.visit.as_deref().unwrap_or_default(),
                        timepoint.date
                    ),
                    text: finding.message.to_string(),
                }),
            }
        }
    }
    counts
}

/// What the case reports of a decision at a timepoint.
fn reported<'c>(
    case: &'c Case,
    timepoint: &TimepointReport,
    ruleset: &str,
    decision: &str,
) -> Option<&'c str> {
    let assessment =
        case.assessments.iter().find(|a| a.date == timepoint.date && a.visit == timepoint.visit)?;
    let under = match assessment.reported.get(ruleset) {
        Some(Reported::Ruleset(codes)) => codes.get(decision).map(|c| &**c),
        _ => None,
    };
    under.or(match assessment.reported.get(decision) {
        Some(Reported::Code(code)) => Some(code),
        _ => None,
    })
}
