//! The same case, ruleset and date give the same bytes: again, from another program, on any thread,
//! and whatever the order in which the input lists its assessments.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

use oncorules::model::Case;
use oncorules::source::SourceFile;
use oncorules::{EvaluateOptions, LoadOptions, Program, Rulesets};
use oncorules_formats::{EvaluatorChoice, SdtmOptions, read_cases, read_sdtm};
use oncorules_tests::root;
use std::fs;

fn cases(program: &Program) -> Vec<Case> {
    let mut cases = vec![];
    for entry in fs::read_dir(root().join("examples")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "yaml") {
            let text = fs::read_to_string(&path).unwrap();
            let (found, wrong) = read_cases(&SourceFile::new(path.display().to_string(), text));
            assert!(wrong.is_empty());
            cases.extend(found);
        }
    }
    let options = SdtmOptions { evaluator: Some(EvaluatorChoice::All) };
    for set in ["recist-1.1", "irecist", "ca125"] {
        let dir = root().join("examples/sdtm").join(set);
        cases.extend(read_sdtm(&dir, &program.sdtm_mappings(), &options).unwrap().cases);
    }
    cases
}

fn written(program: &Program, cases: &[Case]) -> Vec<String> {
    let report = |c| program.evaluate(c, &EvaluateOptions::default());
    cases.iter().map(|c| serde_json::to_string(&report(c)).unwrap()).collect()
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for id in ["chemo-response", "irecist", "gcig-ca125"] {
        let program = Rulesets::built_in().load(id).unwrap();
        let cases = cases(&program);
        assert!(cases.len() > 50);
        let first = written(&program, &cases);
        assert_eq!(first, written(&program, &cases), "again");
        let other = Rulesets::built_in().load(id).unwrap();
        assert_eq!(first, written(&other, &cases), "another program");
        std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..4).map(|_| scope.spawn(|| written(&program, &cases))).collect();
            for thread in threads {
                assert_eq!(first, thread.join().unwrap(), "another thread");
            }
        });
    }
}

#[test]
fn the_order_of_assessments_in_the_file_does_not_matter() {
    let program = Rulesets::built_in().load("chemo-response").unwrap();
    let mut cases = cases(&program);
    // Roles and sites may be said at any assessment; where two share a date, their order counts.
    cases.retain(|c| {
        let mut dates: Vec<_> = c.assessments.iter().map(|a| a.date).collect();
        dates.sort();
        dates.windows(2).all(|w| w[0].is_before(w[1]) == Some(true))
    });
    let first = written(&program, &cases);
    for case in &mut cases {
        case.assessments.reverse();
    }
    assert_eq!(first, written(&program, &cases));
}

/// The digest is that of the files, so what is not in them must be said beside it.
#[test]
fn values_that_were_set_stand_in_the_report() {
    let parameters = vec![
        ("relapse_window".to_string(), "180 d".to_string()),
        ("recist-1.1/stable_minimum".to_string(), "8 wk".to_string()),
    ];
    let options = LoadOptions { parameters, ..LoadOptions::default() };
    let program = Rulesets::built_in().load_with("chemo-response", &options).unwrap();
    let cases = cases(&program);
    let report = program.evaluate(&cases[0], &EvaluateOptions::default());
    let set: Vec<String> = report
        .rulesets
        .iter()
        .flat_map(|r| r.set.iter().map(|(n, v)| format!("{} {n} {v}", r.id)))
        .collect();
    assert_eq!(set, ["recist-1.1 stable_minimum 8 wk", "chemo-response relapse_window 180 d"]);
}
