//! Source texts with spans.
//!
//! Rulesets and cases are files that people write. This crate reads them into a tree in which
//! every value knows where it stands ([`yaml::Node`]), and carries what is wrong with them as
//! [`Diagnostic`]s: where, what was found, what was expected, how to mend it.
//!
//! ```
//! use oncorules_source::{yaml, SourceFile};
//! let file = SourceFile::new("case.yaml", "case: P-1\nlines: []\n");
//! let tree = yaml::parse(&file).expect("well-formed YAML");
//! let case = tree.get("case").expect("the key is there");
//! assert_eq!(case.as_str(), Some("P-1"));
//! assert_eq!((case.span.line, case.span.column), (1, 7));
//! ```

mod decode;
mod diagnostic;
mod position_map;
mod suggest;
pub mod yaml;
mod yaml_syntax;

pub use decode::source_from_utf8;
pub use diagnostic::{Diagnostic, Diagnostics, Label, Severity, SourceFile, Span};
pub use position_map::position_in_source;
pub use suggest::{did_you_mean, one_of};
