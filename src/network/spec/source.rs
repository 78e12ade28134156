//! Sources: what comes from outside.

use super::array_file::ArrayFile;
use super::fields::{defaults, parameters, variants};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Spikes or values from outside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceSpec {
    /// Unique among populations and sources; without brackets.
    pub name: String,
    /// Number of elements, each a train of its own; at least 1.
    pub size: u32,
    /// What they emit.
    pub emits: EmitsSpec,
}

/// What a source emits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum EmitsSpec {
    /// Spikes listed here, in any order.
    Spikes(Spikes),
    /// Spikes from a file.
    SpikeFile(SpikeFile),
    /// All elements together, again and again.
    Regular(Regular),
    /// At each tick with a probability: element s at tick t if unit(seed, s stride + t) < p.
    Bernoulli(Bernoulli),
    /// A Poisson number of spikes at each tick: the least n with unit(seed, s stride + t) < P(N <=
    /// n).
    Poisson(Poisson),
    /// Analog values that multiply the weights (direct coding), in double precision.
    Frames(Frames),
    /// Rate code: a value in \[0, 1\] becomes the Bernoulli probability value x max_rate dt.
    Rate(Rate),
    /// Latency code: a value in (0, 1\] becomes one spike at first + (1 - value) window, to the
    /// nearest tick; a 0 none.
    Latency(Latency),
}

defaults! {
    /// Parameters of [`EmitsSpec::Spikes`].
    Spikes {
        /// (ms, id), on the ticks.
        at_ms: Vec<(f64, u32)> = Vec::new(),
        /// (tick, id).
        at_ticks: Vec<(u32, u32)> = Vec::new(),
    }
}

parameters! {
    /// Parameters of [`EmitsSpec::SpikeFile`].
    SpikeFile new {
        /// A file that [`crate::recording::read_spikes`] knows: SONATA `.h5`, `.npz`, `.csv` with
        /// the head `time_ms,id`, events of a camera, the folder of a run. Times between
        /// two ticks are rounded to the nearest.
        file: PathBuf,
    } {
        /// Whose spikes, if the file has several populations; default: its only one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        population: Option<String> = None,
    }
}

parameters! {
    /// Parameters of [`EmitsSpec::Regular`].
    Regular every_ms {
        /// From one spike to the next.
        period_ms: f64,
    } {
        /// The first time; default 0.
        #[serde(default)]
        first_ms: f64 = 0.0,
    }
}

defaults! {
    /// Parameters of [`EmitsSpec::Bernoulli`]: either the probability or the rate.
    Bernoulli {
        /// Per tick.
        #[serde(skip_serializing_if = "Option::is_none")]
        probability: Option<f64> = None,
        /// Per second: the probability is rate dt.
        #[serde(skip_serializing_if = "Option::is_none")]
        rate_hz: Option<f64> = None,
        /// Default: derived.
        #[serde(skip_serializing_if = "Option::is_none")]
        seed: Option<u64> = None,
        /// Counters per element; default 2^32, so that no tick repeats another element's draws.
        #[serde(skip_serializing_if = "Option::is_none")]
        stride: Option<u64> = None,
    }
}

parameters! {
    /// Parameters of [`EmitsSpec::Poisson`].
    Poisson hz {
        /// Spikes per second of each element.
        rate_hz: f64,
    } {
        /// Default: derived.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seed: Option<u64> = None,
        /// Counters per element; default 2^32.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stride: Option<u64> = None,
    }
}

parameters! {
    /// Parameters of [`EmitsSpec::Frames`]. The last row holds from then on, as that of a
    /// [`super::ThresholdSpec::Cue`] does: end with a row of zeros for silence. Projections of the
    /// source have one delay each.
    Frames new {
        /// `.npy` or `.csv`: `[frames, size]`, or `[frames]` for a single element.
        file: ArrayFile,
        /// How long a frame lasts.
        frame_ms: f64,
    } {}
}

parameters! {
    /// Parameters of [`EmitsSpec::Rate`].
    Rate new {
        /// One per element.
        values: ValuesSpec,
        /// Rate of a 1.
        max_rate_hz: f64,
    } {
        /// Default: derived.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seed: Option<u64> = None,
        /// Counters per element; default 2^32.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stride: Option<u64> = None,
    }
}

parameters! {
    /// Parameters of [`EmitsSpec::Latency`].
    Latency new {
        /// One per element.
        values: ValuesSpec,
        /// How much later the smallest values fire.
        window_ms: f64,
    } {
        /// When a 1 fires; default 0.
        #[serde(default)]
        first_ms: f64 = 0.0,
    }
}

variants! { EmitsSpec: Spikes SpikeFile Regular Bernoulli Poisson Frames Rate Latency }

/// Numbers, here or in a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ValuesSpec {
    /// These.
    Values(Vec<f64>),
    /// From a `.npy` or `.csv` file.
    File(ArrayFile),
}

impl From<Vec<f64>> for ValuesSpec {
    fn from(values: Vec<f64>) -> ValuesSpec {
        ValuesSpec::Values(values)
    }
}
