//! One case as text for a terminal.

use crate::paint::{self, Paint};
use crate::timepoints::{self, TimepointTable};
use crate::words::{self, hang};
use crate::{TextOptions, findings};
use oncorules_model::{Decision, Decisions, LineReport, Prompt, Report};

/// The report of one case: for each line its timepoints and why they came out so, its decisions,
/// measures, drugs, schedule and prompts; then what is to be known about the data.
///
/// ```
/// # use oncorules_model::Report;
/// # let report: Report = serde_json::from_str(r#"{"case": "A-1", "as_of": "2024-02-26",
/// #     "engine": {"name": "oncorules", "version": "0.1.0"},
/// #     "rulesets": [{"id": "criteria", "version": "1.0.0", "sha256": "00"}],
/// #     "lines": [], "findings": []}"#).unwrap();
/// let text = oncorules_report::text::render(&report, &Default::default());
/// assert!(text.starts_with("Case A-1 · as of 2024-02-26\ncriteria 1.0.0"));
/// ```
pub fn render(report: &Report, options: &TextOptions) -> String {
    let page = Page { width: options.room(), paint: Paint(options.colour) };
    let mut out = page.header(report);
    for line in &report.lines {
        out.push('\n');
        out.push_str(&page.line(report, line));
    }
    if report.lines.is_empty() {
        out.push_str("\nNo line of therapy is recorded.\n");
    }
    out.push_str(&page.findings(report));
    out
}

/// The width and the colours of the page.
pub(crate) struct Page {
    pub(crate) width: usize,
    pub(crate) paint: Paint,
}

impl Page {
    /// Who, as of when, and by which rulesets.
    pub(crate) fn header(&self, report: &Report) -> String {
        let mut first = vec![format!("Case {}", words::plain(&report.case))];
        first.extend(report.evaluator.as_deref().map(|e| format!("read by {}", words::plain(e))));
        first.extend(report.as_of.map(|d| format!("as of {d}")));
        let mut by: Vec<String> = report.rulesets.iter().map(words::ruleset).collect();
        by.push(format!("{} {}", report.engine.name, report.engine.version));
        let by = hang("", &by.join(" · "), self.width);
        format!("{}\n{}", self.paint.bold(&first.join(" · ")), self.each_dim(&by))
    }

    fn each_dim(&self, lines: &str) -> String {
        lines.lines().map(|l| format!("{}\n", self.paint.dim(l))).collect()
    }

    /// The title of a line.
    pub(crate) fn line_title(&self, line: &LineReport) -> String {
        let mut title = format!("Line {}", line.line);
        if let Some(regimen) = &line.regimen {
            title.push_str(&format!(": {}", words::plain(regimen)));
        }
        if let Some(started) = line.started {
            title.push_str(&format!(", from {started}"));
        }
        format!("{}\n", self.paint.bold(&title))
    }

    fn line(&self, report: &Report, line: &LineReport) -> String {
        let mut out = self.line_title(line);
        let tables = timepoints::tables(line, self.width - 2);
        if line.timepoints.is_empty() {
            out.push_str("  No assessment belongs to this line.\n");
        }
        for table in &tables {
            out.push('\n');
            if tables.len() > 1 || report.rulesets.len() > 1 {
                out.push_str(&self.heading(&format!("Timepoints by {}", table.ruleset)));
            }
            out.push_str(&self.table(table));
        }
        out.push_str(&self.decisions(report, line));
        out.push_str(&self.measures(line));
        out.push_str(&self.members(line));
        out.push_str(&self.schedule(line));
        out.push_str(&self.prompts(&line.prompts));
        out
    }

    pub(crate) fn heading(&self, text: &str) -> String {
        format!("  {}\n", self.paint.bold(text))
    }

    fn table(&self, table: &TimepointTable) -> String {
        let (header, lines) = table.grid.lines(self.width - 2);
        let mut out = String::new();
        for (i, line) in lines.iter().enumerate() {
            let line = if i < header { self.paint.bold(line) } else { line.clone() };
            out.push_str(&format!("  {line}\n"));
        }
        if !table.left_out.is_empty() {
            let left_out = format!("not shown here: {}", table.left_out.join(", "));
            out.push_str(&self.each_dim(&hang("  ", &left_out, self.width)));
        }
        if !table.why.is_empty() {
            out.push('\n');
            out.push_str(&self.heading("Why"));
        }
        for (date, reasons) in &table.why {
            for (i, reason) in reasons.iter().enumerate() {
                let date = if i == 0 { date.as_str() } else { "" };
                out.push_str(&hang(&format!("  {date:10}  "), reason, self.width));
            }
        }
        out
    }

    fn decisions(&self, report: &Report, line: &LineReport) -> String {
        let mut out = String::new();
        for (ruleset, decisions) in line.decisions.iter().filter(|(_, d)| !d.is_empty()) {
            let by =
                if report.rulesets.len() > 1 { format!(", by {ruleset}") } else { String::new() };
            out.push('\n');
            out.push_str(&self.heading(&format!("The line as a whole{by}")));
            let rows: Vec<(String, &Decision)> =
                decisions.iter().map(|(n, d)| (words::name(n), d)).collect();
            out.push_str(&self.aligned(&rows, "  "));
        }
        out
    }

