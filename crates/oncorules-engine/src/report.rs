//! From values to a report: every outcome with its row, its reasons and what it lacked.

use crate::course::{Course, Line};
use crate::eval::Evaluator;
use crate::run::evaluator;
use crate::state::{Hit, State};
use oncorules_model::*;
use oncorules_rules::{
    Column, Logic, Node, ObjectKind, Program, PromptRule, Row, RulesetIndex, Scope, Then, Timing,
    Value,
};
use std::sync::Arc;

/// Texts that every report repeats, made once.
pub(crate) struct Fixed {
    pub(crate) engine: Engine,
    pub(crate) rulesets: Vec<RulesetId>,
    reported: Arc<str>,
    unknown: Arc<str>,
}

impl Fixed {
    pub(crate) fn new(program: &Program) -> Self {
        Self {
            engine: Engine { name: "oncorules".into(), version: env!("CARGO_PKG_VERSION").into() },
            rulesets: program
                .rulesets
                .iter()
                .map(|r| RulesetId {
                    id: r.id.clone(),
                    version: r.version.clone(),
                    sha256: r.sha256.clone(),
                    set: Named(r.set.clone()),
                })
                .collect(),
            reported: "reported".into(),
            unknown: "unknown".into(),
        }
    }
}

pub(crate) fn report(course: &Course<'_>, states: &[State], fixed: &Fixed) -> Report {
    let lines: Vec<LineReport> = course
        .lines
        .iter()
        .zip(states)
        .enumerate()
        .map(|(index, (line, state))| {
            Builder { course, line, index: index as u32, state, fixed }.line()
        })
        .collect();
    Report {
        case: course.case.case.clone(),
        as_of: course.as_of,
        evaluator: course.case.evaluator.clone(),
        engine: fixed.engine.clone(),
        rulesets: fixed.rulesets.clone(),
        lines,
        findings: std::mem::take(&mut *course.findings.borrow_mut()),
    }
}

struct Builder<'b> {
    course: &'b Course<'b>,
    line: &'b Line,
    index: u32,
    state: &'b State,
    fixed: &'b Fixed,
}

