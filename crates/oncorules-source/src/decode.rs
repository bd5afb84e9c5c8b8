//! From bytes to a source text.

use crate::{Diagnostic, SourceFile};

/// The source text in `bytes`, without its byte order mark.
///
/// # Errors
/// `not-utf8`, at the line and column where the text stops being UTF-8.
///
/// ```
/// use oncorules_source::source_from_utf8;
/// let file = source_from_utf8("case.yaml", b"\xEF\xBB\xBFcase: P-1\n".to_vec()).unwrap();
/// assert_eq!(file.text(), "case: P-1\n");
/// let error = source_from_utf8("case.yaml", b"case: P-1\nsite: l\xE9vre\n".to_vec()).unwrap_err();
/// assert_eq!(error.place().unwrap(), "case.yaml:2:8");
/// ```
pub fn source_from_utf8(name: &str, bytes: Vec<u8>) -> Result<SourceFile, Diagnostic> {
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let offset = error.utf8_error().valid_up_to();
            return Err(not_utf8(name, error.into_bytes(), offset));
        }
    };
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => SourceFile::new(name, rest),
        None => SourceFile::new(name, text),
    })
}

fn not_utf8(name: &str, mut bytes: Vec<u8>, offset: usize) -> Diagnostic {
    let rest = bytes.get(offset..).unwrap_or_default();
    let byte = rest.first().copied().unwrap_or_default();
    let line_end = rest.iter().take(200).position(|b| *b == b'\n').unwrap_or(rest.len().min(200));
    let shown = String::from_utf8_lossy(rest.get(..line_end).unwrap_or_default()).into_owned();
    bytes.truncate(offset);
    let mut text = String::from_utf8(bytes).unwrap_or_default();
    let sixteen = text.is_empty() && matches!(byte, 0xFF | 0xFE);
    text.push_str(&shown);
    let file = SourceFile::new(name, text);
    let span = file.span(offset, offset + '\u{fffd}'.len_utf8());
    Diagnostic::error(
        "not-utf8",
        format!(
            "`{name}` is not UTF-8 text: byte 0x{byte:02X} stands at line {}, offset {offset}",
            span.line
        ),
    )
    .at(&file, span, "")
    .help(if sixteen {
        "it looks like UTF-16: save it as UTF-8"
    } else {
        "save it as UTF-8; a single byte of this kind often means Latin-1 or Windows-1252"
    })
}
