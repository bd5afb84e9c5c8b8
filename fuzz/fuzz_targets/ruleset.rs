//! Any text as `ruleset.yaml`, with a script file where a line of `=====` parts it: it is checked,
//! and what it says is rendered; where it loads, it is proven and evaluates a case, twice to the
//! same report. Mutations know lines: those of the shipped rulesets are swapped in, too.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use oncorules::model::Case;
use oncorules::source::SourceFile;
use oncorules_engine::{Engine, EvaluateOptions};
use oncorules_rules::{Catalog, LoadOptions, RulesetFiles, prove};
use std::sync::LazyLock;

/// What a ruleset can extend and use: small, for speed.
static BASES: LazyLock<Catalog> = LazyLock::new(|| {
    let mut catalog = Catalog::new();
    for text in [include_str!("../seeds/ruleset/base.yaml"), include_str!("../seeds/ruleset/drugs.yaml")] {
        catalog.add(files(text, ""));
    }
    catalog
});
static CASE: LazyLock<Case> = LazyLock::new(|| {
    oncorules::case_from_json(include_str!("../seeds/line/two-lines.json")).expect("a case")
});
static LINES: LazyLock<Vec<&str>> = LazyLock::new(|| {
    [
        include_str!("../../rules/recist-1.1/ruleset.yaml"),
        include_str!("../../rules/irecist/ruleset.yaml"),
        include_str!("../../rules/gcig-ca125/ruleset.yaml"),
        include_str!("../../rules/chemo-response/ruleset.yaml"),
        include_str!("../seeds/ruleset/base.yaml"),
        include_str!("../seeds/ruleset/small.yaml"),
    ]
    .iter()
    .flat_map(|text| text.lines())
    .filter(|line| line.len() < 400)
    .collect()
});

fn files(main: &str, script: &str) -> RulesetFiles {
    let scripts = (!script.is_empty()).then(|| SourceFile::new("script.rhai", script));
    RulesetFiles {
        origin: "fuzz".into(),
        main: SourceFile::new("ruleset.yaml", main),
        scripts: scripts.into_iter().collect(),
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(content) = std::str::from_utf8(data) else { return };
    let (main, script) = content.split_once("\n=====\n").unwrap_or((content, ""));
    let mut catalog = BASES.clone();
    let ruleset = files(main, script);
    let key = ruleset.key();
    catalog.add(ruleset);
    let told = |wrong: &oncorules::source::Diagnostics| {
        for diagnostic in wrong.iter() {
            assert!(!diagnostic.render(false).is_empty());
            for label in &diagnostic.labels {
                assert!(label.file.text().get(label.span.start..label.span.end).is_some());
            }
        }
    };
    let _ = catalog.summary(&key);
    match catalog.load(&key, &LoadOptions::default()) {
        Ok((program, warnings)) => {
            told(&warnings);
            told(&prove(&program).1);
            let engine = Engine::new(program);
            let options = EvaluateOptions::default();
            let report = engine.evaluate(&CASE, &options);
            assert_eq!(report, engine.evaluate(&CASE, &options));
            serde_json::to_string(&report).expect("a report is JSON");
        }
        Err(wrong) => {
            assert!(wrong.has_errors());
            told(&wrong);
        }
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut state = u64::from(seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap_or(0) % below.max(1)
    };
    let text = std::str::from_utf8(&data[..size]).map(str::to_string);
    let Ok(text) = text else { return fuzzer_mutate(data, size, max_size) };
    if next(2) == 0 {
        return fuzzer_mutate(data, size, max_size);
    }
    let mut lines: Vec<String> = text.split('\n').map(str::to_string).collect();
    let at = next(lines.len());
    let foreign = LINES[next(LINES.len())].to_string();
    match next(6) {
        0 => lines.insert(at, foreign),
        1 => lines[at] = foreign,
        2 => {
            lines.remove(at);
        }
        3 => {
            let line = lines[at].clone();
            lines.insert(next(lines.len() + 1), line);
        }
        4 => {
            let other = next(lines.len());
            lines.swap(at, other);
        }
        _ => {
            // A word of one line takes the place of a word of another.
            let word = foreign.split(' ').nth(next(12)).unwrap_or("x").to_string();
            let mut words: Vec<&str> = lines[at].split(' ').collect();
            let slot = next(words.len());
            words[slot] = &word;
            lines[at] = words.join(" ");
        }
    }
    let mutated = lines.join("\n");
    if mutated.len() > max_size {
        return fuzzer_mutate(data, size, max_size);
    }
    data[..mutated.len()].copy_from_slice(mutated.as_bytes());
    mutated.len()
});
