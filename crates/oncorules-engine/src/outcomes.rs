//! Values and rows without a report around them, for who needs codes by the million and no words.

use crate::course::Course;
use crate::run;
use crate::state::State;
use oncorules_model::{PartialDate, Scalar};
use oncorules_rules::{NodeId, Scope};

/// A measure or decision, found once by its name and then asked for in many cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item(pub(crate) NodeId);

/// What was computed of one case: the value of every measure and decision, and the row that made
/// each decision.
pub struct Outcomes<'c> {
    pub(crate) course: Course<'c>,
    pub(crate) states: Vec<State>,
}

impl Outcomes<'_> {
    /// How many lines of therapy there are.
    pub fn lines(&self) -> usize {
        self.course.lines.len()
    }

    /// The dates of the assessments of a line (from 0), those before its start first.
    pub fn dates(&self, line: usize) -> impl Iterator<Item = PartialDate> + '_ {
        self.course.lines.get(line).into_iter().flat_map(|l| l.timepoints.iter().map(|t| t.date))
    }

    /// The code that was decided; for an item of a whole line, `timepoint` does not matter.
    pub fn code(&self, item: Item, line: usize, timepoint: usize) -> Option<&str> {
        let node = self.course.program.node(item.0)?;
        let object = object_of(node.scope, line, timepoint)?;
        match self.states.get(line)?.of(node.scope.object())?.get(node.column, object) {
            oncorules_rules::Value::Code(code) => {
                self.course.program.code(node.domain()?, code).map(|c| &**c)
            }
            _ => None,
        }
    }

    /// The id of the row that decided; `None` where none did.
    pub fn row(&self, item: Item, line: usize, timepoint: usize) -> Option<&str> {
        let node = self.course.program.node(item.0)?;
        let object = object_of(node.scope, line, timepoint)?;
        let hit = self.states.get(line)?.of(node.scope.object())?.hit(node.column, object);
        node.rows.get(hit.decided_by()?).map(|r| &*r.id)
    }

    /// The value of a measure; `None` where it is unknown.
    pub fn measure(&self, item: Item, line: usize, timepoint: usize) -> Option<Scalar> {
        let node = self.course.program.node(item.0)?;
        let object = object_of(node.scope, line, timepoint)?;
        let value = self.states.get(line)?.of(node.scope.object())?.get(node.column, object);
        let number = u32::try_from(line).ok()?;
        run::evaluator(&self.course, number, self.states.get(line)?, 0, Scope::Line, number)?
            .scalar(value, &node.ty)
    }
}

fn object_of(scope: Scope, line: usize, timepoint: usize) -> Option<u32> {
    match scope {
        Scope::Timepoint => u32::try_from(timepoint).ok(),
        Scope::Line => u32::try_from(line).ok(),
        _ => None,
    }
}
