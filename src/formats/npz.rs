//! `.npz`: several `.npy` arrays in a zip file.

use crate::base::files::{Partial, sync};
use crate::base::memory;
use crate::error::{Error, Result};
use crate::formats::limits::{MEMORY, SHRINKS};
use crate::formats::npy::{DType, Header, floats_to_f64, header, integers, row_major};
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// The first bytes of a zip file that holds something.
pub(crate) const SIGNATURE: &[u8] = b"PK\x03\x04";

/// An open `.npz` file.
pub(crate) struct Npz {
    path: PathBuf,
    archive: ZipArchive<BufReader<File>>,
    /// Bytes that may still be read from this file in all: deflate shrinks by a factor of at most
    /// about 1030, and entries that share compressed bytes must not exceed that.
    left: u64,
    /// Bytes of memory that reading may still take.
    memory: u64,
}

impl Npz {
    pub fn open(path: &Path) -> Result<Npz> {
        Npz::open_within(path, u64::MAX)
    }

    /// A file whose arrays may take `memory` bytes of memory, and no more than is free.
    pub fn open_within(path: &Path, memory: u64) -> Result<Npz> {
        let fail = |e: std::io::Error| Error::caused_by(path, "cannot read", e);
        let file = File::open(path).map_err(fail)?;
        let left = file.metadata().map_err(fail)?.len().saturating_mul(SHRINKS);
        let archive = ZipArchive::new(BufReader::new(file)).map_err(|e| {
            Error::caused_by(path, "not a readable .npz file", e).with_hint("is the download complete?")
        })?;
        Ok(Npz { path: path.to_path_buf(), archive, left, memory: memory.min(memory::free()) })
    }

    pub fn has(&self, name: &str) -> bool {
        self.archive.index_for_name(&format!("{name}.npy")).is_some()
    }

    /// The names of its arrays.
    pub fn names(&self) -> Vec<String> {
        let names = self.archive.file_names().filter_map(|name| Some(name.ok()?.strip_suffix(".npy")?.to_owned()));
        names.collect()
    }

    /// Reads the array `name` whole.
    pub fn array(&mut self, name: &str) -> Result<Array> {
        let wrong = |problem: String| Error::file(&self.path, format!("'{name}': {problem}"));
        let mut bytes = Vec::new();
        let mut entry = self.archive.by_name(&format!("{name}.npy")).map_err(|e| wrong(e.to_string()))?;
        let size = entry.size();
        let too_large = |needed: u64| {
            if needed > self.memory {
                Err(wrong(format!(
                    "needs {} of memory, {} are left",
                    memory::bytes(needed),
                    memory::bytes(self.memory)
                )))
            } else {
                Ok(needed)
            }
        };
        let mut needed = too_large(size.saturating_mul(MEMORY[0]))?;
        // The reader compares the checksum when it is read beyond the end.
        let limit = self.left.min(size);
        (&mut entry).take(limit).read_to_end(&mut bytes).map_err(|e| wrong(e.to_string()))?;
        if bytes.len() as u64 == size && entry.read(&mut [0]).map_err(|e| wrong(e.to_string()))? > 0 {
            return Err(wrong("is longer than the file says".into()));
        }
        let Header { dtype, fortran, shape, data_start } = Header::parse(&bytes).map_err(wrong)?;
        if let Some(elements) = bytes.len().saturating_sub(data_start).checked_div(dtype.size) {
            needed = too_large(needed.max(elements as u64 * MEMORY[1]))?;
        }
        self.memory -= needed;
        self.left -= bytes.len() as u64;
        let needed = shape.iter().try_fold(dtype.size, |n, &m| n.checked_mul(m));
        if needed.and_then(|n| n.checked_add(data_start)) != Some(bytes.len()) {
            return Err(wrong(format!("{} bytes do not match its shape {shape:?}; is it truncated?", bytes.len())));
        }
        bytes.drain(..data_start);
        if fortran {
            bytes = row_major(&bytes, dtype.size, &shape);
        }
        Ok(Array { path: self.path.clone(), name: name.to_owned(), dtype, shape, raw: bytes })
    }
}

