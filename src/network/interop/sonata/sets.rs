//! Node sets: named choices of nodes.

use super::config::Types;
use crate::error::Result;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::rc::Rc;

/// What rules can ask about the nodes of a population.
pub(super) struct Known {
    pub types: Rc<Types>,
    pub type_ids: Vec<i64>,
    /// Attributes of single nodes, by name.
    pub attributes: BTreeSet<String>,
}

/// Chosen nodes by population.
pub(super) type Chosen = BTreeMap<String, BTreeSet<u32>>;

/// The named sets and the populations that they choose from.
pub(super) struct Sets<'a> {
    named: BTreeMap<String, Value>,
    /// Files of sets that are not there.
    missing: Vec<PathBuf>,
    populations: &'a BTreeMap<String, Known>,
}

impl<'a> Sets<'a> {
    /// Reads the files, of which later ones go before earlier ones.
    pub fn read(files: &[PathBuf], populations: &'a BTreeMap<String, Known>) -> Result<Sets<'a>> {
        let mut sets = Sets { named: BTreeMap::new(), missing: Vec::new(), populations };
        for file in files {
            match file.exists() {
                true => sets.named.extend(crate::base::files::read_json::<BTreeMap<String, Value>>(file)?),
                false => sets.missing.push(file.clone()),
            }
        }
        Ok(sets)
    }

    /// The nodes of a set: a name, a list of names, or rules.
    pub fn choose(&self, set: &Value) -> std::result::Result<Chosen, String> {
        let mut chosen = Chosen::new();
        self.add(set, &mut Vec::new(), &mut chosen)?;
        Ok(chosen)
    }

    /// Adds the nodes of `set`; `within` are the names that led to it.
    fn add<'b>(
        &'b self,
        set: &'b Value,
        within: &mut Vec<&'b str>,
        chosen: &mut Chosen,
    ) -> std::result::Result<(), String> {
        match set {
            Value::String(name) => {
                if within.contains(&name.as_str()) {
                    return Err(format!("node set '{name}' is part of itself"));
                }
                let Some(definition) = self.named.get(name) else { return self.add_population(name, chosen) };
                within.push(name);
                self.add(definition, within, chosen)?;
                within.pop();
                Ok(())
            }
            Value::Array(parts) => parts.iter().try_for_each(|part| match part {
                Value::String(_) => self.add(part, within, chosen),
                other => Err(format!("a list of node sets has {other}: expected names")),
            }),
            Value::Object(rules) => {
                for (population, known) in self.populations {
                    let nodes = self.matching(rules, population, known)?;
                    if !nodes.is_empty() {
                        chosen.entry(population.clone()).or_default().extend(nodes);
                    }
                }
                Ok(())
            }
            other => Err(format!("a node set is {other}: expected a name, a list of names or rules")),
        }
    }

    fn add_population(&self, name: &str, chosen: &mut Chosen) -> std::result::Result<(), String> {
        let Some(known) = self.populations.get(name) else {
            let absent: Vec<String> =
                self.missing.iter().map(|file| format!("; {} is missing", file.display())).collect();
            return Err(format!("'{name}' is neither a node set nor a population{}", absent.concat()));
        };
        chosen.entry(name.to_owned()).or_default().extend(0..known.type_ids.len() as u32);
        Ok(())
    }

    /// The nodes of a population that follow all rules.
    fn matching(
        &self,
        rules: &serde_json::Map<String, Value>,
        population: &str,
        known: &Known,
    ) -> std::result::Result<Vec<u32>, String> {
        let mut checks: Vec<Box<dyn Fn(u32) -> bool + '_>> = Vec::new();
        for (attribute, value) in rules {
            let values = match value {
                Value::Array(values) => &values[..],
                one => std::slice::from_ref(one),
            };
            if attribute.starts_with('$') || values.iter().any(|v| v.is_object() || v.is_array() || v.is_null()) {
                return Err(format!(
                    "a node set has '{attribute}': {value}, only values and lists of values are known"
                ));
            }
            let any = move |text: &str| values.iter().any(|value| same(value, text));
            match &attribute[..] {
                "population" => {
                    if let Some(other) =
                        values.iter().filter_map(Value::as_str).find(|p| !self.populations.contains_key(*p))
                    {
                        return Err(format!("a node set has population '{other}', which no file of nodes has"));
                    }
                    let own = any(population);
                    checks.push(Box::new(move |_| own));
                }
                "node_id" => {
                    let size = known.type_ids.len() as u64;
                    let mut ids = BTreeSet::new();
                    for value in values {
                        let id = value.as_u64().ok_or_else(|| format!("a node set has node_id {value}"))?;
                        if id >= size && rules.get("population").is_some_and(|p| p == population) {
                            return Err(format!(
                                "a node set has node_id {id} of population '{population}', which has {size}"
                            ));
                        }
                        ids.insert(id);
                    }
                    checks.push(Box::new(move |node| ids.contains(&u64::from(node))));
                }
                "node_type_id" => checks.push(Box::new(move |node| any(&known.type_ids[node as usize].to_string()))),
                _ if known.attributes.contains(attribute) => {
                    let problem = "is an attribute of single nodes, which is not supported in node sets";
                    return Err(format!("'{attribute}' of population '{population}' {problem}"));
                }
                _ => checks.push(Box::new(move |node| {
                    let row = known.types.row(known.type_ids[node as usize], population);
                    row.and_then(|row| row.get(attribute)).is_some_and(|cell| any(cell))
                })),
            }
        }
        Ok((0..known.type_ids.len() as u32).filter(|&node| checks.iter().all(|check| check(node))).collect())
    }
}

/// Whether a cell of a table is this value.
fn same(value: &Value, cell: &str) -> bool {
    match value {
        Value::String(text) => text == cell,
        Value::Number(number) => cell.parse::<f64>().is_ok_and(|cell| number.as_f64() == Some(cell)),
        Value::Bool(truth) => cell.eq_ignore_ascii_case(if *truth { "true" } else { "false" }),
        _ => false,
    }
}
