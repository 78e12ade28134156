//! Training in two stages.
//!
//! Stage 1 trains on the stage-1 training clips and keeps the epoch with the best validation HM, and its gamma. Stage 2 starts
//! afresh, trains on all clips that are not test clips for as many epochs with the same learning rate in each, and is tested once.
//! A stage-2 epoch has as many more batches as there are more clips: a clip is seen as often as in stage 1, and the distances, and
//! with them gamma, keep their scale.

mod adam;
mod checkpoint;
mod loss;
mod sampler;
mod stage;

pub use adam::Adam;
pub use checkpoint::Identity;
pub use loss::{Loss, Words, loss};
pub use sampler::{Sample, Sampler};
pub use stage::{Stage, StepReport};

use crate::base::memory;
use crate::base::rng::Streams;
use crate::data::{Clips, Dataset, Part};
use crate::error::{Error, Result};
use crate::hybrid::config::Config;
use crate::hybrid::evaluate::{ByMode, Gamma, Task, class_vectors, evaluate};
use crate::hybrid::gzsl::{Candidates, Scores};
use crate::hybrid::model::{BLOCKS, Dimensions, Hybrid, Stft, declarations};
use crate::hybrid::parameters::{MODALITIES, Parameters};
use crate::spiking::Driver;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What one epoch gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EpochRecord {
    /// 1 or 2.
    pub stage: u8,
    /// From 1.
    pub epoch: usize,
    /// Mean loss over the batches.
    pub loss: f64,
    /// Its parts: triplet, projection, reconstruction, classification.
    pub loss_parts: [f64; 4],
    /// Learning rate used.
    pub learning_rate: f64,
    /// Validation figures; stage 1 only.
    pub validation: Option<ByMode<Scores>>,
    /// Firing rates in the last training batch, `[modality][block][step]`; empty without a spiking branch.
    pub rates_training: Vec<Vec<Vec<f64>>>,
    /// Firing rates in validation, likewise; stage 1 only.
    pub rates_validation: Vec<Vec<Vec<f64>>>,
}

/// What stage 1 decided.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// Epochs to train in stage 2.
    pub epochs: usize,
    /// Gamma by mode.
    pub gamma: ByMode<f64>,
}

/// Where training stands; with the tensors and the optimiser's moments this is all there is to resume from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// Stage that the tensors belong to, 1 or 2.
    pub stage: u8,
    /// Epochs of it that are done.
    pub epochs_done: usize,
    /// Optimiser steps of it that are done.
    pub steps: u64,
    /// Learning rate of its next epoch.
    pub learning_rate: f64,
    /// Best validation HM so far, and epochs since it improved (for the learning rate).
    pub plateau: (f64, usize),
    /// All epochs so far.
    pub history: Vec<EpochRecord>,
}

impl Progress {
    fn start(stage: u8, config: &Config, history: Vec<EpochRecord>) -> Self {
        let learning_rate = config.training.learning_rate;
        Progress { stage, epochs_done: 0, steps: 0, learning_rate, plateau: (-1.0, 0), history }
    }

    /// The best epoch of stage 1, the first of equals.
    fn choice(&self) -> Option<Choice> {
        let mut best: Option<(f64, Choice)> = None;
        for record in self.history.iter().filter(|record| record.stage == 1) {
            let Some(scores) = record.validation else { continue };
            if best.is_none_or(|(hm, _)| scores.both.hm > hm) {
                best = Some((scores.both.hm, Choice { epochs: record.epoch, gamma: scores.map(|s| s.gamma) }));
            }
        }
        best.map(|(_, choice)| choice)
    }

    /// Learning rate that stage 1 used in `epoch` (from 1).
    fn rate_of_stage_1(&self, epoch: usize) -> Option<f64> {
        self.history.iter().find(|r| r.stage == 1 && r.epoch == epoch).map(|r| r.learning_rate)
    }
}

/// Who wants to know how training goes.
pub trait Observer {
    /// A batch is done: stage, epoch (from 0) of how many, batch of how many, its loss.
    fn batch(&mut self, stage: u8, epoch: [usize; 2], batch: [usize; 2], loss: f64);
    /// An epoch is done.
    fn epoch(&mut self, record: &EpochRecord);
}

/// A trained model.
pub struct Trained {
    /// Shape and options.
    pub model: Stft,
    /// Tensors after stage 2.
    pub parameters: Parameters<f32>,
    /// What stage 1 decided.
    pub choice: Choice,
    /// All epochs.
    pub history: Vec<EpochRecord>,
}

/// Where checkpoints go, and whether one may be there already.
pub struct TrainingFolder<'a> {
    /// The folder.
    pub path: &'a Path,
    /// Go on from its checkpoint.
    pub resume: bool,
}

