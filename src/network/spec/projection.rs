//! Projections: which edges there are, their weights and delays.

use super::array_file::ArrayFile;
use super::fields::{defaults, parameters, variants};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Connections from one range of neurons or sources to one range of neurons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectionSpec {
    /// Unique among projections; default `FROM -> TO`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A population or source, all of it (`exc`), a half-open range (`exc[0..3200]`) or one neuron
    /// (`exc[3]`).
    pub from: String,
    /// A population, all of it or a range.
    pub to: String,
    /// One of the target's; default: its only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receptor: Option<String>,
    /// Which edges exist.
    pub rule: RuleSpec,
    /// In the unit of the receptor. May be left out where a matrix, layers or an edge file bring
    /// weights, which it multiplies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<WeightSpec>,
    /// Default: one tick.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<DelaySpec>,
    /// Weights in few bits; default: as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<PrecisionSpec>,
}

/// Weights as integers times a scale: w becomes scale k with k = w / scale, rounded to the nearest
/// whole number, the even one of two. A k that the type does not hold is refused. A `weight` that
/// multiplies a matrix or layers does so afterwards; weights that are drawn are refused.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum PrecisionSpec {
    /// k from -128 to 127.
    Int8(f64),
    /// k from -32,768 to 32,767.
    Int16(f64),
}

/// Which edges exist; [`crate::network`] has the counters. Autapses are edges of a neuron to
/// itself, multapses several of one pair, as in NEST.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum RuleSpec {
    /// Every pair.
    AllToAll(AllToAll),
    /// k-th to k-th; ranges of one length.
    OneToOne,
    /// Each pair with the same probability.
    FixedProbability(FixedProbability),
    /// Each target draws its sources, with replacement unless `allow_multapses` is false.
    FixedInDegree(FixedInDegree),
    /// Each source draws its targets, with replacement unless `allow_multapses` is false.
    FixedOutDegree(FixedOutDegree),
    /// Edges listed here: (source, target), counted in the whole populations.
    List(Vec<(u32, u32)>),
    /// Edges from a `.csv` file with the columns `source,target` or `source,target,weight` and this
    /// head.
    ListFile(PathBuf),
    /// A dense matrix of weights `[targets, sources]` of the ranges; zeros are synapses too.
    Matrix {
        /// `.npy` or `.csv`, or a tensor.
        file: ArrayFile,
    },
    /// Layers that share weights, from the whole of one range to the whole of another.
    Layers(Layers),
}

fn yes() -> bool {
    true
}

defaults! {
    /// Parameters of [`RuleSpec::AllToAll`].
    AllToAll {
        /// Whether a neuron reaches itself; default true.
        #[serde(alias = "self_connections")]
        allow_autapses: bool = true,
    }
}

parameters! {
    /// Parameters of [`RuleSpec::FixedProbability`].
    FixedProbability new {
        /// In \[0, 1\].
        probability: f64,
    } {
        /// Default: derived.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seed: Option<u64> = None,
        /// Whether a neuron may reach itself; default true.
        #[serde(default = "yes", alias = "self_connections")]
        allow_autapses: bool = true,
    }
}

parameters! {
    /// Parameters of [`RuleSpec::FixedInDegree`].
    FixedInDegree new {
        /// Sources per target, at least 1.
        degree: u32,
    } {
        /// Default: derived.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seed: Option<u64> = None,
        /// Counters per target; default: offset + degree.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stride: Option<u64> = None,
        /// The first of them; default 0.
        #[serde(default)]
        offset: u64 = 0,
        /// Whether a neuron may be drawn for itself; default true.
        #[serde(default = "yes", alias = "self_connections")]
        allow_autapses: bool = true,
        /// Whether a pair may be drawn more than once; default true.
        #[serde(default = "yes")]
        allow_multapses: bool = true,
    }
}

parameters! {
    /// Parameters of [`RuleSpec::FixedOutDegree`].
    FixedOutDegree new {
        /// Targets per source, at least 1.
        degree: u32,
    } {
        /// Default: derived.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seed: Option<u64> = None,
        /// Counters per source; default: offset + degree.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stride: Option<u64> = None,
        /// The first of them; default 0.
        #[serde(default)]
        offset: u64 = 0,
        /// Whether a neuron may be drawn for itself; default true.
        #[serde(default = "yes", alias = "self_connections")]
        allow_autapses: bool = true,
        /// Whether a pair may be drawn more than once; default true.
        #[serde(default = "yes")]
        allow_multapses: bool = true,
    }
}

parameters! {
    /// Parameters of [`RuleSpec::Layers`]: what arrives passes the layers in this order, and then
    /// the neurons `to`. Spikes of pools and scales are not neurons' spikes: nothing fires between
    /// layers. The weight of the projection multiplies the result; default 1.
    Layers new {
        /// Shape of the sources: `[channels, rows, columns]`, `[channels, places]` or `[elements]`.
        /// Source (channel, row, column) is number (channel rows + row) columns + column.
        input: Vec<u32>,
        /// At least one.
        layers: Vec<LayerSpec>,
    } {}
}

