//! `evaluate` of a network on labelled inputs.

use crate::scratch::Scratch;
use ndarray::{ArrayD, IxDyn};
use ndarray_npy::write_npy;
use serde_json::Value;
use std::fs;

/// A camera of 4 x 4 pixels. The left half drives neuron 0, the right half neuron 1, through a
/// convolution that sums 2 x 2 places of both polarities, a pool over rows, and a dense layer.
const HALVES: &str = r#"(
    format: 1, name: "halves", dt_ms: 1,
    populations: [
        (name: "patches", size: 4, neuron: If(threshold: Fixed(v_th_mv: 1), compare: Above, reset: Soft)),
        (name: "side", size: 2, neuron: If(threshold: Fixed(v_th_mv: 1), reset: Soft)),
    ],
    sources: [(name: "input", size: 32, emits: Spikes())],
    projections: [
        (from: "input", to: "patches", delay_ms: Constant(0), rule: Layers(
            input: [2, 4, 4], layers: [Conv(file: "patches.npy", stride: [2])])),
        (from: "patches", to: "side", delay_ms: Constant(0), rule: Layers(
            input: [1, 2, 2], layers: [SumPool(kernel: [2, 1]), Linear(file: "side.npy")])),
    ],
)"#;

pub fn npy(scratch: &Scratch, name: &str, shape: &[usize], value: impl Fn(usize) -> f32) {
    let values = (0..shape.iter().product()).map(value).collect();
    write_npy(scratch.path(name), &ArrayD::from_shape_vec(IxDyn(shape), values).unwrap()).unwrap();
}

/// An event in the form of N-MNIST.
fn event(x: u8, y: u8, polarity: u8, us: u32) -> [u8; 5] {
    let [_, a, b, c] = (u32::from(polarity) << 23 | us).to_be_bytes();
    [x, y, a, b, c]
}

/// Six recordings: three of each side, the last of each with some events on the other side.
pub fn halves() -> Scratch {
    let scratch = Scratch::new(HALVES);
    npy(&scratch, "patches.npy", &[1, 2, 2, 2], |_| 1.0);
    npy(&scratch, "side.npy", &[2, 2], |k| if k % 3 == 0 { 0.5 } else { 0.0 });
    fs::create_dir(scratch.path("events")).unwrap();
    let mut labels = "#sample\tclass\n".to_owned();
    for sample in 0..6_u8 {
        let side = sample % 2;
        let mut events: Vec<[u8; 5]> =
            (0..20).map(|n| event(2 * side + n as u8 % 2, n as u8 % 4, n as u8 % 2, 500 * n)).collect();
        if sample > 3 {
            events.extend((0..3).map(|n| event(2 * (1 - side), 1, 0, 9500 + 100 * n)));
        }
        fs::write(scratch.path(&format!("events/{sample}.bs2")), events.concat()).unwrap();
        labels += &format!("{sample}\t{side}\n");
    }
    scratch.write("labels.txt", &labels);
    scratch
}

pub const COMMAND: &str = "evaluate small.ron --data events --labels labels.txt --sensor 4x4";

