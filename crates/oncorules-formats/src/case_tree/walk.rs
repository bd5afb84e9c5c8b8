//! From the tree of a file to a case, key by key.

use crate::validate::{Step, validate};
use oncorules_model::{
    Assessment, Case, CodedDisease, Disease, DrugCourse, DrugGiven, Intent, LesionRecord,
    LesionStatus, PartialDate, RangedObservation, Reported, Role, SideEffect, SourceNote,
    StopReason, TherapyLine,
};
use oncorules_source::yaml::{Entry, Node, Value};
use oncorules_source::{Diagnostic, Diagnostics, SourceFile};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A walk over the tree of one case, with what was found wrong on the way.
///
/// What cannot be read is left out or stands as a placeholder that no check objects to: the case
/// is thrown away then, but the rest of it is still checked.
pub(crate) struct Walk<'a> {
    pub(super) file: &'a SourceFile,
    pub(super) wrong: Diagnostics,
}

/// Stands for a text that could not be read: a sign for private use, which nobody writes.
const PLACEHOLDER: &str = "\u{F8FF}";

const CASE: &[&str] = &[
    "case",
    "disease",
    "lines",
    "assessments",
    "side_effects",
    "died",
    "last_known_alive",
    "evaluator",
    "source_notes",
];
const LINE: &[&str] =
    &["regimen", "drugs", "intent", "cycles", "cycle_length", "started", "ended", "stopped_for"];
const DRUG: &[&str] = &["drug", "first_dose", "last_dose", "stopped_for", "route"];
const ASSESSMENT: &[&str] = &["date", "visit", "lesions", "observations", "reported"];
const LESION: &[&str] = &[
    "id",
    "role",
    "site",
    "node",
    "longest_diameter",
    "short_axis",
    "status",
    "method",
    "split_from",
    "merged_into",
];
const SIDE_EFFECT: &[&str] = &["term", "grade", "from", "to", "drug"];

impl<'a> Walk<'a> {
    pub(super) fn new(file: &'a SourceFile) -> Self {
        Self { file, wrong: Diagnostics::new() }
    }

    pub(super) fn case(&mut self, node: &Node) -> Case {
        let mut case = Case {
            case: Arc::from(PLACEHOLDER),
            disease: None,
            lines: vec![],
            assessments: vec![],
            side_effects: vec![],
            died: None,
            last_known_alive: None,
            evaluator: None,
            source_notes: vec![],
        };
        let entries = self.fields(node, "a case", CASE);
        self.need(node, entries, "case", "a case");
        for Entry { key, value, .. } in given(entries) {
            match key.as_str() {
                "case" => case.case = self.text(value, "the id of the case").unwrap_or(case.case),
                "disease" => case.disease = self.disease(value),
                "lines" => {
                    let items = self.list(value, "lines of therapy");
                    case.lines = items.iter().map(|n| self.line(n)).collect();
                }
                "assessments" => {
                    let items = self.list(value, "assessments");
                    case.assessments = items.iter().map(|n| self.assessment(n)).collect();
                }
                "side_effects" => {
                    let items = self.list(value, "side effects");
                    case.side_effects = items.iter().map(|n| self.side_effect(n)).collect();
                }
                "died" => case.died = self.date(value),
                "last_known_alive" => case.last_known_alive = self.date(value),
                "evaluator" => case.evaluator = self.text(value, "the name of an evaluator"),
                "source_notes" => {
                    let items = self.list(value, "notes");
                    case.source_notes = items.iter().map(|n| self.source_note(n)).collect();
                }
                _ => {}
            }
        }
        case
    }

    /// What no case may say, at the places where this one says it.
    pub(super) fn check(&mut self, case: &Case, root: &Node) {
        for violation in validate(case) {
            let span = stand(root, &violation.path);
            self.wrong.push(
                Diagnostic::error(violation.code, violation.message)
                    .at(self.file, span, "")
                    .help_opt(violation.help),
            );
        }
    }

    /// Says where a key is missing that must be there.
    fn need(&mut self, node: &Node, entries: &[Entry], key: &str, what: &str) {
        if node.entries().is_none() || given(entries).any(|e| e.key == key) {
            return;
        }
        let span = entries.first().map_or(node.span, |e| e.key_span);
        let message = format!("{what} needs the key `{key}`");
        self.wrong.push(Diagnostic::error("missing-key", message).at(self.file, span, ""));
    }

