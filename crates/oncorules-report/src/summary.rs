//! Many cases: one row for each case and line, counts of what was decided, and all prompts.

use crate::TextOptions;
use crate::grid::{GAP, Grid};
use crate::paint::{self, Paint};
use crate::words::{self, NOTHING, hang};
use oncorules_model::{Due, DueStatus, LineReport, PartialDate, PromptLevel, Report};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a summary keeps of one line of one case: short strings, so that a cohort of any size can
/// be summed up without keeping its reports.
#[derive(Debug, Clone, PartialEq)]
pub struct SummaryRow {
    /// The case's id.
    pub case: Arc<str>,
    /// Whose readings were evaluated, where there are several.
    pub evaluator: Option<Arc<str>>,
    /// The line of therapy; none for a case without any.
    pub line: Option<u32>,
    /// The first day of treatment.
    pub started: Option<PartialDate>,
    /// The decisions over the line: ruleset, name and value, in the order of the report.
    pub decisions: Vec<(Arc<str>, Arc<str>, Arc<str>)>,
    /// What is due next: `overdue: next scan`.
    pub next_due: Option<String>,
    /// The prompts: how urgent, and the sentence.
    pub prompts: Vec<(PromptLevel, Arc<str>)>,
    /// The codes of the findings; those of no line stand in the first row of the case.
    pub findings: Vec<Arc<str>>,
}

impl SummaryRow {
    /// The rows of a report: one for each line, or one for a case without lines.
    ///
    /// ```
    /// # use oncorules_model::Report;
    /// use oncorules_report::summary::{self, SummaryRow};
    /// # let report: Report = serde_json::from_str(r#"{"case": "A-1",
    /// #     "engine": {"name": "oncorules", "version": "0.1.0"}, "rulesets": [],
    /// #     "lines": [], "findings": []}"#).unwrap();
    ///
    /// let rows = SummaryRow::from_report(&report);
    /// assert_eq!(rows.len(), 1);
    /// assert!(summary::table(&rows, &Default::default()).contains("A-1"));
    /// ```
    pub fn from_report(report: &Report) -> Vec<Self> {
        let row = |index: usize, line: Option<&LineReport>| {
            let number = line.map(|l| l.line);
            let findings = report.findings.iter().filter(|f| match f.line {
                Some(n) if report.lines.iter().any(|l| l.line == n) => Some(n) == number,
                _ => index == 0,
            });
            Self {
                case: report.case.clone(),
                evaluator: report.evaluator.clone(),
                line: number,
                started: line.and_then(|l| l.started),
                decisions: line.map(decisions).unwrap_or_default(),
                next_due: line.and_then(|l| next_due(&l.schedule)),
                prompts: line
                    .map(|l| l.prompts.iter().map(|p| (p.level, p.summary.clone())).collect())
                    .unwrap_or_default(),
                findings: findings.map(|f| f.code.clone()).collect(),
            }
        };
        if report.lines.is_empty() {
            return vec![row(0, None)];
        }
        report.lines.iter().enumerate().map(|(i, line)| row(i, Some(line))).collect()
    }

    fn value(&self, (ruleset, name): (&str, &str)) -> &str {
        self.decisions
            .iter()
            .find(|(r, n, _)| &**r == ruleset && &**n == name)
            .map_or(NOTHING, |(_, _, value)| value)
    }
}

fn decisions(line: &LineReport) -> Vec<(Arc<str>, Arc<str>, Arc<str>)> {
    let unknown: Arc<str> = "unknown".into();
    let mut all = vec![];
    for (ruleset, decisions) in &line.decisions.0 {
        for (name, decision) in &decisions.0 {
            let value = decision.value.as_ref().unwrap_or(&unknown);
            all.push((ruleset.clone(), name.clone(), value.clone()));
        }
    }
    all
}

