//! What idle ticks do to a neuron: linear maps, and bounds on what comes out of them.

use crate::network::{MOST_CURRENTS, Threshold};
use crate::simulator::cell_group::GROUP;
use crate::spiking::Tick;
use crate::spiking::neuron::linear::{Neuron, Receptor};

/// Idle ticks are taken 1, 8, 64 or 512 at a time.
pub const LEVELS: usize = 4;

/// Ticks of one map of a level.
pub const fn length(level: usize) -> Tick {
    1 << (3 * level)
}

/// Ticks of the longest map.
pub const LONGEST: Tick = length(LEVELS - 1);

/// The level of the longest map that may be taken from clock `from` on the way to `to`: those of n
/// ticks start at multiples of n.
#[inline(always)]
pub fn level(from: Tick, to: Tick) -> usize {
    let aligned = from.trailing_zeros() / 3;
    let fits = (to - from).ilog2() / 3;
    (aligned.min(fits) as usize).min(LEVELS - 1)
}

/// State smaller than that is set to zero at each end of a longest stretch. Decaying state would
/// else end as a subnormal number, whose arithmetic is some fifty times slower, and stay one, since
/// 0.98 of the smallest number rounds to itself.
pub const NOTHING: f64 = 1e-200;

/// The most components: each alpha current has two.
pub const MOST_COMPONENTS: usize = 2 * MOST_CURRENTS;

/// The linear map of some ticks. Components of the currents are g of an exponential current, g and
/// then d of an alpha current; U is the deviation of the membrane from its steady state, or from
/// what a constant bias has added since the last reset.
/// ```text
/// U' = E U + (A_0 x_0 + A_1 x_1 + ...),   x_k' = P_k x_k + Q_k x_(k+1),   excess of an adaptive threshold' = R excess
/// ```
///
/// A coefficient is a number for all neurons, or one for each neuron of a group.
#[derive(Debug, Clone, Default)]
pub struct Map<T = f64> {
    /// E.
    pub membrane: T,
    /// R.
    pub threshold: T,
    /// A.
    pub into_membrane: [T; MOST_COMPONENTS],
    /// P.
    pub retention: [T; MOST_COMPONENTS],
    /// Q.
    pub rise: [T; MOST_COMPONENTS],
}

/// A coefficient of a map.
pub trait Coefficient: Copy {
    /// That of neuron `lane` of a group.
    fn of(self, lane: usize) -> f64;
}

impl Coefficient for f64 {
    #[inline(always)]
    fn of(self, _: usize) -> f64 {
        self
    }
}

impl Coefficient for [f64; GROUP] {
    #[inline(always)]
    fn of(self, lane: usize) -> f64 {
        self[lane]
    }
}

impl Map<[f64; GROUP]> {
    /// The maps of a group's neurons side by side.
    fn of_group(maps: [&Map; GROUP]) -> Self {
        let by_component = |of: fn(&Map) -> &[f64; MOST_COMPONENTS]| {
            std::array::from_fn(|c| std::array::from_fn(|lane| of(maps[lane])[c]))
        };
        Map {
            membrane: maps.map(|map| map.membrane),
            threshold: maps.map(|map| map.threshold),
            into_membrane: by_component(|map| &map.into_membrane),
            retention: by_component(|map| &map.retention),
            rise: by_component(|map| &map.rise),
        }
    }
}

impl Map {
    /// No tick.
    pub fn identity() -> Map {
        Map { membrane: 1.0, threshold: 1.0, retention: [1.0; MOST_COMPONENTS], ..Map::default() }
    }

    /// One tick.
    pub fn one(neuron: &Neuron, threshold: &Threshold) -> Map {
        let mut map = Map { membrane: neuron.retention, threshold: 1.0, ..Map::default() };
        if let Threshold::Adaptive { retention, .. } = threshold {
            map.threshold = *retention;
        }
        let mut at = 0;
        for receptor in &neuron.receptors {
            match *receptor {
                Receptor::Delta { .. } => {}
                Receptor::Exponential { retention, into_membrane, .. } => {
                    (map.retention[at], map.into_membrane[at]) = (retention, into_membrane);
                    at += 1;
                }
                Receptor::Alpha { retention, rise, into_membrane, rise_into_membrane, .. } => {
                    map.retention[at..at + 2].fill(retention);
                    map.rise[at] = rise;
                    (map.into_membrane[at], map.into_membrane[at + 1]) = (into_membrane, rise_into_membrane);
                    at += 2;
                }
            }
        }
        map
    }

