//! Any text as a case file (YAML or JSON): it is read or refused, evaluated, and rendered in every
//! form; the report must come out the same twice and read back as JSON.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oncorules::source::SourceFile;
use oncorules::{EvaluateOptions, Program, Rulesets};
use oncorules_report::explain::{self, Audience, Filter};
use oncorules_report::{TextOptions, markdown, text};
use std::sync::LazyLock;

static PROGRAM: LazyLock<Program> =
    LazyLock::new(|| Rulesets::built_in().load("chemo-response").expect("a shipped ruleset loads"));

fuzz_target!(|data: &[u8]| {
    let Ok(content) = std::str::from_utf8(data) else { return };
    let (cases, diagnostics) = oncorules_formats::read_cases(&SourceFile::new("fuzz.yaml", content));
    for diagnostic in diagnostics.iter() {
        assert!(!diagnostic.render(false).is_empty());
    }
    let options = EvaluateOptions::default();
    for case in &cases {
        let report = PROGRAM.evaluate(case, &options);
        assert_eq!(report, PROGRAM.evaluate(case, &options));
        let json = serde_json::to_string(&report).expect("a report is JSON");
        let back: oncorules::model::Report = serde_json::from_str(&json).expect("and reads back");
        assert_eq!(serde_json::to_string(&back).expect("again"), json);
        let glossary = PROGRAM.glossary();
        let (page, all) = (TextOptions::default(), Filter::default());
        let _ = text::render(&report, &page);
        let _ = markdown::render(&report);
        let _ = explain::render(&report, &glossary, Audience::Clinician, &all, &page);
        let _ = explain::render(&report, &glossary, Audience::Patient, &all, &page);
    }
});
