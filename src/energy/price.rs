//! A ledger priced by a table.

use super::kind::{Branch, DataType, Kind, View};
use super::ledger::{Entry, Ledger};
use super::table::{EnergyTable, Grade};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Modelled energy of a run by one table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Energy {
    /// Name of the table.
    pub table: String,
    /// Source of the table.
    pub source: String,
    /// Grade of the evidence.
    pub grade: Grade,
    /// Costs that the table leaves out.
    pub leaves_out: String,
    /// Type of numbers for which arithmetic was priced, if it was computed in another.
    pub priced_as: Option<DataType>,
    /// Energy of everything that the table prices, over all clips, pJ.
    pub total_pj: f64,
    /// Energy per clip, pJ.
    pub per_clip_pj: f64,
    /// True if the total lacks operations, those of `unpriced`.
    pub partial: bool,
    /// Energy by branch, pJ; `None` where nothing has a price.
    pub by_branch: BTreeMap<Branch, Option<f64>>,
    /// Energy by layer.
    pub by_layer: Vec<LayerEnergy>,
    /// The dense twin's total, pJ; none where there is no twin, or the table has no price for its
    /// MACs or for anything of it.
    pub dense_twin_pj: Option<f64>,
    /// True if that energy lacks operations without a price.
    #[serde(default)]
    pub dense_twin_partial: bool,
    /// Operations without a price.
    pub unpriced: Vec<Unpriced>,
}

/// Energy of one layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerEnergy {
    /// The part of the hybrid.
    pub branch: Branch,
    /// Name of the layer.
    pub layer: String,
    /// Energy over all clips, pJ; `None` where nothing has a price.
    pub pj: Option<f64>,
    /// True if that energy lacks operations without a price.
    pub partial: bool,
    /// Energy of the layer in the dense twin, pJ; `None` also where MACs have no price.
    pub dense_twin_pj: Option<f64>,
    /// True if that energy lacks operations without a price.
    #[serde(default)]
    pub dense_twin_partial: bool,
}

/// Operations that a table has no price for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unpriced {
    /// The part of the hybrid.
    pub branch: Branch,
    /// The kind of operation.
    pub kind: Kind,
    /// Number of operations over all clips.
    pub count: u64,
    /// The reason.
    pub reason: String,
}

/// Energy of a part of a run by one table, pJ over all clips.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Priced {
    /// The run has no such part.
    Absent,
    /// The table has no price for any of its operations.
    NoPrice,
    /// Some of its operations have no price and are left out.
    Partial(f64),
    /// All of its operations.
    Whole(f64),
}

impl Priced {
    /// The energy of what has a price.
    pub fn pj(self) -> Option<f64> {
        match self {
            Priced::Absent | Priced::NoPrice => None,
            Priced::Partial(pj) | Priced::Whole(pj) => Some(pj),
        }
    }
}

/// Reason given when a table lacks an operation.
const NO_PRICE: &str = "no price in the table";

impl EnergyTable {
    /// The table's price of `kind` on numbers of `data_type`, pJ.
    ///
    /// # Errors
    /// The reason, if there is no price.
    pub fn price(&self, kind: Kind, data_type: DataType) -> std::result::Result<f64, String> {
        if let Some(prices) = self.prices_by_type_pj.get(&data_type)
            && let Some(price) = prices.get(&kind)
        {
            return Ok(*price);
        }
        if self.prices_by_type_pj.values().any(|prices| prices.contains_key(&kind)) {
            return Err(format!("the table has no price for {data_type}, in which the run computed"));
        }
        let price = *self.prices_pj.get(&kind).ok_or_else(|| NO_PRICE.to_owned())?;
        match self.data_type {
            Some(own) if kind.view() == View::Arithmetic && own != data_type => {
                Err(format!("the table is for {own}, the run computed in {data_type}"))
            }
            _ => Ok(price),
        }
    }