    /// This map, then one tick.
    pub fn then(&self, one: &Map) -> Map {
        let mut next =
            Map { membrane: one.membrane * self.membrane, threshold: one.threshold * self.threshold, ..Map::default() };
        for c in 0..MOST_COMPONENTS {
            next.retention[c] = one.retention[c] * self.retention[c];
            next.into_membrane[c] = one.membrane * self.into_membrane[c] + one.into_membrane[c] * self.retention[c];
            if c + 1 < MOST_COMPONENTS {
                next.rise[c] = one.retention[c] * self.rise[c] + one.rise[c] * self.retention[c + 1];
            }
            if c > 0 {
                next.into_membrane[c] += one.into_membrane[c - 1] * self.rise[c - 1];
            }
        }
        next
    }
}

/// Bounds on the state of a neuron over some ticks without input.
#[derive(Debug, Clone)]
pub struct Bound {
    /// E, and the mV that a constant bias adds, after the first tick and after the last.
    pub leak: [(f64, f64); 2],
    /// R after the first tick, and after the last.
    pub threshold: [f64; 2],
    /// The least and the largest A.
    pub into_membrane: [(f64, f64); MOST_COMPONENTS],
}

/// Spans over which neurons are bounded.
const SPANS: [Tick; 2] = [64, 8];

/// Ticks after which the response to a current must have passed its peak, or nothing is said of all
/// time.
const LONGEST_RISE: usize = 1 << 20;

/// The maps of some neurons.
#[derive(Debug, Clone)]
pub struct Maps<T = f64> {
    /// By level.
    pub levels: [Map<T>; LEVELS],
    /// Bounds on their states.
    pub bounds: Bounds,
}

/// Bounds on the states of some neurons.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// By ticks, long spans first.
    pub spans: Vec<(Tick, Bound)>,
    /// Of all time, if a neuron without input comes to rest below its threshold.
    pub forever: Option<Bound>,
    /// The magnitude that deviations smaller than [`NOTHING`] get: zero, unless the threshold can
    /// lie where the membrane comes to rest. There the sign of the deviation decides, and is kept.
    pub least: f64,
}

impl Maps {
    /// The maps of a neuron model; `threshold` is relative to its steady state, and never below
    /// `lowest`.
    pub fn new(neuron: &Neuron, threshold: &Threshold, lowest: f64) -> Self {
        let one = Map::one(neuron, threshold);
        let mut levels: [Map; LEVELS] = std::array::from_fn(|_| one.clone());
        let mut spans = Vec::new();
        let mut map = one.clone();
        let mut range = one.into_membrane.map(|a| (a, a));
        for ticks in 1..=LONGEST {
            if let Some(level) = (0..LEVELS).find(|&level| length(level) == ticks) {
                levels[level] = map.clone();
            }
            if SPANS.contains(&ticks) {
                let drive = [neuron.drive, neuron.drive * f64::from(ticks)];
                spans.insert(0, (ticks, Bound::between(&one, &map, drive, range)));
            }
            map = map.then(&one);
            for (range, a) in range.iter_mut().zip(map.into_membrane) {
                *range = (range.0.min(a), range.1.max(a));
            }
        }
        let rests = if one.membrane < 1.0 { 0.0 < lowest } else { neuron.drive <= 0.0 };
        let forever = if rests { Self::forever(neuron.drive, &one, map, range) } else { None };
        let clear = match threshold {
            Threshold::Never => true,
            Threshold::Fixed(theta) | Threshold::Adaptive { base: theta, .. } => clear_of_zero(*theta),
            Threshold::Cue { values, .. } => values.iter().all(|&theta| clear_of_zero(theta)),
        };
        Maps { levels, bounds: Bounds { spans, forever, least: if clear { 0.0 } else { NOTHING } } }
    }

