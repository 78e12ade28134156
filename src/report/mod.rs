//! Accuracy, spikes, operations and energy of one run, together: a table for people, one JSON document for machines.

mod text;

use crate::compare::{Parity, Seconds};
use crate::data::{ClassVectors, Dataset, Split};
use crate::energy::{Branch, Cost, FP32_45NM, Ledger};
use crate::evaluate::{ByMode, Evaluation};
use crate::gzsl::Scores;
use crate::model::{MODALITIES, Network, block_name};
use serde::Serialize;

/// Version of the JSON document.
pub const SCHEMA: &str = "spikefuse.report/1";

/// The document. Counts and energy are sums over all clips unless a name says otherwise.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// [`SCHEMA`]
    pub schema: &'static str,
    /// Name of the data set.
    pub dataset: String,
    /// Its split.
    pub split: Split,
    /// Which class got which vector.
    pub class_vectors: ClassVectors,
    /// Names of the read-out's vocabulary.
    pub vocabulary: usize,
    /// Seed of the training.
    pub seed: u64,
    /// Test clips.
    pub clips: usize,
    /// Classes of the split without test clips; they are left out of the means.
    pub classes_without_clips: Vec<String>,
    /// Figures by mode, fractions of 1.
    pub accuracy: ByMode<Scores>,
    /// Epochs of stage 2, as stage 1 chose.
    pub epochs: usize,
    /// Spiking activity; none if the model has no spiking branch.
    pub spikes: Option<Spikes>,
    /// Operations.
    pub operations: Operations,
    /// Modelled energy of all test clips, picojoule, by [`EnergyReport::table`].
    pub energy_pj: f64,
    /// What the energy is made of and what it leaves out.
    pub energy: EnergyReport,
    /// Event-driven against clock-driven.
    pub parity: Option<Parity>,
    /// Wall time of the spiking branch, seconds.
    pub wall_time_s: Option<Seconds>,
    /// Operations by layer.
    pub ledger: Ledger,
}

/// Spiking activity.
#[derive(Debug, Clone, Serialize)]
pub struct Spikes {
    /// Spikes of all layers and clips.
    pub total: u64,
    /// Mean firing rate by layer, spikes per neuron and step.
    pub rate_per_layer: Vec<LayerRate>,
    /// Mean firing rate of all layers by step.
    pub rate_per_step: Vec<f64>,
    /// Mean time-step factor by step, audio and video.
    pub time_step_factor: [Vec<f64>; 2],
}

/// Firing rate of a layer.
#[derive(Debug, Clone, Serialize)]
pub struct LayerRate {
    /// Name, as in the tensors' names.
    pub layer: String,
    /// Spikes per neuron and step.
    pub rate: f64,
    /// The same by step.
    pub per_step: Vec<f64>,
}

/// Operations of the hybrid.
#[derive(Debug, Clone, Serialize)]
pub struct Operations {
    /// Spikes delivered to synapses: spikes x fan-out.
    pub synops: u64,
    /// Accumulates: the SynOps and the time-step factor's.
    pub acs: u64,
    /// Multiply-accumulates, dense branch and analog input included.
    pub macs: u64,
    /// Neuron steps.
    pub membrane_updates: u64,
    /// Threshold steps.
    pub threshold_updates: u64,
    /// MACs of the dense twin: the same network with ReLU in place of spikes, one pass.
    pub dense_twin_macs: u64,
    /// MACs of the spiking branch alone in that twin.
    pub spiking_twin_macs: u64,
    /// MACs of the spiking branch run densely, at every step.
    pub clock_macs: Option<u64>,
    /// All arithmetic.
    pub arithmetic: Cost,
}

/// What the energy figure is made of.
#[derive(Debug, Clone, Serialize)]
pub struct EnergyReport {
    /// Name of the table.
    pub table: &'static str,
    /// Its source.
    pub source: &'static str,
    /// What it rests on.
    pub grade: &'static str,
    /// What it leaves out.
    pub leaves_out: &'static str,
    /// Operations that it has no price for.
    pub unpriced: Cost,
    /// Picojoule per clip of the whole hybrid, class vectors included.
    pub per_clip_pj: f64,
    /// Picojoule of the spiking branch and the time-step factor.
    pub spiking_pj: f64,
    /// Picojoule of the spiking branch in the dense twin (MACs only).
    pub spiking_twin_pj: f64,
    /// Share of the dense branch in the total.
    pub dense_share: f64,
}

