//! Reported responses (RS, SUPPRS) and laboratory values (LB) in the words of the rulesets.

use super::notes::Notes;
use super::rows::{LbRow, RsRow, SuppRow};
use super::table::capitals;
use oncorules_model::{Number, Observation, Quantity, RangedObservation, Reported, SdtmMapping};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How the rulesets name what stands in the data, ready to be looked up.
pub(super) struct Mappings {
    rulesets: Vec<Ruleset>,
    /// `LB.CA125` to the observation's name.
    observations: BTreeMap<String, Arc<str>>,
}

struct Ruleset {
    id: Arc<str>,
    categories: Vec<String>,
    tests: BTreeMap<String, Arc<str>>,
    codes: BTreeMap<String, Arc<str>>,
}

impl Mappings {
    pub(super) fn new(mappings: &[SdtmMapping]) -> Self {
        let table = |pairs: &[(Arc<str>, Arc<str>)]| -> BTreeMap<String, Arc<str>> {
            pairs.iter().map(|(from, to)| (capitals(from), to.clone())).collect()
        };
        Self {
            rulesets: mappings
                .iter()
                .map(|m| Ruleset {
                    id: m.ruleset.clone(),
                    categories: m.categories.iter().map(|c| capitals(c)).collect(),
                    tests: table(&m.tests),
                    codes: table(&m.codes),
                })
                .collect(),
            observations: mappings.iter().flat_map(|m| table(&m.observations)).collect(),
        }
    }

    fn observation(&self, domain: &str, code: &str) -> Option<&Arc<str>> {
        self.observations.get(&format!("{domain}.{code}"))
    }
}

impl Ruleset {
    fn code(&self, result: &Arc<str>) -> Arc<str> {
        self.codes.get(&capitals(result)).unwrap_or(result).clone()
    }
}

/// The responses that the rows of one visit report: under the ruleset that RSCAT means, or, where
/// there is no RSCAT, under the decision's name alone.
pub(super) fn reported(
    rows: &[&RsRow],
    mappings: &Mappings,
    notes: &mut Notes,
) -> BTreeMap<Arc<str>, Reported> {
    let mut rows: Vec<&RsRow> = rows.to_vec();
    rows.sort_by_key(|r| (!r.at.accepted, r.at.order()));
    let mut reported: BTreeMap<Arc<str>, Reported> = BTreeMap::new();
    for row in rows {
        if row.result.is_empty() {
            let why = if row.status.is_empty() { "empty" } else { &*row.status };
            notes.add("response-missing", format!("{} ({why}) in {}", row.test, row.at.place));
            continue;
        }
        let mut used = false;
        if row.category.is_empty() {
            let first = mappings.rulesets.iter().find_map(|m| Some((m, m.tests.get(&*row.test)?)));
            if let Some((mapping, decision)) = first {
                used = true;
                let code = mapping.code(&row.result);
                match reported.get(decision) {
                    None => {
                        reported.insert(decision.clone(), Reported::Code(code));
                    }
                    Some(Reported::Code(first)) if *first != code => {
                        note_conflict(row, decision, first, &code, notes);
                    }
                    Some(_) => {}
                }
            }
        }
        for mapping in &mappings.rulesets {
            if row.category.is_empty() || !mapping.categories.iter().any(|c| **c == *row.category) {
                continue;
            }
            let Some(decision) = mapping.tests.get(&*row.test) else { continue };
            used = true;
            let code = mapping.code(&row.result);
            let entry = reported
                .entry(mapping.id.clone())
                .or_insert_with(|| Reported::Ruleset(BTreeMap::new()));
            if let Reported::Ruleset(codes) = entry {
                match codes.get(decision) {
                    None => {
                        codes.insert(decision.clone(), code);
                    }
                    Some(first) if *first != code => {
                        note_conflict(row, decision, first, &code, notes);
                    }
                    Some(_) => {}
                }
            }
        }
        if !used {
            let category = if row.category.is_empty() {
                String::new()
            } else {
                format!(" of {}", row.category)
            };
            notes.add("response-not-used", format!("{}{category}", row.test));
        }
    }
    reported
}

fn note_conflict(row: &RsRow, decision: &str, first: &str, code: &str, notes: &mut Notes) {
    let detail = format!("{decision} is {first}, and {code} in {}", row.at.place);
    notes.add("conflicting-responses", detail);
}

