//! The timepoints of a line as a table, and why each came out as it did.

use crate::grid::Grid;
use crate::{reasons, words};
use oncorules_model::{LineReport, Scalar, TimepointReport, TimepointRole};

/// What one ruleset measured and decided at the timepoints of a line.
pub(crate) struct TimepointTable<'a> {
    /// The ruleset.
    pub(crate) ruleset: &'a str,
    /// The table.
    pub(crate) grid: Grid,
    /// The reasons at each follow-up timepoint, under its date.
    pub(crate) why: Vec<(String, Vec<String>)>,
    /// The decisions and measures that did not fit in.
    pub(crate) left_out: Vec<String>,
}

/// Most measures that are shown.
const MEASURES: usize = 4;

/// A column that may be shown.
struct Column<'a> {
    name: &'a str,
    kind: Kind,
    cells: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Measure,
    /// A decision with yes or no among its values: it serves others.
    Flag,
    Decision,
}

/// A table for each ruleset that decided something at a timepoint, no wider than `width` where
/// that is possible.
pub(crate) fn tables(line: &LineReport, width: usize) -> Vec<TimepointTable<'_>> {
    let mut rulesets: Vec<&str> = vec![];
    for timepoint in &line.timepoints {
        for (ruleset, decisions) in timepoint.decisions.iter() {
            if !decisions.is_empty() && !rulesets.contains(&ruleset) {
                rulesets.push(ruleset);
            }
        }
    }
    rulesets.into_iter().map(|ruleset| table(line, ruleset, width)).collect()
}

fn table<'a>(line: &'a LineReport, ruleset: &'a str, width: usize) -> TimepointTable<'a> {
    let timepoints: Vec<&TimepointReport> =
        line.timepoints.iter().filter(|t| says_something(t, ruleset)).collect();
    let decisions = decision_columns(&timepoints, ruleset);
    let headline = decisions
        .iter()
        .rev()
        .find(|c| c.kind == Kind::Decision)
        .or(decisions.last())
        .map(|c| c.name);
    let mut columns = measure_columns(&timepoints, ruleset);
    columns.extend(decisions);
    let mut left_out = vec![];
    let mut grid = draw(&timepoints, &columns);
    while grid.width() > width {
        let Some(drop) = least(&columns) else { break };
        left_out.push(words::name(columns.remove(drop).name));
        grid = draw(&timepoints, &columns);
    }
    left_out.reverse();
    let why = timepoints.iter().filter(|t| t.role == TimepointRole::FollowUp).filter_map(|t| {
        let reasons = reasons::of(headline?, t.decisions.get(ruleset)?);
        (!reasons.is_empty()).then(|| (t.date.to_string(), reasons))
    });
    TimepointTable { ruleset, why: why.collect(), grid, left_out }
}

fn says_something(timepoint: &TimepointReport, ruleset: &str) -> bool {
    timepoint.decisions.get(ruleset).is_some_and(|d| !d.is_empty())
        || timepoint
            .measures
            .get(ruleset)
            .is_some_and(|m| m.iter().any(|(_, measure)| measure.value.is_some()))
}

/// The measures that are numbers at some timepoint, those with units first, in their order.
fn measure_columns<'a>(timepoints: &[&'a TimepointReport], ruleset: &str) -> Vec<Column<'a>> {
    let of = |t: &&'a TimepointReport| t.measures.get(ruleset);
    let mut names: Vec<(&str, bool)> = vec![];
    for (name, measure) in timepoints.iter().filter_map(of).flat_map(|m| m.iter()) {
        let has_unit = measure.unit.as_deref().is_some_and(|u| u != "1");
        if matches!(measure.value, Some(Scalar::Number(_))) && !names.iter().any(|n| n.0 == name) {
            names.push((name, has_unit));
        }
    }
    if names.iter().any(|n| n.1) {
        names.retain(|n| n.1);
    }
    let columns = names.into_iter().map(|(name, _)| Column {
        name,
        kind: Kind::Measure,
        cells: timepoints
            .iter()
            .map(|t| {
                let measure = of(t).and_then(|m| m.get(name));
                measure.and_then(words::measure).unwrap_or_else(|| words::NOTHING.into())
            })
            .collect(),
    });
    let mut columns: Vec<Column> = columns.collect();
    // A measure that only repeats one before it is not worth a column.
    let cells: Vec<Vec<String>> = columns.iter().map(|c| c.cells.clone()).collect();
    let mut index = 0;
    columns.retain(|column| {
        index += 1;
        !cells.iter().take(index - 1).any(|earlier| *earlier == column.cells)
    });
    columns.truncate(MEASURES);
    columns
}

fn decision_columns<'a>(timepoints: &[&'a TimepointReport], ruleset: &str) -> Vec<Column<'a>> {
    let of = |t: &&'a TimepointReport| t.decisions.get(ruleset);
    let mut names: Vec<&str> = vec![];
    for (name, _) in timepoints.iter().filter_map(of).flat_map(|d| d.iter()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let column = |name: &'a str| {
        let values = timepoints.iter().map(|t| of(t).and_then(|d| d.get(name)));
        let flag = values.clone().flatten().any(|d| {
            d.value.as_deref().is_some_and(|v| v == "yes" || v == "no")
        });
        let kind = if flag { Kind::Flag } else { Kind::Decision };
        let cells = values.map(|d| d.map_or_else(|| words::NOTHING.into(), words::value));
        Column { name, kind, cells: cells.collect() }
    };
    names.into_iter().map(column).collect()
}

/// The column that can be spared first: the last flag, then a measure beyond the second, then a
/// decision; one decision stays.
fn least(columns: &[Column]) -> Option<usize> {
    let last = |kind: Kind, keep: usize| {
        let of_kind: Vec<usize> =
            columns.iter().enumerate().filter(|(_, c)| c.kind == kind).map(|(i, _)| i).collect();
        of_kind.last().copied().filter(|_| of_kind.len() > keep)
    };
    let decisions = columns.iter().filter(|c| c.kind == Kind::Decision).count();
    last(Kind::Flag, usize::from(decisions == 0))
        .or_else(|| last(Kind::Measure, 2))
        .or_else(|| last(Kind::Decision, 1))
        .or_else(|| last(Kind::Measure, 0))
}

fn draw(timepoints: &[&TimepointReport], columns: &[Column]) -> Grid {
    let mut grid = Grid::default();
    let cells = |of: &dyn Fn(&TimepointReport) -> String| -> Vec<String> {
        timepoints.iter().map(|t| of(t)).collect()
    };
    grid.column("date", false, cells(&|t| t.date.to_string()));
    if timepoints.iter().any(|t| t.visit.is_some()) {
        let visit = |t: &TimepointReport| t.visit.as_deref().map_or(words::NOTHING.into(), words::plain);
        grid.column("visit", false, cells(&visit));
    }
    let role = |t: &TimepointReport| match t.role {
        TimepointRole::Baseline => "baseline".to_string(),
        TimepointRole::FollowUp => "follow-up".to_string(),
    };
    grid.column("role", false, cells(&role));
    if timepoints.iter().any(|t| t.cycle.is_some()) {
        let cycle = |t: &TimepointReport| t.cycle.map_or(words::NOTHING.into(), |c| c.to_string());
        grid.column("cycle", true, cells(&cycle));
    }
    for column in columns {
        let right = column.kind == Kind::Measure;
        grid.column(&words::name(column.name), right, column.cells.clone());
    }
    grid
}
