//! The same expressions over many objects at once: one walk over the expression for all timepoints
//! of a line, or for all lesions at all of them, in place of one walk each. What has no quick way
//! here goes object by object through [`Evaluator`], so that both always give the same.

use crate::course::Sighting;
use crate::eval::{Evaluator, Slots, arithmetic, compare, moved, percent_change};
use crate::facts::kind_of;
use crate::members::Fold;
use oncorules_rules::*;
use smallvec::SmallVec;
use std::cell::Cell;

/// A value for each of some objects; courses are mostly short.
type Values = Vec<Value>;

/// The values of an expression: one for all objects, or one each.
pub(crate) enum Column {
    One(Value),
    Many(Values),
}

impl Column {
    #[inline]
    pub(crate) fn at(&self, index: usize) -> Value {
        match self {
            Column::One(value) => *value,
            Column::Many(values) => values.get(index).copied().unwrap_or(Value::Unknown),
        }
    }

    fn map(self, change: impl Fn(Value) -> Value) -> Column {
        match self {
            Column::One(value) => Column::One(change(value)),
            Column::Many(mut values) => {
                for value in &mut values {
                    *value = change(*value);
                }
                Column::Many(values)
            }
        }
    }

    fn with(self, other: Column, join: impl Fn(Value, Value) -> Value) -> Column {
        match (self, other) {
            (Column::One(a), Column::One(b)) => Column::One(join(a, b)),
            (Column::Many(mut a), Column::One(b)) => {
                for a in &mut a {
                    *a = join(*a, b);
                }
                Column::Many(a)
            }
            (Column::One(a), Column::Many(mut b)) => {
                for b in &mut b {
                    *b = join(a, *b);
                }
                Column::Many(b)
            }
            (Column::Many(mut a), Column::Many(b)) => {
                for (a, b) in a.iter_mut().zip(b) {
                    *a = join(*a, b);
                }
                Column::Many(a)
            }
        }
    }
}

/// The objects that an expression is evaluated for.
#[derive(Clone, Copy)]
pub(crate) struct Frame<'f> {
    pub(crate) objects: &'f [u32],
    pub(crate) kind: ObjectKind,
    /// Where they are the members of a collection: the variable that stands for them.
    pub(crate) variable: Option<Slot>,
    /// The variables of closures around this one.
    pub(crate) slots: Slots,
}

/// Values that lie ready, object by object.
struct Direct<'v> {
    values: &'v [Cell<Value>],
    /// Whether it is asked if they are known.
    known: bool,
    /// Whether the opposite is meant.
    not: bool,
}

impl Direct<'_> {
    #[inline]
    fn at(&self, object: u32) -> Value {
        let value = self.values.get(object as usize).map_or(Value::Unknown, Cell::get);
        match (if self.known { Value::Bool(value.is_known()) } else { value }, self.not) {
            (value, false) => value,
            (Value::Bool(b), true) => Value::Bool(!b),
            _ => Value::Unknown,
        }
    }
}

/// Which object a reference means, for each object of a frame.
enum Meant {
    /// The object itself.
    Itself,
    /// The timepoint of the lesion's sighting.
    ItsTimepoint,
    /// One for all.
    Fixed(u32),
    /// To be found out one by one.
    Various,
}

