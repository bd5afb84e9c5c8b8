//! Input from hell, through the libraries: each gets a clear error at its place (or a good answer),
//! in time, without a panic. What needs the real command stands with the command.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use oncorules::{EvaluateOptions, Rulesets};
use oncorules_formats::{SdtmOptions, read_case_line, read_cases, read_sdtm};
use oncorules_rules::{Catalog, LoadOptions, Program, ProofOutcome, RulesetFiles, prove};
use oncorules_source::{Diagnostics, SourceFile};
use std::fmt::Write as _;
use std::fs;
use std::sync::mpsc;
use std::time::Duration;

/// Longer than any of this may take, in an unoptimised build on a busy machine.
const LIMIT: Duration = Duration::from_secs(40);

/// What `work` gives; a hang or a panic in it fails the test. The stack is that of any thread.
fn in_time<T: Send + 'static>(what: &str, work: impl FnOnce() -> T + Send + 'static) -> T {
    let (send, receive) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        let _ = send.send(work());
    });
    match receive.recv_timeout(LIMIT) {
        Ok(result) => {
            thread.join().unwrap();
            result
        }
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("{what}: not done in {LIMIT:?}"),
        Err(mpsc::RecvTimeoutError::Disconnected) => panic!("{what}: panicked"),
    }
}

/// Code and place of each diagnostic, and that each can be shown.
fn told(wrong: &Diagnostics) -> Vec<String> {
    wrong
        .iter()
        .map(|d| {
            assert!(!d.render(false).is_empty() && !d.message.is_empty());
            assert!(d.message.len() < 2_000, "{}", d.message);
            match d.labels.first() {
                Some(l) => format!("{} {}:{}", d.code, l.span.line, l.span.column),
                None => d.code.to_string(),
            }
        })
        .collect()
}

/// What is said of a case file; no case may come of it.
fn refused(name: &'static str, text: impl Into<String>) -> Vec<String> {
    let text = text.into();
    in_time(name, move || {
        let (cases, wrong) = read_cases(&SourceFile::new(name, text));
        assert!(cases.is_empty() && wrong.has_errors(), "{name}: {wrong}");
        told(&wrong)
    })
}

fn case_with(length: &str) -> String {
    format!(
        "case: P\nassessments:\n  - date: 2024-01-02\n    lesions: [{{id: T1, role: target, longest_diameter: {length}}}]\n"
    )
}

#[test]
fn cases_that_are_none() {
    for (text, expected) in [
        ("", "empty-file 1:1"),
        ("\n\n  \n", "empty-file 1:1"),
        ("# nothing\n", "empty-file 1:1"),
        ("---\n...\n", "empty-file 1:1"),
        ("~\n", "empty-file 1:1"),
        ("hello\n", "wrong-kind 1:1"),
        ("5\n", "wrong-kind 1:1"),
        ("- case\n- 5\n", "wrong-kind 1:3"),
        ("<html><body>404</body></html>", "wrong-kind 1:1"),
        ("case: P\n\0\0\0", "yaml-syntax 2:1"),
        ("case: \"a\u{1b}[31m\"\n", "yaml-syntax 1:9"),
        ("case: P\nlines:\n\t- regimen: x\n", "yaml-syntax 3:1"),
        ("case: \"P\nlines: []\n", "yaml-syntax 1:7"),
        ("case: *nobody\n", "yaml-syntax 1:7"),
        ("a: &a [*a]\n", "yaml-syntax 1:8"),
        ("case: !!python/object/apply:os.system [ls]\n", "yaml-syntax 1:7"),
        ("case: !secret P\n", "yaml-syntax 1:7"),
        ("case: P\ncase: Q\n", "duplicate-key 2:1"),
        ("{case: P, lines: [}\n", "yaml-syntax 1:18"),
    ] {
        assert_eq!(refused("case.yaml", text).first().unwrap(), expected, "{text:?}");
    }
    for (text, expected) in [
        ("{\"case\": \"P\",}", "json-syntax 1:14"),
        ("{\"case\": \"P\", \"lines\": [{\"reg", "json-syntax 1:29"),
        ("{\"case\": \"\\ud800\"}", "json-syntax 1:17"),
        ("{\"case\": \"P\", \"case\": \"Q\"}", "duplicate-key 1:15"),
        ("{\"case\": \"\\u0000\\u001b[2J\"}", "control-character 1:10"),
        ("{\"case\": \"\\u202Etxt\"}", "control-character 1:10"),
        ("{\"case\": 1e999}", "json-syntax 1:14"),
    ] {
        assert_eq!(refused("case.json", text).first().unwrap(), expected, "{text:?}");
    }
    let long = format!("{{\"case\": \"{}\"}}", "x".repeat(1 << 20));
    assert_eq!(refused("case.json", long), ["text-too-long 1:10"]);
    for key in [format!("\"{}\": 1", "k".repeat(1 << 20)), format!("{}: 1", "k".repeat(1 << 20))] {
        refused("case.json", format!("{{{key}}}"));
        refused("case.yaml", key);
    }
}

