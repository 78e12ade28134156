//! Synaptic operations by every definition in use, side by side.
//!
//! For a layer of I inputs and N neurons over T steps, and an input that holds k spikes in all:
//!
//! | name | definition | used by |
//! |---|---|---|
//! | effective | non-zero inputs times their non-zero weights; an AC if the input value is 1 or -1, else a MAC | NeuroBench (`Effective_ACs`, `Effective_MACs`) |
//! | spikes x fan-out | k N, zero weights included | sinabs, snnmetrics, SpikingJelly's operation counter |
//! | rate x dense | (k / (I T)) I N T, from a mean rate | syops-counter, the papers on spiking transformers |
//! | dense | I N T, the products of a network that knows no zeros | NeuroBench (`Dense`) |
//!
//! They disagree: one Linear 100 -> 50 with 40 % zero weights and 10 % spikes gives 3117 effective, 5112.5 by spikes x fan-out and
//! by rate x dense, 50,000 dense, per clip of 10 steps.

use serde::{Deserialize, Serialize};

/// Synaptic operations of one layer over all clips. No bias, no neuron update.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerSynops {
    /// Layer.
    pub layer: String,
    /// Non-zero weights that met an input of 1 or -1.
    pub effective_acs: u64,
    /// Non-zero weights that met any other non-zero input.
    pub effective_macs: u64,
    /// Input spikes times neurons; none for a layer whose input is analog.
    pub spikes_x_fan_out: Option<u64>,
    /// Mean firing rate of the input times the dense products; none for a layer whose input is analog.
    pub rate_x_dense: Option<f64>,
    /// Inputs times neurons times steps.
    pub dense: u64,
    /// Mean firing rate of the input, spikes per source and step; none for a layer whose input is analog.
    pub input_rate: Option<f64>,
}

/// All layers with weights, and their sums.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Synops {
    /// Clips that the counts are sums over.
    pub clips: u64,
    /// Layer by layer.
    pub layers: Vec<LayerSynops>,
}

/// Sums over layers.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SynopsTotal {
    /// See [`LayerSynops`]; layers with analog input add nothing to those that are about spikes.
    pub effective_acs: u64,
    /// Likewise.
    pub effective_macs: u64,
    /// Likewise.
    pub spikes_x_fan_out: u64,
    /// Likewise.
    pub rate_x_dense: f64,
    /// Likewise.
    pub dense: u64,
}

impl LayerSynops {
    /// A layer of `neurons` that `sources` sources sent `spikes` spikes to during `steps` steps, over all clips together;
    /// `effective_acs` of them met non-zero weights.
    pub fn of_spikes(layer: &str, [sources, neurons, steps]: [u64; 3], spikes: u64, effective_acs: u64) -> LayerSynops {
        let dense = sources * neurons * steps;
        let rate = spikes as f64 / ((sources * steps).max(1)) as f64;
        LayerSynops {
            layer: layer.into(),
            effective_acs,
            effective_macs: 0,
            spikes_x_fan_out: Some(spikes * neurons),
            rate_x_dense: Some(rate * dense as f64),
            dense,
            input_rate: Some(rate),
        }
    }

    /// A layer with analog input.
    pub fn of_values(layer: &str, effective_acs: u64, effective_macs: u64, dense: u64) -> LayerSynops {
        LayerSynops {
            layer: layer.into(),
            effective_acs,
            effective_macs,
            spikes_x_fan_out: None,
            rate_x_dense: None,
            dense,
            input_rate: None,
        }
    }
}

impl Synops {
    /// Sums over the layers that `which` takes.
    pub fn total(&self, which: impl Fn(&LayerSynops) -> bool) -> SynopsTotal {
        let mut total = SynopsTotal::default();
        for layer in self.layers.iter().filter(|layer| which(layer)) {
            total.effective_acs += layer.effective_acs;
            total.effective_macs += layer.effective_macs;
            total.spikes_x_fan_out += layer.spikes_x_fan_out.unwrap_or(0);
            total.rate_x_dense += layer.rate_x_dense.unwrap_or(0.0);
            total.dense += layer.dense;
        }
        total
    }
}
