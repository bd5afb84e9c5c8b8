//! x
#![allow(dead_code, missing_docs)]
mod number_literal;
mod syntax;
