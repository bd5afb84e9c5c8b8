//! Derived responses beside those that public trial data report, as the table of
//! `docs/agreement.md`: `cargo run --release -p oncorules --example agreement`.

use oncorules::model::{Assessment, Decision, Decisions, Report, Reported, TimepointRole};
use oncorules::{EvaluateOptions, Rulesets};
use oncorules_formats::{EvaluatorChoice, SdtmOptions, read_sdtm};
use std::fmt::Write;
use std::path::Path;

/// The public sets, and the ruleset that each is assessed by.
const SETS: [(&str, &str); 3] =
    [("recist-1.1", "recist-1.1"), ("irecist", "irecist"), ("ca125", "gcig-ca125")];

/// Fails where a set cannot be read.
fn main() -> Result<(), Box<dyn std::error::Error>> {
    print!("{}", agreement(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/sdtm"))?);
    Ok(())
}

/// The table and the list of differences, in Markdown.
pub(crate) fn agreement(sets: &Path) -> Result<String, Box<dyn std::error::Error>> {
    let mut table = String::from(
        "| set | ruleset | subjects | reader-visits | responses reported | taken as input | derived and equal | derived and different |\n\
         | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    let mut differences = String::new();
    for (set, ruleset) in SETS {
        let program = Rulesets::built_in().load(ruleset)?;
        let options = SdtmOptions { evaluator: Some(EvaluatorChoice::All) };
        let study = read_sdtm(&sets.join(set), &program.sdtm_mappings(), &options)?;
        let (mut visits, mut reported, mut taken, mut different) = (0, 0, 0, 0);
        let mut subjects: Vec<&str> = study.cases.iter().map(|c| &*c.case).collect();
        subjects.dedup();
        for case in &study.cases {
            let report = program.evaluate(case, &EvaluateOptions::default());
            let follow_ups = || {
                report
                    .lines
                    .iter()
                    .flat_map(|l| &l.timepoints)
                    .filter(|t| t.role == TimepointRole::FollowUp)
            };
            visits += follow_ups().count();
            for timepoint in follow_ups() {
                let same_date = |a: &&Assessment| a.date == timepoint.date;
                let names = case.assessments.iter().filter(same_date).flat_map(names_reported);
                for name in names.filter(|n| decides(&timepoint.decisions, n)) {
                    reported += 1;
                    taken += usize::from(is_taken_over(&timepoint.decisions, name));
                }
            }
            different += list(&report, &mut differences);
        }
        writeln!(
            table,
            "| `{set}` | `{ruleset}` | {} | {visits} | {reported} | {taken} | {} | {different} |",
            subjects.len(),
            reported - taken - different,
        )?;
    }
    Ok(format!("{table}\n{differences}"))
}

/// The decisions that an assessment reports.
fn names_reported(assessment: &Assessment) -> Vec<&str> {
    let mut found = vec![];
    for (key, reported) in &assessment.reported {
        match reported {
            Reported::Code(_) => found.push(&**key),
            Reported::Ruleset(codes) => found.extend(codes.keys().map(|k| &**k)),
        }
    }
    found
}

fn named<'d>(decisions: &'d Decisions, name: &'d str) -> impl Iterator<Item = &'d Decision> {
    decisions.iter().filter_map(move |(_, d)| d.get(name))
}

fn decides(decisions: &Decisions, name: &str) -> bool {
    named(decisions, name).next().is_some()
}

/// Whether there was nothing to derive it from, so that it served as input.
fn is_taken_over(decisions: &Decisions, name: &str) -> bool {
    named(decisions, name).any(|d| d.because.starts_with("taken over"))
}

/// Lists the differences of a case; gives how many there are.
fn list(report: &Report, into: &mut String) -> usize {
    let differs = report.findings.iter().filter(|f| &*f.code == "reported-differs");
    differs
        .map(|finding| {
            let date = finding.date.map(|d| d.to_string()).unwrap_or_default();
            let _ = writeln!(into, "- {} on {date}: {}", report.case, finding.message);
        })
        .count()
}
