//! The seam between kinds of neurons and the rest of the simulator.
//!
//! A [`CellGroup`] is one part's share of one population. What computes the neurons of a kind
//! stands behind this trait; exchange, synapses, recording, choice of drivers and checkpoints know
//! nothing else of them. One tick of a cell group, phase by phase, is `tick::one_tick`; it is
//! compiled for each kind, so that one virtual call is made per population and epoch and none per
//! tick.

use super::rows::Strengths;
use crate::base::aligned::prefetch;
use crate::energy::counts::LayerCounts;
use crate::error::Result;
use crate::network::Population;
use crate::recording::Variable;
use crate::spiking::Tick;
use std::collections::BTreeMap;
use std::ops::Range;

/// Neurons are shared out among threads, and their activity is measured, in groups of so many.
pub(super) const GROUP: usize = 8;

/// One part's share of a population of any kind of neuron.
///
/// Phase 2, arrivals, comes where `TakesIn` says: before thresholds are compared, after that, or at
/// the start of the next tick, before phase 1 of that tick.
///
/// Neurons are addressed by their place in the share (*local* ids), except where ids of the
/// population are said to be meant. The phases of a tick come in the order of `tick::one_tick`. What
/// has a default is needed by kinds that can be event-driven, or that keep more than they show.
pub(super) trait CellGroup: Send {
    /// Ids of the neurons within the population. The first is a multiple of [`GROUP`].
    fn ids(&self) -> Range<u32>;

    /// Factor of the weights of synapses at a receptor.
    fn gain(&self, receptor: usize) -> f64;

    /// Phase 1: brings state to `tick`, as far as arrivals of this tick have no part in it.
    fn begin(&mut self, tick: Tick);

    /// Whether targets have to be marked before something arrives there.
    fn marks_targets(&self) -> bool {
        false
    }

    /// Phase 2a: something will arrive at neurons `targets`.
    fn mark(&mut self, _targets: &[u32]) {}

    /// Phase 2a for a range of neurons.
    fn mark_all(&mut self, _targets: Range<usize>) {}

    /// Phase 2b: brings the state of all marked neurons to `tick`.
    fn advance_marked(&mut self, _tick: Tick) {}

    /// Phase 2c: adds what arrives at the synapses `rows`. Returns how many synapses these are, and
    /// how many of them have a weight other than zero.
    fn receive(&mut self, arrivals: &Arrivals, rows: &[Range<usize>], tick: Tick) -> [u64; 2];

    /// Phase 2c where sums are known: `sums[k]` arrives at neuron `targets.start + k`.
    fn receive_all(&mut self, receptor: usize, targets: Range<usize>, sums: &[f64], tick: Tick);

    /// Phase 2d: nothing more arrives at `tick`.
    fn end_arrivals(&mut self, _tick: Tick) -> Result<()> {
        Ok(())
    }

    /// Phase 3: neurons whose membrane reaches the threshold fire and are reset. Adds their ids in
    /// the population, ascending.
    fn fire(&mut self, tick: Tick, ids: &mut Vec<u32>) -> Result<()>;

    /// Whether a neuron may fire at one of `ticks` though nothing arrives at the group before their
    /// end. The first of them is the next tick of the group.
    fn may_fire_alone(&self, _ticks: Range<Tick>) -> bool {
        true
    }

    /// Leaves out `ticks` in which nothing arrives and no neuron may fire.
    fn skip(&mut self, _ticks: Range<Tick>) {}

    /// Values of these neurons, ids of the population, will be asked for at every tick.
    fn record(&mut self, _ids: &[u32]) {}

    /// Makes ready for [`value`](CellGroup::value) at the end of `tick`.
    fn prepare_values(&mut self, _tick: Tick) {}

    /// A variable of a recorded neuron, id of the population, at the end of `tick`.
    fn value(&self, variable: Variable, id: u32, tick: Tick) -> f64;

    /// Goes on after `now` ticks, clock-driven or event-driven.
    fn drive(&mut self, _now: Tick, _clock: bool) -> Result<()> {
        Ok(())
    }

    /// Goes on after `now` ticks, event-driven, with the wake-ups of the restored state.
    fn resume(&mut self, _now: Tick) -> Result<()> {
        Ok(())
    }

    /// Goes back to the state before the first tick; what was counted stays.
    fn restart(&mut self, population: &Population);

    /// Writes the state after `now` ticks into that of the whole population of `n` neurons.
    fn save(&self, state: &mut PopulationState, n: usize, now: Tick);

    /// Whether a state of the whole population of `n` neurons after `now` ticks is of this kind.
    fn fits(&self, state: &PopulationState, n: usize, now: Tick) -> bool;

    /// Takes this share of the state of the whole population.
    fn restore(&mut self, state: &PopulationState);

    /// What was counted since the beginning.
    fn tally(&self) -> &Tally;

