//! Modelled energy by table, and the break-even of each spiking layer.

use crate::energy::{Branch, Energy};
use crate::report::hybrid::document::Report;
use crate::report::page::cells::{joule, percent};
use crate::report::page::html::{Cell, table};
use crate::report::tables::{is_spiking, part};

/// This section of the page, as HTML.
pub fn energy_tables(report: &Report) -> String {
    let clips = report.clips.max(1) as f64;
    let each = |pj: Option<f64>| Cell::Number(pj.map_or("no price".into(), |pj| joule(pj / clips)));
    let some = |e: &Energy, branches: fn(Branch) -> bool| Cell::Number(part(e.of(branches), clips, joule));
    let row = |e: &Energy| {
        let priced_as = e.priced_as.map_or(String::new(), |data_type| format!(", priced as {data_type}"));
        vec![
            Cell::Name(format!("{}{priced_as}", e.table)),
            some(e, |_| true),
            some(e, is_spiking),
            some(e, |branch| !is_spiking(branch)),
            Cell::Number(part(e.dense_twin(), clips, joule)),
            Cell::Text(e.grade.to_string()),
        ]
    };
    let rows: Vec<_> = report.energy.iter().map(row).collect();
    let head = ["table", "whole hybrid", "spiking part", "dense part", "dense twin", "grade"];
    let caption =
        "Energy per clip by table, modelled, not measured; partial: some operations have no price and are left out";
    let mut html = table(caption, &head, &rows);
    let mut rows = Vec::new();
    for layer in &report.dense_twin {
        for at in &layer.break_even {
            let rate = match at.rate {
                None => at.reason.clone().unwrap_or_default(),
                Some(rate) if rate > 1.0 => "always".into(),
                Some(rate) => percent(rate),
            };
            rows.push(vec![
                Cell::Name(layer.layer.clone()),
                Cell::Text(at.table.clone()),
                Cell::Number(layer.input_rate.map_or("analog".into(), percent)),
                Cell::Long(rate),
                each(at.spiking_pj),
                each(at.dense_twin_pj),
            ]);
        }
    }
    if !rows.is_empty() {
        let head =
            ["layer", "table", "input rate", "break-even rate", "spiking layer, per clip", "dense layer, per clip"];
        html += &table(
            "Break-even: the firing rate of a layer's input below which it takes less modelled energy than the dense layer: 0 if its \
             neurons alone take more, always if even every source at every step would take less",
            &head,
            &rows,
        );
    }
    html
}
