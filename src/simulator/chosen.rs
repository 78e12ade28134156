//! Of all spikes, those that are to be recorded.

use crate::error::Result;
use crate::recording::{Recorded, Recorder};
use crate::spiking::Tick;

/// Passes on the spikes of chosen neurons and sources, and all values.
pub(super) struct Chosen<'a> {
    pub recorded: &'a Recorded,
    /// Of each source, its place among the recorded populations.
    pub sources: &'a [Option<usize>],
    /// Without it nothing is kept.
    pub inner: Option<&'a mut dyn Recorder>,
    pub buffer: Vec<u32>,
}

impl Recorder for Chosen<'_> {
    fn spikes(&mut self, tick: Tick, population: usize, neurons: &[u32]) -> Result<()> {
        let Some(inner) = &mut self.inner else { return Ok(()) };
        if *self.recorded == Recorded::All {
            return inner.spikes(tick, population, neurons);
        }
        self.buffer.clear();
        self.buffer.extend(neurons.iter().copied().filter(|&id| self.recorded.contains(population, id)));
        if self.buffer.is_empty() { Ok(()) } else { inner.spikes(tick, population, &self.buffer) }
    }

    fn source_spikes(&mut self, tick: Tick, source: usize, ids: &[u32]) -> Result<()> {
        self.sources[source].map_or(Ok(()), |place| self.spikes(tick, place, ids))
    }

    fn values(&mut self, tick: Tick, probe: usize, values: &[f64]) -> Result<()> {
        self.inner.as_mut().map_or(Ok(()), |inner| inner.values(tick, probe, values))
    }
}
