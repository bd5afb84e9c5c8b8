//! From a place inside a decoded YAML scalar back to the place in the file.

use crate::{SourceFile, Span};

/// The span in the file of the characters `start..end` (0-based character offsets) of the
/// decoded scalar `value`, whose node stands at `node` in `file`.
///
/// Works for every scalar style: plain, quoted (escapes included), literal and folded blocks. The
/// visible characters of both texts are walked side by side: a style folds and indents white space,
/// but never changes the order of what is visible. Where the texts part (an alias stands here, and
/// its text elsewhere), the span is that of the node.
pub fn position_in_source(
    file: &SourceFile,
    node: Span,
    value: &str,
    start: usize,
    end: usize,
) -> Span {
    let mut source = Scalar::new(file.text(), node.start);
    let mut first = None;
    let mut last = source.at;
    for (index, wanted) in value.chars().enumerate() {
        if index >= end && first.is_some() {
            break;
        }
        if wanted.is_whitespace() {
            // White space may be folded or indented: do not insist on it.
            if index == start && first.is_none() {
                first = Some(last);
            }
            continue;
        }
        match source.next_visible() {
            Some((c, from, to)) if c == wanted => {
                if index >= start && first.is_none() {
                    first = Some(from);
                }
                last = to;
            }
            _ => return node,
        }
    }
    let first = first.unwrap_or(last);
    file.span(first, last.max(first))
}

/// How a scalar is written.
#[derive(Clone, Copy, PartialEq)]
enum Style {
    /// As it is: plain, or a block.
    Plain,
    SingleQuoted,
    DoubleQuoted,
}

/// The characters of a scalar as its style writes them.
struct Scalar<'a> {
    text: &'a str,
    at: usize,
    style: Style,
}

impl<'a> Scalar<'a> {
    /// The scalar that begins at byte `at`.
    fn new(text: &'a str, at: usize) -> Self {
        let rest = text.get(at..).unwrap_or_default();
        let (skip, style) = match rest.chars().next() {
            Some('"') => (1, Style::DoubleQuoted),
            Some('\'') => (1, Style::SingleQuoted),
            // The header of a block goes to the end of its line, comments included.
            Some('|' | '>') if header(rest) => {
                (rest.find('\n').map_or(rest.len(), |n| n + 1), Style::Plain)
            }
            _ => (0, Style::Plain),
        };
        Self { text, at: at + skip, style }
    }

    /// The next character that is not white space, and the bytes that write it.
    fn next_visible(&mut self) -> Option<(char, usize, usize)> {
        loop {
            let from = self.at;
            let rest = self.text.get(from..)?;
            let mut characters = rest.chars();
            let first = characters.next()?;
            let (c, length) = match (self.style, first) {
                (Style::DoubleQuoted, '\\') => escape(rest)?,
                (Style::DoubleQuoted, '"') => return None,
                (Style::SingleQuoted, '\'') if characters.next() == Some('\'') => ('\'', 2),
                (Style::SingleQuoted, '\'') => return None,
                _ => (first, first.len_utf8()),
            };
            self.at = from + length;
            if !c.is_whitespace() {
                return Some((c, from, self.at));
            }
        }
    }
}

/// Whether a text that begins with `|` or `>` begins a block: `|2-` and perhaps a comment.
fn header(text: &str) -> bool {
    let line = text.lines().next().unwrap_or_default();
    let rest = line.get(1..).unwrap_or_default();
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-'));
    let rest = rest.trim_end();
    rest.is_empty() || rest.starts_with([' ', '\t']) && rest.trim_start().starts_with('#')
}

/// The character that an escape in double quotes means, and the length of the escape in bytes. An
/// escaped line break is white space.
fn escape(text: &str) -> Option<(char, usize)> {
    let sign = text.chars().nth(1)?;
    let digits = match sign {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => {
            let c = match sign {
                '0' => '\0',
                'a' => '\u{7}',
                'b' => '\u{8}',
                'e' => '\u{1b}',
                't' | 'n' | 'v' | 'f' | 'r' | 'N' | '_' | 'L' | 'P' => ' ',
                other => other,
            };
            return Some((c, 1 + sign.len_utf8()));
        }
    };
    let code = u32::from_str_radix(text.get(2..2 + digits)?, 16).ok()?;
    Some((char::from_u32(code)?, 2 + digits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    fn place(yaml_text: &str, needle: &str) -> (usize, usize) {
        place_written(yaml_text, needle, needle)
    }

    fn place_written(yaml_text: &str, needle: &str, written: &str) -> (usize, usize) {
        let file = SourceFile::new("t.yaml", yaml_text);
        let tree = yaml::parse(&file).unwrap();
        let node = tree.get("k").unwrap();
        let value = node.as_str().unwrap();
        let at = value[..value.find(needle).unwrap()].chars().count();
        let span = position_in_source(&file, node.span, value, at, at + needle.chars().count());
        assert_eq!(&yaml_text[span.start..span.end], written, "the span covers the needle");
        (span.line, span.column)
    }

    #[test]
    fn every_scalar_style_maps_back_to_its_line_and_column() {
        assert_eq!(place("k: alpha + beta\n", "beta"), (1, 12));
        assert_eq!(place("k: \"a == \\\"b\\\" && beta\"\n", "beta"), (1, 19));
        assert_eq!(place("k: 'it''s beta'\n", "beta"), (1, 11));
        assert_eq!(place("k: |\n\n\n   alpha\n     beta\n", "beta"), (5, 6));
        assert_eq!(place("k: >-\n  alpha\n  gamma beta\n", "beta"), (3, 9));
        assert_eq!(place("k: alpha\n  beta\n", "beta"), (2, 3));
    }

    #[test]
    fn headers_and_escapes_are_not_taken_for_the_text() {
        assert_eq!(place("k: >-\n  -a > -b\n", "-b"), (2, 8));
        assert_eq!(place("k: >- # -a and b\n  -a > b\n", "-a"), (2, 3));
        assert_eq!(place("k: |2-\n   2 > b\n", "2"), (2, 4));
        assert_eq!(place("k: \"a\\n\\nnb\"\n", "nb"), (1, 10));
        assert_eq!(place("k: \"\\x6e n\"\n", " n"), (1, 9));
        assert_eq!(place_written("k: \"\\x6e\\u006d\"\n", "m", "\\u006d"), (1, 9));
        assert_eq!(place("k: \"alpha \\\n  beta\"\n", "beta"), (2, 3));
        assert_eq!(place("k: !!str 'it''s beta'\n", "beta"), (1, 17));
        assert_eq!(place("k: &a \"\\\"x\\\" beta\"\n", "beta"), (1, 14));
    }

    #[test]
    fn what_an_alias_names_is_shown_where_it_stands() {
        assert_eq!(place("a: &a one two\nk: *a\n", "two"), (1, 11));
    }
}