    /// The bound of all time: goes on from `map`, that of some ticks, until responses only fall.
    fn forever(drive: f64, one: &Map, mut map: Map, mut range: [(f64, f64); MOST_COMPONENTS]) -> Option<Bound> {
        let mut last = Map::default();
        if one.membrane < 1.0 {
            for _ in 0..LONGEST_RISE {
                let next = map.then(one);
                let falls = (0..MOST_COMPONENTS).all(|c| next.into_membrane[c] <= map.into_membrane[c]);
                for (range, a) in range.iter_mut().zip(next.into_membrane) {
                    *range = (range.0.min(a), range.1.max(a));
                }
                map = next;
                if falls {
                    // In the end every response has decayed to zero.
                    range.iter_mut().for_each(|range| range.0 = range.0.min(0.0));
                    return Some(Bound::between(one, &last, [0.0; 2], range));
                }
            }
            return None;
        }
        // A membrane without leak keeps what a current gives: the sum of a P over time, and of a Q
        // + h P.
        last.membrane = 1.0;
        let sum = |c: usize| one.into_membrane[c] / (1.0 - one.retention[c]);
        for c in 0..MOST_COMPONENTS {
            let mut kept = sum(c);
            if c > 0 {
                kept += sum(c - 1) * one.rise[c - 1] / (1.0 - one.retention[c]);
            }
            range[c] = (range[c].0.min(kept), range[c].1.max(kept));
        }
        Some(Bound::between(one, &last, [drive; 2], range))
    }
}

impl Maps<[f64; GROUP]> {
    /// The maps of each of up to eight neurons, and bounds for all of them. `lowest` are the lowest
    /// limits of each.
    pub fn of_group(neurons: &[Neuron], threshold: &Threshold, lowest: &[f64]) -> Self {
        let limits = lowest.iter().map(|&lowest| limit_of_one(threshold, lowest));
        let maps = neurons.iter().zip(lowest).zip(limits);
        let maps: Vec<Maps> = maps.map(|((neuron, &lowest), limit)| Maps::new(neuron, &limit, lowest)).collect();
        let mut bounds = maps[0].bounds.clone();
        maps[1..].iter().for_each(|maps| bounds.widen(&maps.bounds));
        // Padding lanes have the maps of the first neuron.
        let levels = std::array::from_fn(|level| {
            Map::of_group(std::array::from_fn(|lane| &maps.get(lane).unwrap_or(&maps[0]).levels[level]))
        });
        Maps { levels, bounds }
    }
}

impl Bounds {
    /// Makes them hold for other neurons as well.
    fn widen(&mut self, other: &Bounds) {
        self.spans.iter_mut().zip(&other.spans).for_each(|((_, bound), (_, other))| bound.widen(other));
        self.forever = match (self.forever.take(), &other.forever) {
            (Some(mut bound), Some(other)) => {
                bound.widen(other);
                Some(bound)
            }
            _ => None,
        };
        self.least = self.least.max(other.least);
    }
}

/// A neuron's threshold, relative to its steady state.
fn limit_of_one(threshold: &Threshold, lowest: f64) -> Threshold {
    match threshold {
        Threshold::Never => Threshold::Never,
        Threshold::Fixed(_) => Threshold::Fixed(lowest),
        Threshold::Adaptive { jump, retention, .. } => {
            Threshold::Adaptive { base: lowest, jump: *jump, retention: *retention }
        }
        // Whether any of its values lies where the membrane comes to rest is left open.
        Threshold::Cue { .. } => Threshold::Cue { values: [0.0].into(), width: 1 },
    }
}

/// Whether a number does not change when [`NOTHING`] is added.
fn clear_of_zero(theta: f64) -> bool {
    theta.abs() > 1e-100
}

impl Bound {
    /// Makes it hold for another neuron as well.
    fn widen(&mut self, other: &Bound) {
        let [first, last] = &mut self.leak;
        // Both biases may be felt with either leak.
        let drive = [first.1, last.1, other.leak[0].1, other.leak[1].1].into_iter().fold(f64::NEG_INFINITY, f64::max);
        *first = (first.0.max(other.leak[0].0), drive);
        *last = (last.0.min(other.leak[1].0), drive);
        self.threshold = [self.threshold[0].max(other.threshold[0]), self.threshold[1].min(other.threshold[1])];
        for (own, other) in self.into_membrane.iter_mut().zip(other.into_membrane) {
            *own = (own.0.min(other.0), own.1.max(other.1));
        }
    }

    fn between(one: &Map, last: &Map, drive: [f64; 2], into_membrane: [(f64, f64); MOST_COMPONENTS]) -> Bound {
        Bound {
            leak: [(one.membrane, drive[0]), (last.membrane, drive[1])],
            threshold: [one.threshold, last.threshold],
            into_membrane,
        }
    }
}