/// Accuracy, counts by hand, drivers, threads, files.
#[test]
fn recordings_of_a_camera() {
    let scratch = halves();
    let report = scratch.json(&format!("{COMMAND} --json --compare --threads 2 --out out"));
    assert_eq!((&report["accuracy"], &report["clips"]), (&Value::from(1.0), &Value::from(6)));
    assert_eq!(report["parity"]["equal"], true);
    assert_eq!(report["confusion"], serde_json::json!([[3, 0, 0], [0, 3, 0]]));
    // Every event meets one weight, since the kernel moves by its own size: 20 of each recording and
    // 3 more of two.
    let events = 6 * 20 + 2 * 3;
    let first = &report["synops"]["layers"][0];
    assert_eq!((&first["spikes_x_fan_out"], &first["effective_acs"]), (&Value::from(events), &Value::from(events)));
    // Places x weights x ticks of a dense convolution.
    assert_eq!(first["dense"], Value::from(32 * report["ticks"].as_u64().unwrap()));
    // A patch's spike meets both outputs, one of them with a weight of 0.
    let patches = report["populations"][0]["operations"]["spikes"].as_u64().unwrap();
    let second = &report["synops"]["layers"][1];
    assert_eq!(second["spikes_x_fan_out"], Value::from(2 * patches));
    assert_eq!(second["effective_acs"], Value::from(patches));

    let clips = fs::read_to_string(scratch.path("out/clips.csv")).unwrap();
    assert_eq!(clips.lines().count(), 7);
    assert!(clips.starts_with("clip,class,predicted,ticks,first_right_tick,spikes of patches,spikes of side\n0,0,0,"));
    let saved: Value = serde_json::from_slice(&fs::read(scratch.path("out/evaluation.json")).unwrap()).unwrap();
    for name in ["ledger", "synops", "accuracy_by_tick"] {
        assert_eq!(saved[name], report[name], "{name}");
    }
    assert!(scratch.done("energy out").contains("truenorth"));

    let mut other = scratch.json(&format!("{COMMAND} --json --threads 1 --driver auto"));
    // Energy is that of the work of each driver.
    for field in ["run_s", "threads", "driver", "parity", "ledger", "populations"] {
        other[field] = report[field].clone();
    }
    let steps = report["after_steps"].as_array().unwrap();
    for (step, own) in steps.iter().zip(other["after_steps"].as_array_mut().unwrap()) {
        own["energy_pj"] = step["energy_pj"].clone();
    }
    assert_eq!(other, report, "threads and drivers change nothing else");
}

/// Three layers with delays, with currents, a refractory time and a way back, so that much is under way
/// at the end of every step.
const DELAYED: &str = r#"(
    format: 1, name: "delayed", dt_ms: 1, seed: 3,
    populations: [
        (name: "first", size: 8, neuron: Lif(tau_m_ms: 9, threshold: Fixed(v_th_mv: 1), refractory_ms: 2),
            receptors: [Exponential(name: "syn", tau_ms: 3)]),
        (name: "out", size: 3, neuron: Lif(tau_m_ms: 15, threshold: Fixed(v_th_mv: 1), refractory_ms: 1)),
    ],
    sources: [(name: "input", size: 6, emits: Spikes())],
    projections: [
        (from: "input", to: "first", rule: FixedInDegree(degree: 4), weight: Constant(0.6), delay_ms: Constant(2)),
        (from: "first", to: "out", rule: AllToAll(), weight: Uniform(low: 0.1, high: 0.5), delay_ms: Constant(3)),
        (from: "out", to: "first", rule: AllToAll(), weight: Constant(-0.3), delay_ms: Constant(1)),
    ],
)"#;

/// What a run of many steps says of n steps is what a run of n steps says, by every driver.
#[test]
fn fewer_steps_are_the_beginning_of_more() {
    for (network, data) in [
        (DELAYED, "--data x.npy --labels y.txt --output out --encode rate"),
        (DELAYED, "--data x.npy --labels y.txt --output out --encode rate --read-out first-spike"),
        (
            &DELAYED.replace("delay_ms: Constant(1)", "delay_ms: Constant(4)"),
            "--data x.npy --labels y.txt --output out",
        ),
    ] {
        let scratch = Scratch::new(network);
        npy(&scratch, "x.npy", &[12, 6], |k| (k * 5 % 9) as f32 / 9.0);
        scratch.write("y.txt", &(0..12).map(|n| format!("{n} {}\n", n % 3)).collect::<String>());
        for driver in ["event", "clock", "auto"] {
            let run = |steps: u64| {
                scratch.json(&format!("evaluate small.ron {data} --driver {driver} --steps {steps} --json"))
            };
            let long = run(70);
            let after = long["after_steps"].as_array().unwrap();
            let steps: Vec<u64> = after.iter().map(|at| at["steps"].as_u64().unwrap()).collect();
            assert_eq!(steps[..32], (1..=32).collect::<Vec<_>>()[..]);
            assert_eq!(steps[32..], [34, 36, 38, 40, 42, 44, 46, 48, 50, 52, 54, 56, 58, 60, 62, 64, 68, 70]);
            for n in [1, 2, 3, 7, 20, 32, 34, 50, 68, 70] {
                let short = run(n);
                let at = &after[steps.iter().position(|&steps| steps == n).unwrap()];
                assert_eq!(short["after_steps"].as_array().unwrap().last(), Some(at), "{data} {driver} {n}");
                assert_eq!(short["accuracy"], at["accuracy"]);
                let spikes: u64 = short["populations"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|p| p["operations"]["spikes"].as_u64().unwrap())
                    .sum();
                assert_eq!(at["spikes"], Value::from(spikes as f64 / 12.0), "{data} {driver} {n}");
            }
            assert!(after.last().unwrap()["spikes"].as_f64().unwrap() > 50.0, "{}", after.last().unwrap());
        }
    }
}

