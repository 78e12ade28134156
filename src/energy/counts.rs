//! Operation counts of the engines: integers, taken where the work is done.
//!
//! ```
//! use spikefuse::energy::counts::LayerCounts;
//!
//! let clip = LayerCounts { spikes: 2, synops: 20, ..LayerCounts::default() };
//! let both: LayerCounts = [clip, clip].into_iter().sum();
//! assert_eq!((both.spikes, both.synops), (4, 40));
//! ```

use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};

/// Operations of one layer in one clip, or of one population in a run of a network. The counts say
/// what the chosen driver really executed, except the two `effective` ones, which depend only on
/// weights and inputs and are the same for every driver.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerCounts {
    /// Spikes emitted by the layer's neurons.
    pub spikes: u64,
    /// Spike deliveries to synapses: arrived spikes x fan-out, zero weights included. Each is one
    /// addition. 0 where products with the whole weight matrix are computed instead (`macs`): in
    /// dense projections under the clock driver. Sparse projections deliver events under every
    /// driver.
    pub synops: u64,
    /// Dense multiply-adds: inputs x neurons for each product of the weight matrix with a vector.
    /// Event driver: analog input only, once per clip if it is constant. Clock driver: one product
    /// per tick.
    pub macs: u64,
    /// Non-zero weights that met an input of 1 or -1 (a spike, or that very analog value), at each
    /// tick.
    pub effective_acs: u64,
    /// Non-zero weights that met any other non-zero input, at each tick.
    pub effective_macs: u64,
    /// Neuron steps: bias addition, charge, comparison and reset of one neuron at one tick.
    pub membrane_updates: u64,
    /// Steps of one neuron's dynamic threshold. There is none before the first tick, and none with
    /// fixed thresholds.
    pub threshold_updates: u64,
    /// Binary entropies of a layer's firing rate (dynamic thresholds only), one per tick.
    pub entropies: u64,
    /// Events put into or taken out of a queue: two per spike that arrives through it, two per look
    /// at neurons that might fire.
    pub queue_operations: u64,
    /// Checks of neurons that might cross their threshold without input: of single neurons in a
    /// stack, of groups of eight neurons in the simulator. Each check is one of the membrane
    /// updates too.
    pub wakes: u64,
}

impl LayerCounts {
    /// Name and value of each count.
    pub fn named(&self) -> [(&'static str, u64); 10] {
        [
            ("spikes", self.spikes),
            ("synops", self.synops),
            ("macs", self.macs),
            ("effective_acs", self.effective_acs),
            ("effective_macs", self.effective_macs),
            ("membrane_updates", self.membrane_updates),
            ("threshold_updates", self.threshold_updates),
            ("entropies", self.entropies),
            ("queue_operations", self.queue_operations),
            ("wakes", self.wakes),
        ]
    }
}

/// Counts that can be turned off, to measure what counting costs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    /// The counts so far.
    pub counts: LayerCounts,
    /// True if counting is turned off.
    pub off: bool,
}

impl Tally {
    /// Calls `f` with the counts, unless counting is off.
    #[inline(always)]
    pub fn add(&mut self, f: impl FnOnce(&mut LayerCounts)) {
        if !self.off {
            f(&mut self.counts);
        }
    }
}

impl AddAssign for LayerCounts {
    fn add_assign(&mut self, other: Self) {
        self.spikes += other.spikes;
        self.synops += other.synops;
        self.macs += other.macs;
        self.effective_acs += other.effective_acs;
        self.effective_macs += other.effective_macs;
        self.membrane_updates += other.membrane_updates;
        self.threshold_updates += other.threshold_updates;
        self.entropies += other.entropies;
        self.queue_operations += other.queue_operations;
        self.wakes += other.wakes;
    }
}

impl Add for LayerCounts {
    type Output = Self;
    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl Sub for LayerCounts {
    type Output = Self;
    /// What came after `earlier`, a state of the same counts.
    fn sub(self, earlier: Self) -> Self {
        LayerCounts {
            spikes: self.spikes - earlier.spikes,
            synops: self.synops - earlier.synops,
            macs: self.macs - earlier.macs,
            effective_acs: self.effective_acs - earlier.effective_acs,
            effective_macs: self.effective_macs - earlier.effective_macs,
            membrane_updates: self.membrane_updates - earlier.membrane_updates,
            threshold_updates: self.threshold_updates - earlier.threshold_updates,
            entropies: self.entropies - earlier.entropies,
            queue_operations: self.queue_operations - earlier.queue_operations,
            wakes: self.wakes - earlier.wakes,
        }
    }
}

impl Sum for LayerCounts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(LayerCounts::default(), Add::add)
    }
}
