//! The book keeps its word: its rulesets load, its cases are read and evaluated, its tables are
//! those of the code, its links lead somewhere, and no word of the language is left out.
//!
//! Marks behind the language of a fenced block say what is checked:
//! * `yaml ruleset`: a whole `ruleset.yaml`; `rhai script` before it: a file beside it;
//! * `yaml fragment [of=ID]`: keys of a ruleset that extends `recist-1.1` (or ID);
//!   with `wrong=CODE`: checking it must give this diagnostic;
//! * `yaml case [of=ID]`, `json case`: a case that is read without fault and evaluated;
//!   with `wrong=CODE`: reading it must give this diagnostic;
//! * `yaml reference [of=ID]`: a reference case that passes.
//!
//! Console blocks, and blocks with the mark `file=PATH`, are run and written by
//! `crates/oncorules-cli/tests/book.rs`. Regions between `<!-- begin NAME -->` and `<!-- end NAME -->`
//! are written by `UPDATE_BOOK=1 cargo test`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

use oncorules::source::{Diagnostics, SourceFile};
use oncorules::{EvaluateOptions, Rulesets};
use oncorules_rules::{COLLECTIONS, FACTS, FUNCTIONS, FactType, METHODS, ObjectKind, Vocabulary};
use oncorules_tests::{Block, Page, anchors, blocks, hold, links, pages, region, regions, root};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

fn page(name: &str) -> Page {
    pages().unwrap().into_iter().find(|p| p.name == name).unwrap()
}

fn shown(diagnostics: &Diagnostics) -> String {
    diagnostics.iter().map(|d| d.render(false)).collect::<Vec<_>>().join("\n\n")
}