/// One array, row by row.
pub(crate) struct Array {
    path: PathBuf,
    name: String,
    dtype: DType,
    pub shape: Vec<usize>,
    raw: Vec<u8>,
}

impl Array {
    /// An error about this array.
    pub fn wrong(&self, problem: impl std::fmt::Display) -> Error {
        Error::file(&self.path, format!("'{}' {problem}", self.name))
    }

    fn wrong_type(&self, expected: &str) -> Error {
        self.wrong(format!("has elements of kind {}{}: expected {expected}", self.dtype.kind, self.dtype.size))
    }

    /// Its values, if they are numbers.
    pub fn floats(&self) -> Result<Vec<f64>> {
        let DType { size, big_endian, .. } = self.dtype;
        if self.dtype.is_integer() {
            return Ok(self.integers()?.into_iter().map(|value| value as f64).collect());
        }
        if !self.dtype.is_float() {
            return Err(self.wrong_type("numbers"));
        }
        let mut values = vec![0.0; self.raw.len() / size];
        floats_to_f64(&self.raw, size, big_endian, &mut values);
        Ok(values)
    }

    /// Its values, if they are integers ([`integers`]).
    pub fn integers(&self) -> Result<Vec<i64>> {
        let DType { kind, size, big_endian } = self.dtype;
        if self.dtype.is_integer() {
            Ok(integers(&self.raw, size, kind == 'i', big_endian).collect())
        } else {
            Err(self.wrong_type("integers"))
        }
    }

    /// Its values, if they are unicode texts.
    pub fn texts(&self) -> Result<Vec<String>> {
        let DType { kind, size, big_endian } = self.dtype;
        if kind != 'U' || size == 0 {
            return Err(self.wrong_type("unicode texts"));
        }
        let text = |raw: &[u8]| {
            let letters = integers(raw, 4, false, big_endian).take_while(|&letter| letter != 0);
            letters.map(|letter| u32::try_from(letter).ok().and_then(char::from_u32)).collect::<Option<String>>()
        };
        self.raw.chunks_exact(size).map(|raw| text(raw).ok_or_else(|| self.wrong("is not unicode"))).collect()
    }
}

/// Elements of an array of unknown length, in a nameless temporary file that vanishes with its
/// handle.
pub(crate) struct Spool {
    file: BufWriter<File>,
    bytes: u64,
}

impl Spool {
    /// An empty spool on the disk of `folder`.
    pub fn new(folder: &Path) -> Result<Spool> {
        let file = tempfile::tempfile_in(folder)
            .map_err(|e| Error::caused_by(folder, "cannot make a temporary file in this folder", e))?;
        Ok(Spool::on(file))
    }

    pub(crate) fn on(file: File) -> Spool {
        Spool { file: BufWriter::new(file), bytes: 0 }
    }

    pub fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.bytes += bytes.len() as u64;
        self.file.write_all(bytes)
    }

    fn rewound(self) -> std::io::Result<(File, u64)> {
        let mut file = self.file.into_inner()?;
        file.seek(SeekFrom::Start(0))?;
        Ok((file, self.bytes))
    }
}

/// Reports the first error and afterwards accepts everything: the zip library completes an
/// unfinished archive on drop and would print errors there.
struct FirstError {
    file: BufWriter<File>,
    failed: bool,
}

impl Write for FirstError {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.failed {
            return Ok(bytes.len());
        }
        self.file.write(bytes).inspect_err(|_| self.failed = true)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        if self.failed { Ok(()) } else { self.file.flush().inspect_err(|_| self.failed = true) }
    }
}

/// A `.npz` file being written, array by array.
pub(crate) struct NpzWriter {
    partial: Partial,
    zip: ZipWriter<StreamWriter<FirstError>>,
}

impl NpzWriter {
    pub fn create(partial: Partial) -> Result<NpzWriter> {
        let file = FirstError { file: partial.create()?, failed: false };
        Ok(NpzWriter { partial, zip: ZipWriter::new_stream(file) })
    }

