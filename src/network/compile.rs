//! From what a network file says to a [`Network`] that can be run: everything checked, counted in ticks, files read.

use super::input::{Array, read_array, read_edges, read_spikes};
use super::place::{Problem, shown};
use super::spec::*;
use super::{Delays, Emits, Network, Origin, Population, Projection, Rule, Source, Threshold, Weights, graph};
use crate::error::{Error, Result};
use crate::event::Tick;
use crate::files::read_text;
use crate::neuron::linear::{Form, Leak, Neuron, Receptor, Reset};
use crate::recording::{Probe, Variable};
use crate::splitmix::{bits, unit};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Bytes of a synapse in memory: target, weight, delay and what sorting them takes. An upper estimate.
pub const BYTES_PER_SYNAPSE: u64 = 12;
/// Bytes of a neuron without receptors: membrane, threshold, times and its place in the lists. An upper estimate.
pub const BYTES_PER_NEURON: u64 = 96;
/// Bytes of a receptor of a neuron.
pub const BYTES_PER_RECEPTOR: u64 = 64;
/// Bytes of one of a source's elements.
pub const BYTES_PER_SOURCE: u64 = 16;
/// Exponential and alpha receptors of a population, as many as the simulator has room for.
pub const MOST_CURRENTS: usize = 4;
/// What may be used where the memory that is free cannot be found out.
pub const DEFAULT_MEMORY_LIMIT: u64 = 16 << 30;
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
}

/// What a run records.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Index of a population and which of its neurons' spikes.
    pub spikes: Vec<(usize, Range<u32>)>,
    /// Values at each tick.
    pub probes: Vec<Probe>,
}

/// What a caller may set.
#[derive(Debug, Clone, Copy, Default)]
pub struct Settings {
    /// In place of the file's seed.
    pub seed: Option<u64>,
    /// Bytes that the network may need, [`Network::memory`]; default: the memory that is free, or [`DEFAULT_MEMORY_LIMIT`].
    pub memory_limit: Option<u64>,
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

/// What is wrong with a text, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct TextFault {
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
    /// On one line.
    pub problem: String,
}

/// The extensions of RON that network files are read and written with: `Some` and the inner brackets of `Lif((...))` are left out.
fn options() -> ron::Options {
    use ron::extensions::Extensions;
    ron::Options::default()
        .with_default_extension(Extensions::IMPLICIT_SOME)
        .with_default_extension(Extensions::UNWRAP_VARIANT_NEWTYPES)
}

impl NetworkSpec {
    /// Parses RON text. Its format is looked at before anything else.
    ///
    /// # Errors
    /// With line and column if it is no network.
    pub fn parse(text: &str) -> std::result::Result<NetworkSpec, TextFault> {
        #[derive(serde::Deserialize)]
        struct Versioned {
            format: Option<ron::Value>,
        }
        // If not even this can be read, the full parser has the better message.
        if let Ok(Versioned { format }) = options().from_str(text) {
            let problem = match format {
                None => Some(format!("format: is missing: a network file has `format: {FORMAT}`")),
                Some(ron::Value::Number(n)) if n.into_f64() == f64::from(FORMAT) => None,
                Some(_) => Some(format!("format: expected {FORMAT}: no other format is known")),
            };
            if let Some(problem) = problem {
                let (line, column) = Problem::new("format", "").place(text);
                return Err(TextFault { line, column, problem });
            }
        }
        options().from_str(text).map_err(|e| {
            let (line, column) = (e.span.start.line, e.span.start.col);
            let problem = match &e.code {
                // A number or string where the name of a variant was expected.
                ron::Error::SuggestRawIdentifier(found) | ron::Error::InvalidIdentifier(found) => {
                    format!("found {}: expected a word, as in `Constant(1)`", shown(found))
                }
                code => code.to_string(),
            };
            let field = field_before(text, line, column).map_or(String::new(), |field| format!("near `{field}`: "));
            TextFault { line, column, problem: one_line(&(field + &problem)) }
        })
    }

    /// The network as a RON document.
    pub fn to_ron(&self) -> String {
        options().to_string_pretty(self, ron::ser::PrettyConfig::new()).unwrap_or_default()
    }
}

/// The last field whose colon stands before a place in a text.
fn field_before(text: &str, line: usize, column: usize) -> Option<&str> {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let inside: usize = text.get(start..)?.chars().take(column.saturating_sub(1)).map(char::len_utf8).sum();
    let before = text.get(..start + inside)?.rsplit_once(':')?.0.trim_end();
    let word = before.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next()?;
    (!word.is_empty() && word.len() < 60).then_some(word)
}

/// A message without line breaks and of bounded length: it may quote the text.
fn one_line(message: &str) -> String {
    const LONGEST: usize = 600;
    message.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect()
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

/// Memory that is free: what the system says, or a limit that was set for this group of processes.
fn free_memory() -> u64 {
    let system = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
    });
    let group = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    system.into_iter().chain(group).min().unwrap_or(DEFAULT_MEMORY_LIMIT)
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
    let mut compiler = Compiler {
        spec,
        folder,
        dt_ms,
        seed: settings.seed.unwrap_or(spec.seed),
        origins: HashMap::new(),
        projection_names: HashSet::new(),
        used: 0,
        limit: settings.memory_limit.unwrap_or_else(free_memory),
    };
    compiler.names()?;
    let duration = spec.duration_ms.map(|ms| compiler.ticks("duration_ms", ms)).transpose()?;
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
    let record = compiler.record()?;
    Ok(Compiled { network, record, duration, seed: compiler.seed })
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

fn finite(field: &str, value: f64) -> Checked<f64> {
    match value.is_finite() {
        true => Ok(value),
        false => Err(Problem::new(field, format!("{value}: expected a finite number"))),
    }
}

