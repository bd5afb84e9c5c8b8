//! Derived responses against those that trial data report, for every reader of the public sets.

#![allow(clippy::unwrap_used, reason = "a test may fail")]
use oncorules::model::{Report, TimepointRole};
use oncorules::{EvaluateOptions, Program, Rulesets};
use oncorules_formats::{EvaluatorChoice, SdtmOptions, read_sdtm};
use std::path::Path;

#[path = "../examples/agreement.rs"]
#[allow(dead_code, reason = "it is a program of its own, too")]
mod agreement;

/// The page of the book holds what the command prints.
#[test]
fn the_table_of_agreement_is_up_to_date() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = std::fs::read_to_string(top.join("docs/agreement.md")).unwrap();
    let printed = agreement::agreement(&top.join("examples/sdtm")).unwrap();
    for part in printed.lines().filter(|l| !l.is_empty()) {
        assert!(page.contains(part), "docs/agreement.md lacks:\n{part}");
    }
    let listed = page.lines().filter(|l| l.starts_with("- 01-")).count();
    let differences = printed.lines().filter(|l| l.starts_with("- 01-")).count();
    assert_eq!(listed, differences, "docs/agreement.md lists a difference that is none");
}

fn reports(program: &Program, set: &str, evaluator: Option<&str>) -> Vec<Report> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/sdtm").join(set);
    let evaluator = evaluator.map(|e| e.parse::<EvaluatorChoice>().unwrap());
    let study = read_sdtm(&dir, &program.sdtm_mappings(), &SdtmOptions { evaluator }).unwrap();
    assert!(study.problems.is_empty(), "{:?}", study.problems);
    study.cases.iter().map(|c| program.evaluate(c, &EvaluateOptions::default())).collect()
}

/// Every reader-visit of the set `recist-1.1`: 66 of 66.
#[test]
fn recist_responses_are_those_that_each_reader_reported() {
    let program = Rulesets::built_in().load("recist-1.1").unwrap();
    let reports = reports(&program, "recist-1.1", Some("all"));
    let differences: Vec<String> = reports
        .iter()
        .flat_map(|r| r.findings.iter().map(move |f| (r, f)))
        .filter(|(_, f)| f.code.starts_with("reported-"))
        .map(|(r, f)| format!("{} {:?} {:?}: {}", r.case, r.evaluator, f.date, f.message))
        .collect();
    assert_eq!(differences, Vec::<String>::new());
    let visits = reports
        .iter()
        .flat_map(|r| &r.lines)
        .flat_map(|l| &l.timepoints)
        .filter(|t| t.role == TimepointRole::FollowUp)
        .count();
    assert_eq!(visits, 66);
}
