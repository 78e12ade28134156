//! Several runs in one table: their figures, means over seeds, and what differs between their
//! configurations.

use super::document::Report;
use super::read::Document;
use crate::energy::{Energy, EnergyTable};
use crate::error::{Error, Result};
use crate::report::evaluation::EvaluationReport;
use crate::report::simulation::{PopulationReport, SIMULATION_SCHEMA, SimulationReport};
use crate::report::tables::energy;
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Finished runs side by side; as a document or, by `Display`, as a table.
#[derive(Debug, Serialize)]
pub struct SideBySide {
    schema: &'static str,
    /// The schema of the runs' reports.
    of: String,
    /// The table that all energies are by; none where no table has a price in every run.
    pub energy_table: Option<String>,
    /// The runs as they were given.
    pub runs: Vec<RunFigures>,
    /// Runs of the hybrid model that differ in nothing but the seed, two or more each. Other reports do
    /// not hold the network's parameters.
    pub groups: Vec<SeedGroup>,
    /// What differs between the configurations.
    pub differences: Vec<Difference>,
}

/// Figures of a run.
#[derive(Debug, Serialize)]
pub struct RunFigures {
    /// Its name.
    pub run: String,
    /// Its seed; none of an evaluation of a network.
    pub seed: Option<u64>,
    /// Whether its energy lacks operations that have no price.
    pub energy_partial: bool,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Mean and sample standard deviation over seeds.
#[derive(Debug, Serialize)]
pub struct SeedGroup {
    /// The runs; of several with one seed the first is taken.
    pub runs: Vec<String>,
    /// Means of the figures that all of them have.
    pub mean: Figures,
    /// Standard deviations, with n - 1 in the denominator.
    pub standard_deviation: Figures,
}

/// A field of the configuration that is not the same in all runs.
#[derive(Debug, Serialize)]
pub struct Difference {
    /// Path of the field, such as `model.time_steps`.
    pub field: String,
    /// Its value in each run; null where a run does not have it.
    pub values: Vec<Value>,
}

/// Numbers under the names of their columns.
#[derive(Debug)]
pub struct Figures {
    columns: &'static [Column],
    values: Vec<Option<f64>>,
}

#[derive(Debug)]
struct Column {
    /// Name in the document.
    key: &'static str,
    /// Name in the table.
    head: &'static str,
    shown: fn(f64) -> String,
}

/// Fractions of 1, and means per clip.
const HYBRID: [Column; 7] = [
    Column { key: "seen", head: "seen %", shown: percent },
    Column { key: "unseen", head: "unseen %", shown: percent },
    Column { key: "hm", head: "HM %", shown: percent },
    Column { key: "zsl", head: "ZSL %", shown: percent },
    Column { key: "spikes_per_clip", head: "spikes/clip", shown: one_decimal },
    Column { key: "synops_per_clip", head: "SynOps/clip", shown: one_decimal },
    Column { key: "energy_pj_per_clip", head: "energy/clip", shown: energy },
];

/// A fraction of 1, the mean time to the first right decision, and means per clip; SynOps are the
/// effective ones.
const EVALUATION: [Column; 5] = [
    Column { key: "accuracy", head: "accuracy %", shown: percent },
    Column { key: "latency_ms", head: "latency ms", shown: one_decimal },
    Column { key: "spikes_per_clip", head: "spikes/clip", shown: one_decimal },
    Column { key: "effective_synops_per_clip", head: "SynOps/clip", shown: one_decimal },
    Column { key: "energy_pj_per_clip", head: "energy/clip", shown: energy },
];

/// The mean rate of all neurons, and sums over the run.
const SIMULATION: [Column; 4] = [
    Column { key: "rate_hz", head: "rate Hz", shown: |hz| format!("{hz:.2}") },
    Column { key: "spikes", head: "spikes", shown: |count| format!("{count:.0}") },
    Column { key: "synops", head: "SynOps", shown: |count| format!("{count:.0}") },
    Column { key: "energy_pj", head: "energy", shown: energy },
];

fn percent(part: f64) -> String {
    format!("{:.2}", 100.0 * part)
}

fn one_decimal(value: f64) -> String {
    format!("{value:.1}")
}

/// What a run is set to, by the path of the field; without the seed.
type Settings = BTreeMap<String, Value>;

impl SideBySide {
    /// Puts runs side by side, each under its name.
    ///
    /// # Errors
    /// If they are not all of one kind.
    pub fn new(runs: &[(String, Document)]) -> Result<SideBySide> {
        let (mut reports, mut evaluations, mut simulations) = (Vec::new(), Vec::new(), Vec::new());
        for (name, document) in runs {
            match document {
                Document::Hybrid(report) => reports.push((name, &**report)),
                Document::Evaluation(report) => evaluations.push((name, &**report)),
                Document::Simulation(report) => simulations.push((name, &**report)),
            }
        }
        let differs = |(_, document): &&(String, Document)| document.kind() != runs[0].1.kind();
        match runs.iter().find(differs) {
            Some((name, other)) => {
                let (first, document) = &runs[0];
                let problem = format!("'{first}' is the report of {}, '{name}' of {}", document.kind(), other.kind());
                Err(Error::value("runs side by side", problem).with_hint("give runs of one kind"))
            }
            None if !evaluations.is_empty() => Ok(SideBySide::of_evaluations(&evaluations)),
            None if !simulations.is_empty() => Ok(SideBySide::of_simulations(&simulations)),
            None => Ok(SideBySide::of_reports(&reports)),
        }
    }

