//! The report of an evaluation of a network on labelled inputs: table, JSON and files.

use super::neurobench::Neurobench;
use super::tables::{energy_table, synops_table};
use crate::base::files::{Hold, csv_text, json_text, refuse_inputs, write_together};
use crate::base::text::counted;
use crate::energy::counts::LayerCounts;
use crate::energy::synops::Synops;
use crate::energy::{Energy, EnergyTable, Ledger};
use crate::error::Result;
use crate::evaluation::{ClipOutcome, Outcome, ReadOut};
use crate::spiking::Driver;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};

/// Version of the document.
pub const EVALUATION_SCHEMA: &str = "spikefuse.evaluation/1";

/// Name of the document in a folder.
pub const EVALUATION: &str = "evaluation.json";
const NEUROBENCH: &str = "neurobench.json";
const CLIPS: &str = "clips.csv";

/// The files of an evaluation, and what stands near the beginning of each.
const FILES: [(&str, &str); 3] = [
    (EVALUATION, "\"spikefuse.evaluation/"),
    (NEUROBENCH, "\"spikefuse.neurobench/"),
    (CLIPS, "clip,class,predicted,ticks,"),
];

/// What an evaluation came to. `Display` shows it as a table.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvaluationReport {
    /// [`EVALUATION_SCHEMA`]
    pub schema: String,
    /// Name of the network.
    pub network: String,
    /// The population that was read out.
    pub output: String,
    /// What it was taken to say.
    pub read_out: ReadOut,
    /// Length of a tick, ms.
    pub dt_ms: f64,
    /// The driver.
    pub driver: Driver,
    /// Threads.
    pub threads: usize,
    /// Seconds for all clips, reading them included.
    pub run_s: f64,
    /// Number of clips.
    pub clips: u64,
    /// Ticks of all clips.
    pub ticks: u64,
    /// Share of clips whose prediction is their class.
    pub accuracy: f64,
    /// Clips whose output never fired.
    pub undecided: u64,
    /// Those of them that are of class 0, which the index of the largest count would take them for.
    #[serde(default)]
    pub undecided_of_class_0: u64,
    /// Mean ticks up to the first right decision, counted from 1, of clips that had one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mean_latency_ticks: Option<f64>,
    /// Share of right clips of each class; none for a class without clips.
    pub recall: Vec<Option<f64>>,
    /// Clips by class and prediction; the last column is neither.
    pub confusion: Vec<Vec<u64>>,
    /// Share of clips whose decision after each tick is right.
    pub accuracy_by_tick: Vec<f64>,
    /// Of each population.
    pub populations: Vec<EvaluatedPopulation>,
    /// Whether the other driver gave the same spikes and predictions, if that was tried.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub parity: Option<DriverParity>,
    /// Synaptic operations by every definition.
    pub synops: Synops,
    /// Metrics under NeuroBench's names.
    pub neurobench: Neurobench,
    /// All operations by population and kind.
    pub ledger: Ledger,
    /// What each clip came to.
    #[serde(skip)]
    pub per_clip: Vec<ClipRow>,
}

/// What a population did.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvaluatedPopulation {
    /// Its name.
    pub name: String,
    /// Its size.
    pub neurons: u32,
    /// Spikes per neuron and tick.
    pub spikes_per_neuron_tick: f64,
    /// Spikes per clip in each tick.
    pub spikes_by_tick: Vec<f64>,
    /// What was counted, over all clips.
    pub operations: LayerCounts,
}

/// Two drivers on the same clips.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DriverParity {
    /// The other driver.
    pub driver: Driver,
    /// Seconds for all clips.
    pub run_s: f64,
    /// Whether every spike of every clip is the same.
    pub equal: bool,
    /// The first clip that differs.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub first_difference: Option<String>,
}

/// A line of `clips.csv`.
#[derive(Debug, Clone)]
pub struct ClipRow {
    name: String,
    class: u32,
    predicted: Option<u32>,
    ticks: u32,
    first_right: Option<u32>,
    spikes: Vec<u64>,
}

impl EvaluationReport {
    /// The report of an evaluation, with one by the other driver if there was any.
    pub fn new(outcome: &Outcome, other: Option<&Outcome>) -> EvaluationReport {
        let (network, totals) = (&outcome.network, &outcome.totals);
        let undecided = |clip: &&ClipOutcome| clip.prediction.is_none();
        let (clips, ticks) = (totals.clips.max(1) as f64, totals.ticks);
        let synops = totals.synops(network);
        let populations = network.populations().iter().zip(&totals.counts).zip(&outcome.spikes_by_step);
        let populations = populations.map(|((population, &operations), by_step)| EvaluatedPopulation {
            name: population.name.clone(),
            neurons: population.size,
            spikes_per_neuron_tick: operations.spikes as f64 / (f64::from(population.size) * ticks.max(1) as f64),
            spikes_by_tick: by_step.iter().map(|&n| n as f64 / clips).collect(),
            operations,
        });
        let rows = outcome.clips.iter().zip(&outcome.names).map(|(clip, name)| ClipRow {
            name: name.clone(),
            class: clip.label,
            predicted: clip.prediction,
            ticks: clip.ticks,
            first_right: clip.first_right,
            spikes: clip.spikes.clone(),
        });
        EvaluationReport {
            schema: EVALUATION_SCHEMA.into(),
            network: network.name().to_owned(),
            output: outcome.output.clone(),
            read_out: outcome.read_out,
            dt_ms: network.dt_ms(),
            driver: outcome.driver,
            threads: outcome.threads,
            run_s: outcome.run_s,
            clips: totals.clips,
            ticks,
            accuracy: outcome.accuracy(),
            undecided: outcome.clips.iter().filter(undecided).count() as u64,
            undecided_of_class_0: outcome.clips.iter().filter(undecided).filter(|clip| clip.label == 0).count() as u64,
            mean_latency_ticks: outcome.mean_latency(),
            recall: outcome.recall(),
            confusion: outcome.confusion(),
            accuracy_by_tick: outcome.right_by_step.iter().map(|&n| n as f64 / clips).collect(),
            populations: populations.collect(),
            parity: other.map(|other| {
                let first_difference = outcome.first_difference(other).map(str::to_owned);
                let equal = first_difference.is_none();
                DriverParity { driver: other.driver, run_s: other.run_s, equal, first_difference }
            }),
            neurobench: Neurobench::of_network(network, totals, &synops, outcome.zero_weights),
            synops,
            ledger: totals.ledger(network),
            per_clip: rows.collect(),
        }
    }

