//! spikefuse: an event-driven spiking simulator joined to a dense hybrid model.
#![deny(missing_docs)]

pub mod counts;
pub mod engine;
pub mod error;
pub mod event;
pub mod files;
pub mod lanes;
pub mod neuron;
pub mod rng;
pub mod splitmix;
pub mod synapse;
pub mod threshold;

pub use error::{Error, Result};
