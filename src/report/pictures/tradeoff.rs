//! Accuracy against energy over numbers of time steps.

use crate::plot::WIDTH;
use crate::plot::axes::{
    BOTTOM, COLOURS, DOT, EDGE, NOTE, Panel, ROW, Sample, Ticks, colour, fitting, fitting_log, legend, margin,
    overhang, overhang_log, padded, upward_label,
};
use crate::plot::figure::{Anchor, Colour, Figure, GREY, INK, Shape};
use crate::plot::font::width;

/// A point of the picture.
pub struct At {
    /// Energy per clip.
    pub nanojoule: f64,
    /// In the order of the panels, %.
    pub accuracy: Vec<f64>,
}

/// A picture of accuracies against energy.
pub struct Tradeoff<'a> {
    /// Labels of the panels, one above the other.
    pub panels: &'a [&'static str],
    /// The table of the energies.
    pub table: &'a str,
    /// What the points of the line are.
    pub line_name: &'static str,
    /// Points on a line, each with its number of time steps; those without one have no label.
    pub line: Vec<(String, At)>,
    /// Points with signs of their own, each with its name.
    pub whole: Vec<(String, At)>,
}

/// Left, top, right, bottom.
type Box4 = [f64; 4];

/// Sign of the `n`-th of the other runs; signs repeat.
fn sign(n: usize) -> (Shape, Colour) {
    const SHAPES: [Shape; 3] = [Shape::Diamond, Shape::Square, Shape::Triangle];
    // The first colour is the line's. A shape that comes again has another colour.
    let others = COLOURS - 1;
    (SHAPES[n % SHAPES.len()], colour(1 + (n + n / others) % others))
}

/// Draws it; there must be a point.
pub fn draw(tradeoff: &Tradeoff) -> Figure {
    let Tradeoff { panels, table, line_name, line: shortened, whole } = tradeoff;
    let high = if panels.len() > 1 { 260.0 } else { 360.0 };
    let dot = if shortened.len() > 20 { 0.6 * DOT } else { DOT };
    let all = || shortened.iter().chain(whole).map(|(_, at)| at);
    let (lo, hi) = all().fold((f64::INFINITY, 0.0_f64), |(lo, hi), r| (lo.min(r.nanojoule), hi.max(r.nanojoule)));
    let log_x = lo > 0.0 && hi / lo > 10.0;
    let x = if log_x { (lo / 1.3, hi * 1.3) } else { padded(lo, hi) };
    let ranges = (0..panels.len()).map(|i| {
        let (lo, hi) = all().fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), run| {
            (lo.min(run.accuracy[i]), hi.max(run.accuracy[i]))
        });
        // Differences that a single clip makes do not fill the axis.
        let pad = (1.0 - (hi - lo) / 2.0).max((hi - lo) * 0.25);
        ((lo - pad).max(0.0), (hi + pad).min(100.0))
    });
    let y: Vec<(f64, f64)> = ranges.collect();
    let ticks: Vec<Ticks> = y.iter().map(|y| Ticks::vertical(y.0, y.1, high)).collect();

    let mut figure = Figure::new();
    let left = margin(ticks.iter().map(Ticks::width).fold(0.0, f64::max), true);
    let wide = f64::from(WIDTH) - left - EDGE;
    let x_ticks = if log_x { fitting_log(x, wide) } else { fitting(x, wide) };
    let over = if log_x { overhang_log(&x_ticks, x, wide) } else { overhang(&x_ticks, x, wide) };
    let wide = (f64::from(WIDTH) - left - over).floor();
    let mut entries = Vec::new();
    if !shortened.is_empty() {
        entries.push((Sample::Dot(Shape::Disc, colour(0)), (*line_name).to_owned()));
    }
    for (n, (name, _)) in whole.iter().enumerate() {
        let (shape, colour) = sign(n);
        entries.push((Sample::Dot(shape, colour), name.clone()));
    }
    let mut top = 4.0 + legend(&mut figure, (left, left + wide), 4.0, &entries) + ROW + 8.0;
    let numbers = if shortened.is_empty() { "" } else { "numbers: time steps T; " };
    let text = format!("{numbers}table {table}");
    figure.text((left + wide, top - 17.0), NOTE, Anchor::End, GREY, &text);
    let mut bottom = top;
    for (i, name) in panels.iter().enumerate() {
        let panel = Panel { left, top, width: wide, height: high, x, y: y[i], log_x };
        let place = |at: &At| (panel.at_x(at.nanojoule), panel.at_y(at.accuracy[i]));
        let discs: Vec<_> = shortened.iter().map(|(_, at)| place(at)).collect();
        let signs: Vec<_> = whole.iter().map(|(_, at)| place(at)).collect();
        figure.line(discs.clone(), 3.0, colour(0));
        let labelled: Vec<_> = discs.iter().zip(shortened.iter().map(|(label, _)| label.as_str())).collect();
        label_points(&mut figure, &panel, dot, &labelled, &signs, &discs);
        figure.dots(Shape::Disc, dot, colour(0), discs);
        for (n, at) in signs.into_iter().enumerate() {
            let (shape, colour) = sign(n);
            figure.dots(shape, DOT, colour, vec![at]);
        }
        panel.left_axis(&mut figure, &ticks[i]);
        upward_label(&mut figure, top + high / 2.0, high, [name, ""]);
        bottom = panel.bottom();
        if i + 1 < panels.len() {
            panel.bottom_axis(&mut figure, &Ticks(x_ticks.0.iter().map(|(v, _)| (*v, String::new())).collect()), "");
        } else {
            panel.bottom_axis(&mut figure, &x_ticks, "Modelled energy per clip (nJ)");
        }
        top = bottom + 38.0;
    }
    figure.height = (bottom + BOTTOM).ceil() as u32;
    figure
}

