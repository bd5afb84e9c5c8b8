//! YAML (and JSON, which is nearly a subset of it) as a tree that knows where each value stands.

use crate::yaml_syntax::{broken_block, explain, parent_block};
use crate::{Diagnostic, Diagnostics, SourceFile, Span};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::Spanned;
use std::collections::{BTreeSet, HashMap};
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
            Value::Text(t) if t.is_empty() => "an empty text".to_string(),
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

/// What could be read of a document that may be broken in places.
#[derive(Debug, Default)]
pub struct Readable {
    /// The document, without the blocks of lines that are broken.
    pub node: Option<Node>,
    /// What is wrong.
    pub wrong: Diagnostics,
    /// The words of the blocks that were left out: what else seems to be missing may stand there.
    pub left_out: BTreeSet<String>,
}

/// So many broken places are looked for in one file.
const MOST_BROKEN: usize = 20;

/// Reads one YAML document as far as it can be read: a block of lines that is broken is left out,
/// and the rest is read all the same, so that everything wrong with a file is said in one go.
pub fn parse_readable(file: &SourceFile) -> Readable {
    with_room(|| {
        let mut readable = Readable::default();
        let mut part = file.clone();
        for _ in 0..MOST_BROKEN {
            match documents_of(&part) {
                Ok((mut nodes, repeated)) => {
                    readable.wrong.extend(repeated);
                    if nodes.len() == 1 {
                        readable.node = nodes.pop();
                    } else if readable.wrong.is_empty() {
                        readable.wrong = parse(file).err().unwrap_or_default();
                    }
                    break;
                }
                Err(wrong) => {
                    let first = wrong.0.first();
                    let place = first.and_then(|d| Some((d.code, d.labels.first()?.span.start)));
                    readable.wrong.extend(wrong);
                    let Some(("yaml-syntax", at)) = place else { break };
                    let Some(next) = without_broken(&part, at, &mut readable.left_out) else {
                        break;
                    };
                    part = next;
                }
            }
        }
        for label in readable.wrong.0.iter_mut().flat_map(|d| &mut d.labels) {
            label.file = file.clone();
        }
        readable
    })
}

/// The file with the block of lines around byte `at` blanked out; every other byte stays in place.
fn without_broken(
    file: &SourceFile,
    at: usize,
    words: &mut BTreeSet<String>,
) -> Option<SourceFile> {
    let text = file.text();
    let (mut start, mut end) = broken_block(text, at);
    if text.get(start..end)?.trim().is_empty() {
        (start, end) = parent_block(text, start)?;
    }
    let block = text.get(start..end)?;
    let word = |c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    words.extend(block.split(word).filter(|w| !w.is_empty()).map(str::to_string));
    let blank: String = block.bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }).collect();
    let text = format!("{}{blank}{}", text.get(..start)?, text.get(end..)?);
    Some(SourceFile::new(file.name(), text))
}

/// Reads all the YAML documents of a file (separated by `---`), empty ones left out.
///
/// # Errors
/// As [`parse`].
pub fn parse_documents(file: &SourceFile) -> Result<Vec<Node>, Diagnostics> {
    with_room(|| parse_documents_here(file))
}

/// Stack of the thread that reads trees and compiles rulesets, in bytes: a document may nest 64
/// levels deep before it is refused, and unoptimised builds of the parser take some 40 KB of stack a
/// level; expressions lie up to 500 deep in one another, at some 20 KB a level.
const STACK: usize = 32 << 20;

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
    match documents_of(file)? {
        (nodes, repeated) if repeated.is_empty() => Ok(nodes),
        (_, repeated) => Err(repeated),
    }
}

/// The documents, and the keys that stand twice in one mapping.
fn documents_of(file: &SourceFile) -> Result<(Vec<Node>, Diagnostics), Diagnostics> {
    let text = file.text();
    if let Some(span) = nesting_past(file, MAX_DEPTH) {
        return Err(too_deep(file, span).into());
    }
    let options = serde_yaml::options! {
        strict_booleans: true,
        // What begins with `!` is meant as a condition more often than as a tag.
        reject_unsupported_tags: true,
        underscored_numbers_as_strings: true,
        non_finite_float_policy: serde_yaml::NonFiniteFloatPolicy::AsString,
        duplicate_keys: serde_yaml::DuplicateKeyPolicy::PassThrough,
        alias_limits: serde_yaml::alias_limits! { max_total_replayed_events: 200_000 },
        budget: serde_yaml::budget! { max_depth: MAX_DEPTH, max_events: 4_000_000, max_nodes: 2_000_000, max_total_scalar_bytes: 256 << 20, max_aliases: 1_000, max_anchors: 1_000 },
    };
    let documents = serde_yaml::from_multiple_with_options::<Spanned<Raw>>(text, options)
        .map_err(|error| Diagnostics::from(syntax_error(file, &error)))?;
    let mut tree = Tree { file, repeated: Diagnostics::new(), operators: Diagnostics::new() };
    let nodes = documents.into_iter().map(|raw| tree.node(raw));
    let nodes = nodes.filter(|n| n.value != Value::Null).collect();
    if !tree.operators.is_empty() {
        return Err(tree.operators);
    }
    Ok((nodes, tree.repeated))
}

