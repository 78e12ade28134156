//! The folder of a run.

use super::about::{ABOUT, About, AboutProbe, SCHEMA, about, contradicts};
use super::header::{Header, Probe};
use super::memory::{SpikeRecording, Trace};
use super::recorder::{Order, Recorder};
use super::sink::{SpikeSink, TraceSink};
use super::stream::{SpikeFormat, TraceFormat, push_all, read_spikes, read_traces, spike_sink, trace_sink};
use crate::base::files::{Partial, remove, sync};
use crate::error::{Error, Result};
use crate::spiking::Tick;
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A recorder that streams a run into a folder.
pub struct Folder {
    folder: PathBuf,
    header: Header,
    order: Order,
    spikes: Box<dyn SpikeSink>,
    traces: Option<Box<dyn TraceSink>>,
    names: [String; 2],
}

impl Folder {
    /// Creates the folder, unless it exists, and starts the files under temporary names.
    ///
    /// # Errors
    /// If the header contradicts itself or the files cannot be made.
    pub fn create(folder: &Path, header: Header, spikes: SpikeFormat, traces: TraceFormat) -> Result<Folder> {
        let order = Order::new(&header)?;
        let names = [format!("spikes.{}", spikes.extension()), format!("traces.{}", traces.extension())];
        let spikes = spike_sink(&folder.join(&names[0]), spikes, &header)?;
        let probes = !header.probes.is_empty();
        let traces = probes.then(|| trace_sink(&folder.join(&names[1]), traces, &header)).transpose()?;
        Ok(Folder { folder: folder.to_path_buf(), header, order, spikes, traces, names })
    }

    /// Completes a run of `ticks` ticks by `driver` with `seed`. An earlier recording in the folder
    /// is replaced.
    ///
    /// # Errors
    /// If something came after tick `ticks - 1` or the files cannot be written; the folder then
    /// holds what it held before.
    pub fn finish(self, ticks: Tick, driver: &str, seed: u64) -> Result<()> {
        self.whole(ticks, driver, seed)?.appear()
    }

    /// Writes all files of a run of `ticks` ticks by `driver` with `seed`, still under temporary
    /// names.
    ///
    /// # Errors
    /// As [`finish`](Folder::finish).
    pub fn whole(self, ticks: Tick, driver: &str, seed: u64) -> Result<Whole> {
        self.order.end(ticks)?;
        let [spikes_name, traces_name] = self.names;
        let about = About {
            schema: SCHEMA,
            dt_ms: self.header.dt_ms,
            ticks,
            probes: AboutProbe::all(&self.header),
            recorded: self.header.recorded.named(&self.header.populations),
            populations: self.header.populations,
            spikes: spikes_name,
            traces: self.traces.is_some().then_some(traces_name),
            driver: driver.to_owned(),
            seed,
        };
        let text = serde_json::to_string_pretty(&about).map_err(|e| Error::value("recording", e))? + "\n";
        let path = self.folder.join(ABOUT);
        let last = Partial::new(&path)?;
        let mut file = last.create()?;
        file.write_all(text.as_bytes()).and_then(|()| sync(file)).map_err(|e| last.error(e))?;
        let spikes = self.spikes.finish(ticks)?;
        let traces = self.traces.map(TraceSink::finish).transpose()?;
        Ok(Whole { folder: self.folder, spikes, traces, about: last })
    }
}

/// A recording whose files are complete but still have temporary names.
pub struct Whole {
    folder: PathBuf,
    spikes: Partial,
    traces: Option<Partial>,
    about: Partial,
}

impl Whole {
    /// Gives the files their names. The files of an earlier recording in the folder are removed
    /// first.
    ///
    /// # Errors
    /// If a file cannot be removed or named.
    pub fn appear(self) -> Result<()> {
        // Without recording.json a folder is no recording.
        files(&self.folder).iter().try_for_each(|path| remove(path))?;
        self.spikes.appear()?;
        self.traces.map_or(Ok(()), Partial::appear)?;
        self.about.appear()
    }
}

