//! Collections: their members, and what is made of them.

use crate::batch::{Column, Frame};
use crate::eval::{Evaluator, Slots, compare};
use oncorules_model::{Number, Role};
use oncorules_rules::*;
use std::borrow::Cow;

impl Evaluator<'_> {
    /// Goes through the members of a collection (filters not applied) until `visit` says to stop;
    /// `None` where the collection itself is unknown.
    pub(crate) fn members(
        &self,
        collection: &Collection,
        slots: &mut Slots,
        visit: &mut dyn FnMut(u32, &mut Slots) -> bool,
    ) -> Option<()> {
        let of_timepoint = |this: &Self, slots: &mut Slots| {
            this.resolve(&collection.of, ObjectKind::Timepoint, slots)
        };
        match collection.members {
            Members::Targets | Members::NonTargets | Members::Lesions | Members::NewLesions => {
                let timepoint = of_timepoint(self, slots)?;
                let mut found = vec![];
                let known = self.lesions_at(collection.members, timepoint, &mut found);
                each(found.into_iter(), slots, visit)?;
                known.then_some(())
            }
            Members::Markers => {
                let timepoint = of_timepoint(self, slots)?;
                let n = self.line.markers.len() as u32;
                each((timepoint * n)..(timepoint * n + n), slots, visit)
            }
            Members::Parts => {
                let object = self.resolve(&collection.of, ObjectKind::Lesion, slots)?;
                let n = self.line.lesions.len() as u32;
                let (timepoint, whole) = (object / n.max(1), object % n.max(1));
                let parts = self
                    .line
                    .lesions
                    .iter()
                    .enumerate()
                    .filter(|(_, l)| l.part_of == Some(whole))
                    .map(|(i, _)| timepoint * n + i as u32);
                let recorded = parts
                    .filter(|p| self.line.sightings.get(*p as usize).is_some_and(|s| s.recorded));
                each(recorded, slots, visit)
            }
            Members::EarlierSightings | Members::LaterSightings => {
                let object = self.resolve(&collection.of, ObjectKind::Lesion, slots)?;
                let n = (self.line.lesions.len() as u32).max(1);
                let (now, lesion) = (object / n, object % n);
                let members = self.state.members(collection.ruleset)?;
                let all = members.baseline.into_iter().chain(members.follow_ups.iter().copied());
                let later = collection.members == Members::LaterSightings;
                let wanted = all.filter(|t| if later { *t > now } else { *t < now });
                each(wanted.map(|t| t * n + lesion), slots, visit)
            }
            Members::Timepoints => {
                self.resolve(&collection.of, ObjectKind::Line, slots)?;
                let members = self.state.members(collection.ruleset)?;
                each(members.follow_ups.iter().copied(), slots, visit)
            }
            Members::Earlier | Members::Later => {
                let now = of_timepoint(self, slots)?;
                let members = self.state.members(collection.ruleset)?;
                let later = collection.members == Members::Later;
                let wanted = members
                    .follow_ups
                    .iter()
                    .copied()
                    .filter(|t| if later { *t > now } else { *t < now });
                each(wanted, slots, visit)
            }
            Members::Between => {
                let bounds = collection.bounds.as_deref()?;
                let (Value::Object(a), Value::Object(b)) =
                    (self.eval_with(&bounds.0, slots), self.eval_with(&bounds.1, slots))
                else {
                    return None;
                };
                let members = self.state.members(collection.ruleset)?;
                let (first, last) = (a.min(b), a.max(b));
                each(
                    members.follow_ups.iter().copied().filter(|t| *t > first && *t < last),
                    slots,
                    visit,
                )
            }
            Members::Drugs => {
                let line = self.resolve(&collection.of, ObjectKind::Line, slots)?;
                each(self.course.lines.get(line as usize)?.drugs.clone(), slots, visit)
            }
            Members::Classes => {
                let line = self.resolve(&collection.of, ObjectKind::Line, slots)?;
                each(self.course.lines.get(line as usize)?.classes.clone(), slots, visit)
            }
            Members::EarlierLines => {
                let line = self.resolve(&collection.of, ObjectKind::Line, slots)?;
                each(0..line, slots, visit)
            }
            Members::SideEffects => {
                let line = self.resolve(&collection.of, ObjectKind::Line, slots)?;
                each(
                    self.course.lines.get(line as usize)?.side_effects.iter().copied(),
                    slots,
                    visit,
                )
            }
            Members::DrugsInClass => {
                let class = self.resolve(&collection.of, ObjectKind::Class, slots)?;
                each(self.course.classes.get(class as usize)?.drugs.iter().copied(), slots, visit)
            }
            Members::RegimenDrugs => {
                let regimen = self.resolve(&collection.of, ObjectKind::Regimen, slots)?;
                each(
                    self.course.program.regimens.get(regimen as usize)?.drugs.iter().copied(),
                    slots,
                    visit,
                )
            }
            Members::FormularyDrugs => {
                each(0..self.course.program.drugs.len() as u32, slots, visit)
            }
            Members::FormularyRegimens => {
                each(0..self.course.program.regimens.len() as u32, slots, visit)
            }
        }
    }

    /// The lesions of a collection at a timepoint; whether the collection is known at all. Those that
    /// the baseline chose are not, where there is no baseline of lesions; nor are new ones, where
    /// lesions were not looked for and none is known.
    pub(crate) fn lesions_at(&self, which: Members, timepoint: u32, found: &mut Vec<u32>) -> bool {
        let first = timepoint * self.line.lesions.len() as u32;
        if which != Members::NewLesions && self.line.lesion_baseline.is_none() {
            return false;
        }
        match which {
            Members::Targets => found.extend(self.line.targets.iter().map(|l| first + l)),
            Members::NonTargets => found.extend(self.line.non_targets.iter().map(|l| first + l)),
            _ => {
                let before = found.len();
                let new_only = which == Members::NewLesions;
                for (lesion, index) in self.line.lesions.iter().zip(0u32..) {
                    let new = lesion.role == Role::New;
                    let seen = !new || lesion.first_timepoint <= timepoint;
                    if lesion.part_of.is_none() && seen && (new || !new_only) {
                        found.push(first + index);
                    }
                }
                let timepoint = self.line.timepoints.get(timepoint as usize);
                let looked = timepoint.is_some_and(|t| t.lesions_recorded);
                return !new_only || looked || found.len() > before;
            }
        }
        true
    }

    pub(crate) fn aggregate(
        &self,
        aggregate: Aggregate,
        collection: &Collection,
        closure: Option<&Closure>,
        slots: &mut Slots,
    ) -> Value {
        if let Some(value) = self.over_timepoints(aggregate, collection, closure, slots) {
            return value;
        }
        let mut fold = Fold::new(aggregate);
        let known = self.members(collection, slots, &mut |object, slots| {
            let mut included = Value::Bool(true);
            for filter in &collection.filters {
                if let Some(slot) = slots.get_mut(usize::from(filter.slot)) {
                    *slot = object;
                }
                match self.eval_with(&filter.body, slots) {
                    Value::Bool(true) => {}
                    Value::Bool(false) => return true,
                    _ => included = Value::Unknown,
                }
            }
            let value = match closure {
                Some(closure) => {
                    if let Some(slot) = slots.get_mut(usize::from(closure.slot)) {
                        *slot = object;
                    }
                    self.eval_with(&closure.body, slots)
                }
                None => Value::Bool(true),
            };
            fold.take(object, included == Value::Bool(true), value)
        });
        fold.result(self, known.is_some())
    }

    /// An aggregate over all timepoints, with each condition evaluated for all of them at once.
    fn over_timepoints(
        &self,
        aggregate: Aggregate,
        collection: &Collection,
        closure: Option<&Closure>,
        slots: &mut Slots,
    ) -> Option<Value> {
        if collection.members != Members::Timepoints || self.scope != Scope::Line {
            return None;
        }
        let line = self.resolve(&collection.of, ObjectKind::Line, slots);
        let members = self.state.members(collection.ruleset);
        let (Some(_), Some(members)) = (line, members) else { return Some(Value::Unknown) };
        let mut objects = Cow::Borrowed(members.follow_ups.as_slice());
        let mut unsure: Vec<u32> = vec![];
        let around = *slots;
        for filter in &collection.filters {
            let passes = self.column(&filter.body, timepoints(&objects, filter.slot, around));
            let mut kept = Vec::with_capacity(objects.len());
            for (i, object) in objects.iter().enumerate() {
                match passes.at(i) {
                    Value::Bool(false) => continue,
                    Value::Bool(true) => {}
                    _ => unsure.push(*object),
                }
                kept.push(*object);
            }
            objects = Cow::Owned(kept);
        }
        let values = match closure {
            Some(closure) => self.column(&closure.body, timepoints(&objects, closure.slot, around)),
            None => Column::One(Value::Bool(true)),
        };
        let mut fold = Fold::new(aggregate);
        for (i, object) in objects.iter().enumerate() {
            if !fold.take(*object, !unsure.contains(object), values.at(i)) {
                break;
            }
        }
        Some(fold.result(self, true))
    }
}

