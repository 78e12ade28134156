//! Network files, and all that compiling one gives.

use super::compiler::{Compiler, Contents};
use super::record::Record;
use super::settings::Settings;
use crate::base::files::{folder_of, foreign, is_marked, read_text, write_together};
use crate::error::{Error, Result};
use crate::network::check::check_dt;
use crate::network::checked::Network;
use crate::network::memory::{BYTES_PER_SOURCE, neuron_bytes};
use crate::network::parts::NetworkParts;
use crate::network::problem::{Checked, Problem};
use crate::network::spec::{FORMAT, NetworkSpec};
use crate::network::time::duration;
use crate::recording::group_problem;
use crate::spiking::Tick;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A network, and what its file says about running it.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// What is run.
    pub network: Network,
    /// What is recorded unless the caller says otherwise.
    pub record: Record,
    /// How long unless the caller says otherwise.
    pub duration: Option<Tick>,
    /// The run's seed.
    pub seed: u64,
    /// The files that it names.
    pub files: Vec<PathBuf>,
}

/// A network file that was read.
#[derive(Debug, Clone)]
pub struct NetworkFile {
    /// Where from.
    pub path: PathBuf,
    /// As it stands there.
    pub text: String,
    /// What it says.
    pub spec: NetworkSpec,
    /// Contents of those `.npy` files that it names and that are not on disk.
    pub contents: Arc<Contents>,
}

impl NetworkFile {
    /// Reads and parses a network file.
    ///
    /// # Errors
    /// If it cannot be read, or with line and column if it is no network.
    pub fn read(path: &Path) -> Result<NetworkFile> {
        if path.extension().is_some_and(|extension| extension == "json") {
            let problem = "is no network file: a SONATA configuration can only be simulated";
            return Err(Error::file(path, problem).with_hint("spikefuse simulate takes it"));
        }
        NetworkFile::parse(path, read_text(path)?)
    }

    /// Parses the text of a network file that is, or would be, at `path`.
    ///
    /// # Errors
    /// With line and column if it is no network.
    pub fn parse(path: &Path, text: String) -> Result<NetworkFile> {
        let spec = NetworkSpec::from_ron(&text).map_err(|fault| Error::Text {
            path: path.to_path_buf(),
            line: fault.line,
            column: fault.column,
            problem: fault.problem,
        })?;
        Ok(NetworkFile { path: path.to_path_buf(), text, spec, contents: Arc::default() })
    }

    /// Writes the network to its path, and the files beside it whose contents it has.
    ///
    /// # Errors
    /// If the network is not one that can run, something else than a network file stands there, or a
    /// file cannot be written. Nothing is written then.
    pub fn save(&self) -> Result<()> {
        self.compile(&Settings::default())?;
        if is_marked(&self.path, "populations")? == Some(false) {
            return Err(foreign(&self.path));
        }
        let named = self.contents.iter().map(|(name, bytes)| (folder_of(&self.path).join(name), &bytes[..]));
        let files: Vec<_> = named.chain([(self.path.clone(), self.text.as_bytes())]).collect();
        write_together(&files, &[])
    }

    /// Checks and completes the network.
    ///
    /// # Errors
    /// With line and column of what cannot be.
    pub fn compile(&self, settings: &Settings) -> Result<Compiled> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        with_contents(&self.spec, folder, &self.contents, settings).map_err(|problem| self.error(&problem))
    }

    /// Refuses names of populations that a recording in the usual form, HDF5, cannot have.
    ///
    /// # Errors
    /// With line and column of the name.
    pub fn check_recordable(&self) -> Result<()> {
        let mut names = self.spec.populations.iter().enumerate();
        let problem = names.find_map(|(n, population)| {
            let problem = group_problem(&population.name)?;
            let advice = "rename it, or record as csv or npz";
            Some(Problem::new(format!("populations[{n}].name"), format!("{problem}: {advice}")))
        });
        problem.map_or(Ok(()), |problem| Err(self.error(&problem)))
    }

    fn error(&self, problem: &Problem) -> Error {
        let (line, column) = problem.place(&self.text);
        Error::Text { path: self.path.clone(), line, column, problem: problem.to_string() }
    }
}

/// Checks and completes a network. File names are relative to `folder`.
///
/// # Errors
/// With the field that cannot be, and what was expected.
pub fn compile(spec: &NetworkSpec, folder: &Path, settings: &Settings) -> std::result::Result<Compiled, Problem> {
    with_contents(spec, folder, &Contents::new(), settings)
}

/// The same with the contents of files that are not on disk.
fn with_contents(
    spec: &NetworkSpec,
    folder: &Path,
    contents: &Contents,
    settings: &Settings,
) -> std::result::Result<Compiled, Problem> {
    if spec.format != FORMAT {
        return Err(Problem::new("format", format!("expected {FORMAT}: no other format is known")));
    }
    check_dt(spec.dt_ms)?;
    let mut compiler = Compiler::new(spec, folder, contents, settings)?;
    let duration =
        spec.duration_ms.map(|ms| duration(ms, spec.dt_ms).map_err(|problem| Problem::new("duration_ms", problem)));
    let duration = duration.transpose()?;
    // Everything whose size can be told from the numbers is added up before any of it is made.
    for (n, population) in spec.populations.iter().enumerate() {
        let receptors = population.receptors.len().max(1);
        compiler.charge(&format!("populations[{n}].size"), neuron_bytes(population.size, receptors))?;
    }
    for (n, source) in spec.sources.iter().enumerate() {
        compiler.charge(&format!("sources[{n}].size"), u64::from(source.size) * BYTES_PER_SOURCE)?;
    }
    let mut ends = Vec::with_capacity(spec.projections.len());
    for n in 0..spec.projections.len() {
        ends.push(compiler.ends(n)?);
    }
    let populations = (0..spec.populations.len()).map(|n| compiler.population(n)).collect::<Checked<Vec<_>>>()?;
    let sources = (0..spec.sources.len()).map(|n| compiler.source(n)).collect::<Checked<Vec<_>>>()?;
    let projections = ends.into_iter().enumerate();
    let projections = projections.map(|(n, ends)| compiler.projection(n, ends)).collect::<Checked<Vec<_>>>()?;
    let (name, dt_ms) = (spec.name.clone(), spec.dt_ms);
    let network = Network::new(NetworkParts { name, dt_ms, populations, sources, projections })?;
    let record = compiler.record(&network)?;
    Ok(Compiled { network, record, duration, seed: compiler.seed, files: compiler.reach.named() })
}
