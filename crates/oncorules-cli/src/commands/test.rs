//! `oncorules test`: reference cases against their published outcomes.

use crate::args::{Format, RulesFrom};
use crate::backend::{self, CaseResult, TestReport};
use crate::failure::{Exit, Failure, print_diagnostics};
use crate::output::{print, print_json};
use crate::style;
use clap::Args;
use oncorules_source::Diagnostics;
use serde_json::json;

/// Run the reference cases of rulesets against their published outcomes
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oncorules test                      every ruleset found
  oncorules test rules/my-rules       the ruleset in a folder
  oncorules test --verbose ID         name every case

Exit code 1 where a case differs or a ruleset does not load.")]
pub(crate) struct TestArgs {
    /// Rulesets, by id or folder; all that are found where none is named
    #[arg(value_name = "ID|PATH")]
    rulesets: Vec<String>,
    /// Name the cases that passed too
    #[arg(long, short)]
    verbose: bool,
    /// Text for people or JSON for programs
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    #[command(flatten)]
    from: RulesFrom,
}

/// What became of one ruleset.
struct Tested {
    ruleset: String,
    result: Result<TestReport, Diagnostics>,
}

impl Tested {
    fn passed(&self) -> bool {
        self.result.as_ref().is_ok_and(TestReport::passed)
    }
}

pub(crate) fn run(args: &TestArgs) -> Result<Exit, Failure> {
    let rulesets = backend::rulesets(&args.from)?;
    let mut tested = vec![];
    for name in backend::named_or_all(&rulesets, &args.rulesets)? {
        let one = Tested { result: rulesets.test(&name), ruleset: name };
        if args.format == Format::Text {
            if let Err(diagnostics) = &one.result {
                print_diagnostics(diagnostics);
            }
            print(&text(&one, args.verbose))?;
        }
        tested.push(one);
    }
    if args.format == Format::Json {
        print_json(&document(&tested))?;
    }
    Ok(if tested.iter().all(Tested::passed) { Exit::Done } else { Exit::Failed })
}

fn text(tested: &Tested, verbose: bool) -> String {
    let report = match &tested.result {
        Ok(report) => report,
        Err(_) => return format!("{}  {}: does not load\n", style::bad("failed"), tested.ruleset),
    };
    let all = report.results.len();
    let passed = report.results.iter().filter(|r| r.passed).count();
    let mut out = match (passed == all, all) {
        (_, 0) => format!("none    {}: no reference cases\n", report.ruleset),
        (true, _) => format!(
            "{}      {}: {}\n",
            style::good("ok"),
            report.ruleset,
            style::counted(all, "reference case")
        ),
        (false, _) => format!(
            "{}  {}: {} of {} differ\n",
            style::bad("failed"),
            report.ruleset,
            all - passed,
            style::counted(all, "reference case")
        ),
    };
    for result in report.results.iter().filter(|r| verbose || !r.passed) {
        let word = if result.passed { style::good("ok") } else { style::bad("differs") };
        let source = result.source.as_deref().map(|s| format!(" ({s})")).unwrap_or_default();
        out.push_str(&format!("  {word}  {}{source}\n", result.name));
        if !result.passed {
            out.push_str(&format!("      at {}:{}\n", result.file, result.line));
        }
        for difference in &result.differences {
            for line in difference.lines() {
                out.push_str(&format!("      {line}\n"));
            }
        }
    }
    out
}

fn document(tested: &[Tested]) -> serde_json::Value {
    let case = |r: &CaseResult| {
        json!({
            "name": r.name, "source": r.source, "passed": r.passed,
            "differences": r.differences, "file": r.file, "line": r.line,
        })
    };
    let ruleset = |t: &Tested| match &t.result {
        Ok(report) => json!({
            "ruleset": report.ruleset, "passed": report.passed(),
            "cases": report.results.iter().map(case).collect::<Vec<_>>(),
        }),
        Err(diagnostics) => {
            json!({ "ruleset": t.ruleset, "passed": false, "diagnostics": diagnostics })
        }
    };
    json!({ "rulesets": tested.iter().map(ruleset).collect::<Vec<_>>() })
}
