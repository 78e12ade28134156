//! Intervals between the spikes of a neuron.

use super::axes::{
    BOTTOM, COLOURS, EDGE, LABEL, Panel, ROW, TICK, Ticks, envelope, fitting, margin, overhang, overhang_log, round_up,
    short_ms, upward_label,
};
use super::data::Table;
use super::figure::{Anchor, Figure, GREY, WIDTH};
use super::font::{shorten, width};
use super::key::{key, notes, nth_line};
use super::rate::{MOST_LINES, check_bins};
use crate::base::text::grouped;
use crate::error::Result;
use crate::recording::{Chosen, Span, SpikeRecording};
use crate::spiking::Tick;
use std::collections::BTreeMap;

/// A neuron's coefficient of variation means little with fewer intervals.
const LEAST_INTERVALS: u32 = 5;
const BINS_PER_DECADE: f64 = 10.0;

/// The bins of a histogram of intervals.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum IsiBins {
    /// In ten bins per decade, with edges half way between ticks, as density per decade: the area
    /// under a line is 1.
    #[default]
    Log,
    /// In bins of this width in ms, rounded to whole ticks, or of about a fiftieth of the longest
    /// interval, as fractions of all intervals.
    Linear(Option<f64>),
}

/// Options of a histogram of intervals.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct IsiOptions {
    /// The part of the recording; an interval counts if both its spikes are in it.
    pub span: Span,
    /// Names of the populations to draw, with or without neurons (`exc`, `exc[0..10]`); all if
    /// empty.
    pub populations: Vec<String>,
    /// The bins.
    pub bins: IsiBins,
}

/// The intervals of a population.
#[derive(Default)]
struct Intervals {
    /// Number of intervals by length in ticks.
    counts: BTreeMap<Tick, u64>,
    total: u64,
    /// The mean over neurons of the standard deviation of the intervals over their mean.
    cv: Option<f64>,
}

/// The intervals of each population.
fn intervals(chosen: &Chosen<'_>) -> Vec<Intervals> {
    /// For one neuron: tick of the last spike; number, mean and sum of squared deviations of its
    /// intervals (Welford).
    #[derive(Clone, Default)]
    struct Neuron {
        last: Option<Tick>,
        n: u32,
        mean: f64,
        squares: f64,
    }
    let mut neurons: Vec<BTreeMap<u32, Neuron>> = vec![BTreeMap::new(); chosen.populations.len()];
    let mut all: Vec<Intervals> = neurons.iter().map(|_| Intervals::default()).collect();
    for (tick, population, neuron) in chosen.spikes() {
        let of = neurons[population].entry(neuron).or_default();
        if let Some(last) = of.last.replace(tick) {
            let interval = tick - last;
            *all[population].counts.entry(interval).or_default() += 1;
            all[population].total += 1;
            of.n += 1;
            let off = f64::from(interval) - of.mean;
            of.mean += off / f64::from(of.n);
            of.squares += off * (f64::from(interval) - of.mean);
        }
    }
    for (all, neurons) in all.iter_mut().zip(&neurons) {
        let cv = |of: &Neuron| (of.squares / f64::from(of.n - 1)).sqrt() / of.mean;
        let cvs: Vec<f64> = neurons.values().filter(|of| of.n >= LEAST_INTERVALS && of.mean > 0.0).map(cv).collect();
        all.cv = (!cvs.is_empty()).then(|| cvs.iter().sum::<f64>() / cvs.len() as f64);
    }
    all
}

/// Edges of the bins in ticks, ascending, so that every length from `shortest` to `longest` is
/// between two; but 0, which has no place on a logarithmic axis and counts in the first bin.
fn log_edges(shortest: Tick, longest: Tick) -> Vec<f64> {
    let mut edges = vec![f64::from(shortest.max(1)) - 0.5];
    let mut edge = edges[0];
    while edge < f64::from(longest.max(1)) {
        // Edges lie between whole ticks; otherwise a bin of few ticks could hold one tick more or
        // less than its width says.
        let next = (edge * 10_f64.powf(1.0 / BINS_PER_DECADE) - 0.5).round() + 0.5;
        edge = next.max(edge + 1.0);
        edges.push(edge);
    }
    edges
}

/// The histograms of a figure.
struct Histograms<'a> {
    chosen: Chosen<'a>,
    all: Vec<Intervals>,
    /// Edges of the bins in ticks; none without intervals.
    edges: Vec<f64>,
    heights: Vec<Vec<f64>>,
    log: bool,
    /// What the bins are.
    note: String,
}

