//! The words that both engines share: time, spikes, drivers, neurons, thresholds; and the engine of
//! stacks of layers, clip by clip.
//!
//! # Example
//! Two neurons hear three sources for four ticks; both drivers give the same spikes:
//! ```
//! use spikefuse::spiking::neuron::{Reset, lif::LifParams};
//! use spikefuse::spiking::stack::{ClipInput, DenseSynapses, Input, Layer, Stack, run_batch};
//! use spikefuse::spiking::{Driver, Spike, SpikeTrain, threshold::LayerThreshold};
//!
//! let spikes = [Spike { tick: 2, source: 0 }, Spike { tick: 0, source: 2 }];
//! let train = SpikeTrain::from_spikes(3, 4, spikes)?;
//! let synapses = DenseSynapses::dense(2, 3, &[0.5, 0.0, 1.0, 1.5, 0.0, 0.4])?;
//! let lif = LifParams { tau: 2.0, decay_input: false, reset: Reset::To(0.0) };
//! let stack = Stack::new(vec![Layer::new(synapses, &[0.0; 2], lif, LayerThreshold::Fixed(1.0))?])?;
//!
//! let clips = [ClipInput::new(Input::Spikes(&train))];
//! let event = run_batch(&stack, Driver::Event, &clips, 4)?;
//! assert_eq!((event[0].trains[0].at(0), event[0].trains[0].at(2)), (&[0][..], &[1][..]));
//! let clock = run_batch(&stack, Driver::Clock, &clips, 4)?;
//! assert_eq!(event[0].trains, clock[0].trains);
//! assert!(event[0].total().synops < clock[0].total().macs);
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