/// The most pressing thing that has not been done, the earliest of them.
fn next_due(schedule: &[Due]) -> Option<String> {
    let urgency = |due: &Due| match due.status {
        DueStatus::Overdue => Some(0),
        DueStatus::Due => Some(1),
        DueStatus::Early => Some(2),
        DueStatus::Done => None,
    };
    let open = schedule.iter().filter_map(|due| Some((urgency(due)?, due)));
    let (_, due) = open.min_by_key(|(urgency, due)| (*urgency, due.to.or(due.from)))?;
    let what = words::name(&due.what);
    Some(match (due.status, due.from, due.to) {
        (DueStatus::Overdue, ..) => format!("overdue: {what}"),
        (DueStatus::Due, _, Some(to)) => format!("{what} by {to}"),
        (_, Some(from), _) => format!("{what} from {from}"),
        (_, None, Some(to)) => format!("{what} by {to}"),
        (_, None, None) => what,
    })
}

/// The table of a summary, and how often each value of its decisions occurs.
pub(crate) struct Layout {
    pub(crate) grid: Grid,
    /// A decision, and its values from the most frequent one.
    pub(crate) counts: Vec<(String, Vec<(String, usize)>)>,
    /// Decisions that are not shown.
    pub(crate) left_out: Vec<String>,
}

/// More different values than this make no column.
const VALUES: usize = 12;

/// A decision that may become a column.
struct Candidate<'a> {
    key: (&'a str, &'a str),
    header: String,
    counts: BTreeMap<&'a str, usize>,
    width: usize,
    flag: bool,
}

pub(crate) fn layout(rows: &[SummaryRow], width: usize) -> Layout {
    let candidates = candidates(rows);
    // First what says something of its own, then what says it in other words, then yes and no.
    let tier = |(i, candidate): (usize, &Candidate)| {
        let repeats =
            candidates.iter().take(i).any(|other| same_in_other_words(rows, other, candidate));
        if candidate.flag { 2 } else { u8::from(repeats) }
    };
    let tiers: Vec<u8> = candidates.iter().enumerate().map(tier).collect();
    let telling = tiers.iter().filter(|t| **t == 0).count();
    let mut parts = fill(rows, &candidates, &tiers, width, false);
    // Where only one decision fits in, columns that say less make room for a second one.
    if telling > 1 && parts.2.len() < 2 {
        parts = fill(rows, &candidates, &tiers, width, true);
    }
    let (mut grid, tail, chosen) = parts;
    let mut counts = vec![];
    let mut left_out = vec![];
    for (i, (candidate, tier)) in candidates.iter().zip(&tiers).enumerate() {
        let shown = chosen.contains(&i);
        if shown {
            let cells = rows.iter().map(|r| words::plain(r.value(candidate.key))).collect();
            grid.column(&candidate.header, false, cells);
        } else {
            left_out.push(candidate.header.clone());
        }
        if shown || *tier == 0 {
            let mut values: Vec<(String, usize)> =
                candidate.counts.iter().map(|(v, n)| (words::plain(v), *n)).collect();
            values.sort_by_key(|(v, n)| (v == NOTHING, std::cmp::Reverse(*n)));
            counts.push((candidate.header.clone(), values));
        }
    }
    let mut findings: BTreeMap<&str, usize> = BTreeMap::new();
    for code in rows.iter().flat_map(|r| &r.findings) {
        *findings.entry(code).or_default() += 1;
    }
    if !findings.is_empty() {
        let mut values: Vec<(String, usize)> =
            findings.into_iter().map(|(code, n)| (words::plain(code), n)).collect();
        values.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        counts.push(("findings".into(), values));
    }
    grid.append(tail);
    Layout { grid, counts, left_out }
}

/// The frame of the table, and the decisions that fit into it.
fn fill(
    rows: &[SummaryRow],
    candidates: &[Candidate],
    tiers: &[u8],
    width: usize,
    brief: bool,
) -> (Grid, Grid, Vec<usize>) {
    let (head, tail) = frame(rows, brief);
    let mut room = width.saturating_sub(head.width() + GAP + tail.width());
    let mut wanted: Vec<(u8, usize)> = tiers.iter().copied().zip(0..).collect();
    wanted.sort_unstable();
    let mut chosen = vec![];
    for (_, i) in wanted {
        let need = candidates.get(i).map_or(0, |c| c.width + GAP);
        if need <= room || chosen.is_empty() {
            room = room.saturating_sub(need);
            chosen.push(i);
        }
    }
    chosen.sort_unstable();
    (head, tail, chosen)
}

