//! A case: one patient's course, as the case file and the trial's data sets give it.

use crate::{PartialDate, Quantity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One patient's course: disease, lines of therapy with their cycles, assessments, side effects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The patient's pseudonymous id; in SDTM data, USUBJID.
    pub case: Arc<str>,
    /// The disease, as text or with a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disease: Option<Disease>,
    /// The lines of therapy, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<TherapyLine>,
    /// What was measured, in any order; evaluated by date.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assessments: Vec<Assessment>,
    /// Side effects with their CTCAE grade.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub side_effects: Vec<SideEffect>,
    /// The day of death, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub died: Option<PartialDate>,
    /// The last day on which the patient was known to be alive, where that is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_known_alive: Option<PartialDate>,
    /// Which evaluator's readings these are (`INVESTIGATOR`, `INDEPENDENT ASSESSOR: RADIOLOGIST 1`),
    /// where the source has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluator: Option<Arc<str>>,
    /// What the reader of the source noticed and could not put anywhere else. A case file has
    /// none; the SDTM reader says here what it did by which rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub source_notes: Vec<SourceNote>,
}

/// Something the reader of a data set noticed; it becomes a finding of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceNote {
    /// A short fixed code such as `site-changed`.
    pub code: Arc<str>,
    /// One sentence: what was found, and what was done about it.
    pub message: String,
    /// The date it concerns, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<PartialDate>,
}

/// The disease: a name, or a name with a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Disease {
    /// A name such as `ovarian cancer`.
    Name(Arc<str>),
    /// A coded disease.
    Coded(CodedDisease),
}

impl Disease {
    /// The name, or the code where there is no name.
    pub fn name(&self) -> &str {
        match self {
            Disease::Name(name) => name,
            Disease::Coded(c) => c.name.as_deref().or(c.code.as_deref()).unwrap_or_default(),
        }
    }
}

/// A disease with its code, such as C56 of ICD-10-CM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CodedDisease {
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Arc<str>>,
    /// The code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Arc<str>>,
    /// The code system, such as `ICD-10-CM`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<Arc<str>>,
}

/// One line of therapy: a regimen given in cycles, with an intent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TherapyLine {
    /// An id of the formulary, or any text (then with `drugs`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regimen: Option<Arc<str>>,
    /// The drugs given; may be left out where the formulary knows the regimen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drugs: Vec<DrugGiven>,
    /// What the line is meant to achieve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<Intent>,
    /// Day 1 of each cycle given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cycles: Vec<PartialDate>,
    /// The planned length of a cycle, such as `21 d`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cycle_length: Option<Quantity>,
    /// The first day of treatment, where no cycles are recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<PartialDate>,
    /// The day of the last dose, once the line has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<PartialDate>,
    /// Why the line ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_for: Option<StopReason>,
}

impl TherapyLine {
    /// The first day of treatment: day 1 of the first cycle, else `started`.
    pub fn start(&self) -> Option<PartialDate> {
        self.cycles.iter().copied().min_by_key(|d| (d.earliest(), d.latest())).or(self.started)
    }
}

/// A drug of a line: its name, or its name with what is known of its own course.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum DrugGiven {
    /// The generic name.
    Name(Arc<str>),
    /// The name with the drug's own dates.
    Course(DrugCourse),
}

impl DrugGiven {
    /// The drug's generic name.
    pub fn name(&self) -> &str {
        match self {
            DrugGiven::Name(name) => name,
            DrugGiven::Course(course) => &course.drug,
        }
    }

    /// What is known of the drug's own course, where something is.
    pub fn course(&self) -> Option<&DrugCourse> {
        match self {
            DrugGiven::Name(_) => None,
            DrugGiven::Course(course) => Some(course),
        }
    }
}

/// A drug with its own dates in a line, where they differ from the line's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DrugCourse {
    /// The generic name.
    pub drug: Arc<str>,
    /// The day of its first dose in the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_dose: Option<PartialDate>,
    /// The day of its last dose in the line, once it was stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_dose: Option<PartialDate>,
    /// Why it was stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_for: Option<StopReason>,
    /// How it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<Arc<str>>,
}

/// What a line of therapy is meant to achieve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Intent {
    /// Cure.
    Curative,
    /// Before surgery or radiotherapy.
    Neoadjuvant,
    /// After surgery or radiotherapy; there is no tumour left to measure.
    Adjuvant,
    /// Shrink or slow the disease, prolong life.
    Control,
    /// Relieve symptoms.
    Palliative,
}

