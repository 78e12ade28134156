//! How often the neurons of a population fire, over time.

use super::axes::{
    BOTTOM, EDGE, Panel, ROW, TICK, Ticks, TimeAxis, envelope, margin, overhang, round_up, short_ms, upward_label,
};
use super::data::Table;
use super::figure::{Figure, WIDTH};
use super::font::shorten;
use super::key::{key, notes, nth_line};
use crate::error::{Error, Result};
use crate::recording::{Chosen, Span, SpikeRecording, Window};
use crate::spiking::Tick;

/// Most bins of all populations together. More are a mistake: a figure has less than a thousand
/// columns.
const MOST_BINS: u64 = 1_000_000;
/// Most lines in a figure.
pub const MOST_LINES: usize = 50;
/// How far a Gaussian is followed, in standard deviations, and how finely it is sampled.
const REACH: f64 = 4.0;
const SAMPLES: f64 = 8.0;

/// The smoothing that turns spikes into a rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Smoothing {
    /// Counted in bins of this width in ms, rounded to whole ticks; the last bin may be shorter and
    /// is divided by its own length.
    Bins(f64),
    /// Weighted by a Gaussian of this standard deviation in ms. It uses the spikes around the span
    /// too; at the ends of the recording the part of the Gaussian that lies in the recording is
    /// scaled to 1.
    Gaussian(f64),
}

/// Options of a figure of rates.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RateOptions {
    /// The part of the recording to draw.
    pub span: Span,
    /// Names of the populations to draw, with or without neurons (`exc`, `exc[0..10]`); all if
    /// empty.
    pub populations: Vec<String>,
    /// How to smooth; if not given, by a Gaussian of about a hundredth of the span, but of 2 ms at
    /// least, or of a fifth of a span shorter than 10 ms.
    pub smoothing: Option<Smoothing>,
}

/// Rates in Hz per neuron, of each population in each bin.
pub struct Rates {
    pub values: Vec<Vec<f64>>,
    pub edges_ms: Vec<f64>,
    pub bin_ms: f64,
}

/// The width to smooth by that is taken if none is given: with less than 2 ms, a single spike of a
/// neuron is a rate of hundreds of Hz.
pub fn default_width_ms(window: &Window) -> f64 {
    let span = f64::from(window.ticks()) * window.dt_ms;
    round_up(span / 100.0).max(round_up(span / 5.0).min(2.0)).max(window.dt_ms)
}

/// Counts the spikes in bins of `bin` ticks.
pub fn binned(chosen: &Chosen<'_>, bin: Tick) -> Result<Rates> {
    let window = chosen.window;
    let bin = bin.min(window.ticks());
    let bins = u64::from(window.ticks()).div_ceil(u64::from(bin));
    check_bins("bin", bins, chosen)?;
    let edges: Vec<Tick> = (0..=bins).map(|i| (i * u64::from(bin)).min(window.ticks().into()) as Tick).collect();
    let mut values = vec![vec![0.0; bins as usize]; chosen.populations.len()];
    for (tick, population, _) in chosen.spikes() {
        values[population][((tick - window.from) / bin) as usize] += 1.0;
    }
    for (values, (_, size)) in values.iter_mut().zip(&chosen.populations) {
        for (value, ends) in values.iter_mut().zip(edges.windows(2)) {
            *value /= f64::from(*size) * f64::from(ends[1] - ends[0]) * window.dt_ms / 1000.0;
        }
    }
    let edges_ms = edges.iter().map(|tick| f64::from(window.from + tick) * window.dt_ms).collect();
    Ok(Rates { values, edges_ms, bin_ms: f64::from(bin) * window.dt_ms })
}

pub(super) fn check_bins(what: &str, bins: u64, chosen: &Chosen<'_>) -> Result<()> {
    if bins.saturating_mul(chosen.populations.len() as u64) <= MOST_BINS {
        Ok(())
    } else {
        Err(Error::value(what, format!("it divides the span into {bins}, too many to draw"))
            .with_hint("take a wider one or a shorter span"))
    }
}

