//! One subject, as one evaluator read it, made into a case.

use super::evaluator::{Belongs, Evaluators, Series};
use super::lesions::Lesions;
use super::notes::Notes;
use super::responses::{self, Mappings};
use super::results::role_of;
use super::rows::{LbRow, Observed, Place, RsRow, SubjectRows, TrRow, TuRow};
use super::therapy;
use super::visits::{Visit, VisitIndex, VisitKey, date_of, name_of, places};
use oncorules_model::{Assessment, Case, LesionRecord, PartialDate, Problem, Role};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What is the same for all subjects of a study.
pub(super) struct Study<'a> {
    pub(super) mappings: &'a Mappings,
    pub(super) evaluators: &'a Evaluators,
    pub(super) has_dm: bool,
}

/// The rows of a subject that belong to a series.
struct Chosen<'a> {
    tr: Vec<&'a TrRow>,
    rs: Vec<&'a RsRow>,
    /// Identifications; of an evaluator with several readers, the accepted ones first.
    tu: Vec<&'a TuRow>,
    /// New lesions, by the readings that are accepted.
    new: Vec<&'a TuRow>,
}

/// Whether a series has any reading of a subject.
pub(super) fn has_readings(rows: &SubjectRows, series: &Series) -> bool {
    let belongs = |row: &Observed| series.takes(row) != Belongs::No;
    rows.tr.iter().any(|r| belongs(&r.at))
        || rows.rs.iter().any(|r| belongs(&r.at))
        || rows.tu.iter().any(|r| belongs(&r.at))
}

/// The case of one subject in one series of readings.
pub(super) fn case_of(
    subject: &Arc<str>,
    rows: &SubjectRows,
    series: &Series,
    study: &Study<'_>,
    problems: &mut Vec<Problem>,
) -> Case {
    let mut notes = Notes::default();
    let index = VisitIndex::of(rows);
    let chosen = choose(rows, series, study, &index, &mut notes);
    let lesions = Lesions::of(&chosen.tu, &chosen.tr, &mut notes);
    let mut visits = gather(&chosen, &rows.lb, &index, study.mappings, &mut notes);
    for (key, visit) in &mut visits {
        visit.name = name_of(visit, key, &mut notes);
    }
    if series.accepted_only {
        note_changing_readers(&visits, &mut notes);
    }
    let supplements = responses::by_response(&rows.supp, &rows.rs, study.mappings, &mut notes);

    let mut dated: Vec<(PartialDate, VisitKey, Assessment)> = vec![];
    for (key, visit) in visits {
        let Some(date) = date_of(&visit, &key, &index, &mut notes) else {
            lose(subject, &visit, &key, &mut notes, problems);
            continue;
        };
        let undated = |row: &&Observed| row.date.is_empty();
        let scans_and_responses =
            visit.tr.iter().map(|r| &r.at).chain(visit.rs.iter().map(|r| &r.at));
        for row in scans_and_responses.filter(undated) {
            notes.add("date-missing", row.place.to_string());
        }
        let records = lesions.at(&visit, subject, &mut notes, problems);
        let mut assessment = Assessment {
            date,
            visit: (!visit.name.is_empty()).then(|| visit.name.clone()),
            lesions: (!records.is_empty()).then_some(records),
            observations: BTreeMap::new(),
            reported: responses::reported(&visit.rs, study.mappings, &mut notes),
        };
        let observations = &mut assessment.observations;
        responses::laboratory(&visit.lb, study.mappings, observations, &mut notes);
        responses::supplements(&supplements, &visit.rs, study.mappings, observations, &mut notes);
        dated.push((date, key, assessment));
    }
    dated.sort_by(|(a, x, _), (b, y, _)| (a.earliest(), x, a).cmp(&(b.earliest(), y, b)));
    note_order(&dated, &mut notes);
    let merges: Vec<(VisitKey, &TuRow)> = chosen
        .tu
        .iter()
        .filter(|r| &*r.test == "TUMERGE")
        .map(|r| (index.key(&r.at), *r))
        .collect();
    let mut records: Vec<(&VisitKey, &mut Vec<LesionRecord>)> =
        dated.iter_mut().filter_map(|(_, key, a)| Some((&*key, a.lesions.as_mut()?))).collect();
    lesions.say_merged(&merges, &mut records, &mut notes);
    lesions.say_once(&mut records, &mut notes);
    let mut assessments: Vec<Assessment> = dated.into_iter().map(|(_, _, a)| a).collect();
    assessments.retain(|a| {
        let empty = a.lesions.is_none() && a.observations.is_empty() && a.reported.is_empty();
        if empty {
            let name = a.visit.as_deref().unwrap_or("a visit without a name");
            notes.add_at("empty-visit", format!("{name} on {}", a.date), a.date);
        }
        !empty
    });
    if assessments.is_empty() {
        let read = !(rows.tr.is_empty() && rows.rs.is_empty());
        let by_others = read && chosen.tr.is_empty() && chosen.rs.is_empty();
        notes.add("no-assessments", if by_others { "others have read this subject" } else { "" });
    }
    let line = therapy::line(rows, study.has_dm, &mut notes);
    Case {
        case: subject.clone(),
        disease: None,
        lines: line.into_iter().collect(),
        assessments,
        side_effects: therapy::side_effects(rows, &mut notes),
        died: therapy::died(rows, &mut notes),
        last_known_alive: None,
        evaluator: series.name.clone(),
        source_notes: notes.finish(),
    }
}

