//! What a run records.

use super::compiler::Compiler;
use crate::network::checked::Network;
use crate::network::memory::BYTES_PER_PROBED_NEURON;
use crate::network::problem::{Checked, Problem, shown};
use crate::network::projection::Origin;
use crate::recording::{Probe, Variable};
use std::ops::Range;

/// What a run records.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The spikes of which neurons or sources.
    pub spikes: Vec<(Origin, Range<u32>)>,
    /// Values at each tick.
    pub probes: Vec<Probe>,
}

impl Compiler<'_> {
    /// What the file says is recorded.
    pub(super) fn record(&mut self, network: &Network) -> Checked<Record> {
        let spec = self.spec;
        let record = &spec.record;
        let spikes = match &record.spikes {
            None => (0..).zip(&self.spec.populations).map(|(n, p)| (Origin::Population(n), 0..p.size)).collect(),
            Some(list) => list
                .iter()
                .enumerate()
                .map(|(k, text)| {
                    let field = format!("record.spikes[{k}]");
                    let (origin, ids) = self.reference(&field, text)?;
                    match network.has_spikes(origin) {
                        true => Ok((origin, ids)),
                        false => Err(Problem::new(field, format!("{} emits analog values, no spikes", shown(text)))),
                    }
                })
                .collect::<Checked<_>>()?,
        };
        let mut probes = Vec::new();
        for (field, list, variable) in [
            ("membrane", &record.membrane, Variable::Membrane),
            ("threshold", &record.threshold, Variable::Threshold),
            ("current", &record.current, Variable::Current),
        ] {
            for (k, text) in list.iter().enumerate() {
                let field = format!("record.{field}[{k}]");
                let (population, ids) = self.population_reference(&field, text)?;
                self.charge(&field, BYTES_PER_PROBED_NEURON * u64::from(ids.end - ids.start))?;
                probes.push(Probe { variable, population, neurons: ids.collect() });
            }
        }
        Ok(Record { spikes, probes })
    }
}
