//! One mistake each in a copy of a shipped ruleset: exactly one error, at the exact line and column
//! of the mistake, with a mend; and all the mistakes that do not hide each other in one go.
//!
//! `seeded.json` holds them: what is replaced by what; `«»` stand around what the error must point
//! at (they are taken out), or `place` says where it is.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "a test may fail")]

use oncorules_rules::{Catalog, LoadOptions, RulesetFiles, prove};
use oncorules_source::{Diagnostics, Severity, SourceFile};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const RULESETS: [&str; 4] = ["recist-1.1", "irecist", "formulary", "chemo-response"];

fn shipped() -> BTreeMap<&'static str, String> {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules");
    let read = |id| fs::read_to_string(rules.join(id).join("ruleset.yaml")).unwrap();
    RULESETS.into_iter().map(|id| (id, read(id))).collect()
}

fn check(id: &str, texts: &BTreeMap<&str, String>, script: &str) -> Diagnostics {
    let mut catalog = Catalog::new();
    for (name, text) in texts {
        let scripts = (*name == id && !script.is_empty())
            .then(|| SourceFile::new(format!("{name}/functions.rhai"), script));
        let main = SourceFile::new(format!("{name}/ruleset.yaml"), text.as_str());
        catalog.add(RulesetFiles {
            origin: "test".into(),
            main,
            scripts: scripts.into_iter().collect(),
        });
    }
    match catalog.load(id, &LoadOptions::default()) {
        Ok((program, _)) => prove(&program).1,
        Err(wrong) => wrong,
    }
}

/// Code, line and column of each error.
fn errors(wrong: &Diagnostics) -> Vec<(String, u64, u64)> {
    wrong
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .map(|d| {
            let at = d.labels.first().unwrap_or_else(|| panic!("no place: {d}")).span;
            assert!(
                d.help.as_ref().is_some_and(|h| !h.is_empty()),
                "no mend:\n{}",
                d.render(false)
            );
            (d.code.to_string(), at.line as u64, at.column as u64)
        })
        .collect()
}

/// The text without its markers, and line and column of the first.
fn marked(text: &str) -> (String, Option<(u64, u64)>) {
    let place = text.split_once('«').map(|(before, _)| {
        let line = before.rsplit('\n').next().unwrap_or_default();
        (before.matches('\n').count() as u64 + 1, line.chars().count() as u64 + 1)
    });
    (text.replace(['«', '»'], ""), place)
}

#[test]
fn each_mistake_is_one_error_at_its_place() {
    let all: Vec<Value> = serde_json::from_str(include_str!("../seeded.json")).unwrap();
    assert!(all.len() >= 50);
    let texts = shipped();
    for seeded in &all {
        let of = |key: &str| seeded[key].as_str().unwrap();
        let text = &texts[of("ruleset")];
        assert!(text.contains(of("find")), "{seeded}");
        let (changed, place) = marked(&text.replacen(of("find"), of("replace"), 1));
        let place = place.unwrap_or_else(|| {
            (seeded["place"][0].as_u64().unwrap(), seeded["place"][1].as_u64().unwrap())
        });
        let mut texts = texts.clone();
        texts.insert(RULESETS.iter().find(|r| **r == of("ruleset")).unwrap(), changed);
        let wrong = check(of("ruleset"), &texts, "");
        let shown: Vec<String> = wrong.iter().map(|d| d.render(false)).collect();
        let expected = (of("code").to_string(), place.0, place.1);
        assert_eq!(errors(&wrong), [expected], "{seeded}\n{}", shown.join("\n\n"));
    }
}