#[test]
fn documents_that_grow_or_nest() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for i in 1..30 {
        let before = vec![format!("*a{}", i - 1); 9].join(", ");
        writeln!(bomb, "a{i}: &a{i} [{before}]").unwrap();
    }
    assert!(refused("bomb.yaml", bomb)[0].starts_with("too-large"));
    let mut merges = String::from("x0: &x0 {a: 1, b: 2}\n");
    for i in 1..40 {
        let p = i - 1;
        writeln!(merges, "x{i}: &x{i} {{<<: *x{p}, a: *x{p}, b: *x{p}}}").unwrap();
    }
    assert!(refused("merges.yaml", merges)[0].starts_with("too-large"));
    let wide = format!(
        "case: P\nlines: &a [{{}}]\nassessments:\n{}",
        "  - {lesions: [*a]}\n".repeat(3_000)
    );
    assert!(refused("aliases.yaml", wide)[0].starts_with("too-large"));
    for (open, close, code) in [
        ("[", "]", "too-deep"),
        ("{a: ", "}", "too-deep"),
        ("{\"a\": ", "}", "too-deep"),
        ("- ", "", "too-deep"),
        ("? ", "", "too-deep"),
    ] {
        let text = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
        assert!(refused("deep.yaml", text)[0].starts_with(code), "{open}");
    }
    refused("open.yaml", "[".repeat(10_000));
    refused("open.json", "{\"a\":".repeat(10_000));
    let json =
        format!("{{\"case\": \"P\", \"disease\": {}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    assert!(refused("deep.json", json)[0].starts_with("too-deep"));
    let steps: String = (0..5_000).map(|i| format!("{}a:\n", " ".repeat(i))).collect();
    assert!(refused("steps.yaml", steps)[0].starts_with("too-deep"));
    // Very many mistakes: the first thousands are told, the rest is counted.
    let many: String = (0..30_000).map(|i| format!("k{i}: 1\n")).collect();
    assert!(refused("many.yaml", many).last().unwrap().starts_with("too-many-errors"));
}

