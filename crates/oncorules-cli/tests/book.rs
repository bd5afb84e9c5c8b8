//! The book in `docs/` does what it says: its commands are run, its files are read. (Links, examples and
//! tables are held by `tests/tests/docs.rs`.) `UPDATE_BOOK=1 cargo test -p oncorules-cli --test book` writes what commands print.
//!
//! - ```` ```console ````: lines that begin with `$ ` are run by `sh` in a folder of the page's own,
//!   the lines after them are what they print; `…` stands for any lines.
//! - ```` ```yaml file=PATH ```` (or any language): the block is written to PATH in that folder
//!   first; with `append=PATH` it is added at its end.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail")]

mod common;

use common::top;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// All pages, the README first.
fn pages() -> Vec<PathBuf> {
    fn below(folder: &Path, found: &mut Vec<PathBuf>) {
        let mut entries: Vec<PathBuf> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                below(&path, found);
            } else if path.extension().is_some_and(|e| e == "md") {
                found.push(path);
            }
        }
    }
    let mut found = vec![top().join("README.md")];
    below(&top().join("docs"), &mut found);
    found
}

/// A page with the output of its commands as it is now.
fn played(page: &Path, text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    // Pages may speak of the examples as they lie in the repository.
    std::os::unix::fs::symlink(top().join("examples"), folder.path().join("examples")).unwrap();
    let mut out = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        let Some(info) = line.strip_prefix("```").filter(|i| !i.is_empty()) else { continue };
        let mut body: Vec<&str> = vec![];
        for line in lines.by_ref() {
            if line == "```" {
                break;
            }
            body.push(line);
        }
        if info == "console" {
            out.push_str(&console(folder.path(), page, &body));
        } else {
            for word in info.split_whitespace() {
                if let Some((how @ ("file" | "append"), name)) = word.split_once('=') {
                    let path = folder.path().join(name);
                    fs::create_dir_all(path.parent().unwrap()).unwrap();
                    let mut file = OpenOptions::new()
                        .create(true)
                        .write(true)
                        .append(how == "append")
                        .truncate(how == "file")
                        .open(path)
                        .unwrap();
                    writeln!(file, "{}", body.join("\n")).unwrap();
                }
            }
            body.iter().for_each(|l| out.push_str(&format!("{l}\n")));
        }
        out.push_str("```\n");
    }
    out
}

fn console(folder: &Path, page: &Path, body: &[&str]) -> String {
    let mut out = String::new();
    let mut lines = body.iter().peekable();
    while let Some(line) = lines.next() {
        let Some(command) = line.strip_prefix("$ ") else {
            panic!("{}: `{line}` comes before any command", page.display());
        };
        let mut written: Vec<&str> = vec![];
        while let Some(line) = lines.next_if(|l| !l.starts_with("$ ")) {
            written.push(line);
        }
        out.push_str(&format!("$ {command}\n"));
        // The command that builds from source is for the reader; CI runs it.
        if command.starts_with("cargo ") || command.starts_with("git ") {
            written.iter().for_each(|l| out.push_str(&format!("{l}\n")));
            continue;
        }
        let printed = run(folder, command);
        let as_written = written.join("\n");
        let shown = if matches(&written, &printed) { &as_written } else { printed.trim_end() };
        if !shown.is_empty() {
            out.push_str(shown);
            out.push('\n');
        }
    }
    out
}

/// What a command prints, stderr after stdout.
fn run(folder: &Path, command: &str) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_oncorules")).parent().unwrap().to_path_buf();
    let path = std::env::join_paths(
        std::iter::once(binary)
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    )
    .unwrap();
    let output = Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", path)
        .env("NO_COLOR", "1")
        .env_remove("ONCORULES_RULES_DIR")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let folder = folder.to_str().unwrap();
    let all =
        format!("{}{}", text(&output.stdout), text(&output.stderr)).replace(folder, "/home/you");
    let lines: Vec<&str> = all.lines().map(str::trim_end).collect();
    lines.join("\n")
}

/// Whether what is written is what was printed, `…` standing for any lines.
fn matches(written: &[&str], printed: &str) -> bool {
    let printed: Vec<&str> = printed.trim_end().lines().collect();
    fn go(written: &[&str], printed: &[&str]) -> bool {
        match written.split_first() {
            None => printed.is_empty(),
            Some((&"…", rest)) => (0..=printed.len()).any(|n| go(rest, &printed[n..])),
            Some((line, rest)) => printed.first() == Some(line) && go(rest, &printed[1..]),
        }
    }
    go(written, &printed)
}

#[test]
fn commands_print_what_the_book_says() {
    let mut wrong = vec![];
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let now = played(&page, &text);
        if now == text {
            continue;
        }
        if std::env::var_os("UPDATE_BOOK").is_some() {
            fs::write(&page, now).unwrap();
        } else {
            let differs = |(a, b): &(&str, &str)| a != b;
            let pair = text.lines().zip(now.lines()).find(differs);
            wrong.push(format!("{}: {pair:?}", page.display()));
        }
    }
    assert!(
        wrong.is_empty(),
        "run again with UPDATE_BOOK=1 and look at the change:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn every_page_is_in_the_summary() {
    let docs = top().join("docs");
    let summary = fs::read_to_string(docs.join("SUMMARY.md")).unwrap();
    for page in pages().iter().filter_map(|p| p.strip_prefix(&docs).ok()) {
        let name = page.display().to_string();
        assert!(name == "SUMMARY.md" || summary.contains(&format!("({name})")), "{name}");
    }
}
