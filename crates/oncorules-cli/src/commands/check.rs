//! `oncorules check`: whether rulesets hold together, and what is proven of their decisions.

use crate::args::{Format, RulesFrom};
use crate::backend::{self, CheckReport, Proof, ProofKind, ProofOutcome};
use crate::failure::{Exit, Failure, print_diagnostics};
use crate::output::{print, print_json};
use crate::style;
use clap::Args;
use oncorules_source::Severity;
use serde_json::json;

/// Check rulesets: names, types, units, codes, and proofs of completeness and consistency
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oncorules check                      every ruleset found
  oncorules check rules/my-rules       the ruleset in a folder
  oncorules check --proofs ID          with the proof of every decision

Exit code 1 where something is wrong.")]
pub(crate) struct CheckArgs {
    /// Rulesets, by id or folder; all that are found where none is named
    #[arg(value_name = "ID|PATH")]
    rulesets: Vec<String>,
    /// Show what was proven of each decision
    #[arg(long)]
    proofs: bool,
    /// Text for people or JSON for programs
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    #[command(flatten)]
    from: RulesFrom,
}

pub(crate) fn run(args: &CheckArgs) -> Result<Exit, Failure> {
    let rulesets = backend::rulesets(&args.from)?;
    let named = backend::named_or_all(&rulesets, &args.rulesets)?;
    let reports: Vec<CheckReport> = named.iter().map(|name| rulesets.check(name)).collect();
    match args.format {
        Format::Json => print_json(&document(&reports))?,
        Format::Text => {
            for report in &reports {
                let quiet = args.from.quiet;
                let worth_saying = report.diagnostics.iter();
                let worth_saying =
                    worth_saying.filter(|d| !quiet || d.severity == Severity::Error).cloned();
                print_diagnostics(&worth_saying.collect());
                print(&text(report, args.proofs))?;
            }
        }
    }
    let failed = reports.iter().any(|r| r.diagnostics.has_errors());
    Ok(if failed { Exit::Failed } else { Exit::Done })
}

/// One line a ruleset, and one a decision where proofs are asked for.
fn text(report: &CheckReport, proofs: bool) -> String {
    let count = |s| report.diagnostics.iter().filter(|d| d.severity == s).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let decisions = decisions(report);
    let proven = report.proofs.iter().filter(|p| p.outcome == ProofOutcome::Proven).count();
    let mut parts = vec![];
    if errors > 0 {
        parts.push(style::counted(errors, "error"));
    }
    if warnings > 0 {
        parts.push(style::counted(warnings, "warning"));
    }
    if !decisions.is_empty() {
        let decided = style::counted(decisions.len(), "decision");
        parts.push(format!("{decided}, {proven} of {} proofs hold", report.proofs.len()));
    }
    let word = if errors > 0 { style::bad("failed") } else { style::good("ok") };
    let mut out = format!("{word}  {}: {}\n", report.ruleset, parts.join("; "));
    if parts.is_empty() {
        out = format!("{word}  {}\n", report.ruleset);
    }
    if proofs {
        let names = decisions.iter().map(|d| d.chars().count()).max().unwrap_or(0);
        for decision in decisions {
            let of = report.proofs.iter().filter(|p| &*p.decision == decision);
            let told: Vec<String> = of.map(told).collect();
            out.push_str(&format!("      {decision:names$}  {}\n", told.join(" · ")));
        }
    }
    out
}

/// The decisions that something was proven of, in order.
fn decisions(report: &CheckReport) -> Vec<&str> {
    let mut names: Vec<&str> = vec![];
    for proof in &report.proofs {
        if !names.contains(&&*proof.decision) {
            names.push(&proof.decision);
        }
    }
    names
}

fn kind(proof: &Proof) -> &'static str {
    match proof.kind {
        ProofKind::Complete => "complete",
        ProofKind::Consistent => "consistent",
        ProofKind::NoDeadRows => "no dead rows",
    }
}

fn told(proof: &Proof) -> String {
    let combinations = style::counted(proof.combinations, "combination");
    match &proof.outcome {
        // Where the first row that matches decides, there is nothing to contradict it.
        ProofOutcome::Proven if proof.combinations == 0 => kind(proof).into(),
        ProofOutcome::Proven => format!("{} ({combinations})", kind(proof)),
        ProofOutcome::Failed => format!("NOT {} ({combinations})", kind(proof)),
        ProofOutcome::NotProvable(why) => format!("{}: not provable, {why}", kind(proof)),
    }
}

fn document(reports: &[CheckReport]) -> serde_json::Value {
    let proof = |p: &Proof| {
        let (outcome, why) = match &p.outcome {
            ProofOutcome::Proven => ("proven", None),
            ProofOutcome::Failed => ("failed", None),
            ProofOutcome::NotProvable(why) => ("not provable", Some(why.to_string())),
        };
        let mut object = json!({
            "decision": p.decision, "proves": kind(p), "outcome": outcome,
            "combinations": p.combinations,
        });
        if let (Some(why), Some(object)) = (why, object.as_object_mut()) {
            object.insert("why".into(), why.into());
        }
        object
    };
    let report = |r: &CheckReport| {
        json!({
            "ruleset": r.ruleset,
            "ok": !r.diagnostics.has_errors(),
            "diagnostics": r.diagnostics,
            "proofs": r.proofs.iter().map(proof).collect::<Vec<_>>(),
        })
    };
    json!({ "rulesets": reports.iter().map(report).collect::<Vec<_>>() })
}
