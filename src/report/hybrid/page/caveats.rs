//! What the figures leave out.

use crate::report::hybrid::document::Report;
use crate::report::page::counted::absent;
use crate::report::page::html::list;
use crate::report::page::priced::leaves_out;

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
    items.extend(absent(&report.neurobench));
    list(&items) + &leaves_out(&report.energy, report.clips)
}
