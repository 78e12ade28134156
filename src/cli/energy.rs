//! `energy`.

use super::options::NetworkOptions;
use super::simulate::available_threads;
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use spikefuse::base::files::{ending, read_json, refuse_inputs, write_output};
use spikefuse::energy::{DataType, Energy, EnergyTable, LEDGER_SCHEMA, LayerEnergy, Ledger};
use spikefuse::network::compile::NetworkFile;
use spikefuse::recording::Ignore;
use spikefuse::report::energy_table;
use spikefuse::simulator::{Simulation, duration};
use spikefuse::spiking::Driver;
use spikefuse::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Options of `energy`.
#[derive(Args)]
pub struct EnergyOptions {
    /// A report.json or simulation.json, the folder that holds one, or a network file, which is simulated
    #[arg(value_name = "REPORT|RUN_DIR|NETWORK.ron", required_unless_present = "list_tables")]
    run: Option<PathBuf>,
    /// Table by name, or a .ron file with one of your own; may be given several times [default: all that price something]
    #[arg(long, value_name = "NAME|FILE.ron")]
    table: Vec<PathBuf>,
    /// Price arithmetic as if it were computed in this type
    #[arg(long = "as", value_enum, value_name = "TYPE")]
    priced_as: Option<TypeOption>,
    /// List the tables with their prices, sources and what they leave out
    #[arg(long, conflicts_with_all = ["table", "priced_as"])]
    list_tables: bool,
    /// Simulated time of a network file [default: the file's]
    #[arg(long, value_name = "MS", allow_negative_numbers = true)]
    duration: Option<f64>,
    #[command(flatten)]
    reach: NetworkOptions,
    /// Form of the output
    #[arg(long, value_enum, default_value = "table")]
    format: FormatOption,
    /// File to write instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum FormatOption {
    /// For people
    Table,
    /// One document
    Json,
    /// One line per layer and table
    Csv,
}

/// [`DataType`] on the command line.
#[derive(Clone, Copy, ValueEnum)]
enum TypeOption {
    Int8,
    Int32,
    Fp16,
    Fp32,
    Fp64,
}

impl TypeOption {
    fn data_type(self) -> DataType {
        match self {
            TypeOption::Int8 => DataType::Int8,
            TypeOption::Int32 => DataType::Int32,
            TypeOption::Fp16 => DataType::Fp16,
            TypeOption::Fp32 => DataType::Fp32,
            TypeOption::Fp64 => DataType::Fp64,
        }
    }
}

/// The part of a report that this verb reads.
#[derive(Deserialize)]
struct WithLedger {
    ledger: Option<Ledger>,
    /// What the configuration of a SONATA simulation has.
    run: Option<serde::de::IgnoredAny>,
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    clips: u64,
    energy: &'a [Energy],
    ledger: &'a Ledger,
}

impl EnergyOptions {
    /// Prices a run.
    pub fn run(self) -> Result<ExitCode> {
        let Some(run) = self.run.as_deref().filter(|_| !self.list_tables) else {
            return self.write(&list(self.format)?, &[]);
        };
        let named = !self.table.is_empty();
        let tables = match named {
            true => {
                let find = |name: &PathBuf| match name.to_str() {
                    Some(name) => EnergyTable::find(name),
                    None => EnergyTable::read(name),
                };
                self.table.iter().map(find).collect::<Result<Vec<_>>>()?
            }
            false => EnergyTable::shipped(),
        };
        let (ledger, mut inputs) = self.ledger(run)?;
        inputs.extend(self.table.iter().cloned());
        let priced_as = self.priced_as.map(TypeOption::data_type);
        let mut energies = Vec::new();
        let mut without = Vec::new();
        for table in &tables {
            match table.apply(&ledger, priced_as) {
                Ok(energy) => energies.push(energy),
                Err(problem) if named => return Err(problem),
                Err(_) => without.push(table.name.as_str()),
            }
        }
        let text = match self.format {
            FormatOption::Json => {
                let schema = "spikefuse.energy/2";
                super::json(&Document { schema, clips: ledger.clips, energy: &energies, ledger: &ledger })?
            }
            FormatOption::Csv => csv(&energies)?,
            FormatOption::Table => {
                let mut text = energy_table(&energies, ledger.clips);
                if !without.is_empty() {
                    text += &format!("  without a price for anything in this run: {}\n", without.join(", "));
                }
                text
            }
        };
        self.write(&text, &inputs)
    }

