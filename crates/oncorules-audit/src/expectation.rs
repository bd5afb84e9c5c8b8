//! What a reference case expects of its report, and how the report differs from it.

use oncorules_model::{
    Decisions, DrugClassReport, DrugReport, DueStatus, LineReport, Measures, Number, Report,
};
use oncorules_source::yaml::{Entry, Node, Value};
use oncorules_source::{did_you_mean, one_of};

/// The differences between a report and what was expected of it, as sentences.
pub(crate) fn differences(ruleset: &str, expect: &Node, report: &Report) -> Vec<String> {
    let mut found = Differences { ruleset, found: vec![] };
    let Some(entries) = expect.entries() else {
        return vec![
            "`expect` must be a mapping such as `line 1: {best_overall_response: PR}`".into(),
        ];
    };
    for entry in entries {
        match entry.key.as_str() {
            "findings" => found.findings(&entry.value, report, true),
            "no_findings" => found.findings(&entry.value, report, false),
            key => match key.strip_prefix("line ").and_then(|n| n.trim().parse::<u32>().ok()) {
                Some(number) => match report.lines.iter().find(|l| l.line == number) {
                    Some(line) => found.line(&entry.value, line),
                    None => found.say(entry, format!("the report has no line {number}")),
                },
                None => found.say(
                    entry,
                    format!(
                        "`{key}` is not known here; write `line 1`, `findings` or `no_findings`"
                    ),
                ),
            },
        }
    }
    found.found
}

struct Differences<'d> {
    ruleset: &'d str,
    found: Vec<String>,
}