/// Clips of different lengths: one that has ended counts as a whole.
#[test]
fn the_page_and_the_table_of_steps() {
    let scratch = halves();
    scratch.done(&format!("{COMMAND} --out out"));
    let saved: Value = serde_json::from_slice(&fs::read(scratch.path("out/evaluation.json")).unwrap()).unwrap();
    let after = saved["after_steps"].as_array().unwrap();
    let last = after.last().unwrap();
    assert_eq!((&last["accuracy"], &last["right_once"]), (&saved["accuracy"], &Value::from(1.0)));
    assert_eq!(last["effective_acs"], saved["neurobench"]["SynapticOperations"]["Effective_ACs"]);
    let csv = fs::read_to_string(scratch.path("out/steps.csv")).unwrap();
    assert!(
        csv.starts_with("steps,accuracy,right_once,spikes,effective_acs,effective_macs,spikes_x_fan_out,energy_pj by ")
    );
    assert_eq!(csv.lines().count(), 1 + after.len());

    let html = fs::read_to_string(scratch.path("out/report.html")).unwrap();
    for text in ["Confusion matrix", "Recall and precision", "Accuracy over the steps", "Accuracy against energy"] {
        assert!(html.contains(text), "{text}");
    }
    assert_eq!(html.matches("<figure ").count(), 7);
    // The same page by the verb, and the same table for the terminal.
    let said = scratch.done("report out --html page.html --pictures pictures");
    assert_eq!(said.lines().count(), 1 + 2 * 7, "{said}");
    assert_eq!(fs::read_to_string(scratch.path("page.html")).unwrap(), html);
    assert!(scratch.done("report out").starts_with("halves: 6 of 6 clips right"));
    assert_eq!(scratch.json("report out --json"), saved);
    // Side by side, and as a point beside the other.
    scratch.done(&format!("{COMMAND} --steps 5 --out short"));
    let both = scratch.json("report out short --json");
    assert_eq!((&both["runs"][0]["accuracy"], &both["runs"][1]["seed"]), (&saved["accuracy"], &Value::Null));
    assert_eq!(both["runs"][1]["effective_synops_per_clip"], after[4]["effective_acs"]);
    assert!(scratch.done("report out short").contains("ticks"));
    scratch.done("report out --with short --html with.html");
    assert!(fs::read_to_string(scratch.path("with.html")).unwrap().contains("\nshort\n</text>"));
    // A page of someone else stays.
    fs::write(scratch.path("out/report.html"), "mine").unwrap();
    scratch.refused(&format!("{COMMAND} --out out"), &["report.html", "is not a file of this program"]);
}

/// Labels by folder, a limit, a length in ticks, and a text for people.
#[test]
fn folders_are_classes() {
    let scratch = halves();
    for (class, sample) in [("left", 0), ("left", 2), ("right", 1)] {
        fs::create_dir_all(scratch.path(&format!("classes/{class}"))).unwrap();
        let (from, to) = (format!("events/{sample}.bs2"), format!("classes/{class}/{sample}.bs2"));
        fs::copy(scratch.path(&from), scratch.path(&to)).unwrap();
    }
    let text = scratch.done("evaluate small.ron --data classes --sensor 4x4 --steps 10");
    assert!(
        text.starts_with("halves: 3 of 3 clips right, accuracy 100.00 %\nread out: most spikes of 'side'"),
        "{text}"
    );
    let two = scratch.json("evaluate small.ron --data classes --sensor 4x4 --limit 2 --json");
    assert_eq!(two["clips"], 2);
}

