//! `energy`.

use super::options::{NetworkOptions, is_dash, number};
use super::progress::RunBars;
use super::simulate::available_threads;
use super::talk;
use clap::{Args, ValueEnum};
use spikefuse::base::files::{STDIN, ending, read_stdin, refuse_foreign, refuse_inputs, write_output};
use spikefuse::energy::{DataType, Ledger};
use spikefuse::report::{PricedLedger, parse_ledger, read_ledger, tables_csv, tables_json, tables_text};
use spikefuse::simulator::Job;
use spikefuse::spiking::Driver;
use spikefuse::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Options of `energy`.
#[derive(Args)]
pub struct EnergyOptions {
    /// A report.json or simulation.json, the folder that holds one, or a network file, which is
    /// simulated; - for one of these files from standard input
    #[arg(value_name = "REPORT|RUN_DIR|NETWORK.ron", required_unless_present = "list_tables")]
    run: Option<PathBuf>,
    /// Table by name, or a .ron file with one of your own; may be given several times [default: all
    /// that price something]
    #[arg(long, value_name = "NAME|FILE.ron")]
    table: Vec<PathBuf>,
    /// Price arithmetic as if it were computed in this type
    #[arg(long = "as", value_enum, value_name = "TYPE")]
    priced_as: Option<TypeOption>,
    /// List the tables with their prices, sources and what they leave out
    #[arg(long, conflicts_with_all = ["table", "priced_as"])]
    list_tables: bool,
    /// Simulated time of a network file [default: the file's]
    #[arg(long, value_name = "MS", allow_negative_numbers = true, value_parser = number)]
    duration: Option<f64>,
    #[command(flatten)]
    reach: NetworkOptions,
    /// Form of the output
    #[arg(long, value_enum, default_value = "table")]
    format: FormatOption,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// File to write instead of standard output, which is -
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace the file of --out even if it is of another kind
    #[arg(long, requires = "out")]
    force: bool,
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
    Int16,
    Int32,
    Fp16,
    Fp32,
    Fp64,
}

impl TypeOption {
    fn data_type(self) -> DataType {
        match self {
            TypeOption::Int8 => DataType::Int8,
            TypeOption::Int16 => DataType::Int16,
            TypeOption::Int32 => DataType::Int32,
            TypeOption::Fp16 => DataType::Fp16,
            TypeOption::Fp32 => DataType::Fp32,
            TypeOption::Fp64 => DataType::Fp64,
        }
    }
}

impl EnergyOptions {
    /// Prices a run.
    pub fn run(self) -> Result<ExitCode> {
        let Some(run) = self.run.as_deref().filter(|_| !self.list_tables) else {
            let (text, mark) = match self.format() {
                FormatOption::Json => (tables_json()?, "\"prices_pj\""),
                FormatOption::Csv => (tables_csv()?, "table,grade,"),
                FormatOption::Table => (tables_text(), "  leaves out: "),
            };
            return self.write(&text, mark, &[]);
        };
        let (ledger, mut inputs) = self.ledger(run)?;
        inputs.extend(self.table.iter().cloned());
        let priced = PricedLedger::new(&ledger, &self.table, self.priced_as.map(TypeOption::data_type))?;
        let (text, mark) = match self.format() {
            FormatOption::Json => (priced.json()?, "\"spikefuse.energy/"),
            FormatOption::Csv => (priced.csv()?, "table,branch,"),
            FormatOption::Table => (priced.table(), ", modelled, not measured"),
        };
        self.write(&text, mark, &inputs)
    }

    fn format(&self) -> FormatOption {
        if self.json { FormatOption::Json } else { self.format }
    }

    /// Writes a text that has `mark` near its beginning.
    fn write(&self, text: &str, mark: &str, inputs: &[PathBuf]) -> Result<ExitCode> {
        match &self.out {
            Some(path) => {
                refuse_inputs(path, inputs)?;
                if !self.force {
                    refuse_foreign(path, mark)?;
                }
                write_output(path, text.as_bytes())?;
                talk::wrote(path);
            }
            None => super::print(text)?,
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The ledger of a run, and the files that it comes from.
    fn ledger(&self, run: &Path) -> Result<(Ledger, Vec<PathBuf>)> {
        let text = if is_dash(run) { Some(read_stdin()?) } else { None };
        let is_network = match &text {
            // A report is a JSON document, a network file none.
            Some(text) => !text.trim_start().starts_with('{'),
            None => matches!(&ending(run)[..], "ron" | "nir" | "net"),
        };
        if is_network {
            let file = text.map_or_else(|| self.reach.read(run), |text| self.reach.parse(text))?;
            let job = Job::of_file(&file, None, self.reach.files_anywhere)?;
            let (ticks, inputs) = (job.duration(self.duration)?, job.inputs.clone());
            let finished = job.simulate(ticks, Driver::Event, available_threads(), None, &RunBars::default())?;
            return Ok((finished.simulation.ledger(), inputs));
        }
        if self.duration.is_some() {
            return Err(Error::value("--duration", "is for network files only"));
        }
        if !self.reach.set.is_empty() {
            return Err(Error::value("--set", "is for network files only"));
        }
        if let Some(text) = text {
            return Ok((parse_ledger(Path::new(STDIN), &text)?, Vec::new()));
        }
        let found = read_ledger(run).inspect(|(_, path)| talk::read(path));
        found.map(|(ledger, path)| (ledger, vec![path]))
    }
}
