//! Networks of point neurons in the SONATA format (Dai et al., PLoS Comput. Biol. 16:e1007696, 2020), as NEST runs them.
//!
//! Read are: `simulation_config.json` (`run`, `network`, `inputs` of spikes) and the circuit that it names, with manifest variables; nodes and
//! edges (HDF5) with their types (CSV) and `dynamics_params` (JSON); input spikes. Neurons are NEST's `iaf_psc_alpha`, synapses its
//! `static_synapse`; anything else is refused by name. `conditions`, `reports` and `output` are not used, as in NEST.
//!
//! # What NEST does
//! - A parameter that no file gives has NEST's default; in particular the membrane starts at -70 mV (`V_m`), the synaptic time
//!   constants are 2 ms and an edge without delay has 1 ms, without weight 1 pA.
//! - Currents have R = `tau_m` / `C_m` GOhm. Positive weights reach the current with `tau_syn_ex`, negative ones that with `tau_syn_in`.
//! - A step is the tick of [`crate::neuron::linear`]: membrane, currents, arrivals, threshold `V >= V_th`.
//! - NEST labels what happens in a step with its end: tick t is NEST's time (t + 1) dt.
//! - Input times are rounded to 1 us, then up to the end of a step.

use crate::error::{Error, Result};
use crate::event::Tick;
use crate::files::read_json;
use crate::h5::H5;
use crate::network::{Delays, Emits, Network, Origin, Population, Projection, Rule, Source, Threshold, Weights};
use crate::neuron::linear::{Form, Leak, Neuron, Reset};
use crate::recording::{Recorded, SpikeRecording, read_raw};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A network with what its configuration says about the run.
#[derive(Debug, Clone)]
pub struct Simulation {
    /// One population per type of nodes, one source per population of virtual nodes.
    pub network: Network,
    /// Length of the run.
    pub ticks: Tick,
    /// What the neurons of each population of the network are in the files.
    pub nodes: Vec<Nodes>,
}

/// Nodes that became one population.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nodes {
    /// Their population in the files.
    pub population: String,
    /// The node of each neuron, ascending.
    pub ids: Vec<u32>,
}

impl Simulation {
    /// The same spikes with populations and node ids of the files.
    pub fn by_node(&self, recording: &SpikeRecording) -> SpikeRecording {
        let mut populations: Vec<(String, u32)> = Vec::new();
        let mut place = |nodes: &Nodes| {
            let known = populations.iter().position(|(name, _)| *name == nodes.population);
            let index = known.unwrap_or_else(|| {
                populations.push((nodes.population.clone(), 0));
                populations.len() - 1
            });
            populations[index].1 += nodes.ids.len() as u32;
            index as u32
        };
        let mut places: Vec<u32> = self.nodes.iter().map(&mut place).collect();
        // Behind the populations stand sources, whose ids are their own.
        for source in recording.populations.iter().skip(self.nodes.len()) {
            places.push(populations.len() as u32);
            populations.push(source.clone());
        }
        let node = |p: usize, neuron: u32| self.nodes.get(p).map_or(neuron, |nodes| nodes.ids[neuron as usize]);
        let spikes = recording.spikes.iter();
        let mut spikes: Vec<_> =
            spikes.map(|&(t, p, neuron)| (t, places[p as usize], node(p as usize, neuron))).collect();
        spikes.sort_unstable();
        let recorded = match &recording.recorded {
            Recorded::All => Recorded::All,
            Recorded::Only(some) => {
                let each = some.iter().flat_map(|(p, ids)| ids.clone().map(|neuron| (*p, node(*p, neuron))));
                Recorded::new(each.map(|(p, id)| (places[p] as usize, id..id + 1)).collect(), &populations)
            }
        };
        SpikeRecording { dt_ms: recording.dt_ms, ticks: recording.ticks, populations, recorded, spikes }
    }
}