/// Two files of one name are told apart by their folders; what is hidden, linked in a circle or no
/// file is no data; a class is a number or a name, of all alike.
#[test]
fn names_of_a_list_mean_one_file() {
    let scratch = halves();
    for (class, sample) in [("a", 0), ("b", 1)] {
        fs::create_dir_all(scratch.path(&format!("rec/{class}"))).unwrap();
        fs::copy(scratch.path(&format!("events/{sample}.bs2")), scratch.path(&format!("rec/{class}/1.bs2"))).unwrap();
    }
    fs::create_dir_all(scratch.path("rec/.git")).unwrap();
    fs::write(scratch.path("rec/.git/x.bs2"), "no events").unwrap();
    fs::write(scratch.path("rec/a/._1.bs2"), "no events").unwrap();
    std::os::unix::fs::symlink(".", scratch.path("rec/a/loop")).unwrap();
    let command = "evaluate small.ron --data rec --sensor 4x4 --steps 10 --json";
    let all = scratch.json(command);
    assert_eq!((&all["clips"], &all["accuracy"]), (&Value::from(2), &Value::from(1.0)));
    fs::remove_file(scratch.path("rec/a/loop")).unwrap();
    for (list, accuracy) in [("a/1 0\nb/1.bs2 1\n", 1.0), ("b/1 0\na/1 1\n", 0.0)] {
        scratch.write("list.txt", list);
        assert_eq!(scratch.json(&format!("{command} --labels list.txt"))["accuracy"], accuracy, "{list}");
    }
    for (list, said) in [
        ("1 0\n", &["list.txt:1", "'1' may be", "a/1.bs2"][..]),
        ("c/1 0\n", &["the sample 'c/1'", "has no file"]),
        ("a/1 -1\nb/1 0\n", &["class -1: expected whole numbers from 0"]),
        ("a/1 0\nb/1 cat\n", &["classes 0 and cat: expected numbers or names of all"]),
    ] {
        scratch.write("list.txt", list);
        scratch.refused(&format!("{command} --labels list.txt"), said);
    }
    std::os::unix::fs::symlink("/dev/null", scratch.path("rec/a/2.bs2")).unwrap();
    scratch.refused(command, &["2.bs2", "is no regular file"]);
    scratch.refused("evaluate small.ron --data rec --limit 0", &["limit", "at least 1"]);
}

/// A perceptron without neurons in its output, on images held for some steps, against its matrix
/// product; rate and latency coding of the same.
#[test]
fn images_are_held() {
    const PERCEPTRON: &str = r#"(
        format: 1, dt_ms: 1,
        populations: [(name: "out", size: 3, neuron: I())],
        sources: [
            (name: "input", size: 4, emits: Spikes()),
            (name: "one", size: 1, emits: Frames(file: "one.npy", frame_ms: 1)),
        ],
        projections: [
            (from: "input", to: "out", rule: Matrix(file: "w.npy"), delay_ms: Constant(0)),
            (from: "one", to: "out", rule: Matrix(file: "b.npy"), delay_ms: Constant(0)),
        ],
    )"#;
    let scratch = Scratch::new(PERCEPTRON);
    let weight = |k: usize| [0.5, -1.0, 0.25, 2.0, 1.0, 0.0, -0.5, 0.75, -0.25, 1.5, 0.5, -1.0][k];
    let bias = |k: usize| [0.1, 0.3, -0.2][k];
    let pixel = |k: usize| (k * 7 % 10) as f32 / 10.0;
    npy(&scratch, "w.npy", &[3, 4], weight);
    npy(&scratch, "b.npy", &[3, 1], bias);
    npy(&scratch, "one.npy", &[1, 1], |_| 1.0);
    npy(&scratch, "x.npy", &[20, 4], pixel);
    let score =
        |n: usize, class: usize| (0..4).map(|k| weight(4 * class + k) * pixel(4 * n + k)).sum::<f32>() + bias(class);
    let best = |n: usize| (0..3).max_by(|&a, &b| score(n, a).total_cmp(&score(n, b)).then(b.cmp(&a))).unwrap();
    let labels: String = (0..20).map(|n| format!("{n} {}\n", best(n))).collect();
    scratch.write("y.txt", &labels);
    let command = "evaluate small.ron --data x.npy --labels y.txt --json";
    let direct = scratch.json(&format!("{command} --input input --steps 5 --compare"));
    assert_eq!((&direct["accuracy"], &direct["read_out"]), (&Value::from(1.0), &Value::from("last")));
    assert_eq!(direct["parity"]["equal"], true);
    // Analog inputs other than 0 times weights other than 0, at each of 5 steps.
    let pairs = (0..80).filter(|&k| pixel(k) != 0.0).map(|k| (0..3).filter(|o| weight(4 * o + k % 4) != 0.0).count());
    assert_eq!(direct["synops"]["layers"][0]["effective_macs"], Value::from(5 * pairs.sum::<usize>()));
    let rate = scratch.json(&format!("{command} --steps 400 --encode rate"));
    assert!(rate["accuracy"].as_f64().unwrap() > 0.7, "{}", rate["accuracy"]);
    let latency = scratch.json(&format!("{command} --steps 11 --encode latency"));
    let first = &latency["synops"]["layers"][0];
    let spikes = (0..80).filter(|&k| pixel(k) > 0.0).count();
    assert_eq!(first["spikes_x_fan_out"], Value::from(3 * spikes));
    scratch.refused(command, &["steps", "how many steps is not said"]);
}

