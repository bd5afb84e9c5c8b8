//! Cases from YAML, JSON, NDJSON and SDTM data sets.
//!
//! Three ways in, one [`Case`](oncorules_model::Case) out:
//!
//! * [`read_cases`] walks a YAML or JSON file and says everything that is wrong with it at once,
//!   each thing at its line and column;
//! * [`read_case_json`] and [`read_case_line`] read one JSON case at the speed of the parser, for
//!   cohorts in NDJSON, and fall back on the first way for what is wrong;
//! * [`read_sdtm`] reads a folder of trial data (TU, TR, RS, and where present DM, EX, LB, AE,
//!   SUPPRS), by the rules that stand in [`sdtm`].
//!
//! All of them end in [`validate`], so that a case means the same wherever it came from. Nothing
//! here knows a criterion or a rule: the names of responses come from the rulesets, as
//! [`SdtmMapping`](oncorules_model::SdtmMapping)s.
//!
//! ```
//! use oncorules_formats::read_cases;
//! use oncorules_source::SourceFile;
//! let file = SourceFile::new("case.yaml", "case: P-1\nassesments: []\n");
//! let (cases, wrong) = read_cases(&file);
//! assert!(cases.is_empty());
//! assert_eq!(wrong.0[0].place().unwrap(), "case.yaml:2:1");
//! assert!(wrong.0[0].help.as_deref().unwrap().contains("did you mean `assessments`?"));
//! ```

mod case_tree;
mod duplicates;
mod json;
mod places;
pub mod sdtm;
mod source;
mod validate;

pub use case_tree::{case_from_node, read_cases};
pub use json::{read_case_json, read_case_line};
pub use sdtm::{EvaluatorChoice, SdtmOptions, SdtmStudy, read_sdtm};
pub use source::{MAX_FILE_BYTES, source_from_bytes, source_from_bytes_within, source_from_file};
pub use validate::{Step, Violation, validate};
