//! The programs of `docs/embedding.md`: `cargo run -p oncorules --example book`.

use oncorules::model::{Case, Report};
use oncorules::source::{Diagnostics, SourceFile};
use oncorules::{EvaluateOptions, LoadOptions, Program, Rulesets};
use std::error::Error;
use std::path::Path;

const CASE: &str = r#"{
    "case": "P-1",
    "lines": [{"regimen": "any", "drugs": ["cisplatin"], "cycles": ["2024-01-08", "2024-01-29"]}],
    "assessments": [
        {"date": "2024-01-02", "lesions": [{"id": "T1", "role": "target", "site": "liver", "longest_diameter": "33.0 mm"}]},
        {"date": "2024-02-26", "lesions": [{"id": "T1", "longest_diameter": "23.1 mm"}]}
    ]
}"#;

/// One case, one answer.
fn first_steps() -> Result<String, Box<dyn Error>> {
    let program = Rulesets::built_in().load("recist-1.1").map_err(shown)?;
    let case: Case = oncorules::case_from_json(CASE)?;
    let report = program.evaluate(&case, &EvaluateOptions::default());
    let line = report.lines.first().ok_or("no line")?;
    let best = line.decisions.get("recist-1.1").and_then(|d| d.get("best_overall_response"));
    let best = best.ok_or("not decided")?;
    Ok(format!("{} ({}: {})", best.value.as_deref().unwrap_or("unknown"), best.row, best.because))
}

/// Rulesets of a folder before the built-in ones, another criterion, another threshold.
fn other_rules(folder: &Path) -> Result<Program, Diagnostics> {
    let options = LoadOptions {
        used: vec![("criteria".into(), "irecist".into())],
        parameters: vec![("relapse_window".into(), "180 d".into())],
    };
    Rulesets::built_in().with_dir(folder)?.load_with("chemo-response", &options)
}

/// Cases from YAML or JSON with every mistake at its place.
fn read(name: &str, text: &str) -> (Vec<Case>, Vec<String>) {
    let (cases, wrong) = oncorules_formats::read_cases(&SourceFile::new(name, text));
    (cases, wrong.iter().map(|d| d.render(false)).collect())
}

/// One program, many threads; reports come in the order of the cases.
fn in_parallel(program: &Program, cases: &[Case], threads: usize) -> Vec<Report> {
    let options = EvaluateOptions::default();
    let part = cases.len().div_ceil(threads.max(1)).max(1);
    std::thread::scope(|scope| {
        let workers: Vec<_> = cases
            .chunks(part)
            .map(|part| {
                scope.spawn(move || {
                    part.iter().map(|c| program.evaluate(c, &options)).collect::<Vec<_>>()
                })
            })
            .collect();
        workers.into_iter().flat_map(|w| w.join().unwrap_or_default()).collect()
    })
}

/// A diagnostic as text, for errors of one's own.
fn shown(diagnostics: Diagnostics) -> String {
    diagnostics.iter().map(|d| d.render(false)).collect::<Vec<_>>().join("\n\n")
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("{}", first_steps()?);
    let program = other_rules(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules"));
    let program = program.map_err(shown)?;
    let (cases, _) = read("case.json", CASE);
    for report in in_parallel(&program, &cases, 4) {
        println!("{}", serde_json::to_string(&report)?);
    }
    let (_, wrong) = read("mistaken.yaml", "case: P-2\nassesments: []\n");
    println!("{}", wrong.join("\n\n"));
    Ok(())
}
