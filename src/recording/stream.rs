//! One file of spikes or traces, by its format.

use super::about::about;
use super::header::{Header, check_dt};
use super::memory::{SpikeRecording, Trace};
use super::raw::{Choose, Raw};
use super::recorder::Order;
use super::sink::{SpikeSink, TraceSink};
use super::{csv, events, npz, sonata};
use crate::base::files::{Partial, ending};
use crate::base::text::some;
use crate::error::{Error, Result};
use crate::formats::events::EventFile;
use crate::formats::{HDF5_SIGNATURE, npz as zipped};
use crate::spiking::Tick;
use std::io::Read;
use std::path::Path;

/// Format of a file of spikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpikeFormat {
    /// SONATA, in HDF5.
    H5,
    /// A table of comma-separated values.
    Csv,
    /// numpy arrays in a zip archive.
    Npz,
}

impl SpikeFormat {
    /// All formats.
    pub const ALL: [SpikeFormat; 3] = [SpikeFormat::H5, SpikeFormat::Csv, SpikeFormat::Npz];

    /// Extension of such files, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            SpikeFormat::H5 => "h5",
            SpikeFormat::Csv => "csv",
            SpikeFormat::Npz => "npz",
        }
    }
}

/// Format of a file of traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TraceFormat {
    /// A table of comma-separated values.
    Csv,
    /// numpy arrays in a zip archive.
    Npz,
}

impl TraceFormat {
    /// All formats.
    pub const ALL: [TraceFormat; 2] = [TraceFormat::Csv, TraceFormat::Npz];

    /// Extension of such files, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            TraceFormat::Csv => "csv",
            TraceFormat::Npz => "npz",
        }
    }
}

pub(super) fn spike_sink(path: &Path, format: SpikeFormat, header: &Header) -> Result<Box<dyn SpikeSink>> {
    let partial = Partial::new(path)?;
    Ok(match format {
        SpikeFormat::H5 => sonata::create(partial, header)?,
        SpikeFormat::Csv => Box::new(csv::SpikeTable::create(partial, header)?),
        SpikeFormat::Npz => Box::new(npz::SpikeArrays::create(partial, header)?),
    })
}

pub(super) fn trace_sink(path: &Path, format: TraceFormat, header: &Header) -> Result<Box<dyn TraceSink>> {
    let partial = Partial::new(path)?;
    Ok(match format {
        TraceFormat::Csv => Box::new(csv::TraceTable::create(partial, header)?),
        TraceFormat::Npz => Box::new(npz::TraceArrays::create(partial, header)?),
    })
}

/// Feeds a recording into `push`, tick by tick.
pub(super) fn push_all(
    recording: &SpikeRecording,
    mut push: impl FnMut(Tick, usize, &[u32]) -> Result<()>,
) -> Result<()> {
    let mut neurons = Vec::new();
    for group in recording.spikes.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        neurons.clear();
        neurons.extend(group.iter().map(|&(_, _, neuron)| neuron));
        push(group[0].0, group[0].1 as usize, &neurons)?;
    }
    Ok(())
}

/// Writes spikes as `path`, whose name must end in `.h5`, `.csv` or `.npz`.
///
/// # Errors
/// If the name ends otherwise, the recording is out of order or its own bounds, or the file cannot
/// be written: it is then as it was before.
pub fn write_spikes(path: &Path, recording: &SpikeRecording) -> Result<()> {
    let format = SpikeFormat::ALL.into_iter().find(|format| ending(path) == format.extension());
    let format = format.ok_or_else(|| Error::file(path, "the name of a file of spikes ends in .h5, .csv or .npz"))?;
    let SpikeRecording { dt_ms, ref populations, ref recorded, .. } = *recording;
    let header = Header { dt_ms, populations: populations.clone(), recorded: recorded.clone(), probes: Vec::new() };
    let mut order = Order::new(&header)?;
    let mut sink = spike_sink(path, format, &header)?;
    push_all(recording, |tick, population, neurons| {
        order.spikes(tick, population, neurons)?;
        sink.push(tick, population, neurons)
    })?;
    order.end(recording.ticks)?;
    sink.finish(recording.ticks)?.appear()
}

