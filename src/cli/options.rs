//! Options that several verbs share.

use super::talk;
use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{Args, ValueEnum};
use spikefuse::base::files::{STDIN, ending, read_stdin};
use spikefuse::base::text::counted;
use spikefuse::data::{ClassVectors, Dataset, Split};
use spikefuse::hybrid::config::Config;
use spikefuse::network::compile::{NetworkFile, Settings};
use spikefuse::network::interop::netx;
use spikefuse::network::interop::nir::{self, Choices, MadeNetwork};
use spikefuse::recording::{self, SpikeRecording};
use spikefuse::spiking::Driver;
use spikefuse::{Error, Result};
use std::path::{Path, PathBuf};

/// Seed of the embedded data set: it is the same for every training seed.
const EMBEDDED_SEED: u64 = 0;

/// Which data. Without `--data`, the embedded demonstration set.
#[derive(Args)]
pub struct DataOptions {
    /// Folder that holds data sets
    #[arg(long, value_name = "DIR", value_parser = folder())]
    pub data: Option<PathBuf>,
    /// Name of the data set in that folder, such as UCF
    #[arg(long, value_name = "NAME", requires = "data")]
    pub dataset: Option<String>,
    /// Split of the data set
    #[arg(long, value_enum, requires = "data")]
    split: Option<SplitOption>,
    /// Vectors of the classes
    #[arg(long, value_enum, value_name = "WAY", requires = "data")]
    class_vectors: Option<ClassVectorsOption>,
    /// Further names for read_out, as a word_embeddings file; repeatable
    #[arg(long, value_name = "FILE.npy")]
    pub vocabulary: Vec<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum SplitOption {
    MainSplit,
    ClsSplit,
}

#[derive(Clone, Copy, ValueEnum)]
enum ClassVectorsOption {
    /// Each class has its own
    Aligned,
    /// As the benchmarks' reference loader has them
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
            (Some(root), Some(name)) => {
                let dataset = Dataset::open(root, name, self.split(), self.class_vectors())?;
                talk::read(&root.join(name));
                dataset
            }
            (Some(root), None) => {
                let problem = "holds data sets; which of them is not said";
                return Err(Error::file(root, problem).with_hint("name it with --dataset NAME"));
            }
            (None, _) => Dataset::embedded(EMBEDDED_SEED),
        };
        for path in &self.vocabulary {
            dataset.add_vocabulary(path)?;
            talk::read(path);
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
    #[arg(long, default_value_t = 0, value_parser = seed, allow_negative_numbers = true)]
    pub seed: u64,
}

impl TrainingOptions {
    /// The files that it takes, with those of the data options.
    pub fn inputs(&self, data: &DataOptions) -> Vec<PathBuf> {
        self.config.iter().chain(&data.vocabulary).cloned().collect()
    }

    /// Reads the configuration.
    pub fn config(&self) -> Result<Config> {
        match &self.config {
            Some(path) => Config::read(path).inspect(|_| talk::read(path)),
            None => Ok(Config::default()),
        }
    }
}

/// [`Driver`] on the command line.
#[derive(Clone, Copy, ValueEnum)]
pub enum DriverOption {
    /// Only neurons that receive something or may fire
    Event,
    /// Every neuron at every tick
    Clock,
    /// For each population the one that its activity suits; for clips the event-driven one
    Auto,
}

impl DriverOption {
    /// It.
    pub fn driver(self) -> Driver {
        match self {
            DriverOption::Event => Driver::Event,
            DriverOption::Clock => Driver::Clock,
            DriverOption::Auto => Driver::Auto,
        }
    }
}

/// What a network may do.
#[derive(Args, Clone)]
pub struct NetworkOptions {
    /// Change a value of the network: seed=3, population.exc.size=200, source.noise.rate_hz=900,
    /// projection.0.weight=2; repeatable
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Let the network name files outside its own folder
    #[arg(long)]
    pub files_anywhere: bool,
}

impl NetworkOptions {
    /// How to compile it.
    pub fn settings(&self, seed: Option<u64>) -> Settings {
        Settings { seed, files_anywhere: self.files_anywhere, ..Settings::default() }
    }

