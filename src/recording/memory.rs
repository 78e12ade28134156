//! A recording in memory.

use super::choice::Recorded;
use super::header::{Header, Probe, Variable};
use super::recorder::{Order, Recorder};
use crate::error::{Error, Result};
use crate::spiking::Tick;

/// The spikes of a simulation, as read from a file or kept in memory.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpikeRecording {
    /// Length of a tick in ms.
    pub dt_ms: f64,
    /// Length of the recording in ticks.
    pub ticks: Tick,
    /// Name and size of each population.
    pub populations: Vec<(String, u32)>,
    /// Neurons whose spikes were recorded; the others may have fired unseen.
    pub recorded: Recorded,
    /// `(tick, index of the population, neuron)` of each spike, ascending.
    pub spikes: Vec<(Tick, u32, u32)>,
}

/// A probe's values, as read from a file or kept in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// The recorded variable.
    pub variable: Variable,
    /// Name of the population.
    pub population: String,
    /// Indices of the recorded neurons in the population, one per column of `values`.
    pub neurons: Vec<u32>,
    /// Length of a tick in ms.
    pub dt_ms: f64,
    /// The tick of the first row.
    pub first_tick: Tick,
    /// Values at the end of each tick, `[ticks, neurons]` row by row; mV for membranes and
    /// thresholds.
    pub values: Vec<f64>,
}

impl SpikeRecording {
    /// The spikes of population number `population` for a source of `size`: tick and id, ascending.
    ///
    /// # Errors
    /// If a neuron is none of the source's, or the spikes of one that is were not recorded.
    pub fn for_source(
        &self,
        population: usize,
        source: &str,
        size: u32,
    ) -> std::result::Result<Vec<(Tick, u32)>, String> {
        let (name, own) = self.populations.get(population).map_or(("", 0), |(name, own)| (name.as_str(), *own));
        let shared = size.min(own);
        let ranges = self.recorded.of(population, own);
        let known = ranges.iter().filter(|ids| ids.contains(&0)).map(|ids| ids.end).next().unwrap_or(0);
        if known < shared {
            return Err(format!(
                "the spikes of neuron {known} of '{name}' were not recorded, but source '{source}' has {size}"
            ));
        }
        let own = self.spikes.iter().filter(|spike| spike.1 as usize == population);
        let check = |&(tick, _, id): &(Tick, u32, u32)| {
            if id < size {
                Ok((tick, id))
            } else {
                Err(format!("neuron {id}, but source '{source}' has {size}: make it larger, or leave the spike out"))
            }
        };
        own.map(check).collect()
    }
}

impl Trace {
    /// The values of one neuron, `[ticks]`; `id` counts in the population.
    ///
    /// # Errors
    /// If they were not recorded.
    pub fn neuron(&self, id: u32) -> Result<Vec<f64>> {
        let Some(column) = self.neurons.iter().position(|&known| known == id) else {
            let (what, name) = (self.variable.name(), &self.population);
            return Err(Error::value("trace", format!("the {what} of neuron {id} of '{name}' was not recorded"))
                .with_hint(format!("add {what}:{name}[{id}] to what is recorded")));
        };
        Ok(self.values.iter().skip(column).step_by(self.neurons.len()).copied().collect())
    }
}

/// A recorder that keeps everything in memory: 12 bytes per spike, 8 per value.
#[derive(Debug)]
pub struct Memory {
    order: Order,
    recording: SpikeRecording,
    traces: Vec<Trace>,
}

impl Memory {
    /// An empty recording.
    ///
    /// # Errors
    /// If the header contradicts itself.
    pub fn new(header: Header) -> Result<Memory> {
        let order = Order::new(&header)?;
        let Header { dt_ms, populations, recorded, probes } = header;
        let trace = |probe: Probe| Trace {
            variable: probe.variable,
            population: populations[probe.population].0.clone(),
            neurons: probe.neurons,
            dt_ms,
            first_tick: 0,
            values: Vec::new(),
        };
        let traces = probes.into_iter().map(trace).collect();
        let recording = SpikeRecording { dt_ms, ticks: 0, populations, recorded, spikes: Vec::new() };
        Ok(Memory { order, recording, traces })
    }

    /// The spikes of `ticks` ticks, and the traces in the order of the probes; a probe without
    /// values has first tick 0.
    ///
    /// # Errors
    /// If something came after tick `ticks - 1`.
    pub fn finish(mut self, ticks: Tick) -> Result<(SpikeRecording, Vec<Trace>)> {
        self.order.end(ticks)?;
        self.recording.ticks = ticks;
        Ok((self.recording, self.traces))
    }
}

impl Recorder for Memory {
    fn spikes(&mut self, tick: Tick, population: usize, neurons: &[u32]) -> Result<()> {
        self.order.spikes(tick, population, neurons)?;
        self.recording.spikes.extend(neurons.iter().map(|&neuron| (tick, population as u32, neuron)));
        Ok(())
    }

    fn values(&mut self, tick: Tick, probe: usize, values: &[f64]) -> Result<()> {
        self.order.values(tick, probe, values)?;
        let trace = &mut self.traces[probe];
        if trace.values.is_empty() {
            trace.first_tick = tick;
        }
        trace.values.extend_from_slice(values);
        Ok(())
    }
}
