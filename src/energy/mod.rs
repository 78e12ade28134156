//! What a run costs: integer operation counts and published energy tables.

mod cost;

pub use cost::Cost;