/// The columns before and after the decisions; in brief without what can be read elsewhere.
fn frame(rows: &[SummaryRow], brief: bool) -> (Grid, Grid) {
    let cells = |of: &dyn Fn(&SummaryRow) -> Option<String>| -> Vec<String> {
        rows.iter().map(|r| of(r).unwrap_or_else(|| NOTHING.into())).collect()
    };
    let mut head = Grid::default();
    head.column("case", false, cells(&|r| Some(words::plain(&r.case))));
    if only_evaluator(rows).is_none() && rows.iter().any(|r| r.evaluator.is_some()) {
        let evaluator = |r: &SummaryRow| r.evaluator.as_deref().map(words::plain);
        head.column("read by", false, cells(&evaluator));
    }
    head.column("line", true, cells(&|r| r.line.map(|l| l.to_string())));
    if !brief {
        head.column("start", false, cells(&|r| r.started.map(|d| d.to_string())));
    }
    let mut tail = Grid::default();
    if rows.iter().any(|r| r.next_due.is_some()) {
        tail.column("next due", false, cells(&|r| r.next_due.clone()));
    }
    if !brief {
        tail.column("prompts", true, cells(&|r| Some(r.prompts.len().to_string())));
    }
    tail.column("findings", true, cells(&|r| Some(r.findings.len().to_string())));
    (head, tail)
}

/// The evaluator of all rows, where there is only one.
fn only_evaluator(rows: &[SummaryRow]) -> Option<&str> {
    let evaluator = rows.first()?.evaluator.as_deref()?;
    rows.iter().all(|r| r.evaluator.as_deref() == Some(evaluator)).then_some(evaluator)
}

/// The decisions with few enough values, those of the last ruleset first.
fn candidates(rows: &[SummaryRow]) -> Vec<Candidate<'_>> {
    let mut rulesets: Vec<(&str, Vec<&str>)> = vec![];
    let mut counts: BTreeMap<(&str, &str), BTreeMap<&str, usize>> = BTreeMap::new();
    for (ruleset, name, value) in rows.iter().flat_map(|r| &r.decisions) {
        let values = counts.entry((ruleset, name)).or_default();
        if values.is_empty() {
            match rulesets.iter_mut().find(|(r, _)| *r == &**ruleset) {
                Some((_, names)) => names.push(name),
                None => rulesets.push((ruleset, vec![name])),
            }
        }
        *values.entry(value).or_default() += 1;
    }
    let keys: Vec<(&str, &str)> = rulesets
        .iter()
        .rev()
        .flat_map(|(ruleset, names)| names.iter().map(move |name| (*ruleset, *name)))
        .collect();
    let candidate = |key: &(&'_ str, &'_ str)| {
        let twice = keys.iter().filter(|k| k.1 == key.1).count() > 1;
        let ruleset = if twice { format!("{} ", key.0) } else { String::new() };
        format!("{ruleset}{}", words::name(key.1))
    };
    keys.iter()
        .filter_map(|key| {
            let mut counts = counts.get(key).filter(|v| v.len() <= VALUES)?.clone();
            let without = rows.len() - counts.values().sum::<usize>();
            if without > 0 {
                counts.insert(NOTHING, without);
            }
            let header = candidate(key);
            let width = Grid::column_width(&header, counts.keys().map(|v| words::length(v)));
            let flag = counts.keys().any(|v| *v == "yes" || *v == "no");
            Some(Candidate { key: *key, header, counts, width, flag })
        })
        .collect()
}

/// Whether two decisions tell the same rows apart (and some at all).
fn same_in_other_words(rows: &[SummaryRow], one: &Candidate, other: &Candidate) -> bool {
    if one.counts.len() != other.counts.len() || one.counts.len() < 2 {
        return false;
    }
    let mut pairs = BTreeMap::new();
    rows.iter().all(|row| {
        let (a, b) = (row.value(one.key), row.value(other.key));
        *pairs.entry(a).or_insert(b) == b
    })
}

