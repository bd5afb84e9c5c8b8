//! Case files, good and bad: what is read, and what is said where.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use oncorules_formats::{read_case_json, read_case_line, read_cases};
use oncorules_model::{Case, Measurement, Observation, Reported};
use oncorules_source::{Diagnostics, SourceFile};

fn read(text: &str) -> (Vec<Case>, Diagnostics) {
    read_cases(&SourceFile::new("case.yaml", text))
}

/// The diagnostics as `line:column code: message (help)`, one a line.
fn said(text: &str) -> String {
    let (_, wrong) = read(text);
    let lines: Vec<String> = wrong
        .iter()
        .map(|d| {
            let place = d.place().unwrap_or_default().replace("case.yaml:", "");
            let help = d.help.as_ref().map(|h| format!(" ({h})")).unwrap_or_default();
            format!("{place} {}: {}{help}", d.code, d.message)
        })
        .collect();
    lines.join("\n")
}

const CONTRACT: &str = "\
case: example-001
disease: ovarian cancer
lines:
  - regimen: carboplatin-paclitaxel
    drugs: [carboplatin, paclitaxel]
    intent: palliative
    cycles: [2024-01-08, 2024-01-29, 2024-02-19]
    cycle_length: 21 d
    ended: 2024-05-20
assessments:
  - date: 2024-01-02
    lesions:
      - {id: T1, role: target, site: liver, longest_diameter: 42 mm}
      - {id: T2, role: target, site: lymph node, short_axis: 18 mm}
      - {id: NT1, role: non-target, site: ascites, status: present}
    observations: {ca125: 612 U/mL, ecog: 1, smoker: no, pregnant: false, psa: {value: 4 ug/L, upper_limit: 3 ug/L}}
  - date: 2024-02-26
    lesions:
      - {id: T1, longest_diameter: 29.4 mm}
      - {id: T2, short_axis: Too small to measure}
      - {id: NT1, status: absent}
      - {id: NEW1, role: new, site: lung, status: unequivocal}
    observations: {ca125: 40 U/mL}
    reported: {overall_response: PR, scale: 1, gcig-ca125: {ca125_response: no}}
side_effects:
  - {term: neutropenia, grade: 3, from: 2024-02-01, to: 2024-02-10}
";

#[test]
fn the_contract_is_read() {
    let (cases, wrong) = read(CONTRACT);
    assert!(wrong.is_empty(), "{wrong}");
    let case = &cases[0];
    assert_eq!(case.lines[0].cycles.len(), 3);
    let second = &case.assessments[1];
    assert_eq!(second.lesions.as_ref().unwrap()[1].short_axis, Some(Measurement::TooSmall));
    assert_eq!(second.reported["scale"], Reported::Code("1".into()));
    assert!(
        matches!(&second.reported["gcig-ca125"], Reported::Ruleset(r) if &*r["ca125_response"] == "no")
    );
    let first = &case.assessments[0];
    assert_eq!(first.observations["smoker"], Observation::Text("no".into()));
    assert_eq!(first.observations["pregnant"], Observation::Flag(false));
    assert!(matches!(first.observations["psa"], Observation::Ranged(_)));
    // The same case as JSON, over the fast path and over the tree.
    let json = serde_json::to_string(case).unwrap();
    assert_eq!(read_case_json(&json).unwrap(), *case);
    assert_eq!(read(&json).0[0], *case);
    assert_eq!(read(&format!("[{json}]")).0[0], *case);
}

#[test]
fn everything_wrong_is_said_at_once_where_it_stands() {
    let text = "\
case: P-1
desease: breast cancer
lines:
  - {regimen: x, intent: paliative, cycle_length: 21 days, started: 2024-02-30, cycles: 2024-01-01}
assessments:
  - date: 5.3.2024
    lesions:
      - {id: T1, role: Target, longest_diameter: -3 mm}
      - {id: T1, diameter: 4 mm, short_axis: to small to measure}
      - {role: new, node: yes, longest_diameter: 4 km}
      - {id: T9, longest_diameter: 1000000000000}
    observations: {ca125: [1], ldh: NaN, psa: {valeu: 3}}
side_effects:
  - {term: rash, grade: 6, from: 2024-02-01, to: 2024-01-01}
  - {term: rash, grade: bad}
";
    insta::assert_snapshot!(said(text));
}

