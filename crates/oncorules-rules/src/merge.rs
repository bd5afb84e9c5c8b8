//! `extends`: a ruleset laid over its base. Named things replace things of the same name; of a
//! decision, rows by id; of a parameter, what is said anew.

use crate::raw::*;
use crate::read::error_at;
use crate::units::conversion_factor;
use oncorules_model::Quantity;
use oncorules_source::{Diagnostic, Diagnostics, did_you_mean};

/// Lays `over` over `base`.
pub(crate) fn lay_over(
    base: RawRuleset,
    over: RawRuleset,
    diagnostics: &mut Diagnostics,
) -> RawRuleset {
    let mut merged = base;
    merged.id = over.id;
    merged.version = over.version;
    merged.extends = over.extends;
    for (slot, new) in [
        (&mut merged.title, over.title),
        (&mut merged.status, over.status),
        (&mut merged.disease, over.disease),
        (&mut merged.intended_use, over.intended_use),
        (&mut merged.timepoints, over.timepoints),
    ] {
        if new.is_some() {
            *slot = new;
        }
    }
    merged.limits.extend(over.limits);
    replace(&mut merged.uses, over.uses, |u| u.alias.value.clone());
    replace(&mut merged.sources, over.sources, |s| s.key.value.clone());
    replace(&mut merged.observations, over.observations, |o| o.name.value.clone());
    replace(&mut merged.measures, over.measures, |m| (m.scope, m.name.value.clone()));
    replace(&mut merged.timings, over.timings, |t| t.name.value.clone());
    replace(&mut merged.prompts, over.prompts, |p| p.name.value.clone());
    replace(&mut merged.findings, over.findings, |f| f.name.value.clone());
    replace(&mut merged.functions, over.functions, |f| f.name.value.clone());
    replace(&mut merged.drugs, over.drugs, |d| d.name.value.clone());
    replace(&mut merged.regimens, over.regimens, |r| r.id.value.clone());
    if !over.sdtm.categories.is_empty() {
        merged.sdtm.categories = over.sdtm.categories;
    }
    replace(&mut merged.sdtm.tests, over.sdtm.tests, |t| t.0.value.clone());
    replace(&mut merged.sdtm.codes, over.sdtm.codes, |t| t.0.value.clone());
    replace(&mut merged.sdtm.observations, over.sdtm.observations, |t| t.0.value.clone());
    parameters(&mut merged.parameters, over.parameters, diagnostics);
    for decision in over.decisions {
        let place = merged
            .decisions
            .iter_mut()
            .find(|d| d.scope == decision.scope && d.name.value == decision.name.value);
        match place {
            // A decision that lists its codes is defined anew; else it changes parts of the old one.
            Some(old) if decision.codes.is_empty() => change(old, decision, diagnostics),
            Some(old) => *old = decision,
            None => merged.decisions.push(decision),
        }
    }
    merged.digests.extend(over.digests);
    merged.scripts.extend(over.scripts);
    merged
}

fn replace<T, K: PartialEq>(base: &mut Vec<T>, over: Vec<T>, key: impl Fn(&T) -> K) {
    for new in over {
        match base.iter_mut().find(|old| key(old) == key(&new)) {
            Some(old) => *old = new,
            None => base.push(new),
        }
    }
}

/// The kinds of two values of a parameter, where rules that compare the one cannot take the other.
pub(crate) fn unlike(was: &str, is: &str) -> Option<(String, String)> {
    Some((kind_of(was)?, kind_of(is)?)).filter(|(a, b)| conversion_factor(b, a).is_none())
}

/// The kind of a parameter's value: its unit, or that it is a yes or no, or a word.
fn kind_of(value: &str) -> Option<String> {
    if matches!(value, "yes" | "no" | "true" | "false") {
        return Some("yes or no".into());
    }
    let quantity: Quantity = value.parse().ok()?;
    Some(quantity.unit.as_deref().unwrap_or("1").to_string())
}

