//! Trial data (SDTM) into cases: a folder with TU, TR, RS, and where present DM, EX, LB, AE and
//! SUPPRS, each a CSV file.
//!
//! File names, column names and code lists are compared without regard to case. Every subject of
//! any of the domains gets a case, also one without assessments. Whenever one of the rules below
//! had to decide something, the case carries a note that says so ([`NOTE_CODES`] lists them all),
//! and the notes become findings of the report: nothing is dropped or guessed in silence.
//!
//! # The line of therapy
//! * It begins on DM.RFXSTDTC, else RFSTDTC (`line-start-from-reference-date`), else on the first
//!   EXSTDTC (`line-start-from-first-dose`), else nowhere (`no-line-start`).
//! * It ends on RFXENDTC, unless that lies before its start (`end-before-start`).
//! * Its regimen is ACTARM, else ARM; its drugs are the EXTRT, in lower case, without placebo.
//! * Cycles are those that VISIT, EPOCH or EXTPT of EX name (`CYCLE 2`); day 1 is the first
//!   EXSTDTC of that cycle. Continuous dosing makes no cycles.
//! * A subject in no treated arm, without dosing and without a start, has no line.
//!
//! # Assessments
//! * The rows of a subject are grouped by VISITNUM, else VISIT, else date. Rows that have only a
//!   date join the one visit of that day (`joined-by-date`).
//! * Unscheduled visits are assessments of their own (`unscheduled-visit`), told apart by number
//!   *and* name.
//! * The date is the first scan date (TRDTC), else RSDTC, else TUDTC, else LBDTC, else what another
//!   reader gives (`date-from-other-reader`). Several scan days: `visit-spans-dates`; another day
//!   for the response: `dates-differ`, for the laboratory: `lab-date-differs`. Rows without a date
//!   take that of their visit (`date-missing`).
//! * Partial dates stay partial, unless the visit has a full date within them
//!   (`partial-date-narrowed`). Times are cut off. Impossible dates (`impossible-date`) and dates
//!   in another form (`date-not-understood`) count as missing.
//! * A visit without any date is left out with a problem (`visit-without-date`,
//!   `row-without-visit`); two visits of one date remain two (`visits-share-date`).
//! * A visit of which nothing could be used makes no assessment (`empty-visit`).
//! * Assessments are in order of date, then of visit number (`visits-out-of-order`).
//!
//! # Several readers
//! * Without a choice: the only evaluator there is; of several the INVESTIGATOR (with a note of the
//!   study), else an error that lists them.
//! * An evaluator with several readers: the rows with the accepted flag. A domain without flags
//!   takes the reader accepted at that visit elsewhere; a visit without an accepted reading is
//!   noted (`visit-without-accepted-reader`), and so is a change of the accepted reader
//!   (`accepted-reader-changes`). No flags at all: an error that lists the readers.
//! * Rows that name no evaluator belong to every series (`rows-without-evaluator`).
//!
//! # Lesions
//! * The id is TRLNKID, else TRLINKID, else group and site. Role and site come from TU, else from
//!   TRGRPID and TRLOC, and stand at the lesion's first sight. If they change, the first is kept
//!   (`role-changed`, `site-changed`). A role that nobody gives is not guessed (`role-unknown`).
//! * LDIAM, LONGDIAM and DIAMETER are the longest diameter, LPERP, SAXIS and SHORTAX the short
//!   axis; DIAMETER of a node that has no short axis is taken as one
//!   (`node-diameter-as-short-axis`). TUMSTATE and LNSTATE are states. Other tests, sums among
//!   them, are counted (`tests-not-used`).
//! * The value is TRSTRESN, else TRORRES, else TRSTRESC. Without a unit it stays a bare number
//!   (`unit-missing`). `TOO SMALL TO MEASURE` is that, whatever number stands beside it; NOT DONE is
//!   not assessed. What is not understood counts as not assessed or not evaluable and is noted
//!   (`result-not-understood`, `state-not-understood`, `impossible-length`, `unit-not-a-length`).
//! * Rows that repeat a result: `duplicate-row`; that contradict one: `conflicting-rows`, the first
//!   by TRSEQ is taken.
//! * New lesions that TU identifies at a visit are unequivocal there, unless TU says EQUIVOCAL or
//!   TR gives a state.
//! * `T04.1` is split from `T04` (`lesion-split`); `T01/T02`, or a TUMERGE row whose result names a
//!   lesion, merges lesions (`lesion-merged`).
//!
//! # Responses and observations
//! * RS rows are reported responses of the ruleset that RSCAT means; without RSCAT, of the first
//!   ruleset that has the test, by the decision's name alone. Results become the ruleset's codes
//!   where it names them, else stay as written. Others are counted (`response-not-used`).
//! * Two codes for one decision at one visit: the accepted, else the first
//!   (`conflicting-responses`).
//! * LB rows and SUPPRS values become observations where a ruleset names them (`LB.CA125`,
//!   `SUPPRS.CA125EFL`); the others are counted (`lab-tests-not-used`, `supplement-not-used`).
//! * AE rows with a toxicity grade become side effects; a grade is not guessed (`grade-missing`).

