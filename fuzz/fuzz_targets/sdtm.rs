//! Any texts as data sets of a study, parted by lines `===== NAME`: the study is read or refused;
//! what is read evaluates.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oncorules::{EvaluateOptions, Program, Rulesets};
use oncorules_formats::{EvaluatorChoice, SdtmOptions, read_sdtm};
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

const DOMAINS: [&str; 8] = ["dm", "ex", "ae", "tu", "tr", "rs", "lb", "supprs"];
static PROGRAM: LazyLock<Program> =
    LazyLock::new(|| Rulesets::built_in().load("recist-1.1").expect("a shipped ruleset loads"));
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let memory = PathBuf::from("/dev/shm");
    let parent = if memory.is_dir() { memory } else { std::env::temp_dir() };
    let folder = parent.join(format!("oncorules-fuzz-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for the study");
    folder
});

fuzz_target!(|data: &[u8]| {
    // Parts begin with `===== NAME` and end at the next; text before the first is `tr`.
    let mut parts: Vec<(&str, &[u8])> = vec![];
    let mut rest = data;
    let mut name = "tr";
    loop {
        let next = rest.windows(7).position(|w| w == b"\n===== ");
        parts.push((name, &rest[..next.unwrap_or(rest.len())]));
        let Some(at) = next else { break };
        rest = &rest[at + 7..];
        let Some(domain) = DOMAINS.iter().find(|d| rest.starts_with(d.as_bytes())) else { break };
        name = domain;
        rest = &rest[domain.len()..];
        rest = rest.strip_prefix(b"\n").unwrap_or(rest);
    }
    for domain in DOMAINS {
        let path = FOLDER.join(format!("{domain}.csv"));
        match parts.iter().find(|(name, _)| *name == domain) {
            Some((_, content)) => fs::write(path, content).expect("written"),
            None => {
                let _ = fs::remove_file(path);
            }
        }
    }
    let mappings = PROGRAM.sdtm_mappings();
    for evaluator in [None, Some("all")] {
        let evaluator = evaluator.map(|e| e.parse::<EvaluatorChoice>().expect("a choice"));
        let mut options = SdtmOptions::default();
        options.evaluator = evaluator;
        match read_sdtm(&FOLDER, &mappings, &options) {
            Ok(study) => {
                for case in &study.cases {
                    let report = PROGRAM.evaluate(case, &EvaluateOptions::default());
                    serde_json::to_string(&report).expect("a report is JSON");
                }
            }
            Err(wrong) => {
                assert!(wrong.has_errors());
                for diagnostic in wrong.iter() {
                    assert!(!diagnostic.render(false).is_empty());
                }
            }
        }
    }
});
