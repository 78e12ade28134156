//! Pictures of synthetic recordings. With `PLOT_OUT=DIR` in the environment they are left there, to
//! be looked at.

use super::*;
use crate::base::counter;
use crate::recording::{SpikeRecording, Trace, Variable};
use std::path::PathBuf;

/// Each neuron fires as a Poisson process whose rate in Hz is `rate_hz(population, time in ms)`.
fn poisson(populations: &[(&str, u32)], ticks: u32, dt_ms: f64, rate_hz: impl Fn(usize, f64) -> f64) -> SpikeRecording {
    let (mut spikes, mut n) = (Vec::new(), 0);
    for tick in 0..ticks {
        for (p, (_, size)) in populations.iter().enumerate() {
            // From one that fires to the next by geometric distances, so that silence costs
            // nothing.
            let silent = 1.0 - (rate_hz(p, f64::from(tick) * dt_ms) * dt_ms / 1000.0).clamp(1e-12, 0.5);
            let mut neuron = -1.0;
            loop {
                neuron += 1.0 + ((1.0 - counter::unit(11, n)).ln() / silent.ln()).floor();
                n += 1;
                if neuron >= f64::from(*size) {
                    break;
                }
                spikes.push((tick, p as u32, neuron as u32));
            }
        }
    }
    let populations = populations.iter().map(|(name, size)| (name.to_string(), *size)).collect();
    SpikeRecording { dt_ms, ticks, populations, spikes, ..SpikeRecording::default() }
}

/// 3200 and 800 neurons with irregular spikes, their rates going up and down together.
fn irregular() -> SpikeRecording {
    poisson(&[("exc", 3200), ("inh", 800)], 10_000, 0.1, |p, ms| {
        [8.0, 14.0][p] * (1.0 + 0.9 * (ms / 40.0 * std::f64::consts::TAU).sin())
    })
}

/// 100,000 neurons, about a million spikes.
fn large() -> SpikeRecording {
    poisson(&[("L2/3e", 60_000), ("L4e", 30_000), ("L4i", 9_900), ("cue", 100)], 10_000, 0.1, |p, ms| {
        [8.0, 12.0, 20.0, 40.0][p] * (1.0 + 0.8 * (ms / 125.0 * std::f64::consts::TAU).sin())
    })
}

fn silent(neurons: u32) -> SpikeRecording {
    SpikeRecording {
        dt_ms: 0.1,
        ticks: 5000,
        populations: vec![("exc".into(), neurons)],
        spikes: vec![],
        ..SpikeRecording::default()
    }
}

/// Leaky neurons under a noisy current whose thresholds jump at each spike and decay: membrane,
/// threshold, spikes.
fn adaptive(neurons: u32, ticks: u32, dt_ms: f64) -> (Trace, Trace, SpikeRecording) {
    let (mut v, mut extra) = (vec![-70.0; neurons as usize], vec![0.0; neurons as usize]);
    let (mut membrane, mut threshold, mut spikes) = (Vec::new(), Vec::new(), Vec::new());
    let mut n = 0;
    for tick in 0..ticks {
        for i in 0..neurons as usize {
            n += 1;
            let noise = (counter::unit(5, n) - 0.5) * 60.0;
            let drive = 24.0 + 2.0 * i as f64;
            v[i] += dt_ms / 20.0 * (-70.0 - v[i] + drive + noise);
            extra[i] *= (-dt_ms / 80.0_f64).exp();
            let at = -54.0 + extra[i];
            if v[i] >= at {
                spikes.push((tick, 0, i as u32 * 10));
                v[i] = -70.0;
                extra[i] += 3.0;
            }
            membrane.push(v[i]);
            threshold.push(at);
        }
    }
    let which: Vec<u32> = (0..neurons).map(|i| i * 10).collect();
    let trace = |variable, values| Trace {
        variable,
        population: "alif".into(),
        neurons: which.clone(),
        dt_ms,
        first_tick: 0,
        values,
    };
    let populations = vec![("alif".into(), 10 * neurons)];
    let spikes = SpikeRecording { dt_ms, ticks, populations, spikes, ..SpikeRecording::default() };
    (trace(Variable::Membrane, membrane), trace(Variable::Threshold, threshold), spikes)
}

