//! The case files of a folder.

use oncorules_source::Diagnostic;
use std::fs;
use std::path::{Path, PathBuf};

/// How deep folders are searched.
const MAX_DEPTH: usize = 32;

/// Whether a file holds one case a line, by its name.
pub(crate) fn is_lines(path: &Path) -> bool {
    has_extension(path, &["ndjson", "jsonl"])
}

fn has_extension(path: &Path, among: &[&str]) -> bool {
    path.extension()
        .and_then(|e| e.to_str())
        .is_some_and(|e| among.iter().any(|a| a.eq_ignore_ascii_case(e)))
}

/// The case files below a folder, by name; hidden files and folders are passed over.
pub(crate) fn case_files(dir: &Path) -> Result<Vec<PathBuf>, Diagnostic> {
    let mut found = vec![];
    walk(dir, 0, &mut found)?;
    if found.is_empty() {
        let message = format!("the folder `{}` holds no case file", dir.display());
        let sdtm = ["tr.csv", "rs.csv"].iter().any(|f| dir.join(f).is_file());
        return Err(Diagnostic::error("no-case-files", message).help(if sdtm {
            format!("it holds SDTM data sets: use `--sdtm {}`", dir.display())
        } else {
            "case files end in .yaml, .yml, .json, .ndjson or .jsonl".to_string()
        }));
    }
    Ok(found)
}

fn walk(dir: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), Diagnostic> {
    let unreadable = |error: std::io::Error| {
        Diagnostic::error(
            "unreadable-folder",
            format!("`{}` cannot be read: {error}", dir.display()),
        )
    };
    let mut entries = vec![];
    for entry in fs::read_dir(dir).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            // The entry's own type: a link to a folder is not followed, so there are no circles.
            entries.push((entry.path(), entry.file_type().map_err(unreadable)?));
        }
    }
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    for (path, kind) in entries {
        if kind.is_dir() {
            if depth < MAX_DEPTH {
                walk(&path, depth + 1, found)?;
            }
        } else if has_extension(&path, &["yaml", "yml", "json", "ndjson", "jsonl"])
            && path.is_file()
        {
            found.push(path);
        }
    }
    Ok(())
}
