//! What is written of reports and problems, in each format.

use super::work::{Form, Piece};
use super::{Detail, OutputFormat, Settings};
use crate::failure::Failure;
use crate::output::Output;
use crate::problem::sentence;
use crate::style::{self, counted};
use oncorules_model::{Problem, Report};
use oncorules_report::summary::{self, SummaryRow};
use oncorules_report::{TextOptions, markdown, text};

/// The writer of one run.
pub(super) struct Sink {
    output: Output,
    format: OutputFormat,
    detail: Detail,
    options: TextOptions,
    /// How many reports were written or kept.
    reports: usize,
    /// The reports of the first case, while it is the only one and may be shown in full.
    first: Vec<Report>,
    /// What a summary keeps of the others.
    rows: Vec<SummaryRow>,
    problems: Vec<String>,
}

impl Sink {
    pub(super) fn new(output: Output, settings: &Settings) -> Self {
        let colour = style::stdout_colour() && !settings.to_file;
        Self {
            output,
            format: settings.format,
            detail: settings.detail,
            options: TextOptions { colour, width: style::width() },
            reports: 0,
            first: vec![],
            rows: vec![],
            problems: vec![],
        }
    }

    /// The form in which it wants reports.
    pub(super) fn form(&self) -> Form {
        match (self.format, self.detail) {
            (OutputFormat::Json | OutputFormat::Ndjson, _) => Form::Json,
            (OutputFormat::Text, Detail::Full) => Form::Text(self.options),
            (OutputFormat::Markdown, Detail::Full) => Form::Markdown,
            (_, Detail::Auto | Detail::Summary) => Form::Report,
        }
    }

    /// Writes, or keeps what is written at the end.
    pub(super) fn take(
        &mut self,
        pieces: Vec<Piece>,
        problems: Vec<Problem>,
    ) -> Result<(), Failure> {
        for piece in pieces {
            match piece {
                Piece::Rendered(text) => self.rendered(&text)?,
                Piece::Report(report) => self.keep(*report),
            }
            self.reports += 1;
        }
        for problem in problems {
            match self.format {
                OutputFormat::Ndjson => self.output.text(&format!("{}\n", json(&problem)))?,
                OutputFormat::Json => self.problems.push(json(&problem)),
                OutputFormat::Text | OutputFormat::Markdown => {
                    self.problems.push(sentence(&problem));
                }
            }
        }
        Ok(())
    }

    fn rendered(&mut self, text: &str) -> Result<(), Failure> {
        let before = match (self.format, self.reports) {
            (OutputFormat::Json, 0) => "{\"reports\":[\n",
            (OutputFormat::Json, _) => ",\n",
            (OutputFormat::Text | OutputFormat::Markdown, 1..) => "\n",
            _ => "",
        };
        self.output.text(before)?;
        self.output.text(text)?;
        if self.format == OutputFormat::Ndjson {
            self.output.text("\n")?;
        }
        Ok(())
    }

    fn keep(&mut self, report: Report) {
        let same_case = self
            .first
            .first()
            .is_some_and(|f| f.case == report.case && f.evaluator == report.evaluator);
        if self.detail == Detail::Auto && (self.reports == 0 || same_case) {
            self.first.push(report);
            return;
        }
        for report in std::mem::take(&mut self.first) {
            self.rows.extend(SummaryRow::from_report(&report));
        }
        self.rows.extend(SummaryRow::from_report(&report));
    }

    /// Writes what was kept.
    pub(super) fn finish(mut self) -> Result<(), Failure> {
        match self.format {
            OutputFormat::Ndjson => {}
            OutputFormat::Json => {
                let open = if self.reports == 0 { "{\"reports\":[" } else { "\n" };
                let problems = self.problems.join(",\n");
                self.output.text(&format!("{open}],\"problems\":[{problems}]}}\n"))?;
            }
            OutputFormat::Text => self.finish_text()?,
            OutputFormat::Markdown => self.finish_markdown()?,
        }
        self.output.finish()
    }

    fn finish_text(&mut self) -> Result<(), Failure> {
        for (i, report) in self.first.iter().enumerate() {
            if i > 0 {
                self.output.text("\n")?;
            }
            self.output.text(&text::render(report, &self.options))?;
        }
        if !self.rows.is_empty() {
            self.output.text(&summary::table(&self.rows, &self.options))?;
            let prompts = summary::prompts(&self.rows, &self.options);
            if !prompts.is_empty() {
                self.output.text(&format!("\nTo look at\n{prompts}"))?;
            }
        }
        if !self.problems.is_empty() {
            let between = if self.reports > 0 { "\n" } else { "" };
            let count = counted(self.problems.len(), "problem");
            let problems = self.problems.join("\n");
            self.output.text(&format!("{between}Not evaluated: {count}\n{problems}\n"))?;
        } else if self.reports == 0 {
            self.output.text("There is no case in what was given.\n")?;
        }
        Ok(())
    }

    fn finish_markdown(&mut self) -> Result<(), Failure> {
        for (i, report) in self.first.iter().enumerate() {
            if i > 0 {
                self.output.text("\n")?;
            }
            self.output.text(&markdown::render(report))?;
        }
        if !self.rows.is_empty() {
            self.output.text(&markdown::summary(&self.rows))?;
        }
        if !self.problems.is_empty() {
            let between = if self.reports > 0 { "\n" } else { "" };
            let problems: String =
                self.problems.iter().map(|p| format!("- {}\n", markdown::escape(p))).collect();
            self.output.text(&format!("{between}## Not evaluated\n\n{problems}"))?;
        }
        Ok(())
    }
}

fn json(problem: &Problem) -> String {
    // Strings and numbers only: nothing in it can fail.
    serde_json::to_string(problem).unwrap_or_default()
}
