//! Evaluating expressions: three-valued, exact, without side effects.

use crate::course::{Course, Lesion, Line};
use crate::facts::kind_of;
use crate::run;
use crate::state::State;
use oncorules_model::{Number, PartialDate};
use oncorules_rules::*;
use std::cmp::Ordering;

/// So many failed calls of functions are let pass in one case.
const MOST_FAILED_SCRIPTS: u32 = 20;

/// Everything that an expression can look at.
#[derive(Clone, Copy)]
pub(crate) struct Evaluator<'e> {
    pub(crate) course: &'e Course<'e>,
    pub(crate) line: &'e Line,
    pub(crate) line_index: u32,
    pub(crate) state: &'e State,
    /// The ruleset whose rule is evaluated.
    pub(crate) ruleset: RulesetIndex,
    /// The object that the rule is about, and the timepoint around it.
    pub(crate) scope: Scope,
    pub(crate) object: u32,
}

/// The variables of closures.
pub(crate) type Slots = [u32; MAX_CLOSURES];

impl<'e> Evaluator<'e> {
    /// The lesion of a sighting.
    #[inline]
    pub(crate) fn lesion(&self, object: u32) -> Option<&'e Lesion> {
        let n = self.line.lesions.len();
        if n == 0 {
            return None;
        }
        self.line.lesions.get(object as usize % n)
    }

    /// The object of a kind that encloses the rule's own.
    #[inline]
    fn current(&self, kind: ObjectKind) -> Option<u32> {
        match (kind, self.scope) {
            (ObjectKind::Line, _) => Some(self.line_index),
            (ObjectKind::Timepoint, Scope::Lesion) => {
                let n = self.line.lesions.len() as u32;
                (n > 0).then(|| self.object / n)
            }
            (kind, scope) if scope.object() == kind => Some(self.object),
            _ => None,
        }
    }

    #[inline]
    pub(crate) fn resolve(
        &self,
        of: &ObjectRef,
        kind: ObjectKind,
        slots: &mut Slots,
    ) -> Option<u32> {
        match of {
            ObjectRef::Current => self.current(kind),
            ObjectRef::Variable(slot) => slots.get(usize::from(*slot)).copied(),
            ObjectRef::Of(expr) => match self.eval_with(expr, slots) {
                Value::Object(object) => Some(object),
                _ => None,
            },
        }
    }

    /// The value of an expression without variables.
    pub(crate) fn eval(&self, expr: &Expr) -> Value {
        self.eval_with(expr, &mut [0; MAX_CLOSURES])
    }

    pub(crate) fn eval_with(&self, expr: &Expr, slots: &mut Slots) -> Value {
        match expr {
            Expr::Constant(value) | Expr::Parameter(value, _) => *value,
            Expr::Object(of) => match of {
                ObjectRef::Current => Value::Object(self.object),
                other => self
                    .resolve(other, self.scope.object(), slots)
                    .map_or(Value::Unknown, Value::Object),
            },
            Expr::Fact(fact, of) => match self.resolve(of, kind_of(*fact), slots) {
                Some(object) => self.fact(*fact, object),
                None => Value::Unknown,
            },
            Expr::Observation(id, part, of) => match self.resolve(of, ObjectKind::Timepoint, slots)
            {
                Some(timepoint) => self.observation(*id, *part, timepoint),
                None => Value::Unknown,
            },
            Expr::Node(id, of) => {
                let Some(node) = self.course.program.node(*id) else { return Value::Unknown };
                if node.scope == Scope::Lesion {
                    let object = self.resolve(of, ObjectKind::Lesion, slots);
                    return object.map_or(Value::Unknown, |o| self.lesion_node(*id, node, o));
                }
                match self.resolve(of, node.scope.object(), slots) {
                    Some(object) => self.node(node, object),
                    None => Value::Unknown,
                }
            }
            Expr::Temporal(temporal, series, of) => self.temporal(*temporal, series, of, slots),
            Expr::Not(a) => match self.eval_with(a, slots) {
                Value::Bool(b) => Value::Bool(!b),
                _ => Value::Unknown,
            },
            Expr::And(parts) => {
                let mut result = Value::Bool(true);
                for part in parts {
                    match self.eval_with(part, slots) {
                        Value::Bool(false) => return Value::Bool(false),
                        Value::Bool(true) => {}
                        _ => result = Value::Unknown,
                    }
                }
                result
            }
            Expr::Or(parts) => {
                let mut result = Value::Bool(false);
                for part in parts {
                    match self.eval_with(part, slots) {
                        Value::Bool(true) => return Value::Bool(true),
                        Value::Bool(false) => {}
                        _ => result = Value::Unknown,
                    }
                }
                result
            }
            Expr::Compare(comparison, a, b) => {
                compare(*comparison, self.eval_with(a, slots), self.eval_with(b, slots))
            }
            Expr::CodeIn(a, codes) => match self.eval_with(a, slots) {
                Value::Code(code) => Value::Bool(codes.contains(&code)),
                _ => Value::Unknown,
            },
            Expr::TextIn(a, texts) => match self.eval_with(a, slots) {
                Value::Text(text) => Value::Bool(texts.contains(&text)),
                _ => Value::Unknown,
            },
            Expr::Arithmetic(how, a, b) => {
                arithmetic(*how, self.eval_with(a, slots), self.eval_with(b, slots))
            }
            Expr::PercentChange(a, b) => {
                percent_change(self.eval_with(a, slots), self.eval_with(b, slots))
            }
            Expr::RisesBy(from, to, by) | Expr::FallsBy(from, to, by) => {
                let (from, to) = (self.eval_with(from, slots), self.eval_with(to, slots));
                let by = self.eval_with(by, slots);
                moved(from, to, by, matches!(expr, Expr::FallsBy(..)))
            }
            Expr::DatePlus(date, days, back) => {
                match (self.eval_with(date, slots), self.eval_with(days, slots)) {
                    (Value::Date(date), Value::Number(days)) => {
                        let days = days.as_whole().and_then(|d| i32::try_from(d).ok());
                        let days = days.and_then(|d| if *back { d.checked_neg() } else { Some(d) });
                        days.and_then(|d| date.plus_days(d)).map_or(Value::Unknown, Value::Date)
                    }
                    _ => Value::Unknown,
                }
            }
            Expr::Negate(a) => number(self.eval_with(a, slots), Number::negated),
            Expr::Absolute(a) => number(self.eval_with(a, slots), Number::absolute),
            Expr::DaysBetween(a, b) => match (self.eval_with(a, slots), self.eval_with(b, slots)) {
                (Value::Date(a), Value::Date(b)) => {
                    a.days_until(b).map_or(Value::Unknown, |d| Value::Number(Number::from(d)))
                }
                _ => Value::Unknown,
            },
            Expr::Smallest(parts) => self.extreme(parts, slots, Ordering::Less),
            Expr::Largest(parts) => self.extreme(parts, slots, Ordering::Greater),
            Expr::EarliestKnown(parts) => self.known_date(parts, slots, Ordering::Less),
            Expr::LatestKnown(parts) => self.known_date(parts, slots, Ordering::Greater),
            Expr::Known(a) => Value::Bool(self.eval_with(a, slots).is_known()),
            Expr::Coalesce(parts) => parts
                .iter()
                .map(|p| self.eval_with(p, slots))
                .find(|v| v.is_known())
                .unwrap_or(Value::Unknown),
            Expr::If(condition, yes, no) => match self.eval_with(condition, slots) {
                Value::Bool(true) => self.eval_with(yes, slots),
                Value::Bool(false) => self.eval_with(no, slots),
                // Where both ways lead to the same, the condition need not be known.
                _ => {
                    let (yes, no) = (self.eval_with(yes, slots), self.eval_with(no, slots));
                    if yes == no { yes } else { Value::Unknown }
                }
            },
            Expr::Aggregate(aggregate, collection, closure) => {
                self.aggregate(*aggregate, collection, closure.as_deref(), slots)
            }
            Expr::Recode(a, map) => match self.eval_with(a, slots) {
                Value::Code(code) => map
                    .get(usize::from(code))
                    .copied()
                    .flatten()
                    .map_or(Value::Unknown, Value::Code),
                _ => Value::Unknown,
            },
            Expr::CodeText(a, domain) => match self.eval_with(a, slots) {
                Value::Code(code) => match self.course.program.code(*domain, code) {
                    Some(text) => Value::Text(self.course.intern(text)),
                    None => Value::Unknown,
                },
                _ => Value::Unknown,
            },
            Expr::Script(id, arguments) => {
                // What fails so often fails always; an endless script must not run for every lesion.
                if self.course.scripts_failed.get() >= MOST_FAILED_SCRIPTS {
                    return Value::Unknown;
                }
                let values: Vec<Value> =
                    arguments.iter().map(|a| self.eval_with(a, slots)).collect();
                self.course.program.scripts.call(
                    *id,
                    &values,
                    &|text| self.course.text(text),
                    &mut |text| self.course.intern(text),
                    &mut |error| {
                        self.course.scripts_failed.set(self.course.scripts_failed.get() + 1);
                        self.course.find("script-failed", error, Some(self.line.number), None)
                    },
                )
            }
        }
    }

    #[inline]
    pub(crate) fn node(&self, node: &Node, object: u32) -> Value {
        self.state.of(node.scope.object()).map_or(Value::Unknown, |c| c.get(node.column, object))
    }

    /// The value of a measure or decision of a lesion, which is computed when it is first asked for.
    pub(crate) fn lesion_node(&self, id: NodeId, node: &Node, object: u32) -> Value {
        if self.make_ready(id, node) {
            return self.node(node, object);
        }
        // Which timepoints the ruleset looks at is being found out just now.
        let evaluator = Evaluator { ruleset: node.ruleset, scope: Scope::Lesion, object, ..*self };
        run::decide(&evaluator, node).0
    }

    /// Computes a node of lesions for all of them; false where that cannot be done yet.
    #[inline]
    pub(crate) fn make_ready(&self, id: NodeId, node: &Node) -> bool {
        self.state.lesions.is_ready(node.column)
            || run::run_for_lesions(self.course, self.line_index, id, self.state)
    }

    #[inline]
    pub(crate) fn observation(
        &self,
        id: ObservationId,
        part: ObservationPart,
        timepoint: u32,
    ) -> Value {
        let at = usize::from(id) * self.line.timepoints.len() + timepoint as usize;
        let Some([value, upper, lower]) = self.line.observations.get(at) else {
            return Value::Unknown;
        };
        match part {
            ObservationPart::Value => *value,
            ObservationPart::UpperLimit => *upper,
            ObservationPart::LowerLimit => *lower,
        }
    }

    fn extreme(&self, parts: &[Expr], slots: &mut Slots, wanted: Ordering) -> Value {
        let mut best: Option<Number> = None;
        for part in parts {
            let Value::Number(number) = self.eval_with(part, slots) else { return Value::Unknown };
            if best.is_none_or(|b| number.cmp(&b) == wanted) {
                best = Some(number);
            }
        }
        best.map_or(Value::Unknown, Value::Number)
    }

    fn known_date(&self, parts: &[Expr], slots: &mut Slots, wanted: Ordering) -> Value {
        let mut best: Option<PartialDate> = None;
        for part in parts {
            if let Value::Date(date) = self.eval_with(part, slots) {
                let key = |d: PartialDate| (d.earliest(), d.latest());
                if best.is_none_or(|b| key(date).cmp(&key(b)) == wanted) {
                    best = Some(date);
                }
            }
        }
        best.map_or(Value::Unknown, Value::Date)
    }

    fn temporal(
        &self,
        temporal: Temporal,
        series: &Series,
        of: &ObjectRef,
        slots: &mut Slots,
    ) -> Value {
        let lesions = self.line.lesions.len() as u32;
        let node = match series {
            Series::Node(id) => self.course.program.node(*id),
            Series::Observation(..) => None,
        };
        let kind = node.map_or(ObjectKind::Timepoint, |n| n.scope.object());
        let Some(object) = self.resolve(of, kind, slots) else { return Value::Unknown };
        // A lesion's series runs over its sightings.
        let (now, lesion) = match kind {
            ObjectKind::Lesion if lesions > 0 => (object / lesions, object % lesions),
            _ => (object, 0),
        };
        let value_at = |timepoint: u32| match (series, node) {
            (Series::Observation(id, part), _) => self.observation(*id, *part, timepoint),
            (Series::Node(id), Some(node)) if kind == ObjectKind::Lesion => {
                self.lesion_node(*id, node, timepoint * lesions + lesion)
            }
            (_, Some(node)) => self.node(node, timepoint),
            _ => Value::Unknown,
        };
        let date_of = |timepoint: u32| {
            self.line
                .timepoints
                .get(timepoint as usize)
                .map_or(Value::Unknown, |t| Value::Date(t.date))
        };
        let ruleset = node.map_or(self.ruleset, |n| n.ruleset);
        let members = self.state.members(ruleset);
        // A measure's baseline is the ruleset's; an observation's is its last known value on or
        // before the start.
        let baseline = match series {
            Series::Node(_) => members.and_then(|m| m.baseline),
            Series::Observation(..) => {
                (0..self.line.before_start).rev().find(|t| value_at(*t).is_known())
            }
        };
        if now < self.line.before_start && baseline.is_some_and(|b| now < b) {
            return Value::Unknown;
        }
        let earlier = || {
            let all: &[u32] = match members {
                Some(members) => &members.follow_ups,
                None => &[],
            };
            baseline.into_iter().chain(all.iter().copied()).filter(move |t| *t < now)
        };
        match temporal {
            Temporal::Baseline => baseline.map_or(Value::Unknown, value_at),
            Temporal::BaselineDate => {
                baseline.filter(|t| value_at(*t).is_known()).map_or(Value::Unknown, date_of)
            }
            Temporal::Previous => earlier().next_back().map_or(Value::Unknown, value_at),
            Temporal::Nadir | Temporal::NadirDate | Temporal::Peak => {
                let mut best: Option<(Value, u32)> = None;
                for timepoint in earlier() {
                    let value = value_at(timepoint);
                    let better = match (value, best) {
                        (Value::Unknown, _) => false,
                        (_, None) => true,
                        (value, Some((known, _))) => {
                            let wanted = if temporal == Temporal::Peak {
                                Comparison::Greater
                            } else {
                                Comparison::LessOrEqual
                            };
                            compare(wanted, value, known) == Value::Bool(true)
                        }
                    };
                    if better {
                        best = Some((value, timepoint));
                    }
                }
                match (best, temporal) {
                    (Some((_, timepoint)), Temporal::NadirDate) => date_of(timepoint),
                    (Some((value, _)), _) => value,
                    (None, _) => Value::Unknown,
                }
            }
        }
    }
}

