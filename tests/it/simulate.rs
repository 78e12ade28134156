//! `simulate` and `plot` as a user meets them: what is printed and written, what is refused, runs
//! that are killed and resumed, and spike trains of other simulators.
#![cfg(unix)]

use crate::scratch::{PROGRAM, Scratch, files};
use crate::shared;

use assert_cmd::Command;
use ndarray::Array1;
use ndarray_npy::NpzReader;
use serde_json::Value;
use shared::shared;
use spikefuse::recording::{self, Opened, Variable};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Adaptive and current-driven neurons, delays, drawn weights, two sources.
const SMALL: &str = r#"(
    format: 1,
    name: "small",
    dt_ms: 0.1,
    duration_ms: 100,
    seed: 3,
    populations: [
        (name: "exc", size: 80, neuron: Alif(tau_m_ms: 10, v_th_mv: 10, jump_mv: 2, refractory_ms: 1)),
        (name: "inh", size: 20, neuron: CubaLif(threshold: Fixed(v_th_mv: 5))),
    ],
    sources: [
        (name: "noise", size: 80, emits: Poisson(rate_hz: 500)),
        (name: "beat", size: 2, emits: Regular(first_ms: 5, period_ms: 20)),
    ],
    projections: [
        (from: "noise", to: "exc", rule: OneToOne, weight: Constant(3), delay_ms: Constant(0.5)),
        (from: "beat", to: "inh", rule: AllToAll(), weight: Constant(3), delay_ms: Constant(0.5)),
        (
            from: "exc", to: "exc", rule: FixedInDegree(degree: 8),
            weight: Normal(mean: 0.5, sd: 0.1), delay_ms: Uniform(low: 0.5, high: 3),
        ),
        (from: "exc", to: "inh", rule: FixedInDegree(degree: 10), weight: Constant(4), delay_ms: Constant(1)),
        (from: "inh", to: "exc", rule: FixedInDegree(degree: 4), weight: Constant(-1), delay_ms: Constant(0.5)),
    ],
    record: (membrane: ["exc[0..3]"], threshold: ["exc[0..3]"], current: ["inh[5..7]"]),
)
"#;

impl Scratch {
    fn opened(&self, folder: &str) -> Opened {
        recording::open(&self.path(folder)).unwrap()
    }

    /// All files below `folder` by their path in it, but for the report, which has times.
    fn results(&self, folder: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut contents = self.contents(folder);
        contents.retain(|name, _| !name.ends_with("simulation.json"));
        contents
    }

    /// The same, without the name of the driver.
    fn recorded(&self, folder: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut contents = self.results(folder);
        let about = contents.get_mut(Path::new("recording.json")).unwrap();
        let mut value: Value = serde_json::from_slice(about).unwrap();
        value["driver"] = Value::Null;
        *about = value.to_string().into_bytes();
        contents
    }

    /// Starts a run with checkpoints in `folder` and kills it as soon as it has recorded `segments`
    /// of them; whether it was still alive.
    fn killed(&self, args: &str, folder: &str, segments: usize) -> bool {
        let mut command = std::process::Command::new(PROGRAM);
        command.current_dir(self.folder()).args(args.split_whitespace()).stdout(Stdio::null());
        let mut child = command.spawn().unwrap();
        let start = Instant::now();
        let recorded = || fs::read_dir(self.path(folder).join("segments")).map_or(0, |entries| entries.count());
        while recorded() < segments && child.try_wait().unwrap().is_none() {
            assert!(start.elapsed() < Duration::from_secs(60), "{args}");
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap().signal() == Some(9)
    }
}

fn names(contents: &BTreeMap<PathBuf, Vec<u8>>) -> Vec<&str> {
    contents.keys().map(|name| name.to_str().unwrap()).collect()
}

#[test]
fn the_table_and_the_report_say_what_was_recorded() {
    let scratch = Scratch::new(SMALL);
    let table = scratch.done("simulate small.ron --driver event --out out");
    let report: Value = serde_json::from_slice(&fs::read(scratch.path("out/simulation.json")).unwrap()).unwrap();
    let printed: Value = serde_json::from_str(&scratch.done("simulate small.ron --driver event --json")).unwrap();
    assert_eq!(report["populations"], printed["populations"]);
    assert_eq!(report["schema"], "spikefuse.simulation/2");
    assert_eq!(
        (&report["driver"], &report["seed"], &report["duration_ms"]),
        (&"event".into(), &3.into(), &100.0.into())
    );

    let opened = scratch.opened("out");
    assert_eq!((opened.about.ticks, opened.about.seed, &opened.about.driver[..]), (1000, 3, "event"));
    for (p, (name, size)) in opened.spikes.populations.iter().enumerate() {
        let spikes = opened.spikes.spikes.iter().filter(|spike| spike.1 as usize == p).count();
        assert!(spikes > 50, "{name}: {spikes}");
        let told = &report["populations"][p];
        assert_eq!((&told["name"], &told["neurons"]), (&name[..].into(), &(*size).into()));
        assert_eq!(told["operations"]["spikes"], spikes);
        assert!(told["operations"]["synops"].as_u64() > Some(1000));
        let rate = told["rate_hz"].as_f64().unwrap();
        assert!((rate - spikes as f64 / f64::from(*size) / 0.1).abs() < 1e-9);
        let row = table.lines().find(|line| line.starts_with(&name[..])).unwrap();
        let cells: Vec<&str> = row.split_whitespace().collect();
        assert_eq!(cells[1..4], [size.to_string(), spikes.to_string(), format!("{rate:.2}")]);
    }
    let probes: Vec<_> = opened.traces.iter().map(|t| (t.variable, &t.population[..], t.neurons.clone())).collect();
    assert_eq!(
        probes,
        [
            (Variable::Membrane, "exc", vec![0, 1, 2]),
            (Variable::Threshold, "exc", vec![0, 1, 2]),
            (Variable::Current, "inh", vec![5, 6]),
        ]
    );
    assert!(opened.traces.iter().all(|t| t.values.len() == 1000 * t.neurons.len()));
}

#[test]
fn all_formats_hold_the_same_and_replace_each_other() {
    let scratch = Scratch::new(SMALL);
    let mut runs = Vec::new();
    for (format, traces) in [("csv", "csv"), ("npz", "npz"), ("h5", "npz")] {
        scratch.done(&format!("simulate small.ron --out out --format {format}"));
        let [spikes, traces] = [format!("spikes.{format}"), format!("traces.{traces}")];
        assert_eq!(names(&scratch.results("out")), ["recording.json", &spikes, &traces]);
        runs.push(scratch.opened("out"));
    }
    for run in &runs[1..] {
        assert_eq!((&run.spikes, &run.traces), (&runs[0].spikes, &runs[0].traces));
    }
    scratch.done("simulate small.ron --out out --record spikes --duration 20");
    assert_eq!(names(&scratch.results("out")), ["recording.json", "spikes.h5"]);
    assert_eq!(scratch.opened("out").spikes.ticks, 200);
}

#[test]
fn drivers_and_threads_change_no_byte() {
    let scratch = Scratch::new(SMALL);
    // Large enough for two threads to be used.
    scratch.write("large.ron", &SMALL.replace("size: 80", "size: 4000"));
    for network in ["small", "large"] {
        for format in ["csv", "npz", "h5"] {
            scratch.done(&format!("simulate {network}.ron --driver clock --threads 1 --out clock --format {format}"));
            let expected = scratch.recorded("clock");
            for options in
                ["--driver event", "--driver auto", "--driver event --threads 2", "--driver clock --threads 2"]
            {
                let table = scratch.done(&format!("simulate {network}.ron {options} --out out --format {format}"));
                assert!(scratch.recorded("out") == expected, "{network} {options} {format}");
                let two = network == "large" && options.ends_with('2');
                assert!(!two || table.contains("2 threads"), "{table}");
            }
        }
    }
}

#[test]
fn what_is_recorded_is_chosen() {
    let scratch = Scratch::new(SMALL);
    scratch.done("simulate small.ron --out all");
    let all = scratch.opened("all");
    let run = |record: &str| {
        scratch.done(&format!("simulate small.ron --out out --record {record}"));
        scratch.opened("out")
    };
    assert_eq!(run("spikes,spikes:exc,spikes").spikes, all.spikes);
    let some = run("spikes:inh,spikes:exc[5..9],spikes:exc[7..12],spikes:exc[40]");
    let chosen = |&&(_, p, n): &&(u32, u32, u32)| p == 1 || (5..12).contains(&n) || n == 40;
    assert_eq!(some.spikes.spikes, all.spikes.spikes.iter().filter(chosen).copied().collect::<Vec<_>>());
    assert!(some.traces.is_empty());
    // Overlapping and in any order: one trace, each neuron once.
    let some = run("membrane:exc[2],current:inh[5..7],membrane:exc[1..3],membrane:exc[0],membrane:exc[0..2]");
    assert_eq!(some.traces, [all.traces[0].clone(), all.traces[2].clone()]);
    assert!(some.spikes.spikes.is_empty());
}

#[test]
fn a_source_is_replaced_by_a_file() {
    let scratch = Scratch::new(SMALL);
    scratch.write("beat.csv", "time_ms,id\n5,0\n5,1\n25,0\n25,1\n45,0\n45,1\n65,0\n65,1\n85,0\n85,1\n");
    scratch.done("simulate small.ron --out own");
    scratch.done("simulate small.ron --out file --input beat=beat.csv");
    assert!(scratch.results("own") == scratch.results("file"));
    scratch.write("silent.csv", "time_ms,id\n");
    scratch.done("simulate small.ron --out silent --input beat=beat.csv --input noise=silent.csv");
    let of = |folder: &str, p: u32| scratch.opened(folder).spikes.spikes.iter().filter(|spike| spike.1 == p).count();
    assert_eq!(of("silent", 0), 0);
    // The recording of one run drives another.
    scratch.write(
        "echo.ron",
        r#"(
        format: 1, dt_ms: 0.1, duration_ms: 100, populations: [(name: "out", size: 80, neuron: If())],
        sources: [(name: "in", size: 80, emits: Spikes())],
        projections: [(from: "in", to: "out", rule: OneToOne, weight: Constant(30))],
    )"#,
    );
    scratch.done("simulate echo.ron --out echo --input own:exc");
    let own = scratch.opened("own").spikes.spikes;
    let later: Vec<_> =
        own.iter().filter(|spike| spike.1 == 0 && spike.0 < 999).map(|&(t, p, n)| (t + 1, p, n)).collect();
    assert_eq!(scratch.opened("echo").spikes.spikes, later);
    let before = scratch.results("echo");
    for file in ["own/spikes.h5:exc", "in=own/spikes.h5:exc"] {
        scratch.done(&format!("simulate echo.ron --out echo --input {file}"));
        assert!(scratch.results("echo") == before);
    }
    scratch.refused("simulate echo.ron --input own", &["own: which population", "exc, inh"]);
    scratch.refused("simulate echo.ron --input own:none", &["own: has no population 'none', but exc, inh"]);
    scratch.refused("simulate echo.ron --input none:exc", &["none: cannot read"]);
}

