//! Evaluation: a case and a compiled program in, a report with the trace of every decision out.
//!
//! `evaluate` is pure: the same case, program and date give the same report, byte for byte. It
//! reads no clock and no file, and it never fails: what cannot be known is said to be unknown.
#![allow(
    clippy::cast_possible_truncation,
    reason = "indices of timepoints and lesions, bounded far below"
)]

mod batch;
mod bind;
mod course;
mod eval;
mod facts;
mod lesions;
mod members;
mod missing;
mod numbering;
mod outcomes;
mod report;
mod run;
mod state;
mod words;

pub use outcomes::{Item, Outcomes};
pub use state::Hit;

use oncorules_model::{Case, Glossary, PartialDate, Report};
use oncorules_rules::{Program, RulesetIndex, Scope};

/// How to evaluate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EvaluateOptions {
    /// The date as of which the schedule is judged; later data is set aside. Without one: the last
    /// date on which the case records anything.
    pub as_of: Option<PartialDate>,
}

/// A program that is ready to evaluate cases. `Send + Sync`: compile once, evaluate many.
pub struct Engine {
    program: Program,
    fixed: report::Fixed,
}

impl Engine {
    /// Makes a compiled program ready.
    pub fn new(program: Program) -> Self {
        let fixed = report::Fixed::new(&program);
        Self { program, fixed }
    }

    /// The compiled program.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Evaluates one case.
    pub fn evaluate(&self, case: &Case, options: &EvaluateOptions) -> Report {
        let course = bind::bind(&self.program, case, options.as_of);
        let states = run::run(&course);
        report::report(&course, &states, &self.fixed)
    }

    /// Computes all measures and decisions of a case, and no words: a fraction of the time that a
    /// report takes.
    pub fn decide<'c>(&'c self, case: &'c Case, options: &EvaluateOptions) -> Outcomes<'c> {
        let course = bind::bind(&self.program, case, options.as_of);
        let states = run::run(&course);
        Outcomes { course, states }
    }

    /// The measure or decision of this name, of timepoints or of whole lines.
    pub fn item(&self, ruleset: &str, name: &str) -> Option<Item> {
        let ruleset = self.program.rulesets.iter().position(|r| &*r.id == ruleset)?;
        let ruleset = RulesetIndex::try_from(ruleset).ok()?;
        [Scope::Timepoint, Scope::Line]
            .into_iter()
            .find_map(|scope| self.program.find(ruleset, scope, name))
            .map(Item)
    }

    /// What the decisions and their codes mean.
    pub fn glossary(&self) -> Glossary {
        report::glossary(&self.program)
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("rulesets", &self.fixed.rulesets).finish_non_exhaustive()
    }
}
