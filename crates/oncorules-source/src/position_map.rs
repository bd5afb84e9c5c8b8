//! From a place inside a decoded YAML scalar back to the place in the file.

use crate::{SourceFile, Span};

/// The span in the file of the characters `start..end` (0-based character offsets) of the
/// decoded scalar `value`, whose node stands at `node` in `file`.
///
/// Works for every scalar style: plain, quoted (escapes included), literal and folded blocks.
/// The two texts are walked side by side; white space and escape signs that only one of them
/// has are passed over, because a scalar style never changes the order of visible characters.
pub fn position_in_source(
    file: &SourceFile,
    node: Span,
    value: &str,
    start: usize,
    end: usize,
) -> Span {
    let text = file.text();
    let mut source = text.get(node.start..).unwrap_or_default().char_indices().peekable();
    let mut first = None;
    let mut last = node.start;
    for (index, wanted) in value.chars().enumerate() {
        if index >= end && first.is_some() {
            break;
        }
        if wanted.is_whitespace() {
            // White space may be folded or indented: do not insist on it.
            if index == start
                && first.is_none()
                && let Some((offset, _)) = source.peek()
            {
                first = Some(node.start + offset);
                last = node.start + offset;
            }
            if let Some((_, c)) = source.peek().copied()
                && c == wanted
            {
                source.next();
            }
            continue;
        }
        let mut found = None;
        for (offset, c) in source.by_ref() {
            if c == wanted {
                found = Some((node.start + offset, c.len_utf8()));
                break;
            }
        }
        let Some((offset, length)) = found else { break };
        if index >= start && first.is_none() {
            first = Some(offset);
        }
        last = offset + length;
    }
    let first = first.unwrap_or(last);
    file.span(first, last.max(first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    fn place(yaml_text: &str, needle: &str) -> (usize, usize) {
        let file = SourceFile::new("t.yaml", yaml_text);
        let tree = yaml::parse(&file).unwrap();
        let node = tree.get("k").unwrap();
        let value = node.as_str().unwrap();
        let at = value[..value.find(needle).unwrap()].chars().count();
        let span = position_in_source(&file, node.span, value, at, at + needle.chars().count());
        assert_eq!(
            &yaml_text[span.start..span.end].replace("''", "'"),
            needle,
            "the span covers the needle"
        );
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
}
