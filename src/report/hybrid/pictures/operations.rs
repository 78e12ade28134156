//! Operations per layer, beside the dense twin's.

use super::parts::{FAINT, Names, log_range};
use super::picture::Picture;
use crate::base::text::counted;
use crate::energy::Kind;
use crate::plot::WIDTH;
use crate::plot::axes::{
    BOTTOM, DOT, EDGE, NOTE, Panel, ROW, Sample, TICK, Ticks, colour, fitting_log, legend, overhang_log, ring,
};
use crate::plot::figure::{Anchor, Figure, GREY, INK, Shape, WHITE};
use crate::report::hybrid::document::Report;

/// Largest height of all rows together; the rows with the fewest operations are left out.
const HIGHEST: f64 = 2300.0;
const ROW_HEIGHT: f64 = 35.0;

/// Work of a layer with weights over all clips.
pub struct LayerWork<'a> {
    /// Name of the layer.
    pub layer: &'a str,
    /// MACs of its dense twin; none if the twin has no such layer.
    pub twin: Option<u64>,
    /// Accumulates and MACs at its weights.
    pub executed: u64,
    /// Accumulates and MACs of a non-zero weight with a non-zero input.
    pub effective: u64,
}

/// The work of every layer with weights; a part of another layer, `block1.threshold` of `block1`,
/// stands behind that layer.
pub fn work_of_layers(report: &Report) -> Vec<LayerWork<'_>> {
    let work = report.synops.layers.iter().map(|layer| {
        let here = |e: &crate::energy::Entry| e.layer == layer.layer;
        let spiking = report.dense_twin.iter().find(|twin| twin.layer == layer.layer);
        LayerWork {
            layer: &layer.layer,
            twin: Some(report.ledger.twin_macs(here)).filter(|&macs| macs > 0),
            executed: match spiking {
                Some(twin) => twin.spiking_operations,
                None => report.ledger.count(Kind::Mac, here),
            },
            effective: layer.effective_acs + layer.effective_macs,
        }
    });
    let mut work: Vec<LayerWork<'_>> = work.collect();
    let names: Vec<&str> = work.iter().map(|w| w.layer).collect();
    work.sort_by_cached_key(|w| {
        let owns = |other: &&str| w.layer.strip_prefix(*other).is_some_and(|rest| rest.starts_with('.'));
        let whole = names.iter().position(owns);
        (whole.or_else(|| names.iter().position(|name| *name == w.layer)), whole.is_some())
    });
    work
}

/// One row a layer, on a logarithmic axis.
pub fn picture(report: &Report) -> Picture {
    let work = work_of_layers(report);
    let all = work.len();
    let names = Names::new(work.iter().map(|w| w.layer));
    let mut order: Vec<usize> = (0..all).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(work[i].executed.max(work[i].twin.unwrap_or(0))));
    let mut height = 0.0;
    order.retain(|&i| {
        height += names.height(i, ROW_HEIGHT);
        height <= HIGHEST
    });
    order.sort_unstable();
    let work: Vec<_> = order.into_iter().map(|i| &work[i]).collect();
    let figure = if work.is_empty() {
        Err("the report has no layer with weights".to_owned())
    } else {
        Ok(draw(report, &work, all))
    };
    Picture {
        name: "operations",
        title: "Operations per layer",
        caption: "Multiply-accumulates and accumulates at the weights of each layer, mean over the test clips, on a logarithmic \
                  axis: executed by the hybrid; effective, those of a non-zero input with a non-zero weight, at every time step; and \
                  those of the dense twin, the same network with ReLU in place of spikes, in one pass. A layer that the twin does not \
                  have shows none. Analog input that stays the same is multiplied once per clip, and is effective at every step."
            .into(),
        figure,
    }
}

fn draw(report: &Report, work: &[&LayerWork<'_>], all: usize) -> Figure {
    let clips = report.clips.max(1) as f64;
    let per_clip = |count: u64| count as f64 / clips;
    let counts = work.iter().flat_map(|w| [Some(w.executed), Some(w.effective), w.twin]).flatten();
    let x = log_range(counts.map(per_clip)).unwrap_or((1.0, 10.0));

    let mut figure = Figure::new();
    let names = Names::new(work.iter().map(|w| w.layer));
    let wide = f64::from(WIDTH) - names.width - EDGE;
    let wide = (f64::from(WIDTH) - names.width - overhang_log(&fitting_log(x, wide), x, wide)).floor();
    let entries = [
        (Sample::Dot(Shape::Diamond, INK), "dense twin".to_owned()),
        (Sample::Ring(colour(0)), "executed".to_owned()),
        (Sample::Dot(Shape::Disc, colour(1)), "effective".to_owned()),
    ];
    let mut top = 4.0 + legend(&mut figure, (EDGE, f64::from(WIDTH) - EDGE), 4.0, &entries) + 10.0;
    if work.len() < all {
        let text = format!("the {} of {} with the most operations", work.len(), counted(all as u64, "layer"));
        figure.text((f64::from(WIDTH) - EDGE, top + 24.0), NOTE, Anchor::End, GREY, &text);
        top += ROW;
    }
    let heights: Vec<f64> = (0..work.len()).map(|row| names.height(row, ROW_HEIGHT)).collect();
    let height = heights.iter().sum::<f64>() + 10.0;
    let panel = Panel { left: names.width, top, width: wide, height, x, y: (0.0, 1.0), log_x: true };
    let (mut executed, mut effective, mut twins) = (Vec::new(), Vec::new(), Vec::new());
    let mut y = top + 5.0;
    for (row, w) in work.iter().enumerate() {
        let middle = (y + heights[row] / 2.0).round();
        y += heights[row];
        names.draw(&mut figure, row, middle);
        figure.rect(panel.left, middle - 1.0, panel.width, 2.0, FAINT);
        let mut at = |count: u64, places: &mut Vec<(f64, f64)>| match count {
            0 => zero(&mut figure, &panel, middle),
            count => places.push((panel.at_x(per_clip(count)), middle)),
        };
        at(w.executed, &mut executed);
        if w.executed > 0 || w.effective > 0 {
            at(w.effective, &mut effective);
        }
        if let Some(twin) = w.twin {
            twins.push((panel.at_x(per_clip(twin)), middle));
        }
    }
    ring(&mut figure, colour(0), executed);
    // A diamond that is larger than the ring's middle stands around it too.
    figure.dots(Shape::Diamond, DOT, INK, twins);
    figure.dots(Shape::Disc, 0.55 * DOT, colour(1), effective);
    axis(&mut figure, &panel, "Operations per clip");
    figure.height = (panel.bottom() + BOTTOM).ceil() as u32;
    figure
}

/// A zero, which has no place on a logarithmic axis, at the left end of the axis.
pub fn zero(figure: &mut Figure, panel: &Panel, middle: f64) {
    figure.rect(panel.left + 4.0, middle - 2.0, 30.0, 4.0, WHITE);
    figure.text((panel.left + 10.0, middle + 0.36 * TICK), TICK, Anchor::Start, INK, "0");
}

/// The axes of a panel of rows: a bare line at the left, a logarithmic axis at the bottom.
pub fn axis(figure: &mut Figure, panel: &Panel, label: &str) {
    panel.left_axis(figure, &Ticks(Vec::new()));
    panel.bottom_axis(figure, &fitting_log(panel.x, panel.width), label);
}
