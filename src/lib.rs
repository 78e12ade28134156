//! spikefuse: an event-driven spiking simulator joined to a dense hybrid model.
#![deny(missing_docs)]

pub mod config;
pub mod encoding;
pub mod energy;
pub mod error;
pub mod files;
pub mod fusion;
pub mod rng;
pub mod snn;
pub mod tensor;
pub mod time_step;

pub use error::{Error, Result};