fn too_deep(file: &SourceFile, span: Span) -> Diagnostic {
    Diagnostic::error("too-deep", format!("this file nests more than {MAX_DEPTH} levels deep"))
        .at(file, span, "")
        .help("neither a case nor a ruleset needs that; was the file damaged?")
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
    // The parser's own text holds the place, which the snippet shows already.
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let text = match text.strip_prefix("line ").and_then(|t| t.split_once(": ")) {
        Some((_, rest)) => rest,
        None => text,
    };
    let text = text.lines().next().unwrap_or(text);
    let text = text.rsplit_once(" at line ").map_or(text, |(said, _)| said);
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
    if text.contains("budget breached: Depth") {
        return too_deep(file, span);
    }
    if text.contains("budget breached")
        || text.contains("replay")
        || text.contains("alias expansion")
    {
        return Diagnostic::error(
            "too-large",
            "this document is too large, or repeats itself too often by aliases",
        )
        .at(file, span, "")
        .help("write out what the aliases stand for, or split the document");
    }
    explain(file, span, text)
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

/// Turns what serde hands over into nodes.
struct Tree<'a> {
    file: &'a SourceFile,
    /// Keys that stand twice in one mapping.
    repeated: Diagnostics,
    /// `&&` where YAML reads an anchor.
    operators: Diagnostics,
}

