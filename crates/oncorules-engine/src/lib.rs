//! Evaluation: timepoints, lines of therapy, courses, and the trace of every decision.
