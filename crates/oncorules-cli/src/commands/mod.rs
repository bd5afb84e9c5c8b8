//! The subcommands: arguments and what is done with them, one a file.

pub(crate) mod assess;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod explain;
pub(crate) mod rules;
pub(crate) mod schema;
pub(crate) mod test;
