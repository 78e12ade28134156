//! File formats that several modules read or write.

pub(crate) mod h5;
mod limits;
pub(crate) mod npy;
pub(crate) mod npz;
pub(crate) mod pickle;
pub(crate) mod sealed;
