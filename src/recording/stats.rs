//! Statistics of a recording in numbers: rates, intervals between spikes, variability, synchrony.
//!
//! Counts and intervals in ticks are whole numbers, and so are the sums of their squares: a variance
//! is a difference of whole numbers, without rounding.

use super::memory::SpikeRecording;
use super::selection::{Chosen, Span};
use crate::base::files::json_text;
use crate::base::text::grouped;
use crate::error::Result;
use crate::spiking::Tick;
use serde::Serialize;
use std::collections::BTreeMap;

/// What to count, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct StatsOptions {
    /// The part of the recording; an interval counts if both its spikes are in it.
    pub span: Span,
    /// Names of the populations, with or without neurons (`exc`, `exc[0..10]`); all whose spikes
    /// were recorded if empty.
    pub populations: Vec<String>,
    /// Length in ms of the windows of [`fano_over_time`](PopulationStats::fano_over_time), rounded
    /// to whole ticks.
    pub window_ms: f64,
    /// Width in ms of the bins of [`synchrony`](PopulationStats::synchrony), rounded to whole ticks.
    pub bin_ms: f64,
}

impl Default for StatsOptions {
    fn default() -> StatsOptions {
        StatsOptions { span: Span::default(), populations: Vec::new(), window_ms: 100.0, bin_ms: 5.0 }
    }
}

/// Statistics of the populations of a recording.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stats {
    /// Name and version of this form.
    pub schema: &'static str,
    /// Start of the counted part in ms.
    pub from_ms: f64,
    /// End of the counted part in ms, exclusive.
    pub to_ms: f64,
    /// Length of the windows in ms.
    pub window_ms: f64,
    /// Width of the bins in ms.
    pub bin_ms: f64,
    /// The populations in the recording's order.
    pub populations: Vec<PopulationStats>,
    /// Populations of which no spikes were recorded, unless some were chosen by name: nothing is
    /// known of them.
    pub not_recorded: Vec<String>,
}

/// Statistics of one population. In each equation N is the number of neurons, T the length of the
/// part, and variances are those of a population: the mean of squared deviations, divided by their
/// number. A statistic without a value is `None`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PopulationStats {
    /// Name, with the range of neurons if only some were chosen or recorded.
    pub name: String,
    /// N, the chosen neurons whose spikes were recorded. Others are counted nowhere.
    pub neurons: u32,
    /// Number of spikes.
    pub spikes: u64,
    /// spikes / (N T), in Hz; silent neurons count.
    pub rate_hz: f64,
    /// Number of intervals between consecutive spikes of a neuron.
    pub intervals: u64,
    /// Mean over neurons of the coefficient of variation of their intervals, standard deviation /
    /// mean. `None` if no neuron has two intervals with a mean above 0.
    pub cv: Option<f64>,
    /// Number of neurons of which `cv` is the mean.
    pub cv_neurons: u32,
    /// The coefficient of variation of the intervals of all neurons together. `None` with fewer
    /// than two, or if all are 0.
    pub cv_pooled: Option<f64>,
    /// Quantiles of the intervals of all neurons together. `None` if there are none.
    pub isi_ms: Option<IsiQuantiles>,
    /// Variance over the neurons of their numbers of spikes, over the mean. `None` with fewer than
    /// two neurons or without spikes.
    pub fano_over_neurons: Option<f64>,
    /// Mean over neurons of variance over mean of a neuron's numbers of spikes in consecutive
    /// windows; only neurons with spikes in whole windows have one. `None` if there is no such
    /// neuron, or fewer than two whole windows.
    pub fano_over_time: Option<f64>,
    /// Variance over time of the population's mean number of spikes per bin, over the mean of the
    /// variances of single neurons: 1 if all fire together, about 1 / N if they are independent.
    /// `None` with fewer than two whole bins, or if no neuron's number of spikes varies.
    pub synchrony: Option<f64>,
}

