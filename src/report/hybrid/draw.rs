//! A report drawn into files: one page, and every picture as SVG and PNG.

use super::document::Report;
use super::page::{MARK, page};
use super::pictures::pictures;
use crate::base::files::{Hold, refuse_foreign, refuse_inputs, write_output, write_together};
use crate::error::Result;
use crate::plot::Format;
use std::path::{Path, PathBuf};

/// Where a page goes.
#[derive(Debug, Clone, Copy)]
pub struct PagePath<'a> {
    /// The file.
    pub path: &'a Path,
    /// Whether a file that is no page of this program is replaced.
    pub force: bool,
}

/// What [`draw`] did.
pub struct Drawn {
    /// The files that it wrote: the page, then the pictures.
    pub written: Vec<PathBuf>,
    /// Names of the pictures that the report does not have, and why.
    pub left_out: Vec<(&'static str, String)>,
}

/// Draws `report`, with `others` and their names beside it, as the page `html` and as pictures in `folder`. All is
/// drawn before anything is written.
///
/// # Errors
/// If a picture cannot be drawn, one of the `inputs` would be overwritten, the page's file is no
/// page, a file of a picture's name is no picture, or a file cannot be written.
pub fn draw(
    report: &Report,
    others: &[(String, Report)],
    html: Option<PagePath<'_>>,
    folder: Option<&Path>,
    inputs: &[PathBuf],
) -> Result<Drawn> {
    let page = match html {
        Some(PagePath { path, force }) => {
            refuse_inputs(path, inputs)?;
            if !force {
                refuse_foreign(path, MARK)?;
            }
            Some((path, page(report, others)?))
        }
        None => None,
    };
    let mut files: Vec<(PathBuf, Vec<u8>)> = Vec::new();
    let mut left_out = Vec::new();
    let hold = folder.map(|folder| Hold::new(folder, "report --pictures")).transpose()?;
    if let (Some(folder), Some(hold)) = (folder, &hold) {
        for picture in pictures(report, others) {
            let figure = match picture.figure {
                Ok(figure) => figure,
                Err(reason) => {
                    left_out.push((picture.name, reason));
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
    files.iter().try_for_each(|(path, _)| refuse_inputs(path, inputs))?;
    let pictures: Vec<(PathBuf, &[u8])> = files.iter().map(|(path, bytes)| (path.clone(), &bytes[..])).collect();
    write_together(&pictures, &[])?;
    hold.into_iter().for_each(Hold::done);
    let mut written: Vec<PathBuf> = files.into_iter().map(|(path, _)| path).collect();
    if let Some((path, page)) = page {
        write_output(path, page.as_bytes())?;
        written.insert(0, path.to_path_buf());
    }
    Ok(Drawn { written, left_out })
}
