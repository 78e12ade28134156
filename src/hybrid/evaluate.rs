//! Scoring a model on a seen and an unseen part of a data set, with everything the run did on the
//! way. [Example](super#example).

use crate::data::{Clips, Dataset};
use crate::energy::{Branch, Cost, DenseOperator, add_operators};
use crate::error::{Error, Result};
use crate::hybrid::config::TrainingConfig;
use crate::hybrid::gzsl::{Candidates, Reader, Scored, Scores, distance_cost, distances};
use crate::hybrid::model::{Activity, Hybrid, Inference, LayerRecord};
use crate::hybrid::parameters::ByModality;
use crate::spiking::Driver;
use serde::{Deserialize, Serialize};

/// One value for each way to score a clip.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByMode<T> {
    /// By the sum of the distances of both modalities.
    pub both: T,
    /// By the distances of video alone, as the reference models are scored.
    pub video: T,
    /// By the distances of audio alone.
    pub audio: T,
}

impl<T> ByMode<T> {
    /// What `f` makes of the value of each mode.
    pub fn map<S>(self, mut f: impl FnMut(T) -> S) -> ByMode<S> {
        ByMode { both: f(self.both), video: f(self.video), audio: f(self.audio) }
    }
}

/// Where the distance added to seen classes comes from.
#[derive(Clone, Copy)]
pub enum Gamma<'a> {
    /// The best for these clips, for each mode: for validation only.
    Choose(&'a TrainingConfig),
    /// Values that were chosen before.
    Given(ByMode<f64>),
}

/// Clips of seen and of unseen classes, and all classes that compete for them.
pub struct Task<'a> {
    /// Clips of trained classes.
    pub seen: &'a Clips,
    /// Clips of classes without training.
    pub unseen: &'a Clips,
    /// The classes of both parts.
    pub candidates: Candidates,
}

/// The result of scoring a [`Task`].
pub struct Evaluation {
    /// Figures by mode.
    pub accuracy: ByMode<Scores>,
    /// Class id chosen for each clip by the sum of both distances, seen part first.
    pub predictions: Vec<usize>,
    /// Candidate classes without clips, left out of the means.
    pub absent: Vec<usize>,
    /// What the spiking branch did.
    pub activity: Option<Activity>,
    /// Operations of the dense operators, over all clips.
    pub dense: Vec<DenseOperator>,
    /// Operations of embedding the classes and placing their names, once.
    pub classes: Vec<DenseOperator>,
    /// Operations of the comparison of clips with classes.
    pub scoring: DenseOperator,
    /// `[clips, E]`, audio and video, seen part first.
    pub embeddings: ByModality<Vec<f32>>,
    /// `[classes, E]`, in the order of the candidates.
    pub class_embeddings: Vec<f32>,
    /// Id of each clip.
    pub ids: Vec<String>,
    /// Class id of each clip.
    pub labels: Vec<usize>,
    /// Number of clips.
    pub clips: usize,
}

impl Evaluation {
    /// Mean firing rates `[modality][block][step]`; empty without a spiking branch.
    pub fn rates(&self) -> Vec<Vec<Vec<f64>>> {
        let Some(activity) = &self.activity else { return Vec::new() };
        activity.layers.iter().map(|layers| layers.iter().map(LayerRecord::rates).collect()).collect()
    }
}