/// Where a report's model comes from.
pub struct Origin<'a> {
    /// The data.
    pub dataset: &'a Dataset,
    /// Seed of the training.
    pub seed: u64,
    /// Epochs of stage 2.
    pub epochs: usize,
}

impl Report {
    /// Puts the results of one evaluation together.
    pub fn new(origin: &Origin<'_>, network: &Network<'_>, result: &Evaluation, parity: Option<Parity>) -> Report {
        let ledger = ledger(network, result);
        let (total, spiking) = (ledger.total(), ledger.spiking());
        let spiking_twin_macs: u64 =
            ledger.entries.iter().filter(|e| e.branch == Branch::Spiking).map(|e| e.dense_twin_macs).sum();
        let energy_pj = ledger.energy_pj(&FP32_45NM);
        let of = |branch| FP32_45NM.energy_pj(&ledger.of(branch));
        let spiking_pj = of(Branch::Spiking) + of(Branch::TimeStep);
        Report {
            schema: SCHEMA,
            dataset: origin.dataset.name.clone(),
            split: origin.dataset.split,
            class_vectors: origin.dataset.class_vectors,
            vocabulary: origin.dataset.vocabulary.len(),
            seed: origin.seed,
            clips: result.clips,
            classes_without_clips: result.absent.iter().map(|&c| origin.dataset.classes[c].clone()).collect(),
            accuracy: result.accuracy,
            epochs: origin.epochs,
            spikes: spikes(network, result),
            operations: Operations {
                synops: spiking.synops,
                acs: total.acs,
                macs: total.macs,
                membrane_updates: spiking.membrane_updates,
                threshold_updates: spiking.threshold_updates,
                dense_twin_macs: ledger.dense_twin_macs(),
                spiking_twin_macs,
                clock_macs: parity.as_ref().map(|p| p.clock.macs),
                arithmetic: total,
            },
            energy_pj,
            energy: EnergyReport {
                table: FP32_45NM.name,
                source: FP32_45NM.source,
                grade: FP32_45NM.grade,
                leaves_out: FP32_45NM.leaves_out,
                unpriced: Cost { comparisons: total.comparisons, functions: total.functions, ..Cost::default() },
                per_clip_pj: energy_pj / result.clips.max(1) as f64,
                spiking_pj,
                spiking_twin_pj: FP32_45NM.energy_pj(&Cost { macs: spiking_twin_macs, ..Cost::default() }),
                dense_share: if energy_pj > 0.0 { 1.0 - spiking_pj / energy_pj } else { 0.0 },
            },
            wall_time_s: parity.as_ref().map(|p| p.seconds),
            parity,
            ledger,
        }
    }
}

/// The ledger of an evaluation.
fn ledger(network: &Network<'_>, result: &Evaluation) -> Ledger {
    let mut ledger = Ledger::default();
    ledger.file_dense(Branch::Dense, &result.dense);
    if let (Some(activity), Some(stacks)) = (&result.activity, network.stacks()) {
        for m in MODALITIES {
            for (block, layer) in stacks[m as usize].layers().iter().enumerate() {
                let synapses = layer.projection().inputs() * layer.neurons();
                let counts = activity.counts[m as usize][block];
                ledger.file_spiking(block_name(m, block), counts, (synapses * result.clips) as u64);
            }
            ledger.file_time_step(format!("time_step.{}", m.name()), activity.factor_cost[m as usize]);
        }
    }
    ledger.file_dense(Branch::Classes, &result.classes);
    ledger
}

fn spikes(network: &Network<'_>, result: &Evaluation) -> Option<Spikes> {
    let activity = result.activity.as_ref()?;
    let rates = result.rates(network.model().config.width);
    let mut rate_per_layer = Vec::new();
    for m in MODALITIES {
        for (block, per_step) in rates[m as usize].iter().enumerate() {
            let rate = per_step.iter().sum::<f64>() / per_step.len() as f64;
            rate_per_layer.push(LayerRate { layer: block_name(m, block), rate, per_step: per_step.clone() });
        }
    }
    let layers = rate_per_layer.len() as f64;
    let steps = network.model().config.time_steps;
    let clips = result.clips.max(1) as f64;
    Some(Spikes {
        total: activity.counts.iter().flatten().map(|c| c.spikes).sum(),
        rate_per_step: (0..steps).map(|t| rate_per_layer.iter().map(|l| l.per_step[t]).sum::<f64>() / layers).collect(),
        rate_per_layer,
        time_step_factor: activity.factors.each_ref().map(|f| f.iter().map(|sum| sum / clips).collect()),
    })
}
