//! The counts under NeuroBench's names (Yik et al., Nature Communications 16:1545, 2025), as its
//! package computes them; where ours differ, `docs/report.md` says how.

use crate::energy::synops::Synops;
use crate::network::Network;
use crate::simulator::Totals;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of this document.
pub const NEUROBENCH_SCHEMA: &str = "spikefuse.neurobench/1";

/// NeuroBench's complexity metrics. A metric that could not be computed is absent, with its reason
/// in `absent`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Neurobench {
    /// [`NEUROBENCH_SCHEMA`]
    pub schema: String,
    /// Bytes of all parameters and buffers of the model.
    #[serde(rename = "Footprint", skip_serializing_if = "Option::is_none", default)]
    pub footprint: Option<u64>,
    /// Share of zeros among the synaptic weights, to 4 decimals.
    #[serde(rename = "ConnectionSparsity", skip_serializing_if = "Option::is_none", default)]
    pub connection_sparsity: Option<f64>,
    /// Share of neuron steps without a spike.
    #[serde(rename = "ActivationSparsity", skip_serializing_if = "Option::is_none", default)]
    pub activation_sparsity: Option<f64>,
    /// Share of neuron steps without a spike, by layer.
    #[serde(rename = "ActivationSparsityByLayer", skip_serializing_if = "Option::is_none", default)]
    pub activation_sparsity_by_layer: Option<BTreeMap<String, f64>>,
    /// Per clip, all layers with weights.
    #[serde(rename = "SynapticOperations", skip_serializing_if = "Option::is_none", default)]
    pub synaptic_operations: Option<SynapticOperations>,
    /// Membranes that changed, per clip.
    #[serde(rename = "MembraneUpdates", skip_serializing_if = "Option::is_none", default)]
    pub membrane_updates: Option<f64>,
    /// Absent metrics and the reasons.
    pub absent: Vec<Absent>,
}

/// Synaptic operations per clip.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SynapticOperations {
    /// Non-zero weights that met a non-zero input other than 1 and -1.
    #[serde(rename = "Effective_MACs")]
    pub effective_macs: f64,
    /// Non-zero weights that met an input of 1 or -1.
    #[serde(rename = "Effective_ACs")]
    pub effective_acs: f64,
    /// All weights at all steps.
    #[serde(rename = "Dense")]
    pub dense: f64,
}

/// A metric that could not be computed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Absent {
    /// Name of the metric.
    pub metric: String,
    /// Reason.
    pub reason: String,
}

impl Neurobench {
    /// A document of which only the synaptic operations are known.
    pub fn of_synops(synops: &Synops) -> Neurobench {
        let clips = synops.clips.max(1) as f64;
        let total = synops.total(|_| true);
        Neurobench {
            schema: NEUROBENCH_SCHEMA.into(),
            footprint: None,
            connection_sparsity: None,
            activation_sparsity: None,
            activation_sparsity_by_layer: None,
            synaptic_operations: Some(SynapticOperations {
                effective_macs: total.effective_macs as f64 / clips,
                effective_acs: total.effective_acs as f64 / clips,
                dense: total.dense as f64 / clips,
            }),
            membrane_updates: None,
            absent: Vec::new(),
        }
    }

    /// Of a simulated network, over all its clips; `zero_weights` are how many weights are zero and how
    /// many there are.
    pub fn of_network(network: &Network, totals: &Totals, synops: &Synops, zero_weights: (u64, u64)) -> Neurobench {
        let mut document = Neurobench::of_synops(synops);
        let populations = network.populations().iter().zip(&totals.counts);
        let layers: Vec<(String, u64, u64)> = populations
            .filter(|(p, _)| p.can_fire())
            .map(|(p, counts)| (p.name.clone(), counts.spikes, u64::from(p.size) * totals.ticks))
            .collect();
        match layers.is_empty() {
            false => document.set_activation(&layers),
            true => {
                let metrics = ["ActivationSparsity", "ActivationSparsityByLayer"];
                document.leave_out(&metrics, "the network has no neuron that can fire");
            }
        }
        let (zeros, weights) = zero_weights;
        document.set_connections(zeros, weights);
        document.leave_out(&["Footprint"], "it is about the tensors of a PyTorch module");
        document.leave_out(&["MembraneUpdates"], "membrane potentials were not watched in this run");
        document
    }

    /// Sets the activation sparsity from each layer's spikes and neuron steps.
    pub fn set_activation(&mut self, layers: &[(String, u64, u64)]) {
        let sparsity = |spikes: u64, steps: u64| (steps - spikes) as f64 / steps.max(1) as f64;
        let (spikes, steps) = layers.iter().fold((0, 0), |(a, b), (_, spikes, steps)| (a + spikes, b + steps));
        self.activation_sparsity = Some(sparsity(spikes, steps));
        self.activation_sparsity_by_layer =
            Some(layers.iter().map(|(layer, spikes, steps)| (layer.clone(), sparsity(*spikes, *steps))).collect());
    }

    /// Sets the connection sparsity, rounded as NeuroBench rounds it.
    pub fn set_connections(&mut self, zeros: u64, weights: u64) {
        self.connection_sparsity = Some((zeros as f64 / weights.max(1) as f64 * 1e4).round() / 1e4);
    }

    /// Says why a metric is absent.
    pub fn leave_out(&mut self, metrics: &[&str], reason: &str) {
        self.absent.extend(metrics.iter().map(|&metric| Absent { metric: metric.into(), reason: reason.into() }));
    }
}
