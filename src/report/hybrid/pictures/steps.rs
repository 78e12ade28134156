//! What changes over the time steps: the weights of the time-step factor, and the thresholds.

use super::spikes::NO_SPIKES;
use crate::hybrid::compare::Spread;
use crate::plot::WIDTH;
use crate::plot::axes::{
    BOTTOM, DOT, EDGE, LABEL, NOTE, Panel, Sample, Ticks, colour, dashes, legend, margin, padded, upward_label,
};
use crate::plot::figure::{Anchor, Colour, Figure, GREY, INK, Shape};
use crate::report::hybrid::document::{LayerRate, Report};
use crate::report::pictures::Picture;
use crate::report::pictures::heat::step_ticks;
use crate::report::pictures::parts::{LINE, wrap};

/// The weights with which the time-step factor sums the steps.
pub fn factor(report: &Report) -> Picture {
    let figure = match &report.spikes {
        Some(spikes) if spikes.time_step_factor.iter().any(|f| !f.is_empty()) => {
            Ok(draw_factor(&spikes.time_step_factor))
        }
        _ => Err(NO_SPIKES.to_owned()),
    };
    Picture {
        name: "time_step_factor",
        title: "Weights of the time steps",
        caption: "Mean weight that the time-step factor gives to each time step (steps count from 0), by modality. Dashed: the same weight \
                  for every step."
            .into(),
        figure,
    }
}

fn draw_factor(factors: &[Vec<f64>; 2]) -> Figure {
    const SHAPES: [Shape; 2] = [Shape::Disc, Shape::Square];
    let steps = factors.iter().map(Vec::len).max().unwrap_or(1);
    let even = 1.0 / steps as f64;
    let values = || factors.iter().flatten().copied().chain([even]);
    let (lo, hi) = (values().fold(0.0, f64::min), values().fold(0.0, f64::max));
    let y = (if lo < 0.0 { padded(lo, hi).0 } else { 0.0 }, hi + 0.08 * (hi - lo));
    let ticks = Ticks::vertical(y.0, y.1, 360.0);

    let mut figure = Figure::new();
    let left = margin(ticks.width(), true);
    let wide = f64::from(WIDTH) - left - EDGE;
    let mut entries: Vec<_> = (["audio", "video"].iter().enumerate())
        .map(|(n, name)| (Sample::Dot(SHAPES[n], colour(n)), (*name).to_owned()))
        .collect();
    entries.push((Sample::Dashes(GREY), "all steps alike".into()));
    let top = 4.0 + legend(&mut figure, (left, left + wide), 4.0, &entries) + 12.0;
    let x = (-0.5, steps as f64 - 0.5);
    let panel = Panel { left, top, width: wide, height: 360.0, x, y, log_x: false };
    let level = panel.at_y(even).round();
    for dash in dashes(&[(panel.left, level), (panel.right(), level)], 14.0, 9.0) {
        figure.line(dash, 3.0, GREY);
    }
    for (n, factor) in factors.iter().enumerate() {
        let points: Vec<_> = factor.iter().enumerate().map(|(t, w)| (panel.at_x(t as f64), panel.at_y(*w))).collect();
        figure.line(points.clone(), 3.0, colour(n));
        figure.dots(SHAPES[n], DOT, colour(n), points);
    }
    panel.left_axis(&mut figure, &ticks);
    panel.bottom_axis(&mut figure, &step_ticks(steps, wide), "Time step");
    upward_label(&mut figure, top + panel.height / 2.0, panel.height, ["Weight", ""]);
    figure.height = (panel.bottom() + BOTTOM).ceil() as u32;
    figure
}

/// The thresholds of each layer over time.
pub fn thresholds(report: &Report) -> Picture {
    let layers: Vec<&LayerRate> =
        report.spikes.iter().flat_map(|s| &s.rate_per_layer).filter(|layer| !layer.thresholds.is_empty()).collect();
    let figure = match (&report.spikes, layers.is_empty()) {
        (None, _) => Err(NO_SPIKES.to_owned()),
        (_, true) => Err("the drivers were not compared in this run, which is when thresholds are watched".into()),
        _ => Ok(draw_thresholds(&layers)),
    };
    Picture {
        name: "thresholds",
        title: "Thresholds over time",
        caption: "Thresholds of all neurons of each layer in all test clips at each time step (steps count from 0): mean, and the band from \
                  the least to the largest. All panels have the same axes."
            .into(),
        figure,
    }
}