#[test]
fn a_bad_document_does_not_take_the_others_with_it() {
    let text = "case: A\n---\ncase: [\n---\ncase: B\nlines: 3\n---\n# nothing\n---\ncase: C\n---\ncase: A\n";
    let (cases, wrong) = read(text);
    let ids: Vec<&str> = cases.iter().map(|c| &*c.case).collect();
    assert_eq!(ids, ["A", "C"]);
    let codes: Vec<&str> = wrong.iter().map(|d| d.code).collect();
    assert_eq!(codes, ["yaml-syntax", "wrong-kind", "duplicate-case"]);
    assert_eq!(wrong.0[1].place().unwrap(), "case.yaml:6:8");
    assert_eq!(wrong.0[2].labels[1].span.line, 1);
}

#[test]
fn json_documents_of_yaml_and_flow_yaml_are_read() {
    for text in [
        "{\"case\": \"A\"}\n---\n{\"case\": \"B\"}\n",
        "{case: A}\n---\n{case: B}\n",
        "[{case: A}, {case: B}]",
    ] {
        let (cases, wrong) = read(text);
        assert_eq!(cases.len(), 2, "{text}: {wrong}");
    }
}

#[test]
fn ids_and_codes_stay_as_written() {
    let (cases, wrong) =
        read("case: 007\nassessments: [{date: 2024, visit: 1.10, reported: {a: 1.0, b: true}}]\n");
    assert!(wrong.is_empty(), "{wrong}");
    assert_eq!(&*cases[0].case, "007");
    let assessment = &cases[0].assessments[0];
    assert_eq!(assessment.visit.as_deref(), Some("1.10"));
    assert_eq!(assessment.reported["a"], Reported::Code("1.0".into()));
    assert_eq!(assessment.date.to_string(), "2024");
}

#[test]
fn json_faults_have_places_too() {
    let text = "[\n {\"case\": \"A\"},\n {\"case\": \"B\", \"lines\": [{\"intent\": \"cure\"}]},\n {\"case\": 17}\n]";
    let (cases, wrong) = read(text);
    assert_eq!(cases.len(), 2);
    assert_eq!(&*cases[1].case, "17");
    assert_eq!(wrong.0[0].place().unwrap(), "case.yaml:3:37");
    let twice =
        r#"{"case":"A","assessments":[{"date":"2024-01-01","observations":{"x":1,"x":2}}]}"#;
    assert_eq!(read_case_json(twice).unwrap_err().0[0].code, "duplicate-key");
    let wrong =
        read_case_line("cohort.ndjson", 7, "{\"case\": \"A\", \"lins\": []}\n").unwrap_err();
    assert_eq!(wrong.0[0].place().unwrap(), "cohort.ndjson:7:15");
    let wrong = read_case_line("cohort.ndjson", 9_000_007, "{\"case\": }").unwrap_err();
    assert_eq!(
        (wrong.0[0].code, wrong.0[0].place().unwrap().as_str()),
        ("json-syntax", "cohort.ndjson:9000007:10")
    );
}

#[test]
fn ndjson_goes_on_after_a_bad_line() {
    let text = "{\"case\": \"A\"}\n{\"case\": nonsense}\n{\"case\": \"C\"}\n{\"case\": \"D\", \"x\": 1}\n{\"case\": \"E\"}\n";
    let (cases, wrong) = read_cases(&SourceFile::new("cohort.ndjson", text));
    let ids: Vec<&str> = cases.iter().map(|c| &*c.case).collect();
    assert_eq!(ids, ["A", "C", "E"]);
    let places: Vec<String> = wrong.iter().filter_map(|d| d.place()).collect();
    assert_eq!(places, ["cohort.ndjson:2:11", "cohort.ndjson:4:15"]);
}

