//! What a simulation leaves behind: spikes and traces, while it runs and as files.

use crate::error::Result;
use crate::event::Tick;

/// Takes what a running simulation records. Ticks come in ascending order; within a tick populations and then neurons
/// ascend. Implementations hold a bounded amount and pass the rest on.
pub trait Recorder: Send {
    /// The neurons of `population` that fire at `tick`.
    ///
    /// # Errors
    /// If it cannot be kept.
    fn spikes(&mut self, tick: Tick, population: usize, neurons: &[u32]) -> Result<()>;

    /// One value per neuron of probe number `probe` at the end of `tick`.
    ///
    /// # Errors
    /// If it cannot be kept.
    fn values(&mut self, tick: Tick, probe: usize, values: &[f64]) -> Result<()>;
}

/// Which variable of which neurons to record at each tick.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// Which variable.
    pub variable: Variable,
    /// Index of the population.
    pub population: usize,
    /// Which of its neurons.
    pub neurons: Vec<u32>,
}

/// What can be recorded at each tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variable {
    /// V in mV, after reset.
    Membrane,
    /// The threshold in mV that a membrane had to reach at that tick.
    Threshold,
    /// The sum of the synaptic currents.
    Current,
}

/// The spikes of a simulation, as read from a file or kept in memory.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpikeRecording {
    /// Length of a tick in ms.
    pub dt_ms: f64,
    /// Length of the recording in ticks.
    pub ticks: Tick,
    /// Name and size of each population.
    pub populations: Vec<(String, u32)>,
    /// Tick, population, neuron; ascending.
    pub spikes: Vec<(Tick, u32, u32)>,
}

/// A probe's values, as read from a file or kept in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// Which variable.
    pub variable: Variable,
    /// Name of the population.
    pub population: String,
    /// Which of its neurons.
    pub neurons: Vec<u32>,
    /// Length of a tick in ms.
    pub dt_ms: f64,
    /// The tick of the first row.
    pub first_tick: Tick,
    /// `[ticks, neurons]`, row by row.
    pub values: Vec<f64>,
}