impl Intent {
    /// All intents, as a case file writes them.
    pub const WORDS: [&'static str; 5] =
        ["curative", "neoadjuvant", "adjuvant", "control", "palliative"];

    /// The word that a case file writes.
    pub fn word(self) -> &'static str {
        match self {
            Intent::Curative => "curative",
            Intent::Neoadjuvant => "neoadjuvant",
            Intent::Adjuvant => "adjuvant",
            Intent::Control => "control",
            Intent::Palliative => "palliative",
        }
    }
}

/// Why a line or a drug was stopped. Stopping for side effects is intolerance, not resistance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StopReason {
    /// The disease progressed.
    Progression,
    /// Side effects.
    Intolerance,
    /// All planned cycles were given.
    Completed,
    /// The patient's wish.
    Refusal,
    /// The patient died.
    Death,
    /// Anything else.
    Other,
}

impl StopReason {
    /// All reasons, as a case file writes them.
    pub const WORDS: [&'static str; 6] =
        ["progression", "intolerance", "completed", "refusal", "death", "other"];

    /// The word that a case file writes.
    pub fn word(self) -> &'static str {
        match self {
            StopReason::Progression => "progression",
            StopReason::Intolerance => "intolerance",
            StopReason::Completed => "completed",
            StopReason::Refusal => "refusal",
            StopReason::Death => "death",
            StopReason::Other => "other",
        }
    }
}

/// What was measured on one date.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assessment {
    /// The date; of a scan series, the day the visit's scans began.
    pub date: PartialDate,
    /// The name of the visit (`WEEK 6`, `UNSCHEDULED 3.1`), where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visit: Option<Arc<str>>,
    /// What was seen of each lesion. An empty list says that lesions were looked for and none is
    /// there; no list at all says nothing about lesions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lesions: Option<Vec<LesionRecord>>,
    /// Markers, blood counts, performance status and other facts, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub observations: BTreeMap<Arc<str>, Observation>,
    /// What a reader or investigator said: by decision (`overall_response: PR`), or by ruleset
    /// and decision (`gcig-ca125: {ca125_response: PR}`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reported: BTreeMap<Arc<str>, Reported>,
}

/// A reported response: a code, or codes by decision under the ruleset they belong to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Reported {
    /// The code of the decision named by the key.
    Code(Arc<str>),
    /// Codes by decision, for the ruleset named by the key.
    Ruleset(BTreeMap<Arc<str>, Arc<str>>),
}

/// One lesion as seen at one assessment.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LesionRecord {
    /// The lesion's id, the same at every assessment.
    pub id: Arc<str>,
    /// Target, non-target or new; said once, at first sight, and again where a new line's
    /// baseline chooses anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The organ or site; said once, at first sight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Arc<str>>,
    /// Whether it is a lymph node. Where not said: the site names a lymph node, or (with no site)
    /// only a short axis is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<bool>,
    /// The longest diameter; `0 mm` means disappeared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest_diameter: Option<Measurement>,
    /// The short axis: the longest diameter at right angles to the longest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short_axis: Option<Measurement>,
    /// What the reader said of a lesion that is not measured, or of a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<LesionStatus>,
    /// How it was imaged (`CT`, `MRI` …).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Arc<str>>,
    /// The id of the lesion that this one is a part of, after a split.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split_from: Option<Arc<str>>,
    /// The id of the lesion that this one has merged into; the sum counts the merged lesion once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<Arc<str>>,
}

/// The role of a lesion.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Measured, part of the sum.
    Target,
    /// Followed, not measured.
    NonTarget,
    /// Appeared after baseline.
    New,
}

impl Role {
    /// All roles, as a case file writes them.
    pub const WORDS: [&'static str; 3] = ["target", "non-target", "new"];

    /// The word that a case file writes.
    pub fn word(self) -> &'static str {
        match self {
            Role::Target => "target",
            Role::NonTarget => "non-target",
            Role::New => "new",
        }
    }
}

/// What a reader says of a lesion in words.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum LesionStatus {
    /// Gone.
    #[serde(rename = "absent")]
    Absent,
    /// Still there.
    #[serde(rename = "present")]
    Present,
    /// Still there and larger, short of unequivocal progression.
    #[serde(rename = "increased")]
    Increased,
    /// Progressed beyond doubt.
    #[serde(rename = "unequivocal progression")]
    UnequivocalProgression,
    /// Could not be judged.
    #[serde(rename = "not evaluable")]
    NotEvaluable,
    /// Of a new lesion: beyond doubt.
    #[serde(rename = "unequivocal")]
    Unequivocal,
    /// Of a new lesion: in doubt.
    #[serde(rename = "equivocal")]
    Equivocal,
}

