//! Which evaluator's readings are taken, where a study has several.

use super::rows::{Observed, StudyRows};
use super::table::capitals;
use oncorules_source::{Diagnostic, did_you_mean, one_of};
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::sync::Arc;
use thiserror::Error;

/// Whose readings are taken.
///
/// ```
/// use oncorules_formats::EvaluatorChoice;
/// assert_eq!("ALL".parse(), Ok(EvaluatorChoice::All));
/// let one: EvaluatorChoice = "independent assessor: radiologist 1".parse().unwrap();
/// assert_eq!(one, EvaluatorChoice::Named("INDEPENDENT ASSESSOR: RADIOLOGIST 1".into()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EvaluatorChoice {
    /// Every series of readings, each as a case of its own.
    All,
    /// One evaluator (`INVESTIGATOR`; `INDEPENDENT ASSESSOR`, whose accepted readings are taken),
    /// or one reader of an evaluator (`INDEPENDENT ASSESSOR: RADIOLOGIST 1`, or with `/`).
    Named(String),
}

/// Why a text names no evaluator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "an evaluator is named as in the data (`INVESTIGATOR`, `INDEPENDENT ASSESSOR:RADIOLOGIST 1`), or `all`"
)]
pub struct EvaluatorError;

impl FromStr for EvaluatorChoice {
    type Err = EvaluatorError;

    fn from_str(text: &str) -> Result<Self, EvaluatorError> {
        let text = capitals(text);
        match text.as_str() {
            "" => Err(EvaluatorError),
            "ALL" => Ok(EvaluatorChoice::All),
            _ => Ok(EvaluatorChoice::Named(text)),
        }
    }
}

/// One series of readings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Series {
    /// The name that the case bears; none where the study names no evaluator.
    pub(super) name: Option<Arc<str>>,
    evaluator: Option<Arc<str>>,
    reader: Option<Arc<str>>,
    /// Of several readers of one evaluator, the accepted readings.
    pub(super) accepted_only: bool,
}

/// Whether a row belongs to a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Belongs {
    /// It does.
    Yes,
    /// It names no evaluator, and so belongs to all.
    ToAll,
    /// It is the evaluator's, by a reader whose reading may or may not be the accepted one.
    NotAccepted,
    /// It does not.
    No,
}

impl Series {
    fn everything() -> Self {
        Self { name: None, evaluator: None, reader: None, accepted_only: false }
    }

    fn of(evaluator: &Arc<str>, reader: Option<&Arc<str>>, accepted_only: bool) -> Self {
        let name = match reader {
            Some(reader) => format!("{evaluator}: {reader}").into(),
            None => evaluator.clone(),
        };
        Self {
            name: Some(name),
            evaluator: Some(evaluator.clone()),
            reader: reader.cloned(),
            accepted_only,
        }
    }

    pub(super) fn takes(&self, row: &Observed) -> Belongs {
        let Some(evaluator) = &self.evaluator else { return Belongs::Yes };
        if row.evaluator.is_empty() {
            return Belongs::ToAll;
        }
        if row.evaluator != *evaluator {
            return Belongs::No;
        }
        match &self.reader {
            Some(reader) if row.reader != *reader => Belongs::No,
            None if self.accepted_only && !row.accepted && !row.reader.is_empty() => {
                Belongs::NotAccepted
            }
            _ => Belongs::Yes,
        }
    }
}

/// The evaluators of a study: their readers, and whether accepted readings are flagged.
#[derive(Default)]
pub(super) struct Evaluators {
    readers: BTreeMap<Arc<str>, BTreeSet<Arc<str>>>,
    flagged: BTreeSet<Arc<str>>,
    /// Of TU, TR and RS: whether accepted readings are flagged there.
    pub(super) flagged_domains: [bool; 3],
}

impl Evaluators {
    pub(super) fn of(study: &StudyRows) -> Self {
        let mut found = Self::default();
        let mut domains = [false; 3];
        let [in_tu, in_tr, in_rs] = &mut domains;
        for rows in study.subjects.values() {
            rows.tu.iter().for_each(|r| found.see(&r.at, in_tu));
            rows.tr.iter().for_each(|r| found.see(&r.at, in_tr));
            rows.rs.iter().for_each(|r| found.see(&r.at, in_rs));
        }
        found.flagged_domains = domains;
        found
    }