/// Draws both files, checks what holds for every figure, and returns the SVG and the PNG's size.
pub fn check(name: &str, figure: &Figure) -> (String, usize) {
    let (w, h) = figure.size_px();
    assert_eq!(w, WIDTH, "{name}");
    for text in figure.texts() {
        let [x0, y0, x1, y1] = text.bounds();
        assert!(x0 >= 0.0 && y0 >= 0.0 && x1 <= w.into() && y1 <= h.into(), "{name}: {text:?} is cut off");
    }
    let texts = figure.texts();
    for (i, a) in texts.iter().enumerate() {
        for b in &texts[..i] {
            let (p, q) = (a.bounds(), b.bounds());
            let apart = p[0] >= q[2] || q[0] >= p[2] || p[1] >= q[3] || q[1] >= p[3];
            assert!(apart || a.text.is_empty() || b.text.is_empty(), "{name}: {a:?} is over {b:?}");
        }
    }

    let folder = tempfile::tempdir().unwrap();
    let kept = std::env::var_os("PLOT_OUT").map(PathBuf::from);
    let folder = kept.unwrap_or_else(|| folder.path().to_owned());
    let (svg, png) = (folder.join(format!("{name}.svg")), folder.join(format!("{name}.png")));
    figure.write(&svg).unwrap();
    figure.write(&png).unwrap();
    let png = std::fs::read(&png).unwrap();
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    assert_eq!((number(16), number(20)), (w, h), "{name}");
    let svg = std::fs::read_to_string(&svg).unwrap();
    well_formed(&svg);
    assert!(svg.contains("in\" stroke-linejoin"), "{name}: no size on paper");
    (svg, png.len())
}

/// Every tag is closed in order, attributes are quoted, and text has no bare signs.
fn well_formed(svg: &str) {
    let (mut open, mut rest) = (Vec::new(), svg);
    while let Some(start) = rest.find('<') {
        let text = &rest[..start];
        assert!(!text.contains('>'), "{text}");
        for (at, _) in text.match_indices('&') {
            assert!(text[at..].find(';').is_some_and(|end| end < 7), "{text}");
        }
        let end = start + rest[start..].find('>').unwrap();
        let tag = &rest[start + 1..end];
        assert!(tag.matches('"').count() % 2 == 0 && !tag.contains('<'), "{tag}");
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "{tag}"),
            None if tag.ends_with('/') => {}
            None => open.push(tag.split(' ').next().unwrap()),
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} {rest}");
}

fn has(svg: &str, texts: &[&str]) {
    for text in texts {
        assert!(svg.lines().any(|line| line == *text), "no text {text}");
    }
}

#[test]
fn raster_of_two_populations() {
    let figure = raster(&irregular(), &RasterOptions::default()).unwrap();
    let (svg, png) = check("raster-4000", &figure);
    has(&svg, &["Time (ms)", "Neuron", "Rate (Hz)", "exc", "inh", "n = 3,200", "per neuron, 10 ms bins"]);
    assert!(svg.contains("marks (one per pixel)"));
    assert!(svg.len() < 1_000_000 && png < 1_000_000, "{} {png}", svg.len());
    let options = RasterOptions {
        span: Span { from_ms: Some(200.0), to_ms: Some(300.0) },
        populations: vec!["inh".into()],
        bin_ms: Some(2.0),
    };
    let (svg, _) = check("raster-part", &raster(&irregular(), &options).unwrap());
    has(&svg, &["200", "300", "per neuron, 2 ms bins"]);
    assert!(!svg.contains("exc"));
}