/// Quantiles of intervals in ms, interpolated linearly between the two nearest (Hyndman and Fan's
/// type 7).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct IsiQuantiles {
    /// The shortest.
    pub min: f64,
    /// 5 %.
    pub p5: f64,
    /// 25 %.
    pub p25: f64,
    /// 50 %.
    pub median: f64,
    /// 75 %.
    pub p75: f64,
    /// 95 %.
    pub p95: f64,
    /// The longest.
    pub max: f64,
}

/// Number, sum and sum of squares of whole numbers.
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    sum: u128,
    squares: u128,
}

impl Moments {
    fn add(&mut self, value: u64, times: u64) {
        let (value, times) = (u128::from(value), u128::from(times));
        self.sum = self.sum.saturating_add(value * times);
        self.squares = self.squares.saturating_add((value * value).saturating_mul(times));
    }

    /// n² times the variance of `n` values.
    fn scatter(&self, n: u64) -> f64 {
        let squares = u128::from(n).saturating_mul(self.squares);
        squares.saturating_sub(self.sum.saturating_mul(self.sum)) as f64
    }

    /// Standard deviation over mean of `n` values, if that is defined.
    fn cv(&self, n: u64) -> Option<f64> {
        (n >= 2 && self.sum > 0).then(|| self.scatter(n).sqrt() / self.sum as f64)
    }

    /// Variance over mean of `n` values, if that is defined.
    fn fano(&self, n: u64) -> Option<f64> {
        (n >= 2 && self.sum > 0).then(|| self.scatter(n) / (n as f64 * self.sum as f64))
    }
}

/// Numbers of spikes in bins, of spikes that come in order of time.
#[derive(Debug, Clone, Copy, Default)]
struct Bins {
    moments: Moments,
    bin: Tick,
    count: u64,
}

impl Bins {
    fn spike(&mut self, bin: Tick) {
        if bin != self.bin {
            self.close();
            self.bin = bin;
        }
        self.count += 1;
    }

    fn close(&mut self) {
        self.moments.add(std::mem::take(&mut self.count), 1);
    }

    fn moments(mut self) -> Moments {
        self.close();
        self.moments
    }
}

/// What is known of a neuron that fired.
#[derive(Default)]
struct Neuron {
    spikes: u64,
    last: Tick,
    intervals: Moments,
    windows: Bins,
    bins: Bins,
}

/// What is known of a population. Neurons that did not fire have no entry.
#[derive(Default)]
struct Population {
    neurons: BTreeMap<u32, Neuron>,
    /// Number of intervals by length in ticks.
    intervals: BTreeMap<Tick, u64>,
    bins: Bins,
}

impl Population {
    fn describe(&self, name: &str, neurons: u32, of: &Counted) -> PopulationStats {
        let mut spikes = Moments::default();
        let (mut cvs, mut fanos, mut scatter) = (Mean::default(), Mean::default(), 0.0);
        for neuron in self.neurons.values() {
            spikes.add(neuron.spikes, 1);
            cvs.add(neuron.intervals.cv(neuron.spikes - 1));
            fanos.add(neuron.windows.moments().fano(of.windows.into()));
            scatter += neuron.bins.moments().scatter(of.bins.into());
        }
        let (mut pooled, mut intervals) = (Moments::default(), 0);
        for (&interval, &times) in &self.intervals {
            pooled.add(interval.into(), times);
            intervals += times;
        }
        let together = self.bins.moments().scatter(of.bins.into());
        PopulationStats {
            name: name.to_owned(),
            neurons,
            spikes: spikes.sum as u64,
            rate_hz: spikes.sum as f64 / (f64::from(neurons) * f64::from(of.ticks) * of.dt_ms / 1000.0),
            intervals,
            cv: cvs.value(),
            cv_neurons: cvs.n,
            cv_pooled: pooled.cv(intervals),
            isi_ms: quantiles(&self.intervals, intervals, of.dt_ms),
            fano_over_neurons: spikes.fano(neurons.into()),
            fano_over_time: fanos.value(),
            synchrony: (of.bins >= 2 && scatter > 0.0).then(|| together / (f64::from(neurons) * scatter)),
        }
    }
}

