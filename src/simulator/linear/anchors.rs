//! Clocks that stored states are of.
//!
//! Where arrivals only raise currents, the state of a neuron is stored as of its *anchor*, a
//! multiple of some ticks, however many arrivals there have been since: what arrives n ticks later
//! is put back to the anchor, by the inverse of the map of n ticks. The present state is that one
//! map of the stored state, the same for all neurons at a tick, and nothing is written in ticks in
//! which nothing happens.

use super::maps::{MOST_COMPONENTS, Map};
use crate::network::Threshold;
use crate::spiking::Tick;
use crate::spiking::neuron::linear::{Neuron, Receptor};

/// The longest interval; it divides [`LONGEST`](super::maps::LONGEST).
const MOST_TICKS: Tick = 64;

/// What an interval leaves of any state, at least: an arrival is put back to the anchor with a
/// relative error of the roundings over this.
const LEAST_LEFT: f64 = 1.0 / 1024.0;

/// Anchors of a population.
#[derive(Debug, Clone)]
pub(super) struct Anchors {
    /// Ticks from one anchor to the next, a power of two. At 1 the stored state is the present one.
    interval: Tick,
    /// By ticks, from none to a whole interval.
    maps: Vec<Map>,
    /// By ticks and component.
    shares: Vec<[Share; MOST_COMPONENTS]>,
}

/// What 1 that arrives at a component adds to the state at the anchor.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Share {
    pub membrane: f64,
    /// To the component before, if that rises by this one.
    pub before: f64,
    /// To the component itself.
    pub own: f64,
}

impl Anchors {
    /// Those of neurons that are alike, or of neurons that are not.
    pub fn new(neuron: &Neuron, threshold: &Threshold, alike: bool) -> Self {
        let one = Map::one(neuron, threshold);
        let currents = neuron.receptors.iter().map(|receptor| match *receptor {
            Receptor::Delta { .. } => 1.0,
            Receptor::Exponential { retention, .. } | Receptor::Alpha { retention, .. } => retention,
        });
        let least = currents.chain([one.membrane, one.threshold]).map(f64::abs).fold(1.0, f64::min);
        let mut interval = if alike && !neuron.is_immediate() { MOST_TICKS } else { 1 };
        while interval > 1 && least.powi(interval as i32) < LEAST_LEFT {
            interval /= 2;
        }
        let mut maps = vec![Map::identity()];
        for n in 0..interval as usize {
            maps.push(maps[n].then(&one));
        }
        let shares = maps.iter().map(|map| std::array::from_fn(|c| share(map, c))).collect();
        Anchors { interval, maps, shares }
    }

    /// Whether stored states are of anchors, and not of the present.
    #[inline(always)]
    pub fn are_apart(&self) -> bool {
        self.interval > 1
    }

    /// The last anchor at or before a clock.
    #[inline(always)]
    pub fn before(&self, now: Tick) -> Tick {
        now & !(self.interval - 1)
    }

    /// Ticks of an interval.
    #[inline(always)]
    pub fn interval(&self) -> Tick {
        self.interval
    }

    /// The map from an anchor to the next.
    #[inline(always)]
    pub fn whole(&self) -> &Map {
        &self.maps[self.interval as usize]
    }

    /// The map from the last anchor to a clock.
    #[inline(always)]
    pub fn map(&self, now: Tick) -> &Map {
        &self.maps[(now & (self.interval - 1)) as usize]
    }

    /// What an arrival of 1 at a component at a clock adds to the state at the last anchor.
    #[inline(always)]
    pub fn share(&self, component: usize, now: Tick) -> Share {
        self.shares[(now & (self.interval - 1)) as usize][component]
    }
}

/// The state from which a map leads to 1 at a component, and to 0 elsewhere.
fn share(map: &Map, component: usize) -> Share {
    let c = component;
    if map.retention[c] == 0.0 {
        return Share::default();
    }
    let own = 1.0 / map.retention[c];
    let mut into_membrane = map.into_membrane[c] * own;
    let mut before = 0.0;
    if c > 0 && map.rise[c - 1] != 0.0 {
        before = -map.rise[c - 1] * own / map.retention[c - 1];
        into_membrane += map.into_membrane[c - 1] * before;
    }
    Share { membrane: -into_membrane / map.membrane, before, own }
}
