//! Groups of edges: values that single edges have.

use crate::error::Result;
use crate::formats::h5::H5;
use std::collections::BTreeMap;

/// Columns and attributes that would change a synapse, but not here.
pub(super) const OF_EDGES: [&str; 3] = ["weight_function", "weight_sigma", "receptor_type"];

/// Numbers of synapses that an edge stands for.
pub(super) const MULTIPLE: [&str; 2] = ["nsyns", "num_synapses"];

/// Weights and delays of single edges.
pub(super) struct Groups {
    /// By group: weights and delays, where it has them.
    values: BTreeMap<i64, [Option<Vec<f64>>; 2]>,
    /// Group of each edge and its place there.
    of_edge: Option<(Vec<i64>, Vec<i64>)>,
}

/// One integer for each of `count` edges.
pub(super) fn per_edge(file: &H5, name: &str, count: usize) -> Result<Vec<i64>> {
    let values = file.integers(name)?;
    match values.len() == count {
        true => Ok(values),
        false => Err(file.wrong(name, format!("has {} values for {count} edges", values.len()))),
    }
}

impl Groups {
    /// Reads the groups of a population of `count` edges.
    pub fn read(file: &H5, population: &str, count: usize) -> Result<Groups> {
        let name = |field: &str| format!("edges/{population}/{field}");
        let mut values = BTreeMap::new();
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
            values.insert(id, [read("syn_weight")?, read("delay")?]);
        }
        let whole = format!("edges/{population}");
        let [ids, indices] =
            ["edge_group_id", "edge_group_index"].map(|field| datasets.iter().any(|dataset| dataset == field));
        let per_edge = |field: &str| per_edge(file, &name(field), count);
        let of_edge = match (ids, indices) {
            (true, true) => Some((per_edge("edge_group_id")?, per_edge("edge_group_index")?)),
            (false, false) => None,
            (true, false) => return Err(file.wrong(&whole, "has 'edge_group_id', but no 'edge_group_index'")),
            (false, true) => return Err(file.wrong(&whole, "has 'edge_group_index', but no 'edge_group_id'")),
        };
        let groups = Groups { values, of_edge };
        if groups.of_edge.is_none() {
            groups.check_only(file, population, count)?;
        }
        Ok(groups)
    }

    /// Without `edge_group_id` the only group has the values of all edges, in their order.
    fn check_only(&self, file: &H5, population: &str, count: usize) -> Result<()> {
        if self.values.len() > 1 && self.values.values().flatten().any(Option::is_some) {
            let problem =
                "has several groups, but no 'edge_group_id' and 'edge_group_index' that say which edge is of which";
            return Err(file.wrong(&format!("edges/{population}"), problem));
        }
        for (id, group) in &self.values {
            for (field, values) in ["syn_weight", "delay"].iter().zip(group) {
                if let Some(values) = values.as_ref().filter(|values| values.len() != count) {
                    let problem = format!("has {} values for {count} edges", values.len());
                    return Err(file.wrong(&format!("edges/{population}/{id}/{field}"), problem));
                }
            }
        }
        Ok(())
    }

    /// Weight (0) or delay (1) of an edge, if it has its own.
    pub fn value(&self, edge: usize, field: usize) -> std::result::Result<Option<f64>, String> {
        let Some((ids, indices)) = &self.of_edge else {
            let only = self.values.values().next().and_then(|group| group[field].as_ref());
            return Ok(only.map(|values| values[edge]));
        };
        let (id, index) = (ids[edge], indices[edge]);
        let missing = || format!("place {index} of group {id}, which is not there");
        let Some(values) = &self.values.get(&id).ok_or_else(missing)?[field] else { return Ok(None) };
        let value = usize::try_from(index).ok().and_then(|index| values.get(index));
        value.map(|&value| Some(value)).ok_or_else(missing)
    }
}
