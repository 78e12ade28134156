//! What the figures leave out.

use super::cells::{per_clip, words};
use super::html::{Cell, list, table};
use crate::energy::Kind;
use crate::report::hybrid::document::Report;

/// This section of the page, as HTML.
pub fn caveats(report: &Report) -> String {
    let mut items = vec![
        "Energy is modelled, not measured: counted operations times published energies per operation.".to_owned(),
        "The dense twin is the same network with ReLU in place of spikes, run once instead of step by step; it was not trained.".into(),
    ];
    if let Some(reason) = report.spikes.is_none().then_some("spiking") {
        items.push(format!("There is no {reason} branch: figures about spikes are absent."));
    }
    if !report.classes_without_clips.is_empty() {
        let names = report.classes_without_clips.join(", ");
        items.push(format!("Classes without test clips, left out of the means: {names}."));
    }
    items.extend(report.neurobench.absent.iter().map(|a| format!("{} is absent: {}.", a.metric, a.reason)));
    let mut html = list(&items);
    let rows: Vec<_> = (report.energy.iter())
        .map(|e| {
            let text = |text: &str| Cell::Long(text.to_owned());
            vec![Cell::Name(e.table.clone()), text(&e.leaves_out), text(&e.grade.to_string()), text(&e.source)]
        })
        .collect();
    html +=
        &table("What each table leaves out, and what it rests on", &["table", "leaves out", "grade", "source"], &rows);
    html + &unpriced(report)
}

/// Operations without a price: a row for each kind of operation, a column for each table.
fn unpriced(report: &Report) -> String {
    let kinds =
        Kind::ALL.into_iter().filter(|kind| report.energy.iter().flat_map(|e| &e.unpriced).any(|u| u.kind == *kind));
    let rows: Vec<_> = kinds
        .map(|kind| {
            let mut row = vec![Cell::Name(words(kind))];
            row.extend(report.energy.iter().map(|e| {
                match e.unpriced.iter().filter(|u| u.kind == kind).map(|u| u.count).sum::<u64>() {
                    0 => Cell::Number("–".into()),
                    count => per_clip(count as f64, report.clips),
                }
            }));
            row
        })
        .collect();
    let mut head = vec!["operation"];
    head.extend(report.energy.iter().map(|e| e.table.as_str()));
    if rows.is_empty() {
        return String::new();
    }
    table("Operations that each table has no price for, per clip; – where there is none", &head, &rows)
}