#[test]
fn raster_of_few_and_of_silent_neurons() {
    let one = poisson(&[("n", 1)], 10_000, 0.1, |_, _| 20.0);
    has(&check("raster-1", &raster(&one, &RasterOptions::default()).unwrap()).0, &["Rate (Hz)", "Time (ms)"]);
    let few = poisson(&[("sensory", 10), ("motor", 2)], 20_000, 1.0, |p, _| [5.0, 30.0][p]);
    has(&check("raster-12", &raster(&few, &RasterOptions::default()).unwrap()).0, &["Time (s)"]);
    for neurons in [1, 100_000] {
        let name = format!("raster-silent-{neurons}");
        has(&check(&name, &raster(&silent(neurons), &RasterOptions::default()).unwrap()).0, &["0 spikes"]);
    }
    // A busy neuron, with more spikes than pixels.
    let busy = poisson(&[("a", 3), ("b", 2)], 100_000, 0.1, |_, _| 400.0);
    assert!(check("raster-busy", &raster(&busy, &RasterOptions::default()).unwrap()).0.contains("shaded"));
}

#[test]
fn raster_of_a_million_spikes_is_bounded() {
    let recording = large();
    assert!(recording.spikes.len() > 1_000_000, "{}", recording.spikes.len());
    let figure = raster(&recording, &RasterOptions::default()).unwrap();
    let (svg, png) = check("raster-100000", &figure);
    assert!(svg.contains("shaded by number per cell"));
    assert!(svg.len() < 2_000_000 && png < 1_000_000, "{} {png}", svg.len());
    check("rate-100000", &rate(&recording, &RateOptions::default()).unwrap());
    check("isi-100000", &isi(&recording, &IsiOptions::default()).unwrap());
}

#[test]
fn raster_of_many_populations() {
    for (count, size) in [(8, 500), (40, 20), (1000, 3)] {
        let names: Vec<String> = (0..count).map(|i| format!("a population with a long name, number {i}")).collect();
        let populations: Vec<(&str, u32)> = names.iter().map(|name| (name.as_str(), size)).collect();
        let recording = poisson(&populations, 1000, 1.0, |_, _| 5.0);
        let figure = raster(&recording, &RasterOptions::default()).unwrap();
        assert!(figure.size_px().1 <= 1360, "{:?}", figure.size_px());
        let (svg, png) = check(&format!("raster-of-{count}"), &figure);
        assert!(svg.len() < 2_000_000 && png < 1_000_000, "{count}: {} {png}", svg.len());
        let said = svg.lines().any(|line| line.contains(&format!(" of {count} populations named")));
        assert_eq!(said, count > 8, "{count}");
        if count > 50 {
            assert!(refusal(rate(&recording, &RateOptions::default())).contains("room for 50, not for 1000"));
            assert!(refusal(isi(&recording, &IsiOptions::default())).contains("choose some"));
            continue;
        }
        // Every population is in the key, and its name still tells it from the others.
        let (of_rate, _) = check(&format!("rate-of-{count}"), &rate(&recording, &RateOptions::default()).unwrap());
        let (of_isi, _) = check(&format!("isi-of-{count}"), &isi(&recording, &IsiOptions::default()).unwrap());
        for i in 0..count {
            assert!(of_rate.lines().any(|line| line.ends_with(&format!(" {i}"))), "{i} of {count}");
            assert!(of_isi.lines().any(|line| line.contains(&format!(" {i}: CV"))), "{i} of {count}");
        }
    }
}

