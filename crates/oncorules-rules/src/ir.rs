//! The compiled form of a program: typed, with every name resolved.

use crate::types::{DomainId, ObjectKind, Scope, Type};
use crate::vocabulary::{Fact, Members};
use oncorules_model::{DecisionText, Number, PartialDate, PromptLevel, SdtmMapping};
use oncorules_source::{SourceFile, Span};
use std::sync::Arc;

/// A value at evaluation. Texts and codes are indices, so that values are small and copied freely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// Not known: a fact is missing.
    Unknown,
    /// Yes or no.
    Bool(bool),
    /// A number in the unit that its type says.
    Number(Number),
    /// A code: index into its domain.
    Code(u16),
    /// A date.
    Date(PartialDate),
    /// A text: index into the texts of the program, or past its end into those of the case.
    Text(u32),
    /// An object: index among its kind.
    Object(u32),
}

impl Value {
    /// Whether it is known.
    pub fn is_known(self) -> bool {
        self != Value::Unknown
    }
}

/// Index of a node (a measure or a decision) in [`Program::nodes`].
pub type NodeId = u32;
/// Index of a ruleset in [`Program::rulesets`].
pub type RulesetIndex = u16;
/// Index of an observation in [`Program::observations`].
pub type ObservationId = u16;

/// A closed set of codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// The decision or fact whose codes they are.
    pub name: Arc<str>,
    /// The codes.
    pub codes: Vec<Arc<str>>,
}

impl Domain {
    /// The index of a code.
    pub fn index(&self, code: &str) -> Option<u16> {
        self.codes.iter().position(|c| &**c == code).and_then(|i| u16::try_from(i).ok())
    }
}

/// Where an object comes from in an expression.
#[derive(Debug, Clone, PartialEq)]
pub enum ObjectRef {
    /// The object that the rule is about, or the one that encloses it.
    Current,
    /// The variable of a closure.
    Variable(u8),
    /// The object that an expression gives; may be unknown.
    Of(Box<Expr>),
}

/// Which earlier value of a series is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Temporal {
    /// The value at baseline: the last known one before the line began.
    Baseline,
    /// The smallest known earlier value, baseline included, this one excluded.
    Nadir,
    /// The largest known earlier value, baseline included, this one excluded.
    Peak,
    /// The value at the timepoint before.
    Previous,
    /// The date of the baseline value.
    BaselineDate,
    /// The date of the (latest) smallest earlier value.
    NadirDate,
}

impl Temporal {
    /// The word of the rule language.
    pub fn word(self) -> &'static str {
        match self {
            Temporal::Baseline => "baseline",
            Temporal::Nadir => "nadir",
            Temporal::Peak => "peak",
            Temporal::Previous => "previous",
            Temporal::BaselineDate => "baseline_date",
            Temporal::NadirDate => "nadir_date",
        }
    }
}

/// What a temporal word looks at: a measure or decision, or an observation.
#[derive(Debug, Clone, PartialEq)]
pub enum Series {
    /// A measure or decision.
    Node(NodeId),
    /// An observation.
    Observation(ObservationId, ObservationPart),
}

/// The value of an observation, or a limit of its normal range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObservationPart {
    /// The value.
    Value,
    /// The upper limit of normal.
    UpperLimit,
    /// The lower limit of normal.
    LowerLimit,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Equal.
    Equal,
    /// Not equal.
    NotEqual,
    /// Less.
    Less,
    /// Less or equal.
    LessOrEqual,
    /// Greater.
    Greater,
    /// Greater or equal.
    GreaterOrEqual,
}

/// Arithmetic on numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    /// Sum.
    Plus,
    /// Difference.
    Minus,
    /// Product.
    Times,
    /// Quotient.
    DividedBy,
}

/// A variable that a closure binds.
pub type Slot = u8;

/// A condition or value over the members of a collection.
#[derive(Debug, Clone, PartialEq)]
pub struct Closure {
    /// The slot that holds the member.
    pub slot: Slot,
    /// The body.
    pub body: Expr,
}

