//! What several pictures are made of: the names of rows, notes, ranges.

use crate::plot::Figure;
use crate::plot::axes::{EDGE, NOTE};
use crate::plot::figure::{Anchor, Colour, GREY, INK};
use crate::plot::font::width;

/// Distance of two lines of notes.
pub const LINE: f64 = 31.0;
/// Colour of guide lines.
pub const FAINT: Colour = [0xD9, 0xD9, 0xD9];

/// `text` in lines of at most `limit` pixels, broken behind spaces, dots and the like, or anywhere
/// if there are none.
pub fn wrap(text: &str, em: f64, limit: f64) -> Vec<String> {
    let mut lines = vec![String::new()];
    for piece in text.split_inclusive([' ', '.', '_', '-', '/', ':']) {
        let last = lines.last().cloned().unwrap_or_default();
        if width((last.clone() + piece).trim_end(), em) <= limit {
            lines.pop();
            lines.push(last + piece);
            continue;
        }
        let mut line = String::new();
        for c in piece.chars() {
            if width(&format!("{line}{c}"), em) > limit && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
        lines.push(line);
    }
    let lines = lines.iter().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty());
    lines.collect()
}

/// Names of rows, to the left of what the rows show.
pub struct Names {
    lines: Vec<Vec<String>>,
    /// Pixels that the column needs, edge included.
    pub width: f64,
}

impl Names {
    /// The column takes less than half of the figure; longer names are wrapped.
    pub fn new<'a>(names: impl Iterator<Item = &'a str>) -> Names {
        let lines: Vec<Vec<String>> = names.map(|name| wrap(name, NOTE, 430.0)).collect();
        let widest = lines.iter().flatten().map(|line| width(line, NOTE)).fold(0.0, f64::max);
        Names { lines, width: EDGE + widest + 12.0 }
    }

    /// Height of a row, at least `least`.
    pub fn height(&self, row: usize, least: f64) -> f64 {
        (self.lines[row].len() as f64 * LINE + 5.0).max(least)
    }

    /// Draws the name of a row, centred at the height `middle`.
    pub fn draw(&self, figure: &mut Figure, row: usize, middle: f64) {
        let lines = &self.lines[row];
        for (i, line) in lines.iter().enumerate() {
            let y = middle + (i as f64 - (lines.len() as f64 - 1.0) / 2.0) * LINE + 0.36 * NOTE;
            figure.text((self.width - 12.0, y), NOTE, Anchor::End, INK, line);
        }
    }
}

/// A range for positive values on a logarithmic axis, a decade at least; none without any.
pub fn log_range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let positive = values.filter(|v| v.is_finite() && *v > 0.0);
    let (lo, hi) = positive.fold((f64::INFINITY, 0.0_f64), |(lo, hi), v| (lo.min(v), hi.max(v)));
    if hi == 0.0 {
        return None;
    }
    let (lo, hi) = (lo / 1.5, hi * 1.5);
    let widen = (10.0 / (hi / lo)).max(1.0).sqrt();
    Some((lo / widen, hi * widen))
}

/// A grey note in lines of at most `limit` pixels below `top`; returns their height.
pub fn note(figure: &mut Figure, (left, limit): (f64, f64), top: f64, text: &str) -> f64 {
    let lines = wrap(text, NOTE, limit);
    for (i, line) in lines.iter().enumerate() {
        figure.text((left, top + 24.0 + LINE * i as f64), NOTE, Anchor::Start, GREY, line);
    }
    LINE * lines.len() as f64
}