/// The rows that belong to the series; of an evaluator with several readers, the accepted ones.
fn choose<'a>(
    rows: &'a SubjectRows,
    series: &Series,
    study: &Study<'_>,
    index: &VisitIndex,
    notes: &mut Notes,
) -> Chosen<'a> {
    let [tu_flagged, tr_flagged, rs_flagged] = study.evaluators.flagged_domains;
    // Where a domain flags no reading, the reader accepted in the others is taken.
    let mut accepted: BTreeMap<VisitKey, BTreeSet<Arc<str>>> = BTreeMap::new();
    if series.accepted_only {
        let all = rows.tr.iter().map(|r| &r.at).chain(rows.rs.iter().map(|r| &r.at));
        for row in all.filter(|r| r.accepted && series.takes(r) == Belongs::Yes) {
            accepted.entry(index.key(row)).or_default().insert(row.reader.clone());
        }
    }
    let mut passed_over: BTreeMap<VisitKey, Vec<&Observed>> = BTreeMap::new();
    let mut taken: BTreeSet<VisitKey> = BTreeSet::new();
    let mut to_all = 0usize;
    let mut take = |row: &'a Observed, flagged: bool| match series.takes(row) {
        Belongs::No => false,
        Belongs::ToAll => {
            to_all += 1;
            true
        }
        Belongs::Yes => {
            if series.accepted_only {
                taken.insert(index.key(row));
            }
            true
        }
        Belongs::NotAccepted => {
            let key = index.key(row);
            let by_other = !flagged && accepted.get(&key).is_some_and(|r| r.contains(&row.reader));
            if by_other {
                taken.insert(key);
            } else {
                passed_over.entry(key).or_default().push(row);
            }
            by_other
        }
    };
    let mut chosen = Chosen { tr: vec![], rs: vec![], tu: vec![], new: vec![] };
    chosen.tr.extend(rows.tr.iter().filter(|r| take(&r.at, tr_flagged)));
    chosen.rs.extend(rows.rs.iter().filter(|r| take(&r.at, rs_flagged)));
    for row in &rows.tu {
        let is_new = role_of(&row.said).0 == Some(Role::New);
        if is_new && take(&row.at, tu_flagged) {
            chosen.new.push(row);
        }
    }
    for (key, rows) in passed_over.iter().filter(|(key, _)| !taken.contains(key)) {
        let name = match rows.first() {
            Some(first) if !first.visit.is_empty() => first.visit.to_string(),
            _ => key.number().map_or_else(String::new, |n| format!("visit {n}")),
        };
        let rows: Vec<&Place> = rows.iter().map(|r| &r.place).collect();
        notes.add("visit-without-accepted-reader", format!("{name}: {}", places(&rows)));
    }
    for _ in 0..to_all {
        notes.add("rows-without-evaluator", "");
    }
    let of_evaluator = |row: &&TuRow| series.takes(&row.at) != Belongs::No;
    chosen.tu.extend(rows.tu.iter().filter(of_evaluator));
    // A site is the accepted reader's where there is one.
    if series.accepted_only {
        let by_accepted: BTreeSet<Arc<str>> =
            chosen.tu.iter().filter(|r| r.at.accepted).map(|r| r.lesion.clone()).collect();
        chosen.tu.retain(|r| {
            r.at.accepted || r.at.reader.is_empty() || !by_accepted.contains(&r.lesion)
        });
    }
    chosen
}

