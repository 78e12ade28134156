//! The whole of a network file.

use super::population::PopulationSpec;
use super::projection::ProjectionSpec;
use super::source::SourceSpec;
use serde::{Deserialize, Serialize};

/// The only format there is.
pub const FORMAT: u32 = 1;

/// How far from a multiple of a tick a time or delay may lie, in ticks: rounding of decimal
/// fractions, nothing more.
pub const GRID_TOLERANCE: f64 = 1e-6;

/// A network file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSpec {
    /// [`FORMAT`].
    pub format: u32,
    /// For titles; default: empty.
    #[serde(default)]
    pub name: String,
    /// Length of a tick, ms.
    pub dt_ms: f64,
    /// How long a run lasts unless the caller says otherwise, ms; default: the caller must.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<f64>,
    /// The run's seed, for whatever has none of its own; default 0.
    #[serde(default)]
    pub seed: u64,
    /// Neurons; at least one population.
    pub populations: Vec<PopulationSpec>,
    /// What comes from outside; default: nothing.
    #[serde(default)]
    pub sources: Vec<SourceSpec>,
    /// Connections; default: none.
    #[serde(default)]
    pub projections: Vec<ProjectionSpec>,
    /// What a run records unless the caller says otherwise; default: the spikes of all populations.
    #[serde(default)]
    pub record: RecordSpec,
}

impl NetworkSpec {
    /// A network without anything in it, in ticks of `dt_ms`.
    pub fn new(dt_ms: f64) -> NetworkSpec {
        NetworkSpec {
            format: FORMAT,
            name: String::new(),
            dt_ms,
            duration_ms: None,
            seed: 0,
            populations: Vec::new(),
            sources: Vec::new(),
            projections: Vec::new(),
            record: RecordSpec::default(),
        }
    }
}

/// What a run records: populations, all of them (`exc`), a range (`exc[0..10]`, `exc[..10]`,
/// `exc[10..]`) or one neuron (`exc[3]`).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RecordSpec {
    /// Spikes, of sources too; default: of all populations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spikes: Option<Vec<String>>,
    /// Membranes at each tick; default: none.
    pub membrane: Vec<String>,
    /// Thresholds at each tick; default: none.
    pub threshold: Vec<String>,
    /// Sums of the synaptic currents at each tick, 0 for a population without; default: none.
    pub current: Vec<String>,
}
