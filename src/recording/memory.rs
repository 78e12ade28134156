//! A recording in memory.

use super::{Header, Order, Recorder, SpikeRecording, Trace};
use crate::error::Result;
use crate::spiking::Tick;

/// Keeps everything: 12 bytes per spike, 8 per value.
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
        let trace = |probe: super::Probe| Trace {
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

    /// The spikes of `ticks` ticks, and the traces in the order of the probes; a probe without values has first tick 0.
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