/// A collection with the filters on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Collection {
    /// Whose members.
    pub of: ObjectRef,
    /// The members.
    pub members: Members,
    /// For `between`: the two timepoints.
    pub bounds: Option<Box<(Expr, Expr)>>,
    /// The ruleset whose timepoints are meant.
    pub ruleset: RulesetIndex,
    /// The conditions that a member must meet.
    pub filters: Vec<Closure>,
}

/// What is made of a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregate {
    /// Whether one member meets the condition.
    Any,
    /// Whether all do.
    All,
    /// Whether none does.
    None,
    /// How many there are.
    Count,
    /// The sum.
    Sum,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// The first member.
    First,
    /// The last member.
    Last,
    /// Whether there are no members.
    IsEmpty,
    /// The texts, joined.
    List,
}

/// A typed expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A constant.
    Constant(Value),
    /// A parameter: its value, and its number among all parameters.
    Parameter(Value, u16),
    /// The object that the rule is about, or a variable, as a value.
    Object(ObjectRef),
    /// A recorded fact of an object.
    Fact(Fact, ObjectRef),
    /// An observation at a timepoint.
    Observation(ObservationId, ObservationPart, ObjectRef),
    /// A measure or decision of an object.
    Node(NodeId, ObjectRef),
    /// An earlier value.
    Temporal(Temporal, Series, ObjectRef),
    /// Three-valued not.
    Not(Box<Expr>),
    /// Three-valued and.
    And(Vec<Expr>),
    /// Three-valued or.
    Or(Vec<Expr>),
    /// A comparison.
    Compare(Comparison, Box<Expr>, Box<Expr>),
    /// Whether a code is one of several.
    CodeIn(Box<Expr>, Vec<u16>),
    /// Whether a text is one of several.
    TextIn(Box<Expr>, Vec<u32>),
    /// Arithmetic.
    Arithmetic(Arithmetic, Box<Expr>, Box<Expr>),
    /// A date some days later (or earlier).
    DatePlus(Box<Expr>, Box<Expr>, bool),
    /// The sign turned.
    Negate(Box<Expr>),
    /// The number without its sign.
    Absolute(Box<Expr>),
    /// The change from the first to the second, in percent of the first.
    PercentChange(Box<Expr>, Box<Expr>),
    /// Whether the second lies at least the given percent above the first.
    RisesBy(Box<Expr>, Box<Expr>, Box<Expr>),
    /// Whether the second lies at least the given percent below the first.
    FallsBy(Box<Expr>, Box<Expr>, Box<Expr>),
    /// The days from the first date to the second.
    DaysBetween(Box<Expr>, Box<Expr>),
    /// The smallest of several numbers.
    Smallest(Vec<Expr>),
    /// The largest of several numbers.
    Largest(Vec<Expr>),
    /// The earliest of the dates that are known.
    EarliestKnown(Vec<Expr>),
    /// The latest of the dates that are known.
    LatestKnown(Vec<Expr>),
    /// Whether the value is known.
    Known(Box<Expr>),
    /// The first of several values that is known.
    Coalesce(Vec<Expr>),
    /// One or the other.
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// What is made of a collection.
    Aggregate(Aggregate, Box<Collection>, Option<Box<Closure>>),
    /// A code carried over into another domain; codes that the other lacks become unknown.
    Recode(Box<Expr>, Arc<[Option<u16>]>),
    /// A code as text, for messages.
    CodeText(Box<Expr>, DomainId),
    /// A free Rhai function.
    Script(u16, Vec<Expr>),
}

/// Something that a row looked at, for its trace.
#[derive(Debug, Clone, PartialEq)]
pub struct FactRef {
    /// The name as the rule writes it.
    pub name: Arc<str>,
    /// How to compute it again.
    pub expr: Expr,
    /// Its type.
    pub ty: Type,
}

