//! From what a network file says to a [`Network`] that can be run: everything checked, counted in ticks, files read.

mod check;
mod population;
mod projection;
mod source;
mod text;

pub use text::TextFault;

use crate::base::counter::bits;
use crate::base::files::{Reach, read_text};
use crate::base::fnv::fnv1a;
use crate::base::memory;
use crate::error::{Error, Result, short};
use crate::network::input::{Array, read_array};
use crate::network::place::{Problem, resolve, shown};
use crate::network::spec::*;
use crate::network::time::{duration, ticks};
use crate::network::{Delays, Emits, Network, Origin, graph};
use crate::recording::{Probe, Variable};
use crate::spiking::Tick;
use check::{check_name, positive};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use text::one_line;

/// Bytes of a synapse in memory: target, weight, delay and what sorting them takes. An upper estimate.
pub const BYTES_PER_SYNAPSE: u64 = 16;
/// Bytes of a neuron without receptors: membrane, threshold, times and its place in the lists. An upper estimate.
pub const BYTES_PER_NEURON: u64 = 96;
/// Bytes of a receptor of a neuron.
pub const BYTES_PER_RECEPTOR: u64 = 64;
/// Bytes of one of a source's elements.
pub const BYTES_PER_SOURCE: u64 = 16;
/// Bytes of a neuron that a probe records: its values of the ticks that are held.
pub const BYTES_PER_PROBED_NEURON: u64 = 1040;
/// Exponential and alpha receptors of a population, as many as the simulator has room for.
pub const MOST_CURRENTS: usize = 4;
/// Pairs that a fixed probability may draw: each costs a hash whenever the edges are enumerated.
pub const MOST_PAIRS: u64 = 1 << 40;
/// Expected spikes per tick of a Poisson source; exp(-mean) must not vanish.
pub const MOST_POISSON_SPIKES: f64 = 500.0;
/// Draws per element of a source where no stride is given: as many as there are ticks.
pub const DEFAULT_STRIDE: u64 = 1 << 32;

/// A network, and what its file says about running it.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// What is run.
    pub network: Network,
    /// What is recorded unless the caller says otherwise.
    pub record: Record,
    /// How long unless the caller says otherwise.
    pub duration: Option<Tick>,
    /// The run's seed.
    pub seed: u64,
    /// The files that it names.
    pub files: Vec<PathBuf>,
}

/// What a run records.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The spikes of which neurons or sources.
    pub spikes: Vec<(Origin, Range<u32>)>,
    /// Values at each tick.
    pub probes: Vec<Probe>,
}

/// What a caller may set.
#[derive(Debug, Clone, Copy, Default)]
pub struct Settings {
    /// In place of the file's seed.
    pub seed: Option<u64>,
    /// Bytes that the network may need, [`Network::memory`]; default: the memory that is free.
    pub memory_limit: Option<u64>,
    /// Whether the file may name files outside its own folder.
    pub files_anywhere: bool,
}

/// A network file that was read.
#[derive(Debug, Clone)]
pub struct NetworkFile {
    /// Where from.
    pub path: PathBuf,
    /// As it stands there.
    pub text: String,
    /// What it says.
    pub spec: NetworkSpec,
}

impl NetworkFile {
    /// Reads and parses a network file.
    ///
    /// # Errors
    /// If it cannot be read, or with line and column if it is no network.
    pub fn read(path: &Path) -> Result<NetworkFile> {
        if path.extension().is_some_and(|extension| extension == "json") {
            let problem = "is no network file: a SONATA configuration can only be simulated";
            return Err(Error::file(path, problem).with_hint("spikefuse simulate takes it"));
        }
        let text = read_text(path)?;
        let spec = NetworkSpec::parse(&text).map_err(|fault| Error::Text {
            path: path.to_path_buf(),
            line: fault.line,
            column: fault.column,
            problem: fault.problem,
        })?;
        Ok(NetworkFile { path: path.to_path_buf(), text, spec })
    }

