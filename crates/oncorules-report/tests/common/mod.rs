//! Reports to render: one from a shipped ruleset, one made by hand.
#![allow(clippy::unwrap_used, dead_code, reason = "a test may fail; each test file uses some")]

use oncorules::Rulesets;
use oncorules::source::SourceFile;
use oncorules_formats::{SdtmOptions, read_sdtm};
use oncorules_model::{CodeText, DecisionText, Glossary, Named, Report};
use oncorules_report::summary::SummaryRow;

/// A course with a response and a progression, by the first ruleset that ships.
pub(crate) fn course() -> (Report, Glossary) {
    let program = Rulesets::built_in().load("recist-1.1").unwrap();
    let file = SourceFile::new("course.yaml", include_str!("../data/course.yaml"));
    let (cases, problems) = oncorules_formats::read_cases(&file);
    assert!(!problems.has_errors());
    (program.evaluate(cases.first().unwrap(), &Default::default()), program.glossary())
}

/// Two lines, three rulesets, drugs, a schedule, prompts, and findings of many kinds.
pub(crate) fn hand_made() -> (Report, Glossary) {
    let report = serde_json::from_str(include_str!("../data/two-lines.json")).unwrap();
    let mut outcome = DecisionText { means: Some("whether the line helped".into()), codes: vec![] };
    outcome.codes.push(CodeText {
        code: "refractory".into(),
        clinician: Some("the disease progressed under treatment".into()),
        patient: Some("this treatment is no longer holding the cancer back".into()),
    });
    let mut level = DecisionText { means: Some("level of the marker".into()), codes: vec![] };
    level.codes.push(CodeText {
        code: "raised".into(),
        clinician: Some("marker above twice its lowest value".into()),
        patient: Some("the blood test has gone up since the last visit".into()),
    });
    let of = |name: &str, text| Named(vec![(name.into(), text)]);
    let glossary = Named(vec![
        ("marker".into(), of("level", level)),
        ("course".into(), of("outcome", outcome)),
    ]);
    (report, glossary)
}

/// The rows of both reports, and of a few more cases by the same ruleset as the first.
pub(crate) fn rows() -> Vec<SummaryRow> {
    let mut rows = SummaryRow::from_report(&course().0);
    rows.extend(SummaryRow::from_report(&hand_made().0));
    let mut empty = course().0;
    empty.case = "example-002".into();
    empty.lines.clear();
    rows.extend(SummaryRow::from_report(&empty));
    rows
}

/// The cases of a public trial data set, as its investigator read them.
pub(crate) fn study() -> Vec<Report> {
    let program = Rulesets::built_in().load("recist-1.1").unwrap();
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/sdtm/recist-1.1");
    let study = read_sdtm(dir.as_ref(), &program.sdtm_mappings(), &SdtmOptions::default()).unwrap();
    study.cases.iter().map(|c| program.evaluate(c, &Default::default())).collect()
}
