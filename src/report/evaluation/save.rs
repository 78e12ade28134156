//! The folder of an evaluation.

use super::document::EvaluationReport;
use crate::base::files::{Hold, csv_text, json_text, refuse_inputs, write_together};
use crate::error::Result;
use std::path::{Path, PathBuf};

/// Name of the document in a folder.
pub const EVALUATION: &str = "evaluation.json";
const NEUROBENCH: &str = "neurobench.json";
const CLIPS: &str = "clips.csv";
const STEPS: &str = "steps.csv";
#[cfg(feature = "plot")]
const PAGE: &str = "report.html";

/// The files of an evaluation, and what stands near the beginning of each.
const FILES: &[(&str, &str)] = &[
    (EVALUATION, "\"spikefuse.evaluation/"),
    (NEUROBENCH, "\"spikefuse.neurobench/"),
    (CLIPS, "clip,class,predicted,ticks,"),
    (STEPS, "steps,accuracy,right_once,"),
    #[cfg(feature = "plot")]
    (PAGE, crate::report::page::MARK),
];

impl EvaluationReport {
    /// Takes a folder for the files of an evaluation.
    ///
    /// # Errors
    /// If another process has the folder, one of the `inputs` would be overwritten, or a file of an
    /// evaluation's name is not one of an evaluation.
    pub fn take_folder(folder: &Path, inputs: &[PathBuf]) -> Result<Hold> {
        let hold = Hold::new(folder, "evaluate")?;
        for &(name, mark) in FILES {
            refuse_inputs(&folder.join(name), inputs)?;
            hold.refuse_foreign(name, mark)?;
        }
        Ok(hold)
    }

    /// Writes `neurobench.json`, what each clip did as `clips.csv`, what there was after how many steps as
    /// `steps.csv`, with the feature `plot` the page `report.html`, and last `evaluation.json` into a
    /// folder, in place of those of an earlier evaluation.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn save(&self, folder: &Path) -> Result<()> {
        let files = [
            (NEUROBENCH, json_text(&self.neurobench)?.into_bytes()),
            (CLIPS, self.clips_csv()?),
            (STEPS, self.steps_csv()?),
            #[cfg(feature = "plot")]
            (PAGE, super::page::page(self, &[])?.into_bytes()),
            (EVALUATION, json_text(self)?.into_bytes()),
        ];
        let files: Vec<_> = files.iter().map(|(name, bytes)| (folder.join(name), &bytes[..])).collect();
        let all: Vec<PathBuf> = FILES.iter().map(|(name, _)| folder.join(name)).collect();
        write_together(&files, &all)
    }

    fn clips_csv(&self) -> Result<Vec<u8>> {
        let spikes = self.populations.iter().map(|population| format!("spikes of {}", population.name));
        let head = ["clip", "class", "predicted", "ticks", "first_right_tick"].map(String::from);
        let or_empty = |number: Option<u32>| number.map_or(String::new(), |number| number.to_string());
        let rows = self.per_clip.iter().map(|row| {
            let fields = [
                row.name.clone(),
                row.class.to_string(),
                or_empty(row.predicted),
                row.ticks.to_string(),
                or_empty(row.first_right),
            ];
            fields.into_iter().chain(row.spikes.iter().map(u64::to_string)).collect()
        });
        csv_text(std::iter::once(head.into_iter().chain(spikes).collect()).chain(rows))
    }

    fn steps_csv(&self) -> Result<Vec<u8>> {
        let tables = self.energy();
        let head = ["steps", "accuracy", "right_once", "spikes", "effective_acs", "effective_macs", "spikes_x_fan_out"];
        let head = head.map(String::from).into_iter().chain(tables.iter().map(|e| format!("energy_pj by {}", e.table)));
        let rows = self.after_steps.iter().map(|at| {
            let numbers =
                [at.accuracy, at.right_once, at.spikes, at.effective_acs, at.effective_macs, at.spikes_x_fan_out];
            let energy = tables.iter().map(|e| at.energy_pj.get(&e.table).map_or(String::new(), f64::to_string));
            std::iter::once(at.steps.to_string()).chain(numbers.map(|n| n.to_string())).chain(energy).collect()
        });
        csv_text(std::iter::once(head.collect()).chain(rows))
    }
}
