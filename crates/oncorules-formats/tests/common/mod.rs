//! Small studies written for a test, and a summary of what was read of them.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "each test file uses a part of these helpers"
)]

use oncorules_formats::{SdtmOptions, SdtmStudy, read_sdtm};
use oncorules_model::{Case, Measurement, Observation, Reported, SdtmMapping};
use oncorules_source::Diagnostics;
use std::fmt::Write;
use std::path::{Path, PathBuf};

pub(crate) fn examples(set: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/sdtm").join(set)
}

pub(crate) fn mapping(
    ruleset: &str,
    categories: &[&str],
    tests: &[(&str, &str)],
    codes: &[(&str, &str)],
    observations: &[(&str, &str)],
) -> SdtmMapping {
    let pairs =
        |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect();
    SdtmMapping {
        ruleset: ruleset.into(),
        categories: categories.iter().map(|c| (*c).into()).collect(),
        tests: pairs(tests),
        codes: pairs(codes),
        observations: pairs(observations),
    }
}

pub(crate) fn mappings() -> Vec<SdtmMapping> {
    vec![
        mapping(
            "recist-1.1",
            &["RECIST 1.1"],
            &[
                ("OVRLRESP", "overall_response"),
                ("TRGRESP", "target_response"),
                ("NEWLIND", "new_lesion"),
            ],
            &[("NON-CR/NON-PD", "non-CR/non-PD"), ("Y", "yes"), ("N", "no")],
            &[],
        ),
        mapping(
            "irecist",
            &["iRECIST"],
            &[
                ("OVRLRESP", "overall_response"),
                ("TRGRESP", "target_response"),
                ("NTRGRESP", "non_target_response"),
                ("NEWLIND", "new_lesion"),
            ],
            &[("NON-ICR/NON-IUPD", "non-iCR/non-iUPD"), ("Y", "yes"), ("N", "no")],
            &[],
        ),
        mapping(
            "gcig-ca125",
            &["CA125"],
            &[("OVRLRESP", "ca125_response")],
            &[],
            &[
                ("SUPPRS.CA125EFL", "ca125_evaluable"),
                ("SUPPRS.CANORM2X", "ca125_rise"),
                ("LB.CA125", "ca125"),
            ],
        ),
    ]
}

/// Writes `files` (name and text) into a folder and reads it for `evaluator`.
pub(crate) fn study(files: &[(&str, &str)], evaluator: &str) -> Result<SdtmStudy, Diagnostics> {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    read_dir(dir.path(), evaluator)
}

pub(crate) fn read_dir(dir: &Path, evaluator: &str) -> Result<SdtmStudy, Diagnostics> {
    let evaluator = (!evaluator.is_empty()).then(|| evaluator.parse().unwrap());
    read_sdtm(dir, &mappings(), &SdtmOptions { evaluator })
}

pub(crate) fn codes(case: &Case) -> Vec<&str> {
    case.source_notes.iter().map(|n| &*n.code).collect()
}

pub(crate) fn summary(study: &SdtmStudy) -> String {
    let mut out = String::new();
    writeln!(
        out,
        "evaluators: {}; chosen: {}",
        study.evaluators.join(" | "),
        study.chosen.join(" | ")
    )
    .unwrap();
    for note in &study.notes {
        writeln!(out, "study note {}: {}", note.code, note.message).unwrap();
    }
    for problem in &study.problems {
        let (file, line) = (problem.file.as_deref().unwrap_or("-"), problem.line.unwrap_or(0));
        writeln!(out, "problem {} {file}:{line}: {}", problem.code, problem.problem).unwrap();
    }
    for case in &study.cases {
        summarise(case, &mut out);
    }
    out
}

fn summarise(case: &Case, out: &mut String) {
    writeln!(
        out,
        "{}{}",
        case.case,
        case.evaluator.as_ref().map(|e| format!(" by {e}")).unwrap_or_default()
    )
    .unwrap();
    for line in &case.lines {
        let drugs: Vec<&str> = line.drugs.iter().map(|d| d.name()).collect();
        let day = |d: Option<oncorules_model::PartialDate>| {
            d.map(|d| d.to_string()).unwrap_or("?".into())
        };
        let cycles: Vec<String> = line.cycles.iter().map(|d| d.to_string()).collect();
        writeln!(
            out,
            "  line {} [{}] {} to {} cycles [{}]",
            line.regimen.as_deref().unwrap_or("?"),
            drugs.join(", "),
            day(line.started),
            day(line.ended),
            cycles.join(", ")
        )
        .unwrap();
    }
    for a in &case.assessments {
        write!(out, "  {} {}:", a.date, a.visit.as_deref().unwrap_or("-")).unwrap();
        for l in a.lesions.iter().flatten() {
            write!(out, " {}", l.id).unwrap();
            if let Some(role) = l.role {
                write!(out, " {}", role.word()).unwrap();
            }
            if let Some(site) = &l.site {
                write!(out, " `{site}`").unwrap();
            }
            if l.node == Some(true) {
                write!(out, " node").unwrap();
            }
            if let Some(m) = &l.longest_diameter {
                write!(out, " {}", length(m)).unwrap();
            }
            if let Some(m) = &l.short_axis {
                write!(out, " x{}", length(m)).unwrap();
            }
            if let Some(s) = l.status {
                write!(out, " {}", s.word()).unwrap();
            }
            if let Some(m) = &l.split_from {
                write!(out, " split from {m}").unwrap();
            }
            if let Some(m) = &l.merged_into {
                write!(out, " merged into {m}").unwrap();
            }
            write!(out, ";").unwrap();
        }
        for (name, value) in &a.observations {
            let value = match value {
                Observation::Flag(f) => f.to_string(),
                Observation::Text(t) => format!("`{t}`"),
                Observation::Quantity(q) => q.to_string(),
                Observation::Ranged(r) => format!(
                    "{} (up to {})",
                    r.value,
                    r.upper_limit.as_ref().map(|u| u.to_string()).unwrap_or_default()
                ),
            };
            write!(out, " {name}={value}").unwrap();
        }
        for (name, value) in &a.reported {
            match value {
                Reported::Code(code) => write!(out, " {name}: {code}").unwrap(),
                Reported::Ruleset(r) => {
                    let codes: Vec<String> = r.iter().map(|(d, c)| format!("{d}: {c}")).collect();
                    write!(out, " {name} {{{}}}", codes.join(", ")).unwrap();
                }
            }
        }
        writeln!(out).unwrap();
    }
    for e in &case.side_effects {
        writeln!(out, "  {} grade {} from {:?}", e.term, e.grade, e.from.map(|d| d.to_string()))
            .unwrap();
    }
    if let Some(died) = case.died {
        writeln!(out, "  died {died}").unwrap();
    }
    for note in &case.source_notes {
        writeln!(out, "  note {}: {}", note.code, note.message).unwrap();
    }
}

fn length(m: &Measurement) -> String {
    match m {
        Measurement::Length(q) => q.to_string(),
        Measurement::TooSmall => "too small".into(),
        Measurement::NotAssessed => "not assessed".into(),
    }
}
