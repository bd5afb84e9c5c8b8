//! `oncorules schema`: JSON Schemas for editors and integrators.

use crate::backend;
use crate::failure::{Exit, Failure};
use crate::output::print_json;
use clap::{Args, ValueEnum};

/// Print the JSON Schema of a case, a ruleset or a report
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oncorules schema case > case.schema.json
  oncorules schema ruleset > ruleset.schema.json

An editor with a YAML language server checks and completes a ruleset that begins with
  # yaml-language-server: $schema=ruleset.schema.json")]
pub(crate) struct SchemaArgs {
    /// Of what
    #[arg(value_enum, value_name = "WHAT")]
    what: What,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// A case file, as `assess` reads it
    Case,
    /// The file `ruleset.yaml`
    Ruleset,
    /// What `assess --format json` prints
    Report,
}

pub(crate) fn run(args: &SchemaArgs) -> Result<Exit, Failure> {
    print_json(&match args.what {
        What::Case => backend::case_schema(),
        What::Ruleset => backend::ruleset_schema(),
        What::Report => backend::report_schema(),
    })?;
    Ok(Exit::Done)
}
