//! `oncorules rules show`: one ruleset, in short or as its files.

use super::{origin, status, value};
use crate::args::{Format, RulesFrom};
use crate::backend::{self, RulesetInfo};
use crate::failure::{Exit, Failure, print_diagnostics};
use crate::output::{print, print_json};
use clap::Args;
use oncorules_source::{Diagnostic, did_you_mean, one_of};

/// Show what a ruleset is for, its parameters and decisions, or one of its files
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oncorules rules show chemo-response
  oncorules rules show chemo-response --file ruleset.yaml")]
pub(crate) struct ShowArgs {
    /// The ruleset, by id or folder
    #[arg(value_name = "ID|PATH")]
    ruleset: String,
    /// Print this file of the ruleset
    #[arg(long, value_name = "NAME", conflicts_with = "format")]
    file: Option<String>,
    /// Text for people or JSON for programs
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
    #[command(flatten)]
    from: RulesFrom,
}

pub(super) fn run(args: &ShowArgs) -> Result<Exit, Failure> {
    let rulesets = backend::rulesets(&args.from)?;
    let info = rulesets.info(&args.ruleset)?;
    let files = rulesets.files(&args.ruleset)?;
    if let Some(name) = &args.file {
        let Some((_, text)) = files.iter().find(|(n, _)| n == name) else {
            let names: Vec<&str> = files.iter().map(|(n, _)| n.as_str()).collect();
            let help = did_you_mean(name, names.iter().copied()).map_or_else(
                || format!("there is {}", one_of(names.iter().copied())),
                str::to_string,
            );
            let message = format!("`{}` has no file `{name}`", info.id);
            return Err(Diagnostic::error("no-such-file", message).help(help).into());
        };
        print(text)?;
        return Ok(Exit::Done);
    }
    match args.format {
        Format::Json => print_json(&value(&info))?,
        Format::Text => print(&text(&info, &files))?,
    }
    backend::note_shadowing(&info, args.from.quiet);
    match &info.problem {
        Some(problem) => {
            print_diagnostics(problem);
            Ok(Exit::Failed)
        }
        None => Ok(Exit::Done),
    }
}

fn text(info: &RulesetInfo, files: &[(String, String)]) -> String {
    let mut out = format!("{} {}: {}\n", info.id, info.version, info.title);
    let mut field = |name: &str, text: &str| {
        if !text.is_empty() {
            out.push_str(&format!("  {name:13} {text}\n"));
        }
    };
    field("status", status(info));
    field("for", info.disease.as_deref().unwrap_or_default());
    field("intended use", info.intended_use.as_deref().unwrap_or_default());
    for limit in &info.limits {
        field("limit", limit);
    }
    field("from", &origin(info));
    field("SHA-256", &info.sha256);
    field("extends", info.extends.as_deref().unwrap_or_default());
    for (alias, id) in &info.uses {
        field("uses", &format!("{id} as {alias}"));
    }
    field("decides", &info.decisions.join(", "));
    field("cases", &format!("{} reference cases", info.reference_cases));
    let names: Vec<&str> = files.iter().map(|(n, _)| n.as_str()).collect();
    field("files", &names.join(", "));
    if !info.sources.is_empty() {
        out.push_str("\nSources\n");
    }
    for (key, citation) in &info.sources {
        out.push_str(&format!("  {key}: {citation}\n"));
    }
    if !info.parameters.is_empty() {
        out.push_str("\nParameters\n");
    }
    let names = info.parameters.iter().map(|p| p.name.chars().count()).max().unwrap_or(0);
    let values = info.parameters.iter().map(|p| p.value.chars().count()).max().unwrap_or(0);
    for p in &info.parameters {
        let mut about: Vec<String> = p.means.iter().map(|m| m.to_string()).collect();
        about.extend(p.source.as_deref().map(|s| format!("[{s}]")));
        if *p.set_by != *info.id {
            about.push(format!("(set by {})", p.set_by));
        }
        let line = format!("  {:names$}  {:values$}  {}", p.name, p.value, about.join(" "));
        out.push_str(&format!("{}\n", line.trim_end()));
    }
    out.push_str(&format!(
        "\nRead it: oncorules rules show {0} --file ruleset.yaml\n\
         Edit it: oncorules rules copy {0} my-{0}\n",
        info.id
    ));
    out
}
