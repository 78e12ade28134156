//! Axes: where a value stands in a panel, ticks at 1, 2 and 5, and the lines and labels around the
//! panel.

use super::figure::{Anchor, Colour, Figure, GREY, INK, Shape, WHITE};
use super::font::{shorten, width};
use crate::recording::Window;

// Sizes for a column of 3.4 inches at 300 pixels per inch: 8, 7 and 6 points of text, lines of half
// a point.
pub const LABEL: f64 = 33.0;
pub const TICK: f64 = 29.0;
pub const NOTE: f64 = 25.0;
const THIN: f64 = 2.0;
const TICK_LENGTH: f64 = 8.0;
/// Room on each side of the figure.
pub const EDGE: f64 = 14.0;
/// Height of a time axis: ticks, their labels, the axis label.
pub const BOTTOM: f64 = 101.0;
/// Height of a row of the legend or of notes.
pub const ROW: f64 = 38.0;
/// Most rows of a legend; further names are counted, not shown.
const LEGEND_ROWS: usize = 3;

/// Blue, vermilion, green, purple, orange, sky blue, black: the palette of Okabe and Ito, which
/// colour-blind readers can tell apart, without its yellow, which is hardly visible on white.
const PALETTE: [Colour; 7] =
    [[0, 114, 178], [213, 94, 0], [0, 158, 115], [204, 121, 167], [230, 159, 0], [86, 180, 233], [0, 0, 0]];

/// The colour of the `n`-th population or neuron; colours repeat.
pub fn colour(n: usize) -> Colour {
    PALETTE[n % PALETTE.len()]
}

/// How many colours there are.
pub const COLOURS: usize = PALETTE.len();

/// Values and labels of ticks.
#[derive(Debug, Clone, PartialEq)]
pub struct Ticks(pub Vec<(f64, String)>);

impl Ticks {
    /// Ticks in `lo..=hi` at multiples of 1, 2 or 5 times a power of ten, at most `most` and one.
    pub fn linear(lo: f64, hi: f64, most: f64) -> Ticks {
        let step = round_up((hi - lo) / most.max(1.0));
        let first = (lo / step - 1e-9).ceil();
        let count = ((hi / step + 1e-9).floor() - first).clamp(0.0, 20.0) as usize;
        let values: Vec<f64> = (0..=count).map(|i| (first + i as f64) * step + 0.0).collect();
        let power = |x: f64| (x.log10() + 1e-9).floor();
        let largest = lo.abs().max(hi.abs());
        let decimals = (-power(step)).max(0.0);
        let label = |v: f64| {
            if largest >= 1e6 || decimals > 4.0 {
                let digits = (power(largest) - power(step)).clamp(0.0, 8.0) as usize;
                if v == 0.0 { "0".to_owned() } else { format!("{v:.digits$e}") }
            } else {
                format!("{v:.0$}", decimals as usize)
            }
        };
        Ticks(values.into_iter().map(|v| (v, label(v).replace('-', "−"))).collect())
    }

    /// As [`Ticks::linear`] for an axis `high` pixels high: at least two ticks if there is room.
    pub fn vertical(lo: f64, hi: f64, high: f64) -> Ticks {
        let few = (high / 60.0).floor().max(1.0);
        let more = (0..4).map(|extra| Ticks::linear(lo, hi, few + f64::from(extra)));
        let fits = |ticks: &Ticks| ticks.0.len() >= 2 && ticks.0.len() as f64 * TICK <= high;
        more.into_iter().find(fits).unwrap_or_else(|| Ticks::linear(lo, hi, few))
    }

    /// Ticks in `lo..=hi`, both above 0, at powers of ten, and between them at 2 and 5 if there are
    /// few. The rest have no label.
    pub fn log(lo: f64, hi: f64) -> Ticks {
        let decades = (hi / lo).log10();
        let mut ticks = Vec::new();
        // Powers beyond the range of f64 are skipped, whatever the ends are.
        let power = |end: f64| end.log10().floor().clamp(f64::from(f64::MIN_10_EXP), f64::from(f64::MAX_10_EXP)) as i32;
        for power in power(lo)..=power(hi) {
            for m in 1..10 {
                let value = f64::from(m) * 10_f64.powi(power);
                let named = m == 1 || decades < 2.5 && (m == 2 || m == 5);
                let label = match named {
                    false => String::new(),
                    true if (-3..6).contains(&power) => format!("{value:.0$}", power.min(0).unsigned_abs() as usize),
                    true => format!("{value:e}").replace('-', "−"),
                };
                if value >= lo * (1.0 - 1e-9) && value <= hi * (1.0 + 1e-9) {
                    ticks.push((value, label));
                }
            }
        }
        Ticks(ticks)
    }

