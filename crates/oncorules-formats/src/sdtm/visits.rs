//! Visits: which rows belong together, and on which date.

use super::dates::read_date;
use super::notes::Notes;
use super::rows::{LbRow, Observed, Place, RsRow, SubjectRows, TrRow, TuRow};
use super::table::capitals;
use oncorules_model::{Number, PartialDate};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What tells the visits of a subject apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum VisitKey {
    /// VISITNUM; of an unscheduled visit also its name, for a number can stand for several.
    Numbered(Number, Arc<str>),
    /// VISIT, where there is no number.
    Named(Arc<str>),
    /// The date, where there is neither.
    Dated(PartialDate),
    /// Nothing at all.
    Unknown,
}

impl VisitKey {
    pub(super) fn number(&self) -> Option<Number> {
        match self {
            VisitKey::Numbered(number, _) => Some(*number),
            _ => None,
        }
    }
}

/// The rows of one visit that belong to a series.
#[derive(Default)]
pub(super) struct Visit<'a> {
    pub(super) name: Arc<str>,
    pub(super) tr: Vec<&'a TrRow>,
    pub(super) rs: Vec<&'a RsRow>,
    /// New lesions only.
    pub(super) tu: Vec<&'a TuRow>,
    pub(super) lb: Vec<&'a LbRow>,
}

impl Visit<'_> {
    /// All rows, in the order in which they give the visit its name and date.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Observed> {
        let tr = self.tr.iter().map(|r| &r.at);
        let rs = self.rs.iter().map(|r| &r.at);
        let tu = self.tu.iter().map(|r| &r.at);
        tr.chain(rs).chain(tu).chain(self.lb.iter().map(|r| &r.at))
    }
}

/// What a subject's rows, of all readers, say of its visits.
pub(super) struct VisitIndex {
    by_name: BTreeMap<String, BTreeSet<Number>>,
    by_date: BTreeMap<PartialDate, BTreeSet<VisitKey>>,
    /// The dates that scans and responses of any reader give for a visit.
    dates: BTreeMap<VisitKey, BTreeSet<PartialDate>>,
}

fn is_unscheduled(name: &str) -> bool {
    capitals(name).contains("UNSCHED")
}

impl VisitIndex {
    pub(super) fn of(rows: &SubjectRows) -> Self {
        let mut index =
            Self { by_name: BTreeMap::new(), by_date: BTreeMap::new(), dates: BTreeMap::new() };
        let tr = rows.tr.iter().map(|r| &r.at);
        let rs = rows.rs.iter().map(|r| &r.at);
        for row in tr.clone().chain(rs.clone()).chain(rows.tu.iter().map(|r| &r.at)) {
            if let (Some(number), false) = (row.number, row.visit.is_empty()) {
                index.by_name.entry(capitals(&row.visit)).or_default().insert(number);
            }
        }
        for row in tr.chain(rs) {
            let key = index.key(row);
            if let (false, Ok(Some(date))) = (key == VisitKey::Unknown, read_date(&row.date)) {
                if !matches!(key, VisitKey::Dated(_)) {
                    index.by_date.entry(date).or_default().insert(key.clone());
                }
                index.dates.entry(key).or_default().insert(date);
            }
        }
        index
    }

    /// The visit that a row belongs to.
    pub(super) fn key(&self, row: &Observed) -> VisitKey {
        if let Some(number) = row.number {
            return numbered(number, &row.visit);
        }
        if !row.visit.is_empty() {
            let name = capitals(&row.visit);
            let mut numbers = self.by_name.get(&name).into_iter().flatten();
            return match (numbers.next(), numbers.next()) {
                (Some(only), None) => numbered(*only, &row.visit),
                _ => VisitKey::Named(name.into()),
            };
        }
        match read_date(&row.date) {
            Ok(Some(date)) => VisitKey::Dated(date),
            _ => VisitKey::Unknown,
        }
    }

    /// As [`VisitIndex::key`]; rows with a date only join the one visit of that date.
    pub(super) fn key_joined(&self, row: &Observed, notes: &mut Notes) -> VisitKey {
        let key = self.key(row);
        let VisitKey::Dated(date) = key else { return key };
        let mut same = self.by_date.get(&date).into_iter().flatten();
        match (same.next(), same.next()) {
            (Some(only), None) if date.is_exact() => {
                notes.add("joined-by-date", row.place.to_string());
                only.clone()
            }
            _ => key,
        }
    }

