//! What a simulation leaves behind: spikes and traces, while it runs and as files.
//!
//! A running simulation feeds a [`Recorder`]: [`Memory`] keeps everything, [`Folder`] streams to files in bounded memory.
//! [`open`] reads such a folder, [`read_spikes`] any file of spikes, [`read_population`] one population of it, [`read_events`] recordings of an event camera.
//!
//! # Time
//! Spikes have ticks, and a file that says its `dt_ms` has them exactly: they come back bit by bit. `time_ms` beside them is
//! `tick * dt_ms`, for people and other tools. A file with nothing but times in ms is rounded to the nearest tick, `time_ms / dt_ms` with halves
//! up, since such times are multiples of some dt but for the last digits. NEST labels a spike with the end of its step, Brian2 with
//! its start, so the same spike of NEST comes one tick later. Ticks of a file with another dt are read as times. Events of a camera
//! happen inside a tick: they are rounded down.
//!
//! # The folder of a run
//! | file | what it holds |
//! |---|---|
//! | `recording.json` | [`About`]: dt, length, populations, whose spikes were recorded, probes, names of the other files, driver, seed; written last |
//! | `spikes.h5` | SONATA: groups `/spikes/<population>` with `timestamps` (f64, ms), `node_ids` (u64) and, our addition, `ticks` (u32); attributes of the group: `sorting` ("by_time"), `dt_ms`, `size`, `index` (place among the populations), `recorded_ticks` |
//! | `spikes.csv` | `tick,time_ms,population,neuron`, between a comment with dt and populations and one with length and number of spikes |
//! | `spikes.npz` | `ticks`, `population` (index), `ids` (u32 each); `names`, `sizes` of the populations; `dt_ms`, `recorded_ticks` |
//! | `traces.npz` | of probe k: `values_k` (f64 `[ticks, neurons]`), `neurons_k`, and at place k of lists `variables`, `populations`, `first_ticks`; `dt_ms` |
//! | `traces.csv` | `probe,tick,time_ms,variable,population,neuron,value`, between comments as above |
//!
//! Sources whose spikes are recorded stand behind the populations as populations of their own. Where not all spikes were recorded,
//! files say of whom they were ([`Recorded`]): `recorded` in `recording.json` and in the first line of `spikes.csv`, a list of name,
//! first and behind the last; in `spikes.npz`, `[ranges, 3]` with the index of the population in place of its name; in `spikes.h5`
//! in each group, first and behind the last of each range in a row. Without it all were.
//!
//! Files take their names when they are whole, `recording.json` last. The memory that a recorder holds does not grow with the
//! run: 160 KiB per population for `spikes.h5` (8192 spikes), 8 KiB per column or probe for `.npz`, whose arrays wait in nameless
//! temporary files in the folder, and 8 KiB for `.csv`.

mod bs2;
mod choice;
mod csv;
mod folder;
mod memory;
mod naming;
mod npz;
mod raw;
mod sonata;
mod stream;
#[cfg(test)]
mod tests;

pub use bs2::read_events;
pub use choice::{Recorded, ids, name_and_ids};
pub use folder::{ABOUT, About, AboutProbe, Folder, Opened, Whole, files, open, write};
pub use memory::Memory;
pub use naming::{Naming, Renamed};
pub(crate) use raw::UNNAMED;
pub(crate) use stream::read_raw;
pub use stream::{SpikeFormat, TraceFormat, read_population, read_spikes, read_traces, write_spikes};

use crate::error::{Error, Result, short};
use crate::spiking::Tick;

/// Takes what a running simulation records. Ticks come in ascending order; within a tick populations and then neurons
/// ascend. Implementations hold a bounded amount and pass the rest on.
pub trait Recorder: Send {
    /// The neurons of `population` that fire at `tick`.
    ///
    /// # Errors
    /// If it cannot be kept.
    fn spikes(&mut self, tick: Tick, population: usize, neurons: &[u32]) -> Result<()>;

    /// The spikes that source number `source` of the network emits at `tick`, after those of all populations; by default they are not
    /// kept.
    ///
    /// # Errors
    /// If they cannot be kept.
    fn source_spikes(&mut self, _tick: Tick, _source: usize, _ids: &[u32]) -> Result<()> {
        Ok(())
    }

    /// One value per neuron of probe number `probe` at the end of `tick`.
    ///
    /// # Errors
    /// If it cannot be kept.
    fn values(&mut self, tick: Tick, probe: usize, values: &[f64]) -> Result<()>;
}

/// Keeps nothing.
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

/// Which variable of which neurons to record at each tick.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// Which variable.
    pub variable: Variable,
    /// Index of the population.
    pub population: usize,
    /// Which of its neurons.
    pub neurons: Vec<u32>,
}

/// What can be recorded at each tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variable {
    /// V in mV, after reset.
    Membrane,
    /// The threshold in mV at the end of the tick, after the jump of an adaptive one.
    Threshold,
    /// The sum of the synaptic currents.
    Current,
}

