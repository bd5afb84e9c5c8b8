//! Embedding Oncorules: load a ruleset once, evaluate cases from a file, print what was decided.
//!
//! `cargo run -p oncorules --example embed -- examples/ovarian-two-lines.yaml [RULESET]`

use oncorules::source::SourceFile;
use oncorules::{EvaluateOptions, Rulesets};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(path) = arguments.next() else {
        eprintln!("usage: embed CASE.yaml [RULESET]");
        return ExitCode::from(2);
    };
    let ruleset = arguments.next().unwrap_or_else(|| "chemo-response".into());
    // Loading checks and proves the ruleset: what is wrong with it is shown at its place.
    let program = match Rulesets::built_in().load(&ruleset) {
        Ok(program) => program,
        Err(diagnostics) => {
            for diagnostic in diagnostics.iter() {
                eprintln!("{}\n", diagnostic.render(false));
            }
            return ExitCode::FAILURE;
        }
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("{path}: {error}");
            return ExitCode::from(2);
        }
    };
    let (cases, problems) = oncorules_formats::read_cases(&SourceFile::new(path, text));
    for problem in problems.iter() {
        eprintln!("{}\n", problem.render(false));
    }
    for case in &cases {
        let report = program.evaluate(case, &EvaluateOptions::default());
        for line in &report.lines {
            println!("{} line {}", report.case, line.line);
            for timepoint in &line.timepoints {
                for (ruleset, decisions) in timepoint.decisions.iter() {
                    for (name, decision) in decisions.iter() {
                        println!(
                            "  {} {ruleset}/{name}: {} ({}: {})",
                            timepoint.date,
                            decision.value.as_deref().unwrap_or("unknown"),
                            decision.row,
                            decision.because
                        );
                    }
                }
            }
            for (ruleset, decisions) in line.decisions.iter() {
                for (name, decision) in decisions.iter() {
                    println!(
                        "  {ruleset}/{name}: {} ({}: {})",
                        decision.value.as_deref().unwrap_or("unknown"),
                        decision.row,
                        decision.because
                    );
                }
            }
            for prompt in &line.prompts {
                println!("  prompt {}: {}", prompt.id, prompt.summary);
            }
        }
        for finding in &report.findings {
            println!("  finding {}: {}", finding.code, finding.message);
        }
    }
    if problems.has_errors() { ExitCode::from(2) } else { ExitCode::SUCCESS }
}
