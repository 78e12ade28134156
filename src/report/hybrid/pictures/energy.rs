//! Modelled energy by table.

use super::operations::{axis, zero};
use super::parts::{FAINT, Names, log_range, note};
use super::picture::Picture;
use crate::energy::{Energy, Kind, Priced};
use crate::plot::WIDTH;
use crate::plot::axes::{BOTTOM, DOT, EDGE, Panel, Sample, colour, fitting_log, legend, overhang_log};
use crate::plot::figure::{Figure, INK, Shape};
use crate::report::hybrid::document::Report;
use crate::report::tables::is_spiking;
use std::collections::BTreeSet;

const NANOJOULE: f64 = 1000.0;

/// Energy of the spiking layers with their time-step factor, of the rest, and of the dense twin, pJ
/// over all clips.
fn parts(energy: &Energy) -> [Option<f64>; 3] {
    [energy.of(is_spiking).pj(), energy.of(|branch| !is_spiking(branch)).pj(), energy.dense_twin_pj]
}

/// A note on the operations that a table has no price for.
pub fn unpriced(energy: &Energy) -> String {
    let kinds: BTreeSet<Kind> = energy.unpriced.iter().map(|u| u.kind).collect();
    let mut names: Vec<String> = kinds.iter().map(|kind| kind.name().replace('_', " ")).collect();
    if energy.of(|branch| !is_spiking(branch)) == Priced::NoPrice {
        names.insert(0, "the dense part".into());
    }
    if energy.of(is_spiking) == Priced::NoPrice {
        names.insert(0, "the spiking part".into());
    }
    if energy.dense_twin_pj.is_none() {
        names.insert(0, "the dense twin".into());
    }
    if names.is_empty() {
        return "every operation has a price".into();
    }
    format!("without a price: {}", names.join(", "))
}

/// One row a table, on a logarithmic axis.
pub fn picture(report: &Report) -> Picture {
    Picture {
        name: "energy",
        title: "Modelled energy by table",
        caption: "Modelled, not measured: operations times published energies per operation, per clip, on a logarithmic axis. The \
                  spiking part is the spiking layers with the time-step factor; the dense part is everything else of the hybrid; \
                  the dense twin is the whole network with ReLU in place of spikes, in one pass. Tables do not price the same \
                  operations: what each of them leaves out stands below it, so that sums of different tables do not compare. Functions are divisions, roots, exponentials and logarithms."
            .into(),
        figure: if report.energy.is_empty() {
            Err("no table prices anything of this run".into())
        } else {
            Ok(draw(report))
        },
    }
}

fn draw(report: &Report) -> Figure {
    const STRIP: f64 = 42.0;
    let per_clip = |pj: f64| pj / report.clips.max(1) as f64 / NANOJOULE;
    let all = report.energy.iter().flat_map(parts).flatten();
    let x = log_range(all.map(per_clip)).unwrap_or((1.0, 10.0));
    let signs = [(Shape::Disc, colour(1)), (Shape::Square, colour(0)), (Shape::Diamond, INK)];

    let mut figure = Figure::new();
    let names = Names::new(report.energy.iter().map(|e| e.table.as_str()));
    let wide = f64::from(WIDTH) - names.width - EDGE;
    let wide = (f64::from(WIDTH) - names.width - overhang_log(&fitting_log(x, wide), x, wide)).floor();
    let titles = ["spiking part", "dense part", "dense twin"];
    let entries: Vec<_> =
        signs.iter().zip(titles).map(|(&(shape, c), name)| (Sample::Dot(shape, c), name.into())).collect();
    let top = 4.0 + legend(&mut figure, (EDGE, f64::from(WIDTH) - EDGE), 4.0, &entries) + 10.0;
    let mut panel = Panel { left: names.width, top, width: wide, height: 0.0, x, y: (0.0, 1.0), log_x: true };
    let mut y = top;
    for (row, energy) in report.energy.iter().enumerate() {
        let strip = names.height(row, STRIP);
        let middle = (y + strip / 2.0).round();
        names.draw(&mut figure, row, middle);
        figure.rect(panel.left, middle - 1.0, panel.width, 2.0, FAINT);
        for ((shape, colour), pj) in signs.into_iter().zip(parts(energy)) {
            match pj {
                Some(pj) if pj > 0.0 => {
                    figure.dots(shape, DOT + 2.0, colour, vec![(panel.at_x(per_clip(pj)), middle)]);
                }
                Some(_) => zero(&mut figure, &panel, middle),
                None => {}
            }
        }
        y += strip;
        let room = (panel.left + 14.0, panel.width - 14.0);
        y += note(&mut figure, room, y - 4.0, &unpriced(energy)) + 8.0;
    }
    panel.height = y - top;
    axis(&mut figure, &panel, "Modelled energy per clip (nJ)");
    figure.height = (panel.bottom() + BOTTOM).ceil() as u32;
    figure
}
