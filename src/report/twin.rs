//! Each spiking layer against the dense layer that it stands for, and the firing rate at which both cost the same.

use crate::energy::synops::Synops;
use crate::energy::{Branch, DataType, EnergyTable, Kind, Ledger};
use crate::hybrid::model::{Hybrid, block_name};
use crate::hybrid::parameters::MODALITIES;
use serde::{Deserialize, Serialize};

/// A spiking layer and its dense twin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwinLayer {
    /// Layer.
    pub layer: String,
    /// Firing rate of its input, spikes per source and step; none if its input is analog.
    pub input_rate: Option<f64>,
    /// Synaptic work of the spiking layer over all clips: accumulates, and MACs of analog input.
    pub spiking_operations: u64,
    /// MACs of the dense twin over all clips.
    pub dense_twin_macs: u64,
    /// By table.
    pub break_even: Vec<BreakEven>,
}

/// The input firing rate at which a spiking layer costs as much as its dense twin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BreakEven {
    /// Name of the table.
    pub table: String,
    /// Spikes per source and step below which the spiking layer is the cheaper one; 0 if its neurons alone cost more than the dense
    /// layer; above 1 if it is always cheaper; none where `reason` says why.
    pub rate: Option<f64>,
    /// Energy of the spiking layer, pJ over all clips; none where nothing has a price.
    pub spiking_pj: Option<f64>,
    /// Energy of the dense layer, pJ over all clips.
    pub dense_twin_pj: Option<f64>,
    /// Why there is no rate.
    pub reason: Option<String>,
}

/// Every spiking layer by every table that prices it.
pub fn layers(ledger: &Ledger, synops: &Synops, network: &Hybrid<'_>, tables: &[EnergyTable]) -> Vec<TwinLayer> {
    let Some(stacks) = network.stacks() else { return Vec::new() };
    let mut layers = Vec::new();
    let energies: Vec<_> = tables.iter().filter_map(|table| Some((table, table.apply(ledger, None).ok()?))).collect();
    for m in MODALITIES {
        for block in 0..stacks[m as usize].layers().len() {
            let name = block_name(m, block);
            let here = |e: &crate::energy::Entry| e.branch == Branch::Spiking && e.layer == name;
            let input_rate = synops.layers.iter().find(|l| l.layer == name).and_then(|l| l.input_rate);
            let events = ledger.count(Kind::SynapticEvent, here);
            let break_even = energies.iter().filter_map(|(table, energy)| {
                let of_layer = energy.by_layer.iter().find(|l| l.branch == Branch::Spiking && l.layer == name)?;
                let per_event = [Kind::SynapticEvent, Kind::Ac]
                    .into_iter()
                    .filter(|kind| kind.view() == table.view)
                    .find_map(|kind| table.price(kind, DataType::Fp32).ok());
                // Everything but the synapses costs the same at any rate of the input, or nearly so.
                let rest = of_layer.pj.unwrap_or(0.0) - per_event.unwrap_or(0.0) * events as f64;
                let rate = match (input_rate, of_layer.dense_twin_pj, per_event) {
                    (None, ..) => Err("its input is analog"),
                    (_, None, _) => Err("the table has no price for a MAC, so none for the dense layer"),
                    (.., None) => Err("the table has no price for a synaptic event"),
                    (Some(rate), ..) if rate == 0.0 || events == 0 => Err("its input was silent"),
                    (Some(rate), Some(dense), Some(per_event)) => {
                        // Energy of the synapses grows in proportion to the rate.
                        Ok(((dense - rest) / (per_event * events as f64 / rate)).max(0.0))
                    }
                };
                Some(BreakEven {
                    table: table.name.clone(),
                    rate: rate.ok(),
                    spiking_pj: of_layer.pj,
                    dense_twin_pj: of_layer.dense_twin_pj,
                    reason: rate.err().map(str::to_owned),
                })
            });
            layers.push(TwinLayer {
                input_rate,
                spiking_operations: events
                    + ledger
                        .count(Kind::Mac, |e| here(e) && ["analog_input", "dense_products"].contains(&&e.operator[..])),
                dense_twin_macs: ledger.twin_macs(here),
                break_even: break_even.collect(),
                layer: name.clone(),
            });
        }
    }
    layers
}