/// A network that PyTorch trained, on digits that it was not trained on: as many are right, with as
/// many spikes, as PyTorch printed when benches/peers/digits_nir.py stepped it in double precision.
#[test]
fn digits_are_read_as_pytorch_reads_them() {
    let scratch = Scratch::new(HALVES);
    let file = |name: &str| format!("{}/{name}", env!("CARGO_MANIFEST_DIR"));
    let (network, data) = (file("networks/digits.nir"), file("traces/digits.npz"));
    let report = scratch.json(&format!("evaluate {network} --data {data} --steps 16 --compare --json"));
    assert_eq!(report["accuracy"], Value::from(352.0 / 360.0));
    assert_eq!(report["parity"]["equal"], true);
    let populations = report["populations"].as_array().unwrap();
    let spikes: u64 = populations.iter().map(|own| own["operations"]["spikes"].as_u64().unwrap()).sum();
    assert_eq!(format!("{:.1}", spikes as f64 / 360.0), "1866.1");
}

#[test]
fn what_does_not_fit_is_refused() {
    let scratch = halves();
    scratch.write("few.txt", "7 0\n");
    scratch.write("torn.txt", "0 1\n1\n");
    scratch.write("many.txt", "0 5\n1 0\n");
    fs::write(scratch.path("cut.bs2"), [1, 2, 3]).unwrap();
    let small = "evaluate small.ron --data events";
    for (args, said) in [
        ("evaluate small.ron", &["labelled inputs are missing"][..]),
        ("evaluate small.ron --data events", &["events", "no labels"]),
        ("evaluate small.ron --data nowhere", &["nowhere"]),
        ("evaluate small.ron --data small.ron", &["is no data set"]),
        (&format!("{small} --labels few.txt --sensor 4x4"), &["few.txt", "the sample '7'"]),
        (&format!("{small} --labels torn.txt --sensor 4x4"), &["torn.txt:2", "its class"]),
        (&format!("{small} --labels many.txt --sensor 4x4"), &["the class 5", "'side' has 2 neurons"]),
        (&format!("{small} --labels labels.txt"), &["2312 elements", "'input' has 32"]),
        (&format!("{small} --labels labels.txt --sensor 4x4 --output patch"), &["which population", "patches, side"]),
        (&format!("{small} --labels labels.txt --sensor 4x4 --steps 0"), &["steps", "at least 1"]),
        (&format!("{small} --labels labels.txt --sensor 4x4 --bin -1"), &["bin", "a number above 0"]),
        (&format!("{small} --labels labels.txt --sensor 2147483648x2147483648"), &["sensor", "1 to 16384"]),
    ] {
        scratch.refused(args, said);
    }
    // Outside the sensor: the file and the event are named.
    fs::write(scratch.path("events/0.bs2"), event(9, 0, 0, 5)).unwrap();
    scratch.refused(COMMAND, &["0.bs2", "event 0 at x 9, y 0"]);
}
