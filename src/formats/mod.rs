//! Forms of files that several modules read.

pub(crate) mod h5;
pub(crate) mod npy;
pub(crate) mod npz;
pub(crate) mod pickle;
pub(crate) mod sealed;
