//! Findings, with those that say the same put together.

use crate::words;
use oncorules_model::Finding;

/// Findings of one code.
pub(crate) struct Group {
    /// The code.
    pub(crate) code: String,
    /// How many there are.
    pub(crate) count: usize,
    /// Where (dates and lines), and what.
    pub(crate) entries: Vec<(String, String)>,
}

/// The findings by code, in the order of their first appearance; equal messages stand once, with
/// all their dates.
pub(crate) fn groups(findings: &[Finding], several_lines: bool) -> Vec<Group> {
    let mut groups: Vec<(&str, Vec<&Finding>)> = vec![];
    for finding in findings {
        match groups.iter_mut().find(|(code, _)| *code == &*finding.code) {
            Some((_, members)) => members.push(finding),
            None => groups.push((&finding.code, vec![finding])),
        }
    }
    let group = |(code, members): (&str, Vec<&Finding>)| {
        let count = members.len();
        let mut entries: Vec<(Vec<String>, &str)> = vec![];
        for finding in members {
            let place = place(finding, several_lines);
            match entries.iter_mut().find(|(_, message)| *message == &*finding.message) {
                Some((places, _)) => places.extend(place),
                None => entries.push((place.into_iter().collect(), &finding.message)),
            }
        }
        let entries = entries.into_iter().map(|(mut places, message)| {
            places.dedup();
            (places.join("; "), words::plain(message))
        });
        Group { code: words::plain(code), count, entries: entries.collect() }
    };
    groups.into_iter().map(group).collect()
}

fn place(finding: &Finding, several_lines: bool) -> Option<String> {
    let line = finding.line.filter(|_| several_lines).map(|l| format!("line {l}"));
    match (line, finding.date) {
        (Some(line), Some(date)) => Some(format!("{line}, {date}")),
        (None, Some(date)) => Some(date.to_string()),
        (line, None) => line,
    }
}
