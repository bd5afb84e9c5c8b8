//! `oncorules rules copy`: a ruleset under another id, to edit.

use crate::args::RulesFrom;
use crate::backend;
use crate::failure::{Exit, Failure};
use crate::output::print;
use clap::Args;
use oncorules_source::Diagnostic;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Copy a ruleset under another id, to edit it
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  oncorules rules copy chemo-response my-rules
  oncorules check rules/my-rules
  oncorules test rules/my-rules")]
pub(crate) struct CopyArgs {
    /// The ruleset, by id or folder
    #[arg(value_name = "ID|PATH")]
    ruleset: String,
    /// The id of the copy
    #[arg(value_name = "NEW-ID")]
    id: String,
    /// The folder of rulesets that the copy goes into
    #[arg(long, value_name = "DIR", default_value = "rules")]
    to: PathBuf,
    #[command(flatten)]
    from: RulesFrom,
}

pub(super) fn run(args: &CopyArgs) -> Result<Exit, Failure> {
    if !is_id(&args.id) {
        let message = format!("`{}` is no id of a ruleset", args.id);
        let help = "use small letters, digits, `.` and `-`, a letter first: `my-rules-1.1`";
        return Err(Diagnostic::error("ruleset-id", message).help(help).into());
    }
    let rulesets = backend::rulesets(&args.from)?;
    let files = rulesets.files(&args.ruleset)?;
    let folder = args.to.join(&args.id);
    if folder.exists() {
        let message = format!("`{}` is there already", folder.display());
        let help = "choose another id, or remove it first";
        return Err(Diagnostic::error("already-there", message).help(help).into());
    }
    for (name, text) in &files {
        if Path::new(name).components().any(|c| !matches!(c, Component::Normal(_))) {
            continue;
        }
        let text = if name == "ruleset.yaml" { with_id(text, &args.id) } else { text.clone() };
        let path = folder.join(name);
        let cannot = || Failure::io(format!("`{}` cannot be written", path.display()));
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(cannot())?;
        }
        fs::write(&path, text).map_err(cannot())?;
    }
    let shown = folder.display();
    print(&format!(
        "`{shown}` is a copy of `{}`. Next:\n  edit  {shown}/ruleset.yaml\n  \
         oncorules check {shown}\n  oncorules test {shown}\n",
        args.ruleset
    ))?;
    Ok(Exit::Done)
}

fn is_id(id: &str) -> bool {
    id.starts_with(|c: char| c.is_ascii_lowercase())
        && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c))
}

/// The text with another id at its top level, all else as it was.
fn with_id(text: &str, id: &str) -> String {
    let mut done = false;
    let line = |line: &str| {
        if !done && line.starts_with("id:") {
            done = true;
            let end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
            return format!("id: {id}{end}");
        }
        line.to_string()
    };
    text.split_inclusive('\n').map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_id_changes() {
        let text = "format: 1\nid: chemo-response # ours\ntitle: T\n  id: inner\n";
        assert_eq!(with_id(text, "mine"), "format: 1\nid: mine\ntitle: T\n  id: inner\n");
    }

    #[test]
    fn ids_are_plain() {
        assert!(is_id("my-rules-1.1"));
        for id in ["", "../x", "My", "a b", "1a", "a/b"] {
            assert!(!is_id(id), "{id}");
        }
    }
}
