//! Decimal literals of expressions, read from the text as written and never through a double.

use oncorules_model::Number;

/// The number literal that begins at character `at` of `source`.
pub(crate) fn number_at(source: &str, at: usize) -> Option<Number> {
    let text: String = source
        .chars()
        .skip(at)
        .take_while(|c| c.is_ascii_digit() || matches!(c, '.' | '_'))
        .filter(|c| *c != '_')
        .collect();
    text.trim_end_matches('.').parse().ok()
}
