//! Which lesions are targets is chosen at baseline: without one, nothing about them is known, however
//! the expression is written.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use oncorules::{EvaluateOptions, Rulesets};
use std::fs;

#[test]
fn without_a_baseline_nothing_is_known_of_targets() {
    let dir = tempfile::tempdir().unwrap();
    let conditions = [
        "targets.any(|l| l.large)",
        "targets.all(|l| !l.large)",
        "targets.none(|l| l.large)",
        "targets.filter(|l| known(l.longest_diameter)).any(|l| l.longest_diameter > 0)",
        "targets.any(|l| l.longest_diameter > 0 && l.nodal)",
        "targets.any(|l| l.longest_diameter > 0)",
        "lesions.any(|l| l.longest_diameter > 0)",
        "earlier.is_empty() && targets.any(|l| targets.any(|m| m.longest_diameter > 0))",
    ];
    let mut rules = String::from(
        "format: 1\nid: r\nversion: 1.0.0\ntitle: T\nlesion:\n  measures:\n    \
         large: {type: boolean, means: x, value: longest_diameter > 0}\nmeasures:\n",
    );
    for (i, condition) in conditions.iter().enumerate() {
        rules.push_str(&format!("  m{i}: {{type: boolean, means: x, value: '{condition}'}}\n"));
    }
    fs::write(dir.path().join("ruleset.yaml"), rules).unwrap();
    let program = Rulesets::built_in().load(&dir.path().to_string_lossy()).unwrap();
    let case = oncorules::case_from_json(
        r#"{"case": "x", "lines": [{"cycles": ["2024-01-08"]}], "assessments": [{"date": "2024-02-05",
            "lesions": [{"id": "T1", "role": "target", "site": "liver", "longest_diameter": "20 mm"}]}]}"#,
    )
    .unwrap();
    let report = program.evaluate(&case, &EvaluateOptions::default());
    let measures =
        report.lines.first().unwrap().timepoints.first().unwrap().measures.get("r").unwrap();
    for (i, condition) in conditions.iter().enumerate() {
        assert_eq!(measures.get(&format!("m{i}")).unwrap().value, None, "{condition}");
    }
}
