//! Parameters of a share's neurons: one for all, or one for each.

use super::maps::Maps;
use super::state::BLOCK;
use crate::network::{Population, Threshold};
use crate::simulator::cell_group::GROUP;
use crate::spiking::Tick;
use crate::spiking::neuron::Reset;
use crate::spiking::neuron::linear::{Neuron, Receptor};
use std::ops::Range;

/// Parameters of a share's neurons.
pub(super) struct Parameters {
    /// Of each neuron, or of all.
    list: Vec<Parameter>,
    /// All bits where each neuron has its own, none where they are alike.
    mask: usize,
    /// The longest refractory period of the population, ticks.
    pub longest_refractory: Tick,
    /// Whether a bias adds to any membrane of the population without leak.
    pub has_drive: bool,
    /// Maps of each group, where parameters differ.
    pub maps: Vec<Maps<[f64; GROUP]>>,
    /// Of each receptor and neuron, where parameters differ: factor of weights, and the share that
    /// the membrane gets in the same tick.
    pub gains: Vec<Vec<[f64; 2]>>,
}

/// Parameters of one neuron.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parameter {
    /// What a tick leaves of the membrane.
    pub retention: f64,
    /// V_inf, mV.
    pub steady: f64,
    /// mV that a bias adds in a tick, without leak.
    pub drive: f64,
    /// Membrane after a spike, mV, if it does not depend on the membrane before.
    pub reset: f64,
    /// Refractory period, ticks.
    pub refractory: Tick,
    /// Threshold or its base, mV, if that is constant.
    pub threshold: f64,
}

impl Parameters {
    /// Those of neurons `ids` of a population, and the maps of its neurons where they are alike.
    /// `lowest` is the lowest threshold.
    pub fn new(population: &Population, ids: Range<u32>, lowest: f64) -> (Parameters, Maps) {
        let Population { neuron, threshold, each, .. } = population;
        let base = match threshold {
            Threshold::Fixed(theta) | Threshold::Adaptive { base: theta, .. } => *theta,
            Threshold::Never | Threshold::Cue { .. } => lowest,
        };
        let Some(each) = each else {
            let list = vec![parameter(neuron, base)];
            let maps = Maps::new(neuron, &relative(threshold, neuron.steady), lowest - neuron.steady);
            return (Parameters::of(std::slice::from_ref(neuron), list, 0, Vec::new(), Vec::new()), maps);
        };
        let own = &each.neurons[ids.start as usize..ids.end as usize];
        let bases: Vec<f64> = match each.thresholds.get(ids.start as usize..ids.end as usize) {
            Some(bases) if !bases.is_empty() => bases.to_vec(),
            _ => vec![base; own.len()],
        };
        let mut list: Vec<Parameter> = own.iter().zip(&bases).map(|(neuron, &base)| parameter(neuron, base)).collect();
        let lowest: Vec<f64> = list.iter().map(|of| of.threshold - of.steady).collect();
        let groups = own.chunks(GROUP).zip(lowest.chunks(GROUP));
        let mut by_group: Vec<Maps<_>> =
            groups.map(|(neurons, lowest)| Maps::of_group(neurons, threshold, lowest)).collect();
        let gains = (0..neuron.receptors.len()).map(|r| own.iter().map(|neuron| gains(&neuron.receptors[r])).collect());
        let gains = gains.collect();
        // Padding lanes are never looked at, but they are computed.
        let padding = list.first().copied().unwrap_or_else(|| parameter(neuron, base));
        list.resize(own.len().next_multiple_of(BLOCK), padding);
        if let Some(first) = by_group.first().cloned() {
            by_group.resize(list.len() / GROUP, first);
        }
        let maps = Maps::new(neuron, &relative(threshold, neuron.steady), base - neuron.steady);
        (Parameters::of(&each.neurons, list, usize::MAX, by_group, gains), maps)
    }

    /// Of a population that consists of `neurons`.
    fn of(
        neurons: &[Neuron],
        list: Vec<Parameter>,
        mask: usize,
        maps: Vec<Maps<[f64; GROUP]>>,
        gains: Vec<Vec<[f64; 2]>>,
    ) -> Self {
        Parameters {
            longest_refractory: neurons.iter().map(|neuron| neuron.refractory).max().unwrap_or(0),
            has_drive: neurons.iter().any(|neuron| neuron.drive != 0.0),
            list,
            mask,
            maps,
            gains,
        }
    }

    /// Whether all neurons are alike.
    #[inline(always)]
    pub fn are_alike(&self) -> bool {
        self.mask == 0
    }

    /// Those of neuron j of the share.
    #[inline(always)]
    pub fn neuron(&self, j: usize) -> &Parameter {
        &self.list[j & self.mask]
    }
}

fn parameter(neuron: &Neuron, threshold: f64) -> Parameter {
    Parameter {
        retention: neuron.retention,
        steady: neuron.steady,
        drive: neuron.drive,
        reset: match neuron.reset {
            Reset::To(value) => value,
            Reset::Subtract => 0.0,
        },
        refractory: neuron.refractory,
        threshold,
    }
}

/// Factor of weights, and the share of an arrival that the membrane gets at once.
fn gains(receptor: &Receptor) -> [f64; 2] {
    match *receptor {
        Receptor::Delta { gain } | Receptor::Alpha { gain, .. } => [gain, 0.0],
        Receptor::Exponential { gain, gain_now, .. } => [gain, gain_now],
    }
}

/// A threshold less the steady state.
pub(super) fn relative(threshold: &Threshold, steady: f64) -> Threshold {
    match threshold {
        Threshold::Fixed(theta) => Threshold::Fixed(theta - steady),
        Threshold::Adaptive { base, jump, retention } => {
            Threshold::Adaptive { base: base - steady, jump: *jump, retention: *retention }
        }
        Threshold::Cue { values, width } if steady != 0.0 => {
            Threshold::Cue { values: values.iter().map(|theta| theta - steady).collect(), width: *width }
        }
        _ => threshold.clone(),
    }
}
