//! The part of a report that is about the drivers.

use super::document::Report;
use super::twin::TwinLayer;
use crate::energy::Energy;
use crate::energy::synops::Synops;
use crate::hybrid::compare::{Crossover, Parity};
use serde::Serialize;

/// A trained model under both drivers, with definitions of synaptic operations, energy, and each
/// spiking layer against its dense twin; as a document or, by `Display`, as a text.
#[derive(Serialize)]
pub struct ModelComparison<'a> {
    #[serde(skip)]
    pub(super) report: &'a Report,
    #[serde(flatten)]
    parity: Option<&'a Parity>,
    synops: &'a Synops,
    dense_twin: &'a [TwinLayer],
    energy: &'a [Energy],
    pub(super) crossover: Option<&'a Crossover>,
}

impl Report {
    /// The comparison of the drivers in this report, with the rate at which the faster one changes.
    pub fn comparison<'a>(&'a self, crossover: Option<&'a Crossover>) -> ModelComparison<'a> {
        ModelComparison {
            report: self,
            parity: self.parity.as_ref(),
            synops: &self.synops,
            dense_twin: &self.dense_twin,
            energy: &self.energy,
            crossover,
        }
    }
}
