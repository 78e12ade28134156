//! `report`.

use super::options::{folder, is_dash};
use super::talk;
use clap::{ArgGroup, Args};
use spikefuse::base::files::{STDIN, is_stdout, read_stdin};
use spikefuse::report::{
    Document, PagePath, SideBySide, draw, evaluation_page, evaluation_pictures, page, pictures, run_names,
};
use spikefuse::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Options of `report`.
#[derive(Args)]
#[command(group(ArgGroup::new("drawn").args(["html", "pictures"]).multiple(true)))]
pub struct ReportOptions {
    /// Folder that `run --out`, `evaluate --out` or `simulate --out` wrote, or its report.json,
    /// evaluation.json or simulation.json; - for one of these from standard input. Several are shown
    /// side by side
    #[arg(value_name = "RUN_DIR", required = true)]
    runs: Vec<PathBuf>,
    /// Another run, such as one trained with another number of time steps, to show as a point of
    /// accuracy against energy; may be given several times
    #[arg(long, value_name = "RUN_DIR", requires = "drawn")]
    with: Vec<PathBuf>,
    /// Write one page with tables and pictures, which needs no other file and no network; - for
    /// standard output
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Replace the file of --html even if it is no page of this program
    #[arg(long, requires = "html")]
    force: bool,
    /// Write every picture as SVG and PNG into this folder
    #[arg(long, value_name = "DIR", value_parser = folder())]
    pictures: Option<PathBuf>,
    /// Print the report, or the runs side by side, as JSON
    #[arg(long, conflicts_with = "drawn")]
    json: bool,
}

impl ReportOptions {
    /// Shows reports that were written before.
    pub fn run(self) -> Result<ExitCode> {
        let read = self.runs.iter().map(|run| read(run)).collect::<Result<Vec<_>>>()?;
        let (mut documents, inputs): (Vec<Document>, Vec<PathBuf>) = read.into_iter().unzip();
        if self.html.is_some() || self.pictures.is_some() {
            let one = documents.pop().filter(|_| documents.is_empty()).ok_or_else(|| {
                Error::value("--html and --pictures", "a page and pictures are of one run")
                    .with_hint("give the other runs by --with, to show them beside the one")
            })?;
            return self.draw(one, inputs);
        }
        let text = match &documents[..] {
            [Document::Hybrid(report)] => shown(&**report, self.json)?,
            [Document::Evaluation(report)] => shown(&**report, self.json)?,
            [Document::Simulation(report)] => shown(&**report, self.json)?,
            _ => {
                let runs: Vec<_> = run_names(&self.runs).into_iter().zip(documents).collect();
                shown(&SideBySide::new(&runs)?, self.json)?
            }
        };
        super::print(&text)?;
        Ok(ExitCode::SUCCESS)
    }

    fn draw(&self, one: Document, mut inputs: Vec<PathBuf>) -> Result<ExitCode> {
        let (html, drawn) = match one {
            Document::Evaluation(report) => {
                let others = self.others(&mut inputs, Document::evaluation)?;
                let html = self.html.as_ref().map(|_| evaluation_page(&report, &others)).transpose()?;
                (html, self.pictures.as_ref().map(|_| evaluation_pictures(&report, &others)))
            }
            other => {
                let report = other.hybrid(&inputs[0])?;
                let others = self.others(&mut inputs, Document::hybrid)?;
                let html = self.html.as_ref().map(|_| page(&report, &others)).transpose()?;
                (html, self.pictures.as_ref().map(|_| pictures(&report, &others)))
            }
        };
        let path = self.html.as_deref().map(|path| PagePath { path, force: self.force });
        let drawn = draw(path.zip(html), self.pictures.as_deref().zip(drawn), &inputs)?;
        let left_out = drawn.left_out.iter().map(|(name, reason)| format!("no {name}: {reason}\n"));
        let written = drawn.written.iter().filter(|path| !is_stdout(path));
        let said: String = left_out.chain(written.map(|path| format!("wrote {}\n", path.display()))).collect();
        super::print(&said)?;
        Ok(ExitCode::SUCCESS)
    }

    /// The runs to show beside the one, each with its name, as reports of its kind.
    fn others<T>(
        &self,
        inputs: &mut Vec<PathBuf>,
        of_kind: fn(Document, &Path) -> Result<T>,
    ) -> Result<Vec<(String, T)>> {
        let named = run_names(&self.with).into_iter().zip(&self.with);
        let others = named.map(|(name, run)| {
            let (document, path) = read(run)?;
            let report = of_kind(document, &path)?;
            inputs.push(path);
            Ok((name, report))
        });
        others.collect()
    }
}

/// Reads a report, `-` from standard input, and says which file it is of.
fn read(run: &Path) -> Result<(Document, PathBuf)> {
    if is_dash(run) {
        let path = PathBuf::from(STDIN);
        return Ok((Document::parse(&path, &read_stdin()?)?, path));
    }
    Document::read(run).inspect(|(_, path)| talk::read(path))
}

fn shown(what: &(impl serde::Serialize + std::fmt::Display), json: bool) -> Result<String> {
    if json { super::json(what) } else { Ok(what.to_string()) }
}
