//! Lesions: what TU says of each, and what TR gives of it at a visit.

use super::notes::Notes;
use super::results::{Reading, Test, is_node_site, read, role_of, state_of, test_of};
use super::rows::{Place, TrRow, TuRow};
use super::table::capitals;
use super::visits::{Visit, VisitKey};
use oncorules_model::{LesionRecord, LesionStatus, Measurement, Problem, Role};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What is said once of a lesion.
#[derive(Default)]
struct Fact {
    role: Option<Role>,
    site: Option<Arc<str>>,
    method: Option<Arc<str>>,
    nodal: bool,
    has_short_axis: bool,
    has_results: bool,
    identified: bool,
}

/// The lesions of one subject in one series of readings.
pub(super) struct Lesions {
    facts: BTreeMap<Arc<str>, Fact>,
}

impl Lesions {
    /// Gathers what `tu` (the identifications) and `tr` (the results) say of each lesion.
    pub(super) fn of(tu: &[&TuRow], tr: &[&TrRow], notes: &mut Notes) -> Self {
        let mut lesions = Self { facts: BTreeMap::new() };
        let mut in_order: Vec<&TuRow> = tu.to_vec();
        in_order.sort_by_key(|r| (r.at.number.is_none(), r.at.number, r.at.order()));
        for row in in_order.iter().filter(|r| !r.lesion.is_empty()) {
            lesions.identify(row, notes);
        }
        for row in tr.iter().filter(|r| !r.lesion.is_empty()) {
            let fact = lesions.facts.entry(row.lesion.clone()).or_default();
            fact.has_results = true;
            fact.has_short_axis |= test_of(&row.test) == Some(Test::Short);
            let (role, nodal) = role_of(&row.group);
            fact.nodal |= nodal;
            fact.see_role(role, &row.lesion, &row.at.place, notes);
            fact.see_site(&row.site, &row.lesion, &row.at.place, notes);
            see(&mut fact.method, &row.method);
        }
        for (id, fact) in &lesions.facts {
            if fact.identified && !fact.has_results && fact.role != Some(Role::New) {
                notes.add("lesion-without-results", id.to_string());
            }
        }
        lesions
    }

    fn identify(&mut self, row: &TuRow, notes: &mut Notes) {
        let fact = self.facts.entry(row.lesion.clone()).or_default();
        fact.identified = true;
        let (role, nodal) = role_of(&row.said);
        fact.nodal |= nodal;
        fact.see_role(role, &row.lesion, &row.at.place, notes);
        fact.see_site(&row.site, &row.lesion, &row.at.place, notes);
        see(&mut fact.method, &row.method);
    }

    /// The records of a visit, in the order of the lesions' ids.
    pub(super) fn at(
        &self,
        visit: &Visit<'_>,
        case: &Arc<str>,
        notes: &mut Notes,
        problems: &mut Vec<Problem>,
    ) -> Vec<LesionRecord> {
        let mut records: BTreeMap<Arc<str>, LesionRecord> = BTreeMap::new();
        let mut taken: BTreeMap<(&str, Test), Reading> = BTreeMap::new();
        let mut rows: Vec<&TrRow> = visit.tr.clone();
        rows.sort_by_key(|r| r.at.order());
        for row in rows {
            let Some(test) = test_of(&row.test) else {
                notes.add("tests-not-used", row.test.to_string());
                continue;
            };
            if row.lesion.is_empty() {
                notes.add("row-without-lesion", row.at.place.to_string());
                continue;
            }
            let test = self.axis(row, test, notes);
            let (reading, code) = read(row, test);
            match taken.get(&(&*row.lesion, test)) {
                Some(first) => {
                    let code = if *first == reading { "duplicate-row" } else { "conflicting-rows" };
                    notes.add(code, format!("{} at {}", row.lesion, row.at.place));
                    continue;
                }
                None => {
                    taken.insert((&row.lesion, test), reading.clone());
                }
            }
            if let Some(code) = code {
                note_reading(row, code, case, notes, problems);
            }
            let record = records.entry(row.lesion.clone()).or_insert_with(|| named(&row.lesion));
            match (reading, test) {
                (Reading::State(state), _) => record.status = Some(state),
                (Reading::Length(length), Test::Short) => record.short_axis = Some(length),
                (Reading::Length(length), _) => record.longest_diameter = Some(length),
            }
        }
        for row in &visit.tu {
            let id = new_id(row, notes);
            let record = records.entry(id.clone()).or_insert_with(|| named(&id));
            if record.status.is_none() {
                let doubtful = row.said.contains("EQUIVOCAL") && !row.said.contains("UNEQUIVOCAL");
                let state = state_of(&row.said).filter(|s| *s == LesionStatus::Equivocal);
                record.status = Some(match (doubtful, state) {
                    (true, _) | (_, Some(_)) => LesionStatus::Equivocal,
                    _ => LesionStatus::Unequivocal,
                });
            }
            record.role = Some(Role::New);
            if !self.facts.contains_key(&id) && !row.site.is_empty() {
                record.site = Some(row.site.clone());
            }
        }
        records.into_values().collect()
    }

