//! Reports and summaries in Markdown, for a document or a ticket.

use crate::findings;
use crate::grid::Grid;
pub use crate::grid::escape;
use crate::paint::{level_word, status_word};
use crate::summary::{self, SummaryRow};
use crate::timepoints;
use crate::words::{self, NOTHING};
use oncorules_model::{Decisions, LineReport, Prompt, Report};

/// How many characters the cells of a table may take together, before columns are left out.
const WIDTH: usize = 120;

/// The report of one case.
///
/// ```
/// # use oncorules_model::Report;
/// # let report: Report = serde_json::from_str(r#"{"case": "A*1", "as_of": "2024-02-26",
/// #     "engine": {"name": "oncorules", "version": "0.1.0"}, "rulesets": [],
/// #     "lines": [], "findings": []}"#).unwrap();
/// let text = oncorules_report::markdown::render(&report);
/// assert!(text.starts_with("# Case A\\*1\n\nAs of 2024-02-26"));
/// ```
pub fn render(report: &Report) -> String {
    let mut out = format!("# Case {}\n\n", escape(&report.case));
    let mut about = vec![];
    about.extend(report.as_of.map(|d| format!("As of {d}")));
    about.extend(report.evaluator.as_deref().map(|e| format!("read by {}", escape(e))));
    let rulesets = report.rulesets.iter().map(|r| {
        let digest: String = r.sha256.chars().take(12).collect();
        format!("{} (SHA-256 {digest}…)", escape(&words::ruleset(r)))
    });
    about.extend(rulesets);
    about.push(format!("{} {}", report.engine.name, report.engine.version));
    out.push_str(&format!("{}\n", about.join(" · ")));
    for one in &report.lines {
        out.push_str(&line(one, report.rulesets.len() > 1));
    }
    if report.lines.is_empty() {
        out.push_str("\nNo line of therapy is recorded.\n");
    }
    if !report.findings.is_empty() {
        out.push_str("\n## About the data\n\n");
    }
    for group in findings::groups(&report.findings, report.lines.len() > 1) {
        for (place, message) in &group.entries {
            let place = if place.is_empty() { String::new() } else { format!(" ({place})") };
            out.push_str(&format!("- `{}`{place}: {}\n", group.code, escape(message)));
        }
    }
    out
}

fn line(line: &LineReport, several: bool) -> String {
    let mut title = format!("Line {}", line.line);
    if let Some(regimen) = &line.regimen {
        title.push_str(&format!(": {}", escape(regimen)));
    }
    if let Some(started) = line.started {
        title.push_str(&format!(", from {started}"));
    }
    let mut out = format!("\n## {title}\n");
    for table in timepoints::tables(line, WIDTH) {
        let by = if several { format!(" by {}", escape(table.ruleset)) } else { String::new() };
        out.push_str(&format!("\n### Timepoints{by}\n\n{}", table.grid.markdown()));
        if !table.why.is_empty() {
            out.push('\n');
        }
        for (date, reasons) in &table.why {
            out.push_str(&format!("- {date}\n"));
            for reason in reasons {
                out.push_str(&format!("  - {}\n", escape(reason)));
            }
        }
    }
    out.push_str(&decisions("### The line as a whole", &line.decisions, several));
    out.push_str(&measures(line));
    for drug in &line.drugs {
        out.push_str(&decisions(&format!("### {}", escape(&drug.drug)), &drug.decisions, several));
    }
    for class in &line.classes {
        let title = format!("### {}: {}", escape(&class.class), escape(&class.drugs.join(", ")));
        out.push_str(&decisions(&title, &class.decisions, several));
    }
    out.push_str(&schedule(line));
    out.push_str(&prompts(&line.prompts));
    out
}

