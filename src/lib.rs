//! spikefuse: an event-driven spiking simulator joined to a dense hybrid model.
#![deny(missing_docs)]

pub mod data;
pub mod error;
pub mod files;
pub mod rng;

pub use error::{Error, Result};
