//! Lines and columns of places that come mostly in order.

use oncorules_source::{Diagnostics, SourceFile, Span};
use std::cell::Cell;

/// The places of one file. Each is found from the one before, so that many places on one long line
/// (a cohort as JSON without line breaks) cost no more than reading the line once.
pub(crate) struct Places<'a> {
    pub(crate) file: &'a SourceFile,
    /// Byte offset, line and column of the last place.
    last: Cell<(usize, usize, usize)>,
}

impl<'a> Places<'a> {
    pub(crate) fn new(file: &'a SourceFile) -> Self {
        Self { file, last: Cell::new((0, 1, 1)) }
    }

    /// As [`SourceFile::span`].
    pub(crate) fn span(&self, start: usize, end: usize) -> Span {
        let text = self.file.text();
        let floor = |at: usize| {
            let at = at.min(text.len());
            (0..4).map(|back| at.saturating_sub(back)).find(|at| text.is_char_boundary(*at))
        };
        let (start, end) = (floor(start).unwrap_or(0), floor(end.max(start)).unwrap_or(0));
        let (from, line, column) = self.last.get();
        let (line, column) = if start >= from {
            let between = text.get(from..start).unwrap_or_default();
            match between.rsplit_once('\n') {
                None => (line, column + between.chars().count()),
                Some((before, after)) => {
                    (line + before.matches('\n').count() + 1, after.chars().count() + 1)
                }
            }
        } else {
            let between = text.get(start..from).unwrap_or_default();
            if between.contains('\n') {
                let span = self.file.span(start, end);
                (span.line, span.column)
            } else {
                (line, column.saturating_sub(between.chars().count()))
            }
        };
        self.last.set((start, line, column));
        Span { start, end, line, column }
    }

    /// Moves diagnostics of a part that begins at byte `start` to their places in the whole.
    pub(crate) fn relocate(&self, mut wrong: Diagnostics, start: usize) -> Diagnostics {
        for label in wrong.0.iter_mut().flat_map(|d| &mut d.labels) {
            label.span = self.span(start + label.span.start, start + label.span.end);
            label.file = self.file.clone();
        }
        wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_the_file_in_any_order() {
        let file = SourceFile::new("t", "äb\ncdé\n\nf€g h\n");
        let places = Places::new(&file);
        let mut offset = 3usize;
        for step in 0..400usize {
            offset = (offset * 7 + step) % (file.text().len() + 3);
            assert_eq!(places.span(offset, offset + 2), file.span(offset, offset + 2), "{offset}");
        }
        for offset in 0..file.text().len() + 2 {
            assert_eq!(places.span(offset, offset), file.span(offset, offset), "{offset}");
        }
    }
}
