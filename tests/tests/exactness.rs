//! Thresholds are exact: what the engine decides is what integer arithmetic gives.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use oncorules::model::{
    Assessment, Case, LesionRecord, Measurement, Number, PartialDate, Quantity, Role, TherapyLine,
};
use oncorules::{EvaluateOptions, Program, Rulesets};
use std::collections::BTreeMap;

fn millimetres(hundredths: i64) -> Option<Measurement> {
    Some(Measurement::Length(Quantity::new(Number::ratio(hundredths, 100).unwrap(), "mm")))
}

fn day(month: i8, day: i8) -> PartialDate {
    PartialDate::day(2024, month, day).unwrap()
}

/// A case that measures one lesion at baseline, and then each of `sizes` (hundredths of a
/// millimetre) in a line of its own, so that one evaluation judges many pairs.
fn pairs(baseline: i64, sizes: impl Iterator<Item = i64>) -> Case {
    let lesion = |size: i64| LesionRecord {
        id: "T1".into(),
        role: Some(Role::Target),
        site: Some("liver".into()),
        longest_diameter: millimetres(size),
        ..LesionRecord::default()
    };
    let assessment = |date: PartialDate, size: i64| Assessment {
        date,
        visit: None,
        lesions: Some(vec![lesion(size)]),
        observations: BTreeMap::new(),
        reported: BTreeMap::new(),
    };
    let mut case = Case {
        case: "pairs".into(),
        disease: None,
        lines: vec![],
        assessments: vec![],
        side_effects: vec![],
        died: None,
        last_known_alive: None,
        evaluator: None,
        source_notes: vec![],
    };
    let first = day(1, 1);
    for (at, size) in sizes.enumerate() {
        let begin = first.plus_days(i32::try_from(at).unwrap() * 10).unwrap();
        case.lines.push(TherapyLine { started: begin.plus_days(1), ..TherapyLine::default() });
        case.assessments.push(assessment(begin, baseline));
        case.assessments.push(assessment(begin.plus_days(5).unwrap(), size));
    }
    case
}

fn judge(program: &Program, baseline: i64, sizes: &[i64]) {
    let case = pairs(baseline, sizes.iter().copied());
    let report = program.evaluate(&case, &EvaluateOptions::default());
    assert_eq!(report.lines.len(), sizes.len());
    for (line, size) in report.lines.iter().zip(sizes) {
        // The first follow-up; the last one is the baseline of the next line.
        let follow_up = line.timepoints.get(1).unwrap();
        let response =
            follow_up.decisions.get("recist-1.1").unwrap().get("target_response").unwrap();
        let expected = if *size == 0 {
            "CR"
        } else if size * 5 >= baseline * 6 && size - baseline >= 500 {
            "PD"
        } else if size * 10 <= baseline * 7 {
            "PR"
        } else {
            "SD"
        };
        assert_eq!(
            response.value.as_deref(),
            Some(expected),
            "{baseline} to {size} hundredths of a mm"
        );
    }
}

/// Around every threshold of every baseline up to 300.0 mm in steps of 0.1 mm; the full square of
/// nine million pairs runs with `--ignored`.
#[test]
fn tenths_of_a_millimetre_around_every_threshold() {
    let program = Rulesets::built_in().load("recist-1.1").unwrap();
    for baseline in 1..=3000i64 {
        let partial = baseline * 7 / 10;
        let progression = (baseline * 6 / 5).max(baseline + 50);
        let near = |at: i64| (at - 2..=at + 2).filter(|s| (0..=4000).contains(s));
        let sizes: Vec<i64> =
            near(partial).chain(near(progression)).chain([0, baseline]).map(|s| s * 10).collect();
        judge(&program, baseline * 10, &sizes);
    }
}

/// All pairs up to 300.0 mm in steps of 0.1 mm: nine million, some minutes in release.
#[test]
#[ignore = "some minutes; run with `cargo test --release -p oncorules-tests -- --ignored`"]
fn every_pair_of_tenths_of_a_millimetre() {
    let program = Rulesets::built_in().load("recist-1.1").unwrap();
    let sizes: Vec<i64> = (0..=3000).map(|s| s * 10).collect();
    for baseline in 1..=3000i64 {
        for chunk in sizes.chunks(500) {
            judge(&program, baseline * 10, chunk);
        }
    }
}

/// Random pairs with two decimals, by a fixed sequence.
#[test]
fn random_pairs_with_two_decimals() {
    let program = Rulesets::built_in().load("recist-1.1").unwrap();
    let mut state: u64 = 0x2545_F491_4F6C_DD1D;
    let mut next = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        i64::try_from(state % below).unwrap()
    };
    for _ in 0..200 {
        let baseline = 1 + next(30_000);
        let sizes: Vec<i64> = (0..100)
            .map(|n| match n % 4 {
                // Half of them exactly at a threshold or a hundredth beside it.
                0 => (baseline * 7 / 10 + next(3) - 1).max(0),
                1 => (baseline * 6 / 5).max(baseline + 500) + next(3) - 1,
                _ => next(36_000),
            })
            .collect();
        judge(&program, baseline, &sizes);
    }
}