fn positive(field: &str, value: f64) -> Checked<f64> {
    match value > 0.0 && value.is_finite() {
        true => Ok(value),
        false => Err(Problem::new(field, format!("{value}: expected a number above 0"))),
    }
}

fn not_negative(field: &str, value: f64) -> Checked<f64> {
    match value >= 0.0 && value.is_finite() {
        true => Ok(value),
        false => Err(Problem::new(field, format!("{value}: expected a number of at least 0"))),
    }
}

fn fraction(field: &str, value: f64) -> Checked<f64> {
    match (0.0..=1.0).contains(&value) {
        true => Ok(value),
        false => Err(Problem::new(field, format!("{value}: expected a number from 0 to 1"))),
    }
}

/// A weight that stays finite as f32.
fn weight(field: &str, value: f64) -> Checked<f64> {
    match (value as f32).is_finite() {
        true => Ok(value),
        false => Err(Problem::new(field, format!("{value}: expected a finite number within the range of f32"))),
    }
}

/// 64-bit FNV-1a.
fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Ends of a projection.
struct Ends<'a> {
    name: std::borrow::Cow<'a, str>,
    from: Origin,
    from_ids: Range<u32>,
    to: usize,
    to_ids: Range<u32>,
}

/// What all firing models have in common; the names of its fields are those of the file.
struct Model<'a> {
    tau_m_ms: Option<f64>,
    v_rest_mv: f64,
    r_m_gohm: f64,
    bias_pa: f64,
    form: FormSpec,
    fires: Option<Fires<'a>>,
}

struct Fires<'a> {
    threshold: std::borrow::Cow<'a, ThresholdSpec>,
    reset: &'a Option<ResetSpec>,
    refractory_ms: f64,
    input: RefractoryInput,
    compare: Compare,
}

fn model(neuron: &NeuronSpec) -> Model<'_> {
    use std::borrow::Cow::{Borrowed, Owned};
    macro_rules! model {
        ($n:expr, $tau:expr, $rest:expr, $threshold:expr) => {
            Model {
                tau_m_ms: $tau,
                v_rest_mv: $rest,
                r_m_gohm: $n.r_m_gohm,
                bias_pa: $n.bias_pa,
                form: $n.form,
                fires: Some(Fires {
                    threshold: $threshold,
                    reset: &$n.reset,
                    refractory_ms: $n.refractory_ms,
                    input: $n.refractory_input,
                    compare: $n.compare,
                }),
            }
        };
    }
    match neuron {
        NeuronSpec::If(n) => model!(n, None, 0.0, Borrowed(&n.threshold)),
        NeuronSpec::Lif(n) => model!(n, Some(n.tau_m_ms), n.v_rest_mv, Borrowed(&n.threshold)),
        NeuronSpec::CubaLif(n) => model!(n, Some(n.tau_m_ms), n.v_rest_mv, Borrowed(&n.threshold)),
        NeuronSpec::Alif(n) => {
            let (v_th_mv, jump_mv, tau_ms) = (n.v_th_mv, n.jump_mv, n.tau_threshold_ms);
            model!(n, Some(n.tau_m_ms), n.v_rest_mv, Owned(ThresholdSpec::Adaptive { v_th_mv, jump_mv, tau_ms }))
        }
        NeuronSpec::Li(n) => Model {
            tau_m_ms: Some(n.tau_m_ms),
            v_rest_mv: n.v_rest_mv,
            r_m_gohm: n.r_m_gohm,
            bias_pa: n.bias_pa,
            form: n.form,
            fires: None,
        },
    }
}

