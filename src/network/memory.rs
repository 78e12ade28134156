//! Upper estimates of the memory that a network needs when it runs.

use super::checked::Network;
use super::projection::Rule;

/// Bytes of a synapse in memory: target, weight, delay and what sorting them takes. An upper
/// estimate.
pub const BYTES_PER_SYNAPSE: u64 = 16;
/// Bytes of a neuron without receptors: membrane, threshold, times and its place in the lists. An
/// upper estimate.
pub const BYTES_PER_NEURON: u64 = 96;
/// Bytes of a neuron whose parameters differ from those of its neighbours, beside that: parameters and
/// maps of idle ticks. An upper estimate.
pub const BYTES_PER_NEURON_OF_ITS_OWN: u64 = 1024;
/// Bytes of a receptor of a neuron.
pub const BYTES_PER_RECEPTOR: u64 = 64;
/// Bytes of one of a source's elements.
pub const BYTES_PER_SOURCE: u64 = 16;
/// Bytes of a neuron that a probe records: its values of the ticks that are held.
pub const BYTES_PER_PROBED_NEURON: u64 = 1040;

/// Bytes of a population's neurons with their receptors.
pub(super) fn neuron_bytes(size: u32, receptors: usize) -> u64 {
    u64::from(size).saturating_mul(BYTES_PER_NEURON + BYTES_PER_RECEPTOR.saturating_mul(receptors as u64))
}

impl Network {
    /// Upper estimate of the bytes that it needs when it runs.
    pub fn memory(&self) -> u64 {
        let neurons = self.populations().iter().map(|p| {
            let own = if p.each.is_some() { BYTES_PER_NEURON_OF_ITS_OWN * u64::from(p.size) } else { 0 };
            neuron_bytes(p.size, p.neuron.receptors.len()) + own
        });
        let sources = self.sources().iter().map(|s| u64::from(s.size) * BYTES_PER_SOURCE);
        let synapses = self.projections().iter().map(|p| match &p.rule {
            Rule::Layers(layers) => layers.memory(),
            _ => p.edges().at_least_about().saturating_mul(BYTES_PER_SYNAPSE),
        });
        neurons.chain(sources).chain(synapses).fold(0, u64::saturating_add)
    }
}