#[test]
fn a_killed_run_that_is_resumed_leaves_the_same_bytes() {
    let scratch = Scratch::new(SMALL);
    for (options, resumed_with) in [("--driver event", "--threads 2"), ("--driver clock", ""), ("--driver auto", "")] {
        scratch.done(&format!("simulate small.ron --duration 400 {options} --out whole --format csv"));
        let expected = scratch.results("whole");
        let run = format!("simulate small.ron --duration 400 {options} --out out --format csv --checkpoint 9.5");
        let mut killed = usize::from(scratch.killed(&run, "out", 1));
        for segments in [2, 7, 8, 20, 33] {
            killed += usize::from(scratch.killed(&format!("{run} --resume"), "out", segments));
        }
        assert!(killed >= 3, "only {killed} were alive to be killed");
        if scratch.path("out/checkpoint.safetensors").exists() {
            scratch.done(&format!("{run} --resume {resumed_with}"));
        }
        assert_eq!(names(&scratch.results("out")), names(&expected), "left over by a kill");
        assert!(scratch.results("out") == expected, "{options}");
        let spikes = |folder: &str| -> Vec<Value> {
            let text = fs::read(scratch.path(folder).join("simulation.json")).unwrap();
            let report: Value = serde_json::from_slice(&text).unwrap();
            let populations = report["populations"].as_array().unwrap();
            populations.iter().map(|p| serde_json::json!([p["rate_hz"], p["operations"]["synops"]])).collect()
        };
        assert_eq!(spikes("out"), spikes("whole"));
        // Never interrupted, with checkpoints.
        scratch.done(&run);
        assert!(scratch.results("out") == expected, "{options}");
        scratch.refused(&format!("{run} --resume"), &["out/checkpoint.safetensors: there is no checkpoint"]);
    }
}

#[test]
fn only_the_same_run_is_resumed() {
    let scratch = Scratch::new(SMALL);
    let run = "simulate small.ron --duration 2000 --out out --checkpoint 10";
    assert!(scratch.killed(run, "out", 3));
    scratch.write("other.ron", &SMALL.replace("weight: Constant(4)", "weight: Constant(5)"));
    scratch.write("beat.csv", "time_ms,id\n5,0\n");
    for other in [
        "simulate other.ron --duration 2000 --out out --checkpoint 10",
        "simulate small.ron --duration 2000 --out out --checkpoint 10 --seed 4",
        "simulate small.ron --duration 3000 --out out --checkpoint 10",
        "simulate small.ron --duration 2000 --out out --checkpoint 20",
        "simulate small.ron --duration 2000 --out out --checkpoint 10 --driver clock",
        "simulate small.ron --duration 2000 --out out --checkpoint 10 --record spikes",
        "simulate small.ron --duration 2000 --out out --checkpoint 10 --input beat=beat.csv",
    ] {
        scratch.refused(&format!("{other} --resume"), &["out/checkpoint.safetensors: belongs to", "small"]);
    }
    scratch.refused(
        "simulate small.ron --out nowhere --checkpoint 10 --resume",
        &["nowhere/checkpoint.safetensors: there is no checkpoint"],
    );
    // A network is what it says, not where it lies.
    fs::create_dir(scratch.path("moved")).unwrap();
    fs::rename(scratch.path("small.ron"), scratch.path("moved/small.ron")).unwrap();
    let moved = run.replace("small.ron", "moved/small.ron");
    scratch.done(&format!("{moved} --resume"));
    scratch.done("simulate moved/small.ron --duration 2000 --out whole");
    assert!(scratch.results("out") == scratch.results("whole"));

    // Damage: the checkpoint, then a segment.
    assert!(scratch.killed(&moved, "out", 3));
    let checkpoint = scratch.path("out/checkpoint.safetensors");
    let sound = fs::read(&checkpoint).unwrap();
    for bit in [100, 8 * (sound.len() / 2), 8 * sound.len() - 1] {
        let mut damaged = sound.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        fs::write(&checkpoint, damaged).unwrap();
        scratch.refused(&format!("{moved} --resume"), &["out/checkpoint.safetensors: "]);
    }
    fs::write(&checkpoint, sound).unwrap();
    scratch.write("out/segments/100/recording.json", "{");
    scratch.refused(&format!("{moved} --resume"), &["out/segments/100: ", "not there"]);
    fs::remove_dir_all(scratch.path("out/segments/100")).unwrap();
    scratch.refused(&format!("{moved} --resume"), &["out/segments/100: ", "not there"]);
    // Begun anew, nothing of the old run is left.
    scratch.done("simulate moved/small.ron --duration 2000 --out out");
    assert!(scratch.results("out") == scratch.results("whole"));
}