fn timepoints(objects: &[u32], variable: Slot, slots: Slots) -> Frame<'_> {
    Frame { objects, kind: ObjectKind::Timepoint, variable: Some(variable), slots }
}

fn each(
    objects: impl Iterator<Item = u32>,
    slots: &mut Slots,
    visit: &mut dyn FnMut(u32, &mut Slots) -> bool,
) -> Option<()> {
    for object in objects {
        if !visit(object, slots) {
            break;
        }
    }
    Some(())
}

/// What has been made of the members so far.
pub(crate) struct Fold {
    aggregate: Aggregate,
    /// Whether something unknown stands in the way of the answer.
    unknown: bool,
    count: i64,
    sum: Number,
    best: Value,
    answer: Option<Value>,
    texts: Vec<u32>,
}

impl Fold {
    #[inline]
    pub(crate) fn new(aggregate: Aggregate) -> Self {
        Self {
            aggregate,
            unknown: false,
            count: 0,
            sum: Number::ZERO,
            best: Value::Unknown,
            answer: None,
            texts: vec![],
        }
    }

    /// The result, where all members were there to be taken in; else only what no further member
    /// could change.
    #[inline]
    pub(crate) fn result(self, evaluator: &Evaluator<'_>, known: bool) -> Value {
        use Aggregate as A;
        if known {
            return self.finish(evaluator);
        }
        let settled = matches!(self.aggregate, A::Any | A::None | A::All);
        self.answer.filter(|_| settled).unwrap_or(Value::Unknown)
    }

