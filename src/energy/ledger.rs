//! The ledger of a run: the operations of each layer, as integers over all clips.
//!
//! Every line is one kind of operation of one operator. The spiking branch is filed twice, in two
//! *views* of the same work: as arithmetic (additions, multiplications), for tables that price
//! arithmetic, and as events (deliveries to synapses, updates of neurons), for tables that price
//! those. A table uses one view; see [`EnergyTable`](super::EnergyTable).
//!
//! Rules, per unit counted by an engine. Arithmetic of updates is that of the hybrid's spiking
//! layers; a simulated network has that of its own neurons ([`crate::simulator`]):
//! - a spike delivered to a synapse: one accumulate of its weight, in the type of the weight, or one
//!   synaptic event;
//! - an analog value times a weight: one MAC, in both views;
//! - a membrane update: two additions (bias; current less membrane), one MAC (leak), one comparison
//!   (threshold), or one neuron update;
//! - a threshold update: three MACs (trace, its gain, half of the old threshold), one
//!   multiplication (half of the target), three additions (the cues' sum), two comparisons
//!   (bounds), or one threshold update;
//! - a soft reset: one addition per spike, part of the membrane's arithmetic;
//! - an entropy, once per layer and tick: one MAC and three multiplications (two logarithms'
//!   products, two gains), one addition, two comparisons (bounds), three functions (two logarithms,
//!   one division), in both views.

use super::cost::{Cost, DenseOperator};
use super::counts::LayerCounts;
use super::kind::{Branch, DataType, Kind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of the ledger in JSON documents.
pub const LEDGER_SCHEMA: &str = "spikefuse.ledger/1";

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The part of the hybrid.
    pub branch: Branch,
    /// Name of the layer, as in the names of its tensors.
    pub layer: String,
    /// Operator within the layer, such as `synapses`, `membrane`, `threshold`.
    pub operator: String,
    /// The kind of operation.
    pub kind: Kind,
    /// The type of the numbers.
    pub data_type: DataType,
    /// Number of operations over all clips.
    pub count: u64,
    /// Number of operations in the dense twin, the network with ReLU in place of spikes, one pass;
    /// `None` where there is no such twin.
    pub dense_count: Option<u64>,
}

/// All entries of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// Version of the document: [`LEDGER_SCHEMA`].
    pub schema: String,
    /// Number of clips over which counts are summed.
    pub clips: u64,
    /// The entries, in the order in which they were filed.
    pub entries: Vec<Entry>,
}

/// A spiking layer to be filed.
#[derive(Debug, Clone, Copy)]
pub struct SpikingLayer {
    /// Its counts over all clips.
    pub counts: LayerCounts,
    /// MACs that multiply analog input; the other MACs are products with the zeros and ones of
    /// spikes.
    pub analog_macs: u64,
    /// Neurons times steps times clips.
    pub neuron_steps: u64,
    /// The type of the weights that spikes add up, where it is not that of the rest.
    pub weights: Option<DataType>,
    /// Arithmetic of one membrane update.
    pub update: Cost,
    /// Arithmetic of one reset.
    pub reset: Cost,
    /// Arithmetic of one threshold update.
    pub threshold: Cost,
    /// MACs of its dense twin and values that go through the twin's ReLU, over all clips; none if
    /// it has no twin.
    pub twin: Option<[u64; 2]>,
}

/// Arithmetic of one membrane update of the spiking branch.
pub const MEMBRANE_UPDATE: Cost = Cost { additions: 2, macs: 1, comparisons: 1, ..Cost::ZERO };
/// Arithmetic of one threshold update.
pub const THRESHOLD_UPDATE: Cost = Cost { macs: 3, multiplies: 1, additions: 3, comparisons: 2, ..Cost::ZERO };
/// Arithmetic of the entropy of a layer's firing rate.
pub const ENTROPY: Cost = Cost { macs: 1, multiplies: 3, additions: 1, comparisons: 2, functions: 3, ..Cost::ZERO };

/// Sums saturate: a ledger read from a file may hold any counts.
fn sum(counts: impl Iterator<Item = u64>) -> u64 {
    counts.fold(0, u64::saturating_add)
}

impl Ledger {
    /// An empty ledger of a run over `clips` clips.
    pub fn new(clips: u64) -> Ledger {
        Ledger { schema: LEDGER_SCHEMA.into(), clips, entries: Vec::new() }
    }

    /// Files one line unless both counts are zero.
    fn file(&mut self, at: (Branch, &str, &str, DataType), kind: Kind, count: u64, dense_count: Option<u64>) {
        let (branch, layer, operator, data_type) = at;
        if count > 0 || dense_count.is_some_and(|count| count > 0) {
            let (layer, operator) = (layer.to_owned(), operator.to_owned());
            self.entries.push(Entry { branch, layer, operator, kind, data_type, count, dense_count });
        }
    }

