//! Accuracy against energy over numbers of time steps.

use super::spikes::NO_SPIKES;
use crate::hybrid::gzsl::Scores;
use crate::report::hybrid::document::Report;
use crate::report::pictures::Picture;
use crate::report::pictures::tradeoff::{At, Tradeoff, draw};

/// HM and ZSL against the energy of the whole hybrid.
pub fn picture(report: &Report, others: &[(String, Report)]) -> Picture {
    let table = report.energy.first().map_or("", |e| e.table.as_str());
    let line: Vec<(String, At)> = (report.over_time_steps.iter())
        .map(|at| (at.time_steps.to_string(), point(at.total_pj_per_clip, &at.accuracy)))
        .collect();
    // Where the run itself is on the line already, it has no sign of its own.
    let own = (line.is_empty() && !others.is_empty()).then_some(("this run", report));
    let whole = own.into_iter().chain(others.iter().map(|(name, report)| (&name[..], report)));
    let whole: Vec<(String, At)> = whole
        .map(|(name, report)| {
            let pj = report.energy_pj / report.clips.max(1) as f64;
            (name.to_owned(), point(pj, &report.accuracy.both))
        })
        .collect();
    let mut caption = format!(
        "Harmonic mean (HM) and zero-shot accuracy (ZSL), by the sum of both distances, against the modelled energy of the whole \
         hybrid by table {table}."
    );
    if !line.is_empty() {
        caption += " Discs: the weights of this run, cut off after as many time steps T as the numbers say, with its gamma; the \
                    last is the whole run.";
    }
    if !whole.is_empty() {
        caption += " Each other sign: a whole run, by the name of its folder.";
    }
    let figure = if line.is_empty() && whole.is_empty() {
        Err(NO_SPIKES.to_owned())
    } else {
        let panels = ["HM (%)", "ZSL (%)"];
        Ok(draw(&Tradeoff { panels: &panels, table, line_name: "same weights, fewer steps", line, whole }))
    };
    Picture { name: "accuracy_energy", title: "Accuracy against energy", caption, figure }
}

fn point(pj: f64, scores: &Scores) -> At {
    At { nanojoule: pj / 1000.0, accuracy: vec![100.0 * scores.hm, 100.0 * scores.zsl] }
}
