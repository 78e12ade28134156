//! Description of a recording, known before its first tick.

use super::choice::Recorded;
use crate::error::{Error, Result, short};

/// Which variable of which neurons to record at each tick.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// The recorded variable.
    pub variable: Variable,
    /// Index of the population.
    pub population: usize,
    /// Indices of the recorded neurons in the population, in the order of the values.
    pub neurons: Vec<u32>,
}

/// A quantity that can be recorded at each tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variable {
    /// The membrane potential V in mV at the end of the tick, after a reset.
    Membrane,
    /// The threshold in mV at the end of the tick, after the jump of an adaptive one.
    Threshold,
    /// The sum of the synaptic currents at the end of the tick.
    Current,
}

impl Variable {
    /// All variables, in the order of files.
    pub const ALL: [Variable; 3] = [Variable::Membrane, Variable::Threshold, Variable::Current];

    /// Its name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Variable::Membrane => "membrane",
            Variable::Threshold => "threshold",
            Variable::Current => "current",
        }
    }
}

/// Description of a recording, known before its first tick.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Header {
    /// Length of a tick in ms.
    pub dt_ms: f64,
    /// Name and size of each population, and of each source whose spikes are recorded.
    pub populations: Vec<(String, u32)>,
    /// Neurons whose spikes are recorded.
    pub recorded: Recorded,
    /// Variables recorded besides spikes.
    pub probes: Vec<Probe>,
}

impl Header {
    pub(super) fn check(&self) -> Result<()> {
        check_dt(self.dt_ms)?;
        for (i, (name, _)) in self.populations.iter().enumerate() {
            if self.populations[..i].iter().any(|(other, _)| other == name) {
                return Err(Error::value("populations", format!("'{name}' stands twice")));
            }
        }
        if let Recorded::Only(some) = &self.recorded {
            let known = |p: usize, ids: &std::ops::Range<u32>| {
                self.populations.get(p).is_some_and(|(_, size)| ids.start < ids.end && ids.end <= *size)
            };
            if let Some((p, ids)) = some.iter().find(|(p, ids)| !known(*p, ids)) {
                return Err(Error::value("recorded", format!("neurons {ids:?} of population {p} do not exist")));
            }
        }
        for (i, probe) in self.probes.iter().enumerate() {
            let fail = |problem: String| Err(Error::value(format!("probe {i}"), problem));
            let Some((name, size)) = self.populations.get(probe.population) else {
                return fail(format!("population {} of {}", probe.population, self.populations.len()));
            };
            if probe.neurons.is_empty() {
                return fail("no neurons".into());
            }
            if let Some(neuron) = probe.neurons.iter().find(|neuron| *neuron >= size) {
                return fail(format!("neuron {neuron} of '{name}', which has {size}"));
            }
        }
        Ok(())
    }
}

/// Lengths of a tick in ms that are accepted: with these no time of a recording overflows or
/// vanishes.
const LENGTHS_OF_A_TICK: std::ops::RangeInclusive<f64> = 1e-12..=1e12;

pub(super) fn check_dt(dt_ms: f64) -> Result<()> {
    dt_problem(dt_ms).map_or(Ok(()), |problem| Err(Error::value("dt_ms", problem)))
}

/// What is wrong with a length of a tick in ms, if anything is.
pub(crate) fn dt_problem(dt_ms: f64) -> Option<String> {
    let problem = || format!("{} is not a time step: expected 1e-12 to 1e12 ms", short(dt_ms));
    (!LENGTHS_OF_A_TICK.contains(&dt_ms)).then(problem)
}

/// What is wrong with the name of a population as that of a group in an HDF5 file, if anything is.
pub fn group_problem(name: &str) -> Option<String> {
    let wrong = name.is_empty() || name == "." || name.contains(['/', '\0']);
    wrong.then(|| format!("'{name}' cannot be the name of a group in an HDF5 file"))
}
