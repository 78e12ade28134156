//! Accuracy, spikes, operations and energy of one run, together: a table for people, one JSON document for machines.
//! `docs/report.md` describes the document field by field.

mod neurobench;
mod page;
pub mod pictures;
mod projection;
mod read;
mod simulation;
mod text;
mod twin;

pub use neurobench::{Absent, NEUROBENCH_SCHEMA, Neurobench, SynapticOperations};
pub use page::page;
pub use projection::{Plane, Point};
pub use simulation::{PopulationReport, SimulationReport};
pub use text::{energy_table, synops_table};
pub use twin::{BreakEven, TwinLayer};

use crate::data::{ClassVectors, Dataset, Split};
use crate::energy::counts::LayerCounts;
use crate::energy::synops::{LayerSynops, Synops};
use crate::energy::{
    Branch, Cost, DataType, Energy, EnergyTable, Kind, Ledger, MEMBRANE_UPDATE, SpikingLayer, THRESHOLD_UPDATE,
};
use crate::error::Result;
use crate::hybrid::compare::{Parity, Seconds, Spread};
use crate::hybrid::evaluate::{ByMode, Evaluation};
use crate::hybrid::gzsl::{Candidates, Scores};
use crate::hybrid::model::{BLOCKS, DenseTwin, Hybrid, block_name};
use crate::hybrid::parameters::{MODALITIES, Parameters};
use crate::spiking::neuron::Reset;
use serde::{Deserialize, Serialize};

/// Version of the JSON document.
pub const SCHEMA: &str = "spikefuse.report/3";

/// The document. Counts and energy are sums over all clips unless a name says otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// [`SCHEMA`]
    pub schema: String,
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
    /// Time steps of the spiking branch.
    pub time_steps: usize,
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
    /// Operations in short.
    pub operations: Operations,
    /// Modelled energy of all test clips by the first table of `energy`, picojoule.
    pub energy_pj: f64,
    /// Modelled energy by table; what each figure leaves out is part of it.
    pub energy: Vec<Energy>,
    /// Share of the dense operators in `energy_pj`.
    pub dense_share: f64,
    /// Event-driven against clock-driven.
    pub parity: Option<Parity>,
    /// Wall time of the spiking branch, seconds.
    pub wall_time_s: Option<Seconds>,
    /// Synaptic operations by every definition.
    pub synops: Synops,
    /// The spiking layers against the dense ones that they stand for.
    pub dense_twin: Vec<TwinLayer>,
    /// Accuracy and energy when the same weights run for fewer time steps; empty without a spiking branch.
    pub over_time_steps: Vec<AtSteps>,
    /// Embeddings of clips and classes in the plane.
    pub projection: Option<Plane>,
    /// The same counts under NeuroBench's names.
    pub neurobench: Neurobench,
    /// Every operation of every layer.
    pub ledger: Ledger,
    /// What the spiking layers did in each clip; not part of the document.
    #[serde(skip)]
    pub per_clip: Vec<ClipCounts>,
}

/// Spiking activity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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

/// Firing rate and thresholds of a layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerRate {
    /// Name, as in the tensors' names.
    pub layer: String,
    /// Spikes per neuron and step.
    pub rate: f64,
    /// The same by step.
    pub per_step: Vec<f64>,
    /// Thresholds of all neurons and clips by step; empty where the drivers were not compared.
    pub thresholds: Vec<Spread>,
}

/// Operations of the hybrid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    /// MACs of the spiking layers alone in that twin.
    pub spiking_twin_macs: u64,
    /// MACs of the spiking layers run densely, at every step.
    pub clock_macs: Option<u64>,
}

/// The model run for fewer time steps than it was trained with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtSteps {
    /// Time steps.
    pub time_steps: usize,
    /// Accuracy by the sum of both distances, with the gamma of the whole run.
    pub accuracy: Scores,
    /// Spikes per clip.
    pub spikes_per_clip: f64,
    /// Modelled energy of the spiking layers and the time-step factor by the report's first table, pJ per clip.
    pub spiking_pj_per_clip: f64,
    /// The same of the whole hybrid.
    pub total_pj_per_clip: f64,
}

/// Where a report's model comes from.
pub struct Provenance<'a> {
    /// The data.
    pub dataset: &'a Dataset,
    /// The classes that competed.
    pub candidates: &'a Candidates,
    /// Tensors of the model.
    pub parameters: &'a Parameters<f32>,
    /// Seed of the training.
    pub seed: u64,
    /// Epochs of stage 2.
    pub epochs: usize,
}

