//! Decisions by rows of conditions: the cells of what they look at are enumerated.

use super::cells::{Axes, Axis, Formula, Point};
use super::{Found, MOST_CELLS, ProofKind, ProofOutcome, dead_row, outcome};
use crate::ir::{Expr, Node, Program};
use crate::types::Type;
use crate::vocabulary::FACTS;
use oncorules_source::{Diagnostic, Diagnostics};

/// So many parts of conditions are looked at over all combinations of one decision.
const MOST_WORK: u64 = 1 << 26;

pub(super) fn prove(program: &Program, node: &Node, diagnostics: &mut Diagnostics) -> Found {
    let type_of = |expr: &Expr| type_of(program, expr);
    let names = node.rows.iter().flat_map(|r| &r.facts).map(|f| (&f.expr, &f.name)).collect();
    let mut axes = Axes { axes: vec![], domains: &program.domains, names, type_of: &type_of };
    let formulas: Vec<Option<Formula>> =
        node.rows.iter().map(|r| r.when.as_ref().map(|when| axes.formula(when))).collect();
    let axes = axes.axes;
    let points: Vec<Vec<Point>> = axes.iter().map(Axis::points).collect();
    let cells = points
        .iter()
        .try_fold(1u64, |n, p| n.checked_mul(p.len() as u64))
        .filter(|n| *n <= MOST_CELLS)
        .filter(|n| {
            let work: u64 = formulas.iter().flatten().map(Formula::size).sum();
            n.saturating_mul(work) <= MOST_WORK
        });
    let unconditional = formulas.iter().position(Option::is_none);
    // A row behind one that always decides is dead whatever the conditions say.
    let mut dead = false;
    for row in unconditional.map_or(node.rows.len(), |u| u + 1)..node.rows.len() {
        dead = true;
        diagnostics.0.extend(dead_row(node, row));
    }
    let in_order = (ProofKind::Consistent, 0, ProofOutcome::Proven);
    let Some(cells) = cells else {
        let why = ProofOutcome::NotProvable(format!(
            "its conditions look at too many combinations (more than {MOST_CELLS}, or {MOST_WORK} with all its rows)"
        ));
        let complete = if unconditional.is_some() { ProofOutcome::Proven } else { why.clone() };
        return vec![
            (ProofKind::Complete, 0, complete),
            in_order,
            (ProofKind::NoDeadRows, 0, if dead { ProofOutcome::Failed } else { why }),
        ];
    };
    let mut decides = vec![false; node.rows.len()];
    let mut gap: Option<Vec<Point>> = None;
    let mut cell: Vec<Point> = vec![Point::Unknown; points.len()];
    for index in 0..cells {
        let mut rest = index;
        for (slot, choices) in cell.iter_mut().zip(&points) {
            let n = choices.len().max(1) as u64;
            *slot = usize::try_from(rest % n)
                .ok()
                .and_then(|i| choices.get(i))
                .copied()
                .unwrap_or(Point::Unknown);
            rest /= n;
        }
        let mut open = true;
        for (row, formula) in formulas.iter().enumerate() {
            match formula.as_ref().map_or(Some(true), |f| f.holds(&cell)) {
                Some(true) => {
                    if let Some(slot) = decides.get_mut(row) {
                        *slot = true;
                    }
                    open = false;
                    break;
                }
                Some(false) => {}
                // Unknown: the decision says so, and goes no further.
                None => {
                    open = false;
                    break;
                }
            }
        }
        if open && gap.is_none() {
            gap = Some(cell.clone());
        }
    }
    if let Some(cell) = &gap {
        let shown: Vec<String> = axes.iter().zip(cell).map(|(a, p)| a.shown(*p)).collect();
        diagnostics.push(
            Diagnostic::error(
                "gap",
                format!("no row of `{}` decides when {}", node.name, shown.join(", ")),
            )
            .at(&node.place.file, node.place.span, "")
            .help("end with a row that has no `when`, or add a row for this"),
        );
    }
    let last = unconditional.map_or(node.rows.len(), |u| u + 1);
    for (row, _) in decides.iter().enumerate().take(last).filter(|(_, d)| !**d) {
        dead = true;
        diagnostics.0.extend(dead_row(node, row));
    }
    vec![
        (ProofKind::Complete, cells, outcome(gap.is_some())),
        in_order,
        (ProofKind::NoDeadRows, cells, outcome(dead)),
    ]
}

/// The type of an expression, as far as a proof needs it.
fn type_of(program: &Program, expr: &Expr) -> Option<Type> {
    match expr {
        Expr::Node(id, _) => program.node(*id).map(|n| n.ty.clone()),
        Expr::Fact(fact, _) => FACTS.iter().find(|f| f.fact == *fact).map(|f| f.ty.to_type()),
        Expr::Observation(id, ..) => {
            program.observations.get(usize::from(*id)).map(|o| o.ty.clone())
        }
        Expr::Temporal(temporal, series, _) => match (temporal, series) {
            (crate::ir::Temporal::BaselineDate | crate::ir::Temporal::NadirDate, _) => {
                Some(Type::Date)
            }
            (_, crate::ir::Series::Node(id)) => program.node(*id).map(|n| n.ty.clone()),
            (_, crate::ir::Series::Observation(id, _)) => {
                program.observations.get(usize::from(*id)).map(|o| o.ty.clone())
            }
        },
        Expr::Arithmetic(..)
        | Expr::Negate(_)
        | Expr::Absolute(_)
        | Expr::PercentChange(..)
        | Expr::Smallest(_)
        | Expr::Largest(_)
        | Expr::DaysBetween(..) => Some(Type::Number(None)),
        Expr::DatePlus(..) | Expr::EarliestKnown(_) | Expr::LatestKnown(_) => Some(Type::Date),
        Expr::Parameter(crate::ir::Value::Code(_), number) => parameter_domain(program, *number),
        Expr::Parameter(crate::ir::Value::Bool(_), _) => Some(Type::Boolean),
        _ => None,
    }
}

/// The codes that a parameter can have; its value is free in a proof, for a ruleset that extends
/// this one may set another.
fn parameter_domain(program: &Program, number: u16) -> Option<Type> {
    program.parameter_types.get(usize::from(number)).cloned()
}
