//! Every decision with all that led to it, for the clinician; plain words for the patient.

use crate::paint::Paint;
use crate::text::Page;
use crate::words::{self, hang};
use crate::{TextOptions, patient};
use oncorules_model::{
    Decision, Decisions, Glossary, LineReport, MeasureValue, Measures, PartialDate, Report,
    TimepointReport, TimepointRole,
};
use std::sync::Arc;

/// For whom a report is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Audience {
    /// Every decision with its row, reason, facts and sources.
    #[default]
    Clinician,
    /// What the rulesets say in plain words; no codes.
    Patient,
}

/// What is to be explained; everything where nothing is said.
///
/// ```
/// use oncorules_report::explain::Filter;
///
/// let filter = Filter { date: Some("2024-02".parse().unwrap()), ..Filter::default() };
/// assert_eq!(filter.line, None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// A decision or measure by its name, or by its ruleset and name (`recist-1.1/new_lesion`).
    pub decision: Option<String>,
    /// A line of therapy.
    pub line: Option<u32>,
    /// A date; a month or a year takes all that lies in it. Only timepoints have dates.
    pub date: Option<PartialDate>,
}

impl Filter {
    pub(crate) fn line(&self, line: &LineReport) -> bool {
        self.line.is_none_or(|n| n == line.line)
    }

    pub(crate) fn timepoint(&self, timepoint: &TimepointReport) -> bool {
        self.date.is_none_or(|date| {
            timepoint.date.latest() >= date.earliest() && timepoint.date.earliest() <= date.latest()
        })
    }

    fn decision(&self, ruleset: &str, name: &str) -> bool {
        self.decision.as_deref().is_none_or(|wanted| match wanted.rsplit_once('/') {
            Some((of, wanted)) => of == ruleset && wanted == name,
            None => wanted == name,
        })
    }
}

/// Explains a report.
///
/// To a clinician: each decision that passes the filter with its value, what the value means, the
/// row that decided, why, on which facts, what was missing, the sources, and the ruleset layer
/// the row comes from. To a patient: what the rulesets say in plain words about the latest
/// assessment and the whole treatment, what comes next, and what may be talked about.
///
/// ```
/// # use oncorules_model::{Glossary, Report};
/// use oncorules_report::explain::{self, Audience, Filter};
/// # let report: Report = serde_json::from_str(r#"{"case": "A-1",
/// #     "engine": {"name": "oncorules", "version": "0.1.0"}, "rulesets": [],
/// #     "lines": [], "findings": []}"#).unwrap();
///
/// let wanted = Filter { decision: Some("response".into()), ..Filter::default() };
/// let glossary = Glossary::default();
/// let text =
///     explain::render(&report, &glossary, Audience::Clinician, &wanted, &Default::default());
/// assert!(text.contains("No decision of this report is asked for."));
/// ```
pub fn render(
    report: &Report,
    glossary: &Glossary,
    audience: Audience,
    filter: &Filter,
    options: &TextOptions,
) -> String {
    let page = Page { width: options.room(), paint: Paint(options.colour) };
    match audience {
        Audience::Clinician => {
            let explainer = Explainer { page, glossary, filter };
            explainer.report(report)
        }
        Audience::Patient => patient::render(report, glossary, filter, &page),
    }
}

struct Explainer<'a> {
    page: Page,
    glossary: &'a Glossary,
    filter: &'a Filter,
}