impl<'a> Histograms<'a> {
    fn new(recording: &'a SpikeRecording, options: &IsiOptions) -> Result<Histograms<'a>> {
        let chosen = Chosen::new(recording, options.span, &options.populations, MOST_LINES)?;
        let (window, dt) = (chosen.window, chosen.window.dt_ms);
        let all = intervals(&chosen);
        let shortest = all.iter().filter_map(|of| of.counts.keys().next()).min().copied();
        let longest = all.iter().filter_map(|of| of.counts.keys().next_back()).max().copied();
        let log = options.bins == IsiBins::Log;
        let width = match options.bins {
            IsiBins::Linear(Some(ms)) => Some(window.bin("bin", ms)?.min(window.ticks())),
            _ => None,
        };
        let (edges, note) = match shortest.zip(longest) {
            None => (Vec::new(), String::new()),
            Some((shortest, longest)) if log => (log_edges(shortest, longest), "10 bins per decade".to_owned()),
            Some((_, longest)) => {
                let default = || window.bin("bin", round_up(f64::from(longest) * dt / 50.0).max(dt));
                let bin = width.map_or_else(default, Ok)?.min(window.ticks());
                let bins = longest / bin + 1;
                check_bins("bin", bins.into(), &chosen)?;
                let edges = (0..=bins).map(|i| f64::from(i) * f64::from(bin)).collect();
                (edges, format!("{} ms bins", short_ms(f64::from(bin) * dt)))
            }
        };
        let heights = all.iter().map(|of| heights(of, &edges, log)).collect();
        Ok(Histograms { chosen, all, edges, heights, log, note })
    }

    /// A population's name, at most so many pixels wide, with what is known of its intervals; of
    /// many populations without their number.
    fn describe(&self, n: usize, room: f64) -> String {
        let (of, (name, _)) = (&self.all[n], &self.chosen.populations[n]);
        let mut text = of.cv.map_or(": CV not known".to_owned(), |cv| format!(": CV = {cv:.2}"));
        if self.all.len() <= COLOURS {
            text += &format!(", n = {}", grouped(of.total));
        }
        shorten(name, TICK, (room - width(&text, TICK)).clamp(0.0, 300.0)) + &text
    }
}

/// Draws how long the intervals between a neuron's spikes are, one stepped line per population, in
/// a panel of 1020 pixels width, for at most 50 populations. Without intervals there are no axes.
///
/// The legend gives the number of intervals (of up to seven populations) and the coefficient of
/// variation: standard deviation over mean of a neuron's intervals, averaged over the neurons with
/// at least five. Without any such neuron there is none. Two spikes of a neuron in one tick are an
/// interval of 0, which on a logarithmic axis counts in the first bin.
///
/// # Errors
/// If the recording is empty or contradicts itself, or an option is not possible for it.
pub fn isi(recording: &SpikeRecording, options: &IsiOptions) -> Result<Figure> {
    let of = Histograms::new(recording, options)?;
    let Histograms { chosen, all, edges, heights, log, note } = &of;
    let (log, dt) = (*log, chosen.window.dt_ms);
    let lines = (all.len(), 2);
    let mut figure = Figure::new();
    let Some((first, last)) = edges.first().zip(edges.last()).map(|(first, last)| (first * dt, last * dt)) else {
        let ends = (EDGE, f64::from(WIDTH) - EDGE);
        let top = key(&mut figure, ends, 4.0, lines, |n, room| of.describe(n, room)) + 4.0 + ROW;
        notes(&mut figure, ends, top - 9.0, "", &chosen.not_recorded);
        let place = (f64::from(WIDTH) / 2.0, top + 60.0);
        figure.text(place, LABEL, Anchor::Middle, GREY, "no neuron has two spikes here");
        figure.height = (top + 100.0).ceil() as u32;
        return Ok(figure);
    };
    // Intervals of one length get a decade to stand in.
    let narrow = log && last / first < 10.0;
    let middle = (first * last).sqrt();
    let x = if narrow { (middle / 10_f64.sqrt(), middle * 10_f64.sqrt()) } else { (first, last) };
    let most = heights.iter().flatten().fold(0.0, |a: f64, b| a.max(*b));
    let y = (0.0, if most > 0.0 { most * 1.08 } else { 1.0 });
    let ticks = Ticks::linear(y.0, y.1, 5.0);

    let left = margin(ticks.width(), true);
    let wide = f64::from(WIDTH) - left - EDGE;
    let x_ticks = if log { Ticks::log(x.0, x.1) } else { fitting(x, wide) };
    let over = if log { overhang_log(&x_ticks, x, wide) } else { overhang(&x_ticks, x, wide) };
    let wide = (f64::from(WIDTH) - left - over).floor();
    let ends = (left, left + wide);
    let top = key(&mut figure, ends, 4.0, lines, |n, room| of.describe(n, room)) + 4.0 + ROW;
    notes(&mut figure, ends, top - 9.0, note, &chosen.not_recorded);
    let panel = Panel { left, top, width: wide, height: 360.0, x, y, log_x: log };
    for (n, heights) in heights.iter().enumerate().filter(|(n, _)| all[*n].total > 0) {
        let mut line = vec![(panel.at_x(first), panel.bottom())];
        for (height, ends) in heights.iter().zip(edges.windows(2)) {
            line.extend([ends[0], ends[1]].map(|edge| (panel.at_x(edge * dt), panel.at_y(*height))));
        }
        line.push((panel.at_x(last), panel.bottom()));
        nth_line(&mut figure, &panel, n, envelope(line.into_iter()));
    }
    panel.left_axis(&mut figure, &ticks);
    panel.bottom_axis(&mut figure, &x_ticks, "Inter-spike interval (ms)");
    let label = if log { ["Density (per decade)", "Density"] } else { ["Fraction of intervals", "Fraction"] };
    upward_label(&mut figure, top + panel.height / 2.0, panel.height + 20.0, label);
    figure.height = (panel.bottom() + BOTTOM).ceil() as u32;
    Ok(figure)
}

/// The numbers that [`isi`] draws: of each population and bin a density per decade, or with linear
/// bins a fraction of the population's intervals. A population without intervals has no rows.
///
/// # Errors
/// As of [`isi`].
pub fn isi_data<'a>(recording: &'a SpikeRecording, options: &IsiOptions) -> Result<Table<'a>> {
    let Histograms { chosen, all, edges, heights, log, .. } = Histograms::new(recording, options)?;
    let dt = chosen.window.dt_ms;
    let known = chosen.populations.into_iter().zip(heights).zip(all).filter(|(_, of)| of.total > 0);
    let rows = known.flat_map(move |(((name, _), heights), _)| {
        let ends: Vec<(f64, f64)> = edges.windows(2).map(|ends| (ends[0] * dt, ends[1] * dt)).collect();
        let bins = ends.into_iter().zip(heights);
        bins.map(move |((from, to), height)| vec![name.clone(), from.to_string(), to.to_string(), height.to_string()])
    });
    let height = if log { "density_per_decade" } else { "fraction" };
    Ok(Table::new(&["population", "from_ms", "to_ms", height], rows))
}

