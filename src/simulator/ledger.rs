//! What a simulation did, as a ledger.
//!
//! The arithmetic of a step is that of the neuron's equations at one tick
//! ([`crate::spiking::neuron::linear`]), however many idle ticks the event-driven driver takes in
//! one map.

use super::cell_group::InputCounts;
use super::simulation::Simulation;
use crate::energy::counts::LayerCounts;
use crate::energy::synops::{LayerSynops, Synops};
use crate::energy::{Cost, DataType, Ledger, SpikingLayer};
use crate::network::{Arithmetic, Network, Origin, Population, Precision, Rule, Threshold};
use crate::spiking::neuron::Reset;
use crate::spiking::neuron::fixed_point::{FixedPoint, WHOLE_DECAY};
use crate::spiking::neuron::linear::{Neuron, Receptor};
use std::ops::AddAssign;

/// Arithmetic of one step of a neuron in fixed point: a product for each decay that is not all or
/// nothing, the sum of membrane and current, a comparison with the threshold. Shifts are free.
fn fixed_point_update(neuron: &FixedPoint) -> Cost {
    let decays = [neuron.current_decay, neuron.voltage_decay].into_iter();
    let multiplies = decays.filter(|&decay| decay > 0 && decay < WHOLE_DECAY).count() as u64;
    Cost { multiplies, additions: 1, comparisons: 1, ..Cost::ZERO }
}

/// The type in which a population's neurons are computed.
fn data_type(population: &Population) -> DataType {
    match population.arithmetic {
        Arithmetic::Double => DataType::Fp64,
        Arithmetic::FixedPoint => DataType::Int32,
    }
}

/// The type of the weights on population `p`, whose neurons are computed in `own`: the widest of all.
fn weights(network: &Network, p: usize, own: DataType) -> Option<DataType> {
    let projections = network.projections().iter().filter(|projection| projection.to == p);
    let types = projections.map(|projection| match projection.precision {
        Precision::Double => own,
        Precision::Int8 { .. } => DataType::Int8,
        Precision::Int16 { .. } => DataType::Int16,
    });
    types.max()
}

/// Arithmetic of one step of a neuron: a MAC, or for a membrane that keeps everything an addition,
/// for `e V`; for each exponential current a MAC into the membrane and a multiplication, for each
/// alpha current three MACs and two multiplications; a comparison with the threshold unless it
/// never fires.
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

/// What simulations of one network have done.
#[derive(Debug, Clone, PartialEq)]
pub struct Totals {
    /// Clips, each from the state before the first tick.
    pub clips: u64,
    /// Ticks of all clips.
    pub ticks: u64,
    /// Of each population.
    pub counts: Vec<LayerCounts>,
    /// Of each population.
    input: Vec<InputCounts>,
    /// Spikes that the sources of each projection have emitted, with its target, by target.
    emitted: Vec<(usize, u64)>,
}

impl AddAssign<&Totals> for Totals {
    /// Adds those of another simulation of the same network.
    fn add_assign(&mut self, other: &Totals) {
        self.clips += other.clips;
        self.ticks += other.ticks;
        self.counts.iter_mut().zip(&other.counts).for_each(|(sum, &counts)| *sum = [*sum, counts].into_iter().sum());
        self.input.iter_mut().zip(&other.input).for_each(|(sum, &input)| *sum += input);
        self.emitted.iter_mut().zip(&other.emitted).for_each(|(sum, emitted)| sum.1 += emitted.1);
    }
}

impl Totals {
    /// What the same simulation has done since it had done `earlier`.
    pub fn since(mut self, earlier: &Totals) -> Totals {
        self.clips -= earlier.clips;
        self.ticks -= earlier.ticks;
        self.counts.iter_mut().zip(&earlier.counts).for_each(|(counts, &before)| *counts = *counts - before);
        for (input, before) in self.input.iter_mut().zip(&earlier.input) {
            input.spikes_x_fan_out -= before.spikes_x_fan_out;
            input.analog_macs -= before.analog_macs;
        }
        self.emitted.iter_mut().zip(&earlier.emitted).for_each(|(sum, before)| sum.1 -= before.1);
        self
    }

