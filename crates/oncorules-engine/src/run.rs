//! Running a program over a line: node by node in the order that the compiler found.

use crate::batch::{Column, Frame};
use crate::course::{Course, Line};
use crate::eval::Evaluator;
use crate::state::{Columns, Hit, MemberTimepoints, State};
use oncorules_rules::*;
use smallvec::SmallVec;
use std::rc::Rc;

/// Some objects of one kind; courses are mostly short.
type Objects = SmallVec<[u32; 16]>;

/// Up to how many measures and decisions of lesions are computed only when they are asked for.
const ON_DEMAND: u32 = 64;

/// Runs all lines; gives the values as they stood at the end of each line.
pub(crate) fn run(course: &Course<'_>) -> Vec<State> {
    let program = course.program;
    let mut done: Vec<State> = vec![];
    // What was decided of earlier lines stays in sight.
    let shared = |kind, objects: usize| Rc::new(Columns::new(program, kind, objects));
    let lines = shared(ObjectKind::Line, course.lines.len());
    let drugs = shared(ObjectKind::Drug, course.drugs.len());
    let classes = shared(ObjectKind::Class, course.classes.len());
    for (index, line) in course.lines.iter().enumerate() {
        let timepoints = line.timepoints.len();
        let mut state = State {
            lesions: Columns::new(program, ObjectKind::Lesion, timepoints * line.lesions.len()),
            timepoints: Columns::new(program, ObjectKind::Timepoint, timepoints),
            lines: lines.clone(),
            drugs: drugs.clone(),
            classes: classes.clone(),
            members: vec![None; program.rulesets.len()],
        };
        run_line(course, index as u32, &mut state);
        done.push(state);
    }
    done
}

fn run_line(course: &Course<'_>, line: u32, state: &mut State) {
    let program = course.program;
    for step in &program.steps {
        for id in &step.nodes {
            if let Some(node) = program.node(*id) {
                ensure_members(course, line, node.ruleset, state);
            }
        }
        if step.together {
            run_together(course, line, step, state);
        } else {
            for id in &step.nodes {
                run_node(course, line, *id, state);
            }
        }
    }
    for ruleset in 0..program.rulesets.len() {
        ensure_members(course, line, ruleset as RulesetIndex, state);
    }
}

/// Nodes that look at their own past go timepoint by timepoint, but for the rows before the first
/// that does: those are evaluated for all timepoints at once.
fn run_together(course: &Course<'_>, line: u32, step: &Step, state: &State) {
    let program = course.program;
    let ruleset = step.nodes.first().and_then(|id| program.node(*id)).map_or(0, |n| n.ruleset);
    let timepoints = looked_at(state, ruleset);
    for node in step.nodes.iter().filter_map(|id| program.node(*id)) {
        if node.scope == Scope::Lesion {
            state.lesions.set_ready(node.column);
        }
    }
    // For each node: how many of its rows are done, and the timepoints that they left open.
    let mut open: Vec<Option<(usize, Objects)>> = vec![];
    for (id, alone) in step.nodes.iter().zip(&step.alone) {
        open.push((*alone > 0).then(|| {
            let objects = match (program.node(*id), course.lines.get(line as usize)) {
                (Some(node), Some(line)) => timepoints_of(line, node, state),
                _ => &[],
            };
            (*alone, decide_rows(course, line, *id, 0..*alone, objects, state))
        }));
    }
    for timepoint in timepoints {
        for (id, open) in step.nodes.iter().zip(&open) {
            match open {
                Some((_, open)) if !open.contains(timepoint) => {}
                Some((rows, _)) => {
                    let rows = *rows..usize::MAX;
                    let left = decide_rows(course, line, *id, rows, &[*timepoint], state);
                    block(course, line, *id, &left, state);
                }
                None => run_node_at(course, line, *id, *timepoint, state),
            }
        }
    }
}

/// The timepoints that a node is about: decisions are about follow-ups, for there is no response
/// at baseline.
fn timepoints_of<'s>(line: &Line, node: &Node, state: &'s State) -> &'s [u32] {
    let all = looked_at(state, node.ruleset);
    let before = all.iter().take_while(|t| node.is_decision() && **t < line.before_start).count();
    all.get(before..).unwrap_or_default()
}

/// Baseline and follow-ups.
fn looked_at(state: &State, ruleset: RulesetIndex) -> &[u32] {
    state.members(ruleset).map_or(&[], |m| &m.all)
}