/// Embeds the clips of `task`, scores them, and keeps what the run did; `progress(clips done)` is
/// called after each batch.
///
/// # Errors
/// If clips do not fit the model or a class has no vector.
pub fn evaluate(
    network: &Hybrid<'_>,
    dataset: &Dataset,
    task: &Task<'_>,
    gamma: Gamma<'_>,
    driver: Driver,
    mut progress: impl FnMut(usize),
) -> Result<Evaluation> {
    let vectors = class_vectors(dataset, &task.candidates.classes)?;
    let (words, mut classes) = network.embed_classes(&vectors);
    let mut all = network.infer(task.seen, driver, &mut progress)?;
    all.append(network.infer(task.unseen, driver, &mut progress)?);
    let labels: Vec<usize> = task.seen.labels.iter().chain(&task.unseen.labels).copied().collect();
    let size = words.len() / task.candidates.classes.len().max(1);
    let pairs = labels.len() * task.candidates.classes.len();
    let reader = network.model().config.read_out.as_ref().map(|options| {
        let seen = &task.candidates.seen;
        let (reader, cost) = Reader::new(options, &words, size, &vectors, &dataset.vocabulary, seen);
        classes.push(operator(Branch::Classes, "read_out", "names", cost));
        reader
    });
    let ByModality { audio, video } = all.embeddings.as_ref().map(|x| match &reader {
        Some(reader) => reader.distances(x),
        None => distances(x, &words, size),
    });
    let cost = match &reader {
        Some(reader) => reader.cost(labels.len()),
        None => distance_cost(pairs, size),
    };
    let scoring = cost + cost + choice_cost(labels.len(), &task.candidates);
    let scoring = operator(Branch::Scoring, "scoring", "distances", scoring);
    let both: Vec<f32> = audio.iter().zip(&video).map(|(a, v)| a + v).collect();
    if let Some(at) = both.iter().position(|d| !d.is_finite()) {
        let clip = at / task.candidates.classes.len();
        return Err(Error::value("embedding", format!("clip {clip} has an embedding that is not finite"))
            .with_hint("the training diverged: lower training.learning_rate"));
    }
    let scored = ByMode { both, video, audio }.map(|d| Scored::new(&d, &labels, &task.candidates));
    let accuracy = match gamma {
        Gamma::Choose(config) => scored.by_ref().map(|s| s.best(config)),
        Gamma::Given(gamma) => ByMode {
            both: scored.both.scores(gamma.both),
            video: scored.video.scores(gamma.video),
            audio: scored.audio.scores(gamma.audio),
        },
    };
    Ok(Evaluation {
        predictions: scored.both.predictions(accuracy.both.gamma),
        absent: scored.both.absent(),
        accuracy,
        activity: all.activity,
        dense: all.dense,
        classes,
        scoring,
        embeddings: all.embeddings,
        class_embeddings: words,
        clips: labels.len(),
        ids: task.seen.ids.iter().chain(&task.unseen.ids).cloned().collect(),
        labels,
    })
}

/// An operator without weights.
fn operator(branch: Branch, layer: &str, operator: &str, cost: Cost) -> DenseOperator {
    DenseOperator { branch, layer: layer.into(), in_twin: true, operator: operator.into(), cost, synapses: None }
}

/// Arithmetic of choosing classes by the sum of both distances: per clip and class an addition and
/// a comparison, per seen class an addition of gamma.
fn choice_cost(clips: usize, candidates: &Candidates) -> Cost {
    let (clips, classes) = (clips as u64, candidates.classes.len() as u64);
    let seen = candidates.seen.iter().filter(|&&seen| seen).count() as u64;
    Cost { additions: (classes + seen) * clips, comparisons: classes * clips, ..Cost::ZERO }
}

impl<T> ByMode<T> {
    fn by_ref(&self) -> ByMode<&T> {
        ByMode { both: &self.both, video: &self.video, audio: &self.audio }
    }
}

impl Inference {
    /// Adds the clips of another inference of the same model behind these.
    fn append(&mut self, other: Inference) {
        for (mine, theirs) in self.embeddings.iter_mut().zip(other.embeddings.into_array()) {
            mine.extend(theirs);
        }
        add_operators(&mut self.dense, other.dense);
        match (&mut self.activity, other.activity) {
            (Some(mine), Some(theirs)) => mine.append(&theirs),
            (mine, theirs) => *mine = mine.take().or(theirs),
        }
    }
}

/// The vectors of `classes`.
///
/// # Errors
/// If a class has none.
pub fn class_vectors<'a>(dataset: &'a Dataset, classes: &[usize]) -> Result<Vec<&'a [f32]>> {
    classes.iter().map(|&class| dataset.vector(class)).collect()
}
