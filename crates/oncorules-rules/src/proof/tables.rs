//! Tables over codes: every combination is looked at.

use super::{Found, ProofKind, ProofOutcome, dead_row, outcome};
use crate::compile::{combination, matches};
use crate::ir::{HitPolicy, Node, Table};
use oncorules_source::{Diagnostic, Diagnostics};

/// So many gaps are shown of one table.
const MOST_SHOWN: usize = 4;

pub(super) fn prove(node: &Node, table: &Table, diagnostics: &mut Diagnostics) -> Found {
    let size = table.lookup.len();
    let mut gaps = 0;
    let mut clashes = 0;
    let mut decides = vec![false; node.rows.len()];
    for index in 0..size {
        let codes = combination(index, &table.columns);
        let matching: Vec<usize> = node
            .rows
            .iter()
            .enumerate()
            .filter(|(_, r)| matches(&r.cells, &codes))
            .map(|(i, _)| i)
            .collect();
        if table.impossible.iter().any(|i| matches(&i.cells, &codes)) {
            continue;
        }
        let decided = |at: &usize| node.rows.get(*at).map(|r| &r.then);
        match matching.as_slice() {
            [] => {
                gaps += 1;
                if gaps <= MOST_SHOWN {
                    diagnostics.push(
                        Diagnostic::error("gap", format!("no row of `{}` decides when {}", node.name, shown(table, &codes)))
                            .at(&node.place.file, node.place.span, "")
                            .help("add a row for it, or list it under `impossible:` with the reason why it cannot occur"),
                    );
                }
            }
            [first, rest @ ..] => {
                let agree = rest.iter().all(|r| decided(r) == decided(first));
                let allowed = match table.hit {
                    HitPolicy::First => true,
                    HitPolicy::Any => agree,
                    HitPolicy::Unique => rest.is_empty(),
                };
                if !allowed {
                    clashes += 1;
                    if clashes <= MOST_SHOWN {
                        clash(node, table, &codes, *first, rest, diagnostics);
                    }
                }
                let counted: &[usize] = if table.hit == HitPolicy::First {
                    std::slice::from_ref(first)
                } else {
                    &matching
                };
                for row in counted {
                    if let Some(slot) = decides.get_mut(*row) {
                        *slot = true;
                    }
                }
            }
        }
    }
    for (rest, what) in [
        (gaps, "combinations for which no row decides"),
        (clashes, "combinations on which rows clash"),
    ] {
        if rest > MOST_SHOWN {
            diagnostics.push(
                Diagnostic::error(
                    "more",
                    format!("`{}` has {} more {what}", node.name, rest - MOST_SHOWN),
                )
                .at(&node.place.file, node.place.span, ""),
            );
        }
    }
    let mut dead = false;
    for (row, _) in decides.iter().enumerate().filter(|(_, d)| !**d) {
        dead = true;
        diagnostics.0.extend(dead_row(node, row));
    }
    let n = size as u64;
    vec![
        (ProofKind::Complete, n, outcome(gaps > 0)),
        (
            ProofKind::Consistent,
            n,
            if clashes > 0 { ProofOutcome::Failed } else { ProofOutcome::Proven },
        ),
        (ProofKind::NoDeadRows, n, outcome(dead)),
    ]
}

fn clash(
    node: &Node,
    table: &Table,
    codes: &[usize],
    first: usize,
    rest: &[usize],
    diagnostics: &mut Diagnostics,
) {
    let decided = |at: usize| node.rows.get(at).map(|r| &r.then);
    // The row that clashes: with `any` the first that disagrees, with `unique` the first other one.
    let other = match table.hit {
        HitPolicy::Any => rest.iter().copied().find(|r| decided(*r) != decided(first)),
        _ => rest.first().copied(),
    };
    let (Some(a), Some(b)) = (node.rows.get(first), other.and_then(|o| node.rows.get(o))) else {
        return;
    };
    let (message, help) = if table.hit == HitPolicy::Any {
        (
            format!(
                "rows `{}` and `{}` of `{}` disagree when {}",
                a.id,
                b.id,
                node.name,
                shown(table, codes)
            ),
            "narrow one of them so that they agree wherever both match",
        )
    } else {
        (
            format!(
                "rows `{}` and `{}` of `{}` both match when {}",
                a.id,
                b.id,
                node.name,
                shown(table, codes)
            ),
            "narrow one of them, or say `hit: any` (rows may overlap where they agree)",
        )
    };
    diagnostics.push(
        Diagnostic::error("overlap", message)
            .at(&b.place.file, b.place.span, "this row")
            .at(&a.place.file, a.place.span, "the other one")
            .help(help),
    );
}

/// `target_response is CR, new_lesion is no`.
fn shown(table: &Table, codes: &[usize]) -> String {
    let parts: Vec<String> = table
        .columns
        .iter()
        .zip(codes)
        .map(|(column, code)| {
            format!("{} is {}", column.name, column.codes.get(*code).map_or("?", |c| c))
        })
        .collect();
    parts.join(", ")
}
