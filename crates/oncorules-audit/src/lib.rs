//! Reference cases: running them against their published outcome.
