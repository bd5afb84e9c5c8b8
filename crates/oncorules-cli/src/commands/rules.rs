//! `oncorules rules`: which rulesets there are, what is in them, and copies to edit.

mod copy;
mod show;

use crate::args::{Format, RulesFrom};
use crate::backend::{self, Origin, RulesetInfo};
use crate::failure::{Exit, Failure, print_diagnostics};
use crate::output::{print, print_json};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

/// List, show and copy rulesets
#[derive(Debug, Args)]
pub(crate) struct RulesArgs {
    #[command(subcommand)]
    command: RulesCommand,
}

#[derive(Debug, Subcommand)]
enum RulesCommand {
    List(ListArgs),
    Show(show::ShowArgs),
    Copy(copy::CopyArgs),
}

impl RulesArgs {
    /// Whether what goes wrong is to be said in JSON.
    pub(crate) fn wants_json(&self) -> bool {
        match &self.command {
            RulesCommand::List(args) => args.format == Format::Json,
            RulesCommand::Show(args) => args.format == Format::Json,
            RulesCommand::Copy(_) => false,
        }
    }
}

/// List the rulesets that are found
#[derive(Debug, Args)]
struct ListArgs {
    /// Text for people or JSON for programs
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    from: RulesFrom,
}

pub(crate) fn run(args: &RulesArgs) -> Result<Exit, Failure> {
    match &args.command {
        RulesCommand::List(args) => list(args),
        RulesCommand::Show(args) => show::run(args),
        RulesCommand::Copy(args) => copy::run(args),
    }
}

fn list(args: &ListArgs) -> Result<Exit, Failure> {
    let all = backend::rulesets(&args.from)?.list();
    if args.format == Format::Json {
        print_json(&json!({ "rulesets": all.iter().map(value).collect::<Vec<_>>() }))?;
    } else {
        print(&table(&all))?;
    }
    for info in &all {
        backend::note_shadowing(info, args.from.quiet);
        if let Some(problem) = &info.problem {
            print_diagnostics(problem);
        }
    }
    Ok(if all.iter().any(|i| i.problem.is_some()) { Exit::Failed } else { Exit::Done })
}

fn table(all: &[RulesetInfo]) -> String {
    let header = ["id", "version", "status", "cases", "from", "title"].map(String::from);
    let mut rows = vec![header];
    rows.extend(all.iter().map(|info| {
        let status = if info.problem.is_some() { "broken" } else { status(info) };
        let cases = info.reference_cases.to_string();
        [&info.id, &info.version, status, &cases, &origin(info), &info.title].map(str::to_string)
    }));
    let mut widths = [0; 6];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut out = String::new();
    for row in &rows {
        let cells: Vec<String> =
            row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        out.push_str(cells.join("  ").trim_end());
        out.push('\n');
    }
    out
}

fn status(info: &RulesetInfo) -> &str {
    info.status.as_deref().unwrap_or("-")
}

fn origin(info: &RulesetInfo) -> String {
    match &info.origin {
        Origin::BuiltIn => "built in".into(),
        Origin::Folder(folder) => folder.display().to_string(),
    }
}

/// All that is known of a ruleset, for programs.
fn value(info: &RulesetInfo) -> Value {
    let named = |pairs: &[(String, String)]| -> Value {
        pairs.iter().map(|(k, v)| (k.clone(), Value::from(v.as_str()))).collect()
    };
    let parameters: Vec<Value> = info
        .parameters
        .iter()
        .map(|p| {
            json!({
                "name": p.name, "value": p.value, "means": p.means, "source": p.source,
                "set_by": p.set_by,
            })
        })
        .collect();
    json!({
        "id": info.id, "version": info.version, "title": info.title, "status": info.status,
        "disease": info.disease, "intended_use": info.intended_use, "limits": info.limits,
        "origin": origin(info), "shadows_built_in": info.shadows_built_in, "sha256": info.sha256,
        "extends": info.extends, "uses": named(&info.uses), "sources": named(&info.sources),
        "parameters": parameters, "decisions": info.decisions,
        "reference_cases": info.reference_cases,
        "problem": info.problem,
    })
}