    /// Which axis a diameter is.
    fn axis(&self, row: &TrRow, test: Test, notes: &mut Notes) -> Test {
        if test != Test::Diameter {
            return test;
        }
        let node = self.facts.get(&row.lesion).is_some_and(|f| !f.has_short_axis && f.is_node());
        if node {
            notes.add("node-diameter-as-short-axis", row.lesion.to_string());
            return Test::Short;
        }
        Test::Longest
    }

    /// Says role, site and method where a lesion is first seen; `visits` are in order of date.
    pub(super) fn say_once(
        &self,
        visits: &mut [(&VisitKey, &mut Vec<LesionRecord>)],
        notes: &mut Notes,
    ) {
        let mut seen: BTreeSet<Arc<str>> = BTreeSet::new();
        for record in visits.iter_mut().flat_map(|(_, records)| records.iter_mut()) {
            if !seen.insert(record.id.clone()) {
                // New lesions say their role where they are found; once is enough.
                record.role = None;
                continue;
            }
            let Some(fact) = self.facts.get(&record.id) else { continue };
            record.role = fact.role.or(record.role);
            record.site = fact.site.clone().or(record.site.take());
            record.method = fact.method.clone();
            record.node = fact.is_node().then_some(true);
            if record.role.is_none() {
                notes.add("role-unknown", record.id.to_string());
            }
            let stem = record.id.rsplit_once('.').map(|(stem, _)| stem);
            if let Some((stem, whole)) = stem.and_then(|s| self.facts.get_key_value(s)) {
                notes.add("lesion-split", format!("{} is a part of {stem}", record.id));
                record.split_from = Some(stem.clone());
                if record.site.is_none() {
                    record.site = whole.site.clone();
                    record.node = record.node.or(whole.is_node().then_some(true));
                }
            }
        }
    }

    /// Where lesions have merged: an id such as `T01/T02`, at its first visit, or a TUMERGE row that
    /// names the other lesion, at the row's visit (`merges` gives the visits of those rows).
    pub(super) fn say_merged(
        &self,
        merges: &[(VisitKey, &TuRow)],
        visits: &mut [(&VisitKey, &mut Vec<LesionRecord>)],
        notes: &mut Notes,
    ) {
        let mut merged: Vec<(usize, Arc<str>, Arc<str>)> = vec![];
        for whole in self.facts.keys().filter(|id| id.contains(['/', '+'])) {
            let parts: Vec<_> = whole
                .split(['/', '+'])
                .filter_map(|part| self.facts.get_key_value(part.trim()))
                .map(|(part, _)| part.clone())
                .collect();
            let seen =
                |(_, records): &(_, &mut Vec<LesionRecord>)| records.iter().any(|r| r.id == *whole);
            if let (true, Some(at)) = (parts.len() > 1, visits.iter().position(seen)) {
                merged.extend(parts.into_iter().map(|part| (at, part, whole.clone())));
            }
        }
        let by_capitals: BTreeMap<String, &Arc<str>> =
            self.facts.keys().map(|id| (capitals(id), id)).collect();
        for (key, row) in merges {
            let whole = by_capitals.get(&*row.said).filter(|id| ***id != row.lesion);
            let at = visits.iter().position(|(visit, _)| *visit == key);
            if let (Some(whole), Some(at), false) = (whole, at, row.lesion.is_empty()) {
                merged.push((at, row.lesion.clone(), Arc::clone(whole)));
            }
        }
        for (at, part, whole) in merged {
            let Some((_, records)) = visits.get_mut(at) else { continue };
            notes.add("lesion-merged", format!("{part} into {whole}"));
            match records.iter_mut().find(|r| r.id == part) {
                Some(record) => record.merged_into = Some(whole),
                None => records.push(LesionRecord {
                    id: part,
                    merged_into: Some(whole),
                    ..<_>::default()
                }),
            }
        }
    }
}