impl Report {
    /// Puts the results of one evaluation together; `shorter` has the model run for fewer time steps.
    ///
    /// # Errors
    /// If a table that the report shows prices nothing.
    pub fn new(
        origin: &Provenance<'_>,
        network: &Hybrid<'_>,
        result: &Evaluation,
        parity: Option<Parity>,
        shorter: &[(usize, Evaluation)],
    ) -> Result<Report> {
        let ledger = ledger(network, result, parity.as_ref());
        let synops = synops(network, result);
        let tables = EnergyTable::shown();
        let spiking = |e: &crate::energy::Entry| e.branch == Branch::Spiking;
        // A model without spikes has nothing for the tables of spiking hardware.
        let energy: Vec<Energy> = tables.iter().filter_map(|table| table.apply(&ledger, None).ok()).collect();
        let of_default = tables[0].apply(&ledger, None)?;
        let all = |kind| ledger.count(kind, |_| true);
        let mut over_time_steps = Vec::new();
        let whole = [(network.model().config.time_steps, result)];
        let runs = shorter.iter().map(|(steps, result)| (*steps, result)).chain(whole);
        for (steps, result) in runs.filter(|_| network.stacks().is_some()) {
            over_time_steps.push(at_steps(steps, network, result, &tables[0])?);
        }
        Ok(Report {
            schema: SCHEMA.into(),
            dataset: origin.dataset.name.clone(),
            split: origin.dataset.split,
            class_vectors: origin.dataset.class_vectors,
            vocabulary: origin.dataset.vocabulary.len(),
            seed: origin.seed,
            time_steps: network.model().config.time_steps,
            clips: result.clips,
            classes_without_clips: result.absent.iter().map(|&c| origin.dataset.classes[c].clone()).collect(),
            accuracy: result.accuracy,
            epochs: origin.epochs,
            spikes: spikes(network, result, parity.as_ref()),
            operations: Operations {
                synops: ledger.count(Kind::SynapticEvent, |_| true),
                acs: all(Kind::Ac),
                macs: all(Kind::Mac),
                membrane_updates: all(Kind::NeuronUpdate),
                threshold_updates: all(Kind::ThresholdUpdate),
                dense_twin_macs: ledger.twin_macs(|_| true),
                spiking_twin_macs: ledger.twin_macs(spiking),
                clock_macs: parity.as_ref().map(|p| p.clock.macs),
            },
            energy_pj: of_default.total_pj,
            dense_share: match of_default.total_pj {
                0.0 => 0.0,
                total => 1.0 - of_default.of(text::is_spiking).pj().unwrap_or(0.0) / total,
            },
            energy,
            wall_time_s: parity.as_ref().map(|p| p.seconds),
            dense_twin: twin::layers(&ledger, &synops, network, &tables),
            neurobench: neurobench::metrics(network, origin.parameters, result, &synops, parity.as_ref()),
            parity,
            synops,
            over_time_steps,
            projection: projection::of(result, origin),
            per_clip: per_clip(origin, result),
            ledger,
        })
    }
}

/// What a spiking layer did in a clip.
#[derive(Debug, Clone, PartialEq)]
pub struct ClipCounts {
    /// Id of the clip.
    pub clip: String,
    /// Its class.
    pub class: String,
    /// The class that it was taken for.
    pub predicted: String,
    /// Spiking layer.
    pub layer: String,
    /// Its operations.
    pub counts: LayerCounts,
}

/// Clip by clip, layer by layer.
fn per_clip(origin: &Provenance<'_>, result: &Evaluation) -> Vec<ClipCounts> {
    let class = |id: usize| origin.dataset.classes[id].clone();
    let mut rows = Vec::new();
    for (i, clip) in result.ids.iter().enumerate().filter(|_| result.activity.is_some()) {
        let activity = result.activity.iter().flat_map(|a| MODALITIES.map(|m| (m, &a.per_clip[m as usize][i])));
        for (m, layers) in activity {
            rows.extend(layers.iter().enumerate().map(|(block, counts)| ClipCounts {
                clip: clip.clone(),
                class: class(result.labels[i]),
                predicted: class(result.predictions[i]),
                layer: block_name(m, block),
                counts: *counts,
            }));
        }
    }
    rows
}