#[test]
fn bad_input_is_refused() {
    let scratch = Scratch::new(SMALL);
    scratch.write("endless.ron", &SMALL.replace("    duration_ms: 100,\n", ""));
    scratch.write("nothing.ron", &SMALL.replace("duration_ms: 100", "duration_ms: 0"));
    scratch.write("broken.ron", &SMALL.replace("tau_m_ms: 10", "tau_m_ms: -10"));
    scratch.write(
        "alone.ron",
        r#"(format: 1, dt_ms: 1, duration_ms: 5, populations: [(name: "a", size: 1, neuron: Li())])"#,
    );
    scratch.write(
        "analog.ron",
        r#"(format: 1, dt_ms: 1, duration_ms: 5, populations: [(name: "a", size: 1, neuron: Li())],
            sources: [(name: "s", size: 1, emits: Frames(file: "frames.csv", frame_ms: 1))])"#,
    );
    scratch.write("frames.csv", "1\n");
    scratch.write("many.csv", "time_ms,id\n1,0\n1,2\n");
    scratch.write("fine.csv", "time_ms,id\n1,0\n");
    scratch.write("words.csv", "time_ms,id\none,0\n");
    scratch.write("sonata.json", "{}");
    for (args, said) in [
        ("missing.ron", &["missing.ron: cannot read"][..]),
        ("broken.ron", &["broken.ron:8:", "tau_m_ms"]),
        ("sonata.json", &["sonata.json"]),
        (".", &[".: cannot read"]),
        ("small.ron --duration 0.05", &["--duration: 0.05 ms", "multiple", "0.1 ms"]),
        ("small.ron --duration -1", &["--duration: -1 ms", "at least 0"]),
        ("small.ron --duration 300000000", &["--duration: 300000000 ms", "at most 2^31 - 1 ticks, 214748364.7 ms"]),
        ("small.ron --checkpoint 300000000", &["--checkpoint: 300000000 ms", "2^31 - 1 ticks"]),
        ("small.ron --duration 0", &["--duration: 0 ms", "positive"]),
        ("small.ron --duration NaN", &["--duration: NaN"]),
        ("small.ron --duration inf", &["--duration: inf"]),
        ("small.ron --duration 1e300", &["--duration: 1e300 ms"]),
        ("endless.ron", &["duration: neither"]),
        ("nothing.ron", &["nothing.ron:5:", "duration_ms: 0 ms", "positive time"]),
        ("small.ron --record spikes:none", &["--record spikes:none", "no population or source", "`none`", "nearest"]),
        ("small.ron --record weight:exc", &["--record weight:exc", "membrane, threshold or current"]),
        ("small.ron --record spikes,", &["--record", "membrane, threshold or current"]),
        ("small.ron --record membrane", &["--record membrane", "which population"]),
        ("small.ron --record membrane:exc[0..81]", &["--record membrane:exc[0..81]", "0..80"]),
        ("small.ron --record membrane:exc[80]", &["membrane:exc[80]", "0..80"]),
        ("small.ron --record membrane:exc[4294967295]", &["0..80"]),
        ("small.ron --record membrane:exc[3..3]", &["0..80"]),
        ("small.ron --record spikes:exc[5..3]", &["0..80"]),
        ("small.ron --record spikes:exc[-1..3]", &["0..80"]),
        ("small.ron --record spikes:exc[0..3", &["`exc[0..3`", "nearest name is `exc`"]),
        ("small.ron --record membrane:beat", &["--record membrane:beat", "of a source spikes can be recorded"]),
        ("analog.ron --record spikes:s", &["--record spikes:s", "analog values, no spikes"]),
        ("small.ron --input none=fine.csv", &["--input none=fine.csv", "no source 'none'", "noise, beat"]),
        ("small.ron --input fine.csv", &["--input fine.csv", "which source", "noise, beat"]),
        ("alone.ron --input fine.csv", &["--input fine.csv", "no sources"]),
        ("small.ron --input beat=missing.csv", &["missing.csv: cannot read"]),
        ("small.ron --input beat=many.csv", &["many.csv: neuron 2", "'beat' has 2"]),
        ("small.ron --input beat=words.csv", &["words.csv:2:1", "not a number"]),
        ("small.ron --input beat=fine.csv --input beat=fine.csv", &["--input beat=fine.csv", "has two"]),
        ("small.ron --checkpoint 0", &["--checkpoint: 0 ms"]),
        ("small.ron --checkpoint -5", &["--checkpoint: -5 ms"]),
        ("small.ron --checkpoint 0.25", &["--checkpoint: 0.25 ms"]),
    ] {
        scratch.refused(&format!("simulate {args} --out out"), said);
        assert!(!scratch.path("out").exists(), "{args}");
    }
    scratch.refused("simulate small.ron --out fine.csv", &["fine.csv: cannot write here"]);
    scratch.refused("simulate small.ron --out fine.csv/out", &["fine.csv/out: cannot write here"]);
    // Usage: clap's own messages.
    for args in
        ["small.ron --threads 0", "small.ron --driver both", "small.ron --checkpoint 5", "small.ron --resume", ""]
    {
        scratch.program(&format!("simulate {args}")).assert().code(2);
    }
}

/// A process that cannot write a file of more than a few KiB, as on a full disk.
#[test]
fn a_full_disk_leaves_no_half_recording() {
    let scratch = Scratch::new(SMALL);
    scratch.done("simulate small.ron --out out --duration 10");
    let before = scratch.results("out");
    for more in ["", "--format csv", "--format npz", "--checkpoint 50"] {
        // Without the trap the kernel would end the process instead of failing the write.
        let script = format!("trap '' XFSZ; ulimit -f 8; exec {PROGRAM} simulate small.ron --out out {more}");
        let output = Command::new("sh").current_dir(scratch.folder()).args(["-c", &script]).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{more}: {stderr}");
        assert!(stderr.starts_with("error: out/") && stderr.contains("File too large"), "{more}: {stderr}");
        let mut after = scratch.results("out");
        after.retain(|path, _| !path.starts_with("segments") && path != Path::new("checkpoint.safetensors"));
        assert!(after == before, "{more}: {:?}", names(&after));
    }
}

#[test]
fn a_recording_is_drawn() {
    let scratch = Scratch::new(SMALL);
    scratch.done("simulate small.ron --out out");
    for figure in ["raster", "rate", "isi", "membrane", "threshold"] {
        for (extension, start) in [("svg", &b"<svg"[..]), ("png", b"\x89PNG")] {
            assert_eq!(
                scratch.done(&format!("plot {figure} out --out {figure}.{extension}")),
                format!("wrote {figure}.{extension}\n")
            );
            let file = fs::read(scratch.path(&format!("{figure}.{extension}"))).unwrap();
            assert!(file.starts_with(start), "{figure}.{extension}");
        }
    }
    scratch.done("plot raster out/spikes.h5 --png --out file.png --population inh --from 10 --to 50");
    let svg = |name: &str| fs::read_to_string(scratch.path(name)).unwrap();
    assert!(svg("membrane.svg").contains("exc 2") && svg("membrane.svg").contains("threshold"));
    // A leaky integrator has a membrane, but its threshold is never reached.
    scratch.write(
        "reader.ron",
        r#"(
            format: 1, dt_ms: 1, duration_ms: 50, populations: [(name: "a", size: 1, neuron: Li(bias_pa: 3))],
            record: (membrane: ["a"], threshold: ["a"]),
        )"#,
    );
    assert!(scratch.done("simulate reader.ron --out reader").starts_with("reader: 50 ms"));
    scratch.done("plot membrane reader --out reader.svg");
    assert!(!svg("reader.svg").contains("threshold"));
    scratch.refused("plot threshold reader", &["trace of a: it is inf at tick 0"]);

    fs::create_dir(scratch.path("empty")).unwrap();
    scratch.done("simulate small.ron --out spikes --record spikes");
    for figure in ["raster", "rate", "isi", "membrane", "threshold"] {
        scratch.refused(&format!("plot {figure} missing"), &["missing: cannot read"]);
        scratch.refused(&format!("plot {figure} empty"), &["empty/recording.json: cannot read"]);
        scratch.refused(&format!("plot {figure} out --out figure.gif"), &["figure.gif", ".svg", ".png"]);
        scratch.refused(&format!("plot {figure} out --from 50 --to 20"), &["50 ms is not before 20 ms"]);
        scratch.refused(&format!("plot {figure} out --from -5"), &["-5 ms to 100 ms is not inside"]);
    }
    for (variable, name) in [("membrane", "membrane potential"), ("threshold", "threshold")] {
        scratch.refused(&format!("plot {variable} spikes"), &[&format!("spikes: the {name} was not recorded")]);
        scratch.refused(&format!("plot {variable} out --neuron 9"), &["neuron 9 was not recorded"]);
    }
    fs::remove_file(scratch.path("spikes/spikes.h5")).unwrap();
    scratch.refused("plot raster spikes", &["spikes/spikes.h5"]);
}

