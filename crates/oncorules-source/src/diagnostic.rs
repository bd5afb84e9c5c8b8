//! Diagnostics: what is wrong, where, and how to mend it.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde::Serialize;
use std::fmt;
use std::sync::Arc;

/// A source text and the name under which messages show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    name: Arc<str>,
    text: Arc<str>,
    line_starts: Arc<[usize]>,
}

impl SourceFile {
    /// A source text named `name` (a path, `<stdin>`, or `recist-1.1/ruleset.yaml (built in)`).
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let line_starts =
            std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { name: name.into(), text, line_starts }
    }

    /// The name that messages show.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The span of the bytes `start..end`, with line and column (both from 1; columns count
    /// characters) of its start. Offsets past the end are brought back to it.
    pub fn span(&self, start: usize, end: usize) -> Span {
        let floor = |mut at: usize| {
            at = at.min(self.text.len());
            while !self.text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (start, end) = (floor(start), floor(end.max(start)));
        let line = self.line_starts.partition_point(|s| *s <= start).max(1);
        let line_start = self.line_starts.get(line - 1).copied().unwrap_or(0);
        let column = self.text.get(line_start..start).map_or(0, |t| t.chars().count()) + 1;
        Span { start, end, line, column }
    }

    /// The span that begins at `line` and `column` (from 1) and is `length` characters long.
    pub fn span_at(&self, line: usize, column: usize, length: usize) -> Span {
        let line_start =
            self.line_starts.get(line.saturating_sub(1)).copied().unwrap_or(self.text.len());
        let rest = self.text.get(line_start..).unwrap_or_default();
        let byte = |characters: usize| {
            rest.char_indices().nth(characters).map_or(rest.len(), |(at, _)| at) + line_start
        };
        let first = column.saturating_sub(1);
        self.span(byte(first), byte(first + length))
    }
}

/// A stretch of a source text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize)]
pub struct Span {
    /// Byte offset of the first byte.
    pub start: usize,
    /// Byte offset after the last byte.
    pub end: usize,
    /// Line of the start, from 1.
    pub line: usize,
    /// Column of the start in characters, from 1.
    pub column: usize,
}

/// How serious a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The input cannot be used as it stands.
    Error,
    /// The input can be used, but its author should look at this.
    Warning,
    /// Something worth knowing.
    Note,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        })
    }
}

/// A place that a diagnostic points at, with a word about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The file.
    pub file: SourceFile,
    /// The place in it.
    pub span: Span,
    /// What is to be said of the place; may be empty.
    pub text: String,
}

/// One thing that is wrong, or worth knowing, with the places it concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// A short fixed code such as `unknown-name`, which documentation can be looked up by.
    pub code: &'static str,
    /// How serious it is.
    pub severity: Severity,
    /// What is wrong: one sentence in lower case, user input in backticks.
    pub message: String,
    /// The places; the first one is where it is wrong. Empty where there is no text to show.
    pub labels: Vec<Label>,
    /// How to mend it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error with the given code and message.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            labels: vec![],
            help: None,
        }
    }

    /// A warning with the given code and message.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// A note with the given code and message.
    pub fn note(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Note, ..Self::error(code, message) }
    }

    /// Points at a place; the first call names the primary one.
    #[must_use]
    pub fn at(mut self, file: &SourceFile, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { file: file.clone(), span, text: text.into() });
        self
    }

    /// Says how to mend it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says how to mend it, where there is something to say.
    #[must_use]
    pub fn help_opt(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }

    /// `file:line:column` of the primary place, where there is one.
    pub fn place(&self) -> Option<String> {
        self.labels.first().map(|l| format!("{}:{}:{}", l.file.name(), l.span.line, l.span.column))
    }

    /// The diagnostic as text with snippets, as a compiler would show it.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Note => Level::NOTE,
        };
        let mut group = level
            .primary_title(self.message.as_str())
            .id(self.code)
            .elements(std::iter::empty::<annotate_snippets::Element<'_>>());
        // Labels of one file share a snippet; files keep the order in which they were named.
        let mut files: Vec<&SourceFile> = vec![];
        for label in &self.labels {
            if !files.contains(&&label.file) {
                files.push(&label.file);
            }
        }
        for file in files {
            let mut snippet = Snippet::source(file.text()).path(file.name());
            for (index, label) in self.labels.iter().enumerate() {
                if label.file == *file {
                    let kind =
                        if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
                    let span = file.span(label.span.start, label.span.end);
                    let mut annotation = kind.span(span.start..span.end);
                    if !label.text.is_empty() {
                        annotation = annotation.label(label.text.as_str());
                    }
                    snippet = snippet.annotation(annotation);
                }
            }
            group = group.element(snippet);
        }
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        renderer.render(&[group])
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = self.place() {
            write!(f, "{place}: ")?;
        }
        write!(f, "{}[{}]: {}", self.severity, self.code, self.message)?;
        if let Some(help) = &self.help {
            write!(f, " ({help})")?;
        }
        Ok(())
    }
}

impl Serialize for Diagnostic {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Place<'a> {
            file: &'a str,
            line: usize,
            column: usize,
            #[serde(skip_serializing_if = "str::is_empty")]
            label: &'a str,
        }
        #[derive(Serialize)]
        struct Flat<'a> {
            severity: Severity,
            code: &'a str,
            message: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            help: Option<&'a str>,
            places: Vec<Place<'a>>,
        }
        Flat {
            severity: self.severity,
            code: self.code,
            message: &self.message,
            help: self.help.as_deref(),
            places: self
                .labels
                .iter()
                .map(|l| Place {
                    file: l.file.name(),
                    line: l.span.line,
                    column: l.span.column,
                    label: &l.text,
                })
                .collect(),
        }
        .serialize(serializer)
    }
}

/// All that was found in one go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// An empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds all of another list.
    pub fn extend(&mut self, other: Diagnostics) {
        self.0.extend(other.0);
    }

    /// Whether one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|d| d.severity == Severity::Error)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }

    /// Sorts by file and place, errors first at the same place, and drops exact repeats.
    pub fn sort(&mut self) {
        self.0.sort_by(|a, b| {
            let key = |d: &Diagnostic| {
                d.labels.first().map(|l| (l.file.name().to_string(), l.span.start))
            };
            // What counts the rest comes after what it counts.
            let rest = |d: &Diagnostic| d.code == "more";
            key(a)
                .cmp(&key(b))
                .then(a.severity.cmp(&b.severity))
                .then(rest(a).cmp(&rest(b)))
                .then(a.message.cmp(&b.message))
        });
        self.0.dedup();
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{diagnostic}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(diagnostics: I) -> Self {
        let mut all = Self::new();
        for diagnostic in diagnostics {
            all.push(diagnostic);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Found by fuzzing: two files of one name, the place of one beyond the end of the other.
    #[test]
    fn files_of_one_name_are_told_apart() {
        let (long, short) = ("a: 1\n".repeat(100), "b: 2\n");
        let (base, over) = (SourceFile::new("r.yaml", long), SourceFile::new("r.yaml", short));
        let shown = Diagnostic::error("x", "wrong")
            .at(&over, over.span(0, 1), "here")
            .at(&base, base.span(300, 301), "and there")
            .at(&over, Span { start: 900, end: 901, line: 1, column: 1 }, "nowhere")
            .render(false);
        assert!(shown.contains("r.yaml:1:1") && shown.contains("61 | a: 1"), "{shown}");
    }
}
