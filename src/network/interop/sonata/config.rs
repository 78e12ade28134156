//! The configuration files, paths with variables, and tables of types.

use crate::base::files::Reach;
use crate::error::{Error, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SimulationConfig {
    #[serde(default)]
    pub manifest: BTreeMap<String, String>,
    pub run: Run,
    pub network: String,
    pub target_simulator: Option<String>,
    pub node_sets_file: Option<String>,
    #[serde(default)]
    pub inputs: BTreeMap<String, BTreeMap<String, Value>>,
    #[serde(default)]
    conditions: BTreeMap<String, Value>,
    #[serde(default)]
    reports: BTreeMap<String, BTreeMap<String, Value>>,
    #[serde(default)]
    output: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Run {
    #[serde(default)]
    pub tstart: f64,
    pub tstop: f64,
    pub dt: f64,
    #[serde(rename = "dL")]
    compartment_length: Option<Value>,
    spike_threshold: Option<Value>,
    nsteps_block: Option<Value>,
    overwrite_output_dir: Option<Value>,
}

impl SimulationConfig {
    /// What is known, but not used, as in NEST.
    pub fn unused(&self) -> Vec<String> {
        let run = [
            ("dL", &self.run.compartment_length),
            ("spike_threshold", &self.run.spike_threshold),
            ("nsteps_block", &self.run.nsteps_block),
            ("overwrite_output_dir", &self.run.overwrite_output_dir),
        ];
        let run = run.iter().filter(|(_, value)| value.is_some()).map(|(name, _)| format!("run.{name}"));
        let conditions = self.conditions.keys().map(|name| format!("conditions.{name}"));
        let wanted = |report: &BTreeMap<String, Value>| report.get("enabled") != Some(&Value::Bool(false));
        let reports = self.reports.iter().filter(|(_, report)| wanted(report));
        let reports = reports.map(|(name, _)| format!("reports.{name} (--record records)"));
        let output = (!self.output.is_empty()).then(|| "output (--out says where)".to_owned());
        run.chain(conditions).chain(reports).chain(output).collect()
    }
}

/// An input of spikes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    #[serde(rename = "input_type")]
    _input_type: String,
    #[serde(rename = "enabled")]
    _enabled: Option<bool>,
    pub module: Option<String>,
    pub input_file: String,
    pub node_set: Value,
}

impl Input {
    /// The input of these fields, unless it is not enabled.
    pub fn of(fields: BTreeMap<String, Value>) -> std::result::Result<Option<Input>, String> {
        match fields.get("enabled") {
            None | Some(Value::Bool(true)) => {}
            Some(Value::Bool(false)) => return Ok(None),
            Some(other) => return Err(format!("has enabled {other}: expected true or false")),
        }
        match fields.get("input_type").and_then(Value::as_str) {
            Some("spikes") => {}
            Some(other) => return Err(format!("is of type '{other}', only spikes are known")),
            None => return Err("has no 'input_type'".into()),
        }
        let input: Input = serde_json::from_value(Value::Object(fields.into_iter().collect()))
            .map_err(|e| format!("cannot be read: {e}"))?;
        match input.module.as_deref() {
            None | Some("h5" | "sonata" | "csv") => Ok(Some(input)),
            Some(other) => Err(format!("has module '{other}', only h5, sonata and csv are known")),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CircuitConfig {
    #[serde(default)]
    pub manifest: BTreeMap<String, String>,
    pub target_simulator: Option<String>,
    pub node_sets_file: Option<String>,
    #[serde(default)]
    pub components: BTreeMap<String, String>,
    pub networks: Networks,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Networks {
    pub nodes: Vec<NodeFiles>,
    pub edges: Vec<EdgeFiles>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NodeFiles {
    pub nodes_file: String,
    pub node_types_file: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EdgeFiles {
    pub edges_file: String,
    pub edge_types_file: Option<String>,
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn yes() -> bool {
    true
}

/// That a configuration is for NEST, whose neurons these are.
pub(super) fn check_target(path: &Path, target: Option<&str>) -> Result<()> {
    match target {
        Some(other) if !other.eq_ignore_ascii_case("nest") => {
            Err(Error::file(path, format!("'target_simulator' is '{other}': only networks for NEST are known")))
        }
        _ => Ok(()),
    }
}

/// What the paths of a configuration file mean.
pub(super) struct Paths<'a> {
    pub config: &'a Path,
    /// From the folder of the simulation's configuration.
    reach: &'a Reach,
    folder: PathBuf,
    variables: Vec<(&'a str, &'a str)>,
}

impl<'a> Paths<'a> {
    pub fn new(config: &'a Path, manifest: &'a BTreeMap<String, String>, reach: &'a Reach) -> Paths<'a> {
        let folder = config.parent().unwrap_or(Path::new("")).to_path_buf();
        let mut variables: Vec<(&str, &str)> =
            manifest.iter().map(|(name, value)| (name.trim_start_matches('$'), value.as_str())).collect();
        // Of two names with the same beginning the longer one is meant.
        variables.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        Paths { config, reach, folder, variables }
    }

    pub fn resolve(&self, text: &str) -> Result<PathBuf> {
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
        self.reached(self.folder.join(path))
    }

    fn reached(&self, path: PathBuf) -> Result<PathBuf> {
        // Made absolute, since it is not relative to the folder that it must stay in.
        let absolute = std::path::absolute(&path).unwrap_or_else(|_| path.clone());
        let named = self.reach.path(&absolute);
        named
            .map(|_| path.clone())
            .map_err(|problem| Error::file(self.config, format!("'{}' {problem}", path.display())))
    }
}

/// The cells of a row that are not empty, by column.
pub(super) type Row = BTreeMap<String, String>;

/// A table of types of nodes or edges.
pub(super) struct Types {
    pub path: PathBuf,
    /// By id and the population that the row is for, if it says one.
    rows: BTreeMap<(i64, Option<String>), Row>,
}

impl Types {
    /// Reads the table whose ids are in the column `key`.
    pub fn read(path: &Path, key: &str) -> Result<Types> {
        let fail = |e: csv::Error| Error::file(path, format!("cannot read: {e}"));
        let mut builder = csv::ReaderBuilder::new();
        let mut reader = builder.delimiter(b' ').trim(csv::Trim::All).from_path(path).map_err(fail)?;
        let heading = reader.headers().map_err(fail)?.clone();
        let mut rows = BTreeMap::new();
        for (i, row) in reader.records().enumerate() {
            let row = row.map_err(fail)?;
            let cells = heading.iter().zip(&row).filter(|(_, cell)| !cell.is_empty() && *cell != "NULL");
            let cells: Row = cells.map(|(name, cell)| (name.to_owned(), cell.to_owned())).collect();
            let id = cells.get(key).and_then(|id| id.parse().ok());
            let id = id.ok_or_else(|| Error::file(path, format!("row {}: no integer in column '{key}'", i + 1)))?;
            if rows.insert((id, cells.get("population").cloned()), cells).is_some() {
                return Err(Error::file(path, format!("row {}: {key} {id} stands twice", i + 1)));
            }
        }
        Ok(Types { path: path.to_path_buf(), rows })
    }

    /// The row of a type: the one for this population, else the one for any.
    pub fn row(&self, id: i64, population: &str) -> Option<&Row> {
        self.rows.get(&(id, Some(population.to_owned()))).or_else(|| self.rows.get(&(id, None)))
    }

    /// All rows that are for this population or any, by id.
    pub fn rows(&self, population: &str) -> impl Iterator<Item = (i64, &Row)> {
        self.rows
            .iter()
            .filter(move |((_, of), _)| of.as_deref().is_none_or(|of| of == population))
            .map(move |((id, _), row)| (*id, self.row(*id, population).unwrap_or(row)))
    }
}

/// The file of parameters that a type names, in the folder of the components.
pub(super) fn parameters<T: DeserializeOwned>(
    paths: &Paths<'_>,
    components: &BTreeMap<String, String>,
    folder: &str,
    row: &Row,
) -> Result<Option<(PathBuf, T)>> {
    let Some(file) = row.get("dynamics_params") else { return Ok(None) };
    let missing = || Error::file(paths.config, format!("'components' has no '{folder}'"));
    let path = paths.reached(paths.resolve(components.get(folder).ok_or_else(missing)?)?.join(file))?;
    let parameters = crate::base::files::read_json(&path)?;
    Ok(Some((path, parameters)))
}