#[test]
fn the_numbers_of_a_figure_are_written_too() {
    let scratch = Scratch::new(SMALL);
    scratch.done("simulate small.ron --out out --record spikes,membrane:exc[0..2],threshold:exc[0..2]");
    for (figure, head, rows) in [
        ("raster", "what,population,neuron,from_ms,to_ms,rate_hz", 100),
        ("rate --bin 10", "population,from_ms,to_ms,rate_hz", 20),
        ("isi", "population,from_ms,to_ms,density_per_decade", 1),
        ("membrane", "population,neuron,time_ms,membrane_potential_mv,threshold_mv,spikes", 2000),
        ("threshold", "population,neuron,time_ms,threshold_mv", 2000),
    ] {
        let said = scratch.done(&format!("plot {figure} out --out figure.svg --data figure.csv --force"));
        assert_eq!(said, "wrote figure.svg\nwrote figure.csv\n");
        let text = fs::read_to_string(scratch.path("figure.csv")).unwrap();
        assert_eq!(text.lines().next(), Some(head));
        assert!(text.lines().count() > rows, "{figure}: {text}");
    }
    scratch.refused("plot raster out --out a.svg --data out/recording.json", &["is an input of this command"]);
    scratch.refused("plot raster out --out a.svg --data a.svg", &["--data", "the file of the figure"]);
    scratch.refused("plot raster out --out a.svg --png", &["a.svg", "ends in .svg, but PNG was asked for"]);
    scratch.refused("plot raster out --out a.png --svg", &["a.png", "ends in .png, but SVG was asked for"]);
}

#[test]
fn a_recording_has_statistics() {
    let scratch = Scratch::new(SMALL);
    scratch.done("simulate small.ron --out out --record spikes:exc,membrane:exc[0]");
    let recording = scratch.opened("out").spikes;
    let text = scratch.done("stats out");
    for part in ["0 ms to 100 ms", "rate (Hz)", "synchrony", "median", "spikes not recorded: inh"] {
        assert!(text.contains(part), "no {part}: {text}");
    }
    let json = scratch.json("stats out --json --window 20 --bin 2");
    let of = &json["populations"][0];
    assert_eq!((json["window_ms"].as_f64(), json["bin_ms"].as_f64()), (Some(20.0), Some(2.0)));
    assert_eq!((of["neurons"].as_u64(), of["spikes"].as_u64()), (Some(80), Some(recording.spikes.len() as u64)));
    let part = scratch.json("stats out --json --population exc[..5] --from 50 --to 60");
    assert_eq!(part["populations"][0]["name"], "exc[0..5]");
    assert_eq!((part["from_ms"].as_f64(), part["to_ms"].as_f64()), (Some(50.0), Some(60.0)));
    assert!(part["populations"][0]["fano_over_time"].is_null());
    scratch.refused("stats out --population inh", &["the spikes of inh were not recorded"]);
    scratch.refused("stats out --bin 0", &["0 ms is not a width"]);
    scratch.refused("stats missing", &["missing: cannot read"]);
}

/// The spikes of sources come out as they went in: given back as input they drive the same run.
#[test]
fn sources_are_recorded() {
    let scratch = Scratch::new(SMALL);
    let record = "simulate small.ron --record spikes,spikes:noise,spikes:beat[1]";
    scratch.done(&format!("{record} --out out --driver event"));
    let out = scratch.opened("out");
    let names: Vec<_> = out.spikes.populations.iter().map(|(name, size)| (name.as_str(), *size)).collect();
    assert_eq!(names, [("exc", 80), ("inh", 20), ("noise", 80), ("beat", 2)]);
    let of = |opened: &Opened, p: u32| {
        let own = opened.spikes.spikes.iter().filter(|spike| spike.1 == p);
        own.map(|&(tick, _, id)| (tick, id)).collect::<Vec<_>>()
    };
    assert_eq!(of(&out, 3), [(50, 1), (250, 1), (450, 1), (650, 1), (850, 1)]);
    // A Poisson source: 80 of them, 500 Hz, 0.1 s.
    assert!((3600..4400).contains(&of(&out, 2).len()));
    for more in ["--driver clock --threads 3", "--driver auto", "--checkpoint 30"] {
        scratch.done(&format!("{record} --out other {more} --format csv"));
        assert_eq!(scratch.opened("other").spikes, out.spikes, "{more}");
    }
    scratch.done("simulate small.ron --input noise=out:noise --out driven");
    let driven = scratch.opened("driven");
    assert_eq!((of(&driven, 0), of(&driven, 1)), (of(&out, 0), of(&out, 1)));
    // Of half of the sources nothing is known.
    scratch.refused("simulate small.ron --input beat=out:beat --out no", &["neuron 0 of 'beat' were not recorded"]);
    scratch.done("plot raster out --population noise --out noise.svg");
    scratch.done("plot rate out --population beat --population exc[..5] --bin 10 --out rate.svg");
    let svg = fs::read_to_string(scratch.path("rate.svg")).unwrap();
    assert!(svg.contains("beat[1..2]") && svg.contains("exc[0..5]"));
    scratch.refused("plot rate out --population beat[0]", &["the spikes of beat were not recorded"]);
    // In the file, with the same spelling.
    scratch.write("sources.ron", &SMALL.replace("record: (", "record: (spikes: [\"noise[3]\", \"exc[..2]\"], "));
    scratch.done("simulate sources.ron --out file");
    let file = scratch.opened("file");
    let expected: Vec<_> = of(&out, 2).into_iter().filter(|(_, id)| *id == 3).collect();
    assert_eq!((of(&file, 2), file.spikes.populations.len()), (expected, 3));
    scratch.done("plot membrane file --population exc[1..3] --neuron 0 --out membrane.svg");
    let membrane = fs::read_to_string(scratch.path("membrane.svg")).unwrap();
    assert!(["exc 0", "exc 1", "exc 2"].iter().all(|name| membrane.contains(name)));
    scratch.done("simulate small.ron --record membrane:exc[0] --out silent");
    for figure in ["raster", "rate", "isi"] {
        scratch.refused(&format!("plot {figure} silent"), &["no spikes were recorded"]);
    }
    scratch.done("plot membrane silent --out alone.svg");
    let alone = fs::read_to_string(scratch.path("alone.svg")).unwrap().replace("class=\"spikefuse\"", "");
    assert!(!alone.contains("spike"));
}

/// Analog values are doubles, and their last row holds, as that of thresholds from a file.
#[test]
fn frames_are_exact_and_hold() {
    let scratch = Scratch::new(SMALL);
    scratch.write("frames.csv", "16777217,0\n0.1,1\n");
    scratch.write(
        "net.ron",
        r#"(
            format: 1, dt_ms: 1, duration_ms: 8, populations: [(name: "a", size: 2, neuron: If(threshold: Fixed(v_th_mv: 1e9)))],
            sources: [(name: "s", size: 2, emits: Frames(file: "frames.csv", frame_ms: 2))],
            projections: [(from: "s", to: "a", rule: OneToOne, weight: Constant(1))], record: (membrane: ["a"]),
        )"#,
    );
    for driver in ["event", "clock", "auto"] {
        scratch.done(&format!("simulate net.ron --out out --driver {driver}"));
        let values = scratch.opened("out").traces.remove(0).values;
        let mut expected = vec![[0.0, 0.0]];
        for frame in [[16_777_217.0, 0.0], [16_777_217.0, 0.0]].into_iter().chain([[0.1, 1.0]; 5]) {
            let last = expected[expected.len() - 1];
            expected.push([last[0] + frame[0], last[1] + frame[1]]);
        }
        assert_eq!(values, expected.concat(), "{driver}");
    }
}

/// However far its membrane goes, an integrator does not fire.
#[test]
fn integrators_never_fire() {
    let scratch = Scratch::new(SMALL);
    scratch.write("w.csv", "10\n");
    scratch.write(
        "net.ron",
        r#"(
            format: 1, dt_ms: 1, duration_ms: 9, populations: [(name: "a", size: 1, neuron: Li())],
            sources: [(name: "s", size: 1, emits: Spikes(at_ticks: [(0, 0)]))],
            projections: [(from: "s", to: "a", rule: Matrix(file: "w.csv"), weight: Constant(4e278))], record: (membrane: ["a"]),
        )"#,
    );
    for driver in ["event", "clock", "auto"] {
        scratch.done(&format!("simulate net.ron --out out --driver {driver}"));
        let opened = scratch.opened("out");
        assert_eq!((opened.spikes.spikes.len(), opened.traces[0].values[1]), (0, 10.0 * 4e278), "{driver}");
    }
    let compared = scratch.json("compare net.ron --json");
    assert_eq!((&compared["spikes_equal"], &compared["first_difference"]), (&true.into(), &Value::Null));
}