    /// Files arithmetic, and that of the same operator in the dense twin.
    fn file_cost(&mut self, at: (Branch, &str, &str, DataType), cost: &Cost, twin: Option<&Cost>) {
        let twin = twin.map(Cost::by_kind);
        for (i, (kind, count)) in cost.by_kind().into_iter().enumerate() {
            self.file(at, kind, count, twin.map(|twin| twin[i].1));
        }
    }

    /// Files a dense operator, and the same for the dense twin if that has it.
    pub fn file_dense(&mut self, o: &DenseOperator) {
        let twin = if o.in_twin { &o.cost } else { &Cost::ZERO };
        self.file_cost((o.branch, &o.layer, &o.operator, DataType::Fp32), &o.cost, Some(twin));
    }

    /// Files a spiking layer.
    pub fn file_spiking(&mut self, layer: &str, data_type: DataType, spiking: &SpikingLayer) {
        let SpikingLayer { counts, analog_macs, neuron_steps, weights, update, reset, threshold, twin } = *spiking;
        // Every count has its rule: the pattern names all fields, so that a new count without a
        // rule does not compile.
        let LayerCounts {
            spikes,
            synops,
            macs,
            effective_acs: _,  // A definition of SynOps, not work done: `crate::energy::synops`.
            effective_macs: _, // The same.
            membrane_updates,
            threshold_updates,
            entropies,
            queue_operations,
            wakes: _, // Part of the membrane updates.
        } = counts;
        let at = |operator| (Branch::Spiking, layer, operator, data_type);
        let of_weights = |operator| (Branch::Spiking, layer, operator, weights.unwrap_or(data_type));
        let (none, zero) = (twin.map(|_| 0), twin.map(|_| &Cost::ZERO));
        self.file(at("spikes"), Kind::Spike, spikes, none);
        self.file(of_weights("synapses"), Kind::Ac, synops, none);
        self.file(of_weights("synapses"), Kind::SynapticEvent, synops, none);
        self.file(at("analog_input"), Kind::Mac, analog_macs, none);
        self.file(of_weights("dense_products"), Kind::Mac, macs.saturating_sub(analog_macs), none);
        self.file_cost(at("membrane"), &(update * membrane_updates + reset * spikes), zero);
        self.file(at("membrane"), Kind::NeuronUpdate, membrane_updates, none);
        self.file(at("membrane"), Kind::NeuronIdle, neuron_steps.saturating_sub(membrane_updates), none);
        self.file_cost(at("threshold"), &(threshold * threshold_updates), zero);
        self.file(at("threshold"), Kind::ThresholdUpdate, threshold_updates, none);
        self.file_cost(at("entropy"), &(ENTROPY * entropies), zero);
        self.file(at("queue"), Kind::QueueOperation, queue_operations, none);
        if let Some([macs, values]) = twin {
            self.file(at("dense_twin"), Kind::Mac, 0, Some(macs));
            self.file(at("dense_twin"), Kind::Compare, 0, Some(values));
        }
    }

    /// Files the time-step factor of a modality; the twin, which has one step, has none.
    pub fn file_time_step(&mut self, layer: &str, cost: &Cost) {
        self.file_cost((Branch::TimeStep, layer, "factor", DataType::Fp32), cost, Some(&Cost::ZERO));
    }

    /// Count of one kind over the entries that `which` takes.
    pub fn count(&self, kind: Kind, which: impl Fn(&Entry) -> bool) -> u64 {
        sum(self.entries.iter().filter(|e| e.kind == kind && which(e)).map(|e| e.count))
    }

    /// Counts of all kinds over all entries.
    pub fn totals(&self) -> BTreeMap<Kind, u64> {
        let mut totals = BTreeMap::new();
        for entry in &self.entries {
            let total: &mut u64 = totals.entry(entry.kind).or_default();
            *total = total.saturating_add(entry.count);
        }
        totals
    }

    /// MACs of the dense twin in the entries that `which` takes.
    pub fn twin_macs(&self, which: impl Fn(&Entry) -> bool) -> u64 {
        sum(self.entries.iter().filter(|e| e.kind == Kind::Mac && which(e)).filter_map(|e| e.dense_count))
    }

    /// The layers, in the order of their first entries.
    pub fn layers(&self) -> Vec<(Branch, &str)> {
        let mut layers: Vec<(Branch, &str)> = Vec::new();
        for e in &self.entries {
            if !layers.contains(&(e.branch, e.layer.as_str())) {
                layers.push((e.branch, &e.layer));
            }
        }
        layers
    }
}