    /// Reads a network file, NIR graph or NetX file, `-` from standard input, and changes what `--set` says.
    pub fn read(&self, path: &Path) -> Result<NetworkFile> {
        match is_dash(path) {
            true => self.parse(read_stdin()?),
            false if ending(path) == "nir" => {
                let made = MadeNetwork::new(&nir::read(path)?.graph, path, &Choices::default())?;
                for finding in &made.findings {
                    talk::detail(format_args!("{}: {finding}", path.display()));
                }
                self.edited(made.into_file(path))
            }
            false if ending(path) == "net" => self.edited(netx::read(path)?),
            false => self.edited(NetworkFile::read(path)?),
        }
    }

    /// The network file of a text from standard input, with what `--set` says.
    pub fn parse(&self, text: String) -> Result<NetworkFile> {
        self.edited(NetworkFile::parse(Path::new(STDIN), text)?)
    }

    fn edited(&self, mut file: NetworkFile) -> Result<NetworkFile> {
        talk::read(&file.path);
        file.set(&self.set)?;
        Ok(file)
    }
}

/// Whether a path stands for standard input or output.
pub fn is_dash(path: &Path) -> bool {
    path == Path::new("-")
}

/// Parses the path of a folder, which cannot be `-`.
pub fn folder() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| match is_dash(&path) {
        true => Err("this is a folder, which standard input or output cannot be: give its path (./- is one named -)"),
        false => Ok(path),
    })
}

/// Parses the size of a sensor.
pub fn sensor(text: &str) -> std::result::Result<[u32; 2], String> {
    let sizes = text.split_once('x').and_then(|(width, height)| Some([width.parse().ok()?, height.parse().ok()?]));
    sizes.ok_or_else(|| "expected width x height, as 34x34".into())
}

/// Parses a number of ms.
pub fn number(text: &str) -> std::result::Result<f64, String> {
    text.parse().map_err(|_| "expected a number of ms without its unit, as 100 or 0.5".into())
}

/// Parses a seed.
pub fn seed(text: &str) -> std::result::Result<u64, String> {
    text.parse().map_err(|_| format!("expected a whole number from 0 to {}", u64::MAX))
}

/// Parses a number of threads.
pub fn threads(text: &str) -> std::result::Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("at least one thread is needed; leave the option out for all".into()),
        Ok(n) => Ok(n),
        Err(_) => Err("expected a number of threads, 1 or more".into()),
    }
}

/// Starts the threads that all share who read data or train: otherwise that is done where they are
/// first used, which is too late for an error. Where not even one can be made, the calling thread
/// does the work, unless threads are `needed`.
pub fn start_threads(needed: bool) -> Result<()> {
    let pool = rayon::ThreadPoolBuilder::new();
    let alone = !needed && std::thread::Builder::new().spawn(|| ()).is_err();
    let started = if alone { pool.num_threads(1).use_current_thread().build_global() } else { pool.build_global() };
    started.map_err(|e| {
        Error::value("threads", format!("cannot be made: {e}"))
            .with_hint("allow more processes, for instance by ulimit -u")
    })
}

/// The spikes of a folder that `simulate --out` wrote, or of a file, with ticks of `dt_ms` if it
/// does not say.
pub fn read_recording(input: &Path, dt_ms: f64) -> Result<SpikeRecording> {
    check_input(input)?;
    let spikes = match input.is_dir() {
        true => recording::open(input)?.spikes,
        false => recording::read_spikes(input, dt_ms)?,
    };
    talk::read(input);
    tell_of(&spikes);
    Ok(spikes)
}

/// Tells what a recording holds, if `--verbose` was given.
pub fn tell_of(recording: &SpikeRecording) {
    let neurons = recording.populations.iter().map(|(_, size)| u64::from(*size)).sum();
    talk::detail(format_args!(
        "{} of {} in {}, {} ms in ticks of {} ms",
        counted(recording.spikes.len() as u64, "spike"),
        counted(neurons, "neuron"),
        counted(recording.populations.len() as u64, "population"),
        f64::from(recording.ticks) * recording.dt_ms,
        recording.dt_ms
    ));
}

/// Refuses an input that is not there.
pub fn check_input(input: &Path) -> Result<()> {
    let found = std::fs::metadata(input).map(drop);
    found.map_err(|e| Error::file(input, format!("cannot read: {e}")))
}
