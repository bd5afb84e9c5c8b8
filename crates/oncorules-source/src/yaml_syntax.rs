//! What the YAML parser objects to, in the words of the person who wrote the file: what was found,
//! where the mistake is (and not only where the parser noticed it), and how to mend it.

use crate::{Diagnostic, SourceFile, Span};

/// What stands open at a place of a YAML text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Open {
    /// The brackets that are not closed, outermost first.
    pub(crate) brackets: Vec<(usize, char)>,
    /// The quote that is not closed.
    pub(crate) quote: Option<usize>,
}

/// What stands open at byte `until`, as far as a look at signs can tell.
pub(crate) fn open_at(text: &str, until: usize) -> Open {
    let until = floor(text, until);
    let before = text.get(..until).unwrap_or_default();
    let mut open = Open::default();
    // The indentation of the line that a block scalar hangs on.
    let mut block: Option<usize> = None;
    let mut at = 0;
    let mut quote = ' ';
    for line in before.split_inclusive('\n') {
        let indent = indentation(line);
        let start = at;
        at += line.len();
        let quoted = open.quote.is_some();
        if !quoted {
            let blank = line.trim().is_empty();
            match block {
                Some(parent) if blank || indent > parent => continue,
                _ => block = None,
            }
            // A key at the margin begins anew: what stood open before is a mistake of its own.
            let margin = line.starts_with(|c: char| c.is_alphanumeric() || c == '_');
            if margin && line.contains(':') && !open.brackets.is_empty() {
                open.brackets.clear();
            }
        }
        let mut last = ' ';
        let mut previous = '\n';
        let mut characters = line.char_indices().peekable();
        while let Some((offset, c)) = characters.next() {
            if open.quote.is_some() {
                match c {
                    '\\' if quote == '"' => {
                        characters.next();
                    }
                    '\'' if quote == '\'' && characters.peek().is_some_and(|n| n.1 == '\'') => {
                        characters.next();
                    }
                    _ if c == quote => {
                        open.quote = None;
                        last = quote;
                    }
                    _ => {}
                }
                continue;
            }
            let begins = matches!(last, ' ' | ':' | ',' | '[' | '{' | '-' | '?')
                && (previous.is_whitespace() || matches!(previous, ',' | '[' | '{' | '\n'));
            match c {
                '#' if previous.is_whitespace() => break,
                '"' | '\'' if begins => {
                    open.quote = Some(start + offset);
                    quote = c;
                }
                '[' | '{' if begins || !open.brackets.is_empty() => {
                    open.brackets.push((start + offset, c));
                }
                ']' | '}' if !open.brackets.is_empty() => {
                    open.brackets.pop();
                }
                '|' | '>' if begins && open.brackets.is_empty() => {
                    block = Some(indent);
                    break;
                }
                _ => {}
            }
            if !c.is_whitespace() {
                last = c;
            }
            previous = c;
        }
    }
    open
}

/// The greatest character boundary up to `at`.
fn floor(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..4).map(|back| at.saturating_sub(back)).find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

pub(crate) fn indentation(line: &str) -> usize {
    line.bytes().take_while(|b| *b == b' ').count()
}

/// The byte where the line that holds `at` begins, and the line without its end.
fn line_at(text: &str, at: usize) -> (usize, &str) {
    let at = floor(text, at);
    let start = text.get(..at).and_then(|t| t.rfind('\n')).map_or(0, |n| n + 1);
    let rest = text.get(start..).unwrap_or_default();
    (start, rest.split('\n').next().unwrap_or_default())
}

/// The last line before `start` that is neither blank nor a comment.
fn line_before(text: &str, start: usize) -> Option<(usize, &str)> {
    let mut start = start;
    while start > 0 {
        let (begin, line) = line_at(text, start - 1);
        if !line.trim().is_empty() && !line.trim_start().starts_with('#') {
            return Some((begin, line));
        }
        start = begin;
    }
    None
}

const QUOTE_IT: &str =
    "put the whole value into quotes; inside double quotes write `\\\"` for a quote";
const INDENT_IT: &str = "give it the same indentation as its neighbours";

