//! Both stages, one after the other.

use super::checkpoint::{self, Identity, TrainingFolder};
use super::progress::{Choice, EpochRecord, TrainingObserver};
use super::stage::Stage;
use crate::base::memory;
use crate::base::rng::Streams;
use crate::data::{Clips, Dataset, Part};
use crate::error::{Error, Result};
use crate::hybrid::config::Config;
use crate::hybrid::evaluate::{Gamma, Task, evaluate};
use crate::hybrid::gzsl::Candidates;
use crate::hybrid::model::{BLOCKS, Dimensions, Hybrid, Stft, declarations};
use crate::hybrid::parameters::{MODALITIES, Parameters};
use crate::spiking::Driver;

/// A trained model.
pub struct Trained {
    /// Shape and options.
    pub model: Stft,
    /// Tensors after stage 2.
    pub parameters: Parameters<f32>,
    /// What stage 1 chose.
    pub choice: Choice,
    /// Records of all epochs of both stages.
    pub history: Vec<EpochRecord>,
}

/// Trains a model in both stages.
///
/// # Errors
/// If the data are unusable, the folder holds another run, a file cannot be written, or the loss is
/// no longer finite.
pub fn train(
    config: &Config,
    dataset: &Dataset,
    seed: u64,
    folder: Option<TrainingFolder<'_>>,
    observer: &mut dyn TrainingObserver,
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
            record.rates_validation = result.rates();
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

/// Bytes that training takes at least: each tensor with gradient and the optimiser's two moments,
/// and of each clip of a batch the widest layers' activations.
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

/// Sizes of the model that follow from the data.
fn dimensions(dataset: &Dataset, clips: &Clips) -> Dimensions {
    let sequence = |f: &crate::data::Features| (0..f.len()).any(|i| f.segments(i) > 1);
    Dimensions {
        audio: clips.audio.dim(),
        video: clips.video.dim(),
        words: dataset.vector_dim(),
        temporal: sequence(&clips.audio) || sequence(&clips.video),
    }
}
