//! An evaluation as one HTML page.

use super::document::EvaluationReport;
use super::pictures::pictures;
use crate::base::text::grouped;
use crate::energy::Energy;
use crate::error::Result;
use crate::report::page::cells::{joule, number, per_clip, percent};
use crate::report::page::counted::{absent, ledger, neurobench, synops};
use crate::report::page::figures::figures;
use crate::report::page::html::{Cell, escape, list, table, tile};
use crate::report::page::priced::leaves_out;
use crate::report::page::{Head, Section, document};
use crate::report::tables::part;

/// The evaluation as one HTML document that needs no other file; `others` are other evaluations,
/// each with its name, which "accuracy against energy" shows too. The same reports give the same
/// bytes.
///
/// # Errors
/// If a picture cannot be drawn.
pub fn page(report: &EvaluationReport, others: &[(String, EvaluationReport)]) -> Result<String> {
    let name = if report.network.is_empty() { "network" } else { &report.network };
    let steps = report.after_steps.last().map_or(0, |at| at.steps);
    let facts = format!(
        "{name} on {} clips of at most {} steps of {} ms; read out: {} of '{}'; {} driver.",
        grouped(report.clips),
        grouped(steps.into()),
        report.dt_ms,
        report.read_out_in_words(),
        report.output,
        report.driver.name(),
    );
    let heading = format!("{name}: accuracy, spikes, operations, energy");
    let head = Head { title: &format!("{name}, evaluation"), heading: &heading, facts: &facts, schema: &report.schema };
    let energy = report.energy();
    let sections = [
        Section("summary", "Summary", summary(report, &energy)),
        // The pictures stand in front of the long tables.
        Section("pictures", "Pictures", figures(&pictures(report, others))?),
        Section("caveats", "What the figures leave out", caveats(report, &energy)),
        Section("accuracy", "Accuracy", recall(report) + &by_steps(report, &energy)),
        Section("energy", "Modelled energy", by_table(report, &energy)),
        Section("operations", "Operations", operations(report)),
        Section("parity", "Event-driven against clock-driven", parity(report)),
    ];
    Ok(document(&head, &sections))
}

fn summary(report: &EvaluationReport, energy: &[Energy]) -> String {
    let clips = report.clips.max(1) as f64;
    let right = (report.accuracy * report.clips as f64).round() as u64;
    let total = report.synops.total(|_| true);
    let spikes: f64 = report.populations.iter().map(|population| population.operations.spikes as f64).sum();
    let mut html = String::from("<dl class=\"key\">\n");
    let more = format!("{} of {} clips right", grouped(right), grouped(report.clips));
    html += &tile("Accuracy", &percent(report.accuracy), &more);
    if let Some(ticks) = report.mean_latency_ticks {
        let ms = ticks * report.dt_ms;
        html +=
            &tile("First right decision", &format!("{ms:.1} ms"), &format!("{ticks:.1} steps, mean of clips with one"));
    }
    html += &tile("Spikes per clip", &format!("{:.1}", spikes / clips), "all populations");
    let effective = (total.effective_acs + total.effective_macs) as f64 / clips;
    html += &tile("SynOps per clip", &grouped(effective.round() as u64), "effective: non-zero input, non-zero weight");
    if let Some(first) = energy.first() {
        let more = format!("per clip, modelled, not measured; table {}", first.table);
        html += &tile("Energy", &part(first.of(|_| true), clips, joule), &more);
    }
    html += "</dl>\n";
    if report.undecided > 0 {
        html += &format!("<p>{} clips are without a decision, which counts as wrong.</p>\n", grouped(report.undecided));
    }
    match report.parity.as_ref().map(|parity| &parity.first_difference) {
        None => html += "<p>Event-driven and clock-driven runs were not compared (--compare does).</p>\n",
        Some(None) => html += "<p>Event-driven and clock-driven runs agree on every spike of every clip.</p>\n",
        Some(Some(clip)) => {
            let clip = escape(clip);
            html +=
                &format!("<p class=\"warn\">Event-driven and clock-driven runs DIFFER, first in clip {clip}.</p>\n");
        }
    }
    html
}

fn caveats(report: &EvaluationReport, energy: &[Energy]) -> String {
    let mut items =
        vec!["Energy is modelled, not measured: counted operations times published energies per operation.".to_owned()];
    items.push(
        "Work is what the driver carried out: the clock driver updates every neuron at every step, and multiplies whole \
         matrices."
            .into(),
    );
    items.extend(absent(&report.neurobench));
    list(&items) + &leaves_out(energy, report.clips as usize)
}

