//! Named weights and statistics, and one pass of a graph that reads them.
//! [Example](super::model#example).

mod modality;
mod pass;
mod tensors;

pub use modality::{ByModality, MODALITIES, Modality};
pub use pass::{Noise, Pass};
pub use tensors::{Declaration, Initial, Parameter, Parameters};
