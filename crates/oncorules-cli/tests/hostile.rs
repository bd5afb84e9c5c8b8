//! Input from hell, through the real command: a clear error within seconds, bounded memory, no
//! panic, and nothing lost of what is good beside it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod common;

use common::{Run, run_in};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Longer than any of this may take, in an unoptimised build on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);

/// Runs the command; it must end in time, in order, and say something where it fails.
fn survives(folder: &Path, arguments: &[&str], stdin: &[u8]) -> Run {
    let started = Instant::now();
    let run = run_in(folder, arguments, stdin);
    let took = started.elapsed();
    assert!(took < LIMIT, "{arguments:?} took {took:?}");
    assert!(matches!(run.code, Some(0..=2)), "{arguments:?}: {}", run.shown());
    assert!(!run.stderr.contains("panicked"), "{arguments:?}: {}", run.shown());
    assert!(!run.stdout.contains("internal-error"), "{arguments:?}: {}", run.shown());
    run
}

/// A case that must be refused, with this in what is said.
fn refused(name: &str, content: &[u8], said: &str) {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(name), content).unwrap();
    let run = survives(dir.path(), &["assess", name], b"");
    assert_eq!(run.code, Some(2), "{name}: {}", run.shown());
    assert!(run.stderr.contains(said), "{said:?} is not in: {}", run.shown());
    assert!(run.stderr.contains(name), "{}", run.shown());
}

#[test]
fn alias_bombs() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for i in 1..40 {
        let before = vec![format!("*a{}", i - 1); 9].join(", ");
        bomb.push_str(&format!("a{i}: &a{i} [{before}]\n"));
    }
    refused("bomb.yaml", format!("{bomb}case: x\n").as_bytes(), "error");
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("r")).unwrap();
    fs::write(dir.path().join("r/ruleset.yaml"), format!("format: 1\nid: r\n{bomb}")).unwrap();
    assert_eq!(survives(dir.path(), &["check", "r"], b"").code, Some(1));
}

#[test]
fn deep_nesting() {
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("{\"a\":", "}")] {
        let nested = format!("case: {}x{}", open.repeat(10_000), close.repeat(10_000));
        refused("deep.yaml", nested.as_bytes(), "error");
    }
    let json = format!("{{\"case\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    refused("deep.json", json.as_bytes(), "error");
    let indented: String = (0..5_000).map(|i| format!("{}a:\n", " ".repeat(i))).collect();
    refused("steps.yaml", indented.as_bytes(), "error");
}

#[test]
fn files_that_are_no_text_or_no_case() {
    refused("binary.yaml", b"\xff\xfe\x00case", "UTF-8");
    refused("nul.yaml", b"case: a\0b\n", "error");
    refused("empty.yaml", b"", "empty");
    refused("empty.json", b"", "empty");
    refused("blank.yaml", b"\n\n  \n", "empty");
    refused("list.yaml", b"- 1\n- 2\n", "error");
    refused("scalar.json", b"42", "error");
    refused("truncated.json", b"{\"case\": \"x\", \"lines\": [{\"cyc", "error");
    refused("truncated.yaml", b"case: x\nlines: [{regimen: any", "error");
    refused("tabs.yaml", b"case: x\nlines:\n\t- regimen: any\n", "error");
    refused("surrogate.json", b"{\"case\": \"\\ud800\"}", "error");
    refused("twice.yaml", b"case: x\ncase: y\n", "error");
    refused("tag.yaml", b"case: !!python/object:os.system x\nasessments: []\n", "error");
}

#[test]
fn impossible_values() {
    for date in [
        "2024-02-30",
        "2023-02-29",
        "0000-00-00",
        "2024-13-01",
        "99999-01-01",
        "24-1-1",
        "yesterday",
    ] {
        let case = format!("case: x\nassessments: [{{date: {date}}}]\n");
        refused("date.yaml", case.as_bytes(), "date");
    }
    for number in ["1e999999", ".nan", ".inf", "-.inf", &"9".repeat(400)] {
        let case = format!(
            "case: x\nassessments: [{{date: 2024-01-02, lesions: [{{id: T1, longest_diameter: {number}}}]}}]\n"
        );
        refused("number.yaml", case.as_bytes(), "error");
    }
    for side_effect in ["grade: 9", "grade: -1", "grade: 3.5"] {
        let case = format!("case: x\nside_effects: [{{term: x, {side_effect}}}]\n");
        refused("grade.yaml", case.as_bytes(), "grade");
    }
}

