//! `compare`.

use super::options::DataOptions;
use super::saved::{Saved, TestClips};
use clap::Args;
use spikefuse::compare::{Parity, compare};
use spikefuse::model::Network;
use spikefuse::{Error, Result};
use std::path::PathBuf;
use std::process::ExitCode;

/// Options of `compare`.
#[derive(Args)]
pub struct Compare {
    /// Folder that `run --out` or `train --out` wrote
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    #[command(flatten)]
    data: DataOptions,
    /// Print the comparison as JSON
    #[arg(long)]
    json: bool,
}

impl Compare {
    /// Compares both drivers on the test clips; exit code 1 if they differ.
    pub fn run(self) -> Result<ExitCode> {
        let saved = Saved::load(&self.model)?;
        let dataset = self.data.open()?;
        saved.check_dataset(&dataset)?;
        let network = Network::new(&saved.model, &saved.parameters)?;
        let parity = parity(&network, &TestClips::load(&dataset)?)?
            .ok_or_else(|| Error::value("model", "it has no spiking branch: there is nothing to compare"))?;
        super::print(&if self.json { super::json(&parity)? } else { parity.to_string() })?;
        Ok(ExitCode::from(u8::from(!parity.holds())))
    }
}

/// Compares both drivers on all test clips; none without a spiking branch.
pub fn parity(network: &Network<'_>, test: &TestClips) -> Result<Option<Parity>> {
    let bar = super::progress::bar("compare", test.seen.len() + test.unseen.len());
    let seen = compare(network, &test.seen, |clips| bar.inc(clips as u64))?;
    let unseen = compare(network, &test.unseen, |clips| bar.inc(clips as u64))?;
    bar.finish_and_clear();
    Ok(seen.zip(unseen).map(|(seen, unseen)| seen.and(unseen)))
}