/// Runs both stages.
///
/// # Errors
/// If the data are unusable, the folder holds another run, a file cannot be written, or the loss is no longer finite.
pub fn train(
    config: &Config,
    dataset: &Dataset,
    seed: u64,
    folder: Option<TrainingFolder<'_>>,
    observer: &mut dyn Observer,
) -> Result<Trained> {
    if !dataset.vocabulary.is_empty() && config.model.read_out.is_none() {
        return Err(Error::value(
            "vocabulary",
            "only a read-out uses one, and the configuration has no model.read_out",
        ));
    }
    let clips = [Part::Stage1Train, Part::Stage1ValSeen, Part::Stage1ValUnseen].map(|part| dataset.load(part));
    let [first, seen, unseen] = clips;
    let clips = [first?, seen?, unseen?];
    let first_len = clips[0].len();
    let model = Stft { config: config.model.clone(), dimensions: dimensions(dataset, &clips[0]) };
    memory::check("training.batch with this model", least_memory(&model, config.training.batch))?;
    let identity = Identity::new(config, dataset, &clips, seed, &model);
    let streams = Streams::new(seed);
    let restored = match &folder {
        Some(folder) => checkpoint::open(folder, &identity, &model)?,
        None => None,
    };
    let save = |stage: &Stage| match &folder {
        Some(folder) => checkpoint::save(folder.path, &identity, stage),
        None => Ok(()),
    };
    let (mut stage, resumed) = match restored {
        Some(stage) => (stage, true),
        None => (Stage::new(config, &model, streams, 1, Vec::new()), false),
    };
    if stage.progress.stage == 1 {
        let [clips, seen, unseen] = clips;
        if !resumed {
            stage.set_statistics(&model, dataset, &clips)?;
        }
        let candidates =
            Candidates::new(dataset.classes_of(Part::Stage1Train), dataset.classes_of(Part::Stage1ValUnseen));
        let task = Task { seen: &seen, unseen: &unseen, candidates };
        while stage.progress.epochs_done < config.training.epochs {
            let work = [config.training.epochs, config.training.batches_per_epoch];
            let mut record = stage.epoch(config, &model, dataset, &clips, work, observer)?;
            let network = Hybrid::new(&model, &stage.parameters)?;
            let gamma = Gamma::Choose(&config.training);
            let result = evaluate(&network, dataset, &task, gamma, Driver::Event, |_| ())?;
            record.validation = Some(result.accuracy);
            record.rates_validation = result.rates(model.config.width);
            stage.plateau(config, result.accuracy.both.hm);
            observer.epoch(&record);
            stage.progress.history.push(record);
            save(&stage)?;
        }
        stage = Stage::new(config, &model, streams, 2, std::mem::take(&mut stage.progress.history));
    } else {
        drop(clips);
    }
    let choice = stage.progress.choice().ok_or_else(|| Error::value("training", "stage 1 has no validated epoch"))?;
    if stage.progress.epochs_done < choice.epochs {
        let clips = dataset.load(Part::Stage2Train)?;
        if stage.progress.epochs_done == 0 {
            stage.set_statistics(&model, dataset, &clips)?;
        }
        while stage.progress.epochs_done < choice.epochs {
            if let Some(rate) = stage.progress.rate_of_stage_1(stage.progress.epochs_done + 1) {
                stage.progress.learning_rate = rate;
            }
            let batches = (config.training.batches_per_epoch * clips.len()).div_ceil(first_len);
            let record = stage.epoch(config, &model, dataset, &clips, [choice.epochs, batches], observer)?;
            observer.epoch(&record);
            stage.progress.history.push(record);
            save(&stage)?;
        }
    }
    Ok(Trained { model, parameters: stage.parameters, choice, history: stage.progress.history })
}

/// Bytes that training takes at least: each tensor with gradient and the optimiser's two moments, and of each clip of a batch the
/// widest layers' activations.
fn least_memory(model: &Stft, batch: usize) -> u64 {
    const FLOAT: u64 = size_of::<f32>() as u64;
    let product = |sizes: &[usize]| sizes.iter().fold(1, |all: u64, &size| all.saturating_mul(size as u64));
    let tensors = declarations(model).iter().map(|tensor| product(&tensor.shape)).fold(0, u64::saturating_add);
    let c = &model.config;
    let steps = if model.has_spikes() { BLOCKS * c.time_steps * c.width } else { 0 };
    // As many negatives go with the positive clips.
    let activations = product(&[2 * batch, MODALITIES.len(), c.encoder_hidden + c.width + steps]);
    tensors.saturating_mul(4).saturating_add(activations).saturating_mul(FLOAT)
}

/// What the data decide about the model.
fn dimensions(dataset: &Dataset, clips: &Clips) -> Dimensions {
    let sequence = |f: &crate::data::Features| (0..f.len()).any(|i| f.segments(i) > 1);
    Dimensions {
        audio: clips.audio.dim(),
        video: clips.video.dim(),
        words: dataset.vector_dim(),
        temporal: sequence(&clips.audio) || sequence(&clips.video),
    }
}

/// Vectors of the training classes, for the statistics and the losses.
fn training_vectors<'a>(dataset: &'a Dataset, sampler: &Sampler) -> Result<Vec<&'a [f32]>> {
    class_vectors(dataset, sampler.classes())
}