/// Says what is wrong at `span`, where the parser said `said`.
pub(crate) fn explain(file: &SourceFile, span: Span, said: &str) -> Diagnostic {
    let text = file.text();
    let wrong = |message: String, span: Span, help: &str| {
        Diagnostic::error("yaml-syntax", message).at(file, span, "").help(help)
    };
    let sign = |at: usize| {
        let length = text.get(at..).and_then(|t| t.chars().next()).map_or(0, char::len_utf8);
        file.span(at, at + length)
    };
    let (line_start, line) = line_at(text, span.start);
    let has = |part: &str| said.contains(part);
    let open = open_at(text, span.start);
    // A bracket or a quote that an earlier line leaves open is the mistake, wherever it is noticed.
    let left_open = |place: usize| text.get(place..span.start).is_some_and(|t| t.contains('\n'));
    if (has("expected ',' or")
        || has("illegal placement of ':'")
        || has("flow")
        || has("inside a block"))
        && let Some((at, bracket)) = open.brackets.last().copied().filter(|(at, _)| left_open(*at))
    {
        let close = if bracket == '{' { '}' } else { ']' };
        let rest = line.get(span.start.saturating_sub(line_start)..).unwrap_or_default();
        if closes_more(rest) && has("expected ',' or") {
            return wrong(
                "a `,` is missing before this".into(),
                span,
                "end the entry above with `,`",
            )
            .at(file, sign(at), "the entries that this belongs to begin here");
        }
        return wrong(
            format!("this `{bracket}` is not closed"),
            sign(at),
            &format!("close it with `{close}`"),
        )
        .at(file, span, "something else begins here");
    }
    if has("invalid trailing content after") {
        let double = has("double-quoted");
        let mark = if double { '"' } else { '\'' };
        // The quote that opened what was closed just before.
        let closing = text.get(..span.start).and_then(|t| t.rfind(mark)).unwrap_or(span.start);
        let opening = open_at(text, closing).quote.unwrap_or(closing);
        if left_open(opening) {
            return wrong(
                "this quote is not closed".into(),
                sign(opening),
                "close it on this line",
            )
            .at(file, span, "the next quote ended it here");
        }
        let help = if double {
            "inside double quotes write `\\\"` for a quote, or put the whole value into single quotes"
        } else {
            "inside single quotes write `''` for a quote, or put the whole value into double quotes"
        };
        return wrong("something stands behind the closing quote".into(), span, help).at(
            file,
            sign(opening),
            "the quote that was closed",
        );
    }
    if has("unclosed quote") {
        return wrong("this quote is not closed".into(), span, "close it on this line");
    }
    if has("unclosed bracket") {
        let bracket = text.get(span.start..).and_then(|t| t.chars().next()).unwrap_or('{');
        let close = if bracket == '[' { ']' } else { '}' };
        return wrong(
            format!("this `{bracket}` is not closed"),
            span,
            &format!("close it with `{close}`"),
        );
    }
    if has("mismatched bracket") {
        let close =
            if text.get(span.start..).is_some_and(|t| t.starts_with('{')) { '}' } else { ']' };
        let help = format!("close it with `{close}`");
        return wrong("this bracket is closed by one of the other kind".into(), span, &help);
    }
    if has("unexpected EOF while parsing an implicit flow") {
        return wrong(
            "an entry is missing here".into(),
            span,
            "remove one comma, or say what stands here",
        );
    }
    if has("misplaced bracket") {
        return wrong("this bracket closes nothing".into(), span, "remove it, or open one before");
    }
    if has("expected ',' or") {
        let close = if has("'}'") { '}' } else { ']' };
        return wrong(format!("`,` or `{close}` is expected here"), span, QUOTE_IT);
    }
    if has("mapping values are not allowed") {
        let before = line.get(..span.start.saturating_sub(line_start)).unwrap_or_default();
        if before.contains(": ") {
            return wrong("a second `: ` stands in this value".into(), span, QUOTE_IT);
        }
        if let Some((start, previous)) = line_before(text, line_start) {
            let content = previous.trim_start().trim_start_matches("- ").trim_end();
            if !content.contains(": ") && !content.ends_with(':') {
                return no_pair(file, start, previous);
            }
            if indentation(line) > indentation(previous) {
                let at = line_start + indentation(line);
                let message =
                    "this line is indented further than the one above, which has its value already";
                return wrong(message.into(), sign(at), INDENT_IT);
            }
        }
        return wrong("no `key: value` can stand here".into(), span, INDENT_IT);
    }
    if has("simple key expected ':'") || has("could not find expected ':'") {
        return no_pair(file, line_start, line);
    }
    if has("did not find expected key") {
        if let Some((_, previous)) = line_before(text, line_start)
            && indentation(line) > indentation(previous)
        {
            let message =
                "this line is indented further than the one above, which has its value already";
            return wrong(message.into(), sign(line_start + indentation(line)), INDENT_IT);
        }
        let message = if line.trim_start().starts_with("- ") {
            "an item of a list stands among keys"
        } else {
            "this line stands neither at the indentation of the keys above nor below one of them"
        };
        return wrong(message.into(), sign(line_start + indentation(line)), INDENT_IT);
    }
    if has("did not find expected '-' indicator") {
        let message = "a key stands among the items of a list".to_string();
        return wrong(message, span, "begin an item with `- `, or change the indentation");
    }
    if has("block sequence entries are not allowed") {
        let help = "put the items of a list on lines of their own, or the value into quotes";
        return wrong("no item of a list can begin here".into(), span, help);
    }
    if has("tab") {
        let tab = text.get(line_start..).and_then(|t| t.find('\t')).map(|n| line_start + n);
        let place = tab.map_or(span, sign);
        return wrong("a tab stands where white space matters".into(), place, "indent with spaces");
    }
    if let Some((_, found)) = said.split_once("unexpected character: `") {
        let c = text.get(span.start..).and_then(|t| t.chars().next()).unwrap_or('\u{fffd}');
        if c.is_control() {
            let message = format!("the control character U+{:04X} cannot stand here", u32::from(c));
            return wrong(message, span, "remove it; is this a text file in UTF-8?");
        }
        let found: String = found.chars().take(1).collect();
        return wrong(format!("no value can begin with `{found}`"), span, QUOTE_IT);
    }
    if has("unknown anchor") {
        let name: String = alias_name(text, span.start);
        return wrong(
            format!("there is no anchor `&{name}` that `*{name}` could mean"),
            span,
            "put a value that begins with `*` into quotes",
        );
    }
    if has("recursive references") {
        return wrong("this alias stands inside what it names".into(), span, "remove it");
    }
    if has("while scanning a block scalar") {
        let message = "behind this sign the text begins on the next line";
        return wrong(message.into(), span, "put a value that begins with `>` or `|` into quotes");
    }
    if has("unknown escape") {
        let place = bad_escape(text, span.start).map_or(span, |at| file.span(at, at + 2));
        let help = "write `\\\\` for a backslash, or put the value into single quotes";
        return wrong("this escape is not known".into(), place, help);
    }
    if has("expected string scalar") {
        let help = "a key is a text; put a value that begins with `{` or `[` into quotes";
        return wrong("a list or a mapping stands where a key should".into(), span, help);
    }
    if has("tag") {
        let (at, tag) = tag_at(text, span.start);
        let message = format!("`{tag}` is read as a YAML tag, and no tag is known here");
        let place = file.span(at, at + tag.len());
        return wrong(message, place, "put a value that begins with `!` into quotes");
    }
    let help = "is a quote, a bracket or the indentation wrong near here?";
    wrong(said.to_string(), span, help)
}