/// Reads the spikes of a file in ticks of `dt_ms`, sorted, by the rules of time in
/// [`crate::recording`]:
/// - what this crate writes as `.h5`, `.csv`, `.npz`, or the folder of a run;
/// - SONATA spikes of other tools (`.h5`), whose times are in ms;
/// - `.npz` with `ids` and `times` in ms, as scripts for NEST and Brian2 save them;
/// - `.csv` with a heading that names a column `tick` or `time_ms` (or `timestamps`), a column
///   `neuron` (or `node_id`, `node_ids`, `id`) and perhaps `population`, separated by commas or
///   spaces;
/// - recordings of event cameras ([`read_events`](super::read_events)): where a file does not say
///   the size of its sensor, it is that of N-MNIST for a file of its form, else as large as the
///   events need.
///
/// Extensions may be written in capitals.
///
/// Spikes may come in any order and more than once. A file that does not say how large a population
/// is has as many neurons as its highest id needs; one that names none has the population
/// `default`; one that does not say its length ends with its last spike.
///
/// # Errors
/// If the file is missing, cut off or of another kind, a time is negative or not a number, or a
/// tick or id out of range. The error names file and field.
pub fn read_spikes(path: &Path, dt_ms: f64) -> Result<SpikeRecording> {
    read_chosen(path, dt_ms, None, u64::MAX)
}

/// Reads one population of a file that [`read_spikes`] reads: the one called `name`, or the only
/// one. Other populations are skipped where the format allows it. Reading may take `memory` bytes
/// of memory.
///
/// # Errors
/// As [`read_spikes`]; if there is no such population, or there are several and no name; if it
/// would take more memory.
pub fn read_population(path: &Path, dt_ms: f64, name: Option<&str>, memory: u64) -> Result<SpikeRecording> {
    let choose = |names: &[&str]| {
        let place = match name {
            Some(name) => names.iter().position(|known| *known == name),
            None => (names.len() <= 1).then_some(0),
        };
        let problem = || {
            let known = some(names, 12);
            match name {
                Some(name) => format!("has no population '{name}', but {known}"),
                None => format!("which population? Name it as FILE:POP or in a field `population`; there are {known}"),
            }
        };
        place.ok_or_else(|| Error::file(path, problem()))
    };
    read_chosen(path, dt_ms, Some(&choose), memory)
}

fn read_chosen(path: &Path, dt_ms: f64, choose: Option<Choose>, memory: u64) -> Result<SpikeRecording> {
    check_dt(dt_ms)?;
    if path.is_dir() {
        let about = about(path)?;
        let recording = read_chosen(&path.join(&about.spikes), dt_ms, choose, memory)?;
        return about.check(path, &recording).map(|()| recording);
    }
    if EventFile::is_one(path) {
        return match choose {
            // What a pixel's number means depends on the size of the sensor.
            Some(choose) => choose(&["pixels"]).and_then(|_| events::read_events(path, dt_ms, None)),
            None => events::read_any(path, dt_ms),
        };
    }
    read_raw(path, choose, memory)?.into_recording(path, dt_ms)
}

/// Reads the spikes of a `.h5`, `.npz` or `.csv` file as they stand there: of all populations, or
/// of the chosen one, which then is the only one.
pub(crate) fn read_raw(path: &Path, choose: Option<Choose>, memory: u64) -> Result<Raw> {
    let mut start = Vec::new();
    let file = std::fs::File::open(path).map_err(|e| Error::caused_by(path, "cannot read", e))?;
    let read = file.take(8).read_to_end(&mut start);
    read.map_err(|e| Error::caused_by(path, "cannot read", e))?;
    let raw = match &ending(path)[..] {
        _ if start == HDF5_SIGNATURE => return sonata::read(path, choose, memory),
        "h5" | "hdf5" => return sonata::read(path, choose, memory),
        _ if start.starts_with(zipped::SIGNATURE) => npz::read_spikes(path, memory)?,
        "npz" => npz::read_spikes(path, memory)?,
        "csv" | "txt" => csv::read_spikes(path)?,
        _ => {
            let problem = "not a file of spikes: expected .h5, .npz, .csv, events of a camera or the \
                           folder of a run";
            return Err(Error::file(path, problem));
        }
    };
    match choose {
        Some(choose) => raw.only(choose),
        None => Ok(raw),
    }
}

/// Reads the traces that this crate wrote as `.npz` or `.csv`, in the order of their probes.
///
/// # Errors
/// If the file is missing, cut off or of another kind.
pub fn read_traces(path: &Path) -> Result<Vec<Trace>> {
    match &ending(path)[..] {
        "npz" => npz::read_traces(path),
        "csv" => csv::read_traces(path),
        _ => Err(Error::file(path, "not a file of traces: expected .npz or .csv")),
    }
}
