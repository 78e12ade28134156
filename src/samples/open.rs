//! Data sets by what they look like.

use super::set::Samples;
use super::{arrays, folder, idx, shd};
use crate::base::files::ending;
use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

/// What [`Samples::open`] has to know beside the data.
#[derive(Debug, Clone, Default)]
pub struct Opening {
    /// File with labels.
    pub labels: Option<PathBuf>,
    /// Width and height of the event camera; default: what its files say, or 34 x 34 for files of
    /// N-MNIST's form.
    pub sensor: Option<[u32; 2]>,
    /// At most so many samples, the first.
    pub limit: Option<usize>,
}

impl Samples {
    /// Opens what stands at `path`.
    ///
    /// # Errors
    /// If there is nothing that is known, labels are missing or do not match, or files are damaged.
    pub fn open(path: &Path, opening: &Opening) -> Result<Samples> {
        let labels = opening.labels.as_deref();
        std::fs::metadata(path).map_err(|e| Error::caused_by(path, "cannot read", e))?;
        if opening.limit == Some(0) {
            return Err(Error::value("limit", "0: expected at least 1"));
        }
        let mut samples = if path.is_dir() {
            folder::open(path, labels, opening.sensor)?
        } else {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            match &ending(path)[..] {
                "npy" | "npz" => arrays::open(path, labels)?,
                "h5" | "hdf5" if labels.is_none() => shd::open(path, opening.sensor)?,
                "h5" | "hdf5" => return Err(Error::file(path, "has labels of its own").with_hint("leave out --labels")),
                _ if name.contains("idx") || ending(path) == "gz" => idx::open(path, labels)?,
                _ => {
                    let problem = "is no data set: expected a folder of recordings, an idx file of images (.gz too), \
                                   .npy, .npz or .h5";
                    return Err(Error::file(path, problem));
                }
            }
        };
        if let Some(limit) = opening.limit {
            samples.labels.truncate(limit);
            samples.names.truncate(limit);
        }
        match samples.labels.is_empty() {
            true => Err(Error::file(path, "has no samples")),
            false => Ok(samples),
        }
    }
}