/// A line that should hold `key: value` and does not.
fn no_pair(file: &SourceFile, start: usize, line: &str) -> Diagnostic {
    let content = start + line.len() - line.trim_start().len();
    if let Some(colon) = line.find(':').filter(|c| line.get(c + 1..).is_some_and(|r| !r.is_empty()))
        && !line.get(..colon).unwrap_or_default().trim().contains(' ')
    {
        return Diagnostic::error("yaml-syntax", "no space stands behind this `:`")
            .at(file, file.span(start + colon, start + colon + 1), "")
            .help("write `key: value`");
    }
    Diagnostic::error("yaml-syntax", "this line is no `key: value`")
        .at(file, file.span(content, start + line.trim_end().len()), "")
        .help("write `key: value`; a text that goes on is indented below its key")
}

fn alias_name(text: &str, at: usize) -> String {
    let rest = text.get(at..).unwrap_or_default().trim_start_matches('*');
    rest.chars()
        .take_while(|c| !c.is_whitespace() && !matches!(c, ',' | ']' | '}'))
        .take(40)
        .collect()
}

/// Whether a text closes a bracket that it does not open.
fn closes_more(text: &str) -> bool {
    let mut depth = 0i32;
    text.chars().any(|c| {
        depth += i32::from(matches!(c, '[' | '{')) - i32::from(matches!(c, ']' | '}'));
        depth < 0
    })
}