    /// Width of the widest label.
    pub fn width(&self) -> f64 {
        self.0.iter().map(|(_, label)| width(label, TICK)).fold(0.0, f64::max)
    }
}

/// The smallest 1, 2 or 5 times a power of ten that is not below `x`; 1 if that is not a positive
/// number.
pub fn round_up(x: f64) -> f64 {
    let power = 10_f64.powf(x.log10().floor());
    if !power.is_normal() {
        return 1.0;
    }
    [1.0, 2.0, 5.0].into_iter().find(|m| m * power >= x * (1.0 - 1e-9)).unwrap_or(10.0) * power
}

/// `lo..=hi` with a margin, never empty.
pub fn padded(lo: f64, hi: f64) -> (f64, f64) {
    let least = (lo.abs().max(hi.abs()) * 1e-3).max(1e-6);
    // A constant value lies in the middle of an axis of its own magnitude.
    let pad = if hi - lo < least { least.max(0.5) } else { (hi - lo) * 0.06 };
    (lo - pad, hi + pad)
}

/// A rectangle to draw in, and the values at its edges.
#[derive(Debug, Clone, Copy)]
pub struct Panel {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
    /// Values at the left and right edge.
    pub x: (f64, f64),
    /// Values at the bottom and top edge.
    pub y: (f64, f64),
    /// Whether `x` is logarithmic.
    pub log_x: bool,
}

impl Panel {
    pub fn right(&self) -> f64 {
        self.left + self.width
    }

    pub fn bottom(&self) -> f64 {
        self.top + self.height
    }

    /// Position of `x` in pixels.
    pub fn at_x(&self, x: f64) -> f64 {
        let (lo, hi) = self.x;
        let part = if self.log_x { (x / lo).ln() / (hi / lo).ln() } else { (x - lo) / (hi - lo) };
        self.left + part.clamp(0.0, 1.0) * self.width
    }

    /// Position of `y` in pixels.
    pub fn at_y(&self, y: f64) -> f64 {
        let (lo, hi) = self.y;
        self.bottom() - ((y - lo) / (hi - lo)).clamp(0.0, 1.0) * self.height
    }

    /// The line at the left with ticks.
    pub fn left_axis(&self, figure: &mut Figure, ticks: &Ticks) {
        figure.rect(self.left - THIN, self.top, THIN, self.height, INK);
        for (value, label) in &ticks.0 {
            let y = self.at_y(*value).round();
            figure.rect(self.left - TICK_LENGTH - THIN, y - THIN / 2.0, TICK_LENGTH, THIN, INK);
            let place = (self.left - TICK_LENGTH - THIN - 7.0, y + 0.36 * TICK);
            figure.text(place, TICK, Anchor::End, INK, label);
        }
    }

    /// The line at the bottom with ticks and a label.
    pub fn bottom_axis(&self, figure: &mut Figure, ticks: &Ticks, label: &str) {
        let y = self.bottom();
        figure.rect(self.left - THIN, y, self.width + THIN, THIN, INK);
        for (value, label) in &ticks.0 {
            let x = self.at_x(*value).round();
            let length = if label.is_empty() { TICK_LENGTH / 2.0 } else { TICK_LENGTH };
            figure.rect(x - THIN / 2.0, y + THIN, THIN, length, INK);
            if !label.is_empty() {
                figure.text((x, y + TICK_LENGTH + 33.0), TICK, Anchor::Middle, INK, label);
            }
        }
        if !label.is_empty() {
            let middle = self.left + self.width / 2.0;
            figure.text((middle, y + TICK_LENGTH + 76.0), LABEL, Anchor::Middle, INK, label);
        }
    }
}

/// A time axis: its ticks, its label, and the room that it needs to its right.
pub struct TimeAxis {
    pub ticks: Ticks,
    pub label: &'static str,
    /// Values at the left and right edge.
    pub range: (f64, f64),
    /// Milliseconds per unit.
    pub unit_ms: f64,
}