fn number(value: Value, calculate: impl Fn(Number) -> Option<Number>) -> Value {
    match value {
        Value::Number(number) => calculate(number).map_or(Value::Unknown, Value::Number),
        _ => Value::Unknown,
    }
}

pub(crate) fn arithmetic(how: Arithmetic, a: Value, b: Value) -> Value {
    let (Value::Number(a), Value::Number(b)) = (a, b) else { return Value::Unknown };
    let result = match how {
        Arithmetic::Plus => a.plus(b),
        Arithmetic::Minus => a.minus(b),
        Arithmetic::Times => a.times(b),
        Arithmetic::DividedBy => a.divided_by(b),
    };
    result.map_or(Value::Unknown, Value::Number)
}

pub(crate) fn percent_change(from: Value, to: Value) -> Value {
    match (from, to) {
        (Value::Number(from), Value::Number(to)) => {
            to.percent_change_from(from).map_or(Value::Unknown, Value::Number)
        }
        _ => Value::Unknown,
    }
}

/// Whether `to` lies at least `by` percent above (or below) `from`.
pub(crate) fn moved(from: Value, to: Value, by: Value, down: bool) -> Value {
    match (from, to, by) {
        (Value::Number(from), Value::Number(to), Value::Number(by)) => {
            to.lies_from(from, by, down).map_or(Value::Unknown, Value::Bool)
        }
        _ => Value::Unknown,
    }
}