/// Lengths that the statistics of all populations share.
struct Counted {
    ticks: Tick,
    dt_ms: f64,
    /// Numbers of whole windows and of whole bins.
    windows: Tick,
    bins: Tick,
}

/// The mean of the values that are defined.
#[derive(Default)]
struct Mean {
    n: u32,
    sum: f64,
}

impl Mean {
    fn add(&mut self, value: Option<f64>) {
        if let Some(value) = value {
            self.n += 1;
            self.sum += value;
        }
    }

    fn value(&self) -> Option<f64> {
        (self.n > 0).then(|| self.sum / f64::from(self.n))
    }
}

/// Statistics of the chosen populations; for the equations see [`PopulationStats`] and
/// `docs/simulator.md`.
///
/// # Errors
/// If the recording is empty or contradicts itself, or an option is not possible for it.
pub fn stats(recording: &SpikeRecording, options: &StatsOptions) -> Result<Stats> {
    let chosen = Chosen::new(recording, options.span, &options.populations, usize::MAX)?;
    let window = chosen.window;
    let (long, bin) = (window.bin("window", options.window_ms)?, window.bin("bin", options.bin_ms)?);
    let ticks = window.ticks();
    let of = Counted { ticks, dt_ms: window.dt_ms, windows: ticks / long, bins: ticks / bin };
    let mut populations: Vec<Population> = chosen.populations.iter().map(|_| Population::default()).collect();
    for (tick, place, number) in chosen.spikes() {
        let population = &mut populations[place];
        let neuron = population.neurons.entry(number).or_default();
        if neuron.spikes > 0 {
            let interval = tick - neuron.last;
            neuron.intervals.add(interval.into(), 1);
            *population.intervals.entry(interval).or_default() += 1;
        }
        neuron.spikes += 1;
        neuron.last = tick;
        // The last window and the last bin count only if they are whole.
        let in_part = tick - window.from;
        if in_part / long < of.windows {
            neuron.windows.spike(in_part / long);
        }
        if in_part / bin < of.bins {
            neuron.bins.spike(in_part / bin);
            population.bins.spike(in_part / bin);
        }
    }
    let described = populations.iter().zip(&chosen.populations);
    Ok(Stats {
        schema: "spikefuse.stats/1",
        from_ms: window.start_ms(),
        to_ms: window.end_ms(),
        window_ms: f64::from(long) * window.dt_ms,
        bin_ms: f64::from(bin) * window.dt_ms,
        populations: described.map(|(population, (name, size))| population.describe(name, *size, &of)).collect(),
        not_recorded: chosen.not_recorded.iter().map(|name| (*name).to_owned()).collect(),
    })
}

/// Quantiles of `n` intervals, given by length in ticks.
fn quantiles(intervals: &BTreeMap<Tick, u64>, n: u64, dt_ms: f64) -> Option<IsiQuantiles> {
    let mut before = 0;
    let ends: Vec<(u64, Tick)> = intervals
        .iter()
        .map(|(&interval, times)| {
            before += times;
            (before, interval)
        })
        .collect();
    let (min, max) = (ends.first()?.1, ends.last()?.1);
    let value = |rank: u64| ends.get(ends.partition_point(|(end, _)| *end <= rank)).map_or(max, |(_, value)| *value);
    let quantile = |percent: u64| {
        // Hundredths of a rank are whole numbers.
        let at = u128::from(n - 1) * u128::from(percent);
        let (rank, rest) = ((at / 100) as u64, (at % 100) as f64 / 100.0);
        let (low, high) = (f64::from(value(rank)), f64::from(value(rank + 1)));
        (low + rest * (high - low)) * dt_ms
    };
    Some(IsiQuantiles {
        min: f64::from(min) * dt_ms,
        p5: quantile(5),
        p25: quantile(25),
        median: quantile(50),
        p75: quantile(75),
        p95: quantile(95),
        max: f64::from(max) * dt_ms,
    })
}

