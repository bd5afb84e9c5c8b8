//! The rules by which SDTM data is read, each on a study of a few rows.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

mod common;

use common::{codes, study, summary};

const TR: &str = "USUBJID,TRLNKID,TRGRPID,TRTESTCD,TRORRES,TRORRESU,TRSTRESC,TRSTRESN,TRSTRESU,TRSTAT,VISITNUM,VISIT,TREVAL,TREVALID,TRACPTFL,TRDTC,TRSEQ\n";

/// Rows of TR as `link group test original unit number visitnum visit date`, for one subject.
fn tr(rows: &[&str]) -> String {
    let mut text = TR.to_string();
    for (index, row) in rows.iter().enumerate() {
        let c: Vec<&str> = row.split('|').map(str::trim).collect();
        text.push_str(
            &format!(
                "S-1,{},{},{},{},{},{},{},{},{},{},{},,,,{},{}\n",
                c[0],
                c[1],
                c[2],
                c[3],
                c[4],
                c[3],
                c[5],
                c[4],
                if c[3] == "-" { "NOT DONE" } else { "" },
                c[6],
                c[7],
                c[8],
                index + 1
            )
            .replace(",-,", ",,")
            .replace(",-,", ",,"),
        );
    }
    text
}

#[test]
fn results_that_are_no_plain_lengths() {
    let text = tr(&[
        "T1|TARGET|LDIAM|TOO SMALL TO MEASURE|mm|5|1|BASE|2024-01-01",
        "T2|TARGET|LDIAM|-|mm||1|BASE|2024-01-01",
        "T3|TARGET|LDIAM|21|||1|BASE|2024-01-01",
        "T4|TARGET|LDIAM|2.1|CM||1|BASE|2024-01-01",
        "T5|TARGET|LDIAM|-4|mm|-4|1|BASE|2024-01-01",
        "T6|TARGET|LDIAM|1000000000000|mm|1000000000000|1|BASE|2024-01-01",
        "T7|TARGET|LDIAM|NaN|mm|NaN|1|BASE|2024-01-01",
        "T8|TARGET|LDIAM|huge|mm||1|BASE|2024-01-01",
        "T9|TARGET|LDIAM|3|inch|3|1|BASE|2024-01-01",
        "T10|TARGET|LDIAM|NOT EVALUABLE|||1|BASE|2024-01-01",
        "T11|TARGET|LDIAM|2.5 cm|||1|BASE|2024-01-01",
        "T12|TARGET NODAL|DIAMETER|14|mm|14|1|BASE|2024-01-01",
        "NT1|NON-TARGET|TUMSTATE|UNEQUIVOCAL PROGRESSION|||1|BASE|2024-01-01",
        "NT2|NON-TARGET|TUMSTATE|WORSE|||1|BASE|2024-01-01",
        "X1|A1|LDIAM|7|mm|7|1|BASE|2024-01-01",
        "|TARGET|SUMDIAM|99|mm|99|1|BASE|2024-01-01",
        "||LDIAM|99|mm|99|1|BASE|2024-01-01",
    ]);
    insta::assert_snapshot!(summary(&study(&[("TR.csv", &text)], "").unwrap()));
}

#[test]
fn visits_and_their_dates() {
    let text = tr(&[
        "T1|TARGET|LDIAM|30|mm|30|3|WEEK 6|2024-02-15",
        "T1|TARGET|LDIAM|31|mm|31|1|SCREENING|2024-01-02T10:30",
        "T2|TARGET|LDIAM|11|mm|11|1|SCREENING|2024-01-05",
        "T1|TARGET|LDIAM|29|mm|29|2.1|UNSCHEDULED 2.1|2024-03-01",
        "T1|TARGET|LDIAM|28|mm|28|4|WEEK 9|2024-02-30",
        "T2|TARGET|LDIAM|10|mm|10|4|WEEK 9|2024-03",
        "T3|TARGET|LDIAM|10|mm|10|4|Week 9 (CT)|2024-03-09",
        "T1|TARGET|LDIAM|27|mm|27|5|WEEK 12|",
        "T1|TARGET|LDIAM|26|mm|26|6|WEEK 15|04APR2024",
        "T1|TARGET|LDIAM|25|mm|25||WEEK 18|2024-05-01",
        "T1|TARGET|LDIAM|25|mm|25||WEEK 18|2024-05-01",
        "T1|TARGET|LDIAM|24|mm|24||WEEK 18|2024-05-01",
        "T1|TARGET|LDIAM|23|mm|23|||2024-06-UN",
        "T1|TARGET|LDIAM|22|mm|22|||",
        "T1|TARGET|LDIAM|21|mm|21|9|WEEK 24|2024-05-01",
    ]);
    let rs = "USUBJID,RSTESTCD,RSCAT,RSSTRESC,RSDTC,VISITNUM,VISIT,RSSEQ\n\
        S-1,OVRLRESP,RECIST 1.1,SD,2024-02-16,3,WEEK 6,1\n\
        S-1,OVRLRESP,recist 1.1,PR,2024-03-28,5,WEEK 12,2\n\
        S-1,OVRLRESP,RECIST 1.1,NON-CR/NON-PD,,9,WEEK 24,3\n\
        S-1,OVRLRESP,RECIST 1.1,PD,,9,WEEK 24,4\n\
        S-1,TRGRESP,RECIST 1.1,,,9,WEEK 24,5\n\
        S-1,OVRLRESP,Cheson,PD,2024-08-01,11,WEEK 30,6\n\
        S-2,OVRLRESP,RECIST 1.1,PD,2024-08-01,11,WEEK 30,1\n";
    insta::assert_snapshot!(summary(&study(&[("tr.csv", &text), ("rs.csv", rs)], "").unwrap()));
}