/// Neurons that cannot fire are no silent ones.
#[test]
fn sparsity_is_that_of_neurons_that_can_fire() {
    let scratch = Scratch::new(SMALL);
    let network = |first: &str| {
        format!(
            "(format: 1, dt_ms: 1, duration_ms: 100, populations: [{first} (name: \"out\", size: 9, neuron: Li())])"
        )
    };
    scratch
        .write("mixed.ron", &network("(name: \"a\", size: 1, neuron: If(bias_pa: 1, threshold: Fixed(v_th_mv: 1))),"));
    scratch.write("readers.ron", &network(""));
    let report = scratch.json("simulate mixed.ron --json");
    assert_eq!(report["neurobench"]["ActivationSparsity"], 0.0);
    assert_eq!(report["neurobench"]["ActivationSparsityByLayer"], serde_json::json!({"a": 0.0}));
    let report = scratch.json("simulate readers.ron --json");
    assert_eq!(report["neurobench"]["ActivationSparsity"], Value::Null);
    let absent = report["neurobench"]["absent"].as_array().unwrap();
    assert!(
        absent.iter().any(|a| a["metric"] == "ActivationSparsity" && a["reason"].as_str().unwrap().contains("fire"))
    );
}

/// Other verbs say what a SONATA configuration is, and every verb checks a duration alike.
#[test]
fn verbs_name_the_cause() {
    let scratch = Scratch::new(SMALL);
    scratch.write("config.json", r#"{"run": {"tstop": 10.0, "dt": 0.1}, "network": "circuit.json"}"#);
    scratch.write("other.json", "{}");
    for verb in ["network check", "network info", "compare", "energy"] {
        scratch
            .refused(&format!("{verb} config.json"), &["config.json", "a SONATA configuration can only be simulated"]);
    }
    scratch.refused("energy other.json", &["other.json", "has no ledger"]);
    for verb in ["simulate", "compare", "energy"] {
        scratch.refused(
            &format!("{verb} small.ron --duration 3e8"),
            &["--duration: 300000000 ms", "at most 2^31 - 1 ticks"],
        );
        scratch.refused(&format!("{verb} small.ron --duration -0.1"), &["--duration: -0.1 ms", "at least 0"]);
    }
    scratch.write("large.ron", &SMALL.replace("size: 80,", "size: 2000000000,").replace("[0..3]", ""));
    scratch.refused("simulate large.ron", &["large.ron:8:", "bytes of memory", "GiB"]);
}

/// Simulates a network file and compares all spikes with those that NEST found, which labels a
/// spike (t + 1) dt.
fn as_in_nest(network: &str, reference: &str, spikes: usize) {
    let Some(folder) = shared("network_reference") else { return };
    let mut npz = NpzReader::new(fs::File::open(folder.join(reference)).unwrap()).unwrap();
    let (ids, times): (Array1<i32>, Array1<f64>) = (npz.by_name("ids").unwrap(), npz.by_name("times").unwrap());
    let mut expected: Vec<(u32, u32)> =
        ids.iter().zip(&times).map(|(&id, time)| ((time / 0.1).round() as u32 - 1, id as u32)).collect();
    expected.sort_unstable();
    let scratch = Scratch::new(SMALL);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("networks").join(network);
    scratch.program("simulate --out out").arg(file).assert().success();
    let found: Vec<(u32, u32)> = scratch.opened("out").spikes.spikes.iter().map(|&(tick, _, id)| (tick, id)).collect();
    let same = found.iter().zip(&expected).take_while(|(a, b)| a == b).count();
    assert_eq!((same, found.len(), expected.len()), (spikes, spikes, spikes));
}

/// Four nodes of two types, in turn, each driven by the input of its number 10 ms after the one
/// before.
fn write_sonata(scratch: &Scratch) {
    let h5 = |name: &str, root: &str, population: &str, lists: &[(&str, &[i64], Option<&str>)]| {
        let mut file = hdf5_pure::FileBuilder::new();
        let mut top = file.create_group(root);
        let mut group = top.create_group(population);
        for &(list, values, nodes) in lists {
            let dataset = group.create_dataset(list).with_i64_data(values);
            if let Some(nodes) = nodes {
                dataset.set_attr("node_population", hdf5_pure::AttrValue::VarLenString(nodes.into()));
            }
        }
        top.add_group(group.finish());
        file.add_group(top.finish());
        fs::write(scratch.path(name), file.finish().unwrap()).unwrap();
    };
    h5("cells.h5", "nodes", "a", &[("node_type_id", &[7, 9, 7, 9], None)]);
    h5("others.h5", "nodes", "a_7", &[("node_type_id", &[7], None)]);
    h5("in.h5", "nodes", "in", &[("node_type_id", &[1; 4], None)]);
    let ends: [(&str, &[i64], Option<&str>); 3] = [
        ("source_node_id", &[0, 1, 2, 3], Some("in")),
        ("target_node_id", &[0, 1, 2, 3], Some("a")),
        ("edge_type_id", &[1; 4], None),
    ];
    h5("edges.h5", "edges", "in_to_a", &ends);
    let cells = "node_type_id model_type model_template\n7 point_neuron nest:iaf_psc_alpha
9 point_neuron nest:iaf_psc_alpha\n1 virtual NULL\n";
    scratch.write("types.csv", cells);
    scratch.write("edge_types.csv", "edge_type_id syn_weight delay\n1 50000 1\n");
    scratch.write("in.csv", "timestamps population node_ids\n10 in 0\n20 in 1\n30 in 2\n40 in 3\n");
    scratch.write(
        "sonata.json",
        r#"{"run": {"tstop": 45, "dt": 0.1}, "network": "circuit.json",
        "inputs": {"i": {"input_type": "spikes", "module": "csv", "input_file": "in.csv", "node_set": "in"}}}"#,
    );
    scratch.write(
        "circuit.json",
        r#"{"networks": {"nodes": [{"nodes_file": "cells.h5", "node_types_file": "types.csv"},
        {"nodes_file": "others.h5", "node_types_file": "types.csv"}, {"nodes_file": "in.h5", "node_types_file": "types.csv"}],
        "edges": [{"edges_file": "edges.h5", "edge_types_file": "edge_types.csv"}]}}"#,
    );
}

#[test]
fn recordings_of_a_sonata_network_have_its_populations_and_node_ids() {
    let scratch = Scratch::new(SMALL);
    write_sonata(&scratch);
    let table = scratch.done("simulate sonata.json --out out --record spikes,membrane:a[1..4],membrane:a_7");
    assert!(table.contains("a/7 ") && table.contains("a/9 ") && table.contains("a_7 "), "{table}");
    let opened = scratch.opened("out");
    assert_eq!(opened.spikes.populations, [("a".to_owned(), 4), ("a_7".to_owned(), 1)]);
    let mut firsts: Vec<(u32, u32)> = Vec::new();
    for &(tick, _, node) in &opened.spikes.spikes {
        if firsts.iter().all(|&(_, known)| known != node) {
            firsts.push((tick / 10, node));
        }
    }
    assert_eq!(firsts, [(11, 0), (21, 1), (31, 2), (41, 3)]);
    // Each neuron's membrane leaves its rest just before it fires.
    let [of_a, of_a_7] = &opened.traces[..] else { panic!("two probes") };
    assert_eq!((&of_a.neurons[..], &of_a_7.neurons[..]), (&[1, 2, 3][..], &[0][..]));
    for (place, first) in [(0, 21), (1, 31), (2, 41)] {
        let leaves = of_a.values.chunks(3).position(|row| row[place] != -70.0).unwrap();
        assert!((first * 10 - 10..first * 10 + 9).contains(&leaves), "{place}: {leaves}");
    }
    assert!(of_a_7.values.iter().all(|&v| v == -70.0));
    // Chosen nodes; in parts, other drivers and formats; an input by hand.
    let chosen = "--record spikes:a[1..3],membrane:a[1..4]";
    scratch.done(&format!("simulate sonata.json {chosen} --out whole --format csv"));
    assert!(scratch.opened("whole").spikes.spikes.iter().all(|spike| [1, 2].contains(&spike.2)));
    for options in ["--driver clock", "--driver event", "--checkpoint 7 --threads 2"] {
        scratch.done(&format!("simulate sonata.json {chosen} --out parts --format csv {options}"));
        assert_eq!(scratch.opened("parts").spikes, scratch.opened("whole").spikes, "{options}");
        assert_eq!(scratch.opened("parts").traces, scratch.opened("whole").traces, "{options}");
    }
    scratch.refused("simulate sonata.json --record membrane:a/7", &["--record membrane:a/7", "called `a/7`"]);
    scratch.refused("simulate sonata.json --record spikes:a[2..5]", &["--record spikes:a[2..5]"]);
    // Virtual nodes are sources, whose spikes can be recorded beside.
    scratch.done("simulate sonata.json --record spikes:a,spikes:in --out both");
    let both = scratch.opened("both").spikes;
    assert_eq!(both.populations.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["a", "a_7", "in"]);
    assert_eq!(both.spikes.iter().filter(|spike| spike.1 == 2).map(|spike| spike.2).collect::<Vec<_>>(), [0, 1, 2, 3]);
}

