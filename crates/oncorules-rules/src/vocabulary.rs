//! The words that every ruleset can use: the facts of a case and the collections in it.
//! Here is the vocabulary of the field; no published criterion is known.

use crate::types::{ObjectKind, Type};

/// A recorded fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the table below says what each one means")]
pub enum Fact {
    LesionId,
    LesionRole,
    LesionSite,
    LesionOrgan,
    LesionNodal,
    LongestDiameter,
    ShortAxis,
    TooSmall,
    Merged,
    LesionRecorded,
    LesionStatus,
    FirstSeen,
    Date,
    Visit,
    IsBaseline,
    LesionsRecorded,
    Cycle,
    DaysOnLine,
    LineNumber,
    LineStart,
    LineEnded,
    LastDose,
    NextStart,
    Regimen,
    Intent,
    CycleLength,
    Cycles,
    StoppedFor,
    Ongoing,
    AsOf,
    Died,
    Disease,
    DrugName,
    DrugClass,
    DrugCrossResistance,
    DrugRoutes,
    DrugFirstDose,
    DrugLastDose,
    DrugStoppedFor,
    ClassName,
    Term,
    Grade,
    From,
    To,
    SideEffectOngoing,
    MarkerName,
    RaisedAtBaseline,
    AboveLimit,
    KnownName,
    KnownClass,
    KnownCrossResistance,
    KnownRoutes,
    RegimenName,
    RegimenTitle,
    RegimenCycleLength,
    ForDisease,
}

/// The type of a fact, by name of its closed set where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactType {
    /// Yes or no.
    Boolean,
    /// A number in this unit.
    Number(&'static str),
    /// A code of this closed set.
    Code(Vocabulary),
    /// A text.
    Text,
    /// A date.
    Date,
}

/// The closed sets of words that case files write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Vocabulary {
    /// Roles of a lesion.
    Role,
    /// What a reader says of a lesion.
    LesionStatus,
    /// What a line is meant to achieve.
    Intent,
    /// Why a line or drug was stopped.
    StopReason,
}

impl Vocabulary {
    /// All of them, in the order of their domains in a program.
    pub const ALL: [Vocabulary; 4] =
        [Vocabulary::Role, Vocabulary::LesionStatus, Vocabulary::Intent, Vocabulary::StopReason];

    /// The index of its domain: the vocabularies come first.
    pub fn domain(self) -> u16 {
        self as u16
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Vocabulary::Role => "role",
            Vocabulary::LesionStatus => "status",
            Vocabulary::Intent => "intent",
            Vocabulary::StopReason => "stopped_for",
        }
    }

    /// Its words.
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Vocabulary::Role => &oncorules_model::Role::WORDS,
            Vocabulary::LesionStatus => &oncorules_model::LesionStatus::WORDS,
            Vocabulary::Intent => &oncorules_model::Intent::WORDS,
            Vocabulary::StopReason => &oncorules_model::StopReason::WORDS,
        }
    }
}

/// A fact of the vocabulary: name, kind of object, type and meaning.
pub struct FactWord {
    /// The fact.
    pub fact: Fact,
    /// Whose fact it is.
    pub of: ObjectKind,
    /// Its name in expressions.
    pub name: &'static str,
    /// Its type.
    pub ty: FactType,
    /// What it means.
    pub means: &'static str,
}

macro_rules! facts {
    ($($of:ident { $($name:literal $fact:ident $ty:expr, $means:literal;)* })*) => {
        &[$($(FactWord { fact: Fact::$fact, of: ObjectKind::$of, name: $name, ty: $ty, means: $means },)*)*]
    };
}

use FactType::{Boolean, Code, Number, Text};