/// Expressions in every style of scalar, with a mistake behind folds and escapes.
#[test]
fn mistakes_in_every_style_of_scalar() {
    const HEAD: &str =
        "format: 1\nid: recist-1.1\nversion: 1.0.0\ntitle: T\nmeasures:\n  a:\n    value: ";
    for value in [
        "known(date) && «targts».is_empty()\n",
        "known(date)\n      && «targts».is_empty()\n",
        "\"known(date) && «targts».is_empty()\"\n",
        "\"visit == \\\"a\\\\\\\"b\\\" && «targts».is_empty()\"\n",
        "\"\\x6bnown(date) \\u0026& \\\n      «targts».is_empty()\"\n",
        "'known(date) && visit == ''x'' && «targts».is_empty()'\n",
        "|\n      known(date)\n\n        && «targts».is_empty()\n",
        "|2-\n       known(date)\n       && «targts».is_empty()\n",
        ">\n      known(date)\n\n      && «targts».is_empty()\n",
        ">- # a > b\n      known(date)\n      && «targts».is_empty()\n",
        "|\n      known(date) // targts é ü €\n      && visit != \"é €\" && «targts».is_empty()\n",
        "|\n      known(date)\n      && ( «=» 5\n",
        ">\n      known(date)\n      && «=» 5\n",
        "\"known(date) \\\n      && «=» 5\"\n",
    ] {
        let (text, place) = marked(&format!("{HEAD}{value}"));
        let texts = BTreeMap::from([("recist-1.1", text.clone())]);
        let wrong = check("recist-1.1", &texts, "");
        let places: Vec<(u64, u64)> = errors(&wrong).into_iter().map(|(_, l, c)| (l, c)).collect();
        assert_eq!(
            places,
            [place.unwrap()],
            "{text}\n{}",
            wrong.iter().map(|d| d.render(false)).collect::<String>()
        );
    }
}

#[test]
fn mistakes_in_scripts() {
    const CALLS: &str = "functions:\n  worse: {takes: [mm, mm], gives: boolean}\nmeasures:\n  odd: {means: x, value: \"worse(sum_of_diameters, 5 * rise)\"}\nparameters:\n  rise: {value: 5 mm}\n";
    for (script, code) in [
        ("fn worse(a, b) {\n  a > b }«}»\n", "script"),
        ("fn worse(a, b) {\n  a > «>» b\n}\n", "script"),
        ("fn worse(a, b) {\n  let x = «»;\n}\n", "script"),
        ("fn helper(a) { a }\nfn worse(a, b) {\n  if a > b «return» true }\n}\n", "script"),
        ("fn worse(a, b) { a > b }\n«let» y = 1;\n", "script"),
    ] {
        let (text, place) = marked(script);
        let mut texts = shipped();
        let extended = format!(
            "format: 1\nid: irecist\nversion: 1.0.0\ntitle: T\nextends: recist-1.1\n{CALLS}"
        );
        texts.insert("irecist", extended);
        let wrong = check("irecist", &texts, &text);
        let place = place.unwrap();
        let shown = wrong.iter().map(|d| d.render(false)).collect::<String>();
        assert_eq!(errors(&wrong), [(code.to_string(), place.0, place.1)], "{text}\n{shown}");
    }
}

#[test]
fn many_mistakes_are_told_in_one_go() {
    let mut texts = shipped();
    let text = texts["recist-1.1"].clone();
    let text = text
        .replacen("targets.sum(|l| l.diameter) }", "targts.sum(|l| l.diameter) }", 1)
        .replacen("{value: 5 mm, means: rise", "{value: 5 mmm, means: rise", 1)
        .replacen("then: CR, when", "then: CRR, when", 1)
        .replacen("source: eisenhauer-2009 §4.3.2}", "source: eisenhaur-2009 §4.3.2}", 1)
        .replacen("T1.3 | CR ", "T1.3 | CX ", 1)
        .replacen("hit: unique", "hit: uniqe", 1)
        // A gap, an overlap and broken YAML besides.
        .replacen("        PD                | progression\n        NED", "        NED", 1)
        .replacen("    means: change of the sum from baseline", "    means: change: of the sum", 1)
        .replacen("codes: [\"yes\", \"no\"]", "codes: [\"yes\", \"no\"", 1);
    texts.insert("recist-1.1", text);
    let wrong = check("recist-1.1", &texts, "");
    let mut codes: Vec<String> = errors(&wrong).into_iter().map(|(code, ..)| code).collect();
    codes.sort();
    codes.dedup();
    for code in [
        "unknown-code",
        "unknown-name",
        "unknown-source",
        "unknown-unit",
        "unknown-word",
        "yaml-syntax",
    ] {
        assert!(codes.iter().any(|c| c == code), "{code} is not among {codes:?}");
    }
    assert!(
        wrong.len() >= 8 && wrong.len() <= 12,
        "{}",
        wrong.iter().map(|d| d.render(false)).collect::<String>()
    );
}