#[test]
fn the_network_of_currents_fires_as_in_nest() {
    as_in_nest("cuba4k.ron", "cuba4k_nest.npz", 22_509);
}

#[test]
fn the_sparse_network_fires_as_in_nest() {
    as_in_nest("delta100k.ron", "delta100k_nest.npz", 336_963);
}

#[test]
fn the_sonata_network_has_the_spikes_that_nest_demands() {
    let Some(folder) = shared("sonata_300_pointneurons") else { return };
    let scratch = Scratch::new(SMALL);
    for driver in ["event", "auto"] {
        let args = format!("simulate --json --out out --driver {driver}");
        let output = scratch.program(&args).arg(folder.join("simulation_config.json")).output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let populations = report["populations"].as_array().unwrap();
        let spikes: u64 = populations.iter().map(|p| p["operations"]["spikes"].as_u64().unwrap()).sum();
        assert_eq!((spikes, scratch.opened("out").spikes.spikes.len()), (18_828, 18_828), "{driver}");
    }
}

/// Waits until a process has a folder.
fn wait_for_lock(folder: &Path) {
    let start = Instant::now();
    while fs::read_to_string(folder.join(".spikefuse.lock")).map_or(0, |text| text.len()) == 0 {
        assert!(start.elapsed() < Duration::from_secs(60), "nobody takes {}", folder.display());
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_folder_belongs_to_one_run_at_a_time() {
    let scratch = Scratch::new(SMALL);
    scratch.done("simulate small.ron --out whole --format csv");
    let mut first = std::process::Command::new(PROGRAM);
    first.current_dir(scratch.folder()).args("simulate small.ron --duration 1000000 --out out".split(' '));
    let mut first = first.stdout(Stdio::null()).spawn().unwrap();
    wait_for_lock(&scratch.path("out"));
    let owner = format!("out: is in use by spikefuse simulate, process {}", first.id());
    for second in
        ["simulate small.ron --out out", "train --out out", "simulate small.ron --out out --checkpoint 10 --resume"]
    {
        let output = scratch.program(second).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{second}: {stderr}");
        assert!(stderr.contains(&owner), "{second}: {stderr}");
    }
    // Reading verbs are not concerned, nor is a file with a name of its own.
    scratch.done("plot raster whole --out out/raster.svg");
    fs::remove_file(scratch.path("out/raster.svg")).unwrap();
    // What a killed process left binds nobody, and is gone when the next one is done.
    first.kill().unwrap();
    first.wait().unwrap();
    assert!(scratch.results("out").keys().any(|name| name.to_str().unwrap().ends_with(".partial")));
    scratch.done("simulate small.ron --out out");
    scratch.done("simulate small.ron --out out --format csv");
    assert!(scratch.results("out") == scratch.results("whole"), "{:?}", names(&scratch.results("out")));
    // A lock of somebody else.
    scratch.write("out/.spikefuse.lock", "mine");
    scratch.refused("simulate small.ron --out out", &["out/.spikefuse.lock: is not a lock of this program"]);
    fs::remove_file(scratch.path("out/.spikefuse.lock")).unwrap();
    scratch.write("victim", "precious");
    std::os::unix::fs::symlink(scratch.path("victim"), scratch.path("out/.spikefuse.lock")).unwrap();
    scratch.refused("simulate small.ron --out out", &["out/.spikefuse.lock: is not a lock of this program"]);
    assert_eq!(fs::read(scratch.path("victim")).unwrap(), b"precious");
}

#[test]
fn links_devices_and_pipes_stay_what_they_are() {
    let scratch = Scratch::new(SMALL);
    scratch.done("simulate small.ron --out out --duration 20");
    fs::create_dir(scratch.path("far")).unwrap();
    scratch.write("far/there", "old");
    let link = |to: &str, at: &str| std::os::unix::fs::symlink(to, scratch.path(at)).unwrap();
    link("far/there", "link");
    link("../link", "far/link");
    link("far/absent", "dangling");
    let elsewhere = tempfile::tempdir().unwrap();
    let round = elsewhere.path().join("round").display().to_string();
    std::os::unix::fs::symlink("round", &round).unwrap();
    for (verb, start) in [
        ("plot raster out --force --svg --out", "<svg"),
        ("plot membrane out --force --png --out", "PNG"),
        ("energy out --force --format csv --out", "table,"),
        ("network info small.ron --force --dot", "digraph"),
    ] {
        for (name, end) in [("link", "far/there"), ("far/link", "far/there"), ("dangling", "far/absent")] {
            scratch.done(&format!("{verb} {name}"));
            assert!(scratch.path(name).symlink_metadata().unwrap().is_symlink(), "{verb} {name}");
            let written = fs::read(scratch.path(end)).unwrap();
            assert!(String::from_utf8_lossy(&written[..20]).contains(start), "{verb} {name}");
        }
        scratch.refused(&format!("{verb} {round}"), &["round", "symbolic links"]);
        scratch.refused(&format!("{verb} far"), &["far: cannot write: is a folder"]);
        let output = scratch.program(&format!("{verb} /dev/full")).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{verb}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("/dev/full: cannot write: No space left"), "{verb}");
        scratch.done(&format!("{verb} /dev/null"));
        use std::os::unix::fs::FileTypeExt;
        assert!(fs::symlink_metadata("/dev/null").unwrap().file_type().is_char_device(), "{verb}");
        let stdout = scratch.program(&format!("{verb} /dev/stdout")).output().unwrap().stdout;
        assert!(String::from_utf8_lossy(&stdout[..20]).contains(start), "{verb}");
        // A pipe with a reader.
        let script = format!("mkfifo pipe; cat pipe > piped & {PROGRAM} {verb} pipe > said; wait; rm pipe");
        Command::new("sh").current_dir(scratch.folder()).args(["-c", &script]).assert().success();
        assert!(String::from_utf8_lossy(&fs::read(scratch.path("piped")).unwrap()[..20]).contains(start), "{verb}");
    }
    // In a folder that is given whole they are refused.
    fs::rename(scratch.path("out/simulation.json"), scratch.path("far/simulation.json")).unwrap();
    link("../far/simulation.json", "out/simulation.json");
    scratch.refused("simulate small.ron --out out", &["out/simulation.json: is not a file of this program"]);
    fs::create_dir(scratch.path("more")).unwrap();
    Command::new("mkfifo").current_dir(scratch.folder()).arg("more/spikes.csv").assert().success();
    let before = fs::read_dir(scratch.path("more")).unwrap().count();
    scratch.program("simulate small.ron --out more --format csv").assert().code(2);
    assert_eq!(fs::read_dir(scratch.path("more")).unwrap().count(), before);
}

#[test]
fn what_is_not_ours_is_neither_removed_nor_replaced() {
    let scratch = Scratch::new(SMALL);
    for folder in ["own/segments/7", "own/segments/empty", "own/segments/notes"] {
        fs::create_dir_all(scratch.path(folder)).unwrap();
    }
    for (name, text) in [
        ("own/segments/notes.txt", "precious"),
        ("own/segments/7/spikes.npz", "mine"),
        ("own/checkpoint.safetensors", "of something else"),
        ("own/traces.csv", "mine, in a format that is not written"),
    ] {
        scratch.write(name, text);
    }
    scratch.write("victim", "precious");
    for name in ["spikes.h5.partial", "recording.json.partial", ".simulation.json.partial"] {
        std::os::unix::fs::symlink(scratch.path("victim"), scratch.path("own").join(name)).unwrap();
    }
    fs::create_dir(scratch.path("own/simulation.json.partial")).unwrap();
    let before = scratch.results("own");
    scratch.done("simulate small.ron --out own");
    scratch.done("simulate small.ron --out own");
    let after = scratch.results("own");
    assert!(before.iter().all(|(name, bytes)| after.get(name) == Some(bytes)), "{:?}", names(&after));
    assert_eq!(after.len(), before.len() + 3, "{:?}", names(&after));
    assert!(scratch.path("own/segments/empty").is_dir() && scratch.path("own/simulation.json.partial").is_dir());
    let said = "is not a file of this program";
    scratch.refused("simulate small.ron --out own --checkpoint 10", &["own/checkpoint.safetensors", said]);
    fs::remove_file(scratch.path("own/checkpoint.safetensors")).unwrap();
    scratch.refused("simulate small.ron --out own --checkpoint 10 --format csv", &["own/traces.csv", said]);
    // With checkpoints of its own, the segments of others stay.
    scratch.done("simulate small.ron --out own --checkpoint 10");
    for (name, bytes) in scratch.contents("own/segments") {
        assert_eq!(before.get(&Path::new("segments").join(&name)), Some(&bytes), "{}", name.display());
    }
    for name in ["recording.json", "simulation.json", "spikes.csv"] {
        fs::create_dir(scratch.path("other")).unwrap();
        scratch.write(&format!("other/{name}"), "{\"mine\": 1}");
        scratch.refused("simulate small.ron --out other --format csv", &[&format!("other/{name}: {said}")]);
        fs::remove_dir_all(scratch.path("other")).unwrap();
    }
}

#[test]
fn an_input_is_never_an_output() {
    let scratch = Scratch::new(SMALL);
    scratch.done("simulate small.ron --out out --duration 20");
    scratch.write(
        "echo.ron",
        r#"(
        format: 1, dt_ms: 0.1, duration_ms: 100, populations: [(name: "out", size: 80, neuron: If())],
        sources: [(name: "in", size: 80, emits: SpikeFile(file: "out", population: "exc"))],
        projections: [(from: "in", to: "out", rule: OneToOne, weight: Constant(30))],
    )"#,
    );
    let table = "(schema: \"spikefuse.energy-table/1\", name: \"=mine()\", source: \"me\", grade: estimated,
        view: arithmetic, data_type: fp64, prices_pj: {mac: 9.2, ac: 1.8}, leaves_out: \"all else\")";
    scratch.write("mine.ron", table);
    fs::hard_link(scratch.path("out/spikes.h5"), scratch.path("hard.svg")).unwrap();
    std::os::unix::fs::symlink("out/simulation.json", scratch.path("soft.json")).unwrap();
    for args in [
        "plot raster out --svg --out out/spikes.h5",
        "plot raster out --svg --out out/../out/spikes.h5",
        "plot raster out --out hard.svg",
        "plot raster out --svg --out out/recording.json",
        "plot raster out/spikes.h5 --svg --out out/spikes.h5",
        "plot membrane out --svg --out out/traces.npz",
        "energy out --out out/simulation.json",
        "energy out --out soft.json",
        "energy out --table mine.ron --out mine.ron",
        "energy echo.ron --out echo.ron",
        "energy echo.ron --out out/spikes.h5",
        "network info small.ron --dot small.ron",
        "network info echo.ron --dot out/spikes.h5",
        "simulate echo.ron --out out",
        "simulate small.ron --input noise=out:exc --out out",
        "simulate small.ron --input noise=out/spikes.h5:exc --out out --format csv",
    ] {
        scratch.refused(args, &["is an input of this command"]);
    }
    scratch.done("plot raster out --out out/raster.svg");
    scratch.done("plot raster out --out out/raster.svg");
    // No text of a table is a formula.
    let csv = scratch.done("energy out --table mine.ron --format csv");
    assert!(csv.lines().skip(1).all(|line| line.starts_with("'=mine(),")), "{csv}");
}