#[test]
fn diameters_that_no_body_holds() {
    for length in ["-3 mm", "1000000000000 mm", "1000000000 mm", "10^12 mm", "12 kg"] {
        let lesion = format!("{{id: T1, role: target, longest_diameter: {length}}}");
        let case = format!("case: x\nassessments: [{{date: 2024-01-02, lesions: [{lesion}]}}]\n");
        refused("length.yaml", case.as_bytes(), "length");
    }
}

#[test]
fn duplicate_ids_are_told() {
    let twice =
        "{id: T1, role: target, longest_diameter: 10 mm}, {id: T1, longest_diameter: 12 mm}";
    let case = format!("case: x\nassessments: [{{date: 2024-01-02, lesions: [{twice}]}}]\n");
    refused("twice.yaml", case.as_bytes(), "T1");
}

#[test]
fn scripts_that_never_end_or_eat_memory() {
    for (body, what) in [
        ("loop { }", "an endless loop"),
        ("f(x)", "endless recursion"),
        ("let s = \"x\"; loop { s += s; }", "a string that doubles"),
        ("let a = [1]; loop { a += a; }", "an array that doubles"),
        ("let m = #{}; let i = 0; loop { m[\"k\" + i] = i; i += 1; }", "a map that grows"),
        ("eval(\"loop {}\")", "eval"),
        ("let n = 9223372036854775807; n + n", "overflow"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("r")).unwrap();
        let rules = "format: 1\nid: r\nversion: 1.0.0\ntitle: T\nextends: recist-1.1\n\
                     functions: {f: {takes: [mm], gives: mm, means: anything}}\n\
                     measures: {odd: {unit: mm, means: anything, value: f(sum_of_diameters)}}\n";
        fs::write(dir.path().join("r/ruleset.yaml"), rules).unwrap();
        fs::write(dir.path().join("r/f.rhai"), format!("fn f(x) {{ {body} }}")).unwrap();
        let case = "case: x\nlines: [{cycles: [2024-01-08]}]\nassessments: \
                    [{date: 2024-01-02, lesions: [{id: T1, role: target, site: liver, longest_diameter: 20 mm}]}]\n";
        fs::write(dir.path().join("case.yaml"), case).unwrap();
        let args = ["assess", "--rules", "r", "--format", "json", "case.yaml"];
        let run = survives(dir.path(), &args, b"");
        let told = run.stdout.contains("script-failed") || run.code == Some(2);
        assert!(told, "{what}: {}", run.shown());
    }
}

#[test]
fn rulesets_that_lead_in_circles_or_nowhere() {
    let dir = tempfile::tempdir().unwrap();
    let write = |id: &str, more: &str| {
        let folder = dir.path().join("rules").join(id);
        fs::create_dir_all(&folder).unwrap();
        let text = format!("format: 1\nid: {id}\nversion: 1.0.0\ntitle: T\n{more}");
        fs::write(folder.join("ruleset.yaml"), text).unwrap();
    };
    write("a", "extends: b\n");
    write("b", "extends: c\n");
    write("c", "extends: a\n");
    write("own", "extends: own\n");
    write("u", "uses: {x: {ruleset: v}}\n");
    write("v", "uses: {x: {ruleset: u}}\n");
    write("lost", "extends: nowhere\n");
    for (id, said) in [("a", "circle"), ("own", "circle"), ("u", "circle"), ("lost", "nowhere")] {
        let run = survives(dir.path(), &["check", id], b"");
        assert_eq!(run.code, Some(1), "{}", run.shown());
        assert!(run.stderr.contains(said), "{}", run.shown());
    }
    for i in 0..600 {
        let base = if i == 0 { String::new() } else { format!("extends: chain-{}\n", i - 1) };
        write(&format!("chain-{i}"), &base);
    }
    let run = survives(dir.path(), &["check", "chain-599"], b"");
    assert!(run.stderr.contains("too-many-layers"), "{}", run.shown());
}