mod dates;
mod domains;
mod evaluator;
mod lesions;
mod notes;
mod responses;
mod results;
mod rows;
mod subject;
mod table;
mod therapy;
mod visits;

pub use evaluator::{EvaluatorChoice, EvaluatorError};
pub use notes::NOTE_CODES;

use crate::validate::validate;
use evaluator::Evaluators;
use oncorules_model::{Case, Problem, SdtmMapping, SourceNote};
use oncorules_source::{Diagnostic, Diagnostics};
use responses::Mappings;
use rows::StudyRows;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The domains that are read.
const DOMAINS: [&str; 8] = ["dm", "ex", "ae", "tu", "tr", "rs", "lb", "supprs"];

/// How a study is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SdtmOptions {
    /// Whose readings are taken, where the study has several evaluators.
    pub evaluator: Option<EvaluatorChoice>,
}

/// A study as cases.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SdtmStudy {
    /// One case a subject (or, for all evaluators, one a subject and series), in the order of
    /// USUBJID.
    pub cases: Vec<Case>,
    /// What could not be used, with its file and line.
    pub problems: Vec<Problem>,
    /// Every evaluator that can be chosen.
    pub evaluators: Vec<String>,
    /// The evaluators whose readings were taken; empty where the study names none.
    pub chosen: Vec<String>,
    /// What concerns the study as a whole.
    pub notes: Vec<SourceNote>,
}

