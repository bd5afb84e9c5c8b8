//! Names, values and long texts in words.

use oncorules_model::{
    Decision, LineReport, MeasureValue, Named, Number, PartialDate, Prompt, RulesetId, Scalar,
};

/// What stands where there is no value.
pub(crate) const NOTHING: &str = "–";

/// A name as words: `best_response` is read `best response`.
pub(crate) fn name(name: &str) -> String {
    plain(&name.replace('_', " "))
}

/// A text without control characters: what stands in a case must not steer a terminal.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A ruleset with its version, and the parameters that were set to other values than its own.
pub(crate) fn ruleset(ruleset: &RulesetId) -> String {
    let mut text = format!("{} {}", plain(&ruleset.id), plain(&ruleset.version));
    if !ruleset.set.is_empty() {
        let set: Vec<String> =
            ruleset.set.iter().map(|(n, v)| format!("{} = {}", plain(n), plain(v))).collect();
        text.push_str(&format!(" with {}", set.join(", ")));
    }
    text
}

/// A sentence that begins with a capital and ends with a stop.
pub(crate) fn sentence(text: &str) -> String {
    let text = plain(text);
    let text = text.trim();
    let mut chars = text.chars();
    let mut out: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    out.push_str(chars.as_str());
    if !out.is_empty() && !out.ends_with(['.', '!', '?']) {
        out.push('.');
    }
    out
}

/// A number with two decimals, or more where two would make it look round when it is not.
pub(crate) fn number(number: Number) -> String {
    let exact = number.to_string();
    let short = exact.split_once('.').is_none_or(|(_, fraction)| fraction.len() <= 2);
    if short {
        return exact;
    }
    for places in [2usize, 4] {
        let rounded = format!("{:.places$}", number.to_f64());
        let trimmed = rounded.trim_end_matches('0');
        if !trimmed.ends_with('.') {
            return trimmed.to_string();
        }
    }
    exact
}

/// A value.
pub(crate) fn scalar(value: &Scalar) -> String {
    match value {
        Scalar::Number(n) => number(*n),
        other => plain(&other.to_string()),
    }
}

/// A measure with its unit.
pub(crate) fn measure(measure: &MeasureValue) -> Option<String> {
    let value = scalar(measure.value.as_ref()?);
    Some(match &measure.unit {
        Some(unit) if &**unit != "1" => format!("{value} {unit}"),
        _ => value,
    })
}

/// The value of a decision.
pub(crate) fn value(decision: &Decision) -> String {
    decision.value.as_deref().map_or_else(|| "unknown".to_string(), plain)
}

/// Why, with the names of facts as words.
pub(crate) fn because(decision: &Decision) -> String {
    let facts = decision.facts.iter().map(|(fact, _)| fact);
    let names: Vec<&str> = facts.chain(decision.unknown.iter().map(|u| &**u)).collect();
    let mut out = String::new();
    let mut word = String::new();
    let end = |word: &mut String, out: &mut String| {
        let known = word.contains('_') && names.contains(&word.as_str());
        out.push_str(&if known { name(word) } else { plain(word) });
        word.clear();
    };
    for c in decision.because.chars() {
        if c.is_alphanumeric() || c == '_' {
            word.push(c);
        } else {
            end(&mut word, &mut out);
            out.push(if c.is_control() { ' ' } else { c });
        }
    }
    end(&mut word, &mut out);
    out
}

/// From one date to another, as far as they are known.
pub(crate) fn window(from: Option<PartialDate>, to: Option<PartialDate>) -> String {
    match (from, to) {
        (Some(from), Some(to)) if from == to => from.to_string(),
        (Some(from), Some(to)) => format!("{from} – {to}"),
        (Some(from), None) => format!("from {from}"),
        (None, Some(to)) => format!("by {to}"),
        (None, None) => String::new(),
    }
}

/// How many characters a text takes.
pub(crate) fn length(text: &str) -> usize {
    text.chars().count()
}

/// `1 finding`, `2 findings`.
pub(crate) fn count(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}

/// A text broken at spaces so that no line is longer than `width`, where its words allow it.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![];
    let mut line = String::new();
    for word in plain(text).split_whitespace() {
        if !line.is_empty() && length(&line) + 1 + length(word) > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

/// A text after a lead of its own, the lines that follow under its beginning; or below a lead that
/// leaves too little room beside it.
pub(crate) fn hang(lead: &str, text: &str, width: usize) -> String {
    let indent = length(lead);
    let blank = indent - length(lead.trim_start());
    if indent + 20 > width && blank + 4 < indent {
        let lead = lead.trim_end();
        return format!("{lead}\n{}", hang(&" ".repeat(blank + 4), text, width));
    }
    let mut out = String::new();
    for (i, line) in wrap(text, width.saturating_sub(indent).max(20)).iter().enumerate() {
        let line = if i == 0 { format!("{lead}{line}") } else { format!("{:indent$}{line}", "") };
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// The measures of a line that are dates or numbers, each once, in words.
pub(crate) fn dates_and_durations(line: &LineReport) -> Vec<(String, String)> {
    let mut rows = vec![];
    for (_, measure_name, value) in flat(&line.measures) {
        let telling = matches!(value.value, Some(Scalar::Date(_) | Scalar::Number(_)));
        if let Some(value) = measure(value).filter(|_| telling) {
            let row = (name(measure_name), value);
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
    }
    rows
}

/// The prompts, the most urgent first, else in their order.
pub(crate) fn most_urgent_first(prompts: &[Prompt]) -> Vec<&Prompt> {
    let mut prompts: Vec<&Prompt> = prompts.iter().collect();
    prompts.sort_by_key(|p| std::cmp::Reverse(p.level));
    prompts
}

/// The names and values of all rulesets in one list: ruleset, name, value.
pub(crate) fn flat<T>(by_ruleset: &Named<Named<T>>) -> impl Iterator<Item = (&str, &str, &T)> {
    by_ruleset
        .iter()
        .flat_map(|(ruleset, named)| named.iter().map(move |(name, value)| (ruleset, name, value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_do_not_look_rounder_than_they_are() {
        assert_eq!(number("-29.996".parse().unwrap()), "-29.996");
        assert_eq!(number("-36".parse().unwrap()), "-36");
        assert_eq!(number(Number::ratio(100, 3).unwrap()), "33.33");
    }

    #[test]
    fn long_texts_hang_under_their_beginning() {
        let text = hang("- ", "one two three four five six seven", 24);
        assert_eq!(text, "- one two three four\n  five six seven\n");
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(plain("a\u{1b}[31mb"), "a [31mb");
    }
}
