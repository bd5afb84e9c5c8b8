//! Mistakes in rulesets, each reported at its exact line and column with a way to mend it.
//!
//! Every file in `bad/` is a ruleset with mistakes; a comment `#~ CODE` behind a line says which
//! diagnostics must point at that line (several codes separated by blanks; `#~+3 CODE` points
//! three lines down). What the diagnostics
//! say in full stands in the snapshots.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use oncorules_rules::{Catalog, LoadOptions, RulesetFiles, prove};
use oncorules_source::{Diagnostics, SourceFile};
use std::fs;
use std::path::Path;

fn diagnostics(name: &str, text: &str) -> Diagnostics {
    let mut catalog = Catalog::new();
    let add = |catalog: &mut Catalog, name: &str, text: String| {
        catalog.add(RulesetFiles {
            origin: "test".into(),
            main: SourceFile::new(name, text),
            scripts: vec![],
        });
    };
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules/recist-1.1/ruleset.yaml");
    add(&mut catalog, "recist-1.1", fs::read_to_string(shipped).unwrap());
    let file =
        RulesetFiles { origin: "test".into(), main: SourceFile::new(name, text), scripts: vec![] };
    let id = file.id().unwrap_or_default();
    let id = if id.is_empty() { name.to_string() } else { id };
    catalog.add(file);
    match catalog.load(&id, &LoadOptions::default()) {
        Ok((program, warnings)) => {
            let (_, failed) = prove(&program);
            if failed.is_empty() { warnings } else { failed }
        }
        Err(diagnostics) => diagnostics,
    }
}

#[test]
fn every_mistake_is_shown_where_it_stands() {
    insta::glob!("../bad", "*.yaml", |path| {
        let text = fs::read_to_string(path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().to_string();
        let found = diagnostics(&name, &text);
        let mut expected: Vec<(usize, String)> = vec![];
        for (number, line) in text.lines().enumerate() {
            let Some((_, marker)) = line.split_once("#~") else { continue };
            // `#~+3 CODE` marks the third line below: inside a block there are no comments.
            let (below, codes) = match marker.strip_prefix('+').and_then(|m| m.split_once(' ')) {
                Some((lines, codes)) => (lines.parse().unwrap(), codes),
                None => (0, marker),
            };
            expected.extend(codes.split_whitespace().map(|c| (number + 1 + below, c.to_string())));
        }
        let mut places: Vec<(usize, String)> = found
            .iter()
            .map(|d| (d.labels.first().map_or(0, |l| l.span.line), d.code.to_string()))
            .collect();
        expected.sort();
        places.sort();
        let shown: Vec<String> = found.iter().map(|d| d.render(false)).collect();
        assert_eq!(places, expected, "{name}:\n{}", shown.join("\n\n"));
        for diagnostic in found.iter() {
            assert!(!diagnostic.message.is_empty());
        }
        insta::assert_snapshot!(shown.join("\n\n"));
    });
}