#[test]
fn lesions_that_move_split_merge_and_appear() {
    let tu = "USUBJID,TULNKID,TUTESTCD,TUSTRESC,TULOC,VISITNUM,VISIT,TUDTC,TUSEQ\n\
        S-1,T1,TUMIDENT,TARGET,LIVER,1,BASE,2024-01-01,1\n\
        S-1,T1,TUMIDENT,TARGET,LUNG,2,WEEK 6,2024-02-12,2\n\
        S-1,T2,TUMIDENT,TARGET,LYMPH NODE,1,BASE,2024-01-01,3\n\
        S-1,T2,TUMIDENT,NON-TARGET,LYMPH NODE,2,WEEK 6,2024-02-12,4\n\
        S-1,T3,TUMIDENT,TARGET,SPLEEN,1,BASE,2024-01-01,5\n\
        S-1,T4,TUMIDENT,TARGET,SPLEEN,1,BASE,2024-01-01,6\n\
        S-1,T9,TUMIDENT,TARGET,SPLEEN,1,BASE,2024-01-01,7\n\
        S-1,N1,TUMIDENT,NEW,BONE,2,WEEK 6,2024-02-12,8\n\
        S-1,,TUMIDENT,NEW,BRAIN,3,WEEK 12,2024-03-25,9\n\
        S-1,N3,TUMIDENT,NEW - EQUIVOCAL,SKIN,3,WEEK 12,2024-03-25,10\n\
        S-1,T4,TUMERGE,T3,SPLEEN,3,WEEK 12,2024-03-25,11\n";
    let text = tr(&[
        "T1|TARGET|LDIAM|31|mm|31|1|BASE|2024-01-01",
        "T2|TARGET|DIAMETER|16|mm|16|1|BASE|2024-01-01",
        "T3|TARGET|LDIAM|31|mm|31|1|BASE|2024-01-01",
        "T4|TARGET|LDIAM|31|mm|31|1|BASE|2024-01-01",
        "T1.1|TARGET|LDIAM|11|mm|11|2|WEEK 6|2024-02-12",
        "T1.2|TARGET|LDIAM|12|mm|12|2|WEEK 6|2024-02-12",
        "T3|TARGET|LDIAM|55|mm|55|3|WEEK 12|2024-03-25",
        "T1.1/T1.2|TARGET|LDIAM|33|mm|33|3|WEEK 12|2024-03-25",
        "N1|NEW|TUMSTATE|PRESENT|||3|WEEK 12|2024-03-25",
    ]);
    insta::assert_snapshot!(summary(&study(&[("tr.csv", &text), ("tu.csv", tu)], "").unwrap()));
}