impl<'e> Evaluator<'e> {
    /// The values of an expression for all objects of a frame. Outside a collection the object of
    /// this evaluator does not matter: the objects of the frame stand in its place.
    pub(crate) fn column(&self, expr: &Expr, frame: Frame<'_>) -> Column {
        match expr {
            Expr::Constant(value) | Expr::Parameter(value, _) => Column::One(*value),
            Expr::Fact(fact, of) => match self.meant(of, kind_of(*fact), frame) {
                Meant::Fixed(object) => Column::One(self.fact(*fact, object)),
                Meant::Various => self.one_by_one(expr, frame),
                Meant::Itself => self.facts(*fact, frame.objects),
                Meant::ItsTimepoint => self.each(frame, |t| self.fact(*fact, t)),
            },
            Expr::Observation(id, part, of) => match self.meant(of, ObjectKind::Timepoint, frame) {
                Meant::Fixed(object) => Column::One(self.observation(*id, *part, object)),
                Meant::Various => self.one_by_one(expr, frame),
                Meant::Itself => Column::Many(
                    frame.objects.iter().map(|t| self.observation(*id, *part, *t)).collect(),
                ),
                Meant::ItsTimepoint => self.each(frame, |t| self.observation(*id, *part, t)),
            },
            Expr::Node(id, of) => {
                let Some(node) = self.course.program.node(*id) else {
                    return Column::One(Value::Unknown);
                };
                let Some(columns) = self.state.of(node.scope.object()) else {
                    return Column::One(Value::Unknown);
                };
                if node.scope == Scope::Lesion && !self.make_ready(*id, node) {
                    return self.one_by_one(expr, frame);
                }
                match self.meant(of, node.scope.object(), frame) {
                    Meant::Fixed(object) => Column::One(columns.get(node.column, object)),
                    Meant::Various => self.one_by_one(expr, frame),
                    Meant::Itself => {
                        Column::Many(gather(columns.of(node.column), frame.objects, Cell::get))
                    }
                    Meant::ItsTimepoint => self.each(frame, |t| columns.get(node.column, t)),
                }
            }
            Expr::Temporal(temporal, series, ObjectRef::Current) => {
                self.temporal_column(expr, *temporal, series, frame)
            }
            Expr::Not(a) => self.column(a, frame).map(|v| match v {
                Value::Bool(b) => Value::Bool(!b),
                _ => Value::Unknown,
            }),
            Expr::And(parts) => self.junction(parts, frame, false),
            Expr::Or(parts) => self.junction(parts, frame, true),
            Expr::Compare(comparison, a, b) => {
                let (a, b) = (self.column(a, frame), self.column(b, frame));
                a.with(b, |a, b| compare(*comparison, a, b))
            }
            Expr::CodeIn(a, codes) => self.column(a, frame).map(|v| match v {
                Value::Code(code) => Value::Bool(codes.contains(&code)),
                _ => Value::Unknown,
            }),
            Expr::TextIn(a, texts) => self.column(a, frame).map(|v| match v {
                Value::Text(text) => Value::Bool(texts.contains(&text)),
                _ => Value::Unknown,
            }),
            Expr::Arithmetic(how, a, b) => {
                let (a, b) = (self.column(a, frame), self.column(b, frame));
                a.with(b, |a, b| arithmetic(*how, a, b))
            }
            Expr::PercentChange(a, b) => {
                let (a, b) = (self.column(a, frame), self.column(b, frame));
                a.with(b, percent_change)
            }
            Expr::RisesBy(from, to, by) => self.moves(from, to, by, frame, false),
            Expr::FallsBy(from, to, by) => self.moves(from, to, by, frame, true),
            Expr::Known(a) => self.column(a, frame).map(|v| Value::Bool(v.is_known())),
            Expr::Coalesce(parts) => self.coalesce(parts, frame),
            Expr::If(condition, yes, no) => match self.column(condition, frame) {
                Column::One(Value::Bool(true)) => self.column(yes, frame),
                Column::One(Value::Bool(false)) => self.column(no, frame),
                Column::Many(values) if all(&values, true) => self.column(yes, frame),
                Column::Many(values) if all(&values, false) => self.column(no, frame),
                condition => {
                    let (yes, no) = (self.column(yes, frame), self.column(no, frame));
                    let either = |i: usize| match condition.at(i) {
                        Value::Bool(true) => yes.at(i),
                        Value::Bool(false) => no.at(i),
                        _ if yes.at(i) == no.at(i) => yes.at(i),
                        _ => Value::Unknown,
                    };
                    Column::Many((0..frame.objects.len()).map(either).collect())
                }
            },
            Expr::Recode(a, map) => self.column(a, frame).map(|v| match v {
                Value::Code(code) => map
                    .get(usize::from(code))
                    .copied()
                    .flatten()
                    .map_or(Value::Unknown, Value::Code),
                _ => Value::Unknown,
            }),
            Expr::Aggregate(aggregate, collection, closure) => {
                self.aggregate_column(expr, *aggregate, collection, closure.as_deref(), frame)
            }
            _ => self.one_by_one(expr, frame),
        }
    }

