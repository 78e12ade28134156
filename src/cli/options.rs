//! Options that several verbs share.

use clap::{Args, ValueEnum};
use spikefuse::config::Config;
use spikefuse::data::{ClassVectors, Dataset, Split};
use spikefuse::{Error, Result};
use std::path::PathBuf;

/// Seed of the embedded data set: it is the same for every training seed.
const EMBEDDED_SEED: u64 = 0;

/// Which data. Without `--data`, the embedded demonstration set.
#[derive(Args)]
pub struct DataOptions {
    /// Folder that holds data sets
    #[arg(long, value_name = "DIR", requires = "dataset")]
    pub data: Option<PathBuf>,
    /// Name of the data set in that folder, such as UCF
    #[arg(long, value_name = "NAME", requires = "data")]
    pub dataset: Option<String>,
    /// Split of the data set
    #[arg(long, value_enum, requires = "data")]
    split: Option<SplitOption>,
    /// Which class gets which vector: its own, or as the benchmarks' reference loader has it
    #[arg(long, value_enum, requires = "data")]
    class_vectors: Option<ClassVectorsOption>,
    /// Vectors of further names for the configuration's read_out, as a word_embeddings file of the published data sets; may be
    /// given several times
    #[arg(long, value_name = "FILE.npy")]
    vocabulary: Vec<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum SplitOption {
    MainSplit,
    ClsSplit,
}

#[derive(Clone, Copy, ValueEnum)]
enum ClassVectorsOption {
    Aligned,
    AsPublished,
}

impl DataOptions {
    /// The split asked for.
    pub fn split(&self) -> Split {
        match self.split {
            Some(SplitOption::ClsSplit) => Split::Cls,
            _ => Split::Main,
        }
    }

    /// The class-vector mode asked for.
    pub fn class_vectors(&self) -> ClassVectors {
        match self.class_vectors {
            Some(ClassVectorsOption::AsPublished) => ClassVectors::AsPublished,
            _ => ClassVectors::Aligned,
        }
    }

    /// Opens the data.
    pub fn open(&self) -> Result<Dataset> {
        let mut dataset = match (&self.data, &self.dataset) {
            (Some(root), Some(name)) => Dataset::open(root, name, self.split(), self.class_vectors())?,
            _ => Dataset::embedded(EMBEDDED_SEED),
        };
        for path in &self.vocabulary {
            dataset.add_vocabulary(path)?;
        }
        Ok(dataset)
    }
}

/// How to train.
#[derive(Args)]
pub struct TrainingOptions {
    /// Configuration; what it leaves out has its default
    #[arg(long, value_name = "FILE.ron")]
    config: Option<PathBuf>,
    /// Seed of everything random
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
}

impl TrainingOptions {
    /// Reads the configuration.
    pub fn config(&self) -> Result<Config> {
        match &self.config {
            Some(path) => Config::read(path),
            None => Ok(Config::default()),
        }
    }
}

/// Refuses an output folder that cannot be made or written, before any work is done.
pub fn check_writable(folder: &std::path::Path) -> Result<()> {
    std::fs::create_dir_all(folder)
        .and_then(|()| tempfile::NamedTempFile::new_in(folder).map(drop))
        .map_err(|e| Error::file(folder, format!("cannot write here: {e}")))
}
