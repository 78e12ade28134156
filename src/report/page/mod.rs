//! A report as one HTML page: style and pictures are in it, and nothing is loaded.

mod html;

use crate::energy::{Branch, Energy, Kind};
use crate::error::Result;
use crate::hybrid::gzsl::Scores;
use crate::report::document::Report;
use crate::report::pictures::{Picture, pictures, work_of_layers};
use crate::report::text::{energy, grouped, is_spiking, part};
use html::{Cell, escape, list, table};

const STYLE: &str = include_str!("page.css");
/// Sections: the name in the address, and the title.
const SECTIONS: [(&str, &str); 7] = [
    ("summary", "Summary"),
    ("caveats", "What the figures leave out"),
    ("accuracy", "Accuracy"),
    ("energy", "Modelled energy"),
    ("operations", "Operations"),
    ("parity", "Event-driven against clock-driven"),
    ("pictures", "Pictures"),
];

/// The report as one HTML document that needs no other file; `others` are reports of other trainings, which "accuracy against energy"
/// shows too. The same reports give the same bytes.
///
/// # Errors
/// If a picture cannot be drawn.
pub fn page(report: &Report, others: &[Report]) -> Result<String> {
    let title = format!("{}, seed {}, {} time steps", report.dataset, report.seed, report.time_steps);
    let facts = format!(
        "{} ({} split), {} test clips, class vectors {}, seed {}, {} epochs, {}.",
        report.dataset,
        report.split,
        grouped(report.clips as u64),
        report.class_vectors,
        report.seed,
        report.epochs,
        match report.spikes {
            Some(_) => format!("{} time steps", report.time_steps),
            None => "no spiking branch".into(),
        }
    );
    let bodies = [
        summary(report),
        caveats(report),
        accuracy(report),
        energy_tables(report),
        operations(report),
        parity(report),
        figures(&pictures(report, others))?,
    ];
    let links: String =
        SECTIONS.iter().map(|(name, title)| format!("<li><a href=\"#{name}\">{title}</a></li>\n")).collect();
    let sections: String = SECTIONS
        .iter()
        .zip(bodies)
        .map(|((name, title), body)| {
            format!("<section id=\"{name}\" aria-labelledby=\"{name}-title\">\n<h2 id=\"{name}-title\">{title}</h2>\n{body}</section>\n")
        })
        .collect();
    Ok(format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"generator\" content=\"spikefuse {}\">\n<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <header>\n<h1>{}: accuracy, spikes, operations, energy</h1>\n<p class=\"facts\">{}</p>\n<nav aria-label=\"Sections\">\n<ul>\n{links}</ul>\n</nav>\n</header>\n\
         <main>\n{sections}</main>\n<footer>\n<p class=\"quiet\">Written by spikefuse {} from a report of schema {}.</p>\n</footer>\n\
         </body>\n</html>\n",
        env!("CARGO_PKG_VERSION"),
        escape(&title),
        escape(&report.dataset),
        escape(&facts),
        env!("CARGO_PKG_VERSION"),
        escape(&report.schema),
    ))
}

fn percent(part: f64) -> String {
    format!("{:.2} %", 100.0 * part)
}

/// Energy with a unit that suits.
fn joule(pj: f64) -> String {
    energy(pj).replace("uJ", "µJ")
}

fn number(count: u64) -> Cell {
    Cell::Number(grouped(count))
}

/// A mean per clip.
fn per_clip(count: f64, clips: usize) -> Cell {
    let mean = count / clips.max(1) as f64;
    Cell::Number(if mean == 0.0 || mean >= 100.0 { grouped(mean.round() as u64) } else { format!("{mean:.1}") })
}

/// A tile of the summary; `more` is a line below the figure.
fn tile(name: &str, value: &str, more: &str) -> String {
    format!("<div><dt>{}</dt><dd>{}<small>{}</small></dd></div>\n", escape(name), escape(value), escape(more))
}