    /// Takes a folder for the files of an evaluation.
    ///
    /// # Errors
    /// If another process has the folder, one of the `inputs` would be overwritten, or a file of an
    /// evaluation's name is not one of an evaluation.
    pub fn take_folder(folder: &Path, inputs: &[PathBuf]) -> Result<Hold> {
        let hold = Hold::new(folder, "evaluate")?;
        for (name, mark) in FILES {
            refuse_inputs(&folder.join(name), inputs)?;
            hold.refuse_foreign(name, mark)?;
        }
        Ok(hold)
    }

    /// Writes `neurobench.json`, what each clip did as `clips.csv`, and last `evaluation.json` into
    /// a folder, in place of those of an earlier evaluation.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn save(&self, folder: &Path) -> Result<()> {
        let (document, neurobench, clips) = (json_text(self)?, json_text(&self.neurobench)?, self.clips_csv()?);
        let files = [
            (folder.join(NEUROBENCH), neurobench.as_bytes()),
            (folder.join(CLIPS), &clips),
            (folder.join(EVALUATION), document.as_bytes()),
        ];
        write_together(&files, &FILES.map(|(name, _)| folder.join(name)))
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
}

impl EvaluationReport {
    /// Clips without a decision, and the accuracy if they are taken as class 0, the first of equals: what
    /// the index of the largest count gives elsewhere.
    fn undecided_text(&self) -> String {
        if self.undecided == 0 {
            return String::new();
        }
        let more = self.undecided_of_class_0 as f64 / self.clips.max(1) as f64;
        format!(", {} undecided ({:.2} % with these as class 0)", self.undecided, 100.0 * (self.accuracy + more))
    }
}

impl fmt::Display for EvaluationReport {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let right = (self.accuracy * self.clips as f64).round();
        writeln!(
            f,
            "{}: {right} of {} right, accuracy {:.2} %{}",
            if self.network.is_empty() { "network" } else { &self.network },
            counted(self.clips, "clip"),
            100.0 * self.accuracy,
            self.undecided_text(),
        )?;
        let read_out = match self.read_out {
            ReadOut::Counts => "most spikes",
            ReadOut::Membrane => "highest mean membrane potential",
            ReadOut::FirstSpike => "first spike",
            ReadOut::Last => "highest last membrane potential",
        };
        writeln!(f, "read out: {read_out} of '{}'", self.output)?;
        if let Some(latency) = self.mean_latency_ticks {
            let ms = latency * self.dt_ms;
            writeln!(f, "first right decision after {latency:.1} ticks, {ms:.1} ms, on average")?;
        }
        writeln!(
            f,
            "{} driver, {}, {:.2} s, {:.2} ms per clip\n",
            self.driver.name(),
            counted(self.threads as u64, "thread"),
            self.run_s,
            1000.0 * self.run_s / self.clips.max(1) as f64
        )?;
        let clips = self.clips.max(1) as f64;
        let [name, neurons, spikes, rate, synops, macs, updates] =
            ["population", "neurons", "spikes", "per neuron, tick", "SynOps", "MACs", "updates"];
        writeln!(f, "per clip\n{name:20} {neurons:>9} {spikes:>12} {rate:>17} {synops:>14} {macs:>14} {updates:>14}")?;
        for p in &self.populations {
            let o = &p.operations;
            let each = |n: u64| n as f64 / clips;
            writeln!(
                f,
                "{:20} {:>9} {:>12.1} {:>17.5} {:>14.1} {:>14.1} {:>14.1}",
                p.name,
                p.neurons,
                each(o.spikes),
                p.spikes_per_neuron_tick,
                each(o.synops),
                each(o.macs),
                each(o.membrane_updates)
            )?;
        }
        writeln!(f, "\nclass     clips    recall")?;
        for (class, (recall, row)) in self.recall.iter().zip(&self.confusion).enumerate() {
            if let Some(recall) = recall {
                writeln!(f, "{class:<8} {:>6} {:>7.2} %", row.iter().sum::<u64>(), 100.0 * recall)?;
            }
        }
        if let Some(parity) = &self.parity {
            match &parity.first_difference {
                None => writeln!(
                    f,
                    "\nthe {} driver gives the same spikes, {:.2} ms per clip",
                    parity.driver.name(),
                    1000.0 * parity.run_s / clips
                )?,
                Some(clip) => writeln!(f, "\nthe {} driver differs in clip {clip}", parity.driver.name())?,
            }
        }
        writeln!(f, "\nsynaptic operations by definition, per clip\n{}", synops_table(&self.synops))?;
        let energy: Vec<Energy> =
            EnergyTable::shown().iter().filter_map(|table| table.apply(&self.ledger, None).ok()).collect();
        write!(f, "{}", energy_table(&energy, self.clips))
    }
}
