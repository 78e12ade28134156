//! Folders of recordings of an event camera.

use super::labels::{list, numbered};
use super::set::{Kind, Samples};
use crate::base::files::ending;
use crate::error::{Error, Result};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Opens a folder; without a list of labels the folders in it are classes.
pub(super) fn open(folder: &Path, labels: Option<&Path>, sensor: [u32; 2]) -> Result<Samples> {
    let mut files = Vec::new();
    find(folder, &mut files)?;
    files.sort_by_key(|file| key(file));
    let (files, classes): (Vec<PathBuf>, Vec<String>) = match labels {
        Some(path) => listed(path, folder, &files)?.into_iter().unzip(),
        None => {
            let class = |file: PathBuf| {
                let parent = file.parent().filter(|parent| *parent != folder)?;
                let name = parent.file_name()?.to_string_lossy().into_owned();
                Some((file, name))
            };
            let found = files.len();
            let classed: Vec<(PathBuf, String)> = files.into_iter().filter_map(class).collect();
            if found > 0 && classed.is_empty() {
                return Err(Error::file(folder, "has recordings but no labels")
                    .with_hint("give a list with --labels FILE, or put the files of each class into a folder"));
            }
            classed.into_iter().unzip()
        }
    };
    if files.is_empty() {
        return Err(Error::file(folder, "has no .bin or .bs2 file"));
    }
    let [width, height] = sensor;
    Ok(Samples {
        shape: vec![2, height as usize, width as usize],
        labels: numbered(classes.iter().map(String::as_str)),
        names: files.iter().map(|file| stem(file)).collect(),
        kind: Kind::Events { files, sensor },
    })
}

/// The files of a list and their classes.
fn listed(path: &Path, folder: &Path, files: &[PathBuf]) -> Result<Vec<(PathBuf, String)>> {
    let by_name: HashMap<String, &PathBuf> = files.iter().map(|file| (stem(file), file)).collect();
    let classed = list(path)?.into_iter().map(|(name, class)| {
        let stem = stem(Path::new(&name));
        match by_name.get(&stem) {
            Some(&file) => Ok((file.clone(), class)),
            None => {
                let problem = format!("names the sample '{name}', of which {} has no file", folder.display());
                Err(Error::file(path, problem))
            }
        }
    });
    classed.collect()
}

/// All files of events in a folder and the folders in it.
fn find(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let fail = |e| Error::caused_by(folder, "cannot read", e);
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        if path.is_dir() {
            find(&path, files)?;
        } else if matches!(&ending(&path)[..], "bin" | "bs2") {
            files.push(path);
        }
    }
    Ok(())
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Files by folder, then by number, then by name.
fn key(path: &Path) -> (PathBuf, u64, String) {
    let stem = stem(path);
    (path.parent().unwrap_or(Path::new("")).to_path_buf(), stem.parse().unwrap_or(u64::MAX), stem)
}
