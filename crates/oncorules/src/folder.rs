//! Rulesets in folders: where they are looked for, and reading their files.

use oncorules_rules::RulesetFiles;
use oncorules_source::{Diagnostic, Diagnostics, SourceFile, source_from_utf8};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// No ruleset has a file larger than this.
const MAX_FILE: u64 = 8 << 20;

/// The name of a ruleset's main file.
pub(crate) const MAIN: &str = "ruleset.yaml";

/// What keeps a folder from being read.
pub type FolderError = Diagnostics;

/// Whether a folder holds rulesets: folders with a `ruleset.yaml`.
pub fn is_rules_dir(dir: &Path) -> bool {
    fs::read_dir(dir).is_ok_and(|entries| entries.flatten().any(|e| e.path().join(MAIN).is_file()))
}

/// The nearest `rules` folder from `start` upward.
pub fn find_rules_dir(start: &Path) -> Option<PathBuf> {
    start.ancestors().map(|a| a.join("rules")).find(|d| is_rules_dir(d))
}

fn io_error(path: &Path, error: &std::io::Error) -> Diagnostics {
    Diagnostic::error("cannot-read", format!("`{}` cannot be read: {error}", path.display())).into()
}

/// Reads a text file of bounded size.
pub(crate) fn read_text(path: &Path) -> Result<SourceFile, Diagnostics> {
    let file = fs::File::open(path).map_err(|e| io_error(path, &e))?;
    let mut bytes = vec![];
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|e| io_error(path, &e))?;
    if bytes.len() as u64 > MAX_FILE {
        let message = format!(
            "`{}` is larger than {} MiB, which no ruleset is",
            path.display(),
            MAX_FILE >> 20
        );
        return Err(Diagnostic::error("too-large", message).into());
    }
    source_from_utf8(&path.display().to_string(), bytes).map_err(Diagnostics::from)
}

/// Reads the ruleset in a folder.
pub(crate) fn read_ruleset(dir: &Path) -> Result<RulesetFiles, Diagnostics> {
    let main = read_text(&dir.join(MAIN))?;
    let mut scripts = vec![];
    let mut names: Vec<PathBuf> = fs::read_dir(dir)
        .map_err(|e| io_error(dir, &e))?
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|e| e == "rhai"))
        .collect();
    names.sort();
    for path in names {
        scripts.push(read_text(&path)?);
    }
    Ok(RulesetFiles { origin: dir.display().to_string().into(), main, scripts })
}

/// The id of the ruleset in a folder that cannot be read as a whole, as far as it can be told.
pub(crate) fn id_of(dir: &Path) -> String {
    let name = || dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let main = read_text(&dir.join(MAIN)).ok();
    let files = main.map(|main| RulesetFiles { origin: "".into(), main, scripts: vec![] });
    files.and_then(|f| f.id()).unwrap_or_else(name)
}

/// The reference cases of a ruleset's folder, by name.
pub(crate) fn read_cases(dir: &Path) -> Result<Vec<SourceFile>, Diagnostics> {
    let dir = dir.join("cases");
    if !dir.is_dir() {
        return Ok(vec![]);
    }
    let mut paths: Vec<PathBuf> = fs::read_dir(&dir)
        .map_err(|e| io_error(&dir, &e))?
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|e| e == "yaml" || e == "yml"))
        .collect();
    paths.sort();
    paths.iter().map(|p| read_text(p)).collect()
}

/// The folders of a rules folder that hold a ruleset, by name.
pub(crate) fn ruleset_dirs(dir: &Path) -> Result<Vec<PathBuf>, Diagnostics> {
    let mut dirs: Vec<PathBuf> = fs::read_dir(dir)
        .map_err(|e| io_error(dir, &e))?
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.join(MAIN).is_file())
        .collect();
    dirs.sort();
    Ok(dirs)
}
