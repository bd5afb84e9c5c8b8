//! A combination that a table calls impossible is left out of its proof, and told where it occurs.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use oncorules::{EvaluateOptions, Rulesets};
use std::fs;

const RULESET: &str = r#"
format: 1
id: never
version: 1.0.0
extends: recist-1.1
decisions:
  shrinks:
    means: whether the tumour shrinks
    codes: ["yes", "no"]
    table: |
      target_response    | => shrinks
      CR                 | yes
      SD, PD, NE, NA     | no
    impossible:
      - {when: {target_response: PR}, because: said for this test}
"#;

const CASE: &str = r#"{
    "case": "P-1",
    "lines": [{"regimen": "any", "cycles": ["2024-01-08"]}],
    "assessments": [
        {"date": "2024-01-02", "lesions": [{"id": "T1", "role": "target", "site": "liver", "longest_diameter": "30 mm"}]},
        {"date": "2024-02-26", "lesions": [{"id": "T1", "longest_diameter": "10 mm"}]},
        {"date": "2024-04-22", "lesions": [{"id": "T1", "longest_diameter": "0 mm"}]}
    ]
}"#;

#[test]
fn an_impossible_combination_that_occurs_is_a_finding() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("never")).unwrap();
    fs::write(dir.path().join("never/ruleset.yaml"), RULESET).unwrap();
    let program = Rulesets::built_in().with_dir(dir.path()).unwrap().load("never").unwrap();
    let case = oncorules::case_from_json(CASE).unwrap();
    let report = program.evaluate(&case, &EvaluateOptions::default());
    let found: Vec<String> = report
        .findings
        .iter()
        .filter(|f| &*f.code == "impossible-combination")
        .map(|f| format!("{} {}", f.date.unwrap(), f.message))
        .collect();
    assert_eq!(
        found,
        ["2024-02-26 shrinks: target_response is PR, which cannot occur: said for this test"]
    );
}
