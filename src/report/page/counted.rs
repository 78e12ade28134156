//! Tables of operations: by every definition, under NeuroBench's names, and the ledger.

use super::cells::{number, per_clip, words};
use super::html::{Cell, table};
use crate::base::text::grouped;
use crate::energy::synops::Synops;
use crate::energy::{Branch, Entry, Kind, Ledger};
use crate::report::neurobench::Neurobench;

/// Synaptic operations of each layer by every definition.
pub fn synops(synops: &Synops) -> String {
    let clips = synops.clips as usize;
    let each = |count: u64| per_clip(count as f64, clips);
    let maybe = |count: Option<f64>| count.map_or_else(|| Cell::Number("–".into()), |count| per_clip(count, clips));
    let mut rows: Vec<_> = (synops.layers.iter())
        .map(|l| {
            vec![
                Cell::Name(l.layer.clone()),
                each(l.effective_acs),
                each(l.effective_macs),
                maybe(l.spikes_x_fan_out.map(|n| n as f64)),
                maybe(l.rate_x_dense),
                each(l.dense),
            ]
        })
        .collect();
    let total = synops.total(|_| true);
    rows.push(vec![
        Cell::Name("all layers".into()),
        each(total.effective_acs),
        each(total.effective_macs),
        each(total.spikes_x_fan_out),
        maybe(Some(total.rate_x_dense)),
        each(total.dense),
    ]);
    table(
        "Synaptic operations by definition, per clip; – where the input is analog",
        &[
            "layer",
            "effective ACs (NeuroBench)",
            "effective MACs (NeuroBench)",
            "spikes × fan-out (sinabs, snnmetrics, SpikingJelly)",
            "rate × dense (syops-counter)",
            "dense (NeuroBench)",
        ],
        &rows,
    )
}

/// Metrics by NeuroBench's names.
pub fn neurobench(n: &Neurobench) -> String {
    let mut rows = Vec::new();
    let mut row = |name: &str, value: Option<String>, unit: &str| {
        if let Some(value) = value {
            rows.push(vec![Cell::Name(name.into()), Cell::Number(value), Cell::Text(unit.into())]);
        }
    };
    row("Footprint", n.footprint.map(grouped), "bytes of parameters");
    row("ConnectionSparsity", n.connection_sparsity.map(|x| format!("{x:.4}")), "share of zero weights");
    row(
        "ActivationSparsity",
        n.activation_sparsity.map(|x| format!("{x:.4}")),
        "share of neuron steps without a spike",
    );
    if let Some(s) = n.synaptic_operations {
        row("Effective_MACs", Some(format!("{:.1}", s.effective_macs)), "per clip");
        row("Effective_ACs", Some(format!("{:.1}", s.effective_acs)), "per clip");
        row("Dense", Some(format!("{:.1}", s.dense)), "per clip");
    }
    row("MembraneUpdates", n.membrane_updates.map(|x| format!("{x:.1}")), "per clip");
    for (layer, sparsity) in n.activation_sparsity_by_layer.iter().flatten() {
        row(
            &format!("ActivationSparsity of {layer}"),
            Some(format!("{sparsity:.4}")),
            "share of neuron steps without a spike",
        );
    }
    table("Metrics by NeuroBench's names", &["metric", "value", ""], &rows)
}

/// Metrics that are absent, each as a sentence.
pub fn absent(n: &Neurobench) -> impl Iterator<Item = String> {
    n.absent.iter().map(|a| format!("{} is absent: {}.", a.metric, a.reason))
}

/// Kinds of operation that a run did, a column each.
pub fn ledger(ledger: &Ledger) -> String {
    let done = ledger.totals();
    let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| done.get(kind).is_some_and(|n| *n > 0)).collect();
    let names: Vec<String> = kinds.iter().map(|kind| words(*kind)).collect();
    let twin = ledger.twin_macs(|_| true) > 0;
    let mut head = vec!["layer", "part"];
    head.extend(names.iter().map(String::as_str));
    head.extend(twin.then_some("mac, dense twin"));
    let row = |name: &str, part: &str, which: &dyn Fn(&Entry) -> bool| {
        let mut row = vec![Cell::Name(name.into()), Cell::Text(part.into())];
        row.extend(kinds.iter().map(|kind| number(ledger.count(*kind, which))));
        row.extend(twin.then(|| number(ledger.twin_macs(which))));
        row
    };
    let mut rows: Vec<_> = (ledger.layers().into_iter())
        .map(|(part, layer)| row(layer, branch(part), &|e| e.branch == part && e.layer == layer))
        .collect();
    rows.push(row("all layers", "", &|_| true));
    let caption = format!(
        "Ledger: every operation of each layer, sums over {} clips. Spikes, synaptic events and updates are the same work as \
         the arithmetic, seen as events",
        grouped(ledger.clips)
    );
    table(&caption, &head, &rows)
}

fn branch(branch: Branch) -> &'static str {
    match branch {
        Branch::Dense => "dense",
        Branch::Spiking => "spiking",
        Branch::TimeStep => "time-step factor",
        Branch::Classes => "classes",
        Branch::Scoring => "scoring",
    }
}
