//! A report put together from the results of an evaluation.

use super::document::{AtSteps, ClipCounts, LayerRate, Operations, Report, SCHEMA, SpikeSummary};
use super::{metrics, projection, twin};
use crate::data::Dataset;
use crate::energy::synops::{LayerSynops, Synops};
use crate::energy::{
    Branch, Cost, DataType, Energy, EnergyTable, Kind, Ledger, MEMBRANE_UPDATE, SpikingLayer, THRESHOLD_UPDATE,
};
use crate::error::Result;
use crate::hybrid::compare::{Parity, Spread};
use crate::hybrid::config::{Config, ResetMode};
use crate::hybrid::evaluate::Evaluation;
use crate::hybrid::gzsl::Candidates;
use crate::hybrid::model::{DenseTwin, LayerRecord, Stft};
use crate::hybrid::parameters::{MODALITIES, Parameters};
use crate::hybrid::saved::{Saved, Tested};
use crate::report::tables::is_spiking;

/// Where a report's model comes from.
pub struct Provenance<'a> {
    /// The data set.
    pub dataset: &'a Dataset,
    /// The classes that competed for the clips.
    pub candidates: &'a Candidates,
    /// Shape and options of the model.
    pub model: &'a Stft,
    /// Its tensors.
    pub parameters: &'a Parameters<f32>,
    /// Seed of the training.
    pub seed: u64,
    /// Configuration of the training.
    pub config: &'a Config,
    /// Epochs of stage 2.
    pub epochs: usize,
}

impl Report {
    /// The report of a saved model that was tested on `dataset`.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of_saved(saved: &Saved, dataset: &Dataset, tested: &Tested, parity: Option<Parity>) -> Result<Report> {
        let origin = Provenance {
            dataset,
            candidates: &tested.candidates,
            model: &saved.model,
            parameters: &saved.parameters,
            seed: saved.training.seed,
            config: &saved.training.config,
            epochs: saved.training.choice.epochs,
        };
        Report::new(&origin, &tested.whole, parity, &tested.shorter)
    }

    /// Puts the results of one evaluation together. `parity` is the comparison of both drivers, if
    /// there was one; `shorter` are evaluations of the model run for fewer time steps.
    ///
    /// # Errors
    /// If the first table that the report shows prices nothing.
    pub fn new(
        origin: &Provenance<'_>,
        result: &Evaluation,
        parity: Option<Parity>,
        shorter: &[(usize, Evaluation)],
    ) -> Result<Report> {
        let config = &origin.model.config;
        let ledger = ledger(config.reset, result, parity.as_ref());
        let synops = synops(result);
        let tables = EnergyTable::shown();
        // A model without spikes has nothing for the tables of spiking hardware.
        let energy: Vec<Energy> = tables.iter().filter_map(|table| table.apply(&ledger, None).ok()).collect();
        let of_default = tables[0].apply(&ledger, None)?;
        let whole = [(config.time_steps, result)];
        let runs = shorter.iter().map(|(steps, result)| (*steps, result)).chain(whole);
        let runs = runs.filter(|_| origin.model.has_spikes());
        let over_time_steps = runs.map(|(steps, result)| at_steps(steps, config.reset, result, &tables[0]));
        Ok(Report {
            schema: SCHEMA.into(),
            dataset: origin.dataset.name.clone(),
            split: origin.dataset.split,
            class_vectors: origin.dataset.class_vectors,
            vocabulary: origin.dataset.vocabulary.len(),
            seed: origin.seed,
            config: origin.config.clone(),
            time_steps: config.time_steps,
            clips: result.clips,
            classes_without_clips: result.absent.iter().map(|&c| origin.dataset.classes[c].clone()).collect(),
            accuracy: result.accuracy,
            epochs: origin.epochs,
            spikes: spikes(result, parity.as_ref()),
            operations: operations(&ledger, parity.as_ref()),
            energy_pj: of_default.total_pj,
            dense_share: match of_default.total_pj {
                0.0 => 0.0,
                total => 1.0 - of_default.of(is_spiking).pj().unwrap_or(0.0) / total,
            },
            energy,
            wall_time_s: parity.as_ref().map(|p| p.seconds),
            dense_twin: twin::layers(&ledger, &synops, result, &tables),
            neurobench: metrics::metrics(origin.parameters, result, &synops, parity.as_ref()),
            parity,
            synops,
            over_time_steps: over_time_steps.collect::<Result<_>>()?,
            projection: projection::of(result, origin.candidates, &origin.dataset.classes),
            per_clip: per_clip(&origin.dataset.classes, result),
            ledger,
        })
    }
}

fn operations(ledger: &Ledger, parity: Option<&Parity>) -> Operations {
    let all = |kind| ledger.count(kind, |_| true);
    Operations {
        synops: all(Kind::SynapticEvent),
        acs: all(Kind::Ac),
        macs: all(Kind::Mac),
        membrane_updates: all(Kind::NeuronUpdate),
        threshold_updates: all(Kind::ThresholdUpdate),
        dense_twin_macs: ledger.twin_macs(|_| true),
        spiking_twin_macs: ledger.twin_macs(|e| e.branch == Branch::Spiking),
        clock_macs: parity.map(|p| p.clock.macs),
    }
}

