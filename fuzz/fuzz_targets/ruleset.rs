//! Any text as `ruleset.yaml`, with a script file where a line of `=====` parts it: it is checked,
//! and what it says is rendered; where it loads, it evaluates a case.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oncorules::model::Case;
use oncorules::{EvaluateOptions, Rulesets};
use std::fs;
use std::sync::LazyLock;

static RULESETS: LazyLock<Rulesets> = LazyLock::new(Rulesets::built_in);
static CASE: LazyLock<Case> = LazyLock::new(|| {
    oncorules::case_from_json(include_str!("../seeds/line/two-lines.json")).expect("a case")
});
static FOLDER: LazyLock<std::path::PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("oncorules-fuzz-{}/rules/fuzzed", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for the ruleset");
    folder
});

fuzz_target!(|data: &[u8]| {
    let Ok(content) = std::str::from_utf8(data) else { return };
    let (main, script) = content.split_once("\n=====\n").unwrap_or((content, ""));
    fs::write(FOLDER.join("ruleset.yaml"), main).expect("written");
    fs::write(FOLDER.join("script.rhai"), script).expect("written");
    let path = FOLDER.to_string_lossy();
    let checked = RULESETS.check(&path);
    for diagnostic in checked.diagnostics.iter() {
        assert!(!diagnostic.render(false).is_empty());
    }
    if let Ok(program) = RULESETS.load(&path) {
        let options = EvaluateOptions::default();
        let report = program.evaluate(&CASE, &options);
        assert_eq!(report, program.evaluate(&CASE, &options));
        serde_json::to_string(&report).expect("a report is JSON");
    }
});
