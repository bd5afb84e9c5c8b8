//! The `oncorules` command: arguments in, reports out. What it knows of rulesets goes through
//! [`backend`], what reports look like through `oncorules-report`.

mod args;
mod assess;
mod backend;
mod commands;
mod failure;
mod input;
mod output;
mod problem;
mod progress;
mod style;

use args::{Cli, Command};
use clap::Parser;
use failure::{Exit, Failure};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli.color.apply();
    let json = cli.command.wants_json();
    let done = match cli.command {
        Command::Assess(args) => commands::assess::run(&args),
        Command::Check(args) => commands::check::run(&args),
        Command::Test(args) => commands::test::run(&args),
        Command::Explain(args) => commands::explain::run(&args),
        Command::Rules(args) => commands::rules::run(&args),
        Command::Schema(args) => commands::schema::run(&args),
        Command::Completions(args) => commands::completions::run(&args),
    };
    match done {
        Ok(exit) => exit.into(),
        // The reader has had enough (`| head`): nobody is left to tell.
        Err(Failure::BrokenPipe) => Exit::Done.into(),
        Err(failure) => {
            failure.print(json);
            Exit::BadInput.into()
        }
    }
}
