//! What the reader did by which rule, as notes that become findings of the report.

use oncorules_model::{PartialDate, SourceNote};
use std::collections::BTreeMap;

/// How many places of one kind a note names; the rest is counted.
const SHOWN: usize = 6;

/// Every note that the reader of SDTM data can make on a case: its code, and what was done.
pub const NOTE_CODES: &[(&str, &str)] = &[
    (
        "accepted-reader-changes",
        "the accepted reader is not the same at all visits, so sums of different readers are compared",
    ),
    (
        "conflicting-responses",
        "two responses are reported for one decision at one visit; the accepted or first one was taken",
    ),
    (
        "conflicting-rows",
        "two rows give different results for the same lesion or laboratory test at one visit; the first by sequence number was taken",
    ),
    (
        "date-from-other-reader",
        "rows without a date of their own took the date that another reader gives for the visit",
    ),
    ("date-missing", "results and responses without a date took that of their visit"),
    ("date-not-understood", "dates that are not in ISO 8601 were passed over"),
    (
        "dates-differ",
        "the response is dated otherwise than the scans of its visit; the scans' date was taken",
    ),
    ("duplicate-row", "rows that say the same as another one were used once"),
    ("duplicate-subject", "the subject stands in DM more than once; the first row was taken"),
    ("empty-visit", "visits of which nothing could be used make no assessment"),
    ("end-before-start", "an end lies before its beginning and was left out"),
    (
        "grade-missing",
        "side effects without a toxicity grade were left out, for a grade is not guessed",
    ),
    ("grade-out-of-range", "side effects whose grade is not 1 to 5 were left out"),
    ("impossible-date", "days that no calendar has were passed over"),
    ("impossible-length", "lengths that are negative or over 2 m count as not assessed"),
    ("joined-by-date", "rows without a visit were joined to the visit of the same date"),
    (
        "lab-date-differs",
        "laboratory results are dated otherwise than the scans of their visit and are kept with the visit",
    ),
    ("lab-tests-not-used", "laboratory tests that no ruleset asks for were left out"),
    ("lesion-id-made", "new lesions without an id were given one"),
    ("lesion-merged", "lesions merged into one"),
    ("lesion-split", "a lesion split into parts"),
    ("lesion-without-results", "lesions are identified in TU, and no result is given for them"),
    (
        "line-start-from-first-dose",
        "the line begins on the first day of dosing in EX, since DM gives no first day of treatment",
    ),
    ("line-start-from-reference-date", "the line begins on RFSTDTC, since DM gives no RFXSTDTC"),
    ("no-assessments", "there is no assessment of this subject"),
    ("no-line-start", "no first day of treatment is recorded"),
    (
        "node-diameter-as-short-axis",
        "the only diameter of a lymph node was taken as its short axis",
    ),
    (
        "number-not-understood",
        "laboratory values and limits that are no numbers were kept as text or left out",
    ),
    ("partial-date-narrowed", "a partial date of a visit gave way to a full date within it"),
    ("response-missing", "responses without a result were left out"),
    ("response-not-used", "reported responses that no ruleset names were left out"),
    ("result-not-understood", "results that are not understood count as not assessed"),
    ("role-changed", "the role of a lesion changes; the first one was kept"),
    ("role-unknown", "neither TU nor TR says the role of a lesion"),
    ("row-without-lesion", "results that name no lesion were left out"),
    ("row-without-visit", "rows with neither visit nor date were left out"),
    ("rows-without-evaluator", "rows that name no evaluator belong to every evaluator"),
    ("site-changed", "the site of a lesion changes; the first one was kept"),
    ("state-not-understood", "states that are not understood count as not evaluable"),
    ("subject-not-in-dm", "the subject does not stand in DM"),
    (
        "supplement-not-used",
        "supplemental values that belong to no response, or that no ruleset asks for, were left out",
    ),
    ("tests-not-used", "results that are no diameter and no state were left out"),
    ("unit-missing", "lengths without a unit were kept as bare numbers"),
    ("unit-not-a-length", "lengths in a unit that is no length count as not assessed"),
    ("unscheduled-visit", "unscheduled visits are assessments of their own"),
    ("visit-names-differ", "one visit number has several names; the first one was kept"),
    ("visit-spans-dates", "the scans of one visit lie on several days; the first one was taken"),
    ("visit-without-accepted-reader", "a visit was read, and no reading of it is the accepted one"),
    ("visit-without-date", "a visit has no date and was left out"),
    (
        "visits-out-of-order",
        "visit numbers and dates do not run in the same order; the dates were followed",
    ),
    ("visits-share-date", "several visits have the same date and remain separate assessments"),
];

/// The notes on one case while it is read.
#[derive(Default)]
pub(super) struct Notes(BTreeMap<&'static str, Vec<(String, Option<PartialDate>)>>);

impl Notes {
    /// Notes that a rule was applied; `detail` says to what, and may be empty.
    pub(super) fn add(&mut self, code: &'static str, detail: impl Into<String>) {
        self.0.entry(code).or_default().push((detail.into(), None));
    }

    /// As [`Notes::add`], of a date.
    pub(super) fn add_at(
        &mut self,
        code: &'static str,
        detail: impl Into<String>,
        date: PartialDate,
    ) {
        self.0.entry(code).or_default().push((detail.into(), Some(date)));
    }

    /// One note for each rule, in the order of their codes.
    pub(super) fn finish(self) -> Vec<SourceNote> {
        self.0.into_iter().map(|(code, details)| note(code, &details)).collect()
    }
}

fn note(code: &'static str, details: &[(String, Option<PartialDate>)]) -> SourceNote {
    let sentence = NOTE_CODES.iter().find(|(c, _)| *c == code).map_or(code, |(_, s)| *s);
    let mut message = sentence.to_string();
    if details.len() > 1 {
        message.push_str(&format!(" ({} times)", details.len()));
    }
    let mut shown: Vec<&str> = vec![];
    for (detail, _) in details {
        if !detail.is_empty() && !shown.contains(&detail.as_str()) && shown.len() <= SHOWN {
            shown.push(detail);
        }
    }
    if !shown.is_empty() {
        let more = shown.len() > SHOWN;
        shown.truncate(SHOWN);
        message.push_str(": ");
        message.push_str(&shown.join("; "));
        if more {
            message.push_str("; …");
        }
    }
    let date = match details {
        [(_, date)] => *date,
        _ => None,
    };
    SourceNote { code: code.into(), message, date }
}
