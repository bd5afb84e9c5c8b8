//! Each command from end to end, as a user runs it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

mod common;

use common::{run, run_in, top};
use insta::assert_snapshot;
use std::fs;

const CASE: &str = "examples/acquired-refractory.yaml";
const STUDY: &str = "examples/sdtm/recist-1.1";

#[test]
fn assess_a_study() {
    assert_snapshot!(run(&["assess", "--sdtm", STUDY]).shown());
}

#[test]
fn assess_a_study_by_every_reader_names_every_reader_and_subject() {
    let rows = run(&["assess", "--sdtm", STUDY, "--evaluator", "all", "--format", "json"]).json();
    let reports = rows["reports"].as_array().unwrap();
    let mut readings: Vec<String> =
        reports.iter().map(|r| format!("{} {}", r["case"], r["evaluator"])).collect();
    readings.sort();
    readings.dedup();
    assert_eq!(readings.len(), reports.len());
    let subjects: std::collections::BTreeSet<_> =
        reports.iter().map(|r| r["case"].as_str().unwrap()).collect();
    let dm = fs::read_to_string(top().join(STUDY).join("rs.csv")).unwrap();
    for subject in subjects {
        assert!(dm.contains(subject), "{subject}");
    }
}

#[test]
fn assess_one_case() {
    assert_snapshot!(run(&["assess", CASE]).shown());
}

#[test]
fn assess_one_case_as_markdown() {
    assert_snapshot!(run(&["assess", "--format", "markdown", CASE]).shown());
}

#[test]
fn assess_by_other_criteria() {
    let by = |criteria: &str| {
        let run = run(&["assess", "--criteria", criteria, "--format", "json", CASE]);
        run.json()["reports"][0]["rulesets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| r["id"].as_str().unwrap().to_string())
            .collect::<Vec<_>>()
    };
    assert!(by("irecist").contains(&"irecist".to_string()));
    assert!(!by("gcig-ca125").contains(&"recist-1.1".to_string()));
}

#[test]
fn assess_with_another_threshold() {
    let responses = |set: &str| {
        let run =
            run(&["assess", "--rules", "recist-1.1", "--set", set, "--format", "ndjson", CASE]);
        let report: serde_json::Value = serde_json::from_str(run.stdout.trim()).unwrap();
        report["lines"][0]["decisions"]["recist-1.1"]["best_overall_response"]["value"]
            .as_str()
            .unwrap()
            .to_string()
    };
    assert_eq!(responses("partial_response_decrease=30 %"), "PR");
    assert_eq!(responses("partial_response_decrease=50 %"), "SD");
}

#[test]
fn assess_streams_lines_and_loses_none() {
    let cohort = fs::read(top().join("examples/cohort.ndjson")).unwrap();
    let mut input = cohort.clone();
    input.extend_from_slice(b"{\"case\": \"broken\", \"lines\": 3}\nnot json\n\xff\xfe\n");
    input.extend_from_slice(&cohort);
    let run = run_in(&top(), &["assess", "--format", "ndjson", "-"], &input);
    assert_eq!(run.code, Some(2), "{}", run.shown());
    let lines: Vec<serde_json::Value> =
        run.stdout.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let cases = cohort.iter().filter(|b| **b == b'\n').count();
    let problems: Vec<_> = lines.iter().filter(|l| l.get("problem").is_some()).collect();
    assert_eq!(lines.len() - problems.len(), 2 * cases);
    assert_snapshot!(
        problems
            .iter()
            .map(|p| serde_json::to_string_pretty(p).unwrap())
            .collect::<Vec<_>>()
            .join("\n")
    );
}

#[test]
fn assess_gives_the_same_bytes_whatever_the_number_of_jobs() {
    let one_line = fs::read_to_string(top().join("examples/cohort.ndjson")).unwrap();
    let input = one_line.repeat(60);
    let by = |jobs: &str| {
        let args = ["assess", "--format", "ndjson", "--jobs", jobs, "-"];
        run_in(&top(), &args, input.as_bytes()).stdout
    };
    let once = by("1");
    assert!(once.lines().count() >= 600);
    assert!(once == by("2") && once == by("7") && once == by("2"));
}

#[test]
fn assess_writes_a_file_only_when_it_is_complete() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out.json");
    let out_name = out.to_str().unwrap();
    assert_eq!(run(&["assess", "--format", "json", "-o", out_name, CASE]).code, Some(0));
    let document: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(&out).unwrap()).unwrap();
    assert_eq!(document["reports"].as_array().unwrap().len(), 1);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn strict_makes_findings_count() {
    let dir = tempfile::tempdir().unwrap();
    let case = dir.path().join("small.yaml");
    let text = "case: small\nlines: [{regimen: any, cycles: [2024-01-08]}]\nassessments:\n  \
                - {date: 2024-01-02, lesions: [{id: T1, role: target, site: liver, \
                longest_diameter: 4 mm}]}\n";
    fs::write(&case, text).unwrap();
    let case = case.to_str().unwrap();
    assert_eq!(run(&["assess", "--rules", "recist-1.1", case]).code, Some(0));
    assert_eq!(run(&["assess", "--rules", "recist-1.1", "--strict", case]).code, Some(1));
}

#[test]
fn explain_to_the_clinician() {
    assert_snapshot!(run(&["explain", "--date", "2024-06", CASE]).shown());
}