/// For each bin: the fraction of intervals in it, per decade if `log`.
fn heights(of: &Intervals, edges: &[f64], log: bool) -> Vec<f64> {
    let mut heights = vec![0.0; edges.len().saturating_sub(1)];
    for (interval, count) in &of.counts {
        // Bins are closed below: an edge belongs to the bin that it opens.
        let bin = edges.partition_point(|edge| *edge <= f64::from(*interval)).saturating_sub(1);
        if let Some(height) = heights.get_mut(bin) {
            *height += *count as f64 / of.total as f64;
        }
    }
    if log {
        for (height, ends) in heights.iter_mut().zip(edges.windows(2)) {
            *height /= (ends[1] / ends[0]).log10();
        }
    }
    heights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_regular_neuron_has_no_variation_and_all_intervals_are_counted() {
        let mut spikes: Vec<(Tick, u32, u32)> = (0..50).map(|i| (i * 20, 0, 0)).collect();
        spikes.extend((0..200).map(|i| (i * i / 40 + i, 0, 1)));
        spikes.sort_unstable();
        let populations = vec![("p".into(), 2)];
        let recording = SpikeRecording { dt_ms: 0.1, ticks: 2000, populations, spikes, ..SpikeRecording::default() };
        let chosen = Chosen::new(&recording, Span { from_ms: None, to_ms: Some(100.0) }, &[], 1).unwrap();
        let of = &intervals(&chosen)[0];
        assert!(of.total > 100);
        let edges = log_edges(1, 20);
        let area: f64 =
            heights(of, &edges, true).iter().zip(edges.windows(2)).map(|(h, e)| h * (e[1] / e[0]).log10()).sum();
        assert!((area - 1.0).abs() < 1e-12);
        let regular = SpikeRecording { spikes: (0..50).map(|i| (i * 20, 0, 0)).collect(), ..recording };
        let chosen = Chosen::new(&regular, Span::default(), &[], 1).unwrap();
        assert_eq!(intervals(&chosen)[0].cv, Some(0.0));
    }
}
