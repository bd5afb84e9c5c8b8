//! The command line as a whole: the subcommands, and the options that several of them share.

use crate::commands;
use crate::style::Colour;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// What every help text ends with.
const EXIT_CODES: &str = "\
Exit codes:
  0  done (prompts and findings do not change it, unless --strict)
  1  a check or a test failed, or --strict and there are findings
  2  bad usage or bad input; whatever could be evaluated has been reported

Environment:
  ONCORULES_RULES_DIR  a folder of rulesets, where --rules-dir is not given
  NO_COLOR, CLICOLOR   whether to colour, where --color is not given";

/// Assess tumour response to chemotherapy by published criteria, and say why.
#[derive(Debug, Parser)]
#[command(name = "oncorules", version, max_term_width = 100, after_help = EXIT_CODES)]
#[command(
    long_about = "Assess tumour response to chemotherapy by published criteria, and say why.\n\n\
    The rules stand in rulesets: folders of YAML that can be read, checked, tested and changed \
    without a compiler. Oncorules informs decisions and makes none."
)]
pub(crate) struct Cli {
    /// When to colour
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub(crate) color: Colour,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The subcommands, one a file of `commands/`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Assess(commands::assess::AssessArgs),
    Explain(commands::explain::ExplainArgs),
    Check(commands::check::CheckArgs),
    Test(commands::test::TestArgs),
    Rules(commands::rules::RulesArgs),
    Schema(commands::schema::SchemaArgs),
    Completions(commands::completions::CompletionsArgs),
}

impl Command {
    /// Whether what goes wrong is to be said in JSON.
    pub(crate) fn wants_json(&self) -> bool {
        match self {
            Command::Assess(args) => args.format.is_json(),
            Command::Check(args) => args.format == Format::Json,
            Command::Test(args) => args.format == Format::Json,
            Command::Rules(args) => args.wants_json(),
            Command::Explain(_) | Command::Schema(_) | Command::Completions(_) => false,
        }
    }
}

/// Text for people or JSON for programs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// Where rulesets are found.
#[derive(Debug, Args)]
pub(crate) struct RulesFrom {
    /// A folder of rulesets, which come before the built-in ones
    ///
    /// Without it: ONCORULES_RULES_DIR, else the nearest folder `rules` from here upward that holds
    /// a ruleset, else the built-in rulesets only.
    #[arg(long, value_name = "DIR")]
    pub(crate) rules_dir: Option<PathBuf>,
    /// Say nothing on stderr but errors
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Which rulesets evaluate.
#[derive(Debug, Args)]
pub(crate) struct RulesChosen {
    /// The ruleset, by id or folder; repeat it for a report by each
    #[arg(long, value_name = "ID|PATH", default_value = "chemo-response")]
    pub(crate) rules: Vec<String>,
    /// The criteria that the ruleset uses, in place of its own choice
    #[arg(long, value_name = "ID")]
    pub(crate) criteria: Option<String>,
    /// Another value of a parameter: NAME=VALUE, or RULESET/NAME=VALUE; the report says so
    #[arg(long, value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub(crate) set: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) from: RulesFrom,
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_string(), value.trim().to_string()))
        }
        _ => Err("write NAME=VALUE, such as stable_minimum='56 d'".into()),
    }
}

/// Where cases come from.
#[derive(Debug, Args)]
pub(crate) struct CasesFrom {
    /// Case files (YAML, JSON, NDJSON), folders of them, or `-` for stdin
    #[arg(value_name = "PATH", required_unless_present = "sdtm")]
    pub(crate) paths: Vec<PathBuf>,
    /// A folder of SDTM data sets as CSV (tr.csv, rs.csv, tu.csv, dm.csv …)
    #[arg(long, value_name = "DIR", conflicts_with = "paths")]
    pub(crate) sdtm: Option<PathBuf>,
    /// Whose readings of the SDTM data are taken, or `all`
    #[arg(long, value_name = "NAME", requires = "sdtm")]
    pub(crate) evaluator: Option<String>,
}