/// Reads the study in the folder `dir`.
///
/// # Errors
/// All that keeps the study from being read, in one go: no TR and no RS, a missing column (with
/// what was probably meant), a row with too many cells, text that is not UTF-8, an evaluator that
/// the study does not have (with those that it has).
///
/// ```no_run
/// use oncorules_formats::{SdtmOptions, read_sdtm};
/// let mut options = SdtmOptions::default();
/// options.evaluator = Some("INDEPENDENT ASSESSOR".parse().unwrap());
/// let study = read_sdtm("examples/sdtm/recist-1.1".as_ref(), &[], &options).unwrap();
/// println!("{} cases", study.cases.len());
/// ```
pub fn read_sdtm(
    dir: &Path,
    mappings: &[SdtmMapping],
    options: &SdtmOptions,
) -> Result<SdtmStudy, Diagnostics> {
    let (files, not_read) = files_of(dir)?;
    let mut wrong = Diagnostics::new();
    let mut rows = StudyRows::default();
    for (domain, (path, file)) in &files {
        rows.read(domain, path, file, &mut wrong);
    }
    if wrong.has_errors() {
        return Err(wrong);
    }
    let evaluators = Evaluators::of(&rows);
    let (series, by_default) = evaluators.choose(options.evaluator.as_ref())?;
    let mappings = Mappings::new(mappings);
    let study =
        subject::Study { mappings: &mappings, evaluators: &evaluators, has_dm: rows.has_dm };

    let mut problems = std::mem::take(&mut rows.problems);
    let mut cases = vec![];
    for (id, rows) in &rows.subjects {
        // For one series every subject has a case; for all, every series that read the subject.
        let mut read: Vec<_> =
            series.iter().filter(|s| series.len() == 1 || subject::has_readings(rows, s)).collect();
        if read.is_empty() {
            read.extend(series.first());
        }
        for series in read {
            let case = subject::case_of(id, rows, series, &study, &mut problems);
            match validate(&case).as_slice() {
                [] => cases.push(case),
                violations => problems.extend(violations.iter().map(|v| Problem {
                    case: Some(id.clone()),
                    code: v.code.into(),
                    problem: v.to_string().into(),
                    file: Some(dir.display().to_string().into()),
                    line: None,
                    column: None,
                    help: v.help.as_deref().map(Into::into),
                })),
            }
        }
    }
    let chosen: Vec<String> =
        series.iter().filter_map(|s| Some(s.name.as_ref()?.to_string())).collect();
    let mut notes = vec![];
    if by_default {
        let names = evaluators.names().join("`, `");
        notes.push(study_note(
            "evaluator-by-default",
            format!("the readings of {} were taken; this study has `{names}`", chosen.join(", ")),
        ));
    }
    if !not_read.is_empty() {
        notes.push(study_note(
            "domain-not-read",
            format!("files of domains that are not used were not read: {}", not_read.join(", ")),
        ));
    }
    Ok(SdtmStudy { cases, problems, evaluators: evaluators.names(), chosen, notes })
}

fn study_note(code: &str, message: String) -> SourceNote {
    SourceNote { code: code.into(), message, date: None }
}

type Files = BTreeMap<&'static str, (PathBuf, String)>;

/// The files of the domains that are read, and the names of the other CSV files.
fn files_of(dir: &Path) -> Result<(Files, Vec<String>), Diagnostics> {
    let shown = dir.display();
    let listing = std::fs::read_dir(dir).map_err(|error| {
        Diagnostic::error("unreadable-folder", format!("`{shown}` cannot be read: {error}"))
            .help("give the folder that holds the CSV files, one a domain (tr.csv, rs.csv …)")
    })?;
    let mut names: Vec<(String, PathBuf)> = listing
        .filter_map(Result::ok)
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()))
        .collect();
    names.sort();
    let mut files = Files::new();
    let mut others = vec![];
    let mut transport = false;
    for (name, path) in names {
        let lower = name.to_ascii_lowercase();
        transport |= lower.ends_with(".xpt") || lower.ends_with(".sas7bdat");
        let Some(stem) = lower.strip_suffix(".csv") else { continue };
        let Some(domain) = DOMAINS.into_iter().find(|d| *d == stem) else {
            others.push(name);
            continue;
        };
        if let Some((_, first)) = files.insert(domain, (path, name.clone())) {
            let message = format!("`{first}` and `{name}` are the same domain");
            return Err(Diagnostic::error("duplicate-domain", message)
                .help("keep one of them")
                .into());
        }
    }
    if !files.contains_key("tr") && !files.contains_key("rs") {
        let help = if transport {
            "SAS files are not read: convert them to CSV, one file a domain".to_string()
        } else if others.is_empty() {
            "the folder holds no CSV file at all".to_string()
        } else {
            format!("it holds {}", others.iter().take(12).cloned().collect::<Vec<_>>().join(", "))
        };
        let message = format!("`{shown}` holds neither tr.csv nor rs.csv");
        return Err(Diagnostic::error("no-data", message).help(help).into());
    }
    Ok((files, others))
}