#[derive(Deserialize)]
struct SimulationConfig {
    #[serde(default)]
    manifest: BTreeMap<String, String>,
    run: Run,
    network: String,
    #[serde(default)]
    inputs: BTreeMap<String, Input>,
}

#[derive(Deserialize)]
struct Run {
    tstop: f64,
    dt: f64,
}

#[derive(Deserialize)]
struct Input {
    input_type: String,
    input_file: String,
    node_set: NodeSet,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum NodeSet {
    Name(String),
    Population { population: String },
}

#[derive(Deserialize)]
struct CircuitConfig {
    #[serde(default)]
    manifest: BTreeMap<String, String>,
    #[serde(default)]
    components: BTreeMap<String, String>,
    networks: Networks,
}

#[derive(Deserialize)]
struct Networks {
    nodes: Vec<NodeFiles>,
    edges: Vec<EdgeFiles>,
}

#[derive(Deserialize)]
struct NodeFiles {
    nodes_file: String,
    node_types_file: String,
}

#[derive(Deserialize)]
struct EdgeFiles {
    edges_file: String,
    edge_types_file: Option<String>,
    #[serde(default = "yes")]
    enabled: bool,
}

fn yes() -> bool {
    true
}

/// Parameters of `iaf_psc_alpha` with NEST's defaults.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct IafPscAlpha {
    #[serde(rename = "C_m")]
    c_m: f64,
    tau_m: f64,
    t_ref: f64,
    #[serde(rename = "E_L")]
    e_l: f64,
    #[serde(rename = "V_th")]
    v_th: f64,
    #[serde(rename = "V_reset")]
    v_reset: f64,
    #[serde(rename = "V_m")]
    v_m: f64,
    #[serde(rename = "I_e")]
    i_e: f64,
    tau_syn_ex: f64,
    tau_syn_in: f64,
}

impl Default for IafPscAlpha {
    fn default() -> Self {
        IafPscAlpha {
            c_m: 250.0,
            tau_m: 10.0,
            t_ref: 2.0,
            e_l: -70.0,
            v_th: -55.0,
            v_reset: -70.0,
            v_m: -70.0,
            i_e: 0.0,
            tau_syn_ex: 2.0,
            tau_syn_in: 2.0,
        }
    }
}

/// The receptors of a neuron.
const EXCITATORY: usize = 0;
const INHIBITORY: usize = 1;

impl IafPscAlpha {
    fn population(&self, path: &Path, name: String, size: u32, dt_ms: f64) -> Result<Population> {
        let fail = |field: &str, problem: String| Err(Error::file(path, format!("'{field}' {problem}")));
        let positive = [
            ("C_m", self.c_m),
            ("tau_m", self.tau_m),
            ("tau_syn_ex", self.tau_syn_ex),
            ("tau_syn_in", self.tau_syn_in),
        ];
        for (field, value) in positive {
            if !(value.is_finite() && value > 0.0) {
                return fail(field, format!("is {value}: expected a positive number"));
            }
        }
        if !(self.t_ref.is_finite() && self.t_ref >= 0.0 && self.t_ref / dt_ms < f64::from(u32::MAX)) {
            return fail("t_ref", format!("is {}: expected a time in ms", self.t_ref));
        }
        if self.v_reset >= self.v_th {
            return fail("V_reset", format!("is {}, which is not below V_th, {}", self.v_reset, self.v_th));
        }
        // MOhm times nA, or GOhm times pA, is mV.
        let resistance = self.tau_m / self.c_m;
        let leak = Leak {
            tau_ms: Some(self.tau_m),
            rest_mv: self.e_l,
            bias_mv: resistance * self.i_e,
            dt_ms,
            form: Form::Exact,
        };
        let (retention, steady, drive) = leak.coefficients();
        let neuron = Neuron {
            retention,
            steady,
            drive,
            reset: Reset::To(self.v_reset),
            refractory: (self.t_ref / dt_ms).round() as u32,
            keep_refractory_input: false,
            strict: false,
            receptors: vec![leak.alpha(self.tau_syn_ex, resistance), leak.alpha(self.tau_syn_in, resistance)],
        };
        Ok(Population { name, size, neuron, threshold: Threshold::Fixed(self.v_th), initial_mv: vec![self.v_m] })
    }
}

