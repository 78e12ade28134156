//! `network check` and `network info`.

use super::options::{NetworkOptions, is_dash, seed};
use super::talk;
use clap::{Args, Subcommand};
use spikefuse::Result;
use spikefuse::base::files::{refuse_foreign, refuse_inputs, write_output};
use spikefuse::base::text::counted;
use spikefuse::network::compile::Compiled;
use spikefuse::network::graph::{self, NetworkGraph};
use spikefuse::network::info::{Info, bytes};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Subcommand)]
pub enum Network {
    /// Check a network file and everything it names; exit code 2 if anything is wrong, with line
    /// and column
    Check(Check),
    /// What a network consists of: populations, synapses, fan-in and fan-out, cycles, delays,
    /// memory
    Info(InfoOptions),
}

/// Options of `network check`.
#[derive(Args)]
pub struct Check {
    /// Network (.ron, .nir, .net), - for standard input
    #[arg(value_name = "FILE.ron")]
    file: PathBuf,
    /// Print as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reach: NetworkOptions,
}

/// Options of `network info`.
#[derive(Args)]
pub struct InfoOptions {
    /// Network (.ron, .nir, .net), - for standard input
    #[arg(value_name = "FILE.ron")]
    file: PathBuf,
    /// Print as JSON
    #[arg(long)]
    json: bool,
    /// Write the graph of populations for Graphviz; to - instead of the rest
    #[arg(long, value_name = "FILE")]
    dot: Option<PathBuf>,
    /// Replace the file of --dot even if it is no graph of this program
    #[arg(long, requires = "dot")]
    force: bool,
    /// Seed in place of the file's
    #[arg(long, value_parser = seed, allow_negative_numbers = true)]
    seed: Option<u64>,
    #[command(flatten)]
    reach: NetworkOptions,
}

/// What `network check` prints.
#[derive(serde::Serialize)]
struct Found {
    file: String,
    neurons: u64,
    populations: u64,
    sources: u64,
    /// About as many.
    synapses: u64,
    projections: u64,
    /// At most so much.
    memory_bytes: u64,
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "{}: fine: {} in {}, {}, about {} in {}, at most {} of memory",
            self.file,
            counted(self.neurons, "neuron"),
            counted(self.populations, "population"),
            counted(self.sources, "source"),
            counted(self.synapses, "synapse"),
            counted(self.projections, "projection"),
            bytes(self.memory_bytes)
        )
    }
}

impl Network {
    /// Does it.
    pub fn run(self) -> Result<ExitCode> {
        match self {
            Network::Check(Check { file, json, reach }) => {
                let read = reach.read(&file)?;
                let Compiled { network, .. } = read.compile(&reach.settings(None))?;
                read.check_recordable()?;
                let neurons: u64 = network.populations().iter().map(|p| u64::from(p.size)).sum();
                let synapses =
                    network.projections().iter().map(|p| p.edges().at_least_about()).fold(0, u64::saturating_add);
                let found = Found {
                    file: file.display().to_string(),
                    neurons,
                    populations: network.populations().len() as u64,
                    sources: network.sources().len() as u64,
                    synapses,
                    projections: network.projections().len() as u64,
                    memory_bytes: network.memory(),
                };
                super::print(&if json { super::json(&found)? } else { found.to_string() })?;
            }
            Network::Info(InfoOptions { file, json, dot, force, seed, reach }) => {
                let compiled = reach.read(&file)?.compile(&reach.settings(seed))?;
                let info = Info::new(&compiled);
                if let Some(path) = dot {
                    refuse_inputs(&path, &[file])?;
                    refuse_inputs(&path, &compiled.files)?;
                    if !force {
                        refuse_foreign(&path, graph::MARK)?;
                    }
                    write_output(&path, NetworkGraph::new(&compiled.network).to_dot().as_bytes())?;
                    if is_dash(&path) {
                        return Ok(ExitCode::SUCCESS);
                    }
                    talk::wrote(&path);
                }
                super::print(&if json { super::json(&info)? } else { info.to_string() })?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
