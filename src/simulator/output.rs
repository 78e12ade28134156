//! A run into a folder: recording, report and checkpoints, whole or not at all.

use super::checkpoint::Checkpoint;
use super::chosen::Chosen;
use super::job::{Job, header, merged, ticks};
use super::simulation::Simulation;
use crate::base::files::{self, Hold, Partial, refuse_inputs};
use crate::base::fnv::Fnv1a;
use crate::error::{Error, Result};
use crate::recording::{self, Folder, Recorder, SpikeFormat, TraceFormat, Whole};
use crate::spiking::{Driver, Tick};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Where the results of a run go.
#[derive(Debug, Clone)]
pub struct Output {
    /// Folder of the recording and the report.
    pub folder: PathBuf,
    /// Form of the recorded spikes and traces.
    pub formats: (SpikeFormat, TraceFormat),
    /// Simulated ms from one checkpoint to the next, if checkpoints are kept.
    pub checkpoint_ms: Option<f64>,
    /// Whether the run goes on from the last checkpoint in the folder.
    pub resume: bool,
}

/// What a run is busy with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Building the synapses; progress counts edge visits.
    Build,
    /// Simulating; progress counts ticks.
    Simulate,
}

/// Hears how far a run is.
pub trait Progress: Sync {
    /// A phase begins, `done` of `total` of which is done.
    fn begin(&self, phase: Phase, done: u64, total: u64);
    /// So much of it more is done.
    fn add(&self, phase: Phase, more: u64);
    /// It has ended.
    fn end(&self, phase: Phase);
}

/// No interest in progress.
impl Progress for () {
    fn begin(&self, _: Phase, _: u64, _: u64) {}
    fn add(&self, _: Phase, _: u64) {}
    fn end(&self, _: Phase) {}
}

/// A run that has come to its end. What it recorded stands in its folder only after
/// [`appear`](Finished::appear).
pub struct Finished {
    /// The simulation after its last tick.
    pub simulation: Simulation,
    /// The driver asked for.
    pub driver: Driver,
    /// The seed that the network was drawn with.
    pub seed: u64,
    /// Seconds for building the synapses.
    pub build_s: f64,
    /// Seconds for the run.
    pub run_s: f64,
    folder: Option<(PathBuf, Hold, Whole, bool)>,
}

const CHECKPOINT: &str = "checkpoint.safetensors";
const SEGMENTS: &str = "segments";
/// Name of the report in the folder of a run.
pub const REPORT: &str = "simulation.json";
/// What stands in the header of a simulation's checkpoint.
const MARK: &str = "\"simulation\":\"";
/// What stands in the lock of a folder.
const VERB: &str = "simulate";