    fn disease(&mut self, node: &Node) -> Option<Disease> {
        if node.scalar().is_some() {
            return self.text(node, "a disease").map(Disease::Name);
        }
        let mut coded = CodedDisease { name: None, code: None, system: None };
        for Entry { key, value, .. } in
            given(self.fields(node, "a disease", &["name", "code", "system"]))
        {
            match key.as_str() {
                "name" => coded.name = self.text(value, "a name"),
                "code" => coded.code = self.text(value, "a code"),
                "system" => coded.system = self.text(value, "a code system"),
                _ => {}
            }
        }
        Some(Disease::Coded(coded))
    }

    fn line(&mut self, node: &Node) -> TherapyLine {
        let mut line = TherapyLine::default();
        for Entry { key, value, .. } in given(self.fields(node, "a line of therapy", LINE)) {
            match key.as_str() {
                "regimen" => line.regimen = self.text(value, "a regimen"),
                "drugs" => {
                    let items = self.list(value, "drugs");
                    line.drugs = items.iter().filter_map(|n| self.drug(n)).collect();
                }
                "intent" => line.intent = self.word(value, "an intent", &Intent::WORDS),
                "cycles" => {
                    // One unreadable day would shift the others; then none is checked further.
                    let items = self.list(value, "dates");
                    let days: Vec<_> = items.iter().map(|n| self.date(n)).collect();
                    line.cycles = days.into_iter().collect::<Option<_>>().unwrap_or_default();
                }
                "cycle_length" => line.cycle_length = self.quantity(value, "the length of a cycle"),
                "started" => line.started = self.date(value),
                "ended" => line.ended = self.date(value),
                "stopped_for" => line.stopped_for = self.stop_reason(value),
                _ => {}
            }
        }
        line
    }

    fn stop_reason(&mut self, node: &Node) -> Option<StopReason> {
        self.word(node, "why it was stopped", &StopReason::WORDS)
    }

    fn drug(&mut self, node: &Node) -> Option<DrugGiven> {
        if node.scalar().is_some() {
            return self.text(node, "a drug").map(DrugGiven::Name);
        }
        let mut course = DrugCourse {
            drug: Arc::from(PLACEHOLDER),
            first_dose: None,
            last_dose: None,
            stopped_for: None,
            route: None,
        };
        let entries = self.fields(node, "a drug", DRUG);
        self.need(node, entries, "drug", "a drug");
        for Entry { key, value, .. } in given(entries) {
            match key.as_str() {
                "drug" => course.drug = self.text(value, "a drug").unwrap_or(course.drug),
                "first_dose" => course.first_dose = self.date(value),
                "last_dose" => course.last_dose = self.date(value),
                "stopped_for" => course.stopped_for = self.stop_reason(value),
                "route" => course.route = self.text(value, "a route"),
                _ => {}
            }
        }
        Some(DrugGiven::Course(course))
    }

    fn assessment(&mut self, node: &Node) -> Assessment {
        let mut assessment = Assessment {
            date: PartialDate::from_epoch_day(0),
            visit: None,
            lesions: None,
            observations: BTreeMap::new(),
            reported: BTreeMap::new(),
        };
        let entries = self.fields(node, "an assessment", ASSESSMENT);
        self.need(node, entries, "date", "an assessment");
        for Entry { key, value, .. } in given(entries) {
            match key.as_str() {
                "date" => assessment.date = self.date(value).unwrap_or(assessment.date),
                "visit" => assessment.visit = self.text(value, "the name of a visit"),
                "lesions" => {
                    let items = self.list(value, "lesions");
                    assessment.lesions =
                        Some(items.iter().enumerate().map(|(i, n)| self.lesion(n, i)).collect());
                }
                "observations" => {
                    for e in self.named(value, "observations") {
                        if let Some(observation) = self.observation(&e.value, &e.key) {
                            assessment.observations.insert(e.key.as_str().into(), observation);
                        }
                    }
                }
                "reported" => {
                    for e in self.named(value, "reported responses") {
                        if let Some(reported) = self.reported(&e.value) {
                            assessment.reported.insert(e.key.as_str().into(), reported);
                        }
                    }
                }
                _ => {}
            }
        }
        assessment
    }

    fn reported(&mut self, node: &Node) -> Option<Reported> {
        if let Value::Map(entries) = &node.value {
            let mut codes = BTreeMap::new();
            for entry in entries {
                if let Some(code) = self.text(&entry.value, "a code such as `PR`") {
                    codes.insert(entry.key.as_str().into(), code);
                }
            }
            return Some(Reported::Ruleset(codes));
        }
        self.text(node, "a code such as `PR`, or codes by decision").map(Reported::Code)
    }

