//! Reading the book in `docs/`: its pages, their fenced blocks, the regions that a test writes,
//! and the links in them. The tests themselves stand in `tests/` and beside the command.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The variable that lets the tests write what they would otherwise compare.
pub const UPDATE: &str = "UPDATE_BOOK";

/// Whether the tests are to write the book's generated parts instead of comparing them.
pub fn updating() -> bool {
    std::env::var_os(UPDATE).is_some_and(|v| !v.is_empty() && v != "0")
}

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A page of the book.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its path from the root of the repository.
    pub name: String,
    /// Its path.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// Every page of `docs/`, and the README, by name.
///
/// # Errors
/// Where a page cannot be read.
pub fn pages() -> io::Result<Vec<Page>> {
    let root = root();
    let mut paths = vec![root.join("README.md")];
    below(&root.join("docs"), &mut paths)?;
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
            fs::read_to_string(&path).map(|text| Page { name, path, text })
        })
        .collect()
}

fn below(dir: &Path, into: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            below(&path, into)?;
        } else if path.extension().is_some_and(|e| e == "md") {
            into.push(path);
        }
    }
    Ok(())
}

/// A fenced block of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The words after the opening fence: the language, then the marks.
    pub marks: Vec<String>,
    /// What stands between the fences.
    pub text: String,
    /// The line of the opening fence, from 1.
    pub line: usize,
    /// The bytes of the page between the fences.
    pub bytes: std::ops::Range<usize>,
}

impl Block {
    /// The language.
    pub fn language(&self) -> &str {
        self.marks.first().map_or("", String::as_str)
    }

    /// Whether a mark stands behind the language.
    pub fn has(&self, mark: &str) -> bool {
        self.marks.iter().skip(1).any(|m| m == mark)
    }

    /// The value of a mark `name=value`.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.marks.iter().find_map(|m| m.strip_prefix(name)?.strip_prefix('='))
    }
}

/// The fenced blocks of a page, in order.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut found = vec![];
    let mut open: Option<(Vec<String>, usize, usize)> = None;
    let mut at = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let fence = line.trim_end().strip_prefix("```");
        match (&mut open, fence) {
            (None, Some(info)) => {
                let marks = info.split_whitespace().map(str::to_string).collect();
                open = Some((marks, number + 1, at + line.len()));
            }
            (Some((marks, line, start)), Some("")) => {
                found.push(Block {
                    marks: std::mem::take(marks),
                    text: text.get(*start..at).unwrap_or_default().to_string(),
                    line: *line,
                    bytes: *start..at,
                });
                open = None;
            }
            _ => {}
        }
        at += line.len();
    }
    found
}

/// The bytes of the region of a page between `<!-- begin NAME -->` and `<!-- end NAME -->`.
pub fn region(text: &str, name: &str) -> Option<std::ops::Range<usize>> {
    let begin = format!("<!-- begin {name} -->\n");
    let start = text.find(&begin)? + begin.len();
    let length = text.get(start..)?.find(&format!("<!-- end {name} -->"))?;
    Some(start..start + length)
}

/// The names of the regions of a page.
pub fn regions(text: &str) -> Vec<&str> {
    text.lines().filter_map(|l| l.strip_prefix("<!-- begin ")?.strip_suffix(" -->")).collect()
}

/// Compares a region of a page with what it should hold; writes it instead where that is asked for.
///
/// # Errors
/// Where they differ, there is no such region, or the page cannot be written.
pub fn hold(page: &Path, name: &str, expected: &str) -> Result<(), String> {
    let text = fs::read_to_string(page).map_err(|e| format!("{}: {e}", page.display()))?;
    let Some(place) = region(&text, name) else {
        return Err(format!("{} has no region `{name}`", page.display()));
    };
    let expected = format!("\n{}\n\n", expected.trim());
    if text.get(place.clone()) == Some(expected.as_str()) {
        return Ok(());
    }
    if !updating() {
        return Err(format!(
            "the region `{name}` of {} is stale; run the test with {UPDATE}=1 to write it anew",
            page.display()
        ));
    }
    let mut text = text;
    text.replace_range(place, &expected);
    fs::write(page, text).map_err(|e| format!("{}: {e}", page.display()))
}

/// The targets of the links of a page, blocks of code left out.
pub fn links(text: &str) -> Vec<String> {
    let mut prose = text.to_string();
    for block in blocks(text).iter().rev() {
        prose.replace_range(block.bytes.clone(), "");
    }
    let mut found = vec![];
    for part in prose.split("](").skip(1) {
        if let Some((target, _)) = part.split_once(')') {
            found.push(target.to_string());
        }
    }
    found
}

/// The anchors of the headings of a page, as mdBook and GitHub make them.
pub fn anchors(text: &str) -> Vec<String> {
    let mut prose = text.to_string();
    for block in blocks(text).iter().rev() {
        prose.replace_range(block.bytes.clone(), "");
    }
    prose
        .lines()
        .filter(|l| l.starts_with('#'))
        .map(|l| {
            l.trim_start_matches('#')
                .trim()
                .to_lowercase()
                .chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect()
        })
        .collect()
}