#[test]
fn expressions_that_are_huge() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("r")).unwrap();
    for expression in [
        format!("{}1{}", "(".repeat(20_000), ")".repeat(20_000)),
        format!("{}1", "-".repeat(20_000)),
        vec!["1"; 50_000].join(" + "),
        "targets.any(|a| ".repeat(300) + "true" + &")".repeat(300),
        format!("\"{}\"", "${".repeat(5_000)),
    ] {
        let text = format!(
            "format: 1\nid: r\nversion: 1.0.0\ntitle: T\nmeasures:\n  odd: {{unit: \"1\", means: x, value: '{expression}'}}\n"
        );
        fs::write(dir.path().join("r/ruleset.yaml"), text).unwrap();
        survives(dir.path(), &["check", "r"], b"");
    }
}

#[test]
fn tables_too_large_to_enumerate() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("r")).unwrap();
    let codes: Vec<String> = (0..30).map(|i| format!("C{i}")).collect();
    let codes = codes.join(", ");
    let mut text = String::from("format: 1\nid: r\nversion: 1.0.0\ntitle: T\nobservations:\n");
    for i in 0..12 {
        text.push_str(&format!("  o{i}: {{codes: [{codes}], means: x}}\n"));
    }
    text.push_str("decisions:\n");
    let mut columns = vec![];
    for i in 0..12 {
        text.push_str(&format!(
            "  d{i}:\n    means: x\n    codes: [{codes}]\n    rows:\n      - {{id: a, then: C0, when: 'o{i} == \"C1\"', because: x}}\n      - {{id: b, then: C1, because: x}}\n"
        ));
        columns.push(format!("d{i}"));
    }
    text.push_str(&format!(
        "  all:\n    means: x\n    codes: [C0]\n    hit: any\n    table: |\n      {} | => all\n      {} | C0\n",
        columns.join(" | "),
        ["any"; 12].join(" | ")
    ));
    fs::write(dir.path().join("r/ruleset.yaml"), text).unwrap();
    survives(dir.path(), &["check", "--proofs", "r"], b"");
}

#[test]
fn data_sets_that_are_broken() {
    let dir = tempfile::tempdir().unwrap();
    let try_files = |files: &[(&str, &[u8])]| {
        let folder = dir.path().join("study");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        for (name, content) in files {
            fs::write(folder.join(name), content).unwrap();
        }
        survives(dir.path(), &["assess", "--rules", "recist-1.1", "--sdtm", "study"], b"")
    };
    assert_eq!(try_files(&[]).code, Some(2));
    assert_eq!(try_files(&[("tr.csv", b"")]).code, Some(2));
    assert_eq!(try_files(&[("tr.csv", b"A,B\n1,2\n")]).code, Some(2));
    try_files(&[("tr.csv", b"USUBJID,TRTESTCD,TRSTRESN\n\"unclosed,LDIAM,12\n")]);
    try_files(&[("tr.csv", b"USUBJID,TRTESTCD\nA\nA,B,C,D\n")]);
    try_files(&[("rs.csv", b"USUBJID,RSTESTCD,RSSTRESC\n\xff\xfe,OVRLRESP,PR\n")]);
    let wide = format!("USUBJID,{}\nA{}\n", vec!["X"; 50_000].join(","), ",1".repeat(50_000));
    try_files(&[("tr.csv", wide.as_bytes())]);
    let missing = survives(dir.path(), &["assess", "--sdtm", "no-such-folder"], b"");
    assert_eq!(missing.code, Some(2));
}

