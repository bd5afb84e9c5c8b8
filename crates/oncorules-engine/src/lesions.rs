//! The lesions of a line: which they are, in which role, and what is known of each at each timepoint.

use crate::course::*;
use oncorules_model::{LesionRecord, Measurement, Number, PartialDate, Role};
use oncorules_rules::{Value, value_in};
use std::sync::Arc;

/// What was said of a lesion before a certain timepoint, in any line.
struct Said {
    role: Option<Role>,
    site: Option<Arc<str>>,
    node: Option<bool>,
    first_seen: Option<PartialDate>,
}

pub(crate) fn bind(course: &Course<'_>, line: &mut Line) {
    let records = |timepoint: &Timepoint| -> &[LesionRecord] {
        course
            .case
            .assessments
            .get(timepoint.assessment)
            .and_then(|a| a.lesions.as_deref())
            .unwrap_or_default()
    };
    let number = line.number;
    let baseline = line.lesion_baseline;
    let mut lesions: Vec<Lesion> = vec![];
    for (at, timepoint) in line.timepoints.iter().enumerate() {
        let at = at as u32;
        // Lesions of older assessments count only where the baseline still records them.
        if baseline.is_some_and(|b| at < b) || (baseline.is_none() && at < line.before_start) {
            continue;
        }
        for record in records(timepoint) {
            if lesions.iter().any(|l| l.id == record.id) {
                if let (Some(role), Some(known)) =
                    (record.role, lesions.iter().find(|l| l.id == record.id))
                    && role != known.role
                    && Some(at) != baseline
                {
                    course.find(
                        "role-changed",
                        format!(
                            "lesion {} is recorded as {} and before as {}; the first is kept",
                            record.id,
                            role.word(),
                            known.role.word()
                        ),
                        Some(number),
                        Some(timepoint.date),
                    );
                }
                continue;
            }
            let said = said_of(course, &record.id, timepoint);
            let role = role_of(course, record, &said, at, baseline, timepoint.date, number);
            let Some(role) = role else { continue };
            let site = record.site.clone().or(said.site);
            let organ = site.as_deref().map(organ_of);
            let nodal = record.node.or(said.node).unwrap_or_else(|| match organ.as_deref() {
                Some(organ) => organ == LYMPH_NODE,
                None => record.longest_diameter.is_none() && record.short_axis.is_some(),
            });
            lesions.push(Lesion {
                id_text: course.intern(&record.id),
                id: record.id.clone(),
                role,
                site: site.as_deref().map(|s| course.intern(s)),
                organ: if nodal {
                    Some(course.intern(LYMPH_NODE))
                } else {
                    organ.map(|o| course.intern(&o))
                },
                nodal,
                first_seen: said.first_seen.unwrap_or(timepoint.date),
                first_timepoint: at,
                part_of: None,
            });
        }
    }
    for at in 0..lesions.len() {
        let parent = lesions.get(at).and_then(|l| parent_of(course, &l.id));
        let parent = parent.and_then(|p| lesions.iter().position(|l| l.id == p));
        if let (Some(parent), Some(lesion)) = (parent.filter(|p| *p != at), lesions.get_mut(at)) {
            lesion.part_of = Some(parent as u32);
        }
    }
    let n = lesions.len();
    let mut sightings = vec![Sighting::NOTHING; n * line.timepoints.len()];
    for (at, timepoint) in line.timepoints.iter().enumerate() {
        for (l, lesion) in lesions.iter().enumerate() {
            let record = records(timepoint).iter().find(|r| r.id == lesion.id);
            let before = at.checked_sub(1).and_then(|b| sightings.get(b * n + l)).copied();
            let sighting = match record {
                Some(record) => sighting(course, record, number, timepoint.date),
                // A lesion that has merged stays merged while nothing else is said.
                None => Sighting { merged: before.is_some_and(|b| b.merged), ..Sighting::NOTHING },
            };
            if let Some(slot) = sightings.get_mut(at * n + l) {
                *slot = sighting;
            }
        }
    }
    line.lesions = lesions;
    line.sightings = sightings;
    if line.lesion_baseline.is_none() && line.timepoints.iter().any(|t| t.lesions_recorded) {
        course.find("no-baseline", "no lesions were recorded on or before the start of the line, so there is nothing to compare with".into(), Some(number), line.start);
    }
}