    fn meant(&self, of: &ObjectRef, kind: ObjectKind, frame: Frame<'_>) -> Meant {
        match of {
            ObjectRef::Variable(slot) if frame.variable == Some(*slot) => Meant::Itself,
            ObjectRef::Variable(slot) => {
                frame.slots.get(usize::from(*slot)).map_or(Meant::Various, |o| Meant::Fixed(*o))
            }
            ObjectRef::Of(_) => Meant::Various,
            ObjectRef::Current if kind == ObjectKind::Line => Meant::Fixed(self.line_index),
            ObjectRef::Current if frame.variable.is_none() => match (kind, frame.kind) {
                (ObjectKind::Timepoint, ObjectKind::Lesion) => Meant::ItsTimepoint,
                (kind, own) if kind == own => Meant::Itself,
                _ => Meant::Various,
            },
            // Members of a collection of the rule's own object, or of the objects around it.
            ObjectRef::Current => match (kind, self.scope, frame.kind) {
                (ObjectKind::Timepoint, Scope::Timepoint, ObjectKind::Lesion) => {
                    Meant::ItsTimepoint
                }
                _ => Meant::Various,
            },
        }
    }

    /// The value for the timepoint of each lesion's sighting.
    fn each(&self, frame: Frame<'_>, value: impl Fn(u32) -> Value) -> Column {
        let n = (self.line.lesions.len() as u32).max(1);
        Column::Many(frame.objects.iter().map(|o| value(o / n)).collect())
    }

    /// The value of a fact for each object.
    fn facts(&self, fact: Fact, objects: &[u32]) -> Column {
        // Which fact is asked once, not for each lesion; and what all share is not asked at all.
        let shared = &self.line.shared;
        match fact {
            Fact::Merged if shared.none_merged => Column::One(Value::Bool(false)),
            Fact::TooSmall if shared.none_too_small => Column::One(Value::Bool(false)),
            Fact::LesionStatus if shared.no_status => Column::One(Value::Unknown),
            Fact::ShortAxis if shared.no_short_axis => Column::One(Value::Unknown),
            Fact::LesionNodal if shared.nodal.is_some() => {
                Column::One(shared.nodal.map_or(Value::Unknown, Value::Bool))
            }
            Fact::LongestDiameter => self.sighted(objects, |s| s.longest),
            Fact::ShortAxis => self.sighted(objects, |s| s.short),
            Fact::TooSmall => self.sighted(objects, |s| Value::Bool(s.too_small)),
            Fact::Merged => self.sighted(objects, |s| Value::Bool(s.merged)),
            Fact::LesionStatus => {
                self.sighted(objects, |s| s.status.map_or(Value::Unknown, Value::Code))
            }
            Fact::LesionNodal => {
                let nodal = |o: &u32| self.lesion(*o).map(|l| Value::Bool(l.nodal));
                let values = objects.iter().map(|o| nodal(o).unwrap_or(Value::Unknown));
                Column::Many(values.collect())
            }
            _ => Column::Many(objects.iter().map(|o| self.fact(fact, *o)).collect()),
        }
    }

    #[inline]
    fn sighted(&self, objects: &[u32], value: impl Fn(&Sighting) -> Value) -> Column {
        Column::Many(gather(&self.line.sightings, objects, value))
    }

    /// The rule's own object for an object of the frame.
    #[inline]
    fn around(&self, object: u32, frame: Frame<'_>) -> u32 {
        match (frame.variable, self.scope, frame.kind) {
            (None, ..) => object,
            (Some(_), Scope::Timepoint, ObjectKind::Lesion) => {
                object / (self.line.lesions.len() as u32).max(1)
            }
            _ => self.object,
        }
    }

    fn one_by_one(&self, expr: &Expr, frame: Frame<'_>) -> Column {
        let mut slots = frame.slots;
        let mut evaluator = *self;
        let value = |object: &u32| {
            if let Some(slot) = frame.variable.and_then(|v| slots.get_mut(usize::from(v))) {
                *slot = *object;
            }
            evaluator.object = self.around(*object, frame);
            evaluator.eval_with(expr, &mut slots)
        };
        Column::Many(frame.objects.iter().map(value).collect())
    }

