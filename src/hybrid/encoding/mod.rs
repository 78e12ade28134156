//! From features to input currents: resampling in time and global-local pooling (GLP).

mod glp;
mod resample;

pub use glp::{pooled_gate, refine};
pub use resample::{resample, resampling_cost};
