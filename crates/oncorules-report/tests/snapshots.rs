//! What people read, as snapshots: look at them, not only at the diff.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use oncorules_report::explain::{self, Audience, Filter};
use oncorules_report::{TextOptions, text};

#[test]
fn text_of_a_course() {
    let (report, _) = common::course();
    insta::assert_snapshot!(text::render(&report, &TextOptions::default()));
}

#[test]
fn text_of_a_hand_made_report() {
    let (report, _) = common::hand_made();
    insta::assert_snapshot!(text::render(&report, &TextOptions::default()));
}

#[test]
fn text_in_a_narrow_window() {
    let (report, _) = common::hand_made();
    insta::assert_snapshot!(text::render(&report, &TextOptions { width: 60, colour: false }));
}

#[test]
fn clinician_of_one_date() {
    let (report, glossary) = common::course();
    let filter = Filter { date: Some("2024-06".parse().unwrap()), ..Filter::default() };
    let options = TextOptions::default();
    let text = explain::render(&report, &glossary, Audience::Clinician, &filter, &options);
    insta::assert_snapshot!(text);
}

#[test]
fn clinician_of_one_line() {
    let (report, glossary) = common::hand_made();
    let filter = Filter { line: Some(2), ..Filter::default() };
    let options = TextOptions::default();
    let text = explain::render(&report, &glossary, Audience::Clinician, &filter, &options);
    insta::assert_snapshot!(text);
}

#[test]
fn one_decision_by_ruleset_and_name() {
    let (report, glossary) = common::hand_made();
    let filter = Filter { decision: Some("size/best_trend".into()), ..Filter::default() };
    let options = TextOptions::default();
    let text = explain::render(&report, &glossary, Audience::Clinician, &filter, &options);
    insta::assert_snapshot!(text);
}

#[test]
fn patient_of_a_course() {
    let (report, glossary) = common::course();
    let (filter, options) = (Filter::default(), TextOptions::default());
    let text = explain::render(&report, &glossary, Audience::Patient, &filter, &options);
    insta::assert_snapshot!(text);
}

#[test]
fn patient_of_a_hand_made_report() {
    let (report, glossary) = common::hand_made();
    let (filter, options) = (Filter::default(), TextOptions::default());
    let text = explain::render(&report, &glossary, Audience::Patient, &filter, &options);
    insta::assert_snapshot!(text);
}
