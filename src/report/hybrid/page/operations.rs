//! Operations of each layer, by every definition, and the ledger.

use crate::report::hybrid::document::Report;
use crate::report::hybrid::pictures::work_of_layers;
use crate::report::page::cells::per_clip;
use crate::report::page::counted::{ledger, neurobench, synops};
use crate::report::page::html::{Cell, table};

/// This section of the page, as HTML.
pub fn operations(report: &Report) -> String {
    let clips = report.clips;
    let each = |count: u64| per_clip(count as f64, clips);
    let maybe = |count: Option<f64>| count.map_or_else(|| Cell::Number("–".into()), |count| per_clip(count, clips));
    let rows: Vec<_> = (work_of_layers(report).iter())
        .map(|w| vec![Cell::Name(w.layer.into()), each(w.executed), each(w.effective), maybe(w.twin.map(|n| n as f64))])
        .collect();
    let mut html = table(
        "Accumulates and MACs at the weights of each layer, per clip",
        &["layer", "executed", "effective", "dense twin"],
        &rows,
    );
    html += &synops(&report.synops);
    html += &neurobench(&report.neurobench);
    html += &ledger(&report.ledger);
    html
}
