//! `data generate` and `data info`.

use super::options::{DataOptions, folder, seed};
use clap::{Args, Subcommand};
use spikefuse::data::{generate, inspect};
use spikefuse::{Error, Result};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Subcommand)]
pub enum Data {
    /// Write the embedded demonstration set in the published layout
    Generate(Generate),
    /// What a data folder holds, and everything that is wrong with it; exit code 1 if anything is
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
            Data::Info(Info { data, json }) => {
                let (Some(root), Some(name)) = (&data.data, &data.dataset) else {
                    return Err(Error::value("data info", "--data DIR and --dataset NAME are needed"));
                };
                let inspection = inspect(root, name, data.split())?;
                super::print(&if json { super::json(&inspection)? } else { format!("{inspection}\n") })?;
                Ok(ExitCode::from(u8::from(!inspection.problems.is_empty())))
            }
        }
    }
}
