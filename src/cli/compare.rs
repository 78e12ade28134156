//! `compare`.

use super::evaluate::report;
use super::options::{DataOptions, NetworkOptions, folder, number, seed, threads};
use super::simulate::available_threads;
use super::talk;
use clap::Args;
use spikefuse::energy::{Energy, EnergyTable};
use spikefuse::hybrid::compare::{Parity, crossover};
use spikefuse::hybrid::saved::{Saved, TestClips};
use spikefuse::report::{energy_table, synops_table};
use spikefuse::simulator::{self, duration};
use spikefuse::spiking::Driver;
use spikefuse::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Ticks for each of the rates at which drivers are compared.
const RATE_TICKS: u32 = 1000;

/// Options of `compare`.
#[derive(Args)]
pub struct Compare {
    /// Network (.ron, .nir, .net) to compare both drivers on; without it, on a trained model
    #[arg(value_name = "NETWORK.ron", conflicts_with_all = ["model", "data"])]
    network: Option<PathBuf>,
    /// Simulated time [default: the network file's]
    #[arg(long, value_name = "MS", requires = "network", allow_negative_numbers = true, value_parser = number)]
    duration: Option<f64>,
    /// Most threads [default: all]
    #[arg(long, value_name = "N", requires = "network", value_parser = threads, allow_negative_numbers = true)]
    threads: Option<usize>,
    /// Seed in place of the network file's
    #[arg(long, requires = "network", value_parser = seed, allow_negative_numbers = true)]
    seed: Option<u64>,
    #[command(flatten)]
    reach: NetworkOptions,
    /// Folder that `run --out` or `train --out` wrote
    #[arg(long, value_name = "DIR", value_parser = folder())]
    model: Option<PathBuf>,
    #[command(flatten)]
    data: DataOptions,
    /// Print the comparison as JSON
    #[arg(long)]
    json: bool,
}

/// What `--json` prints of a network.
#[derive(serde::Serialize)]
struct OfNetwork<'a> {
    #[serde(flatten)]
    comparison: &'a simulator::Comparison,
    energy: &'a [Energy],
}

impl Compare {
    /// Whether it is about a trained model.
    pub fn is_of_a_model(&self) -> bool {
        self.model.is_some()
    }

    /// Compares both drivers; exit code 1 if they differ.
    pub fn run(self) -> Result<ExitCode> {
        match (&self.network, &self.model) {
            (Some(file), _) => self.on_network(file),
            (None, Some(model)) => self.on_clips(model),
            (None, None) => Err(Error::value("compare", "neither a network nor a model is given")
                .with_hint("give NETWORK.ron, or --model DIR with a folder that run --out or train --out wrote")),
        }
    }

    fn on_network(&self, file: &Path) -> Result<ExitCode> {
        let compiled = self.reach.read(file)?.compile(&self.reach.settings(self.seed))?;
        let ticks = duration(self.duration, compiled.duration, compiled.network.dt_ms())?;
        let threads = self.threads.unwrap_or_else(available_threads);
        let bar = super::progress::bar("compare", 0);
        let mut progress = |done: usize, total: usize| {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        };
        let found = simulator::compare(&compiled.network, ticks, RATE_TICKS, threads, &mut progress)?;
        bar.finish_and_clear();
        let energy: Vec<Energy> =
            EnergyTable::shown().iter().filter_map(|table| table.apply(&found.ledger, None).ok()).collect();
        let text = if self.json {
            super::json(&OfNetwork { comparison: &found, energy: &energy })?
        } else {
            format!(
                "{found}\nsynaptic operations by definition, event-driven\n{}\n{}",
                synops_table(&found.synops),
                energy_table(&energy, 1)
            )
        };
        super::print(&text)?;
        Ok(ExitCode::from(u8::from(!found.holds())))
    }

    fn on_clips(&self, model: &Path) -> Result<ExitCode> {
        let saved = Saved::load(model)?;
        talk::read(model);
        let dataset = self.data.open()?;
        saved.check_dataset(&dataset)?;
        if !saved.model.has_spikes() {
            return Err(Error::value("model", "it has no spiking branch: there is nothing to compare"));
        }
        let report = report(&saved, &dataset, &TestClips::load(&dataset)?, Driver::Event, &[], true)?;
        let crossover = crossover(&saved.hybrid()?)?;
        let comparison = report.comparison(crossover.as_ref());
        let holds = report.parity.as_ref().is_some_and(Parity::holds);
        let text = if self.json { super::json(&comparison)? } else { comparison.to_string() };
        super::print(&text)?;
        Ok(ExitCode::from(u8::from(!holds)))
    }
}
