//! Single results of TR and TU: lengths, states and roles.

use super::rows::TrRow;
use crate::validate::length_fault;
use oncorules_model::{LesionStatus, Measurement, Number, Quantity, Role};

/// What a test code of TR measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Test {
    /// The longest diameter.
    Longest,
    /// A diameter without saying which; the short axis of a node that has no other.
    Diameter,
    /// The axis at right angles to the longest.
    Short,
    /// A state in words.
    State,
}

pub(super) fn test_of(code: &str) -> Option<Test> {
    match code {
        "LDIAM" | "LONGDIAM" | "LONGDIA" | "LDIA" => Some(Test::Longest),
        "DIAMETER" | "DIAM" => Some(Test::Diameter),
        "LPERP" | "SAXIS" | "SHORTAX" | "SHRTAXIS" => Some(Test::Short),
        "TUMSTATE" | "LNSTATE" => Some(Test::State),
        _ => None,
    }
}

/// What one row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reading {
    Length(Measurement),
    State(LesionStatus),
}

/// A row's reading, with the code of the note that it needs.
pub(super) fn read(row: &TrRow, test: Test) -> (Reading, Option<&'static str>) {
    let words = if row.standard.is_empty() { &row.original } else { &row.standard };
    let not_done = row.status.contains("NOT DONE");
    if test == Test::State {
        return match state_of(words) {
            _ if not_done => (Reading::State(LesionStatus::NotEvaluable), None),
            Some(state) => (Reading::State(state), None),
            None => (Reading::State(LesionStatus::NotEvaluable), Some("state-not-understood")),
        };
    }
    let not_assessed = || Reading::Length(Measurement::NotAssessed);
    if [&row.original, &row.standard].iter().any(|t| t.contains("TOO SMALL")) {
        return (Reading::Length(Measurement::TooSmall), None);
    }
    if not_done {
        return (not_assessed(), None);
    }
    let candidates =
        [(&row.number, &row.unit), (&row.original, &row.original_unit), (&row.standard, &row.unit)];
    // The first that is a number; with its unit inside (`2.1 CM`) where it has no cell for it.
    for (number, unit) in candidates {
        match number.parse::<Quantity>() {
            Ok(Quantity { value, unit: None }) => return length(value, unit),
            Ok(Quantity { value, unit: Some(inside) })
                if unit.is_empty() || inside.eq_ignore_ascii_case(unit) =>
            {
                return length(value, &inside);
            }
            _ => {}
        }
    }
    let Some((number, _)) = candidates.into_iter().find(|(n, _)| !n.is_empty()) else {
        return (not_assessed(), Some("result-not-understood"));
    };
    if row.number.is_empty() {
        match state_of(words) {
            Some(LesionStatus::NotEvaluable) => return (not_assessed(), None),
            Some(state) => return (Reading::State(state), None),
            None => {}
        }
        if matches!(&**words, "NOT DONE" | "NOT ASSESSED" | "ND" | "NA" | "UNKNOWN") {
            return (not_assessed(), None);
        }
    }
    // A number too long to be kept is a length that cannot be; anything else is no number.
    let code = match number.parse::<Number>() {
        Err(oncorules_model::NumberError::TooLong(_)) => "impossible-length",
        _ => "result-not-understood",
    };
    (not_assessed(), Some(code))
}

fn length(value: Number, unit: &str) -> (Reading, Option<&'static str>) {
    let lower = unit.to_ascii_lowercase();
    let length = match lower.as_str() {
        "" => Quantity::bare(value),
        "mm" | "cm" | "m" => Quantity::new(value, lower),
        "millimeter" | "millimetre" => Quantity::new(value, "mm"),
        "centimeter" | "centimetre" => Quantity::new(value, "cm"),
        _ => Quantity::new(value, unit),
    };
    match length_fault(&length) {
        Some(("unit-not-a-length", ..)) => {
            (Reading::Length(Measurement::NotAssessed), Some("unit-not-a-length"))
        }
        Some(_) => (Reading::Length(Measurement::NotAssessed), Some("impossible-length")),
        None => {
            let note = length.unit.is_none().then_some("unit-missing");
            (Reading::Length(Measurement::Length(length)), note)
        }
    }
}

/// The state in words of CDISC terminology.
pub(super) fn state_of(words: &str) -> Option<LesionStatus> {
    Some(match words {
        "ABSENT" | "NON-PATHOLOGICAL" | "DISAPPEARED" | "RESOLVED" => LesionStatus::Absent,
        "PRESENT" | "PATHOLOGICAL" => LesionStatus::Present,
        "INCREASED" => LesionStatus::Increased,
        "UNEQUIVOCAL PROGRESSION" | "UNEQUIVOCAL PROGRESSIVE DISEASE" => {
            LesionStatus::UnequivocalProgression
        }
        "UNEQUIVOCAL" => LesionStatus::Unequivocal,
        "EQUIVOCAL" => LesionStatus::Equivocal,
        "NE" | "NOT EVALUABLE" | "UNEVALUABLE" | "NOT ASSESSABLE" => LesionStatus::NotEvaluable,
        _ => return None,
    })
}

/// The role that a group or an identification names, and whether it names a node.
pub(super) fn role_of(words: &str) -> (Option<Role>, bool) {
    let role = if words.contains("NEW") {
        Some(Role::New)
    } else if ["NON-TARGET", "NON TARGET", "NONTARGET"].iter().any(|w| words.contains(w)) {
        Some(Role::NonTarget)
    } else if words.contains("TARGET") {
        Some(Role::Target)
    } else {
        None
    };
    let nodal = (words.contains("NODAL") || words.contains("NODE"))
        && !words.contains("NON-NODAL")
        && !words.contains("EXTRANODAL");
    (role, nodal)
}

/// Whether a site (in lower case) names a lymph node.
pub(super) fn is_node_site(site: &str) -> bool {
    site.contains("lymph node")
        || site.contains("node, lymph")
        || site.contains("nodal") && !site.contains("extranodal")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_from_their_words() {
        assert_eq!(role_of("TARGET"), (Some(Role::Target), false));
        assert_eq!(role_of("TARGET NODAL"), (Some(Role::Target), true));
        assert_eq!(role_of("TARGET NON-NODAL"), (Some(Role::Target), false));
        assert_eq!(role_of("NON-TARGET"), (Some(Role::NonTarget), false));
        assert_eq!(role_of("NEW TARGET"), (Some(Role::New), false));
        assert_eq!(role_of("A1"), (None, false));
    }
}
