//! The words that both engines share: time, spikes, drivers, neurons, thresholds; and the engine of stacks of layers, clip by clip.

mod driver;
pub mod neuron;
mod queue;
pub(crate) mod race;
pub mod stack;
pub mod threshold;
mod time;
mod train;

pub use driver::Driver;
pub use queue::BucketQueue;
pub use time::Tick;
pub use train::{Spike, SpikeTrain};
