//! A trained model in a folder: `weights.safetensors` and `training.json`.

use serde::{Deserialize, Serialize};
use spikefuse::config::Config;
use spikefuse::data::{Clips, Dataset, Part};
use spikefuse::engine::Driver;
use spikefuse::evaluate::{Evaluation, Gamma, Task, evaluate};
use spikefuse::files::{read_json, write_atomic};
use spikefuse::gzsl::Candidates;
use spikefuse::model::{self, Network, Parameters, Stft};
use spikefuse::train::{Choice, EpochRecord, Trained};
use spikefuse::{Error, Result};
use std::path::Path;

const WEIGHTS: &str = "weights.safetensors";
const TRAINING: &str = "training.json";

/// How a model came about: what is needed to test it, and the record of its training.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Name of the data set.
    pub dataset: String,
    /// Names of the vocabulary.
    pub vocabulary: usize,
    /// Seed.
    pub seed: u64,
    /// What stage 1 decided.
    pub choice: Choice,
    /// Configuration.
    pub config: Config,
    /// All epochs of both stages: loss, validation figures, firing rates.
    pub history: Vec<EpochRecord>,
}

/// A model and its training.
pub struct Saved {
    /// Shape and options.
    pub model: Stft,
    /// Tensors.
    pub parameters: Parameters<f32>,
    /// How it came about.
    pub training: Training,
}

impl Saved {
    /// What `train` returned.
    pub fn new(trained: Trained, config: &Config, dataset: &Dataset, seed: u64) -> Saved {
        let Trained { model, parameters, choice, history } = trained;
        let (dataset, vocabulary) = (dataset.name.clone(), dataset.vocabulary.len());
        let training = Training { dataset, vocabulary, seed, choice, config: config.clone(), history };
        Saved { model, parameters, training }
    }

    /// Reads a model folder.
    pub fn load(folder: &Path) -> Result<Saved> {
        let (model, parameters) = model::load(&folder.join(WEIGHTS))?;
        Ok(Saved { model, parameters, training: read_json(&folder.join(TRAINING))? })
    }

    /// Writes a model folder.
    pub fn save(&self, folder: &Path) -> Result<()> {
        model::save(&folder.join(WEIGHTS), &self.model, &self.parameters)?;
        let text = super::json(&self.training)?;
        write_atomic(&folder.join(TRAINING), |out| out.write_all(text.as_bytes()))
    }

    /// The data set must be the one that the model was trained on: gamma and classes belong to it.
    pub fn check_dataset(&self, dataset: &Dataset) -> Result<()> {
        if dataset.name == self.training.dataset {
            return Ok(());
        }
        let problem = format!("the model was trained on {}, the data are {}", self.training.dataset, dataset.name);
        Err(Error::value("dataset", problem).with_hint("give --data and --dataset as in training"))
    }

    /// Tests the model.
    pub fn test(
        &self,
        network: &Network<'_>,
        dataset: &Dataset,
        test: &TestClips,
        driver: Driver,
    ) -> Result<Evaluation> {
        let (trained, given) = (self.training.vocabulary, dataset.vocabulary.len());
        if trained != given {
            let problem = format!("gamma was chosen with a vocabulary of {trained} names, this one has {given}");
            return Err(Error::value("vocabulary", problem).with_hint("give --vocabulary as in training"));
        }
        let candidates =
            Candidates::new(dataset.classes_of(Part::Stage2Train), dataset.classes_of(Part::Stage2TestUnseen));
        let task = Task { seen: &test.seen, unseen: &test.unseen, candidates };
        let bar = super::progress::bar("test", test.seen.len() + test.unseen.len());
        let result = evaluate(network, dataset, &task, Gamma::Given(self.training.choice.gamma), driver, |clips| {
            bar.inc(clips as u64);
        });
        bar.finish_and_clear();
        result
    }
}

/// The test clips of a data set.
pub struct TestClips {
    /// Of trained classes.
    pub seen: Clips,
    /// Of other classes.
    pub unseen: Clips,
}

impl TestClips {
    /// Reads both parts.
    pub fn load(dataset: &Dataset) -> Result<TestClips> {
        Ok(TestClips { seen: dataset.load(Part::Stage2TestSeen)?, unseen: dataset.load(Part::Stage2TestUnseen)? })
    }
}