#[test]
fn numbers_and_dates_that_cannot_be() {
    for (length, code) in [
        ("-5 mm", "negative-length"),
        ("2001 mm", "length-too-long"),
        ("1000000000000 mm", "not-a-length"),
        ("100000000000 mm", "length-too-long"),
        ("1e12", "not-a-length"),
        ("1e999999", "not-a-length"),
        ("1e-999999", "not-a-length"),
        (".nan", "not-a-length"),
        (".inf", "not-a-length"),
        ("-.inf", "not-a-length"),
        ("NaN mm", "not-a-length"),
        ("0x10", "unit-not-a-length"),
        ("0b1", "unit-not-a-length"),
        ("1_000", "unit-not-a-length"),
        ("5 mmm", "unit-not-a-length"),
        ("1/3 mm", "unit-not-a-length"),
        ("\u{0663} mm", "not-a-length"),
        ("[]", "wrong-kind"),
        ("true", "wrong-kind"),
        ("\"\"", "not-a-length"),
    ] {
        assert_eq!(refused("case.yaml", case_with(length)), [format!("{code} 4:56")], "{length}");
    }
    for digits in
        ["9".repeat(400), format!("0.{}", "9".repeat(400)), format!("{} mm", "9".repeat(1 << 20))]
    {
        assert_eq!(refused("case.yaml", case_with(&digits)), ["not-a-length 4:56"]);
    }
    for length in ["-0", "0 mm", "+5 mm", "1e2 mm", "5mm"] {
        let text = case_with(length);
        let (cases, wrong) = read_cases(&SourceFile::new("case.yaml", text));
        assert!(cases.len() == 1 && wrong.is_empty(), "{length}: {wrong}");
    }
    for (date, code) in [
        ("2024-02-30", "impossible-date"),
        ("2024-13", "impossible-date"),
        ("2024-13-01", "impossible-date"),
        ("0000-00-00", "not-a-date"),
        ("99999-01-01", "not-a-date"),
        ("9999-12-31", "not-a-date"),
        ("0001-01-01", "not-a-date"),
        ("-2024-01-01", "not-a-date"),
        ("2024-1-1", "not-a-date"),
        ("01/02/2024", "not-a-date"),
        ("2024-01-01/", "not-a-date"),
        ("2024-02-01/2023-02-01", "date-range-reversed"),
        ("20240101", "not-a-date"),
        ("1e3", "not-a-date"),
        ("true", "not-a-date"),
        ("[2024]", "wrong-kind"),
        ("999999999999999999999-01-01", "not-a-date"),
    ] {
        assert_eq!(
            refused("case.yaml", format!("case: P\ndied: {date}\n")),
            [format!("{code} 2:7")],
            "{date}"
        );
    }
    assert_eq!(
        refused(
            "case.yaml",
            "case: P\nassessments:\n- date: 2024-01-01\n  lesions: [{id: a}, {id: a}]\n"
        ),
        ["duplicate-lesion 4:27"]
    );
}

#[test]
fn lines_of_a_cohort() {
    for (line, expected) in [
        ("", "json-syntax 3:1"),
        ("null", "json-value 3:4"),
        ("5", "wrong-kind 3:1"),
        ("[]", "wrong-kind 3:1"),
        ("{}", "missing-key 3:1"),
        ("{\"case\":", "json-syntax 3:8"),
        ("{\"case\": \"P\", \"x\": 1}", "unknown-key 3:15"),
        ("{\"case\": \"\\udc00\"}", "json-syntax 3:16"),
    ] {
        let wrong = in_time(line, move || read_case_line("c.ndjson", 3, line)).unwrap_err();
        assert_eq!(told(&wrong).first().unwrap(), expected, "{line}");
    }
    let deep = "[".repeat(10_000);
    assert!(in_time("deep", move || read_case_line("c.ndjson", 1, &deep)).is_err());
}

/// A ruleset and a script, loaded; what is wrong, or the program.
fn load(main: String, script: &str) -> Result<Program, Vec<String>> {
    let scripts = (!script.is_empty()).then(|| SourceFile::new("s.rhai", script));
    let files = RulesetFiles {
        origin: "test".into(),
        main: SourceFile::new("ruleset.yaml", main),
        scripts: scripts.into_iter().collect(),
    };
    in_time("ruleset", move || {
        let key = files.key();
        let mut catalog = Catalog::new();
        catalog.add(files);
        let loaded = catalog.load(&key, &LoadOptions::default());
        loaded.map(|(program, _)| program).map_err(|wrong| told(&wrong))
    })
}

fn wrong(main: String, script: &str) -> Vec<String> {
    match load(main, script) {
        Ok(_) => panic!("this ruleset must not load"),
        Err(told) => told,
    }
}

const HEAD: &str = "format: 1\nid: r\nversion: 1.0.0\ntitle: T\n";

