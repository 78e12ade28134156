//! spikefuse: an event-driven spiking simulator joined to a dense hybrid model.
#![deny(missing_docs)]

pub mod compare;
pub mod config;
pub mod counts;
pub mod data;
pub mod dense;
pub mod encoding;
pub mod energy;
pub mod engine;
pub mod error;
pub mod evaluate;
pub mod event;
pub mod files;
pub mod fusion;
pub mod gzsl;
pub mod lanes;
pub mod model;
pub mod neuron;
pub mod report;
pub mod rng;
pub mod snn;
pub mod splitmix;
pub mod synapse;
pub mod tensor;
pub mod threshold;
pub mod time_step;
pub mod train;

pub use error::{Error, Result};