/// A table with one row for each case and line, and below it how often each value occurs.
///
/// Decisions over the line become columns as far as the width allows, those of the last ruleset
/// first; a decision with more than 12 different values does not.
pub fn table(rows: &[SummaryRow], options: &TextOptions) -> String {
    let width = options.room();
    let paint = Paint(options.colour);
    let layout = layout(rows, width);
    let mut out = String::new();
    let (header, lines) = layout.grid.lines(width);
    for (i, line) in lines.iter().enumerate() {
        out.push_str(&if i < header { paint.bold(line) } else { line.clone() });
        out.push('\n');
    }
    if !layout.left_out.is_empty() {
        let text = format!("not shown here: {}", layout.left_out.join(", "));
        for line in words::wrap(&text, width) {
            out.push_str(&format!("{}\n", paint.dim(&line)));
        }
    }
    out.push_str(&format!("\n{}\n", paint.bold(&totals(rows))));
    let names = layout.counts.iter().map(|(n, _)| words::length(n)).max().unwrap_or(0);
    for (name, values) in &layout.counts {
        let values: Vec<String> = values.iter().map(|(v, n)| format!("{v} {n}")).collect();
        out.push_str(&hang(&format!("{name:names$}  "), &values.join(" · "), width));
    }
    out
}

/// `3 cases, 4 lines of therapy; 2 prompts, 5 findings`.
pub(crate) fn totals(rows: &[SummaryRow]) -> String {
    let cases: std::collections::BTreeSet<&str> = rows.iter().map(|r| &*r.case).collect();
    let lines: std::collections::BTreeSet<(&str, u32)> =
        rows.iter().filter_map(|r| Some((&*r.case, r.line?))).collect();
    let lines = match lines.len() {
        1 => "1 line of therapy".to_string(),
        n => format!("{n} lines of therapy"),
    };
    let prompts = rows.iter().map(|r| r.prompts.len()).sum();
    let findings = rows.iter().map(|r| r.findings.len()).sum();
    let reader =
        only_evaluator(rows).map(|e| format!(", read by {}", words::plain(e))).unwrap_or_default();
    format!(
        "{}, {lines}{reader}; {}, {}",
        words::count(cases.len(), "case"),
        words::count(prompts, "prompt"),
        words::count(findings, "finding"),
    )
}

/// The prompts of all rows, the most urgent first: how urgent, whose, and the sentence.
pub(crate) fn all_prompts(rows: &[SummaryRow]) -> Vec<(PromptLevel, String, String)> {
    let several = only_evaluator(rows).is_none();
    let of_row = |row: &SummaryRow| {
        let mut whose = words::plain(&row.case);
        if let Some(evaluator) = row.evaluator.as_ref().filter(|_| several) {
            whose.push_str(&format!(" ({})", words::plain(evaluator)));
        }
        if let Some(line) = row.line {
            whose.push_str(&format!(" line {line}"));
        }
        let prompt =
            |(level, text): &(PromptLevel, Arc<str>)| (*level, whose.clone(), words::plain(text));
        row.prompts.iter().map(prompt).collect::<Vec<_>>()
    };
    let mut prompts: Vec<_> = rows.iter().flat_map(of_row).collect();
    prompts.sort_by_key(|(level, ..)| std::cmp::Reverse(*level));
    prompts
}

/// The prompts of all rows, the most urgent first; nothing where there are none.
pub fn prompts(rows: &[SummaryRow], options: &TextOptions) -> String {
    let paint = Paint(options.colour);
    let prompts = all_prompts(rows);
    let names = prompts.iter().map(|(_, whose, _)| words::length(whose)).max().unwrap_or(0);
    let names = names.min(options.room() / 3);
    let mut out = String::new();
    for (level, whose, text) in prompts {
        let word = paint::level_word(level);
        let text = hang(&format!("{word:8}  {whose:names$}  "), &text, options.room());
        out.push_str(&text.replacen(word, &paint.level(level, word), 1));
    }
    out
}
