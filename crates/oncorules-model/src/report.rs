//! A report: what was decided, by which rule, on which facts.

use crate::{Number, PartialDate};
use schemars::JsonSchema;
use serde::de::IntoDeserializer;
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use std::sync::Arc;

/// The names and values of a mapping, in a fixed order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named<T>(pub Vec<(Arc<str>, T)>);

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self(vec![])
    }
}

impl<T> Named<T> {
    /// The value under `name`.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|(n, _)| &**n == name).map(|(_, v)| v)
    }

    /// Adds a value.
    pub fn push(&mut self, name: impl Into<Arc<str>>, value: T) {
        self.0.push((name.into(), value));
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(n, v)| (&**n, v))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Serialize> Serialize for Named<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(&**name, value)?;
        }
        map.end()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Named<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NamedVisitor<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> serde::de::Visitor<'de> for NamedVisitor<T> {
            type Value = Named<T>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a mapping")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Named<T>, A::Error> {
                let mut entries = vec![];
                while let Some((key, value)) = map.next_entry::<String, T>()? {
                    entries.push((Arc::from(key), value));
                }
                Ok(Named(entries))
            }
        }
        deserializer.deserialize_map(NamedVisitor(std::marker::PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for Named<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("NamedOf{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let value = generator.subschema_for::<T>();
        schemars::json_schema!({"type": "object", "additionalProperties": value})
    }
}

/// What was decided about one case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The case's id.
    pub case: Arc<str>,
    /// The date as of which the schedule is judged: the one asked for, else the last date on
    /// which the case records anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<PartialDate>,
    /// Whose readings were evaluated, where the source has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluator: Option<Arc<str>>,
    /// The engine that evaluated it.
    pub engine: Engine,
    /// The rulesets that decided.
    pub rulesets: Vec<RulesetId>,
    /// The lines of therapy, oldest first.
    pub lines: Vec<LineReport>,
    /// What a reader of this report should know about the data: nothing is hidden.
    pub findings: Vec<Finding>,
}

/// The engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Engine {
    /// `oncorules`.
    pub name: Arc<str>,
    /// Its version.
    pub version: Arc<str>,
}

/// A ruleset, named so that the decision can be repeated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RulesetId {
    /// Its id.
    pub id: Arc<str>,
    /// Its version.
    pub version: Arc<str>,
    /// The SHA-256 digest of its files and of those it extends.
    pub sha256: Arc<str>,
    /// Parameters that were given other values than the files do, with those values.
    #[serde(default, skip_serializing_if = "Named::is_empty")]
    pub set: Named<Arc<str>>,
}

/// Decisions by ruleset and name.
pub type Decisions = Named<Named<Decision>>;

/// Measures by ruleset and name.
pub type Measures = Named<Named<MeasureValue>>;

/// What was decided about one line of therapy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LineReport {
    /// The number of the line, from 1.
    pub line: u32,
    /// The regimen as the case names it.
    pub regimen: Option<Arc<str>>,
    /// The first day of treatment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<PartialDate>,
    /// The timepoints, by date.
    pub timepoints: Vec<TimepointReport>,
    /// Measures over the whole line: dates and durations.
    #[serde(default, skip_serializing_if = "Named::is_empty")]
    pub measures: Measures,
    /// Decisions over the whole line.
    pub decisions: Decisions,
    /// Decisions about each drug of the line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drugs: Vec<DrugReport>,
    /// Decisions about each class of drug in the line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<DrugClassReport>,
    /// What is due when.
    pub schedule: Vec<Due>,
    /// What the clinician is asked to look at.
    pub prompts: Vec<Prompt>,
}

/// What was decided about one drug in one line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DrugReport {
    /// The drug's generic name.
    pub drug: Arc<str>,
    /// Its class, where the formulary knows it.
    pub class: Option<Arc<str>>,
    /// The decisions.
    pub decisions: Decisions,
}

