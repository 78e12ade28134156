//! Takes the place of SHD's form where the crate is built without its feature `hdf5`.

use super::set::Samples;
use crate::error::{Error, Result};
use std::path::Path;

/// Refuses to read.
pub(super) fn open(path: &Path, _: Option<[u32; 2]>) -> Result<Samples> {
    Err(Error::file(path, "this build cannot read HDF5: it lacks the feature 'hdf5'"))
}
