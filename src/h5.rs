//! Reading HDF5 files of unknown origin: sizes are believed only as far as the file itself is large.

use crate::error::{Error, Result};
use crate::npy::{floats_to_f64, integers};
use hdf5_reader::group::Group;
use hdf5_reader::{ByteOrder, Dataset, Datatype, Hdf5File, OpenOptions};
use std::path::{Path, PathBuf};

/// The first bytes of an HDF5 file.
pub(crate) const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";

/// An open file, which can be asked for objects by their path inside it.
pub(crate) struct H5 {
    path: PathBuf,
    file: Hdf5File,
    /// Bytes that a dataset of this file can have: deflate shrinks by at most about 1030.
    pub limit: usize,
}

impl H5 {
    pub fn open(path: &Path) -> Result<H5> {
        let fail = |e: std::io::Error| Error::file(path, format!("cannot read: {e}"));
        let bytes = std::fs::metadata(path).map_err(fail)?.len();
        let limit = usize::try_from(bytes).unwrap_or(usize::MAX).saturating_mul(1100);
        let options = OpenOptions::default().with_chunk_cache_bytes(1 << 20).with_max_read_bytes(limit);
        let file = Hdf5File::open_with_options(path, options).map_err(|e| {
            Error::file(path, format!("not a readable HDF5 file: {e}")).with_hint("is the download complete?")
        })?;
        Ok(H5 { path: path.to_path_buf(), file, limit })
    }

    /// Makes the error of reading object `name`.
    pub fn fail(&self, name: &str) -> impl Fn(hdf5_reader::error::Error) -> Error {
        let (path, name) = (self.path.clone(), name.to_string());
        move |e| {
            let problem = format!("cannot read '{name}': {e}");
            let hint = if problem.contains("unsupported") {
                "write it again without compression or with gzip"
            } else if problem.contains("not found") || problem.contains("external") {
                "is it missing, or in another file? Links to other files are not followed"
            } else {
                "is the download complete?"
            };
            Error::file(&path, problem).with_hint(hint)
        }
    }

    /// An error about object `name`.
    pub fn wrong(&self, name: &str, problem: impl std::fmt::Display) -> Error {
        Error::file(&self.path, format!("'{name}' {problem}"))
    }

    pub fn dataset(&self, name: &str) -> Result<Dataset> {
        self.file.dataset(name).map_err(self.fail(name))
    }

    pub fn group(&self, name: &str) -> Result<Group> {
        self.file.group(name).map_err(self.fail(name))
    }

    /// Names of the groups and of the datasets in group `name`, sorted.
    pub fn members(&self, name: &str) -> Result<(Vec<String>, Vec<String>)> {
        let (mut groups, mut datasets) = self.group(name)?.member_names().map_err(self.fail(name))?;
        groups.sort_unstable();
        datasets.sort_unstable();
        Ok((groups, datasets))
    }

    /// The values of a list of floats or integers.
    pub fn floats(&self, name: &str) -> Result<Vec<f64>> {
        let dataset = self.dataset(name)?;
        let &Datatype::FloatingPoint { size: size @ (2 | 4 | 8), byte_order } = dataset.dtype() else {
            // Integers as times are rare and short.
            return Ok(self.integers(name)?.into_iter().map(|value| value as f64).collect());
        };
        let raw = self.raw(&dataset, name, size)?;
        let mut values = vec![0.0; raw.len() / usize::from(size)];
        floats_to_f64(&raw, usize::from(size), byte_order == ByteOrder::BigEndian, &mut values);
        Ok(values)
    }

    /// The values of a list of integers, as [`integers`] gives them.
    pub fn integers(&self, name: &str) -> Result<Vec<i64>> {
        let dataset = self.dataset(name)?;
        let &Datatype::FixedPoint { size: size @ (1 | 2 | 4 | 8), signed, byte_order } = dataset.dtype() else {
            return Err(self.wrong(name, format!("has the wrong type: {:?}", dataset.dtype())));
        };
        let raw = self.raw(&dataset, name, size)?;
        Ok(integers(&raw, usize::from(size), signed, byte_order == ByteOrder::BigEndian).collect())
    }

    fn raw(&self, dataset: &Dataset, name: &str, size: u8) -> Result<Vec<u8>> {
        if dataset.ndim() != 1 {
            return Err(self.wrong(name, format!("should be a list, found shape {:?}", dataset.shape())));
        }
        let bytes = dataset.raw_byte_len().ok().filter(|&bytes| bytes <= self.limit && bytes % usize::from(size) == 0);
        let Some(bytes) = bytes else {
            let problem = format!("of shape {:?} cannot fit in this file; is it truncated?", dataset.shape());
            return Err(self.wrong(name, problem));
        };
        let mut raw = vec![0; bytes];
        if bytes > 0 {
            dataset.read_raw_bytes_into(&mut raw).map_err(self.fail(name))?;
        }
        Ok(raw)
    }
}