/// Every fact of the vocabulary.
pub const FACTS: &[FactWord] = facts! {
    Lesion {
        "id" LesionId Text, "the lesion's id";
        "role" LesionRole Code(Vocabulary::Role), "target, non-target or new, as chosen at the line's baseline";
        "site" LesionSite Text, "the site as recorded";
        "organ" LesionOrgan Text, "the site in lower case without its side; all lymph nodes together are one organ";
        "nodal" LesionNodal Boolean, "whether it is a lymph node";
        "longest_diameter" LongestDiameter Number("mm"), "the longest diameter; 0 when it has disappeared";
        "short_axis" ShortAxis Number("mm"), "the longest diameter at right angles to the longest";
        "too_small" TooSmall Boolean, "whether it was visible but too small to measure";
        "merged" Merged Boolean, "whether it has merged into another lesion";
        "recorded" LesionRecorded Boolean, "whether anything was recorded of it at this timepoint";
        "status" LesionStatus Code(Vocabulary::LesionStatus), "what the reader said of it in words";
        "first_seen" FirstSeen FactType::Date, "the date of its first record";
    }
    Timepoint {
        "date" Date FactType::Date, "the date of the assessment";
        "visit" Visit Text, "the name of the visit";
        "is_baseline" IsBaseline Boolean, "whether it is the line's baseline";
        "lesions_recorded" LesionsRecorded Boolean, "whether lesions were looked at";
        "cycle" Cycle Number("1"), "how many cycles had begun";
        "days_on_line" DaysOnLine Number("d"), "days since the line began";
    }
    Line {
        "number" LineNumber Number("1"), "the number of the line, from 1";
        "start" LineStart FactType::Date, "the first day of treatment";
        "ended" LineEnded FactType::Date, "the recorded end of the line";
        "last_dose" LastDose FactType::Date, "the recorded end, else day 1 of the last cycle begun";
        "next_start" NextStart FactType::Date, "the start of the next line";
        "regimen" Regimen Text, "the regimen as the case names it";
        "intent" Intent Code(Vocabulary::Intent), "what the line is meant to achieve";
        "cycle_length" CycleLength Number("d"), "the planned length of a cycle, from the case, else from the formulary";
        "cycles" Cycles Number("1"), "how many cycles had begun as of the report's date";
        "stopped_for" StoppedFor Code(Vocabulary::StopReason), "why the line ended";
        "ongoing" Ongoing Boolean, "whether the line had neither ended nor been followed by another";
        "as_of" AsOf FactType::Date, "the date as of which the report is made";
        "died" Died FactType::Date, "the day of death";
        "disease" Disease Text, "the disease as the case names it";
    }
    Drug {
        "name" DrugName Text, "the drug's generic name";
        "class" DrugClass Text, "its class, where the formulary knows it";
        "cross_resistance" DrugCrossResistance Text, "its cross-resistance group";
        "routes" DrugRoutes Text, "how it is given";
        "first_dose" DrugFirstDose FactType::Date, "day of its first dose in the line, else the line's start";
        "last_dose" DrugLastDose FactType::Date, "day of its last dose in the line, else the line's last dose";
        "stopped_for" DrugStoppedFor Code(Vocabulary::StopReason), "why it was stopped, else why the line was";
    }
    Class {
        "name" ClassName Text, "the class";
    }
    SideEffect {
        "term" Term Text, "what it is";
        "grade" Grade Number("1"), "its CTCAE grade";
        "from" From FactType::Date, "first day";
        "to" To FactType::Date, "last day";
        "ongoing" SideEffectOngoing Boolean, "whether it had not ended as of the report's date";
    }
    Marker {
        "name" MarkerName Text, "the observation's name";
        "raised_at_baseline" RaisedAtBaseline Boolean, "whether it was above its upper limit at the line's baseline";
        "above_limit" AboveLimit Boolean, "whether it is above its upper limit";
    }
    KnownDrug {
        "name" KnownName Text, "generic name";
        "class" KnownClass Text, "class";
        "cross_resistance" KnownCrossResistance Text, "cross-resistance group";
        "routes" KnownRoutes Text, "how it is given";
    }
    Regimen {
        "name" RegimenName Text, "id";
        "title" RegimenTitle Text, "title";
        "cycle_length" RegimenCycleLength Number("d"), "length of a cycle";
        "for_disease" ForDisease Boolean, "whether it is listed for the case's disease";
    }
};

/// The members of a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the table below says what each one means")]
pub enum Members {
    Targets,
    NonTargets,
    NewLesions,
    Lesions,
    Markers,
    Earlier,
    Later,
    Between,
    Parts,
    EarlierSightings,
    LaterSightings,
    Timepoints,
    Drugs,
    Classes,
    EarlierLines,
    SideEffects,
    DrugsInClass,
    RegimenDrugs,
    FormularyDrugs,
    FormularyRegimens,
}

