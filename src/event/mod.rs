//! Spikes, what they become on arrival, and how both are stored and queued.

mod queue;
mod train;

pub use queue::BucketQueue;
pub use train::{SpikeGrid, SpikeTrain};

/// Simulated time in steps of the network, from 0.
pub type Tick = u32;

/// What a neuron emits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spike {
    /// When.
    pub tick: Tick,
    /// The neuron that fired.
    pub source: u32,
}

/// What a neuron receives: made from a [`Spike`] by [`crate::synapse::Projection`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpikeEvent {
    /// The neuron that receives.
    pub target: u32,
    /// The synaptic weight, in units of the threshold.
    pub weight: f32,
    /// When it arrives.
    pub tick: Tick,
}