    /// Three-valued and (or or): what is decided is not looked at again.
    fn junction(&self, parts: &[Expr], frame: Frame<'_>, deciding: bool) -> Column {
        let mut result: Option<Values> = None;
        // The value so far where it is the same for all.
        let mut same = Value::Bool(!deciding);
        for part in parts {
            match &mut result {
                None => match self.column(part, frame) {
                    Column::One(Value::Bool(b)) if b == deciding => {
                        return Column::One(Value::Bool(deciding));
                    }
                    Column::One(Value::Bool(_)) => {}
                    Column::One(_) => same = Value::Unknown,
                    Column::Many(mut values) => {
                        for value in &mut values {
                            *value = join(same, *value, deciding);
                        }
                        result = Some(values);
                    }
                },
                Some(values) => {
                    let decided = |v: &Value| *v == Value::Bool(deciding);
                    let open = values.iter().filter(|v| !decided(v)).count();
                    if open == 0 {
                        break;
                    }
                    if open == values.len() {
                        let more = self.column(part, frame);
                        for (i, value) in values.iter_mut().enumerate() {
                            *value = join(*value, more.at(i), deciding);
                        }
                        continue;
                    }
                    let objects: SmallVec<[u32; 16]> = frame
                        .objects
                        .iter()
                        .zip(values.iter())
                        .filter(|(_, v)| !decided(v))
                        .map(|(o, _)| *o)
                        .collect();
                    let more = self.column(part, Frame { objects: &objects, ..frame });
                    let still_open = values.iter_mut().filter(|v| !decided(v));
                    for (i, value) in still_open.enumerate() {
                        *value = join(*value, more.at(i), deciding);
                    }
                }
            }
        }
        result.map_or(Column::One(same), Column::Many)
    }

    fn coalesce(&self, parts: &[Expr], frame: Frame<'_>) -> Column {
        let mut parts = parts.iter();
        let Some(first) = parts.next() else { return Column::One(Value::Unknown) };
        let mut values = self.column(first, frame);
        for part in parts {
            let missing = match &values {
                Column::One(v) => !v.is_known(),
                Column::Many(values) => values.iter().any(|v| !v.is_known()),
            };
            if !missing {
                break;
            }
            let other = self.column(part, frame);
            values = values.with(other, |a, b| if a.is_known() { a } else { b });
        }
        values
    }

    fn moves(&self, from: &Expr, to: &Expr, by: &Expr, frame: Frame<'_>, down: bool) -> Column {
        let (from, to, by) =
            (self.column(from, frame), self.column(to, frame), self.column(by, frame));
        if let (Column::One(from), Column::One(to), Column::One(by)) = (&from, &to, &by) {
            return Column::One(moved(*from, *to, *by, down));
        }
        let value = |i: usize| moved(from.at(i), to.at(i), by.at(i), down);
        Column::Many((0..frame.objects.len()).map(value).collect())
    }

    /// An earlier value of a node at each timepoint, in one pass over the course.
    fn temporal_column(
        &self,
        expr: &Expr,
        temporal: Temporal,
        series: &Series,
        frame: Frame<'_>,
    ) -> Column {
        let node = match series {
            Series::Node(id) => self.course.program.node(*id),
            Series::Observation(..) => None,
        };
        let simple = frame.kind == ObjectKind::Timepoint
            && frame.variable.is_none()
            && frame.objects.is_sorted()
            && matches!(temporal, Temporal::Baseline | Temporal::Nadir | Temporal::Previous);
        let Some(node) = node.filter(|n| simple && n.scope == Scope::Timepoint) else {
            return self.one_by_one(expr, frame);
        };
        let (Some(members), Some(columns)) =
            (self.state.members(node.ruleset), self.state.of(ObjectKind::Timepoint))
        else {
            return self.one_by_one(expr, frame);
        };
        let baseline = members.baseline;
        let before_baseline =
            |t: u32| t < self.line.before_start && baseline.is_some_and(|b| t < b);
        let at = |t: u32| columns.get(node.column, t);
        if temporal == Temporal::Baseline {
            let value = baseline.map_or(Value::Unknown, at);
            let value = |t: &u32| if before_baseline(*t) { Value::Unknown } else { value };
            return Column::Many(frame.objects.iter().map(value).collect());
        }
        let mut earlier = baseline.into_iter().chain(members.follow_ups.iter().copied()).peekable();
        let mut best = Value::Unknown;
        let values = frame.objects.iter().map(|now| {
            while let Some(t) = earlier.next_if(|t| t < now) {
                let value = at(t);
                let better = match (temporal, value, best) {
                    (Temporal::Previous, ..) => true,
                    (_, Value::Unknown, _) => false,
                    (_, _, Value::Unknown) => true,
                    (_, value, best) => {
                        compare(Comparison::LessOrEqual, value, best) == Value::Bool(true)
                    }
                };
                if better {
                    best = value;
                }
            }
            if before_baseline(*now) { Value::Unknown } else { best }
        });
        Column::Many(values.collect())
    }

