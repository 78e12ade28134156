//! `recording.json`: the description of the other files in the folder of a run.

use super::choice::Recorded;
use super::header::{Header, Probe, Variable, check_dt};
use super::memory::{SpikeRecording, Trace};
use crate::base::files::read_json;
use crate::error::{Error, Result};
use crate::spiking::Tick;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Name of the file that describes the others.
pub const ABOUT: &str = "recording.json";

/// Version of the folder that this crate writes and reads.
pub(super) const SCHEMA: u32 = 1;

/// Content of `recording.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Version of the folder: 1.
    pub schema: u32,
    /// Length of a tick in ms.
    pub dt_ms: f64,
    /// Length of the recording in ticks.
    pub ticks: Tick,
    /// Name and size of each population.
    pub populations: Vec<(String, u32)>,
    /// Ranges of neurons whose spikes were recorded: name of the population, first neuron, one past
    /// the last; all neurons if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<Vec<(String, u32, u32)>>,
    /// Variables recorded besides spikes.
    pub probes: Vec<AboutProbe>,
    /// Name of the file of spikes.
    pub spikes: String,
    /// Name of the file of traces, if there are probes.
    pub traces: Option<String>,
    /// Name of the driver that ran the network.
    pub driver: String,
    /// The seed of the run.
    pub seed: u64,
}

impl About {
    /// Checks that spikes read from the file beside this description, of all populations or of one,
    /// are the described ones.
    pub(super) fn check(&self, folder: &Path, spikes: &SpikeRecording) -> Result<()> {
        let recorded = Recorded::from_named(self.recorded.clone(), &self.populations);
        let recorded = recorded.map_err(|problem| Error::file(folder.join(ABOUT), problem))?;
        let mut rest = self.populations.iter().enumerate();
        let mut belongs = |(p, found): (usize, &(String, u32))| {
            let own = rest.find(|(_, own)| *own == found).map(|(own, _)| own);
            own.is_some_and(|own| recorded.of(own, found.1) == spikes.recorded.of(p, found.1))
        };
        let same = spikes.populations.iter().enumerate().all(&mut belongs);
        if same && (spikes.ticks == self.ticks || spikes.dt_ms != self.dt_ms) {
            Ok(())
        } else {
            Err(contradicts(folder.join(&self.spikes)))
        }
    }
}

pub(super) fn contradicts(path: PathBuf) -> Error {
    Error::file(path, format!("ticks, populations or whose spikes were recorded are not those of {ABOUT}"))
}

/// A [`Probe`] with the name of its population.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AboutProbe {
    /// The recorded variable.
    pub variable: Variable,
    /// Name of the population.
    pub population: String,
    /// Indices of the recorded neurons in the population.
    pub neurons: Vec<u32>,
}

impl AboutProbe {
    pub(super) fn all(header: &Header) -> Vec<AboutProbe> {
        let about = |probe: &Probe| AboutProbe {
            variable: probe.variable,
            population: header.populations[probe.population].0.clone(),
            neurons: probe.neurons.clone(),
        };
        header.probes.iter().map(about).collect()
    }

    /// The trace of this probe, still without values.
    pub(super) fn trace(self, dt_ms: f64) -> Trace {
        let AboutProbe { variable, population, neurons } = self;
        Trace { variable, population, neurons, dt_ms, first_tick: 0, values: Vec::new() }
    }
}

/// Reads `recording.json` of a folder.
pub(super) fn about(folder: &Path) -> Result<About> {
    let path = folder.join(ABOUT);
    let hint = "a recording is a folder that simulate --out wrote, or a file of spikes or traces";
    let about: About = read_json(&path).map_err(|e| e.with_hint(hint))?;
    let fail = |problem: String| Err(Error::file(&path, problem));
    if about.schema != SCHEMA {
        return fail(format!("schema {}: this program knows {SCHEMA}", about.schema));
    }
    for name in std::iter::once(&about.spikes).chain(&about.traces) {
        if Path::new(name).file_name() != Some(name.as_ref()) {
            return fail(format!("'{name}' is not the name of a file in this folder"));
        }
    }
    check_dt(about.dt_ms).map_err(|e| Error::file(&path, e))?;
    Ok(about)
}