#[test]
fn hostile_files_end_in_a_clear_error_soon() {
    let begun = std::time::Instant::now();
    let anchors: String = (0..12)
        .map(|i| format!("a{}: &a{} [{}]\n", i + 1, i + 1, vec![format!("*a{i}"); 10].join(",")))
        .collect();
    let deep_yaml: String = (0..10_000).map(|i| format!("{}a:\n", " ".repeat(i))).collect();
    let long_flow =
        format!("{{case: A, assessments: [{}]}}", "{date: 2024-01-01},".repeat(200_000));
    let keys: String = (0..20_000).map(|i| format!("k{i}: 1\n")).collect();
    for (name, text, code) in [
        ("empty", String::new(), "empty-file"),
        ("blank", "\n\n# nothing\n".to_string(), "empty-file"),
        ("bomb", format!("case: A\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n{anchors}"), "too-large"),
        ("open json", "[".repeat(10_000), "json-syntax"),
        ("deep json", "[".repeat(10_000) + &"]".repeat(10_000), ""),
        ("deep case", format!("{{\"case\": {}{}}}", "[".repeat(10_000), "]".repeat(10_000)), ""),
        ("open objects", "{\"case\":".repeat(10_000), "json-syntax"),
        (
            "not a number",
            "case: A\nassessments: [{date: 2024-01-01, observations: {x: .nan}}]".to_string(),
            "not-a-number",
        ),
        ("deep yaml", deep_yaml, "too-deep"),
        ("deep flow", format!("case: {}", "[".repeat(10_000)), "too-deep"),
        ("long flow line", long_flow, "line-too-long"),
        ("keys", keys, "missing-key"),
        ("scalar", "just words".to_string(), "wrong-kind"),
        ("nul", "case: \"\0\"".to_string(), ""),
        ("tabs", "case:\n\t- x\n".to_string(), "yaml-syntax"),
        ("empty id", "case: ''".to_string(), "empty-case-id"),
        ("null id", "case: null".to_string(), "missing-key"),
    ] {
        let start = std::time::Instant::now();
        let (cases, wrong) = read(&text);
        println!(
            "{name}: {:?}, {} diagnostics, first {:?}",
            start.elapsed(),
            wrong.len(),
            wrong.0.first().map(|d| (d.code, d.message.chars().take(90).collect::<String>()))
        );
        assert!(cases.is_empty(), "{name}");
        assert!(wrong.has_errors(), "{name}");
        if !code.is_empty() {
            assert!(
                wrong.iter().any(|d| d.code == code),
                "{name}: {:?}",
                wrong.0.first().map(|d| d.code)
            );
        }
        let shown = wrong.0[0].render(false);
        assert!(shown.len() < 2_000_000, "{name}");
    }
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}

/// `cargo test --release -p oncorules-formats --test case_files -- --ignored --nocapture`
#[test]
#[ignore = "measures the speed of the readers; slow without optimisation"]
fn speed() {
    let timed = |what: &str, bytes: usize, work: &mut dyn FnMut() -> usize| {
        let start = std::time::Instant::now();
        let count = work();
        println!("{what}: {count} in {:?}, {} MB", start.elapsed(), bytes >> 20);
    };
    let case = read(CONTRACT).0.remove(0);
    let json = serde_json::to_string(&case).unwrap();
    timed("fast path", json.len() * 10_000, &mut || {
        (0..10_000).filter(|_| read_case_json(&json).is_ok()).count()
    });
    let one = |i: usize| json.replace("example-001", &format!("P-{i}"));
    let list = format!("[{}]", (0..30_000).map(one).collect::<Vec<_>>().join(","));
    timed("list on one line", list.len(), &mut || read(&list).0.len());
    let bad = list.replace("\"grade\":3", "\"grade\":9");
    timed("list of bad cases on one line", bad.len(), &mut || read(&bad).1.len());
    let yaml: String = (0..30_000)
        .map(|i| format!("---\n{}", CONTRACT.replace("example-001", &format!("P-{i}"))))
        .collect();
    timed("yaml documents", yaml.len(), &mut || read(&yaml).0.len());
    let words = "word ".repeat(12 << 20);
    timed("60 MB of words", words.len(), &mut || read(&words).1.len());
    let items = "- a\n".repeat(15 << 20);
    timed("60 MB of items", items.len(), &mut || read(&items).1.len());
}
