//! Cases from YAML, JSON, NDJSON and SDTM data sets.
