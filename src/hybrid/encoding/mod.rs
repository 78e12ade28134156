//! From features to input currents: resampling in time and global-local pooling (GLP).
//!
//! # Example
//! Four segments of one feature in two bins:
//! ```
//! let mut bins = Vec::new();
//! spikefuse::hybrid::encoding::resample(&[1.0, 3.0, 5.0, 7.0], 1, 2, &mut bins);
//! assert_eq!(bins, [2.0, 6.0]);
//! ```

mod glp;
mod resample;

pub use glp::{pooled_gate, refine};
pub use resample::{resample, resampling_cost};