impl Variable {
    /// All of them.
    pub const ALL: [Variable; 3] = [Variable::Membrane, Variable::Threshold, Variable::Current];

    /// As it stands in files.
    pub fn name(self) -> &'static str {
        match self {
            Variable::Membrane => "membrane",
            Variable::Threshold => "threshold",
            Variable::Current => "current",
        }
    }
}

/// The spikes of a simulation, as read from a file or kept in memory.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpikeRecording {
    /// Length of a tick in ms.
    pub dt_ms: f64,
    /// Length of the recording in ticks.
    pub ticks: Tick,
    /// Name and size of each population.
    pub populations: Vec<(String, u32)>,
    /// Whose spikes were recorded; nothing is known of the others.
    pub recorded: Recorded,
    /// Tick, population, neuron; ascending.
    pub spikes: Vec<(Tick, u32, u32)>,
}

/// A probe's values, as read from a file or kept in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// Which variable.
    pub variable: Variable,
    /// Name of the population.
    pub population: String,
    /// Which of its neurons.
    pub neurons: Vec<u32>,
    /// Length of a tick in ms.
    pub dt_ms: f64,
    /// The tick of the first row.
    pub first_tick: Tick,
    /// `[ticks, neurons]`, row by row.
    pub values: Vec<f64>,
}

/// What is known of a recording before its first tick.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Header {
    /// Length of a tick in ms.
    pub dt_ms: f64,
    /// Name and size of each population, and of each source whose spikes are recorded.
    pub populations: Vec<(String, u32)>,
    /// Whose spikes are recorded.
    pub recorded: Recorded,
    /// What is recorded besides spikes.
    pub probes: Vec<Probe>,
}

impl Header {
    fn check(&self) -> Result<()> {
        check_dt(self.dt_ms)?;
        for (i, (name, _)) in self.populations.iter().enumerate() {
            if self.populations[..i].iter().any(|(other, _)| other == name) {
                return Err(Error::value("populations", format!("'{name}' stands twice")));
            }
        }
        if let Recorded::Only(some) = &self.recorded {
            let known = |p: usize, ids: &std::ops::Range<u32>| {
                self.populations.get(p).is_some_and(|(_, size)| ids.start < ids.end && ids.end <= *size)
            };
            if let Some((p, ids)) = some.iter().find(|(p, ids)| !known(*p, ids)) {
                return Err(Error::value("recorded", format!("neurons {ids:?} of population {p} do not exist")));
            }
        }
        for (i, probe) in self.probes.iter().enumerate() {
            let fail = |problem: String| Err(Error::value(format!("probe {i}"), problem));
            let Some((name, size)) = self.populations.get(probe.population) else {
                return fail(format!("population {} of {}", probe.population, self.populations.len()));
            };
            if probe.neurons.is_empty() {
                return fail("no neurons".into());
            }
            if let Some(neuron) = probe.neurons.iter().find(|neuron| *neuron >= size) {
                return fail(format!("neuron {neuron} of '{name}', which has {size}"));
            }
        }
        Ok(())
    }
}

/// The lengths that a tick can have, ms: all times of a recording are then numbers that can be reckoned with.
const LENGTHS_OF_A_TICK: std::ops::RangeInclusive<f64> = 1e-12..=1e12;

pub(crate) fn check_dt(dt_ms: f64) -> Result<()> {
    match LENGTHS_OF_A_TICK.contains(&dt_ms) {
        true => Ok(()),
        false => Err(Error::value("dt_ms", format!("{} is not a time step: expected 1e-12 to 1e12 ms", short(dt_ms)))),
    }
}

/// Sees to it that a recorder is fed with what its header promised, in order.
#[derive(Debug)]
struct Order {
    sizes: Vec<u32>,
    recorded: Recorded,
    last: Option<(Tick, usize)>,
    /// Values in a row and the next tick of each probe.
    probes: Vec<(usize, Option<Tick>)>,
}

impl Order {
    fn new(header: &Header) -> Result<Order> {
        header.check()?;
        let sizes = header.populations.iter().map(|&(_, size)| size).collect();
        let probes = header.probes.iter().map(|probe| (probe.neurons.len(), None)).collect();
        Ok(Order { sizes, recorded: header.recorded.clone(), last: None, probes })
    }

    fn spikes(&mut self, tick: Tick, population: usize, neurons: &[u32]) -> Result<()> {
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

    fn values(&mut self, tick: Tick, probe: usize, values: &[f64]) -> Result<()> {
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

    /// That a recording of this many ticks has everything that came.
    fn end(&self, ticks: Tick) -> Result<()> {
        let probes = self.probes.iter().filter_map(|&(_, next)| next).max().unwrap_or(0);
        let needed = self.last.map_or(0, |(tick, _)| tick.saturating_add(1)).max(probes);
        match ticks >= needed {
            true => Ok(()),
            false => Err(Error::value("ticks", format!("{ticks}, but tick {} was recorded", needed - 1))),
        }
    }
}
