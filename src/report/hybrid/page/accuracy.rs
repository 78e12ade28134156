//! Accuracy by mode and by number of time steps.

use crate::hybrid::gzsl::Scores;
use crate::report::hybrid::document::Report;
use crate::report::page::cells::joule;
use crate::report::page::html::{Cell, table};

/// This section of the page, as HTML.
pub fn accuracy(report: &Report) -> String {
    let row = |name: &str, s: &Scores| {
        let figures = [s.seen, s.unseen, s.hm, s.zsl].map(|x| Cell::Number(format!("{:.2}", 100.0 * x)));
        let mut row = vec![Cell::Name(name.into())];
        row.extend(figures);
        row.push(Cell::Number(format!("{:.2}", s.gamma)));
        row
    };
    let a = &report.accuracy;
    let rows = [row("both, sum of distances", &a.both), row("video", &a.video), row("audio", &a.audio)];
    let head = ["mode", "S %", "U %", "HM %", "ZSL %", "gamma"];
    let mut html =
        table("Accuracy by mode; gamma is the handicap of seen classes, chosen on validation clips", &head, &rows);
    if report.over_time_steps.len() > 1 {
        let rows: Vec<_> = (report.over_time_steps.iter())
            .map(|at| {
                let mut row = row(&format!("T = {}", at.time_steps), &at.accuracy);
                row.push(Cell::Number(format!("{:.1}", at.spikes_per_clip)));
                row.extend([at.spiking_pj_per_clip, at.total_pj_per_clip].map(|pj| Cell::Number(joule(pj))));
                row
            })
            .collect();
        let head = [
            "time steps",
            "S %",
            "U %",
            "HM %",
            "ZSL %",
            "gamma",
            "spikes per clip",
            "spiking, per clip",
            "whole, per clip",
        ];
        let name = report.energy.first().map_or("", |e| e.table.as_str());
        let caption = format!("The same weights run for fewer time steps; energy modelled, not measured, table {name}");
        html += &table(&caption, &head, &rows);
    }
    html
}
