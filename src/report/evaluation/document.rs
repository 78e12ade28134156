//! The report of an evaluation of a network on labelled inputs, as a document.

use crate::energy::counts::LayerCounts;
use crate::energy::synops::Synops;
use crate::energy::{Energy, EnergyTable, Ledger};
use crate::evaluation::{AfterSteps, ClipOutcome, Outcome, ReadOut};
use crate::report::neurobench::Neurobench;
use crate::spiking::Driver;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of the document.
pub const EVALUATION_SCHEMA: &str = "spikefuse.evaluation/2";

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
    /// After each of the first 32 steps, then after 16 numbers of steps in every doubling, and at the end
    /// of the longest clip: as if the evaluation had been one of so many steps.
    pub after_steps: Vec<AtStep>,
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

/// What the clips had come to after so many steps; one that is shorter counts as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtStep {
    /// Steps, ticks.
    pub steps: u32,
    /// Share of clips whose decision is right then.
    pub accuracy: f64,
    /// Share of clips whose decision has been right at least once.
    pub right_once: f64,
    /// Spikes of all populations up to there, per clip.
    pub spikes: f64,
    /// Non-zero weights that met an input of 1 or -1, per clip.
    pub effective_acs: f64,
    /// Non-zero weights that met any other non-zero input, per clip.
    pub effective_macs: f64,
    /// Spikes times their fan-out, per clip.
    pub spikes_x_fan_out: f64,
    /// Modelled energy up to there by table, pJ per clip; operations without a price are left out.
    pub energy_pj: BTreeMap<String, f64>,
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
    pub(super) name: String,
    pub(super) class: u32,
    pub(super) predicted: Option<u32>,
    pub(super) ticks: u32,
    pub(super) first_right: Option<u32>,
    pub(super) spikes: Vec<u64>,
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
            after_steps: after_steps(outcome),
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

    /// Of each class: of the clips that were taken for it, the share that was of it; none where no clip
    /// was.
    pub fn precision(&self) -> Vec<Option<f64>> {
        let taken =
            |class: usize| self.confusion.iter().filter_map(|row| row.get(class)).map(|&n| n as f64).sum::<f64>();
        let of = |(class, row): (usize, &Vec<u64>)| {
            let (right, all) = (row.get(class).copied().unwrap_or(0), taken(class));
            (all > 0.0).then(|| right as f64 / all)
        };
        self.confusion.iter().enumerate().map(of).collect()
    }

    /// What the output was taken to say.
    pub fn read_out_in_words(&self) -> &'static str {
        match self.read_out {
            ReadOut::Counts => "most spikes",
            ReadOut::Membrane => "highest mean membrane potential",
            ReadOut::FirstSpike => "first spike",
            ReadOut::Last => "highest last membrane potential",
        }
    }

    /// The ledger priced by the tables that reports show; a table that prices nothing of it is left out.
    pub fn energy(&self) -> Vec<Energy> {
        EnergyTable::shown().iter().filter_map(|table| table.apply(&self.ledger, None).ok()).collect()
    }
}

fn after_steps(outcome: &Outcome) -> Vec<AtStep> {
    let tables = EnergyTable::shown();
    let network = &outcome.network;
    let at = |after: &AfterSteps| {
        let clips = after.totals.clips.max(1) as f64;
        let each = |count: u64| count as f64 / clips;
        let (ledger, synops) = (after.totals.ledger(network), after.totals.synops(network).total(|_| true));
        let priced = tables.iter().filter_map(|table| table.apply(&ledger, None).ok());
        AtStep {
            steps: after.steps,
            accuracy: each(after.right),
            right_once: each(after.right_once),
            spikes: each(after.totals.counts.iter().map(|counts| counts.spikes).sum()),
            effective_acs: each(synops.effective_acs),
            effective_macs: each(synops.effective_macs),
            spikes_x_fan_out: each(synops.spikes_x_fan_out),
            energy_pj: priced.map(|energy| (energy.table, energy.per_clip_pj)).collect(),
        }
    };
    outcome.after_steps.iter().map(at).collect()
}
