//! The lesions of a line: which they are, in which role, and what is known of each at each timepoint.

use crate::course::*;
use oncorules_model::{LesionRecord, Measurement, Number, PartialDate, Role};
use oncorules_rules::{Value, value_in};

/// What was said of a lesion before a certain timepoint, in any line.
struct Said<'c> {
    role: Option<Role>,
    site: Option<&'c str>,
    node: Option<bool>,
    first_seen: Option<PartialDate>,
}

/// Lesions times assessments of one line: a thousandfold of what any patient has.
const MOST_SIGHTINGS: usize = 4_000_000;

pub(crate) fn bind(course: &Course<'_>, line: &mut Line) {
    let numbering = &course.numbering;
    let records = |timepoint: &Timepoint| {
        let lesions = course.case.assessments.get(timepoint.assessment);
        let lesions: &[LesionRecord] =
            lesions.and_then(|a| a.lesions.as_deref()).unwrap_or_default();
        lesions.iter().zip(numbering.in_assessment(timepoint.assessment))
    };
    let number = line.number;
    let baseline = line.lesion_baseline;
    let next_baseline = next_baseline(line);
    let lymph_node = course.intern(LYMPH_NODE);
    // Lesions mostly share a site with the one before.
    let mut last_site = None;
    let mut lesions: Vec<Lesion> = vec![];
    // For each lesion of the case: its place among those of this line.
    let mut places: Vec<Option<u32>> = vec![None; numbering.count()];
    let place = |places: &[Option<u32>], id: u32| places.get(id as usize).copied().flatten();
    for (at, timepoint) in line.timepoints.iter().enumerate() {
        let at = at as u32;
        // Lesions of older assessments count only where the baseline still records them.
        if baseline.is_some_and(|b| at < b) || (baseline.is_none() && at < line.before_start) {
            continue;
        }
        for (record, id) in records(timepoint) {
            if let Some(known) = place(&places, *id).and_then(|p| lesions.get(p as usize)) {
                if let Some(role) = record.role
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
            let said = said_of(course, *id, timepoint);
            if next_baseline == Some(at)
                && record.split_from.is_none()
                && record.role.or(said.role).is_some_and(|r| r != Role::New)
            {
                let message = format!(
                    "lesion {} is recorded for the first time at the baseline of the next line, so it belongs to that line only",
                    record.id
                );
                course.find("next-line-lesion", message, Some(number), Some(timepoint.date));
                continue;
            }
            let role = role_of(course, record, &said, at, baseline, timepoint.date, number);
            let Some(role) = role else { continue };
            let site = record.site.as_deref().or(said.site);
            let (site, organ) = match (site, last_site) {
                (Some(site), Some((last, numbers))) if site == last => numbers,
                (Some(site), _) => {
                    let numbers = (Some(course.intern(site)), Some(course.intern(&organ_of(site))));
                    last_site = Some((site, numbers));
                    numbers
                }
                (None, _) => (None, None),
            };
            let nodal = record.node.or(said.node).unwrap_or_else(|| match organ {
                Some(organ) => organ == lymph_node,
                None => record.longest_diameter.is_none() && record.short_axis.is_some(),
            });
            if let Some(place) = places.get_mut(*id as usize) {
                *place = Some(lesions.len() as u32);
            }
            lesions.push(Lesion {
                number: *id,
                id_text: course.intern(&record.id),
                id: record.id.clone(),
                role,
                site,
                organ: if nodal { Some(lymph_node) } else { organ },
                nodal,
                first_seen: said.first_seen.unwrap_or(timepoint.date),
                first_timepoint: at,
                part_of: None,
            });
        }
    }
    for at in 0..lesions.len() {
        let parent = lesions.get(at).and_then(|l| {
            numbering.records(course.case, l.number).find_map(|(_, r)| r.split_from.as_ref())
        });
        let parent = parent.and_then(|p| lesions.iter().position(|l| l.id == *p));
        if let (Some(parent), Some(lesion)) = (parent.filter(|p| *p != at), lesions.get_mut(at)) {
            lesion.part_of = Some(parent as u32);
        }
    }
    let n = lesions.len();
    if n * line.timepoints.len() > MOST_SIGHTINGS {
        let message = format!(
            "{n} lesions at {} assessments are more than can be evaluated; the lesions of this line are set aside",
            line.timepoints.len()
        );
        course.find("too-many-lesions", message, Some(number), None);
        line.lesion_baseline = None;
        return;
    }
    let mut sightings: Vec<Sighting> = Vec::with_capacity(n * line.timepoints.len());
    for (at, timepoint) in line.timepoints.iter().enumerate() {
        for l in 0..n {
            // A lesion that has merged stays merged while nothing else is said.
            let before = at.checked_sub(1).and_then(|b| sightings.get(b * n + l)).copied();
            let merged = before.is_some_and(|b| b.merged);
            sightings.push(Sighting { merged, ..Sighting::NOTHING });
        }
        for (record, id) in records(timepoint) {
            let slot = place(&places, *id).and_then(|l| sightings.get_mut(at * n + l as usize));
            if let Some(slot) = slot.filter(|s| !s.recorded) {
                *slot = sighting(course, record, number, timepoint.date);
            }
        }
    }
    let of_role = |role: Role| -> Vec<u32> {
        let chosen = lesions.iter().zip(0u32..);
        chosen.filter(|(l, _)| l.part_of.is_none() && l.role == role).map(|(_, i)| i).collect()
    };
    line.targets = of_role(Role::Target);
    line.non_targets = of_role(Role::NonTarget);
    line.shared = Shared::of(&lesions, &sightings);
    line.has_parts = lesions.iter().any(|l| l.part_of.is_some());
    line.lesions = lesions;
    line.sightings = sightings;
    if line.lesion_baseline.is_none() && line.timepoints.iter().any(|t| t.lesions_recorded) {
        course.find("no-baseline", "no lesions were recorded on or before the start of the line, so there is nothing to compare with".into(), Some(number), line.start);
    }
}

/// The assessment against which the next line is measured, where it comes after this line's own.
fn next_baseline(line: &Line) -> Option<u32> {
    let next = line.next_start?;
    let at = line
        .timepoints
        .iter()
        .rposition(|t| t.lesions_recorded && t.date.earliest() <= next.earliest())?;
    Some(at as u32).filter(|at| *at >= line.before_start && line.lesion_baseline.is_some())
}

/// The role of a lesion in this line, by what was said at its baseline or later.
fn role_of(
    course: &Course<'_>,
    record: &LesionRecord,
    said: &Said<'_>,
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
fn said_of<'c>(course: &'c Course<'_>, number: u32, timepoint: &Timepoint) -> Said<'c> {
    let mut said = Said { role: None, site: None, node: None, first_seen: None };
    let now = (timepoint.date.earliest(), timepoint.assessment);
    for (index, record) in course.numbering.records(course.case, number) {
        let Some(date) = course.case.assessments.get(index).map(|a| a.date) else { continue };
        if (date.earliest(), index) > now {
            break;
        }
        said.first_seen = said.first_seen.or(Some(date));
        said.role = record.role.or(said.role);
        said.node = record.node.or(said.node);
        let Some(site) = record.site.as_deref() else { continue };
        match said.site {
            Some(known) if known == site => {}
            Some(known) if organ_of(known) != organ_of(site) => {
                let message = format!(
                    "lesion {} changes its site from {known} to {site}; the first is kept",
                    record.id
                );
                course.find("site-changed", message, None, Some(date));
            }
            _ => said.site = Some(site),
        }
    }
    said
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