#[test]
fn rulesets_that_are_none() {
    for (text, expected) in [
        ("", "empty-file 1:1"),
        ("x\n", "wrong-kind 1:1"),
        ("- a\n", "wrong-kind 1:1"),
        ("\0\0", "yaml-syntax 1:1"),
        ("format: 1\nversion: 1.0.0\ntitle: T\n", "missing-key 1:1"),
        ("format: 2\nid: r\nversion: 1.0.0\ntitle: T\n", "format 1:9"),
        ("format: 1\nid: R r\nversion: x\ntitle: T\n", "id 2:5"),
        ("format: 1\nid: r\nid: s\nversion: 1.0.0\ntitle: T\n", "duplicate-key 3:1"),
    ] {
        assert_eq!(wrong(text.to_string(), "")[0], expected, "{text:?}");
    }
    let two = format!("{HEAD}---\n{HEAD}");
    assert!(wrong(two, "")[0].starts_with("several-documents 6:1"));
    let deep = format!("{HEAD}metadata: {}{}\n", "[".repeat(10_000), "]".repeat(10_000));
    assert!(wrong(deep, "")[0].starts_with("too-deep 5:"));
    let many: String = (0..5_000).map(|i| format!("k{i}: 1\n")).collect();
    let said = wrong(format!("{HEAD}{many}"), "");
    assert!(said.len() <= 201 && said.last().unwrap() == "too-many-errors", "{}", said.len());
}

#[test]
fn expressions_that_nest_or_never_end() {
    let measure = |e: &str| format!("{HEAD}measures:\n  a:\n    value: |\n      {e}\n");
    for (expression, code) in [
        (format!("{}1{}", "(".repeat(10_000), ")".repeat(10_000)), "expression-syntax"),
        (format!("{}1{}", "(".repeat(200), ")".repeat(200)), "expression-syntax"),
        (format!("{}true", "!".repeat(9_000)), "expression-syntax"),
        (format!("{}1", "- ".repeat(9_000)), "expression-syntax"),
        (format!("a{}", ".b".repeat(9_000)), "expression-syntax"),
        (format!("targets{}", ".filter(|l| true)".repeat(500)), "expression-syntax"),
        (vec!["true"; 2_500].join(" && "), "expression-syntax"),
        (vec!["1"; 4_000].join(" + "), "expression-syntax"),
        (format!("{}true{}", "targets.any(|l| ".repeat(9), ")".repeat(9)), "too-deep"),
        (format!("{}true{}", "targets.any(|l| ".repeat(60), ")".repeat(60)), "expression-syntax"),
        ("`${`".repeat(50), "expression-syntax"),
        ("/* ".repeat(3_000), "expression-syntax"),
        ("x".repeat(2 << 20), "expression-syntax"),
        ("9".repeat(400) + " > 1", "expression-syntax"),
        ("1e999999 > 0".to_string(), "expression-syntax"),
        ("0xFFFFFFFFFFFFFFFFFFFFFF > 0".to_string(), "expression-syntax"),
        ("\"\\u{110000}\" == \"x\"".to_string(), "expression-syntax"),
        ("1 / 0".to_string(), "wrong-unit"),
    ] {
        let said = wrong(measure(&expression), "");
        assert!(
            said[0].starts_with(&format!("{code} 8:")),
            "{}: {said:?}",
            &expression[..20.min(expression.len())]
        );
    }
    let open = "${".repeat(200);
    let text = format!("{HEAD}findings:\n  f: {{when: 'true', message: \"{open}\"}}\n");
    assert_eq!(wrong(text, "").len(), 1);
    // Measures that build on each other.
    for (depth, code) in [(1_900, "too-deep"), (20_000, "too-many-names")] {
        let mut chain = format!("{HEAD}measures:\n");
        for i in 0..depth {
            writeln!(chain, "  m{i}: {{value: \"m{} + 1\"}}", i + 1).unwrap();
        }
        writeln!(chain, "  m{depth}: {{value: \"1\"}}").unwrap();
        assert!(wrong(chain, "")[0].starts_with(code), "{depth}");
    }
}

/// A ruleset whose last decision is a table over `columns` decisions of `codes` codes.
fn table(columns: usize, codes: usize, rows: &str) -> String {
    let mut text = format!("{HEAD}decisions:\n");
    let all: Vec<String> = (0..codes).map(|c| format!("C{c}")).collect();
    for i in 0..columns {
        writeln!(
            text,
            "  d{i}: {{codes: [{}], rows: [{{then: C0, when: is_baseline}}, {{then: C1}}]}}",
            all.join(", ")
        )
        .unwrap();
    }
    let names: Vec<String> = (0..columns).map(|i| format!("d{i}")).collect();
    let any = vec!["any"; columns].join(" | ");
    writeln!(
        text,
        "  big:\n    codes: [X]\n    table: |\n      {} | => big\n      {any} | X\n{rows}",
        names.join(" | ")
    )
    .unwrap();
    text
}

