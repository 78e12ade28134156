//! The ledger of a run: what each layer of the hybrid did, as integers over all clips.
//!
//! Rules for the spiking branch, per unit counted by the engine:
//! - a spike delivered to a synapse: one accumulate;
//! - an analog value times a weight: one MAC;
//! - a membrane update: two additions (bias; current less membrane), one MAC (leak), one comparison (threshold);
//! - a threshold update: three MACs (trace, its gain, half of the old threshold), one multiplication (half of the target), three
//!   additions (the cues' sum), two comparisons (bounds);
//! - an entropy, once per layer and tick: four multiplications (two logarithms' products, two gains), three additions, three
//!   functions (two logarithms, one division).

use super::{Cost, EnergyTable};
use crate::counts::LayerCounts;
use serde::Serialize;

/// Which part of the hybrid an entry belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Branch {
    /// Dense operators, in front of and behind the spikes, and scoring.
    Dense,
    /// The spiking blocks.
    Spiking,
    /// The time-step factor.
    TimeStep,
    /// Embedding of the class vectors and, for a read-out, the graph of names; once for all clips.
    Classes,
}

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// Part of the hybrid.
    pub branch: Branch,
    /// Layer and operator, as in the names of its tensors.
    pub layer: String,
    /// Arithmetic.
    pub cost: Cost,
    /// What the spiking layer did; none for dense operators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spiking: Option<LayerCounts>,
    /// MACs of the same layer in the dense twin: the network with ReLU in place of spikes, one pass.
    pub dense_twin_macs: u64,
}

/// All entries of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Ledger {
    /// In the order in which they were filed.
    pub entries: Vec<Entry>,
}

/// Arithmetic behind the counts of a spiking layer, by the rules above.
pub fn spiking_cost(counts: &LayerCounts) -> Cost {
    let (membranes, thresholds, entropies) = (counts.membrane_updates, counts.threshold_updates, counts.entropies);
    Cost {
        acs: counts.synops,
        macs: counts.macs + membranes + 3 * thresholds,
        multiplies: thresholds + 4 * entropies,
        additions: 2 * membranes + 3 * thresholds + 3 * entropies,
        comparisons: membranes + 2 * thresholds,
        functions: 3 * entropies,
    }
}

impl Ledger {
    /// Files dense operators; the twin has the same ones.
    pub fn file_dense(&mut self, branch: Branch, costs: &[(String, Cost)]) {
        self.entries.extend(costs.iter().map(|(layer, cost)| Entry {
            branch,
            layer: layer.clone(),
            cost: *cost,
            spiking: None,
            dense_twin_macs: cost.macs,
        }));
    }

    /// Files a spiking layer whose dense twin has `dense_twin_macs` over all clips.
    pub fn file_spiking(&mut self, layer: String, counts: LayerCounts, dense_twin_macs: u64) {
        let cost = spiking_cost(&counts);
        self.entries.push(Entry { branch: Branch::Spiking, layer, cost, spiking: Some(counts), dense_twin_macs });
    }

    /// Files the time-step factor of a modality; the twin, which has one step, has none.
    pub fn file_time_step(&mut self, layer: String, cost: Cost) {
        self.entries.push(Entry { branch: Branch::TimeStep, layer, cost, spiking: None, dense_twin_macs: 0 });
    }

    /// Sum of all entries.
    pub fn total(&self) -> Cost {
        self.entries.iter().map(|entry| entry.cost).sum()
    }

    /// Sum of the entries of one branch.
    pub fn of(&self, branch: Branch) -> Cost {
        self.entries.iter().filter(|entry| entry.branch == branch).map(|entry| entry.cost).sum()
    }

    /// Sum of the spiking layers' counts.
    pub fn spiking(&self) -> LayerCounts {
        self.entries.iter().filter_map(|entry| entry.spiking).sum()
    }

    /// MACs of the dense twin.
    pub fn dense_twin_macs(&self) -> u64 {
        self.entries.iter().map(|entry| entry.dense_twin_macs).sum()
    }

    /// Energy of everything that `table` prices, picojoule.
    pub fn energy_pj(&self, table: &EnergyTable) -> f64 {
        self.entries.iter().map(|entry| table.energy_pj(&entry.cost)).sum()
    }
}
