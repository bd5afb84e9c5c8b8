//! Reports as text and Markdown.
//!
//! Pure functions from a [`Report`](oncorules_model::Report) to words: nothing here knows a
//! criterion or a decision by its name. What is shown, and in which order, follows from what the
//! report holds.
//!
//! - [`text::render`]: one case for a terminal
//! - [`explain::render`]: every decision with its reasons, or plain words for the patient
//! - [`summary`]: one row for each case and line, counts, and the prompts of many cases
//! - [`markdown`]: the same for a document

pub mod explain;
mod findings;
mod grid;
pub mod markdown;
mod paint;
mod patient;
mod reasons;
pub mod summary;
pub mod text;
mod timepoints;
mod words;

/// How text is laid out.
///
/// ```
/// use oncorules_report::TextOptions;
///
/// let options = TextOptions::default();
/// assert_eq!((options.colour, options.width), (false, 100));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextOptions {
    /// Whether headings and urgent things are coloured for a terminal.
    pub colour: bool,
    /// How many characters fit in a line; less than 40 counts as 40.
    pub width: usize,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self { colour: false, width: 100 }
    }
}

impl TextOptions {
    /// The width that is used: a table needs some room.
    pub(crate) fn room(&self) -> usize {
        self.width.max(40)
    }
}
