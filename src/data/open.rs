//! Opening a data set and loading its clips, whatever its form.

use super::dataset::Dataset;
use super::features::Clips;
use super::findings::Findings;
use super::source::Source;
use super::split::{ClassVectors, Part, Split};
use super::{embedded, plain, published};
use crate::base::text::{composed, quoted};
use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

impl Dataset {
    /// Opens the split `split` of the data set `<root>/<name>`: its class lists and class vectors,
    /// and checks them. The folder is in the plain form when it has a `clips.csv`, else in the
    /// published layout.
    ///
    /// # Errors
    /// When a file is missing or unreadable, a class of the split is unknown or has no vector, or
    /// an unseen class is also trained. [`inspect`](super::inspect()) lists all that is wrong at
    /// once.
    pub fn open(root: &Path, name: &str, split: Split, mode: ClassVectors) -> Result<Dataset> {
        let mut findings = Findings::default();
        let dataset = Dataset::open_with(root, name, split, mode, &mut findings)?;
        match findings.finish().into_iter().find(|finding| finding.fatal) {
            Some(finding) => Err(finding.error),
            None => Ok(dataset),
        }
    }

    /// As [`open`](Dataset::open), but faults inside the data set are collected in `findings`.
    pub(super) fn open_with(
        root: &Path,
        name: &str,
        split: Split,
        mode: ClassVectors,
        findings: &mut Findings,
    ) -> Result<Dataset> {
        let folder = find_folder(root, name)?;
        let name = folder.file_name().map_or_else(|| name.to_string(), |name| name.to_string_lossy().into_owned());
        if folder.join(plain::CLIPS).is_file() {
            plain::open(folder, name, split, mode, findings)
        } else {
            published::open(folder, name, split, mode, findings)
        }
    }

    /// The demonstration set made from `seed`, in memory. `docs/data.md` describes it: classes are
    /// compositions of three attributes, one of which shows only in time. It is not a benchmark.
    pub fn embedded(seed: u64) -> Dataset {
        embedded::dataset(seed)
    }

    /// Reads the clips of a part, ordered by stored part, class id and position in the class's
    /// file.
    ///
    /// # Errors
    /// When a file is missing, truncated or not in the expected form; when audio and video do not
    /// have the same clips in the same order; when feature sizes differ; when a feature is not
    /// finite; when the part has no clips.
    pub fn load(&self, part: Part) -> Result<Clips> {
        let clips = match &self.source {
            Source::Published(published) => published.load(self, part)?,
            Source::Plain(plain) => plain.load(part)?,
            Source::Memory(stored) => embedded::load(stored, part),
        };
        if clips.is_empty() {
            return Err(Error::value(part, "this part of the data set has no clips"));
        }
        Ok(clips)
    }
}

/// `<root>/<name>`, or the one folder whose name differs from it only in case or Unicode form.
fn find_folder(root: &Path, name: &str) -> Result<PathBuf> {
    let exact = root.join(name);
    if exact.is_dir() {
        return Ok(exact);
    }
    let entries = std::fs::read_dir(root).map_err(|e| {
        Error::caused_by(root, "cannot read this folder", e).with_hint("give the folder that holds the data sets")
    })?;
    let mut names: Vec<String> = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into()).collect();
    names.sort();
    let key = |name: &str| composed(name).to_lowercase();
    let mut same = names.iter().filter(|found| key(found) == key(name) && root.join(found).is_dir());
    match (same.next(), same.next()) {
        (Some(found), None) => Ok(root.join(found)),
        _ => {
            let there = if names.is_empty() { "nothing".into() } else { quoted(&names) };
            Err(Error::file(&exact, "no such data set").with_hint(format!("{} has {there}", root.display())))
        }
    }
}