/// The files of the recording in a folder, `recording.json` first; none if there is no recording.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(about) = about(folder) else { return Vec::new() };
    let names = std::iter::once(ABOUT.to_owned()).chain([about.spikes]).chain(about.traces);
    // A damaged `recording.json` may name any file; this crate writes only these.
    let ours = |name: &String| matches!(Path::new(name).file_stem(), Some(stem) if ["recording", "spikes", "traces"].map(OsStr::new).contains(&stem));
    names.filter(ours).map(|name| folder.join(name)).collect()
}

impl Recorder for Folder {
    fn spikes(&mut self, tick: Tick, population: usize, neurons: &[u32]) -> Result<()> {
        self.order.spikes(tick, population, neurons)?;
        self.spikes.push(tick, population, neurons)
    }

    fn values(&mut self, tick: Tick, probe: usize, values: &[f64]) -> Result<()> {
        self.order.values(tick, probe, values)?;
        match &mut self.traces {
            Some(traces) => traces.push(tick, probe, values),
            None => Ok(()),
        }
    }
}

/// A run read from its folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// Content of `recording.json`.
    pub about: About,
    /// All spikes.
    pub spikes: SpikeRecording,
    /// One trace per probe.
    pub traces: Vec<Trace>,
}

/// Reads the folder of a run.
///
/// # Errors
/// If a file is missing, cut off, or does not belong to the others.
pub fn open(folder: &Path) -> Result<Opened> {
    let about = about(folder)?;
    let path = folder.join(&about.spikes);
    let spikes = read_spikes(&path, about.dt_ms)?;
    if spikes.populations.len() != about.populations.len() {
        return Err(contradicts(path));
    }
    about.check(folder, &spikes)?;
    let mut traces = Vec::new();
    if let Some(name) = &about.traces {
        let path = folder.join(name);
        traces = read_traces(&path)?;
        let belongs = |(trace, probe): (&Trace, &AboutProbe)| {
            let same = (trace.variable, &trace.population, &trace.neurons)
                == (probe.variable, &probe.population, &probe.neurons);
            let rows = trace.values.len().checked_div(trace.neurons.len()).unwrap_or(0) as u64;
            same && trace.dt_ms == about.dt_ms && u64::from(trace.first_tick) + rows <= u64::from(about.ticks)
        };
        if traces.len() != about.probes.len() || !traces.iter().zip(&about.probes).all(belongs) {
            return Err(Error::file(path, format!("the probes are not those of {ABOUT}")));
        }
    }
    if self::about(folder)? != about {
        return Err(Error::file(folder, "was recorded anew while it was read; try again"));
    }
    Ok(Opened { about, spikes, traces })
}

/// Writes a recording in memory as the folder of a run.
///
/// # Errors
/// If the recording contradicts itself or the files cannot be written.
pub fn write(
    folder: &Path,
    recording: &SpikeRecording,
    traces: &[Trace],
    formats: (SpikeFormat, TraceFormat),
    driver: &str,
    seed: u64,
) -> Result<()> {
    let SpikeRecording { dt_ms, ticks, ref populations, ref recorded, .. } = *recording;
    let probe = |trace: &Trace| {
        let population = populations.iter().position(|(name, _)| *name == trace.population);
        let unknown = || Error::value("trace", format!("'{}' is no population", trace.population));
        Ok(Probe {
            variable: trace.variable,
            population: population.ok_or_else(unknown)?,
            neurons: trace.neurons.clone(),
        })
    };
    let probes = traces.iter().map(probe).collect::<Result<_>>()?;
    let header = Header { dt_ms, populations: populations.clone(), recorded: recorded.clone(), probes };
    let mut writer = Folder::create(folder, header, formats.0, formats.1)?;
    push_all(recording, |tick, population, neurons| writer.spikes(tick, population, neurons))?;
    for (probe, trace) in traces.iter().enumerate() {
        if trace.neurons.is_empty() || trace.values.len() % trace.neurons.len() != 0 {
            return Err(Error::Shape {
                what: format!("values of trace {probe}, [ticks, neurons]"),
                expected: vec![trace.neurons.len()],
                found: vec![trace.values.len()],
            });
        }
        for (tick, row) in (trace.first_tick..).zip(trace.values.chunks_exact(trace.neurons.len())) {
            writer.values(tick, probe, row)?;
        }
    }
    writer.finish(ticks, driver, seed)
}
