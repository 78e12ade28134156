//! Networks of point neurons in the SONATA format (Dai et al., PLoS Comput. Biol. 16:e1007696, 2020), as NEST runs them.
//!
//! Whatever a file asks for is done, named as not used in [`SonataRun::unused`], or refused by name; `docs/simulator.md` has the
//! lists. Neurons are NEST's `iaf_psc_alpha`, synapses its `static_synapse`.
//!
//! # What NEST does
//! - A parameter that no file gives has NEST's default; in particular the membrane starts at -70 mV (`V_m`), the synaptic time
//!   constants are 2 ms and an edge without delay has 1 ms, without weight 1 pA.
//! - Currents have R = `tau_m` / `C_m` GOhm. Positive weights reach the current with `tau_syn_ex`, negative ones that with `tau_syn_in`.
//! - Delays and refractory times are rounded to whole steps.
//! - A step is the tick of [`crate::spiking::neuron::linear`]: membrane, currents, arrivals, threshold `V >= V_th`.
//! - NEST labels what happens in a step with its end: tick t is NEST's time (t + 1) dt.
//! - Input times are rounded to 1 us, then up to the end of a step.

mod config;
mod sets;

use crate::base::files::{Reach, folder_of, read_json};
use crate::error::{Error, Result};
use crate::formats::h5::H5;
use crate::network::checked::Network;
use crate::network::parts::NetworkParts;
use crate::network::population::{Population, Threshold};
use crate::network::projection::{Delays, Origin, Projection, Rule, Weights};
use crate::network::source::{Emits, Source};
use crate::network::time;
use crate::recording::{Naming, UNNAMED, read_raw};
use crate::spiking::Tick;
use crate::spiking::neuron::Reset;
use crate::spiking::neuron::linear::{Form, Leak, Neuron};
use config::{CircuitConfig, EdgeFiles, Input, NodeFiles, Paths, Row, Run, SimulationConfig, Types, check_target};
use serde::Deserialize;
use sets::{Known, Sets};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// A network with what its configuration says about the run.
#[derive(Debug, Clone)]
pub struct SonataRun {
    /// One population per type of nodes, `<population>/<node_type_id>` where a population has several; one source per population of
    /// virtual nodes.
    pub network: Network,
    /// Length of the run.
    pub ticks: Tick,
    /// The populations and node ids of the files.
    pub naming: Naming,
    /// What the configuration says that has no effect here, as in NEST.
    pub unused: Vec<String>,
    /// The files that the configuration names, and those that these name.
    pub files: Vec<PathBuf>,
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

/// Columns and attributes that would change a neuron, but not here.
const OF_NODES: [&str; 11] =
    ["model_processing", "C_m", "tau_m", "t_ref", "E_L", "V_th", "V_reset", "V_m", "I_e", "tau_syn_ex", "tau_syn_in"];

/// The same for a synapse.
const OF_EDGES: [&str; 3] = ["weight_function", "weight_sigma", "receptor_type"];

/// Numbers of synapses that an edge stands for.
const MULTIPLE: [&str; 2] = ["nsyns", "num_synapses"];

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
    network: NetworkParts,
    naming: Naming,
    places: BTreeMap<String, Place>,
    known: BTreeMap<String, Known>,
}

/// Reads a simulation from its `simulation_config.json`, which may name files in its own folder and below it.
///
/// # Errors
/// If a file is missing or wrong, or the network needs what this reader does not know; the error names file and field.
pub fn read(path: &Path) -> Result<SonataRun> {
    read_within(path, false)
}