    fn of_reports(runs: &[(&String, &Report)]) -> SideBySide {
        let table = common_table(runs.iter().map(|(_, report)| &report.energy[..]));
        let figures = |report: &Report| {
            let (s, clips) = (&report.accuracy.both, report.clips.max(1) as f64);
            let spikes = report.spikes.as_ref().map(|spikes| spikes.total as f64 / clips);
            let synops = Some(report.operations.synops as f64 / clips);
            let (pj, partial) = total_pj(&report.energy, &table);
            let pj = pj.map(|pj| pj / clips);
            (vec![Some(s.seen), Some(s.unseen), Some(s.hm), Some(s.zsl), spikes, synops, pj], partial)
        };
        let rows = runs.iter().map(|(name, report)| row(name, Some(report.seed), &HYBRID, figures(report))).collect();
        let settings: Vec<Settings> = runs.iter().map(|(_, report)| of_report(report)).collect();
        let of = runs.first().map_or(String::new(), |(_, report)| report.schema.clone());
        let mut beside = SideBySide::of_rows(of, table, rows, &settings);
        beside.groups = beside.by_seed(&settings);
        beside
    }

    fn of_evaluations(runs: &[(&String, &EvaluationReport)]) -> SideBySide {
        let priced: Vec<Vec<Energy>> = runs.iter().map(|(_, report)| report.energy()).collect();
        let table = common_table(priced.iter().map(|energies| &energies[..]));
        let figures = |report: &EvaluationReport, energies: &[Energy]| {
            let (clips, total) = (report.clips.max(1) as f64, report.synops.total(|_| true));
            let spikes: u64 = report.populations.iter().map(|population| population.operations.spikes).sum();
            let synops = (total.effective_acs + total.effective_macs) as f64 / clips;
            let latency = report.mean_latency_ticks.map(|ticks| ticks * report.dt_ms);
            let (pj, partial) = total_pj(energies, &table);
            let pj = pj.map(|pj| pj / clips);
            (vec![Some(report.accuracy), latency, Some(spikes as f64 / clips), Some(synops), pj], partial)
        };
        let rows = runs.iter().zip(&priced);
        let rows =
            rows.map(|((name, report), energies)| row(name, None, &EVALUATION, figures(report, energies))).collect();
        let settings: Vec<Settings> = runs.iter().map(|(_, report)| of_evaluation(report)).collect();
        let of = runs.first().map_or(String::new(), |(_, report)| report.schema.clone());
        SideBySide::of_rows(of, table, rows, &settings)
    }

    fn of_simulations(runs: &[(&String, &SimulationReport)]) -> SideBySide {
        let price = |report: &SimulationReport| -> Vec<Energy> {
            EnergyTable::shown().iter().filter_map(|table| table.apply(&report.ledger, None).ok()).collect()
        };
        let priced: Vec<Vec<Energy>> = runs.iter().map(|(_, report)| price(report)).collect();
        let table = common_table(priced.iter().map(|energies| &energies[..]));
        let figures = |report: &SimulationReport, energies: &[Energy]| {
            let sum = |count: fn(&PopulationReport) -> u64| report.populations.iter().map(count).sum::<u64>() as f64;
            let (neurons, spikes) = (sum(|p| p.neurons.into()), sum(|p| p.operations.spikes));
            let neuron_seconds = neurons * report.duration_ms / 1000.0;
            let rate = (neuron_seconds > 0.0).then(|| spikes / neuron_seconds);
            let (pj, partial) = total_pj(energies, &table);
            (vec![rate, Some(spikes), Some(sum(|p| p.operations.synops)), pj], partial)
        };
        let rows = runs.iter().zip(&priced);
        let rows =
            rows.map(|((name, report), energies)| row(name, Some(report.seed), &SIMULATION, figures(report, energies)));
        let rows = rows.collect();
        let settings: Vec<Settings> = runs.iter().map(|(_, report)| of_simulation(report)).collect();
        let of = runs.first().map_or(String::new(), |(_, report)| report.schema.clone());
        SideBySide::of_rows(of, table, rows, &settings)
    }