/// The most memory that a run takes, in megabytes.
fn peak_megabytes(folder: &Path, arguments: &[&str]) -> (u64, Option<i32>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_oncorules"))
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let started = Instant::now();
    loop {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let now = text
            .lines()
            .find_map(|l| l.strip_prefix("VmHWM:"))
            .and_then(|l| l.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
        peak = peak.max(now.unwrap_or(0) / 1024);
        if let Some(status) = child.try_wait().unwrap() {
            return (peak, status.code());
        }
        if started.elapsed() > LIMIT {
            child.kill().unwrap();
            panic!("{arguments:?} did not end in {LIMIT:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn files_of_a_hundred_megabytes() {
    let dir = tempfile::tempdir().unwrap();
    let blank = vec![b' '; 100 << 20];
    fs::write(dir.path().join("blank.yaml"), &blank).unwrap();
    let mut line = vec![b'x'; 100 << 20];
    line.push(b'\n');
    fs::write(dir.path().join("line.ndjson"), &line).unwrap();
    fs::write(dir.path().join("word.json"), [&b"{\"case\": \""[..], &line, b"\"}"].concat())
        .unwrap();
    fs::create_dir(dir.path().join("r")).unwrap();
    fs::write(dir.path().join("r/ruleset.yaml"), &blank).unwrap();
    for arguments in [
        &["assess", "blank.yaml"][..],
        &["assess", "--format", "ndjson", "line.ndjson"],
        &["assess", "word.json"],
        &["check", "r"],
    ] {
        let (peak, code) = peak_megabytes(dir.path(), arguments);
        assert!(matches!(code, Some(1 | 2)), "{arguments:?}: {code:?}");
        assert!(peak < 400, "{arguments:?} took {peak} MB");
    }
}

#[test]
fn memory_does_not_grow_with_the_number_of_cases() {
    let dir = tempfile::tempdir().unwrap();
    let line = fs::read_to_string(common::top().join("examples/cohort.ndjson")).unwrap();
    let peak = |times: usize| {
        fs::write(dir.path().join("cohort.ndjson"), line.repeat(times)).unwrap();
        peak_megabytes(dir.path(), &["assess", "--format", "ndjson", "cohort.ndjson"]).0
    };
    let (few, many) = (peak(300), peak(1_500));
    assert!(many < few + 40, "{few} MB for 3 000 cases, {many} MB for 15 000");
}

#[test]
fn a_bad_file_in_a_folder_does_not_stop_the_others() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.yaml"), "case: good\n").unwrap();
    fs::write(dir.path().join("b.yaml"), b"\xff\xff").unwrap();
    fs::write(dir.path().join("c.yaml"), "case: also-good\n").unwrap();
    std::os::unix::fs::symlink(dir.path(), dir.path().join("loop")).unwrap();
    let run = survives(dir.path(), &["assess", "--format", "json", "."], b"");
    assert_eq!(run.code, Some(2));
    let document = run.json();
    let reports = document["reports"].as_array().unwrap();
    assert!(reports.len() >= 2 && document["problems"].as_array().is_some_and(|p| !p.is_empty()));
}

#[test]
fn cases_larger_than_any_patient() {
    let dir = tempfile::tempdir().unwrap();
    let day = |i: usize| format!("{:04}-{:02}-{:02}", 1900 + i / 336, i / 28 % 12 + 1, i % 28 + 1);
    let lesions = |from: usize, to: usize| -> String {
        let lesion =
            |l: usize| format!(r#"{{"id":"T{l}","role":"target","longest_diameter":"20 mm"}}"#);
        (from..to).map(lesion).collect::<Vec<_>>().join(",")
    };
    let assessments = |count: usize, lesions: &dyn Fn(usize) -> String| -> String {
        let one = |i: usize| format!(r#"{{"date":"{}","lesions":[{}]}}"#, day(i), lesions(i));
        (0..count).map(one).collect::<Vec<_>>().join(",")
    };
    let lines: Vec<String> =
        (0..2_000).map(|i| format!(r#"{{"regimen":"any","cycles":["{}"]}}"#, day(i))).collect();
    for (lines, assessments) in [
        (r#"{"cycles":["1900-01-03"]}"#.to_string(), assessments(20_000, &|_| lesions(0, 5))),
        (r#"{"cycles":["1900-01-03"]}"#.to_string(), assessments(1, &|_| lesions(0, 50_000))),
        (
            r#"{"cycles":["1900-01-03"]}"#.to_string(),
            assessments(3_000, &|i| lesions(i * 20, i * 20 + 20)),
        ),
        (lines.join(","), assessments(3, &|_| lesions(0, 2))),
    ] {
        let case = format!(r#"{{"case":"big","lines":[{lines}],"assessments":[{assessments}]}}"#);
        fs::write(dir.path().join("big.json"), case).unwrap();
        let (peak, code) = peak_megabytes(dir.path(), &["assess", "big.json"]);
        assert_eq!(code, Some(2));
        assert!(peak < 600, "{peak} MB");
    }
    // As large as is let in.
    let large = assessments(500, &|_| lesions(0, 30));
    let case = format!(
        r#"{{"case":"large","lines":[{{"cycles":["1900-01-03"]}}],"assessments":[{large}]}}"#
    );
    fs::write(dir.path().join("large.json"), case).unwrap();
    let (peak, code) = peak_megabytes(dir.path(), &["assess", "--format", "json", "large.json"]);
    assert_eq!(code, Some(0));
    assert!(peak < 400, "{peak} MB");
}