/// What was decided about one class of drug in one line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DrugClassReport {
    /// The class.
    pub class: Arc<str>,
    /// The drugs of this class in the line.
    pub drugs: Vec<Arc<str>>,
    /// The decisions.
    pub decisions: Decisions,
}

/// Whether a timepoint is the baseline of its line or a follow-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TimepointRole {
    /// The last assessment before the line began.
    Baseline,
    /// An assessment after the line began.
    FollowUp,
}

/// What was measured on one date, evaluated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TimepointReport {
    /// The date.
    pub date: PartialDate,
    /// The visit, where it has a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visit: Option<Arc<str>>,
    /// Baseline or follow-up.
    pub role: TimepointRole,
    /// How many cycles had begun by then, where cycles are recorded.
    pub cycle: Option<u32>,
    /// The measures.
    pub measures: Measures,
    /// The decisions.
    pub decisions: Decisions,
}

/// A computed measure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MeasureValue {
    /// The value, or null where it is unknown.
    pub value: Option<Scalar>,
    /// The unit, where it is a number with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Arc<str>>,
}

/// A value in a report.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Scalar {
    /// Yes or no.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A date.
    Date(PartialDate),
    /// A code or a text.
    Text(Arc<str>),
}

impl<'de> Deserialize<'de> for Scalar {
    /// A text that is a date is a date, and never a number: the year 2024 is written `"2024"`.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ScalarVisitor;
        impl serde::de::Visitor<'_> for ScalarVisitor {
            type Value = Scalar;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("true or false, a number, a date or a text")
            }
            fn visit_bool<E>(self, value: bool) -> Result<Scalar, E> {
                Ok(Scalar::Bool(value))
            }
            fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Scalar, E> {
                Number::deserialize(value.into_deserializer()).map(Scalar::Number)
            }
            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Scalar, E> {
                Number::deserialize(value.into_deserializer()).map(Scalar::Number)
            }
            fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Scalar, E> {
                Number::deserialize(value.into_deserializer()).map(Scalar::Number)
            }
            fn visit_str<E>(self, value: &str) -> Result<Scalar, E> {
                Ok(value.parse().map_or_else(|_| Scalar::Text(value.into()), Scalar::Date))
            }
        }
        deserializer.deserialize_any(ScalarVisitor)
    }
}

impl std::fmt::Display for Scalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Scalar::Bool(true) => f.write_str("yes"),
            Scalar::Bool(false) => f.write_str("no"),
            Scalar::Number(number) => number.fmt(f),
            Scalar::Date(date) => date.fmt(f),
            Scalar::Text(text) => f.write_str(text),
        }
    }
}

/// A decision with its trace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// The code decided on; null where nothing could be decided and the ruleset names no code
    /// for that.
    pub value: Option<Arc<str>>,
    /// The row that decided: `PD`, `T1-4`; `reported` where the value was taken over from what
    /// was reported, `unknown` where a fact was missing.
    pub row: Arc<str>,
    /// Why, in one sentence.
    pub because: Arc<str>,
    /// The facts and parameters it looked at, with their values; null where unknown.
    #[serde(default)]
    pub facts: Named<Option<Scalar>>,
    /// The sources that the row cites.
    #[serde(default)]
    pub sources: Vec<Arc<str>>,
    /// What the author says where the publication is silent, and the row is a reading of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interpretation: Option<Arc<str>>,
    /// The facts that were missing.
    #[serde(default)]
    pub unknown: Vec<Arc<str>>,
    /// The ruleset that the row comes from, where that is not the one that decides (a row
    /// inherited by `extends`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<Arc<str>>,
}

/// The state of something that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DueStatus {
    /// It is time, and it has not been done.
    Due,
    /// The time has passed, and it has not been done.
    Overdue,
    /// It has been done.
    Done,
    /// It is too early for it.
    Early,
}

/// Something that is due.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Due {
    /// What is due, by name (`first_assessment`).
    pub what: Arc<str>,
    /// The ruleset that says so.
    pub ruleset: Arc<str>,
    /// The first day of the window.
    pub from: Option<PartialDate>,
    /// The last day of the window.
    pub to: Option<PartialDate>,
    /// Where it stands as of the report's date.
    pub status: DueStatus,
    /// The day it was done, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<PartialDate>,
    /// One sentence for the clinician.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Arc<str>>,
}