    fn lesion(&mut self, node: &Node, index: usize) -> LesionRecord {
        let mut lesion =
            LesionRecord { id: format!("{PLACEHOLDER}{index}").into(), ..LesionRecord::default() };
        let entries = self.fields(node, "a lesion", LESION);
        self.need(node, entries, "id", "a lesion");
        for Entry { key, value, .. } in given(entries) {
            match key.as_str() {
                "id" => lesion.id = self.text(value, "the id of the lesion").unwrap_or(lesion.id),
                "role" => lesion.role = self.word(value, "a role", &Role::WORDS),
                "site" => lesion.site = self.text(value, "a site"),
                "node" => lesion.node = self.flag(value),
                "longest_diameter" => lesion.longest_diameter = self.measurement(value),
                "short_axis" => lesion.short_axis = self.measurement(value),
                "status" => lesion.status = self.word(value, "a status", &LesionStatus::WORDS),
                "method" => lesion.method = self.text(value, "a method"),
                "split_from" => lesion.split_from = self.text(value, "the id of a lesion"),
                "merged_into" => lesion.merged_into = self.text(value, "the id of a lesion"),
                _ => {}
            }
        }
        lesion
    }

    pub(super) fn ranged(&mut self, node: &Node) -> Option<RangedObservation> {
        let keys = &["value", "upper_limit", "lower_limit"];
        let entries = self.fields(node, "an observation with limits", keys);
        self.need(node, entries, "value", "an observation with limits");
        let (mut value, mut upper_limit, mut lower_limit) = (None, None, None);
        for Entry { key, value: node, .. } in given(entries) {
            match key.as_str() {
                "value" => value = self.quantity(node, "a value"),
                "upper_limit" => upper_limit = self.quantity(node, "an upper limit"),
                "lower_limit" => lower_limit = self.quantity(node, "a lower limit"),
                _ => {}
            }
        }
        Some(RangedObservation { value: value?, upper_limit, lower_limit })
    }

    fn side_effect(&mut self, node: &Node) -> SideEffect {
        let mut effect =
            SideEffect { term: Arc::from(PLACEHOLDER), grade: 1, from: None, to: None, drug: None };
        let entries = self.fields(node, "a side effect", SIDE_EFFECT);
        self.need(node, entries, "term", "a side effect");
        self.need(node, entries, "grade", "a side effect");
        for Entry { key, value, .. } in given(entries) {
            match key.as_str() {
                "term" => effect.term = self.text(value, "a side effect").unwrap_or(effect.term),
                "grade" => {
                    let grade = self.number_in(value, "a grade from 1 to 5");
                    effect.grade = grade.unwrap_or(effect.grade);
                }
                "from" => effect.from = self.date(value),
                "to" => effect.to = self.date(value),
                "drug" => effect.drug = self.text(value, "a drug"),
                _ => {}
            }
        }
        effect
    }

    fn source_note(&mut self, node: &Node) -> SourceNote {
        let mut note = SourceNote { code: Arc::from(""), message: String::new(), date: None };
        let entries = self.fields(node, "a source note", &["code", "message", "date"]);
        self.need(node, entries, "code", "a source note");
        self.need(node, entries, "message", "a source note");
        for Entry { key, value, .. } in given(entries) {
            match key.as_str() {
                "code" => note.code = self.text(value, "a code").unwrap_or(note.code),
                "message" => {
                    note.message =
                        self.text(value, "a message").map(|t| t.to_string()).unwrap_or_default();
                }
                "date" => note.date = self.date(value),
                _ => {}
            }
        }
        note
    }
}

/// The entries that say something; an empty value is as good as none.
fn given(entries: &[Entry]) -> impl Iterator<Item = &Entry> {
    entries.iter().filter(|e| e.value.value != Value::Null)
}

/// Where the value at the end of `path` stands, or the nearest thing around it.
fn stand(root: &Node, path: &[Step]) -> oncorules_source::Span {
    let mut node = root;
    for step in path {
        let next = match step {
            Step::Key(key) => node.get(key),
            Step::Item(index) => node.items().and_then(|items| items.get(*index)),
        };
        match next {
            Some(next) => node = next,
            None => break,
        }
    }
    node.span
}