/// For each population, times in ms and rates in Hz per neuron, smoothed by a Gaussian.
fn gaussian(chosen: &Chosen<'_>, sigma_ms: f64) -> Result<Vec<Vec<(f64, f64)>>> {
    let window = chosen.window;
    window.bin("sigma", sigma_ms)?;
    let sigma = sigma_ms / window.dt_ms;
    let reach = (REACH * sigma).ceil().min(f64::from(Tick::MAX)) as Tick;
    let (first, end) = (window.from.saturating_sub(reach), window.to.saturating_add(reach).min(chosen.recorded()));
    let step = ((sigma / SAMPLES) as Tick).clamp(1, end - first);
    let steps = u64::from(end - first).div_ceil(u64::from(step));
    check_bins("sigma", steps, chosen)?;
    let steps = steps as usize;
    let mut counts = vec![vec![0.0; steps]; chosen.populations.len()];
    for (tick, population, _) in chosen.all_spikes().filter(|(tick, _, _)| (first..end).contains(tick)) {
        counts[population][((tick - first) / step) as usize] += 1.0;
    }
    let kernel: Vec<f64> = (0..=(f64::from(reach) / f64::from(step)) as usize)
        .map(|i| (-0.5 * (i as f64 * f64::from(step) / sigma).powi(2)).exp())
        .collect();
    let ticks_of = |i: usize| f64::from(step.min(end - first - i as Tick * step));
    let mut lines = Vec::new();
    for (counts, (_, size)) in counts.iter().zip(&chosen.populations) {
        let mut line = Vec::new();
        for i in 0..steps {
            let middle = f64::from(first) + i as f64 * f64::from(step) + ticks_of(i) / 2.0;
            if middle < f64::from(window.from) || middle > f64::from(window.to) {
                continue;
            }
            let (mut spikes, mut ticks) = (0.0, 0.0);
            for j in i.saturating_sub(kernel.len() - 1)..(i + kernel.len()).min(steps) {
                spikes += kernel[i.abs_diff(j)] * counts[j];
                ticks += kernel[i.abs_diff(j)] * ticks_of(j);
            }
            line.push((middle * window.dt_ms, spikes / (ticks * window.dt_ms / 1000.0) / f64::from(*size)));
        }
        lines.push(line);
    }
    Ok(lines)
}

impl Rates {
    /// Population, start and end in ms, rate in Hz of each bin.
    pub fn rows(self, names: Vec<String>) -> impl Iterator<Item = [String; 4]> {
        let ends: Vec<(String, String)> =
            self.edges_ms.windows(2).map(|e| (e[0].to_string(), e[1].to_string())).collect();
        names.into_iter().zip(self.values).flat_map(move |(name, values)| {
            let ends = ends.clone().into_iter();
            ends.zip(values).map(move |((from, to), rate)| [name.clone(), from, to, rate.to_string()])
        })
    }

    /// The rates of all neurons together, of populations of these sizes.
    pub fn together(self, populations: &[(String, u32)]) -> Rates {
        let neurons: f64 = populations.iter().map(|(_, size)| f64::from(*size)).sum();
        let mut all = vec![0.0; self.edges_ms.len() - 1];
        for (values, (_, size)) in self.values.iter().zip(populations) {
            for (all, value) in all.iter_mut().zip(values) {
                *all += value * f64::from(*size) / neurons;
            }
        }
        Rates { values: vec![all], ..self }
    }
}

/// Draws rates in bins as one stepped line per population.
pub fn draw_steps(figure: &mut Figure, panel: &Panel, time: &TimeAxis, rates: &Rates) {
    for (n, values) in rates.values.iter().enumerate() {
        let edges = rates.edges_ms.windows(2).map(|e| (e[0], e[1]));
        let steps = values.iter().zip(edges).flat_map(|(value, (start, end))| [(start, *value), (end, *value)]);
        draw_line(figure, panel, time, n, steps);
    }
}

fn draw_line(figure: &mut Figure, panel: &Panel, time: &TimeAxis, n: usize, points: impl Iterator<Item = (f64, f64)>) {
    let line = envelope(points.map(|(ms, value)| (panel.at_x(ms / time.unit_ms), panel.at_y(value))));
    nth_line(figure, panel, n, line);
}

