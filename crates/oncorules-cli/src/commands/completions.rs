//! `oncorules completions`: completion scripts for shells.

use crate::args::Cli;
use crate::failure::{Exit, Failure};
use crate::output::print;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  oncorules completions bash > ~/.local/share/bash-completion/completions/oncorules")]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

pub(crate) fn run(args: &CompletionsArgs) -> Result<Exit, Failure> {
    let mut script = vec![];
    clap_complete::generate(args.shell, &mut Cli::command(), "oncorules", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
