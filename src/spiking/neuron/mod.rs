//! Neuron models, one file each: parameters, state, derived values and the step as small pure
//! functions that every driver calls. [Example](super#example).

pub mod fixed_point;
pub mod lif;
pub mod linear;
mod reset;

pub use reset::Reset;
