//! Networks of populations, ready to run: what [`crate::simulator`] takes.
//!
//! A [`Network`] is checked, complete and small: connection rules and counters in place of synapses, which the simulator lays
//! out for its threads. Time is in ticks, membranes are in mV. Networks are written by hand as RON ([`spec`]) and compiled
//! ([`compile`]); [`graph`] tells what is recurrent in them, [`info`] how large they are.
//!
//! # Counters
//! Everything random is a draw from [`crate::base::counter`] with a seed and a counter, so that any language rebuilds the network
//! and any thread builds its part alone. The counter of an edge from neuron i of n to neuron j of m (both counted in their
//! whole populations) is
//!
//! | rule | counter e | which edges exist |
//! |---|---|---|
//! | all to all | i m + j | all; i = j of one population only if allowed |
//! | one to one | i | the k-th of one range to the k-th of the other |
//! | fixed probability | i m + j | unit(seed, e) < p |
//! | fixed in-degree K | j stride + offset + k, k < K | i = first + below(seed, e, size of the range of sources) |
//! | fixed out-degree K | i stride + offset + k, k < K | j = first + below(seed, e, size of the range of targets) |
//! | list, matrix | place in the list; row by row | those given |
//!
//! Without autapses a pair i = j of one population is no edge. A neuron that draws among n, of which it is one itself, then draws
//! among n - 1: below(seed, e, n - 1), and one more from its own place in the range on. Without multapses the k-th of K draws
//! among n (or n - 1) is t = below(seed, e, n - K + k + 1), or n - K + k if that t has been drawn already (Floyd's sample: every
//! subset of K is equally likely).
//!
//! A weight or delay that is drawn uses counter e + its own `first` and its own seed.

pub mod compile;
pub mod graph;
pub mod info;
pub mod input;
pub mod interop;
mod place;
mod range;
mod rule;
pub mod spec;
mod time;

pub use place::Problem;
pub use range::LARGEST;
pub use rule::EdgeCount;
pub use time::{MOST_TICKS, duration};

use crate::spiking::Tick;
use crate::spiking::neuron::linear::Neuron;
use std::ops::Range;
use std::sync::Arc;

/// A network that can be run.
#[derive(Debug, Clone)]
pub struct Network {
    /// For titles.
    pub name: String,
    /// Length of a tick in ms.
    pub dt_ms: f64,
    /// Neurons.
    pub populations: Vec<Population>,
    /// What feeds spikes or values in from outside.
    pub sources: Vec<Source>,
    /// Connections.
    pub projections: Vec<Projection>,
}

/// Neurons of one model.
#[derive(Debug, Clone)]
pub struct Population {
    /// Unique among populations and sources.
    pub name: String,
    /// Neurons, at least one.
    pub size: u32,
    /// Membrane, synaptic currents, refractoriness.
    pub neuron: Neuron,
    /// When a neuron fires.
    pub threshold: Threshold,
    /// Membranes before the first tick, mV: one for all or one per neuron.
    pub initial_mv: Vec<f64>,
}

impl Population {
    /// Whether its neurons have a threshold: leaky integrators have none.
    pub fn can_fire(&self) -> bool {
        self.threshold != Threshold::Never
    }
}

/// When a neuron fires.
#[derive(Debug, Clone, PartialEq)]
pub enum Threshold {
    /// Never: a leaky integrator.
    Never,
    /// At this membrane, mV.
    Fixed(f64),
    /// At `base + a`; a is multiplied by `retention` at every tick and grows by `jump` at every own spike, after it.
    Adaptive {
        /// mV.
        base: f64,
        /// mV.
        jump: f64,
        /// In \[0, 1\].
        retention: f64,
    },
    /// At a value given from outside for each tick, mV.
    Cue {
        /// `[ticks, 1]` or `[ticks, size]`, row by row; the last row holds from then on.
        values: Arc<[f64]>,
        /// Values in a row: 1 or the size of the population.
        width: usize,
    },
}

/// Spikes or values from outside.
#[derive(Debug, Clone)]
pub struct Source {
    /// Unique among populations and sources.
    pub name: String,
    /// How many.
    pub size: u32,
    /// What they emit.
    pub emits: Emits,
}

