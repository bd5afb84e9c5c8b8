//! Decision tables over codes, written as the paper prints them.

use super::names::{Builder, Context};
use crate::ir::*;
use crate::raw::{RawDecision, Text};
use crate::types::{Scope, Type};
use oncorules_source::{Diagnostic, did_you_mean, one_of, position_in_source};
use std::sync::Arc;

/// A cell of the text of a table: its characters and what stands there.
struct Cell {
    start: usize,
    text: String,
}

/// A table may have this many rows.
const MOST_ROWS: usize = 1_000;
/// A table may have this many combinations of codes.
const MOST_COMBINATIONS: usize = 1 << 20;
/// A table may have this many combinations of codes times rows: each is looked at.
const MOST_CELLS: usize = 1 << 26;

impl Builder<'_> {
    /// Compiles the table of a decision; rows come with their cells, the lookup is filled.
    pub(crate) fn table(
        &mut self,
        ruleset: RulesetIndex,
        scope: Scope,
        raw: &RawDecision,
        text: &Text,
        own: u16,
    ) -> Option<(Table, Vec<Row>)> {
        let mut lines = split(&text.value).into_iter();
        let header = lines.next()?;
        let errors_before = self.diagnostics.len();
        let mut columns: Vec<Option<Column>> = vec![];
        let mut id_column = false;
        for (index, cell) in header.iter().enumerate() {
            if index + 1 == header.len() {
                let name = cell.text.strip_prefix("=>").map(str::trim);
                if name != Some(raw.name.value.as_str()) {
                    let message = format!(
                        "the last column is headed `=> {}`, not `{}`",
                        raw.name.value, cell.text
                    );
                    self.cell_error(text, cell, "table-header", message, None);
                }
            } else if index == 0 && cell.text == "row" {
                id_column = true;
            } else {
                columns.push(self.column(ruleset, scope, text, cell));
            }
        }
        let columns: Vec<Column> = columns.into_iter().collect::<Option<_>>()?;
        let codes = self.domain_of(own)?.clone();
        let mut rows: Vec<Row> = vec![];
        for (number, cells) in lines.enumerate() {
            if let Some(first) = cells.first().filter(|_| number >= MOST_ROWS) {
                let message = format!("this table has more than {MOST_ROWS} rows");
                let help = Some("split it into several decisions".to_string());
                self.cell_error(text, first, "table-too-large", message, help);
                return None;
            }
            if cells.len() != header.len() {
                if let Some(first) = cells.first() {
                    let message = format!(
                        "this row has {} cells; the header has {}",
                        cells.len(),
                        header.len()
                    );
                    self.cell_error(
                        text,
                        first,
                        "table-row",
                        message,
                        Some("separate cells with `|`".into()),
                    );
                }
                continue;
            }
            let mut cells_iter = cells.iter();
            let id: Arc<str> = match id_column.then(|| cells_iter.next()).flatten() {
                Some(cell) => cell.text.as_str().into(),
                None => format!("{}", number + 1).into(),
            };
            let mut accepted = vec![];
            for column in &columns {
                let Some(cell) = cells_iter.next() else { break };
                accepted.push(self.cell(text, cell, &column.codes, &column.name).unwrap_or(0));
            }
            let Some(outcome) = cells_iter.next() else { continue };
            let Some(then) = codes.index(&outcome.text) else {
                let help = self.code_help(&outcome.text, &codes.codes);
                self.cell_error(
                    text,
                    outcome,
                    "unknown-code",
                    format!("`{}` is no code of `{}`", outcome.text, raw.name.value),
                    Some(help),
                );
                continue;
            };
            if rows.iter().any(|r| r.id == id)
                && let Some(first) = cells.first()
            {
                self.cell_error(
                    text,
                    first,
                    "duplicate-row",
                    format!("two rows are called `{id}`"),
                    None,
                );
            }
            let written: Vec<String> = columns
                .iter()
                .zip(cells.iter().skip(usize::from(id_column)))
                .filter(|(_, cell)| !matches!(cell.text.as_str(), "any" | "-"))
                .map(|(column, cell)| format!("{} is {}", column.name, cell.text))
                .collect();
            rows.push(Row {
                id,
                then: Then::Code(then),
                when: None,
                because: None,
                facts: vec![],
                sources: vec![],
                interpretation: None,
                written: written.join(", ").into(),
                layer: (text.layer != self.rulesets.get(usize::from(ruleset))?.id.arc())
                    .then(|| text.layer.clone()),
                place: Place {
                    file: text.file.clone(),
                    span: cells.first().map_or(text.span, |c| {
                        position_in_source(
                            &text.file,
                            text.span,
                            &text.value,
                            c.start,
                            c.start + c.text.chars().count().max(1),
                        )
                    }),
                },
                cells: accepted,
            });
        }
        let mut impossible = vec![];
        for entry in &raw.impossible {
            let mut cells: Vec<u64> = columns.iter().map(|c| all_codes(c.codes.len())).collect();
            for (name, value) in &entry.when {
                match columns.iter().position(|c| *c.name == *name.value) {
                    Some(at) => {
                        let cell = Cell { start: 0, text: value.value.clone() };
                        let names = columns.get(at).map(|c| c.codes.clone()).unwrap_or_default();
                        let accepted = self.cell(value, &cell, &names, &name.value);
                        if let (Some(slot), Some(accepted)) = (cells.get_mut(at), accepted) {
                            *slot = accepted;
                        }
                    }
                    None => {
                        let message = format!("the table has no column `{}`", name.value);
                        let help =
                            format!("its columns are {}", one_of(columns.iter().map(|c| &*c.name)));
                        self.diagnostics.push(
                            Diagnostic::error("unknown-name", message)
                                .at(&name.file, name.span, "")
                                .help(help),
                        );
                    }
                }
            }
            impossible.push(Impossible { cells, because: entry.because.arc() });
        }
        if self.diagnostics.len() > errors_before {
            return None;
        }
        let hit = match raw.hit.as_ref().map(|h| h.value.as_str()) {
            Some("any") => HitPolicy::Any,
            Some("first") => HitPolicy::First,
            _ => HitPolicy::Unique,
        };
        let size = columns
            .iter()
            .try_fold(1usize, |n, c| n.checked_mul(c.codes.len()))
            .filter(|n| *n <= MOST_COMBINATIONS && n.saturating_mul(rows.len()) <= MOST_CELLS);
        let Some(size) = size else {
            self.diagnostics.push(
                Diagnostic::error(
                    "table-too-large",
                    format!(
                        "the table of `{}` has too many combinations of codes to look at each (at most {MOST_COMBINATIONS}, and {MOST_CELLS} combinations times rows)",
                        raw.name.value
                    ),
                )
                .at(&text.file, text.span, "")
                .help("split it into two decisions"),
            );
            return None;
        };
        let mut lookup = vec![u16::MAX; size];
        for (index, slot) in lookup.iter_mut().enumerate() {
            let combination = combination(index, &columns);
            let hit = rows.iter().position(|row| matches(&row.cells, &combination));
            if let Some(row) = hit.and_then(|r| u16::try_from(r).ok()) {
                *slot = row;
            }
        }
        Some((Table { columns, lookup, hit, impossible }, rows))
    }

    fn column(
        &mut self,
        ruleset: RulesetIndex,
        scope: Scope,
        text: &Text,
        cell: &Cell,
    ) -> Option<Column> {
        let mut context = Context::new(ruleset, scope, text);
        context.offset = cell.start;
        let ast = self.parse(&context, &cell.text)?;
        let (expr, ty) = self.compile_ast(&mut context, &ast)?;
        let codes = match ty {
            Type::Code(domain) => self.domain_of(domain)?.codes.clone(),
            Type::Boolean => vec!["no".into(), "yes".into()],
            other => {
                self.wrong_type(
                    &context,
                    &ast,
                    "a decision or yes or no as the column of a table",
                    &other,
                );
                return None;
            }
        };
        Some(Column { name: cell.text.as_str().into(), expr, codes })
    }

    /// The codes that a cell accepts, a bit each.
    fn cell(&mut self, text: &Text, cell: &Cell, codes: &[Arc<str>], column: &str) -> Option<u64> {
        if codes.len() > 64 {
            self.cell_error(
                text,
                cell,
                "table-too-large",
                format!("`{column}` has more than 64 codes"),
                None,
            );
            return None;
        }
        let (negated, list) = match cell.text.strip_prefix("not ") {
            Some(rest) => (true, rest),
            None => (false, cell.text.as_str()),
        };
        if matches!(list.trim(), "any" | "-") {
            return Some(all_codes(codes.len()));
        }
        let mut accepted = 0u64;
        let mut good = true;
        for code in list.split(',').map(str::trim) {
            match codes.iter().position(|c| **c == *code) {
                Some(at) => accepted |= 1 << at,
                None => {
                    let help = self.code_help(code, codes);
                    let offset = cell
                        .text
                        .find(code)
                        .map_or(0, |b| cell.text.get(..b).unwrap_or_default().chars().count());
                    let place = Cell { start: cell.start + offset, text: code.to_string() };
                    self.cell_error(
                        text,
                        &place,
                        "unknown-code",
                        format!("`{code}` is no code of `{column}`"),
                        Some(help),
                    );
                    good = false;
                }
            }
        }
        let accepted = if negated { all_codes(codes.len()) & !accepted } else { accepted };
        good.then_some(accepted)
    }

    fn code_help(&self, code: &str, codes: &[Arc<str>]) -> String {
        let known = codes.iter().map(|c| &**c);
        match did_you_mean(code, known.clone()) {
            Some(near) => format!("did you mean `{near}`? the codes are {}", one_of(known)),
            None => format!("the codes are {}; `any` and `not CODE` can stand too", one_of(known)),
        }
    }

    fn cell_error(
        &mut self,
        text: &Text,
        cell: &Cell,
        code: &'static str,
        message: String,
        help: Option<String>,
    ) {
        let end = cell.start + cell.text.chars().count().max(1);
        let span = position_in_source(&text.file, text.span, &text.value, cell.start, end);
        self.diagnostics
            .push(Diagnostic::error(code, message).at(&text.file, span, "").help_opt(help));
    }
}