impl TimeAxis {
    /// For a window drawn `wide` pixels wide.
    pub fn new(window: &Window, wide: f64) -> TimeAxis {
        let (from, to) = (window.start_ms(), window.end_ms());
        let (unit_ms, label) = if to - from >= 10_000.0 { (1000.0, "Time (s)") } else { (1.0, "Time (ms)") };
        let range = (from / unit_ms, to / unit_ms);
        TimeAxis { ticks: fitting(range, wide), label, range, unit_ms }
    }
}

/// Ticks for `wide` pixels, as many as their labels leave room for.
pub fn fitting(range: (f64, f64), wide: f64) -> Ticks {
    let fits = |ticks: &Ticks| (ticks.0.len() as f64 - 1.0) * (ticks.width() + 40.0) <= wide;
    let all = (1..=6).rev().map(|most| Ticks::linear(range.0, range.1, f64::from(most)));
    all.into_iter().find(fits).unwrap_or_else(|| Ticks::linear(range.0, range.1, 1.0))
}

/// As [`Ticks::log`], with as many of the labels as find room, those of powers of ten first; all
/// ticks stay.
pub fn fitting_log(range: (f64, f64), wide: f64) -> Ticks {
    let mut ticks = Ticks::log(range.0, range.1);
    let mut order: Vec<usize> = (0..ticks.0.len()).filter(|&i| !ticks.0[i].1.is_empty()).collect();
    let off_power = |i: usize| (ticks.0[i].0.log10() - ticks.0[i].0.log10().round()).abs() > 1e-9;
    order.sort_by_key(|&i| (off_power(i), i));
    let mut kept: Vec<(usize, f64, f64)> = Vec::new();
    for i in order {
        let (value, label) = &ticks.0[i];
        let middle = (value / range.0).ln() / (range.1 / range.0).ln() * wide;
        let half = width(label, TICK) / 2.0 + 9.0;
        if kept.iter().all(|(_, lo, hi)| middle + half <= *lo || *hi <= middle - half) {
            kept.push((i, middle - half, middle + half));
        }
    }
    for (i, (_, label)) in ticks.0.iter_mut().enumerate() {
        if kept.iter().all(|(k, ..)| *k != i) {
            label.clear();
        }
    }
    ticks
}

/// Room to the right of a panel of width `wide` for half of the last label.
pub fn overhang(ticks: &Ticks, range: (f64, f64), wide: f64) -> f64 {
    let last = ticks.0.iter().rfind(|(_, label)| !label.is_empty());
    let over = last.map_or(0.0, |(value, label)| {
        let space = (range.1 - value) / (range.1 - range.0) * wide;
        width(label, TICK) / 2.0 - space
    });
    over.max(0.0) + EDGE
}

/// As [`overhang`], for a logarithmic axis.
pub fn overhang_log(ticks: &Ticks, range: (f64, f64), wide: f64) -> f64 {
    let logarithms = Ticks(ticks.0.iter().map(|(value, label)| (value.ln(), label.clone())).collect());
    overhang(&logarithms, (range.0.ln(), range.1.ln()), wide)
}

/// Room to the left of a panel for ticks whose labels are `labels` wide, and for an upward label if
/// there is one.
pub fn margin(labels: f64, named: bool) -> f64 {
    (EDGE + if named { LABEL + 14.0 } else { 0.0 } + labels + TICK_LENGTH + THIN + 7.0).ceil()
}

/// The upward label of an axis, centred on `y`, for which there are `room` pixels; a shorter one if
/// the first is too long.
pub fn upward_label(figure: &mut Figure, y: f64, room: f64, labels: [&str; 2]) {
    let x = EDGE + 0.76 * LABEL;
    if let Some(label) = labels.into_iter().find(|label| width(label, LABEL) <= room) {
        figure.upward((x, y), LABEL, label);
    }
}

/// Half of a sign's width.
pub const DOT: f64 = 8.0;

/// Draws discs with a white middle.
pub fn ring(figure: &mut Figure, colour: Colour, at: Vec<(f64, f64)>) {
    figure.dots(Shape::Disc, DOT + 3.5, colour, at.clone());
    figure.dots(Shape::Disc, DOT, WHITE, at);
}