impl Stats {
    /// As one JSON document, with null for a statistic without a value.
    ///
    /// # Errors
    /// Never, unless a number has no JSON form.
    pub fn json(&self) -> Result<String> {
        json_text(self)
    }

    /// As two tables for people, with `-` for a statistic without a value.
    pub fn table(&self) -> String {
        let ms = |ms: f64| crate::error::short(ms);
        let number = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.4}"));
        let head = [
            "population",
            "neurons",
            "spikes",
            "rate (Hz)",
            "CV",
            "CV pooled",
            "Fano, neurons",
            "Fano, time",
            "synchrony",
        ];
        let row = |of: &PopulationStats| {
            vec![
                of.name.clone(),
                grouped(of.neurons.into()),
                grouped(of.spikes),
                number(Some(of.rate_hz)),
                number(of.cv),
                number(of.cv_pooled),
                number(of.fano_over_neurons),
                number(of.fano_over_time),
                number(of.synchrony),
            ]
        };
        let mut text = format!("{} ms to {} ms\n\n", ms(self.from_ms), ms(self.to_ms));
        text += &aligned(&head, self.populations.iter().map(row));
        let head = ["ISI (ms)", "intervals", "min", "5 %", "25 %", "median", "75 %", "95 %", "max"];
        let row = |of: &PopulationStats| {
            let at = of.isi_ms.map(|q| [q.min, q.p5, q.p25, q.median, q.p75, q.p95, q.max]);
            let at = at.map_or([None; 7], |at| at.map(Some));
            let short = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.2}"));
            [of.name.clone(), grouped(of.intervals)].into_iter().chain(at.map(short)).collect()
        };
        text += "\n";
        text += &aligned(&head, self.populations.iter().map(row));
        text += &format!(
            "\nCV: mean over neurons with two intervals; Fano over time: windows of {} ms; synchrony: bins of {} ms\n",
            ms(self.window_ms),
            ms(self.bin_ms)
        );
        if !self.not_recorded.is_empty() {
            text += &format!("spikes not recorded: {}\n", self.not_recorded.join(", "));
        }
        text
    }
}