/// What a source emits at each tick: a multiplicity, which multiplies the weights. A spike is a 1.
#[derive(Debug, Clone)]
pub enum Emits {
    /// A list of spikes, by tick, then by id; one id may come more than once in a tick.
    Spikes(Arc<[(Tick, u32)]>),
    /// Every source at ticks first, first + period, ...
    Regular {
        /// The first tick.
        first: Tick,
        /// Ticks between two spikes, at least 1.
        period: Tick,
    },
    /// Source s at tick t if unit(seed, s stride + t) < probability.
    Bernoulli {
        /// One for all or one per source, in \[0, 1\].
        probability: Arc<[f64]>,
        /// Of the counter.
        seed: u64,
        /// Of the counter; ticks behind it repeat other sources' draws.
        stride: u64,
    },
    /// A Poisson number of spikes per tick: the least n with unit(seed, s stride + t) < P(N <= n).
    Poisson {
        /// Expected spikes per tick.
        mean: f64,
        /// Of the counter.
        seed: u64,
        /// Of the counter.
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

/// Where a projection starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Index into [`Network::populations`].
    Population(usize),
    /// Index into [`Network::sources`].
    Source(usize),
}

/// Connections from one range of neurons or sources to one range of neurons.
#[derive(Debug, Clone)]
pub struct Projection {
    /// Where from.
    pub from: Origin,
    /// Which of them.
    pub from_ids: Range<u32>,
    /// Index into [`Network::populations`].
    pub to: usize,
    /// Which of them.
    pub to_ids: Range<u32>,
    /// Index into the receptors of the target's [`Neuron`].
    pub receptor: usize,
    /// Which edges exist.
    pub rule: Rule,
    /// In the unit of the receptor.
    pub weights: Weights,
    /// In ticks.
    pub delays: Delays,
}

/// Which edges exist (see the table above).
#[derive(Debug, Clone)]
pub enum Rule {
    /// Every pair.
    AllToAll {
        /// Whether a neuron reaches itself.
        allow_autapses: bool,
    },
    /// k-th to k-th.
    OneToOne,
    /// Each pair with the same probability.
    FixedProbability {
        /// In \[0, 1\].
        probability: f64,
        /// Of the counter.
        seed: u64,
        /// Whether a neuron may reach itself.
        allow_autapses: bool,
    },
    /// Each target draws its sources.
    FixedInDegree {
        /// Sources per target.
        degree: u32,
        /// Of the counter.
        seed: u64,
        /// Of the counter.
        stride: u64,
        /// Of the counter.
        offset: u64,
        /// Whether a neuron may be drawn for itself.
        allow_autapses: bool,
        /// Whether a source may be drawn more than once.
        allow_multapses: bool,
    },
    /// Each source draws its targets.
    FixedOutDegree {
        /// Targets per source.
        degree: u32,
        /// Of the counter.
        seed: u64,
        /// Of the counter.
        stride: u64,
        /// Of the counter.
        offset: u64,
        /// Whether a neuron may be drawn for itself.
        allow_autapses: bool,
        /// Whether a target may be drawn more than once.
        allow_multapses: bool,
    },
    /// Source and target of each edge, counted in the whole populations.
    List(Arc<[(u32, u32)]>),
    /// A dense matrix of weights `[targets, sources]` of the ranges, row by row; zeros are synapses too.
    Matrix(Arc<[f64]>),
}

/// Weights of a projection. [`Rule::Matrix`] brings its own, which these multiply.
#[derive(Debug, Clone)]
pub enum Weights {
    /// One for all.
    Constant(f64),
    /// low + (high - low) unit(seed, e + first).
    Uniform {
        /// Lowest.
        low: f64,
        /// Highest.
        high: f64,
        /// Of the counter.
        seed: u64,
        /// Of the counter.
        first: u64,
    },
    /// Normal by Box-Muller from unit(seed, 2 (e + first)) and the next ([`Projection::weight`]).
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        sd: f64,
        /// Of the counter.
        seed: u64,
        /// Of the counter.
        first: u64,
    },
    /// One per counter: of a list or of one to one.
    Each(Arc<[f64]>),
}

/// Delays of a projection in ticks, at least 1.
#[derive(Debug, Clone)]
pub enum Delays {
    /// One for all.
    Constant(u16),
    /// low + below(seed, e + first, high - low + 1).
    Uniform {
        /// Shortest.
        low: u16,
        /// Longest.
        high: u16,
        /// Of the counter.
        seed: u64,
        /// Of the counter.
        first: u64,
    },
    /// One per counter: of a list or of one to one.
    Each(Arc<[u16]>),
}

impl Projection {
    /// The shortest delay in ticks.
    pub fn shortest_delay(&self) -> Tick {
        match &self.delays {
            Delays::Constant(delay) | Delays::Uniform { low: delay, .. } => (*delay).into(),
            Delays::Each(delays) => delays.iter().copied().min().unwrap_or(1).into(),
        }
    }

    /// The longest delay in ticks.
    pub fn longest_delay(&self) -> Tick {
        match &self.delays {
            Delays::Constant(delay) | Delays::Uniform { high: delay, .. } => (*delay).into(),
            Delays::Each(delays) => delays.iter().copied().max().unwrap_or(1).into(),
        }
    }
}

#[cfg(test)]
mod tests;
