//! The values that have been computed so far for one line, and for all lines before it.

use oncorules_rules::{ObjectKind, Program, Value};
use std::cell::Cell;
use std::rc::Rc;

/// How a decision came about; kept in 16 bits a decision, always.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit(u16);

impl Hit {
    /// Not decided: the rule does not look at this object.
    pub const NONE: Hit = Hit(u16::MAX);
    /// Taken over from what was reported.
    pub const REPORTED: Hit = Hit(u16::MAX - 1);
    const BLOCKED: u16 = 0x8000;

    /// Decided by this row.
    pub fn row(index: usize) -> Hit {
        Hit(u16::try_from(index).unwrap_or(Self::BLOCKED - 1).min(Self::BLOCKED - 1))
    }

    /// Not decided, because the condition of this row is unknown.
    pub fn blocked(index: usize) -> Hit {
        Hit(Self::BLOCKED | Self::row(index).0)
    }

    /// The row that decided.
    pub fn decided_by(self) -> Option<usize> {
        (self.0 & Self::BLOCKED == 0).then_some(usize::from(self.0))
    }

    /// The row whose condition was unknown.
    pub fn blocked_by(self) -> Option<usize> {
        (self.0 & Self::BLOCKED != 0 && self != Self::NONE && self != Self::REPORTED)
            .then_some(usize::from(self.0 & !Self::BLOCKED))
    }
}

/// Values of the nodes of one kind of object: node by node, each with a value an object.
#[derive(Debug, Default, Clone)]
pub(crate) struct Columns {
    objects: usize,
    values: Vec<Cell<Value>>,
    hits: Vec<Cell<Hit>>,
    /// For each node: whether its values are there; those of lesions are computed when they are
    /// first asked for.
    ready: Vec<Cell<bool>>,
}

impl Columns {
    pub(crate) fn new(program: &Program, kind: ObjectKind, objects: usize) -> Self {
        let columns = program.columns_of(kind) as usize;
        let size = columns * objects;
        Self {
            objects,
            values: vec![Cell::new(Value::Unknown); size],
            hits: vec![Cell::new(Hit::NONE); size],
            ready: vec![Cell::new(false); columns],
        }
    }

    #[inline]
    pub(crate) fn get(&self, column: u32, object: u32) -> Value {
        if object as usize >= self.objects {
            return Value::Unknown;
        }
        self.values
            .get(column as usize * self.objects + object as usize)
            .map_or(Value::Unknown, Cell::get)
    }

    /// The values of a node, object by object.
    #[inline]
    pub(crate) fn of(&self, column: u32) -> &[Cell<Value>] {
        let start = column as usize * self.objects;
        self.values.get(start..start + self.objects).unwrap_or_default()
    }

    #[inline]
    pub(crate) fn hit(&self, column: u32, object: u32) -> Hit {
        self.hits.get(column as usize * self.objects + object as usize).map_or(Hit::NONE, Cell::get)
    }

    #[inline]
    pub(crate) fn set(&self, column: u32, object: u32, value: Value, hit: Hit) {
        let at = column as usize * self.objects + object as usize;
        if let (Some(v), Some(h)) = (self.values.get(at), self.hits.get(at)) {
            v.set(value);
            h.set(hit);
        }
    }

    #[inline]
    pub(crate) fn is_ready(&self, column: u32) -> bool {
        self.ready.get(column as usize).is_none_or(Cell::get)
    }

    pub(crate) fn set_ready(&self, column: u32) {
        if let Some(ready) = self.ready.get(column as usize) {
            ready.set(true);
        }
    }
}

/// All values: those of timepoints and lesions belong to the line at hand.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) lesions: Columns,
    pub(crate) timepoints: Columns,
    /// Those of lines, drugs and classes are shared by all lines, each of which adds its own.
    pub(crate) lines: Rc<Columns>,
    pub(crate) drugs: Rc<Columns>,
    pub(crate) classes: Rc<Columns>,
    /// For each ruleset the timepoints that it looks at.
    pub(crate) members: Vec<Option<MemberTimepoints>>,
}

/// The timepoints of a line that a ruleset looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct MemberTimepoints {
    /// The baseline.
    pub(crate) baseline: Option<u32>,
    /// The baseline and the follow-ups, by date.
    pub(crate) all: Vec<u32>,
    /// The follow-ups, by date.
    pub(crate) follow_ups: Vec<u32>,
    /// Those follow-ups that are there only because something was reported.
    pub(crate) reported_only: Vec<u32>,
}

impl State {
    pub(crate) fn of(&self, kind: ObjectKind) -> Option<&Columns> {
        Some(match kind {
            ObjectKind::Lesion => &self.lesions,
            ObjectKind::Timepoint => &self.timepoints,
            ObjectKind::Line => &self.lines,
            ObjectKind::Drug => &self.drugs,
            ObjectKind::Class => &self.classes,
            _ => return None,
        })
    }

    pub(crate) fn members(&self, ruleset: u16) -> Option<&MemberTimepoints> {
        self.members.get(usize::from(ruleset))?.as_ref()
    }
}
