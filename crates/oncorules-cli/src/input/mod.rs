//! Where cases come from: files, folders, stdin, trial data. A source gives units of work; what a
//! unit holds is read where it is evaluated, on any core.

mod folder;
mod lines;
mod unit;

pub(crate) use unit::{Read, Unit};

use crate::args::CasesFrom;
use crate::backend::Programs;
use crate::failure::{Failure, print_diagnostics};
use lines::Lines;
use oncorules_formats::{MAX_FILE_BYTES, SdtmOptions, read_sdtm, source_from_bytes};
use oncorules_model::Problem;
use oncorules_source::{Diagnostic, Diagnostics};
use std::collections::VecDeque;
use std::io::{self, BufReader, Read as _};
use std::path::{Path, PathBuf};

/// How many units are taken at a time, and how many bytes of lines at most: this bounds the memory
/// of a run, whatever the number of cases.
const BATCH: usize = 1_024;
const BATCH_BYTES: usize = 8 << 20;

/// What is still to be read.
enum Part {
    File(PathBuf),
    Stdin,
    Case(Box<oncorules_model::Case>),
    Problem(Problem),
}

/// All the cases asked for, in order.
pub(crate) struct Source {
    parts: VecDeque<Part>,
    open: Option<Lines>,
}

impl Source {
    /// The cases that the arguments name. Missing paths are found before any work is done.
    pub(crate) fn open(
        from: &CasesFrom,
        programs: &Programs,
        quiet: bool,
    ) -> Result<Self, Failure> {
        let parts = match &from.sdtm {
            Some(dir) => sdtm(dir, from.evaluator.as_deref(), programs, quiet)?,
            None => files(&from.paths)?,
        };
        Ok(Self { parts, open: None })
    }

    /// The next units; none at the end.
    pub(crate) fn batch(&mut self) -> Result<Vec<Unit>, Failure> {
        let mut units = vec![];
        let mut bytes = 0;
        while units.len() < BATCH && bytes < BATCH_BYTES {
            if let Some(lines) = &mut self.open {
                match lines.next_line()? {
                    Some(unit) => {
                        bytes += unit.bytes();
                        units.push(unit);
                    }
                    None => self.open = None,
                }
                continue;
            }
            match self.parts.pop_front() {
                None => break,
                Some(Part::Case(case)) => units.push(Unit::Case(case)),
                Some(Part::Problem(problem)) => units.push(Unit::Problem(problem)),
                Some(Part::Stdin) => self.stdin(&mut units)?,
                Some(Part::File(path)) if folder::is_lines(&path) => {
                    match std::fs::File::open(&path) {
                        Ok(file) => {
                            let name = path.display().to_string();
                            self.open = Some(Lines::new(&name, Box::new(BufReader::new(file))));
                        }
                        Err(error) => units.push(Unit::unreadable(&path, &error)),
                    }
                }
                Some(Part::File(path)) => {
                    // A large file counts as what it will take once it is read.
                    bytes += std::fs::metadata(&path)
                        .map_or(0, |m| usize::try_from(m.len()).unwrap_or(usize::MAX))
                        .min(BATCH_BYTES);
                    units.push(Unit::File(path));
                }
            }
        }
        Ok(units)
    }

    /// Stdin is NDJSON where its first line is a complete object and another line follows; else it
    /// is one file.
    fn stdin(&mut self, units: &mut Vec<Unit>) -> Result<(), Failure> {
        const NAME: &str = "<stdin>";
        let cannot = || Failure::io("stdin cannot be read");
        let mut lines = Lines::new(NAME, Box::new(BufReader::new(io::stdin())));
        if lines.looks_like_ndjson().map_err(cannot())? {
            self.open = Some(lines);
            return Ok(());
        }
        let mut bytes = vec![];
        let limit = MAX_FILE_BYTES as u64 + 1;
        lines.into_rest().take(limit).read_to_end(&mut bytes).map_err(cannot())?;
        units.push(match source_from_bytes(NAME, bytes) {
            Ok(file) => Unit::Text(file),
            Err(diagnostic) => Unit::Wrong { file: NAME.into(), wrong: diagnostic.into() },
        });
        Ok(())
    }
}

fn files(paths: &[PathBuf]) -> Result<VecDeque<Part>, Failure> {
    let mut parts = VecDeque::new();
    let mut wrong = Diagnostics::new();
    let mut stdin = false;
    for path in paths {
        if path.as_os_str() == "-" {
            // Stdin can be read once.
            if !std::mem::replace(&mut stdin, true) {
                parts.push_back(Part::Stdin);
            }
        } else if path.is_dir() {
            match folder::case_files(path) {
                Ok(found) => parts.extend(found.into_iter().map(Part::File)),
                Err(diagnostic) => wrong.push(diagnostic),
            }
        } else if path.exists() {
            parts.push_back(Part::File(path.clone()));
        } else {
            let message = format!("there is no file or folder `{}`", path.display());
            wrong.push(Diagnostic::error("no-such-file", message));
        }
    }
    if wrong.is_empty() { Ok(parts) } else { Err(wrong.into()) }
}

fn sdtm(
    dir: &Path,
    evaluator: Option<&str>,
    programs: &Programs,
    quiet: bool,
) -> Result<VecDeque<Part>, Failure> {
    let mut options = SdtmOptions::default();
    if let Some(name) = evaluator {
        let choice = name.parse().map_err(|error: oncorules_formats::sdtm::EvaluatorError| {
            Diagnostic::error("evaluator", error.to_string())
        })?;
        options.evaluator = Some(choice);
    }
    let study = read_sdtm(dir, &programs.sdtm_mappings(), &options)?;
    if !quiet {
        for note in &study.notes {
            // The codes of notes are data here; the note itself says which it is.
            let message = format!("{} ({})", note.message, note.code);
            print_diagnostics(&Diagnostic::note("study", message).into());
        }
    }
    let cases = study.cases.into_iter().map(|c| Part::Case(Box::new(c)));
    Ok(cases.chain(study.problems.into_iter().map(Part::Problem)).collect())
}
