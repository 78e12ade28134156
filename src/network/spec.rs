//! What a network file says: a RON document with the unit in every field's name.
//!
//! ```ron
//! (
//!     format: 1,
//!     name: "a source drives two neurons",
//!     dt_ms: 0.1,
//!     populations: [
//!         (name: "cells", size: 2, neuron: Lif(tau_m_ms: 10, threshold: Fixed(v_th_mv: 15), refractory_ms: 2)),
//!     ],
//!     sources: [(name: "input", size: 1, emits: Regular(first_ms: 1, period_ms: 5))],
//!     projections: [(from: "input", to: "cells[0..1]", rule: AllToAll(), weight: Constant(16), delay_ms: Constant(1.5))],
//!     record: (spikes: ["cells"], membrane: ["cells[0..1]"]),
//! )
//! ```
//! Times and delays are multiples of `dt_ms` to within [`GRID_TOLERANCE`] of a tick; only times in files of spikes are rounded. An
//! unknown field is refused. File names are relative to the network file and lead nowhere outside its folder, unless `--files-anywhere`
//! allows it; `.npy` holds an array of numbers, in either order of numpy, `.csv` one row per line without a head unless said otherwise.
//!
//! # Units
//! Membranes and thresholds are in mV, times in ms, currents in pA, resistances in GOhm: 1 pA through 1 GOhm is 1 mV. A weight
//! is in mV at a delta receptor and in pA at an exponential or alpha receptor, so with the default `r_m_gohm: 1` one pA is one mV.
//!
//! # Seeds
//! Whatever is drawn has a `seed`. Where it is left out, it is the output number `fnv1a(stream)` of SplitMix64 started at the
//! run's seed ([`crate::base::counter::bits`]), with `fnv1a` the 64-bit FNV-1a hash of the stream's name in UTF-8:
//!
//! | drawn | stream |
//! |---|---|
//! | initial membranes of a population | `NAME/initial` |
//! | spikes of a source | `NAME/spikes` |
//! | edges, weights, delays of a projection | `NAME/edges`, `NAME/weights`, `NAME/delays` |

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The only format there is.
pub const FORMAT: u32 = 1;

/// How far from a multiple of a tick a time or delay may lie, in ticks: rounding of decimal fractions, nothing more.
pub const GRID_TOLERANCE: f64 = 1e-6;

/// A network file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSpec {
    /// [`FORMAT`].
    pub format: u32,
    /// For titles; default: empty.
    #[serde(default)]
    pub name: String,
    /// Length of a tick, ms.
    pub dt_ms: f64,
    /// How long a run lasts unless the caller says otherwise, ms; default: the caller must.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<f64>,
    /// The run's seed, for whatever has none of its own; default 0.
    #[serde(default)]
    pub seed: u64,
    /// Neurons; at least one population.
    pub populations: Vec<PopulationSpec>,
    /// What comes from outside; default: nothing.
    #[serde(default)]
    pub sources: Vec<SourceSpec>,
    /// Connections; default: none.
    #[serde(default)]
    pub projections: Vec<ProjectionSpec>,
    /// What a run records unless the caller says otherwise; default: the spikes of all populations.
    #[serde(default)]
    pub record: RecordSpec,
}

/// Neurons of one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PopulationSpec {
    /// Unique among populations and sources; without brackets.
    pub name: String,
    /// Neurons, at least 1.
    pub size: u32,
    /// The model.
    pub neuron: NeuronSpec,
    /// Where projections end. Default: one named `input`, exponential for [`NeuronSpec::CubaLif`], else delta.
    #[serde(default)]
    pub receptors: Vec<ReceptorSpec>,
    /// Membranes before the first tick; default: the resting membrane.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial: Option<InitialSpec>,
}

/// A neuron model. Names and equations as in NIR where NIR has them; [`crate::spiking::neuron::linear`] has what a tick does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum NeuronSpec {
    /// Integrate and fire: dV/dt = R (I + bias) / (1 ms).
    If(IfSpec),
    /// Leaky integrate and fire: tau_m dV/dt = -(V - v_rest) + R (I + bias).
    Lif(LifSpec),
    /// Leaky integrator: the same, never fires.
    Li(LiSpec),
    /// LIF whose input is an exponential current.
    CubaLif(CubaLifSpec),
    /// LIF whose threshold jumps at its own spikes and decays.
    Alif(AlifSpec),
}