/// Finds which assessments of the line a ruleset looks at.
fn ensure_members(course: &Course<'_>, line_index: u32, ruleset: RulesetIndex, state: &mut State) {
    if state.members(ruleset).is_some() {
        return;
    }
    let (Some(line), Some(rules)) =
        (course.lines.get(line_index as usize), course.program.rulesets.get(usize::from(ruleset)))
    else {
        return;
    };
    let mut members = MemberTimepoints::default();
    for timepoint in 0..line.timepoints.len() as u32 {
        let meets = match &rules.timepoints.when {
            None => true,
            Some(when) => {
                evaluator(course, line_index, state, ruleset, Scope::Timepoint, timepoint)
                    .is_some_and(|e| e.eval(when) == Value::Bool(true))
            }
        };
        let reported = || {
            line.reported.iter().any(|(id, at, _)| {
                *at == timepoint && course.program.node(*id).is_some_and(|n| n.ruleset == ruleset)
            })
        };
        if meets && timepoint < line.before_start {
            members.baseline = Some(timepoint);
        } else if timepoint >= line.before_start && (meets || reported()) {
            members.follow_ups.push(timepoint);
            if !meets {
                members.reported_only.push(timepoint);
            }
        }
    }
    members.all = members.baseline.into_iter().chain(members.follow_ups.iter().copied()).collect();
    if let Some(slot) = state.members.get_mut(usize::from(ruleset)) {
        *slot = Some(members);
    }
}

pub(crate) fn evaluator<'e>(
    course: &'e Course<'e>,
    line_index: u32,
    state: &'e State,
    ruleset: RulesetIndex,
    scope: Scope,
    object: u32,
) -> Option<Evaluator<'e>> {
    let line = course.lines.get(line_index as usize)?;
    Some(Evaluator { course, line, line_index, state, ruleset, scope, object })
}

fn run_node(course: &Course<'_>, line_index: u32, id: NodeId, state: &State) {
    let (Some(node), Some(line)) = (course.program.node(id), course.lines.get(line_index as usize))
    else {
        return;
    };
    match node.scope {
        Scope::Timepoint => {
            run_for_all(course, line_index, id, timepoints_of(line, node, state), state);
        }
        // Computed when asked for: of most lesions most is never asked. A great many are computed
        // in order, so that none need wait for a long row of others.
        Scope::Lesion if course.program.columns_of(ObjectKind::Lesion) <= ON_DEMAND => {}
        Scope::Lesion => {
            if !state.lesions.is_ready(node.column) {
                run_for_lesions(course, line_index, id, state);
            }
        }
        Scope::Line => set(course, line_index, id, line_index, state),
        Scope::Drug => line.drugs.clone().for_each(|drug| set(course, line_index, id, drug, state)),
        Scope::Class => {
            line.classes.clone().for_each(|class| set(course, line_index, id, class, state))
        }
    }
}

/// Computes a node of lesions for all timepoints that its ruleset looks at; false where these are
/// not known yet.
pub(crate) fn run_for_lesions(
    course: &Course<'_>,
    line_index: u32,
    id: NodeId,
    state: &State,
) -> bool {
    let (Some(node), Some(line)) = (course.program.node(id), course.lines.get(line_index as usize))
    else {
        return true;
    };
    if state.members(node.ruleset).is_none() {
        return false;
    }
    state.lesions.set_ready(node.column);
    let timepoints = timepoints_of(line, node, state);
    let n = line.lesions.len() as u32;
    let mut objects = Vec::with_capacity(timepoints.len() * n as usize);
    for timepoint in timepoints {
        objects.extend(timepoint * n..(timepoint + 1) * n);
    }
    run_for_all(course, line_index, id, &objects, state);
    true
}

/// A node of timepoints or lesions for all of them at once.
fn run_for_all(course: &Course<'_>, line: u32, id: NodeId, objects: &[u32], state: &State) {
    let Some(node) = course.program.node(id) else { return };
    match &node.logic {
        Logic::Measure(expr) => {
            let Some(evaluator) = evaluator(course, line, state, node.ruleset, node.scope, 0)
            else {
                return;
            };
            let values = evaluator.column(expr, frame(objects, node.scope));
            let Some(columns) = state.of(node.scope.object()) else { return };
            for (index, object) in objects.iter().enumerate() {
                columns.set(node.column, *object, values.at(index), Hit::NONE);
            }
        }
        Logic::Rows => {
            let left = decide_rows(course, line, id, 0..usize::MAX, objects, state);
            block(course, line, id, &left, state);
        }
        Logic::Table(table) => {
            let Some(evaluator) = evaluator(course, line, state, node.ruleset, node.scope, 0)
            else {
                return;
            };
            let frame = frame(objects, node.scope);
            let columns = table.columns.iter().map(|c| evaluator.column(&c.expr, frame));
            let columns: Vec<Column> = columns.collect();
            for (index, object) in objects.iter().enumerate() {
                let Some(evaluator) =
                    self::evaluator(course, line, state, node.ruleset, node.scope, *object)
                else {
                    return;
                };
                let decided = by_table(&evaluator, node, table, &|c, _| {
                    columns.get(c).map_or(Value::Unknown, |c| c.at(index))
                });
                write(course, line, id, *object, decided, state);
            }
        }
    }
}

