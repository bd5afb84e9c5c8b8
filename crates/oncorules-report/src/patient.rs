//! A report in plain words for the patient: no codes, nothing that the rulesets do not say.

use crate::explain::Filter;
use crate::text::Page;
use crate::words::{self, hang};
use oncorules_model::{
    Decision, DueStatus, Glossary, LineReport, PartialDate, Report, TimepointRole,
};

/// Plain words about the latest line of therapy, or about the line that is asked for.
pub(crate) fn render(report: &Report, glossary: &Glossary, filter: &Filter, page: &Page) -> String {
    let line = match filter.line {
        Some(_) => report.lines.iter().find(|l| filter.line(l)),
        None => report.lines.last(),
    };
    let Some(line) = line else {
        return "No treatment is recorded here yet. Please ask your doctor what comes next.\n"
            .into();
    };
    let mut out = format!("{}\n", page.paint.bold("About your treatment"));
    if let Some(started) = line.started {
        let text = format!("This is about the treatment that began {}.", on(started));
        out.push_str(&hang("", &text, page.width));
    }
    let mut said = false;
    for (title, sentences) in sections(line, glossary, filter) {
        if sentences.is_empty() {
            continue;
        }
        said = true;
        out.push_str(&format!("\n{}\n", page.paint.bold(&title)));
        for sentence in sentences {
            out.push_str(&hang("- ", &sentence, page.width));
        }
    }
    if !said {
        out.push_str("\nThere is nothing that can be said in plain words yet.\n");
    }
    out.push('\n');
    let closing = "This page was put together from your records by fixed rules, to help you and \
                   your doctors talk. It decides nothing, and it does not know you as they do. \
                   Please ask them about anything that is unclear or that worries you.";
    out.push_str(&hang("", closing, page.width));
    out
}

fn sections(line: &LineReport, glossary: &Glossary, filter: &Filter) -> Vec<(String, Vec<String>)> {
    let latest = line.timepoints.iter().rev().find(|t| {
        t.role == TimepointRole::FollowUp && filter.timepoint(t) && !t.decisions.is_empty()
    });
    let mut sections = vec![];
    if let Some(latest) = latest {
        let said = plain_words(words::flat(&latest.decisions), glossary);
        let which = if filter.date.is_some() { "The check" } else { "Your latest check" };
        sections.push((format!("{which}, {}", on(latest.date)), said));
    }
    let whole = plain_words(words::flat(&line.decisions), glossary);
    sections.push(("The treatment so far".into(), whole));
    sections.push(("What comes next".into(), next(line)));
    let mut talk = vec![];
    for text in line.prompts.iter().filter_map(|p| p.patient.as_deref()) {
        add(&mut talk, text);
    }
    sections.push(("To talk about with your doctors".into(), talk));
    sections
}

/// What the glossary says to the patient, what rests on most coming first; nothing twice.
fn plain_words<'a>(
    decisions: impl Iterator<Item = (&'a str, &'a str, &'a Decision)>,
    glossary: &Glossary,
) -> Vec<String> {
    let decisions: Vec<_> = decisions.collect();
    let mut said = vec![];
    for (ruleset, name, decision) in decisions.into_iter().rev() {
        let text = glossary.get(ruleset).and_then(|r| r.get(name));
        let code =
            text.and_then(|t| t.codes.iter().find(|c| Some(&c.code) == decision.value.as_ref()));
        if let Some(plain) = code.and_then(|c| c.patient.as_deref()) {
            add(&mut said, plain);
        }
    }
    said
}

fn add(said: &mut Vec<String>, text: &str) {
    let sentence = words::sentence(text);
    if !sentence.is_empty() && !said.contains(&sentence) {
        said.push(sentence);
    }
}

fn next(line: &LineReport) -> Vec<String> {
    let mut said = vec![];
    for due in &line.schedule {
        let what = words::name(&due.what);
        let text = match (due.status, due.from, due.to) {
            (DueStatus::Done, ..) => continue,
            (DueStatus::Overdue, _, Some(to)) => format!(
                "{what}: it was planned for {} at the latest and is not in these records yet; \
                 please ask your team about it",
                day(to)
            ),
            (DueStatus::Overdue, ..) => {
                format!("{what}: it is not in these records yet; please ask your team about it")
            }
            (_, Some(from), Some(to)) if from != to => {
                format!("{what}: planned between {} and {}", day(from), day(to))
            }
            (_, Some(from), None) => format!("{what}: planned from {} on", day(from)),
            (_, None, Some(to)) => format!("{what}: planned for {} at the latest", day(to)),
            (_, Some(from), Some(_)) => format!("{what}: planned for {}", day(from)),
            (_, None, None) => format!("{what}: the day is still open"),
        };
        add(&mut said, &text);
    }
    said
}

/// `on 5 March 2024`, or `in March 2024` where the day is not known.
fn on(date: PartialDate) -> String {
    format!("{} {}", if date.is_exact() { "on" } else { "in" }, day(date))
}

/// `5 March 2024`; as much of it as is known.
fn day(date: PartialDate) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let text = date.to_string();
    let mut parts = text.split('-');
    let year = parts.next().unwrap_or_default();
    let month = parts
        .next()
        .and_then(|m| m.parse::<usize>().ok())
        .and_then(|m| MONTHS.get(m.checked_sub(1)?));
    let day = parts.next().map(|d| d.trim_start_matches('0'));
    match (day, month) {
        (Some(day), Some(month)) if day.parse::<u8>().is_ok() => format!("{day} {month} {year}"),
        (None, Some(month)) => format!("{month} {year}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_people_say_them() {
        assert_eq!(on("2024-03-05".parse().unwrap()), "on 5 March 2024");
        assert_eq!(on("2024-03".parse().unwrap()), "in March 2024");
        assert_eq!(on("2024".parse().unwrap()), "in 2024");
    }
}