/// Parameters of [`NeuronSpec::If`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IfSpec {
    /// R; default 1.
    pub r_m_gohm: f64,
    /// Constant current; default 0.
    pub bias_pa: f64,
    /// Default: fixed at 20 mV.
    pub threshold: ThresholdSpec,
    /// Default: to 0 mV.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset: Option<ResetSpec>,
    /// How long after a spike the membrane rests; default 0.
    pub refractory_ms: f64,
    /// Default: dropped.
    pub refractory_input: RefractoryInput,
    /// Default: at least.
    pub compare: Compare,
    /// Default: exact.
    pub form: FormSpec,
}

/// Parameters of [`NeuronSpec::Lif`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LifSpec {
    /// Membrane time constant; default 20.
    pub tau_m_ms: f64,
    /// Resting membrane; default 0.
    pub v_rest_mv: f64,
    /// R; default 1.
    pub r_m_gohm: f64,
    /// Constant current; default 0.
    pub bias_pa: f64,
    /// Default: fixed at 20 mV.
    pub threshold: ThresholdSpec,
    /// Default: to the resting membrane.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset: Option<ResetSpec>,
    /// How long after a spike the membrane rests; default 0.
    pub refractory_ms: f64,
    /// Default: dropped.
    pub refractory_input: RefractoryInput,
    /// Default: at least.
    pub compare: Compare,
    /// Default: exact.
    pub form: FormSpec,
}

/// Parameters of [`NeuronSpec::Li`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LiSpec {
    /// Membrane time constant; default 20.
    pub tau_m_ms: f64,
    /// Resting membrane; default 0.
    pub v_rest_mv: f64,
    /// R; default 1.
    pub r_m_gohm: f64,
    /// Constant current; default 0.
    pub bias_pa: f64,
    /// Default: exact.
    pub form: FormSpec,
}

/// Parameters of [`NeuronSpec::CubaLif`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CubaLifSpec {
    /// Membrane time constant; default 20.
    pub tau_m_ms: f64,
    /// Time constant of the synaptic current where the population names no receptors; default 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tau_syn_ms: Option<f64>,
    /// Resting membrane; default 0.
    pub v_rest_mv: f64,
    /// R; default 1.
    pub r_m_gohm: f64,
    /// Constant current; default 0.
    pub bias_pa: f64,
    /// Default: fixed at 20 mV.
    pub threshold: ThresholdSpec,
    /// Default: to the resting membrane.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset: Option<ResetSpec>,
    /// How long after a spike the membrane rests; default 0.
    pub refractory_ms: f64,
    /// Default: dropped.
    pub refractory_input: RefractoryInput,
    /// Default: at least.
    pub compare: Compare,
    /// Default: exact.
    pub form: FormSpec,
}

/// Parameters of [`NeuronSpec::Alif`]: threshold v_th + a; a jumps by `jump_mv` at each own spike and decays with
/// `tau_threshold_ms`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlifSpec {
    /// Membrane time constant; default 20.
    pub tau_m_ms: f64,
    /// Resting membrane; default 0.
    pub v_rest_mv: f64,
    /// R; default 1.
    pub r_m_gohm: f64,
    /// Constant current; default 0.
    pub bias_pa: f64,
    /// Threshold without spikes; default 20.
    pub v_th_mv: f64,
    /// What a spike adds to it; default 2.
    pub jump_mv: f64,
    /// How fast that decays; default 100.
    pub tau_threshold_ms: f64,
    /// Default: to the resting membrane.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset: Option<ResetSpec>,
    /// How long after a spike the membrane rests; default 0.
    pub refractory_ms: f64,
    /// Default: dropped.
    pub refractory_input: RefractoryInput,
    /// Default: at least.
    pub compare: Compare,
    /// Default: exact.
    pub form: FormSpec,
}

impl Default for IfSpec {
    fn default() -> Self {
        IfSpec {
            r_m_gohm: 1.0,
            bias_pa: 0.0,
            threshold: ThresholdSpec::default(),
            reset: None,
            refractory_ms: 0.0,
            refractory_input: RefractoryInput::Drop,
            compare: Compare::AtLeast,
            form: FormSpec::Exact,
        }
    }
}

