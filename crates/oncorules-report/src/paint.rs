//! Colour, only where it is asked for.

use anstyle::{AnsiColor, Style};
use oncorules_model::{DueStatus, PromptLevel};

/// Colours text, or leaves it as it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint(pub(crate) bool);

impl Paint {
    fn with(self, style: Style, text: &str) -> String {
        if self.0 && !text.is_empty() {
            format!("{style}{text}{style:#}")
        } else {
            text.to_string()
        }
    }

    /// A heading.
    pub(crate) fn bold(self, text: &str) -> String {
        self.with(Style::new().bold(), text)
    }

    /// Something of less weight.
    pub(crate) fn dim(self, text: &str) -> String {
        self.with(Style::new().dimmed(), text)
    }

    /// The words of a prompt's level.
    pub(crate) fn level(self, level: PromptLevel, text: &str) -> String {
        let colour = match level {
            PromptLevel::Info => AnsiColor::Cyan,
            PromptLevel::Warning => AnsiColor::Yellow,
            PromptLevel::Critical => AnsiColor::Red,
        };
        self.with(Style::new().bold().fg_color(Some(colour.into())), text)
    }

    /// The words of a state of something due.
    pub(crate) fn status(self, status: DueStatus, text: &str) -> String {
        match status {
            DueStatus::Overdue => self.level(PromptLevel::Critical, text),
            DueStatus::Due => self.level(PromptLevel::Warning, text),
            DueStatus::Done | DueStatus::Early => self.dim(text),
        }
    }
}

/// A level in a word.
pub(crate) fn level_word(level: PromptLevel) -> &'static str {
    match level {
        PromptLevel::Info => "info",
        PromptLevel::Warning => "warning",
        PromptLevel::Critical => "critical",
    }
}

/// A state in a word.
pub(crate) fn status_word(status: DueStatus) -> &'static str {
    match status {
        DueStatus::Due => "due",
        DueStatus::Overdue => "overdue",
        DueStatus::Done => "done",
        DueStatus::Early => "early",
    }
}
