//! `network check` and `network info`.

use super::options::NetworkOptions;
use clap::{Args, Subcommand};
use spikefuse::Result;
use spikefuse::base::files::{refuse_inputs, write_output};
use spikefuse::base::text::counted;
use spikefuse::network::compile::{Compiled, NetworkFile};
use spikefuse::network::graph::NetworkGraph;
use spikefuse::network::info::{Info, bytes};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Subcommand)]
pub enum Network {
    /// Check a network file and everything it names; exit code 2 if anything is wrong, with line and column
    Check(Check),
    /// What a network consists of: populations, synapses, fan-in and fan-out, cycles, delays, memory
    Info(InfoOptions),
}

/// Options of `network check`.
#[derive(Args)]
pub struct Check {
    /// Network file
    #[arg(value_name = "FILE.ron")]
    file: PathBuf,
    #[command(flatten)]
    reach: NetworkOptions,
}

/// Options of `network info`.
#[derive(Args)]
pub struct InfoOptions {
    /// Network file
    #[arg(value_name = "FILE.ron")]
    file: PathBuf,
    /// Print as JSON
    #[arg(long)]
    json: bool,
    /// Write the graph of populations for Graphviz
    #[arg(long, value_name = "FILE")]
    dot: Option<PathBuf>,
    /// Seed in place of the file's
    #[arg(long)]
    seed: Option<u64>,
    #[command(flatten)]
    reach: NetworkOptions,
}

impl Network {
    /// Does it.
    pub fn run(self) -> Result<ExitCode> {
        match self {
            Network::Check(Check { file, reach }) => {
                let Compiled { network, .. } = NetworkFile::read(&file)?.compile(&reach.settings(None))?;
                let neurons: u64 = network.populations().iter().map(|p| u64::from(p.size)).sum();
                let synapses =
                    network.projections().iter().map(|p| p.edges().at_least_about()).fold(0, u64::saturating_add);
                super::print(&format!(
                    "{}: fine: {} in {}, {}, about {} in {}, at most {} of memory\n",
                    file.display(),
                    counted(neurons, "neuron"),
                    counted(network.populations().len() as u64, "population"),
                    counted(network.sources().len() as u64, "source"),
                    counted(synapses, "synapse"),
                    counted(network.projections().len() as u64, "projection"),
                    bytes(network.memory())
                ))?;
            }
            Network::Info(InfoOptions { file, json, dot, seed, reach }) => {
                let compiled = NetworkFile::read(&file)?.compile(&reach.settings(seed))?;
                let info = Info::new(&compiled);
                if let Some(path) = dot {
                    refuse_inputs(&path, &[file])?;
                    refuse_inputs(&path, &compiled.files)?;
                    write_output(&path, NetworkGraph::new(&compiled.network).to_dot().as_bytes())?;
                }
                super::print(&if json { super::json(&info)? } else { info.to_string() })?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
