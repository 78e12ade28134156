//! Projections: which edges there are between two ranges, with which weights and delays.

use super::layers::Layers;
use super::numbers::largest;
use super::problem::{Checked, Problem};
use crate::base::counter::normal;
use crate::base::counter::{below, unit};
use crate::error::short;
use crate::spiking::Tick;
use std::ops::Range;
use std::sync::Arc;

/// Where a projection starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Index of a population of the network.
    Population(usize),
    /// Index of a source of the network.
    Source(usize),
}

/// Connections from one range of neurons or sources to one range of neurons.
#[derive(Debug, Clone)]
pub struct Projection {
    /// The population or source where it starts.
    pub from: Origin,
    /// Which neurons or elements of it.
    pub from_ids: Range<u32>,
    /// Index of the population where it ends.
    pub to: usize,
    /// Which neurons of it.
    pub to_ids: Range<u32>,
    /// Index into the receptors of the target's [`crate::spiking::neuron::linear::Neuron`].
    pub receptor: usize,
    /// Which edges exist.
    pub rule: Rule,
    /// In the unit of the receptor: mV or pA.
    pub weights: Weights,
    /// In ticks.
    pub delays: Delays,
    /// What weights are multiples of. Those of a rule that has its own are so before they are
    /// multiplied.
    pub precision: Precision,
}

/// What weights are multiples of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Precision {
    /// Nothing: any number.
    Double,
    /// Whole numbers from -128 to 127 times a scale.
    Int8 {
        /// Above 0.
        scale: f64,
    },
    /// Whole numbers from -32,768 to 32,767 times a scale.
    Int16 {
        /// Above 0.
        scale: f64,
    },
}

impl Precision {
    /// The multiple that is nearest to a weight.
    pub(super) fn quantised(self, weight: f64, field: &str) -> Checked<f64> {
        let (scale, least, most) = match self {
            Precision::Double => return Ok(weight),
            Precision::Int8 { scale } => (scale, i8::MIN.into(), i8::MAX.into()),
            Precision::Int16 { scale } => (scale, i16::MIN.into(), i16::MAX.into()),
        };
        let multiple = (weight / scale).round_ties_even();
        match (least..=most).contains(&multiple) {
            // Without a negative zero.
            true => Ok(multiple * scale + 0.0),
            false => {
                let message =
                    format!("{} is {multiple} times the scale, {scale}: expected {least} to {most}", short(weight));
                Err(Problem::new(field, message))
            }
        }
    }
}

/// Which edges exist; [`crate::network`] has a table of the counters.
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
        /// Seed of the counter-based draws.
        seed: u64,
        /// Whether a neuron may reach itself.
        allow_autapses: bool,
    },
    /// Each target draws its sources.
    FixedInDegree {
        /// Sources per target.
        degree: u32,
        /// Seed of the counter-based draws.
        seed: u64,
        /// Counters per target.
        stride: u64,
        /// First counter of target 0.
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
        /// Seed of the counter-based draws.
        seed: u64,
        /// Counters per source.
        stride: u64,
        /// First counter of source 0.
        offset: u64,
        /// Whether a neuron may be drawn for itself.
        allow_autapses: bool,
        /// Whether a target may be drawn more than once.
        allow_multapses: bool,
    },
    /// Source and target of each edge, counted in the whole populations.
    List(Arc<[(u32, u32)]>),
    /// A dense matrix of weights `[targets, sources]` of the ranges, row by row; zeros are synapses
    /// too.
    Matrix(Arc<[f64]>),
    /// Layers that share weights, from the whole range to the whole range.
    Layers(Arc<Layers>),
}

impl Rule {
    /// Whether it brings weights, which those of the projection multiply.
    pub fn has_weights(&self) -> bool {
        matches!(self, Rule::Matrix(_) | Rule::Layers(_))
    }
}

/// Weights of a projection. A rule that [has weights](Rule::has_weights) brings its own, which these
/// multiply.
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
        /// Seed of the counter-based draws.
        seed: u64,
        /// Added to the edge's counter.
        first: u64,
    },
    /// Normal by Box-Muller from unit(seed, 2 (e + first)) and the next ([`Projection::weight`]).
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        sd: f64,
        /// Seed of the counter-based draws.
        seed: u64,
        /// Added to the edge's counter.
        first: u64,
    },
    /// One per counter, for a list or one to one. Those in front of a one-to-one range are not
    /// used.
    Each(Arc<[f64]>),
}

impl Weights {
    /// The number of this counter e.
    ///
    /// Normal numbers are mean + sd sqrt(-2 ln(1 - u)) cos(2 pi v) with u = unit(seed, 2 (e +
    /// first)) and v the next unit.
    #[inline]
    pub fn at(&self, counter: u64) -> f64 {
        match self {
            Weights::Constant(weight) => *weight,
            Weights::Uniform { low, high, seed, first } => {
                low + (high - low) * unit(*seed, counter.wrapping_add(*first))
            }
            Weights::Normal { mean, sd, seed, first } => {
                let n = counter.wrapping_add(*first).wrapping_mul(2);
                let (u, v) = (unit(*seed, n), unit(*seed, n.wrapping_add(1)));
                mean + normal(u, v, *sd)
            }
            Weights::Each(weights) => weights[counter as usize],
        }
    }
}

