//! Networks made in code: a [`NetworkBuilder`] fills a [`NetworkSpec`], whose defaults are those of
//! the network file, and compiles it. [Example](super#example).

use super::checked::Network;
use super::compile::{Compiled, Settings, compile};
use super::problem::Problem;
use super::spec::*;
use super::time::Ms;
use crate::base::fnv::fnv1a;
use crate::error::{Error, Result};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Builders made so far.
static BUILDERS: AtomicU64 = AtomicU64::new(0);

/// A network that is being made.
#[derive(Debug, Clone)]
pub struct NetworkBuilder {
    spec: NetworkSpec,
    folder: PathBuf,
    /// The first thing that cannot be said in a network file.
    fault: Option<Problem>,
    /// Number of the builder among all of the process, by which it knows its own references.
    id: u64,
}

/// A population of a [`NetworkBuilder`], or a range of its neurons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PopulationRef {
    builder: u64,
    index: usize,
    /// Hash of the name, by which a recording knows the reference; a name itself cannot be copied.
    name: u64,
    ids: Option<(u32, u32)>,
}

/// A source of a [`NetworkBuilder`], or a range of its elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceRef {
    builder: u64,
    index: usize,
    /// Hash of the name, by which a recording knows the reference; a name itself cannot be copied.
    name: u64,
    ids: Option<(u32, u32)>,
}

/// A population or source of a [`NetworkBuilder`], or a range of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OriginRef {
    /// Neurons.
    Population(PopulationRef),
    /// Elements of a source.
    Source(SourceRef),
}

impl PopulationRef {
    /// Only these neurons, counted in the whole population.
    #[must_use]
    pub fn ids(self, ids: Range<u32>) -> Self {
        PopulationRef { ids: Some((ids.start, ids.end)), ..self }
    }
}

impl SourceRef {
    /// Only these elements, counted in the whole source.
    #[must_use]
    pub fn ids(self, ids: Range<u32>) -> Self {
        SourceRef { ids: Some((ids.start, ids.end)), ..self }
    }
}

impl OriginRef {
    /// Whether the reference is to what has this name.
    pub(crate) fn is_to(self, name: &str) -> bool {
        let hash = match self {
            OriginRef::Population(population) => population.name,
            OriginRef::Source(source) => source.name,
        };
        hash == fnv1a(name.bytes())
    }

    /// The range, if the reference is to no more.
    pub(crate) fn range(self) -> Option<Range<u32>> {
        let ids = match self {
            OriginRef::Population(population) => population.ids,
            OriginRef::Source(source) => source.ids,
        };
        ids.map(|(start, end)| start..end)
    }
}

impl From<PopulationRef> for OriginRef {
    fn from(population: PopulationRef) -> Self {
        OriginRef::Population(population)
    }
}

impl From<SourceRef> for OriginRef {
    fn from(source: SourceRef) -> Self {
        OriginRef::Source(source)
    }
}

impl NetworkBuilder {
    /// A network without populations, in ticks of `dt`. Its run's seed is 0.
    pub fn new(dt: Ms) -> NetworkBuilder {
        let id = BUILDERS.fetch_add(1, Ordering::Relaxed);
        NetworkBuilder { spec: NetworkSpec::new(dt.0), folder: PathBuf::new(), fault: None, id }
    }