/// The sign before a name in a legend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sample {
    Line(Colour),
    /// A line with signs, of this half width.
    Signed(Colour, Shape, f64),
    Dashes(Colour),
    /// A spike.
    Tick(Colour),
    /// A sign.
    Dot(Shape, Colour),
    /// A disc with a white middle.
    Ring(Colour),
}

/// Draws a legend from `left` to `right` below `top`, and returns its height.
pub fn legend(figure: &mut Figure, (left, right): (f64, f64), top: f64, entries: &[(Sample, String)]) -> f64 {
    const GAP: f64 = 34.0;
    let (mut x, mut row) = (left, 0);
    for (n, (sample, name)) in entries.iter().enumerate() {
        let long = match sample {
            Sample::Line(_) | Sample::Signed(..) | Sample::Dashes(_) => 54.0,
            Sample::Tick(_) => 18.0,
            Sample::Dot(..) | Sample::Ring(_) => 33.0,
        };
        let more = format!("and {} more", entries.len() - n);
        // Every row keeps room for the number of names that are not shown.
        let kept = if n + 1 == entries.len() { 0.0 } else { GAP + width(&more, TICK) };
        let name = shorten(name, TICK, (right - left - long - kept).max(0.0));
        let wide = long + width(&name, TICK);
        if x > left && x + wide + kept > right {
            if row + 1 == LEGEND_ROWS {
                figure.text((x, top + ROW * row as f64 + 28.0), TICK, Anchor::Start, GREY, &more);
                break;
            }
            (x, row) = (left, row + 1);
        }
        let y = top + ROW * row as f64 + 28.0;
        let middle = (y - 0.36 * TICK).round();
        draw_sample(figure, *sample, (x, middle));
        figure.text((x + long, y), TICK, Anchor::Start, INK, &name);
        x += wide + GAP;
    }
    ROW * (row + 1) as f64
}

/// Draws the sign before a name, centred on `middle`.
pub fn draw_sample(figure: &mut Figure, sample: Sample, (x, middle): (f64, f64)) {
    match sample {
        Sample::Line(colour) => figure.rect(x, middle - 2.0, 44.0, 4.0, colour),
        Sample::Signed(colour, shape, r) => {
            figure.rect(x, middle - 2.0, 44.0, 4.0, colour);
            figure.dots(shape, r, colour, vec![(x + 22.0, middle)]);
        }
        Sample::Dashes(colour) => {
            for i in 0..3 {
                figure.rect(x + 16.0 * f64::from(i), middle - 2.0, 11.0, 4.0, colour);
            }
        }
        Sample::Tick(colour) => figure.rect(x + 2.0, middle - 11.0, 3.0, 22.0, colour),
        Sample::Dot(shape, colour) => figure.dots(shape, DOT, colour, vec![(x + 12.0, middle)]),
        Sample::Ring(colour) => ring(figure, colour, vec![(x + 12.0, middle)]),
    }
}