/// The same; with `files_anywhere` it may name any files.
///
/// # Errors
/// As [`read`].
pub fn read_within(path: &Path, files_anywhere: bool) -> Result<SonataRun> {
    let reach = Reach::new(folder_of(path), files_anywhere);
    let config: SimulationConfig = read_json(path)?;
    check_target(path, config.target_simulator.as_deref())?;
    let paths = Paths::new(path, &config.manifest, &reach);
    let Run { tstart, tstop, dt, .. } = config.run;
    let fail = |field: &str, problem: String| Error::file(path, format!("'{field}' {problem}"));
    // NEST's own clock counts microseconds.
    let step_us = (dt * 1000.0).round();
    if !(step_us >= 1.0 && (dt * 1000.0 - step_us).abs() < 1e-6 && step_us < 1e9) {
        return Err(fail("run.dt", format!("is {dt}: expected whole microseconds, in ms")));
    }
    if tstart != 0.0 {
        return Err(fail("run.tstart", format!("is {tstart}: runs begin at 0")));
    }
    let ticks = time::duration(tstop, dt).map_err(|problem| fail("run.tstop", format!("is {problem}")))?;

    let circuit_path = paths.resolve(&config.network)?;
    let circuit: CircuitConfig = read_json(&circuit_path)?;
    check_target(&circuit_path, circuit.target_simulator.as_deref())?;
    let circuit_paths = Paths::new(&circuit_path, &circuit.manifest, &reach);
    let name = path.parent().and_then(Path::file_name).map_or("sonata".into(), |name| name.to_string_lossy());
    let network = NetworkParts {
        name: name.into_owned(),
        dt_ms: dt,
        populations: Vec::new(),
        sources: Vec::new(),
        projections: Vec::new(),
    };
    let (places, known) = (BTreeMap::new(), BTreeMap::new());
    let mut builder = Builder { network, naming: Naming::empty(), places, known };
    for files in &circuit.networks.nodes {
        builder.nodes(&circuit_paths, &circuit.components, files)?;
    }
    for files in circuit.networks.edges.iter().filter(|files| files.enabled) {
        builder.edges(&circuit_paths, &circuit.components, files)?;
    }
    let Builder { mut network, naming, places, known } = builder;
    let circuit_sets = circuit.node_sets_file.iter().map(|file| circuit_paths.resolve(file));
    let files = circuit_sets.chain(config.node_sets_file.iter().map(|file| paths.resolve(file)));
    let sets = Sets::read(&files.collect::<Result<Vec<_>>>()?, &known)?;
    let unused = config.unused();
    for (name, fields) in config.inputs {
        let fail = |problem: String| Error::file(path, format!("'inputs.{name}' {problem}"));
        let Some(input) = Input::of(fields).map_err(fail)? else { continue };
        let file = paths.resolve(&input.input_file)?;
        let chosen = sets.choose(&input.node_set).map_err(fail)?;
        if chosen.is_empty() {
            return Err(fail(format!("has node_set {}, which no node is in", input.node_set)));
        }
        for (population, nodes) in chosen {
            let Some(&Place::Source(index, size)) = places.get(&population) else {
                let problem = format!("has node_set {} with nodes of '{population}', which is no", input.node_set);
                return Err(fail(format!("{problem} population of virtual nodes")));
            };
            let spikes = spikes(&file, (&population, size), &nodes, (dt, step_us as u64))?;
            let source = &mut network.sources[index];
            if let Emits::Spikes(earlier) = &source.emits {
                let mut all = [earlier, &spikes[..]].concat();
                all.sort_unstable();
                source.emits = Emits::Spikes(all.into());
            }
        }
    }
    let network = Network::new(network).map_err(|problem| Error::file(path, problem))?;
    Ok(SonataRun { network, ticks, naming, unused, files: reach.named() })
}

/// The spikes of the chosen nodes of a population of `size` in a file, in steps of dt and of so many microseconds.
fn spikes(
    path: &Path,
    (population, size): (&str, u32),
    nodes: &BTreeSet<u32>,
    (dt_ms, step_us): (f64, u64),
) -> Result<Vec<(Tick, u32)>> {
    let choose = |names: &[&str]| {
        let named = names.iter().position(|name| *name == population);
        // What names no population, or has no spikes, is for any.
        let place = named.or((names.is_empty() || names == [UNNAMED]).then_some(0));
        place.ok_or_else(|| Error::file(path, format!("no population '{population}', but {}", names.join(", "))))
    };
    let raw = read_raw(path, Some(&choose), u64::MAX)?;
    let mut spikes = Vec::new();
    for (time, _, id) in raw.times(dt_ms) {
        if id >= size {
            return Err(Error::file(path, format!("node {id} of population '{population}', which has {size}")));
        }
        let step = ((time * 1000.0).round() as u64).div_ceil(step_us);
        let tick = step.checked_sub(1).and_then(|tick| Tick::try_from(tick).ok()).filter(|&tick| tick < Tick::MAX);
        let tick = tick.ok_or_else(|| {
            Error::file(path, format!("time {time} ms of node {id} lies in no step: NEST's times begin behind 0"))
        })?;
        if nodes.contains(&id) {
            spikes.push((tick, id));
        }
    }
    Ok(spikes)
}

/// The cell of a row in one of these columns.
fn refused<'a>(row: &'a Row, columns: &[&'static str]) -> Option<(&'static str, &'a str)> {
    columns.iter().find_map(|&column| Some((column, row.get(column)?.as_str())))
}

