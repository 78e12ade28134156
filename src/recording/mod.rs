//! Recordings of a simulation: spikes and traces, streamed while it runs, and as files.
//!
//! A running simulation feeds a [`Recorder`]: [`Memory`] keeps everything, [`Folder`] streams to
//! files in bounded memory. [`open`] reads such a folder, [`read_spikes`] any file of spikes,
//! [`read_population`] one population of it, [`read_events`] recordings of an event camera.
//! [`stats`] gives rates, intervals and variability in numbers.
//!
//! # Time
//! Spikes have ticks, and a file that states its `dt_ms` keeps them exactly: they are read back bit
//! for bit. `time_ms` beside them is `tick * dt_ms`, for readers and other tools. In a file with
//! times in ms alone, times are rounded to the nearest tick, `time_ms / dt_ms` with halves up: they
//! are multiples of some dt except for rounding in the last digits. NEST labels a spike with the
//! end of its step, Brian2 with its start, so the same spike of NEST comes one tick later. Ticks of
//! a file with another dt are read as times. Events of a camera happen inside a tick: they are
//! rounded down.
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
//! Sources whose spikes are recorded follow the populations as populations of their own. Where not
//! all spikes were recorded, `recorded` holds the neurons that were ([`Recorded`]): in
//! `recording.json` and in the first line of `spikes.csv` a list of name, first neuron and one past
//! the last; in `spikes.npz` an array `[ranges, 3]` with the index of the population in place of
//! its name; in each group of `spikes.h5` a list of first and one past the last of each range.
//! Without it all spikes were recorded.
//!
//! Files get their names when they are complete, `recording.json` last. The memory that a recorder
//! holds does not grow with the run: 160 KiB per population for `spikes.h5` (8192 spikes), 8 KiB
//! per column or probe for `.npz`, whose arrays wait in nameless temporary files in the folder, and
//! 8 KiB for `.csv`.
//!
//! # Example
//! A recorder is fed tick by tick, here by hand:
//! ```
//! use spikefuse::recording::{Header, Memory, Probe, Recorder, Variable};
//!
//! let probe = Probe { variable: Variable::Membrane, population: 0, neurons: vec![2] };
//! let populations = vec![("exc".to_owned(), 3)];
//! let header = Header { dt_ms: 0.1, populations, probes: vec![probe], ..Header::default() };
//! let mut memory = Memory::new(header)?;
//! memory.values(0, 0, &[-65.0])?;
//! memory.spikes(1, 0, &[0, 2])?;
//! memory.values(1, 0, &[-70.0])?;
//! let (spikes, traces) = memory.finish(2)?;
//! assert_eq!(spikes.spikes, [(1, 0, 0), (1, 0, 2)]);
//! assert_eq!(traces[0].values, [-65.0, -70.0]);
//! # Ok::<(), spikefuse::Error>(())
//! ```

mod about;
mod choice;
mod csv;
mod events;
mod folder;
mod header;
mod memory;
mod naming;
mod npz;
mod raw;
mod recorder;
mod selection;
mod sink;
#[cfg_attr(not(feature = "hdf5"), path = "no_hdf5.rs")]
mod sonata;
mod stats;
mod stream;
#[cfg(test)]
mod tests;

pub use about::{ABOUT, About, AboutProbe};
pub use choice::{Recorded, ids, name_and_ids};
pub use events::read_events;
pub use folder::{Folder, Opened, Whole, files, open, write};
pub(crate) use header::dt_problem;
pub use header::{Header, Probe, Variable, group_problem};
pub use memory::{Memory, SpikeRecording, Trace};
pub use naming::{Naming, Renamed};
#[cfg(feature = "hdf5")]
pub(crate) use raw::UNNAMED;
pub use recorder::{Ignore, Recorder};
pub use selection::Span;
#[cfg(feature = "plot")]
pub(crate) use selection::{Chosen, MOST_NAMES, Window};
pub use stats::{IsiQuantiles, PopulationStats, Stats, StatsOptions, stats};
#[cfg(feature = "hdf5")]
pub(crate) use stream::read_raw;
pub use stream::{SpikeFormat, TraceFormat, read_population, read_spikes, read_traces, write_spikes};