impl Fact {
    fn is_node(&self) -> bool {
        self.nodal || self.site.as_deref().is_some_and(is_node_site)
    }

    fn see_role(&mut self, role: Option<Role>, id: &str, place: &Place, notes: &mut Notes) {
        match (self.role, role) {
            (None, _) => self.role = role,
            (Some(first), Some(later)) if first != later => {
                let (first, later) = (first.word(), later.word());
                notes.add("role-changed", format!("{id}: {first}, then {later} in {place}"));
            }
            _ => {}
        }
    }

    fn see_site(&mut self, site: &Arc<str>, id: &str, place: &Place, notes: &mut Notes) {
        match &self.site {
            _ if site.is_empty() => {}
            None => self.site = Some(site.clone()),
            Some(first) if first != site => {
                notes.add("site-changed", format!("{id}: {first}, then {site} in {place}"));
            }
            Some(_) => {}
        }
    }
}

fn see(kept: &mut Option<Arc<str>>, text: &Arc<str>) {
    if kept.is_none() && !text.is_empty() {
        *kept = Some(text.clone());
    }
}

fn named(id: &Arc<str>) -> LesionRecord {
    LesionRecord { id: id.clone(), ..LesionRecord::default() }
}

/// The id of a new lesion; one is made where TU gives none.
fn new_id(row: &TuRow, notes: &mut Notes) -> Arc<str> {
    if !row.lesion.is_empty() {
        return row.lesion.clone();
    }
    let id: Arc<str> = match row.at.sequence {
        Some(sequence) => format!("NEW-{sequence}").into(),
        None => format!("NEW-{}", row.at.place.line).into(),
    };
    notes.add("lesion-id-made", format!("{id} for {}", row.at.place));
    id
}

/// Notes a result that could not be taken as it stands; one that cannot be true is a problem too.
fn note_reading(
    row: &TrRow,
    code: &'static str,
    case: &Arc<str>,
    notes: &mut Notes,
    problems: &mut Vec<Problem>,
) {
    let given = [&row.number, &row.original, &row.standard];
    let given = given.into_iter().find(|t| !t.is_empty()).map_or("", |t| t);
    let given: String = given.chars().take(40).collect();
    let unit = if row.unit.is_empty() { &row.original_unit } else { &row.unit };
    let value = format!("{given} {unit}");
    let value = value.trim();
    notes.add(code, format!("`{value}` for {} in {}", row.lesion, row.at.place));
    if matches!(code, "impossible-length" | "unit-not-a-length" | "result-not-understood") {
        problems.push(Problem {
            case: Some(case.clone()),
            code: code.into(),
            problem: format!(
                "`{value}` is no length that lesion `{}` can have; it counts as {}",
                row.lesion,
                Measurement::NOT_ASSESSED
            )
            .into(),
            file: Some(row.at.place.file.clone()),
            line: Some(row.at.place.line),
            column: None,
            help: Some("lengths are numbers from 0 to 2000 mm, in mm, cm or m".into()),
        });
    }
}