#[test]
fn tables_and_conditions_too_large_to_enumerate() {
    for (columns, codes) in [(64, 2), (200, 20), (30, 60)] {
        assert!(
            wrong(table(columns, codes, ""), "")[0].starts_with("table-too-large"),
            "{columns}"
        );
    }
    assert!(wrong(table(2, 65, ""), "")[0].starts_with("table-too-large"));
    let rows = "      any | any | X\n".repeat(3_000);
    assert!(wrong(table(2, 3, &rows), "")[0].starts_with("table-too-large"));
    let codes: Vec<String> = (0..70_000).map(|c| format!("C{c}")).collect();
    let many =
        format!("{HEAD}decisions:\n  d: {{codes: [{}], rows: [{{then: C1}}]}}\n", codes.join(", "));
    assert!(wrong(many, "")[0].starts_with("too-many-codes 6:"));
    // Conditions over so many quantities: not provable, and said to be so.
    let mut text = format!("{HEAD}observations:\n");
    for i in 0..30 {
        writeln!(text, "  o{i}: {{unit: mm, means: x}}").unwrap();
    }
    text.push_str(
        "parameters: {p: {value: 5 mm}}\ndecisions:\n  d:\n    codes: [A, B]\n    rows:\n",
    );
    for i in 0..30 {
        writeln!(text, "      - {{id: r{i}, then: A, when: o{i} > p && o{} < p}}", (i + 1) % 30)
            .unwrap();
    }
    text.push_str("      - {id: z, then: B, when: o1 == p}\n");
    let program = load(text, "").unwrap();
    let (proofs, failed) = in_time("proof", move || prove(&program));
    assert!(failed.is_empty());
    assert!(proofs.iter().any(|p| matches!(p.outcome, ProofOutcome::NotProvable(_))), "{proofs:?}");
}

#[test]
fn rulesets_in_circles_and_long_chains() {
    let chain = |links: usize, how: fn(usize) -> String, last: &str| {
        let mut catalog = Catalog::new();
        for i in 0..links {
            let more = if i + 1 == links { last.to_string() } else { how(i + 1) };
            let text = format!("format: 1\nid: c{i}\nversion: 1.0.0\ntitle: T\n{more}");
            let main = SourceFile::new(format!("c{i}.yaml"), text);
            catalog.add(RulesetFiles { origin: "test".into(), main, scripts: vec![] });
        }
        in_time("chain", move || {
            catalog.load("c0", &LoadOptions::default()).err().map(|w| told(&w))
        })
    };
    let extends: fn(usize) -> String = |i| format!("extends: c{i}\n");
    let uses: fn(usize) -> String = |i| format!("uses: {{x: {{ruleset: c{i}}}}}\n");
    assert_eq!(chain(1, extends, "extends: c0\n").unwrap(), ["circle 5:10"]);
    assert_eq!(chain(3, extends, "extends: c0\n").unwrap(), ["circle 5:10"]);
    assert_eq!(chain(1, uses, "uses: {x: {ruleset: c0}}\n").unwrap(), ["circle 5:21"]);
    assert_eq!(chain(3, uses, "uses: {x: {ruleset: c0}}\n").unwrap(), ["circle 5:21"]);
    assert!(chain(1_000, extends, "").unwrap()[0].starts_with("too-many-layers"));
    assert!(chain(1_000, uses, "").unwrap()[0].starts_with("too-many-layers"));
    assert_eq!(chain(3, extends, ""), None);
    assert_eq!(chain(2, extends, "extends: nowhere\n").unwrap(), ["no-such-ruleset 5:10"]);
}

const CALLS: &str = "functions:\n  f: {takes: [mm], gives: boolean}\nmeasures:\n  a: {value: \"targets.any(|l| f(l.longest_diameter))\"}\n";

