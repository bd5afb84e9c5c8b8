//! Derived responses against those that trial data report, for every reader of the public sets.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "../examples/agreement.rs"]
#[allow(dead_code, reason = "the example's `main` is not needed here")]
mod agreement;

use oncorules::model::{Report, TimepointRole};
use oncorules::{EvaluateOptions, LoadOptions, Program, Rulesets};
use oncorules_formats::{EvaluatorChoice, SdtmOptions, read_sdtm};
use oncorules_tests::hold;
use std::path::{Path, PathBuf};

fn sets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/sdtm")
}

fn reports(program: &Program, set: &str) -> Vec<Report> {
    let options = SdtmOptions { evaluator: Some(EvaluatorChoice::All) };
    let study = read_sdtm(&sets().join(set), &program.sdtm_mappings(), &options).unwrap();
    assert!(study.problems.is_empty(), "{:?}", study.problems);
    study.cases.iter().map(|c| program.evaluate(c, &EvaluateOptions::default())).collect()
}

/// Subject, date and what is said of every response that differs from the reported one.
fn differences(reports: &[Report]) -> Vec<String> {
    reports
        .iter()
        .flat_map(|r| r.findings.iter().map(move |f| (r, f)))
        .filter(|(_, f)| &*f.code == "reported-differs")
        .map(|(r, f)| {
            let message = f.message.split(':').take(2).collect::<Vec<_>>().join(":");
            format!("{} {}: {message}", r.case, f.date.unwrap())
        })
        .collect()
}

/// Every reader-visit of the set `recist-1.1`: 66 of 66.
#[test]
fn recist_responses_are_those_that_each_reader_reported() {
    let reports = reports(&Rulesets::built_in().load("recist-1.1").unwrap(), "recist-1.1");
    let of_reported: Vec<&str> = reports
        .iter()
        .flat_map(|r| &r.findings)
        .map(|f| &*f.code)
        .filter(|c| c.starts_with("reported-"))
        .collect();
    assert_eq!(of_reported, Vec::<&str>::new());
    let visits = reports
        .iter()
        .flat_map(|r| &r.lines)
        .flat_map(|l| &l.timepoints)
        .filter(|t| t.role == TimepointRole::FollowUp)
        .count();
    assert_eq!(visits, 66);
}

/// Each of these is explained in `docs/agreement.md`.
#[test]
fn irecist_responses_differ_where_the_book_says_and_nowhere_else() {
    let program = Rulesets::built_in().load("irecist").unwrap();
    assert_eq!(
        differences(&reports(&program, "irecist")),
        [
            "01-701-1028 2013-11-20: overall_response: reported iSD, derived iCPD (row confirmed",
            "01-701-1097 2014-02-11: overall_response: reported NE, derived iUPD (row clear",
            "01-701-1302 2013-10-08: overall_response: reported iSD, derived iUPD (row clear",
            "01-701-1415 2014-03-10: overall_response: reported NE, derived iSD (row clear",
            "01-703-1076 2013-12-24: overall_response: reported iSD, derived NE (row early",
        ]
    );
}

/// The book says that one of them follows from the window of confirmation.
#[test]
fn a_wider_window_of_confirmation_takes_one_difference_away() {
    let parameters = vec![("window_tolerance".to_string(), "8 d".to_string())];
    let options = LoadOptions { parameters, ..LoadOptions::default() };
    let program = Rulesets::built_in().load_with("irecist", &options).unwrap();
    let differences = differences(&reports(&program, "irecist"));
    assert_eq!(differences.len(), 4);
    assert!(differences.iter().all(|d| !d.starts_with("01-703-1076")), "{differences:?}");
}

/// Explained in `docs/agreement.md`.
#[test]
fn ca125_responses_differ_where_the_book_says_and_nowhere_else() {
    let program = Rulesets::built_in().load("gcig-ca125").unwrap();
    assert_eq!(
        differences(&reports(&program, "ca125")),
        ["01-701-1015 2014-03-06: ca125_response: reported PR, derived NE (row mouse-antibodies",]
    );
}

#[test]
fn the_book_shows_these_tables_and_explains_every_difference() {
    let tables = agreement::tables(&sets()).unwrap();
    let page = oncorules_tests::root().join("docs/agreement.md");
    let (counts, differences) = tables.split_once("\n\n").unwrap();
    let stale: Vec<String> = [("counts", counts), ("differences", differences)]
        .into_iter()
        .filter_map(|(name, text)| hold(&page, name, text).err())
        .collect();
    assert_eq!(stale, Vec::<String>::new());
    let text = std::fs::read_to_string(&page).unwrap();
    for row in differences.lines().skip(2) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, set, subject, visit, ..] = cells.as_slice() else { continue };
        let visit = visit.split(" (").next().unwrap();
        assert!(text.contains(&format!("### {set} {subject}, {visit}\n")), "{row}");
    }
}