impl<'b> Builder<'b> {
    fn evaluator(&self, ruleset: RulesetIndex, scope: Scope, object: u32) -> Option<Evaluator<'b>> {
        evaluator(self.course, self.index, self.state, ruleset, scope, object)
    }

    fn line(&self) -> LineReport {
        let program = self.course.program;
        let raw = self.course.case.lines.get(self.index as usize);
        let text = |id: u32| self.course.text(id);
        self.compare_with_reported();
        self.findings();
        self.impossible();
        let (schedule, late): (Vec<Due>, Vec<()>) =
            program.timings.iter().filter_map(|t| self.due(t)).map(|d| (d, ())).unzip();
        let _ = late;
        LineReport {
            line: self.line.number,
            regimen: self.line.regimen.map(text).or(raw.and_then(|l| l.regimen.clone())),
            started: self.line.start,
            timepoints: self.timepoints(),
            measures: self.measures(Scope::Line, self.index),
            decisions: self.decisions(Scope::Line, self.index),
            drugs: self
                .line
                .drugs
                .clone()
                .filter_map(|d| {
                    let drug = self.course.drugs.get(d as usize)?;
                    Some(DrugReport {
                        drug: drug.name.clone(),
                        class: drug.class.map(text),
                        decisions: self.decisions(Scope::Drug, d),
                    })
                })
                .collect(),
            classes: self
                .line
                .classes
                .clone()
                .filter_map(|c| {
                    let class = self.course.classes.get(c as usize)?;
                    Some(DrugClassReport {
                        class: text(class.name),
                        drugs: class
                            .drugs
                            .iter()
                            .filter_map(|d| self.course.drugs.get(*d as usize))
                            .map(|d| d.name.clone())
                            .collect(),
                        decisions: self.decisions(Scope::Class, c),
                    })
                })
                .collect(),
            schedule,
            prompts: program.prompts.iter().filter_map(|p| self.prompt(p)).collect(),
        }
    }

    fn timepoints(&self) -> Vec<TimepointReport> {
        let mut reports = vec![];
        for (at, timepoint) in self.line.timepoints.iter().enumerate() {
            let at = at as u32;
            let looked_at = |members: &crate::state::MemberTimepoints| {
                members.baseline == Some(at) || members.follow_ups.contains(&at)
            };
            if !self.state.members.iter().flatten().any(looked_at) {
                continue;
            }
            let baseline = at < self.line.before_start;
            reports.push(TimepointReport {
                date: timepoint.date,
                visit: timepoint.visit.map(|v| self.course.text(v)),
                role: if baseline { TimepointRole::Baseline } else { TimepointRole::FollowUp },
                cycle: timepoint.cycle,
                measures: self.measures(Scope::Timepoint, at),
                decisions: if baseline {
                    Decisions::default()
                } else {
                    self.decisions(Scope::Timepoint, at)
                },
            });
        }
        reports
    }

    fn looks_at(&self, ruleset: RulesetIndex, scope: Scope, object: u32) -> bool {
        scope != Scope::Timepoint
            || self
                .state
                .members(ruleset)
                .is_some_and(|m| m.baseline == Some(object) || m.follow_ups.contains(&object))
    }

    fn measures(&self, scope: Scope, object: u32) -> Measures {
        let mut by_ruleset = Measures::default();
        for (index, ruleset) in self.course.program.rulesets.iter().enumerate() {
            let index = index as RulesetIndex;
            if !self.looks_at(index, scope, object) {
                continue;
            }
            let Some(evaluator) = self.evaluator(index, scope, object) else { continue };
            let mut measures = Named::default();
            for node in self
                .course
                .program
                .nodes
                .iter()
                .filter(|n| n.ruleset == index && n.scope == scope && !n.is_decision())
            {
                let value = evaluator.scalar(evaluator.node(node, object), &node.ty);
                measures.push(node.name.clone(), MeasureValue { value, unit: node.unit.clone() });
            }
            if !measures.is_empty() {
                by_ruleset.push(ruleset.id.clone(), measures);
            }
        }
        by_ruleset
    }

    fn decisions(&self, scope: Scope, object: u32) -> Decisions {
        let mut by_ruleset = Decisions::default();
        for (index, ruleset) in self.course.program.rulesets.iter().enumerate() {
            let index = index as RulesetIndex;
            if !self.looks_at(index, scope, object) {
                continue;
            }
            let Some(evaluator) = self.evaluator(index, scope, object) else { continue };
            let mut decisions = Named::default();
            for node in self
                .course
                .program
                .nodes
                .iter()
                .filter(|n| n.ruleset == index && n.scope == scope && n.is_decision())
            {
                decisions.push(node.name.clone(), self.decision(&evaluator, node, object));
            }
            if !decisions.is_empty() {
                by_ruleset.push(ruleset.id.clone(), decisions);
            }
        }
        by_ruleset
    }

    /// A decision with its trace.
    fn decision(&self, evaluator: &Evaluator<'_>, node: &Node, object: u32) -> Decision {
        let hit =
            self.state.of(node.scope.object()).map_or(Hit::NONE, |c| c.hit(node.column, object));
        let value = evaluator.node(node, object);
        let value = match evaluator.scalar(value, &node.ty) {
            Some(Scalar::Text(code)) => Some(code),
            _ => None,
        };
        let mut decision = Decision {
            value,
            row: self.fixed.unknown.clone(),
            because: self.fixed.unknown.clone(),
            facts: Named::default(),
            sources: vec![],
            unknown: vec![],
            interpretation: None,
            layer: None,
        };
        if hit == Hit::REPORTED {
            decision.row = self.fixed.reported.clone();
            decision.because =
                "taken over from what was reported, because there is nothing to derive it from"
                    .into();
            return decision;
        }
        let at = hit.decided_by().or(hit.blocked_by());
        let row = at.and_then(|at| node.rows.get(at));
        decision.sources = row
            .filter(|r| !r.sources.is_empty())
            .map_or_else(|| node.sources.clone(), |r| r.sources.clone());
        if let Some(row) = row {
            for fact in &row.facts {
                decision.facts.push(
                    fact.name.clone(),
                    evaluator.scalar(evaluator.eval(&fact.expr), &fact.ty),
                );
            }
            decision.interpretation.clone_from(&row.interpretation);
            decision.layer.clone_from(&row.layer);
        }
        match (hit.decided_by(), row) {
            (Some(_), Some(row)) => {
                decision.row = row.id.clone();
                decision.because = match &row.because {
                    Some(because) => evaluator.fill(because),
                    None if row.written.is_empty() => "no row before it applies".into(),
                    None => self.inputs_of(node, row, &decision.facts),
                };
            }
            _ => {
                self.explain_unknown(evaluator, node, row, &mut decision);
            }
        }
        decision
    }

    /// Why a row of a table applies: the inputs that it asks about, with the codes they have.
    fn inputs_of(&self, node: &Node, row: &Row, facts: &Named<Option<Scalar>>) -> Arc<str> {
        let Logic::Table(table) = &node.logic else { return row.written.clone() };
        let cells = table.columns.iter().zip(&row.cells);
        // Cells of one code, or of any, are written as they are met.
        let as_written = |(column, cell): (&Column, &u64)| {
            cell.count_ones() <= 1 || cell.count_ones() as usize >= column.codes.len()
        };
        if cells.clone().all(as_written) {
            return row.written.clone();
        }
        let asked =
            cells.filter(|(column, cell)| (cell.count_ones() as usize) < column.codes.len());
        let met = asked.map(|(column, _)| match facts.get(&column.name) {
            Some(Some(value)) => format!("{} is {value}", column.name),
            _ => format!("{} is unknown", column.name),
        });
        met.collect::<Vec<_>>().join(", ").into()
    }

    fn explain_unknown(
        &self,
        evaluator: &Evaluator<'_>,
        node: &Node,
        row: Option<&Row>,
        decision: &mut Decision,
    ) {
        match (row, &node.logic) {
            (Some(row), _) => {
                row.when.iter().for_each(|w| evaluator.missing(w, &mut decision.unknown));
                if let Then::Take(expr) = &row.then {
                    evaluator.missing(expr, &mut decision.unknown);
                }
            }
            (None, Logic::Table(table)) => {
                table
                    .columns
                    .iter()
                    .for_each(|c| evaluator.missing(&c.expr, &mut decision.unknown));
                for column in &table.columns {
                    let scalar = evaluator
                        .scalar(evaluator.eval(&column.expr), &oncorules_rules::Type::Boolean);
                    decision.facts.push(column.name.clone(), scalar);
                }
            }
            (None, _) => {}
        }
        let lacking = if decision.unknown.is_empty() {
            "something".to_string()
        } else {
            decision.unknown.join(", ")
        };
        decision.because = match row {
            Some(row) => {
                format!("whether row {} applies is unknown, because {lacking} is not known", row.id)
                    .into()
            }
            None => format!("no row can be chosen, because {lacking} is not known").into(),
        };
    }

    /// Differences between what was derived and what was reported, and what rests on reports.
    fn compare_with_reported(&self) {
        let program = self.course.program;
        let mut taken_over: Vec<(RulesetIndex, &Arc<str>, u32)> = vec![];
        for (id, timepoint, code) in &self.line.reported {
            let (Some(node), Some(at)) =
                (program.node(*id), self.line.timepoints.get(*timepoint as usize))
            else {
                continue;
            };
            if *timepoint < self.line.before_start {
                continue;
            }
            let Some(evaluator) = self.evaluator(node.ruleset, node.scope, *timepoint) else {
                continue;
            };
            if self.state.timepoints.hit(node.column, *timepoint) == Hit::REPORTED {
                match taken_over.iter_mut().find(|(r, n, _)| *r == node.ruleset && **n == node.name)
                {
                    Some((_, _, count)) => *count += 1,
                    None => taken_over.push((node.ruleset, &node.name, 1)),
                }
                continue;
            }
            let derived = evaluator.node(node, *timepoint);
            if derived == Value::Code(*code) {
                continue;
            }
            let decision = self.decision(&evaluator, node, *timepoint);
            let reported =
                node.domain().and_then(|d| program.code(d, *code)).cloned().unwrap_or_default();
            let message = format!(
                "{}: reported {reported}, derived {} (row {}: {})",
                node.name,
                decision.value.as_deref().unwrap_or("unknown"),
                decision.row,
                decision.because
            );
            self.find("reported-differs", message, node.ruleset, Some(at.date));
        }
        for (ruleset, name, count) in taken_over {
            self.find(
                "reported-used",
                format!(
                    "{name} rests on what was reported at {count} assessments without measurements"
                ),
                ruleset,
                None,
            );
        }
    }

    fn find(&self, code: &str, message: String, ruleset: RulesetIndex, date: Option<PartialDate>) {
        let ruleset = self.course.program.rulesets.get(usize::from(ruleset)).map(|r| r.id.clone());
        let finding = Finding {
            code: code.into(),
            message: message.into(),
            line: Some(self.line.number),
            date,
            ruleset,
        };
        self.course.findings.borrow_mut().push(finding);
    }

    /// Findings that the rulesets themselves look for.
    fn findings(&self) {
        for rule in &self.course.program.findings {
            let objects: Vec<(u32, Option<PartialDate>)> = match rule.scope {
                Scope::Line => vec![(self.index, None)],
                _ => {
                    let Some(members) = self.state.members(rule.ruleset) else { continue };
                    let n = self.line.lesions.len() as u32;
                    let timepoints =
                        members.baseline.into_iter().chain(members.follow_ups.iter().copied());
                    let dated = timepoints
                        .filter_map(|t| Some((t, self.line.timepoints.get(t as usize)?.date)));
                    match rule.scope {
                        Scope::Lesion => dated
                            .flat_map(|(t, date)| (0..n).map(move |l| (t * n + l, Some(date))))
                            .collect(),
                        _ => dated.map(|(t, date)| (t, Some(date))).collect(),
                    }
                }
            };
            for (object, date) in objects {
                let Some(evaluator) = self.evaluator(rule.ruleset, rule.scope, object) else {
                    continue;
                };
                if evaluator.eval(&rule.when) == Value::Bool(true) {
                    self.find(
                        &rule.name,
                        evaluator.fill(&rule.message).to_string(),
                        rule.ruleset,
                        date,
                    );
                }
            }
        }
    }

    /// Combinations that a table says cannot occur, where a case has one all the same.
    fn impossible(&self) {
        for node in &self.course.program.nodes {
            let Logic::Table(table) = &node.logic else { continue };
            if table.impossible.is_empty() {
                continue;
            }
            let objects: Vec<(u32, Option<PartialDate>)> = match node.scope {
                Scope::Line => vec![(self.index, None)],
                Scope::Timepoint => {
                    let Some(members) = self.state.members(node.ruleset) else { continue };
                    let date = |t: &u32| self.line.timepoints.get(*t as usize).map(|t| t.date);
                    members.follow_ups.iter().map(|t| (*t, date(t))).collect()
                }
                _ => continue,
            };
            for (object, date) in objects {
                let Some(evaluator) = self.evaluator(node.ruleset, node.scope, object) else {
                    continue;
                };
                let codes: Option<Vec<u16>> = table
                    .columns
                    .iter()
                    .map(|column| match evaluator.eval(&column.expr) {
                        Value::Code(code) => Some(code),
                        Value::Bool(b) => Some(u16::from(b)),
                        _ => None,
                    })
                    .collect();
                let Some(codes) = codes else { continue };
                let meant = |cells: &[u64]| {
                    cells.iter().zip(&codes).all(|(cell, code)| cell >> code & 1 == 1)
                };
                let Some(entry) = table.impossible.iter().find(|i| meant(&i.cells)) else {
                    continue;
                };
                let shown: Vec<String> = table
                    .columns
                    .iter()
                    .zip(&codes)
                    .map(|(column, code)| {
                        let code = column.codes.get(usize::from(*code)).map_or("?", |c| c);
                        format!("{} is {code}", column.name)
                    })
                    .collect();
                let message = format!(
                    "{}: {}, which cannot occur: {}",
                    node.name,
                    shown.join(", "),
                    entry.because
                );
                self.find("impossible-combination", message, node.ruleset, date);
            }
        }
    }

    fn due(&self, timing: &Timing) -> Option<Due> {
        let evaluator = self.evaluator(timing.ruleset, Scope::Line, self.index)?;
        let applies =
            timing.when.as_ref().is_none_or(|when| evaluator.eval(when) == Value::Bool(true));
        if !applies {
            return None;
        }
        let date = |expr| match evaluator.eval(expr) {
            Value::Date(date) => Some(date),
            _ => None,
        };
        let (from, to) = (date(&timing.from), date(&timing.to));
        let done = timing.done.as_ref().and_then(date);
        let limit = timing.overdue_after.as_ref().and_then(date).or(to);
        let ruleset = self.course.program.rulesets.get(usize::from(timing.ruleset))?.id.clone();
        let status = match (done, from, self.course.as_of) {
            (Some(_), ..) => DueStatus::Done,
            (None, Some(from), Some(as_of)) if as_of.is_before(from) == Some(true) => {
                DueStatus::Early
            }
            (None, Some(_), Some(as_of))
                if limit.is_some_and(|l| l.is_before(as_of) == Some(true)) =>
            {
                DueStatus::Overdue
            }
            (None, Some(_), _) => DueStatus::Due,
            (None, None, _) => {
                let mut missing = vec![];
                evaluator.missing(&timing.from, &mut missing);
                let message = format!(
                    "{} cannot be scheduled, because {} is missing",
                    timing.name,
                    if missing.is_empty() { "a date".into() } else { missing.join(", ") }
                );
                self.find("not-scheduled", message, timing.ruleset, None);
                return None;
            }
        };
        let summary = timing.summary.as_ref().map(|t| evaluator.fill(t));
        Some(Due { what: timing.name.clone(), ruleset, from, to, status, done, summary })
    }

    fn prompt(&self, rule: &PromptRule) -> Option<Prompt> {
        let evaluator = self.evaluator(rule.ruleset, Scope::Line, self.index)?;
        if evaluator.eval(&rule.when) != Value::Bool(true) {
            return None;
        }
        let ruleset = self.course.program.rulesets.get(usize::from(rule.ruleset))?.id.clone();
        Some(Prompt {
            id: rule.name.clone(),
            ruleset,
            level: rule.level,
            summary: evaluator.fill(&rule.summary),
            detail: evaluator.fill(&rule.detail),
            patient: rule.patient.as_ref().map(|t| evaluator.fill(t)),
            options: rule.options.iter().filter_map(|o| evaluator.fill_known(o)).collect(),
            sources: rule.sources.clone(),
            unknown: vec![],
        })
    }
}

/// What the rulesets of a program say their decisions mean.
pub(crate) fn glossary(program: &Program) -> Glossary {
    let mut glossary = Glossary::default();
    for (index, ruleset) in program.rulesets.iter().enumerate() {
        let mut decisions = Named::default();
        for node in program.nodes.iter().filter(|n| {
            usize::from(n.ruleset) == index
                && n.is_decision()
                && n.scope.object() != ObjectKind::Lesion
        }) {
            decisions.push(node.name.clone(), node.texts.clone());
        }
        glossary.push(ruleset.id.clone(), decisions);
    }
    glossary
}
