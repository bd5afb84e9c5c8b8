//! What people read, as snapshots: look at them, not only at the diff.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use oncorules_report::explain::{self, Audience, Filter};
use oncorules_report::summary::SummaryRow;
use oncorules_report::{TextOptions, markdown, summary, text};

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

#[test]
fn summary_of_two_cases() {
    let (rows, options) = (common::rows(), TextOptions::default());
    let table = summary::table(&rows, &options);
    insta::assert_snapshot!(format!("{table}\n{}", summary::prompts(&rows, &options)));
}

#[test]
fn markdown_of_a_hand_made_report() {
    insta::assert_snapshot!(markdown::render(&common::hand_made().0));
}

#[test]
fn markdown_of_a_course() {
    insta::assert_snapshot!(markdown::render(&common::course().0));
}

#[test]
fn markdown_of_a_summary() {
    insta::assert_snapshot!(markdown::summary(&common::rows()));
}

#[test]
fn text_in_colour() {
    let (report, _) = common::hand_made();
    let coloured = text::render(&report, &TextOptions { colour: true, width: 100 });
    assert!(coloured.contains("\u{1b}["));
    let mut plain = String::new();
    for (i, part) in coloured.split("\u{1b}[").enumerate() {
        plain.push_str(if i == 0 { part } else { part.split_once('m').unwrap().1 });
    }
    assert_eq!(plain, text::render(&report, &TextOptions::default()));
}

#[test]
fn nothing_is_wider_than_the_page() {
    let (report, glossary) = common::course();
    for width in [60, 80, 100, 140] {
        let options = TextOptions { width, colour: false };
        let rows = common::rows();
        let filter = Filter::default();
        for text in [
            text::render(&report, &options),
            text::render(&common::hand_made().0, &options),
            summary::table(&rows, &options),
            summary::prompts(&rows, &options),
            explain::render(&report, &glossary, Audience::Patient, &filter, &options),
        ] {
            for line in text.lines() {
                assert!(line.chars().count() <= width, "{width}: {line}");
            }
        }
    }
}

#[test]
fn summary_of_a_study() {
    let rows: Vec<_> = common::study().iter().flat_map(SummaryRow::from_report).collect();
    insta::assert_snapshot!(summary::table(&rows, &TextOptions::default()));
}

#[test]
fn text_of_a_case_of_a_study() {
    let study = common::study();
    let longest = study.iter().max_by_key(|r| r.findings.len()).unwrap();
    insta::assert_snapshot!(text::render(longest, &TextOptions::default()));
}
