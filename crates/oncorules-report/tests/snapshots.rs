//! What people read, as snapshots: look at them, not only at the diff.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

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