impl Job {
    /// Simulates `ticks` ticks in at most `threads` threads; what was asked for is recorded into
    /// `output`, if there is one.
    ///
    /// # Errors
    /// If the folder is in use, holds files of others or cannot be written; if there is no memory;
    /// if there is no checkpoint of this very run to go on from.
    pub fn simulate(
        mut self,
        ticks: Tick,
        driver: Driver,
        threads: usize,
        output: Option<&Output>,
        progress: &dyn Progress,
    ) -> Result<Finished> {
        self.probes = merged(std::mem::take(&mut self.probes));
        let dt_ms = self.network.dt_ms();
        let segment = match output.and_then(|output| output.checkpoint_ms) {
            Some(ms) => self::ticks("--checkpoint", ms, dt_ms)?,
            None => ticks,
        };
        // The folder of a run with checkpoints.
        let kept = output.filter(|output| output.checkpoint_ms.is_some()).map(|output| output.folder.as_path());
        let of = kept.map_or(String::new(), |_| self.identity(ticks, segment, driver));
        let hold = output.map(|output| output.take(&self.inputs)).transpose()?;
        let checkpoint = match kept {
            Some(out) if output.is_some_and(|output| output.resume) => Some(load(out, &of, ticks, segment)?),
            _ => None,
        };
        let start = Instant::now();
        // Without a folder nobody keeps what is recorded.
        let probes = std::mem::take(&mut self.probes);
        let asked = if output.is_some() { self.naming.probes(&probes) } else { Vec::new() };
        let populations = self.naming.populations.clone();
        let (header, sources) = header(&self.network, populations, &self.spikes, probes);
        let Job { network, naming, seed, .. } = self;
        progress.begin(Phase::Build, 0, Simulation::edges_to_build(&network));
        let built = &|edges| progress.add(Phase::Build, edges);
        let mut simulation = Simulation::build(&network, driver, threads, asked, built)?;
        progress.end(Phase::Build);
        let build_s = start.elapsed().as_secs_f64();
        if let Some(checkpoint) = checkpoint {
            simulation.restore(&checkpoint)?;
        } else if let (Some(output), Some(hold)) = (output, &hold) {
            remove_segments(&output.folder, hold)?;
        }
        if let Some(out) = kept {
            simulation.checkpoint().save(&out.join(CHECKPOINT), &of)?;
        }
        let start = Instant::now();
        progress.begin(Phase::Simulate, simulation.now().into(), ticks.into());
        let mut recording = None;
        while simulation.now() < ticks {
            let until = ticks.min((simulation.now() / segment + 1) * segment);
            // Without checkpoints the run is one segment, which is the recording.
            let (folder, (spikes, traces)) = match (kept, output) {
                (Some(out), _) => (Some(segment_folder(out, until)), (SpikeFormat::Npz, TraceFormat::Npz)),
                (None, Some(output)) => (Some(output.folder.clone()), output.formats),
                (None, None) => (None, (SpikeFormat::H5, TraceFormat::Npz)),
            };
            let create = |folder: PathBuf| Folder::create(&folder, header.clone(), spikes, traces);
            let mut writer = folder.map(create).transpose()?;
            let (recorded, inner) = (&header.recorded, writer.as_mut().map(|writer| writer as &mut dyn Recorder));
            let mut recorder = Chosen { recorded, sources: &sources, inner, buffer: Vec::new() };
            let mut recorder = naming.recorder(&header.probes, &mut recorder);
            let mut before = simulation.now();
            simulation.run(until, &mut recorder, &mut |tick| {
                progress.add(Phase::Simulate, tick.saturating_sub(before).into());
                before = tick;
            })?;
            recorder.flush()?;
            recording = writer.map(|writer| writer.whole(until, driver.name(), seed)).transpose()?;
            if let Some(out) = kept {
                recording.take().map_or(Ok(()), Whole::appear)?;
                simulation.checkpoint().save(&out.join(CHECKPOINT), &of)?;
            }
        }
        progress.end(Phase::Simulate);
        if let (Some(out), Some(output)) = (kept, output) {
            let (spikes, traces) = output.formats;
            let mut writer = Folder::create(out, header, spikes, traces)?;
            join(out, segment, ticks, &mut writer)?;
            recording = Some(writer.whole(ticks, driver.name(), seed)?);
        }
        let folder = output.zip(hold).zip(recording);
        let folder = folder.map(|((output, hold), whole)| (output.folder.clone(), hold, whole, kept.is_some()));
        let run_s = start.elapsed().as_secs_f64();
        Ok(Finished { simulation, driver, seed, build_s, run_s, folder })
    }

    /// Everything that a recording depends on, for a checkpoint to know it by: the network, with
    /// what it was given from files, is told by a hash.
    fn identity(&self, ticks: Tick, segment: Tick, driver: Driver) -> String {
        let mut network = Fnv1a::default();
        let mut record = Fnv1a::default();
        // A hash takes whatever is written.
        let _ = write!(network, "{:?}", self.network);
        let _ = write!(record, "{:?} {:?}", self.spikes, self.probes);
        format!(
            "network {:?} ({:016x}), seed {}, {ticks} ticks, a checkpoint every {segment}, {} driver, recording {:016x}",
            self.network.name(),
            network.hash(),
            self.seed,
            driver.name(),
            record.hash()
        )
    }
}

impl Finished {
    /// Puts recording and `report` into the folder of the run, if it has one.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn appear(self, report: &str) -> Result<()> {
        let Some((out, hold, recording, with_checkpoints)) = self.folder else { return Ok(()) };
        let path = out.join(REPORT);
        let partial = Partial::new(&path)?;
        let mut file = partial.create()?;
        file.write_all(report.as_bytes()).and_then(|()| files::sync(file)).map_err(|e| partial.error(e))?;
        // One run's report never stands beside another's recording.
        files::remove(&path)?;
        if hold.was_left_by(VERB) {
            recorded(&out).iter().try_for_each(|path| files::remove(path))?;
        }
        recording.appear()?;
        partial.appear()?;
        if with_checkpoints {
            remove_segments(&out, &hold)?;
        }
        hold.done();
        Ok(())
    }
}

