//! Takes the place of SONATA files where the crate is built without its feature `hdf5`.

use super::header::Header;
use super::raw::{Choose, Raw};
use super::sink::SpikeSink;
use crate::base::files::Partial;
use crate::error::{Error, Result};
use std::path::Path;

fn refuse<T>(path: &Path) -> Result<T> {
    Err(Error::file(path, "this build cannot read or write HDF5: it lacks the feature 'hdf5'")
        .with_hint("use .npz or .csv"))
}

/// Refuses to write.
pub(super) fn create(partial: Partial, _: &Header) -> Result<Box<dyn SpikeSink>> {
    refuse(partial.path())
}

/// Refuses to read.
pub(super) fn read(path: &Path, _: Option<Choose>, _: u64) -> Result<Raw> {
    refuse(path)
}