#[test]
fn scripts_that_cannot_be() {
    let deep = |open: &str, close: &str| {
        format!("fn f(x) {{ {}1{} }}", open.repeat(9_000), close.repeat(9_000))
    };
    for script in [
        "fn f(x) { eval(\"1\") }".to_string(),
        "import \"x\" as y;\nfn f(x) { true }".to_string(),
        "fn f(x) { import \"x\" as y; true }".to_string(),
        "fn f(x) { \0 }".to_string(),
        "fn f(x) { \"abc\n }".to_string(),
        "fn f(x) { true }\nfn f(x) { false }".to_string(),
        "let y = 1;\nfn f(x) { true }".to_string(),
        deep("(", ")"),
        deep("{", "}"),
        deep("[", "]"),
        deep("if true { ", "}"),
        deep("`${", "}`"),
        deep("#{a: ", "}"),
        (0..2_000).map(|i| format!("fn g{i}(x) {{ x }}\n")).collect::<String>()
            + "fn f(x) { true }",
    ] {
        let said = wrong(format!("{HEAD}{CALLS}"), &script);
        // One mistake, one error: the function counts as declared.
        assert!(
            said.len() == 1 && said[0].starts_with("script "),
            "{}: {said:?}",
            &script[..30.min(script.len())]
        );
    }
    assert!(
        wrong(format!("{HEAD}{CALLS}"), "fn g(x) { true }")[0].starts_with("unknown-function 6:3")
    );
}

#[test]
fn scripts_that_never_end_or_eat_memory() {
    let case = oncorules::case_from_json(
        r#"{"case": "P", "lines": [{"cycles": ["2024-01-08"]}], "assessments": [{"date": "2024-01-02", "lesions": [
            {"id": "T1", "role": "target", "longest_diameter": "30 mm"}, {"id": "T2", "role": "target", "longest_diameter": "30 mm"}]}]}"#,
    )
    .unwrap();
    for body in [
        "loop {}",
        "while true { let y = 1; }",
        "f(x)",
        "f(x) || f(x)",
        "for i in 0..1000000 { for j in 0..1000000 { let y = i * j; } }",
        "let s = \"x\"; loop { s += s; }",
        "let s = \"x\"; s.pad(1000000000, \"y\"); true",
        "let a = [1]; loop { a += a; }",
        "let a = [1]; loop { a = [a, a]; }",
        "let a = []; a.pad(1000000000, 1); true",
        "let a = []; a.pad(999, 1); loop { a.sort(|x, y| 0); }",
        "let a = []; a.pad(999, 1); a.map(|x| a.map(|y| a.map(|z| a.map(|w| 1)))); true",
        "let a = []; a.pad(999, \"xxxxxxxxxx\"); let b = []; b.pad(999, a); let c = []; c.pad(999, b); true",
        "let m = #{a: 1}; loop { m = #{a: m, b: m}; }",
        "let m = #{}; for i in 0..1000000 { m[`k${i}`] = i; } true",
        "let c = |y| y; loop { c.call(1); }",
        "loop { try { f(x) } catch { } }",
        "9223372036854775807 + 1 > 0",
        "let a = -9223372036854775807 - 1; a / -1 > 0",
        "10 ** 1000000000000 > 0",
        "1 / 0 > 0",
        "x * 999999999999 * 999999999999 > 0",
        "throw \"no\"",
        "\"text\"",
    ] {
        let program = load(format!("{HEAD}{CALLS}"), &format!("fn f(x) {{ {body} }}")).unwrap();
        let case = case.clone();
        let report = in_time(body, move || {
            oncorules_engine::Engine::new(program).evaluate(&case, &EvaluateOptions::default())
        });
        let failed = report.findings.iter().filter(|f| &*f.code == "script-failed");
        assert!(failed.count() >= 1, "{body}: {:?}", report.findings);
    }
}

