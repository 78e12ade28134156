//! Maps: cells whose colour is a share.

use super::parts::Names;
use crate::plot::WIDTH;
use crate::plot::axes::{BOTTOM, EDGE, NOTE, Panel, TICK, Ticks, fitting, round_up};
use crate::plot::figure::{Anchor, Colour, Figure, INK, WHITE};
use crate::plot::font::width;

/// Most cells of a row.
const CELLS: usize = 100;

/// Colours from nothing to the most: one hue, from light to dark, whose order survives
/// colour blindness and grey printing.
const SCALE: [Colour; 4] = [[0xFF, 0xFF, 0xFF], [0xB5, 0xD4, 0xE9], [0x42, 0x92, 0xC6], [0x08, 0x30, 0x6B]];

/// The colour of a part from 0 to 1.
pub fn shade(part: f64) -> Colour {
    let at = part.clamp(0.0, 1.0) * (SCALE.len() - 1) as f64;
    let i = (at as usize).min(SCALE.len() - 2);
    let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * (at - i as f64)).round() as u8;
    std::array::from_fn(|c| mix(SCALE[i][c], SCALE[i + 1][c]))
}

/// Steps as the labels of an axis whose range is `-0.5..steps - 0.5`.
pub fn step_ticks(steps: usize, wide: f64) -> Ticks {
    let mut ticks = fitting((-0.5, steps as f64 - 0.5), wide);
    // With few steps, each has its label.
    let every = Ticks((0..steps).map(|step| (step as f64, step.to_string())).collect());
    if steps as f64 * (every.width() + 24.0) <= wide {
        return every;
    }
    ticks.0.retain(|(value, _)| value.fract() == 0.0);
    ticks
}

/// A map of the firing rates of layers by step; `all` is the row below them, if there are several.
pub fn rates(layers: &[(&str, &[f64])], all: &[f64]) -> Figure {
    const GAP: f64 = 8.0;
    let mut rows: Vec<(&str, Vec<f64>)> = Vec::new();
    let ticks = layers.iter().map(|(_, rates)| rates.len()).max().unwrap_or(0).max(1);
    // Several steps share a cell where there are many.
    let per_cell = ticks.div_ceil(CELLS);
    let mean =
        |rates: &[f64]| rates.chunks(per_cell).map(|part| part.iter().sum::<f64>() / part.len() as f64).collect();
    rows.extend(layers.iter().map(|(name, rates)| (*name, mean(rates))));
    if layers.len() > 1 {
        rows.push(("all layers", mean(all)));
    }
    let (layers, steps) = (layers.len(), ticks.div_ceil(per_cell));
    let most = rows.iter().flat_map(|(_, rates)| rates.iter().copied()).fold(0.0, f64::max);
    let most = if most > 0.0 { most } else { 0.01 };

    let mut figure = Figure::new();
    let names = Names::new(rows.iter().map(|(name, _)| *name));
    let room = f64::from(WIDTH) - names.width - EDGE;
    let cell = (room / steps as f64).floor().min(200.0);
    let wide = cell * steps as f64;
    let gap = if cell > 30.0 { 1.0 } else { 0.0 };
    let top = 4.0 + scale_bar(&mut figure, "Firing rate (% of neurons)", most);
    let x = (-0.5, (steps * per_cell) as f64 - 0.5);
    let mut panel = Panel { left: names.width, top, width: wide, height: 0.0, x, y: (0.0, 1.0), log_x: false };
    let mut y = top;
    for (row, (_, rates)) in rows.iter().enumerate() {
        if row == layers {
            y += GAP;
        }
        let height = names.height(row, 44.0);
        names.draw(&mut figure, row, y + height / 2.0);
        for (step, &rate) in rates.iter().enumerate().take(steps) {
            let left = panel.left + cell * step as f64;
            figure.rect(left, y, cell - gap, height - 1.0, shade(rate / most));
        }
        for (step, &rate) in rates.iter().enumerate().take(steps) {
            let percent = 100.0 * rate;
            let text =
                if percent == 0.0 || percent >= 9.95 { format!("{percent:.0}") } else { format!("{percent:.1}") };
            if cell >= width("99.9", NOTE) + 4.0 {
                let place = (panel.left + cell * (step as f64 + 0.5), y + height / 2.0 + 0.36 * NOTE);
                let ink = if rate / most > 0.72 { WHITE } else { INK };
                figure.text(place, NOTE, Anchor::Middle, ink, &text);
            }
        }
        y += height;
    }
    panel.height = y - top;
    panel.left_axis(&mut figure, &Ticks(Vec::new()));
    panel.bottom_axis(&mut figure, &step_ticks(steps * per_cell, wide), "Time step");
    figure.height = (panel.bottom() + BOTTOM).ceil() as u32;
    figure
}

/// The colours from 0 to `most`, a share that is shown in percent, with a title; returns the height.
pub fn scale_bar(figure: &mut Figure, title: &str, most: f64) -> f64 {
    const LONG: f64 = 240.0;
    const CELLS: usize = 48;
    let label = |rate: f64| {
        let digits = (-(round_up(100.0 * rate).log10().floor()) + 1.0).clamp(0.0, 4.0) as usize;
        format!("{:.digits$}", 100.0 * rate)
    };
    let (first, last) = ("0".to_owned(), label(most));
    figure.text((EDGE, 32.0), TICK, Anchor::Start, INK, title);
    let right = f64::from(WIDTH) - EDGE - width(&last, TICK) - 10.0;
    let left = right - LONG;
    figure.text((left - 10.0, 32.0), TICK, Anchor::End, INK, &first);
    figure.text((right + 10.0, 32.0), TICK, Anchor::Start, INK, &last);
    let thin = LONG / CELLS as f64;
    figure.rect(left - 2.0, 8.0, LONG + 4.0, 28.0, INK);
    for i in 0..CELLS {
        // Cells overlap by a pixel; otherwise their edges would show as seams.
        figure.rect(left + thin * i as f64, 10.0, thin + 1.0, 24.0, shade((i as f64 + 0.5) / CELLS as f64));
    }
    54.0
}
