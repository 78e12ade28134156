//! Edges: projections as lists.

use super::builder::{Builder, Place, refused};
use super::config::{EdgeFiles, Paths, Types, parameters};
use super::groups::{Groups, MULTIPLE, OF_EDGES, per_edge};
use super::neuron::{EXCITATORY, INHIBITORY};
use crate::error::{Error, Result};
use crate::formats::h5::H5;
use crate::network::projection::{Delays, Origin, Precision, Projection, Rule, Weights};
use std::collections::BTreeMap;

impl Builder {
    /// Reads the edges of a file.
    pub fn edges(&mut self, paths: &Paths<'_>, components: &BTreeMap<String, String>, files: &EdgeFiles) -> Result<()> {
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
                if let Some((file, given)) = parameters::<Parameters>(paths, components, "synaptic_models_dir", row)?
                    && let Some(name) = given.keys().next()
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

    /// Reads a population of edges; `given` are weight and delay of each type, where it has them.
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
        if targets.len() != count {
            return Err(file.wrong(&name("target_node_id"), format!("has {} values for {count} edges", targets.len())));
        }
        let type_ids = per_edge(file, &name("edge_type_id"), count)?;
        let groups = Groups::read(file, population, count)?;
        let whole = format!("edges/{population}");
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
                let own = groups.value(edge, field).map_err(|missing| wrong(edge, missing))?;
                // Both of NEST's defaults are 1: pA and ms.
                Ok::<_, Error>(own.or(by_type[field]).unwrap_or(1.0))
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
        self.push(parts);
        Ok(())
    }

    /// Adds a projection for each part.
    fn push(&mut self, parts: BTreeMap<(bool, usize, usize, usize), Part>) {
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
                precision: Precision::Double,
            });
        }
    }
}

/// Edges from one population or source to one receptor of one population.
#[derive(Default)]
struct Part {
    edges: Vec<(u32, u32)>,
    weights: Vec<f64>,
    delays: Vec<u16>,
}
