//! Colour and width of what is printed.

use anstream::ColorChoice;
use anstyle::AnsiColor;
use clap::ValueEnum;
use std::io::IsTerminal;

/// When to colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Colour {
    /// Makes it the choice of the whole process.
    pub(crate) fn apply(self) {
        match self {
            Colour::Auto => ColorChoice::Auto,
            Colour::Always => ColorChoice::Always,
            Colour::Never => ColorChoice::Never,
        }
        .write_global();
    }
}

/// Whether stdout takes colour.
pub(crate) fn stdout_colour() -> bool {
    anstream::AutoStream::choice(&std::io::stdout()) != ColorChoice::Never
}

/// Whether stderr takes colour.
pub(crate) fn stderr_colour() -> bool {
    anstream::AutoStream::choice(&std::io::stderr()) != ColorChoice::Never
}

/// How many characters fit in a line. A file or a pipe always gets 100, so that it does not
/// depend on the window it was made in.
pub(crate) fn width() -> usize {
    if !std::io::stdout().is_terminal() {
        return 100;
    }
    std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok()).map_or(100, |c: usize| c.min(160))
}

/// `1 case`, `2 cases`.
pub(crate) fn counted(count: impl std::fmt::Display, what: &str) -> String {
    let count = count.to_string();
    let s = if count == "1" { "" } else { "s" };
    format!("{count} {what}{s}")
}

fn painted(text: &str, colour: AnsiColor) -> String {
    if !stdout_colour() {
        return text.to_string();
    }
    let style = anstyle::Style::new().fg_color(Some(colour.into())).bold();
    format!("{style}{text}{style:#}")
}

/// A word of success.
pub(crate) fn good(text: &str) -> String {
    painted(text, AnsiColor::Green)
}

/// A word of failure.
pub(crate) fn bad(text: &str) -> String {
    painted(text, AnsiColor::Red)
}
