//! The ruleset format: reading with spans, extends and uses, the expression compiler, static proofs.