/// All bits of a column with `n` codes.
pub(crate) fn all_codes(n: usize) -> u64 {
    if n >= 64 { u64::MAX } else { (1 << n) - 1 }
}

/// The codes of the combination with this index, last column fastest.
pub(crate) fn combination(mut index: usize, columns: &[Column]) -> Vec<usize> {
    let mut codes = vec![0; columns.len()];
    for (slot, column) in codes.iter_mut().zip(columns).rev() {
        let n = column.codes.len().max(1);
        *slot = index % n;
        index /= n;
    }
    codes
}

/// Whether a row's cells accept a combination.
pub(crate) fn matches(cells: &[u64], combination: &[usize]) -> bool {
    cells.iter().zip(combination).all(|(cell, code)| cell >> code & 1 == 1)
}

/// The lines of a table's text, each split into cells with the place of their first character;
/// empty lines, comments and rules of dashes are left out.
fn split(text: &str) -> Vec<Vec<Cell>> {
    let mut lines = vec![];
    let mut at = 0;
    for line in text.split('\n') {
        let length = line.chars().count() + 1;
        let content = line.trim();
        let ruled = content.chars().all(|c| matches!(c, '-' | '|' | '+' | '=' | ' ' | ':'));
        if !content.is_empty() && !content.starts_with('#') && !ruled {
            let mut cells = vec![];
            let mut start = at;
            for part in line.split('|') {
                let lead = part.chars().take_while(|c| c.is_whitespace()).count();
                cells.push(Cell { start: start + lead, text: part.trim().to_string() });
                start += part.chars().count() + 1;
            }
            // A table framed with bars has empty cells at both ends.
            if content.starts_with('|') {
                cells.remove(0);
            }
            if content.ends_with('|') {
                cells.pop();
            }
            lines.push(cells);
        }
        at += length;
    }
    lines
}
