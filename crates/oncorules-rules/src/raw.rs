//! A ruleset as its files say it: names and texts with the places where they stand.

use crate::types::Scope;
use oncorules_model::PromptLevel;
use oncorules_source::{SourceFile, Span};
use std::fmt;
use std::sync::Arc;

/// A text and the place where it stands.
#[derive(Clone, PartialEq)]
pub(crate) struct Text {
    pub(crate) value: String,
    pub(crate) span: Span,
    pub(crate) file: SourceFile,
    /// The ruleset that wrote it.
    pub(crate) layer: Arc<str>,
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}@{}:{}", self.value, self.span.line, self.span.column)
    }
}

impl RawSource {
    /// The citation, with the DOI where there is one.
    pub(crate) fn citation(&self) -> String {
        match &self.doi {
            Some(doi) => format!("{} doi:{}", self.citation.value, doi.value),
            None => self.citation.value.clone(),
        }
    }
}

impl Text {
    pub(crate) fn arc(&self) -> Arc<str> {
        self.value.as_str().into()
    }
}

#[derive(Debug, Clone)]
pub(crate) struct RawRuleset {
    pub(crate) id: Text,
    pub(crate) version: Text,
    pub(crate) title: Option<Text>,
    pub(crate) status: Option<Text>,
    pub(crate) disease: Option<Text>,
    pub(crate) intended_use: Option<Text>,
    pub(crate) limits: Vec<Text>,
    pub(crate) extends: Option<Text>,
    pub(crate) uses: Vec<RawUse>,
    pub(crate) sources: Vec<RawSource>,
    pub(crate) sdtm: RawSdtm,
    pub(crate) observations: Vec<RawObservation>,
    pub(crate) parameters: Vec<RawParameter>,
    pub(crate) timepoints: Option<Text>,
    pub(crate) measures: Vec<RawMeasure>,
    pub(crate) decisions: Vec<RawDecision>,
    pub(crate) timings: Vec<RawTiming>,
    pub(crate) prompts: Vec<RawPrompt>,
    pub(crate) findings: Vec<RawFinding>,
    pub(crate) functions: Vec<RawFunction>,
    pub(crate) drugs: Vec<RawDrug>,
    pub(crate) regimens: Vec<RawRegimen>,
    /// Digests of the layers, base first.
    pub(crate) digests: Vec<String>,
    /// Parameters that were given other values than the files do.
    pub(crate) set: Vec<(Arc<str>, Arc<str>)>,
    /// Texts of the Rhai files: name and source.
    pub(crate) scripts: Vec<SourceFile>,
}

#[derive(Debug, Clone)]
pub(crate) struct RawUse {
    pub(crate) alias: Text,
    pub(crate) ruleset: Text,
    pub(crate) version: Option<Text>,
}