/// What the paths of a configuration file mean.
struct Paths<'a> {
    config: &'a Path,
    folder: PathBuf,
    variables: Vec<(&'a str, &'a str)>,
}

impl<'a> Paths<'a> {
    fn new(config: &'a Path, manifest: &'a BTreeMap<String, String>) -> Paths<'a> {
        let folder = config.parent().unwrap_or(Path::new("")).to_path_buf();
        let mut variables: Vec<(&str, &str)> =
            manifest.iter().map(|(name, value)| (name.trim_start_matches('$'), value.as_str())).collect();
        // Of two names with the same beginning the longer one is meant.
        variables.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        Paths { config, folder, variables }
    }

    fn resolve(&self, text: &str) -> Result<PathBuf> {
        let mut path = text.to_owned();
        while let Some(at) = path.find('$') {
            let rest = &path[at + 1..];
            let braced = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
            let known = |name: &str| self.variables.iter().find(|(variable, _)| *variable == name);
            let (length, value) = match braced {
                Some(("configdir", _)) => ("{configdir}".len(), "."),
                Some((name, _)) => (name.len() + 2, known(name).map_or("$", |&(_, value)| value)),
                None => self
                    .variables
                    .iter()
                    .find(|(name, _)| !name.is_empty() && rest.starts_with(name))
                    .map_or((0, "$"), |&(name, value)| (name.len(), value)),
            };
            if value == "$" || path.len() > 4096 {
                let problem = format!("'{text}': no variable of the manifest resolves '{}'", &path[at..]);
                return Err(Error::file(self.config, problem));
            }
            path.replace_range(at..at + 1 + length, value);
        }
        Ok(self.folder.join(path))
    }
}

/// A table of types: one map from column to cell per row, without empty cells.
fn read_types(path: &Path, key: &str) -> Result<BTreeMap<i64, BTreeMap<String, String>>> {
    let fail = |e: csv::Error| Error::file(path, format!("cannot read: {e}"));
    let mut builder = csv::ReaderBuilder::new();
    let mut reader = builder.delimiter(b' ').trim(csv::Trim::All).from_path(path).map_err(fail)?;
    let heading = reader.headers().map_err(fail)?.clone();
    let mut types = BTreeMap::new();
    for (i, row) in reader.records().enumerate() {
        let row = row.map_err(fail)?;
        let cells = heading.iter().zip(&row).filter(|(_, cell)| !cell.is_empty() && *cell != "NULL");
        let cells: BTreeMap<String, String> = cells.map(|(name, cell)| (name.to_owned(), cell.to_owned())).collect();
        let id = cells.get(key).and_then(|id| id.parse().ok());
        let id = id.ok_or_else(|| Error::file(path, format!("row {}: no integer in column '{key}'", i + 1)))?;
        if types.insert(id, cells).is_some() {
            return Err(Error::file(path, format!("row {}: {key} {id} stands twice", i + 1)));
        }
    }
    Ok(types)
}

/// Where the nodes of a population went.
enum Place {
    /// Index of the source.
    Source(usize, u32),
    /// Population and neuron of each node.
    Neurons(Vec<(usize, u32)>),
}

impl Place {
    fn size(&self) -> usize {
        match self {
            Place::Source(_, size) => *size as usize,
            Place::Neurons(neurons) => neurons.len(),
        }
    }
}

/// What is being put together.
struct Builder {
    network: Network,
    nodes: Vec<Nodes>,
    places: BTreeMap<String, Place>,
}

