//! The folder of a run: which files it may hold, and a report's own.

use super::document::Report;
use crate::base::files::{Hold, csv_text, json_text, refuse_inputs, remove, write_together};
use crate::energy::counts::LayerCounts;
use crate::error::{Error, Result};
use crate::hybrid::saved::{MODEL_FILES, WEIGHTS};
use crate::hybrid::train::CHECKPOINT;
use std::path::{Path, PathBuf};

/// Name of the document in a run's folder.
pub const REPORT: &str = "report.json";
const NEUROBENCH: &str = "neurobench.json";
const CLIPS: &str = "clips.csv";

/// The files of a report, and what stands near the beginning of each.
const REPORT_FILES: [(&str, &str); 3] =
    [(REPORT, "\"spikefuse.report/"), (NEUROBENCH, "\"spikefuse.neurobench/"), (CLIPS, "clip,class,predicted,layer,")];

/// What is done with an earlier run, whole or in part, in a folder for training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Earlier {
    /// The folder is refused.
    Refuse,
    /// Training goes on with it.
    Resume,
    /// Its files are removed.
    Replace,
}

/// Takes a folder for training, for the verb `what`.
///
/// # Errors
/// If another process has the folder, one of the `inputs` would be overwritten, the folder holds a
/// run that is to be refused, or a file of a run's name is not one of a run.
pub fn take_for_training(folder: &Path, what: &str, earlier: Earlier, inputs: &[PathBuf]) -> Result<Hold> {
    let hold = Hold::new(folder, what)?;
    for (name, mark) in MODEL_FILES.into_iter().chain(REPORT_FILES) {
        let path = folder.join(name);
        refuse_inputs(&path, inputs)?;
        if earlier != Earlier::Refuse {
            hold.refuse_foreign(name, mark)?;
        } else if path.symlink_metadata().is_ok() {
            return Err(Error::file(folder, format!("this folder already holds a run or a part of one, {name}"))
                .with_hint("go on with it by --resume, replace it by --force, or choose another --out"));
        }
    }
    if earlier == Earlier::Replace {
        hold.refuse_foreign(CHECKPOINT.0, CHECKPOINT.1)?;
        // The report goes before the model that it is of.
        let names = REPORT_FILES.iter().rev().chain([&CHECKPOINT]).chain(&MODEL_FILES);
        names.map(|(name, _)| folder.join(name)).try_for_each(|path| remove(&path))?;
    }
    Ok(hold)
}

/// Takes a folder for the report of the model in the folder `model`.
///
/// # Errors
/// If another process has the folder, it holds another model, a file of the model or one of the
/// `inputs` would be overwritten, or a file of a report's name is not one of a report.
pub fn take_for_report(folder: &Path, model: &Path, inputs: &[PathBuf]) -> Result<Hold> {
    let hold = Hold::new(folder, "evaluate")?;
    let inputs: Vec<PathBuf> =
        MODEL_FILES.iter().map(|(name, _)| model.join(name)).chain(inputs.iter().cloned()).collect();
    for (name, mark) in REPORT_FILES {
        refuse_inputs(&folder.join(name), &inputs)?;
        hold.refuse_foreign(name, mark)?;
    }
    let (own, there) = (folder.canonicalize().ok(), model.canonicalize().ok());
    if own != there && folder.join(WEIGHTS).exists() {
        return Err(Error::file(folder, "holds another model").with_hint("choose another --out"));
    }
    Ok(hold)
}

impl Report {
    /// Writes `neurobench.json`, what each clip did as `clips.csv`, and last `report.json` into a
    /// folder, in place of those of an earlier report.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn save(&self, folder: &Path) -> Result<()> {
        let (document, neurobench, clips) = (json_text(self)?, json_text(&self.neurobench)?, self.clips_csv()?);
        let mut files = vec![(folder.join(NEUROBENCH), neurobench.as_bytes())];
        if !self.per_clip.is_empty() {
            files.push((folder.join(CLIPS), &clips));
        }
        files.push((folder.join(REPORT), document.as_bytes()));
        write_together(&files, &REPORT_FILES.map(|(name, _)| folder.join(name)))
    }

    /// What each clip did, as a table.
    fn clips_csv(&self) -> Result<Vec<u8>> {
        let counts = LayerCounts::default().named().map(|(name, _)| name.to_owned());
        let head = ["clip", "class", "predicted", "layer"].map(String::from).into_iter().chain(counts).collect();
        let rows = self.per_clip.iter().map(|row| {
            let names = [&row.clip, &row.class, &row.predicted, &row.layer].map(String::clone);
            names.into_iter().chain(row.counts.named().map(|(_, count)| count.to_string())).collect()
        });
        csv_text(std::iter::once(head).chain(rows))
    }
}
