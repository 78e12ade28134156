//! The receiver of spikes and values of a running simulation, and the order of its calls.

use super::choice::Recorded;
use super::header::Header;
use crate::error::{Error, Result};
use crate::spiking::Tick;

/// Takes what a running simulation records. Ticks come in ascending order; within a tick
/// populations and then neurons ascend. Implementations hold a bounded amount and pass the rest on.
pub trait Recorder: Send {
    /// The neurons of `population` that fire at `tick`.
    ///
    /// # Errors
    /// If the recorder cannot keep them, for instance because a disk is full.
    fn spikes(&mut self, tick: Tick, population: usize, neurons: &[u32]) -> Result<()>;

    /// The spikes that source number `source` of the network emits at `tick`, after those of all
    /// populations; by default they are not kept.
    ///
    /// # Errors
    /// If the recorder cannot keep them.
    fn source_spikes(&mut self, _tick: Tick, _source: usize, _ids: &[u32]) -> Result<()> {
        Ok(())
    }

    /// One value per neuron of probe number `probe` at the end of `tick`.
    ///
    /// # Errors
    /// If the recorder cannot keep them, for instance because a disk is full.
    fn values(&mut self, tick: Tick, probe: usize, values: &[f64]) -> Result<()>;
}

/// A recorder that keeps nothing.
#[derive(Debug, Clone, Copy)]
pub struct Ignore;

impl Recorder for Ignore {
    fn spikes(&mut self, _: Tick, _: usize, _: &[u32]) -> Result<()> {
        Ok(())
    }

    fn values(&mut self, _: Tick, _: usize, _: &[f64]) -> Result<()> {
        Ok(())
    }
}

/// Checks that calls arrive in order and match the header.
#[derive(Debug)]
pub(super) struct Order {
    sizes: Vec<u32>,
    recorded: Recorded,
    last: Option<(Tick, usize)>,
    /// For each probe: number of values in a row, and the tick that comes next.
    probes: Vec<(usize, Option<Tick>)>,
}

impl Order {
    pub fn new(header: &Header) -> Result<Order> {
        header.check()?;
        let sizes = header.populations.iter().map(|&(_, size)| size).collect();
        let probes = header.probes.iter().map(|probe| (probe.neurons.len(), None)).collect();
        Ok(Order { sizes, recorded: header.recorded.clone(), last: None, probes })
    }

    pub fn spikes(&mut self, tick: Tick, population: usize, neurons: &[u32]) -> Result<()> {
        let fail = |problem: String| Err(Error::value(format!("spikes at tick {tick}"), problem));
        let Some(&size) = self.sizes.get(population) else {
            return fail(format!("population {population} of {}", self.sizes.len()));
        };
        if self.last.is_some_and(|last| last >= (tick, population)) {
            return fail(format!("of population {population}, after tick and population {:?}", self.last));
        }
        if !neurons.is_sorted() {
            return fail("the neurons must ascend".into());
        }
        if let Some(neuron) = neurons.last().filter(|&&neuron| neuron >= size) {
            return fail(format!("neuron {neuron} of population {population}, which has {size}"));
        }
        if let Some(neuron) = neurons.iter().find(|&&neuron| !self.recorded.contains(population, neuron)) {
            return fail(format!("neuron {neuron} of population {population}, which is not to be recorded"));
        }
        self.last = Some((tick, population));
        Ok(())
    }

    pub fn values(&mut self, tick: Tick, probe: usize, values: &[f64]) -> Result<()> {
        let fail = |problem: String| Err(Error::value(format!("values at tick {tick}"), problem));
        let count = self.probes.len();
        let Some((width, next)) = self.probes.get_mut(probe) else {
            return fail(format!("probe {probe} of {count}"));
        };
        if values.len() != *width {
            return fail(format!("{} of probe {probe}, which has {width} neurons", values.len()));
        }
        if next.is_some_and(|next| next != tick) {
            return fail(format!("of probe {probe}, whose next tick is {}", next.unwrap_or(0)));
        }
        *next = Some(tick.saturating_add(1));
        Ok(())
    }

    /// Checks that nothing was recorded after the last of `ticks` ticks.
    pub fn end(&self, ticks: Tick) -> Result<()> {
        let probes = self.probes.iter().filter_map(|&(_, next)| next).max().unwrap_or(0);
        let needed = self.last.map_or(0, |(tick, _)| tick.saturating_add(1)).max(probes);
        if ticks >= needed {
            Ok(())
        } else {
            Err(Error::value("ticks", format!("{ticks}, but tick {} was recorded", needed - 1)))
        }
    }
}