/// The tag that stands at `at` or before it on its line (or on the line before), and where.
fn tag_at(text: &str, at: usize) -> (usize, String) {
    let before = text.get(..floor(text, at)).unwrap_or_default();
    let from = if text.get(before.len()..).is_some_and(|t| t.starts_with('!')) {
        before.len()
    } else {
        // The nearest word before it that begins with `!`.
        let break_ = |c: char| c.is_whitespace() || matches!(c, ',' | '[' | '{');
        let mut end = before.len();
        loop {
            let start = before.get(..end).and_then(|b| b.rfind(break_)).map_or(0, |n| n + 1);
            if before.get(start..end).is_some_and(|word| word.starts_with('!')) {
                break start;
            }
            match start.checked_sub(1) {
                Some(next) => end = next,
                None => break before.len(),
            }
        }
    };
    let tag = text.get(from..).unwrap_or_default();
    let end = |c: char| c.is_whitespace() || matches!(c, ',' | ']' | '}');
    (from, tag.chars().take_while(|c| !end(*c)).take(40).collect())
}

/// Where an unknown escape stands in the quoted text that begins at `at`.
fn bad_escape(text: &str, at: usize) -> Option<usize> {
    let mut characters = text.get(at..)?.char_indices().skip(1);
    while let Some((offset, c)) = characters.next() {
        if c == '\\' {
            let (_, sign) = characters.next()?;
            if !"0abtnvfre \"/\\N_LPxuU\t\n".contains(sign) {
                return Some(at + offset);
            }
        } else if c == '"' {
            return None;
        }
    }
    None
}

/// The bytes of the smallest block of lines that holds the mistake of `diagnostic`: its line, with
/// the lines that are indented below it.
pub(crate) fn broken_block(text: &str, at: usize) -> (usize, usize) {
    let (start, line) = line_at(text, at);
    let mut indent = indentation(line);
    let mut end = start + line.len() + 1;
    // Where a line is indented too far, so are its neighbours.
    let too_far = line_before(text, start)
        .is_some_and(|(_, above)| indentation(above) < indent && !above.trim_end().ends_with(':'));
    if too_far && !line.trim().is_empty() {
        indent -= 1;
    }
    while let Some(rest) = text.get(end..).filter(|r| !r.is_empty()) {
        let next = rest.split('\n').next().unwrap_or_default();
        if !next.trim().is_empty() && indentation(next) <= indent {
            break;
        }
        end += next.len() + 1;
    }
    (start, end.min(text.len()))
}

/// The keys under which the line that begins at `start` stands, innermost first.
pub(crate) fn keys_around(text: &str, start: usize) -> Vec<String> {
    let (_, line) = line_at(text, start);
    let mut indent = indentation(line);
    let mut at = start;
    let mut keys = vec![];
    while let Some((begin, previous)) = line_before(text, at).filter(|_| indent > 0) {
        if indentation(previous) < indent {
            indent = indentation(previous);
            let key = previous.trim_start().trim_start_matches("- ").split(':').next();
            keys.extend(key.map(|k| k.trim().to_string()));
        }
        at = begin;
    }
    keys
}

/// The block of lines around the one that begins at `start`: what its parent key holds.
pub(crate) fn parent_block(text: &str, start: usize) -> Option<(usize, usize)> {
    let (_, line) = line_at(text, start);
    let mut indent = indentation(line);
    if line.trim().is_empty() {
        // Blanked already: anything above that is not blank will do.
        indent = usize::MAX;
    }
    let mut at = start;
    while let Some((begin, previous)) = line_before(text, at) {
        if indentation(previous) < indent {
            return Some(broken_block(text, begin));
        }
        at = begin;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_brackets_and_quotes_are_found() {
        let open = |text: &str| {
            let open = open_at(text, text.len());
            (open.brackets.iter().map(|b| b.0).collect::<Vec<_>>(), open.quote)
        };
        assert_eq!(open("a: {b: [1, 2"), (vec![3, 7], None));
        assert_eq!(open("a: {b: \"}\", c: 'it''s {'"), (vec![3], None));
        assert_eq!(open("a: x[1 {2"), (vec![], None));
        assert_eq!(open("a: |\n  {[\"\nb: {"), (vec![14], None));
        assert_eq!(open("a: 1 # {[\nb: \"x\n"), (vec![], Some(13)));
        assert_eq!(open("a: {x\nb: 1\n"), (vec![], None));
    }
}