#[test]
fn explain_to_the_patient() {
    assert_snapshot!(run(&["explain", "--for", "patient", CASE]).shown());
}

#[test]
fn check_the_shipped_rulesets() {
    assert_snapshot!(run(&["check", "--proofs"]).shown());
}

#[test]
fn check_a_ruleset_with_mistakes() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("mine")).unwrap();
    let text = "format: 1\nid: mine\nversion: 1.0.0\ntitle: Mine\nextends: recist-1.1\n\
                parameters:\n  partial_response_decrese: {value: 50 %}\n  \
                stable_minimum: {value: 6 mm}\n";
    fs::write(dir.path().join("mine/ruleset.yaml"), text).unwrap();
    let found = run_in(dir.path(), &["check", "mine"], b"");
    assert_eq!(found.code, Some(1));
    assert_snapshot!(found.shown());
    let json = run_in(dir.path(), &["check", "--format", "json", "mine"], b"").json();
    assert_eq!(json["rulesets"][0]["ok"], false);
    assert_eq!(json["rulesets"][0]["diagnostics"].as_array().unwrap().len(), 2);
}

#[test]
fn test_a_ruleset_whose_threshold_was_changed() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(run_in(dir.path(), &["rules", "copy", "recist-1.1", "mine"], b"").code, Some(0));
    let path = dir.path().join("rules/mine/ruleset.yaml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("value: 5 mm, means: rise of the sum"), "the edit below finds its place");
    fs::write(&path, text.replace("value: 5 mm, means: rise", "value: 6 mm, means: rise")).unwrap();
    assert_eq!(run_in(dir.path(), &["check", "mine"], b"").code, Some(0));
    let run = run_in(dir.path(), &["test", "mine"], b"");
    assert_eq!(run.code, Some(1));
    assert_snapshot!(run.shown().replace(dir.path().to_str().unwrap(), "[dir]"));
}

#[test]
fn test_the_shipped_rulesets() {
    assert_snapshot!(run(&["test"]).shown());
}

#[test]
fn list_and_show_rulesets() {
    let dir = tempfile::tempdir().unwrap();
    assert_snapshot!("rules_list", run_in(dir.path(), &["rules", "list"], b"").shown());
    let shown = run_in(dir.path(), &["rules", "show", "gcig-ca125"], b"").shown();
    let shown: Vec<&str> = shown.lines().filter(|l| !l.contains("SHA-256")).collect();
    assert_snapshot!("rules_show", shown.join("\n"));
    let file = run_in(dir.path(), &["rules", "show", "recist-1.1", "--file", "ruleset.yaml"], b"");
    assert_eq!(
        file.stdout,
        fs::read_to_string(top().join("rules/recist-1.1/ruleset.yaml")).unwrap()
    );
}

#[test]
fn a_ruleset_of_a_folder_that_shadows_a_shipped_one_is_noted() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(run_in(dir.path(), &["rules", "copy", "recist-1.1", "mine"], b"").code, Some(0));
    let path = dir.path().join("rules/mine/ruleset.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("id: mine", "id: recist-1.1 # ours")).unwrap();
    let case = top().join(CASE);
    let args = ["assess", "--format", "json", case.to_str().unwrap()];
    let run = run_in(dir.path(), &args, b"");
    assert!(run.stderr.contains("shadows-built-in"), "{}", run.shown());
    assert_eq!(run.json()["reports"].as_array().unwrap().len(), 1);
}

#[test]
fn schemas_are_json_schemas() {
    for what in ["case", "ruleset", "report"] {
        let schema = run(&["schema", what]).json();
        assert!(schema["$schema"].as_str().unwrap().contains("json-schema.org"), "{what}");
    }
}

#[test]
fn completions_name_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = run(&["completions", shell]).stdout;
        assert!(script.contains("explain"), "{shell}");
    }
}

#[test]
fn wrong_usage_says_what_is_meant() {
    let mut all = String::new();
    for arguments in [
        &["asses"][..],
        &["assess", "no-such-file.yaml"],
        &["assess", "--rules", "recist-11", CASE],
        &["assess", "--rules", "recist-1.1", "--set", "stable_minium=3 d", CASE],
        &["assess", "--rules", "recist-1.1", "--set", "stable_minimum=3 mm", CASE],
        &["assess", "--criteria", "resist", CASE],
        &["assess", "--as-of", "2024-02-30", CASE],
        &["assess", "--sdtm", "examples"],
        &["assess", "--sdtm", STUDY, "--evaluator", "NOBODY"],
        &["explain", "--case", "nobody", CASE],
        &["check", "no-such-ruleset"],
        &["rules", "show", "recist"],
        &["rules", "copy", "recist-1.1", "../outside"],
    ] {
        let run = run(arguments);
        assert_eq!(run.code, Some(2), "{arguments:?}: {}", run.shown());
        all.push_str(&format!("$ oncorules {}\n{}\n", arguments.join(" "), run.shown()));
    }
    assert_snapshot!(all);
}

#[test]
fn help_of_every_command() {
    let mut all = String::new();
    for command in [
        &["--help"][..],
        &["assess", "--help"],
        &["explain", "--help"],
        &["check", "--help"],
        &["test", "--help"],
        &["rules", "--help"],
        &["rules", "copy", "--help"],
        &["schema", "--help"],
    ] {
        let run = run(command);
        assert_eq!(run.code, Some(0));
        all.push_str(&run.stdout);
        all.push('\n');
    }
    assert_snapshot!(all);
}