/// How urgent a prompt is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum PromptLevel {
    /// To know.
    Info,
    /// To look at.
    Warning,
    /// To look at now.
    Critical,
}

/// Something the clinician is asked to look at. It informs a decision; it makes none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Prompt {
    /// The prompt's id in its ruleset.
    pub id: Arc<str>,
    /// The ruleset.
    pub ruleset: Arc<str>,
    /// How urgent it is.
    pub level: PromptLevel,
    /// One sentence for the clinician.
    pub summary: Arc<str>,
    /// More for the clinician.
    pub detail: Arc<str>,
    /// The same in plain words for the patient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<Arc<str>>,
    /// What may be considered.
    pub options: Vec<Arc<str>>,
    /// The sources that the prompt cites.
    pub sources: Vec<Arc<str>>,
    /// Facts that the prompt could not know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<Arc<str>>,
}

/// Something to know about the data or the evaluation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// A short fixed code such as `reported-differs`.
    pub code: Arc<str>,
    /// One sentence.
    pub message: Arc<str>,
    /// The line it concerns, where it concerns one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The date it concerns, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<PartialDate>,
    /// The ruleset that found it, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ruleset: Option<Arc<str>>,
}

/// A case that could not be evaluated: which, where in the input, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// The case's id, where it could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<Arc<str>>,
    /// A short fixed code.
    pub code: Arc<str>,
    /// What is wrong.
    pub problem: Arc<str>,
    /// The file (or `<stdin>`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Arc<str>>,
    /// The line in it, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The column in it, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
    /// How to mend it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<Arc<str>>,
}

/// What `assess --format json` prints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportDocument {
    /// The reports, in the order of the input.
    pub reports: Vec<Report>,
    /// What could not be evaluated.
    pub problems: Vec<Problem>,
}

/// The JSON Schema of what `assess --format json` prints.
pub fn report_schema() -> schemars::Schema {
    schemars::schema_for!(ReportDocument)
}

/// What a ruleset says its decisions and codes mean, for explanations.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct DecisionText {
    /// What the decision is about, for a clinician.
    pub means: Option<Arc<str>>,
    /// What each code means: code, words for the clinician, plain words for the patient.
    pub codes: Vec<CodeText>,
}

/// What a code means.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct CodeText {
    /// The code.
    pub code: Arc<str>,
    /// Words for the clinician.
    pub clinician: Option<Arc<str>>,
    /// Plain words for the patient.
    pub patient: Option<Arc<str>>,
}

/// Texts by ruleset and decision.
pub type Glossary = Named<Named<DecisionText>>;

/// How the rows of trial data sets (SDTM) are named by one ruleset.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SdtmMapping {
    /// The ruleset's id.
    pub ruleset: Arc<str>,
    /// The values of RSCAT that mean this ruleset.
    pub categories: Vec<Arc<str>>,
    /// RSTESTCD, and the decision that it reports.
    pub tests: Vec<(Arc<str>, Arc<str>)>,
    /// A result as the data writes it (compared without regard to case), and the ruleset's code.
    pub codes: Vec<(Arc<str>, Arc<str>)>,
    /// Where an observation comes from (`LB.CA125` for LBTESTCD, `SUPPRS.CA125EFL` for QNAM),
    /// and the observation's name.
    pub observations: Vec<(Arc<str>, Arc<str>)>,
}

#[cfg(test)]
mod tests {
    use super::Scalar;

    #[test]
    fn a_year_reads_back_as_a_date() {
        for json in ["\"2024\"", "\"2024-02\"", "\"2024-02-29\"", "2024", "21.5", "true", "\"PR\""]
        {
            let scalar: Scalar = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&scalar).unwrap(), json);
        }
        assert!(matches!(serde_json::from_str("\"2024\"").unwrap(), Scalar::Date(_)));
    }
}
