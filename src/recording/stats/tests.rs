//! Statistics by hand, at their limits, and once more in the plainest form.

use super::*;
use crate::recording::Recorded;
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