/// Rows of cells under a head, the first column to the left, the others to the right.
fn aligned(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
    let mut widths = vec![0; rows[0].len()];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for row in &rows {
        for (i, (cell, width)) in row.iter().zip(&widths).enumerate() {
            text += &if i == 0 { format!("{cell:<width$}") } else { format!("  {cell:>width$}") };
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::choice::Recorded;
    use super::*;
    use proptest::prelude::*;

    fn recording(ticks: Tick, populations: &[(&str, u32)], mut spikes: Vec<(Tick, u32, u32)>) -> SpikeRecording {
        spikes.sort_unstable();
        let populations = populations.iter().map(|(name, size)| ((*name).to_owned(), *size)).collect();
        SpikeRecording { dt_ms: 0.5, ticks, populations, spikes, ..SpikeRecording::default() }
    }

    #[track_caller]
    fn near(a: Option<f64>, b: Option<f64>) {
        match (a, b) {
            (Some(a), Some(b)) => assert!((a - b).abs() <= 1e-12 * a.abs().max(b.abs()).max(1e-300), "{a} {b}"),
            _ => assert_eq!(a, b),
        }
    }

    /// Three neurons in 10 ms: intervals 2, 4 and 6 ticks, 5 and 5 ticks, and a silent one.
    #[test]
    fn values_by_hand() {
        let spikes = vec![(0, 0, 0), (2, 0, 0), (6, 0, 0), (12, 0, 0), (1, 0, 1), (6, 0, 1), (11, 0, 1)];
        let options = StatsOptions { window_ms: 5.0, bin_ms: 2.5, ..StatsOptions::default() };
        let all = stats(&recording(20, &[("p", 3)], spikes), &options).unwrap();
        assert_eq!((all.from_ms, all.to_ms, all.window_ms, all.bin_ms), (0.0, 10.0, 5.0, 2.5));
        let of = &all.populations[0];
        assert_eq!((of.neurons, of.spikes, of.intervals, of.cv_neurons), (3, 7, 5, 2));
        near(Some(of.rate_hz), Some(7.0 / (3.0 * 0.01)));
        // sqrt(((2 - 4)² + 0 + (6 - 4)²) / 3) / 4, and 0.
        near(of.cv, Some((8.0_f64 / 3.0).sqrt() / 4.0 / 2.0));
        // 2, 4, 5, 5, 6: mean 4.4, mean square 106 / 5.
        near(of.cv_pooled, Some((21.2_f64 - 4.4 * 4.4).sqrt() / 4.4));
        let isi = of.isi_ms.unwrap();
        let expected = [1.0, 1.2, 2.0, 2.5, 2.5, 2.9, 3.0];
        for (a, b) in [isi.min, isi.p5, isi.p25, isi.median, isi.p75, isi.p95, isi.max].into_iter().zip(expected) {
            near(Some(a), Some(b));
        }
        // Counts 4, 3, 0: mean 7 / 3, mean square 25 / 3.
        near(of.fano_over_neurons, Some((25.0 / 3.0 - 49.0 / 9.0) / (7.0 / 3.0)));
        // Windows of ten ticks: 3, 1 and 2, 1.
        near(of.fano_over_time, Some((1.0 / 2.0 + 0.25 / 1.5) / 2.0));
        // Bins of five ticks: 2, 1, 1, 0 and 1, 1, 1, 0; together 3, 2, 2, 0, of three neurons.
        let together = (17.0 / 4.0 - 49.0 / 16.0) / 9.0;
        near(of.synchrony, Some(together / ((0.5 + 3.0 / 16.0) / 3.0)));
    }

    #[test]
    fn all_together_are_wholly_synchronous_and_the_rest_of_a_window_does_not_count() {
        let spikes = [3, 7, 8, 30].into_iter().flat_map(|tick| (0..4).map(move |id| (tick, 0, id))).collect();
        let options = StatsOptions { window_ms: 5.0, bin_ms: 2.5, ..StatsOptions::default() };
        let of = &stats(&recording(31, &[("p", 4)], spikes), &options).unwrap().populations[0];
        near(of.synchrony, Some(1.0));
        near(of.fano_over_neurons, Some(0.0));
        // Windows 3, 0, 0: variance 2, mean 1.
        near(of.fano_over_time, Some(2.0));
    }

    #[test]
    fn what_is_not_defined_has_no_value() {
        let of = |ticks, size, spikes| {
            let options = StatsOptions { window_ms: 5.0, ..StatsOptions::default() };
            stats(&recording(ticks, &[("p", size)], spikes), &options).unwrap()
        };
        let silent = of(100, 3, vec![]);
        let text = silent.json().unwrap();
        assert!(text.contains("\"cv\": null") && text.contains("\"isi_ms\": null"), "{text}");
        let row = silent.table();
        let row = row.lines().find(|line| line.starts_with('p') && line.contains("0.0000")).unwrap();
        assert_eq!(row.split_whitespace().collect::<Vec<_>>(), ["p", "3", "0", "0.0000", "-", "-", "-", "-", "-"]);
        // One interval has quantiles, but no variation; one neuron has no variance over neurons.
        let of_one = &of(100, 1, vec![(1, 0, 0), (5, 0, 0)]).populations[0];
        assert_eq!((of_one.cv, of_one.cv_pooled, of_one.fano_over_neurons), (None, None, None));
        assert_eq!(of_one.isi_ms.map(|isi| (isi.min, isi.p5, isi.max)), Some((2.0, 2.0, 2.0)));
        near(of_one.synchrony, Some(1.0));
        // Spikes in one tick have intervals of 0, whose mean no deviation can be divided by.
        let same = &of(100, 2, vec![(4, 0, 1); 4]).populations[0];
        assert_eq!((same.intervals, same.cv, same.cv_pooled), (3, None, None));
        // A part of less than two windows and bins.
        let short = &of(19, 2, vec![(4, 0, 1)]).populations[0];
        assert_eq!((short.fano_over_time, short.synchrony), (None, None));
    }

    /// Ten of a hundred neurons were recorded, and of another population none.
    #[test]
    fn neurons_that_were_not_recorded_are_not_silent() {
        let spikes = (0..10).map(|k| (k * 20, 0, 90 + k)).collect();
        let mut recording = recording(200, &[("a", 100), ("unknown", 7)], spikes);
        recording.recorded = Recorded::new(vec![(0, 90..100)], &recording.populations);
        let all = stats(&recording, &StatsOptions::default()).unwrap();
        assert_eq!(all.populations.len(), 1);
        assert_eq!((&all.populations[0].name[..], all.populations[0].neurons), ("a[90..100]", 10));
        near(Some(all.populations[0].rate_hz), Some(10.0));
        assert_eq!(all.not_recorded, ["unknown"]);
        assert!(all.table().contains("spikes not recorded: unknown"));
        let options = StatsOptions { populations: vec!["unknown".into()], ..StatsOptions::default() };
        assert!(stats(&recording, &options).unwrap_err().to_string().contains("were not recorded"));
        for (window_ms, bin_ms) in [(0.0, 5.0), (100.0, f64::NAN), (0.1, 5.0), (100.0, -1.0)] {
            let options = StatsOptions { window_ms, bin_ms, ..StatsOptions::default() };
            assert!(stats(&recording, &options).is_err(), "{window_ms} {bin_ms}");
        }
    }

    #[test]
    fn numbers_at_the_limits_do_not_overflow() {
        let mut far = recording(Tick::MAX, &[("p", u32::MAX)], vec![(0, 0, 0), (Tick::MAX - 1, 0, 0)]);
        far.spikes.extend([(Tick::MAX - 1, 0, u32::MAX - 1); 2]);
        let of = &stats(&far, &StatsOptions { bin_ms: 0.5, ..StatsOptions::default() }).unwrap().populations[0];
        assert_eq!((of.spikes, of.intervals), (4, 2));
        assert!(of.synchrony.is_some_and(|s| s > 0.0) && of.fano_over_time.is_some_and(f64::is_finite));
    }

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    fn variance(values: &[f64]) -> f64 {
        let middle = mean(values);
        mean(&values.iter().map(|v| (v - middle).powi(2)).collect::<Vec<_>>())
    }

    fn mean_of_some(values: &[f64]) -> Option<f64> {
        (!values.is_empty()).then(|| mean(values))
    }

    /// Numbers of spikes in the whole bins of `width` ticks.
    fn counts(train: &[Tick], from: Tick, to: Tick, width: Tick) -> Vec<f64> {
        let starts = (0..(to - from) / width).map(|i| from + i * width);
        starts.map(|a| train.iter().filter(|t| (a..a + width).contains(t)).count() as f64).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]
        /// The definitions once more, train by train, with sums of real numbers.
        #[test]
        fn the_definitions_once_more(
            spikes in proptest::collection::vec((0_u32..90, 0_u32..1, 0_u32..5), 0..120),
            (from, to) in (0_u32..40, 50_u32..=90),
            (window, bin) in (1_u32..30, 1_u32..30),
        ) {
            let dt = 0.5;
            let recording = recording(90, &[("p", 5)], spikes);
            let span = Span { from_ms: Some(f64::from(from) * dt), to_ms: Some(f64::from(to) * dt) };
            let (window_ms, bin_ms) = (f64::from(window) * dt, f64::from(bin) * dt);
            let options = StatsOptions { span, window_ms, bin_ms, ..StatsOptions::default() };
            let of = &stats(&recording, &options).unwrap().populations[0];

            let inside = |s: &&(Tick, u32, u32)| (from..to).contains(&s.0);
            let train = |id| recording.spikes.iter().filter(inside).filter(|s| s.2 == id).map(|s| s.0).collect();
            let trains: Vec<Vec<Tick>> = (0..5).map(train).collect();
            let isis: Vec<Vec<f64>> =
                trains.iter().map(|t| t.windows(2).map(|e| f64::from(e[1] - e[0]) * dt).collect()).collect();
            let with_cv: Vec<&Vec<f64>> = isis.iter().filter(|i| i.len() >= 2 && mean(i) > 0.0).collect();
            let cvs: Vec<f64> = with_cv.iter().map(|i| variance(i).sqrt() / mean(i)).collect();
            let mut pooled = isis.concat();
            pooled.sort_by(f64::total_cmp);
            let sizes: Vec<f64> = trains.iter().map(|t| t.len() as f64).collect();
            near(Some(of.rate_hz), Some(sizes.iter().sum::<f64>() / 5.0 / (f64::from(to - from) * dt / 1000.0)));
            let close = |a: Option<f64>, b: Option<f64>| match (a, b) {
                (Some(a), Some(b)) => (a - b).abs() < 1e-12,
                _ => a == b,
            };
            prop_assert!(close(of.cv, mean_of_some(&cvs)));
            let varied = pooled.len() >= 2 && mean(&pooled) > 0.0;
            prop_assert!(close(of.cv_pooled, varied.then(|| variance(&pooled).sqrt() / mean(&pooled))));
            for (q, value) in [(0.0, of.isi_ms.map(|i| i.min)), (0.05, of.isi_ms.map(|i| i.p5)),
                (0.25, of.isi_ms.map(|i| i.p25)), (0.5, of.isi_ms.map(|i| i.median)),
                (0.75, of.isi_ms.map(|i| i.p75)), (0.95, of.isi_ms.map(|i| i.p95)), (1.0, of.isi_ms.map(|i| i.max))]
            {
                let expected = (!pooled.is_empty()).then(|| {
                    let at = q * (pooled.len() - 1) as f64;
                    let (low, high) = (pooled[at.floor() as usize], pooled[at.ceil() as usize]);
                    low + (at - at.floor()) * (high - low)
                });
                prop_assert!(close(value, expected), "{q} {value:?} {expected:?}");
            }
            let fired = sizes.iter().sum::<f64>() > 0.0;
            prop_assert!(close(of.fano_over_neurons, fired.then(|| variance(&sizes) / mean(&sizes))));
            let windows: Vec<Vec<f64>> = trains.iter().map(|t| counts(t, from, to, window)).collect();
            let fanos: Vec<f64> = windows.iter().filter(|c| c.len() >= 2 && mean(c) > 0.0)
                .map(|c| variance(c) / mean(c)).collect();
            prop_assert!(close(of.fano_over_time, mean_of_some(&fanos)));
            let bins: Vec<Vec<f64>> = trains.iter().map(|t| counts(t, from, to, bin)).collect();
            let population: Vec<f64> =
                (0..bins[0].len()).map(|i| mean(&bins.iter().map(|b| b[i]).collect::<Vec<_>>())).collect();
            let single = mean(&bins.iter().map(|b| variance(b)).collect::<Vec<_>>());
            let varies = bins[0].len() >= 2 && bins.iter().any(|b| b.iter().any(|c| *c != b[0]));
            prop_assert!(close(of.synchrony, varies.then(|| variance(&population) / single)));
        }
    }
}
