//! One CSV file, row by row, with columns found by name.

use csv::{ErrorKind, ReaderBuilder, StringRecord};
use oncorules_source::{Diagnostic, Diagnostics, SourceFile, did_you_mean};
use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// How many faults of one file are said one by one.
const MOST_FAULTS: usize = 50;

/// The largest data set file that is read, in bytes.
const MAX_BYTES: u64 = 1 << 30;

/// The longest row that is read, in bytes: a quote that nothing closes would make one of the rest of
/// the file.
const MAX_ROW: usize = 4 << 20;

/// A file of which no row may be longer than [`MAX_ROW`].
pub(super) struct Rows {
    file: File,
    /// Bytes since the last row ended.
    row: usize,
    quoted: bool,
}

impl Read for Rows {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(buffer)?;
        for byte in buffer.iter().take(read) {
            self.row += 1;
            match byte {
                b'"' => self.quoted = !self.quoted,
                b'\n' if !self.quoted => self.row = 0,
                _ => {}
            }
        }
        if self.row > MAX_ROW {
            let message =
                format!("a row is longer than {} MB; is a quote not closed?", MAX_ROW >> 20);
            return Err(std::io::Error::other(message));
        }
        Ok(read)
    }
}

/// Texts that occur again and again, kept once.
#[derive(Default)]
pub(super) struct Words(HashSet<Arc<str>>);

impl Words {
    pub(super) fn keep(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return known.clone();
        }
        let new: Arc<str> = Arc::from(text);
        self.0.insert(new.clone());
        new
    }

    /// The text in capitals, with single spaces, as words of code lists are compared.
    pub(super) fn capitals(&mut self, text: &str) -> Arc<str> {
        let plain = |b: u8| b.is_ascii() && !b.is_ascii_lowercase() && b != b'\t';
        if text.bytes().all(plain) && !text.contains("  ") {
            return self.keep(text);
        }
        self.keep(&capitals(text))
    }
}

/// The text in capitals, with single spaces.
pub(super) fn capitals(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&word.to_uppercase());
    }
    out
}

/// An open data set.
pub(super) struct Table {
    pub(super) file: Arc<str>,
    header: Vec<String>,
    header_line: SourceFile,
    reader: csv::Reader<Rows>,
}

/// One row of it.
pub(super) struct Row<'r> {
    record: &'r StringRecord,
    pub(super) line: u64,
}

impl<'r> Row<'r> {
    /// The text of a cell without white space around it; empty where the data set has no such
    /// column.
    pub(super) fn text(&self, column: Option<usize>) -> &'r str {
        column.and_then(|at| self.record.get(at)).unwrap_or_default().trim()
    }
}

impl Table {
    /// Opens a data set and reads its header.
    pub(super) fn open(path: &Path, file: &str) -> Result<Self, Diagnostic> {
        let unreadable = |error: std::io::Error| {
            Diagnostic::error("unreadable-file", format!("`{file}` cannot be read: {error}"))
        };
        let opened = File::open(path).map_err(unreadable)?;
        let metadata = opened.metadata().map_err(unreadable)?;
        if !metadata.is_file() {
            let message = format!("`{file}` is no file that could be a data set");
            return Err(Diagnostic::error("unreadable-file", message)
                .help("give one CSV file for each domain"));
        }
        if metadata.len() > MAX_BYTES {
            let message = format!("`{file}` is larger than {} MB", MAX_BYTES >> 20);
            return Err(Diagnostic::error("file-too-large", message)
                .help("split the study by subject into several folders"));
        }
        let mut reader = ReaderBuilder::new()
            .has_headers(true)
            .buffer_capacity(1 << 16)
            .from_reader(Rows { file: opened, row: 0, quoted: false });
        let header: Vec<String> = match reader.headers() {
            Ok(header) => header
                .iter()
                .map(|h| h.trim_start_matches('\u{feff}').trim().to_ascii_uppercase())
                .collect(),
            Err(error) => return Err(fault(file, &error)),
        };
        if header.iter().all(String::is_empty) {
            let message = format!("`{file}` is empty; a header with column names is expected");
            return Err(Diagnostic::error("empty-file", message));
        }
        let shown: String = header.join(",").chars().take(4_000).collect();
        let header_line = SourceFile::new(file, shown);
        let mut sorted: Vec<&String> = header.iter().filter(|h| !h.is_empty()).collect();
        sorted.sort();
        if let Some([twice, _]) = sorted.windows(2).find(|w| matches!(w, [a, b] if a == b)) {
            let message = format!("`{file}` has the column `{twice}` twice");
            return Err(Diagnostic::error("duplicate-column", message)
                .at(&header_line, header_line.span(0, 0), "")
                .help("remove or rename one of the two"));
        }
        Ok(Self { file: file.into(), header, header_line, reader })
    }

