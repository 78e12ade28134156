//! What tells many populations from one another: lines with signs, their key, and notes above a
//! panel.

use super::axes::{COLOURS, DOT, NOTE, Panel, ROW, Sample, TICK, colour, draw_sample, legend};
use super::figure::{Anchor, Figure, GREY, INK, Shape};
use super::font::{shorten, width};

/// The sign that tells the `n`-th line from those of its colour before it, and half its width; the
/// first lines have none.
pub fn sign(n: usize) -> Option<(Shape, f64)> {
    const SIGNS: [(Shape, f64); 7] = [
        (Shape::Disc, DOT),
        (Shape::Square, DOT),
        (Shape::Diamond, DOT),
        (Shape::Triangle, DOT),
        (Shape::Disc, 0.55 * DOT),
        (Shape::Square, 1.6 * DOT),
        (Shape::Triangle, 1.6 * DOT),
    ];
    (n / COLOURS).checked_sub(1).map(|group| SIGNS[group % SIGNS.len()])
}

/// Draws the `n`-th line of a panel, with its sign in a few places if it has one.
pub fn nth_line(figure: &mut Figure, panel: &Panel, n: usize, line: Vec<(f64, f64)>) {
    const PLACES: usize = 4;
    if let Some((shape, r)) = sign(n) {
        // Signs of several lines do not stand one above the other.
        let part = |k: usize| (k as f64 + ((n % COLOURS) as f64 + 0.5) / COLOURS as f64) / PLACES as f64;
        let places = (0..PLACES).map(|k| panel.left + part(k) * panel.width);
        let height = |x: f64| {
            let ends = line.windows(2).find(|ends| ends[0].0 <= x && x < ends[1].0)?;
            let part = (x - ends[0].0) / (ends[1].0 - ends[0].0);
            Some((x, ends[0].1 + part * (ends[1].1 - ends[0].1)))
        };
        let at = places.filter_map(height).collect();
        figure.dots(shape, r, colour(n), at);
    }
    figure.line(line, 3.0, colour(n));
}

/// Draws the key of lines of populations, and returns its height: as a legend, or of more than
/// there are colours, each with its sign in one of `columns`. `name` makes the text of a line that
/// is to be at most so many pixels wide.
pub fn key(
    figure: &mut Figure,
    (left, right): (f64, f64),
    top: f64,
    (lines, columns): (usize, usize),
    name: impl Fn(usize, f64) -> String,
) -> f64 {
    const SAMPLE: f64 = 54.0;
    const GAP: f64 = 24.0;
    if lines <= COLOURS {
        let entries: Vec<_> = (0..lines).map(|n| (Sample::Line(colour(n)), name(n, right - left))).collect();
        return legend(figure, (left, right), top, &entries);
    }
    let wide = (right - left) / columns as f64;
    let rows = lines.div_ceil(columns);
    for n in 0..lines {
        let (x, y) = (left + (n / rows) as f64 * wide, top + ROW * (n % rows) as f64 + 28.0);
        let sample = sign(n).map_or(Sample::Line(colour(n)), |(shape, r)| Sample::Signed(colour(n), shape, r));
        draw_sample(figure, sample, (x, (y - 0.36 * TICK).round()));
        figure.text((x + SAMPLE, y), TICK, Anchor::Start, INK, &name(n, wide - SAMPLE - GAP));
    }
    ROW * rows as f64
}

/// Writes above a panel what it shows, at its right, and to the left which populations it does not,
/// since their spikes were not recorded.
pub fn notes(figure: &mut Figure, (left, right): (f64, f64), y: f64, shown: &str, not_recorded: &[&str]) {
    if !shown.is_empty() {
        figure.text((right, y), NOTE, Anchor::End, GREY, shown);
    }
    if !not_recorded.is_empty() {
        let room = right - left - width(shown, NOTE) - 30.0;
        let text = format!("spikes not recorded: {}", not_recorded.join(", "));
        figure.text((left, y), NOTE, Anchor::Start, GREY, &shorten(&text, NOTE, room.max(0.0)));
    }
}