/// A text with expressions in it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Template(pub Vec<Piece>);

/// A piece of a template.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// Fixed text.
    Text(Arc<str>),
    /// A value.
    Value(Expr, Type),
}

/// What a row decides.
#[derive(Debug, Clone, PartialEq)]
pub enum Then {
    /// This code.
    Code(u16),
    /// The code that an expression gives.
    Take(Expr),
}

/// Where something stands in the files of a ruleset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: SourceFile,
    /// The place in it.
    pub span: Span,
}

/// One row of a decision.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its id.
    pub id: Arc<str>,
    /// What it decides.
    pub then: Then,
    /// When; `None`: always.
    pub when: Option<Expr>,
    /// Why, in words.
    pub because: Option<Template>,
    /// What it looks at.
    pub facts: Vec<FactRef>,
    /// The sources it cites.
    pub sources: Vec<Arc<str>>,
    /// What the author says where the publication is silent.
    pub interpretation: Option<Arc<str>>,
    /// The condition as written.
    pub written: Arc<str>,
    /// The ruleset that wrote it, where that is not the one that decides.
    pub layer: Option<Arc<str>>,
    /// Where it stands.
    pub place: Place,
    /// Cells of a table row: for each column the codes that it accepts (a bit each).
    pub cells: Vec<u64>,
}

/// How the rows of a table are to be read, as in DMN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HitPolicy {
    /// Exactly one row matches.
    Unique,
    /// Rows may overlap where they agree.
    Any,
    /// The first row that matches decides.
    First,
}

/// A combination that cannot occur.
#[derive(Debug, Clone, PartialEq)]
pub struct Impossible {
    /// For each column the codes meant.
    pub cells: Vec<u64>,
    /// Why it cannot occur.
    pub because: Arc<str>,
}

/// A decision table over codes.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The inputs.
    pub columns: Vec<Column>,
    /// For each combination of codes (mixed radix, last column fastest): the row, or `u16::MAX`.
    pub lookup: Vec<u16>,
    /// The policy.
    pub hit: HitPolicy,
    /// Combinations that cannot occur.
    pub impossible: Vec<Impossible>,
}

/// An input of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The name as written.
    pub name: Arc<str>,
    /// The value: a code or a boolean.
    pub expr: Expr,
    /// Its codes, for booleans `no`, `yes`.
    pub codes: Vec<Arc<str>>,
}

/// How a node gets its value.
#[derive(Debug, Clone, PartialEq)]
pub enum Logic {
    /// A measure: by an expression.
    Measure(Expr),
    /// A decision by rows: the first whose condition is true.
    Rows,
    /// A decision by a table over codes.
    Table(Table),
}

/// A measure or decision.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The ruleset that decides.
    pub ruleset: RulesetIndex,
    /// What it is about.
    pub scope: Scope,
    /// Its name.
    pub name: Arc<str>,
    /// What it means.
    pub means: Option<Arc<str>>,
    /// Its type.
    pub ty: Type,
    /// The unit of a numeric measure.
    pub unit: Option<Arc<str>>,
    /// How it gets its value.
    pub logic: Logic,
    /// The rows of a decision.
    pub rows: Vec<Row>,
    /// The code for when a needed fact is unknown.
    pub unknown: Option<u16>,
    /// Sources that all its rows cite.
    pub sources: Vec<Arc<str>>,
    /// What its codes mean.
    pub texts: DecisionText,
    /// The slot of its values among the nodes of its scope.
    pub column: u32,
    /// For a measure: what it looks at.
    pub facts: Vec<FactRef>,
    /// Where its name stands.
    pub place: Place,
}

impl Node {
    /// The domain of a decision.
    pub fn domain(&self) -> Option<DomainId> {
        match (&self.ty, &self.logic) {
            (Type::Code(domain), Logic::Rows | Logic::Table(_)) => Some(*domain),
            _ => None,
        }
    }