#[test]
fn rates_and_intervals() {
    let recording = irregular();
    let (svg, _) = check("rate", &rate(&recording, &RateOptions::default()).unwrap());
    has(&svg, &["Time (ms)", "exc", "inh", "Rate (Hz), σ = 10 ms", "per neuron, smoothed by a Gaussian"]);
    let binned = RateOptions { smoothing: Some(Smoothing::Bins(5.0)), ..RateOptions::default() };
    has(&check("rate-bins", &rate(&recording, &binned).unwrap()).0, &["Rate (Hz), bins of 5 ms"]);
    let (svg, _) = check("isi", &isi(&recording, &IsiOptions::default()).unwrap());
    has(&svg, &["Inter-spike interval (ms)", "Density (per decade)", "10 bins per decade"]);
    assert!(svg.contains("exc: CV = "));
    let linear = IsiOptions { bins: IsiBins::Linear(None), ..IsiOptions::default() };
    has(&check("isi-linear", &isi(&recording, &linear).unwrap()).0, &["Fraction of intervals"]);
    for neurons in [1, 3] {
        check("rate-silent", &rate(&silent(neurons), &RateOptions::default()).unwrap());
        for options in [&IsiOptions::default(), &linear] {
            let (svg, _) = check("isi-silent", &isi(&silent(neurons), options).unwrap());
            has(&svg, &["no neuron has two spikes here", "exc: CV not known, n = 0"]);
            assert!(!svg.contains("interval (ms)") && !svg.contains("Density") && !svg.contains("Fraction"));
        }
    }
    let regular = SpikeRecording { spikes: (0..50).map(|i| (i * 100, 0, 0)).collect(), ..silent(1) };
    assert!(check("isi-regular", &isi(&regular, &IsiOptions::default()).unwrap()).0.contains("CV = 0.00"));
    let twice = SpikeRecording { spikes: (0..50).map(|i| (i / 2 * 100, 0, 0)).collect(), ..silent(1) };
    check("isi-twice", &isi(&twice, &IsiOptions::default()).unwrap());
    let same = SpikeRecording { spikes: vec![(7, 0, 0); 50], ..silent(1) };
    assert!(check("isi-same", &isi(&same, &IsiOptions::default()).unwrap()).0.contains("CV not known"));
    check("isi-same-linear", &isi(&same, &linear).unwrap());
    check("isi-regular-linear", &isi(&regular, &linear).unwrap());
}

#[test]
fn membranes_with_adaptive_thresholds() {
    let (v, at, spikes) = adaptive(1, 4000, 0.1);
    let options = TraceOptions::default();
    let (svg, _) = check("membrane-1", &membrane(&v, Some(&at), Some(&spikes), &options).unwrap());
    has(&svg, &["Time (ms)", "threshold", "spike", "alif 0", "membrane potential", "Membrane potential (mV)"]);
    check("membrane-alone", &membrane(&v, None, None, &options).unwrap());
    // A hundred ticks per pixel.
    let (v, at, spikes) = adaptive(8, 100_000, 0.1);
    let (svg, png) = check("membrane-6", &membrane(&v, Some(&at), Some(&spikes), &options).unwrap());
    has(&svg, &["6 of 8 recorded neurons", "Membrane potential (mV)", "alif 50"]);
    assert!(svg.len() < 1_000_000 && png < 1_000_000, "{} {png}", svg.len());
    let part = TraceOptions { span: Span { from_ms: Some(500.0), to_ms: Some(800.0) }, neurons: vec![0, 30, 70] };
    let (svg, _) = check("membrane-3", &membrane(&v, Some(&at), Some(&spikes), &part).unwrap());
    has(&svg, &["alif 70", "500", "800"]);
    has(&check("threshold", &threshold(&at, &part).unwrap()).0, &["Threshold (mV)", "Time (ms)", "alif 30"]);
    check("threshold-all", &threshold(&at, &options).unwrap());
}

#[test]
fn traces_of_constant_and_of_odd_values() {
    for (name, value) in [("zero", 0.0), ("rest", -70.0), ("large", 1e9), ("small", 1e-9)] {
        let trace = |variable| Trace {
            variable,
            population: "<n> & \"co\"\u{7}".into(),
            neurons: vec![u32::MAX],
            dt_ms: 0.1,
            first_tick: 7,
            values: vec![value; 3],
        };
        let (v, at) = (trace(Variable::Membrane), trace(Variable::Threshold));
        check(&format!("constant-{name}"), &membrane(&v, Some(&at), None, &TraceOptions::default()).unwrap());
        check(&format!("constant-threshold-{name}"), &threshold(&at, &TraceOptions::default()).unwrap());
    }
    let one = Trace { values: vec![-70.0], neurons: vec![0], first_tick: u32::MAX - 1, ..adaptive(1, 1, 0.1).0 };
    check("constant-one-tick", &membrane(&one, None, None, &TraceOptions::default()).unwrap());
}

