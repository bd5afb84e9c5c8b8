//! A table of strings, drawn with thin lines or as Markdown.

use crate::words::{length, plain};
use comfy_table::{Cell, CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

/// A table: headers and rows of as many cells.
#[derive(Debug, Clone, Default)]
pub(crate) struct Grid {
    headers: Vec<String>,
    /// Whether the cells of a column stand at its right.
    right: Vec<bool>,
    rows: Vec<Vec<String>>,
}

/// The spaces between two columns.
pub(crate) const GAP: usize = 2;
/// Of them, those that belong to the column before; the rest is drawn as a border.
const PADDING: u16 = 1;

impl Grid {
    /// Adds a column with all its cells.
    pub(crate) fn column(&mut self, header: &str, right: bool, cells: Vec<String>) {
        self.rows.resize_with(self.rows.len().max(cells.len()), Vec::new);
        for (row, cell) in self.rows.iter_mut().zip(cells) {
            row.push(cell);
        }
        self.headers.push(header.to_string());
        self.right.push(right);
    }

    /// Adds the columns of another table with as many rows.
    pub(crate) fn append(&mut self, other: Grid) {
        self.rows.resize_with(self.rows.len().max(other.rows.len()), Vec::new);
        for (row, more) in self.rows.iter_mut().zip(other.rows) {
            row.extend(more);
        }
        self.headers.extend(other.headers);
        self.right.extend(other.right);
    }

    /// How wide the column of these cells is: its header is broken at its spaces.
    pub(crate) fn column_width(header: &str, cells: impl Iterator<Item = usize>) -> usize {
        let word = header.split(' ').map(length).max().unwrap_or(0);
        cells.max().unwrap_or(0).max(word)
    }

    fn widths(&self) -> impl Iterator<Item = usize> {
        self.headers.iter().enumerate().map(|(i, header)| {
            Self::column_width(
                header,
                self.rows.iter().map(move |r| r.get(i).map_or(0, |c| length(c))),
            )
        })
    }

    /// How wide the table is.
    pub(crate) fn width(&self) -> usize {
        self.widths().map(|w| w + GAP).sum::<usize>().saturating_sub(GAP)
    }

    /// The lines of the table: first those of the header, whose number is given too.
    pub(crate) fn lines(&self, width: usize) -> (usize, Vec<String>) {
        let mut table = Table::new();
        let rule = LineStyle::none().fill('─').junction('─');
        table.load_style(TableStyle::new().header_separator(rule));
        if self.width() > width {
            table.set_content_arrangement(ContentArrangement::Dynamic);
            table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
        } else {
            table.set_content_arrangement(ContentArrangement::Disabled);
        }
        let mut height = 1;
        let broken: Vec<String> = self
            .headers
            .iter()
            .zip(self.widths())
            .map(|(header, width)| {
                let lines = crate::words::wrap(header, width);
                height = height.max(lines.len());
                lines.join("\n")
            })
            .collect();
        table.set_header(broken);
        for row in &self.rows {
            table.add_row(row.iter().map(|c| Cell::new(plain(c))).collect::<Vec<_>>());
        }
        let last = self.headers.len().saturating_sub(1);
        for (i, (column, right)) in table.column_iter_mut().zip(&self.right).enumerate() {
            column.set_padding((0, if i == last { 0 } else { PADDING }));
            if *right {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let lines: Vec<String> = table.lines().map(|l| l.trim_end().to_string()).collect();
        (height, lines)
    }

    /// The table in Markdown.
    pub(crate) fn markdown(&self) -> String {
        let line = |cells: &mut dyn Iterator<Item = String>| {
            let cells: Vec<String> = cells.collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let mut out = line(&mut self.headers.iter().map(|h| escape(h)));
        out.push_str(&line(
            &mut self.right.iter().map(|r| if *r { "---:" } else { "---" }.to_string()),
        ));
        for row in &self.rows {
            out.push_str(&line(&mut row.iter().map(|c| escape(c))));
        }
        out
    }
}

/// A text that Markdown shows as it is.
pub fn escape(text: &str) -> String {
    let text = plain(text);
    let mut out = String::new();
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let special = match c {
            '|' | '*' | '`' | '<' | '>' | '[' | ']' | '\\' => true,
            // Within a word it means nothing to Markdown.
            '_' => !(before.is_alphanumeric() && chars.peek().is_some_and(|n| n.is_alphanumeric())),
            '#' | '+' | '-' => out.is_empty() && chars.peek().is_some_and(|n| *n == ' ' || *n == c),
            _ => false,
        };
        if special {
            out.push('\\');
        }
        out.push(c);
        before = c;
    }
    out
}