impl Tree<'_> {
    fn node(&mut self, raw: Spanned<Raw>) -> Node {
        // Where an alias stands, the place is that of what it names.
        let span = location(self.file, raw.defined);
        let written = || self.file.text().get(span.start..span.end).unwrap_or_default().trim();
        let value = match raw.value {
            Raw::Null => Value::Null,
            Raw::Bool(b) => Value::Bool(b),
            Raw::Number(decoded) => {
                // The number as written: a double would change `0.1` and lose the zero of `1.10`.
                // What is no plain decimal (`0x10`, `0b1`) is text: a length is never written so.
                let plain =
                    |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E');
                match written() {
                    "" => Value::Number(decoded),
                    text if text.chars().all(plain) => Value::Number(text.to_string()),
                    text => Value::Text(text.to_string()),
                }
            }
            // `.inf` is also what the parser makes of `1e999` and of a thousand digits.
            Raw::Text(text) if matches!(&*text, ".nan" | ".inf" | "-.inf") => match written() {
                "" => Value::Text(text),
                written => Value::Text(written.trim_matches(['"', '\'']).to_string()),
            },
            Raw::Text(text) => {
                self.check_anchor(span);
                Value::Text(text)
            }
            Raw::List(items) => Value::List(items.into_iter().map(|i| self.node(i)).collect()),
            Raw::Map(entries) => Value::Map(self.entries(entries)),
        };
        Node { span, value }
    }

    fn entries(&mut self, raw: Vec<(Spanned<String>, Spanned<Raw>)>) -> Vec<Entry> {
        let mut seen: HashMap<String, Span> = HashMap::with_capacity(raw.len());
        let mut entries = Vec::with_capacity(raw.len());
        for (key, value) in raw {
            let key_span = location(self.file, key.defined);
            let key = key.value;
            if let Some(first) = seen.get(&key) {
                let shown: String = key.chars().take(60).collect();
                self.repeated.push(
                    Diagnostic::error("duplicate-key", format!("the key `{shown}` stands twice"))
                        .at(self.file, key_span, "")
                        .at(self.file, *first, "the first one")
                        .help("remove one of the two, or rename it"),
                );
                continue;
            }
            seen.insert(key.clone(), key_span);
            let value = self.node(value);
            entries.push(Entry { key, key_span, value });
        }
        entries
    }

    /// `when: && b` is an anchor called `&` before the text `b` in YAML, and meant otherwise.
    fn check_anchor(&mut self, span: Span) {
        let before = self.file.text().get(..span.start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |n| n + 1);
        let line = before.get(line_start..).unwrap_or_default().trim_end();
        let token = line.rsplit([' ', '\t', ',', '[', '{']).next().unwrap_or_default();
        let Some(name) = token.strip_prefix('&') else { return };
        if name.chars().any(|c| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))) {
            let start = line_start + line.len() - token.len();
            let message = format!("`{token}` is read as a YAML anchor here");
            self.operators.push(
                Diagnostic::error("yaml-syntax", message)
                    .at(self.file, self.file.span(start, start + token.len()), "")
                    .help("put a value that begins with `&` into quotes"),
            );
        }
    }
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
        let error = parse_text("a: 1\nb: 2\na: 3\nb: 4\n").unwrap_err();
        assert_eq!(error.len(), 2);
        let error = parse_text("a:\n\t- x\n").unwrap_err();
        assert_eq!(error.0[0].place().unwrap(), "t.yaml:2:1");
    }

    #[test]
    fn what_is_broken_is_shown_where_the_mistake_is() {
        for (text, line, column, message) in [
            ("m:\n  a: {value: \"1\"\n  b: {value: \"2\"}\n", 2, 6, "this `{` is not closed"),
            ("m:\n  a: [1, 2\n  b: 3\n", 2, 6, "this `[` is not closed"),
            ("m: {a: 1\n  b: 2}\n", 2, 4, "a `,` is missing before this"),
            ("m: {a: 1 b: 2}\n", 1, 11, "`,` or `}` is expected"),
            ("m: {a: 1, , b: 2}\n", 1, 11, "an entry is missing"),
            ("m: {a: 1}}\n", 1, 10, "closes nothing"),
            ("m: {a: 1]\n", 1, 4, "closed by one of the other kind"),
            ("m:\n  a: \"x\n  b: 3\n", 2, 6, "this quote is not closed"),
            ("m:\n  a: \"x\n  b: \"3\"\n", 2, 6, "this quote is not closed"),
            ("m:\n  a: 'it's'\n", 2, 10, "behind the closing quote"),
            ("m:\n  a: x: y\n", 2, 7, "a second `: `"),
            ("m:\n  a x\n  b: 3\n", 2, 3, "no `key: value`"),
            ("m:\n  a:x\n  b: 3\n", 2, 4, "no space stands behind this `:`"),
            ("m:\n  b: 3\n  a\n", 3, 3, "no `key: value`"),
            ("m:\n  a: 1\n   b: 3\n", 3, 4, "indented further"),
            ("m:\n  a: 1\n b: 3\n", 3, 2, "neither at the indentation"),
            ("m:\n  - a\n  b: 3\n", 3, 3, "a key stands among the items"),
            ("m:\n  b: 3\n  - a\n", 3, 3, "an item of a list stands among keys"),
            ("m:\n  a: 1\n\tb: 2\n", 3, 1, "a tab"),
            ("m: @x\n", 1, 4, "no value can begin with `@`"),
            ("m: *x\n", 1, 4, "there is no anchor `&x`"),
            ("m: &a\n  x: *a\n", 2, 6, "inside what it names"),
            ("m: > 5\n", 1, 4, "begins on the next line"),
            ("m: \"a \\q\"\n", 1, 7, "this escape is not known"),
            ("m: {{x}}\n", 1, 5, "where a key should"),
            // What YAML reads otherwise than it is meant, without a word.
            ("m: !x.is_empty()\nn: 1\n", 1, 4, "`!x.is_empty()` is read as a YAML tag"),
            ("m: [!known(x) && y]\n", 1, 5, "`!known(x)` is read as a YAML tag"),
            ("m: {a: && b}\n", 1, 8, "`&&` is read as a YAML anchor"),
        ] {
            let error = parse_text(text).unwrap_err();
            let first = &error.0[0];
            assert_eq!(first.place().unwrap(), format!("t.yaml:{line}:{column}"), "{text}{first}");
            assert!(first.message.contains(message), "{text}{first}");
            assert!(first.help.is_some(), "{text}{first}");
        }
    }

    #[test]
    fn numbers_that_are_none_stay_text() {
        for written in
            ["0x10", "0b1", "1_000", ".inf", "-.INF", ".nan", "1e999999", &"9".repeat(400)]
        {
            let tree = parse_text(&format!("a: {written}\n")).unwrap();
            assert_eq!(tree.get("a").unwrap().value, Value::Text(written.to_string()));
        }
        let tree = parse_text("a: &x 123456789012.123456\nb: *x\n").unwrap();
        assert_eq!(tree.get("b").unwrap().value, Value::Number("123456789012.123456".into()));
    }

    #[test]
    fn what_is_not_broken_is_read() {
        let text = "a: 1\nb:\n  c: {x: 1\n  d: 2\ne: \"x\n\nf: 3\ng 4\nh: 5\n";
        let readable = parse_readable(&SourceFile::new("t.yaml", text));
        let places: Vec<_> = readable.wrong.iter().map(|d| d.place().unwrap()).collect();
        assert_eq!(places, ["t.yaml:3:6", "t.yaml:5:4", "t.yaml:8:1"]);
        let node = readable.node.unwrap();
        assert_eq!(node.get("b").unwrap().get("d").unwrap().span.line, 4);
        assert_eq!(node.get("h").unwrap().scalar(), Some("5"));
        assert!(node.get("e").is_none() && readable.left_out.contains("c"));
    }
}
