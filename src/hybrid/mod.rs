//! The hybrid model: the Spiking Tucker Fusion Transformer, trained and evaluated.

pub mod compare;
pub mod config;
pub mod dense;
pub mod encoding;
pub mod evaluate;
pub mod fusion;
pub mod gzsl;
pub mod model;
pub mod parameters;
pub mod saved;
pub mod snn;
pub mod tensor;
pub mod time_step;
pub mod train;
