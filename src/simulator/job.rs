//! A network from files, and what is asked of a run of it.

use crate::base::files::ending;
use crate::error::{Error, Result};
use crate::network::compile::{Compiled, NetworkFile, Settings};
use crate::network::{self, Emits, MOST_TICKS, Network, Origin};
#[cfg(feature = "hdf5")]
use crate::network::{
    compile::Record,
    interop::sonata::{self, SonataRun},
};
use crate::recording::{self, Header, Naming, Probe, Recorded, Variable};
use crate::samples::{Input, holds_samples, read_sample};
use crate::spiking::Tick;
use std::ffi::OsStr;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A network and what is asked of a run of it.
#[derive(Debug, Clone)]
pub struct Job {
    /// The network.
    pub network: Network,
    /// Names and sizes of its populations in the recording.
    pub naming: Naming,
    /// Length of the run in ticks, if the file says it.
    pub ticks: Option<Tick>,
    /// Whose spikes are recorded.
    pub spikes: Vec<(Origin, Range<u32>)>,
    /// What is recorded besides spikes.
    pub probes: Vec<Probe>,
    /// The seed that the network was drawn with.
    pub seed: u64,
    /// The files that all this comes from.
    pub inputs: Vec<PathBuf>,
    /// What of the files is not used; for a warning.
    pub unused: Vec<String>,
    /// Sources that were given other spikes.
    replaced: Vec<usize>,
}

impl Job {
    /// A run of a compiled network, as [`NetworkBuilder::compile`] gives it.
    ///
    /// [`NetworkBuilder::compile`]: crate::network::build::NetworkBuilder::compile
    pub fn new(compiled: Compiled) -> Job {
        let Compiled { network, record, duration, seed, files } = compiled;
        let named = network.populations().iter().map(|p| (p.name.clone(), p.size)).collect();
        Job {
            network,
            naming: Naming::own(named),
            ticks: duration,
            spikes: record.spikes,
            probes: record.probes,
            seed,
            inputs: files,
            unused: Vec::new(),
            replaced: Vec::new(),
        }
    }

    /// Reads a network file (`.ron`), or the `simulation_config.json` of a SONATA network. `seed`
    /// stands in for the file's, and `files_anywhere` lets it name files outside its own folder.
    ///
    /// # Errors
    /// If a file cannot be read or asks for what cannot be done.
    pub fn read(path: &Path, seed: Option<u64>, files_anywhere: bool) -> Result<Job> {
        match ending(path) == "json" {
            true => Self::read_sonata(path, seed, files_anywhere)?.with_file(path),
            false => Job::of_file(&NetworkFile::read(path)?, seed, files_anywhere),
        }
    }

    /// Compiles a network file; as for [`Job::read`].
    ///
    /// # Errors
    /// With line and column of what cannot be.
    pub fn of_file(file: &NetworkFile, seed: Option<u64>, files_anywhere: bool) -> Result<Job> {
        let settings = Settings { seed, files_anywhere, ..Settings::default() };
        Job::new(file.compile(&settings)?).with_file(&file.path)
    }

    /// With the file among its inputs. A network without a name has the file's.
    fn with_file(mut self, path: &Path) -> Result<Job> {
        self.inputs.push(path.to_path_buf());
        if self.network.name().is_empty() {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            self.network = self.network.edit(|parts| parts.name = name)?;
        }
        Ok(self)
    }

    #[cfg(feature = "hdf5")]
    fn read_sonata(path: &Path, seed: Option<u64>, files_anywhere: bool) -> Result<Job> {
        let SonataRun { network, ticks, naming, unused, files } = sonata::read_within(path, files_anywhere)?;
        let record = Record { spikes: all_populations(&naming.populations).collect(), probes: Vec::new() };
        let compiled = Compiled { network, record, duration: Some(ticks), seed: seed.unwrap_or(0), files };
        Ok(Job { naming, unused, ..Job::new(compiled) })
    }

    #[cfg(not(feature = "hdf5"))]
    fn read_sonata(path: &Path, _: Option<u64>, _: bool) -> Result<Job> {
        Err(Error::file(path, "this build cannot read networks in SONATA form: it lacks the feature 'hdf5'"))
    }

    /// Length of the run in ticks: `asked` ms, or what the file says.
    ///
    /// # Errors
    /// If neither says it, or it is no positive number of ticks.
    pub fn duration(&self, asked: Option<f64>) -> Result<Tick> {
        duration(asked, self.ticks, self.network.dt_ms())
    }

