//! The console blocks of the book, run as they stand there.
//!
//! A block marked `console` with lines that begin with `$ ` is run line by line in a folder of the
//! page's own (with the mark `top`: at the top of the repository), and what it prints is compared
//! with what the page shows; an exit code other than 0 stands in a last line `(exit code 1)`. Blocks
//! with a mark `file=NAME` are written into that folder first, in the order of the page.
//! `ONCORULES_UPDATE_DOCS=1 cargo test -p oncorules-cli --test docs` writes what is printed.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use oncorules_tests::{Page, blocks, pages, updating};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

#[test]
fn every_console_block_prints_what_the_page_shows() {
    let mut wrong = vec![];
    let mut run = 0;
    for page in pages().unwrap() {
        let (text, commands) = as_printed(&page);
        run += commands;
        if text == page.text {
            continue;
        }
        if updating() {
            fs::write(&page.path, &text).unwrap();
        } else {
            wrong.push(difference(&page, &text));
        }
    }
    assert!(run > 20, "only {run} commands");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The page with its console blocks as they are printed, and how many commands that took.
fn as_printed(page: &Page) -> (String, usize) {
    let dir = tempfile::tempdir().unwrap();
    let mut text = page.text.clone();
    let mut shift: isize = 0;
    let mut commands = 0;
    for block in blocks(&page.text) {
        if let Some(name) = block.value("file").filter(|_| block.language() != "rust") {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, &block.text).unwrap();
        }
        let lines: Vec<&str> = block.text.lines().filter(|l| l.starts_with("$ ")).collect();
        if block.language() != "console" || lines.is_empty() {
            continue;
        }
        let folder = if block.has("top") { common::top() } else { dir.path().to_path_buf() };
        let printed: String = lines
            .iter()
            .map(|line| format!("{line}\n{}", printed(line.trim_start_matches("$ "), &folder)))
            .collect();
        commands += lines.len();
        let start = block.bytes.start.checked_add_signed(shift).unwrap();
        let end = block.bytes.end.checked_add_signed(shift).unwrap();
        text.replace_range(start..end, &printed);
        shift +=
            isize::try_from(printed.len()).unwrap() - isize::try_from(block.bytes.len()).unwrap();
    }
    (text, commands)
}

/// What a command line prints, and how it ends where that is not well.
fn printed(line: &str, folder: &Path) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_oncorules")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1\n{line}")])
        .current_dir(folder)
        .env_clear()
        .env("PATH", path)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let mut text = String::from_utf8(output.stdout).unwrap();
    text = text.lines().map(|l| format!("{}\n", l.trim_end())).collect();
    match output.status.code() {
        Some(0) => {}
        code => text.push_str(&format!("(exit code {})\n", code.unwrap_or(-1))),
    }
    text
}

fn difference(page: &Page, text: &str) -> String {
    let mut shown = format!("{} shows what is not printed:", page.name);
    let (old, new): (Vec<&str>, Vec<&str>) = (page.text.lines().collect(), text.lines().collect());
    let first = old.iter().zip(&new).position(|(a, b)| a != b).unwrap_or(old.len().min(new.len()));
    for (sign, lines) in [('-', &old), ('+', &new)] {
        for line in lines.iter().skip(first).take(12) {
            shown.push_str(&format!("\n{sign} {line}"));
        }
    }
    shown
}

/// Every option of every command stands on the page about the command line.
#[test]
fn the_page_of_the_command_names_every_option() {
    let page = pages().unwrap().into_iter().find(|p| p.name == "docs/cli.md").unwrap();
    for command in [
        vec!["assess"],
        vec!["explain"],
        vec!["check"],
        vec!["test"],
        vec!["rules", "list"],
        vec!["rules", "show"],
        vec!["rules", "copy"],
        vec!["schema"],
        vec!["completions"],
    ] {
        let line = format!("$ oncorules {} --help", command.join(" "));
        assert!(page.text.contains(&line), "docs/cli.md lacks `{line}`");
    }
}