fn recall(report: &EvaluationReport) -> String {
    let share = |share: Option<f64>| Cell::Number(share.map_or("–".into(), percent));
    let classes = report.confusion.iter().zip(&report.recall).zip(report.precision()).enumerate();
    let row = |(class, ((counts, &recall), precision)): (usize, ((&Vec<u64>, _), _))| {
        let wrong = counts.iter().enumerate().filter(|&(other, &n)| other != class && n > 0);
        let most = wrong.max_by_key(|&(other, &n)| (n, std::cmp::Reverse(other)));
        let taken = most.map_or("–".into(), |(other, n)| match other == counts.len() - 1 {
            true => format!("none ({n})"),
            false => format!("{other} ({n})"),
        });
        let clips = number(counts.iter().copied().fold(0, u64::saturating_add));
        vec![Cell::Name(class.to_string()), clips, share(recall), share(precision), Cell::Text(taken)]
    };
    let head = ["class", "clips", "recall", "precision", "most often mistaken for (clips)"];
    table("Accuracy by class", &head, &classes.map(row).collect::<Vec<_>>())
}

fn by_steps(report: &EvaluationReport, energy: &[Energy]) -> String {
    let row = |at: &super::document::AtStep| {
        let mut row = vec![Cell::Name(at.steps.to_string())];
        row.extend([at.accuracy, at.right_once].map(|share| Cell::Number(percent(share))));
        row.extend([at.spikes, at.effective_acs, at.effective_macs].map(|count| per_clip(count, 1)));
        row.extend(energy.iter().map(|e| Cell::Number(at.energy_pj.get(&e.table).map_or("–".into(), |&pj| joule(pj)))));
        row
    };
    let mut head = vec!["steps", "accuracy", "right once", "spikes", "effective ACs", "effective MACs"];
    head.extend(energy.iter().map(|e| &e.table[..]));
    let caption = "After so many steps, as if clips had no more: means per clip up to there; energy modelled, not measured, by \
                   table; operations without a price are left out";
    table(caption, &head, &report.after_steps.iter().map(row).collect::<Vec<_>>())
}

fn by_table(report: &EvaluationReport, energy: &[Energy]) -> String {
    let clips = report.clips.max(1) as f64;
    let layers: Vec<&str> = report.populations.iter().map(|population| &population.name[..]).collect();
    let row = |e: &Energy| {
        let mut row = vec![Cell::Name(e.table.clone()), Cell::Number(part(e.of(|_| true), clips, joule))];
        row.extend(layers.iter().map(|name| {
            let layer = e.by_layer.iter().find(|layer| layer.layer == *name);
            Cell::Number(layer.and_then(|layer| layer.pj).map_or("–".into(), |pj| joule(pj / clips)))
        }));
        row.push(Cell::Text(e.grade.to_string()));
        row
    };
    let mut head = vec!["table", "whole network"];
    head.extend(&layers);
    head.push("grade");
    let caption =
        "Energy per clip by table, modelled, not measured; partial: some operations have no price and are left out";
    table(caption, &head, &energy.iter().map(row).collect::<Vec<_>>())
}

fn operations(report: &EvaluationReport) -> String {
    let each = |count: u64| per_clip(count as f64, report.clips as usize);
    let rows: Vec<_> = (report.populations.iter())
        .map(|p| {
            let o = &p.operations;
            let mut row = vec![Cell::Name(p.name.clone()), number(p.neurons.into())];
            row.push(each(o.spikes));
            row.push(Cell::Number(format!("{:.5}", p.spikes_per_neuron_tick)));
            row.extend([o.synops, o.macs, o.membrane_updates, o.threshold_updates, o.queue_operations].map(each));
            row
        })
        .collect();
    let head = [
        "population",
        "neurons",
        "spikes",
        "per neuron and step",
        "SynOps",
        "MACs",
        "membrane updates",
        "threshold updates",
        "queue operations",
    ];
    table("What each population did, per clip", &head, &rows)
        + &synops(&report.synops)
        + &neurobench(&report.neurobench)
        + &ledger(&report.ledger)
}

fn parity(report: &EvaluationReport) -> String {
    let seconds = |name: &str, s: f64| vec![Cell::Name(name.into()), Cell::Number(format!("{s:.4}"))];
    let own = seconds(report.driver.name(), report.run_s);
    let rows = std::iter::once(own).chain(report.parity.iter().map(|other| seconds(other.driver.name(), other.run_s)));
    let caption = "Wall time of all clips on the machine at hand, reading them included";
    table(caption, &["driver", "seconds"], &rows.collect::<Vec<_>>())
}
