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
//! Times and delays are multiples of `dt_ms` to within [`GRID_TOLERANCE`] of a tick; only times in
//! files of spikes are rounded. An unknown field is refused. File names are relative to the network
//! file and lead nowhere outside its folder, unless `--files-anywhere` allows it; `.npy` holds an
//! array of numbers, in either order of numpy, `.csv` one row per line without a head unless said
//! otherwise; [`ArrayFile`] names one of several arrays of a file. [Example](super::compile#example).
//!
//! The structs with parameters can be made in Rust as well: a method of each field's name sets the
//! field, as in `Lif::default().tau_m_ms(10.0)` ([`crate::network::build`]).
//!
//! # Units
//! Membranes and thresholds are in mV, times in ms, currents in pA, resistances in GOhm: 1 pA
//! through 1 GOhm is 1 mV. A weight is in mV at a delta receptor and in pA at an exponential or
//! alpha receptor, so with the default `r_m_gohm: 1` one pA is one mV. Fixed point has no units: its
//! numbers are whole.
//!
//! # Seeds
//! Whatever is drawn has a `seed`. Where it is left out, it is the output number `fnv1a(stream)` of
//! SplitMix64 started at the run's seed ([`crate::base::counter::bits`]), with `fnv1a` the 64-bit
//! FNV-1a hash of the stream's name in UTF-8:
//!
//! | drawn | stream |
//! |---|---|
//! | initial membranes of a population | `NAME/initial` |
//! | parameters of each neuron of a population | `NAME/` and the parameter, as in `NAME/tau_m_ms` |
//! | spikes of a source | `NAME/spikes` |
//! | edges, weights, delays of a projection | `NAME/edges`, `NAME/weights`, `NAME/delays` |

mod array_file;
mod fields;
mod file;
mod neuron;
mod population;
mod projection;
mod source;

pub use array_file::ArrayFile;
pub use file::{FORMAT, GRID_TOLERANCE, NetworkSpec, RecordSpec};
pub use neuron::{
    Alif, Compare, CubaLif, DEFAULT_TAU_SYN_MS, FixedPointCubaLif, FormSpec, I, If, Li, Lif, NeuronSpec,
    RefractoryInput, ResetSpec, ThresholdSpec,
};
pub use population::{EachSpec, EachValues, InitialSpec, PopulationSpec, ReceptorSpec};
pub use projection::{
    AllToAll, Conv, DelaySpec, FixedInDegree, FixedOutDegree, FixedProbability, LayerSpec, Layers, Normal, Padding,
    Pool, PrecisionSpec, ProjectionSpec, RuleSpec, Uniform, WeightSpec,
};
pub use source::{
    Bernoulli, EmitsSpec, Frames, Latency, Poisson, Rate, Regular, SourceSpec, SpikeFile, Spikes, ValuesSpec,
};
