//! `evaluate`.

use super::options::{DataOptions, DriverOption, folder};
use super::progress::bar;
use super::talk;
use clap::Args;
use spikefuse::Result;
use spikefuse::base::files::Hold;
use spikefuse::data::Dataset;
use spikefuse::hybrid::saved::{Saved, TestClips};
use spikefuse::report::{Report, take_for_report};
use spikefuse::spiking::Driver;
use std::path::PathBuf;
use std::process::ExitCode;

/// Options of `evaluate`.
#[derive(Args)]
pub struct Evaluate {
    /// Folder that `run --out` or `train --out` wrote
    #[arg(long, value_name = "DIR", value_parser = folder())]
    model: PathBuf,
    #[command(flatten)]
    data: DataOptions,
    /// How the spiking branch goes through time
    #[arg(long, value_enum, default_value = "event")]
    driver: DriverOption,
    /// Folder for report.json, neurobench.json and clips.csv
    #[arg(long, value_name = "DIR", value_parser = folder())]
    out: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

impl Evaluate {
    /// Tests a model on the test clips.
    pub fn run(self) -> Result<ExitCode> {
        let saved = Saved::load(&self.model)?;
        talk::read(&self.model);
        let dataset = self.data.open()?;
        saved.check_dataset(&dataset)?;
        let hold =
            self.out.as_deref().map(|out| take_for_report(out, &self.model, &self.data.vocabulary)).transpose()?;
        let clips = TestClips::load(&dataset)?;
        let report = report(&saved, &dataset, &clips, self.driver.driver(), &saved.fewer_steps(), false)?;
        if let Some(out) = &self.out {
            report.save(out)?;
            talk::wrote(out);
        }
        hold.into_iter().for_each(Hold::done);
        super::print(&if self.json { super::json(&report)? } else { report.to_string() })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Tests a model, for `fewer` time steps too, and reports; with the drivers' comparison if
/// `compare`.
pub fn report(
    saved: &Saved,
    dataset: &Dataset,
    clips: &TestClips,
    driver: Driver,
    fewer: &[usize],
    compare: bool,
) -> Result<Report> {
    let testing = bar("test", clips.count() * (1 + fewer.len()));
    let tested = saved.test(dataset, clips, driver, fewer, |clips| testing.inc(clips as u64))?;
    testing.finish_and_clear();
    let mut parity = None;
    if compare {
        let comparing = bar("compare", clips.count());
        parity = saved.compare(clips, |clips| comparing.inc(clips as u64))?;
        comparing.finish_and_clear();
    }
    Report::of_saved(saved, dataset, &tested, parity)
}
