//! The public data sets, read as they are.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

mod common;

use common::{codes, examples, read_dir, summary};
use oncorules_model::{Measurement, Reported};

#[test]
fn recist_by_the_investigator() {
    let study = read_dir(&examples("recist-1.1"), "").unwrap();
    insta::assert_snapshot!(summary(&study));
}

#[test]
fn recist_by_accepted_readings() {
    let study = read_dir(&examples("recist-1.1"), "independent assessor").unwrap();
    insta::assert_snapshot!(summary(&study));
}

#[test]
fn irecist_responses_only() {
    insta::assert_snapshot!(summary(&read_dir(&examples("irecist"), "").unwrap()));
}

#[test]
fn ca125_responses_under_their_rulesets() {
    insta::assert_snapshot!(summary(&read_dir(&examples("ca125"), "").unwrap()));
}

#[test]
fn every_measurement_and_response_of_all_readers_is_there() {
    let study = read_dir(&examples("recist-1.1"), "all").unwrap();
    assert_eq!(study.cases.len(), 24);
    assert_eq!(study.chosen.len(), 3);
    let lesions: Vec<_> = study
        .cases
        .iter()
        .flat_map(|c| &c.assessments)
        .flat_map(|a| a.lesions.iter().flatten())
        .collect();
    let axes = lesions.iter().flat_map(|l| [&l.longest_diameter, &l.short_axis]).flatten();
    assert_eq!(axes.filter(|m| matches!(m, Measurement::Length(_))).count(), 468);
    // The set gives each of its 39 states twice; the repeats are noted, not lost.
    assert_eq!(lesions.iter().filter(|l| l.status.is_some()).count(), 39);
    let notes = study.cases.iter().flat_map(|c| &c.source_notes);
    let repeats = notes.filter(|n| &*n.code == "duplicate-row").map(|n| {
        let count = n.message.split_once('(').unwrap().1;
        count.split(' ').next().unwrap().parse::<usize>().unwrap()
    });
    assert_eq!(repeats.sum::<usize>(), 39);
    let reported = study.cases.iter().flat_map(|c| &c.assessments).flat_map(|a| &a.reported);
    assert_eq!(reported.filter(|(_, r)| matches!(r, Reported::Code(_))).count(), 66);
    // The partial date stays partial and is no fault.
    let case = &study.cases[0];
    assert_eq!(case.assessments[2].date.to_string(), "2014-02");
    assert!(!codes(case).contains(&"impossible-date"));
}

#[test]
fn an_unknown_evaluator_is_told_what_there_is() {
    let wrong = read_dir(&examples("recist-1.1"), "INVESTIGATR").unwrap_err();
    let d = &wrong.0[0];
    assert_eq!(d.code, "unknown-evaluator");
    let help = d.help.as_deref().unwrap();
    assert!(help.starts_with("did you mean `INVESTIGATOR`?"), "{help}");
    assert!(help.contains("INDEPENDENT ASSESSOR: RADIOLOGIST 2"), "{help}");
    for (text, name) in [
        ("Independent Assessor/Radiologist 2", "INDEPENDENT ASSESSOR: RADIOLOGIST 2"),
        ("INDEPENDENT ASSESSOR:RADIOLOGIST 1", "INDEPENDENT ASSESSOR: RADIOLOGIST 1"),
        ("radiologist 1", "INDEPENDENT ASSESSOR: RADIOLOGIST 1"),
    ] {
        let study = read_dir(&examples("recist-1.1"), text).unwrap();
        assert_eq!(study.chosen, [name]);
        assert_eq!(study.cases[0].evaluator.as_deref(), Some(name));
    }
}
