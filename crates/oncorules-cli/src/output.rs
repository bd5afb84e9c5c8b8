//! Where the answer goes: stdout, or a file that appears when it is complete.

use crate::failure::Failure;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// The place that the answer is written to.
pub(crate) struct Output {
    writer: BufWriter<Box<dyn Write>>,
    name: String,
    /// The file under its passing name, and under its own.
    pending: Option<(PathBuf, PathBuf)>,
}

impl Output {
    /// Stdout, or the file named.
    pub(crate) fn open(file: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = file else {
            let writer =
                BufWriter::with_capacity(1 << 16, Box::new(io::stdout()) as Box<dyn Write>);
            return Ok(Self { writer, name: "stdout".into(), pending: None });
        };
        let name = path.display().to_string();
        // What is no plain file (a pipe, /dev/null) is written as it is.
        let plain = fs::metadata(path).map_or(true, |m| m.is_file());
        let pending = plain.then(|| {
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            let passing = format!(".{file}.{}.partial", std::process::id());
            (path.with_file_name(passing), path.to_path_buf())
        });
        let written = pending.as_ref().map_or(path, |(passing, _)| passing);
        let file =
            File::create(written).map_err(Failure::io(format!("`{name}` cannot be written")))?;
        Ok(Self { writer: BufWriter::with_capacity(1 << 16, Box::new(file)), name, pending })
    }

    /// Writes text.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), Failure> {
        let written = self.writer.write_all(text.as_bytes());
        written.map_err(Failure::io(format!("{} cannot be written", self.name)))
    }

    /// All has been written: the file gets its name.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        let cannot = format!("{} cannot be written", self.name);
        self.writer.flush().map_err(Failure::io(cannot.clone()))?;
        if let Some((passing, own)) = self.pending.take() {
            fs::rename(passing, own).map_err(Failure::io(cannot))?;
        }
        Ok(())
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // Not finished: half an answer is worse than none.
        if let Some((passing, _)) = &self.pending {
            let _ = fs::remove_file(passing);
        }
    }
}

/// Writes text to stdout.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut output = Output::open(None)?;
    output.text(text)?;
    output.finish()
}

/// Writes a JSON value to stdout, laid out for reading.
pub(crate) fn print_json(value: &serde_json::Value) -> Result<(), Failure> {
    print(&format!("{value:#}\n"))
}
