//! One stage of training: tensors, optimiser, epochs.

use super::adam::Adam;
use super::loss::{Loss, Words, loss};
use super::progress::{EpochRecord, TrainingObserver, TrainingState};
use super::sampler::{Sample, Sampler};
use crate::base::rng::Streams;
use crate::data::{Clips, Dataset};
use crate::error::{Error, Result};
use crate::hybrid::config::Config;
use crate::hybrid::evaluate::class_vectors;
use crate::hybrid::model::{Spiking, Stft, clip_batch, declarations, set_input_statistics, word_batch};
use crate::hybrid::parameters::{Noise, Parameters, Pass};
use crate::hybrid::tensor::Graph;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Share of the old value that a running statistic keeps per batch.
const MEMORY: f32 = 0.9;

/// A stage of training in progress.
pub struct Stage {
    /// Tensors.
    pub parameters: Parameters<f32>,
    /// Optimiser.
    pub adam: Adam,
    /// Its progress.
    pub progress: TrainingState,
    streams: Streams,
    graph: Graph<f32>,
}

/// The loss of one step and its parts.
pub struct StepReport {
    /// Loss.
    pub loss: f64,
    /// Its parts: triplet, projection, reconstruction, classification; unweighted.
    pub parts: [f64; 4],
    /// Mean firing rates, `[modality][block][step]`.
    pub rates: Vec<Vec<Vec<f64>>>,
}

impl Stage {
    /// A stage with fresh tensors. Both stages start from the same tensors, whose random streams
    /// are named after them.
    pub fn new(config: &Config, model: &Stft, streams: Streams, number: u8, history: Vec<EpochRecord>) -> Self {
        let parameters = Parameters::initial(declarations(model), streams);
        let adam = Adam::new(&parameters);
        Self::restored(parameters, adam, TrainingState::start(number, config, history), streams)
    }

    /// A stage that continues from tensors, optimiser and progress of a checkpoint.
    pub fn restored(parameters: Parameters<f32>, adam: Adam, progress: TrainingState, streams: Streams) -> Self {
        Stage { parameters, adam, progress, streams, graph: Graph::training() }
    }

    /// Sets the input statistics from the training clips.
    ///
    /// # Errors
    /// If there are fewer than two classes, a class has no vector, or a statistic is not finite.
    pub fn set_statistics(&mut self, model: &Stft, dataset: &Dataset, clips: &Clips) -> Result<()> {
        let sampler = Sampler::new(clips, false);
        if sampler.classes().len() < 2 {
            return Err(Error::value("training clips", "they have fewer than two classes: there is no negative class"));
        }
        set_input_statistics(model, &mut self.parameters, clips, &class_vectors(dataset, sampler.classes())?)
    }

    /// One optimiser step on the next batch.
    ///
    /// # Errors
    /// If a class has no vector, or the loss is not finite.
    pub fn step(
        &mut self,
        config: &Config,
        model: &Stft,
        clips: &Clips,
        sampler: &Sampler,
        vectors: &[&[f32]],
        want_rates: bool,
    ) -> Result<StepReport> {
        let (number, step) = (self.progress.stage, self.progress.steps);
        let training = &config.training;
        let sample = sampler.sample(self.streams, &format!("stage{number}/sample"), step, training.batch);
        let noise = Noise { streams: self.streams, step: step * 2 + u64::from(number - 1) };
        let pass = Pass::new(&self.graph, &self.parameters, Some(noise));
        let loss = self.forward(&pass, config, model, clips, vectors, sample);
        let total = f64::from(loss.total.scalar());
        if !total.is_finite() {
            return Err(Error::value("loss", format!("{total} in stage {number}, step {step}"))
                .with_hint("the training diverged: lower training.learning_rate"));
        }
        let rates =
            if want_rates { loss.spiking.as_ref().map_or_else(Vec::new, |s| rates(s, model)) } else { Vec::new() };
        // What the backward pass does not use is dropped first, to free memory.
        let Loss { total: root, parts, spiking } = loss;
        drop(spiking);
        let gradients = self.graph.backward(&root);
        let by_tensor: Vec<Option<&[f32]>> =
            pass.vars().iter().map(|var| var.as_ref().and_then(|var| gradients.get(var))).collect();
        let statistics = pass.into_statistics();
        // The graph shares the tensors; once it is cleared they can be changed in place.
        self.graph.clear();
        self.adam.update(&mut self.parameters, &by_tensor, self.progress.learning_rate, training.weight_decay);
        for (position, seen) in statistics {
            let running = Arc::make_mut(&mut self.parameters.entries_mut()[position].values);
            for (running, seen) in running.iter_mut().zip(seen) {
                *running = MEMORY * *running + (1.0 - MEMORY) * seen;
            }
        }
        self.progress.steps += 1;
        Ok(StepReport { loss: total, parts, rates })
    }