impl Default for LifSpec {
    fn default() -> Self {
        LifSpec {
            tau_m_ms: 20.0,
            v_rest_mv: 0.0,
            r_m_gohm: 1.0,
            bias_pa: 0.0,
            threshold: ThresholdSpec::default(),
            reset: None,
            refractory_ms: 0.0,
            refractory_input: RefractoryInput::Drop,
            compare: Compare::AtLeast,
            form: FormSpec::Exact,
        }
    }
}

impl Default for LiSpec {
    fn default() -> Self {
        LiSpec { tau_m_ms: 20.0, v_rest_mv: 0.0, r_m_gohm: 1.0, bias_pa: 0.0, form: FormSpec::Exact }
    }
}

impl Default for CubaLifSpec {
    fn default() -> Self {
        CubaLifSpec {
            tau_m_ms: 20.0,
            tau_syn_ms: None,
            v_rest_mv: 0.0,
            r_m_gohm: 1.0,
            bias_pa: 0.0,
            threshold: ThresholdSpec::default(),
            reset: None,
            refractory_ms: 0.0,
            refractory_input: RefractoryInput::Drop,
            compare: Compare::AtLeast,
            form: FormSpec::Exact,
        }
    }
}

impl Default for AlifSpec {
    fn default() -> Self {
        AlifSpec {
            tau_m_ms: 20.0,
            v_rest_mv: 0.0,
            r_m_gohm: 1.0,
            bias_pa: 0.0,
            v_th_mv: 20.0,
            jump_mv: 2.0,
            tau_threshold_ms: 100.0,
            reset: None,
            refractory_ms: 0.0,
            refractory_input: RefractoryInput::Drop,
            compare: Compare::AtLeast,
            form: FormSpec::Exact,
        }
    }
}

/// [`CubaLifSpec::tau_syn_ms`] where neither it nor a receptor is given.
pub const DEFAULT_TAU_SYN_MS: f64 = 5.0;

/// When a neuron fires.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum ThresholdSpec {
    /// At this membrane.
    Fixed {
        /// mV.
        v_th_mv: f64,
    },
    /// At v_th + a; a jumps at each own spike and decays.
    Adaptive {
        /// Without spikes, mV.
        v_th_mv: f64,
        /// What a spike adds, mV.
        jump_mv: f64,
        /// Time constant of the decay.
        tau_ms: f64,
    },
    /// From a file with a value in mV per tick, `[ticks]` for all neurons or `[ticks, size]`; the last row holds from then on.
    Cue {
        /// `.npy` or `.csv`.
        file: PathBuf,
    },
}

impl Default for ThresholdSpec {
    fn default() -> Self {
        ThresholdSpec::Fixed { v_th_mv: 20.0 }
    }
}

/// What a spike does to the membrane.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum ResetSpec {
    /// It becomes this.
    Hard {
        /// mV.
        v_reset_mv: f64,
    },
    /// The threshold is subtracted.
    Soft,
}

/// What becomes of delta arrivals in refractory ticks. Currents go on in either case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RefractoryInput {
    /// They are lost.
    Drop,
    /// They decay as the membrane would have let them and are added at the end.
    Keep,
}

/// Whether a membrane exactly at the threshold fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Compare {
    /// It does.
    AtLeast,
    /// It does not (as in NIR and Norse).
    Above,
}

/// How time constants become factors of one tick ([`crate::spiking::neuron::linear::Form`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum FormSpec {
    /// exp(-dt / tau).
    Exact,
    /// 1 - dt / tau.
    Discrete {
        /// Whether arrivals are multiplied by dt / tau as well.
        decay_input: bool,
    },
}

/// Where projections end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum ReceptorSpec {
    /// The membrane jumps by the weight in mV.
    Delta {
        /// Unique in the population.
        name: String,
    },
    /// A current jumps by the weight in pA and decays.
    Exponential {
        /// Unique in the population.
        name: String,
        /// Time constant.
        tau_ms: f64,
    },
    /// A current w (t / tau) exp(1 - t / tau), with its peak, the weight in pA, at tau. In the exact form only.
    Alpha {
        /// Unique in the population.
        name: String,
        /// Time constant.
        tau_ms: f64,
    },
}

impl ReceptorSpec {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            ReceptorSpec::Delta { name }
            | ReceptorSpec::Exponential { name, .. }
            | ReceptorSpec::Alpha { name, .. } => name,
        }
    }
}

