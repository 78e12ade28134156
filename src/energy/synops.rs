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
//! They disagree: one Linear 100 -> 50 with 40 % zero weights and 10 % spikes gives 3117 effective,
//! 5112.5 by spikes x fan-out and by rate x dense, 50,000 dense, per clip of 10 steps.
//!
//! ```
//! use spikefuse::energy::synops::LayerSynops;
//!
//! // 100 inputs, 50 neurons, 10 steps; 80 spikes met 2400 non-zero weights.
//! let layer = LayerSynops::of_spikes("linear", [100, 50, 10], 80, 2400);
//! assert_eq!((layer.effective_acs, layer.spikes_x_fan_out), (2400, Some(4000)));
//! assert_eq!((layer.input_rate, layer.dense), (Some(0.08), 50_000));
//! ```

use serde::{Deserialize, Serialize};

/// Synaptic operations of one layer over all clips. No bias, no neuron update.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerSynops {
    /// Name of the layer.
    pub layer: String,
    /// Non-zero weights that met an input of 1 or -1.
    pub effective_acs: u64,
    /// Non-zero weights that met any other non-zero input.
    pub effective_macs: u64,
    /// Input spikes times neurons; none for a layer whose input is analog.
    pub spikes_x_fan_out: Option<u64>,
    /// Mean firing rate of the input times the dense products; none for a layer whose input is
    /// analog.
    pub rate_x_dense: Option<f64>,
    /// Inputs times neurons times steps.
    pub dense: u64,
    /// Mean firing rate of the input, spikes per source and step; none for a layer whose input is
    /// analog.
    pub input_rate: Option<f64>,
}

/// Synaptic operations of all layers with weights.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Synops {
    /// Number of clips over which counts are summed.
    pub clips: u64,
    /// The layers, in order.
    pub layers: Vec<LayerSynops>,
}

/// Sums over layers.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SynopsTotal {
    /// Sum of [`LayerSynops::effective_acs`].
    pub effective_acs: u64,
    /// Sum of [`LayerSynops::effective_macs`].
    pub effective_macs: u64,
    /// Sum of [`LayerSynops::spikes_x_fan_out`] over layers with spikes as input.
    pub spikes_x_fan_out: u64,
    /// Sum of [`LayerSynops::rate_x_dense`] over layers with spikes as input.
    pub rate_x_dense: f64,
    /// Sum of [`LayerSynops::dense`].
    pub dense: u64,
}

impl LayerSynops {
    /// A layer of `neurons` that `sources` sources sent `spikes` spikes to during `steps` steps,
    /// over all clips together; `effective_acs` of them met non-zero weights.
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
