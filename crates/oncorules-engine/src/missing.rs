//! What was missing: the recorded facts whose absence made something unknown.

use crate::eval::{Evaluator, Slots};
use crate::facts::kind_of;
use oncorules_rules::*;
use std::sync::Arc;

/// At most so many are named.
const MOST: usize = 12;
/// So far down is looked.
const DEEPEST: usize = 8;

impl Evaluator<'_> {
    /// The facts that make an expression unknown.
    pub(crate) fn missing(&self, expr: &Expr, into: &mut Vec<Arc<str>>) {
        self.missing_in(expr, &mut [0; MAX_CLOSURES], into, 0);
    }

    fn name(&self, what: &str, into: &mut Vec<Arc<str>>) {
        if into.len() < MOST && !into.iter().any(|n| **n == *what) {
            into.push(what.into());
        }
    }

    fn missing_in(&self, expr: &Expr, slots: &mut Slots, into: &mut Vec<Arc<str>>, depth: usize) {
        if depth > DEEPEST || into.len() >= MOST || self.eval_with(expr, slots).is_known() {
            return;
        }
        match expr {
            Expr::Fact(fact, of) => {
                let word = FACTS.iter().find(|f| f.fact == *fact).map_or("", |f| f.name);
                match self.resolve(of, kind_of(*fact), slots) {
                    Some(object) => {
                        let owner = self.owner(kind_of(*fact), object);
                        self.name(&format!("{owner}{word}"), into);
                    }
                    None => self.name(word, into),
                }
            }
            Expr::Observation(id, part, _) => {
                let name =
                    self.course.program.observations.get(usize::from(*id)).map_or("", |o| &*o.name);
                match part {
                    ObservationPart::Value => self.name(name, into),
                    ObservationPart::UpperLimit => {
                        self.name(&format!("upper limit of {name}"), into)
                    }
                    ObservationPart::LowerLimit => {
                        self.name(&format!("lower limit of {name}"), into)
                    }
                }
            }
            Expr::Node(id, of) => {
                let Some(node) = self.course.program.node(*id) else { return };
                match self.resolve(of, node.scope.object(), slots) {
                    Some(object) => self.missing_of(node, object, into, depth),
                    None => self.name(&node.name, into),
                }
            }
            Expr::Temporal(temporal, series, _) => {
                let name: Arc<str> = match series {
                    Series::Node(id) => {
                        self.course.program.node(*id).map(|n| n.name.clone()).unwrap_or_default()
                    }
                    Series::Observation(id, _) => self
                        .course
                        .program
                        .observations
                        .get(usize::from(*id))
                        .map(|o| o.name.clone())
                        .unwrap_or_default(),
                };
                self.name(&format!("{}({name})", temporal.word()), into);
            }
            Expr::Not(a)
            | Expr::Negate(a)
            | Expr::Absolute(a)
            | Expr::Known(a)
            | Expr::CodeIn(a, _)
            | Expr::TextIn(a, _)
            | Expr::Recode(a, _)
            | Expr::CodeText(a, _) => {
                self.missing_in(a, slots, into, depth);
            }
            Expr::And(parts)
            | Expr::Or(parts)
            | Expr::Smallest(parts)
            | Expr::Largest(parts)
            | Expr::EarliestKnown(parts)
            | Expr::LatestKnown(parts)
            | Expr::Coalesce(parts)
            | Expr::Script(_, parts) => {
                parts.iter().for_each(|p| self.missing_in(p, slots, into, depth))
            }
            Expr::Compare(_, a, b)
            | Expr::Arithmetic(_, a, b)
            | Expr::DatePlus(a, b, _)
            | Expr::PercentChange(a, b)
            | Expr::DaysBetween(a, b) => {
                let before = into.len();
                for part in [a, b] {
                    self.missing_in(part, slots, into, depth);
                }
                // Both are there: then it is dates that are not exact enough.
                if into.len() == before {
                    for part in [a, b] {
                        self.inexact_in(part, slots, into);
                    }
                }
            }
            Expr::RisesBy(a, b, c) | Expr::FallsBy(a, b, c) => {
                for part in [a, b, c] {
                    self.missing_in(part, slots, into, depth);
                }
            }
            Expr::If(c, a, b) => {
                self.missing_in(c, slots, into, depth);
                match self.eval_with(c, slots) {
                    Value::Bool(true) => self.missing_in(a, slots, into, depth),
                    Value::Bool(false) => self.missing_in(b, slots, into, depth),
                    _ => {}
                }
            }
            Expr::Aggregate(_, collection, closure) => {
                let before = into.len();
                let mut found = vec![];
                let known = self.members(collection, slots, &mut |object, slots| {
                    for part in collection.filters.iter().chain(closure.as_deref()) {
                        if let Some(slot) = slots.get_mut(usize::from(part.slot)) {
                            *slot = object;
                        }
                        self.missing_in(&part.body, slots, &mut found, depth + 1);
                    }
                    true
                });
                for name in found {
                    self.name(&name, into);
                }
                if known.is_none() || into.len() == before {
                    let word = COLLECTIONS
                        .iter()
                        .find(|c| c.members == collection.members)
                        .map_or("timepoints", |c| c.name);
                    if known.is_none() {
                        self.name(word, into);
                    }
                }
            }
            Expr::Constant(_) | Expr::Parameter(..) | Expr::Object(_) => {}
        }
    }

    /// The date of an expression whose month or day is not known.
    fn inexact_in(&self, expr: &Expr, slots: &mut Slots, into: &mut Vec<Arc<str>>) {
        let Value::Date(date) = self.eval_with(expr, slots) else { return };
        if date.is_exact() {
            return;
        }
        let what = match expr {
            Expr::Fact(fact, of) => {
                let word = FACTS.iter().find(|f| f.fact == *fact).map_or("date", |f| f.name);
                let owner = self.resolve(of, kind_of(*fact), slots);
                let owner = owner.map(|o| self.owner(kind_of(*fact), o)).unwrap_or_default();
                format!("{owner}{word}")
            }
            Expr::Node(id, _) => {
                self.course.program.node(*id).map_or("date".into(), |n| n.name.to_string())
            }
            Expr::DatePlus(date, ..) => return self.inexact_in(date, slots, into),
            _ => "date".into(),
        };
        self.name(&format!("the day of {what} ({date})"), into);
    }

    /// What a measure or decision lacks; a decision without a code of its own for that is named
    /// itself.
    fn missing_of(&self, node: &Node, object: u32, into: &mut Vec<Arc<str>>, depth: usize) {
        let inner = Evaluator {
            course: self.course,
            line: self.line,
            line_index: self.line_index,
            state: self.state,
            ruleset: node.ruleset,
            scope: node.scope,
            object,
        };
        let before = into.len();
        match &node.logic {
            Logic::Measure(expr) => inner.missing_in(expr, &mut [0; MAX_CLOSURES], into, depth + 1),
            Logic::Rows => {
                for row in &node.rows {
                    if let Some(when) = &row.when {
                        inner.missing_in(when, &mut [0; MAX_CLOSURES], into, depth + 1);
                    }
                }
            }
            Logic::Table(table) => {
                for column in &table.columns {
                    inner.missing_in(&column.expr, &mut [0; MAX_CLOSURES], into, depth + 1);
                }
            }
        }
        if into.len() == before {
            self.name(&node.name, into);
        }
    }

    /// `T2.` for a lesion, `ca125.` for a marker.
    fn owner(&self, kind: ObjectKind, object: u32) -> String {
        match kind {
            ObjectKind::Lesion => {
                self.lesion(object).map(|l| format!("{}.", l.id)).unwrap_or_default()
            }
            ObjectKind::Line => "line.".into(),
            ObjectKind::Drug => self
                .course
                .drugs
                .get(object as usize)
                .map(|d| format!("{}.", d.name))
                .unwrap_or_default(),
            ObjectKind::Marker => {
                let n = self.line.markers.len().max(1);
                self.line
                    .markers
                    .get(object as usize % n)
                    .map(|m| format!("{}.", self.course.text(*m)))
                    .unwrap_or_default()
            }
            _ => String::new(),
        }
    }
}
