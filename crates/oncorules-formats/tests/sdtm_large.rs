//! A larger set with much disorder: read in seconds, with nothing lost.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

mod common;

use common::read_dir;
use oncorules_model::Measurement;
use std::fmt::Write;
use std::time::Instant;

const SUBJECTS: usize = 254;
const READERS: [(&str, &str); 3] = [
    ("INVESTIGATOR", ""),
    ("INDEPENDENT ASSESSOR", "RADIOLOGIST 1"),
    ("INDEPENDENT ASSESSOR", "RADIOLOGIST 2"),
];
const SITES: [&str; 4] = ["LIVER", "LUNG", "LYMPH NODE", "BONE"];

/// A small generator of numbers, the same on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}

struct Written {
    tr_rows: usize,
    axes: usize,
    states: usize,
    responses: usize,
}

fn write_study(dir: &std::path::Path) -> Written {
    let mut dice = Dice(7);
    let (mut tr, mut tu, mut rs) = (vec![], vec![], vec![]);
    let mut dm = "USUBJID,RFXSTDTC,RFXENDTC,ACTARM\n".to_string();
    let mut written = Written { tr_rows: 0, axes: 0, states: 0, responses: 0 };
    for subject in 0..SUBJECTS {
        writeln!(dm, "S-{subject:03},2014-01-02,2014-12-01,Drug").unwrap();
        for (evaluator, reader) in READERS {
            let mut sequence = 0;
            for visit in 1..=9 {
                // Dates run against the visit numbers now and then; some are partial.
                let month = if dice.below(20) == 0 { 13 - visit } else { visit };
                let date = match dice.below(15) {
                    0 => format!("2014-{month:02}"),
                    _ => format!("2014-{month:02}-{:02}", 1 + dice.below(28)),
                };
                let flag =
                    if reader.ends_with(['1', '2']) && (visit % 2 == 1) == reader.ends_with('1') {
                        "Y"
                    } else {
                        ""
                    };
                let tail = format!("{visit}.0,VISIT {visit},{evaluator},{reader},{flag},{date}");
                for lesion in 1..=4 {
                    for test in ["LDIAM", "LPERP"] {
                        sequence += 1;
                        let size = 5 + dice.below(90);
                        tr.push(format!("S-{subject:03},TARGET,T{lesion:02},{test},{size},mm,{size},mm,{tail},{sequence}"));
                        written.axes += 1;
                    }
                }
                sequence += 1;
                tr.push(format!(
                    "S-{subject:03},NON-TARGET,NT01,TUMSTATE,PRESENT,,,,{tail},{sequence}"
                ));
                written.states += 1;
                rs.push(format!("S-{subject:03},OVRLRESP,SD,{tail},{sequence}"));
                written.responses += 1;
                for lesion in 1..=4 {
                    // Lesions change organ between visits.
                    let site = SITES[dice.below(SITES.len())];
                    if visit == 1 || dice.below(10) == 0 {
                        tu.push(format!(
                            "S-{subject:03},T{lesion:02},TUMIDENT,TARGET,{site},{tail},{sequence}"
                        ));
                    }
                }
            }
        }
    }
    written.tr_rows = tr.len();
    for (name, head, mut rows) in [
        (
            "tr.csv",
            "USUBJID,TRGRPID,TRLNKID,TRTESTCD,TRORRES,TRORRESU,TRSTRESN,TRSTRESU,VISITNUM,VISIT,TREVAL,TREVALID,TRACPTFL,TRDTC,TRSEQ",
            tr,
        ),
        (
            "tu.csv",
            "USUBJID,TULNKID,TUTESTCD,TUSTRESC,TULOC,VISITNUM,VISIT,TUEVAL,TUEVALID,TUACPTFL,TUDTC,TUSEQ",
            tu,
        ),
        (
            "rs.csv",
            "USUBJID,RSTESTCD,RSSTRESC,VISITNUM,VISIT,RSEVAL,RSEVALID,RSACPTFL,RSDTC,RSSEQ",
            rs,
        ),
    ] {
        dice.shuffle(&mut rows);
        std::fs::write(dir.join(name), format!("{head}\n{}\n", rows.join("\n"))).unwrap();
    }
    std::fs::write(dir.join("dm.csv"), dm).unwrap();
    written
}

#[test]
fn nothing_is_lost_and_order_does_not_matter() {
    let dir = tempfile::tempdir().unwrap();
    let written = write_study(dir.path());
    assert!(written.tr_rows > 56_000, "{}", written.tr_rows);
    let begun = Instant::now();
    let study = read_dir(dir.path(), "all").unwrap();
    println!("{} rows of TR in {:?}", written.tr_rows, begun.elapsed());
    assert!(begun.elapsed().as_secs() < 20);
    assert_eq!(study.cases.len(), SUBJECTS * READERS.len());
    assert!(study.problems.is_empty(), "{:?}", study.problems.first());
    let assessments: Vec<_> = study.cases.iter().flat_map(|c| &c.assessments).collect();
    assert_eq!(assessments.len(), SUBJECTS * READERS.len() * 9);
    let lesions: Vec<_> = assessments.iter().flat_map(|a| a.lesions.iter().flatten()).collect();
    let axes = lesions.iter().flat_map(|l| [&l.longest_diameter, &l.short_axis]).flatten();
    assert_eq!(axes.filter(|m| matches!(m, Measurement::Length(_))).count(), written.axes);
    assert_eq!(lesions.iter().filter(|l| l.status.is_some()).count(), written.states);
    assert_eq!(assessments.iter().filter(|a| !a.reported.is_empty()).count(), written.responses);
    for case in &study.cases {
        let days: Vec<i32> = case.assessments.iter().map(|a| a.date.earliest()).collect();
        assert!(days.is_sorted());
        // Role and site stand at the first sight of each of the five lesions, and only there.
        let roles = case
            .assessments
            .iter()
            .flat_map(|a| a.lesions.iter().flatten())
            .filter(|l| l.role.is_some());
        assert_eq!(roles.count(), 5);
    }
    assert!(study.cases.iter().any(|c| c.source_notes.iter().any(|n| &*n.code == "site-changed")));

    // The same evaluator alone, and the accepted readings, which alternate between the readers.
    let one = read_dir(dir.path(), "").unwrap();
    assert_eq!(one.chosen, ["INVESTIGATOR"]);
    let accepted = read_dir(dir.path(), "independent assessor").unwrap();
    let assessments: usize = accepted.cases.iter().map(|c| c.assessments.len()).sum();
    assert_eq!(assessments, SUBJECTS * 9);
    let changes = |n: &oncorules_model::SourceNote| &*n.code == "accepted-reader-changes";
    assert!(accepted.cases.iter().all(|c| c.source_notes.iter().any(changes)));

    // Sorting the files changes nothing but the line numbers in notes.
    for name in ["tr.csv", "tu.csv", "rs.csv"] {
        let text = std::fs::read_to_string(dir.path().join(name)).unwrap();
        let (head, rows) = text.split_once('\n').unwrap();
        let mut rows: Vec<&str> = rows.lines().collect();
        rows.sort_unstable();
        std::fs::write(dir.path().join(name), format!("{head}\n{}\n", rows.join("\n"))).unwrap();
    }
    let mut sorted = read_dir(dir.path(), "all").unwrap();
    let mut study = study;
    for case in sorted.cases.iter_mut().chain(&mut study.cases) {
        case.source_notes.clear();
    }
    assert_eq!(sorted.cases, study.cases);
}
