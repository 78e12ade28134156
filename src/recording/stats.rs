//! Statistics of a recording in numbers: rates, intervals between spikes, variability, synchrony.
//!
//! Counts and intervals in ticks are whole numbers, and so are the sums of their squares: a variance
//! is a difference of whole numbers, without rounding.

#[cfg(test)]
mod tests;

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
