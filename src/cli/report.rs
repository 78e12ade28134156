//! `report`.

use super::options::check_writable;
use clap::{ArgGroup, Args};
use spikefuse::files::write_atomic;
use spikefuse::plot::Format;
use spikefuse::report::{Report, page, pictures::pictures};
use spikefuse::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Options of `report`.
#[derive(Args)]
#[command(group(ArgGroup::new("drawn").args(["html", "pictures"]).multiple(true)))]
pub struct ReportOptions {
    /// Folder that `run --out` or `evaluate --out` wrote, or its report.json
    #[arg(value_name = "RUN_DIR")]
    run: PathBuf,
    /// Another run, such as one trained with another number of time steps, to show as a point of accuracy against energy; may be
    /// given several times
    #[arg(long, value_name = "RUN_DIR", requires = "drawn")]
    with: Vec<PathBuf>,
    /// Write one page with tables and pictures, which needs no other file and no network
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write every picture as SVG and PNG into this folder
    #[arg(long, value_name = "DIR")]
    pictures: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long, conflicts_with = "drawn")]
    json: bool,
}

impl ReportOptions {
    /// Shows a report that was written before.
    pub fn run(self) -> Result<ExitCode> {
        let report = Report::read(&self.run)?;
        let others = self.with.iter().map(|path| Report::read(path)).collect::<Result<Vec<_>>>()?;
        if self.html.is_none() && self.pictures.is_none() {
            super::print(&if self.json { super::json(&report)? } else { report.to_string() })?;
            return Ok(ExitCode::SUCCESS);
        }
        // Everything is drawn before anything is written.
        let mut files: Vec<(PathBuf, Vec<u8>)> = Vec::new();
        let mut said = String::new();
        if let Some(path) = &self.html {
            self.refuse_report(path)?;
            files.push((path.clone(), page(&report, &others)?.into_bytes()));
        }
        if let Some(folder) = &self.pictures {
            check_writable(folder)?;
            for picture in pictures(&report, &others) {
                let figure = match picture.figure {
                    Ok(figure) => figure,
                    Err(reason) => {
                        said += &format!("no {}: {reason}\n", picture.name);
                        continue;
                    }
                };
                for format in [Format::Svg, Format::Png] {
                    let (extension, bytes) = match format {
                        Format::Svg => ("svg", figure.svg()?.into_bytes()),
                        Format::Png => ("png", figure.png()?),
                    };
                    files.push((folder.join(picture.name).with_extension(extension), bytes));
                }
            }
        }
        for (path, bytes) in &files {
            write_atomic(path, |out| out.write_all(bytes))?;
            said += &format!("wrote {}\n", path.display());
        }
        super::print(&said)?;
        Ok(ExitCode::SUCCESS)
    }

    /// The page may not take the place of what it is made from.
    fn refuse_report(&self, path: &Path) -> Result<()> {
        let same = |run: &PathBuf| match (Report::file(run).canonicalize(), path.canonicalize()) {
            (Ok(a), Ok(b)) => a == b,
            _ => false,
        };
        match std::iter::once(&self.run).chain(&self.with).any(same) {
            true => Err(Error::file(path, "is the report itself")),
            false => Ok(()),
        }
    }
}