/// Compares two values; unknown where one is, or where partial dates overlap.
#[inline]
pub(crate) fn compare(comparison: Comparison, a: Value, b: Value) -> Value {
    use Comparison as C;
    let ordering = match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.cmp(&b),
        (Value::Date(a), Value::Date(b)) => return compare_dates(comparison, a, b),
        (Value::Code(a), Value::Code(b)) => a.cmp(&b),
        (Value::Text(a), Value::Text(b)) => a.cmp(&b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(&b),
        _ => return Value::Unknown,
    };
    Value::Bool(match comparison {
        C::Equal => ordering == Ordering::Equal,
        C::NotEqual => ordering != Ordering::Equal,
        C::Less => ordering == Ordering::Less,
        C::LessOrEqual => ordering != Ordering::Greater,
        C::Greater => ordering == Ordering::Greater,
        C::GreaterOrEqual => ordering != Ordering::Less,
    })
}

fn compare_dates(comparison: Comparison, a: PartialDate, b: PartialDate) -> Value {
    use Comparison as C;
    let less = |a: PartialDate, b: PartialDate, or_equal: bool| {
        if or_equal {
            if a.latest() <= b.earliest() {
                Some(true)
            } else if a.earliest() > b.latest() {
                Some(false)
            } else {
                None
            }
        } else {
            a.is_before(b)
        }
    };
    let equal = if a.is_exact() && a == b {
        Some(true)
    } else if a.latest() < b.earliest() || b.latest() < a.earliest() {
        Some(false)
    } else {
        None
    };
    let answer = match comparison {
        C::Equal => equal,
        C::NotEqual => equal.map(|e| !e),
        C::Less => less(a, b, false),
        C::LessOrEqual => less(a, b, true),
        C::Greater => less(b, a, false),
        C::GreaterOrEqual => less(b, a, true),
    };
    answer.map_or(Value::Unknown, Value::Bool)
}