#[derive(Debug, Clone)]
pub(crate) struct RawSource {
    pub(crate) key: Text,
    pub(crate) citation: Text,
    pub(crate) doi: Option<Text>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct RawSdtm {
    pub(crate) categories: Vec<Text>,
    pub(crate) tests: Vec<(Text, Text)>,
    pub(crate) codes: Vec<(Text, Text)>,
    pub(crate) observations: Vec<(Text, Text)>,
}

#[derive(Debug, Clone)]
pub(crate) struct RawObservation {
    pub(crate) name: Text,
    pub(crate) unit: Option<Text>,
    pub(crate) kind: Option<Text>,
    pub(crate) codes: Vec<Text>,
    pub(crate) means: Option<Text>,
}

#[derive(Debug, Clone)]
pub(crate) struct RawParameter {
    pub(crate) name: Text,
    pub(crate) value: Option<Text>,
    pub(crate) codes: Vec<Text>,
    pub(crate) means: Option<Text>,
    pub(crate) source: Option<Text>,
}

#[derive(Debug, Clone)]
pub(crate) struct RawMeasure {
    pub(crate) scope: Scope,
    pub(crate) name: Text,
    /// A unit, or `boolean`, `date`, `text`: the key `unit` or `type`.
    pub(crate) unit: Option<Text>,
    pub(crate) means: Option<Text>,
    pub(crate) value: Text,
    pub(crate) source: Option<Text>,
}

#[derive(Debug, Clone)]
pub(crate) struct RawDecision {
    pub(crate) scope: Scope,
    pub(crate) name: Text,
    pub(crate) means: Option<Text>,
    pub(crate) codes: Vec<Text>,
    pub(crate) unknown: Option<Text>,
    pub(crate) source: Option<Text>,
    pub(crate) rows: Vec<RawRow>,
    pub(crate) table: Option<Text>,
    pub(crate) hit: Option<Text>,
    pub(crate) row_notes: Vec<RawRow>,
    pub(crate) impossible: Vec<RawImpossible>,
    pub(crate) texts: Vec<RawCodeText>,
}

#[derive(Debug, Clone)]
pub(crate) struct RawRow {
    pub(crate) id: Option<Text>,
    pub(crate) span: Span,
    pub(crate) then: Option<Text>,
    pub(crate) take: Option<Text>,
    pub(crate) when: Option<Text>,
    pub(crate) because: Option<Text>,
    pub(crate) source: Option<Text>,
    pub(crate) interpretation: Option<Text>,
    pub(crate) before: Option<Text>,
    pub(crate) after: Option<Text>,
    pub(crate) remove: bool,
    pub(crate) layer: Arc<str>,
    pub(crate) file: SourceFile,
}

#[derive(Debug, Clone)]
pub(crate) struct RawImpossible {
    pub(crate) when: Vec<(Text, Text)>,
    pub(crate) because: Text,
}

#[derive(Debug, Clone)]
pub(crate) struct RawCodeText {
    pub(crate) code: Text,
    pub(crate) clinician: Option<Text>,
    pub(crate) patient: Option<Text>,
}

#[derive(Debug, Clone)]
pub(crate) struct RawTiming {
    pub(crate) name: Text,
    pub(crate) when: Option<Text>,
    pub(crate) from: Text,
    pub(crate) to: Text,
    pub(crate) overdue_after: Option<Text>,
    pub(crate) done: Option<Text>,
    pub(crate) summary: Option<Text>,
    pub(crate) patient: Option<Text>,
    pub(crate) source: Option<Text>,
}

#[derive(Debug, Clone)]
pub(crate) struct RawPrompt {
    pub(crate) name: Text,
    pub(crate) when: Text,
    pub(crate) level: PromptLevel,
    pub(crate) summary: Text,
    pub(crate) detail: Option<Text>,
    pub(crate) patient: Option<Text>,
    pub(crate) options: Vec<Text>,
    pub(crate) source: Option<Text>,
}

#[derive(Debug, Clone)]
pub(crate) struct RawFinding {
    pub(crate) name: Text,
    pub(crate) scope: Scope,
    pub(crate) when: Text,
    pub(crate) message: Text,
    pub(crate) source: Option<Text>,
}

#[derive(Debug, Clone)]
pub(crate) struct RawFunction {
    pub(crate) name: Text,
    pub(crate) takes: Vec<Text>,
    pub(crate) gives: Text,
}

#[derive(Debug, Clone)]
pub(crate) struct RawDrug {
    pub(crate) name: Text,
    pub(crate) class: Text,
    pub(crate) cross_resistance: Option<Text>,
    pub(crate) routes: Vec<Text>,
    pub(crate) names: Vec<Text>,
    pub(crate) source: Option<Text>,
}

#[derive(Debug, Clone)]
pub(crate) struct RawRegimen {
    pub(crate) id: Text,
    pub(crate) title: Text,
    pub(crate) names: Vec<Text>,
    pub(crate) drugs: Vec<Text>,
    pub(crate) diseases: Vec<Text>,
    pub(crate) cycle_length: Option<Text>,
    pub(crate) source: Option<Text>,
}