#[test]
fn studies_that_are_broken() {
    let dir = tempfile::tempdir().unwrap();
    let study = |files: &[(&str, Vec<u8>)]| -> Vec<String> {
        let folder = dir.path().join("study");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        for (name, content) in files {
            fs::write(folder.join(name), content).unwrap();
        }
        in_time("study", move || match read_sdtm(&folder, &[], &SdtmOptions::default()) {
            Ok(study) => study.problems.iter().map(|p| p.code.to_string()).collect(),
            Err(wrong) => told(&wrong),
        })
    };
    const HEADER: &str = "USUBJID,TRLNKID,TRTESTCD,TRORRES,TRORRESU,VISITNUM,TRDTC\n";
    let tr = |rows: &str| vec![("tr.csv", format!("{HEADER}{rows}").into_bytes())];
    assert!(!study(&[]).is_empty());
    assert_eq!(study(&[("tr.csv", vec![])]), ["empty-file"]);
    assert!(study(&[("tr.csv", b"A,B\n1,2\n".to_vec())])[0].starts_with("missing-column"));
    assert!(study(&tr("A,T1,LDIAM,12,mm\n"))[0].starts_with("ragged-row"));
    let mut latin = tr("A,T1,LDIAM,12,mm,1,2024-01-01\n");
    latin[0].1.extend(b"\xff,T1,LDIAM,12,mm,1,2024-01-01\n");
    assert!(study(&latin)[0].starts_with("not-utf8"));
    study(&tr("\"A,T1,LDIAM,12,mm,1,2024-01-01\nA,T1,LDIAM,12,mm,1,2024-01-01\n"));
    study(&tr(
        "A,T1,LDIAM,-5,mm,1,2024-01-01\nA,T1,LDIAM,1e999,mm,2,2024-02-30\nA,T1,LDIAM,NaN,mm,x,0000-00-00\n",
    ));
    study(&tr("A,T1/T1,LDIAM,5,mm,1,2024-01-01\nA,T1.1.1.1,LDIAM,5,kg,1,2024-01-01\n"));
    let wide: Vec<String> = (0..100_000).map(|i| format!("C{i}")).collect();
    study(&[(
        "tr.csv",
        format!("USUBJID,{}\nA{}\n", wide.join(","), ",1".repeat(100_000)).into_bytes(),
    )]);
    assert_eq!(study(&[("tr.csv", "X".repeat(5 << 20).into_bytes())]), ["unreadable-file"]);
    let unclosed = "A,T1,LDIAM,12,mm,1,2024-01-01\n".repeat(300_000);
    assert!(study(&tr(&format!("\"{unclosed}"))).contains(&"unreadable-file".to_string()));
    study(&[("tr.csv", tr("").remove(0).1), ("TR.CSV", b"x".to_vec())]);
    fs::create_dir_all(dir.path().join("folder/tr.csv")).unwrap();
    let folder = dir.path().join("folder");
    assert!(in_time("folder", move || read_sdtm(&folder, &[], &SdtmOptions::default())).is_err());
    #[cfg(unix)]
    {
        let endless = dir.path().join("endless");
        fs::create_dir(&endless).unwrap();
        std::os::unix::fs::symlink("/dev/zero", endless.join("tr.csv")).unwrap();
        assert!(
            in_time("endless", move || read_sdtm(&endless, &[], &SdtmOptions::default())).is_err()
        );
    }
    let file = dir.path().join("file");
    fs::write(&file, "x").unwrap();
    assert!(read_sdtm(&file, &[], &SdtmOptions::default()).is_err());
}

#[test]
fn one_unreadable_ruleset_hides_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| {
        let folder = dir.path().join("rules").join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("ruleset.yaml"), content).unwrap();
    };
    write("good", HEAD.replace("id: r", "id: good").as_bytes());
    write("latin", b"format: 1\nid: latin\ntitle: gr\xfcn\n");
    // The shipped one is not what was meant.
    write("recist-1.1", b"\xff\xfe");
    let rulesets = Rulesets::built_in().with_dir(&dir.path().join("rules")).unwrap();
    assert!(rulesets.load("good").is_ok());
    let said = |id: &str| told(&rulesets.load(id).err().unwrap());
    assert_eq!(said("latin"), ["not-utf8 3:10"]);
    assert_eq!(said("recist-1.1"), ["not-utf8 1:1"]);
    assert!(said("chemo-response").iter().any(|s| s == "not-utf8 1:1"));
    assert!(rulesets.list().iter().any(|r| r.id == "latin" && r.problem.is_some()));
    let by_path = dir.path().join("rules/good");
    assert!(Rulesets::built_in().load(by_path.to_str().unwrap()).is_ok());
}
