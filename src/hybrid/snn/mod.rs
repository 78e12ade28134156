//! The spiking branch as it is trained: the multi-step LIF with its dynamic threshold as one
//! operator.

mod lif;

pub use lif::{Cues, Lif};
