//! A report drawn into files: one page, and every picture as SVG and PNG.

use super::page::MARK;
use super::pictures::Picture;
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

/// Writes a report's page, and its pictures as SVG and PNG into a folder. All is drawn before
/// anything is written.
///
/// # Errors
/// If a picture cannot be drawn, one of the `inputs` would be overwritten, the page's file is no
/// page, a file of a picture's name is no picture, or a file cannot be written.
pub fn draw(
    html: Option<(PagePath<'_>, String)>,
    pictures: Option<(&Path, Vec<Picture>)>,
    inputs: &[PathBuf],
) -> Result<Drawn> {
    if let Some((PagePath { path, force }, _)) = html {
        refuse_inputs(path, inputs)?;
        if !force {
            refuse_foreign(path, MARK)?;
        }
    }
    let mut files: Vec<(PathBuf, Vec<u8>)> = Vec::new();
    let mut left_out = Vec::new();
    let hold = pictures.as_ref().map(|(folder, _)| Hold::new(folder, "report --pictures")).transpose()?;
    if let (Some((folder, pictures)), Some(hold)) = (pictures, &hold) {
        for picture in pictures {
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
    if let Some((PagePath { path, .. }, page)) = html {
        write_output(path, page.as_bytes())?;
        written.insert(0, path.to_path_buf());
    }
    Ok(Drawn { written, left_out })
}
