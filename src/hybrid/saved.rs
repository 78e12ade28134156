//! A trained model in a folder: `weights.safetensors` and `training.json`.
//! [Example](super#example).

use crate::base::files::{json_text, read_json, write_atomic};
use crate::data::{Clips, Dataset, Part};
use crate::error::{Error, Result};
use crate::hybrid::compare::{Parity, compare};
use crate::hybrid::config::Config;
use crate::hybrid::evaluate::{Evaluation, Gamma, Task, evaluate};
use crate::hybrid::gzsl::{Candidates, Scores};
use crate::hybrid::model::{self, Hybrid, Stft};
use crate::hybrid::parameters::Parameters;
use crate::hybrid::train::{Choice, EpochRecord, Trained};
use crate::spiking::Driver;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Tensors, shape and options of a saved model.
pub const WEIGHTS: &str = "weights.safetensors";
const TRAINING: &str = "training.json";

/// The files of a saved model, and what stands near the beginning of each.
pub const MODEL_FILES: [(&str, &str); 2] = [(WEIGHTS, "\"model\":\""), (TRAINING, "\"dataset\":")];

/// The training of a model: what a test needs to know of it, and its record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Name of the data set.
    pub dataset: String,
    /// Vocabulary of the read-out, as [`Dataset::vocabulary_id`] has it.
    pub vocabulary: String,
    /// Seed of the training.
    pub seed: u64,
    /// What stage 1 chose.
    pub choice: Choice,
    /// Configuration of the training.
    pub config: Config,
    /// All epochs of both stages: loss, validation figures, firing rates.
    pub history: Vec<EpochRecord>,
}

impl Training {
    /// Validation figures of the epoch with the best HM, the first of equals.
    pub fn best(&self) -> Option<Scores> {
        let validated = self.history.iter().filter_map(|record| Some(record.validation?.both));
        validated.reduce(|best, scores| if best.hm >= scores.hm { best } else { scores })
    }
}

/// A model and its training.
pub struct Saved {
    /// Shape and options.
    pub model: Stft,
    /// Tensors.
    pub parameters: Parameters<f32>,
    /// Its training.
    pub training: Training,
}

/// The test clips of a data set.
pub struct TestClips {
    /// Clips of trained classes.
    pub seen: Clips,
    /// Clips of classes without training.
    pub unseen: Clips,
}

/// A saved model's results on the test clips.
pub struct Tested {
    /// The classes that competed for the clips.
    pub candidates: Candidates,
    /// Results with all time steps.
    pub whole: Evaluation,
    /// Results with fewer time steps, and how many these are.
    pub shorter: Vec<(usize, Evaluation)>,
}

impl Saved {
    /// What [`train`](crate::hybrid::train::train) returned, with what it was given.
    pub fn new(trained: Trained, config: &Config, dataset: &Dataset, seed: u64) -> Saved {
        let Trained { model, parameters, choice, history } = trained;
        let (dataset, vocabulary) = (dataset.name.clone(), dataset.vocabulary_id());
        let training = Training { dataset, vocabulary, seed, choice, config: config.clone(), history };
        Saved { model, parameters, training }
    }

    /// Reads a model folder.
    ///
    /// # Errors
    /// If a file is missing, damaged, or not one of a model.
    pub fn load(folder: &Path) -> Result<Saved> {
        let (model, parameters) = model::load(&folder.join(WEIGHTS))?;
        Ok(Saved { model, parameters, training: read_json(&folder.join(TRAINING))? })
    }

    /// Writes a model folder.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn save(&self, folder: &Path) -> Result<()> {
        model::save(&folder.join(WEIGHTS), &self.model, &self.parameters)?;
        let text = json_text(&self.training)?;
        write_atomic(&folder.join(TRAINING), |out| out.write_all(text.as_bytes()))
    }

    /// The model made ready to run.
    ///
    /// # Errors
    /// If a folded weight is not finite.
    pub fn hybrid(&self) -> Result<Hybrid<'_>> {
        Hybrid::new(&self.model, &self.parameters)
    }

    /// Numbers of time steps below the model's at which its accuracy is reported: powers of two.
    pub fn fewer_steps(&self) -> Vec<usize> {
        let steps = if self.model.has_spikes() { self.model.config.time_steps } else { 0 };
        (0..).map(|power| 1 << power).take_while(|&fewer| fewer < steps).collect()
    }

    /// Checks that `dataset` is the one that the model was trained on: gamma and classes belong to
    /// it.
    ///
    /// # Errors
    /// If it has another name.
    pub fn check_dataset(&self, dataset: &Dataset) -> Result<()> {
        if dataset.name == self.training.dataset {
            return Ok(());
        }
        let problem = format!("the model was trained on {}, the data are {}", self.training.dataset, dataset.name);
        Err(Error::value("dataset", problem).with_hint("give --data and --dataset as in training"))
    }

    /// Tests the model with all its time steps, then with each of the `fewer`;
    /// `progress(clips done)` is called after each batch.
    ///
    /// # Errors
    /// If the vocabulary is not that of training, clips do not fit the model, or a class has no
    /// vector.
    pub fn test(
        &self,
        dataset: &Dataset,
        clips: &TestClips,
        driver: Driver,
        fewer: &[usize],
        mut progress: impl FnMut(usize),
    ) -> Result<Tested> {
        let (trained, given) = (&self.training.vocabulary, dataset.vocabulary_id());
        if *trained != given {
            let problem = format!("gamma was chosen with a vocabulary of {trained}, this one has {given}");
            return Err(Error::value("vocabulary", problem).with_hint("give --vocabulary as in training"));
        }
        let candidates =
            Candidates::new(dataset.classes_of(Part::Stage2Train), dataset.classes_of(Part::Stage2TestUnseen));
        let task = Task { seen: &clips.seen, unseen: &clips.unseen, candidates };
        let gamma = Gamma::Given(self.training.choice.gamma);
        let mut run = |network: &Hybrid<'_>| evaluate(network, dataset, &task, gamma, driver, &mut progress);
        let whole = run(&self.hybrid()?)?;
        let shorter = fewer.iter().map(|&steps| {
            let (model, parameters) = self.model.shortened(&self.parameters, steps)?;
            Ok((steps, run(&Hybrid::new(&model, &parameters)?)?))
        });
        let shorter = shorter.collect::<Result<_>>()?;
        Ok(Tested { candidates: task.candidates, whole, shorter })
    }

    /// Compares both drivers on all test clips; none without a spiking branch.
    ///
    /// # Errors
    /// If the clips do not fit the model.
    pub fn compare(&self, clips: &TestClips, mut progress: impl FnMut(usize)) -> Result<Option<Parity>> {
        let network = self.hybrid()?;
        let seen = compare(&network, &clips.seen, &mut progress)?;
        let unseen = compare(&network, &clips.unseen, &mut progress)?;
        Ok(seen.zip(unseen).map(|(seen, unseen)| seen.and(unseen)))
    }
}

impl TestClips {
    /// Reads both parts.
    ///
    /// # Errors
    /// If a file of the data set cannot be read.
    pub fn load(dataset: &Dataset) -> Result<TestClips> {
        Ok(TestClips { seen: dataset.load(Part::Stage2TestSeen)?, unseen: dataset.load(Part::Stage2TestUnseen)? })
    }

    /// Number of clips of both parts.
    pub fn count(&self) -> usize {
        self.seen.len() + self.unseen.len()
    }
}
