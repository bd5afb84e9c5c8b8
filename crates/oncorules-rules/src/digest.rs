//! Digests of rulesets: which bytes decided.

use sha2::{Digest, Sha256};

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// SHA-256 over the sorted lines `sha256  name` of a ruleset's files, as `sha256sum` writes them:
/// a folder and an archive of it have the same digest.
pub(crate) fn of_files<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut lines: Vec<String> = files
        .map(|(name, text)| format!("{}  {name}\n", hex(&Sha256::digest(text.as_bytes()))))
        .collect();
    lines.sort();
    hex(&Sha256::digest(lines.concat().as_bytes()))
}
