//! The figures that matter most, and how to take them.

use crate::base::text::grouped;
use crate::report::hybrid::document::Report;
use crate::report::page::cells::{joule, percent};
use crate::report::page::html::{escape, tile};
use crate::report::tables::part;

/// This section of the page, as HTML.
pub fn summary(report: &Report) -> String {
    let s = &report.accuracy.both;
    let clips = report.clips.max(1) as f64;
    let mut html = String::from("<dl class=\"key\">\n");
    html += &tile("HM", &percent(s.hm), "harmonic mean of S and U, both modalities");
    html += &tile("ZSL", &percent(s.zsl), "unseen classes among themselves");
    html += &tile("S", &percent(s.seen), "mean recall of seen classes");
    html += &tile("U", &percent(s.unseen), "mean recall of unseen classes");
    if let Some(first) = report.energy.first() {
        let more = format!("per clip, modelled, not measured; table {}", first.table);
        html += &tile("Energy of the hybrid", &part(first.of(|_| true), clips, joule), &more);
        if let Some(twin) = first.dense_twin_pj {
            let times = if twin > 0.0 {
                format!("; the hybrid takes {:.2} times this", first.total_pj / twin)
            } else {
                String::new()
            };
            let more = format!("per clip, modelled, not measured; table {}{times}", first.table);
            html += &tile("Energy of the dense twin", &part(first.dense_twin(), clips, joule), &more);
        }
    }
    if let Some(spikes) = &report.spikes {
        html += &tile("Spikes per clip", &format!("{:.0}", spikes.total as f64 / clips), "all spiking layers");
    }
    html += "</dl>\n";
    for (warn, text) in verdicts(report) {
        html += &format!("<p{}>{}</p>\n", if warn { " class=\"warn\"" } else { "" }, escape(&text));
    }
    html
}

/// The most important statements, each with whether it is a warning.
fn verdicts(report: &Report) -> Vec<(bool, String)> {
    let mut said = Vec::new();
    let share = 100.0 * report.dense_share;
    said.push((
        false,
        match &report.spikes {
            None => "The model has no spiking branch: all of its modelled energy is that of dense operators.".into(),
            Some(_) if share > 50.0 => format!(
                "The dense branch takes {share:.1} % of the modelled energy: savings by spikes are in the other {:.1} %.",
                100.0 - share
            ),
            Some(_) => format!("The spiking branch takes {:.1} % of the modelled energy.", 100.0 - share),
        },
    ));
    match &report.parity {
        Some(parity) if parity.holds() => said.push((
            false,
            format!(
                "Event-driven and clock-driven runs agree bit by bit on every spike, membrane potential, threshold and embedding of {} clips.",
                grouped(parity.clips as u64)
            ),
        )),
        Some(_) => said.push((true, "Event-driven and clock-driven runs DIFFER: see below.".into())),
        None if report.spikes.is_some() => {
            said.push((false, "Event-driven and clock-driven runs were not compared in this run.".into()));
        }
        None => {}
    }
    said
}