impl Builder {
    fn nodes(&mut self, paths: &Paths<'_>, components: &BTreeMap<String, String>, files: &NodeFiles) -> Result<()> {
        let path = paths.resolve(&files.nodes_file)?;
        let types = Rc::new(Types::read(&paths.resolve(&files.node_types_file)?, "node_type_id")?);
        let file = H5::open(&path)?;
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
            let mut attributes = BTreeSet::new();
            for group in groups {
                let (inner, fields) = file.members(&name(&group))?;
                attributes.extend(inner.into_iter().chain(fields));
            }
            let models = ["dynamics_params", "model_type", "model_template"];
            if let Some(field) = models.iter().chain(&OF_NODES).find(|field| attributes.contains(**field)) {
                let problem = format!("has '{field}' of single nodes, which is not supported");
                return Err(file.wrong(&format!("nodes/{population}"), problem));
            }
            let size = u32::try_from(type_ids.len()).unwrap_or(u32::MAX);
            let problem = match size {
                0 => Some("has no nodes"),
                u32::MAX => Some("has too many nodes"),
                _ if self.places.contains_key(&population) => Some("is a population that was read before"),
                _ => None,
            };
            if let Some(problem) = problem {
                return Err(file.wrong(&format!("nodes/{population}"), problem));
            }
            let mut of_type: BTreeMap<i64, Vec<u32>> = BTreeMap::new();
            for (node, &id) in (0..).zip(&type_ids) {
                of_type.entry(id).or_default().push(node);
            }
            self.known.insert(population.clone(), Known { types: types.clone(), type_ids, attributes });
            let model = |id: i64| {
                let unknown = || Error::file(&types.path, format!("no node_type_id {id} of population '{population}'"));
                let row = types.row(id, &population).ok_or_else(unknown)?;
                Ok::<_, Error>((row, row.get("model_type").map_or("", String::as_str)))
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
            for (&id, ids) in &of_type {
                let (row, model) = model(id)?;
                let wrong = |problem: String| Error::file(&types.path, format!("node_type_id {id} {problem}"));
                let template = row.get("model_template").map_or("", String::as_str);
                if !matches!(model, "point_neuron" | "point_process") || template != "nest:iaf_psc_alpha" {
                    return Err(wrong(format!("is a {model} '{template}'"))
                        .with_hint("known are virtual nodes and point neurons nest:iaf_psc_alpha"));
                }
                if let Some((column, cell)) = refused(row, &OF_NODES) {
                    return Err(wrong(format!("has {column} '{cell}', which is not supported"))
                        .with_hint("parameters stand in the file that dynamics_params names"));
                }
                let parameters = config::parameters(paths, components, "point_neuron_models_dir", row)?;
                let (path, model) = match &parameters {
                    Some((path, model)) => (path, model),
                    None => (&types.path, &IafPscAlpha::default()),
                };
                // No population of a file has a slash in its name.
                let name = if single { population.clone() } else { format!("{population}/{id}") };
                for (neuron, &node) in (0..).zip(ids) {
                    place[node as usize] = (self.network.populations.len(), neuron);
                }
                let size = ids.len() as u32;
                self.network.populations.push(model.population(path, name, size, self.network.dt_ms)?);
            }
            self.naming.push(population.clone(), size, of_type.into_values().collect());
            self.places.insert(population, Place::Neurons(place));
        }
        Ok(())
    }

    fn edges(&mut self, paths: &Paths<'_>, components: &BTreeMap<String, String>, files: &EdgeFiles) -> Result<()> {
        let path = paths.resolve(&files.edges_file)?;
        let types = files.edge_types_file.as_ref().map(|types| Types::read(&paths.resolve(types)?, "edge_type_id"));
        let types = types.transpose()?;
        let file = H5::open(&path)?;
        for population in file.members("edges")?.0 {
            // Weight and delay of each type, where it has them.
            let mut given: BTreeMap<i64, [Option<f64>; 2]> = BTreeMap::new();
            for (id, row) in types.iter().flat_map(|types| types.rows(&population)) {
                let place = types.as_ref().map_or(&path, |types| &types.path);
                let wrong = |problem: String| Error::file(place, format!("edge_type_id {id}: {problem}"));
                if let Some(other) = row.get("model_template").filter(|template| *template != "static_synapse") {
                    return Err(wrong(format!("'{other}' is not known, only static_synapse")));
                }
                if let Some((column, cell)) = refused(row, &OF_EDGES) {
                    return Err(wrong(format!("{column} '{cell}' is not supported")));
                }
                if let Some((column, cell)) = refused(row, &MULTIPLE).filter(|(_, cell)| *cell != "1") {
                    return Err(wrong(format!("{column} '{cell}' is not supported, only 1")));
                }
                type Parameters = BTreeMap<String, serde_json::Value>;
                if let Some((file, parameters)) =
                    config::parameters::<Parameters>(paths, components, "synaptic_models_dir", row)?
                    && let Some(name) = parameters.keys().next()
                {
                    let problem = format!("'{name}' is not known: a static_synapse has no parameters");
                    return Err(Error::file(&file, problem));
                }
                let number = |name: &str| {
                    let cell = row.get(name);
                    cell.map(|cell| cell.parse().map_err(|_| wrong(format!("{name} '{cell}' is not a number"))))
                        .transpose()
                };
                given.insert(id, [number("syn_weight")?, number("delay")?]);
            }
            self.edge_population(&file, &population, &given)?;
        }
        Ok(())
    }