/// Puts the laboratory values of one visit among its observations.
pub(super) fn laboratory(
    rows: &[&LbRow],
    mappings: &Mappings,
    observations: &mut BTreeMap<Arc<str>, Observation>,
    notes: &mut Notes,
) {
    let mut rows: Vec<&LbRow> = rows.to_vec();
    rows.sort_by_key(|r| (r.at.date.clone(), r.at.order()));
    for row in rows {
        let Some(name) = mappings.observation("LB", &row.test) else {
            notes.add("lab-tests-not-used", row.test.to_string());
            continue;
        };
        let Some(value) = lab_value(row, notes) else { continue };
        match observations.get(name) {
            None => {
                observations.insert(name.clone(), value);
            }
            Some(first) => {
                let code = if *first == value { "duplicate-row" } else { "conflicting-rows" };
                notes.add(code, format!("{} at {}", row.test, row.at.place));
            }
        }
    }
}

fn lab_value(row: &LbRow, notes: &mut Notes) -> Option<Observation> {
    let quantity = |text: &str| -> Option<Quantity> {
        let value: Number = text.parse().ok()?;
        let unit = (!row.unit.is_empty()).then(|| row.unit.clone());
        Some(Quantity { value, unit })
    };
    let mut limit = |text: &Arc<str>, what: &str| {
        let limit = quantity(text);
        if limit.is_none() && !text.is_empty() {
            notes.add("number-not-understood", format!("{what} `{text}` in {}", row.at.place));
        }
        limit
    };
    let (upper_limit, lower_limit) =
        (limit(&row.upper, "upper limit"), limit(&row.lower, "lower limit"));
    if let Some(value) = quantity(&row.number).or_else(|| quantity(&row.result)) {
        return Some(Observation::Ranged(RangedObservation { value, upper_limit, lower_limit }));
    }
    let given = if row.result.is_empty() { &row.number } else { &row.result };
    notes.add("number-not-understood", format!("`{given}` in {}", row.at.place));
    let words = !given.is_empty() && !matches!(capitals(given).as_str(), "NAN" | "INF" | "NA");
    let too_long = matches!(given.parse::<Number>(), Err(oncorules_model::NumberError::TooLong(_)));
    (words && !too_long).then(|| Observation::Text(given.clone()))
}

/// The supplemental rows of a subject by the RSSEQ that they belong to.
pub(super) type Supplements<'a> = BTreeMap<Number, Vec<&'a SuppRow>>;

/// Puts the supplemental values of a visit's responses among its observations: a flag for Y and
/// N, else a text.
pub(super) fn supplements(
    supplements: &Supplements<'_>,
    visit_rows: &[&RsRow],
    mappings: &Mappings,
    observations: &mut BTreeMap<Arc<str>, Observation>,
    notes: &mut Notes,
) {
    let mut sequences: Vec<Number> = visit_rows.iter().filter_map(|r| r.at.sequence).collect();
    sequences.sort();
    sequences.dedup();
    for row in sequences.iter().filter_map(|s| supplements.get(s)).flatten() {
        let Some(name) = mappings.observation("SUPPRS", &row.name) else { continue };
        let value = match capitals(&row.said).as_str() {
            "" => continue,
            "Y" => Observation::Flag(true),
            "N" => Observation::Flag(false),
            _ => Observation::Text(row.said.clone()),
        };
        match observations.get(name) {
            None => {
                observations.insert(name.clone(), value);
            }
            Some(first) if *first != value => {
                notes.add("conflicting-rows", format!("{} at {}", row.name, row.place));
            }
            Some(_) => {}
        }
    }
}

/// The supplemental rows by RSSEQ; notes those that belong to no response of the subject, or that
/// no ruleset asks for.
pub(super) fn by_response<'a>(
    rows: &'a [SuppRow],
    responses: &[RsRow],
    mappings: &Mappings,
    notes: &mut Notes,
) -> Supplements<'a> {
    let known: BTreeSet<Number> = responses.iter().filter_map(|r| r.at.sequence).collect();
    let mut found = Supplements::new();
    for row in rows {
        let sequence = row.value.parse().ok().filter(|s| known.contains(s));
        match sequence.filter(|_| &*row.variable == "RSSEQ") {
            None => notes.add("supplement-not-used", format!("{} in {}", row.name, row.place)),
            Some(sequence) => {
                if mappings.observation("SUPPRS", &row.name).is_none() {
                    notes.add("supplement-not-used", row.name.to_string());
                }
                found.entry(sequence).or_default().push(row);
            }
        }
    }
    found
}

impl Mappings {
    /// Whether a ruleset asks for the laboratory test with this code.
    pub(super) fn asks_for_lab(&self, test: &str) -> bool {
        self.observation("LB", test).is_some()
    }
}