    /// Checks and completes the network.
    ///
    /// # Errors
    /// With line and column of what cannot be.
    pub fn compile(&self, settings: &Settings) -> Result<Compiled> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        compile(&self.spec, folder, settings).map_err(|problem| {
            let (line, column) = problem.place(&self.text);
            Error::Text { path: self.path.clone(), line, column, problem: problem.to_string() }
        })
    }
}

impl Network {
    /// Upper estimate of the bytes that it needs when it runs.
    pub fn memory(&self) -> u64 {
        let neurons = self.populations.iter().map(|p| neuron_bytes(p.size, p.neuron.receptors.len()));
        let sources = self.sources.iter().map(|s| u64::from(s.size) * BYTES_PER_SOURCE);
        let synapses = self.projections.iter().map(|p| p.edges().at_least_about().saturating_mul(BYTES_PER_SYNAPSE));
        neurons.chain(sources).chain(synapses).fold(0, u64::saturating_add)
    }
}

fn neuron_bytes(size: u32, receptors: usize) -> u64 {
    u64::from(size).saturating_mul(BYTES_PER_NEURON + BYTES_PER_RECEPTOR.saturating_mul(receptors as u64))
}

type Checked<T> = std::result::Result<T, Problem>;

/// Checks and completes a network. File names are relative to `folder`.
///
/// # Errors
/// With the field that cannot be, and what was expected.
pub fn compile(spec: &NetworkSpec, folder: &Path, settings: &Settings) -> Checked<Compiled> {
    if spec.format != FORMAT {
        return Err(Problem::new("format", format!("expected {FORMAT}: no other format is known")));
    }
    let dt_ms = positive("dt_ms", spec.dt_ms)?;
    crate::recording::check_dt(dt_ms).map_err(|e| Problem::new("dt_ms", e))?;
    let mut compiler = Compiler {
        spec,
        reach: Reach::new(folder, settings.files_anywhere),
        dt_ms,
        seed: settings.seed.unwrap_or(spec.seed),
        origins: HashMap::new(),
        projection_names: HashSet::new(),
        used: 0,
        limit: settings.memory_limit.unwrap_or_else(memory::free),
    };
    compiler.names()?;
    let duration =
        spec.duration_ms.map(|ms| duration(ms, dt_ms).map_err(|problem| Problem::new("duration_ms", problem)));
    let duration = duration.transpose()?;
    // Everything whose size can be told from the numbers is added up before any of it is made.
    for (n, population) in spec.populations.iter().enumerate() {
        let receptors = population.receptors.len().max(1);
        compiler.charge(&format!("populations[{n}].size"), neuron_bytes(population.size, receptors))?;
    }
    for (n, source) in spec.sources.iter().enumerate() {
        compiler.charge(&format!("sources[{n}].size"), u64::from(source.size) * BYTES_PER_SOURCE)?;
    }
    let mut ends = Vec::with_capacity(spec.projections.len());
    for n in 0..spec.projections.len() {
        ends.push(compiler.ends(n)?);
    }
    let populations = (0..spec.populations.len()).map(|n| compiler.population(n)).collect::<Checked<Vec<_>>>()?;
    let sources = (0..spec.sources.len()).map(|n| compiler.source(n)).collect::<Checked<Vec<_>>>()?;
    let mut network =
        Network { name: spec.name.clone(), dt_ms, populations, sources, projections: Vec::with_capacity(ends.len()) };
    for (n, ends) in ends.into_iter().enumerate() {
        let projection = compiler.projection(n, ends, &network)?;
        network.projections.push(projection);
    }
    refuse_zero_delays(&network)?;
    refuse_analog_delays(&network)?;
    network.check_range()?;
    let record = compiler.record(&network)?;
    Ok(Compiled { network, record, duration, seed: compiler.seed, files: compiler.reach.named() })
}