impl Explainer<'_> {
    fn report(&self, report: &Report) -> String {
        let mut out = self.page.header(report);
        let mut found = false;
        for line in report.lines.iter().filter(|l| self.filter.line(l)) {
            let body = self.line(line);
            if !body.is_empty() {
                found = true;
                out.push('\n');
                out.push_str(&self.page.line_title(line));
                out.push_str(&body);
            }
        }
        if !found {
            out.push_str("\nNo decision of this report is asked for.\n");
        }
        out
    }

    fn line(&self, line: &LineReport) -> String {
        let mut out = String::new();
        for timepoint in line.timepoints.iter().filter(|t| self.filter.timepoint(t)) {
            let mut title = timepoint.date.to_string();
            if let Some(visit) = &timepoint.visit {
                title.push_str(&format!(", {}", words::plain(visit)));
            }
            if timepoint.role == TimepointRole::Baseline {
                title.push_str(", baseline");
            }
            out.push_str(&self.section(&title, &timepoint.measures, &timepoint.decisions));
        }
        if self.filter.date.is_some() {
            return out;
        }
        let nothing = Measures::default();
        out.push_str(&self.section("The line as a whole", &line.measures, &line.decisions));
        for drug in &line.drugs {
            out.push_str(&self.section(&format!("Drug: {}", drug.drug), &nothing, &drug.decisions));
        }
        for class in &line.classes {
            let title = format!("Class: {} ({})", class.class, class.drugs.join(", "));
            out.push_str(&self.section(&title, &nothing, &class.decisions));
        }
        out
    }

    /// A heading with the measures and decisions below it, or nothing where none is asked for.
    fn section(&self, title: &str, measures: &Measures, decisions: &Decisions) -> String {
        let mut out = String::new();
        let wanted: Vec<_> = words::flat(measures)
            .filter(|(ruleset, name, _)| self.filter.decision(ruleset, name))
            .map(|(ruleset, name, m)| {
                (format!("{ruleset}/{name}"), words::measure(m).unwrap_or_else(|| "unknown".into()))
            })
            .collect();
        let names = wanted.iter().map(|(n, _)| words::length(n)).max().unwrap_or(0);
        for (name, value) in wanted {
            out.push_str(&hang(&format!("    {name:names$}  "), &value, self.page.width));
        }
        for (ruleset, name, decision) in words::flat(decisions) {
            if self.filter.decision(ruleset, name) {
                if !out.is_empty() {
                    out.push('\n');
                }
                out.push_str(&self.decision(ruleset, name, decision, measures));
            }
        }
        if out.is_empty() {
            return out;
        }
        format!("\n{}{out}", self.page.heading(&words::plain(title)))
    }

    fn decision(
        &self,
        ruleset: &str,
        name: &str,
        decision: &Decision,
        measures: &Measures,
    ) -> String {
        let value = words::value(decision);
        let head = self.page.paint.bold(&format!("{name}: {value}"));
        let mut out = format!("    {head}  {}\n", self.page.paint.dim(&format!("({ruleset})")));
        let mut item = |label: &str, text: &str| {
            if !text.trim().is_empty() {
                out.push_str(&hang(&format!("      {label:8} "), text, self.page.width));
            }
        };
        let text = self.glossary.get(ruleset).and_then(|r| r.get(name));
        item("about", text.and_then(|t| t.means.as_deref()).unwrap_or_default());
        let code =
            text.and_then(|t| t.codes.iter().find(|c| Some(&c.code) == decision.value.as_ref()));
        if let Some(means) = code.and_then(|c| c.clinician.as_deref()) {
            item("means", &format!("{value}: {means}"));
        }
        let layer = decision.layer.as_deref().map(|l| format!(", from {l}")).unwrap_or_default();
        item("row", &format!("{}{layer}", decision.row));
        item("because", &decision.because);
        for (i, (fact, value)) in decision.facts.iter().enumerate() {
            let value = value.as_ref().map(|v| MeasureValue {
                value: Some(v.clone()),
                unit: unit(fact, ruleset, measures),
            });
            let value = value.as_ref().and_then(words::measure).unwrap_or_else(|| "unknown".into());
            item(if i == 0 { "facts" } else { "" }, &format!("{fact} = {value}"));
        }
        item("missing", &decision.unknown.join(", "));
        item("source", &decision.sources.join("; "));
        item("reading", decision.interpretation.as_deref().unwrap_or_default());
        out
    }
}

/// The unit of a fact that is a measure, or a measure at another time: `nadir(sum)`.
fn unit(fact: &str, ruleset: &str, measures: &Measures) -> Option<Arc<str>> {
    let measures = measures.get(ruleset)?;
    let inner = || fact.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    measures.get(fact).or_else(|| measures.get(inner()?))?.unit.clone()
}