    /// The dates that any reader gives for a visit.
    fn of_any_reader(&self, key: &VisitKey) -> Vec<PartialDate> {
        self.dates.get(key).into_iter().flatten().copied().collect()
    }
}

fn numbered(number: Number, visit: &str) -> VisitKey {
    let name = if is_unscheduled(visit) { capitals(visit).into() } else { Arc::from("") };
    VisitKey::Numbered(number, name)
}

/// The name of a visit: that of its first row; other names are noted.
pub(super) fn name_of(visit: &Visit<'_>, key: &VisitKey, notes: &mut Notes) -> Arc<str> {
    let mut names = visit.rows().map(|r| &r.visit).filter(|n| !n.is_empty());
    let Some(first) = names.next().cloned() else { return Arc::from("") };
    let others: BTreeSet<&str> = names.filter(|n| **n != first).map(|n| &**n).collect();
    if !others.is_empty() {
        let others: Vec<&str> = others.into_iter().collect();
        notes.add("visit-names-differ", format!("`{first}`, also `{}`", others.join("`, `")));
    }
    let fractional = key.number().is_some_and(|n| !n.is_whole());
    if fractional || is_unscheduled(&first) {
        notes.add("unscheduled-visit", first.to_string());
    }
    first
}

/// The day of a visit: the first scan date, else that of the response, of a new lesion, of the
/// laboratory, or what another reader says.
pub(super) fn date_of(
    visit: &Visit<'_>,
    key: &VisitKey,
    index: &VisitIndex,
    notes: &mut Notes,
) -> Option<PartialDate> {
    let name: &str = if visit.name.is_empty() { "a visit" } else { &visit.name };
    let mut read = |rows: &mut dyn Iterator<Item = &Observed>| -> BTreeSet<PartialDate> {
        let mut dates = BTreeSet::new();
        for row in rows {
            match read_date(&row.date) {
                Ok(date) => dates.extend(date),
                Err(code) => notes.add(code, format!("`{}` in {}", row.date, row.place)),
            }
        }
        dates
    };
    let scans = read(&mut visit.tr.iter().map(|r| &r.at));
    let responses = read(&mut visit.rs.iter().map(|r| &r.at));
    let lesions = read(&mut visit.tu.iter().map(|r| &r.at));
    let labs = read(&mut visit.lb.iter().map(|r| &r.at));
    let Some(first) = first_day(&scans, name, notes) else {
        for dates in [responses, lesions, labs] {
            if let Some(date) = first_day(&dates, name, notes) {
                return Some(date);
            }
        }
        let others: BTreeSet<PartialDate> = index.of_any_reader(key).into_iter().collect();
        let date = first_day(&others, name, notes);
        if let Some(date) = date {
            notes.add_at("date-from-other-reader", format!("{name} on {date}"), date);
        }
        return date;
    };
    if let Some(other) = responses.iter().find(|d| !scans.contains(d)) {
        notes.add_at(
            "dates-differ",
            format!("{name}: scans on {first}, response on {other}"),
            first,
        );
    }
    if let Some(lab) = labs.iter().find(|d| !scans.contains(d)) {
        notes.add_at(
            "lab-date-differs",
            format!("{name}: scans on {first}, laboratory on {lab}"),
            first,
        );
    }
    Some(first)
}

/// The first of several dates; a partial date that a full date of the visit lies in gives way.
fn first_day(dates: &BTreeSet<PartialDate>, visit: &str, notes: &mut Notes) -> Option<PartialDate> {
    let mut kept: Vec<PartialDate> = dates.iter().copied().collect();
    kept.retain(|partial| {
        let within = |d: &&PartialDate| {
            d.is_exact() && partial.earliest() <= d.earliest() && d.latest() <= partial.latest()
        };
        let narrowed = (!partial.is_exact()).then(|| dates.iter().find(within)).flatten();
        if let Some(day) = narrowed {
            notes.add_at("partial-date-narrowed", format!("{visit}: {partial} and {day}"), *day);
        }
        narrowed.is_none()
    });
    let first = kept.first().copied()?;
    if let Some(last) = kept.last().filter(|last| **last != first) {
        notes.add_at("visit-spans-dates", format!("{visit}: {first} to {last}"), first);
    }
    Some(first)
}

/// The places of rows, as few words as name them: the first, and how many more.
pub(super) fn places(rows: &[&Place]) -> String {
    match rows {
        [] => String::new(),
        [one] => one.to_string(),
        [first, _] => format!("{first} and 1 more row"),
        [first, rest @ ..] => format!("{first} and {} more rows", rest.len()),
    }
}
