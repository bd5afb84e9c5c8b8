//! The line of therapy (DM, EX), the side effects (AE) and death.

use super::dates::read_date;
use super::notes::Notes;
use super::rows::{DmRow, ExRow, Place, SubjectRows};
use super::table::capitals;
use oncorules_model::{DrugGiven, PartialDate, SideEffect, TherapyLine};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The date in a cell; what is wrong with it is noted.
fn date(text: &Arc<str>, what: &str, place: &Place, notes: &mut Notes) -> Option<PartialDate> {
    read_date(text).unwrap_or_else(|code| {
        notes.add(code, format!("{what} `{text}` in {place}"));
        None
    })
}

/// The line of therapy of a subject: one, or none for a subject who was not treated.
pub(super) fn line(rows: &SubjectRows, has_dm: bool, notes: &mut Notes) -> Option<TherapyLine> {
    let dm = rows.dm.first();
    if rows.dm.len() > 1 {
        notes.add("duplicate-subject", "");
    }
    if dm.is_none() && has_dm {
        notes.add("subject-not-in-dm", "");
    }
    let mut doses: Vec<(&ExRow, Option<PartialDate>)> =
        rows.ex.iter().map(|r| (r, date(&r.start, "EXSTDTC", &r.place, notes))).collect();
    doses.sort_by_key(|(row, start)| (start.is_none(), *start, row.place.line));
    let cycles = cycles(&doses);
    let started = start(dm, &doses, notes);
    let first = cycles.first().copied().into_iter().chain(started).min();
    let ended =
        dm.and_then(|dm| date(&dm.last_treatment, "RFXENDTC", &dm.place, notes)).filter(|end| {
            let before = |day: &PartialDate| end.is_before(*day) == Some(true);
            let wrong = first.as_ref().is_some_and(before) || cycles.iter().any(before);
            if wrong {
                notes.add("end-before-start", format!("RFXENDTC {end}"));
            }
            !wrong
        });
    let arm = dm.map(|dm| dm.arm.clone()).filter(|arm| !arm.is_empty());
    let regimen = arm.filter(|arm| !is_untreated(arm));
    if first.is_none() {
        notes.add("no-line-start", "");
        if regimen.is_none() && rows.ex.is_empty() {
            return None;
        }
    }
    Some(TherapyLine { regimen, drugs: drugs(&doses), cycles, started, ended, ..<_>::default() })
}

fn start(
    dm: Option<&DmRow>,
    doses: &[(&ExRow, Option<PartialDate>)],
    notes: &mut Notes,
) -> Option<PartialDate> {
    if let Some(dm) = dm {
        if let Some(day) = date(&dm.first_treatment, "RFXSTDTC", &dm.place, notes) {
            return Some(day);
        }
        if let Some(day) = date(&dm.reference_start, "RFSTDTC", &dm.place, notes) {
            notes.add_at("line-start-from-reference-date", day.to_string(), day);
            return Some(day);
        }
    }
    let day = doses.first().and_then(|(_, start)| *start)?;
    notes.add_at("line-start-from-first-dose", day.to_string(), day);
    Some(day)
}

/// Arms of subjects who were not treated.
fn is_untreated(arm: &str) -> bool {
    let arm = capitals(arm);
    ["SCREEN FAIL", "NOT TREATED", "NOT ASSIGNED", "UNPLANNED TREATMENT"]
        .iter()
        .any(|w| arm.starts_with(w))
}

/// The drugs in the order of their first dose, without placebo.
fn drugs(doses: &[(&ExRow, Option<PartialDate>)]) -> Vec<DrugGiven> {
    let mut names: Vec<Arc<str>> = vec![];
    for (row, _) in doses {
        let name = row.treatment.to_lowercase();
        if !name.is_empty() && name != "placebo" && !names.iter().any(|n| **n == *name) {
            names.push(name.into());
        }
    }
    names.into_iter().map(DrugGiven::Name).collect()
}

/// Day 1 of every cycle that a visit, epoch or time point of EX names.
fn cycles(doses: &[(&ExRow, Option<PartialDate>)]) -> Vec<PartialDate> {
    let mut first_days: BTreeMap<u32, PartialDate> = BTreeMap::new();
    for (row, start) in doses {
        let cycle = row.when.iter().find_map(|text| cycle_number(text));
        if let (Some(cycle), Some(start)) = (cycle, start) {
            // Doses are in order of date: the first one of a cycle is its day 1.
            first_days.entry(cycle).or_insert(*start);
        }
    }
    first_days.into_values().collect()
}

/// 2 in `CYCLE 2 DAY 8`.
fn cycle_number(text: &str) -> Option<u32> {
    let rest = text.split_once("CYCLE")?.1.trim_start();
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// The day of death.
pub(super) fn died(rows: &SubjectRows, notes: &mut Notes) -> Option<PartialDate> {
    rows.dm.iter().find_map(|dm| date(&dm.death, "DTHDTC", &dm.place, notes))
}

/// The side effects that have a grade.
pub(super) fn side_effects(rows: &SubjectRows, notes: &mut Notes) -> Vec<SideEffect> {
    let mut effects = vec![];
    for row in &rows.ae {
        if row.grade.is_empty() || row.term.is_empty() {
            notes.add("grade-missing", row.term.to_string());
            continue;
        }
        // `GRADE 3` and `3.0` are written too.
        let grade = capitals(&row.grade);
        let number = grade.strip_prefix("GRADE").unwrap_or(&grade).trim();
        let whole = number.parse::<oncorules_model::Number>().ok().and_then(|n| n.as_whole());
        let Some(grade) = whole.and_then(|g| u8::try_from(g).ok()).filter(|g| (1..=5).contains(g))
        else {
            notes.add("grade-out-of-range", format!("`{}` in {}", row.grade, row.place));
            continue;
        };
        let from = date(&row.from, "AESTDTC", &row.place, notes);
        let to = date(&row.to, "AEENDTC", &row.place, notes).filter(|to| {
            let wrong = from.is_some_and(|from| to.is_before(from) == Some(true));
            if wrong {
                notes.add("end-before-start", format!("{} in {}", row.term, row.place));
            }
            !wrong
        });
        effects.push(SideEffect { term: row.term.clone(), grade, from, to, drug: None });
    }
    effects
}
