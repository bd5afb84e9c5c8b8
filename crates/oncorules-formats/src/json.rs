//! Cases as JSON: straight into the model, and over the tree where something is wrong.

use crate::case_tree::{Found, costly_line, walk};
use crate::duplicates::WithoutDuplicates;
use crate::places::Places;
use crate::validate::validate;
use oncorules_model::Case;
use oncorules_source::{Diagnostic, Diagnostics, SourceFile, yaml};
use serde_json::value::RawValue;

/// Reads one case from JSON, at the speed of the parser.
///
/// # Errors
/// Everything that is wrong with the case, each thing at its line and column of `text`.
///
/// ```
/// use oncorules_formats::read_case_json;
/// let case = read_case_json(r#"{"case": "P-1", "lines": [{"started": "2024-01-08"}]}"#).unwrap();
/// assert_eq!(&*case.case, "P-1");
/// let wrong = read_case_json(r#"{"case": "P-1", "died": "2024-02-30"}"#).unwrap_err();
/// assert_eq!(wrong.0[0].place().unwrap(), "<json>:1:25");
/// ```
pub fn read_case_json(text: &str) -> Result<Case, Diagnostics> {
    read_case_line("<json>", 1, text)
}

/// As [`read_case_json`], for the line `line` (from 1) of the NDJSON file `name`: diagnostics point
/// into that file.
///
/// # Errors
/// As [`read_case_json`].
pub fn read_case_line(name: &str, line: usize, text: &str) -> Result<Case, Diagnostics> {
    fast(text).or_else(|error| {
        let text = text.trim_end();
        let file = SourceFile::new(name, text);
        yaml::with_room(|| slow(&Places::new(&file), 0, text, error.as_ref()))
            .map_err(|wrong| at_line(wrong, line, text))
    })
}

/// Diagnostics of a line of its own become those of a line of a file. Up to some thousand lines
/// the snippet shows the right line number too; beyond, the line number stands in the place only.
fn at_line(wrong: Diagnostics, line: usize, text: &str) -> Diagnostics {
    const SHOWN: usize = 2_000;
    let before = line.saturating_sub(1);
    if before == 0 {
        return wrong;
    }
    let mut wrong = wrong;
    if before <= SHOWN {
        let name = wrong.0.iter().flat_map(|d| &d.labels).map(|l| l.file.name()).next();
        let Some(name) = name else { return wrong };
        let whole = SourceFile::new(name, "\n".repeat(before) + text);
        return Places::new(&whole).relocate(wrong, before);
    }
    for label in wrong.0.iter_mut().flat_map(|d| &mut d.labels) {
        label.span.line += before;
    }
    wrong
}

/// The case in `text`, or `None` for the error where it needs a second look.
fn fast(text: &str) -> Result<Case, Option<serde_json::Error>> {
    let case: Case = serde_json::from_str(text).map_err(Some)?;
    let maps = |case: &Case| {
        case.assessments.iter().any(|a| !a.observations.is_empty() || !a.reported.is_empty())
    };
    if maps(&case) {
        serde_json::from_str::<WithoutDuplicates>(text).map_err(Some)?;
    }
    if validate(&case).is_empty() { Ok(case) } else { Err(None) }
}

/// The case that begins at byte `start` of `file`, over the tree.
fn slow(
    places: &Places<'_>,
    start: usize,
    text: &str,
    error: Option<&serde_json::Error>,
) -> Result<Case, Diagnostics> {
    let from_json = || {
        error.map_or_else(
            || Diagnostic::error("json-value", "this case cannot be shown in detail"),
            |e| json_error(places, start, text, e),
        )
    };
    if error.is_some_and(|e| e.is_syntax() || e.is_eof())
        || costly_line(places, start, text).is_some()
    {
        return Err(from_json().into());
    }
    let part = SourceFile::new(places.file.name(), text);
    let nodes = match yaml::parse_documents(&part) {
        Ok(nodes) => nodes,
        Err(wrong) if wrong.iter().any(|d| d.code != "yaml-syntax") => {
            return Err(places.relocate(wrong, start));
        }
        Err(_) => return Err(from_json().into()),
    };
    match nodes.as_slice() {
        [node] => walk(&part, node).map_err(|wrong| places.relocate(wrong, start)),
        _ => Err(from_json().into()),
    }
}