    /// Asks for what `list` names in place of what the file does: items such as `spikes`,
    /// `spikes:exc[0..4]`, `membrane:exc[3]`, separated by commas.
    ///
    /// # Errors
    /// If an item is none of these or names what the network does not have.
    pub fn record(mut self, list: &str) -> Result<Job> {
        (self.spikes, self.probes) = parse_record("--record", list, &self.network, &self.naming.populations)?;
        Ok(self)
    }

    /// Puts the spikes of a file in place of what a source emits; `[SOURCE=]FILE[:POPULATION]`,
    /// where the source may be left out if there is one and the population if the file has one. Of
    /// an array of samples, `FILE:NUMBER`, the values of one.
    ///
    /// # Errors
    /// If there is no such source, it was given input before, or the file does not fit it.
    pub fn replace_source(mut self, input: &OsStr) -> Result<Job> {
        let (source, file);
        (self.network, source, file) = replace_source(self.network, input)?;
        if self.replaced.contains(&source) {
            let problem = format!("source '{}' has two", self.network.sources()[source].name);
            return Err(Error::value(format!("--input {}", input.display()), problem));
        }
        if !self.network.has_spikes(Origin::Source(source))
            && self.spikes.iter().any(|(origin, _)| *origin == Origin::Source(source))
        {
            let problem = format!("source '{}' is recorded: expected spikes", self.network.sources()[source].name);
            return Err(Error::value(format!("--input {}", input.display()), problem));
        }
        self.replaced.push(source);
        self.inputs.push(file);
        Ok(self)
    }
}

/// The head of the recording of a network whose populations have these names there, and the place of
/// each source's spikes in it, if they are recorded.
pub(super) fn header(
    network: &Network,
    mut populations: Vec<(String, u32)>,
    spikes: &[(Origin, Range<u32>)],
    probes: Vec<Probe>,
) -> (Header, Vec<Option<usize>>) {
    let sources = network.sources().iter().enumerate().map(|(s, source)| {
        let recorded = spikes.iter().any(|(origin, _)| *origin == Origin::Source(s));
        recorded.then(|| {
            populations.push((source.name.clone(), source.size));
            populations.len() - 1
        })
    });
    let sources: Vec<Option<usize>> = sources.collect();
    let place = |origin| match origin {
        Origin::Population(p) => Some(p),
        Origin::Source(s) => sources[s],
    };
    let chosen = spikes.iter().filter_map(|(origin, ids)| Some((place(*origin)?, ids.clone())));
    let recorded = Recorded::new(chosen.collect(), &populations);
    (Header { dt_ms: network.dt_ms(), populations, recorded, probes }, sources)
}

/// The length of a run in ticks: `asked` ms, or the ticks that a file says.
///
/// # Errors
/// If neither says it, or it is no positive number of ticks.
pub fn duration(asked: Option<f64>, file: Option<Tick>, dt_ms: f64) -> Result<Tick> {
    let hint = "add --duration MS";
    match (asked, file) {
        (Some(ms), _) => ticks("--duration", ms, dt_ms),
        (None, Some(ticks)) if (1..=MOST_TICKS).contains(&ticks) => Ok(ticks),
        (None, Some(ticks)) => {
            let problem = format!("the file says {ticks} ticks: expected 1 to {MOST_TICKS}");
            Err(Error::value("duration", problem).with_hint(hint))
        }
        (None, None) => {
            let problem = "neither the network file nor --duration says how long";
            Err(Error::value("duration", problem).with_hint(hint))
        }
    }
}

/// The ticks of an option in ms.
pub(super) fn ticks(what: &str, ms: f64, dt_ms: f64) -> Result<Tick> {
    network::duration(ms, dt_ms).map_err(|problem| Error::value(what, problem))
}

fn all_populations(populations: &[(String, u32)]) -> impl Iterator<Item = (Origin, Range<u32>)> {
    populations.iter().enumerate().map(|(p, &(_, size))| (Origin::Population(p), 0..size))
}

/// Whose spikes are recorded, and probes.
type Choice = (Vec<(Origin, Range<u32>)>, Vec<Probe>);

