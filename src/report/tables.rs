//! Tables of energy and of synaptic operations for the terminal.

use crate::base::text::grouped;
use crate::energy::synops::{LayerSynops, Synops};
use crate::energy::{Branch, Energy, Kind, Priced};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// An energy in pJ, with a unit that fits its size.
pub(super) fn energy(pj: f64) -> String {
    let (value, unit) = match pj {
        pj if pj >= 1e12 => (pj / 1e12, "J"),
        pj if pj >= 1e9 => (pj / 1e9, "mJ"),
        pj if pj >= 1e6 => (pj / 1e6, "uJ"),
        pj if pj >= 1e3 => (pj / 1e3, "nJ"),
        pj => (pj, "pJ"),
    };
    match value {
        0.0 => "0 pJ".to_owned(),
        // Small values are not rounded to zero.
        value if value < 0.1 => format!("{value:.1e} {unit}"),
        value => format!("{value:.1} {unit}"),
    }
}

/// Energy of a part of a run per clip, in words where there is none; `unit` writes it.
pub(super) fn part(part: Priced, clips: f64, unit: fn(f64) -> String) -> String {
    match part {
        Priced::Absent => "-".into(),
        Priced::NoPrice => "no price".into(),
        Priced::Partial(pj) => format!("{}, partial", unit(pj / clips)),
        Priced::Whole(pj) => unit(pj / clips),
    }
}

/// The spiking layers and their time-step factor.
pub(super) fn is_spiking(branch: Branch) -> bool {
    matches!(branch, Branch::Spiking | Branch::TimeStep)
}

/// Sums over layers by every definition, per clip; a definition that applies to no layer is left
/// out.
pub fn synops_table(synops: &Synops) -> String {
    let total = synops.total(|_| true);
    let any = |known: fn(&LayerSynops) -> bool| synops.layers.iter().any(known);
    let mut text = String::new();
    for (name, count, known) in [
        ("effective ACs, non-zero weights only", total.effective_acs as f64, true),
        ("effective MACs, of analog input at each step", total.effective_macs as f64, true),
        ("spikes x fan-out", total.spikes_x_fan_out as f64, any(|layer| layer.spikes_x_fan_out.is_some())),
        ("rate x dense MACs x T", total.rate_x_dense, any(|layer| layer.rate_x_dense.is_some())),
        ("dense MACs x T", total.dense as f64, true),
    ] {
        if known {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {name:<44} {:>14.1}", count / synops.clips.max(1) as f64);
        }
    }
    text
}

/// `1 spike`, `2,000 queue operations`.
fn counted_kind(kind: Kind, count: u64) -> String {
    let noun = match kind {
        Kind::Mac => "MAC",
        Kind::Ac => "AC",
        Kind::Multiply => "multiplication",
        Kind::Add => "addition",
        Kind::Compare => "comparison",
        Kind::Function => "function value",
        Kind::Spike => "spike",
        Kind::SynapticEvent => "synaptic event",
        Kind::NeuronUpdate => "neuron update",
        Kind::NeuronIdle => "idle neuron",
        Kind::ThresholdUpdate => "threshold update",
        Kind::QueueOperation => "queue operation",
    };
    format!("{} {noun}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// Energy by table, with what each figure leaves out.
pub fn energy_table(energies: &[Energy], clips: u64) -> String {
    let what = if clips == 1 { "energy of the run" } else { "energy per clip" };
    let mut text = format!("{what}, modelled, not measured\n");
    let divisor = clips.max(1) as f64;
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "  {:<20} {:>17} {:>17} {:>17} {:>17}   grade",
        "table", "whole", "spiking", "dense", "dense twin"
    );
    for e in energies {
        let some = |branches: fn(Branch) -> bool| part(e.of(branches), divisor, energy);
        let twin = part(e.dense_twin(), divisor, energy);
        let _ = writeln!(
            text,
            "  {:<20} {:>17} {:>17} {:>17} {twin:>17}   {}",
            e.table,
            some(|_| true),
            some(is_spiking),
            some(|branch| !is_spiking(branch)),
            e.grade
        );
    }
    for e in energies {
        let mut kinds: BTreeMap<Kind, u64> = BTreeMap::new();
        for unpriced in &e.unpriced {
            let count: &mut u64 = kinds.entry(unpriced.kind).or_default();
            *count = count.saturating_add(unpriced.count);
        }
        let kinds: Vec<String> = kinds.iter().map(|(kind, n)| counted_kind(*kind, n / clips.max(1))).collect();
        let _ = writeln!(text, "  {}: {}; leaves out {}", e.table, e.source, e.leaves_out);
        if let Some(data_type) = e.priced_as {
            let _ = writeln!(text, "    priced as if it were computed in {data_type}");
        }
        if !kinds.is_empty() {
            let each = if clips == 1 { "" } else { ", per clip" };
            let _ = writeln!(text, "    without a price{each}: {}", kinds.join(", "));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn energies_have_the_unit_that_fits() {
        let shown = [0.0, 0.03, 12.0, 4.5e3, 2e6, 7.25e9, 1.6527e12].map(energy);
        assert_eq!(shown, ["0 pJ", "3.0e-2 pJ", "12.0 pJ", "4.5 nJ", "2.0 uJ", "7.2 mJ", "1.7 J"]);
    }

    #[test]
    fn one_is_singular() {
        assert_eq!([0, 1, 2000].map(|n| counted_kind(Kind::Spike, n)), ["0 spikes", "1 spike", "2,000 spikes"]);
    }
}