    fn edge_population(&mut self, file: &H5, population: &str, given: &BTreeMap<i64, [Option<f64>; 2]>) -> Result<()> {
        let name = |field: &str| format!("edges/{population}/{field}");
        let end = |field: &str| {
            let name = name(field);
            let dataset = file.dataset(&name)?;
            let nodes = file.read(&name, || dataset.attribute("node_population")?.read_string())?;
            let unknown = || file.wrong(&name, format!("is of population '{nodes}', which no file of nodes has"));
            Ok::<_, Error>((self.places.get(&nodes).ok_or_else(unknown)?, file.integers(&name)?))
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
            // Indices say again what the lists of edges say.
            if group == "indices" {
                continue;
            }
            let id: i64 = group.parse().map_err(|_| file.wrong(&name(&group), "is no group of edges, 0, 1, ..."))?;
            let (inner, fields) = file.members(&name(&group))?;
            let there = |field: &str| inner.iter().chain(&fields).any(|found| found == field);
            if let Some(field) = ["dynamics_params", "model_template"].iter().chain(&OF_EDGES).find(|f| there(f)) {
                return Err(file.wrong(&name(&group), format!("has '{field}', which is not supported")));
            }
            for field in MULTIPLE.into_iter().filter(|field| there(field)) {
                let field = format!("{}/{field}", name(&group));
                if let Some(other) = file.integers(&field)?.into_iter().find(|&synapses| synapses != 1) {
                    return Err(file.wrong(&field, format!("has {other}, which is not supported, only 1")));
                }
            }
            let read = |field: &str| {
                let there = fields.iter().any(|found| found == field);
                there.then(|| file.floats(&format!("{}/{field}", name(&group)))).transpose()
            };
            groups.insert(id, [read("syn_weight")?, read("delay")?]);
        }
        let whole = format!("edges/{population}");
        let [ids, indices] =
            ["edge_group_id", "edge_group_index"].map(|field| datasets.iter().any(|dataset| dataset == field));
        let group_of = match (ids, indices) {
            (true, true) => Some((per_edge("edge_group_id")?, per_edge("edge_group_index")?)),
            (false, false) => None,
            (true, false) => return Err(file.wrong(&whole, "has 'edge_group_id', but no 'edge_group_index'")),
            (false, true) => return Err(file.wrong(&whole, "has 'edge_group_index', but no 'edge_group_id'")),
        };
        // Without them the only group has the values of all edges, in their order.
        let mut only = &[None, None];
        if group_of.is_none() && groups.values().flatten().any(Option::is_some) {
            if groups.len() > 1 {
                let problem =
                    "has several groups, but no 'edge_group_id' and 'edge_group_index' that say which edge is of which";
                return Err(file.wrong(&whole, problem));
            }
            for (id, group) in &groups {
                only = group;
                for (field, values) in ["syn_weight", "delay"].iter().zip(group) {
                    if let Some(values) = values.as_ref().filter(|values| values.len() != count) {
                        let problem = format!("has {} values for {count} edges", values.len());
                        return Err(file.wrong(&name(&format!("{id}/{field}")), problem));
                    }
                }
            }
        }

        let mut parts: BTreeMap<(bool, usize, usize, usize), Part> = BTreeMap::new();
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
                        return Ok::<_, Error>(values[index]);
                    }
                } else if let Some(values) = &only[field] {
                    return Ok(values[edge]);
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
}

/// Edges from one population or source to one receptor of one population.
#[derive(Default)]
struct Part {
    edges: Vec<(u32, u32)>,
    weights: Vec<f64>,
    delays: Vec<u16>,
}
