//! `simulate`.

use super::options::{DriverOption, NetworkOptions};
use clap::{Args, ValueEnum};
use spikefuse::base::files::{self, Hold, Partial, ending, refuse_inputs};
use spikefuse::energy::Ledger;
use spikefuse::energy::counts::LayerCounts;
use spikefuse::energy::synops::Synops;
use spikefuse::network::compile::{Compiled, NetworkFile};
use spikefuse::network::interop::sonata;
use spikefuse::network::{self, Emits, MOST_TICKS, Network, Origin};
use spikefuse::recording::{
    self, Folder, Header, Naming, Probe, Recorded, Recorder, SpikeFormat, TraceFormat, Variable, Whole,
};
use spikefuse::report::Neurobench;
use spikefuse::simulator::{Checkpoint, Simulation};
use spikefuse::spiking::Driver;
use spikefuse::spiking::Tick;
use spikefuse::{Error, Result};
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::io::Write as _;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

/// Options of `simulate`.
#[derive(Args)]
pub struct Simulate {
    /// Network file (.ron), or the simulation_config.json of a SONATA network
    #[arg(value_name = "NETWORK")]
    network: PathBuf,
    /// Spikes in place of a source's own; SOURCE= may be left out if there is one source, :POP if the file has one population.
    /// May be given several times
    #[arg(long, value_name = "[SOURCE=]FILE[:POP]")]
    input: Vec<OsString>,
    /// Simulated time [default: the network file's]
    #[arg(long, value_name = "MS", allow_negative_numbers = true)]
    duration: Option<f64>,
    /// How to go through time
    #[arg(long, value_enum, default_value_t = DriverOption::Auto)]
    driver: DriverOption,
    /// Most threads [default: all]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Seed in place of the network file's
    #[arg(long)]
    seed: Option<u64>,
    /// What to record in place of what the network file says: spikes, spikes:POP[0..4], spikes:SOURCE, membrane:POP[3], threshold:POP,
    /// current:POP, ...
    #[arg(long, value_name = "LIST")]
    record: Option<String>,
    /// Folder for recording and report
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Form of the recorded spikes
    #[arg(long, value_enum, default_value_t = FormatOption::H5, requires = "out")]
    format: FormatOption,
    /// Keep a checkpoint in the folder every so much simulated time
    #[arg(long, value_name = "MS", requires = "out", allow_negative_numbers = true)]
    checkpoint: Option<f64>,
    /// Go on from the last checkpoint in the folder; without this a run begins anew
    #[arg(long, requires = "checkpoint")]
    resume: bool,
    #[command(flatten)]
    reach: NetworkOptions,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum FormatOption {
    H5,
    Csv,
    Npz,
}

/// A network and what to do with it.
struct Job {
    network: Network,
    /// How its populations are called in the recording.
    naming: Naming,
    ticks: Tick,
    spikes: Vec<(Origin, Range<u32>)>,
    probes: Vec<Probe>,
    seed: u64,
    /// The files that all this comes from.
    inputs: Vec<PathBuf>,
    /// Ticks from one checkpoint to the next; without checkpoints all.
    segment: Tick,
}

/// What is written and printed.
#[derive(serde::Serialize)]
struct Report {
    schema: &'static str,
    network: String,
    driver: Driver,
    threads: usize,
    seed: u64,
    duration_ms: f64,
    dt_ms: f64,
    build_s: f64,
    run_s: f64,
    populations: Vec<PopulationReport>,
    synops: Synops,
    neurobench: Neurobench,
    ledger: Ledger,
}

#[derive(serde::Serialize)]
struct PopulationReport {
    name: String,
    neurons: u32,
    rate_hz: f64,
    operations: LayerCounts,
}

/// NeuroBench's metrics of a simulation, which is one sample.
fn neurobench(simulation: &Simulation, synops: &Synops) -> Neurobench {
    let mut document = Neurobench::of_synops(synops);
    let populations = simulation.network().populations().iter().zip(simulation.counts());
    let layers: Vec<(String, u64, u64)> = populations
        .filter(|(p, _)| p.can_fire())
        .map(|(p, counts)| (p.name.clone(), counts.spikes, u64::from(p.size) * u64::from(simulation.now())))
        .collect();
    match layers.is_empty() {
        false => document.set_activation(&layers),
        true => {
            let metrics = ["ActivationSparsity", "ActivationSparsityByLayer"];
            document.leave_out(&metrics, "the network has no neuron that can fire");
        }
    }
    let (zeros, weights) = simulation.zero_weights();
    document.set_connections(zeros, weights);
    document.leave_out(&["Footprint"], "it is about the tensors of a PyTorch module");
    document.leave_out(&["MembraneUpdates"], "membranes were not watched in this run");
    document
}

/// Passes on the spikes of chosen neurons and sources.
struct Chosen<'a> {
    recorded: &'a Recorded,
    /// Of each source, its place among the recorded populations.
    sources: &'a [Option<usize>],
    inner: Option<&'a mut Folder>,
    buffer: Vec<u32>,
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

const CHECKPOINT: &str = "checkpoint.safetensors";
const SEGMENTS: &str = "segments";
const REPORT: &str = "simulation.json";
/// What stands in the header of a simulation's checkpoint.
const MARK: &str = "\"simulation\":\"";
/// Of the lock.
const VERB: &str = "simulate";

impl Simulate {
    /// Simulates.
    pub fn run(self) -> Result<ExitCode> {
        let job = self.job()?;
        let driver = self.driver.driver();
        // The folder of a run with checkpoints.
        let kept = self.out.as_deref().filter(|_| self.checkpoint.is_some());
        let of = kept.map_or(String::new(), |_| job.identity(driver));
        let hold = self.out.as_deref().map(|out| self.take(out, &job.inputs)).transpose()?;
        let checkpoint = match kept {
            Some(out) if self.resume => Some(load(out, &of, &job)?),
            _ => None,
        };
        let start = Instant::now();
        let Job { network, naming, ticks, spikes: chosen, probes, seed, inputs: _, segment } = job;
        let network = Arc::new(network);
        let threads = self.threads.map_or_else(available_threads, NonZeroUsize::get);
        // Without a folder nobody keeps what is recorded.
        let asked = if self.out.is_some() { naming.probes(&probes) } else { Vec::new() };
        let bar = super::progress::bar("build", Simulation::edges_to_build(&network) as usize);
        let mut simulation = Simulation::build(network.clone(), driver, threads, asked, &|edges| bar.inc(edges))?;
        bar.finish_and_clear();
        let build_s = start.elapsed().as_secs_f64();
        if let Some(checkpoint) = checkpoint {
            simulation.restore(&checkpoint)?;
        } else if let (Some(out), Some(hold)) = (&self.out, &hold) {
            remove_segments(out, hold)?;
        }
        if let Some(out) = kept {
            simulation.checkpoint().save(&out.join(CHECKPOINT), &of)?;
        }
        let (header, sources) = header(&network, &naming, &chosen, probes);
        let start = Instant::now();
        let bar = super::progress::bar("simulate", ticks as usize);
        bar.set_position(simulation.now().into());
        let mut recording = None;
        while simulation.now() < ticks {
            let until = ticks.min((simulation.now() / segment + 1) * segment);
            // Without checkpoints the run is one segment, which is the recording.
            let (folder, (spikes, traces)) = match kept {
                Some(out) => (Some(segment_folder(out, until)), (SpikeFormat::Npz, TraceFormat::Npz)),
                None => (self.out.clone(), self.formats()),
            };
            let mut writer =
                folder.map(|folder| Folder::create(&folder, header.clone(), spikes, traces)).transpose()?;
            let (recorded, inner) = (&header.recorded, writer.as_mut());
            let mut recorder = Chosen { recorded, sources: &sources, inner, buffer: Vec::new() };
            let mut recorder = naming.recorder(&header.probes, &mut recorder);
            simulation.run(until, &mut recorder, &mut |tick| bar.set_position(tick.into()))?;
            recorder.flush()?;
            recording = writer.map(|writer| writer.whole(until, driver.name(), seed)).transpose()?;
            if let Some(out) = kept {
                recording.take().map_or(Ok(()), Whole::appear)?;
                simulation.checkpoint().save(&out.join(CHECKPOINT), &of)?;
            }
        }
        bar.finish_and_clear();
        if let Some(out) = kept {
            let (spikes, traces) = self.formats();
            let mut writer = Folder::create(out, header, spikes, traces)?;
            join(out, segment, ticks, &mut writer)?;
            recording = Some(writer.whole(ticks, driver.name(), seed)?);
        }
        let duration_ms = f64::from(ticks) * network.dt_ms();
        let synops = simulation.synops();
        let report = Report {
            schema: "spikefuse.simulation/2",
            network: network.name().to_owned(),
            driver,
            threads: simulation.threads(),
            seed,
            duration_ms,
            dt_ms: network.dt_ms(),
            build_s,
            run_s: start.elapsed().as_secs_f64(),
            populations: (network.populations().iter().zip(simulation.counts()))
                .map(|(p, operations)| PopulationReport {
                    name: p.name.clone(),
                    neurons: p.size,
                    rate_hz: operations.spikes as f64 / f64::from(p.size) / (duration_ms / 1000.0),
                    operations,
                })
                .collect(),
            neurobench: neurobench(&simulation, &synops),
            synops,
            ledger: simulation.ledger(),
        };
        if let (Some(out), Some(hold), Some(recording)) = (&self.out, hold, recording) {
            let path = out.join(REPORT);
            let partial = Partial::new(&path)?;
            let mut file = partial.create()?;
            let text = super::json(&report)?;
            file.write_all(text.as_bytes()).and_then(|()| files::sync(file)).map_err(|e| partial.error(e))?;
            // Never one run's report beside another's recording.
            files::remove(&path)?;
            if hold.was_left_by(VERB) {
                recorded(out).iter().try_for_each(|path| files::remove(path))?;
            }
            recording.appear()?;
            partial.appear()?;
            if kept.is_some() {
                remove_segments(out, &hold)?;
            }
            hold.done();
        }
        super::print(&if self.json { super::json(&report)? } else { report.table() })?;
        Ok(ExitCode::SUCCESS)
    }