    /// Takes one member in; `included` is false where a filter on it is unknown. Gives whether to
    /// go on.
    #[inline]
    pub(crate) fn take(&mut self, object: u32, included: bool, value: Value) -> bool {
        use Aggregate as A;
        match self.aggregate {
            A::Any | A::None => match (included, value) {
                (true, Value::Bool(true)) => {
                    self.answer = Some(Value::Bool(self.aggregate == A::Any));
                    return false;
                }
                (_, Value::Bool(false)) => {}
                _ => self.unknown = true,
            },
            A::All => match (included, value) {
                (true, Value::Bool(false)) => {
                    self.answer = Some(Value::Bool(false));
                    return false;
                }
                (_, Value::Bool(true)) => {}
                _ => self.unknown = true,
            },
            A::IsEmpty => {
                if included {
                    self.answer = Some(Value::Bool(false));
                    return false;
                }
                self.unknown = true;
            }
            A::Count => match (included, value) {
                (true, Value::Bool(true)) => self.count += 1,
                (_, Value::Bool(false)) => {}
                _ => self.unknown = true,
            },
            A::Sum => match (included, value) {
                (true, Value::Number(number)) => match self.sum.plus(number) {
                    Some(sum) => self.sum = sum,
                    None => self.unknown = true,
                },
                _ => self.unknown = true,
            },
            A::Min | A::Max => {
                if !included || !value.is_known() {
                    self.unknown = true;
                    return true;
                }
                let wanted =
                    if self.aggregate == A::Min { Comparison::Less } else { Comparison::Greater };
                if !self.best.is_known() || compare(wanted, value, self.best) == Value::Bool(true) {
                    self.best = value;
                } else if compare(wanted, value, self.best) == Value::Unknown {
                    self.unknown = true;
                }
            }
            A::First => match (included, value) {
                (true, Value::Bool(true)) => {
                    self.answer =
                        Some(if self.unknown { Value::Unknown } else { Value::Object(object) });
                    return false;
                }
                (_, Value::Bool(false)) => {}
                _ => self.unknown = true,
            },
            A::Last => match (included, value) {
                (true, Value::Bool(true)) => {
                    self.best = Value::Object(object);
                    self.unknown = false;
                }
                (_, Value::Bool(false)) => {}
                _ => self.unknown = true,
            },
            A::List => match value {
                Value::Text(text) if included && !self.texts.contains(&text) => {
                    self.texts.push(text);
                }
                _ => {}
            },
        }
        true
    }

    fn finish(self, evaluator: &Evaluator<'_>) -> Value {
        use Aggregate as A;
        if let Some(answer) = self.answer {
            return answer;
        }
        if self.aggregate == A::List {
            let texts: Vec<_> = self.texts.iter().map(|t| evaluator.course.text(*t)).collect();
            return match join(&texts) {
                Some(text) => Value::Text(evaluator.course.intern(&text)),
                None => Value::Unknown,
            };
        }
        if self.unknown {
            return Value::Unknown;
        }
        match self.aggregate {
            A::Any => Value::Bool(false),
            A::All | A::None | A::IsEmpty => Value::Bool(true),
            A::Count => Number::ratio(self.count, 1).map_or(Value::Unknown, Value::Number),
            A::Sum => Value::Number(self.sum),
            A::Min | A::Max | A::Last => self.best,
            A::First | A::List => Value::Unknown,
        }
    }
}

/// `a`, `a and b`, `a, b and c`.
fn join(texts: &[std::sync::Arc<str>]) -> Option<String> {
    match texts {
        [] => None,
        [one] => Some(one.to_string()),
        [first @ .., last] => Some(format!("{} and {last}", first.join(", "))),
    }
}