fn parameters(
    base: &mut Vec<RawParameter>,
    over: Vec<RawParameter>,
    diagnostics: &mut Diagnostics,
) {
    for mut new in over {
        match base.iter_mut().find(|p| p.name.value == new.name.value) {
            Some(old) => {
                // The rules of the base compare it in the base's unit.
                if let (Some(was), Some(is)) = (&old.value, &new.value)
                    && let Some((expected, found)) =
                        unlike(&was.value, &is.value).filter(|_| new.codes.is_empty())
                {
                    diagnostics.push(
                        error_at(
                            "wrong-unit",
                            format!(
                                "`{}` is in `{expected}` in the base, and in `{found}` here",
                                new.name.value
                            ),
                            is,
                        )
                        .at(&was.file, was.span, "the base's value")
                        .help(format!("write a value in `{expected}`")),
                    );
                    new.value = None;
                }
                old.value = new.value.or(old.value.take());
                old.means = new.means.or(old.means.take());
                old.source = new.source.or(old.source.take());
                if !new.codes.is_empty() {
                    old.codes = new.codes;
                }
            }
            None => base.push(new),
        }
    }
}

fn change(old: &mut RawDecision, over: RawDecision, diagnostics: &mut Diagnostics) {
    old.means = over.means.or(old.means.take());
    old.unknown = over.unknown.or(old.unknown.take());
    old.source = over.source.or(old.source.take());
    old.hit = over.hit.or(old.hit.take());
    if over.table.is_some() {
        old.table = over.table;
        old.rows.clear();
        old.row_notes.clear();
        old.impossible.clear();
    }
    replace(&mut old.row_notes, over.row_notes, |r| r.id.as_ref().map(|i| i.value.clone()));
    replace(&mut old.texts, over.texts, |t| t.code.value.clone());
    old.impossible.extend(over.impossible);
    let id = |row: &RawRow| row.id.as_ref().map(|i| i.value.clone());
    for mut row in over.rows {
        let Some(row_id) = row.id.clone() else {
            diagnostics.push(
                Diagnostic::error("row-without-id", format!("this row of `{}` has no id, so it cannot be placed among the rows of the base", old.name.value))
                    .at(&row.file, row.span, "")
                    .help("give it the `id` of the row that it replaces, or an id of its own with `before:` or `after:`"),
            );
            continue;
        };
        let at = old.rows.iter().position(|r| id(r).as_deref() == Some(row_id.value.as_str()));
        let anchor = row.before.take().map(|t| (t, 0)).or(row.after.take().map(|t| (t, 1)));
        match (at, anchor) {
            (Some(at), None) if row.remove => {
                old.rows.remove(at);
            }
            (Some(at), None) => {
                // What is not said anew stays.
                if let Some(base) = old.rows.get_mut(at) {
                    if row.then.is_some() || row.take.is_some() {
                        base.then = row.then;
                        base.take = row.take;
                    }
                    base.when = row.when.or(base.when.take());
                    base.because = row.because.or(base.because.take());
                    base.source = row.source.or(base.source.take());
                    base.interpretation = row.interpretation.or(base.interpretation.take());
                    base.layer = row.layer;
                }
            }
            (at, Some((anchor, offset))) => {
                if let Some(at) = at {
                    old.rows.remove(at);
                }
                match old.rows.iter().position(|r| id(r).as_deref() == Some(anchor.value.as_str()))
                {
                    Some(place) => old.rows.insert(place + offset, row),
                    None => diagnostics.push(no_row(old, &anchor)),
                }
            }
            (None, None) => diagnostics.push(no_row(old, &row_id)),
        }
    }
}

fn no_row(decision: &RawDecision, wanted: &Text) -> Diagnostic {
    let ids: Vec<&str> =
        decision.rows.iter().filter_map(|r| r.id.as_ref()).map(|i| i.value.as_str()).collect();
    let help = match did_you_mean(&wanted.value, ids.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if ids.is_empty() => {
            "a table has no rows by id: write the whole `table` anew".to_string()
        }
        None => format!(
            "its rows are {}; to add a row, say `before:` or `after:` one of them",
            oncorules_source::one_of(ids)
        ),
    };
    Diagnostic::error(
        "no-such-row",
        format!("`{}` has no row `{}`", decision.name.value, wanted.value),
    )
    .at(&wanted.file, wanted.span, "")
    .help(help)
}
