//! What a simulation did, as a ledger.
//!
//! The arithmetic of a step is that of the neuron's equations at one tick ([`crate::neuron::linear`]), however many idle ticks the
//! event-driven driver takes in one map.

use super::Simulation;
use crate::energy::synops::{LayerSynops, Synops};
use crate::energy::{Cost, DataType, Ledger, SpikingLayer};
use crate::network::Threshold;
use crate::neuron::linear::{Neuron, Receptor, Reset};

/// Arithmetic of one step of a neuron: a MAC, or for a membrane that keeps everything an addition, for `e V + b`; for each exponential
/// current a MAC into the membrane and a multiplication, for each alpha current three MACs and two multiplications; a comparison
/// with the threshold unless it never fires.
fn update(neuron: &Neuron, threshold: &Threshold) -> Cost {
    let mut cost = match neuron.retention {
        1.0 => Cost { additions: 1, ..Cost::ZERO },
        _ => Cost { macs: 1, ..Cost::ZERO },
    };
    for receptor in &neuron.receptors {
        cost += match receptor {
            Receptor::Delta { .. } => Cost::ZERO,
            Receptor::Exponential { .. } => Cost { macs: 1, multiplies: 1, ..Cost::ZERO },
            Receptor::Alpha { .. } => Cost { macs: 3, multiplies: 2, ..Cost::ZERO },
        };
    }
    if !matches!(threshold, Threshold::Never) {
        cost += Cost { comparisons: 1, ..Cost::ZERO };
    }
    cost
}

impl Simulation {
    /// Operations of all populations so far.
    pub fn ledger(&self) -> Ledger {
        let mut ledger = Ledger::new(1);
        for (population, counts) in self.network().populations.iter().zip(self.counts()) {
            let mut reset = match population.neuron.reset {
                Reset::To(_) => Cost::ZERO,
                Reset::Subtract => Cost { additions: 1, ..Cost::ZERO },
            };
            let adaptive = matches!(population.threshold, Threshold::Adaptive { .. });
            if adaptive {
                reset += Cost { additions: 1, ..Cost::ZERO };
            }
            let layer = SpikingLayer {
                counts,
                neuron_steps: u64::from(population.size) * u64::from(self.now()),
                update: update(&population.neuron, &population.threshold),
                reset,
                // What the spikes have left of it, added to the base.
                threshold: Cost { multiplies: 1, additions: 1, ..Cost::ZERO },
                twin: None,
            };
            ledger.file_spiking(&population.name, DataType::Fp64, &layer);
        }
        ledger
    }

    /// Synaptic operations of all populations so far, by every definition that this run can tell: a clock-driven run of a projection
    /// with all synapses of one delay multiplies instead of delivering and does not count deliveries.
    pub fn synops(&self) -> Synops {
        let populations = self.network().populations.iter().zip(self.counts()).enumerate();
        let layers = populations.map(|(p, (population, counts))| {
            let dense = self.synapses(p) * u64::from(self.now());
            let values = LayerSynops::of_values(&population.name, counts.effective_acs, counts.effective_macs, dense);
            let delivered = counts.macs == counts.effective_macs;
            LayerSynops { spikes_x_fan_out: delivered.then_some(counts.synops), ..values }
        });
        Synops { clips: 1, layers: layers.collect() }
    }

    /// How many weights are zero, and how many there are.
    pub fn zero_weights(&self) -> (u64, u64) {
        let weights = (0..self.network().populations.len()).map(|p| self.synapses(p)).sum();
        (self.parts.iter().map(|part| part.zero_weights()).sum(), weights)
    }

    /// Synapses on a population.
    fn synapses(&self, population: usize) -> u64 {
        self.parts.iter().map(|part| part.synapses(population)).sum()
    }
}