    /// Names, values and reasons in three columns.
    fn aligned(&self, rows: &[(String, &Decision)], indent: &str) -> String {
        let names = rows.iter().map(|(n, _)| words::length(n)).max().unwrap_or(0).min(36);
        let values = rows.iter().map(|(_, d)| words::length(&words::value(d))).max().unwrap_or(0);
        let values = values.min(24);
        let mut out = String::new();
        for (name, decision) in rows {
            let value = words::value(decision);
            let lead = format!("{indent}{name:names$}  {value:values$}  ");
            let because = words::because(decision);
            if words::length(&lead) * 2 <= self.width {
                out.push_str(&hang(&lead, &because, self.width));
            } else {
                out.push_str(&hang(&format!("{indent}{name:names$}  "), &value, self.width));
                out.push_str(&hang(&format!("{indent}    "), &because, self.width));
            }
        }
        out
    }

    fn measures(&self, line: &LineReport) -> String {
        let rows = words::dates_and_durations(line);
        if rows.is_empty() {
            return String::new();
        }
        let names = rows.iter().map(|(n, _)| words::length(n)).max().unwrap_or(0);
        let mut out = format!("\n{}", self.heading("Dates and durations"));
        for (name, value) in rows {
            out.push_str(&format!("  {name:names$}  {value}\n"));
        }
        out
    }

    fn members(&self, line: &LineReport) -> String {
        let mut out = String::new();
        let mut section = |title: &str, members: Vec<(String, &Decisions)>| {
            if members.iter().all(|(_, d)| d.iter().all(|(_, d)| d.is_empty())) {
                return;
            }
            out.push('\n');
            out.push_str(&self.heading(title));
            for (member, decisions) in members {
                let rows: Vec<(String, &Decision)> =
                    words::flat(decisions).map(|(_, n, d)| (words::name(n), d)).collect();
                out.push_str(&hang("  ", &member, self.width));
                out.push_str(&self.aligned(&rows, "    "));
            }
        };
        let drugs = line.drugs.iter().map(|d| {
            let class = d.class.as_deref().map(|c| format!(" ({c})")).unwrap_or_default();
            (format!("{}{class}", d.drug), &d.decisions)
        });
        section("Drugs", drugs.collect());
        let classes = line
            .classes
            .iter()
            .map(|c| (format!("{}: {}", c.class, c.drugs.join(", ")), &c.decisions));
        section("Classes of drugs", classes.collect());
        out
    }

    pub(crate) fn schedule(&self, line: &LineReport) -> String {
        if line.schedule.is_empty() {
            return String::new();
        }
        let mut out = format!("\n{}", self.heading("Schedule"));
        let names = line.schedule.iter().map(|d| words::length(&d.what)).max().unwrap_or(0);
        for due in &line.schedule {
            let status = format!("{:7}", paint::status_word(due.status));
            let done = due.done.map(|d| format!(", done {d}")).unwrap_or_default();
            let what = words::name(&due.what);
            let window = words::window(due.from, due.to);
            let text = hang(
                &format!("  {status}  {what:names$}  "),
                &format!("{window}{done}"),
                self.width,
            );
            out.push_str(&text.replacen(&status, &self.paint.status(due.status, &status), 1));
            if let Some(summary) = &due.summary {
                out.push_str(&hang("           ", summary, self.width));
            }
        }
        out
    }

    fn prompts(&self, prompts: &[Prompt]) -> String {
        if prompts.is_empty() {
            return String::new();
        }
        let mut out = format!("\n{}", self.heading("To look at"));
        for prompt in words::most_urgent_first(prompts) {
            let word = paint::level_word(prompt.level);
            let lead = format!("  {word:8}  ");
            let text = hang(&lead, &prompt.summary, self.width);
            out.push_str(&text.replacen(word, &self.paint.level(prompt.level, word), 1));
            let indent = " ".repeat(words::length(&lead));
            if !prompt.detail.trim().is_empty() {
                out.push_str(&hang(&indent, &prompt.detail, self.width));
            }
            for option in &prompt.options {
                out.push_str(&hang(&format!("{indent}- "), option, self.width));
            }
            if !prompt.unknown.is_empty() {
                let unknown: Vec<String> = prompt.unknown.iter().map(|u| words::name(u)).collect();
                let lead = format!("{indent}not known: ");
                out.push_str(&hang(&lead, &unknown.join(", "), self.width));
            }
            if !prompt.sources.is_empty() {
                let text =
                    hang(&format!("{indent}source: "), &prompt.sources.join("; "), self.width);
                out.push_str(&self.each_dim(&text));
            }
        }
        out
    }

    fn findings(&self, report: &Report) -> String {
        if report.findings.is_empty() {
            return String::new();
        }
        let mut out = format!("\n{}\n", self.paint.bold("About the data"));
        for group in findings::groups(&report.findings, report.lines.len() > 1) {
            let count = if group.count > 1 { format!(" ({})", group.count) } else { String::new() };
            out.push_str(&hang("  ", &format!("{}{count}", group.code), self.width));
            for (place, message) in &group.entries {
                let lead = if words::length(place) > 24 {
                    out.push_str(&hang("    ", place, self.width));
                    "      ".to_string()
                } else if place.is_empty() {
                    "    ".to_string()
                } else {
                    format!("    {place}  ")
                };
                out.push_str(&hang(&lead, message, self.width));
            }
        }
        out
    }
}