    /// The loss of a sample.
    fn forward(
        &self,
        pass: &Pass<'_, f32>,
        config: &Config,
        model: &Stft,
        clips: &Clips,
        vectors: &[&[f32]],
        sample: Sample,
    ) -> Loss<f32> {
        let batch = clip_batch(&self.graph, model, &self.parameters, clips, sample.rows.as_ref().map(|rows| &rows[..]));
        let rows: Vec<&[f32]> = sample.labels.iter().map(|&c| vectors[c]).chain(vectors.iter().copied()).collect();
        let rows = word_batch(&self.graph, model, &self.parameters, rows.into_iter());
        loss(pass, model, config, &batch, &Words { rows, labels: sample.labels })
    }

    /// Takes the statistics of every batch normalisation anew, from batches without dropout and
    /// with the present weights (Wu and Johnson 2021, precise batch normalisation). Dropout in
    /// front of a normalisation widens what it sees in training, so with the running statistics the
    /// spiking blocks would fire less at inference than they were trained to.
    fn calibrate(&mut self, config: &Config, model: &Stft, clips: &Clips, sampler: &Sampler, vectors: &[&[f32]]) {
        let batches = config.training.calibration_batches;
        let mut sums: BTreeMap<usize, Vec<f32>> = BTreeMap::new();
        for batch in 0..batches {
            let stream = format!("stage{}/calibrate", self.progress.stage);
            let step = (self.progress.epochs_done * batches + batch) as u64;
            let sample = sampler.sample(self.streams, &stream, step, config.training.batch);
            self.graph.clear();
            let pass = Pass::new(&self.graph, &self.parameters, None);
            self.forward(&pass, config, model, clips, vectors, sample);
            // A layer that is used more than once has as many statistics; the last one counts, as
            // with running statistics.
            let seen: BTreeMap<usize, Vec<f32>> = pass.into_statistics().into_iter().collect();
            for (position, seen) in seen {
                let sum = sums.entry(position).or_insert_with(|| vec![0.0; seen.len()]);
                sum.iter_mut().zip(seen).for_each(|(sum, seen)| *sum += seen / batches as f32);
            }
        }
        for (position, mean) in sums {
            self.parameters.entries_mut()[position].values = mean.into();
        }
    }

    /// Trains one of `epochs` epochs, of `batches` batches. The record has no validation yet.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn epoch(
        &mut self,
        config: &Config,
        model: &Stft,
        dataset: &Dataset,
        clips: &Clips,
        [epochs, batches]: [usize; 2],
        observer: &mut dyn TrainingObserver,
    ) -> Result<EpochRecord> {
        let sampler = Sampler::new(clips, config.training.independent_modalities);
        let vectors = class_vectors(dataset, sampler.classes())?;
        let mut record = EpochRecord {
            stage: self.progress.stage,
            epoch: self.progress.epochs_done + 1,
            loss: 0.0,
            loss_parts: [0.0; 4],
            learning_rate: self.progress.learning_rate,
            validation: None,
            rates_training: Vec::new(),
            rates_validation: Vec::new(),
        };
        for batch in 0..batches {
            let report = self.step(config, model, clips, &sampler, &vectors, batch + 1 == batches)?;
            record.loss += report.loss / batches as f64;
            for (mean, part) in record.loss_parts.iter_mut().zip(report.parts) {
                *mean += part / batches as f64;
            }
            record.rates_training = report.rates;
            observer.batch(self.progress.stage, [self.progress.epochs_done, epochs], [batch + 1, batches], report.loss);
        }
        self.calibrate(config, model, clips, &sampler, &vectors);
        // Frees the activations' memory for validation and the checkpoint.
        self.graph = Graph::training();
        self.progress.epochs_done += 1;
        Ok(record)
    }

    /// Lowers the learning rate when the validation HM has not improved for the configured number
    /// of epochs.
    pub fn plateau(&mut self, config: &Config, hm: f64) {
        let (best, since) = &mut self.progress.plateau;
        if hm > *best {
            (*best, *since) = (hm, 0);
            return;
        }
        *since += 1;
        if *since > config.training.plateau_patience {
            self.progress.learning_rate *= config.training.plateau_factor;
            *since = 0;
        }
    }
}

/// Mean firing rates of a batch, `[modality][block][step]`.
fn rates(spiking: &Spiking<f32>, model: &Stft) -> Vec<Vec<Vec<f64>>> {
    let steps = model.config.time_steps;
    let of = |spikes: &crate::hybrid::tensor::Var<f32>| {
        let mut sums = vec![0.0; steps];
        for row in 0..spikes.rows() {
            sums[row % steps] += f64::from(spikes.row(row).iter().sum::<f32>());
        }
        let neurons = (spikes.rows() / steps * spikes.cols()) as f64;
        sums.iter().map(|sum| sum / neurons).collect()
    };
    spiking.spikes.iter().map(|blocks| blocks.iter().map(of).collect()).collect()
}