/// Delays of a projection in ticks, at least 1; a constant may be 0 where projections without delay
/// make no cycle.
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
        /// Seed of the counter-based draws.
        seed: u64,
        /// Added to the edge's counter.
        first: u64,
    },
    /// One per counter, for a list or one to one. Those in front of a one-to-one range are not
    /// used.
    Each(Arc<[u16]>),
}

/// How many edges a projection has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum EdgeCount {
    /// The rule fixes the number.
    Exact(u64),
    /// Expected number: every pair is an independent draw.
    Expected(f64),
}

impl EdgeCount {
    /// The number, rounded up where it is an expectation.
    pub fn at_least_about(self) -> u64 {
        match self {
            EdgeCount::Exact(n) => n,
            EdgeCount::Expected(n) => n.ceil() as u64,
        }
    }
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

    /// Whether it leads from a population to itself.
    pub(super) fn is_recurrent(&self) -> bool {
        self.from == Origin::Population(self.to)
    }

    /// How many edges there are, without enumerating them.
    pub fn edges(&self) -> EdgeCount {
        let (sources, targets) =
            (u64::from(self.from_ids.end - self.from_ids.start), u64::from(self.to_ids.end - self.to_ids.start));
        let pairs = |allow_autapses: bool| {
            let own = self.from_ids.end.min(self.to_ids.end).saturating_sub(self.from_ids.start.max(self.to_ids.start));
            let left_out = if !allow_autapses && self.is_recurrent() { own } else { 0 };
            sources * targets - u64::from(left_out)
        };
        EdgeCount::Exact(match &self.rule {
            Rule::AllToAll { allow_autapses } => pairs(*allow_autapses),
            Rule::OneToOne => targets,
            Rule::FixedProbability { probability, allow_autapses, .. } => {
                return EdgeCount::Expected(probability * pairs(*allow_autapses) as f64);
            }
            Rule::FixedInDegree { degree, .. } => targets.saturating_mul(u64::from(*degree)),
            Rule::FixedOutDegree { degree, .. } => sources.saturating_mul(u64::from(*degree)),
            Rule::List(edges) => edges.len() as u64,
            Rule::Matrix(weights) => weights.len() as u64,
            Rule::Layers(layers) => layers.ways(),
        })
    }

    /// The weight of all edges, if they share one.
    pub fn one_weight(&self) -> Option<f64> {
        match (&self.weights, &self.rule) {
            (_, rule) if rule.has_weights() => None,
            (Weights::Constant(weight), _) => Some(*weight),
            _ => None,
        }
    }

    /// Whether single precision holds every weight without a loss.
    pub fn single_precision(&self) -> bool {
        let single = |weights: &[f64]| weights.iter().all(|&w| f64::from(w as f32) == w);
        match (&self.weights, &self.rule) {
            (Weights::Constant(1.0), Rule::Matrix(own)) => single(own),
            (_, rule) if rule.has_weights() => false,
            (Weights::Constant(weight), _) => single(&[*weight]),
            (Weights::Each(weights), _) => single(weights),
            _ => false,
        }
    }

    /// The weight of the edge with this counter.
    #[inline]
    pub fn weight(&self, counter: u64) -> f64 {
        let weight = self.weights.at(counter);
        match &self.rule {
            Rule::Matrix(own) => own[counter as usize] * weight,
            Rule::Layers(layers) => {
                let outputs = layers.outputs() as u64;
                layers.weight((counter / outputs) as u32, (counter % outputs) as u32) * weight
            }
            _ => weight,
        }
    }

    /// The delay of the edge with this counter, in ticks.
    #[inline]
    pub fn delay(&self, counter: u64) -> u16 {
        match &self.delays {
            Delays::Constant(delay) => *delay,
            Delays::Uniform { low, high, seed, first } => {
                low + below(*seed, counter.wrapping_add(*first), u32::from(high - low) + 1) as u16
            }
            Delays::Each(delays) => delays[counter as usize],
        }
    }

    /// The greatest magnitude that a weight can have.
    pub fn strongest(&self) -> f64 {
        let weight = match &self.weights {
            Weights::Constant(weight) => weight.abs(),
            Weights::Uniform { low, high, .. } => low.abs().max(high.abs()),
            // Box-Muller stays below 9 standard deviations.
            Weights::Normal { mean, sd, .. } => mean.abs() + 9.0 * sd,
            Weights::Each(weights) => largest(weights),
        };
        match &self.rule {
            Rule::Matrix(own) => largest(own) * weight,
            Rule::Layers(layers) => layers.strongest() * weight,
            _ => weight,
        }
    }
}
