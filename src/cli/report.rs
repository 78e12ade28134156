//! `report`.

use super::options::folder;
use super::talk;
use clap::{ArgGroup, Args};
use spikefuse::Result;
use spikefuse::base::files::is_stdout;
use spikefuse::report::{Report, draw};
use std::path::PathBuf;
use std::process::ExitCode;

/// Options of `report`.
#[derive(Args)]
#[command(group(ArgGroup::new("drawn").args(["html", "pictures"]).multiple(true)))]
pub struct ReportOptions {
    /// Folder that `run --out` or `evaluate --out` wrote, or its report.json
    #[arg(value_name = "RUN_DIR")]
    run: PathBuf,
    /// Another run, such as one trained with another number of time steps, to show as a point of
    /// accuracy against energy; may be given several times
    #[arg(long, value_name = "RUN_DIR", requires = "drawn")]
    with: Vec<PathBuf>,
    /// Write one page with tables and pictures, which needs no other file and no network; - for
    /// standard output
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write every picture as SVG and PNG into this folder
    #[arg(long, value_name = "DIR", value_parser = folder())]
    pictures: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long, conflicts_with = "drawn")]
    json: bool,
}

impl ReportOptions {
    /// Shows a report that was written before.
    pub fn run(self) -> Result<ExitCode> {
        let report = Report::read(&self.run)?;
        talk::read(&Report::file(&self.run));
        let others = self.with.iter().map(|path| Report::read(path)).collect::<Result<Vec<_>>>()?;
        if self.html.is_none() && self.pictures.is_none() {
            super::print(&if self.json { super::json(&report)? } else { report.to_string() })?;
            return Ok(ExitCode::SUCCESS);
        }
        let inputs: Vec<PathBuf> = std::iter::once(&self.run).chain(&self.with).map(|run| Report::file(run)).collect();
        let drawn = draw(&report, &others, self.html.as_deref(), self.pictures.as_deref(), &inputs)?;
        let left_out = drawn.left_out.iter().map(|(name, reason)| format!("no {name}: {reason}\n"));
        let written = drawn.written.iter().filter(|path| !is_stdout(path));
        let said: String = left_out.chain(written.map(|path| format!("wrote {}\n", path.display()))).collect();
        super::print(&said)?;
        Ok(ExitCode::SUCCESS)
    }
}
