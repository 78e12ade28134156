//! Each spiking layer against the dense layer that it stands for, and the firing rate at which both
//! cost the same.

use crate::energy::synops::Synops;
use crate::energy::{Branch, DataType, Energy, EnergyTable, Kind, Ledger};
use crate::hybrid::evaluate::Evaluation;
use crate::hybrid::model::LayerRecord;
use serde::{Deserialize, Serialize};

/// A spiking layer and its dense twin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwinLayer {
    /// Name of the layer.
    pub layer: String,
    /// Firing rate of its input, spikes per source and step; none if its input is analog.
    pub input_rate: Option<f64>,
    /// Synaptic work of the spiking layer over all clips: accumulates, and MACs of analog input.
    pub spiking_operations: u64,
    /// MACs of the dense twin over all clips.
    pub dense_twin_macs: u64,
    /// The break-even rate by each table.
    pub break_even: Vec<BreakEven>,
}

/// The input firing rate at which a spiking layer costs as much as its dense twin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BreakEven {
    /// Name of the table.
    pub table: String,
    /// Spikes per source and step below which the spiking layer is the cheaper one; 0 if its
    /// neurons alone cost more than the dense layer; above 1 if it is always cheaper; none where
    /// `reason` says why.
    pub rate: Option<f64>,
    /// Energy of the spiking layer, pJ over all clips; none where nothing has a price.
    pub spiking_pj: Option<f64>,
    /// Energy of the dense layer, pJ over all clips.
    pub dense_twin_pj: Option<f64>,
    /// Why there is no rate.
    pub reason: Option<String>,
}

/// Every spiking layer by every table that prices it.
pub fn layers(ledger: &Ledger, synops: &Synops, result: &Evaluation, tables: &[EnergyTable]) -> Vec<TwinLayer> {
    let energies = tables.iter().filter_map(|table| Some((table, table.apply(ledger, None).ok()?)));
    let energies: Vec<(&EnergyTable, Energy)> = energies.collect();
    let twin = |layer: &LayerRecord| {
        let input_rate = synops.layers.iter().find(|l| l.layer == layer.name).and_then(|l| l.input_rate);
        let break_even = energies.iter().filter_map(|(table, energy)| break_even(layer, input_rate, table, energy));
        TwinLayer {
            layer: layer.name.clone(),
            input_rate,
            spiking_operations: layer.counts.synops + layer.counts.macs,
            dense_twin_macs: ledger.twin_macs(|e| e.branch == Branch::Spiking && e.layer == layer.name),
            break_even: break_even.collect(),
        }
    };
    result.activity.iter().flat_map(|activity| activity.all_layers()).map(twin).collect()
}

/// A layer by one table; none if the table's energy has no such layer.
fn break_even(layer: &LayerRecord, input_rate: Option<f64>, table: &EnergyTable, energy: &Energy) -> Option<BreakEven> {
    let of_layer = energy.by_layer.iter().find(|l| l.branch == Branch::Spiking && l.layer == layer.name)?;
    let events = layer.counts.synops as f64;
    let per_event = [Kind::SynapticEvent, Kind::Ac]
        .into_iter()
        .filter(|kind| kind.view() == table.view)
        .find_map(|kind| table.price(kind, DataType::Fp32).ok());
    // Everything but the synapses costs the same at any rate of the input, or nearly so.
    let rest = of_layer.pj.unwrap_or(0.0) - per_event.unwrap_or(0.0) * events;
    let rate = match (input_rate, of_layer.dense_twin_pj, per_event) {
        (None, ..) => Err("its input is analog"),
        (_, None, _) => Err("the table has no price for a MAC, so none for the dense layer"),
        (.., None) => Err("the table has no price for a synaptic event"),
        (Some(rate), ..) if rate == 0.0 || events == 0.0 => Err("its input was silent"),
        // Energy of the synapses grows in proportion to the rate.
        (Some(rate), Some(dense), Some(per_event)) => Ok(((dense - rest) / (per_event * events / rate)).max(0.0)),
    };
    Some(BreakEven {
        table: table.name.clone(),
        rate: rate.ok(),
        spiking_pj: of_layer.pj,
        dense_twin_pj: of_layer.dense_twin_pj,
        reason: rate.err().map(str::to_owned),
    })
}