    /// An aggregate over the lesions at each timepoint.
    fn aggregate_column(
        &self,
        expr: &Expr,
        aggregate: Aggregate,
        collection: &Collection,
        closure: Option<&Closure>,
        frame: Frame<'_>,
    ) -> Column {
        // No lesion has split: there are no parts of any.
        if collection.members == Members::Parts
            && !self.line.has_parts
            && aggregate != Aggregate::List
        {
            return Column::One(Fold::new(aggregate).result(self, true));
        }
        let of_lesions = matches!(
            collection.members,
            Members::Targets | Members::NonTargets | Members::Lesions | Members::NewLesions
        );
        let itself = matches!(
            self.meant(&collection.of, ObjectKind::Timepoint, frame),
            Meant::Itself if frame.kind == ObjectKind::Timepoint
        );
        // A variable of this frame cannot be seen from the frame of the lesions.
        if !of_lesions || !itself || frame.variable.is_some() || aggregate == Aggregate::List {
            return self.one_by_one(expr, frame);
        }
        let n = self.line.lesions.len() as u32;
        if let Some(column) = self.fold_directly(aggregate, collection, closure, frame.objects, n) {
            return column;
        }
        let mut members: Vec<u32> = Vec::with_capacity(frame.objects.len() * n as usize);
        let mut ends: Vec<(usize, bool)> = Vec::with_capacity(frame.objects.len());
        for timepoint in frame.objects {
            let known = self.lesions_at(collection.members, *timepoint, &mut members);
            ends.push((members.len(), known));
        }
        self.fold_segments(aggregate, collection, closure, frame, &members, &ends)
    }

    /// The aggregates that responses are made of (`targets.sum(|l| l.diameter)`, `all(|l|
    /// l.disappeared)`, `any(|l| !known(l.diameter))`) need no values laid out in between.
    fn fold_directly(
        &self,
        aggregate: Aggregate,
        collection: &Collection,
        closure: Option<&Closure>,
        timepoints: &[u32],
        n: u32,
    ) -> Option<Column> {
        let chosen = match collection.members {
            Members::Targets => &self.line.targets,
            Members::NonTargets => &self.line.non_targets,
            _ => return None,
        };
        let value = match closure {
            Some(closure) => Some(self.direct(&closure.body, closure.slot)?),
            None => None,
        };
        let filter = match collection.filters.as_slice() {
            [] => None,
            [filter] => Some(self.direct(&filter.body, filter.slot)?),
            _ => return None,
        };
        let known = self.line.lesion_baseline.is_some();
        let fold = |timepoint: &u32| {
            let mut fold = Fold::new(aggregate);
            // Without a baseline nobody knows which lesions are meant.
            for lesion in chosen.iter().take(if known { usize::MAX } else { 0 }) {
                let object = timepoint * n + lesion;
                let included = filter.as_ref().map_or(Value::Bool(true), |f| f.at(object));
                if included == Value::Bool(false) {
                    continue;
                }
                let value = value.as_ref().map_or(Value::Bool(true), |v| v.at(object));
                if !fold.take(object, included == Value::Bool(true), value) {
                    break;
                }
            }
            fold.result(self, known)
        };
        Some(Column::Many(timepoints.iter().map(fold).collect()))
    }

