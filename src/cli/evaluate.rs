//! `evaluate`.

use super::options::DataOptions;
use super::saved::{Saved, TestClips};
use clap::{Args, ValueEnum};
use spikefuse::Result;
use spikefuse::engine::Driver;
use spikefuse::model::Network;
use spikefuse::report::{Origin, Report};
use std::path::PathBuf;
use std::process::ExitCode;

/// Options of `evaluate`.
#[derive(Args)]
pub struct Evaluate {
    /// Folder that `run --out` or `train --out` wrote
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    #[command(flatten)]
    data: DataOptions,
    /// How the spiking branch goes through time
    #[arg(long, value_enum, default_value = "event")]
    driver: DriverOption,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum DriverOption {
    /// Sparse spikes through a queue
    Event,
    /// Every neuron at every step
    Clock,
}

impl Evaluate {
    /// Tests a model on the test clips.
    pub fn run(self) -> Result<ExitCode> {
        let saved = Saved::load(&self.model)?;
        let dataset = self.data.open()?;
        saved.check_dataset(&dataset)?;
        let network = Network::new(&saved.model, &saved.parameters)?;
        let driver = match self.driver {
            DriverOption::Event => Driver::Event,
            DriverOption::Clock => Driver::Clock,
        };
        let result = saved.test(&network, &dataset, &TestClips::load(&dataset)?, driver)?;
        let training = &saved.training;
        let origin = Origin { dataset: &dataset, seed: training.seed, epochs: training.choice.epochs };
        let report = Report::new(&origin, &network, &result, None);
        super::print(&if self.json { super::json(&report)? } else { report.to_string() })?;
        Ok(ExitCode::SUCCESS)
    }
}
