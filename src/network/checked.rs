//! A network that can be run.

use super::check::check;
use super::component::{components, digraph};
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

    /// The order in which populations are gone through in a tick, if projections without delay ask
    /// for one: what feeds a population without delay stands before it.
    pub fn order_within_tick(&self) -> Option<Vec<usize>> {
        let zero = |&n: &usize| self.projections()[n].shortest_delay() == 0;
        let zero: Vec<usize> = (0..self.projections().len()).filter(zero).collect();
        if zero.is_empty() {
            return None;
        }
        let components = components(&digraph(&self.parts, zero.into_iter()));
        let members = components.into_iter().flat_map(|component| component.members);
        Some(members.filter_map(|origin| if let Origin::Population(n) = origin { Some(n) } else { None }).collect())
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