#[test]
fn every_link_leads_somewhere() {
    let mut wrong = vec![];
    for page in pages().unwrap() {
        for link in links(&page.text) {
            if link.starts_with("http://") || link.starts_with("https://") {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if path.is_empty() {
                page.path.clone()
            } else {
                page.path.parent().unwrap().join(path)
            };
            if !target.exists() {
                wrong.push(format!("{}: {link}", page.name));
            } else if !anchor.is_empty() {
                let text = fs::read_to_string(&target).unwrap();
                if !anchors(&text).iter().any(|a| a == anchor) {
                    wrong.push(format!("{}: {link} (no such heading)", page.name));
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// A folder of rulesets, made of the blocks of a page.
fn rulesets_of(page: &Page, dir: &Path) -> Rulesets {
    let mut script = None;
    for block in blocks(&page.text) {
        if block.language() == "rhai" && block.has("script") {
            script = Some(block.text);
        } else if block.language() == "yaml" && block.has("ruleset") {
            let folder = dir.join(id_of(&block));
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("ruleset.yaml"), &block.text).unwrap();
            if let Some(script) = script.take() {
                fs::write(folder.join("functions.rhai"), script).unwrap();
            }
        }
    }
    Rulesets::built_in().with_dir(dir).unwrap()
}

fn id_of(block: &Block) -> String {
    let id = block.text.lines().find_map(|l| l.strip_prefix("id: ")).unwrap();
    id.split(" #").next().unwrap().trim().to_string()
}

/// A ruleset made of a fragment, with `cases` beside it.
fn fragment(rulesets: &Rulesets, dir: &Path, text: &str, of: &str, cases: &str) -> Rulesets {
    let folder = dir.join("fragments/fragment");
    fs::create_dir_all(folder.join("cases")).unwrap();
    let head = format!("format: 1\nid: fragment\nversion: 1.0.0\nextends: {of}\n");
    fs::write(folder.join("ruleset.yaml"), head + text).unwrap();
    fs::write(folder.join("cases/cases.yaml"), cases).unwrap();
    rulesets.clone().with_dir(&dir.join("fragments")).unwrap()
}

#[test]
fn every_example_of_a_ruleset_checks() {
    let mut seen = 0;
    for page in pages().unwrap() {
        let dir = tempfile::tempdir().unwrap();
        let rulesets = rulesets_of(&page, dir.path());
        for block in blocks(&page.text).iter().filter(|b| b.language() == "yaml") {
            let place = format!("{}:{}", page.name, block.line);
            let of = block.value("of").unwrap_or("recist-1.1");
            let report = if block.has("ruleset") {
                rulesets.check(&id_of(block))
            } else if block.has("fragment") {
                fragment(&rulesets, dir.path(), &block.text, of, "").check("fragment")
            } else if block.has("reference") {
                let with = fragment(&rulesets, dir.path(), "", of, &block.text);
                for result in with.test("fragment").unwrap().results {
                    assert!(result.passed, "{place}: {:#?}", result.differences);
                    seen += 1;
                }
                continue;
            } else {
                let checked = block.has("case") || block.value("file").is_some();
                assert!(checked, "{place}: not marked");
                continue;
            };
            seen += 1;
            match block.value("wrong") {
                Some(code) => assert!(
                    report.diagnostics.iter().any(|d| d.code == code),
                    "{place}: {}",
                    shown(&report.diagnostics)
                ),
                None => assert!(
                    !report.diagnostics.has_errors(),
                    "{place}: {}",
                    shown(&report.diagnostics)
                ),
            }
        }
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn every_example_of_a_case_is_read_and_evaluated() {
    let mut seen = 0;
    for page in pages().unwrap() {
        for block in blocks(&page.text).iter().filter(|b| b.has("case")) {
            let place = format!("{}:{}", page.name, block.line);
            let name = format!("case.{}", block.language());
            let (cases, wrong) =
                oncorules_formats::read_cases(&SourceFile::new(name, block.text.as_str()));
            seen += 1;
            if let Some(code) = block.value("wrong") {
                assert!(wrong.iter().any(|d| d.code == code), "{place}: {}", shown(&wrong));
                continue;
            }
            assert!(wrong.is_empty() && !cases.is_empty(), "{place}: {}", shown(&wrong));
            let program =
                Rulesets::built_in().load(block.value("of").unwrap_or("chemo-response")).unwrap();
            for case in &cases {
                let report = program.evaluate(case, &EvaluateOptions::default());
                assert!(!report.lines.is_empty(), "{place}");
            }
        }
    }
    assert!(seen > 5, "{seen}");
}

/// The words in backticks outside blocks, and every word inside blocks.
fn words(text: &str) -> BTreeSet<String> {
    let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let mut found: BTreeSet<String> = BTreeSet::new();
    for part in text.split('`').skip(1).step_by(2) {
        found.extend(part.split(|c| !word(c)).map(str::to_string));
    }
    for block in blocks(text) {
        found.extend(block.text.split(|c| !word(c)).map(str::to_string));
    }
    found
}

#[test]
fn the_reference_names_every_word_of_the_language() {
    let words = words(&page("docs/rule-language.md").text);
    let all = FACTS
        .iter()
        .map(|f| f.name)
        .chain(COLLECTIONS.iter().map(|c| c.name))
        .chain(FUNCTIONS.iter().copied())
        .chain(METHODS.iter().copied())
        .chain(oncorules_rules::ROUTES.iter().copied())
        .chain(["this", "line", "in", "if", "else"]);
    let missing: Vec<&str> = all.filter(|w| !words.contains(*w)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

/// The keys of a JSON Schema's objects, and the words of its enumerations.
fn keys(schema: &serde_json::Value, into: &mut BTreeSet<String>) {
    match schema {
        serde_json::Value::Object(map) => {
            for (key, value) in map {
                match (key.as_str(), value) {
                    ("properties", serde_json::Value::Object(properties)) => {
                        into.extend(properties.keys().cloned());
                    }
                    ("enum" | "const", serde_json::Value::Array(words)) => {
                        into.extend(words.iter().filter_map(|w| w.as_str()).map(str::to_string));
                    }
                    _ => {}
                }
                keys(value, into);
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|i| keys(i, into)),
        _ => {}
    }
}

#[test]
fn the_references_name_every_key() {
    for (name, schema) in [
        ("docs/rule-language.md", oncorules::ruleset_schema()),
        ("docs/cases.md", oncorules::case_schema()),
        ("docs/report.md", oncorules::report_schema()),
    ] {
        let text = page(name).text;
        let words = words(&text);
        let mut wanted = BTreeSet::new();
        keys(&schema, &mut wanted);
        let missing: Vec<&String> =
            wanted.iter().filter(|k| !words.contains(*k) && !text.contains(k.as_str())).collect();
        assert_eq!(missing, Vec::<&String>::new(), "{name}");
    }
}

/// The string literals that stand where a diagnostic or finding of a crate gets its code.
fn codes_in(dir: &str, openings: &[&str]) -> BTreeSet<String> {
    fn walk(dir: &Path, openings: &[&str], into: &mut BTreeSet<String>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, openings, into);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let text = text.split("#[cfg(test)]").next().unwrap();
                for opening in openings {
                    for rest in text.split(opening).skip(1) {
                        // The code is among the first few arguments, each on a line or not.
                        let arguments: String = rest.chars().take(200).collect();
                        let literal = arguments
                            .split([',', '(', ')'])
                            .take(4)
                            .map(str::trim)
                            .find(|a| a.starts_with('"'));
                        let code = literal.map(|l| l.trim_matches('"'));
                        if let Some(code) = code.filter(|c| {
                            !c.is_empty()
                                && c.chars()
                                    .all(|c| c.is_ascii_lowercase() || matches!(c, '-' | '8'))
                        }) {
                            into.insert(code.to_string());
                        }
                    }
                }
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(&root().join(dir), openings, &mut found);
    found
}

fn all_named(page_name: &str, codes: &BTreeSet<String>, at_least: usize) {
    assert!(codes.len() >= at_least, "only {codes:?}");
    let text = page(page_name).text;
    let missing: Vec<&String> =
        codes.iter().filter(|c| !text.contains(&format!("`{c}`"))).collect();
    assert_eq!(missing, Vec::<&String>::new(), "{page_name}");
}

#[test]
fn every_diagnostic_and_finding_is_explained() {
    let openings = [
        "Diagnostic::error(",
        "Diagnostic::warning(",
        "Diagnostic::note(",
        "error_at(",
        ".fail(",
        ".cell_error(",
        "place(",
        "top.error(",
        "self.error(",
        "self.at(",
    ];
    let mut rules = codes_in("crates/oncorules-rules/src", &openings);
    rules.extend(codes_in("crates/oncorules/src", &openings));
    rules.extend(codes_in("crates/oncorules-source/src", &openings));
    all_named("docs/diagnostics.md", &rules, 40);
    let formats = codes_in(
        "crates/oncorules-formats/src",
        &[&openings[..], &[".fault(", "error_with_help("]].concat(),
    );
    all_named("docs/diagnostics.md", &formats, 30);
    all_named("docs/diagnostics.md", &codes_in("crates/oncorules-cli/src", &openings), 8);
    let findings = codes_in("crates/oncorules-engine/src", &[".find(", "say(", "complain("]);
    all_named("docs/report.md", &findings, 20);
}

fn type_word(ty: FactType) -> String {
    match ty {
        FactType::Boolean => "boolean".into(),
        FactType::Number("1") => "number".into(),
        FactType::Number(unit) => format!("number in `{unit}`"),
        FactType::Code(vocabulary) => {
            let words: Vec<String> = vocabulary.words().iter().map(|w| format!("`{w}`")).collect();
            words.join(", ")
        }
        FactType::Text => "text".into(),
        FactType::Date => "date".into(),
    }
}

fn generated(page: &str, region: &str) -> Option<String> {
    if let Some(id) = page.strip_prefix("docs/rulesets/").and_then(|n| n.strip_suffix(".md")) {
        return of_ruleset(id, region);
    }
    let mut text = String::new();
    match (page, region) {
        ("docs/rule-language.md", "facts") => {
            let mut kinds: Vec<ObjectKind> = FACTS.iter().map(|f| f.of).collect();
            kinds.dedup();
            for kind in kinds {
                writeln!(
                    text,
                    "Of a **{}**:\n\n| fact | type | meaning |\n| --- | --- | --- |",
                    kind.word()
                )
                .unwrap();
                for fact in FACTS.iter().filter(|f| f.of == kind) {
                    writeln!(text, "| `{}` | {} | {} |", fact.name, type_word(fact.ty), fact.means)
                        .unwrap();
                }
                text.push('\n');
            }
        }
        ("docs/rule-language.md", "collections") => {
            text.push_str(
                "| collection | of a | its members are | meaning |\n| --- | --- | --- | --- |\n",
            );
            for collection in COLLECTIONS {
                let of = collection.of.map_or("(stands alone)", ObjectKind::word);
                writeln!(
                    text,
                    "| `{}` | {of} | {}s | {} |",
                    collection.name,
                    collection.kind.word(),
                    collection.means
                )
                .unwrap();
            }
        }
        ("docs/cases.md", "words") => {
            text.push_str("| key | words |\n| --- | --- |\n");
            for vocabulary in Vocabulary::ALL {
                let words: Vec<String> =
                    vocabulary.words().iter().map(|w| format!("`{w}`")).collect();
                writeln!(text, "| `{}` | {} |", vocabulary.name(), words.join(", ")).unwrap();
            }
        }
        ("docs/sdtm.md", "notes") => {
            text.push_str("| code | what was done |\n| --- | --- |\n");
            for (code, sentence) in oncorules_formats::sdtm::NOTE_CODES {
                writeln!(text, "| `{code}` | {sentence} |").unwrap();
            }
        }
        _ => return None,
    }
    Some(text)
}

fn of_ruleset(id: &str, region: &str) -> Option<String> {
    let rulesets = Rulesets::built_in();
    let info = rulesets.info(id).unwrap();
    let program = rulesets.load(id).unwrap();
    let engine = program.engine().program();
    let main = u16::try_from(engine.rulesets.len() - 1).unwrap();
    let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
    let mut text = String::new();
    match region {
        "about" => {
            writeln!(text, "| | |\n| --- | --- |").unwrap();
            writeln!(text, "| id, version | `{}` {} |", info.id, info.version).unwrap();
            writeln!(text, "| status | {} |", info.status.unwrap_or_default()).unwrap();
            if let Some(disease) = info.disease {
                writeln!(text, "| for | {disease} |").unwrap();
            }
            writeln!(text, "| intended use | {} |", cell(&info.intended_use.unwrap_or_default()))
                .unwrap();
            if let Some(base) = info.extends {
                writeln!(text, "| extends | `{base}` |").unwrap();
            }
            for (alias, used) in info.uses {
                writeln!(text, "| uses | `{used}` as `{alias}` |").unwrap();
            }
        }
        "limits" => {
            for limit in info.limits {
                writeln!(text, "* {}", limit.replace('\n', " ")).unwrap();
            }
        }
        "sources" => {
            writeln!(text, "| key | citation |\n| --- | --- |").unwrap();
            for (key, citation) in info.sources {
                writeln!(text, "| `{key}` | {} |", cell(&citation)).unwrap();
            }
        }
        "parameters" => {
            writeln!(
                text,
                "| parameter | value | what it is | source |\n| --- | --- | --- | --- |"
            )
            .unwrap();
            for p in info.parameters {
                let from = if *p.set_by == *id {
                    String::new()
                } else {
                    format!(" (from `{}`)", p.set_by)
                };
                writeln!(
                    text,
                    "| `{}` | {} | {}{from} | {} |",
                    p.name,
                    p.value,
                    cell(p.means.as_deref().unwrap_or_default()),
                    cell(p.source.as_deref().unwrap_or_default())
                )
                .unwrap();
            }
        }
        "measures" | "decisions" => {
            let decisions = region == "decisions";
            let head = if decisions {
                "decision | for each | codes"
            } else {
                "measure | for each | unit or type"
            };
            writeln!(text, "| {head} | what it is |\n| --- | --- | --- | --- |").unwrap();
            for node in
                engine.nodes.iter().filter(|n| n.ruleset == main && n.is_decision() == decisions)
            {
                let kind = match node.domain() {
                    Some(domain) => {
                        let domain = &engine.domains[usize::from(domain)];
                        let codes: Vec<&str> = domain.codes.iter().map(|c| &**c).collect();
                        codes.join(", ")
                    }
                    None => node
                        .unit
                        .as_deref()
                        .map_or_else(|| node.ty.describe(&engine.domains), str::to_string),
                };
                writeln!(
                    text,
                    "| `{}` | {} | {kind} | {} |",
                    node.name,
                    node.scope,
                    cell(node.means.as_deref().unwrap_or_default())
                )
                .unwrap();
            }
        }
        "interpretations" => {
            writeln!(text, "| decision | row | what is taken |\n| --- | --- | --- |").unwrap();
            for node in engine.nodes.iter().filter(|n| n.ruleset == main) {
                for row in &node.rows {
                    if let Some(interpretation) = &row.interpretation {
                        writeln!(
                            text,
                            "| `{}` | `{}` | {} |",
                            node.name,
                            row.id,
                            cell(interpretation)
                        )
                        .unwrap();
                    }
                }
            }
        }
        "timing" => {
            writeln!(text, "| due | sources |\n| --- | --- |").unwrap();
            for timing in engine.timings.iter().filter(|t| t.ruleset == main) {
                writeln!(text, "| `{}` | {} |", timing.name, cell(&timing.sources.join("; ")))
                    .unwrap();
            }
        }
        "prompts" => {
            writeln!(text, "| prompt | level | sources |\n| --- | --- | --- |").unwrap();
            for prompt in engine.prompts.iter().filter(|p| p.ruleset == main) {
                let level = format!("{:?}", prompt.level).to_lowercase();
                writeln!(
                    text,
                    "| `{}` | {level} | {} |",
                    prompt.name,
                    cell(&prompt.sources.join("; "))
                )
                .unwrap();
            }
        }
        "findings" => {
            writeln!(text, "| finding | for each |\n| --- | --- |").unwrap();
            for finding in engine.findings.iter().filter(|f| f.ruleset == main) {
                writeln!(text, "| `{}` | {} |", finding.name, finding.scope).unwrap();
            }
        }
        "drugs" => {
            writeln!(
                text,
                "| drug | class | cross-resistance group | routes |\n| --- | --- | --- | --- |"
            )
            .unwrap();
            for drug in &engine.drugs {
                writeln!(
                    text,
                    "| {} | {} | {} | {} |",
                    drug.name,
                    drug.class,
                    drug.cross_resistance.as_deref().unwrap_or("–"),
                    drug.routes.join(", ")
                )
                .unwrap();
            }
        }
        "regimens" => {
            writeln!(text, "| id | drugs | cycle | diseases |\n| --- | --- | --- | --- |").unwrap();
            for regimen in &engine.regimens {
                let drugs: Vec<&str> = regimen
                    .drugs
                    .iter()
                    .filter_map(|d| engine.drugs.get(*d as usize))
                    .map(|d| &*d.name)
                    .collect();
                let cycle = regimen.cycle_length.map_or("–".to_string(), |c| format!("{c} d"));
                writeln!(
                    text,
                    "| `{}` | {} | {cycle} | {} |",
                    regimen.id,
                    drugs.join(", "),
                    regimen.diseases.join(", ")
                )
                .unwrap();
            }
        }
        _ => return None,
    }
    Some(text)
}

#[test]
fn the_generated_tables_are_those_of_the_code() {
    let mut stale = vec![];
    for page in pages().unwrap() {
        for name in regions(&page.text) {
            assert!(region(&page.text, name).is_some(), "{}: {name} does not end", page.name);
            if let Some(expected) = generated(&page.name, name) {
                stale.extend(hold(&page.path, name, &expected).err());
            }
        }
    }
    assert_eq!(stale, Vec::<String>::new());
}

#[test]
fn every_shipped_ruleset_has_its_page() {
    for id in Rulesets::built_in().ids() {
        assert!(root().join(format!("docs/rulesets/{id}.md")).is_file(), "docs/rulesets/{id}.md");
    }
}
