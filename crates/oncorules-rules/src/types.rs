//! The types of the rule language.

use std::fmt;
use std::sync::Arc;

/// Index of a closed set of codes in [`crate::Program::domains`].
pub type DomainId = u16;

/// What a rule is about, and so which facts it sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// A lesion as seen at one timepoint.
    Lesion,
    /// One timepoint of a line.
    Timepoint,
    /// One line of therapy.
    Line,
    /// One drug of a line.
    Drug,
    /// One class of drugs in a line.
    Class,
}

impl Scope {
    /// The kind of object that this scope is about.
    pub fn object(self) -> ObjectKind {
        match self {
            Scope::Lesion => ObjectKind::Lesion,
            Scope::Timepoint => ObjectKind::Timepoint,
            Scope::Line => ObjectKind::Line,
            Scope::Drug => ObjectKind::Drug,
            Scope::Class => ObjectKind::Class,
        }
    }
}

/// The things that expressions speak about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// A lesion as seen at one timepoint.
    Lesion,
    /// One timepoint.
    Timepoint,
    /// One line of therapy.
    Line,
    /// One drug of a line.
    Drug,
    /// One class of drugs in a line.
    Class,
    /// A laboratory marker at one timepoint.
    Marker,
    /// A side effect.
    SideEffect,
    /// A drug that a formulary knows.
    KnownDrug,
    /// A regimen that a formulary knows.
    Regimen,
}

impl ObjectKind {
    /// The word for messages.
    pub fn word(self) -> &'static str {
        match self {
            ObjectKind::Lesion => "lesion",
            ObjectKind::Timepoint => "timepoint",
            ObjectKind::Line => "line",
            ObjectKind::Drug => "drug",
            ObjectKind::Class => "class",
            ObjectKind::Marker => "marker",
            ObjectKind::SideEffect => "side effect",
            ObjectKind::KnownDrug => "known drug",
            ObjectKind::Regimen => "regimen",
        }
    }

    /// The scope whose measures and decisions this kind of object has.
    pub fn scope(self) -> Option<Scope> {
        Some(match self {
            ObjectKind::Lesion => Scope::Lesion,
            ObjectKind::Timepoint => Scope::Timepoint,
            ObjectKind::Line => Scope::Line,
            ObjectKind::Drug => Scope::Drug,
            ObjectKind::Class => Scope::Class,
            _ => return None,
        })
    }
}

/// The type of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// Yes or no.
    Boolean,
    /// A number in a unit (UCUM; `1` for none). `None` only for the literal 0, which goes with
    /// any unit.
    Number(Option<Arc<str>>),
    /// One of a closed set of codes.
    Code(DomainId),
    /// A text.
    Text,
    /// A date.
    Date,
    /// One object.
    Object(ObjectKind),
    /// Several objects.
    Collection(ObjectKind),
    /// `()`: unknown, which goes with any type.
    Unknown,
}

impl Type {
    /// A number in the given unit.
    pub fn number(unit: &str) -> Type {
        Type::Number(Some(unit.into()))
    }

    /// The type for a message; codes by the name of their set.
    pub fn describe(&self, domains: &[crate::Domain]) -> String {
        match self {
            Type::Boolean => "yes or no".into(),
            Type::Number(Some(unit)) if &**unit == "1" => "a number without a unit".into(),
            Type::Number(Some(unit)) => format!("a number in `{unit}`"),
            Type::Number(None) => "zero".into(),
            Type::Code(id) => match domains.get(usize::from(*id)) {
                Some(domain) => format!("a code of `{}`", domain.name),
                None => "a code".into(),
            },
            Type::Text => "a text".into(),
            Type::Date => "a date".into(),
            Type::Object(kind) => format!("a {}", kind.word()),
            Type::Collection(kind) => format!("a collection of {}s", kind.word()),
            Type::Unknown => "unknown".into(),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.object().word())
    }
}
