//! `run` and `train`.

use super::evaluate::report;
use super::options::{DataOptions, TrainingOptions, folder};
use super::progress::TrainingBars;
use super::{interrupt, talk};
use clap::Args;
use spikefuse::Result;
use spikefuse::base::files::Hold;
use spikefuse::hybrid::gzsl::Scores;
use spikefuse::hybrid::saved::{Saved, TestClips};
use spikefuse::hybrid::train::{TrainingFolder, train};
use spikefuse::report::{Earlier, take_for_training};
use spikefuse::spiking::Driver;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Options of `run`.
#[derive(Args)]
pub struct Run {
    #[command(flatten)]
    data: DataOptions,
    #[command(flatten)]
    training: TrainingOptions,
    /// Folder for weights, checkpoint, report.json, neurobench.json and clips.csv; nothing is
    /// written without it
    #[arg(long, value_name = "DIR", value_parser = folder())]
    out: Option<PathBuf>,
    /// Go on with the run that was stopped in this folder, to the same end
    #[arg(long, requires = "out")]
    resume: bool,
    /// Replace the run that the folder holds
    #[arg(long, requires = "out", conflicts_with = "resume")]
    force: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// Options of `train`.
#[derive(Args)]
pub struct Train {
    #[command(flatten)]
    data: DataOptions,
    #[command(flatten)]
    training: TrainingOptions,
    /// Folder for weights and checkpoint
    #[arg(long, value_name = "DIR", value_parser = folder())]
    out: PathBuf,
    /// Go on from the folder's checkpoint
    #[arg(long)]
    resume: bool,
    /// Replace the run that the folder holds
    #[arg(long, conflicts_with = "resume")]
    force: bool,
    /// Print the figures of the best epoch as JSON
    #[arg(long)]
    json: bool,
}

/// What `train --json` prints.
#[derive(serde::Serialize)]
struct Best<'a> {
    epoch: usize,
    validation: &'a Scores,
    model: &'a Path,
}

/// What is done with an earlier run in the folder.
fn earlier(resume: bool, force: bool) -> Earlier {
    match (resume, force) {
        (true, _) => Earlier::Resume,
        (_, true) => Earlier::Replace,
        _ => Earlier::Refuse,
    }
}

impl Run {
    /// Trains, tests, reports.
    pub fn run(self) -> Result<ExitCode> {
        let config = self.training.config()?;
        let dataset = self.data.open()?;
        let hold = match &self.out {
            Some(out) => Some(take_for_training(
                out,
                "run",
                earlier(self.resume, self.force),
                &self.training.inputs(&self.data),
            )?),
            None => None,
        };
        // Read now and dropped: what is wrong with the test clips is told before the work of
        // training, not after it.
        TestClips::load(&dataset)?;
        let folder = self.out.as_deref().map(|path| TrainingFolder { path, resume: self.resume });
        interrupt::catch(self.out.as_deref());
        let mut bars = TrainingBars::default();
        let trained = train(&config, &dataset, self.training.seed, folder, &mut bars)?;
        bars.finish();
        let saved = Saved::new(trained, &config, &dataset, self.training.seed);
        if let Some(out) = &self.out {
            saved.save(out)?;
        }
        let clips = TestClips::load(&dataset)?;
        let report = report(&saved, &dataset, &clips, Driver::Event, &saved.fewer_steps(), true)?;
        if let Some(out) = &self.out {
            report.save(out)?;
            talk::wrote(out);
        }
        hold.into_iter().for_each(Hold::done);
        super::print(&if self.json { super::json(&report)? } else { report.to_string() })?;
        Ok(ExitCode::from(u8::from(report.parity.is_some_and(|parity| !parity.holds()))))
    }
}

impl Train {
    /// Trains.
    pub fn run(self) -> Result<ExitCode> {
        let config = self.training.config()?;
        let dataset = self.data.open()?;
        let earlier = earlier(self.resume, self.force);
        let hold = take_for_training(&self.out, "train", earlier, &self.training.inputs(&self.data))?;
        let folder = TrainingFolder { path: &self.out, resume: self.resume };
        interrupt::catch(Some(&self.out));
        let mut bars = TrainingBars::default();
        let trained = train(&config, &dataset, self.training.seed, Some(folder), &mut bars)?;
        bars.finish();
        let saved = Saved::new(trained, &config, &dataset, self.training.seed);
        saved.save(&self.out)?;
        hold.done();
        talk::wrote(&self.out);
        if let Some(best) = saved.training.best() {
            if self.json {
                let best = Best { epoch: saved.training.choice.epochs, validation: &best, model: &self.out };
                super::print(&super::json(&best)?)?;
                return Ok(ExitCode::SUCCESS);
            }
            super::print(&format!(
                "best epoch {}: validation HM {:.2} %, seen {:.2} %, unseen {:.2} %, ZSL {:.2} %\nmodel in {}\n",
                saved.training.choice.epochs,
                100.0 * best.hm,
                100.0 * best.seen,
                100.0 * best.unseen,
                100.0 * best.zsl,
                self.out.display()
            ))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