impl Differences<'_> {
    fn say(&mut self, at: &Entry, message: String) {
        self.found.push(format!("line {} of the file: {message}", at.key_span.line));
    }

    fn entries<'n>(&mut self, node: &'n Node) -> &'n [Entry] {
        match (&node.value, node.entries()) {
            (_, Some(entries)) => entries,
            (Value::Null, _) => &[],
            _ => {
                self.found.push(format!(
                    "line {} of the file: a mapping was expected, not {}",
                    node.span.line,
                    node.describe()
                ));
                &[]
            }
        }
    }

    fn line(&mut self, node: &Node, line: &LineReport) {
        for entry in self.entries(node) {
            match entry.key.as_str() {
                "timepoints" => self.timepoints(&entry.value, line),
                "schedule" => self.schedule(&entry.value, line),
                "prompts" => self.prompts(entry, line, true),
                "no_prompts" => self.prompts(entry, line, false),
                "drugs" => self.drugs(&entry.value, &line.drugs),
                "classes" => self.classes(&entry.value, &line.classes),
                _ => self.value(
                    entry,
                    &line.decisions,
                    &line.measures,
                    &format!("line {}", line.line),
                ),
            }
        }
    }

    fn timepoints(&mut self, node: &Node, line: &LineReport) {
        for entry in self.entries(node) {
            let Some(timepoint) = line.timepoints.iter().find(|t| t.date.to_string() == entry.key)
            else {
                let dates: Vec<String> =
                    line.timepoints.iter().map(|t| t.date.to_string()).collect();
                self.say(
                    entry,
                    format!(
                        "there is no timepoint {}; there are {}",
                        entry.key,
                        one_of(dates.iter().map(String::as_str))
                    ),
                );
                continue;
            };
            for wanted in self.entries(&entry.value) {
                self.value(wanted, &timepoint.decisions, &timepoint.measures, &entry.key);
            }
        }
    }

    /// `decision: CODE`, `row.decision: ROW`, `measure: 35.21`, with `ruleset/` before the name where
    /// another ruleset than the tested one is meant.
    fn value(&mut self, entry: &Entry, decisions: &Decisions, measures: &Measures, place: &str) {
        let (row, name) = match entry.key.strip_prefix("row.") {
            Some(name) => (true, name),
            None => (false, entry.key.strip_prefix("measures.").unwrap_or(&entry.key)),
        };
        let (ruleset, name) = name.split_once('/').unwrap_or((self.ruleset, name));
        let expected = match &entry.value.value {
            Value::Null => "unknown",
            _ => entry.value.scalar().unwrap_or_default(),
        };
        let decision = decisions.get(ruleset).and_then(|d| d.get(name));
        let measure = measures.get(ruleset).and_then(|m| m.get(name));
        let found = match (decision, measure) {
            (Some(decision), _) if row => decision.row.to_string(),
            (Some(decision), _) => decision.value.as_deref().unwrap_or("unknown").to_string(),
            (None, Some(measure)) if !row => {
                measure.value.as_ref().map_or("unknown".into(), ToString::to_string)
            }
            _ => {
                let known: Vec<&str> = decisions
                    .get(ruleset)
                    .into_iter()
                    .flat_map(|d| d.iter().map(|(n, _)| n))
                    .chain(measures.get(ruleset).into_iter().flat_map(|m| m.iter().map(|(n, _)| n)))
                    .collect();
                let help = match did_you_mean(name, known.iter().copied()) {
                    Some(near) => format!("; did you mean `{near}`?"),
                    None => format!("; there are {}", one_of(known)),
                };
                self.say(entry, format!("{place}: `{ruleset}` gives no `{name}` here{help}"));
                return;
            }
        };
        if !same(expected, &found) {
            let why = decision
                .filter(|_| !row)
                .map_or(String::new(), |d| format!(" (row {}: {})", d.row, d.because));
            self.say(entry, format!("{place}: {} is {found}, expected {expected}{why}", entry.key));
        }
    }

    fn schedule(&mut self, node: &Node, line: &LineReport) {
        for entry in self.entries(node) {
            let due = line.schedule.iter().find(|d| *d.what == *entry.key);
            let expected: Vec<&str> = match (&entry.value.value, entry.value.items()) {
                (_, Some(items)) => items.iter().filter_map(Node::scalar).collect(),
                _ => entry.value.scalar().into_iter().collect(),
            };
            let found = match due {
                Some(due) => {
                    let date = |d: Option<oncorules_model::PartialDate>| {
                        d.map_or("unknown".to_string(), |d| d.to_string())
                    };
                    vec![status(due.status).to_string(), date(due.from), date(due.to)]
                }
                None => vec!["none".to_string()],
            };
            if !expected.iter().zip(&found).all(|(e, f)| e == f) {
                self.say(
                    entry,
                    format!(
                        "schedule: {} is {}, expected {}",
                        entry.key,
                        found.join(", "),
                        expected.join(", ")
                    ),
                );
            }
        }
    }

    fn prompts(&mut self, entry: &Entry, line: &LineReport, wanted: bool) {
        let ids: Vec<&str> = line.prompts.iter().map(|p| &*p.id).collect();
        for item in entry.value.items().unwrap_or_default() {
            let Some(id) = item.scalar() else { continue };
            if ids.contains(&id) != wanted {
                let what = if wanted { "is missing" } else { "should not be there" };
                self.say(
                    entry,
                    format!("the prompt `{id}` {what}; there are {}", one_of(ids.iter().copied())),
                );
            }
        }
    }

    fn drugs(&mut self, node: &Node, drugs: &[DrugReport]) {
        for entry in self.entries(node) {
            match drugs.iter().find(|d| *d.drug == *entry.key) {
                Some(drug) => {
                    for wanted in self.entries(&entry.value) {
                        self.value(wanted, &drug.decisions, &Measures::default(), &entry.key);
                    }
                }
                None => self.say(entry, format!("the report has no drug `{}`", entry.key)),
            }
        }
    }

    fn classes(&mut self, node: &Node, classes: &[DrugClassReport]) {
        for entry in self.entries(node) {
            match classes.iter().find(|c| *c.class == *entry.key) {
                Some(class) => {
                    for wanted in self.entries(&entry.value) {
                        self.value(wanted, &class.decisions, &Measures::default(), &entry.key);
                    }
                }
                None => self.say(entry, format!("the report has no class `{}`", entry.key)),
            }
        }
    }

    fn findings(&mut self, node: &Node, report: &Report, wanted: bool) {
        let codes: Vec<&str> = report.findings.iter().map(|f| &*f.code).collect();
        for item in node.items().unwrap_or_default() {
            let Some(code) = item.scalar() else { continue };
            if codes.contains(&code) != wanted {
                let what = if wanted { "is missing" } else { "should not be there" };
                self.found.push(format!(
                    "line {} of the file: the finding `{code}` {what}; there are {}",
                    item.span.line,
                    one_of(codes.iter().copied())
                ));
            }
        }
    }
}

fn status(status: DueStatus) -> &'static str {
    match status {
        DueStatus::Due => "due",
        DueStatus::Overdue => "overdue",
        DueStatus::Done => "done",
        DueStatus::Early => "early",
    }
}

/// Equal as written, or as numbers.
fn same(expected: &str, found: &str) -> bool {
    expected == found
        || matches!(
            (expected, found),
            ("true" | "yes", "true" | "yes") | ("false" | "no", "false" | "no")
        )
        || matches!((expected.parse::<Number>(), found.parse::<Number>()), (Ok(a), Ok(b)) if a == b)
}
