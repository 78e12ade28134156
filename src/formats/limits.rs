//! Limits for reading compressed files of unknown origin.

/// Largest ratio of the content of a compressed file to its size; deflate reaches about 1030.
pub(super) const SHRINKS: u64 = 1100;

/// Most bytes of memory per byte of content and per element, as numbers and as the spikes or edges
/// made of them.
pub(super) const MEMORY: [u64; 2] = [4, 16];
