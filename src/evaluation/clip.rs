//! One clip as it is run: what the output says after each tick.

use super::options::ReadOut;
use super::outcome::ClipOutcome;
use crate::base::counter::bits;
use crate::error::Result;
use crate::recording::Recorder;
use crate::spiking::Tick;

/// Watches all spikes and the output of a clip.
pub(super) struct Watch {
    output: usize,
    read_out: ReadOut,
    label: u32,
    /// Of each output neuron: spikes, or sums of membrane potentials, or the last of them.
    scores: Vec<f64>,
    /// Decisions, from the tick on at which each was made.
    decisions: Vec<(Tick, u32)>,
    /// Of each population.
    spikes: Vec<u64>,
    /// Of each population: the tick and the number of spikes in it.
    by_tick: Vec<Vec<(Tick, u32)>>,
    /// Of all spikes.
    hash: u64,
}

impl Watch {
    pub fn new(output: usize, neurons: usize, populations: usize, read_out: ReadOut) -> Watch {
        Watch {
            output,
            read_out,
            label: 0,
            scores: vec![0.0; neurons],
            decisions: Vec::new(),
            spikes: vec![0; populations],
            by_tick: vec![Vec::new(); populations],
            hash: 0,
        }
    }

    /// Begins a clip of class `label`.
    pub fn begin(&mut self, label: u32) {
        self.label = label;
        self.scores.fill(0.0);
        self.decisions.clear();
        self.spikes.fill(0);
        self.by_tick.iter_mut().for_each(Vec::clear);
        self.hash = 0;
    }

    /// Ends a clip of so many ticks.
    pub fn end(&mut self, ticks: Tick) -> ClipOutcome {
        let right = self.decisions.iter().find(|&&(_, class)| class == self.label).map(|&(tick, _)| tick);
        ClipOutcome {
            label: self.label,
            prediction: self.decisions.last().map(|&(_, class)| class),
            scores: self.scores.clone(),
            first_right: right,
            ticks,
            spikes: self.spikes.clone(),
            hash: self.hash,
        }
    }

    /// Adds the clip's spikes to those of each population and step, and 1 to each step after which
    /// its decision is right.
    pub fn add_steps(&self, ticks: Tick, spikes: &mut [Vec<u64>], right: &mut Vec<u64>) {
        let ticks = ticks as usize;
        right.resize(right.len().max(ticks), 0);
        for (sums, by_tick) in spikes.iter_mut().zip(&self.by_tick) {
            sums.resize(sums.len().max(ticks), 0);
            by_tick.iter().for_each(|&(tick, n)| sums[tick as usize] += u64::from(n));
        }
        for (n, &(from, class)) in self.decisions.iter().enumerate() {
            let until = self.decisions.get(n + 1).map_or(ticks, |&(tick, _)| tick as usize);
            if class == self.label {
                right[from as usize..until].iter_mut().for_each(|sum| *sum += 1);
            }
        }
    }

    /// Decides by the scores; the first of equals.
    fn decide(&mut self, tick: Tick) {
        let mut best = 0;
        for (neuron, score) in self.scores.iter().enumerate() {
            if *score > self.scores[best] {
                best = neuron;
            }
        }
        self.note(tick, best as u32);
    }

    fn note(&mut self, tick: Tick, class: u32) {
        if self.decisions.last().is_none_or(|&(_, last)| last != class) {
            self.decisions.push((tick, class));
        }
    }
}

impl Recorder for Watch {
    fn spikes(&mut self, tick: Tick, population: usize, neurons: &[u32]) -> Result<()> {
        self.spikes[population] += neurons.len() as u64;
        self.by_tick[population].push((tick, neurons.len() as u32));
        self.hash = bits(self.hash, u64::from(tick) << 32 | population as u64);
        self.hash = neurons.iter().fold(self.hash, |hash, &id| bits(hash, id.into()));
        if population == self.output {
            match self.read_out {
                ReadOut::Counts => {
                    neurons.iter().for_each(|&id| self.scores[id as usize] += 1.0);
                    self.decide(tick);
                }
                ReadOut::FirstSpike => {
                    neurons.iter().for_each(|&id| self.scores[id as usize] += 1.0);
                    if self.decisions.is_empty() {
                        self.note(tick, neurons[0]);
                    }
                }
                ReadOut::Membrane | ReadOut::Last => {}
            }
        }
        Ok(())
    }

    fn values(&mut self, tick: Tick, _: usize, values: &[f64]) -> Result<()> {
        match self.read_out {
            ReadOut::Membrane => self.scores.iter_mut().zip(values).for_each(|(sum, v)| *sum += v),
            _ => self.scores.copy_from_slice(values),
        }
        self.decide(tick);
        Ok(())
    }
}
