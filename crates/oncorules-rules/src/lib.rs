//! The ruleset format: reading with spans, `extends` and `uses`, the compiler of expressions, and
//! static proofs. What is compiled here, `oncorules-engine` evaluates.
//!
//! ```
//! use oncorules_rules::{Catalog, LoadOptions, RulesetFiles};
//! use oncorules_source::SourceFile;
//! let mut catalog = Catalog::new();
//! catalog.add(RulesetFiles {
//!     origin: "example".into(),
//!     main: SourceFile::new("ruleset.yaml", "format: 1\nid: empty\nversion: 1.0.0\ntitle: Nothing yet\n"),
//!     scripts: vec![],
//! });
//! let (program, warnings) = catalog.load("empty", &LoadOptions::default()).expect("it is well-formed");
//! assert!(warnings.is_empty());
//! assert_eq!(&*program.rulesets[0].id, "empty");
//! ```
#![allow(
    clippy::cast_possible_truncation,
    reason = "indices of rulesets and nodes, bounded far below"
)]

mod catalog;
mod compile;
mod digest;
mod fields;
mod ir;
mod merge;
mod number_literal;
mod order;
mod proof;
mod raw;
mod read;
mod schema;
mod script;
mod syntax;
mod syntax_help;
mod types;
mod units;
mod vocabulary;

pub use catalog::{Catalog, LoadOptions, RulesetFiles, RulesetSummary};
pub use compile::MAX_CLOSURES;
pub use ir::*;
pub use proof::{Proof, ProofKind, ProofOutcome, prove};
pub use read::ROUTES;
pub use schema::ruleset_schema;
pub use script::{MAX_OPERATIONS, ScriptFunction, Scripts};
pub use types::{DomainId, ObjectKind, Scope, Type};
pub use units::{conversion_factor, is_unit, value_in};
pub use vocabulary::{
    COLLECTIONS, CollectionWord, FACTS, FUNCTIONS, Fact, FactType, FactWord, METHODS, Members,
    Vocabulary,
};
