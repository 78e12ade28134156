//! What a network consists of, not yet checked.

use super::population::Population;
use super::projection::Projection;
use super::source::Source;

/// The parts of a network, free to be wrong: [`super::Network::new`] checks them.
#[derive(Debug, Clone)]
pub struct NetworkParts {
    /// For titles.
    pub name: String,
    /// Length of a tick in ms.
    pub dt_ms: f64,
    /// Neurons, at least one population.
    pub populations: Vec<Population>,
    /// What feeds spikes or values in from outside.
    pub sources: Vec<Source>,
    /// Connections.
    pub projections: Vec<Projection>,
}
