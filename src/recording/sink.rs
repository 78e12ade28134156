//! The targets of a checked stream of spikes or values, one per format of file.

use crate::base::files::Partial;
use crate::error::Result;
use crate::spiking::Tick;

/// A file of spikes being written; the spikes are known to be in order.
pub(super) trait SpikeSink: Send {
    fn push(&mut self, tick: Tick, population: usize, neurons: &[u32]) -> Result<()>;
    /// Completes the file, which still has its temporary name.
    fn finish(self: Box<Self>, ticks: Tick) -> Result<Partial>;
}

/// A file of values being written; the rows of each probe are known to be in order.
pub(super) trait TraceSink: Send {
    fn push(&mut self, tick: Tick, probe: usize, values: &[f64]) -> Result<()>;
    /// Completes the file, which still has its temporary name.
    fn finish(self: Box<Self>) -> Result<Partial>;
}