    fn of_rows(of: String, energy_table: Option<String>, runs: Vec<RunFigures>, settings: &[Settings]) -> SideBySide {
        let differences = differences(settings);
        SideBySide { schema: "spikefuse.runs/1", of, energy_table, runs, groups: Vec::new(), differences }
    }

    fn by_seed(&self, settings: &[Settings]) -> Vec<SeedGroup> {
        let mut groups: Vec<(&Settings, Vec<&RunFigures>)> = Vec::new();
        for (run, settings) in self.runs.iter().zip(settings) {
            match groups.iter_mut().find(|(known, _)| *known == settings) {
                // A seed that was run twice counts once.
                Some((_, runs)) if runs.iter().all(|known| known.seed != run.seed) => runs.push(run),
                Some(_) => {}
                None => groups.push((settings, vec![run])),
            }
        }
        groups.into_iter().filter(|(_, runs)| runs.len() > 1).map(|(_, runs)| group(&runs)).collect()
    }
}

fn row(
    name: &str,
    seed: Option<u64>,
    columns: &'static [Column],
    (values, energy_partial): (Vec<Option<f64>>, bool),
) -> RunFigures {
    RunFigures { run: name.to_owned(), seed, energy_partial, figures: Figures { columns, values } }
}

/// The first table that has a price in every run.
fn common_table<'a>(runs: impl Iterator<Item = &'a [Energy]>) -> Option<String> {
    let runs: Vec<&[Energy]> = runs.collect();
    let known = |table: &str| runs.iter().all(|energies| energies.iter().any(|e| e.table == table));
    runs.first()?.iter().map(|e| &e.table).find(|table| known(table)).cloned()
}

/// The energy by a table, pJ, and whether it lacks anything.
fn total_pj(energies: &[Energy], table: &Option<String>) -> (Option<f64>, bool) {
    let energy = energies.iter().find(|e| Some(&e.table) == table.as_ref());
    (energy.map(|e| e.total_pj), energy.is_some_and(|e| e.partial))
}

fn of_report(report: &Report) -> Settings {
    let mut settings = Settings::new();
    let data = [
        ("dataset", Value::from(report.dataset.as_str())),
        ("split", Value::from(report.split.to_string())),
        ("class_vectors", Value::from(report.class_vectors.to_string())),
        ("vocabulary", Value::from(report.vocabulary)),
        ("clips", Value::from(report.clips)),
    ];
    settings.extend(data.map(|(field, value)| (field.to_owned(), value)));
    // A configuration that was read from JSON has a JSON form.
    flatten("", &serde_json::to_value(&report.config).unwrap_or_default(), &mut settings);
    settings
}

fn of_evaluation(report: &EvaluationReport) -> Settings {
    let run = [
        ("network", Value::from(report.network.as_str())),
        ("output", Value::from(report.output.as_str())),
        ("read_out", Value::from(report.read_out_in_words())),
        ("driver", Value::from(report.driver.name())),
        ("clips", Value::from(report.clips)),
        ("ticks", Value::from(report.ticks)),
        ("dt_ms", Value::from(report.dt_ms)),
    ];
    let sizes = report.populations.iter().map(|p| (format!("neurons.{}", p.name), Value::from(p.neurons)));
    run.into_iter().map(|(field, value)| (field.to_owned(), value)).chain(sizes).collect()
}

fn of_simulation(report: &SimulationReport) -> Settings {
    let run = [
        ("network", Value::from(report.network.as_str())),
        ("driver", Value::from(report.driver.name())),
        ("duration_ms", Value::from(report.duration_ms)),
        ("dt_ms", Value::from(report.dt_ms)),
    ];
    let sizes = report.populations.iter().map(|p| (format!("neurons.{}", p.name), Value::from(p.neurons)));
    run.into_iter().map(|(field, value)| (field.to_owned(), value)).chain(sizes).collect()
}

/// Every field of `value` that is no object, by its path.
fn flatten(path: &str, value: &Value, settings: &mut Settings) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(&path, value, settings);
            }
        }
        // An option that is not set has no fields either.
        Value::Null => {}
        value => drop(settings.insert(path.to_owned(), value.clone())),
    }
}

