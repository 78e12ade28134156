//! Everything that training needs to go on, in one file that is replaced as a whole after each
//! epoch.

use super::adam::Adam;
use super::progress::TrainingState;
use super::stage::Stage;
use crate::base::files::write_atomic;
use crate::base::rng::Streams;
use crate::data::{ClassVectors, Clips, Dataset, Split};
use crate::error::{Error, Result};
use crate::formats::sealed;
use crate::hybrid::config::Config;
use crate::hybrid::model::{Stft, declarations};
use crate::hybrid::parameters::Parameters;
use safetensors::tensor::TensorView;
use serde::{Deserialize, Serialize};
use std::path::Path;

const FILE: &str = "checkpoint.safetensors";
/// Key of the header entry.
const KEY: &str = "checkpoint";
/// The file of a checkpoint, and what stands near its beginning.
pub const CHECKPOINT: (&str, &str) = (FILE, "\"checkpoint\":\"");
const BEGIN_ANEW: &str = "begin anew in another folder, or move this one's files away";

/// The folder of the checkpoint, and whether one may be there already.
pub struct TrainingFolder<'a> {
    /// Path of the folder.
    pub path: &'a Path,
    /// Whether training goes on from the checkpoint in the folder.
    pub resume: bool,
}

/// The run that a checkpoint belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Seed of the run.
    pub seed: u64,
    /// Name of the data set.
    pub dataset: String,
    /// Split of the data set.
    pub split: Split,
    /// How class vectors were assigned to classes.
    pub class_vectors: ClassVectors,
    /// Vocabulary of the read-out, as [`Dataset::vocabulary_id`] has it.
    pub vocabulary: String,
    /// Content of the class vectors and of the training and validation clips, as
    /// [`Dataset::content_id`] has it.
    pub content: String,
    /// The configuration.
    pub config: Config,
    /// Shape and options of the model.
    pub model: Stft,
}

impl Identity {
    /// The identity of a run that trains and validates on `clips`.
    pub fn new(config: &Config, dataset: &Dataset, clips: &[Clips], seed: u64, model: &Stft) -> Self {
        Identity {
            seed,
            dataset: dataset.name.clone(),
            split: dataset.split,
            class_vectors: dataset.class_vectors,
            vocabulary: dataset.vocabulary_id(),
            content: dataset.content_id(clips),
            config: config.clone(),
            model: model.clone(),
        }
    }

    /// The first field in which `other` differs.
    fn difference(&self, other: &Identity) -> Option<&'static str> {
        let same = [
            ("seed", self.seed == other.seed),
            ("dataset", self.dataset == other.dataset),
            ("split", self.split == other.split),
            ("class_vectors", self.class_vectors == other.class_vectors),
            ("vocabulary", self.vocabulary == other.vocabulary),
            ("config", self.config == other.config),
            ("feature sizes", self.model == other.model),
            ("data", self.content == other.content),
        ];
        same.into_iter().find(|(_, same)| !same).map(|(name, _)| name)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    identity: Identity,
    progress: TrainingState,
    adam_steps: u64,
}

/// Replaces the checkpoint of `folder` as a whole.
pub fn save(folder: &Path, identity: &Identity, stage: &Stage) -> Result<()> {
    let path = folder.join(FILE);
    let fail = |e: &dyn std::fmt::Display| Error::file(&path, format!("cannot write checkpoint: {e}"));
    let header = Header { identity: identity.clone(), progress: stage.progress.clone(), adam_steps: stage.adam.step };
    let header = serde_json::to_string(&header).map_err(|e| fail(&e))?;
    let mut tensors: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
    for (entry, [first, second]) in stage.parameters.entries().iter().zip(&stage.adam.moments) {
        let name = &entry.declaration.name;
        for (name, values) in [
            (format!("value/{name}"), &*entry.values),
            (format!("first/{name}"), first),
            (format!("second/{name}"), second),
        ] {
            tensors.push((name, vec![values.len()], values.iter().flat_map(|v| v.to_le_bytes()).collect()));
        }
    }
    let views = tensors
        .iter()
        .map(|(name, shape, bytes)| Ok((name.clone(), TensorView::new(safetensors::Dtype::F32, shape.clone(), bytes)?)))
        .collect::<std::result::Result<Vec<_>, safetensors::SafeTensorError>>()
        .map_err(|e| fail(&e))?;
    let bytes = sealed::seal(views, KEY, header).map_err(|e| fail(&e))?;
    write_atomic(&path, |out| out.write_all(&bytes))
}

/// The stage in a folder's checkpoint; none for a new run.
///
/// # Errors
/// If the folder holds a run and `resume` is off, holds none and `resume` is on, or holds another
/// run.
pub fn open(folder: &TrainingFolder<'_>, identity: &Identity, model: &Stft) -> Result<Option<Stage>> {
    let path = folder.path.join(FILE);
    let there = path.try_exists().map_err(|e| Error::file(&path, format!("cannot read: {e}")))?;
    match (there, folder.resume) {
        (false, false) => return Ok(None),
        (true, false) => {
            return Err(Error::file(folder.path, "this folder already holds a run")
                .with_hint("go on with it by --resume, replace it by --force, or choose another --out"));
        }
        (false, true) => {
            return Err(Error::file(&path, "there is no checkpoint to resume from")
                .with_hint("leave --resume out to start a new run"));
        }
        (true, true) => {}
    }
    let wrong = |problem: String| Error::file(&path, problem);
    let bytes = std::fs::read(&path).map_err(|e| wrong(format!("cannot read: {e}")))?;
    let (text, tensors) = sealed::open(&bytes, KEY).map_err(|problem| wrong(problem).with_hint(BEGIN_ANEW))?;
    let header: Header =
        serde_json::from_str(&text).map_err(|e| wrong(format!("header: {e}")).with_hint(BEGIN_ANEW))?;
    if let Some(field) = header.identity.difference(identity) {
        return Err(wrong(format!("this checkpoint belongs to another run: its {field} differs"))
            .with_hint("resume with the same configuration, data and seed, or choose another --out"));
    }
    let read = |name: String, expected: usize| -> Result<Vec<f32>> {
        let tensor = tensors.tensor(&name).map_err(|_| wrong(format!("tensor {name} is missing")))?;
        let values: Vec<f32> = tensor.data().as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
        if values.len() != expected {
            return Err(wrong(format!("tensor {name}: expected {expected} values, found {}", values.len())));
        }
        Ok(values)
    };
    let streams = Streams::new(identity.seed);
    let mut parameters = Parameters::initial(declarations(model), streams);
    let mut adam = Adam::new(&parameters);
    for (entry, [first, second]) in parameters.entries_mut().iter_mut().zip(&mut adam.moments) {
        let name = &entry.declaration.name;
        *first = read(format!("first/{name}"), first.len())?;
        *second = read(format!("second/{name}"), second.len())?;
        entry.values = read(format!("value/{name}"), entry.values.len())?.into();
    }
    adam.step = header.adam_steps;
    Ok(Some(Stage::restored(parameters, adam, header.progress, streams)))
}
