//! Populations, their receptors and initial membranes.

use super::array_file::ArrayFile;
use super::fields::{defaults, variants};
use super::neuron::NeuronSpec;
use super::projection::{Normal, Uniform};
use serde::{Deserialize, Serialize};

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
    /// Parameters that differ from neuron to neuron, in place of the model's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub each: Option<EachSpec>,
}

defaults! {
    /// Parameters that differ from neuron to neuron. Those that the model does not have are refused.
    EachSpec {
        /// Membrane time constants.
        #[serde(skip_serializing_if = "Option::is_none")]
        tau_m_ms: Option<EachValues> = None,
        /// Time constants of the synaptic current, where the population names no receptors.
        #[serde(skip_serializing_if = "Option::is_none")]
        tau_syn_ms: Option<EachValues> = None,
        /// Resting membranes.
        #[serde(skip_serializing_if = "Option::is_none")]
        v_rest_mv: Option<EachValues> = None,
        /// Resistances.
        #[serde(skip_serializing_if = "Option::is_none")]
        r_m_gohm: Option<EachValues> = None,
        /// Constant currents.
        #[serde(skip_serializing_if = "Option::is_none")]
        bias_pa: Option<EachValues> = None,
        /// Thresholds, of an adaptive one the value without spikes.
        #[serde(skip_serializing_if = "Option::is_none")]
        v_th_mv: Option<EachValues> = None,
        /// Membranes after a spike.
        #[serde(skip_serializing_if = "Option::is_none")]
        v_reset_mv: Option<EachValues> = None,
        /// How long after a spike the membrane rests.
        #[serde(skip_serializing_if = "Option::is_none")]
        refractory_ms: Option<EachValues> = None,
    }
}

/// A number for each neuron.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum EachValues {
    /// Of neuron j: low + (high - low) unit(seed, j + first).
    Uniform(Uniform),
    /// By Box-Muller from unit(seed, 2 (j + first)) and the next.
    Normal(Normal),
    /// These.
    Values(Vec<f64>),
    /// From a `.npy` or `.csv` file, or a tensor.
    File(ArrayFile),
}

impl From<Vec<f64>> for EachValues {
    fn from(values: Vec<f64>) -> EachValues {
        EachValues::Values(values)
    }
}

variants! { EachValues: Uniform Normal }

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
        /// `.npy` or `.csv`, or a tensor.
        file: ArrayFile,
    },
}
