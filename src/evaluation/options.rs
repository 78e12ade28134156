//! How a network is fed and read out.

use serde::{Deserialize, Serialize};

/// What the network is taken to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadOut {
    /// The neuron with the most spikes; the first of equals, and none without a spike.
    Counts,
    /// The neuron with the highest membrane potential, on average over the clip.
    Membrane,
    /// The neuron that fires first; the first of equals.
    FirstSpike,
    /// The neuron with the highest membrane potential after the last tick.
    Last,
}

/// How values become input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// As they are, at every step: they multiply the weights.
    Direct,
    /// A value from 0 to 1 is the probability of a spike in each step.
    Rate,
    /// A value above 0, at most 1, is one spike, the sooner the larger: at (1 - value) (steps - 1).
    Latency,
}
