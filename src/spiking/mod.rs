//! The words that both engines share: time, spikes, drivers, neurons, thresholds; and the engine of
//! stacks of layers, clip by clip.
//!
//! ```
//! use spikefuse::spiking::{Spike, SpikeTrain};
//!
//! let spikes = [Spike { tick: 2, source: 0 }, Spike { tick: 0, source: 3 }];
//! let train = SpikeTrain::from_spikes(4, 3, spikes)?;
//! assert_eq!((train.at(0), train.at(1), train.total()), (&[3][..], &[][..], 2));
//! # Ok::<(), spikefuse::Error>(())
//! ```

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