    /// Prices `ledger`, with its arithmetic taken to be on numbers of `priced_as` if given.
    ///
    /// # Errors
    /// If the table prices nothing of it.
    pub fn apply(&self, ledger: &Ledger, priced_as: Option<DataType>) -> Result<Energy> {
        let mut energy = Energy {
            table: self.name.clone(),
            source: self.source.clone(),
            grade: self.grade,
            leaves_out: self.leaves_out.clone(),
            priced_as: priced_as.filter(|&as_type| ledger.entries.iter().any(|e| e.data_type != as_type)),
            total_pj: 0.0,
            per_clip_pj: 0.0,
            partial: false,
            by_branch: BTreeMap::new(),
            by_layer: Vec::new(),
            dense_twin_pj: None,
            dense_twin_partial: false,
            unpriced: Vec::new(),
        };
        let (mut priced, mut known) = (false, false);
        for (branch, layer) in ledger.layers() {
            let entries: Vec<&Entry> =
                ledger.entries.iter().filter(|e| e.branch == branch && e.layer == layer).collect();
            let (mut pj, mut any, mut partial) = (0.0, false, false);
            for entry in self.seen(&entries) {
                let price = self.price(entry.kind, priced_as.unwrap_or(entry.data_type));
                match price {
                    Ok(price) => {
                        // A price of 0, as of a neuron whose energy is part of that of its
                        // synapses, does not make a layer priced.
                        any |= price > 0.0 && entry.count > 0;
                        known = true;
                        pj += price * entry.count as f64;
                    }
                    Err(reason) => partial |= energy.leave_out(entry, reason),
                }
            }
            priced |= any;
            energy.total_pj += pj;
            energy.partial |= partial;
            // A layer without operations that need a price costs nothing.
            let pj = (any || !partial).then_some(pj);
            let of_branch = energy.by_branch.entry(branch).or_default();
            *of_branch = pj.map(|pj| pj + of_branch.unwrap_or(0.0)).or(*of_branch);
            let twin = self.twin(&entries, priced_as);
            let (dense_twin_pj, dense_twin_partial) = (twin.pj(), matches!(twin, Priced::Partial(_)));
            let layer = layer.into();
            energy.by_layer.push(LayerEnergy { branch, layer, pj, partial, dense_twin_pj, dense_twin_partial });
        }
        // Where nothing was done the energy is 0, if any of it has a price.
        if !known || !priced && energy.partial {
            let mut reasons: Vec<&str> = energy.unpriced.iter().map(|u| u.reason.as_str()).collect();
            // Reasons on which a user can act come first.
            reasons.sort_unstable_by_key(|reason| *reason == NO_PRICE);
            let problem = format!("it prices nothing of this run: {}", reasons.first().unwrap_or(&"nothing was done"));
            let refusal = Error::value(format!("table {}", self.name), problem);
            return Err(match reasons.first() {
                Some(reason) if *reason != NO_PRICE => {
                    refusal.with_hint("--as TYPE prices arithmetic as if it were computed in TYPE")
                }
                _ => refusal,
            });
        }
        energy.per_clip_pj = energy.total_pj / ledger.clips.max(1) as f64;
        let twin = self.twin(&ledger.entries.iter().collect::<Vec<_>>(), priced_as);
        (energy.dense_twin_pj, energy.dense_twin_partial) = (twin.pj(), matches!(twin, Priced::Partial(_)));
        Ok(energy)
    }

    /// The entries of a layer that this table prices. Where an operator is filed in both views,
    /// only those of the table's own view count: the others are the same work.
    fn seen<'a>(&self, entries: &[&'a Entry]) -> Vec<&'a Entry> {
        let told = |operator: &str| entries.iter().any(|e| e.operator == operator && e.kind.view() == self.view);
        entries.iter().copied().filter(|e| e.kind.view() == self.view || !told(&e.operator)).collect()
    }

    /// Energy of layers in the dense twin, which is arithmetic; no price if a MAC has none, or
    /// nothing of what is done.
    fn twin(&self, entries: &[&Entry], priced_as: Option<DataType>) -> Priced {
        let (mut sum, mut any, mut left_out) = (0.0, false, false);
        for e in entries.iter().filter(|e| e.kind.view() == View::Arithmetic) {
            let Some(count) = e.dense_count else { return Priced::Absent };
            match (self.price(e.kind, priced_as.unwrap_or(e.data_type)), count) {
                (_, 0) => {}
                (Ok(price), count) => {
                    any = true;
                    sum += price * count as f64;
                }
                (Err(_), _) if e.kind == Kind::Mac => return Priced::NoPrice,
                (Err(_), _) => left_out = true,
            }
        }
        match (any, left_out) {
            (false, true) => Priced::NoPrice,
            (true, true) => Priced::Partial(sum),
            (_, false) => Priced::Whole(sum),
        }
    }
}