fn differences(settings: &[Settings]) -> Vec<Difference> {
    let fields: BTreeSet<&String> = settings.iter().flat_map(BTreeMap::keys).collect();
    let values = fields.into_iter().map(|field| Difference {
        field: field.clone(),
        values: settings.iter().map(|settings| settings.get(field).cloned().unwrap_or_default()).collect(),
    });
    values.filter(|difference| difference.values.windows(2).any(|two| two[0] != two[1])).collect()
}

fn group(runs: &[&RunFigures]) -> SeedGroup {
    let columns = runs[0].figures.columns;
    let n = runs.len() as f64;
    let (mut mean, mut deviation) = (Vec::new(), Vec::new());
    for column in 0..columns.len() {
        let values: Option<Vec<f64>> = runs.iter().map(|run| run.figures.values[column]).collect();
        let moments = values.map(|values| {
            let mean = values.iter().sum::<f64>() / n;
            let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
            (mean, (squares / (n - 1.0)).sqrt())
        });
        mean.push(moments.map(|(mean, _)| mean));
        deviation.push(moments.map(|(_, deviation)| deviation));
    }
    SeedGroup {
        runs: runs.iter().map(|run| run.run.clone()).collect(),
        mean: Figures { columns, values: mean },
        standard_deviation: Figures { columns, values: deviation },
    }
}

impl Serialize for Figures {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.columns.iter().map(|column| column.key).zip(&self.values))
    }
}

impl Figures {
    fn cells(&self) -> Vec<String> {
        self.columns.iter().zip(&self.values).map(|(column, value)| value.map_or("-".into(), column.shown)).collect()
    }
}

impl fmt::Display for SideBySide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MEAN: &str = "  mean";
        const DEVIATION: &str = "  standard deviation";
        let Some(first) = self.runs.first() else { return Ok(()) };
        let names = self.runs.iter().map(|run| run.run.chars().count());
        let wide = names.chain([DEVIATION.len()]).max().unwrap_or(0);
        let line = |name: &str, seed: &str, cells: Vec<String>| {
            let cells: String = cells.iter().map(|cell| format!(" {cell:>12}")).collect();
            format!("{name:wide$} {seed:>6}{cells}\n")
        };
        let heads = first.figures.columns.iter().map(|column| column.head.to_owned()).collect();
        f.write_str(&line("run", "seed", heads))?;
        for run in &self.runs {
            let seed = run.seed.map_or("-".into(), |seed| seed.to_string());
            f.write_str(&line(&run.run, &seed, run.figures.cells()))?;
        }
        for group in &self.groups {
            writeln!(f, "\n{}: equal but for the seed", group.runs.join(", "))?;
            f.write_str(&line(MEAN, "", group.mean.cells()))?;
            f.write_str(&line(DEVIATION, "", group.standard_deviation.cells()))?;
        }
        if self.of == SIMULATION_SCHEMA {
            writeln!(f, "\nno means over seeds: simulation.json does not hold the parameters of its network")?;
        }
        match &self.energy_table {
            Some(table) => {
                let partial = self.runs.iter().filter(|run| run.energy_partial).map(|run| &run.run[..]);
                let partial = match partial.collect::<Vec<_>>() {
                    names if names.is_empty() => String::new(),
                    names => format!("; partial, some operations have no price: {}", names.join(", ")),
                };
                writeln!(f, "\nenergy: modelled, not measured, by table {table}{partial}")?;
            }
            None => writeln!(f, "\nenergy: no table has a price in every run")?,
        }
        if self.differences.is_empty() {
            return writeln!(f, "nothing differs in the configurations");
        }
        writeln!(f, "\ndifferent in the configurations")?;
        let wide = self.differences.iter().map(|difference| difference.field.chars().count()).max().unwrap_or(0);
        for Difference { field, values } in &self.differences {
            let mut told: Vec<(&Value, Vec<&str>)> = Vec::new();
            for (value, run) in values.iter().zip(&self.runs) {
                match told.iter_mut().find(|(known, _)| *known == value) {
                    Some((_, runs)) => runs.push(&run.run),
                    None => told.push((value, vec![&run.run])),
                }
            }
            let told: Vec<String> =
                told.iter().map(|(value, runs)| format!("{} ({})", shown(value), runs.join(", "))).collect();
            writeln!(f, "  {field:wide$}  {}", told.join("; "))?;
        }
        Ok(())
    }
}

/// A value without the quotes of JSON.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "not set".into(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}
