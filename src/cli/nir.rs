//! The verbs `nir`.

use super::options::{NetworkOptions, is_dash};
use super::talk;
use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{Args, Subcommand, ValueEnum};
use spikefuse::Result;
use spikefuse::base::files::{folder_of, refuse_inputs};
use spikefuse::base::text::counted;
use spikefuse::network::interop::nir::{
    self, Choices, Compat, Finding, Info, MadeNetwork, NirFile, ResetChoice, Severity, Target, TimeUnit,
};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Subcommand)]
pub enum Nir {
    /// Check a graph: edges, shapes, values; exit code 1 if anything is wrong
    Check(Check),
    /// What a graph consists of: nodes, shapes, parameters, edges, metadata
    Info(InfoOptions),
    /// What a graph seems to mean: unit of times, length of a step, conventions; and which programs
    /// would refuse it or change it silently
    Doctor(Doctor),
    /// Write a graph again, for other versions of the Python package
    Convert(Convert),
    /// Make a network file of a graph, with its weights in a folder beside it
    From(FromOptions),
    /// Make a graph of a network file, with times in seconds
    To(ToOptions),
}

/// Options of `nir check`.
#[derive(Args)]
pub struct Check {
    /// NIR file
    #[arg(value_name = "FILE.nir")]
    file: PathBuf,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// Options of `nir info`.
#[derive(Args)]
pub struct InfoOptions {
    /// NIR file
    #[arg(value_name = "FILE.nir")]
    file: PathBuf,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// Options of `nir doctor`.
#[derive(Args)]
pub struct Doctor {
    /// NIR file
    #[arg(value_name = "FILE.nir")]
    file: PathBuf,
    /// Who should read it; may be given several times [default: all]
    #[arg(long, value_enum)]
    target: Vec<TargetOption>,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// Options of `nir convert`.
#[derive(Args)]
pub struct Convert {
    /// NIR file
    #[arg(value_name = "FILE.nir")]
    file: PathBuf,
    /// NIR file to write
    #[arg(long, value_name = "FILE.nir", value_parser = file())]
    out: PathBuf,
    #[command(flatten)]
    compat: CompatOptions,
}

/// Options of `nir from`.
#[derive(Args)]
pub struct FromOptions {
    /// NIR file
    #[arg(value_name = "FILE.nir")]
    file: PathBuf,
    /// Network file to write; weights go into the folder NETWORK.weights beside it
    #[arg(long, value_name = "NETWORK.ron", value_parser = file())]
    out: PathBuf,
    /// Length of a tick [default: what the file says or implies]
    #[arg(long, value_name = "MS")]
    dt: Option<f64>,
    /// Unit of the file's times [default: what the file says or implies]
    #[arg(long, value_enum)]
    time_unit: Option<UnitOption>,
    /// What a spike does to the membrane [default: what the file says, else its v_reset]
    #[arg(long, value_enum)]
    reset: Option<ResetOption>,
}

/// Options of `nir to`.
#[derive(Args)]
pub struct ToOptions {
    /// Network file, - for standard input
    #[arg(value_name = "NETWORK.ron")]
    file: PathBuf,
    /// NIR file to write
    #[arg(long, value_name = "FILE.nir", value_parser = file())]
    out: PathBuf,
    #[command(flatten)]
    compat: CompatOptions,
    #[command(flatten)]
    reach: NetworkOptions,
}

/// [`TimeUnit`] on the command line.
#[derive(Clone, Copy, ValueEnum)]
enum UnitOption {
    S,
    Ms,
    Steps,
}

/// [`ResetChoice`] on the command line.
#[derive(Clone, Copy, ValueEnum)]
enum ResetOption {
    /// It becomes 0
    Zero,
    /// The threshold is subtracted
    Subtract,
    /// It becomes the file's v_reset
    File,
}

impl FromOptions {
    fn choices(&self) -> Choices {
        let time_unit = self.time_unit.map(|unit| match unit {
            UnitOption::S => TimeUnit::S,
            UnitOption::Ms => TimeUnit::Ms,
            UnitOption::Steps => TimeUnit::Steps,
        });
        let reset = self.reset.map(|reset| match reset {
            ResetOption::Zero => ResetChoice::Zero,
            ResetOption::Subtract => ResetChoice::Subtract,
            ResetOption::File => ResetChoice::File,
        });
        Choices { dt_ms: self.dt, time_unit, reset }
    }
}

/// For which versions a file is written.
#[derive(Args)]
struct CompatOptions {
    /// Version of the Python package that must read it [default: all that can; v_reset is left out
    /// where it is 0]
    #[arg(long, value_enum, value_name = "VERSION")]
    compat: Option<CompatOption>,
}

impl CompatOptions {
    fn compat(&self) -> Compat {
        match self.compat {
            None => Compat::Widest,
            Some(CompatOption::V1_0_4) => Compat::V1_0_4,
            Some(CompatOption::V1_0_8) => Compat::V1_0_8,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum CompatOption {
    /// Without v_reset and CubaLI, for Sinabs and Rockpool
    #[value(name = "1.0.4")]
    V1_0_4,
    /// With every v_reset
    #[value(name = "1.0.8")]
    V1_0_8,
}

/// [`Target`] on the command line.
#[derive(Clone, Copy)]
struct TargetOption(Target);

impl ValueEnum for TargetOption {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [TargetOption; Target::ALL.len()] = {
            let mut all = [TargetOption(Target::Norse); Target::ALL.len()];
            let mut k = 0;
            while k < all.len() {
                all[k] = TargetOption(Target::ALL[k]);
                k += 1;
            }
            all
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.0.name()))
    }
}

/// What `nir check` prints.
#[derive(serde::Serialize)]
struct Found {
    file: String,
    nodes: u64,
    findings: Vec<Finding>,
    unread: Vec<String>,
}

impl Found {
    fn wrong(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = if self.wrong() { "wrong" } else { "fine" };
        writeln!(f, "{}: {word}: {}", self.file, counted(self.nodes, "node"))?;
        self.findings.iter().try_for_each(|finding| writeln!(f, "{finding}"))?;
        self.unread.iter().try_for_each(|unread| writeln!(f, "not read: {unread}"))
    }
}

/// Parses the path of a file to write, which cannot be `-`.
fn file() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| match is_dash(&path) {
        true => Err("this cannot be standard output: give the path of a file (./- is one named -)"),
        false => Ok(path),
    })
}

fn read(path: &Path) -> Result<NirFile> {
    nir::read(path).inspect(|_| talk::read(path))
}

impl Nir {
    /// Does it.
    pub fn run(self) -> Result<ExitCode> {
        match self {
            Nir::Check(Check { file, json }) => {
                let NirFile { graph, unread, .. } = read(&file)?;
                let nodes = graph.all_nodes().len() as u64;
                let found = Found { file: file.display().to_string(), nodes, findings: nir::check(&graph), unread };
                super::print(&if json { super::json(&found)? } else { found.to_string() })?;
                return Ok(ExitCode::from(u8::from(found.wrong())));
            }
            Nir::Info(InfoOptions { file, json }) => {
                let info = Info::new(&read(&file)?);
                super::print(&if json { super::json(&info)? } else { info.to_string() })?;
            }
            Nir::Doctor(Doctor { file, target, json }) => {
                let targets: Vec<Target> = target.into_iter().map(|TargetOption(target)| target).collect();
                let targets = if targets.is_empty() { &Target::ALL[..] } else { &targets };
                let diagnosis = nir::diagnose(&read(&file)?.graph, targets);
                super::print(&if json { super::json(&diagnosis)? } else { diagnosis.to_string() })?;
            }
            Nir::Convert(Convert { file, out, compat }) => {
                refuse_inputs(&out, std::slice::from_ref(&file))?;
                let NirFile { graph, unread, .. } = read(&file)?;
                unread.iter().for_each(|unread| talk::warn(format_args!("left out: {unread}")));
                nir::write(&out, &graph, compat.compat())?;
                talk::wrote(&out);
            }
            Nir::From(options) => {
                refuse_inputs(&options.out, std::slice::from_ref(&options.file))?;
                let made = MadeNetwork::new(&read(&options.file)?.graph, &options.out, &options.choices())?;
                made.save(&options.out)?;
                talk::wrote(&options.out);
                let text: String = made.findings.iter().map(|finding| format!("{finding}\n")).collect();
                super::print(&text)?;
            }
            Nir::To(ToOptions { file, out, compat, reach }) => {
                refuse_inputs(&out, std::slice::from_ref(&file))?;
                let read = reach.read(&file)?;
                // Line and column of what is wrong with the network itself.
                let files = read.compile(&reach.settings(None))?.files;
                refuse_inputs(&out, &files)?;
                let (graph, findings) = nir::from_network(&read.spec, folder_of(&read.path), reach.files_anywhere)?;
                nir::write(&out, &graph, compat.compat())?;
                talk::wrote(&out);
                let text: String = findings.iter().map(|finding| format!("{finding}\n")).collect();
                super::print(&text)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