impl Energy {
    /// Energy of the dense twin.
    pub fn dense_twin(&self) -> Priced {
        match self.dense_twin_pj {
            None => Priced::Absent,
            Some(pj) if self.dense_twin_partial => Priced::Partial(pj),
            Some(pj) => Priced::Whole(pj),
        }
    }

    /// Energy of some branches together.
    pub fn of(&self, branches: impl Fn(Branch) -> bool) -> Priced {
        let layers = || self.by_layer.iter().filter(|layer| branches(layer.branch));
        let pj = layers().filter_map(|layer| layer.pj).reduce(|a, b| a + b);
        match (pj, layers().any(|layer| layer.partial)) {
            (Some(pj), true) => Priced::Partial(pj),
            (Some(pj), false) => Priced::Whole(pj),
            (None, true) => Priced::NoPrice,
            (None, false) => Priced::Absent,
        }
    }

    /// Files an operation without a price; false if it needs no price.
    fn leave_out(&mut self, entry: &Entry, reason: String) -> bool {
        // Operations that were not carried out cost nothing unless a table prices them.
        if entry.count == 0 || entry.kind == Kind::NeuronIdle {
            return false;
        }
        let known =
            self.unpriced.iter_mut().find(|u| u.branch == entry.branch && u.kind == entry.kind && u.reason == reason);
        match known {
            Some(known) => known.count = known.count.saturating_add(entry.count),
            None => {
                let Entry { branch, kind, count, .. } = *entry;
                self.unpriced.push(Unpriced { branch, kind, count, reason });
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::energy::counts::LayerCounts;
    use crate::energy::{Cost, DenseOperator, MEMBRANE_UPDATE, SpikingLayer, THRESHOLD_UPDATE};

    fn spiking() -> Ledger {
        let counts = LayerCounts {
            spikes: 3,
            synops: 100,
            macs: 7,
            membrane_updates: 20,
            threshold_updates: 5,
            entropies: 1,
            queue_operations: 6,
            ..LayerCounts::default()
        };
        let mut ledger = Ledger::new(2);
        let (update, reset, threshold) = (MEMBRANE_UPDATE, Cost::ZERO, THRESHOLD_UPDATE);
        let twin = Some([1000, 10]);
        let layer =
            SpikingLayer { weights: None, counts, analog_macs: 7, neuron_steps: 50, update, reset, threshold, twin };
        ledger.file_spiking("layer", DataType::Fp32, &layer);
        ledger
    }

    fn price(name: &str, ledger: &Ledger) -> Energy {
        EnergyTable::find(name).unwrap().apply(ledger, None).unwrap()
    }

    /// By hand: 100 ACs, 7 + 20 + 15 + 1 MACs, 5 + 3 multiplications, 40 + 15 + 1 additions.
    #[test]
    fn arithmetic_is_priced_once() {
        let energy = price("45nm-fp32", &spiking());
        let expected = 0.9 * 100.0 + 4.6 * 43.0 + 3.7 * 8.0 + 0.9 * 56.0;
        assert!((energy.total_pj - expected).abs() < 1e-9, "{energy:?}");
        assert!((energy.per_clip_pj - expected / 2.0).abs() < 1e-9);
        assert_eq!(energy.dense_twin_pj, Some(4600.0));
        let kinds: Vec<Kind> = energy.unpriced.iter().map(|u| u.kind).collect();
        assert_eq!(kinds, [Kind::Spike, Kind::Compare, Kind::Function, Kind::QueueOperation]);
    }

    /// By hand: 100 events, 20 updates, 30 steps left out; analog input and the entropy have no
    /// price on Loihi.
    #[test]
    fn events_are_priced_once() {
        let energy = price("loihi", &spiking());
        assert!((energy.total_pj - (23.6 * 100.0 + 81.0 * 20.0 + 52.0 * 30.0)).abs() < 1e-9, "{energy:?}");
        assert_eq!(energy.dense_twin_pj, None);
        let left: BTreeMap<Kind, u64> = energy.unpriced.iter().map(|u| (u.kind, u.count)).collect();
        assert_eq!((left[&Kind::Mac], left[&Kind::ThresholdUpdate]), (7 + 1, 5));
        assert!(!left.contains_key(&Kind::Ac) && !left.contains_key(&Kind::NeuronIdle));
    }

    /// TrueNorth's figure has the neurons in it: they are neither added nor listed as unpriced.
    #[test]
    fn an_all_in_figure_gets_nothing_added() {
        let energy = price("truenorth", &spiking());
        assert_eq!(energy.total_pj, 2600.0);
        assert!(energy.unpriced.iter().all(|u| u.kind != Kind::NeuronUpdate));
    }

    #[test]
    fn other_numbers_are_not_guessed_at() {
        let ledger = spiking();
        let int8 = EnergyTable::find("45nm-int8").unwrap();
        let problem = int8.apply(&ledger, None).unwrap_err().to_string();
        assert!(problem.contains("prices nothing"), "{problem}");
        let energy = int8.apply(&ledger, Some(DataType::Int8)).unwrap();
        assert_eq!(energy.priced_as, Some(DataType::Int8));
        assert!(energy.total_pj > 0.0);
    }

    /// Accumulates of 8-bit weights on neurons of 32-bit integers, by hand: 100 at 0.03 pJ, 20 steps of 2
    /// products and 1 addition. Of 16-bit weights none is published.
    #[test]
    fn every_type_of_number_has_its_own_price() {
        let counts = LayerCounts { synops: 100, membrane_updates: 20, ..LayerCounts::default() };
        let update = Cost { multiplies: 2, additions: 1, ..Cost::ZERO };
        let ledger = |weights| {
            let (neuron_steps, analog_macs, reset, threshold, twin) = (20, 0, Cost::ZERO, Cost::ZERO, None);
            let weights = Some(weights);
            let layer = SpikingLayer { counts, analog_macs, neuron_steps, weights, update, reset, threshold, twin };
            let mut ledger = Ledger::new(1);
            ledger.file_spiking("layer", DataType::Int32, &layer);
            ledger
        };
        let energy = price("45nm-by-type", &ledger(DataType::Int8));
        let neurons = 20.0 * (2.0 * 3.1 + 0.1);
        assert!((energy.total_pj - (100.0 * 0.03 + neurons)).abs() < 1e-9 && !energy.partial, "{energy:?}");
        let energy = price("45nm-by-type", &ledger(DataType::Int16));
        assert!((energy.total_pj - neurons).abs() < 1e-9 && energy.partial, "{energy:?}");
        let [left] = &energy.unpriced[..] else { panic!("{energy:?}") };
        assert_eq!((left.kind, left.count), (Kind::Ac, 100));
        assert!(left.reason.contains("no price for int16"), "{left:?}");
    }

    #[test]
    fn layers_and_branches_sum_to_the_total() {
        let mut ledger = spiking();
        ledger.file_time_step("time_step", &Cost { acs: 5, functions: 2, ..Cost::ZERO });
        let energy = price("45nm-fp32", &ledger);
        let layers: f64 = energy.by_layer.iter().filter_map(|layer| layer.pj).sum();
        assert!((layers - energy.total_pj).abs() < 1e-9);
        assert!((energy.by_branch.values().flatten().sum::<f64>() - energy.total_pj).abs() < 1e-9);
        assert_eq!(energy.of(|_| true), Priced::Partial(energy.total_pj));
    }

    /// The twin's additions and functions: some have a price, none has, or none were done.
    #[test]
    fn a_twin_without_a_price_is_not_free() {
        let mut ledger = spiking();
        let cost = Cost { additions: 5, functions: 2, ..Cost::ZERO };
        let mut file = |layer: &str, cost, in_twin| {
            ledger.file_dense(&DenseOperator {
                branch: Branch::Dense,
                layer: layer.into(),
                in_twin,
                operator: "sum".into(),
                cost,
                synapses: None,
            });
        };
        file("sums", cost, true);
        file("ours", cost, false);
        file("functions", Cost { functions: 2, ..Cost::ZERO }, true);
        let twins = |table: &str| -> BTreeMap<String, Option<f64>> {
            price(table, &ledger).by_layer.into_iter().map(|layer| (layer.layer, layer.dense_twin_pj)).collect()
        };
        let of = |layer: &str, pj| (layer.to_owned(), pj);
        let (layer, ours) = (of("layer", Some(4600.0)), of("ours", Some(0.0)));
        let expected = [of("functions", None), layer, ours.clone(), of("sums", Some(4.5))];
        assert_eq!(twins("45nm-fp32"), BTreeMap::from(expected));
        assert_eq!(price("45nm-fp32", &ledger).dense_twin(), Priced::Partial(4604.5));
        let expected = [of("functions", None), of("layer", None), ours, of("sums", None)];
        assert_eq!(twins("loihi"), BTreeMap::from(expected));
        assert_eq!(price("loihi", &ledger).dense_twin_pj, None);
    }

    /// A silent layer takes no energy; spikes that have no price in a table of MACs are another matter.
    #[test]
    fn what_did_nothing_takes_nothing() {
        let mut ledger = Ledger::new(1);
        let layer = SpikingLayer {
            weights: None,
            counts: LayerCounts::default(),
            analog_macs: 0,
            neuron_steps: 0,
            update: MEMBRANE_UPDATE,
            reset: Cost::ZERO,
            threshold: Cost::ZERO,
            twin: Some([1000, 10]),
        };
        ledger.file_spiking("silent", DataType::Fp32, &layer);
        let energy = price("45nm-fp32", &ledger);
        assert_eq!((energy.of(|_| true), energy.dense_twin_pj), (Priced::Whole(0.0), Some(4600.0)));
        // Clock-driven, a table of synaptic events in which neurons cost nothing by themselves has no
        // price for what is done.
        let counts = LayerCounts { macs: 9, membrane_updates: 5, ..LayerCounts::default() };
        let mut ledger = Ledger::new(1);
        ledger.file_spiking("dense", DataType::Fp64, &SpikingLayer { weights: None, counts, twin: None, ..layer });
        let problem = EnergyTable::find("truenorth").unwrap().apply(&ledger, None).unwrap_err().to_string();
        assert!(problem.contains("it prices nothing of this run"), "{problem}");
    }

    /// A layer that only multiplies analog values has no energy by a table of synaptic events,
    /// rather than one of 0.
    #[test]
    fn what_has_no_price_is_not_nothing() {
        let mut ledger = spiking();
        let counts = LayerCounts { macs: 9, ..LayerCounts::default() };
        let (update, reset, threshold) = (MEMBRANE_UPDATE, Cost::ZERO, Cost::ZERO);
        let layer = SpikingLayer {
            weights: None,
            counts,
            neuron_steps: 0,
            analog_macs: 9,
            update,
            reset,
            threshold,
            twin: None,
        };
        ledger.file_spiking("analog", DataType::Fp32, &layer);
        ledger.file_time_step("time_step", &Cost { acs: 5, ..Cost::ZERO });
        let energy = price("loihi", &ledger);
        let of = |name: &str| energy.by_layer.iter().find(|layer| layer.layer == name).unwrap();
        assert!(energy.partial && of("layer").partial && of("layer").pj.is_some());
        assert_eq!((of("analog").pj, of("analog").partial), (None, true));
        assert_eq!(energy.by_branch[&Branch::TimeStep], None);
        assert_eq!(energy.of(|branch| branch == Branch::TimeStep), Priced::NoPrice);
        assert_eq!(energy.of(|branch| branch == Branch::Dense), Priced::Absent);
        // With a price for everything nothing is left out.
        let counts = LayerCounts { synops: 3, ..LayerCounts::default() };
        let mut ledger = Ledger::new(1);
        let layer = SpikingLayer {
            weights: None,
            counts,
            neuron_steps: 5,
            analog_macs: 0,
            update,
            reset,
            threshold,
            twin: None,
        };
        ledger.file_spiking("spiking", DataType::Fp64, &layer);
        let energy = price("odin", &ledger);
        assert_eq!((energy.partial, energy.of(|_| true)), (false, Priced::Whole(energy.total_pj)));
    }
}
