//! Any text as a line of a cohort (NDJSON): it is read or refused. The quick reader of lines and
//! the reader of files must agree on what a good case is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oncorules::source::SourceFile;

fuzz_target!(|data: &[u8]| {
    let Ok(content) = std::str::from_utf8(data) else { return };
    if content.contains('\n') {
        return;
    }
    if let Ok(case) = oncorules_formats::read_case_line("fuzz.ndjson", 1, content) {
        let json = serde_json::to_string(&case).expect("a case is JSON");
        let (again, wrong) = oncorules_formats::read_cases(&SourceFile::new("fuzz.json", json.as_str()));
        assert!(!wrong.has_errors(), "{json}\n{wrong}");
        assert_eq!(again, [case]);
    }
});