    /// The run's seed, for whatever is drawn and has none of its own.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.spec.seed = seed;
        self
    }

    /// A name for titles.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.spec.name = name.into();
        self
    }

    /// How long a run lasts unless the caller says otherwise.
    #[must_use]
    pub fn duration(mut self, duration: Ms) -> Self {
        self.spec.duration_ms = Some(duration.0);
        self
    }

    /// The folder that names of files are relative to; default: the current one.
    #[must_use]
    pub fn files_in(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }

    /// Adds neurons of one model. Names are unique among populations and sources.
    pub fn population(&mut self, name: impl Into<String>, size: u32, neuron: impl Into<NeuronSpec>) -> PopulationRef {
        let (name, neuron) = (name.into(), neuron.into());
        let reference = PopulationRef {
            builder: self.id,
            index: self.spec.populations.len(),
            name: fnv1a(name.bytes()),
            ids: None,
        };
        self.spec.populations.push(PopulationSpec {
            name,
            size,
            neuron,
            receptors: Vec::new(),
            initial: None,
            each: None,
        });
        reference
    }

    /// Adds a receptor to a population. Without any it has one: exponential for [`CubaLif`], else
    /// delta.
    pub fn receptor(&mut self, population: PopulationRef, receptor: ReceptorSpec) {
        if let Some(population) = self.whole(population) {
            population.receptors.push(receptor);
        }
    }

    /// Sets a population's membranes before the first tick; default: the resting membrane.
    pub fn initial(&mut self, population: PopulationRef, initial: InitialSpec) {
        if let Some(population) = self.whole(population) {
            population.initial = Some(initial);
        }
    }

    /// Sets parameters that differ from neuron to neuron.
    pub fn each(&mut self, population: PopulationRef, each: EachSpec) {
        if let Some(population) = self.whole(population) {
            population.each = Some(each);
        }
    }

    /// Adds elements that emit spikes or values.
    pub fn source(&mut self, name: impl Into<String>, size: u32, emits: impl Into<EmitsSpec>) -> SourceRef {
        let name = name.into();
        let reference =
            SourceRef { builder: self.id, index: self.spec.sources.len(), name: fnv1a(name.bytes()), ids: None };
        self.spec.sources.push(SourceSpec { name, size, emits: emits.into() });
        reference
    }

    /// Begins a connection from neurons or elements to neurons; a method of the result adds it.
    pub fn connect(&mut self, from: impl Into<OriginRef>, to: PopulationRef) -> Ends<'_> {
        let (from, to) = (self.text(from.into()), self.text(to.into()));
        Ends { spec: &mut self.spec, from, to }
    }

    /// Records spikes, of sources too; without a call: those of all populations.
    pub fn record_spikes(&mut self, of: impl Into<OriginRef>) {
        let name = self.text(of.into());
        self.spec.record.spikes.get_or_insert_default().push(name);
    }

    /// Records no spikes.
    pub fn record_no_spikes(&mut self) {
        self.spec.record.spikes = Some(Vec::new());
    }

    /// Records membranes at each tick.
    pub fn record_membrane(&mut self, of: PopulationRef) {
        let name = self.text(of.into());
        self.spec.record.membrane.push(name);
    }

    /// Records thresholds at each tick.
    pub fn record_threshold(&mut self, of: PopulationRef) {
        let name = self.text(of.into());
        self.spec.record.threshold.push(name);
    }

    /// Records sums of the synaptic currents at each tick.
    pub fn record_current(&mut self, of: PopulationRef) {
        let name = self.text(of.into());
        self.spec.record.current.push(name);
    }

    /// What a network file of this network says.
    ///
    /// # Errors
    /// If a population or source of another builder was named, or receptors, initial membranes or
    /// parameters of each neuron were given to a range of neurons.
    pub fn spec(&self) -> Result<&NetworkSpec> {
        match &self.fault {
            None => Ok(&self.spec),
            Some(fault) => Err(fault.clone().into()),
        }
    }

    /// Checks and completes the network, with what is recorded and how long it runs.
    ///
    /// # Errors
    /// With the name of the population, source or connection that cannot be, and its field.
    pub fn compile(&self) -> Result<Compiled> {
        let spec = self.spec()?;
        let folder = if self.folder.as_os_str().is_empty() { Path::new(".") } else { &self.folder };
        let settings = Settings { files_anywhere: true, ..Settings::default() };
        compile(spec, folder, &settings).map_err(|problem| named(spec, problem))
    }

    /// Checks and completes the network. What is to be recorded and how long is part of
    /// [`NetworkBuilder::compile`], not of a network.
    ///
    /// # Errors
    /// As [`NetworkBuilder::compile`].
    pub fn build(&self) -> Result<Network> {
        Ok(self.compile()?.network)
    }

    /// The population, if the reference is to all of one.
    fn whole(&mut self, population: PopulationRef) -> Option<&mut PopulationSpec> {
        if population.ids.is_some() {
            let name = self.text(population.into());
            let fault = Problem::new(
                name,
                "is a range: receptors, initial membranes and parameters of each are given to all neurons",
            );
            self.fault.get_or_insert(fault);
            return None;
        }
        let own = population.builder == self.id;
        let found = self.spec.populations.get_mut(population.index).filter(|_| own);
        if found.is_none() {
            self.fault.get_or_insert(stranger());
        }
        found
    }

    /// A population, source or range as a network file names it.
    fn text(&mut self, origin: OriginRef) -> String {
        let (name, ids) = match origin {
            OriginRef::Population(p) => {
                let found = self.spec.populations.get(p.index).filter(|_| p.builder == self.id);
                (found.map(|found| &found.name), p.ids)
            }
            OriginRef::Source(s) => {
                let found = self.spec.sources.get(s.index).filter(|_| s.builder == self.id);
                (found.map(|found| &found.name), s.ids)
            }
        };
        match (name, ids) {
            (Some(name), None) => name.clone(),
            (Some(name), Some((start, end))) => format!("{name}[{start}..{end}]"),
            (None, _) => {
                self.fault.get_or_insert(stranger());
                String::new()
            }
        }
    }
}