/// The message and the advice.
fn refusal<T>(result: crate::Result<T>) -> String {
    let error = result.err().unwrap();
    format!("{error}; {}", error.hint().unwrap_or_default())
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let recording = irregular();
    let of = |from_ms, to_ms| RasterOptions { span: Span { from_ms, to_ms }, ..RasterOptions::default() };
    assert!(refusal(raster(&recording, &of(Some(300.0), Some(300.0)))).contains("300 ms is not before 300 ms"));
    assert!(refusal(raster(&recording, &of(Some(f64::NAN), None))).contains("numbers"));
    assert!(refusal(raster(&recording, &of(None, Some(1e9)))).contains("from 0 ms to 1000 ms"));
    assert!(refusal(raster(&recording, &of(Some(0.01), Some(0.02)))).contains("a tick is 0.1 ms"));
    let unknown = RasterOptions { populations: vec!["pyr".into()], ..RasterOptions::default() };
    let text = refusal(raster(&recording, &unknown));
    assert!(text.contains("no population pyr") && text.contains("exc, inh"), "{text}");
    for bin_ms in [0.0, -1.0, f64::NAN, 0.01] {
        let options = RasterOptions { bin_ms: Some(bin_ms), ..RasterOptions::default() };
        assert!(raster(&recording, &options).is_err(), "{bin_ms}");
    }

    let broken = |spikes| SpikeRecording { spikes, ..silent(4) };
    assert!(refusal(raster(&broken(vec![(1, 0, 4)]), &RasterOptions::default())).contains("outside"));
    assert!(refusal(raster(&broken(vec![(1, 1, 0)]), &RasterOptions::default())).contains("outside"));
    assert!(refusal(raster(&broken(vec![(5000, 0, 0)]), &RasterOptions::default())).contains("outside"));
    assert!(refusal(raster(&broken(vec![(2, 0, 0), (1, 0, 0)]), &RasterOptions::default())).contains("ascending"));
    for dt_ms in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(rate(&SpikeRecording { dt_ms, ..silent(1) }, &RateOptions::default()).is_err());
    }
    assert!(isi(&SpikeRecording { ticks: 0, ..silent(1) }, &IsiOptions::default()).is_err());
    assert!(isi(&SpikeRecording { populations: vec![], ..silent(1) }, &IsiOptions::default()).is_err());
    assert!(isi(&silent(0), &IsiOptions::default()).is_err());
}

#[test]
fn traces_that_cannot_be_drawn_are_refused() {
    let (v, at, spikes) = adaptive(2, 100, 0.1);
    let options = TraceOptions::default();
    let mut nan = v.clone();
    nan.values[7] = f64::NAN;
    assert!(refusal(membrane(&nan, None, None, &options)).contains("NaN at tick 3 of neuron 10"));
    assert!(
        refusal(membrane(&v, Some(&Trace { values: vec![1e300; 200], ..at.clone() }), None, &options)).contains("axis")
    );
    assert!(refusal(membrane(&at, None, None, &options)).contains("a membrane potential is needed"));
    assert!(membrane(&Trace { neurons: vec![1, 2, 3], ..v.clone() }, None, None, &options).is_err());
    assert!(membrane(&Trace { neurons: vec![], ..v.clone() }, None, None, &options).is_err());
    assert!(membrane(&Trace { values: vec![], ..v.clone() }, None, None, &options).is_err());
    assert!(membrane(&v, Some(&Trace { first_tick: 1, ..at.clone() }), None, &options).is_err());
    assert!(membrane(&v, Some(&Trace { population: "other".into(), ..at.clone() }), None, &options).is_err());
    let other = SpikeRecording { populations: vec![("other".into(), 20)], ..spikes.clone() };
    assert!(refusal(membrane(&v, None, Some(&other), &options)).contains("there are other"));
    assert!(membrane(&v, None, Some(&SpikeRecording { dt_ms: 1.0, ..spikes }), &options).is_err());
    let asked = |neurons| TraceOptions { neurons, ..TraceOptions::default() };
    let text = refusal(membrane(&v, None, None, &asked(vec![5])));
    assert!(text.contains("neuron 5 was not recorded") && text.contains("0, 10"), "{text}");
    assert!(refusal(threshold(&at, &asked(vec![0; 8]))).contains("room for 7"));
}

