//! Sources: spikes or values from outside.

use crate::spiking::Tick;
use std::sync::Arc;

/// Spikes or values from outside.
#[derive(Debug, Clone)]
pub struct Source {
    /// Unique among populations and sources.
    pub name: String,
    /// Number of elements, each a train of its own; at least one.
    pub size: u32,
    /// What they emit.
    pub emits: Emits,
}

/// What a source emits at each tick: a multiplicity, which multiplies the weights. A spike is a 1.
#[derive(Debug, Clone)]
pub enum Emits {
    /// A list of spikes, by tick, then by id; one id may come more than once in a tick.
    Spikes(Arc<[(Tick, u32)]>),
    /// Every element at ticks first, first + period, ...
    Regular {
        /// The first tick.
        first: Tick,
        /// Ticks between two spikes, at least 1.
        period: Tick,
    },
    /// Element s at tick t if unit(seed, s stride + t) < probability.
    Bernoulli {
        /// One for all or one per element, in \[0, 1\].
        probability: Arc<[f64]>,
        /// Seed of the counter-based draws.
        seed: u64,
        /// Counters per element; later ticks repeat the draws of the next element.
        stride: u64,
    },
    /// A Poisson number of spikes per tick: the least n with unit(seed, s stride + t) < P(N <= n).
    Poisson {
        /// Expected spikes per tick, at most [`super::MOST_POISSON_SPIKES`].
        mean: f64,
        /// Seed of the counter-based draws.
        seed: u64,
        /// Counters per element.
        stride: u64,
    },
    /// Analog values: row t / ticks_per_frame of `[frames, size]`; the last row holds from then on.
    Frames {
        /// Row by row, at least one.
        values: Arc<[f64]>,
        /// Ticks for which a row holds, at least 1.
        ticks_per_frame: Tick,
    },
}

impl Emits {
    /// Whether it gives values in place of spikes.
    pub fn is_analog(&self) -> bool {
        matches!(self, Emits::Frames { .. })
    }
}