/// A collection of the vocabulary.
pub struct CollectionWord {
    /// The members.
    pub members: Members,
    /// Whose collection it is; `None`: it stands alone.
    pub of: Option<ObjectKind>,
    /// Its name in expressions.
    pub name: &'static str,
    /// What its members are.
    pub kind: ObjectKind,
    /// What it means.
    pub means: &'static str,
}

macro_rules! collections {
    ($($of:expr, $name:literal $members:ident $kind:ident, $means:literal;)*) => {
        &[$(CollectionWord { members: Members::$members, of: $of, name: $name, kind: ObjectKind::$kind, means: $means },)*]
    };
}

/// Every collection of the vocabulary.
pub const COLLECTIONS: &[CollectionWord] = collections! {
    Some(ObjectKind::Timepoint), "targets" Targets Lesion, "target lesions of the line's baseline";
    Some(ObjectKind::Timepoint), "non_targets" NonTargets Lesion, "non-target lesions of the line's baseline";
    Some(ObjectKind::Timepoint), "new_lesions" NewLesions Lesion, "lesions first seen after the baseline, up to this timepoint";
    Some(ObjectKind::Timepoint), "lesions" Lesions Lesion, "all of them";
    Some(ObjectKind::Timepoint), "markers" Markers Marker, "observations with an upper limit of normal";
    Some(ObjectKind::Timepoint), "earlier" Earlier Timepoint, "the follow-ups before this one, by date";
    Some(ObjectKind::Timepoint), "later" Later Timepoint, "the follow-ups after this one, by date";
    Some(ObjectKind::Lesion), "parts" Parts Lesion, "the parts that it has split into, where recorded at this timepoint";
    Some(ObjectKind::Lesion), "earlier_sightings" EarlierSightings Lesion, "the same lesion at the timepoints before";
    Some(ObjectKind::Lesion), "later_sightings" LaterSightings Lesion, "the same lesion at the timepoints after";
    Some(ObjectKind::Line), "timepoints" Timepoints Timepoint, "the follow-ups of the line, by date";
    Some(ObjectKind::Line), "drugs" Drugs Drug, "the drugs given in the line";
    Some(ObjectKind::Line), "classes" Classes Class, "the classes of those drugs";
    Some(ObjectKind::Line), "earlier_lines" EarlierLines Line, "the lines before this one";
    Some(ObjectKind::Line), "side_effects" SideEffects SideEffect, "side effects that began in the line";
    Some(ObjectKind::Class), "drugs_in_class" DrugsInClass Drug, "the line's drugs of this class";
    Some(ObjectKind::Regimen), "drugs" RegimenDrugs KnownDrug, "the regimen's drugs";
    None, "formulary_drugs" FormularyDrugs KnownDrug, "all drugs that the rulesets know";
    None, "formulary_regimens" FormularyRegimens Regimen, "all regimens that the rulesets know";
};

/// The fact named `name` of a kind of object.
pub(crate) fn fact(of: ObjectKind, name: &str) -> Option<&'static FactWord> {
    FACTS.iter().find(|f| f.of == of && f.name == name)
}

/// The collection named `name` of a kind of object (`None`: one that stands alone).
pub(crate) fn collection(of: Option<ObjectKind>, name: &str) -> Option<&'static CollectionWord> {
    COLLECTIONS.iter().find(|c| c.of == of && c.name == name)
}

impl FactType {
    /// The type in the rule language.
    pub fn to_type(self) -> Type {
        match self {
            FactType::Boolean => Type::Boolean,
            FactType::Number(unit) => Type::number(unit),
            FactType::Code(vocabulary) => Type::Code(vocabulary.domain()),
            FactType::Text => Type::Text,
            FactType::Date => Type::Date,
        }
    }
}

/// The functions of the rule language, for 'did you mean'.
pub const FUNCTIONS: &[&str] = &[
    "known",
    "percent_change",
    "rises_by",
    "falls_by",
    "days_between",
    "earliest_known",
    "latest_known",
    "abs",
    "min",
    "max",
    "baseline",
    "nadir",
    "peak",
    "previous",
    "baseline_date",
    "nadir_date",
    "between",
    "upper_limit",
    "lower_limit",
];

/// The methods of collections, for 'did you mean'.
pub const METHODS: &[&str] = &[
    "any", "all", "none", "count", "filter", "sum", "min", "max", "first", "last", "is_empty",
    "list",
];