#[test]
fn the_file_name_tells_the_format_and_nothing_is_left_of_a_failure() {
    let figure = raster(&silent(1), &RasterOptions::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    assert!(refusal(figure.write(&folder.path().join("a.pdf"))).contains("neither in .svg nor in .png"));
    figure.write(&folder.path().join("A.SVG")).unwrap();
    figure.write_as(&folder.path().join("b"), Format::Png).unwrap();
    std::fs::create_dir(folder.path().join("c.png")).unwrap();
    assert!(figure.write(&folder.path().join("c.png")).is_err());
    let mut names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["A.SVG", "b", "c.png"]);
}

/// Values at the limits of f64 give a figure or an error, in finite time.
#[test]
fn extreme_numbers_have_a_figure_or_an_error() {
    for (lo, hi) in
        [(1e-320, f64::MAX), (1.0, f64::INFINITY), (f64::NAN, 1.0), (f64::INFINITY, f64::INFINITY), (0.0, 1e300)]
    {
        assert!(super::axes::Ticks::log(lo, hi).0.len() < 10_000);
        assert!(super::axes::Ticks::linear(lo, hi, 5.0).0.len() < 100);
    }
    let spikes = vec![(0, 0, 0), (u32::MAX - 2, 0, 0)];
    for dt_ms in [1e-12, 0.1, 1e12] {
        let far = SpikeRecording { dt_ms, ticks: u32::MAX - 1, spikes: spikes.clone(), ..silent(1) };
        let figures = [
            raster(&far, &RasterOptions::default()),
            rate(&far, &RateOptions::default()),
            isi(&far, &IsiOptions::default()),
            isi(&far, &IsiOptions { bins: IsiBins::Linear(None), ..IsiOptions::default() }),
        ];
        for figure in figures {
            assert!(figure.unwrap().svg().unwrap().len() < 1_000_000, "{dt_ms}");
        }
        let narrow = IsiOptions { bins: IsiBins::Linear(Some(dt_ms)), ..IsiOptions::default() };
        assert!(isi(&far, &narrow).unwrap_err().to_string().contains("too many to draw"));
    }
    for dt_ms in [1e300, 1e13, 1e-300, f64::INFINITY, -1.0] {
        let error = isi(&SpikeRecording { dt_ms, ..silent(1) }, &IsiOptions::default()).unwrap_err();
        assert!(error.to_string().contains("is not a time step"), "{error}");
    }
}