fn decisions(title: &str, decisions: &Decisions, several: bool) -> String {
    let all: Vec<_> = words::flat(decisions).collect();
    if all.is_empty() {
        return String::new();
    }
    let mut grid = Grid::default();
    if several {
        grid.column("ruleset", false, all.iter().map(|(r, ..)| (*r).to_string()).collect());
    }
    grid.column("decision", false, all.iter().map(|(_, n, _)| words::name(n)).collect());
    grid.column("value", false, all.iter().map(|(.., d)| words::value(d)).collect());
    grid.column("why", false, all.iter().map(|(.., d)| words::because(d)).collect());
    if all.iter().any(|(.., d)| !d.sources.is_empty()) {
        grid.column("source", false, all.iter().map(|(.., d)| d.sources.join("; ")).collect());
    }
    format!("\n{title}\n\n{}", grid.markdown())
}

fn measures(line: &LineReport) -> String {
    let rows = words::dates_and_durations(line);
    if rows.is_empty() {
        return String::new();
    }
    let items: String =
        rows.iter().map(|(n, v)| format!("- {}: {}\n", escape(n), escape(v))).collect();
    format!("\n### Dates and durations\n\n{items}")
}

fn schedule(line: &LineReport) -> String {
    if line.schedule.is_empty() {
        return String::new();
    }
    let cells = |of: &dyn Fn(&oncorules_model::Due) -> String| -> Vec<String> {
        line.schedule.iter().map(of).collect()
    };
    let mut grid = Grid::default();
    grid.column("what", false, cells(&|d| words::name(&d.what)));
    grid.column("status", false, cells(&|d| status_word(d.status).into()));
    grid.column("window", false, cells(&|d| words::window(d.from, d.to)));
    if line.schedule.iter().any(|d| d.done.is_some()) {
        let done = |d: &oncorules_model::Due| d.done.map_or(NOTHING.into(), |d| d.to_string());
        grid.column("done", false, cells(&done));
    }
    if line.schedule.iter().any(|d| d.summary.is_some()) {
        let summary = |d: &oncorules_model::Due| d.summary.as_deref().unwrap_or(NOTHING).into();
        grid.column("note", false, cells(&summary));
    }
    format!("\n### Schedule\n\n{}", grid.markdown())
}

fn prompts(prompts: &[Prompt]) -> String {
    if prompts.is_empty() {
        return String::new();
    }
    let mut out = "\n### To look at\n\n".to_string();
    for prompt in words::most_urgent_first(prompts) {
        out.push_str(&format!("- **{}**: {}", level_word(prompt.level), escape(&prompt.summary)));
        if !prompt.detail.trim().is_empty() {
            out.push_str(&format!(" {}", escape(prompt.detail.trim())));
        }
        out.push('\n');
        for option in &prompt.options {
            out.push_str(&format!("  - {}\n", escape(option)));
        }
        if !prompt.unknown.is_empty() {
            let unknown: Vec<String> = prompt.unknown.iter().map(|u| words::name(u)).collect();
            out.push_str(&format!("  - not known: {}\n", escape(&unknown.join(", "))));
        }
        if !prompt.sources.is_empty() {
            out.push_str(&format!("  - source: {}\n", escape(&prompt.sources.join("; "))));
        }
    }
    out
}

/// The summary of many cases: the table, the counts, and the prompts.
pub fn summary(rows: &[SummaryRow]) -> String {
    let layout = summary::layout(rows, WIDTH);
    let mut out = format!("# Summary\n\n{}\n\n{}", summary::totals(rows), layout.grid.markdown());
    if !layout.counts.is_empty() {
        out.push_str("\n## How often\n\n");
    }
    for (name, values) in &layout.counts {
        let values: Vec<String> =
            values.iter().map(|(v, n)| format!("{} {n}", escape(v))).collect();
        out.push_str(&format!("- {}: {}\n", escape(name), values.join(" · ")));
    }
    let prompts = summary::all_prompts(rows);
    if !prompts.is_empty() {
        out.push_str("\n## To look at\n\n");
    }
    for (level, whose, text) in prompts {
        let level = level_word(level);
        out.push_str(&format!("- **{level}** {}: {}\n", escape(&whose), escape(&text)));
    }
    out
}
