//! Case files, YAML or JSON, read so that everything wrong with them is said at once.

mod scalars;
mod walk;

use crate::json;
use crate::places::Places;
use oncorules_model::Case;
use oncorules_source::yaml::with_room;
use oncorules_source::{Diagnostic, Diagnostics, SourceFile, Span, yaml};
use std::collections::BTreeMap;
use std::sync::Arc;
use walk::Walk;

/// How many diagnostics of one file are kept; the rest is counted.
const MOST_DIAGNOSTICS: usize = 10_000;

/// Reads all cases of a file: YAML (one case a document, documents separated by `---`, or a list of
/// cases) or JSON (one case, a list of cases, or one case after another).
///
/// A document with an error gives no case; the others still do. All diagnostics of the file come in
/// one go, in the order of the file.
///
/// ```
/// use oncorules_formats::read_cases;
/// use oncorules_source::SourceFile;
/// let text = "case: P-1\n---\ncase: P-2\nlines: [{intent: paliative}]\n---\ncase: P-3\n";
/// let (cases, wrong) = read_cases(&SourceFile::new("two.yaml", text));
/// assert_eq!(cases.len(), 2);
/// assert_eq!(wrong.0[0].place().unwrap(), "two.yaml:4:18");
/// ```
pub fn read_cases(file: &SourceFile) -> (Vec<Case>, Diagnostics) {
    with_room(|| {
        let places = Places::new(file);
        let mut found = Found::new(file);
        if !json::read_json_cases(&places, &mut found) {
            for (start, text) in documents(file.text()) {
                read_document(&places, start, text, &mut found);
            }
        }
        found.finish()
    })
}

/// What was read of a file so far.
pub(crate) struct Found<'a> {
    file: &'a SourceFile,
    cases: Vec<Case>,
    wrong: Diagnostics,
    seen: BTreeMap<(Arc<str>, Option<Arc<str>>), Span>,
    documents: usize,
    left_out: usize,
}

impl<'a> Found<'a> {
    fn new(file: &'a SourceFile) -> Self {
        Self {
            file,
            cases: vec![],
            wrong: Diagnostics::new(),
            seen: BTreeMap::new(),
            documents: 0,
            left_out: 0,
        }
    }

    /// Takes in what one case gave; `span` is where the case begins.
    pub(crate) fn add(&mut self, case: Result<Case, Diagnostics>, span: Span) {
        self.documents += 1;
        match case {
            Ok(case) => self.add_case(case, span),
            Err(wrong) => {
                for diagnostic in wrong.0 {
                    self.push(diagnostic);
                }
            }
        }
    }

    /// Whether what is still found wrong is counted only.
    pub(crate) fn is_full(&self) -> bool {
        self.wrong.len() >= MOST_DIAGNOSTICS
    }

    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        self.documents += 1;
        if self.wrong.len() < MOST_DIAGNOSTICS {
            self.wrong.push(diagnostic);
        } else {
            self.left_out += 1;
        }
    }

    /// A case's id may stand once in a file, or once for each evaluator.
    fn add_case(&mut self, case: Case, span: Span) {
        let key = (case.case.clone(), case.evaluator.clone());
        if let Some(first) = self.seen.get(&key).copied() {
            let message = format!("a case `{}` stands in this file already", case.case);
            self.push(
                Diagnostic::error("duplicate-case", message)
                    .at(self.file, span, "")
                    .at(self.file, first, "the first one")
                    .help("give every patient an id of their own; several evaluators of one patient say `evaluator`"),
            );
        } else {
            self.seen.insert(key, span);
            self.cases.push(case);
        }
    }

    fn finish(mut self) -> (Vec<Case>, Diagnostics) {
        if self.documents == 0 {
            let message = format!("`{}` holds no case", self.file.name());
            self.wrong.push(
                Diagnostic::error("empty-file", message)
                    .at(self.file, self.file.span(0, 0), "")
                    .help("a case begins with `case:` and its id"),
            );
        }
        if self.left_out > 0 {
            let message = format!("{} more errors are not shown", self.left_out);
            self.wrong.push(Diagnostic::error("too-many-errors", message));
        }
        (self.cases, self.wrong)
    }
}

/// The documents of a YAML text with the offsets where they begin. Each is parsed for itself, so
/// that a syntax error in one does not take the others with it; `---` at the start of a line is a
/// document marker wherever it stands in YAML.
fn documents(text: &str) -> Vec<(usize, &str)> {
    let mut parts = vec![];
    let mut start = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let marker = line
            .strip_prefix("---")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\n', '\r']));
        if marker && at > start {
            parts.push((start, text.get(start..at).unwrap_or_default()));
            start = at;
        }
        at += line.len();
    }
    parts.push((start, text.get(start..).unwrap_or_default()));
    // What stands before the first marker may be comments and directives only.
    parts.retain(|(_, part)| {
        part.lines().any(|l| {
            let l = l.trim();
            !l.is_empty() && !l.starts_with(['#', '%']) && l != "---" && l != "..."
        })
    });
    parts
}

fn read_document(places: &Places<'_>, start: usize, text: &str, found: &mut Found<'_>) {
    if let Some(diagnostic) = costly_line(places, start, text) {
        found.push(diagnostic);
        return;
    }
    let part = SourceFile::new(places.file.name(), text);
    let nodes = match yaml::parse_documents(&part) {
        Ok(nodes) => nodes,
        Err(wrong) => {
            let nothing = places.span(start, start);
            return found.add(Err(places.relocate(wrong, start)), nothing);
        }
    };
    for node in &nodes {
        // A list of cases is read as its items.
        let items = node.items().unwrap_or(std::slice::from_ref(node));
        for item in items {
            let case = walk(&part, item).map_err(|wrong| places.relocate(wrong, start));
            found.add(case, places.span(start + item.span.start, start + item.span.start + 1));
        }
    }
}

/// Reads the case that stands at `node` of `file`, as in a file of reference cases.
///
/// # Errors
/// All that is wrong with it, each at its place.
pub fn case_from_node(file: &SourceFile, node: &yaml::Node) -> Result<Case, Diagnostics> {
    walk(file, node)
}

/// The case that stands at `node` of `file`.
pub(crate) fn walk(file: &SourceFile, node: &yaml::Node) -> Result<Case, Diagnostics> {
    let mut walk = Walk::new(file);
    let case = walk.case(node);
    walk.check(&case, node);
    let mut wrong = walk.wrong;
    if wrong.has_errors() {
        wrong.sort();
        return Err(wrong);
    }
    Ok(case)
}

/// Finding the columns of the values on a line costs their number times the line's length; refuse
/// what would take more than seconds. Only flow YAML on lines of hundreds of kilobytes does.
pub(crate) fn costly_line(places: &Places<'_>, start: usize, text: &str) -> Option<Diagnostic> {
    let mut cost = 0u64;
    let mut at = start;
    for line in text.split_inclusive('\n') {
        let length = u64::try_from(line.len()).unwrap_or(u64::MAX);
        let values = line.bytes().filter(|b| matches!(b, b',' | b':' | b'[' | b'{' | b'*')).count();
        let values = u64::try_from(values + 1).unwrap_or(u64::MAX);
        cost = cost.saturating_add(length.saturating_mul(values));
        if cost > 20_000_000_000 {
            let message = format!("a line of {} bytes is too long", line.len());
            return Some(
                Diagnostic::error("line-too-long", message)
                    .at(places.file, places.span(at, at), "")
                    .help("break the document into lines, or give it as well-formed JSON"),
            );
        }
        at += line.len();
    }
    None
}