    /// An array whose elements are the bytes of `data`; `bytes` says how many.
    fn write(&mut self, name: &str, head: &[u8], data: &mut dyn Read, bytes: u64) -> Result<()> {
        // Level 1: membranes hardly shrink at any level, and spikes shrink well at each.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(1))
            .large_file(bytes > u64::from(u32::MAX) / 2);
        self.zip.start_file(format!("{name}.npy"), options).map_err(|e| self.partial.error(e))?;
        let written = self.zip.write_all(head).and_then(|()| std::io::copy(data, &mut self.zip));
        written.map(|_| ()).map_err(|e| self.partial.error(e))
    }

    /// An array of elements `descr` that are in memory.
    pub fn array(&mut self, name: &str, descr: &str, shape: &[usize], mut data: &[u8]) -> Result<()> {
        let bytes = data.len() as u64;
        self.write(name, &header(descr, shape), &mut data, bytes)
    }

    /// An array of texts.
    pub fn texts(&mut self, name: &str, texts: &[&str]) -> Result<()> {
        let width = texts.iter().map(|text| text.chars().count()).max().unwrap_or(0).max(1);
        let letters = texts.iter().flat_map(|text| {
            let padding = std::iter::repeat('\0');
            text.chars().chain(padding).take(width).flat_map(|letter| u32::from(letter).to_le_bytes())
        });
        let raw: Vec<u8> = letters.collect();
        self.array(name, &format!("<U{width}"), &[texts.len()], &raw)
    }

    /// An array of elements `descr` that were spooled.
    pub fn spooled(&mut self, name: &str, descr: &str, shape: &[usize], spool: Spool) -> Result<()> {
        let (mut file, bytes) = spool.rewound().map_err(|e| self.partial.error(e))?;
        self.write(name, &header(descr, shape), &mut file, bytes)
    }

    /// Completes the file, which still has its temporary name.
    pub fn finish(self) -> Result<Partial> {
        let NpzWriter { partial, zip } = self;
        let file = zip.finish().map_err(|e| partial.error(e))?.into_inner();
        sync(file.file).map_err(|e| partial.error(e))?;
        Ok(partial)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A zip file with one stored entry, the array `a` of bytes.
    fn file_with(values: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npz");
        let mut zip = ZipWriter::new(File::create(&path).unwrap());
        zip.start_file("a.npy", SimpleFileOptions::default().compression_method(CompressionMethod::Stored)).unwrap();
        let head = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({},), }}\n", values.len());
        zip.write_all(b"\x93NUMPY\x01\x00").unwrap();
        zip.write_all(&(head.len() as u16).to_le_bytes()).unwrap();
        zip.write_all(head.as_bytes()).unwrap();
        zip.write_all(values).unwrap();
        zip.finish().unwrap();
        (folder, path)
    }

    #[test]
    fn one_flipped_bit_is_noticed() {
        let (_folder, path) = file_with(&[7; 100]);
        assert_eq!(Npz::open(&path).unwrap().array("a").unwrap().integers().unwrap(), [7; 100]);
        let mut bytes = std::fs::read(&path).unwrap();
        let at = bytes.windows(8).position(|window| window == [7; 8]).unwrap();
        bytes[at + 50] ^= 4;
        std::fs::write(&path, bytes).unwrap();
        let error = Npz::open(&path).unwrap().array("a").err().unwrap().to_string();
        assert!(error.to_lowercase().contains("checksum"), "{error}");
    }

    /// Bytes that become numbers of eight.
    #[test]
    fn memory_is_that_of_the_numbers() {
        let (_folder, path) = file_with(&[1; 10_000]);
        assert!(Npz::open_within(&path, 160_000).unwrap().array("a").is_ok());
        let error = Npz::open_within(&path, 100_000).unwrap().array("a").err().unwrap().to_string();
        assert!(error.contains("of memory"), "{error}");
    }
}