fn summary(report: &Report) -> String {
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

/// What a reader must know first, and whether it is a warning.
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
                "Event-driven and clock-driven runs agree bit by bit on every spike, membrane, threshold and embedding of {} clips.",
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

fn caveats(report: &Report) -> String {
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

/// What has no price: a row for each kind of operation, a column for each table.
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
    match rows.is_empty() {
        true => String::new(),
        false => table("Operations that each table has no price for, per clip; – where there is none", &head, &rows),
    }
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

fn words(kind: Kind) -> String {
    kind.name().replace('_', " ")
}

fn accuracy(report: &Report) -> String {
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

fn energy_tables(report: &Report) -> String {
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

fn operations(report: &Report) -> String {
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
    let mut rows: Vec<_> = (report.synops.layers.iter())
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
    let total = report.synops.total(|_| true);
    rows.push(vec![
        Cell::Name("all layers".into()),
        each(total.effective_acs),
        each(total.effective_macs),
        each(total.spikes_x_fan_out),
        maybe(Some(total.rate_x_dense)),
        each(total.dense),
    ]);
    html += &table(
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
    );
    html += &neurobench(report);
    html += &ledger(report);
    html
}

fn neurobench(report: &Report) -> String {
    let n = &report.neurobench;
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

/// Kinds of operation that a run did, a column each.
fn ledger(report: &Report) -> String {
    let ledger = &report.ledger;
    let done = ledger.totals();
    let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| done.get(kind).is_some_and(|n| *n > 0)).collect();
    let names: Vec<String> = kinds.iter().map(|kind| words(*kind)).collect();
    let mut head = vec!["layer", "part"];
    head.extend(names.iter().map(String::as_str));
    head.push("mac, dense twin");
    let row = |name: &str, part: &str, which: &dyn Fn(&crate::energy::Entry) -> bool| {
        let mut row = vec![Cell::Name(name.into()), Cell::Text(part.into())];
        row.extend(kinds.iter().map(|kind| number(ledger.count(*kind, which))));
        row.push(number(ledger.twin_macs(which)));
        row
    };
    let mut rows: Vec<_> = (ledger.layers().into_iter())
        .map(|(part, layer)| row(layer, branch(part), &|e| e.branch == part && e.layer == layer))
        .collect();
    rows.push(row("all layers", "", &|_| true));
    let caption = format!(
        "Ledger: every operation of each layer, sums over {} clips. Spikes, synaptic events and updates are the same work as \
         the arithmetic, seen as events",
        grouped(report.clips as u64)
    );
    table(&caption, &head, &rows)
}

fn parity(report: &Report) -> String {
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
        verdict("membranes", parity.membranes_equal),
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

fn figures(pictures: &[Picture]) -> Result<String> {
    let mut html = String::from("<div class=\"figures\">\n");
    let mut left_out = Vec::new();
    for picture in pictures {
        let (name, title) = (picture.name, picture.title);
        match &picture.figure {
            Ok(figure) => {
                html += &format!(
                    "<figure id=\"figure-{name}\">\n<h3>{}</h3>\n<div class=\"card\">{}</div>\n<figcaption>{}</figcaption>\n</figure>\n",
                    escape(title),
                    inline(&figure.svg()?, title, name),
                    escape(&picture.caption)
                );
            }
            Err(reason) => left_out.push(format!("{title}: left out, {reason}.")),
        }
    }
    html += "</div>\n";
    if !left_out.is_empty() {
        html += &list(&left_out);
    }
    Ok(html)
}

/// An SVG document as an element of a page: without what only a file needs, with a name for who cannot see it, and with ids that no
/// other picture has.
fn inline(svg: &str, title: &str, name: &str) -> String {
    let start = svg.find("<svg").unwrap_or(0);
    let label = format!("<svg role=\"img\" aria-label=\"{}\"", escape(title));
    let svg = svg[start..].trim_end().replacen("<svg", &label, 1);
    let svg = svg.replacen(" xmlns=\"http://www.w3.org/2000/svg\"", "", 1);
    svg.replace(" id=\"", &format!(" id=\"{name}-")).replace("url(#", &format!("url(#{name}-"))
}