impl LesionStatus {
    /// All statuses, as a case file writes them.
    pub const WORDS: [&'static str; 7] = [
        "absent",
        "present",
        "increased",
        "unequivocal progression",
        "not evaluable",
        "unequivocal",
        "equivocal",
    ];

    /// The word that a case file writes.
    pub fn word(self) -> &'static str {
        match self {
            LesionStatus::Absent => "absent",
            LesionStatus::Present => "present",
            LesionStatus::Increased => "increased",
            LesionStatus::UnequivocalProgression => "unequivocal progression",
            LesionStatus::NotEvaluable => "not evaluable",
            LesionStatus::Unequivocal => "unequivocal",
            LesionStatus::Equivocal => "equivocal",
        }
    }
}

/// A measured length, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measurement {
    /// A length; `0 mm` means that the lesion has disappeared.
    Length(Quantity),
    /// Still visible, but too small to measure.
    TooSmall,
    /// Not assessed, or not readable: unknown, not zero.
    NotAssessed,
}

impl Measurement {
    /// The words for a lesion that is visible but too small to measure.
    pub const TOO_SMALL: &'static str = "too small to measure";
    /// The words for a lesion that was not assessed.
    pub const NOT_ASSESSED: &'static str = "not assessed";
}

impl std::str::FromStr for Measurement {
    type Err = crate::QuantityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim().to_ascii_lowercase().as_str() {
            Self::TOO_SMALL => Ok(Measurement::TooSmall),
            Self::NOT_ASSESSED => Ok(Measurement::NotAssessed),
            _ => text.parse().map(Measurement::Length),
        }
    }
}

impl Serialize for Measurement {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Measurement::Length(length) => length.serialize(serializer),
            Measurement::TooSmall => serializer.serialize_str(Self::TOO_SMALL),
            Measurement::NotAssessed => serializer.serialize_str(Self::NOT_ASSESSED),
        }
    }
}

impl<'de> Deserialize<'de> for Measurement {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MeasurementVisitor;
        impl serde::de::Visitor<'_> for MeasurementVisitor {
            type Value = Measurement;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a length such as `42 mm`, `too small to measure` or `not assessed`")
            }
            fn visit_i64<E: serde::de::Error>(self, v: i64) -> Result<Measurement, E> {
                v.to_string().parse().map_err(E::custom)
            }
            fn visit_u64<E: serde::de::Error>(self, v: u64) -> Result<Measurement, E> {
                v.to_string().parse().map_err(E::custom)
            }
            fn visit_f64<E: serde::de::Error>(self, v: f64) -> Result<Measurement, E> {
                v.to_string().parse().map_err(E::custom)
            }
            fn visit_str<E: serde::de::Error>(self, v: &str) -> Result<Measurement, E> {
                v.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(MeasurementVisitor)
    }
}

impl JsonSchema for Measurement {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Measurement".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "anyOf": [
                {"type": "number", "minimum": 0},
                {"enum": ["too small to measure", "not assessed"]},
                {"type": "string", "pattern": "^\\s*[0-9.]"}
            ],
            "description": "a length such as `42 mm` (`0 mm`: disappeared), `too small to measure` or `not assessed`"
        })
    }
}

/// A fact observed at an assessment: a quantity, a word or a yes/no; of a laboratory value also
/// the limits of the laboratory's normal range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Observation {
    /// Yes or no.
    Flag(bool),
    /// A number with its unit.
    Quantity(Quantity),
    /// A word or code.
    Text(Arc<str>),
    /// A laboratory value with its normal range.
    Ranged(RangedObservation),
}

/// A laboratory value with the limits of the laboratory's normal range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RangedObservation {
    /// The value.
    pub value: Quantity,
    /// The upper limit of normal (ULN).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upper_limit: Option<Quantity>,
    /// The lower limit of normal (LLN).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower_limit: Option<Quantity>,
}

/// A side effect with its grade by CTCAE.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SideEffect {
    /// What it is, such as `neutropenia`.
    pub term: Arc<str>,
    /// The CTCAE grade, 1 to 5.
    pub grade: u8,
    /// The first day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<PartialDate>,
    /// The last day, once it has resolved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<PartialDate>,
    /// The drug that is blamed, where one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drug: Option<Arc<str>>,
}

/// The JSON Schema of a case, for editors.
pub fn case_schema() -> schemars::Schema {
    schemars::schema_for!(Case)
}