/// No delay is below a tick. A cycle of such projections is named: it has no order in which it could be run.
fn refuse_zero_delays(network: &Network) -> Checked<()> {
    let zero: Vec<usize> =
        (0..network.projections.len()).filter(|&n| network.projections[n].shortest_delay() == 0).collect();
    let Some(&first) = zero.first() else { return Ok(()) };
    let cycles = graph::cycles_of(network, &zero);
    let cycle = cycles.first().map_or(String::new(), |names| {
        let names: Vec<String> = names.iter().map(|name| shown(name)).collect();
        format!("; without delay there is a cycle through {}", names.join(", "))
    });
    let message = format!("a delay of 0: expected at least one tick, {} ms{cycle}", network.dt_ms);
    Err(Problem::new(format!("projections[{first}].delay_ms"), message))
}

/// Analog values arrive at every tick, from all their source's neurons at once.
fn refuse_analog_delays(network: &Network) -> Checked<()> {
    for (n, projection) in network.projections.iter().enumerate() {
        let Origin::Source(source) = projection.from else { continue };
        let source = &network.sources[source];
        if matches!(source.emits, Emits::Frames { .. }) && !matches!(projection.delays, Delays::Constant(_)) {
            let message = format!("source {} emits analog values: expected one delay for all", shown(&source.name));
            return Err(Problem::new(format!("projections[{n}].delay_ms"), message));
        }
    }
    Ok(())
}

struct Compiler<'a> {
    spec: &'a NetworkSpec,
    reach: Reach,
    dt_ms: f64,
    seed: u64,
    /// Where names lead, and how many there are of each.
    origins: HashMap<&'a str, (Origin, u32)>,
    projection_names: HashSet<String>,
    /// Bytes, as far as known.
    used: u64,
    limit: u64,
}

impl<'a> Compiler<'a> {
    /// Collects and checks the names and sizes of populations and sources.
    fn names(&mut self) -> Checked<()> {
        let spec = self.spec;
        if spec.populations.is_empty() {
            return Err(Problem::new("populations", "is empty: expected at least one population"));
        }
        let populations = spec
            .populations
            .iter()
            .enumerate()
            .map(|(n, p)| (format!("populations[{n}]"), &p.name, Origin::Population(n), p.size));
        let sources =
            spec.sources.iter().enumerate().map(|(n, s)| (format!("sources[{n}]"), &s.name, Origin::Source(n), s.size));
        for (place, name, origin, size) in populations.chain(sources) {
            check_name(&format!("{place}.name"), name)?;
            if size == 0 {
                return Err(Problem::new(format!("{place}.size"), "0: expected at least 1"));
            }
            if self.origins.insert(name, (origin, size)).is_some() {
                let message = format!("{} names a population or source already: names are unique", shown(name));
                return Err(Problem::new(format!("{place}.name"), message));
            }
        }
        Ok(())
    }

    /// Counts bytes before they are used.
    fn charge(&mut self, field: &str, bytes: u64) -> Checked<()> {
        self.used = self.used.saturating_add(bytes);
        if self.used <= self.limit {
            return Ok(());
        }
        let message = format!(
            "needs at least {} bytes of memory with all before it, {}; the limit is {} bytes, the memory that is free",
            self.used,
            memory::bytes(self.used),
            self.limit
        );
        Err(Problem::new(field, message))
    }

    fn left(&self) -> u64 {
        self.limit.saturating_sub(self.used)
    }

    fn derived_seed(&self, given: Option<u64>, name: &str, stream: &str) -> u64 {
        given.unwrap_or_else(|| bits(self.seed, fnv1a(format!("{name}/{stream}").bytes())))
    }

    /// A time as ticks; a Tick must hold it.
    fn ticks(&self, field: &str, ms: f64) -> Checked<Tick> {
        // The last tick is left free so that tick + 1 never overflows.
        ticks(ms, self.dt_ms, Tick::MAX - 1).map_err(|problem| Problem::new(field, problem))
    }