/// Writes a label beside each point, where it covers no point, none of the `others`, no label and,
/// if it can be helped, no line. A label without such a place is left out.
fn label_points(
    figure: &mut Figure,
    panel: &Panel,
    dot: f64,
    points: &[(&(f64, f64), &str)],
    others: &[(f64, f64)],
    line: &[(f64, f64)],
) {
    let around = |&(x, y): &(f64, f64), half: f64| [x - half, y - half, x + half, y + half];
    let points_taken = points.iter().map(|(at, _)| around(at, dot + 4.0));
    let mut taken: Vec<Box4> = points_taken.chain(others.iter().map(|at| around(at, DOT + 4.0))).collect();
    let apart = |a: &Box4, b: &Box4| a[0] >= b[2] || b[0] >= a[2] || a[1] >= b[3] || b[1] >= a[3];
    // Points along the line, closer than a label is high.
    let along: Vec<(f64, f64)> = line
        .windows(2)
        .flat_map(|ends| {
            let (a, b) = (ends[0], ends[1]);
            let parts = ((b.0 - a.0).hypot(b.1 - a.1) / 6.0).ceil().max(1.0);
            (0..=parts as usize).map(move |i| {
                let part = i as f64 / parts;
                (a.0 + part * (b.0 - a.0), a.1 + part * (b.1 - a.1))
            })
        })
        .collect();
    for ((x, y), text) in points.iter().filter(|(_, text)| !text.is_empty()) {
        let (half, high) = (width(text, NOTE) / 2.0, 0.76 * NOTE);
        let (dx, dy) = (half + DOT + 7.0, high / 2.0 + DOT + 8.0);
        let directions =
            [(0.0, -1.0), (0.0, 1.0), (1.0, 0.0), (-1.0, 0.0), (0.8, -0.9), (-0.8, -0.9), (0.8, 0.9), (-0.8, 0.9)];
        let places = directions.map(|(h, v)| (x + h * dx, y + v * dy));
        let cover = |(x, y): (f64, f64)| [x - half - 1.0, y - high / 2.0 - 3.0, x + half + 1.0, y + high / 2.0 + 6.0];
        let free = |place: &&(f64, f64)| {
            let at = cover(**place);
            let inside =
                at[0] >= panel.left && at[2] <= panel.right() + EDGE && at[1] >= panel.top && at[3] <= panel.bottom();
            inside && taken.iter().all(|other| apart(&at, other))
        };
        let off_line = |place: &&(f64, f64)| {
            let at = cover(**place);
            !along.iter().any(|(x, y)| *x > at[0] && *x < at[2] && *y > at[1] && *y < at[3])
        };
        let best = places.iter().filter(free).find(off_line).or_else(|| places.iter().find(free));
        if let Some(&place) = best {
            taken.push(cover(place));
            figure.text((place.0, place.1 + 0.36 * NOTE), NOTE, Anchor::Middle, INK, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::sign;

    #[test]
    fn many_runs_have_signs_of_their_own() {
        let signs: Vec<_> = (0..18).map(sign).collect();
        assert!((0..18).all(|n| signs[..n].iter().all(|other| *other != signs[n])));
    }
}