fn stranger() -> Problem {
    Problem::new("network", "names a population or source of another builder: expected those of its own")
}

/// The ends of a connection that still needs a rule.
#[derive(Debug)]
#[must_use = "a connection is added by its rule, as `.all_to_all()`"]
pub struct Ends<'a> {
    spec: &'a mut NetworkSpec,
    from: String,
    to: String,
}

impl<'a> Ends<'a> {
    /// Connects by any rule, as `AllToAll::default().allow_autapses(false)` or [`RuleSpec::List`].
    pub fn rule(self, rule: impl Into<RuleSpec>) -> Connection<'a> {
        let Ends { spec, from, to } = self;
        let (rule, at) = (rule.into(), spec.projections.len());
        spec.projections.push(ProjectionSpec {
            name: None,
            from,
            to,
            receptor: None,
            rule,
            weight: None,
            delay_ms: None,
            precision: None,
        });
        Connection { projection: &mut spec.projections[at] }
    }

    /// Connects every pair.
    pub fn all_to_all(self) -> Connection<'a> {
        self.rule(AllToAll::default())
    }

    /// Connects the k-th to the k-th.
    pub fn one_to_one(self) -> Connection<'a> {
        self.rule(RuleSpec::OneToOne)
    }

    /// Connects each pair with the same probability.
    pub fn fixed_probability(self, probability: impl Into<f64>) -> Connection<'a> {
        self.rule(FixedProbability::new(probability))
    }

    /// Draws so many sources for each target.
    pub fn fixed_in_degree(self, degree: u32) -> Connection<'a> {
        self.rule(FixedInDegree::new(degree))
    }

    /// Draws so many targets for each source.
    pub fn fixed_out_degree(self, degree: u32) -> Connection<'a> {
        self.rule(FixedOutDegree::new(degree))
    }
}

/// A connection of a [`NetworkBuilder`].
#[derive(Debug)]
pub struct Connection<'a> {
    projection: &'a mut ProjectionSpec,
}

impl Connection<'_> {
    /// Weights in the unit of the receptor, mV or pA: a number, [`Uniform`], [`Normal`] or any
    /// [`WeightSpec`].
    pub fn weight(self, weight: impl Into<WeightSpec>) -> Self {
        self.projection.weight = Some(weight.into());
        self
    }

    /// Delays in ms: a number, [`Uniform`] or any [`DelaySpec`]; default: one tick.
    pub fn delay_ms(self, delay: impl Into<DelaySpec>) -> Self {
        self.projection.delay_ms = Some(delay.into());
        self
    }

    /// Weights in few bits; default: as they are.
    pub fn precision(self, precision: PrecisionSpec) -> Self {
        self.projection.precision = Some(precision);
        self
    }

    /// The receptor of the target where the connection ends; default: its only one.
    pub fn receptor(self, name: impl Into<String>) -> Self {
        self.projection.receptor = Some(name.into());
        self
    }

    /// A name of its own, from which seeds follow; default: `FROM -> TO`.
    pub fn name(self, name: impl Into<String>) -> Self {
        self.projection.name = Some(name.into());
        self
    }
}

/// An error that names a population, source or connection in place of counting it.
fn named(spec: &NetworkSpec, problem: Problem) -> Error {
    let Problem { field, message } = problem;
    let named = field.split_once('[').and_then(|(list, rest)| {
        let (index, rest) = rest.split_once(']')?;
        let index: usize = index.parse().ok()?;
        let name = match list {
            "populations" => format!("population '{}'", spec.populations.get(index)?.name),
            "sources" => format!("source '{}'", spec.sources.get(index)?.name),
            "projections" => {
                let projection = spec.projections.get(index)?;
                let ends = || format!("{} -> {}", projection.from, projection.to);
                format!("connection '{}'", projection.name.clone().unwrap_or_else(ends))
            }
            _ => return None,
        };
        let inner = rest.trim_start_matches('.');
        Some(if inner.is_empty() { name } else { format!("{name}: {inner}") })
    });
    Error::value(named.unwrap_or(field), message)
}