#[test]
fn any_name_of_a_file_will_do() {
    use std::os::unix::ffi::OsStringExt;
    let scratch = Scratch::new(SMALL);
    let run = |args: &[std::ffi::OsString]| {
        let output = scratch.program("").args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    let os = |bytes: &[u8]| std::ffi::OsString::from_vec(bytes.to_vec());
    let odd = os(b"b\xffat=:.csv");
    fs::write(scratch.folder().join(&odd), "time_ms,id\n5,0\n").unwrap();
    let mut input = os(b"beat=");
    input.push(&odd);
    run(&["simulate".into(), "small.ron".into(), "--out".into(), os(b"o\xfe"), "--input".into(), input]);
    assert_eq!(recording::open(&scratch.folder().join(os(b"o\xfe"))).unwrap().spikes.ticks, 1000);
    for length in [247, 248, 255] {
        let name = "n".repeat(length - 4) + ".svg";
        run(&["plot".into(), "raster".into(), os(b"o\xfe"), "--out".into(), name.into()]);
        let name = "é".repeat((length - 4) / 2) + ".dot";
        run(&["network".into(), "info".into(), "small.ron".into(), "--dot".into(), name.into()]);
    }
    let mut table = os(b"t\xff");
    table.push(".ron");
    fs::write(
        scratch.folder().join(&table),
        "(schema: \"spikefuse.energy-table/1\", name: \"m\", source: \"me\", grade: estimated, view: arithmetic,
        data_type: fp64, prices_pj: {ac: 1.8}, leaves_out: \"all else\")",
    )
    .unwrap();
    run(&["energy".into(), os(b"o\xfe"), "--table".into(), table]);
    assert!(files(scratch.folder()).iter().all(|path| !path.to_string_lossy().ends_with(".partial")));
}

/// Pictures need no folder for temporary files.
#[test]
fn a_png_is_made_in_memory() {
    let scratch = Scratch::new(SMALL);
    scratch.done("simulate small.ron --out out --duration 20");
    scratch.program("plot raster out --png --out a.png").env("TMPDIR", "/nonexistent").assert().success();
    let png = fs::read(scratch.path("a.png")).unwrap();
    // 300 pixels per inch are 11811 per metre.
    let place = png.windows(4).position(|w| w == b"pHYs").unwrap();
    assert_eq!(png[place + 4..place + 13], [0, 0, 0x2e, 0x23, 0, 0, 0x2e, 0x23, 1]);
    fs::create_dir(scratch.path("temporary")).unwrap();
    let script = format!("trap '' XFSZ; ulimit -f 4; exec {PROGRAM} plot raster out --png --out b.png");
    let mut command = Command::new("sh");
    command.current_dir(scratch.folder()).args(["-c", &script]).env("TMPDIR", scratch.path("temporary"));
    command.assert().code(2);
    assert!(files(&scratch.path("temporary")).is_empty() && !scratch.path("b.png").exists());
}

#[test]
fn a_network_reads_only_below_its_own_folder() {
    let scratch = Scratch::new(SMALL);
    scratch.done("simulate small.ron --out out --duration 20");
    fs::create_dir_all(scratch.path("net/below")).unwrap();
    scratch.write("secret.csv", "root:x:0:0,1\nhunter2,3\n");
    scratch.write("weights.csv", "3\n");
    scratch.write("net/below/weights.csv", "3\n");
    let link = |to: &Path, at: &str| std::os::unix::fs::symlink(to, scratch.path(at)).unwrap();
    link(&scratch.path("secret.csv"), "net/link.csv");
    link(Path::new("below/weights.csv"), "net/fine.csv");
    link(&scratch.path("out"), "net/recording");
    fs::create_dir(scratch.path("net/inner")).unwrap();
    fs::copy(scratch.path("out/recording.json"), scratch.path("net/inner/recording.json")).unwrap();
    link(&scratch.path("out/spikes.h5"), "net/inner/spikes.h5");
    let network = |emits: &str, rule: &str, weight: &str| {
        let text = format!(
            r#"(
            format: 1, dt_ms: 0.1, duration_ms: 5, populations: [(name: "a", size: 1, neuron: If())],
            sources: [(name: "in", size: 1, emits: {emits})],
            projections: [(from: "in", to: "a", rule: {rule}, weight: {weight})],
        )"#
        );
        scratch.write("net/net.ron", &text);
    };
    let verbs = ["simulate", "compare", "energy", "network check", "network info"];
    let absolute = scratch.path("weights.csv").display().to_string();
    for file in ["../weights.csv", "below/../../weights.csv", "link.csv", "../missing.csv", &absolute] {
        for (emits, rule, weight) in [
            ("Spikes()", "OneToOne", format!("File(\"{file}\")")),
            ("Spikes()", &format!("ListFile(\"{file}\")"), "Constant(1)".to_owned()),
            (&format!("SpikeFile(file: \"{file}\")"), "OneToOne", "Constant(1)".to_owned()),
        ] {
            network(emits, rule, &weight);
            for verb in verbs {
                let before = scratch.contents("");
                let output = scratch.program(&format!("{verb} net/net.ron")).output().unwrap();
                let stderr = String::from_utf8(output.stderr).unwrap();
                assert_eq!(output.status.code(), Some(2), "{verb} {emits} {rule} {weight}: {stderr}");
                assert!(stderr.contains("net.ron:") && stderr.contains("--files-anywhere"), "{verb}: {stderr}");
                assert!(!stderr.contains("root") && !stderr.contains("hunter2"), "{stderr}");
                assert!(scratch.contents("") == before);
            }
        }
    }
    for folder in ["recording", "inner"] {
        network(&format!("SpikeFile(file: \"{folder}\", population: \"exc\")"), "OneToOne", "Constant(1)");
        scratch.refused("simulate net/net.ron", &["net.ron:", "--files-anywhere"]);
    }
    // Asked for, all is read, and the content of what is wrong is not told.
    network("Spikes()", "OneToOne", "File(\"link.csv\")");
    let output = scratch.program("network check net/net.ron --files-anywhere").output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && stderr.contains("expected a number"), "{stderr}");
    assert!(!stderr.contains("root") && !stderr.contains("hunter2"), "{stderr}");
    for rule in ["ListFile(\"link.csv\")", "OneToOne"] {
        let emits = if rule == "OneToOne" { "SpikeFile(file: \"link.csv\")" } else { "Spikes()" };
        network(emits, rule, "Constant(1)");
        let output = scratch.program("network check net/net.ron --files-anywhere").output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && stderr.contains("expected"), "{stderr}");
        assert!(!stderr.contains("root") && !stderr.contains("hunter2"), "{stderr}");
    }
    for file in ["../weights.csv", &absolute, "fine.csv", "below/weights.csv", "below/../fine.csv"] {
        network("Spikes()", "OneToOne", &format!("File(\"{file}\")"));
        for verb in verbs {
            scratch.done(&format!("{verb} net/net.ron --files-anywhere"));
        }
        if !file.contains("weights") || file.starts_with("below") {
            scratch.done("simulate net/net.ron");
        }
    }
    Command::new("mkfifo").current_dir(scratch.folder()).arg("net/pipe.csv").assert().success();
    network("SpikeFile(file: \"pipe.csv\")", "OneToOne", "Constant(1)");
    scratch.program("network check net/net.ron").timeout(Duration::from_secs(20)).assert().code(2);
}