    /// What was counted, for whoever delivers.
    fn tally_mut(&mut self) -> &mut Tally;

    /// Operations so far, those included that follow from others.
    fn operations(&self) -> LayerCounts {
        self.tally().counts
    }
}

/// The state of a population by name: one value per neuron or a multiple, in the order of ids.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct PopulationState {
    pub floats: BTreeMap<String, Vec<f64>>,
    pub ticks: BTreeMap<String, Vec<Tick>>,
}

impl PopulationState {
    /// The values of that name, `n` of them; zeros until they are set.
    pub fn floats_mut(&mut self, name: &str, n: usize) -> &mut [f64] {
        let values = self.floats.entry(name.to_owned()).or_default();
        values.resize(n, 0.0);
        values
    }

    /// The clocks or ticks of that name, `n` of them; zeros until they are set.
    pub fn ticks_mut(&mut self, name: &str, n: usize) -> &mut [Tick] {
        let values = self.ticks.entry(name.to_owned()).or_default();
        values.resize(n, 0);
        values
    }

    /// The values of that name; empty if there are none.
    pub fn floats(&self, name: &str) -> &[f64] {
        self.floats.get(name).map_or(&[], Vec::as_slice)
    }

    /// The clocks or ticks of that name; empty if there are none.
    pub fn ticks(&self, name: &str) -> &[Tick] {
        self.ticks.get(name).map_or(&[], Vec::as_slice)
    }
}

/// What a cell group and its synapses have done.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub counts: LayerCounts,
    pub input: InputCounts,
    /// Groups of [`GROUP`] neurons at which something arrived, summed over the ticks since this was
    /// last taken.
    pub activity: u64,
}

impl Tally {
    /// Counts an analog value that met `synapses`, of which `effective` have a weight other than 0.
    pub fn count_values(&mut self, value: f64, synapses: u64, effective: u64) {
        self.counts.macs += synapses;
        self.input.analog_macs += synapses;
        match value.abs() {
            1.0 => self.counts.effective_acs += effective,
            _ => self.counts.effective_macs += effective,
        }
    }
}

/// What has come in, by any driver.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct InputCounts {
    /// Spikes that arrived times their fan-out.
    pub spikes_x_fan_out: u64,
    /// Products with analog values.
    pub analog_macs: u64,
}

impl std::ops::AddAssign for InputCounts {
    fn add_assign(&mut self, other: Self) {
        self.spikes_x_fan_out += other.spikes_x_fan_out;
        self.analog_macs += other.analog_macs;
    }
}

/// Synapses at which something arrives.
pub(super) struct Arrivals<'a> {
    /// Where they end.
    pub receptor: usize,
    /// The target neuron of each synapse, ascending within a row.
    pub targets: &'a [u32],
    /// The weight of each synapse.
    pub weights: &'a Strengths,
    /// Factor of the weights.
    pub gain: f64,
    /// What arrives: 1 for a spike.
    pub factor: f64,
}

impl Arrivals<'_> {
    /// Calls `add` with the target and the weighted value of each synapse in `rows`. Returns how
    /// many synapses these are, and how many of them have a weight other than zero.
    #[inline(always)]
    pub fn for_each(&self, rows: &[Range<usize>], mut add: impl FnMut(usize, f64)) -> [u64; 2] {
        match self.weights {
            Strengths::Single(weights) => self.for_each_weighted(weights, rows, add),
            Strengths::Double(weights) => self.for_each_weighted(weights, rows, add),
            Strengths::One => {
                let (mut synapses, jump) = (0, self.factor * self.gain);
                for n in 0..rows.len() {
                    if let Some(next) = rows.get(n + 1) {
                        prefetch(&self.targets[next.clone()]);
                    }
                    let targets = &self.targets[rows[n].clone()];
                    for &target in targets {
                        add(target as usize, jump);
                    }
                    synapses += targets.len() as u64;
                }
                [synapses, synapses * u64::from(self.gain != 0.0)]
            }
        }
    }

    #[inline(always)]
    fn for_each_weighted<W: Copy + Into<f64>>(
        &self,
        weights: &[W],
        rows: &[Range<usize>],
        mut add: impl FnMut(usize, f64),
    ) -> [u64; 2] {
        let mut counts = [0, 0];
        for n in 0..rows.len() {
            if let Some(next) = rows.get(n + 1) {
                prefetch(&self.targets[next.clone()]);
                prefetch(&weights[next.clone()]);
            }
            let row = rows[n].clone();
            counts[0] += row.len() as u64;
            for (&target, &weight) in self.targets[row.clone()].iter().zip(&weights[row]) {
                let weight: f64 = weight.into();
                add(target as usize, self.factor * (weight * self.gain));
                counts[1] += u64::from(weight != 0.0);
            }
        }
        counts
    }
}
