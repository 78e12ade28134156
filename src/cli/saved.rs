//! A trained model in a folder: `weights.safetensors` and `training.json`.

use serde::{Deserialize, Serialize};
use spikefuse::base::files::{Hold, read_json, refuse_inputs, write_atomic, write_together};
use spikefuse::data::{Clips, Dataset, Part};
use spikefuse::energy::counts::LayerCounts;
use spikefuse::hybrid::config::Config;
use spikefuse::hybrid::evaluate::{Gamma, Task, evaluate};
use spikefuse::hybrid::gzsl::Candidates;
use spikefuse::hybrid::model::{self, Hybrid, Stft};
use spikefuse::hybrid::parameters::Parameters;
use spikefuse::hybrid::train::{Choice, EpochRecord, Trained};
use spikefuse::report::{Provenance, Report};
use spikefuse::spiking::Driver;
use spikefuse::{Error, Result};
use std::path::{Path, PathBuf};

const WEIGHTS: &str = "weights.safetensors";
const TRAINING: &str = "training.json";
const REPORT: &str = "report.json";
const NEUROBENCH: &str = "neurobench.json";
const CLIPS: &str = "clips.csv";

/// The files of a model and of a report, and what stands near the beginning of each.
const MODEL_FILES: [(&str, &str); 2] = [(WEIGHTS, "\"model\":\""), (TRAINING, "\"dataset\":")];
const REPORT_FILES: [(&str, &str); 3] =
    [(REPORT, "\"spikefuse.report/"), (NEUROBENCH, "\"spikefuse.neurobench/"), (CLIPS, "clip,class,predicted,layer,")];

/// Takes a folder for training. A new run needs one that holds none.
pub fn take_for_training(folder: &Path, what: &str, resume: bool, inputs: Vec<PathBuf>) -> Result<Hold> {
    let hold = Hold::new(folder, what)?;
    for (name, mark) in MODEL_FILES.into_iter().chain(REPORT_FILES) {
        let path = folder.join(name);
        refuse_inputs(&path, &inputs)?;
        if resume {
            hold.refuse_foreign(name, mark)?;
        } else if path.symlink_metadata().is_ok() {
            return Err(Error::file(folder, format!("this folder already holds a run or a part of one, {name}"))
                .with_hint("go on with it by --resume, or choose another --out"));
        }
    }
    Ok(hold)
}

/// Takes a folder for the report of `model`: it holds no other model.
pub fn take_for_report(folder: &Path, model: &Path, inputs: &[PathBuf]) -> Result<Hold> {
    let hold = Hold::new(folder, "evaluate")?;
    let inputs: Vec<PathBuf> =
        MODEL_FILES.iter().map(|(name, _)| model.join(name)).chain(inputs.iter().cloned()).collect();
    for (name, mark) in REPORT_FILES {
        refuse_inputs(&folder.join(name), &inputs)?;
        hold.refuse_foreign(name, mark)?;
    }
    let (own, there) = (folder.canonicalize().ok(), model.canonicalize().ok());
    if own != there && folder.join(WEIGHTS).exists() {
        return Err(Error::file(folder, "holds another model").with_hint("choose another --out"));
    }
    Ok(hold)
}

/// How a model came about: what is needed to test it, and the record of its training.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Name of the data set.
    pub dataset: String,
    /// Its vocabulary, as [`Dataset::vocabulary_id`] has it.
    pub vocabulary: String,
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
        let (dataset, vocabulary) = (dataset.name.clone(), dataset.vocabulary_id());
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

    /// Numbers of time steps below the model's at which accuracy is looked at: powers of two.
    pub fn fewer_steps(&self) -> Vec<usize> {
        let steps = if self.model.has_spikes() { self.model.config.time_steps } else { 0 };
        (0..).map(|power| 1 << power).take_while(|&fewer| fewer < steps).collect()
    }

    /// The data set must be the one that the model was trained on: gamma and classes belong to it.
    pub fn check_dataset(&self, dataset: &Dataset) -> Result<()> {
        if dataset.name == self.training.dataset {
            return Ok(());
        }
        let problem = format!("the model was trained on {}, the data are {}", self.training.dataset, dataset.name);
        Err(Error::value("dataset", problem).with_hint("give --data and --dataset as in training"))
    }

    /// Tests the model, for `fewer` time steps too, and reports; with the drivers' comparison if `compare`.
    pub fn report(
        &self,
        dataset: &Dataset,
        test: &TestClips,
        driver: Driver,
        fewer: &[usize],
        compare: bool,
    ) -> Result<Report> {
        let (trained, given) = (&self.training.vocabulary, dataset.vocabulary_id());
        if *trained != given {
            let problem = format!("gamma was chosen with a vocabulary of {trained}, this one has {given}");
            return Err(Error::value("vocabulary", problem).with_hint("give --vocabulary as in training"));
        }
        let network = Hybrid::new(&self.model, &self.parameters)?;
        let candidates =
            Candidates::new(dataset.classes_of(Part::Stage2Train), dataset.classes_of(Part::Stage2TestUnseen));
        let task = Task { seen: &test.seen, unseen: &test.unseen, candidates };
        let bar = super::progress::bar("test", (test.seen.len() + test.unseen.len()) * (1 + fewer.len()));
        let run = |network: &Hybrid<'_>| {
            let gamma = Gamma::Given(self.training.choice.gamma);
            evaluate(network, dataset, &task, gamma, driver, |clips| bar.inc(clips as u64))
        };
        let result = run(&network)?;
        let shorter = fewer.iter().map(|&steps| {
            let (model, parameters) = self.model.shortened(&self.parameters, steps)?;
            Ok((steps, run(&Hybrid::new(&model, &parameters)?)?))
        });
        let shorter = shorter.collect::<Result<Vec<_>>>()?;
        bar.finish_and_clear();
        let parity = if compare { super::compare::parity(&network, test)? } else { None };
        let Training { seed, ref choice, .. } = self.training;
        let (parameters, candidates) = (&self.parameters, &task.candidates);
        let origin = Provenance { dataset, candidates, parameters, seed, epochs: choice.epochs };
        Report::new(&origin, &network, &result, parity, &shorter)
    }
}

/// Writes `neurobench.json`, what each clip did as `clips.csv`, and last `report.json` into a folder, in place of those of an earlier report.
pub fn save_report(folder: &Path, report: &Report) -> Result<()> {
    let (document, neurobench, clips) = (super::json(report)?, super::json(&report.neurobench)?, clips(report)?);
    let mut files = vec![(folder.join(NEUROBENCH), neurobench.as_bytes())];
    if !report.per_clip.is_empty() {
        files.push((folder.join(CLIPS), &clips));
    }
    files.push((folder.join(REPORT), document.as_bytes()));
    write_together(&files, &REPORT_FILES.map(|(name, _)| folder.join(name)))
}

/// What each clip did, as a table.
fn clips(report: &Report) -> Result<Vec<u8>> {
    let counts = LayerCounts::default().named().map(|(name, _)| name.to_owned());
    let head = ["clip", "class", "predicted", "layer"].map(String::from).into_iter().chain(counts).collect();
    let rows = report.per_clip.iter().map(|row| {
        let names = [&row.clip, &row.class, &row.predicted, &row.layer].map(String::clone);
        names.into_iter().chain(row.counts.named().map(|(_, count)| count.to_string())).collect()
    });
    super::csv(std::iter::once(head).chain(rows))
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