struct Compiler<'a> {
    spec: &'a NetworkSpec,
    folder: &'a Path,
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
            "needs at least {} bytes of memory with all before it; the limit is {} bytes, the memory that is free",
            self.used, self.limit
        );
        Err(Problem::new(field, message))
    }

    fn left(&self) -> u64 {
        self.limit.saturating_sub(self.used)
    }

    fn derived_seed(&self, given: Option<u64>, name: &str, stream: &str) -> u64 {
        given.unwrap_or_else(|| bits(self.seed, fnv1a(&format!("{name}/{stream}"))))
    }

    /// A time as ticks; a Tick must hold it.
    fn ticks(&self, field: &str, ms: f64) -> Checked<Tick> {
        let exact = not_negative(field, ms)? / self.dt_ms;
        let ticks = exact.round();
        // The last tick is left free so that tick + 1 never overflows.
        if ticks >= f64::from(Tick::MAX) || !exact.is_finite() {
            let most = f64::from(Tick::MAX - 1) * self.dt_ms;
            return Err(Problem::new(field, format!("{ms} ms: expected at most {most} ms, 2^32 - 2 ticks")));
        }
        if (exact - ticks).abs() > GRID_TOLERANCE {
            let message = format!(
                "{ms} ms: expected a multiple of dt_ms, {} ms, to within {GRID_TOLERANCE} of a tick",
                self.dt_ms
            );
            return Err(Problem::new(field, message));
        }
        Ok(ticks as Tick)
    }

    /// A delay as ticks; 0 is found later, where cycles can be named.
    fn delay(&self, field: &str, ms: f64) -> Checked<u16> {
        let ticks = self.ticks(field, ms)?;
        u16::try_from(ticks).map_err(|_| {
            let most = f64::from(u16::MAX) * self.dt_ms;
            Problem::new(field, format!("{ms} ms: expected at most {most} ms, 65,535 ticks"))
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

    /// Reads an array and counts its bytes.
    fn array(&mut self, field: &str, file: &Path) -> Checked<Array> {
        let array = read_array(&self.folder.join(file), self.left())
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

    /// Numbers of a source, one each.
    fn values(&mut self, field: &str, values: &ValuesSpec, size: u32) -> Checked<Vec<f64>> {
        let values = match values {
            ValuesSpec::File(file) => self.list(field, file, size as usize, "one value per source")?,
            ValuesSpec::Values(values) if values.len() == size as usize => values.clone(),
            ValuesSpec::Values(values) => {
                return Err(Problem::new(field, format!("{} values: expected {size}, one per source", values.len())));
            }
        };
        for &value in &values {
            fraction(field, value)?;
        }
        Ok(values)
    }

    /// Where a name with an optional range leads.
    fn reference(&self, field: &str, text: &str) -> Checked<(Origin, Range<u32>)> {
        let (name, range) = match text.strip_suffix(']').and_then(|text| text.split_once('[')) {
            Some((name, range)) => (name.trim(), Some(range)),
            None => (text.trim(), None),
        };
        let Some(&(origin, size)) = self.origins.get(name) else {
            let known = self.origins.keys().copied();
            return Err(Problem::new(field, unknown("population or source", name, known)));
        };
        let Some(range) = range else { return Ok((origin, 0..size)) };
        let bound = |text: &str, default| match text.trim() {
            "" => Some(default),
            text => text.parse::<u32>().ok(),
        };
        let bounds = range.split_once("..").and_then(|(a, b)| Some(bound(a, 0)?..bound(b, size)?));
        match bounds {
            None => Err(Problem::new(field, format!("{}: expected a range as in `{name}[0..{size}]`", shown(range)))),
            Some(ids) if ids.end > size => {
                Err(Problem::new(field, format!("{} ends behind {size}, the size of {}", shown(range), shown(name))))
            }
            Some(ids) if ids.is_empty() => Err(Problem::new(field, format!("the range {} is empty", shown(range)))),
            Some(ids) => Ok((origin, ids)),
        }
    }

    fn population_reference(&self, field: &str, text: &str) -> Checked<(usize, Range<u32>)> {
        match self.reference(field, text)? {
            (Origin::Population(n), ids) => Ok((n, ids)),
            (Origin::Source(_), _) => {
                Err(Problem::new(field, format!("{} is a source: expected a population", shown(text))))
            }
        }
    }

    fn population(&mut self, n: usize) -> Checked<Population> {
        let PopulationSpec { name, size, neuron, receptors, initial } = &self.spec.populations[n];
        let place = format!("populations[{n}]");
        let model = model(neuron);
        let at = |field: &str| format!("{place}.neuron.{field}");
        if let Some(tau) = model.tau_m_ms {
            self.time_constant(&at("tau_m_ms"), tau, model.form)?;
        }
        finite(&at("v_rest_mv"), model.v_rest_mv)?;
        positive(&at("r_m_gohm"), model.r_m_gohm)?;
        finite(&at("bias_pa"), model.bias_pa)?;
        let form = match model.form {
            FormSpec::Exact => Form::Exact,
            FormSpec::Discrete { decay_input } => Form::Discrete { decay_input },
        };
        let leak = Leak {
            tau_ms: model.tau_m_ms,
            rest_mv: model.v_rest_mv,
            bias_mv: finite(&at("bias_pa"), model.bias_pa * model.r_m_gohm)?,
            dt_ms: self.dt_ms,
            form,
        };
        let (retention, drive) = leak.coefficients();
        finite(&at("bias_pa"), drive)?;
        let receptors = self.receptors(n, receptors, neuron, &model, &leak)?;
        let (threshold, reset, refractory, keep, strict) = match &model.fires {
            None => (Threshold::Never, Reset::To(model.v_rest_mv), 0, false, false),
            Some(fires) => {
                let adaptive_fields = match neuron {
                    NeuronSpec::Alif(_) => (at("v_th_mv"), at("jump_mv"), at("tau_threshold_ms")),
                    _ => (at("threshold.v_th_mv"), at("threshold.jump_mv"), at("threshold.tau_ms")),
                };
                let threshold =
                    self.threshold(&at("threshold"), &adaptive_fields, &fires.threshold, model.form, *size)?;
                let reset = match fires.reset {
                    None => Reset::To(model.v_rest_mv),
                    Some(ResetSpec::Soft) => Reset::Subtract,
                    Some(ResetSpec::Hard { v_reset_mv }) => Reset::To(finite(&at("reset.v_reset_mv"), *v_reset_mv)?),
                };
                if let (Reset::To(value), Threshold::Fixed(theta)) = (reset, &threshold)
                    && value >= *theta
                {
                    let field = if fires.reset.is_some() { at("reset.v_reset_mv") } else { at("reset") };
                    let message = format!("{value}: expected a membrane below the threshold, {theta} mV");
                    return Err(Problem::new(field, message));
                }
                let refractory = self.ticks(&at("refractory_ms"), fires.refractory_ms)?;
                let keep = fires.input == RefractoryInput::Keep;
                (threshold, reset, refractory, keep, fires.compare == Compare::Above)
            }
        };
        let initial_mv = self.initial(n, initial, *size, model.v_rest_mv)?;
        let neuron = Neuron { retention, drive, reset, refractory, keep_refractory_input: keep, strict, receptors };
        Ok(Population { name: name.clone(), size: *size, neuron, threshold, initial_mv })
    }

    fn receptors(
        &self,
        n: usize,
        receptors: &[ReceptorSpec],
        neuron: &NeuronSpec,
        model: &Model<'_>,
        leak: &Leak,
    ) -> Checked<Vec<Receptor>> {
        let place = format!("populations[{n}]");
        let r = model.r_m_gohm;
        let tau_syn = match neuron {
            NeuronSpec::CubaLif(n) => Some(n.tau_syn_ms),
            _ => None,
        };
        if receptors.is_empty() {
            let field = format!("{place}.neuron.tau_syn_ms");
            let receptor = match tau_syn {
                None => leak.delta(),
                Some(tau) => {
                    leak.exponential(self.time_constant(&field, tau.unwrap_or(DEFAULT_TAU_SYN_MS), model.form)?, r)
                }
            };
            check_receptor(&field, &receptor)?;
            return Ok(vec![receptor]);
        }
        if tau_syn.flatten().is_some() {
            let message = "the population names its receptors: expected time constants there and none here";
            return Err(Problem::new(format!("{place}.neuron.tau_syn_ms"), message));
        }
        let mut names = HashSet::new();
        let mut list = Vec::with_capacity(receptors.len());
        for (k, receptor) in receptors.iter().enumerate() {
            let at = |field: &str| format!("{place}.receptors[{k}].{field}");
            check_name(&at("name"), receptor.name())?;
            if !names.insert(receptor.name()) {
                return Err(Problem::new(at("name"), format!("{} stands there twice", shown(receptor.name()))));
            }
            let made = match receptor {
                ReceptorSpec::Delta { .. } => leak.delta(),
                ReceptorSpec::Exponential { tau_ms, .. } => {
                    leak.exponential(self.time_constant(&at("tau_ms"), *tau_ms, model.form)?, r)
                }
                ReceptorSpec::Alpha { tau_ms, .. } => {
                    if model.form != FormSpec::Exact {
                        let message =
                            "an alpha receptor: expected `form: Exact` of its neuron, it has no discrete form";
                        return Err(Problem::new(format!("{place}.receptors[{k}]"), message));
                    }
                    leak.alpha(positive(&at("tau_ms"), *tau_ms)?, r)
                }
            };
            check_receptor(&at("tau_ms"), &made)?;
            list.push(made);
        }
        let currents = list.iter().filter(|made| !matches!(made, Receptor::Delta { .. })).count();
        if currents > MOST_CURRENTS {
            let message = format!("{currents} exponential and alpha receptors: expected at most {MOST_CURRENTS}");
            return Err(Problem::new(format!("{place}.receptors"), message));
        }
        Ok(list)
    }

    fn threshold(
        &mut self,
        place: &str,
        adaptive: &(String, String, String),
        threshold: &ThresholdSpec,
        form: FormSpec,
        size: u32,
    ) -> Checked<Threshold> {
        match threshold {
            ThresholdSpec::Fixed { v_th_mv } => Ok(Threshold::Fixed(finite(&format!("{place}.v_th_mv"), *v_th_mv)?)),
            ThresholdSpec::Adaptive { v_th_mv, jump_mv, tau_ms } => {
                let tau = self.time_constant(&adaptive.2, *tau_ms, form)?;
                let retention = match form {
                    FormSpec::Exact => (-self.dt_ms / tau).exp(),
                    FormSpec::Discrete { .. } => 1.0 - self.dt_ms / tau,
                };
                Ok(Threshold::Adaptive {
                    base: finite(&adaptive.0, *v_th_mv)?,
                    jump: finite(&adaptive.1, *jump_mv)?,
                    retention,
                })
            }
            ThresholdSpec::Cue { file } => {
                let field = format!("{place}.file");
                let Array { shape, values } = self.array(&field, file)?;
                let width = shape.get(1).copied().unwrap_or(1);
                if width != 1 && width != size as usize {
                    let problem = format!(
                        "{}: shape {shape:?}: expected [ticks], [ticks, 1] or [ticks, {size}]",
                        shown(&file.to_string_lossy())
                    );
                    return Err(Problem::new(field, problem));
                }
                Ok(Threshold::Cue { values: values.into(), width })
            }
        }
    }

    fn initial(&mut self, n: usize, initial: &Option<InitialSpec>, size: u32, rest_mv: f64) -> Checked<Vec<f64>> {
        let at = |field: &str| format!("populations[{n}].initial.{field}");
        match initial {
            None => Ok(vec![rest_mv]),
            Some(InitialSpec::Constant { v_mv }) => Ok(vec![finite(&at("v_mv"), *v_mv)?]),
            Some(InitialSpec::Uniform { low_mv, high_mv, seed }) => {
                let (low, high) = (finite(&at("low_mv"), *low_mv)?, finite(&at("high_mv"), *high_mv)?);
                let width = finite(&at("high_mv"), high - low)?;
                if width < 0.0 {
                    return Err(Problem::new(at("high_mv"), format!("{high}: expected at least low_mv, {low}")));
                }
                let seed = self.derived_seed(*seed, &self.spec.populations[n].name, "initial");
                Ok((0..u64::from(size)).map(|j| low + width * unit(seed, j)).collect())
            }
            Some(InitialSpec::File { file }) => self.list(&at("file"), file, size as usize, "one value per neuron"),
        }
    }

    fn source(&mut self, n: usize) -> Checked<Source> {
        let SourceSpec { name, size, emits } = &self.spec.sources[n];
        let at = |field: &str| format!("sources[{n}].emits.{field}");
        let per_tick = self.dt_ms / 1000.0;
        let stride = |stride: Option<u64>| {
            let stride = stride.unwrap_or(DEFAULT_STRIDE);
            // The counter of the last source's last tick.
            match u64::from(*size - 1).checked_mul(stride).and_then(|s| s.checked_add(u64::from(Tick::MAX))) {
                Some(_) => Ok(stride),
                None => Err(Problem::new(
                    at("stride"),
                    format!("{stride}: expected counters below 2^64 for {size} sources"),
                )),
            }
        };
        let emits = match emits {
            EmitsSpec::Spikes { at_ms, at_ticks } => {
                let mut spikes = Vec::with_capacity(at_ms.len() + at_ticks.len());
                for (k, &(ms, id)) in at_ms.iter().enumerate() {
                    let field = at(&format!("at_ms[{k}]"));
                    spikes.push((self.ticks(&field, ms)?, check_id(&field, id, *size)?));
                }
                for (k, &(tick, id)) in at_ticks.iter().enumerate() {
                    spikes.push((tick, check_id(&at(&format!("at_ticks[{k}]")), id, *size)?));
                }
                spikes.sort_unstable();
                Emits::Spikes(spikes.into())
            }
            EmitsSpec::SpikeFile { file, population } => {
                let field = at("file");
                let read = read_spikes(&self.folder.join(file), self.dt_ms, self.left())
                    .map_err(|e| Problem::new(&field, one_line(&e.to_string())))?;
                self.charge(&field, 20 * read.spikes.len() as u64)?;
                let names = || read.populations.iter().map(|(name, _)| &name[..]);
                let chosen = match population {
                    Some(name) => names().position(|known| known == name).ok_or_else(|| {
                        Problem::new(at("population"), unknown("population of the file", name, names()))
                    })?,
                    None if read.populations.len() > 1 => {
                        let some: Vec<String> = names().take(8).map(shown).collect();
                        let message = format!("is missing: expected one of {}", some.join(", "));
                        return Err(Problem::new(at("population"), message));
                    }
                    None => 0,
                };
                let own = read.spikes.iter().filter(|spike| spike.1 as usize == chosen);
                let spikes = own.map(|&(tick, _, id)| Ok((tick, check_id(&field, id, *size)?)));
                Emits::Spikes(spikes.collect::<Checked<Vec<_>>>()?.into())
            }
            EmitsSpec::Regular { first_ms, period_ms } => {
                let first = self.ticks(&at("first_ms"), *first_ms)?;
                let period = self.ticks(&at("period_ms"), *period_ms)?;
                if period == 0 {
                    return Err(Problem::new(at("period_ms"), "0: expected at least one tick"));
                }
                Emits::Regular { first, period }
            }
            EmitsSpec::Bernoulli { probability, rate_hz, seed, stride: given } => {
                let probability = match (probability, rate_hz) {
                    (Some(p), None) => fraction(&at("probability"), *p)?,
                    (None, Some(rate)) => self.probability(&at("rate_hz"), *rate)?,
                    _ => {
                        let message = "expected either `probability` or `rate_hz`";
                        return Err(Problem::new(format!("sources[{n}].emits"), message));
                    }
                };
                let seed = self.derived_seed(*seed, name, "spikes");
                Emits::Bernoulli { probability: vec![probability].into(), seed, stride: stride(*given)? }
            }
            EmitsSpec::Poisson { rate_hz, seed, stride: given } => {
                let mean = not_negative(&at("rate_hz"), *rate_hz)? * per_tick;
                if mean.is_nan() || mean > MOST_POISSON_SPIKES {
                    let message = format!("{mean} spikes per tick: expected at most {MOST_POISSON_SPIKES}");
                    return Err(Problem::new(at("rate_hz"), message));
                }
                Emits::Poisson { mean, seed: self.derived_seed(*seed, name, "spikes"), stride: stride(*given)? }
            }
            EmitsSpec::Frames { file, frame_ms } => {
                let ticks_per_frame = self.ticks(&at("frame_ms"), *frame_ms)?;
                if ticks_per_frame == 0 {
                    return Err(Problem::new(at("frame_ms"), "0: expected at least one tick"));
                }
                let field = at("file");
                let Array { shape, values } = self.array(&field, file)?;
                if shape.get(1).copied().unwrap_or(1) != *size as usize {
                    let problem =
                        format!("{}: shape {shape:?}: expected [frames, {size}]", shown(&file.to_string_lossy()));
                    return Err(Problem::new(field, problem));
                }
                let values =
                    values.iter().map(|&v| weight(&field, v).map(|v| v as f32)).collect::<Checked<Vec<_>>>()?;
                Emits::Frames { values: values.into(), ticks_per_frame }
            }
            EmitsSpec::Rate { values, max_rate_hz, seed, stride: given } => {
                let most = self.probability(&at("max_rate_hz"), *max_rate_hz)?;
                let values = self.values(&at("values"), values, *size)?;
                let probability = values.into_iter().map(|value| value * most).collect::<Vec<_>>().into();
                Emits::Bernoulli {
                    probability,
                    seed: self.derived_seed(*seed, name, "spikes"),
                    stride: stride(*given)?,
                }
            }
            EmitsSpec::Latency { values, first_ms, window_ms } => {
                let first = self.ticks(&at("first_ms"), *first_ms)?;
                let window = self.ticks(&at("window_ms"), *window_ms)?;
                if first.checked_add(window).is_none_or(|last| last == Tick::MAX) {
                    return Err(Problem::new(at("window_ms"), "ends behind the last tick, 2^32 - 2"));
                }
                let values = self.values(&at("values"), values, *size)?;
                let mut spikes: Vec<(Tick, u32)> = (0..)
                    .zip(values)
                    .filter(|&(_, value)| value > 0.0)
                    .map(|(id, value)| (first + ((1.0 - value) * f64::from(window)).round() as Tick, id))
                    .collect();
                spikes.sort_unstable();
                Emits::Spikes(spikes.into())
            }
        };
        Ok(Source { name: name.clone(), size: *size, emits })
    }

    /// rate dt, which must be a probability.
    fn probability(&self, field: &str, rate_hz: f64) -> Checked<f64> {
        let probability = not_negative(field, rate_hz)? * (self.dt_ms / 1000.0);
        match probability <= 1.0 {
            true => Ok(probability),
            false => Err(Problem::new(
                field,
                format!("{rate_hz}: expected at most {} Hz, one per tick", 1000.0 / self.dt_ms),
            )),
        }
    }

    /// Names and ranges of a projection, and its memory if that does not lie in a file.
    fn ends(&mut self, n: usize) -> Checked<Ends<'a>> {
        let spec = self.spec;
        let projection = &spec.projections[n];
        let at = |field: &str| format!("projections[{n}].{field}");
        let (from, from_ids) = self.reference(&at("from"), &projection.from)?;
        let (to, to_ids) = self.population_reference(&at("to"), &projection.to)?;
        let name = match &projection.name {
            Some(name) => {
                check_name(&at("name"), name)?;
                name.into()
            }
            None => format!("{} -> {}", projection.from, projection.to).into(),
        };
        let (sources, targets) = (u64::from(from_ids.end - from_ids.start), u64::from(to_ids.end - to_ids.start));
        let rule = at("rule");
        let edges = match &projection.rule {
            RuleSpec::AllToAll { .. } => sources * targets,
            RuleSpec::OneToOne if sources != targets => {
                let message = format!("one to one: {sources} sources and {targets} targets: expected as many");
                return Err(Problem::new(rule, message));
            }
            RuleSpec::OneToOne => targets,
            RuleSpec::FixedProbability { probability, .. } => {
                let p = fraction(&at("rule.probability"), *probability)?;
                let pairs = sources * targets;
                if pairs > MOST_PAIRS {
                    let message = format!(
                        "{pairs} pairs to draw: expected at most {MOST_PAIRS}; a fixed degree draws edges only"
                    );
                    return Err(Problem::new(rule, message));
                }
                (p * pairs as f64).ceil() as u64
            }
            RuleSpec::FixedInDegree { degree, stride, offset, .. } => {
                self.degree(&rule, *degree, *stride, *offset, to_ids.end)?;
                targets.saturating_mul(u64::from(*degree))
            }
            RuleSpec::FixedOutDegree { degree, stride, offset, .. } => {
                self.degree(&rule, *degree, *stride, *offset, from_ids.end)?;
                sources.saturating_mul(u64::from(*degree))
            }
            RuleSpec::List(edges) => edges.len() as u64,
            // Counted when they are read.
            RuleSpec::ListFile(_) | RuleSpec::Matrix { .. } => 0,
        };
        self.charge(&rule, edges.saturating_mul(BYTES_PER_SYNAPSE))?;
        Ok(Ends { name, from, from_ids, to, to_ids })
    }

    /// Checks the counters of a degree and returns their stride.
    fn degree(&self, rule: &str, degree: u32, stride: Option<u64>, offset: u64, ids: u32) -> Checked<u64> {
        if degree == 0 {
            return Err(Problem::new(format!("{rule}.degree"), "0: expected at least 1"));
        }
        let overflow = || Problem::new(format!("{rule}.stride"), "expected counters below 2^64");
        let own = offset.checked_add(u64::from(degree)).ok_or_else(overflow)?;
        let stride = stride.unwrap_or(own);
        let last = u64::from(ids).checked_mul(stride).and_then(|n| n.checked_add(own));
        last.map(|_| stride).ok_or_else(overflow)
    }

    fn projection(&mut self, n: usize, ends: Ends<'a>, network: &Network) -> Checked<Projection> {
        let spec = self.spec;
        let projection = &spec.projections[n];
        let at = |field: &str| format!("projections[{n}].{field}");
        let Ends { name, from, from_ids, to, to_ids } = ends;
        if !self.projection_names.insert(name.to_string()) {
            let field = if projection.name.is_some() { at("name") } else { format!("projections[{n}]") };
            let message = format!("{} names a projection already: give each its own `name`", shown(&name));
            return Err(Problem::new(field, message));
        }
        let receptor = self.receptor(&at("receptor"), &projection.receptor, to)?;
        let seeds = |given: Option<u64>, stream| self.derived_seed(given, &name, stream);
        let mut file_weights = None;
        let rule = match &projection.rule {
            RuleSpec::AllToAll { self_connections } => Rule::AllToAll { self_connections: *self_connections },
            RuleSpec::OneToOne => Rule::OneToOne,
            RuleSpec::FixedProbability { probability, seed } => {
                Rule::FixedProbability { probability: *probability, seed: seeds(*seed, "edges") }
            }
            RuleSpec::FixedInDegree { degree, seed, stride, offset } => Rule::FixedInDegree {
                degree: *degree,
                seed: seeds(*seed, "edges"),
                stride: stride.unwrap_or(offset + u64::from(*degree)),
                offset: *offset,
            },
            RuleSpec::FixedOutDegree { degree, seed, stride, offset } => Rule::FixedOutDegree {
                degree: *degree,
                seed: seeds(*seed, "edges"),
                stride: stride.unwrap_or(offset + u64::from(*degree)),
                offset: *offset,
            },
            RuleSpec::List(edges) => {
                check_edges(&at("rule"), edges, &from_ids, &to_ids)?;
                Rule::List(edges.as_slice().into())
            }
            RuleSpec::ListFile(file) => {
                let (edges, weights) = read_edges(&self.folder.join(file), self.left())
                    .map_err(|e| Problem::new(at("rule"), one_line(&e.to_string())))?;
                self.charge(&at("rule"), (edges.len() as u64).saturating_mul(BYTES_PER_SYNAPSE + 12))?;
                check_edges(&at("rule"), &edges, &from_ids, &to_ids)?;
                file_weights = weights;
                Rule::List(edges.into())
            }
            RuleSpec::Matrix { file } => {
                let field = at("rule.file");
                let Array { shape, values } = self.array(&field, file)?;
                let (rows, columns) = (to_ids.len(), from_ids.len());
                // A list is a row or a column.
                let fits = values.len() == rows * columns && (shape == [rows, columns] || rows == 1 || columns == 1);
                if !fits {
                    let problem = format!(
                        "{}: shape {shape:?}: expected [{rows}, {columns}], targets and sources",
                        shown(&file.to_string_lossy())
                    );
                    return Err(Problem::new(field, problem));
                }
                self.charge(&field, (values.len() as u64).saturating_mul(BYTES_PER_SYNAPSE + 4))?;
                let values =
                    values.iter().map(|&v| weight(&field, v).map(|v| v as f32)).collect::<Checked<Vec<_>>>()?;
                Rule::Matrix(values.into())
            }
        };
        let mut made = Projection {
            from,
            from_ids,
            to,
            to_ids,
            receptor,
            rule,
            weights: Weights::Constant(1.0),
            delays: Delays::Constant(1),
        };
        let counters = counters(&made, network);
        made.weights = match (&projection.weight, file_weights) {
            (None, Some(weights)) => Weights::Each(weights.into()),
            (None, None) if matches!(made.rule, Rule::Matrix(_)) => Weights::Constant(1.0),
            (None, None) => {
                return Err(Problem::new(format!("projections[{n}]"), "has no `weight`, and its rule brings none"));
            }
            (Some(WeightSpec::Constant(factor)), Some(weights)) => {
                let field = at("weight");
                let scale = |&w: &f32| weight(&field, f64::from(w) * factor).map(|w| w as f32);
                Weights::Each(weights.iter().map(scale).collect::<Checked<Vec<_>>>()?.into())
            }
            (Some(_), Some(_)) => {
                return Err(Problem::new(
                    at("weight"),
                    "the file has weights: expected a constant that multiplies them, or nothing",
                ));
            }
            (Some(spec), None) => self.weights(&at("weight"), spec, &name, &made, counters)?,
        };
        if let Some(spec) = &projection.delay_ms {
            made.delays = self.delays(&at("delay_ms"), spec, &name, &made, counters)?;
        }
        Ok(made)
    }

    fn receptor(&self, field: &str, name: &Option<String>, to: usize) -> Checked<usize> {
        let receptors = &self.spec.populations[to].receptors;
        let names: Vec<&str> =
            if receptors.is_empty() { vec!["input"] } else { receptors.iter().map(ReceptorSpec::name).collect() };
        match name {
            Some(name) => names
                .iter()
                .position(|known| known == name)
                .ok_or_else(|| Problem::new(field, unknown("receptor", name, names.iter().copied()))),
            None if names.len() == 1 => Ok(0),
            None => {
                let names: Vec<String> = names.iter().take(8).map(|name| shown(name)).collect();
                Err(Problem::new(field, format!("is missing: expected one of {}", names.join(", "))))
            }
        }
    }

    fn weights(
        &mut self,
        place: &str,
        spec: &WeightSpec,
        name: &str,
        made: &Projection,
        counters: Option<u64>,
    ) -> Checked<Weights> {
        let at = |field: &str| format!("{place}.{field}");
        Ok(match spec {
            WeightSpec::Constant(value) => Weights::Constant(weight(place, *value)?),
            WeightSpec::Uniform { low, high, seed, first } => {
                let (low, high) = (weight(&at("low"), *low)?, weight(&at("high"), *high)?);
                if high < low {
                    return Err(Problem::new(at("high"), format!("{high}: expected at least low, {low}")));
                }
                check_counters(&at("first"), counters, *first, 1)?;
                Weights::Uniform { low, high, seed: self.derived_seed(*seed, name, "weights"), first: *first }
            }
            WeightSpec::Normal { mean, sd, seed, first } => {
                let (mean, sd) = (weight(&at("mean"), *mean)?, not_negative(&at("sd"), *sd)?);
                // Box-Muller stays below 9 standard deviations.
                weight(&at("sd"), mean.abs() + 9.0 * sd)?;
                check_counters(&at("first"), counters, *first, 2)?;
                Weights::Normal { mean, sd, seed: self.derived_seed(*seed, name, "weights"), first: *first }
            }
            WeightSpec::Values(values) => {
                Weights::Each(each(place, made, values.clone(), weight)?.into_iter().map(|w| w as f32).collect())
            }
            WeightSpec::File(file) => {
                let values = self.array(place, file)?.values;
                Weights::Each(each(place, made, values, weight)?.into_iter().map(|w| w as f32).collect())
            }
        })
    }

    fn delays(
        &mut self,
        place: &str,
        spec: &DelaySpec,
        name: &str,
        made: &Projection,
        counters: Option<u64>,
    ) -> Checked<Delays> {
        let at = |field: &str| format!("{place}.{field}");
        Ok(match spec {
            DelaySpec::Constant(ms) => Delays::Constant(self.delay(place, *ms)?),
            DelaySpec::Uniform { low, high, seed, first } => {
                let (low, high) = (self.delay(&at("low"), *low)?, self.delay(&at("high"), *high)?);
                if high < low {
                    return Err(Problem::new(at("high"), format!("{high} ticks: expected at least low, {low} ticks")));
                }
                check_counters(&at("first"), counters, *first, 1)?;
                Delays::Uniform { low, high, seed: self.derived_seed(*seed, name, "delays"), first: *first }
            }
            DelaySpec::Values(_) | DelaySpec::File(_) => {
                let values = match spec {
                    DelaySpec::File(file) => self.array(place, file)?.values,
                    DelaySpec::Values(values) => values.clone(),
                    _ => Vec::new(),
                };
                // Padding in front of a one-to-one range is no delay of any edge, but must not be 0 either.
                let ticks = each(place, made, values, |field, ms| self.delay(field, ms))?;
                Delays::Each(ticks.into())
            }
        })
    }

    fn record(&mut self) -> Checked<Record> {
        let spec = self.spec;
        let record = &spec.record;
        let spikes = match &record.spikes {
            None => (0..).zip(&self.spec.populations).map(|(n, p)| (n, 0..p.size)).collect(),
            Some(list) => list
                .iter()
                .enumerate()
                .map(|(k, text)| self.population_reference(&format!("record.spikes[{k}]"), text))
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
                self.charge(&field, BYTES_PER_SOURCE * u64::from(ids.end - ids.start))?;
                probes.push(Probe { variable, population, neurons: ids.collect() });
            }
        }
        Ok(Record { spikes, probes })
    }
}

/// The number of counters that a rule uses, if they fit.
fn counters(projection: &Projection, network: &Network) -> Option<u64> {
    let size = u64::from(network.populations[projection.to].size);
    let (sources, targets) = (u64::from(projection.from_ids.end), u64::from(projection.to_ids.end));
    match &projection.rule {
        Rule::AllToAll { .. } | Rule::FixedProbability { .. } => sources.checked_mul(size),
        Rule::OneToOne => Some(sources),
        Rule::FixedInDegree { degree, stride, offset, .. } => {
            targets.checked_mul(*stride)?.checked_add(*offset)?.checked_add(u64::from(*degree))
        }
        Rule::FixedOutDegree { degree, stride, offset, .. } => {
            sources.checked_mul(*stride)?.checked_add(*offset)?.checked_add(u64::from(*degree))
        }
        Rule::List(edges) => Some(edges.len() as u64),
        Rule::Matrix(weights) => Some(weights.len() as u64),
    }
}

/// Refuses a `first` behind which the counters would wrap.
fn check_counters(field: &str, counters: Option<u64>, first: u64, each: u64) -> Checked<()> {
    let last = counters.and_then(|n| n.checked_add(first)).and_then(|n| n.checked_mul(each));
    last.map(|_| ()).ok_or_else(|| Problem::new(field, format!("{first}: expected counters below 2^64")))
}

/// One value per edge, by counter; values of a one-to-one range start at the range's first source.
fn each<T: Clone>(
    field: &str,
    made: &Projection,
    values: Vec<f64>,
    mut f: impl FnMut(&str, f64) -> Checked<T>,
) -> Checked<Vec<T>> {
    let skipped = match &made.rule {
        Rule::OneToOne => made.from_ids.start as usize,
        Rule::List(_) => 0,
        _ => {
            let message = "one value per edge: expected the rule one to one or a list; a matrix has its own weights";
            return Err(Problem::new(field, message));
        }
    };
    let edges = made.edges().at_least_about();
    if values.len() as u64 != edges {
        return Err(Problem::new(field, format!("{} values: expected {edges}, one per edge", values.len())));
    }
    let made = values.into_iter().map(|value| f(field, value)).collect::<Checked<Vec<T>>>()?;
    let padding = made.first().cloned().into_iter().cycle().take(skipped);
    Ok(padding.chain(made.iter().cloned()).collect())
}

fn check_name(field: &str, name: &str) -> Checked<()> {
    const LONGEST: usize = 100;
    let problem = if name.trim().is_empty() {
        "is empty"
    } else if name.trim() != name || name.chars().any(|c| c.is_control() || c == '[' || c == ']') {
        "has brackets, line breaks or blanks at an end"
    } else if name.chars().count() > LONGEST {
        "has more than 100 characters"
    } else {
        return Ok(());
    };
    Err(Problem::new(field, format!("{} {problem}: expected a name", shown(name))))
}

fn check_id(field: &str, id: u32, size: u32) -> Checked<u32> {
    match id < size {
        true => Ok(id),
        false => Err(Problem::new(field, format!("id {id}: expected less than {size}, the size of the source"))),
    }
}

fn check_edges(field: &str, edges: &[(u32, u32)], from: &Range<u32>, to: &Range<u32>) -> Checked<()> {
    if edges.is_empty() {
        return Err(Problem::new(field, "has no edges: expected at least one"));
    }
    match edges.iter().position(|(i, j)| !from.contains(i) || !to.contains(j)) {
        None => Ok(()),
        Some(k) => {
            let message = format!(
                "edge {k}, counted from 0, {:?}: expected a source of {from:?} and a target of {to:?}",
                edges[k]
            );
            Err(Problem::new(field, message))
        }
    }
}

/// Coefficients that are not finite come from time constants at the ends of what a float can hold.
fn check_receptor(field: &str, receptor: &Receptor) -> Checked<()> {
    let coefficients = match *receptor {
        Receptor::Delta { gain } => [gain; 5],
        Receptor::Exponential { retention, into_membrane, gain, gain_now } => {
            [retention, into_membrane, gain, gain_now, 0.0]
        }
        Receptor::Alpha { retention, rise, into_membrane, rise_into_membrane, gain } => {
            [retention, rise, into_membrane, rise_into_membrane, gain]
        }
    };
    match coefficients.iter().all(|c| c.is_finite()) {
        true => Ok(()),
        false => Err(Problem::new(field, "expected time constants whose coefficients are finite numbers")),
    }
}

/// A message about an unknown name, with the nearest of the known ones.
fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let nearest = known.map(|known| (distance(name, known), known)).min();
    let advice = nearest.map_or(String::new(), |(_, known)| format!("; the nearest name is {}", shown(known)));
    format!("no {what} is called {}{advice}", shown(name))
}

/// Insertions, deletions and replacements between the first characters of two names.
fn distance(a: &str, b: &str) -> usize {
    const MOST: usize = 100;
    let b: Vec<char> = b.chars().take(MOST).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(MOST).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for j in 0..b.len() {
            let replaced = diagonal + usize::from(x != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