/// A layer of [`RuleSpec::Layers`]. Its input has the shape of the output before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum LayerSpec {
    /// A convolution over one or two axes, as in PyTorch: no kernel is flipped.
    Conv(Conv),
    /// Sums of the places of a window, channel by channel.
    SumPool(Pool),
    /// The same, divided by the number of places of the window, those of the padding included.
    AvgPool(Pool),
    /// A dense matrix from all elements, in the order of their numbers.
    Linear {
        /// `.npy` or `.csv`, or a tensor: `[outputs, inputs]`.
        file: ArrayFile,
    },
    /// A factor for each element.
    Scale {
        /// `.npy` or `.csv`, or a tensor: as many numbers as elements.
        file: ArrayFile,
    },
}

parameters! {
    /// Parameters of [`LayerSpec::Conv`]. Lists have a number per axis, or one for all axes.
    Conv new {
        /// `.npy` or a tensor: `[output channels, input channels / groups, rows, columns]` or, for one axis,
        /// `[output channels, input channels / groups, places]`.
        file: ArrayFile,
    } {
        /// Places from one output to the next; default 1.
        #[serde(default = "ones")]
        stride: Vec<u32> = ones(),
        /// Default: none.
        #[serde(default = "valid")]
        padding: Padding = valid(),
        /// Places from one weight to the next; default 1.
        #[serde(default = "ones")]
        dilation: Vec<u32> = ones(),
        /// Groups of channels that do not see each other; default 1.
        #[serde(default = "one")]
        groups: u32 = 1,
    }
}

/// Zeros around an input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Padding {
    /// None.
    Valid,
    /// As many as make the output as large as the input, the odd one behind; strides are 1.
    Same,
    /// So many on either side of each axis.
    Each(Vec<u32>),
}

parameters! {
    /// Parameters of [`LayerSpec::SumPool`] and [`LayerSpec::AvgPool`]. Lists have a number per
    /// axis, or one for all axes.
    Pool new {
        /// Places of a window.
        kernel: Vec<u32>,
    } {
        /// Places from one window to the next; default: those of a window.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stride: Option<Vec<u32>> = None,
        /// Zeros on either side; default 0.
        #[serde(default = "zeros")]
        padding: Vec<u32> = zeros(),
    }
}

fn one() -> u32 {
    1
}

fn ones() -> Vec<u32> {
    vec![1]
}

fn zeros() -> Vec<u32> {
    vec![0]
}

fn valid() -> Padding {
    Padding::Valid
}

variants! { RuleSpec: AllToAll FixedProbability FixedInDegree FixedOutDegree Layers }

parameters! {
    /// Uniform weights, low + (high - low) unit(seed, e + first), or delays, in ticks
    /// low + below(seed, e + first, high - low + 1).
    Uniform new {
        /// Lowest.
        low: f64,
        /// Highest.
        high: f64,
    } {
        /// Default: derived.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seed: Option<u64> = None,
        /// Added to the edge's counter; default 0.
        #[serde(default)]
        first: u64 = 0,
    }
}

parameters! {
    /// Normal weights by Box-Muller from unit(seed, 2 (e + first)) and the next.
    Normal new {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        sd: f64,
    } {
        /// Default: derived.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seed: Option<u64> = None,
        /// Added to the edge's counter; default 0.
        #[serde(default)]
        first: u64 = 0,
    }
}

/// Weights of a projection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum WeightSpec {
    /// One for all.
    Constant(f64),
    /// Between two values.
    Uniform(Uniform),
    /// Around a mean.
    Normal(Normal),
    /// One per edge of a list or of one to one.
    Values(Vec<f64>),
    /// The same from a `.npy` or `.csv` file, or a tensor.
    File(ArrayFile),
}

impl From<f64> for WeightSpec {
    fn from(weight: f64) -> WeightSpec {
        WeightSpec::Constant(weight)
    }
}

impl From<i32> for WeightSpec {
    fn from(weight: i32) -> WeightSpec {
        f64::from(weight).into()
    }
}

variants! { WeightSpec: Uniform Normal }

/// Delays of a projection in ms: multiples of `dt_ms`, at least one, at most 65,535. `Constant(0)` is
/// allowed where such projections make no cycle: spikes then arrive in the tick in which they are
/// emitted, populations are gone through one after the other, and the network runs on one thread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum DelaySpec {
    /// One for all.
    Constant(f64),
    /// Between two delays.
    Uniform(Uniform),
    /// One per edge of a list or of one to one.
    Values(Vec<f64>),
    /// The same from a `.npy` or `.csv` file, or a tensor.
    File(ArrayFile),
}

impl From<f64> for DelaySpec {
    fn from(delay_ms: f64) -> DelaySpec {
        DelaySpec::Constant(delay_ms)
    }
}

impl From<i32> for DelaySpec {
    fn from(delay_ms: i32) -> DelaySpec {
        f64::from(delay_ms).into()
    }
}

variants! { DelaySpec: Uniform }