/// A number of ms without needless zeros.
pub fn short_ms(ms: f64) -> String {
    let text = format!("{ms:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The points of a line from left to right, at most four per pixel column: the first, the lowest,
/// the highest and the last, so that a thinned line covers the same pixels and no peak is lost.
pub fn envelope(points: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let mut line: Vec<(f64, f64)> = Vec::new();
    let mut column: Vec<(f64, f64)> = Vec::new();
    let mut flush = |column: &mut Vec<(f64, f64)>| {
        if column.len() <= 4 {
            line.append(column);
            return;
        }
        let by_y = |a: &usize, b: &usize| column[*a].1.total_cmp(&column[*b].1);
        let lowest = (0..column.len()).min_by(by_y).unwrap_or(0);
        let highest = (0..column.len()).max_by(by_y).unwrap_or(0);
        let mut kept = [0, lowest, highest, column.len() - 1];
        kept.sort_unstable();
        for (i, &k) in kept.iter().enumerate() {
            if i == 0 || kept[i - 1] != k {
                line.push(column[k]);
            }
        }
        column.clear();
    };
    for point in points {
        if column.last().is_some_and(|last| last.0.floor() != point.0.floor()) {
            flush(&mut column);
        }
        column.push(point);
    }
    flush(&mut column);
    line
}

/// Cuts a line into dashes of `on` pixels with gaps of `off`, measured along it.
pub fn dashes(line: &[(f64, f64)], on: f64, off: f64) -> Vec<Vec<(f64, f64)>> {
    let mut all = Vec::new();
    let Some(&start) = line.first() else { return all };
    let (mut drawing, mut left, mut dash) = (true, on, vec![start]);
    for ends in line.windows(2) {
        let (mut a, b) = (ends[0], ends[1]);
        loop {
            let rest = (b.0 - a.0).hypot(b.1 - a.1);
            if rest <= left {
                left -= rest;
                if drawing {
                    dash.push(b);
                }
                break;
            }
            let part = left / rest;
            a = (a.0 + part * (b.0 - a.0), a.1 + part * (b.1 - a.1));
            if drawing {
                dash.push(a);
                all.push(std::mem::take(&mut dash));
            } else {
                dash = vec![a];
            }
            drawing = !drawing;
            left = if drawing { on } else { off };
        }
    }
    if dash.len() > 1 {
        all.push(dash);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &Ticks) -> Vec<&str> {
        ticks.0.iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn ticks_stand_at_one_two_and_five() {
        assert_eq!(labels(&Ticks::linear(0.0, 1000.0, 5.0)), ["0", "200", "400", "600", "800", "1000"]);
        assert_eq!(labels(&Ticks::linear(-71.3, -49.0, 5.0)), ["−70", "−65", "−60", "−55", "−50"]);
        assert_eq!(labels(&Ticks::linear(0.0, 0.13, 3.0)), ["0.00", "0.05", "0.10"]);
        assert_eq!(labels(&Ticks::linear(0.0, 2.5e7, 3.0)), ["0", "1e7", "2e7"]);
        assert_eq!(labels(&Ticks::log(1.0, 1000.0)).iter().filter(|l| !l.is_empty()).count(), 4);
        assert_eq!(labels(&Ticks::log(4.0, 60.0)), ["", "5", "", "", "", "", "10", "20", "", "", "50", ""]);
    }

    #[test]
    fn degenerate_ranges_have_ticks() {
        for (lo, hi) in [(0.0, 0.0), (1e15, 1e15), (-3.0, -3.0), (1e-300, 1e-300), (5.0, 5.0 + 1e-12)] {
            let (lo, hi) = padded(lo, hi);
            assert!(lo < hi, "{lo} {hi}");
            assert!(!Ticks::linear(lo, hi, 4.0).0.is_empty(), "{lo} {hi}");
        }
        assert_eq!(round_up(f64::NAN), 1.0);
        assert_eq!([round_up(0.03), round_up(2.0), round_up(5.1)], [0.05, 2.0, 10.0]);
    }

    #[test]
    fn an_envelope_keeps_every_peak() {
        let values: Vec<f64> =
            (0..100_000).map(|i| if i == 54_321 { 9.0 } else { (f64::from(i) * 0.7).sin() }).collect();
        let points = values.iter().enumerate().map(|(i, y)| (i as f64 / 125.0, *y));
        let line = envelope(points);
        assert!(line.len() <= 4 * 800);
        assert!(line.iter().any(|p| p.1 == 9.0));
        assert!(line.windows(2).all(|pair| pair[0].0 < pair[1].0));
        let few: Vec<_> = (0..5).map(|i| (f64::from(i), 1.0)).collect();
        assert_eq!(envelope(few.iter().copied()), few);
        assert!(envelope(std::iter::empty()).is_empty());
    }

    #[test]
    fn dashes_cover_their_share() {
        let cut = dashes(&[(0.0, 0.0), (50.0, 0.0), (50.0, 50.0)], 6.0, 4.0);
        let long =
            |dash: &Vec<(f64, f64)>| dash.windows(2).map(|e| (e[1].0 - e[0].0).hypot(e[1].1 - e[0].1)).sum::<f64>();
        assert_eq!(cut.len(), 10);
        assert!((cut.iter().map(long).sum::<f64>() - 60.0).abs() < 1e-9);
        assert!(dashes(&[], 6.0, 4.0).is_empty());
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!([short_ms(5.0), short_ms(0.1), short_ms(100.0)], ["5", "0.1", "100"]);
    }
}
