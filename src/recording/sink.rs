//! Where a checked stream of spikes or values goes: one file, by its format.

use crate::base::files::Partial;
use crate::error::Result;
use crate::spiking::Tick;

/// Takes spikes that are known to be in order.
pub(super) trait SpikeSink: Send {
    fn push(&mut self, tick: Tick, population: usize, neurons: &[u32]) -> Result<()>;
    /// The whole file, which has only to take its name.
    fn finish(self: Box<Self>, ticks: Tick) -> Result<Partial>;
}

/// Takes rows of values that are known to be in order for each probe.
pub(super) trait TraceSink: Send {
    fn push(&mut self, tick: Tick, probe: usize, values: &[f64]) -> Result<()>;
    /// The whole file, which has only to take its name.
    fn finish(self: Box<Self>) -> Result<Partial>;
}
