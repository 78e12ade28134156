//! Populations, their receptors and initial membranes.

use super::neuron::NeuronSpec;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

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
    /// Where projections end. Default: one named `input`, exponential for [`NeuronSpec::CubaLif`],
    /// else delta.
    #[serde(default)]
    pub receptors: Vec<ReceptorSpec>,
    /// Membranes before the first tick; default: the resting membrane.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial: Option<InitialSpec>,
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
    /// A current w (t / tau) exp(1 - t / tau), with its peak, the weight in pA, at tau. In the
    /// exact form only.
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
