//! File formats that several modules read or write.

pub(crate) mod events;
#[cfg(feature = "hdf5")]
// Features of clips need more of it than spikes.
#[cfg_attr(not(feature = "hybrid"), allow(dead_code))]
pub(crate) mod h5;
mod limits;
#[cfg(feature = "hybrid")]
pub(crate) mod matrix;
pub(crate) mod npy;
pub(crate) mod npz;
#[cfg(feature = "hybrid")]
pub(crate) mod pickle;
pub(crate) mod sealed;

/// The first bytes of an HDF5 file.
pub(crate) const HDF5_SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";
