//! YAML (and JSON, which is nearly a subset of it) as a tree that knows where each value stands.

use crate::{Diagnostic, Diagnostics, SourceFile, Span};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::Spanned;
use std::fmt;

/// A value and the place where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where the value stands.
    pub span: Span,
    /// The value.
    pub value: Value,
}

/// What a YAML node holds. Scalars keep the text that stands in the file, so that `1.10` stays
/// `1.10` and a number never goes through a double.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing, `~` or `null`.
    Null,
    /// `true` or `false`; `yes` and `no` are text.
    Bool(bool),
    /// A plain number, as written.
    Number(String),
    /// Any other scalar, decoded.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order of the file.
    Map(Vec<Entry>),
}

/// A key and its value in a mapping.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The value under `key`, where this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries()?.iter().find(|e| e.key == key).map(|e| &e.value)
    }

    /// The entries, where this is a mapping.
    pub fn entries(&self) -> Option<&[Entry]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items, where this is a sequence.
    pub fn items(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// The text of a scalar that is text.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text of any scalar but null: text, number (as written), `true` or `false`.
    pub fn scalar(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) | Value::Number(text) => Some(text),
            Value::Bool(true) => Some("true"),
            Value::Bool(false) => Some("false"),
            _ => None,
        }
    }

    /// What kind of thing this is, for a message: `a list`, `a mapping`, `the number 3` …
    pub fn describe(&self) -> String {
        match &self.value {
            Value::Null => "nothing".to_string(),
            Value::Bool(b) => format!("`{b}`"),
            Value::Number(n) => format!("the number `{n}`"),
            Value::Text(t) if t.chars().count() > 40 => {
                format!("the text `{}…`", t.chars().take(40).collect::<String>())
            }
            Value::Text(t) => format!("the text `{t}`"),
            Value::List(_) => "a list".to_string(),
            Value::Map(_) => "a mapping".to_string(),
        }
    }
}

/// How deep a document may nest before it is refused.
const MAX_DEPTH: usize = 64;

/// Reads one YAML or JSON document.
///
/// # Errors
/// A diagnostic at the place where the text is not well-formed, where a key stands twice, or
/// where a limit (depth, aliases, size) that protects against hostile input is passed.
pub fn parse(file: &SourceFile) -> Result<Node, Diagnostics> {
    let mut documents = parse_documents(file)?;
    match (documents.pop(), documents.is_empty()) {
        (Some(node), true) => Ok(node),
        (Some(node), false) => Err(Diagnostic::error(
            "several-documents",
            format!("{} documents stand in this file; one is expected", documents.len() + 1),
        )
        .at(file, node.span, "the last one begins here")
        .help("put each document into a file of its own")
        .into()),
        (None, _) => Err(Diagnostic::error("empty-file", format!("`{}` is empty", file.name()))
            .at(file, file.span(0, 0), "")
            .into()),
    }
}

/// Reads all the YAML documents of a file (separated by `---`), empty ones left out.
///
/// # Errors
/// As [`parse`].
pub fn parse_documents(file: &SourceFile) -> Result<Vec<Node>, Diagnostics> {
    with_room(|| parse_documents_here(file))
}

/// Stack of the thread that reads trees, in bytes: a document may nest 64 levels deep before it is
/// refused, and unoptimised builds of the parser take some 40 KB of stack a level.
const STACK: usize = 16 << 20;

thread_local! {
    /// Whether this thread has the stack that the parser needs.
    static ROOMY: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// What `work` gives, done on a thread with enough stack for the parser (or, where there can be no
/// further thread, with what there is). Reading many documents within one call spares a thread for
/// each of them.
pub fn with_room<T: Send>(work: impl Fn() -> T + Sync) -> T {
    if ROOMY.get() {
        return work();
    }
    let roomy = || {
        ROOMY.set(true);
        work()
    };
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().name("yaml".into()).stack_size(STACK);
        match builder.spawn_scoped(scope, roomy) {
            Ok(thread) => match thread.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            },
            Err(_) => work(),
        }
    })
}

