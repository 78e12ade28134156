//! `report`.

use clap::{ArgGroup, Args};
use spikefuse::Result;
use spikefuse::base::files::{Hold, is_stdout, refuse_inputs, write_output, write_together};
use spikefuse::plot::Format;
use spikefuse::report::{Report, page, pictures::pictures};
use std::path::PathBuf;
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
        let inputs: Vec<PathBuf> = std::iter::once(&self.run).chain(&self.with).map(|run| Report::file(run)).collect();
        let page = match &self.html {
            Some(path) => {
                refuse_inputs(path, &inputs)?;
                Some((path, page(&report, &others)?))
            }
            None => None,
        };
        let hold = self.pictures.as_deref().map(|folder| Hold::new(folder, "report --pictures")).transpose()?;
        if let (Some(folder), Some(hold)) = (&self.pictures, &hold) {
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
                    let name = format!("{}.{extension}", picture.name);
                    hold.refuse_foreign(&name, format.mark())?;
                    files.push((folder.join(name), bytes));
                }
            }
        }
        files.iter().try_for_each(|(path, _)| refuse_inputs(path, &inputs))?;
        let pictures: Vec<(PathBuf, &[u8])> = files.iter().map(|(path, bytes)| (path.clone(), &bytes[..])).collect();
        write_together(&pictures, &[])?;
        hold.into_iter().for_each(Hold::done);
        let mut paths: Vec<PathBuf> = files.into_iter().map(|(path, _)| path).collect();
        if let Some((path, page)) = page {
            write_output(path, page.as_bytes())?;
            paths.insert(0, path.clone());
        }
        for path in paths.iter().filter(|path| !is_stdout(path)) {
            said += &format!("wrote {}\n", path.display());
        }
        super::print(&said)?;
        Ok(ExitCode::SUCCESS)
    }
}