/// Clip by clip, layer by layer.
fn per_clip(classes: &[String], result: &Evaluation) -> Vec<ClipCounts> {
    let layers = || result.activity.iter().flat_map(|activity| activity.all_layers());
    let of_clip = |(i, clip): (usize, &String)| {
        let row = |layer: &LayerRecord| ClipCounts {
            clip: clip.clone(),
            class: classes[result.labels[i]].clone(),
            predicted: classes[result.predictions[i]].clone(),
            layer: layer.name.clone(),
            counts: layer.per_clip[i],
        };
        layers().map(row).collect::<Vec<_>>()
    };
    result.ids.iter().enumerate().flat_map(of_clip).collect()
}

/// The ledger of an evaluation.
fn ledger(reset: ResetMode, result: &Evaluation, parity: Option<&Parity>) -> Ledger {
    let mut ledger = Ledger::new(result.clips as u64);
    result.dense.iter().for_each(|operator| ledger.file_dense(operator));
    if let Some(activity) = &result.activity {
        for m in MODALITIES {
            for layer in &activity.layers[m] {
                ledger.file_spiking(&layer.name, DataType::Fp32, &spiking_layer(layer, reset, result, parity));
            }
            ledger.file_time_step(&format!("time_step.{}", m.name()), &activity.factor_cost[m]);
        }
    }
    result.classes.iter().for_each(|operator| ledger.file_dense(operator));
    ledger.file_dense(&result.scoring);
    ledger
}

/// What the ledger files of a spiking layer.
fn spiking_layer(layer: &LayerRecord, reset: ResetMode, result: &Evaluation, parity: Option<&Parity>) -> SpikingLayer {
    let (neurons, clips) = (layer.neurons as u64, result.clips as u64);
    // Where the twin was run, its own operations count.
    let twin = match parity.filter(|parity| !parity.twin.is_empty()) {
        Some(parity) => DenseTwin::cost_of(&parity.twin, &layer.name),
        None => {
            let macs = layer.sources as u64 * neurons * clips;
            Cost { macs, comparisons: neurons * clips, ..Cost::ZERO }
        }
    };
    SpikingLayer {
        weights: None,
        counts: layer.counts,
        analog_macs: if layer.input_spikes.is_none() { layer.counts.macs } else { 0 },
        neuron_steps: neurons * layer.spikes.len() as u64 * clips,
        update: MEMBRANE_UPDATE,
        reset: match reset {
            ResetMode::Hard => Cost::ZERO,
            ResetMode::Soft => Cost { additions: 1, ..Cost::ZERO },
        },
        threshold: THRESHOLD_UPDATE,
        twin: Some([twin.macs, twin.comparisons]),
    }
}

/// Every layer with weights, by every definition.
fn synops(result: &Evaluation) -> Synops {
    let clips = result.clips as u64;
    let dense = result.dense.iter().chain(&result.classes).filter_map(|operator| {
        let synapses = operator.synapses?;
        let (acs, macs) = (synapses.effective_acs, synapses.effective_macs);
        Some(LayerSynops::of_values(&operator.layer, acs, macs, synapses.dense))
    });
    let spiking = result.activity.iter().flat_map(|activity| activity.all_layers()).map(|layer| {
        let (sources, neurons) = (layer.sources as u64, layer.neurons as u64);
        let steps = layer.spikes.len() as u64 * clips;
        let (acs, macs) = (layer.counts.effective_acs, layer.counts.effective_macs);
        match layer.input_spikes {
            Some(spikes) => LayerSynops::of_spikes(&layer.name, [sources, neurons, steps], spikes, acs),
            None => LayerSynops::of_values(&layer.name, acs, macs, sources * neurons * steps),
        }
    });
    Synops { clips, layers: dense.chain(spiking).collect() }
}

fn at_steps(steps: usize, reset: ResetMode, result: &Evaluation, table: &EnergyTable) -> Result<AtSteps> {
    let energy = table.apply(&ledger(reset, result, None), None)?;
    let clips = result.clips.max(1) as f64;
    let layers = result.activity.iter().flat_map(|activity| activity.all_layers());
    Ok(AtSteps {
        time_steps: steps,
        accuracy: result.accuracy.both,
        spikes_per_clip: layers.map(|layer| layer.counts.spikes).sum::<u64>() as f64 / clips,
        spiking_pj_per_clip: energy.of(is_spiking).pj().unwrap_or(0.0) / clips,
        total_pj_per_clip: energy.per_clip_pj,
    })
}

fn spikes(result: &Evaluation, parity: Option<&Parity>) -> Option<SpikeSummary> {
    let activity = result.activity.as_ref()?;
    let mut thresholds = parity.iter().flat_map(|parity| parity.thresholds.iter().flatten());
    let rate = |layer: &LayerRecord| {
        let per_step = layer.rates();
        let rate = per_step.iter().sum::<f64>() / per_step.len() as f64;
        let thresholds: Vec<Spread> = thresholds.next().cloned().unwrap_or_default();
        LayerRate { layer: layer.name.clone(), rate, per_step, thresholds }
    };
    let rate_per_layer: Vec<LayerRate> = activity.all_layers().map(rate).collect();
    let layers = rate_per_layer.len() as f64;
    let steps = activity.factors.audio.len();
    let clips = result.clips.max(1) as f64;
    Some(SpikeSummary {
        total: activity.all_layers().map(|layer| layer.counts.spikes).sum(),
        rate_per_step: (0..steps).map(|t| rate_per_layer.iter().map(|l| l.per_step[t]).sum::<f64>() / layers).collect(),
        rate_per_layer,
        time_step_factor: activity.factors.as_ref().map(|f| f.iter().map(|sum| sum / clips).collect()).into_array(),
    })
}
