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

impl Column<'_> {
    /// Whether it has the same value wherever it has one, of several.
    fn is_constant(&self) -> bool {
        let mut values = self.cells.iter().filter(|v| *v != words::NOTHING);
        let first = values.next();
        values.clone().count() > 0 && values.all(|v| Some(v) == first)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Measure,
    /// A decision with yes or no among its values: it serves others.
    Flag,
    /// A decision that hands on, in the same or in other words, what one other decided.
    HandsOn,
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
    let headline =
        decisions.iter().rev().find(|c| c.kind != Kind::Flag).or(decisions.last()).map(|c| c.name);
    let mut columns = measure_columns(&timepoints, ruleset);
    columns.extend(decisions);
    let order: Vec<&str> = columns.iter().map(|c| c.name).collect();
    let mut brief = false;
    let mut grid = draw(&timepoints, &columns, brief);
    while grid.width() > width {
        if let Some(drop) = least(&columns, brief) {
            columns.remove(drop);
        } else if brief {
            break;
        } else {
            brief = true;
        }
        grid = draw(&timepoints, &columns, brief);
    }
    let shown = |name: &str| columns.iter().any(|c| c.name == name);
    let left_out = order.iter().filter(|n| !shown(n)).map(|n| words::name(n)).collect();
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
    // What never changes says least.
    columns.sort_by_key(Column::is_constant);
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
        let cells = values.map(|d| d.map_or_else(|| words::NOTHING.into(), words::value));
        let cells: Vec<String> = cells.collect();
        let kind = if cells.iter().any(|v| v == "yes" || v == "no") {
            Kind::Flag
        } else if hands_on(name, timepoints, ruleset) {
            Kind::HandsOn
        } else {
            Kind::Decision
        };
        Column { name, kind, cells }
    };
    names.into_iter().map(column).collect()
}

/// Whether a decision rests at every timepoint on one other decision, the same one, and tells
/// apart what that one tells apart.
fn hands_on(name: &str, timepoints: &[&TimepointReport], ruleset: &str) -> bool {
    let mut from: Option<&str> = None;
    let mut pairs: Vec<(&str, &str)> = vec![];
    for decisions in timepoints.iter().filter_map(|t| t.decisions.get(ruleset)) {
        let Some(decision) = decisions.get(name) else { continue };
        let rests_on = reasons::rests_on(name, decision, decisions);
        let [other] = rests_on.as_slice() else { return false };
        if from.is_some_and(|f| f != *other) {
            return false;
        }
        from = Some(other);
        let value = decision.value.as_deref().unwrap_or_default();
        let theirs = decisions.get(other).and_then(|d| d.value.as_deref()).unwrap_or_default();
        if pairs.iter().any(|(a, b)| (*a == value) != (*b == theirs)) {
            return false;
        }
        pairs.push((value, theirs));
    }
    from.is_some()
}

/// The column that can be spared first; one decision stays.
fn least(columns: &[Column], brief: bool) -> Option<usize> {
    let last = |kind: Kind, keep: usize, may: &dyn Fn(&Column) -> bool| {
        let of_kind: Vec<usize> =
            columns.iter().enumerate().filter(|(_, c)| c.kind == kind).map(|(i, _)| i).collect();
        let spare = of_kind.get(keep..).unwrap_or_default();
        spare.iter().rev().copied().find(|i| columns.get(*i).is_some_and(may))
    };
    let any: &dyn Fn(&Column) -> bool = &|_| true;
    let others = columns.iter().filter(|c| c.kind != Kind::Measure && c.kind != Kind::Flag).count();
    let decisions = columns.iter().filter(|c| c.kind == Kind::Decision).count();
    let mut drop = last(Kind::HandsOn, usize::from(decisions == 0), any)
        .or_else(|| last(Kind::Flag, usize::from(others == 0), &|c| c.is_constant()))
        .or_else(|| last(Kind::Measure, 2, any))
        .or_else(|| last(Kind::Flag, usize::from(others == 0), any));
    if brief {
        drop =
            drop.or_else(|| last(Kind::Decision, 1, any)).or_else(|| last(Kind::Measure, 1, any));
    }
    drop
}

fn draw(timepoints: &[&TimepointReport], columns: &[Column], brief: bool) -> Grid {
    let mut grid = Grid::default();
    let cells = |of: &dyn Fn(&TimepointReport) -> String| -> Vec<String> {
        timepoints.iter().map(|t| of(t)).collect()
    };
    grid.column("date", false, cells(&|t| t.date.to_string()));
    if !brief && timepoints.iter().any(|t| t.visit.is_some()) {
        let visit =
            |t: &TimepointReport| t.visit.as_deref().map_or(words::NOTHING.into(), words::plain);
        grid.column("visit", false, cells(&visit));
    }
    let role = |t: &TimepointReport| match t.role {
        TimepointRole::Baseline => "baseline".to_string(),
        TimepointRole::FollowUp => "follow-up".to_string(),
    };
    grid.column("role", false, cells(&role));
    if !brief && timepoints.iter().any(|t| t.cycle.is_some()) {
        let cycle = |t: &TimepointReport| t.cycle.map_or(words::NOTHING.into(), |c| c.to_string());
        grid.column("cycle", true, cells(&cycle));
    }
    for column in columns {
        let right = column.kind == Kind::Measure;
        grid.column(&words::name(column.name), right, column.cells.clone());
    }
    grid
}
