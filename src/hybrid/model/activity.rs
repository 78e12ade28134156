//! What the spiking branch did, layer by layer.

use super::stft::{BLOCKS, Stft, block_name};
use crate::energy::Cost;
use crate::energy::counts::LayerCounts;
use crate::hybrid::parameters::ByModality;
use crate::spiking::stack::ClipRun;

/// A spiking layer and what it did over all clips.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerRecord {
    /// Name, as in the names of its tensors.
    pub name: String,
    /// Inputs of each neuron.
    pub sources: usize,
    /// Number of neurons.
    pub neurons: usize,
    /// Operations.
    pub counts: LayerCounts,
    /// Spikes that it received; none for analog input.
    pub input_spikes: Option<u64>,
    /// Spikes by time step.
    pub spikes: Vec<u64>,
    /// Operations by clip.
    pub per_clip: Vec<LayerCounts>,
}

impl LayerRecord {
    /// Mean firing rate by time step, spikes per neuron.
    pub fn rates(&self) -> Vec<f64> {
        let neurons = (self.per_clip.len() * self.neurons) as f64;
        self.spikes.iter().map(|&spikes| spikes as f64 / neurons).collect()
    }

    fn append(&mut self, other: &LayerRecord) {
        self.counts += other.counts;
        self.input_spikes = self.input_spikes.zip(other.input_spikes).map(|(a, b)| a + b);
        self.spikes.iter_mut().zip(&other.spikes).for_each(|(a, b)| *a += b);
        self.per_clip.extend_from_slice(&other.per_clip);
    }
}

/// Spiking activity of many clips.
#[derive(Debug, Clone, PartialEq)]
pub struct Activity {
    /// The layers of each modality, in the order of their blocks.
    pub layers: ByModality<Vec<LayerRecord>>,
    /// Sums over clips of the time-step factor, by time step.
    pub factors: ByModality<Vec<f64>>,
    /// Cost of the time-step factor.
    pub factor_cost: ByModality<Cost>,
    /// Seconds that the spiking branch took.
    pub seconds: f64,
}

impl Activity {
    /// No clips yet, for the layers of `model`.
    pub fn new(model: &Stft) -> Self {
        let (width, steps) = (model.config.width, model.config.time_steps);
        let layers = ByModality::of(|m| {
            let layer = |block| LayerRecord {
                name: block_name(m, block),
                sources: if block == 0 { model.dimensions.features(m) } else { width },
                neurons: width,
                counts: LayerCounts::default(),
                input_spikes: (block > 0).then_some(0),
                spikes: vec![0; steps],
                per_clip: Vec::new(),
            };
            (0..BLOCKS).map(layer).collect()
        });
        Activity {
            layers,
            factors: ByModality::of(|_| vec![0.0; steps]),
            factor_cost: ByModality::default(),
            seconds: 0.0,
        }
    }

    /// All layers: those of audio, then those of video.
    pub fn all_layers(&self) -> impl Iterator<Item = &LayerRecord> {
        self.layers.iter().flatten()
    }

    /// Adds what happened with other clips of the same model.
    pub fn append(&mut self, other: &Activity) {
        for (mine, theirs) in self.layers.iter_mut().flatten().zip(other.all_layers()) {
            mine.append(theirs);
        }
        for (mine, theirs) in self.factors.iter_mut().flatten().zip(other.factors.iter().flatten()) {
            *mine += theirs;
        }
        for (mine, theirs) in self.factor_cost.iter_mut().zip(other.factor_cost.iter()) {
            *mine += *theirs;
        }
        self.seconds += other.seconds;
    }
}

/// Adds the run of one clip to the layers of its modality.
pub fn add_run(layers: &mut [LayerRecord], run: &ClipRun) {
    let mut received = None;
    for ((layer, counts), train) in layers.iter_mut().zip(&run.counts).zip(&run.trains) {
        layer.counts += *counts;
        layer.input_spikes = layer.input_spikes.zip(received).map(|(sum, spikes)| sum + spikes);
        layer.per_clip.push(*counts);
        for (tick, spikes) in layer.spikes.iter_mut().enumerate() {
            *spikes += train.at(tick as u32).len() as u64;
        }
        received = Some(counts.spikes);
    }
}
