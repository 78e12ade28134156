//! Training in two stages. [Example](super#example).
//!
//! Stage 1 trains on the stage-1 training clips and keeps the epoch with the best validation HM,
//! and its gamma. Stage 2 starts afresh, trains on all clips that are not test clips for as many
//! epochs with the same learning rate in each, and is tested once. A stage-2 epoch has as many more
//! batches as there are more clips: a clip is seen as often as in stage 1, and the distances, and
//! with them gamma, keep their scale.

mod adam;
mod checkpoint;
mod loss;
mod progress;
mod sampler;
mod stage;
mod stages;

pub use adam::Adam;
pub use checkpoint::{CHECKPOINT, Identity, TrainingFolder};
pub use loss::{Loss, Words, loss};
pub use progress::{Choice, EpochRecord, TrainingObserver, TrainingState};
pub use sampler::{Sample, Sampler};
pub use stage::{Stage, StepReport};
pub use stages::{Trained, train};