/// Reads a simulation from its `simulation_config.json`.
///
/// # Errors
/// If a file is missing or wrong, or the network needs what this reader does not know; the error names file and field.
pub fn read(path: &Path) -> Result<Simulation> {
    let config: SimulationConfig = read_json(path)?;
    let paths = Paths::new(path, &config.manifest);
    let Run { tstop, dt } = config.run;
    let fail = |field: &str, problem: String| Error::file(path, format!("'{field}' {problem}"));
    // NEST's own clock counts microseconds.
    let step_us = (dt * 1000.0).round();
    if !(step_us >= 1.0 && (dt * 1000.0 - step_us).abs() < 1e-6 && step_us < 1e9) {
        return Err(fail("run.dt", format!("is {dt}: expected whole microseconds, in ms")));
    }
    let ticks = (tstop / dt).round();
    if !(ticks >= 1.0 && ticks < f64::from(Tick::MAX)) {
        return Err(fail("run.tstop", format!("is {tstop}: expected at least one step of {dt} ms")));
    }

    let circuit_path = paths.resolve(&config.network)?;
    let circuit: CircuitConfig = read_json(&circuit_path)?;
    let circuit_paths = Paths::new(&circuit_path, &circuit.manifest);
    let name = path.parent().and_then(Path::file_name).map_or("sonata".into(), |name| name.to_string_lossy());
    let network = Network {
        name: name.into_owned(),
        dt_ms: dt,
        populations: Vec::new(),
        sources: Vec::new(),
        projections: Vec::new(),
    };
    let mut builder = Builder { network, nodes: Vec::new(), places: BTreeMap::new() };
    for files in &circuit.networks.nodes {
        builder.nodes(&circuit_paths, &circuit.components, files)?;
    }
    for files in circuit.networks.edges.iter().filter(|files| files.enabled) {
        builder.edges(&circuit_paths, &circuit.components, files)?;
    }
    for (name, input) in &config.inputs {
        builder.input(&paths, name, input, step_us as u64)?;
    }
    let Builder { network, nodes, .. } = builder;
    Ok(Simulation { network, ticks: ticks as Tick, nodes })
}

/// The file of parameters that a type names, in the folder of the components.
fn parameters(
    paths: &Paths<'_>,
    components: &BTreeMap<String, String>,
    folder: &str,
    cells: &BTreeMap<String, String>,
) -> Result<Option<PathBuf>> {
    let Some(file) = cells.get("dynamics_params") else { return Ok(None) };
    let missing = || Error::file(paths.config, format!("'components' has no '{folder}'"));
    Ok(Some(paths.resolve(components.get(folder).ok_or_else(missing)?)?.join(file)))
}