    /// Whether it is a decision (and not a measure).
    pub fn is_decision(&self) -> bool {
        !matches!(self.logic, Logic::Measure(_))
    }
}

/// A fact that cases record at an assessment.
#[derive(Debug, Clone, PartialEq)]
pub struct ObservationDecl {
    /// Its name in cases and rules.
    pub name: Arc<str>,
    /// Its type.
    pub ty: Type,
    /// What it means.
    pub means: Option<Arc<str>>,
}

/// Something that becomes due.
#[derive(Debug, Clone, PartialEq)]
pub struct Timing {
    /// The ruleset.
    pub ruleset: RulesetIndex,
    /// Its name.
    pub name: Arc<str>,
    /// Whether it applies.
    pub when: Option<Expr>,
    /// First day.
    pub from: Expr,
    /// Last day.
    pub to: Expr,
    /// Last day before it is overdue; `to` where absent.
    pub overdue_after: Option<Expr>,
    /// The day it was done; unknown: it was not.
    pub done: Option<Expr>,
    /// Words for the clinician.
    pub summary: Option<Template>,
    /// Words for the patient.
    pub patient: Option<Template>,
    /// Sources.
    pub sources: Vec<Arc<str>>,
}

/// Something that the clinician is asked to look at.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptRule {
    /// The ruleset.
    pub ruleset: RulesetIndex,
    /// Its name.
    pub name: Arc<str>,
    /// When.
    pub when: Expr,
    /// How urgent.
    pub level: PromptLevel,
    /// One sentence.
    pub summary: Template,
    /// More.
    pub detail: Template,
    /// Plain words for the patient.
    pub patient: Option<Template>,
    /// What may be considered.
    pub options: Vec<Template>,
    /// Sources.
    pub sources: Vec<Arc<str>>,
    /// What it looks at.
    pub facts: Vec<FactRef>,
}

/// Something about the data that a reader of the report should know.
#[derive(Debug, Clone, PartialEq)]
pub struct FindingRule {
    /// The ruleset.
    pub ruleset: RulesetIndex,
    /// Its code.
    pub name: Arc<str>,
    /// What it is about.
    pub scope: Scope,
    /// When.
    pub when: Expr,
    /// The sentence.
    pub message: Template,
}

/// Nodes that are evaluated together: one node, or several that look at each other's past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The nodes, in the order in which they follow from each other at one timepoint.
    pub nodes: Vec<NodeId>,
    /// Whether they must go timepoint by timepoint.
    pub together: bool,
    /// For each node: how many of its first rows look at none of the others, so that they need not
    /// wait for them.
    pub alone: Vec<usize>,
}

/// A drug that a formulary knows.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownDrug {
    /// Generic name.
    pub name: Arc<str>,
    /// Other names.
    pub names: Vec<Arc<str>>,
    /// Class.
    pub class: Arc<str>,
    /// Drugs of one group are likely to fail together.
    pub cross_resistance: Option<Arc<str>>,
    /// How it is given.
    pub routes: Vec<Arc<str>>,
    /// Text indices of name, class, cross-resistance group and routes.
    pub texts: [Option<u32>; 4],
}

/// A regimen that a formulary knows.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownRegimen {
    /// Id.
    pub id: Arc<str>,
    /// Title.
    pub title: Arc<str>,
    /// Other names.
    pub names: Vec<Arc<str>>,
    /// Indices of its drugs among the known drugs.
    pub drugs: Vec<u32>,
    /// The diseases it is listed for.
    pub diseases: Vec<Arc<str>>,
    /// Length of a cycle in days.
    pub cycle_length: Option<Number>,
    /// Text indices of id and title.
    pub texts: [u32; 2],
}

/// Which assessments a ruleset looks at.
#[derive(Debug, Clone, PartialEq)]
pub struct TimepointRule {
    /// The condition over one assessment; `None`: all.
    pub when: Option<Expr>,
}

