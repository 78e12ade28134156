//! The Spiking Tucker Fusion Transformer, assembled. `docs/model.md` has every equation.

mod activity;
pub mod batch;
mod declare;
mod infer;
mod stft;
mod twin;
mod weights;

pub use activity::{Activity, LayerRecord};
pub use declare::declarations;
pub use infer::{Hybrid, Inference, Prepared};
pub use stft::{BLOCKS, BlockCues, ClipBatch, Dimensions, Semantic, Spiking, Stft, block_name};
pub use twin::DenseTwin;
pub use weights::{load, save};
