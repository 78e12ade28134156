//! The bytes of a file, in order: lines of text at its start, then records of one size.

use crate::error::{Error, Result};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// The most bytes of text at the start of a file.
const MOST_TEXT: usize = 1 << 16;

/// A file that is being read.
pub(super) struct Bytes {
    path: PathBuf,
    file: BufReader<File>,
    /// Bytes behind those that were read.
    left: u64,
    /// Records that were read.
    records: u64,
}

impl Bytes {
    pub fn open(path: &Path) -> Result<Bytes> {
        let fail = |e| Error::caused_by(path, "cannot read", e);
        let file = File::open(path).map_err(fail)?;
        let left = file.metadata().map_err(fail)?.len();
        Ok(Bytes { path: path.to_path_buf(), file: BufReader::with_capacity(1 << 16, file), left, records: 0 })
    }

    /// How many bytes are left.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// How many records were read.
    pub fn records(&self) -> u64 {
        self.records
    }

    pub fn wrong(&self, problem: impl ToString) -> Error {
        Error::file(&self.path, problem)
    }

    fn fail(&self, e: std::io::Error) -> Error {
        Error::caused_by(&self.path, "cannot read", e)
    }

    /// The next lines, as long as they begin with `mark`, without their ends; up to the one that is
    /// `last`.
    pub fn lines(&mut self, mark: &[u8], last: &str) -> Result<Vec<String>> {
        let (mut lines, mut text) = (Vec::new(), 0);
        loop {
            let next = self.file.fill_buf().map_err(|e| Error::caused_by(&self.path, "cannot read", e))?;
            if !next.starts_with(mark) {
                return Ok(lines);
            }
            let mut line = Vec::new();
            let most = (MOST_TEXT - text) as u64;
            (&mut self.file).take(most).read_until(b'\n', &mut line).map_err(|e| self.fail(e))?;
            text += line.len();
            self.left = self.left.saturating_sub(line.len() as u64);
            if line.pop() != Some(b'\n') {
                return Err(self.wrong("has a header without an end; is it truncated?"));
            }
            lines.push(String::from_utf8_lossy(&line).trim_end().to_owned());
            if lines.last().is_some_and(|line| line == last) {
                return Ok(lines);
            }
        }
    }

    /// Fills `record` with the next bytes; false at the end of the file.
    pub fn fill(&mut self, record: &mut [u8]) -> Result<bool> {
        if self.left == 0 {
            return Ok(false);
        }
        if self.left < record.len() as u64 {
            let problem = format!("ends within record {} of {} bytes; is it truncated?", self.records, record.len());
            return Err(self.wrong(problem));
        }
        self.file.read_exact(record).map_err(|e| self.fail(e))?;
        self.left -= record.len() as u64;
        self.records += 1;
        Ok(true)
    }

    /// The next record of `N` bytes; none at the end of the file.
    pub fn next<const N: usize>(&mut self) -> Result<Option<[u8; N]>> {
        let mut record = [0; N];
        Ok(self.fill(&mut record)?.then_some(record))
    }

    /// Passes over bytes that are there.
    pub fn skip(&mut self, bytes: u64) -> Result<()> {
        let bytes = bytes.min(self.left);
        self.file.seek_relative(bytes as i64).map_err(|e| self.fail(e))?;
        self.left -= bytes;
        Ok(())
    }
}

/// The two words of a record.
pub(super) fn halves([a, b, c, d, e, f, g, h]: [u8; 8]) -> [[u8; 4]; 2] {
    [[a, b, c, d], [e, f, g, h]]
}