const BAND: Colour = [0xB3, 0xD5, 0xE8];

fn draw_thresholds(layers: &[&LayerRate]) -> Figure {
    const GAP: f64 = 34.0;
    let columns = layers.len().min(2);
    let height = match layers.len() {
        1 => 360.0,
        2..=6 => 190.0,
        _ => 150.0,
    };
    let steps = layers.iter().map(|layer| layer.thresholds.len()).max().unwrap_or(1);
    let spreads = || layers.iter().flat_map(|layer| &layer.thresholds);
    let lo = spreads().map(|s| s.min).fold(f64::INFINITY, f64::min);
    let hi = spreads().map(|s| s.max).fold(f64::NEG_INFINITY, f64::max);
    let y = padded(lo, hi);
    let ticks = Ticks::vertical(y.0, y.1, height);

    let mut figure = Figure::new();
    let left = margin(ticks.width(), true);
    let wide = ((f64::from(WIDTH) - left - EDGE - GAP * (columns as f64 - 1.0)) / columns as f64).floor();
    let entries = [(Sample::Line(colour(0)), "mean".to_owned()), (Sample::Line(BAND), "least to largest".to_owned())];
    let first_top = 4.0 + legend(&mut figure, (left, f64::from(WIDTH) - EDGE), 4.0, &entries);
    let x = (-0.5, steps as f64 - 0.5);
    let time = step_ticks(steps, wide);
    let silent = |ticks: &Ticks| Ticks(ticks.0.iter().map(|(value, _)| (*value, String::new())).collect());
    let (mut top, mut bottom) = (first_top, first_top);
    for (n, row) in layers.chunks(columns).enumerate() {
        let names: Vec<Vec<String>> = row.iter().map(|layer| wrap(&layer.layer, NOTE, wide)).collect();
        let named = names.iter().map(Vec::len).max().unwrap_or(1) as f64 * LINE + 6.0;
        for (column, (layer, name)) in row.iter().zip(&names).enumerate() {
            let left = left + (wide + GAP) * column as f64;
            for (i, line) in name.iter().rev().enumerate() {
                let place = (left, top + named - 8.0 - LINE * i as f64);
                figure.text(place, NOTE, Anchor::Start, INK, line);
            }
            let panel = Panel { left, top: top + named, width: wide, height, x, y, log_x: false };
            draw_band(&mut figure, &panel, &layer.thresholds);
            panel.left_axis(&mut figure, &if column == 0 { ticks.clone() } else { silent(&ticks) });
            bottom = panel.bottom();
        }
        top = bottom + 16.0;
        let last = bottom;
        // The lowest panel of each column has the labels of the steps.
        for column in 0..row.len() {
            let left = left + (wide + GAP) * column as f64;
            let panel = Panel { left, top: last, width: wide, height: 0.0, x, y, log_x: false };
            let labelled = (n + 1) * columns + column >= layers.len();
            panel.bottom_axis(&mut figure, &if labelled { time.clone() } else { silent(&time) }, "");
        }
    }
    let middle = left + (f64::from(WIDTH) - EDGE - left) / 2.0;
    figure.text((middle, bottom + 84.0), LABEL, Anchor::Middle, INK, "Time step");
    let label = ["Threshold (units of membrane potential)", "Threshold"];
    upward_label(&mut figure, (first_top + bottom) / 2.0, bottom - first_top, label);
    figure.height = (bottom + BOTTOM).ceil() as u32;
    figure
}

/// Draws the mean, and the band from the smallest to the largest threshold.
fn draw_band(figure: &mut Figure, panel: &Panel, spreads: &[Spread]) {
    let at = |t: usize, value: f64| (panel.at_x(t as f64), panel.at_y(value));
    let line = |value: &dyn Fn(&Spread) -> f64| -> Vec<(f64, f64)> {
        spreads.iter().enumerate().map(|(t, spread)| at(t, value(spread))).collect()
    };
    let mut band = line(&|s| s.min);
    let edges = [band.clone(), line(&|s| s.max)];
    band.extend(edges[1].iter().rev());
    figure.area(band, BAND);
    // The edges are drawn so that a band of height zero stays visible.
    for edge in edges {
        figure.line(edge, 2.0, BAND);
    }
    let mean = line(&|s| s.mean);
    figure.line(mean.clone(), 3.0, colour(0));
    figure.dots(Shape::Disc, if spreads.len() > 20 { 3.0 } else { 5.0 }, colour(0), mean);
}