/// A spike of one of ten neurons is a rate that an axis can show, however short the recording is.
#[test]
fn a_single_spike_of_a_short_recording_is_no_burst() {
    for ticks in [1, 7, 100, 999, 3000] {
        let one = SpikeRecording { ticks, spikes: vec![(ticks / 2, 0, 0)], ..silent(10) };
        let rows: Vec<_> = rate_data(&one, &RateOptions::default()).unwrap().rows.collect();
        let highest = rows.iter().map(|row| row[2].parse::<f64>().unwrap()).fold(0.0, f64::max);
        let span_ms = f64::from(ticks) * 0.1;
        assert!(highest <= 22.0_f64.max(350.0 / span_ms), "{ticks}: {highest} Hz");
        check("rate-short", &rate(&one, &RateOptions::default()).unwrap());
        check("raster-short", &raster(&one, &RasterOptions::default()).unwrap());
    }
    // Ticks longer than a hundredth of the span.
    let coarse = SpikeRecording { dt_ms: 3.0, ticks: 4, spikes: vec![(2, 0, 0)], ..silent(1) };
    has(&check("raster-coarse", &raster(&coarse, &RasterOptions::default()).unwrap()).0, &["per neuron, 3 ms bins"]);
    has(&check("rate-coarse", &rate(&coarse, &RateOptions::default()).unwrap()).0, &["Rate (Hz), σ = 3 ms"]);
}

/// The first spike of a regular train stands at the start: the rate is the same there as elsewhere.
#[test]
fn a_rate_neither_doubles_nor_halves_at_the_ends() {
    let regular = SpikeRecording { spikes: (0..500).map(|i| (i * 10 + 5, 0, 0)).collect(), ..silent(1) };
    for smoothing in [Smoothing::Gaussian(20.0), Smoothing::Bins(30.0)] {
        let options = RateOptions { smoothing: Some(smoothing), ..RateOptions::default() };
        let rows: Vec<_> = rate_data(&regular, &options).unwrap().rows.collect();
        for row in &rows {
            let rate: f64 = row.last().unwrap().parse().unwrap();
            assert!((rate - 1000.0).abs() < 20.0, "{row:?}");
        }
    }
}

#[test]
fn what_was_not_recorded_is_called_so() {
    let mut recording = irregular();
    recording.spikes.retain(|(_, population, _)| *population == 0);
    recording.recorded = crate::recording::Recorded::new(vec![(0, 0..3200)], &recording.populations);
    for (name, figure) in [
        ("raster-unknown", raster(&recording, &RasterOptions::default())),
        ("rate-unknown", rate(&recording, &RateOptions::default())),
        ("isi-unknown", isi(&recording, &IsiOptions::default())),
    ] {
        let (svg, _) = check(name, &figure.unwrap());
        has(&svg, &["spikes not recorded: inh"]);
        assert!(!svg.lines().any(|line| line.starts_with("inh")), "{name}");
    }
    let chosen = RateOptions { populations: vec!["exc".into()], ..RateOptions::default() };
    assert!(!rate(&recording, &chosen).unwrap().svg().unwrap().contains("not recorded"));

    let (v, at, mut spikes) = adaptive(3, 2000, 0.1);
    spikes.recorded = crate::recording::Recorded::new(vec![(0, 0..5), (0, 20..25)], &spikes.populations);
    spikes.spikes.retain(|(_, _, neuron)| *neuron == 0);
    let (svg, _) =
        check("membrane-unknown", &membrane(&v, Some(&at), Some(&spikes), &TraceOptions::default()).unwrap());
    assert_eq!(svg.lines().filter(|line| *line == "spikes not recorded").count(), 1);
    let rows: Vec<_> = membrane_data(&v, Some(&at), Some(&spikes), &TraceOptions::default()).unwrap().rows.collect();
    let of = |neuron: &str| rows.iter().filter(|row| row[1] == neuron).map(|row| row[5].clone()).collect::<Vec<_>>();
    assert!(of("0").contains(&"1".to_owned()) && of("10").iter().all(String::is_empty));
    assert!(of("20").iter().all(|spikes| spikes == "0"), "it was recorded, and is silent");
}

#[test]
fn a_long_membrane_potential_hints_at_a_part() {
    let (v, _, _) = adaptive(1, 100_000, 1.0);
    let whole = membrane(&v, None, None, &TraceOptions::default()).unwrap();
    assert!(whole.hint().is_some_and(|hint| hint.contains("--from MS and --to MS")), "{:?}", whole.hint());
    let part = TraceOptions { span: Span { from_ms: Some(0.0), to_ms: Some(1000.0) }, ..TraceOptions::default() };
    assert_eq!(membrane(&v, None, None, &part).unwrap().hint(), None);
}