fn frame(objects: &[u32], scope: Scope) -> Frame<'_> {
    Frame { objects, kind: scope.object(), variable: None, slots: [0; MAX_CLOSURES] }
}

/// Goes through some rows of a decision for all objects at once; gives the objects that none of
/// these rows decided.
fn decide_rows(
    course: &Course<'_>,
    line: u32,
    id: NodeId,
    rows: std::ops::Range<usize>,
    objects: &[u32],
    state: &State,
) -> Objects {
    let mut objects = Objects::from_slice(objects);
    let Some(node) = course.program.node(id) else { return Objects::new() };
    for (index, row) in node.rows.iter().enumerate().take(rows.end).skip(rows.start) {
        if objects.is_empty() {
            break;
        }
        let Some(evaluator) = evaluator(course, line, state, node.ruleset, node.scope, 0) else {
            break;
        };
        let met = match &row.when {
            Some(when) => evaluator.column(when, frame(&objects, node.scope)),
            None => Column::One(Value::Bool(true)),
        };
        if matches!(met, Column::One(Value::Bool(false))) {
            continue;
        }
        let mut left = Objects::new();
        for (i, object) in objects.iter().enumerate() {
            let decided = match met.at(i) {
                Value::Bool(false) => {
                    left.push(*object);
                    continue;
                }
                Value::Bool(true) => {
                    outcome(&Evaluator { object: *object, ..evaluator }, node, index)
                }
                // Never past a row whose condition is unknown.
                _ => blocked(node, index),
            };
            write(course, line, id, *object, decided, state);
        }
        objects = left;
    }
    objects
}

/// Notes that no row decides.
fn block(course: &Course<'_>, line: u32, id: NodeId, objects: &[u32], state: &State) {
    let Some(node) = course.program.node(id) else { return };
    for object in objects {
        write(course, line, id, *object, blocked(node, node.rows.len()), state);
    }
}

fn run_node_at(course: &Course<'_>, line_index: u32, id: NodeId, timepoint: u32, state: &State) {
    let (Some(node), Some(line)) = (course.program.node(id), course.lines.get(line_index as usize))
    else {
        return;
    };
    // Decisions are about follow-ups: there is no response at baseline.
    if node.is_decision() && timepoint < line.before_start {
        return;
    }
    if node.scope == Scope::Lesion {
        let n = line.lesions.len() as u32;
        for lesion in 0..n {
            set(course, line_index, id, timepoint * n + lesion, state);
        }
    } else {
        set(course, line_index, id, timepoint, state);
    }
}

fn set(course: &Course<'_>, line_index: u32, id: NodeId, object: u32, state: &State) {
    let Some(node) = course.program.node(id) else { return };
    let Some(evaluator) = evaluator(course, line_index, state, node.ruleset, node.scope, object)
    else {
        return;
    };
    let decided = decide(&evaluator, node);
    write(course, line_index, id, object, decided, state);
}

/// Keeps the value of a node.
///
/// Where nothing but responses was recorded, a decision that rests on something unknown gives way
/// to what was reported. Where there are measurements, a difference is a finding instead.
fn write(
    course: &Course<'_>,
    line_index: u32,
    id: NodeId,
    object: u32,
    (mut value, mut hit): (Value, Hit),
    state: &State,
) {
    let Some(node) = course.program.node(id) else { return };
    let reported = course
        .lines
        .get(line_index as usize)
        .filter(|l| node.scope == Scope::Timepoint && !l.reported.is_empty())
        .and_then(|l| l.reported.iter().find(|(n, t, _)| *n == id && *t == object));
    if let Some((_, _, code)) = reported {
        let reported_only =
            state.members(node.ruleset).is_some_and(|m| m.reported_only.contains(&object));
        let evaluator = evaluator(course, line_index, state, node.ruleset, node.scope, object);
        let open = || evaluator.is_some_and(|e| rests_on_unknown(&e, node));
        if reported_only && (hit.decided_by().is_none() || open()) {
            (value, hit) = (Value::Code(*code), Hit::REPORTED);
        }
    }
    if let Some(columns) = state.of(node.scope.object()) {
        columns.set(node.column, object, value, hit);
    }
}