#[test]
fn nothing_in_a_file_steers_the_terminal() {
    let scratch = Scratch::new(SMALL);
    scratch.write("esc.ron", &SMALL.replace("name: \"small\"", "name: \"\\u{1b}[31m\\u{9b}5m\\u{7}red\\rback\""));
    let controls = |bytes: &[u8]| {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        text.chars().any(|c| c.is_control() && c != '\n' && c != '\t')
    };
    for args in ["simulate esc.ron", "simulate esc.ron --json", "network info esc.ron", "network info esc.ron --json"] {
        let output = scratch.program(args).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert!(!controls(&output.stdout), "{args}");
        if args.ends_with("--json") {
            let report: Value = serde_json::from_slice(&output.stdout).unwrap();
            let name = report["network"].as_str().or(report["name"].as_str());
            assert!(name.is_none_or(|name| name == "\u{1b}[31m\u{9b}5m\u{7}red\rback"), "{name:?}");
        }
    }
    scratch.write(
        "esc_table.ron",
        "(schema: \"spikefuse.energy-table/1\", name: \"\\u{1b}[2J\", source: \"\\u{1b}]0;x\\u{7}\", grade: estimated,
        view: arithmetic, data_type: fp64, prices_pj: {mac: 9.2, ac: 1.8}, leaves_out: \"\\u{1b}c\")",
    );
    scratch.write("\u{1b}[1mbad.ron", "(format: 1, \"\\u{1b}[5m\": 3)");
    scratch.write("head.csv", "\u{1b}[7m,id\n1,0\n");
    for args in [
        "energy small.ron --table esc_table.ron",
        "energy small.ron --table esc_table.ron --format csv",
        "energy small.ron --table esc_table.ron --format json",
        "simulate \u{1b}[1mbad.ron",
        "simulate \u{1b}[1mmissing.ron",
        "simulate small.ron --input beat=head.csv",
        "simulate small.ron --record \u{1b}[1m",
    ] {
        let output = scratch.program(args).output().unwrap();
        assert!(!controls(&output.stdout) && !controls(&output.stderr), "{args:?}");
        assert_eq!(output.status.code(), Some(if args.starts_with("energy") { 0 } else { 2 }), "{args:?}");
    }
}

/// Whoever cannot be told still gets the exit code.
#[test]
fn a_full_or_closed_stderr_changes_no_exit_code() {
    let scratch = Scratch::new(SMALL);
    for verb in ["simulate missing.ron", "plot raster missing", "energy missing", "evaluate --model missing", "walk"] {
        for to in ["2>/dev/full", "2>&-", "2>/dev/full >/dev/full", "2>&- >&-"] {
            let script = format!("{PROGRAM} {verb} {to}");
            Command::new("sh").current_dir(scratch.folder()).args(["-c", &script]).assert().code(2);
        }
    }
}

/// A run that is killed anywhere leaves no report beside another run's recording.
#[test]
fn recording_and_report_are_of_one_run() {
    let scratch = Scratch::new(SMALL);
    let seed = |name: &str| {
        let text = fs::read(scratch.path("out").join(name)).ok()?;
        serde_json::from_slice::<Value>(&text).unwrap()["seed"].as_u64()
    };
    for (seed_given, wait) in (0..).zip([20, 25, 30, 35, 40, 45, 50, 60]) {
        let mut command = std::process::Command::new(PROGRAM);
        let args = format!("simulate small.ron --out out --seed {seed_given}");
        command.current_dir(scratch.folder()).args(args.split(' ')).stdout(Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
        if let (Some(recording), Some(report)) = (seed("recording.json"), seed("simulation.json")) {
            assert_eq!(recording, report);
        }
    }
    scratch.done("simulate small.ron --out out --seed 100");
    assert_eq!(names(&scratch.results("out")), ["recording.json", "spikes.h5", "traces.npz"]);
}

#[test]
fn a_sonata_configuration_reads_only_below_its_own_folder() {
    let scratch = Scratch::new(SMALL);
    fs::create_dir(scratch.path("net")).unwrap();
    scratch.write("secret.json", "{\"hunter2\": 1}");
    let circuit = r#"{"networks": {"nodes": [], "edges": []}}"#;
    scratch.write("circuit.json", circuit);
    scratch.write("net/circuit.json", circuit);
    std::os::unix::fs::symlink("../secret.json", scratch.path("net/link.json")).unwrap();
    let config = |manifest: &str, network: &str| {
        let text =
            format!(r#"{{"manifest": {{{manifest}}}, "run": {{"tstop": 5, "dt": 0.1}}, "network": "{network}"}}"#);
        scratch.write("net/simulation_config.json", &text);
    };
    let run = |more: &str| {
        let output = scratch.program(&format!("simulate net/simulation_config.json {more}")).output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    let absolute = scratch.path("circuit.json").display().to_string();
    for (manifest, network) in [
        ("", "../circuit.json"),
        ("\"$BASE\": \"..\"", "$BASE/circuit.json"),
        ("\"$BASE\": \"${configdir}/..\"", "${BASE}/circuit.json"),
        ("", "link.json"),
        ("", "../missing.json"),
        ("", &absolute),
    ] {
        config(manifest, network);
        let said = run("");
        assert!(said.contains("simulation_config.json: ") && said.contains("--files-anywhere"), "{network}: {said}");
        assert!(!said.contains("hunter2"), "{said}");
        assert!(!run("--files-anywhere").contains("leads out"), "{network}");
    }
    for (manifest, network) in
        [("\"$BASE\": \".\"", "$BASE/circuit.json"), ("", "../net/circuit.json"), ("", "missing.json")]
    {
        config(manifest, network);
        assert!(!run("").contains("leads out"), "{network}: {}", run(""));
    }
}
