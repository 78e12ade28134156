//! The state of training, its record, and its observer.

use crate::hybrid::config::Config;
use crate::hybrid::evaluate::ByMode;
use crate::hybrid::gzsl::Scores;
use serde::{Deserialize, Serialize};

/// The record of one epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EpochRecord {
    /// Stage, 1 or 2.
    pub stage: u8,
    /// Number of the epoch, from 1.
    pub epoch: usize,
    /// Mean loss over the batches.
    pub loss: f64,
    /// Mean parts of the loss: triplet, projection, reconstruction, classification.
    pub loss_parts: [f64; 4],
    /// Learning rate of the epoch.
    pub learning_rate: f64,
    /// Validation figures; stage 1 only.
    pub validation: Option<ByMode<Scores>>,
    /// Firing rates in the last training batch, `[modality][block][step]`; empty without a spiking
    /// branch.
    pub rates_training: Vec<Vec<Vec<f64>>>,
    /// Firing rates in validation, `[modality][block][step]`; stage 1 only.
    pub rates_validation: Vec<Vec<Vec<f64>>>,
}

/// What stage 1 chose on validation clips.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// Epochs to train in stage 2.
    pub epochs: usize,
    /// Gamma by mode.
    pub gamma: ByMode<f64>,
}

/// State of training beside the tensors and the optimiser's moments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingState {
    /// Stage of the tensors, 1 or 2.
    pub stage: u8,
    /// Epochs of the stage that are done.
    pub epochs_done: usize,
    /// Optimiser steps of the stage that are done.
    pub steps: u64,
    /// Learning rate of the next epoch.
    pub learning_rate: f64,
    /// Best validation HM so far, and epochs since it improved (for the learning rate).
    pub plateau: (f64, usize),
    /// Records of all epochs so far.
    pub history: Vec<EpochRecord>,
}

impl TrainingState {
    /// The beginning of a stage.
    pub fn start(stage: u8, config: &Config, history: Vec<EpochRecord>) -> Self {
        let learning_rate = config.training.learning_rate;
        TrainingState { stage, epochs_done: 0, steps: 0, learning_rate, plateau: (-1.0, 0), history }
    }

    /// The best epoch of stage 1, the first of equals.
    pub fn choice(&self) -> Option<Choice> {
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
    pub fn rate_of_stage_1(&self, epoch: usize) -> Option<f64> {
        self.history.iter().find(|r| r.stage == 1 && r.epoch == epoch).map(|r| r.learning_rate)
    }
}

/// TrainingObserver of training.
pub trait TrainingObserver {
    /// Called after each batch with the stage, the epoch (from 0) and the number of epochs, the
    /// batch (from 1) and the number of batches, and the loss of the batch.
    fn batch(&mut self, stage: u8, epoch: [usize; 2], batch: [usize; 2], loss: f64);
    /// Called after each epoch.
    fn epoch(&mut self, record: &EpochRecord);
}

/// No observer.
impl TrainingObserver for () {
    fn batch(&mut self, _: u8, _: [usize; 2], _: [usize; 2], _: f64) {}
    fn epoch(&mut self, _: &EpochRecord) {}
}