/// The rows of a series by visit; rows of nowhere are noted.
fn gather<'a>(
    chosen: &Chosen<'a>,
    labs: &'a [LbRow],
    index: &VisitIndex,
    mappings: &Mappings,
    notes: &mut Notes,
) -> BTreeMap<VisitKey, Visit<'a>> {
    let mut visits: BTreeMap<VisitKey, Visit<'a>> = BTreeMap::new();
    for row in &chosen.tr {
        visits.entry(index.key_joined(&row.at, notes)).or_default().tr.push(row);
    }
    for row in &chosen.rs {
        visits.entry(index.key_joined(&row.at, notes)).or_default().rs.push(row);
    }
    for row in &chosen.new {
        visits.entry(index.key_joined(&row.at, notes)).or_default().tu.push(row);
    }
    for row in labs {
        // Tests that nobody asks for must not make assessments of their own.
        if mappings.asks_for_lab(&row.test) {
            visits.entry(index.key_joined(&row.at, notes)).or_default().lb.push(row);
        } else {
            notes.add("lab-tests-not-used", row.test.to_string());
        }
    }
    visits
}

/// A visit that cannot be dated is left out, and said to be, with its rows.
fn lose(
    subject: &Arc<str>,
    visit: &Visit<'_>,
    key: &VisitKey,
    notes: &mut Notes,
    problems: &mut Vec<Problem>,
) {
    let rows: Vec<&Place> = visit.rows().map(|r| &r.place).collect();
    let (code, name) = match key {
        VisitKey::Unknown => ("row-without-visit", "rows with neither visit nor date".to_string()),
        _ => ("visit-without-date", format!("visit `{}`", visit.name)),
    };
    notes.add(code, format!("{name}: {}", places(&rows)));
    let first = rows.first();
    problems.push(Problem {
        case: Some(subject.clone()),
        code: code.into(),
        problem: format!("no date is known for {name}, left out: {}", places(&rows)).into(),
        file: first.map(|p| p.file.clone()),
        line: first.map(|p| p.line),
        column: None,
        help: Some("give the date of collection, at least the year and month".into()),
    });
}

fn note_changing_readers(visits: &BTreeMap<VisitKey, Visit<'_>>, notes: &mut Notes) {
    let mut by_reader: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for visit in visits.values() {
        let readers: BTreeSet<&str> =
            visit.rows().map(|r| &*r.reader).filter(|r| !r.is_empty()).collect();
        for reader in readers {
            by_reader.entry(reader).or_default().push(&visit.name);
        }
    }
    if by_reader.len() > 1 {
        let parts: Vec<String> = by_reader
            .iter()
            .map(|(reader, visits)| format!("{reader} at {}", visits.join(", ")))
            .collect();
        notes.add("accepted-reader-changes", parts.join("; "));
    }
}

/// Notes visits of one date, and visits whose numbers run otherwise than their dates.
fn note_order(dated: &[(PartialDate, VisitKey, Assessment)], notes: &mut Notes) {
    for pair in dated.windows(2) {
        let [(a, x, first), (b, y, second)] = pair else { continue };
        let name = |assessment: &Assessment| {
            assessment.visit.as_deref().unwrap_or("a visit without a name").to_string()
        };
        let (first, second) = (name(first), name(second));
        if a == b {
            notes.add_at("visits-share-date", format!("{first} and {second} on {a}"), *a);
        } else if x.number().zip(y.number()).is_some_and(|(x, y)| x > y) {
            notes.add_at("visits-out-of-order", format!("{first} on {a}, {second} on {b}"), *b);
        }
    }
}
