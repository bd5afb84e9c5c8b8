//! The rows of the domains that are read, by subject.

use super::table::Words;
use oncorules_model::{Number, Problem};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Where a row stands.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) file: Arc<str>,
    pub(super) line: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} line {}", self.file, self.line)
    }
}

/// What every row of an observation has: where it stands, who said it, when.
pub(super) struct Observed {
    pub(super) place: Place,
    /// xxSEQ, which orders the rows of a subject.
    pub(super) sequence: Option<Number>,
    /// xxEVAL in capitals; empty where it is not said.
    pub(super) evaluator: Arc<str>,
    /// xxEVALID in capitals; empty where it is not said.
    pub(super) reader: Arc<str>,
    /// xxACPTFL is Y.
    pub(super) accepted: bool,
    /// VISITNUM.
    pub(super) number: Option<Number>,
    /// VISIT.
    pub(super) visit: Arc<str>,
    /// xxDTC.
    pub(super) date: Arc<str>,
}

impl Observed {
    /// The order of a subject's rows: by sequence number, then by place in the file.
    pub(super) fn order(&self) -> (bool, Option<Number>, u64) {
        (self.sequence.is_none(), self.sequence, self.place.line)
    }
}

/// A row of TR: a result of a lesion.
pub(super) struct TrRow {
    pub(super) at: Observed,
    pub(super) lesion: Arc<str>,
    pub(super) group: Arc<str>,
    pub(super) test: Arc<str>,
    pub(super) original: Arc<str>,
    pub(super) original_unit: Arc<str>,
    pub(super) standard: Arc<str>,
    pub(super) number: Arc<str>,
    pub(super) unit: Arc<str>,
    pub(super) status: Arc<str>,
    pub(super) site: Arc<str>,
    pub(super) method: Arc<str>,
}

/// A row of TU: a lesion identified.
pub(super) struct TuRow {
    pub(super) at: Observed,
    pub(super) lesion: Arc<str>,
    pub(super) test: Arc<str>,
    pub(super) said: Arc<str>,
    pub(super) site: Arc<str>,
    pub(super) method: Arc<str>,
}

/// A row of RS: a reported response.
pub(super) struct RsRow {
    pub(super) at: Observed,
    pub(super) test: Arc<str>,
    pub(super) category: Arc<str>,
    pub(super) result: Arc<str>,
    pub(super) status: Arc<str>,
}

/// A row of LB: a laboratory result.
pub(super) struct LbRow {
    pub(super) at: Observed,
    pub(super) test: Arc<str>,
    pub(super) result: Arc<str>,
    pub(super) number: Arc<str>,
    pub(super) unit: Arc<str>,
    pub(super) upper: Arc<str>,
    pub(super) lower: Arc<str>,
}

/// A row of SUPPRS: a further value of a row of RS.
pub(super) struct SuppRow {
    pub(super) place: Place,
    pub(super) variable: Arc<str>,
    pub(super) value: Arc<str>,
    pub(super) name: Arc<str>,
    pub(super) said: Arc<str>,
}

/// A row of EX: a dose, or a stretch of dosing.
pub(super) struct ExRow {
    pub(super) place: Place,
    pub(super) treatment: Arc<str>,
    pub(super) start: Arc<str>,
    /// VISIT, EPOCH and EXTPT, one of which may name the cycle.
    pub(super) when: [Arc<str>; 3],
}

/// A row of AE: a side effect.
pub(super) struct AeRow {
    pub(super) place: Place,
    pub(super) term: Arc<str>,
    pub(super) grade: Arc<str>,
    pub(super) from: Arc<str>,
    pub(super) to: Arc<str>,
}

/// A row of DM: a subject.
pub(super) struct DmRow {
    pub(super) place: Place,
    pub(super) first_treatment: Arc<str>,
    pub(super) reference_start: Arc<str>,
    pub(super) last_treatment: Arc<str>,
    pub(super) arm: Arc<str>,
    pub(super) death: Arc<str>,
}

/// All rows of one subject, in the order of the files.
#[derive(Default)]
pub(super) struct SubjectRows {
    pub(super) dm: Vec<DmRow>,
    pub(super) ex: Vec<ExRow>,
    pub(super) ae: Vec<AeRow>,
    pub(super) tu: Vec<TuRow>,
    pub(super) tr: Vec<TrRow>,
    pub(super) rs: Vec<RsRow>,
    pub(super) lb: Vec<LbRow>,
    pub(super) supp: Vec<SuppRow>,
}

/// All rows of a study.
#[derive(Default)]
pub(super) struct StudyRows {
    pub(super) subjects: BTreeMap<Arc<str>, SubjectRows>,
    pub(super) has_dm: bool,
    pub(super) problems: Vec<Problem>,
    pub(super) words: Words,
}
