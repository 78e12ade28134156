//! `data generate` and `data info`.

use super::options::{DataOptions, folder, seed, sensor};
use clap::{Args, Subcommand};
use spikefuse::data::{generate, inspect};
use spikefuse::samples::{self, Opening};
use spikefuse::{Error, Result};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Subcommand)]
pub enum Data {
    /// Write the embedded demonstration set in the published layout
    Generate(Generate),
    /// What data hold, and everything that is wrong with them; exit code 1 if anything is
    Info(Info),
}

/// Options of `data generate`.
#[derive(Args)]
pub struct Generate {
    /// Folder to make it in; must be empty or not exist
    #[arg(long, value_name = "DIR", value_parser = folder())]
    out: PathBuf,
    /// Seed of the set
    #[arg(long, default_value_t = 0, value_parser = seed, allow_negative_numbers = true)]
    seed: u64,
}

/// Options of `data info`.
#[derive(Args)]
pub struct Info {
    /// Labelled inputs, as `evaluate --data` takes them
    #[arg(value_name = "FOLDER|FILE", conflicts_with = "data")]
    inputs: Option<PathBuf>,
    /// Names and classes of the inputs [default: names of folders, or within]
    #[arg(long, value_name = "FILE", requires = "inputs")]
    labels: Option<PathBuf>,
    /// Size of the event camera [default: its files say, or 34x34]
    #[arg(long, value_name = "WxH", requires = "inputs", value_parser = sensor)]
    sensor: Option<[u32; 2]>,
    #[command(flatten)]
    data: DataOptions,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

impl Data {
    /// Does it.
    pub fn run(self) -> Result<ExitCode> {
        match self {
            Data::Generate(Generate { out, seed }) => {
                generate(&out, seed)?;
                super::print(&format!("wrote {}\n", out.display()))?;
                Ok(ExitCode::SUCCESS)
            }
            Data::Info(Info { inputs: Some(inputs), labels, sensor, json, .. }) => {
                let inspection = samples::inspect(&inputs, &Opening { labels, sensor, limit: None })?;
                super::print(&if json { super::json(&inspection)? } else { format!("{inspection}\n") })?;
                Ok(ExitCode::from(u8::from(!inspection.faults.is_empty())))
            }
            Data::Info(Info { data, json, .. }) => {
                let (Some(root), Some(name)) = (&data.data, &data.dataset) else {
                    let problem = "a folder or file of inputs is needed, or --data DIR and --dataset NAME";
                    return Err(Error::value("data info", problem));
                };
                let inspection = inspect(root, name, data.split())?;
                super::print(&if json { super::json(&inspection)? } else { format!("{inspection}\n") })?;
                Ok(ExitCode::from(u8::from(!inspection.problems.is_empty())))
            }
        }
    }
}
