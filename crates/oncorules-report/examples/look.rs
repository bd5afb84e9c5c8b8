//! Every rendering of the cases of a file: `look CASE.yaml [RULESET] [text|patient|clinician|markdown|summary]`.

use oncorules::Rulesets;
use oncorules::source::SourceFile;
use oncorules_report::explain::{self, Audience, Filter};
use oncorules_report::summary::{self, SummaryRow};
use oncorules_report::{TextOptions, markdown, text};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |i: usize, or: &str| arguments.get(i).cloned().unwrap_or_else(|| or.into());
    let path = argument(0, "");
    let (Ok(content), Ok(program)) =
        (std::fs::read_to_string(&path), Rulesets::built_in().load(&argument(1, "chemo-response")))
    else {
        eprintln!("usage: look CASE.yaml [RULESET] [text|patient|clinician|markdown|summary]");
        return ExitCode::from(2);
    };
    let (cases, _) = oncorules_formats::read_cases(&SourceFile::new(path, content));
    let (glossary, options, filter) =
        (program.glossary(), TextOptions::default(), Filter::default());
    let mut rows = vec![];
    for case in &cases {
        let report = program.evaluate(case, &Default::default());
        rows.extend(SummaryRow::from_report(&report));
        let explain = |to| explain::render(&report, &glossary, to, &filter, &options);
        match argument(2, "text").as_str() {
            "patient" => println!("{}", explain(Audience::Patient)),
            "clinician" => println!("{}", explain(Audience::Clinician)),
            "markdown" => println!("{}", markdown::render(&report)),
            "summary" => {}
            _ => println!("{}", text::render(&report, &options)),
        }
    }
    if argument(2, "text") == "summary" {
        println!("{}\n{}", summary::table(&rows, &options), summary::prompts(&rows, &options));
    }
    ExitCode::SUCCESS
}