    /// Takes the folder for the run. Nothing in it that is not a simulation's is replaced or removed.
    fn take(&self, out: &Path, inputs: &[PathBuf]) -> Result<Hold> {
        let hold = Hold::new(out, VERB)?;
        hold.refuse_foreign(recording::ABOUT, "\"dt_ms\"")?;
        hold.refuse_foreign(REPORT, "\"spikefuse.simulation/")?;
        if self.checkpoint.is_some() {
            hold.refuse_foreign(CHECKPOINT, MARK)?;
        }
        let mut outputs = recorded(out);
        outputs.extend([recording::ABOUT, REPORT, CHECKPOINT].map(|name| out.join(name)));
        outputs.iter().try_for_each(|path| refuse_inputs(path, inputs))?;
        let (spikes, traces) = self.formats();
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

    fn formats(&self) -> (SpikeFormat, TraceFormat) {
        match self.format {
            FormatOption::H5 => (SpikeFormat::H5, TraceFormat::Npz),
            FormatOption::Csv => (SpikeFormat::Csv, TraceFormat::Csv),
            FormatOption::Npz => (SpikeFormat::Npz, TraceFormat::Npz),
        }
    }

    /// Reads the network and what is asked of it.
    fn job(&self) -> Result<Job> {
        let (mut network, naming, duration, (mut spikes, mut probes), seed, mut inputs) =
            match ending(&self.network) == "json" {
                true => {
                    let read = sonata::read_within(&self.network, self.reach.files_anywhere)?;
                    let sonata::SonataRun { network, ticks, naming, unused, files } = read;
                    if !unused.is_empty() {
                        eprintln!("warning: {}: not used: {}", self.network.display(), unused.join(", "));
                    }
                    let all = all_populations(&naming.populations).collect();
                    (network, naming, Some(ticks), (all, Vec::new()), self.seed.unwrap_or(0), files)
                }
                false => {
                    let compiled = NetworkFile::read(&self.network)?.compile(&self.reach.settings(self.seed))?;
                    let Compiled { network, record, duration, seed, files } = compiled;
                    let named = network.populations().iter().map(|p| (p.name.clone(), p.size)).collect();
                    (network, Naming::own(named), duration, (record.spikes, record.probes), seed, files)
                }
            };
        inputs.push(self.network.clone());
        if let Some(list) = &self.record {
            (spikes, probes) = parse_record(list, &network, &naming.populations)?;
        }
        let ticks = self::duration(self.duration, duration, network.dt_ms())?;
        let segment = match self.checkpoint {
            Some(ms) => self::ticks("--checkpoint", ms, network.dt_ms())?,
            None => ticks,
        };
        if network.name().is_empty() {
            let name = self.network.file_stem().unwrap_or_default().to_string_lossy();
            network = network.edit(|parts| parts.name = name.into_owned())?;
        }
        let mut replaced = Vec::new();
        for input in &self.input {
            let (source, file);
            (network, source, file) = replace_source(network, input)?;
            if replaced.contains(&source) {
                let problem = format!("source '{}' has two", network.sources()[source].name);
                return Err(Error::value(format!("--input {}", input.display()), problem));
            }
            replaced.push(source);
            inputs.push(file);
        }
        Ok(Job { network, naming, ticks, spikes, probes: merged(probes), seed, inputs, segment })
    }
}

impl Job {
    /// Everything that a recording depends on, for a checkpoint to know it by: the network, with what it was given from
    /// files, is told by a hash.
    fn identity(&self, driver: Driver) -> String {
        let mut network = Hash(FNV_OFFSET);
        let mut record = Hash(FNV_OFFSET);
        // A hash takes whatever is written.
        let _ = write!(network, "{:?}", self.network);
        let _ = write!(record, "{:?} {:?}", self.spikes, self.probes);
        format!(
            "network {:?} ({:016x}), seed {}, {} ticks, a checkpoint every {}, {} driver, recording {:016x}",
            self.network.name(),
            network.0,
            self.seed,
            self.ticks,
            self.segment,
            driver.name(),
            record.0
        )
    }
}

/// 64-bit FNV-1a of what is written into it.
struct Hash(u64);

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

impl std::fmt::Write for Hash {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0 = text.bytes().fold(self.0, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        Ok(())
    }
}

/// The checkpoint of a run, if all that it was recorded until then is there.
fn load(out: &Path, of: &str, job: &Job) -> Result<Checkpoint> {
    let path = out.join(CHECKPOINT);
    if !path.try_exists().map_err(|e| Error::file(&path, format!("cannot read: {e}")))? {
        let hint = "a run that has ended, or has not got that far, is started without --resume";
        return Err(Error::file(path, "there is no checkpoint").with_hint(hint));
    }
    let checkpoint = Checkpoint::load(&path, of)?;
    let mut until = 0;
    while until < checkpoint.tick {
        until = job.ticks.min(until + job.segment);
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

/// Where the ticks before `until` are recorded, back to the checkpoint before.
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

/// Takes a simulation's checkpoint and segments away, if there are any. The checkpoint goes first: it needs the segments.
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

impl Report {
    fn table(&self) -> String {
        let mut text = format!(
            "{}: {} ms in ticks of {} ms, {} driver, {} threads\nbuilt in {:.2} s, run in {:.2} s\n\n\
             {:20} {:>9} {:>10} {:>9} {:>14} {:>14} {:>14} {:>12}\n",
            self.network,
            self.duration_ms,
            self.dt_ms,
            self.driver.name(),
            self.threads,
            self.build_s,
            self.run_s,
            "population",
            "neurons",
            "spikes",
            "rate Hz",
            "SynOps",
            "MACs",
            "updates",
            "wakes"
        );
        for p in &self.populations {
            let o = &p.operations;
            text += &format!(
                "{:20} {:>9} {:>10} {:>9.2} {:>14} {:>14} {:>14} {:>12}\n",
                p.name, p.neurons, o.spikes, p.rate_hz, o.synops, o.macs, o.membrane_updates, o.wakes
            );
        }
        text
    }
}

/// Threads that the machine runs at once.
pub fn available_threads() -> usize {
    std::thread::available_parallelism().map_or(1, |n| n.get())
}

/// How long to simulate: as asked for, or as the network file says.
pub fn duration(asked: Option<f64>, file: Option<Tick>, dt_ms: f64) -> Result<Tick> {
    match (asked, file) {
        (Some(ms), _) => ticks("--duration", ms, dt_ms),
        (None, Some(ticks)) if (1..=MOST_TICKS).contains(&ticks) => Ok(ticks),
        (None, Some(ticks)) => {
            let problem = format!("the file says {ticks} ticks: expected 1 to {MOST_TICKS}");
            Err(Error::value("duration", problem).with_hint("add --duration MS"))
        }
        (None, None) => {
            let problem = "neither the network file nor --duration says how long";
            Err(Error::value("duration", problem).with_hint("add --duration MS"))
        }
    }
}

/// The ticks of an option in ms.
fn ticks(what: &str, ms: f64, dt_ms: f64) -> Result<Tick> {
    network::duration(ms, dt_ms).map_err(|problem| Error::value(what, problem))
}

/// Whose spikes are recorded, and probes.
type Choice = (Vec<(Origin, Range<u32>)>, Vec<Probe>);

fn all_populations(populations: &[(String, u32)]) -> impl Iterator<Item = (Origin, Range<u32>)> {
    populations.iter().enumerate().map(|(p, &(_, size))| (Origin::Population(p), 0..size))
}

/// What is known of the recording of these spikes and probes, and the place of each source's in it.
fn header(
    network: &Network,
    naming: &Naming,
    spikes: &[(Origin, Range<u32>)],
    probes: Vec<Probe>,
) -> (Header, Vec<Option<usize>>) {
    let mut populations = naming.populations.clone();
    let sources = network.sources().iter().enumerate().map(|(s, source)| {
        let recorded = spikes.iter().any(|(origin, _)| *origin == Origin::Source(s));
        recorded.then(|| {
            populations.push((source.name.clone(), source.size));
            populations.len() - 1
        })
    });
    let sources: Vec<Option<usize>> = sources.collect();
    let place = |origin| match origin {
        Origin::Population(p) => Some(p),
        Origin::Source(s) => sources[s],
    };
    let chosen = spikes.iter().filter_map(|(origin, ids)| Some((place(*origin)?, ids.clone())));
    let recorded = Recorded::new(chosen.collect(), &populations);
    (Header { dt_ms: network.dt_ms(), populations, recorded, probes }, sources)
}

/// Parses `spikes,membrane:POP[0..4],...`.
fn parse_record(list: &str, network: &Network, populations: &[(String, u32)]) -> Result<Choice> {
    let wrong = |item: &str, problem: String| {
        let hint = "for example spikes,membrane:exc[0..4],threshold:exc[7]";
        Err(Error::value(format!("--record {item}"), problem).with_hint(hint))
    };
    let (mut spikes, mut probes) = (Vec::new(), Vec::new());
    for item in list.split(',').map(str::trim) {
        let (kind, target) = item.split_once(':').map_or((item, None), |(kind, target)| (kind, Some(target)));
        let range = match target {
            None => None,
            Some(target) => match network.resolve(target, populations) {
                Ok(range) => Some(range),
                Err(problem) => return wrong(item, problem),
            },
        };
        let variable = Variable::ALL.into_iter().find(|variable| variable.name() == kind);
        match (kind, variable, range) {
            ("spikes", _, None) => spikes.extend(all_populations(populations)),
            ("spikes", _, Some((origin, _))) if !network.has_spikes(origin) => {
                return wrong(item, "the source emits analog values, no spikes".into());
            }
            ("spikes", _, Some(range)) => spikes.push(range),
            (_, Some(variable), Some((Origin::Population(population), ids))) => {
                probes.push(Probe { variable, population, neurons: ids.collect() });
            }
            (_, Some(_), Some(_)) => return wrong(item, format!("of a source spikes can be recorded, no {kind}")),
            (_, Some(_), None) => return wrong(item, format!("of which population? {kind}:NAME or {kind}:NAME[0..4]")),
            _ => return wrong(item, "expected spikes, membrane, threshold or current".into()),
        }
    }
    Ok((spikes, probes))
}

/// One probe for each variable of a population, with each of its neurons once, ascending.
fn merged(probes: Vec<Probe>) -> Vec<Probe> {
    let mut merged: Vec<Probe> = Vec::new();
    for probe in probes {
        match merged.iter_mut().find(|m| (m.variable, m.population) == (probe.variable, probe.population)) {
            Some(m) => m.neurons.extend(probe.neurons),
            None => merged.push(probe),
        }
    }
    for probe in &mut merged {
        probe.neurons.sort_unstable();
        probe.neurons.dedup();
    }
    merged
}

/// The network with the spikes of a file in place of what a source emits; which source, and the file.
fn replace_source(network: Network, input: &OsStr) -> Result<(Network, usize, PathBuf)> {
    let (name, file) = match input.as_encoded_bytes().iter().position(|&byte| byte == b'=') {
        Some(at) => (Some(part(input, 0..at).to_string_lossy()), part(input, at + 1..input.len())),
        None => (None, input),
    };
    let names: Vec<String> = network.sources().iter().map(|source| source.name.clone()).collect();
    let at = match &name {
        Some(name) => names.iter().position(|known| known == name),
        None if names.len() == 1 => Some(0),
        None => None,
    };
    let Some(at) = at else {
        let problem = match name {
            _ if names.is_empty() => "the network has no sources".into(),
            Some(name) => format!("there is no source '{name}'; there are {}", names.join(", ")),
            None => format!("which source? Give it as SOURCE=FILE; there are {}", names.join(", ")),
        };
        return Err(Error::value(format!("--input {}", input.display()), problem));
    };
    let source = &network.sources()[at];
    let colon = file.as_encoded_bytes().iter().rposition(|&byte| byte == b':');
    let (path, wanted) = match colon {
        Some(colon) if !Path::new(file).exists() => {
            (part(file, 0..colon), Some(part(file, colon + 1..file.len()).to_string_lossy()))
        }
        _ => (file, None),
    };
    let path = Path::new(path);
    let recording = recording::read_population(path, network.dt_ms(), wanted.as_deref(), u64::MAX)?;
    let spikes = recording.for_source(0, &source.name, source.size).map_err(|e| Error::file(path, e))?;
    let network = network.edit(|parts| parts.sources[at].emits = Emits::Spikes(spikes.into()))?;
    Ok((network, at, path.to_path_buf()))
}

/// A part of a text that need not be UTF-8, between ends of the text or ASCII letters.
fn part(text: &OsStr, range: Range<usize>) -> &OsStr {
    // SAFETY: text of an OsStr may be split beside an ASCII letter.
    unsafe { OsStr::from_encoded_bytes_unchecked(&text.as_encoded_bytes()[range]) }
}
