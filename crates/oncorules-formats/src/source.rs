//! From bytes to a source text: UTF-8, without a byte order mark, within a size limit.

use oncorules_source::{Diagnostic, SourceFile, source_from_utf8};
use std::io::Read;
use std::path::Path;

/// The largest case file that is read, in bytes (64 MB). Larger cohorts come as NDJSON, one case a
/// line, or as SDTM.
pub const MAX_FILE_BYTES: usize = 64 << 20;

/// The source text in `bytes`, without its byte order mark.
///
/// # Errors
/// `not-utf8` at the line and column where the text stops being UTF-8, `file-too-large` for more
/// than [`MAX_FILE_BYTES`].
///
/// ```
/// use oncorules_formats::source_from_bytes;
/// let file = source_from_bytes("case.yaml", b"\xEF\xBB\xBFcase: P-1\n".to_vec()).unwrap();
/// assert_eq!(file.text(), "case: P-1\n");
/// let error = source_from_bytes("case.yaml", b"case: P-1\nsite: l\xE9vre\n".to_vec()).unwrap_err();
/// assert_eq!(error.code, "not-utf8");
/// assert!(error.message.contains("line 2"));
/// ```
pub fn source_from_bytes(name: &str, bytes: Vec<u8>) -> Result<SourceFile, Diagnostic> {
    source_from_bytes_within(name, bytes, MAX_FILE_BYTES)
}

/// As [`source_from_bytes`], with a limit of its own in bytes.
///
/// # Errors
/// As [`source_from_bytes`].
pub fn source_from_bytes_within(
    name: &str,
    bytes: Vec<u8>,
    limit: usize,
) -> Result<SourceFile, Diagnostic> {
    if bytes.len() > limit {
        return Err(too_large(name, limit));
    }
    source_from_utf8(name, bytes)
}

/// The source text of a file; never more than [`MAX_FILE_BYTES`] of it are read.
///
/// # Errors
/// `unreadable-file` where the file cannot be read, else as [`source_from_bytes`].
pub fn source_from_file(path: &Path) -> Result<SourceFile, Diagnostic> {
    let name = path.display().to_string();
    let unreadable = |error: std::io::Error| {
        Diagnostic::error("unreadable-file", format!("`{name}` cannot be read: {error}"))
    };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = vec![];
    file.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    source_from_bytes(&name, bytes)
}

fn too_large(name: &str, limit: usize) -> Diagnostic {
    let size = match limit {
        l if l >= 1 << 20 => format!("{} MB", l >> 20),
        l => format!("{l} bytes"),
    };
    Diagnostic::error("file-too-large", format!("`{name}` is larger than {size}"))
        .help("split it, or give a cohort as NDJSON, one case a line")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_and_foreign_files_are_refused() {
        let error = source_from_bytes_within("big.yaml", vec![b'a'; 11], 10).unwrap_err();
        assert_eq!(error.code, "file-too-large");
        let error = source_from_bytes("u16.yaml", vec![0xFF, 0xFE, b'c', 0]).unwrap_err();
        assert!(error.help.unwrap().contains("UTF-16"));
        assert!(source_from_file(Path::new("/nowhere/case.yaml")).is_err());
    }
}
