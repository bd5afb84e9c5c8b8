//! Expressions mean the same in both forms: compiled, as the conditions of rulesets are, and run by
//! Rhai itself, as free functions in `.rhai` files are.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use oncorules::model::Scalar;
use oncorules::{EvaluateOptions, Rulesets};
use proptest::prelude::*;
use std::fs;

/// A number from whole numbers, so that Rhai's floating point is exact, too.
fn number() -> BoxedStrategy<String> {
    let leaf = prop_oneof![Just("a"), Just("b"), Just("c")].prop_map(String::from);
    leaf.prop_recursive(3, 12, 2, |inner| {
        let pair = (inner.clone(), inner.clone());
        prop_oneof![
            (pair.clone(), prop_oneof![Just("+"), Just("-")])
                .prop_map(|((x, y), op)| format!("({x} {op} {y})")),
            inner.clone().prop_map(|x| format!("abs({x})")),
            pair.clone().prop_map(|(x, y)| format!("min({x}, {y})")),
            pair.clone().prop_map(|(x, y)| format!("max({x}, {y})")),
            (condition_of(inner.clone()), pair)
                .prop_map(|(c, (x, y))| format!("(if {c} {{ {x} }} else {{ {y} }})")),
        ]
    })
    .boxed()
}

fn condition_of(
    number: impl Strategy<Value = String> + Clone + 'static,
) -> impl Strategy<Value = String> {
    let compare = prop_oneof![Just("<"), Just("<="), Just(">"), Just(">="), Just("=="), Just("!=")];
    let leaf = (number.clone(), compare, number).prop_map(|(x, op, y)| format!("({x} {op} {y})"));
    leaf.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(x, y)| format!("({x} && {y})")),
            (inner.clone(), inner.clone()).prop_map(|(x, y)| format!("({x} || {y})")),
            inner.prop_map(|x| format!("!{x}")),
        ]
    })
}

/// Both forms of many expressions in one ruleset, for the values of one case.
fn both_forms(
    numbers: &[String],
    conditions: &[String],
    values: [i32; 3],
) -> Vec<(String, [Option<Scalar>; 2])> {
    let dir = tempfile::tempdir().unwrap();
    let mut rules = String::from(
        "format: 1\nid: both\nversion: 1.0.0\ntitle: Both forms\nobservations:\n  \
         a: {unit: mm, means: x}\n  b: {unit: mm, means: x}\n  c: {unit: mm, means: x}\n",
    );
    let (mut functions, mut measures, mut script) = (String::new(), String::new(), String::new());
    let all = numbers.iter().map(|e| (e, "mm")).chain(conditions.iter().map(|e| (e, "boolean")));
    for (i, (expression, kind)) in all.clone().enumerate() {
        functions.push_str(&format!("  f{i}: {{takes: [mm, mm, mm], gives: {kind}, means: x}}\n"));
        let ty = if kind == "mm" { "unit: mm" } else { "type: boolean" };
        measures.push_str(&format!("  compiled_{i}: {{{ty}, means: x, value: '{expression}'}}\n"));
        measures.push_str(&format!("  by_rhai_{i}: {{{ty}, means: x, value: 'f{i}(a, b, c)'}}\n"));
        script.push_str(&format!("fn f{i}(a, b, c) {{ {expression} }}\n"));
    }
    rules.push_str(&format!("functions:\n{functions}measures:\n{measures}"));
    fs::write(dir.path().join("ruleset.yaml"), rules).unwrap();
    fs::write(dir.path().join("both.rhai"), script).unwrap();
    let program = Rulesets::built_in()
        .load(&dir.path().to_string_lossy())
        .unwrap_or_else(|wrong| panic!("{wrong}"));
    let [a, b, c] = values;
    let case = oncorules::case_from_json(&format!(
        r#"{{"case": "x", "lines": [{{"cycles": ["2024-01-08"]}}], "assessments": [{{
            "date": "2024-02-05", "observations": {{"a": "{a} mm", "b": "{b} mm", "c": "{c} mm"}}}}]}}"#
    ))
    .unwrap();
    let report = program.evaluate(&case, &EvaluateOptions::default());
    assert!(report.findings.iter().all(|f| &*f.code != "script-failed"), "{:?}", report.findings);
    let measures =
        report.lines.first().unwrap().timepoints.first().unwrap().measures.get("both").unwrap();
    all.enumerate()
        .map(|(i, (expression, _))| {
            let value = |form: &str| measures.get(&format!("{form}_{i}")).unwrap().value.clone();
            (expression.clone(), [value("compiled"), value("by_rhai")])
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn compiled_and_rhai_agree(
        numbers in prop::collection::vec(number(), 8),
        conditions in prop::collection::vec(condition_of(number()), 8),
        values in [-50i32..50, -50i32..50, -50i32..50],
    ) {
        for (expression, [compiled, by_rhai]) in both_forms(&numbers, &conditions, values) {
            prop_assert!(compiled.is_some(), "{expression} is unknown");
            prop_assert_eq!(&compiled, &by_rhai, "{} of {:?}", expression, values);
        }
    }
}
