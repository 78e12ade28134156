//! Pictures of a report of the hybrid.

mod all;
mod energy;
mod operations;
mod plane;
mod rate;
mod spikes;
mod steps;
mod tradeoff;

#[cfg(test)]
mod tests;

pub use all::pictures;
pub(super) use operations::work_of_layers;