    fn write(&self, text: &str, inputs: &[PathBuf]) -> Result<ExitCode> {
        match &self.out {
            Some(path) => {
                refuse_inputs(path, inputs)?;
                write_output(path, text.as_bytes())?;
            }
            None => super::print(text)?,
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The ledger of a run, and the files that it comes from.
    fn ledger(&self, run: &Path) -> Result<(Ledger, Vec<PathBuf>)> {
        if ending(run) == "ron" {
            return self.simulate(run);
        }
        if self.duration.is_some() {
            return Err(Error::value("--duration", "is for network files only"));
        }
        let path = match run.is_dir() {
            true => {
                let [report, simulation] = ["report.json", "simulation.json"].map(|name| run.join(name));
                let there = |path: &Path| path.try_exists().map_err(|e| Error::file(path, format!("cannot read: {e}")));
                match (there(&report)?, there(&simulation)?) {
                    (true, false) => report,
                    (false, true) => simulation,
                    (true, true) => {
                        return Err(Error::file(run, "holds both report.json and simulation.json")
                            .with_hint("give the one that is meant"));
                    }
                    (false, false) => {
                        return Err(Error::file(run, "holds neither report.json nor simulation.json")
                            .with_hint("give the folder that run --out, evaluate --out or simulate --out wrote"));
                    }
                }
            }
            false => run.to_path_buf(),
        };
        let WithLedger { ledger, run: of_sonata } = read_json(&path)?;
        let ledger = ledger.ok_or_else(|| match of_sonata {
            Some(_) => Error::file(&path, "a SONATA configuration can only be simulated")
                .with_hint("spikefuse simulate --out writes a simulation.json, which can be priced"),
            None => Error::file(&path, "has no ledger: expected a report.json or simulation.json"),
        })?;
        if ledger.schema != LEDGER_SCHEMA {
            let problem = format!("its ledger is '{}', expected '{LEDGER_SCHEMA}'", ledger.schema);
            return Err(Error::file(path, problem));
        }
        Ok((ledger, vec![path]))
    }

    fn simulate(&self, file: &Path) -> Result<(Ledger, Vec<PathBuf>)> {
        let compiled = NetworkFile::read(file)?.compile(&self.reach.settings(None))?;
        let until = duration(self.duration, compiled.duration, compiled.network.dt_ms())?;
        let bar = super::progress::bar("simulate", until as usize);
        let network = Arc::new(compiled.network);
        let mut simulation = Simulation::new(network, Driver::Event, available_threads(), Vec::new())?;
        simulation.run(until, &mut Ignore, &mut |tick| bar.set_position(tick.into()))?;
        bar.finish_and_clear();
        let mut inputs = compiled.files;
        inputs.push(file.to_path_buf());
        Ok((simulation.ledger(), inputs))
    }
}

/// `rows` below their `head` as CSV.
fn text(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Result<String> {
    let head = head.iter().map(|name| name.to_string()).collect();
    let bytes = super::csv(std::iter::once(head).chain(rows))?;
    String::from_utf8(bytes).map_err(|e| Error::value("csv", e))
}

/// Energy by table and layer; without a price for anything the cell is empty.
fn csv(energies: &[Energy]) -> Result<String> {
    let layers = energies.iter().flat_map(|e| e.by_layer.iter().map(move |layer| (e, layer)));
    let row = |(e, layer): (&Energy, &LayerEnergy)| {
        let twin = layer.dense_twin_pj.map_or(String::new(), |pj| pj.to_string());
        let pj = layer.pj.map_or(String::new(), |pj| pj.to_string());
        let partial = [layer.partial, layer.dense_twin_partial].map(|partial| partial.to_string());
        let names = [e.table.clone(), layer.branch.to_string(), layer.layer.clone(), pj, twin];
        names.into_iter().chain(partial).collect()
    };
    text(&["table", "branch", "layer", "pj", "dense_twin_pj", "partial", "dense_twin_partial"], layers.map(row))
}

/// The shipped tables.
fn list(format: FormatOption) -> Result<String> {
    let tables = EnergyTable::shipped();
    let prices = |table: &EnergyTable| -> String {
        let prices: Vec<String> = table.prices_pj.iter().map(|(kind, pj)| format!("{kind} {pj}")).collect();
        prices.join(", ")
    };
    match format {
        FormatOption::Json => super::json(&tables),
        FormatOption::Csv => {
            let row = |t: &EnergyTable| {
                vec![t.name.clone(), t.grade.to_string(), prices(t), t.source.clone(), t.leaves_out.clone()]
            };
            text(&["table", "grade", "prices_pj", "source", "leaves_out"], tables.iter().map(row))
        }
        FormatOption::Table => Ok(tables
            .iter()
            .map(|t| {
                let (name, grade, source, leaves_out) = (&t.name, t.grade, &t.source, &t.leaves_out);
                format!("{name} ({grade})\n  pJ: {}\n  source: {source}\n  leaves out: {leaves_out}\n", prices(t))
            })
            .collect()),
    }
}