/// Whether one of the decisions that this one looks at could not be decided.
fn rests_on_unknown(evaluator: &Evaluator<'_>, node: &Node) -> bool {
    let open = |expr: &Expr| match expr {
        Expr::Node(id, ObjectRef::Current) => {
            evaluator.course.program.node(*id).is_some_and(|input| {
                let columns = evaluator.state.of(input.scope.object());
                input.scope == node.scope
                    && columns.is_some_and(|c| {
                        c.hit(input.column, evaluator.object).blocked_by().is_some()
                    })
            })
        }
        _ => false,
    };
    match &node.logic {
        Logic::Table(table) => table.columns.iter().any(|c| open(&c.expr)),
        _ => node.rows.iter().any(|r| {
            r.facts.iter().any(|f| open(&f.expr)) || matches!(&r.then, Then::Take(e) if open(e))
        }),
    }
}

/// The value of a node, and for a decision the row that made it.
pub(crate) fn decide(evaluator: &Evaluator<'_>, node: &Node) -> (Value, Hit) {
    match &node.logic {
        Logic::Measure(expr) => (evaluator.eval(expr), Hit::NONE),
        Logic::Rows => {
            for (index, row) in node.rows.iter().enumerate() {
                let condition =
                    row.when.as_ref().map_or(Value::Bool(true), |when| evaluator.eval(when));
                match condition {
                    Value::Bool(true) => return outcome(evaluator, node, index),
                    Value::Bool(false) => {}
                    // Never past a row whose condition is unknown.
                    _ => return blocked(node, index),
                }
            }
            blocked(node, node.rows.len())
        }
        Logic::Table(table) => by_table(evaluator, node, table, &|_, expr| evaluator.eval(expr)),
    }
}

fn blocked(node: &Node, index: usize) -> (Value, Hit) {
    (node.unknown.map_or(Value::Unknown, Value::Code), Hit::blocked(index))
}

fn outcome(evaluator: &Evaluator<'_>, node: &Node, index: usize) -> (Value, Hit) {
    match node.rows.get(index).map(|r| &r.then) {
        Some(Then::Code(code)) => (Value::Code(*code), Hit::row(index)),
        Some(Then::Take(expr)) => match evaluator.eval(expr) {
            Value::Unknown => blocked(node, index),
            value => (value, Hit::row(index)),
        },
        None => blocked(node, index),
    }
}

fn by_table(
    evaluator: &Evaluator<'_>,
    node: &Node,
    table: &Table,
    input: &dyn Fn(usize, &Expr) -> Value,
) -> (Value, Hit) {
    let mut index = 0usize;
    let mut unknown = vec![];
    let mut stride = 1usize;
    for (position, column) in table.columns.iter().enumerate().rev() {
        let n = column.codes.len();
        match input(position, &column.expr) {
            Value::Code(code) => index += usize::from(code) * stride,
            Value::Bool(b) => index += usize::from(b) * stride,
            _ => unknown.push((position, n, stride)),
        }
        stride *= n.max(1);
    }
    let row_at =
        |index: usize| table.lookup.get(index).copied().filter(|r| *r != u16::MAX).map(usize::from);
    if unknown.is_empty() {
        return match row_at(index) {
            Some(row) => outcome(evaluator, node, row),
            None => blocked(node, node.rows.len()),
        };
    }
    // Where every value that the unknown inputs could have leads to the same, it is known.
    let combinations: usize = unknown.iter().map(|(_, n, _)| *n).product();
    let mut agreed: Option<usize> = None;
    for combination in 0..combinations.min(4096) {
        let mut rest = combination;
        let mut at = index;
        for (_, n, stride) in &unknown {
            at += rest % n.max(&1) * stride;
            rest /= n.max(&1);
        }
        let same = |a: usize, b: usize| {
            node.rows.get(a).map(|r| &r.then) == node.rows.get(b).map(|r| &r.then)
        };
        match (row_at(at), agreed) {
            (Some(row), None) => agreed = Some(row),
            (Some(row), Some(before)) if same(row, before) => {}
            _ => return blocked(node, node.rows.len()),
        }
    }
    match agreed {
        Some(row) => outcome(evaluator, node, row),
        None => blocked(node, node.rows.len()),
    }
}