/// A parameter, as it stands after all layers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterInfo {
    /// The ruleset.
    pub ruleset: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// Its value with unit, as text.
    pub value: Arc<str>,
    /// What it means.
    pub means: Option<Arc<str>>,
    /// The source it cites.
    pub source: Option<Arc<str>>,
    /// The ruleset that set the value.
    pub set_by: Arc<str>,
}

/// A ruleset in a program.
#[derive(Debug, Clone, PartialEq)]
pub struct ProgramRuleset {
    /// Id.
    pub id: Arc<str>,
    /// Version.
    pub version: Arc<str>,
    /// Title.
    pub title: Arc<str>,
    /// SHA-256 over its files and those of the rulesets it extends.
    pub sha256: Arc<str>,
    /// Parameters that were given other values when it was loaded, with those values.
    pub set: Vec<(Arc<str>, Arc<str>)>,
    /// Which assessments it looks at.
    pub timepoints: TimepointRule,
    /// How trial data name its decisions.
    pub sdtm: SdtmMapping,
    /// Sources: key and citation.
    pub sources: Vec<(Arc<str>, Arc<str>)>,
}

/// A ruleset with all it uses, checked and compiled. Compile once, evaluate many.
#[derive(Debug)]
pub struct Program {
    /// The rulesets; those used come before those that use them, the main one is the last.
    pub rulesets: Vec<ProgramRuleset>,
    /// Closed sets of codes.
    pub domains: Vec<Domain>,
    /// Measures and decisions.
    pub nodes: Vec<Node>,
    /// The order of evaluation.
    pub steps: Vec<Step>,
    /// Observations.
    pub observations: Vec<ObservationDecl>,
    /// What becomes due.
    pub timings: Vec<Timing>,
    /// Prompts.
    pub prompts: Vec<PromptRule>,
    /// Findings.
    pub findings: Vec<FindingRule>,
    /// Known drugs.
    pub drugs: Vec<KnownDrug>,
    /// Known regimens.
    pub regimens: Vec<KnownRegimen>,
    /// Parameters.
    pub parameters: Vec<ParameterInfo>,
    /// The types of the parameters, by their numbers.
    pub parameter_types: Vec<crate::types::Type>,
    /// Fixed texts that expressions compare with.
    pub texts: Vec<Arc<str>>,
    /// Their numbers in the order of the texts, to find them by.
    pub texts_sorted: Vec<u32>,
    /// Free Rhai functions.
    pub scripts: crate::script::Scripts,
    /// How many nodes each scope has: lesion, timepoint, line, drug, class.
    pub columns: [u32; 5],
}

impl Program {
    /// A node by its id.
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id as usize)
    }

    /// The node named `name` in `scope` of the ruleset.
    pub fn find(&self, ruleset: RulesetIndex, scope: Scope, name: &str) -> Option<NodeId> {
        self.nodes
            .iter()
            .position(|n| n.ruleset == ruleset && n.scope == scope && &*n.name == name)
            .and_then(|i| u32::try_from(i).ok())
    }

    /// The number of a fixed text.
    pub fn text_number(&self, text: &str) -> Option<u32> {
        let of = |number: &u32| self.texts.get(*number as usize).map_or("", |t| &**t);
        let at = self.texts_sorted.binary_search_by(|n| of(n).cmp(text)).ok()?;
        self.texts_sorted.get(at).copied()
    }

    /// The text of a code.
    pub fn code(&self, domain: DomainId, code: u16) -> Option<&Arc<str>> {
        self.domains.get(usize::from(domain))?.codes.get(usize::from(code))
    }

    /// How many values a kind of object has.
    pub fn columns_of(&self, kind: ObjectKind) -> u32 {
        let [lesion, timepoint, line, drug, class] = self.columns;
        match kind {
            ObjectKind::Lesion => lesion,
            ObjectKind::Timepoint => timepoint,
            ObjectKind::Line => line,
            ObjectKind::Drug => drug,
            ObjectKind::Class => class,
            _ => 0,
        }
    }
}