    /// Every operation, by population and kind.
    pub fn ledger(&self, network: &Network) -> Ledger {
        let mut ledger = Ledger::new(self.clips);
        for (p, (population, &counts)) in network.populations().iter().zip(&self.counts).enumerate() {
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
                analog_macs: self.input[p].analog_macs,
                neuron_steps: u64::from(population.size) * self.ticks,
                weights: weights(network, p, data_type(population)),
                update: match population.fixed_point() {
                    Some(neuron) => fixed_point_update(&neuron),
                    None => update(&population.neuron, &population.threshold),
                },
                reset,
                // What the spikes have left of it, added to the base.
                threshold: Cost { multiplies: 1, additions: 1, ..Cost::ZERO },
                twin: None,
            };
            ledger.file_spiking(&population.name, data_type(population), &layer);
        }
        ledger
    }

    /// Synaptic operations of all populations by every definition, each projection counted as a
    /// layer from all of its sources to all neurons that it can reach; layers that share weights as
    /// what they are, without what lies beyond the border. Only synapses count for the effective
    /// operations and for spikes x fan-out.
    pub fn synops(&self, network: &Network) -> Synops {
        let layers = network.populations().iter().zip(&self.counts).enumerate().map(|(p, (population, counts))| {
            let (mut inputs, mut dense, mut spiking) = (0, 0, None);
            let (mut spikes, mut rate_x_dense) = (0, 0.0);
            let emitted = self.emitted.iter().filter(|&&(to, _)| to == p).map(|&(_, emitted)| emitted);
            let projections = network.projections().iter().filter(|projection| projection.to == p);
            for (projection, emitted) in projections.zip(emitted) {
                let sources = projection.from_ids.len() as u64;
                let (products, reached) = match &projection.rule {
                    Rule::Layers(layers) => {
                        let products = layers.dense_products(0..layers.outputs(), true);
                        (products, layers.ways() as f64 / layers.inputs() as f64)
                    }
                    _ => {
                        let targets = projection.to_ids.len() as u64;
                        (sources * targets, targets as f64)
                    }
                };
                dense += products * self.ticks;
                spikes += emitted;
                rate_x_dense += emitted as f64 * reached;
                let analog = matches!(projection.from, Origin::Source(s) if network.sources()[s].emits.is_analog());
                inputs += if analog { 0 } else { sources * self.ticks };
                spiking = Some(spiking.unwrap_or(false) || !analog);
            }
            let values = LayerSynops::of_values(&population.name, counts.effective_acs, counts.effective_macs, dense);
            if spiking == Some(false) {
                return values;
            }
            LayerSynops {
                spikes_x_fan_out: Some(self.input[p].spikes_x_fan_out),
                rate_x_dense: Some(rate_x_dense),
                input_rate: Some(spikes as f64 / inputs.max(1) as f64),
                ..values
            }
        });
        Synops { clips: self.clips, layers: layers.collect() }
    }
}

impl Simulation {
    /// What it has done so far.
    pub fn totals(&self) -> Totals {
        Totals {
            clips: self.clips(),
            ticks: self.all_ticks(),
            counts: self.counts(),
            input: (0..self.network().populations().len()).map(|p| self.input(p)).collect(),
            emitted: self.emitted().collect(),
        }
    }

    /// Operations of all populations so far.
    pub fn ledger(&self) -> Ledger {
        self.totals().ledger(self.network())
    }

    /// Synaptic operations of all populations so far, by every definition ([`Totals::synops`]).
    pub fn synops(&self) -> Synops {
        self.totals().synops(self.network())
    }

    /// Spikes that the sources of each projection have emitted, with its target, by target.
    pub(super) fn emitted(&self) -> impl Iterator<Item = (usize, u64)> {
        self.parts[0].emitted()
    }

    /// What has come in at a population.
    pub(super) fn input(&self, population: usize) -> InputCounts {
        let mut sum = InputCounts::default();
        self.parts.iter().for_each(|part| sum += part.cells[population].tally().input);
        sum
    }

    /// How many weights are zero, and how many there are.
    pub fn zero_weights(&self) -> (u64, u64) {
        let weights = (0..self.network().populations().len()).map(|p| self.synapses(p)).sum();
        (self.parts.iter().map(|part| part.zero_weights()).sum(), weights)
    }

    /// Synapses on a population.
    fn synapses(&self, population: usize) -> u64 {
        self.parts.iter().map(|part| part.synapses(population)).sum()
    }
}