/// The ledger of an evaluation.
fn ledger(network: &Hybrid<'_>, result: &Evaluation, parity: Option<&Parity>) -> Ledger {
    let clips = result.clips as u64;
    let mut ledger = Ledger::new(clips);
    for operator in &result.dense {
        // What refines the spiking layers' input and moves their thresholds is theirs; the twin has no thresholds.
        let branch = if operator.layer.starts_with("spiking.") { Branch::Spiking } else { Branch::Dense };
        ledger.file_dense(branch, operator, !operator.layer.ends_with(".threshold"));
    }
    if let (Some(activity), Some(stacks)) = (&result.activity, network.stacks()) {
        for m in MODALITIES {
            for (block, layer) in stacks[m as usize].layers().iter().enumerate() {
                let name = block_name(m, block);
                let (neurons, steps) = (layer.neurons() as u64, network.model().config.time_steps as u64);
                // The twin's own run, where there was one, says what it did.
                let twin = match parity.filter(|parity| !parity.twin.is_empty()) {
                    Some(parity) => DenseTwin::cost_of(&parity.twin, &name),
                    None => {
                        let macs = layer.synapses().inputs() as u64 * neurons * clips;
                        Cost { macs, comparisons: neurons * clips, ..Cost::ZERO }
                    }
                };
                let reset = match layer.lif().reset {
                    Reset::To(_) => Cost::ZERO,
                    Reset::Subtract => Cost { additions: 1, ..Cost::ZERO },
                };
                let counts = activity.counts[m as usize][block];
                let spiking = SpikingLayer {
                    counts,
                    analog_macs: if block == 0 { counts.macs } else { 0 },
                    neuron_steps: neurons * steps * clips,
                    update: MEMBRANE_UPDATE,
                    reset,
                    threshold: THRESHOLD_UPDATE,
                    twin: Some([twin.macs, twin.comparisons]),
                };
                ledger.file_spiking(&name, DataType::Fp32, &spiking);
            }
            ledger.file_time_step(&format!("time_step.{}", m.name()), &activity.factor_cost[m as usize]);
        }
    }
    for operator in &result.classes {
        ledger.file_dense(Branch::Classes, operator, true);
    }
    ledger.file_dense(Branch::Scoring, &result.scoring, true);
    ledger
}

/// Every layer with weights, by every definition.
fn synops(network: &Hybrid<'_>, result: &Evaluation) -> Synops {
    let clips = result.clips as u64;
    let mut layers = Vec::new();
    for o in result.dense.iter().chain(&result.classes) {
        if let Some(s) = o.synapses {
            layers.push(LayerSynops::of_values(&o.layer, s.effective_acs, s.effective_macs, s.dense));
        }
    }
    if let (Some(activity), Some(stacks)) = (&result.activity, network.stacks()) {
        let steps = network.model().config.time_steps as u64 * clips;
        for m in MODALITIES {
            for (block, layer) in stacks[m as usize].layers().iter().enumerate() {
                let counts = &activity.counts[m as usize];
                let (sources, neurons) = (layer.synapses().inputs() as u64, layer.neurons() as u64);
                let (acs, macs) = (counts[block].effective_acs, counts[block].effective_macs);
                let name = block_name(m, block);
                layers.push(match block.checked_sub(1) {
                    Some(before) => {
                        LayerSynops::of_spikes(&name, [sources, neurons, steps], counts[before].spikes, acs)
                    }
                    None => LayerSynops::of_values(&name, acs, macs, sources * neurons * steps),
                });
            }
        }
    }
    Synops { clips, layers }
}

fn at_steps(steps: usize, network: &Hybrid<'_>, result: &Evaluation, table: &EnergyTable) -> Result<AtSteps> {
    let energy = table.apply(&ledger(network, result, None), None)?;
    let clips = result.clips.max(1) as f64;
    let counts = result.activity.iter().flat_map(|activity| activity.counts.iter().flatten());
    Ok(AtSteps {
        time_steps: steps,
        accuracy: result.accuracy.both,
        spikes_per_clip: counts.map(|c| c.spikes).sum::<u64>() as f64 / clips,
        spiking_pj_per_clip: energy.of(text::is_spiking).pj().unwrap_or(0.0) / clips,
        total_pj_per_clip: energy.per_clip_pj,
    })
}

fn spikes(network: &Hybrid<'_>, result: &Evaluation, parity: Option<&Parity>) -> Option<Spikes> {
    let activity = result.activity.as_ref()?;
    let rates = result.rates(network.model().config.width);
    let mut rate_per_layer = Vec::new();
    for m in MODALITIES {
        for block in 0..BLOCKS {
            let per_step = rates[m as usize][block].clone();
            let rate = per_step.iter().sum::<f64>() / per_step.len() as f64;
            let thresholds = parity.and_then(|p| p.thresholds[m as usize].get(block)).cloned().unwrap_or_default();
            rate_per_layer.push(LayerRate { layer: block_name(m, block), rate, per_step, thresholds });
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