/// Membranes before the first tick.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum InitialSpec {
    /// The same for all.
    Constant {
        /// mV.
        v_mv: f64,
    },
    /// Of neuron j: low + (high - low) unit(seed, j).
    Uniform {
        /// mV.
        low_mv: f64,
        /// mV.
        high_mv: f64,
        /// Default: derived.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seed: Option<u64>,
    },
    /// One value in mV per neuron.
    File {
        /// `.npy` or `.csv`.
        file: PathBuf,
    },
}

/// Spikes or values from outside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceSpec {
    /// Unique among populations and sources; without brackets.
    pub name: String,
    /// How many, at least 1.
    pub size: u32,
    /// What they emit.
    pub emits: EmitsSpec,
}

/// What a source emits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum EmitsSpec {
    /// Spikes listed here, in any order.
    Spikes {
        /// (ms, id), on the ticks.
        #[serde(default)]
        at_ms: Vec<(f64, u32)>,
        /// (tick, id).
        #[serde(default)]
        at_ticks: Vec<(u32, u32)>,
    },
    /// Spikes from a file that [`crate::recording::read_spikes`] knows: SONATA `.h5`, `.npz`, `.csv` with the head
    /// `time_ms,id`, `.bin` or `.bs2` of N-MNIST, the folder of a run. Times between two ticks are rounded to the nearest.
    SpikeFile {
        /// The file.
        file: PathBuf,
        /// Whose spikes, if the file has several populations; default: its only one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        population: Option<String>,
    },
    /// All sources together, again and again.
    Regular {
        /// The first time; default 0.
        #[serde(default)]
        first_ms: f64,
        /// From one spike to the next.
        period_ms: f64,
    },
    /// At each tick with a probability: source s at tick t if unit(seed, s stride + t) < p. Either the probability or the rate.
    Bernoulli {
        /// Per tick.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        probability: Option<f64>,
        /// Per second: the probability is rate dt.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rate_hz: Option<f64>,
        /// Default: derived.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seed: Option<u64>,
        /// Default 2^32, so that no tick repeats another source's draws.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stride: Option<u64>,
    },
    /// A Poisson number of spikes at each tick: the least n with unit(seed, s stride + t) < P(N <= n).
    Poisson {
        /// Spikes per second of each source.
        rate_hz: f64,
        /// Default: derived.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seed: Option<u64>,
        /// Default 2^32.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stride: Option<u64>,
    },
    /// Analog values that multiply the weights (direct coding), in double precision: `[frames, size]`, or `[frames]` for a single
    /// source; the last row holds from then on, as that of a [`ThresholdSpec::Cue`] does: end with a row of zeros for silence. Its
    /// projections have one delay each.
    Frames {
        /// `.npy` or `.csv`.
        file: PathBuf,
        /// How long a frame lasts.
        frame_ms: f64,
    },
    /// Rate code: a value in \[0, 1\] becomes the Bernoulli probability value x max_rate dt.
    Rate {
        /// One per source.
        values: ValuesSpec,
        /// Rate of a 1.
        max_rate_hz: f64,
        /// Default: derived.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seed: Option<u64>,
        /// Default 2^32.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stride: Option<u64>,
    },
    /// Latency code: a value in (0, 1\] becomes one spike at first + (1 - value) window, to the nearest tick; a 0 none.
    Latency {
        /// One per source.
        values: ValuesSpec,
        /// When a 1 fires; default 0.
        #[serde(default)]
        first_ms: f64,
        /// How much later the smallest values fire.
        window_ms: f64,
    },
}

/// Numbers, here or in a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ValuesSpec {
    /// These.
    Values(Vec<f64>),
    /// From a `.npy` or `.csv` file.
    File(PathBuf),
}

/// Connections from one range of neurons or sources to one range of neurons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectionSpec {
    /// Unique among projections; default `FROM -> TO`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A population or source, all of it (`exc`), a half-open range (`exc[0..3200]`) or one neuron (`exc[3]`).
    pub from: String,
    /// A population, all of it or a range.
    pub to: String,
    /// One of the target's; default: its only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receptor: Option<String>,
    /// Which edges exist.
    pub rule: RuleSpec,
    /// In the unit of the receptor. May be left out where a matrix or an edge file brings weights, which it multiplies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<WeightSpec>,
    /// Default: one tick.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<DelaySpec>,
}

