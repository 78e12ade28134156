//! `evaluate`.

use super::options::{DataOptions, DriverOption};
use super::saved::{Saved, TestClips, save_report, take_for_report};
use clap::Args;
use spikefuse::Result;
use spikefuse::base::files::Hold;
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
    /// Folder for report.json, neurobench.json and clips.csv
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

impl Evaluate {
    /// Tests a model on the test clips.
    pub fn run(self) -> Result<ExitCode> {
        let saved = Saved::load(&self.model)?;
        let dataset = self.data.open()?;
        saved.check_dataset(&dataset)?;
        let hold =
            self.out.as_deref().map(|out| take_for_report(out, &self.model, &self.data.vocabulary)).transpose()?;
        let report =
            saved.report(&dataset, &TestClips::load(&dataset)?, self.driver.driver(), &saved.fewer_steps(), false)?;
        if let Some(out) = &self.out {
            save_report(out, &report)?;
        }
        hold.into_iter().for_each(Hold::done);
        super::print(&if self.json { super::json(&report)? } else { report.to_string() })?;
        Ok(ExitCode::SUCCESS)
    }
}
