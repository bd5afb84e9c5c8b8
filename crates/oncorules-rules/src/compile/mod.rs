//! From raw rulesets to a [`Program`](crate::Program): names resolved, types checked.

mod aggregate;
mod expression;
mod facts;
mod lower;
mod names;
mod table;
mod template;

pub use aggregate::MAX_CLOSURES;
pub(crate) use lower::compile;
pub(crate) use table::{combination, matches};