/// The role of a lesion in this line, by what was said at its baseline or later.
fn role_of(
    course: &Course<'_>,
    record: &LesionRecord,
    said: &Said,
    at: u32,
    baseline: Option<u32>,
    date: PartialDate,
    line: u32,
) -> Option<Role> {
    let at_baseline = baseline == Some(at);
    let role = record.role.or(said.role);
    match role {
        Some(Role::New) if at_baseline => {
            course.find("new-at-baseline", format!("lesion {} was new in the line before and is there at this baseline; with no other role said, it is followed as non-target", record.id), Some(line), Some(date));
            Some(Role::NonTarget)
        }
        Some(role) => {
            if baseline.is_some()
                && !at_baseline
                && role != Role::New
                && record.split_from.is_none()
            {
                course.find(
                    "late-lesion",
                    format!(
                        "lesion {} is recorded as {} but was not recorded at baseline",
                        record.id,
                        role.word()
                    ),
                    Some(line),
                    Some(date),
                );
            }
            Some(role)
        }
        None if record.split_from.is_some() => Some(Role::Target),
        None => {
            course.find(
                "role-missing",
                format!(
                    "lesion {} has no role (target, non-target or new), so it does not count",
                    record.id
                ),
                Some(line),
                Some(date),
            );
            None
        }
    }
}

/// The last that was said of a lesion at or before this timepoint's assessment, in date order.
fn said_of(course: &Course<'_>, id: &str, timepoint: &Timepoint) -> Said {
    let mut said = Said { role: None, site: None, node: None, first_seen: None };
    let mut seen: Vec<(PartialDate, &LesionRecord)> = course
        .case
        .assessments
        .iter()
        .enumerate()
        .filter(|(index, a)| {
            (a.date.earliest(), *index) <= (timepoint.date.earliest(), timepoint.assessment)
        })
        .flat_map(|(_, a)| a.lesions.iter().flatten().map(move |l| (a.date, l)))
        .filter(|(_, l)| *l.id == *id)
        .collect();
    seen.sort_by_key(|(date, _)| date.earliest());
    for (date, record) in seen {
        said.first_seen = said.first_seen.or(Some(date));
        said.role = record.role.or(said.role);
        said.node = record.node.or(said.node);
        if let Some(site) = &record.site {
            if said.site.as_deref().is_some_and(|s| organ_of(s) != organ_of(site)) {
                course.find(
                    "site-changed",
                    format!(
                        "lesion {id} changes its site from {} to {site}; the first is kept",
                        said.site.as_deref().unwrap_or_default()
                    ),
                    None,
                    Some(date),
                );
            } else {
                said.site = Some(site.clone());
            }
        }
    }
    said
}

/// The lesion that this one is a part of, wherever that was said.
fn parent_of(course: &Course<'_>, id: &str) -> Option<Arc<str>> {
    course
        .case
        .assessments
        .iter()
        .flat_map(|a| a.lesions.iter().flatten())
        .find(|l| *l.id == *id && l.split_from.is_some())
        .and_then(|l| l.split_from.clone())
}

const LYMPH_NODE: &str = "lymph node";

/// The organ of a site: lower case, without its side; every lymph node is of one organ.
fn organ_of(site: &str) -> String {
    let lower = site.trim().to_lowercase();
    if lower
        .split(|c: char| !c.is_alphanumeric())
        .any(|w| matches!(w, "node" | "nodes" | "nodal" | "lymphadenopathy"))
    {
        return LYMPH_NODE.into();
    }
    let words: Vec<&str> = lower
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')'))
        .filter(|w| !matches!(*w, "" | "left" | "right" | "bilateral" | "l" | "r"))
        .collect();
    words.join(" ")
}

fn sighting(course: &Course<'_>, record: &LesionRecord, line: u32, date: PartialDate) -> Sighting {
    let length = |measurement: &Option<Measurement>| match measurement {
        Some(Measurement::Length(quantity)) => match value_in(quantity, "mm") {
            Some(value) if value.is_negative() || value > Number::from(2000) => {
                course.find(
                    "impossible-length",
                    format!(
                        "lesion {}: {quantity} is no possible diameter, so it is not used",
                        record.id
                    ),
                    Some(line),
                    Some(date),
                );
                Value::Unknown
            }
            Some(value) => Value::Number(value),
            None => {
                course.find(
                    "unit",
                    format!("lesion {}: {quantity} is no length, so it is not used", record.id),
                    Some(line),
                    Some(date),
                );
                Value::Unknown
            }
        },
        _ => Value::Unknown,
    };
    let too_small = [&record.longest_diameter, &record.short_axis]
        .into_iter()
        .any(|m| matches!(m, Some(Measurement::TooSmall)));
    Sighting {
        longest: length(&record.longest_diameter),
        short: length(&record.short_axis),
        too_small,
        merged: record.merged_into.is_some(),
        recorded: true,
        status: record.status.map(|s| s as u16),
    }
}

#[cfg(test)]
mod tests {
    use super::organ_of;

    #[test]
    fn sites_name_organs() {
        assert_eq!(organ_of("LYMPH NODE"), organ_of("Lymph nodes, left axilla"));
        assert_eq!(organ_of("Left lung"), organ_of("LUNG (right)"));
        assert_ne!(organ_of("liver"), organ_of("lung"));
    }
}