    /// A delay as ticks; 0 is found later, where cycles can be named.
    fn delay(&self, field: &str, ms: f64) -> Checked<u16> {
        let ticks = self.ticks(field, ms)?;
        u16::try_from(ticks).map_err(|_| {
            let most = f64::from(u16::MAX) * self.dt_ms;
            Problem::new(field, format!("{} ms: expected at most {most} ms, 65,535 ticks", short(ms)))
        })
    }

    /// 1 - dt / tau must be a factor that damps.
    fn time_constant(&self, field: &str, tau_ms: f64, form: FormSpec) -> Checked<f64> {
        positive(field, tau_ms)?;
        if matches!(form, FormSpec::Discrete { .. }) && self.dt_ms > tau_ms {
            let message = format!("{tau_ms}: expected at least dt_ms, {}, in the discrete form", self.dt_ms);
            return Err(Problem::new(field, message));
        }
        Ok(tau_ms)
    }

    /// What the name of a file leads to.
    fn file(&self, field: &str, name: &Path) -> Checked<PathBuf> {
        let fail = |problem| Problem::new(field, format!("{}: {problem}", shown(&name.to_string_lossy())));
        self.reach.path(name).map_err(fail)
    }

    /// Reads an array and counts its bytes.
    fn array(&mut self, field: &str, file: &Path) -> Checked<Array> {
        let array = read_array(&self.file(field, file)?, self.left())
            .map_err(|e| Problem::new(field, one_line(&e.to_string())))?;
        self.charge(field, 8 * array.values.len() as u64)?;
        Ok(array)
    }

    /// A list of one length from a file.
    fn list(&mut self, field: &str, file: &Path, length: usize, what: &str) -> Checked<Vec<f64>> {
        let Array { shape, values } = self.array(field, file)?;
        if values.len() != length || shape.iter().filter(|&&n| n != 1).count() > 1 {
            let problem = format!("{}: shape {shape:?}: expected [{length}], {what}", shown(&file.to_string_lossy()));
            return Err(Problem::new(field, problem));
        }
        Ok(values)
    }

    /// Where a name with an optional range leads.
    fn reference(&self, field: &str, text: &str) -> Checked<(Origin, Range<u32>)> {
        let known = |name: &str| self.origins.get(name).copied();
        resolve(text, known, self.origins.keys().copied()).map_err(|problem| Problem::new(field, problem))
    }

    fn population_reference(&self, field: &str, text: &str) -> Checked<(usize, Range<u32>)> {
        match self.reference(field, text)? {
            (Origin::Population(n), ids) => Ok((n, ids)),
            (Origin::Source(_), _) => {
                Err(Problem::new(field, format!("{} is a source: expected a population", shown(text))))
            }
        }
    }

    fn record(&mut self, network: &Network) -> Checked<Record> {
        let spec = self.spec;
        let record = &spec.record;
        let spikes = match &record.spikes {
            None => (0..).zip(&self.spec.populations).map(|(n, p)| (Origin::Population(n), 0..p.size)).collect(),
            Some(list) => list
                .iter()
                .enumerate()
                .map(|(k, text)| {
                    let field = format!("record.spikes[{k}]");
                    let (origin, ids) = self.reference(&field, text)?;
                    match network.has_spikes(origin) {
                        true => Ok((origin, ids)),
                        false => Err(Problem::new(field, format!("{} emits analog values, no spikes", shown(text)))),
                    }
                })
                .collect::<Checked<_>>()?,
        };
        let mut probes = Vec::new();
        for (field, list, variable) in [
            ("membrane", &record.membrane, Variable::Membrane),
            ("threshold", &record.threshold, Variable::Threshold),
            ("current", &record.current, Variable::Current),
        ] {
            for (k, text) in list.iter().enumerate() {
                let field = format!("record.{field}[{k}]");
                let (population, ids) = self.population_reference(&field, text)?;
                self.charge(&field, BYTES_PER_PROBED_NEURON * u64::from(ids.end - ids.start))?;
                probes.push(Probe { variable, population, neurons: ids.collect() });
            }
        }
        Ok(Record { spikes, probes })
    }
}
