//! The JSON document of a run. `docs/report.md` describes it field by field.

use super::projection::Plane;
use super::twin::TwinLayer;
use crate::data::{ClassVectors, Split};
use crate::energy::counts::LayerCounts;
use crate::energy::synops::Synops;
use crate::energy::{Energy, Ledger};
use crate::hybrid::compare::{Parity, Seconds, Spread};
use crate::hybrid::config::Config;
use crate::hybrid::evaluate::ByMode;
use crate::hybrid::gzsl::Scores;
use crate::report::neurobench::Neurobench;
use serde::{Deserialize, Serialize};

/// Version of the JSON document.
pub const SCHEMA: &str = "spikefuse.report/4";

/// The document. Counts and energy are sums over all clips unless a name says otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// [`SCHEMA`]
    pub schema: String,
    /// Name of the data set.
    pub dataset: String,
    /// Split of the data set.
    pub split: Split,
    /// How class vectors were assigned to classes.
    pub class_vectors: ClassVectors,
    /// Number of names in the read-out's vocabulary.
    pub vocabulary: usize,
    /// Seed of the training.
    pub seed: u64,
    /// Configuration of the training.
    pub config: Config,
    /// Time steps of the spiking branch.
    pub time_steps: usize,
    /// Number of test clips.
    pub clips: usize,
    /// Classes of the split without test clips; they are left out of the means.
    pub classes_without_clips: Vec<String>,
    /// Figures by mode, fractions of 1.
    pub accuracy: ByMode<Scores>,
    /// Epochs of stage 2, as stage 1 chose.
    pub epochs: usize,
    /// Spiking activity; none if the model has no spiking branch.
    pub spikes: Option<SpikeSummary>,
    /// Operations of the whole hybrid, summed up.
    pub operations: Operations,
    /// Modelled energy of all test clips by the first table of `energy`, picojoule.
    pub energy_pj: f64,
    /// Modelled energy by table; what each figure leaves out is part of it.
    pub energy: Vec<Energy>,
    /// Share of the dense operators in `energy_pj`.
    pub dense_share: f64,
    /// Event-driven against clock-driven.
    pub parity: Option<Parity>,
    /// Wall time of the spiking branch, seconds.
    pub wall_time_s: Option<Seconds>,
    /// Synaptic operations by every definition.
    pub synops: Synops,
    /// The spiking layers against the dense ones that they stand for.
    pub dense_twin: Vec<TwinLayer>,
    /// Accuracy and energy when the same weights run for fewer time steps; empty without a spiking
    /// branch.
    pub over_time_steps: Vec<AtSteps>,
    /// Embeddings of clips and classes in the plane.
    pub projection: Option<Plane>,
    /// The same counts under NeuroBench's names.
    pub neurobench: Neurobench,
    /// Every operation of every layer.
    pub ledger: Ledger,
    /// What the spiking layers did in each clip; not part of the document.
    #[serde(skip)]
    pub per_clip: Vec<ClipCounts>,
}

/// Spiking activity over all test clips.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpikeSummary {
    /// Number of spikes of all layers.
    pub total: u64,
    /// Mean firing rate by layer, spikes per neuron and step.
    pub rate_per_layer: Vec<LayerRate>,
    /// Mean firing rate of all layers by step.
    pub rate_per_step: Vec<f64>,
    /// Mean time-step factor by step, audio and video.
    pub time_step_factor: [Vec<f64>; 2],
}

/// Firing rate and thresholds of a layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerRate {
    /// Name, as in the tensors' names.
    pub layer: String,
    /// SpikeSummary per neuron and step.
    pub rate: f64,
    /// SpikeSummary per neuron at each step.
    pub per_step: Vec<f64>,
    /// Thresholds of all neurons and clips by step; empty where the drivers were not compared.
    pub thresholds: Vec<Spread>,
}

/// Operations of the hybrid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operations {
    /// SpikeSummary delivered to synapses: spikes x fan-out.
    pub synops: u64,
    /// Accumulates: the SynOps and the time-step factor's.
    pub acs: u64,
    /// Multiply-accumulates, dense branch and analog input included.
    pub macs: u64,
    /// Updates of membranes: one for each neuron and step that was carried out.
    pub membrane_updates: u64,
    /// Updates of dynamic thresholds.
    pub threshold_updates: u64,
    /// MACs of the dense twin: the same network with ReLU in place of spikes, one pass.
    pub dense_twin_macs: u64,
    /// MACs of the spiking layers alone in that twin.
    pub spiking_twin_macs: u64,
    /// MACs of the spiking layers run densely, at every step.
    pub clock_macs: Option<u64>,
}

/// The model run for fewer time steps than it was trained with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtSteps {
    /// Time steps of this run.
    pub time_steps: usize,
    /// Accuracy by the sum of both distances, with the gamma of the whole run.
    pub accuracy: Scores,
    /// SpikeSummary per clip.
    pub spikes_per_clip: f64,
    /// Modelled energy of the spiking layers and the time-step factor by the report's first table,
    /// pJ per clip.
    pub spiking_pj_per_clip: f64,
    /// Modelled energy of the whole hybrid by that table, pJ per clip.
    pub total_pj_per_clip: f64,
}

/// Operations of a spiking layer in a clip.
#[derive(Debug, Clone, PartialEq)]
pub struct ClipCounts {
    /// Id of the clip.
    pub clip: String,
    /// Class of the clip.
    pub class: String,
    /// Class that was predicted.
    pub predicted: String,
    /// Name of the spiking layer.
    pub layer: String,
    /// Operations of the layer in this clip.
    pub counts: LayerCounts,
}