#[test]
fn therapy_side_effects_laboratory_and_supplements() {
    let dm = "USUBJID,RFSTDTC,RFXSTDTC,RFXENDTC,ARM,ACTARM,DTHDTC\n\
        A,2024-01-02,2024-01-03,2024-06-01,Drug X,Drug Y,2024-09\n\
        B,2024-01-02,,2023-12-01,Drug X,,\n\
        C,,,,Screen Failure,,\n\
        D,,2024-13-01,,Drug X,,\n\
        D,,2024-01-01,,Drug X,,\n";
    let ex = "USUBJID,EXTRT,EXSTDTC,VISIT\n\
        A,CARBOPLATIN,2024-01-24,Cycle 2 Day 1\n\
        A,PLACEBO,2024-01-03,Cycle 1 Day 1\n\
        A,CARBOPLATIN,2024-01-10,Cycle 1 Day 8\n\
        A,PACLITAXEL,2024-01-03,Cycle 1 Day 1\n\
        D,ERLOTINIB,2024-02-01,WEEK 2\n\
        E,ERLOTINIB,2024-02-01,WEEK 2\n";
    let ae = "USUBJID,AEDECOD,AETERM,AETOXGR,AESTDTC,AEENDTC\n\
        A,NEUTROPENIA,neutrop.,3,2024-02-01,2024-01-10\n\
        A,RASH,rash,,2024-02-01,\n\
        A,,fatigue,GRADE 2,2024-02,\n\
        A,RASH,rash,9,2024-02-01,\n";
    let rs = "USUBJID,RSTESTCD,RSCAT,RSSTRESC,RSDTC,VISITNUM,RSSEQ\n\
        A,OVRLRESP,CA125,PR,2024-03-01,3,7\n";
    let supp = "USUBJID,IDVAR,IDVARVAL,QNAM,QVAL\n\
        A,RSSEQ,7,CA125EFL,Y\nA,RSSEQ,7.0,CANORM2X,twice\nA,RSSEQ,8,CA125EFL,N\nA,RSSEQ,7,OTHER,Y\n";
    let lb = "USUBJID,LBTESTCD,LBSTRESC,LBSTRESN,LBSTRESU,LBSTNRHI,LBSTNRLO,LBDTC,VISITNUM,LBSEQ\n\
        A,CA125,40,40,U/mL,35,0,2024-02-28,3,1\n\
        A,CA125,<5,,U/mL,35,x,2024-01-01,1,2\n\
        A,ALT,40,40,U/L,35,0,2024-02-28,3,3\n";
    let files = [
        ("DM.CSV", dm),
        ("ex.csv", ex),
        ("ae.csv", ae),
        ("rs.csv", rs),
        ("suppRS.csv", supp),
        ("lb.csv", lb),
    ];
    insta::assert_snapshot!(summary(&study(&files, "").unwrap()));
}

#[test]
fn readers_without_accepted_readings() {
    let head = "USUBJID,RSTESTCD,RSSTRESC,RSEVAL,RSEVALID,RSACPTFL,RSDTC,VISITNUM,VISIT\n";
    let row = |reader: &str, flag: &str, visit: u8, code: &str| {
        format!(
            "A,OVRLRESP,{code},INDEPENDENT ASSESSOR,{reader},{flag},2024-0{visit}-01,{visit},V{visit}\n"
        )
    };
    let none = [head, &row("R1", "", 1, "PR"), &row("R2", "", 1, "SD")].concat();
    let wrong = study(&[("rs.csv", &none)], "").unwrap_err();
    assert_eq!(wrong.0[0].code, "several-readers");
    assert!(wrong.0[0].help.as_deref().unwrap().contains("INDEPENDENT ASSESSOR: R1"));
    assert_eq!(study(&[("rs.csv", &none)], "all").unwrap().cases.len(), 2);

    let some =
        [head, &row("R1", "", 1, "PR"), &row("R2", "Y", 1, "SD"), &row("R1", "", 2, "PD")].concat();
    let read = study(&[("rs.csv", &some)], "").unwrap();
    assert_eq!(read.cases[0].assessments.len(), 1);
    assert!(codes(&read.cases[0]).contains(&"visit-without-accepted-reader"));

    let two = some.clone()
        + "A,OVRLRESP,PR,ADJUDICATOR,,,2024-01-01,1,V1\nA,OVRLRESP,PR,,,,2024-03-01,3,V3\n";
    let wrong = study(&[("rs.csv", &two)], "").unwrap_err();
    assert_eq!(wrong.0[0].code, "several-evaluators");
    let read = study(&[("rs.csv", &two)], "adjudicator").unwrap();
    assert_eq!(read.cases[0].assessments.len(), 2);
    assert!(codes(&read.cases[0]).contains(&"rows-without-evaluator"));
}

