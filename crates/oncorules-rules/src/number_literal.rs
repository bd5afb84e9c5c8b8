//! Decimal literals of expressions, read from the text as written and never through a double.

use oncorules_model::Number;

/// The number literal that begins at character `at` of `source`.
///
/// A literal in another form (`1e3`, `0x10`) is none: its digits alone would be another number.
pub(crate) fn number_at(source: &str, at: usize) -> Option<Number> {
    let literal: String = source
        .chars()
        .skip(at)
        .take_while(|c| c.is_alphanumeric() || matches!(c, '.' | '_'))
        .collect();
    // `1.max(x)`: a method of the number.
    let digits =
        literal.find(|c: char| c.is_alphabetic()).map_or(literal.as_str(), |letter| match literal
            .get(..letter)
        {
            Some(number) if number.ends_with('.') => number,
            _ => "",
        });
    digits.trim_end_matches('.').replace('_', "").parse().ok()
}