/// The lines of a figure of rates.
enum Lines {
    Steps(Rates),
    /// Of each population times in ms and rates in Hz, and the Gaussian's standard deviation in ms.
    Smooth(Vec<Vec<(f64, f64)>>, f64),
}

impl Lines {
    fn new(chosen: &Chosen<'_>, smoothing: Option<Smoothing>) -> Result<Lines> {
        match smoothing.unwrap_or_else(|| Smoothing::Gaussian(default_width_ms(&chosen.window))) {
            Smoothing::Bins(ms) => Ok(Lines::Steps(binned(chosen, chosen.window.bin("bin", ms)?)?)),
            Smoothing::Gaussian(ms) => Ok(Lines::Smooth(gaussian(chosen, ms)?, ms)),
        }
    }

    fn highest(&self) -> f64 {
        match self {
            Lines::Steps(rates) => rates.values.iter().flatten().copied().fold(0.0, f64::max),
            Lines::Smooth(lines, _) => lines.iter().flatten().map(|(_, value)| *value).fold(0.0, f64::max),
        }
    }
}

/// Draws the rate of each population over time, in Hz per neuron, in one panel of 1020 pixels
/// width, for at most 50 populations. Seven have colours of their own, further ones signs too. The
/// title of the axis names the bins or the Gaussian.
///
/// # Errors
/// If the recording is empty or contradicts itself, or an option is not possible for it.
pub fn rate(recording: &SpikeRecording, options: &RateOptions) -> Result<Figure> {
    let chosen = Chosen::new(recording, options.span, &options.populations, MOST_LINES)?;
    let lines = Lines::new(&chosen, options.smoothing)?;
    let most = lines.highest();
    let y = (0.0, if most > 0.0 { most * 1.08 } else { 1.0 });
    let ticks = Ticks::linear(y.0, y.1, 5.0);

    let mut figure = Figure::new();
    let left = margin(ticks.width(), true);
    let wide = f64::from(WIDTH) - left - EDGE;
    let time = TimeAxis::new(&chosen.window, wide);
    let wide = (f64::from(WIDTH) - left - overhang(&time.ticks, time.range, wide)).floor();
    let ends = (left, left + wide);
    let name = |n: usize, room| shorten(&chosen.populations[n].0, TICK, room);
    let top = 4.0 + key(&mut figure, ends, 4.0, (chosen.populations.len(), 3), name) + ROW;
    let panel = Panel { left, top, width: wide, height: 340.0, x: time.range, y, log_x: false };
    let (title, note) = match &lines {
        Lines::Steps(rates) => (format!("bins of {} ms", short_ms(rates.bin_ms)), "per neuron"),
        Lines::Smooth(_, sigma) => (format!("σ = {} ms", short_ms(*sigma)), "per neuron, smoothed by a Gaussian"),
    };
    notes(&mut figure, ends, top - 9.0, note, &chosen.not_recorded);
    match &lines {
        Lines::Steps(rates) => draw_steps(&mut figure, &panel, &time, rates),
        Lines::Smooth(lines, _) => {
            for (n, line) in lines.iter().enumerate() {
                draw_line(&mut figure, &panel, &time, n, line.iter().copied());
            }
        }
    }
    panel.left_axis(&mut figure, &ticks);
    panel.bottom_axis(&mut figure, &time.ticks, time.label);
    let label = [&format!("Rate (Hz), {title}")[..], "Rate (Hz)"];
    upward_label(&mut figure, top + panel.height / 2.0, panel.height + 80.0, label);
    figure.height = (panel.bottom() + BOTTOM).ceil() as u32;
    Ok(figure)
}

