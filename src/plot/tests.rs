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
        let names: Vec<String> = (0..count).map(|i| format!("population {i} with a long name")).collect();
        let populations: Vec<(&str, u32)> = names.iter().map(|name| (name.as_str(), size)).collect();
        let recording = poisson(&populations, 1000, 1.0, |_, _| 5.0);
        let figure = raster(&recording, &RasterOptions::default()).unwrap();
        assert!(figure.size_px().1 <= 1360, "{:?}", figure.size_px());
        let (svg, png) = check(&format!("raster-of-{count}"), &figure);
        assert!(svg.len() < 2_000_000 && png < 1_000_000, "{count}: {} {png}", svg.len());
        if count > 50 {
            assert!(refusal(rate(&recording, &RateOptions::default())).contains("room for 50, not for 1000"));
            assert!(refusal(isi(&recording, &IsiOptions::default())).contains("choose some"));
            continue;
        }
        check(&format!("rate-of-{count}"), &rate(&recording, &RateOptions::default()).unwrap());
        check(&format!("isi-of-{count}"), &isi(&recording, &IsiOptions::default()).unwrap());
    }
}

#[test]
fn rates_and_intervals() {
    let recording = irregular();
    let (svg, _) = check("rate", &rate(&recording, &RateOptions::default()).unwrap());
    has(&svg, &["Rate (Hz)", "Time (ms)", "exc", "inh", "per neuron, Gaussian, σ = 10 ms"]);
    let binned = RateOptions { smoothing: Some(Smoothing::Bins(5.0)), ..RateOptions::default() };
    has(&check("rate-bins", &rate(&recording, &binned).unwrap()).0, &["per neuron, 5 ms bins"]);
    let (svg, _) = check("isi", &isi(&recording, &IsiOptions::default()).unwrap());
    has(&svg, &["Inter-spike interval (ms)", "Density (per decade)", "10 bins per decade"]);
    assert!(svg.contains("exc: CV = "));
    let linear = IsiOptions { bins: IsiBins::Linear(None), ..IsiOptions::default() };
    has(&check("isi-linear", &isi(&recording, &linear).unwrap()).0, &["Fraction of intervals"]);
    for neurons in [1, 3] {
        check("rate-silent", &rate(&silent(neurons), &RateOptions::default()).unwrap());
        check("isi-silent", &isi(&silent(neurons), &IsiOptions::default()).unwrap());
        check("isi-silent-linear", &isi(&silent(neurons), &linear).unwrap());
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
    has(&svg, &["Time (ms)", "threshold", "spike", "alif 0"]);
    assert!(svg.contains("Membrane"));
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
    assert!(refusal(membrane(&at, None, None, &options)).contains("Membrane is needed"));
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