    /// A measure or decision of the lesion, whether it is known, and the opposite of either.
    fn direct(&self, expr: &Expr, slot: Slot) -> Option<Direct<'_>> {
        match expr {
            Expr::Node(id, ObjectRef::Variable(own)) if *own == slot => {
                let node = self.course.program.node(*id).filter(|n| n.scope == Scope::Lesion)?;
                let ready = self.make_ready(*id, node);
                ready.then(|| Direct {
                    values: self.state.lesions.of(node.column),
                    known: false,
                    not: false,
                })
            }
            Expr::Known(inner) => match self.direct(inner, slot)? {
                Direct { known: false, not: false, values } => {
                    Some(Direct { known: true, not: false, values })
                }
                _ => None,
            },
            Expr::Not(inner) => {
                let inner = self.direct(inner, slot)?;
                Some(Direct { not: !inner.not, ..inner })
            }
            _ => None,
        }
    }

    /// Folds the members between one end and the next.
    fn fold_segments(
        &self,
        aggregate: Aggregate,
        collection: &Collection,
        closure: Option<&Closure>,
        frame: Frame<'_>,
        members: &[u32],
        ends: &[(usize, bool)],
    ) -> Column {
        let lesions = |objects, slot| Frame {
            objects,
            kind: ObjectKind::Lesion,
            variable: Some(slot),
            slots: frame.slots,
        };
        if members.is_empty() {
            let of = |known: bool| Fold::new(aggregate).result(self, known);
            return Column::Many(ends.iter().map(|(_, known)| of(*known)).collect());
        }
        // For each member: whether the filters take it in, and its value.
        let mut included: Option<Values> = None;
        for filter in &collection.filters {
            let passes = self.column(&filter.body, lesions(members, filter.slot));
            let before = included.take();
            let value = |i: usize| {
                let so_far = before.as_ref().and_then(|b| b.get(i)).copied();
                join(so_far.unwrap_or(Value::Bool(true)), passes.at(i), false)
            };
            included = Some((0..members.len()).map(value).collect());
        }
        let values = match closure {
            None => Column::One(Value::Bool(true)),
            Some(closure) => {
                let taken = |v: &Value| *v != Value::Bool(false);
                match &included {
                    // Only for members that are taken in; the others are never looked at.
                    Some(included) if !included.iter().all(taken) => {
                        let pairs = members.iter().zip(included);
                        let objects: Vec<u32> =
                            pairs.filter(|(_, v)| taken(v)).map(|(o, _)| *o).collect();
                        let some = self.column(&closure.body, lesions(&objects, closure.slot));
                        let mut next = 0;
                        let spread = included.iter().map(|v| {
                            if !taken(v) {
                                return Value::Unknown;
                            }
                            next += 1;
                            some.at(next - 1)
                        });
                        Column::Many(spread.collect())
                    }
                    _ => self.column(&closure.body, lesions(members, closure.slot)),
                }
            }
        };
        let mut start = 0;
        let results = ends.iter().map(|(end, known)| {
            let mut fold = Fold::new(aggregate);
            for index in start..*end {
                let is_in = included.as_ref().and_then(|v| v.get(index)).copied();
                let is_in = is_in.unwrap_or(Value::Bool(true));
                if is_in == Value::Bool(false) {
                    continue;
                }
                let object = members.get(index).copied().unwrap_or_default();
                if !fold.take(object, is_in == Value::Bool(true), values.at(index)) {
                    break;
                }
            }
            start = *end;
            fold.result(self, *known)
        });
        Column::Many(results.collect())
    }
}

/// The values of some objects; mostly these lie side by side.
#[inline]
fn gather<T>(from: &[T], objects: &[u32], value: impl Fn(&T) -> Value) -> Values {
    if let (Some(first), Some(last)) = (objects.first(), objects.last())
        && objects.iter().zip(*first..).all(|(object, expected)| *object == expected)
        && let Some(run) = from.get(*first as usize..=*last as usize)
    {
        return run.iter().map(value).collect();
    }
    let at = |o: &u32| from.get(*o as usize).map_or(Value::Unknown, &value);
    objects.iter().map(at).collect()
}

fn all(values: &[Value], wanted: bool) -> bool {
    values.iter().all(|v| *v == Value::Bool(wanted))
}

/// Three-valued and (`deciding` false) or or (`deciding` true).
#[inline]
fn join(a: Value, b: Value, deciding: bool) -> Value {
    match (a, b) {
        (Value::Bool(a), _) if a == deciding => Value::Bool(deciding),
        (_, Value::Bool(b)) if b == deciding => Value::Bool(deciding),
        (Value::Bool(_), Value::Bool(_)) => Value::Bool(!deciding),
        _ => Value::Unknown,
    }
}
