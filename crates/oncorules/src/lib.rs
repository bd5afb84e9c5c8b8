//! The embedding facade: load, check and evaluate response rulesets in a few lines.