fn parse_documents_here(file: &SourceFile) -> Result<Vec<Node>, Diagnostics> {
    let text = file.text();
    if let Some(span) = nesting_past(file, MAX_DEPTH) {
        return Err(Diagnostic::error(
            "too-deep",
            format!("this file nests more than {MAX_DEPTH} levels deep"),
        )
        .at(file, span, "")
        .help("neither a case nor a ruleset needs that; was the file damaged?")
        .into());
    }
    let options = serde_yaml::options! {
        strict_booleans: true,
        budget: serde_yaml::budget! { max_depth: MAX_DEPTH, max_events: 4_000_000, max_nodes: 2_000_000, max_total_scalar_bytes: 256 << 20, max_aliases: 1_000, max_anchors: 1_000 },
    };
    serde_yaml::from_multiple_with_options::<Spanned<Raw>>(text, options)
        .map_err(|error| Diagnostics::from(syntax_error(file, &error)))
        .map(|documents| {
            documents
                .into_iter()
                .map(|raw| node(file, raw))
                .filter(|n| n.value != Value::Null)
                .collect()
        })
}

/// The place where flow brackets nest deeper than `limit`: a cheap look before the parser.
fn nesting_past(file: &SourceFile, limit: usize) -> Option<Span> {
    let mut depth = 0usize;
    for (at, byte) in file.text().bytes().enumerate() {
        match byte {
            b'[' | b'{' => {
                depth += 1;
                if depth > limit * 4 {
                    return Some(file.span(at, at + 1));
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

fn syntax_error(file: &SourceFile, error: &serde_yaml::Error) -> Diagnostic {
    let text = error.without_snippet().to_string();
    // The parser's own text begins with the place, which the snippet shows already.
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let text = match text.strip_prefix("line ").and_then(|t| t.split_once(": ")) {
        Some((_, rest)) => rest,
        None => text,
    };
    let text = text.split(", set DuplicateKeyPolicy").next().unwrap_or(text);
    let text = text.lines().next().unwrap_or(text);
    let (code, text) = if text.contains("duplicate mapping key") {
        ("duplicate-key", text.to_string())
    } else if text.contains("budget breached: Depth") {
        ("too-deep", format!("this document nests more than {MAX_DEPTH} levels deep"))
    } else if text.contains("budget breached") {
        ("too-large", "this document is too large, or repeats itself too often by aliases".into())
    } else if text.contains("non-finite float") {
        ("not-a-number", "infinite numbers and NaN have no place here".into())
    } else {
        ("yaml-syntax", text.to_string())
    };
    let tab = text.contains("tab");
    let diagnostic = Diagnostic::error(code, text);
    let span = error.location().map_or_else(
        || file.span(0, 0),
        |l| {
            file.span_at(
                usize::try_from(l.line()).unwrap_or(1),
                usize::try_from(l.column()).unwrap_or(1),
                1,
            )
        },
    );
    let diagnostic = diagnostic.at(file, span, "");
    if code == "duplicate-key" {
        return diagnostic.help("remove one of the two, or rename it");
    }
    if tab {
        return diagnostic.help("indent with spaces");
    }
    diagnostic
}

/// What serde hands over; turned into [`Node`]s once spans are at hand.
enum Raw {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RawVisitor;
        impl<'de> Visitor<'de> for RawVisitor {
            type Value = Raw;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_bool<E>(self, v: bool) -> Result<Raw, E> {
                Ok(Raw::Bool(v))
            }
            fn visit_i64<E>(self, v: i64) -> Result<Raw, E> {
                Ok(Raw::Number(v.to_string()))
            }
            fn visit_u64<E>(self, v: u64) -> Result<Raw, E> {
                Ok(Raw::Number(v.to_string()))
            }
            fn visit_i128<E>(self, v: i128) -> Result<Raw, E> {
                Ok(Raw::Number(v.to_string()))
            }
            fn visit_u128<E>(self, v: u128) -> Result<Raw, E> {
                Ok(Raw::Number(v.to_string()))
            }
            fn visit_f64<E>(self, v: f64) -> Result<Raw, E> {
                Ok(Raw::Number(v.to_string()))
            }
            fn visit_str<E>(self, v: &str) -> Result<Raw, E> {
                Ok(Raw::Text(v.to_string()))
            }
            fn visit_unit<E>(self) -> Result<Raw, E> {
                Ok(Raw::Null)
            }
            fn visit_none<E>(self) -> Result<Raw, E> {
                Ok(Raw::Null)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
                let mut items = vec![];
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Raw::List(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
                let mut entries = vec![];
                while let Some(key) = map.next_key()? {
                    entries.push((key, map.next_value()?));
                }
                Ok(Raw::Map(entries))
            }
        }
        deserializer.deserialize_any(RawVisitor)
    }
}

fn location(file: &SourceFile, location: serde_yaml::Location) -> Span {
    let span = location.span();
    match (span.byte_offset(), span.byte_len()) {
        (Some(offset), Some(length)) => {
            let start = usize::try_from(offset).unwrap_or(usize::MAX);
            file.span(start, start.saturating_add(usize::try_from(length).unwrap_or(0)))
        }
        _ => file.span_at(
            usize::try_from(location.line()).unwrap_or(1),
            usize::try_from(location.column()).unwrap_or(1),
            usize::try_from(span.len()).unwrap_or(0),
        ),
    }
}

fn node(file: &SourceFile, raw: Spanned<Raw>) -> Node {
    let span = location(file, raw.referenced);
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Bool(b) => Value::Bool(b),
        Raw::Number(decoded) => {
            // The number as written: a double would change `0.1` and lose the zero of `1.10`.
            let written = file.text().get(span.start..span.end).unwrap_or_default().trim();
            let plain = !written.is_empty()
                && written
                    .chars()
                    .all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E'));
            Value::Number(if plain { written.to_string() } else { decoded })
        }
        Raw::Text(text) => Value::Text(text),
        Raw::List(items) => Value::List(items.into_iter().map(|i| node(file, i)).collect()),
        Raw::Map(entries) => Value::Map(
            entries
                .into_iter()
                .map(|(key, value)| Entry {
                    key_span: location(file, key.referenced),
                    key: key.value,
                    value: node(file, value),
                })
                .collect(),
        ),
    };
    Node { span, value }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_text(text: &str) -> Result<Node, Diagnostics> {
        parse(&SourceFile::new("t.yaml", text))
    }

    #[test]
    fn numbers_keep_their_text_and_yes_and_no_are_codes() {
        let tree = parse_text("a: 1.10\nb: no\nc: 0.1\nd: [yes, 3]\n").unwrap();
        assert_eq!(tree.get("a").unwrap().value, Value::Number("1.10".into()));
        assert_eq!(tree.get("b").unwrap().value, Value::Text("no".into()));
        assert_eq!(tree.get("c").unwrap().value, Value::Number("0.1".into()));
    }

    #[test]
    fn hostile_documents_are_refused_with_a_place() {
        let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n".to_string()
            + &(0..9)
                .map(|i| {
                    let (p, n) = (b'a' + i, b'a' + i + 1);
                    let r = format!("*{},", p as char).repeat(9);
                    format!("{}: &{} [{}]\n", n as char, n as char, r)
                })
                .collect::<String>();
        assert!(parse_text(&bomb).is_err());
        assert!(parse_text(&"[".repeat(10_000)).is_err());
        assert!(parse_text("a:\n ").is_ok());
        let deep: String = (0..10_000).map(|i| format!("{}a:\n", " ".repeat(i))).collect();
        assert!(parse_text(&deep).is_err());
        assert!(parse_text("").is_err());
    }

    #[test]
    fn duplicate_keys_and_tabs_are_shown_where_they_stand() {
        let error = parse_text("a: 1\nb: 2\na: 3\n").unwrap_err();
        assert_eq!(error.0[0].place().unwrap(), "t.yaml:3:1");
        assert_eq!(error.0[0].code, "duplicate-key");
        let error = parse_text("a:\n\t- x\n").unwrap_err();
        assert_eq!(error.0[0].place().unwrap(), "t.yaml:2:2");
    }
}
