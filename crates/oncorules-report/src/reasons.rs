//! Why a decision came out as it did, down to the decisions that rest on measurements.

use crate::words;
use oncorules_model::{Decision, Named};

/// The reasons of a decision: each a decision's name, its value and why.
///
/// A decision that only hands on what another decided is passed over, and so is one whose reason
/// names other decisions (the row of a table): their own reasons say more.
pub(crate) fn of(name: &str, decisions: &Named<Decision>) -> Vec<String> {
    let mut seen = vec![];
    let mut reasons = vec![];
    follow(name, decisions, &mut seen, &mut reasons);
    reasons
}

fn follow<'a>(
    name: &'a str,
    decisions: &'a Named<Decision>,
    seen: &mut Vec<&'a str>,
    reasons: &mut Vec<String>,
) {
    let Some(decision) = decisions.get(name).filter(|_| !seen.contains(&name)) else { return };
    seen.push(name);
    let rests_on = rests_on(name, decision, decisions);
    let named: Vec<&str> =
        rests_on.iter().copied().filter(|fact| mentions(&decision.because, fact)).collect();
    let hands_on = rests_on
        .iter()
        .any(|fact| decisions.get(fact).is_some_and(|other| other.value == decision.value));
    if rests_on.is_empty() || (named.is_empty() && !hands_on) {
        reasons.push(reason(name, decision));
        return;
    }
    for fact in if named.is_empty() { &rests_on } else { &named } {
        follow(fact, decisions, seen, reasons);
    }
}

/// The other decisions that a decision looked at; where no fact is recorded, those that its reason
/// speaks of.
pub(crate) fn rests_on<'a>(
    name: &str,
    decision: &Decision,
    decisions: &'a Named<Decision>,
) -> Vec<&'a str> {
    let others = decisions.iter().map(|(other, _)| other).filter(|other| *other != name);
    if !decision.facts.is_empty() {
        return others.filter(|other| decision.facts.get(other).is_some()).collect();
    }
    let spoken_of = |other: &&str| {
        let in_words = words::name(other);
        mentions(&decision.because, other)
            || (other.contains('_') && decision.because.contains(&in_words))
    };
    others.filter(spoken_of).collect()
}

/// Whether a sentence names a fact as a word of its own.
fn mentions(sentence: &str, fact: &str) -> bool {
    sentence.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == fact)
}

fn reason(name: &str, decision: &Decision) -> String {
    format!("{} {}: {}", words::name(name), words::value(decision), words::because(decision))
}

#[cfg(test)]
mod tests {
    use super::*;
    use oncorules_model::Scalar;

    fn decision(value: &str, because: &str, facts: &[&str]) -> Decision {
        Decision {
            value: Some(value.into()),
            row: "1".into(),
            because: because.into(),
            facts: Named(
                facts.iter().map(|f| ((*f).into(), Some(Scalar::Text("x".into())))).collect(),
            ),
            sources: vec![],
            unknown: vec![],
            interpretation: None,
            layer: None,
        }
    }

    #[test]
    fn tables_and_decisions_that_hand_on_are_passed_over() {
        let mut all = Named::default();
        all.push("size", decision("smaller", "the sum fell by 36 %", &["sum"]));
        all.push("other", decision("gone", "all others are gone", &[]));
        all.push("whole", decision("better", "size is smaller", &["size", "other"]));
        all.push("course", decision("better", "as measured", &["whole"]));
        assert_eq!(of("course", &all), ["size smaller: the sum fell by 36 %"]);
        all.push("late", decision("worse", "it came back", &["whole"]));
        assert_eq!(of("late", &all), ["late worse: it came back"]);
    }
}