#[test]
fn what_cannot_be_read_is_said_clearly() {
    let ok = tr(&["T1|TARGET|LDIAM|30|mm|30|3|WEEK 6|2024-02-15"]);
    let said = |files: &[(&str, &str)]| -> Vec<String> {
        study(files, "")
            .unwrap_err()
            .iter()
            .map(|d| format!("{}: {} [{}]", d.code, d.message, d.help.as_deref().unwrap_or("")))
            .collect()
    };
    insta::assert_debug_snapshot!([
        said(&[("tr.csv", "")]),
        said(&[("tr.csv", "USUBJID,TRTESTCOD,TRLNKID,TRSTRESN\n")]),
        said(&[("tr.csv", "USUBJID,USUBJID\n")]),
        said(&[("tr.csv", &format!("{ok}S-1,T1\nS-1,T1,T1\n"))]),
        said(&[("tr.csv", &ok), ("TR.csv", &ok)]),
        study(&[("ds.csv", "A\n1\n")], "")
            .unwrap_err()
            .iter()
            .map(|d| format!("{} {:?}", d.code, d.help))
            .collect(),
        study(&[("tr.xpt", "")], "")
            .unwrap_err()
            .iter()
            .map(|d| format!("{} {:?}", d.code, d.help))
            .collect(),
    ]);
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(
        dir.path().join("tr.csv"),
        [ok.as_bytes(), b"S-1,l\xE9sion,,,,,,,,,,,,,,,\n"].concat(),
    )
    .unwrap();
    let wrong = common::read_dir(dir.path(), "").unwrap_err();
    assert_eq!((wrong.0[0].code, wrong.0[0].message.contains("line 3")), ("not-utf8", true));
    // No rows at all is legal, and so is a subject without an id: its rows are a problem.
    assert!(study(&[("tr.csv", TR)], "").unwrap().cases.is_empty());
    let nobody = study(&[("tr.csv", &ok.replace("S-1", ""))], "").unwrap();
    assert_eq!(&*nobody.problems[0].code, "row-without-subject");
}

#[test]
fn random_cells_never_panic() {
    let cells = [
        "",
        "T1",
        "-1",
        "1e99",
        "NaN",
        "2024-02-30",
        "2024---1",
        "\u{feff}x",
        "Y",
        "NEW",
        "a/b",
        "T1.1",
        "T1/T1.1",
        "999999999999999999",
        "CYCLE 99999999999",
        "é",
    ];
    let mut seed = 1u64;
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        cells[usize::try_from(seed >> 40).unwrap() % cells.len()]
    };
    let heads = [
        (
            "tr.csv",
            "USUBJID,TRLNKID,TRGRPID,TRTESTCD,TRORRES,TRORRESU,TRSTRESN,TRSTAT,VISITNUM,VISIT,TRDTC,TRSEQ,TRLOC",
        ),
        ("tu.csv", "USUBJID,TULNKID,TUTESTCD,TUSTRESC,TULOC,VISITNUM,VISIT,TUDTC,TUSEQ"),
        ("rs.csv", "USUBJID,RSTESTCD,RSCAT,RSSTRESC,RSDTC,VISITNUM,VISIT,RSSEQ"),
        ("ex.csv", "USUBJID,EXTRT,EXSTDTC,VISIT,EPOCH"),
        ("ae.csv", "USUBJID,AEDECOD,AETOXGR,AESTDTC,AEENDTC"),
        ("dm.csv", "USUBJID,RFSTDTC,RFXSTDTC,RFXENDTC,ARM,DTHDTC"),
        ("lb.csv", "USUBJID,LBTESTCD,LBSTRESN,LBSTRESC,LBSTNRHI,LBDTC,VISITNUM"),
    ];
    for _ in 0..40 {
        let files: Vec<(&str, String)> = heads
            .iter()
            .map(|(name, head)| {
                let mut text = format!("{head}\n");
                for _ in 0..30 {
                    let row: Vec<&str> = head
                        .split(',')
                        .map(|h| match h {
                            "TRTESTCD" => {
                                ["LDIAM", "LPERP", "TUMSTATE", "DIAMETER"][next().len() % 4]
                            }
                            _ => next(),
                        })
                        .collect();
                    text.push_str(&row.join(","));
                    text.push('\n');
                }
                (*name, text)
            })
            .collect();
        let files: Vec<(&str, &str)> = files.iter().map(|(n, t)| (*n, t.as_str())).collect();
        let read = study(&files, "").unwrap();
        assert!(
            read.problems.iter().all(|p| !p.problem.contains("lesions[")),
            "{:?}",
            read.problems
        );
    }
}

#[test]
fn every_note_of_the_code_is_listed_and_documented() {
    let listed: Vec<&str> = oncorules_formats::sdtm::NOTE_CODES.iter().map(|(c, _)| *c).collect();
    assert!(listed.is_sorted(), "{listed:?}");
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sdtm");
    let mut code = String::new();
    for entry in std::fs::read_dir(&dir).unwrap() {
        code += &std::fs::read_to_string(entry.unwrap().path()).unwrap();
    }
    let used = code.split("notes.add").skip(1).filter_map(|t| {
        let rest = t.split_once('(')?.1.trim_start().strip_prefix('"')?;
        Some(rest.split('"').next().unwrap())
    });
    for code in used {
        assert!(listed.contains(&code), "`{code}` is not listed");
    }
}