impl Builder {
    fn nodes(&mut self, paths: &Paths<'_>, components: &BTreeMap<String, String>, files: &NodeFiles) -> Result<()> {
        let path = paths.resolve(&files.nodes_file)?;
        let types_path = paths.resolve(&files.node_types_file)?;
        let file = H5::open(&path)?;
        let types = read_types(&types_path, "node_type_id")?;
        for population in file.members("nodes")?.0 {
            let name = |field: &str| format!("nodes/{population}/{field}");
            let type_ids = file.integers(&name("node_type_id"))?;
            let (groups, datasets) = file.members(&format!("nodes/{population}"))?;
            if datasets.iter().any(|dataset| dataset == "node_id") {
                let ids = file.integers(&name("node_id"))?;
                if !ids.iter().copied().eq(0..type_ids.len() as i64) {
                    return Err(file.wrong(&name("node_id"), "should count from 0 to the number of nodes"));
                }
            }
            for group in groups {
                if file.members(&name(&group))?.0.iter().any(|inner| inner == "dynamics_params") {
                    return Err(file.wrong(&name(&group), "has parameters of single nodes, which is not supported"));
                }
            }
            let size = u32::try_from(type_ids.len()).unwrap_or(u32::MAX);
            if size == 0 || size == u32::MAX || self.places.contains_key(&population) {
                return Err(file.wrong(&format!("nodes/{population}"), "is empty, too large or known already"));
            }
            let mut of_type: BTreeMap<i64, Vec<u32>> = BTreeMap::new();
            for (node, id) in (0..).zip(type_ids) {
                of_type.entry(id).or_default().push(node);
            }
            let model = |id: i64| {
                let unknown = || Error::file(&types_path, format!("no node_type_id {id} of population '{population}'"));
                let cells = types.get(&id).ok_or_else(unknown)?;
                Ok((cells, cells.get("model_type").map_or("", String::as_str)))
            };
            let models = of_type.keys().map(|&id| Ok(model(id)?.1)).collect::<Result<Vec<_>>>()?;
            if models.iter().all(|&model| model == "virtual") {
                self.places.insert(population.clone(), Place::Source(self.network.sources.len(), size));
                let emits = Emits::Spikes([].into());
                self.network.sources.push(Source { name: population, size, emits });
                continue;
            }
            let single = of_type.len() == 1;
            let mut place = vec![(0, 0); size as usize];
            for (id, ids) in of_type {
                let (cells, model) = model(id)?;
                let template = cells.get("model_template").map_or("", String::as_str);
                if !matches!(model, "point_neuron" | "point_process") || template != "nest:iaf_psc_alpha" {
                    let problem = format!("node_type_id {id} is a {model} '{template}'");
                    return Err(Error::file(&types_path, problem)
                        .with_hint("known are virtual nodes and point neurons nest:iaf_psc_alpha"));
                }
                let file = parameters(paths, components, "point_neuron_models_dir", cells)?;
                let model: IafPscAlpha = file.as_deref().map_or_else(|| Ok(Default::default()), read_json)?;
                let name = if single { population.clone() } else { format!("{population}_{id}") };
                for (neuron, &node) in (0..).zip(&ids) {
                    place[node as usize] = (self.network.populations.len(), neuron);
                }
                let path = file.as_deref().unwrap_or(&types_path);
                let size = ids.len() as u32;
                self.network.populations.push(model.population(path, name, size, self.network.dt_ms)?);
                self.nodes.push(Nodes { population: population.clone(), ids });
            }
            self.places.insert(population, Place::Neurons(place));
        }
        Ok(())
    }

    fn edges(&mut self, paths: &Paths<'_>, components: &BTreeMap<String, String>, files: &EdgeFiles) -> Result<()> {
        let path = paths.resolve(&files.edges_file)?;
        let types_path = files.edge_types_file.as_ref().map(|types| paths.resolve(types)).transpose()?;
        let types = types_path.as_ref().map_or_else(|| Ok(BTreeMap::new()), |path| read_types(path, "edge_type_id"))?;
        // Weight and delay of each type, where it has them.
        let mut given: BTreeMap<i64, [Option<f64>; 2]> = BTreeMap::new();
        for (&id, cells) in &types {
            let wrong = |problem: String| {
                Error::file(types_path.as_ref().unwrap_or(&path), format!("edge_type_id {id}: {problem}"))
            };
            if let Some(other) = cells.get("model_template").filter(|template| *template != "static_synapse") {
                return Err(wrong(format!("'{other}' is not known, only static_synapse")));
            }
            if let Some(file) = parameters(paths, components, "synaptic_models_dir", cells)? {
                let parameters: BTreeMap<String, serde_json::Value> = read_json(&file)?;
                if let Some(name) = parameters.keys().next() {
                    return Err(Error::file(
                        &file,
                        format!("'{name}' is not known: a static_synapse has no parameters"),
                    ));
                }
            }
            let number = |name: &str| {
                let cell = cells.get(name);
                cell.map(|cell| cell.parse().map_err(|_| wrong(format!("{name} '{cell}' is not a number")))).transpose()
            };
            given.insert(id, [number("syn_weight")?, number("delay")?]);
        }
        let file = H5::open(&path)?;
        for population in file.members("edges")?.0 {
            self.edge_population(&file, &population, &given)?;
        }
        Ok(())
    }