    fn see(&mut self, row: &Observed, flagged_domain: &mut bool) {
        if row.evaluator.is_empty() {
            return;
        }
        let known = self.readers.get(&row.evaluator);
        if !known.is_some_and(|readers| row.reader.is_empty() || readers.contains(&row.reader)) {
            let readers = self.readers.entry(row.evaluator.clone()).or_default();
            if !row.reader.is_empty() {
                readers.insert(row.reader.clone());
            }
        }
        if row.accepted {
            *flagged_domain = true;
            if !self.flagged.contains(&row.evaluator) {
                self.flagged.insert(row.evaluator.clone());
            }
        }
    }

    /// Every name that can be chosen.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names = vec![];
        for (evaluator, readers) in &self.readers {
            if readers.len() < 2 || self.flagged.contains(evaluator) {
                names.push(evaluator.to_string());
            }
            names.extend(readers.iter().map(|reader| format!("{evaluator}: {reader}")));
        }
        names
    }

    /// The series to read, and whether an evaluator was taken without having been named.
    pub(super) fn choose(
        &self,
        choice: Option<&EvaluatorChoice>,
    ) -> Result<(Vec<Series>, bool), Diagnostic> {
        if self.readers.is_empty() {
            return match choice {
                Some(EvaluatorChoice::Named(name)) => Err(Diagnostic::error(
                    "unknown-evaluator",
                    format!("there is no evaluator `{name}`: this study names none"),
                )
                .help("leave the evaluator out")),
                _ => Ok((vec![Series::everything()], false)),
            };
        }
        match choice {
            Some(EvaluatorChoice::All) => Ok((self.all(), false)),
            Some(EvaluatorChoice::Named(name)) => Ok((vec![self.named(name)?], false)),
            None => {
                let mut evaluators = self.readers.keys();
                match (evaluators.next(), evaluators.next()) {
                    (Some(only), None) => Ok((vec![self.whole(only)?], false)),
                    _ if self.readers.contains_key("INVESTIGATOR") => {
                        Ok((vec![self.named("INVESTIGATOR")?], true))
                    }
                    _ => Err(Diagnostic::error(
                        "several-evaluators",
                        "several evaluators have read this study, and none was chosen",
                    )
                    .help(format!("choose {}, or `all`", self.list()))),
                }
            }
        }
    }

    fn all(&self) -> Vec<Series> {
        let mut series = vec![];
        for (evaluator, readers) in &self.readers {
            if readers.len() < 2 {
                series.push(Series::of(evaluator, None, false));
            } else {
                series.extend(readers.iter().map(|r| Series::of(evaluator, Some(r), false)));
            }
        }
        series
    }

    /// An evaluator as a whole: its only reader, or the accepted readings of several.
    fn whole(&self, evaluator: &Arc<str>) -> Result<Series, Diagnostic> {
        let several = self.readers.get(evaluator).is_some_and(|readers| readers.len() > 1);
        if several && !self.flagged.contains(evaluator) {
            let message =
                format!("`{evaluator}` has several readers, and no reading is flagged as accepted");
            return Err(Diagnostic::error("several-readers", message)
                .help(format!("choose {}, or `all`", self.list())));
        }
        Ok(Series::of(evaluator, None, several))
    }

    fn named(&self, name: &str) -> Result<Series, Diagnostic> {
        let wanted = capitals(name);
        if let Some((evaluator, _)) = self.readers.get_key_value(wanted.as_str()) {
            return self.whole(evaluator);
        }
        if let Some((evaluator, reader)) = wanted.split_once([':', '/']) {
            let found = self.readers.get_key_value(evaluator.trim());
            let reader = found.and_then(|(e, rs)| Some((e, rs.get(reader.trim())?)));
            if let Some((evaluator, reader)) = reader {
                return Ok(Series::of(evaluator, Some(reader), false));
            }
        }
        // A reader's name alone, where only one evaluator has such a reader.
        let mut alone = self
            .readers
            .iter()
            .filter_map(|(evaluator, readers)| Some((evaluator, readers.get(wanted.as_str())?)));
        if let (Some((evaluator, reader)), None) = (alone.next(), alone.next()) {
            return Ok(Series::of(evaluator, Some(reader), false));
        }
        let names = self.names();
        let near = did_you_mean(&wanted, names.iter().map(String::as_str));
        let help = match near {
            Some(near) => format!("did you mean `{near}`? This study has {}", self.list()),
            None => format!("this study has {}", self.list()),
        };
        let message = format!("there is no evaluator `{name}` in this study");
        Err(Diagnostic::error("unknown-evaluator", message).help(help))
    }

    fn list(&self) -> String {
        one_of(self.names().iter().map(String::as_str))
    }
}