/// Parses `spikes,membrane:POP[0..4],...`, the value of `option`.
pub(super) fn parse_record(
    option: &str,
    list: &str,
    network: &Network,
    populations: &[(String, u32)],
) -> Result<Choice> {
    let wrong = |item: &str, problem: String| {
        let hint = "for example spikes,membrane:exc[0..4],threshold:exc[7]";
        Err(Error::value(format!("{option} {item}"), problem).with_hint(hint))
    };
    let (mut spikes, mut probes) = (Vec::new(), Vec::new());
    for item in list.split(',').map(str::trim) {
        let (kind, target) = item.split_once(':').map_or((item, None), |(kind, target)| (kind, Some(target)));
        let range = match target {
            None => None,
            Some(target) => match network.resolve(target, populations) {
                Ok(range) => Some(range),
                Err(problem) => return wrong(item, problem),
            },
        };
        let variable = Variable::ALL.into_iter().find(|variable| variable.name() == kind);
        match (kind, variable, range) {
            ("spikes", _, None) => spikes.extend(all_populations(populations)),
            ("spikes", _, Some((origin, _))) if !network.has_spikes(origin) => {
                return wrong(item, "the source emits analog values, no spikes".into());
            }
            ("spikes", _, Some(range)) => spikes.push(range),
            (_, Some(variable), Some((Origin::Population(population), ids))) => {
                probes.push(Probe { variable, population, neurons: ids.collect() });
            }
            (_, Some(_), Some(_)) => return wrong(item, format!("of a source spikes can be recorded, no {kind}")),
            (_, Some(_), None) => return wrong(item, format!("of which population? {kind}:NAME or {kind}:NAME[0..4]")),
            _ => return wrong(item, "expected spikes, membrane, threshold or current".into()),
        }
    }
    Ok((spikes, probes))
}

/// One probe for each variable of a population, with each of its neurons once, ascending.
pub(super) fn merged(probes: Vec<Probe>) -> Vec<Probe> {
    let mut merged: Vec<Probe> = Vec::new();
    for probe in probes {
        match merged.iter_mut().find(|m| (m.variable, m.population) == (probe.variable, probe.population)) {
            Some(m) => m.neurons.extend(probe.neurons),
            None => merged.push(probe),
        }
    }
    for probe in &mut merged {
        probe.neurons.sort_unstable();
        probe.neurons.dedup();
    }
    merged
}

/// The network with the spikes of a file in place of what a source emits; which source, and the
/// file.
fn replace_source(network: Network, input: &OsStr) -> Result<(Network, usize, PathBuf)> {
    let (name, file) = match input.as_encoded_bytes().iter().position(|&byte| byte == b'=') {
        Some(at) => (Some(part(input, 0..at).to_string_lossy()), part(input, at + 1..input.len())),
        None => (None, input),
    };
    let names: Vec<String> = network.sources().iter().map(|source| source.name.clone()).collect();
    let at = match &name {
        Some(name) => names.iter().position(|known| known == name),
        None if names.len() == 1 => Some(0),
        None => None,
    };
    let Some(at) = at else {
        let problem = match name {
            _ if names.is_empty() => "the network has no sources".into(),
            Some(name) => format!("there is no source '{name}'; there are {}", names.join(", ")),
            None => format!("which source? Give it as SOURCE=FILE; there are {}", names.join(", ")),
        };
        return Err(Error::value(format!("--input {}", input.display()), problem));
    };
    let source = &network.sources()[at];
    let colon = file.as_encoded_bytes().iter().rposition(|&byte| byte == b':');
    let (path, wanted) = match colon {
        Some(colon) if !Path::new(file).exists() => {
            (part(file, 0..colon), Some(part(file, colon + 1..file.len()).to_string_lossy()))
        }
        _ => (file, None),
    };
    let path = Path::new(path);
    let emits = if holds_samples(path) {
        sample(path, wanted.as_deref(), &source.name, source.size)?
    } else {
        let recording = recording::read_population(path, network.dt_ms(), wanted.as_deref(), u64::MAX)?;
        Emits::Spikes(recording.for_source(0, &source.name, source.size).map_err(|e| Error::file(path, e))?.into())
    };
    let network = network.edit(|parts| parts.sources[at].emits = emits)?;
    Ok((network, at, path.to_path_buf()))
}

/// The sample `wanted` of a file as what `source` emits.
fn sample(path: &Path, wanted: Option<&str>, source: &str, size: u32) -> Result<Emits> {
    let Some(number) = wanted.and_then(|wanted| wanted.parse().ok()) else {
        let problem = "holds samples: which of them?";
        return Err(Error::file(path, problem).with_hint("name it by its number from 0, as FILE:3"));
    };
    let input = read_sample(path, number)?;
    match &input {
        Input::Values { steps, values } if values.len() != steps * size as usize => {
            let elements = values.len() / (*steps).max(1);
            Err(Error::file(path, format!("has samples of {elements} elements; source '{source}' has {size}")))
        }
        _ => Ok(input.emits()),
    }
}

/// A part of a text that need not be UTF-8, between ends of the text or ASCII letters.
fn part(text: &OsStr, range: Range<usize>) -> &OsStr {
    // SAFETY: text of an OsStr may be split beside an ASCII letter.
    unsafe { OsStr::from_encoded_bytes_unchecked(&text.as_encoded_bytes()[range]) }
}