#[test]
fn data_are_the_numbers_of_the_figure() {
    let populations = vec![("a".to_owned(), 2), ("=b".to_owned(), 1)];
    let spikes = vec![(10, 0, 1), (20, 0, 1), (30, 1, 0), (60, 0, 1)];
    let recording = SpikeRecording { dt_ms: 0.5, ticks: 100, populations, spikes, ..SpikeRecording::default() };
    let text = |table: crate::Result<Table<'_>>| String::from_utf8(table.unwrap().csv().unwrap()).unwrap();

    let options = RasterOptions { bin_ms: Some(25.0), ..RasterOptions::default() };
    let expected = "what,population,neuron,from_ms,to_ms,rate_hz\nspike,a,1,5,,\nspike,a,1,10,,\nspike,'=b,0,15,,\n\
        spike,a,1,30,,\nrate,a,,0,25,40\nrate,a,,25,50,20\nrate,'=b,,0,25,40\nrate,'=b,,25,50,0\n";
    assert_eq!(text(raster_data(&recording, &options)), expected);
    let span = Span { from_ms: Some(10.0), to_ms: Some(20.0) };
    let options = RateOptions { span, smoothing: Some(Smoothing::Bins(5.0)), populations: vec!["a".into()] };
    let expected = "population,from_ms,to_ms,rate_hz\na,10,15,100\na,15,20,0\n";
    assert_eq!(text(rate_data(&recording, &options)), expected);
    let smooth = text(rate_data(&recording, &RateOptions { smoothing: None, ..options }));
    assert!(smooth.starts_with("population,time_ms,rate_hz\na,10.") && smooth.lines().count() > 10, "{smooth}");

    let options = IsiOptions { bins: IsiBins::Linear(Some(10.0)), ..IsiOptions::default() };
    let expected = "population,from_ms,to_ms,fraction\na,0,10,0.5\na,10,20,0\na,20,30,0.5\n";
    assert_eq!(text(isi_data(&recording, &options)), expected);
    let log = text(isi_data(&recording, &IsiOptions::default()));
    assert!(log.starts_with("population,from_ms,to_ms,density_per_decade\na,"), "{log}");

    let (v, at, spikes) = adaptive(2, 3, 0.1);
    let row = |i: usize| format!("{},{}", v.values[i], at.values[i]);
    let expected = format!(
        "population,neuron,time_ms,membrane_potential_mv,threshold_mv,spikes\nalif,10,0.1,{},0\nalif,10,0.2,{},0\n",
        row(3),
        row(5)
    );
    let options = TraceOptions { span: Span { from_ms: Some(0.1), to_ms: None }, neurons: vec![10] };
    assert_eq!(text(membrane_data(&v, Some(&at), Some(&spikes), &options)), expected);
    assert!(text(membrane_data(&v, None, None, &options)).ends_with(",,\n"));
    let expected =
        format!("population,neuron,time_ms,threshold_mv\nalif,10,0.1,{}\nalif,10,0.2,{}\n", at.values[3], at.values[5]);
    assert_eq!(text(threshold_data(&at, &options)), expected);
}

#[test]
fn an_ending_does_not_contradict_the_format() {
    use std::path::Path;
    let format = |path: &str, asked| Format::for_path(Path::new(path), asked);
    assert_eq!(format("a.PNG", None).unwrap(), Format::Png);
    assert_eq!(format("a.svg", Some(Format::Svg)).unwrap(), Format::Svg);
    assert_eq!(format("/dev/stdout", Some(Format::Png)).unwrap(), Format::Png);
    assert!(refusal(format("a.svg", Some(Format::Png))).contains("ends in .svg, but PNG was asked for"));
    assert!(refusal(format("a.png", Some(Format::Svg))).contains("ends in .png"));
    assert!(format("a", None).is_err());
}