    fn edge_population(&mut self, file: &H5, population: &str, given: &BTreeMap<i64, [Option<f64>; 2]>) -> Result<()> {
        let name = |field: &str| format!("edges/{population}/{field}");
        let end = |field: &str| {
            let name = name(field);
            let attribute = file.dataset(&name)?.attribute("node_population").and_then(|text| text.read_string());
            let nodes = attribute.map_err(file.fail(&name))?;
            let unknown = || file.wrong(&name, format!("is of population '{nodes}', which no file of nodes has"));
            Ok((self.places.get(&nodes).ok_or_else(unknown)?, file.integers(&name)?))
        };
        let (from, sources) = end("source_node_id")?;
        let (to, targets) = end("target_node_id")?;
        let Place::Neurons(to) = to else {
            return Err(file.wrong(&name("target_node_id"), "leads to virtual nodes"));
        };
        let count = sources.len();
        let per_edge = |field: &str| {
            let values = file.integers(&name(field))?;
            match values.len() == count {
                true => Ok(values),
                false => Err(file.wrong(&name(field), format!("has {} values for {count} edges", values.len()))),
            }
        };
        if targets.len() != count {
            return Err(file.wrong(&name("target_node_id"), format!("has {} values for {count} edges", targets.len())));
        }
        let type_ids = per_edge("edge_type_id")?;
        // Values of single edges, by group: weights and delays, where it has them.
        let mut groups: BTreeMap<i64, [Option<Vec<f64>>; 2]> = BTreeMap::new();
        let (group_names, datasets) = file.members(&format!("edges/{population}"))?;
        for group in group_names {
            let Ok(id) = group.parse() else { continue };
            let (inner, fields) = file.members(&name(&group))?;
            if inner.iter().chain(&fields).any(|field| field == "dynamics_params" || field == "nsyns") {
                return Err(file.wrong(&name(&group), "has 'nsyns' or 'dynamics_params', which is not supported"));
            }
            let read = |field: &str| {
                let there = fields.iter().any(|found| found == field);
                there.then(|| file.floats(&format!("{}/{field}", name(&group)))).transpose()
            };
            groups.insert(id, [read("syn_weight")?, read("delay")?]);
        }
        let grouped = datasets.iter().any(|dataset| dataset == "edge_group_id");
        let group_of = if grouped { Some((per_edge("edge_group_id")?, per_edge("edge_group_index")?)) } else { None };

        let mut parts: BTreeMap<(bool, usize, usize, usize), Part> = BTreeMap::new();
        let whole = format!("edges/{population}");
        let wrong = |edge: usize, what: String| file.wrong(&whole, format!("has at edge {edge} {what}"));
        let node = |id: i64, size: usize| usize::try_from(id).ok().filter(|&id| id < size);
        for edge in 0..count {
            let source = node(sources[edge], from.size());
            let source = source.ok_or_else(|| wrong(edge, format!("source {} of {}", sources[edge], from.size())))?;
            let target = node(targets[edge], to.len());
            let target = target.ok_or_else(|| wrong(edge, format!("target {} of {}", targets[edge], to.len())))?;
            let id = type_ids[edge];
            let by_type =
                given.get(&id).ok_or_else(|| wrong(edge, format!("edge_type_id {id}, which no table has")))?;
            let value = |field: usize| {
                if let Some((ids, indices)) = &group_of {
                    let (id, index) = (ids[edge], indices[edge]);
                    let missing = || wrong(edge, format!("place {index} of group {id}, which is not there"));
                    if let Some(values) = &groups.get(&id).ok_or_else(missing)?[field] {
                        let index = node(index, values.len()).ok_or_else(missing)?;
                        return Ok(values[index]);
                    }
                }
                // Both of NEST's defaults are 1: pA and ms.
                Ok(by_type[field].unwrap_or(1.0))
            };
            let (weight, delay): (f64, f64) = (value(0)?, value(1)?);
            let dt = self.network.dt_ms;
            let steps = (delay / dt).round();
            if !weight.is_finite() {
                return Err(wrong(edge, format!("weight {weight}")));
            }
            if !(1.0..=f64::from(u16::MAX)).contains(&steps) {
                return Err(wrong(edge, format!("delay {delay} ms: expected 1 to {} steps of {dt} ms", u16::MAX)));
            }
            let (virtual_nodes, index, source) = match from {
                Place::Source(index, _) => (true, *index, source as u32),
                Place::Neurons(neurons) => (false, neurons[source].0, neurons[source].1),
            };
            let (to, target) = to[target];
            let receptor = if weight < 0.0 { INHIBITORY } else { EXCITATORY };
            let part = parts.entry((virtual_nodes, index, to, receptor)).or_default();
            part.edges.push((source, target));
            part.weights.push(weight);
            part.delays.push(steps as u16);
        }
        for ((virtual_nodes, index, to, receptor), part) in parts {
            let (from, size) = match virtual_nodes {
                true => (Origin::Source(index), self.network.sources[index].size),
                false => (Origin::Population(index), self.network.populations[index].size),
            };
            let same = |delay: &u16| *delay == part.delays[0];
            self.network.projections.push(Projection {
                from,
                from_ids: 0..size,
                to,
                to_ids: 0..self.network.populations[to].size,
                receptor,
                rule: Rule::List(part.edges.into()),
                weights: match part.weights.iter().all(|&weight| weight == part.weights[0]) {
                    true => Weights::Constant(part.weights[0]),
                    false => Weights::Each(part.weights.into()),
                },
                delays: match part.delays.iter().all(same) {
                    true => Delays::Constant(part.delays[0]),
                    false => Delays::Each(part.delays.into()),
                },
            });
        }
        Ok(())
    }

