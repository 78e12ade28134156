//! The event-driven against the clock-driven run.

use crate::base::text::grouped;
use crate::report::hybrid::document::Report;
use crate::report::page::cells::number;
use crate::report::page::html::{Cell, table};

/// This section of the page, as HTML.
pub fn parity(report: &Report) -> String {
    let mut html = String::new();
    let Some(parity) = &report.parity else {
        let why = if report.spikes.is_some() {
            "The drivers were not compared in this run."
        } else {
            "There is no spiking branch to run."
        };
        return format!("<p>{why}</p>\n");
    };
    let verdict = |name: &str, equal: bool| {
        vec![Cell::Name(name.into()), Cell::Text(if equal { "equal, bit by bit" } else { "DIFFERENT" }.into())]
    };
    let rows = [
        verdict("spikes", parity.spikes_equal),
        verdict("membrane potentials", parity.membranes_equal),
        verdict("thresholds", parity.thresholds_equal),
        verdict("embeddings", parity.embeddings_equal),
    ];
    let caption = format!("Every step of {} clips, by both drivers", grouped(parity.clips as u64));
    html += &table(&caption, &["what", "verdict"], &rows);
    let (event, clock) = (&parity.event, &parity.clock);
    let counts = [
        ("spikes", event.spikes, clock.spikes),
        ("accumulates (spikes × fan-out)", event.synops, clock.synops),
        ("MACs", event.macs, clock.macs),
        ("membrane updates", event.membrane_updates, clock.membrane_updates),
        ("threshold updates", event.threshold_updates, clock.threshold_updates),
        ("entropies", event.entropies, clock.entropies),
        ("queue operations", event.queue_operations, clock.queue_operations),
        ("wakes", event.wakes, clock.wakes),
    ];
    let rows: Vec<_> =
        counts.into_iter().map(|(name, e, c)| vec![Cell::Name(name.into()), number(e), number(c)]).collect();
    html += &table(
        "Operations of the spiking branch over all clips",
        &["operation", "event-driven", "clock-driven"],
        &rows,
    );
    if let Some(seconds) = &report.wall_time_s {
        let row = |name: &str, s: f64| vec![Cell::Name(name.into()), Cell::Number(format!("{s:.4}"))];
        let rows = [
            row("event-driven", seconds.event),
            row("clock-driven", seconds.clock),
            row("dense twin, one pass in batches", seconds.dense_twin),
        ];
        html += &table("Wall time of the spiking branch on the machine at hand", &["run", "seconds"], &rows);
    }
    if !parity.differences.is_empty() {
        let rows: Vec<_> = (parity.differences.iter())
            .map(|d| {
                let text = |text: &str| Cell::Text(text.to_owned());
                let place = format!("{} block {}, step {}", d.modality, d.block, d.step);
                vec![Cell::Name(d.clip.clone()), text(&place), text(&d.what)]
            })
            .collect();
        html += &table("The first differences", &["clip", "where", "what"], &rows);
    }
    html
}