/// The numbers that [`rate`] draws: of each population rates in Hz per neuron, at times or in bins.
///
/// # Errors
/// As of [`rate`].
pub fn rate_data<'a>(recording: &'a SpikeRecording, options: &RateOptions) -> Result<Table<'a>> {
    let chosen = Chosen::new(recording, options.span, &options.populations, MOST_LINES)?;
    let names: Vec<String> = chosen.populations.iter().map(|(name, _)| name.clone()).collect();
    Ok(match Lines::new(&chosen, options.smoothing)? {
        Lines::Steps(rates) => {
            Table::new(&["population", "from_ms", "to_ms", "rate_hz"], rates.rows(names).map(Vec::from))
        }
        Lines::Smooth(lines, _) => {
            let rows = names.into_iter().zip(lines).flat_map(|(name, line)| {
                line.into_iter().map(move |(ms, rate)| vec![name.clone(), ms.to_string(), rate.to_string()])
            });
            Table::new(&["population", "time_ms", "rate_hz"], rows)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::Recorded;

    /// A population that fires at every tick has a constant rate, up to the ends of the recording.
    #[test]
    fn a_constant_rate_is_flat_to_the_ends() {
        let recording = SpikeRecording {
            dt_ms: 0.5,
            ticks: 1001,
            populations: vec![("p".into(), 4)],
            spikes: (0..1001).map(|tick| (tick, 0, tick % 4)).collect(),
            ..SpikeRecording::default()
        };
        let chosen = Chosen::new(&recording, Span::default(), &[], 1).unwrap();
        for sigma in [0.5, 3.0, 20.0, 1e6] {
            for (_, rate) in &gaussian(&chosen, sigma).unwrap()[0] {
                assert!((rate - 500.0).abs() < 1e-9, "{sigma}: {rate}");
            }
        }
        for bin in [1, 7, 100, 5000] {
            let rates = binned(&chosen, bin).unwrap();
            assert!(rates.values[0].iter().all(|rate| (rate - 500.0).abs() < 1e-9), "{bin}");
        }
        assert!(gaussian(&chosen, 0.1).is_err() && gaussian(&chosen, f64::NAN).is_err());
    }

    /// Ten of a hundred neurons were recorded, each of which fires every 10 ms: the rate per neuron
    /// is 100 Hz, whichever are drawn.
    #[test]
    fn rates_are_those_of_the_recorded_neurons() {
        let populations = vec![("a".to_owned(), 100), ("silent".to_owned(), 7)];
        let recorded = Recorded::new(vec![(0, 20..24), (0, 90..96)], &populations);
        let ids = || (20..24).chain(90..96);
        let spikes = (0..100).flat_map(|k| ids().map(move |id| (k * 100, 0, id))).collect();
        let recording = SpikeRecording { dt_ms: 0.1, ticks: 10_000, populations, recorded, spikes };
        for names in
            [&[][..], &["a".to_owned()], &["a[22..24]".to_owned()], &["a[..21]".to_owned(), "a[91..]".to_owned()]]
        {
            let chosen = Chosen::new(&recording, Span::default(), names, 5).unwrap();
            assert_eq!(chosen.populations.len(), 1, "nothing is known of the silent ones");
            let rates = binned(&chosen, 500).unwrap();
            assert!(rates.values[0].iter().all(|rate| (rate - 100.0).abs() < 1e-9), "{names:?}: {:?}", rates.values);
        }
        let all = Chosen::new(&recording, Span::default(), &[], 5).unwrap();
        assert_eq!(all.populations, [("a, 10 of 100".to_owned(), 10)]);
        let rows: std::collections::BTreeSet<u32> = all.spikes().map(|(_, _, row)| row).collect();
        assert!(rows.into_iter().eq(0..10));
        for (name, problem) in [
            ("silent", "the spikes of silent were not recorded"),
            ("a[0..20]", "the spikes of a were not recorded"),
            ("a[100]", "ends behind 100"),
            ("b", "no population b"),
        ] {
            let error = Chosen::new(&recording, Span::default(), &[name.to_owned()], 5).err().unwrap();
            assert!(error.to_string().contains(problem), "{error}");
        }
        let nothing = SpikeRecording { recorded: Recorded::Only(vec![]), spikes: vec![], ..recording };
        let error = Chosen::new(&nothing, Span::default(), &[], 5).err().unwrap();
        assert!(error.to_string().contains("no spikes were recorded"), "{error}");
    }
}
