//! A network that can be run.

use super::check::check;
use super::parts::NetworkParts;
use super::population::Population;
use super::problem::Problem;
use super::projection::{Origin, Projection};
use super::source::Source;
use std::sync::Arc;

/// A network that can be run: [`NetworkParts`] that were checked, and are read-only from then on.
/// Clones share them.
#[derive(Debug, Clone)]
pub struct Network {
    parts: Arc<NetworkParts>,
}

impl Network {
    /// Checks the parts of a network.
    ///
    /// # Errors
    /// With the field that cannot be and what was expected. Fields have the names of the network
    /// file ([`super::spec`]), as in `projections[2].rule.degree`.
    pub fn new(parts: NetworkParts) -> Result<Network, Problem> {
        check(&parts)?;
        Ok(Network { parts: Arc::new(parts) })
    }

    /// The network with a change, checked again.
    ///
    /// # Errors
    /// As [`Network::new`].
    pub fn edit(self, change: impl FnOnce(&mut NetworkParts)) -> Result<Network, Problem> {
        let mut parts = Arc::unwrap_or_clone(self.parts);
        change(&mut parts);
        Network::new(parts)
    }

    pub(super) fn parts(&self) -> &NetworkParts {
        &self.parts
    }

    /// For titles.
    pub fn name(&self) -> &str {
        &self.parts.name
    }

    /// Length of a tick in ms.
    pub fn dt_ms(&self) -> f64 {
        self.parts.dt_ms
    }

    /// Neurons.
    pub fn populations(&self) -> &[Population] {
        &self.parts.populations
    }

    /// What feeds spikes or values in from outside.
    pub fn sources(&self) -> &[Source] {
        &self.parts.sources
    }

    /// Connections.
    pub fn projections(&self) -> &[Projection] {
        &self.parts.projections
    }

    /// The name of a population or source.
    pub fn origin_name(&self, origin: Origin) -> &str {
        match origin {
            Origin::Population(n) => &self.populations()[n].name,
            Origin::Source(n) => &self.sources()[n].name,
        }
    }

    /// Number of neurons of a population, or elements of a source.
    pub fn origin_size(&self, origin: Origin) -> u32 {
        match origin {
            Origin::Population(n) => self.populations()[n].size,
            Origin::Source(n) => self.sources()[n].size,
        }
    }

    /// Whether a population or source has spikes: one that emits analog values has none.
    pub fn has_spikes(&self, origin: Origin) -> bool {
        match origin {
            Origin::Population(_) => true,
            Origin::Source(n) => !self.sources()[n].emits.is_analog(),
        }
    }
}
