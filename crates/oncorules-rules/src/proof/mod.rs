//! What can be proven of a decision: that some row decides for every combination that can occur,
//! that no two rows disagree where only one may match, and that no row is dead.
//!
//! Tables over codes are enumerated. For conditions, every quantity that they look at becomes an
//! axis, numbers cut at the constants that they are compared with, and the cells are enumerated.
//! Axes are taken to be independent: a row that is never reached then is dead for certain.

mod cells;
mod conditions;
mod tables;

use crate::ir::{Logic, Node, Program};
use oncorules_source::Diagnostics;
use std::sync::Arc;

/// So many combinations are looked at for one decision; past that it is not provable.
pub(crate) const MOST_CELLS: u64 = 1 << 19;

/// What is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofKind {
    /// Some row decides for every combination that can occur.
    Complete,
    /// No two rows disagree where only one may match.
    Consistent,
    /// Every row decides for some combination.
    NoDeadRows,
}

/// How a proof ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProofOutcome {
    /// It holds.
    Proven,
    /// It does not hold; the diagnostics show the combination.
    Failed,
    /// It cannot be decided here, and why.
    NotProvable(String),
}

/// One proof about one decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The ruleset that decides.
    pub ruleset: Arc<str>,
    /// The decision.
    pub decision: Arc<str>,
    /// What is proven.
    pub kind: ProofKind,
    /// How many combinations were looked at.
    pub combinations: u64,
    /// How it ended.
    pub outcome: ProofOutcome,
}

/// Proves what can be proven of every decision; a failed proof is an error among the diagnostics.
pub fn prove(program: &Program) -> (Vec<Proof>, Diagnostics) {
    prove_where(program, &|_| true)
}

/// As [`prove`], for the nodes that are `wanted`.
pub(crate) fn prove_where(
    program: &Program,
    wanted: &dyn Fn(usize) -> bool,
) -> (Vec<Proof>, Diagnostics) {
    let mut proofs = vec![];
    let mut diagnostics = Diagnostics::new();
    let decisions = program.nodes.iter().enumerate();
    for (_, node) in decisions.filter(|(id, n)| n.is_decision() && wanted(*id)) {
        let ruleset = program
            .rulesets
            .get(usize::from(node.ruleset))
            .map(|r| r.id.clone())
            .unwrap_or_default();
        let found = match &node.logic {
            Logic::Table(table) => tables::prove(node, table, &mut diagnostics),
            _ => conditions::prove(program, node, &mut diagnostics),
        };
        for (kind, combinations, outcome) in found {
            proofs.push(Proof {
                ruleset: ruleset.clone(),
                decision: node.name.clone(),
                kind,
                combinations,
                outcome,
            });
        }
    }
    diagnostics.sort();
    (proofs, diagnostics)
}

type Found = Vec<(ProofKind, u64, ProofOutcome)>;

fn outcome(failed: bool) -> ProofOutcome {
    if failed { ProofOutcome::Failed } else { ProofOutcome::Proven }
}

fn dead_row(node: &Node, index: usize) -> Option<oncorules_source::Diagnostic> {
    let row = node.rows.get(index)?;
    Some(
        oncorules_source::Diagnostic::error(
            "dead-row",
            format!("row `{}` of `{}` can never decide", row.id, node.name),
        )
        .at(&row.place.file, row.place.span, "the rows before it leave nothing for it")
        .help("move it before the row that hides it, narrow that row, or remove this one"),
    )
}