    /// Where the column `name` stands, if the data set has it.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|h| h == name)
    }

    /// Says what is missing where the data set has none of the columns `names`.
    pub(super) fn need(&self, names: &[&str], wrong: &mut Diagnostics) {
        if names.iter().any(|n| self.column(n).is_some()) {
            return;
        }
        let first = names.first().copied().unwrap_or_default();
        let wanted = oncorules_source::one_of(names.iter().copied());
        let near =
            names.iter().find_map(|n| did_you_mean(n, self.header.iter().map(String::as_str)));
        let span = near.and_then(|n| self.header_line.text().find(n).map(|at| (at, at + n.len())));
        let (start, end) = span.unwrap_or((0, 0));
        let help = match near {
            Some(near) => format!("the column `{near}` is near: rename it to `{first}`"),
            None => "the columns are those of the SDTM Implementation Guide".to_string(),
        };
        let message = format!("`{}` has no column {wanted}", self.file);
        wrong.push(
            Diagnostic::error("missing-column", message)
                .at(&self.header_line, self.header_line.span(start, end), "")
                .help(help),
        );
    }

    /// Gives every row to `take`; rows that are no rows are said to be so.
    pub(super) fn each(mut self, wrong: &mut Diagnostics, mut take: impl FnMut(&Row<'_>)) {
        let mut record = StringRecord::new();
        let mut faults = 0usize;
        loop {
            match self.reader.read_record(&mut record) {
                Ok(false) => break,
                Ok(true) => {
                    let line = record.position().map_or(0, csv::Position::line);
                    take(&Row { record: &record, line });
                }
                Err(error) => {
                    faults += 1;
                    if faults <= MOST_FAULTS {
                        wrong.push(fault(&self.file, &error));
                    }
                    if matches!(error.kind(), ErrorKind::Io(_)) {
                        break;
                    }
                }
            }
        }
        if faults > MOST_FAULTS {
            let more = faults - MOST_FAULTS;
            let message = format!("`{}` has {more} more rows that cannot be read", self.file);
            wrong.push(Diagnostic::error("too-many-errors", message));
        }
    }
}

/// What is wrong with a row, in the words of a data manager.
fn fault(file: &str, error: &csv::Error) -> Diagnostic {
    match error.kind() {
        ErrorKind::Utf8 { pos, err } => {
            let line = pos.as_ref().map_or(0, csv::Position::line);
            let message =
                format!("`{file}` line {line}, column {} is not UTF-8 text", err.field() + 1);
            Diagnostic::error("not-utf8", message).help("save the file as UTF-8")
        }
        ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let line = pos.as_ref().map_or(0, csv::Position::line);
            let message = format!(
                "`{file}` line {line} has {len} columns where the header has {expected_len}"
            );
            Diagnostic::error("ragged-row", message)
                .help("a comma inside a value needs the value in double quotes")
        }
        _ => Diagnostic::error("unreadable-file", format!("`{file}` cannot be read: {error}")),
    }
}