/// Which edges exist; [`crate::network`] has the counters. Autapses are edges of a neuron to itself, multapses several of one pair, as in
/// NEST.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum RuleSpec {
    /// Every pair.
    AllToAll {
        /// Whether a neuron reaches itself; default true.
        #[serde(default = "yes", alias = "self_connections")]
        allow_autapses: bool,
    },
    /// k-th to k-th; ranges of one length.
    OneToOne,
    /// Each pair with the same probability.
    FixedProbability {
        /// In \[0, 1\].
        probability: f64,
        /// Default: derived.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seed: Option<u64>,
        /// Whether a neuron may reach itself; default true.
        #[serde(default = "yes", alias = "self_connections")]
        allow_autapses: bool,
    },
    /// Each target draws its sources, with replacement unless `allow_multapses` is false.
    FixedInDegree {
        /// Sources per target, at least 1.
        degree: u32,
        /// Default: derived.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seed: Option<u64>,
        /// Counters per target; default: offset + degree.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stride: Option<u64>,
        /// The first of them; default 0.
        #[serde(default)]
        offset: u64,
        /// Whether a neuron may be drawn for itself; default true.
        #[serde(default = "yes", alias = "self_connections")]
        allow_autapses: bool,
        /// Whether a pair may be drawn more than once; default true.
        #[serde(default = "yes")]
        allow_multapses: bool,
    },
    /// Each source draws its targets, with replacement unless `allow_multapses` is false.
    FixedOutDegree {
        /// Targets per source, at least 1.
        degree: u32,
        /// Default: derived.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seed: Option<u64>,
        /// Counters per source; default: offset + degree.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stride: Option<u64>,
        /// The first of them; default 0.
        #[serde(default)]
        offset: u64,
        /// Whether a neuron may be drawn for itself; default true.
        #[serde(default = "yes", alias = "self_connections")]
        allow_autapses: bool,
        /// Whether a pair may be drawn more than once; default true.
        #[serde(default = "yes")]
        allow_multapses: bool,
    },
    /// Edges listed here: (source, target), counted in the whole populations.
    List(Vec<(u32, u32)>),
    /// Edges from a `.csv` file with the columns `source,target` or `source,target,weight` and this head.
    ListFile(PathBuf),
    /// A dense matrix of weights `[targets, sources]` of the ranges; zeros are synapses too.
    Matrix {
        /// `.npy` or `.csv`.
        file: PathBuf,
    },
}

fn yes() -> bool {
    true
}

/// Weights of a projection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum WeightSpec {
    /// One for all.
    Constant(f64),
    /// low + (high - low) unit(seed, e + first).
    Uniform {
        /// Lowest.
        low: f64,
        /// Highest.
        high: f64,
        /// Default: derived.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seed: Option<u64>,
        /// Added to the edge's counter; default 0.
        #[serde(default)]
        first: u64,
    },
    /// Normal by Box-Muller from unit(seed, 2 (e + first)) and the next.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        sd: f64,
        /// Default: derived.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seed: Option<u64>,
        /// Added to the edge's counter; default 0.
        #[serde(default)]
        first: u64,
    },
    /// One per edge of a list or of one to one.
    Values(Vec<f64>),
    /// The same from a `.npy` or `.csv` file.
    File(PathBuf),
}

/// Delays of a projection in ms: multiples of `dt_ms`, at least one, at most 65,535.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum DelaySpec {
    /// One for all.
    Constant(f64),
    /// In ticks low + below(seed, e + first, high - low + 1).
    Uniform {
        /// Shortest.
        low: f64,
        /// Longest.
        high: f64,
        /// Default: derived.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seed: Option<u64>,
        /// Added to the edge's counter; default 0.
        #[serde(default)]
        first: u64,
    },
    /// One per edge of a list or of one to one.
    Values(Vec<f64>),
    /// The same from a `.npy` or `.csv` file.
    File(PathBuf),
}

/// What a run records: populations, all of them (`exc`), a range (`exc[0..10]`, `exc[..10]`, `exc[10..]`) or one neuron (`exc[3]`).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RecordSpec {
    /// Spikes, of sources too; default: of all populations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spikes: Option<Vec<String>>,
    /// Membranes at each tick; default: none.
    pub membrane: Vec<String>,
    /// Thresholds at each tick; default: none.
    pub threshold: Vec<String>,
    /// Sums of the synaptic currents at each tick, 0 for a population without; default: none.
    pub current: Vec<String>,
}