impl Output {
    /// Takes the folder for the run. Nothing in it that is not a simulation's is replaced or
    /// removed.
    fn take(&self, inputs: &[PathBuf]) -> Result<Hold> {
        let out = &self.folder;
        let hold = Hold::new(out, VERB)?;
        hold.refuse_foreign(recording::ABOUT, "\"dt_ms\"")?;
        hold.refuse_foreign(REPORT, "\"spikefuse.simulation/")?;
        if self.checkpoint_ms.is_some() {
            hold.refuse_foreign(CHECKPOINT, MARK)?;
        }
        let mut outputs = recorded(out);
        outputs.extend([recording::ABOUT, REPORT, CHECKPOINT].map(|name| out.join(name)));
        outputs.iter().try_for_each(|path| refuse_inputs(path, inputs))?;
        let (spikes, traces) = self.formats;
        let earlier = recording::files(out);
        for name in [format!("spikes.{}", spikes.extension()), format!("traces.{}", traces.extension())] {
            let path = out.join(name);
            // What a killed process named last is of no recording yet.
            if path.symlink_metadata().is_ok() && !earlier.contains(&path) && !hold.was_left_by(VERB) {
                return Err(files::foreign(&path));
            }
        }
        Ok(hold)
    }
}

/// The checkpoint of a run, if all that was recorded until then is there.
fn load(out: &Path, of: &str, ticks: Tick, segment: Tick) -> Result<Checkpoint> {
    let path = out.join(CHECKPOINT);
    if !path.try_exists().map_err(|e| Error::file(&path, format!("cannot read: {e}")))? {
        let hint = "a run that has ended, or has not got that far, is started without --resume";
        return Err(Error::file(path, "there is no checkpoint").with_hint(hint));
    }
    let checkpoint = Checkpoint::load(&path, of)?;
    let mut until = 0;
    while until < checkpoint.tick {
        until = ticks.min(until + segment);
        let folder = segment_folder(out, until);
        let files = recording::files(&folder);
        if files.is_empty() || !files.iter().all(|path| path.exists()) {
            return Err(Error::file(folder, "what was recorded up to the checkpoint is not there, or not all of it")
                .with_hint("begin anew, without --resume"));
        }
    }
    Ok(checkpoint)
}

/// The files that recordings in a folder may have, but for `recording.json`.
fn recorded(folder: &Path) -> Vec<PathBuf> {
    let spikes = SpikeFormat::ALL.map(|format| format!("spikes.{}", format.extension()));
    let traces = TraceFormat::ALL.map(|format| format!("traces.{}", format.extension()));
    spikes.into_iter().chain(traces).map(|name| folder.join(name)).collect()
}

/// The folder in which the ticks before `until` are recorded, back to the checkpoint before.
fn segment_folder(out: &Path, until: Tick) -> PathBuf {
    out.join(SEGMENTS).join(until.to_string())
}

/// Feeds all segments to a recorder.
fn join(out: &Path, segment: Tick, ticks: Tick, recorder: &mut dyn Recorder) -> Result<()> {
    let mut until = 0;
    while until < ticks {
        until = ticks.min(until + segment);
        let part = recording::open(&segment_folder(out, until))?;
        for group in part.spikes.spikes.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let neurons: Vec<u32> = group.iter().map(|&(_, _, neuron)| neuron).collect();
            recorder.spikes(group[0].0, group[0].1 as usize, &neurons)?;
        }
        let rows = part.traces.first().map_or(0, |trace| trace.values.len() / trace.neurons.len().max(1));
        for row in 0..rows {
            for (probe, trace) in part.traces.iter().enumerate() {
                let width = trace.neurons.len();
                recorder.values(trace.first_tick + row as Tick, probe, &trace.values[row * width..][..width])?;
            }
        }
    }
    Ok(())
}

/// Removes a simulation's checkpoint and segments, if there are any. The checkpoint goes first: it
/// needs the segments.
fn remove_segments(out: &Path, hold: &Hold) -> Result<()> {
    let checkpoint = out.join(CHECKPOINT);
    if files::is_marked(&checkpoint, MARK)? == Some(true) {
        files::remove(&checkpoint)?;
    }
    files::remove_leftovers(&checkpoint);
    let segments = out.join(SEGMENTS);
    let mut some = false;
    for entry in std::fs::read_dir(&segments).into_iter().flatten().flatten() {
        let (folder, name) = (entry.path(), entry.file_name());
        if name.to_str().is_none_or(|name| name.parse::<Tick>().is_err()) {
            continue;
        }
        let mut recording = recording::files(&folder);
        // Files that a killed process wrote and did not get to list.
        if hold.was_left_by(VERB) {
            recording.push(folder.join(recording::ABOUT));
            recording.extend(recorded(&folder));
            recording.iter().for_each(|path| files::remove_leftovers(path));
        }
        some |= !recording.is_empty();
        recording.iter().try_for_each(|path| files::remove(path))?;
        // What somebody else put there stays, with the folder.
        let _ = std::fs::remove_dir(&folder);
    }
    if some {
        let _ = std::fs::remove_dir(&segments);
    }
    Ok(())
}
