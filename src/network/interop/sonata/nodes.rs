//! Nodes: populations of neurons and of virtual nodes.

use super::builder::{Builder, Place, refused};
use super::config::{NodeFiles, Paths, Types, parameters};
use super::neuron::IafPscAlpha;
use super::sets::Known;
use crate::error::{Error, Result};
use crate::formats::h5::H5;
use crate::network::source::{Emits, Source};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Columns and attributes that would change a neuron, but not here.
const OF_NODES: [&str; 11] =
    ["model_processing", "C_m", "tau_m", "t_ref", "E_L", "V_th", "V_reset", "V_m", "I_e", "tau_syn_ex", "tau_syn_in"];

impl Builder {
    /// Reads the populations of a file of nodes.
    pub fn nodes(&mut self, paths: &Paths<'_>, components: &BTreeMap<String, String>, files: &NodeFiles) -> Result<()> {
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
                let given = parameters(paths, components, "point_neuron_models_dir", row)?;
                let (path, model) = match &given {
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
}
