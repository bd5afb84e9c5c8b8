//! NDJSON, a line at a time.

use super::Unit;
use crate::failure::Failure;
use oncorules_formats::MAX_FILE_BYTES;
use oncorules_source::Diagnostic;
use std::io::{self, BufRead, Cursor, Read};
use std::sync::Arc;

/// The lines of a file or of stdin.
pub(crate) struct Lines {
    name: Arc<str>,
    reader: Box<dyn BufRead + Send>,
    /// The number of the last line that was given.
    number: usize,
}

impl Lines {
    pub(crate) fn new(name: &str, reader: Box<dyn BufRead + Send>) -> Self {
        Self { name: name.into(), reader, number: 0 }
    }

    /// The next line that is not blank.
    pub(crate) fn next_line(&mut self) -> Result<Option<Unit>, Failure> {
        loop {
            let mut line = vec![];
            let cannot = || Failure::io(format!("`{}` cannot be read", self.name));
            let limit = MAX_FILE_BYTES as u64;
            let read = (&mut self.reader).take(limit).read_until(b'\n', &mut line);
            if read.map_err(cannot())? == 0 {
                return Ok(None);
            }
            self.number += 1;
            if line.len() >= MAX_FILE_BYTES && !line.ends_with(b"\n") {
                self.reader.skip_until(b'\n').map_err(cannot())?;
                return Ok(Some(self.too_long()));
            }
            if self.number == 1 && line.starts_with(b"\xEF\xBB\xBF") {
                line.drain(..3);
            }
            if !line.trim_ascii().is_empty() {
                let (name, number) = (self.name.clone(), self.number);
                return Ok(Some(Unit::Line { name, number, bytes: line }));
            }
        }
    }

    fn too_long(&self) -> Unit {
        let message = format!(
            "line {} of `{}` is longer than {} MB, which no case is",
            self.number,
            self.name,
            MAX_FILE_BYTES >> 20
        );
        Unit::Wrong {
            file: self.name.to_string(),
            wrong: Diagnostic::error("line-too-long", message).into(),
        }
    }

    /// Whether the first line is a complete object with something after it. What was looked at
    /// stays to be read.
    pub(crate) fn looks_like_ndjson(&mut self) -> io::Result<bool> {
        let mut seen = vec![];
        let mut first = None;
        // Blank lines before or between do not count.
        while seen.len() < MAX_FILE_BYTES {
            let start = seen.len();
            let limit = (MAX_FILE_BYTES - start) as u64;
            if (&mut self.reader).take(limit).read_until(b'\n', &mut seen)? == 0 {
                break;
            }
            let line = seen.get(start..).unwrap_or_default();
            let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line).trim_ascii();
            if line.is_empty() {
                continue;
            }
            if first.is_some() {
                first = Some(true);
                break;
            }
            let object = line.starts_with(b"{")
                && serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok();
            if !object {
                break;
            }
            first = Some(false);
        }
        let rest = std::mem::replace(&mut self.reader, Box::new(io::empty()));
        self.reader = Box::new(io::BufReader::new(Cursor::new(seen).chain(rest)));
        Ok(first == Some(true))
    }

    /// All that was not given as lines.
    pub(crate) fn into_rest(self) -> Box<dyn BufRead + Send> {
        self.reader
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &'static str) -> Lines {
        Lines::new("t", Box::new(text.as_bytes()))
    }

    #[test]
    fn ndjson_is_known_by_a_complete_first_line_and_another() {
        let known = |text| lines(text).looks_like_ndjson().unwrap();
        assert!(known("{\"case\": \"a\"}\n{\"case\": \"b\"}\n"));
        assert!(known("\n{\"case\": \"a\"}\n\nnonsense"));
        assert!(!known("{\"case\": \"a\"}\n"));
        assert!(!known("{\n\"case\": \"a\"}\n"));
        assert!(!known("case: a\nlines: []\n"));
        assert!(!known(""));
    }

    #[test]
    fn nothing_that_was_looked_at_is_lost() {
        let mut lines = lines("\u{feff}{\"case\": \"a\"}\n\n{\"case\": \"b\"}");
        assert!(lines.looks_like_ndjson().unwrap());
        let mut found = vec![];
        while let Some(Unit::Line { number, bytes, .. }) = lines.next_line().unwrap() {
            found.push((number, String::from_utf8(bytes).unwrap()));
        }
        assert_eq!(
            found,
            [(1, "{\"case\": \"a\"}\n".into()), (3, "{\"case\": \"b\"}".to_string())]
        );
    }
}
