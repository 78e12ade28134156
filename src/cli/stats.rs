//! `stats`.

use super::options::{number, read_recording};
use clap::Args;
use spikefuse::Result;
use spikefuse::recording::{Span, StatsOptions, stats};
use std::path::PathBuf;
use std::process::ExitCode;

/// Options of `stats`.
#[derive(Args)]
pub struct StatsArgs {
    /// Folder that `simulate --out` wrote, or a file of spikes
    #[arg(value_name = "DIR|FILE")]
    input: PathBuf,
    /// Start at this time
    #[arg(long, value_name = "MS", allow_negative_numbers = true, value_parser = number)]
    from: Option<f64>,
    /// End before this time
    #[arg(long, value_name = "MS", allow_negative_numbers = true, value_parser = number)]
    to: Option<f64>,
    /// Count this population only, or some of its neurons, as NAME[0..10]; may be given several
    /// times
    #[arg(long, value_name = "NAME")]
    population: Vec<String>,
    /// Length of the windows of the Fano factor over time
    #[arg(long, value_name = "MS", default_value_t = 100.0, allow_negative_numbers = true, value_parser = number)]
    window: f64,
    /// Width of the bins of the synchrony
    #[arg(long, value_name = "MS", default_value_t = 5.0, allow_negative_numbers = true, value_parser = number)]
    bin: f64,
    /// Length of a tick, for a file that is not a folder's
    #[arg(long, value_name = "MS", default_value_t = 0.1, allow_negative_numbers = true, value_parser = number)]
    dt: f64,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

impl StatsArgs {
    /// Counts.
    pub fn run(self) -> Result<ExitCode> {
        let recording = read_recording(&self.input, self.dt)?;
        let span = Span { from_ms: self.from, to_ms: self.to };
        let options = StatsOptions { span, populations: self.population, window_ms: self.window, bin_ms: self.bin };
        let stats = stats(&recording, &options)?;
        super::print(&if self.json { stats.json()? } else { stats.table() })?;
        Ok(ExitCode::SUCCESS)
    }
}