    fn input(&mut self, paths: &Paths<'_>, name: &str, input: &Input, step_us: u64) -> Result<()> {
        let fail = |problem: String| Error::file(paths.config, format!("'inputs.{name}' {problem}"));
        if input.input_type != "spikes" {
            return Err(fail(format!("is of type '{}', only spikes are known", input.input_type)));
        }
        let (NodeSet::Name(nodes) | NodeSet::Population { population: nodes }) = &input.node_set;
        let Some(&Place::Source(index, size)) = self.places.get(nodes) else {
            return Err(fail(format!("has node_set '{nodes}', which is no population of virtual nodes")));
        };
        let path = paths.resolve(&input.input_file)?;
        let raw = read_raw(&path)?;
        let named = raw.populations.iter().position(|(name, _)| name == nodes);
        let wanted = named.or((raw.populations.len() == 1).then_some(0));
        let wanted = wanted.ok_or_else(|| Error::file(&path, format!("no population '{nodes}'")))?;
        let Emits::Spikes(earlier) = &self.network.sources[index].emits else {
            return Err(fail("is of a source that emits something else".into()));
        };
        let mut spikes = earlier.to_vec();
        for (time, _, id) in raw.times(self.network.dt_ms).filter(|&(_, population, _)| population as usize == wanted) {
            if id >= size {
                return Err(Error::file(&path, format!("node {id} of population '{nodes}', which has {size}")));
            }
            let step = ((time * 1000.0).round() as u64).div_ceil(step_us);
            let tick = step.checked_sub(1).and_then(|tick| Tick::try_from(tick).ok()).filter(|&tick| tick < Tick::MAX);
            let tick = tick.ok_or_else(|| {
                Error::file(&path, format!("time {time} ms of node {id} lies in no step: NEST's times begin behind 0"))
            })?;
            spikes.push((tick, id));
        }
        spikes.sort_unstable();
        self.network.sources[index].emits = Emits::Spikes(spikes.into());
        Ok(())
    }
}

/// Edges from one population or source to one receptor of one population.
#[derive(Default)]
struct Part {
    edges: Vec<(u32, u32)>,
    weights: Vec<f64>,
    delays: Vec<u16>,
}