/// What the JSON parser says, at its place; `text`, which it read, begins at `start` of the file.
fn json_error(
    places: &Places<'_>,
    start: usize,
    text: &str,
    error: &serde_json::Error,
) -> Diagnostic {
    let message = error.to_string();
    let said = message.rsplit_once(" at line ").map_or(message.as_str(), |(said, _)| said);
    // The parser counts lines from 1, and bytes of a line.
    let lines = error.line().saturating_sub(1);
    let line_start: usize = text.split_inclusive('\n').take(lines).map(str::len).sum();
    let at = start + line_start + error.column().saturating_sub(1);
    let code = if said.contains("recursion limit") {
        "too-deep"
    } else if said.contains("stands twice") {
        "duplicate-key"
    } else if error.is_syntax() || error.is_eof() {
        "json-syntax"
    } else {
        "json-value"
    };
    let said: String = said.chars().take(300).collect();
    let help = match said.as_str() {
        s if s.starts_with("EOF while") => "the text ends too early: was the file cut off?",
        s if s.contains("surrogate") || s.contains("hex escape") => {
            "`\\uXXXX` takes four digits, and signs beyond U+FFFF two escapes; or write the sign itself"
        }
        s if s.contains("trailing comma") => "remove the comma",
        s if s.contains("key must be a string") => {
            "keys stand in double quotes, and no comma behind the last entry"
        }
        s if s.contains("control character") => "write it as an escape such as `\\n`",
        s if s.contains("recursion limit") => "no case nests so deep; was the file damaged?",
        s if s.contains("stands twice") => "remove one of the two, or rename it",
        s if s.contains("unknown field") => "correct the key or remove it",
        s if s.contains("trailing characters") => "one case a line, or a list of cases in `[ ]`",
        s if s.contains("expected value") => {
            "a value is text in double quotes, a number, `true`, `false`, `null`, a list or an object"
        }
        s if s.starts_with("expected `") => "a comma, a colon or a bracket is missing before this",
        _ => "see the schema of a case: `oncorules schema case`",
    };
    Diagnostic::error(code, said.clone()).at(places.file, places.span(at, at + 1), "").help(help)
}

/// Reads a file as JSON; `false` where it is no JSON and should be tried as YAML.
pub(crate) fn read_json_cases(places: &Places<'_>, found: &mut Found<'_>) -> bool {
    let file = places.file;
    let text = file.text();
    if !text.trim_start().starts_with(['{', '[']) {
        return false;
    }
    let name = file.name().to_ascii_lowercase();
    let certain = [".json", ".ndjson", ".jsonl"].iter().any(|end| name.ends_with(end));
    if !certain && text.contains("\n---") {
        // YAML documents that are written as JSON.
        return false;
    }
    let mut start = 0;
    let mut read_some = false;
    while let Some(rest) = text.get(start..).filter(|rest| !rest.trim().is_empty()) {
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
        let mut failed = None;
        while let Some(value) = values.next() {
            match value {
                Ok(value) => {
                    read_some = true;
                    read_value(places, value.get(), found);
                }
                Err(error) => {
                    failed = Some((values.byte_offset(), error));
                    break;
                }
            }
        }
        let Some((offset, error)) = failed else { break };
        if !read_some && !certain && !error.to_string().contains("recursion limit") {
            // It may be flow YAML, which begins like JSON.
            if let Some(diagnostic) = costly_line(places, 0, text) {
                found.push(diagnostic);
                return true;
            }
            if yaml::parse_documents(file).is_ok() || flow_yaml(text) {
                return false;
            }
        }
        read_some = true;
        found.push(json_error(places, start, rest, &error));
        // One bad line of an NDJSON file does not hide the lines after it.
        let bad = start + offset;
        let line_end = text.get(bad..).and_then(|t| {
            t.trim_start().find("\n{").map(|at| at + bad + (t.len() - t.trim_start().len()) + 1)
        });
        match line_end {
            Some(next) if error.line() == rest.get(..offset + 1).map_or(1, lines_of) => {
                start = next;
            }
            _ => break,
        }
    }
    true
}

/// Whether a text that begins with a bracket is meant as YAML: JSON has its first key in quotes.
fn flow_yaml(text: &str) -> bool {
    let mut inside = text.trim_start().chars().filter(|c| !c.is_whitespace()).skip(1);
    inside.next().is_some_and(|c| c.is_alphabetic())
}

/// The line (from 1) on which `text` ends.
fn lines_of(text: &str) -> usize {
    text.matches('\n').count() + 1
}

fn read_value(places: &Places<'_>, text: &str, found: &mut Found<'_>) {
    if text.starts_with('[') {
        match serde_json::from_str::<Vec<&RawValue>>(text) {
            Ok(items) => items.into_iter().for_each(|i| read_case(places, i.get(), found)),
            Err(error) => {
                let diagnostic = json_error(places, offset_of(places.file, text), text, &error);
                found.push(diagnostic);
            }
        }
    } else {
        read_case(places, text, found);
    }
}

fn read_case(places: &Places<'_>, text: &str, found: &mut Found<'_>) {
    let start = offset_of(places.file, text);
    let case = fast(text).or_else(|error| {
        if found.is_full() {
            // It is counted only.
            return Err(Diagnostic::error("json-value", "this case is wrong").into());
        }
        slow(places, start, text, error.as_ref())
    });
    found.add(case, places.span(start, start + 1));
}

/// Where `part`, which is borrowed from the file's text, begins in it.
fn offset_of(file: &SourceFile, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(file.text().as_ptr() as usize)
}
