//! `evaluate`, `data info` and `stats` on recordings in every form.

use crate::evaluate::{COMMAND, halves, npy};
use crate::scratch::{PROGRAM, Scratch, refusal};
use crate::shd::shd;
use assert_cmd::Command;
use serde_json::{Value, json};
use std::fs;

/// Of one pixel: microseconds, x, y, 1 if it became brighter.
type Change = (u32, u32, u32, u32);

/// Writes events in some form.
type Form = fn(&[Change]) -> Vec<u8>;

/// The events of a file in the form of N-MNIST.
fn events(scratch: &Scratch, name: &str) -> Vec<Change> {
    let bytes = fs::read(scratch.path(name)).unwrap();
    let change = |event: &[u8]| {
        let word = u32::from_be_bytes([0, event[2], event[3], event[4]]);
        (word & 0x7f_ffff, event[0].into(), event[1].into(), word >> 23)
    };
    bytes.chunks_exact(5).map(change).collect()
}

fn little(words: impl IntoIterator<Item = u32>) -> Vec<u8> {
    words.into_iter().flat_map(u32::to_le_bytes).collect()
}

fn aedat_3(events: &[Change]) -> Vec<u8> {
    let count = events.len() as u32;
    let mut bytes = b"#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: other\r\n#!END-HEADER\r\n\x01\0\x01\0".to_vec();
    bytes.extend(little([8, 4, 0, count, count, count]));
    bytes.extend(little(events.iter().flat_map(|&(us, x, y, on)| [x << 17 | y << 2 | on << 1 | 1, us])));
    bytes
}

fn dat(events: &[Change]) -> Vec<u8> {
    let body = little(events.iter().flat_map(|&(us, x, y, on)| [us, on << 28 | y << 14 | x]));
    [b"% Version 2\n% Width 4\n% Height 4\n\0\x08", &body[..]].concat()
}

fn evt_2(events: &[Change]) -> Vec<u8> {
    let body = events.iter().flat_map(|&(us, x, y, on)| [8 << 28 | us >> 6, on << 28 | (us & 63) << 22 | x << 11 | y]);
    [b"% evt 2.0\n% geometry 4x4\n% end\n", &little(body)[..]].concat()
}

fn evt_3(events: &[Change]) -> Vec<u8> {
    let words = events
        .iter()
        .flat_map(|&(us, x, y, on)| [8 << 12 | us >> 12, 6 << 12 | us & 0xfff, y, 2 << 12 | on << 11 | x])
        .flat_map(|word| (word as u16).to_le_bytes());
    b"% format EVT3;height=4;width=4\n% end\n".iter().copied().chain(words).collect()
}

fn records(events: &[Change]) -> Vec<u8> {
    let text = format!(
        "{{'descr': [('x', '<i2'), ('y', '<i2'), ('t', '<u4'), ('p', '|b1')], 'fortran_order': False, 'shape': ({},), }}\n",
        events.len()
    );
    let mut bytes = [b"\x93NUMPY\x01\x00", &(text.len() as u16).to_le_bytes()[..], text.as_bytes()].concat();
    for &(us, x, y, on) in events {
        bytes.extend(
            [&(x as u16).to_le_bytes()[..], &(y as u16).to_le_bytes(), &us.to_le_bytes(), &[on as u8]].concat(),
        );
    }
    bytes
}

/// Six recordings give one report, whatever form they have.
#[test]
fn all_forms_are_the_same_recordings() {
    let scratch = halves();
    let mut expected = scratch.json(&format!("{COMMAND} --json"));
    expected["run_s"] = json!(0);
    let names: Vec<String> = (0..6).map(|sample| format!("events/{sample}.bs2")).collect();
    let recordings: Vec<Vec<Change>> = names.iter().map(|name| events(&scratch, name)).collect();
    let forms: [(&str, Form); 5] = [("aedat", aedat_3), ("dat", dat), ("raw", evt_2), ("raw", evt_3), ("npy", records)];
    for (ending, form) in forms {
        fs::remove_dir_all(scratch.path("events")).unwrap();
        fs::create_dir(scratch.path("events")).unwrap();
        for (sample, events) in recordings.iter().enumerate() {
            fs::write(scratch.path(&format!("events/{sample}.{ending}")), form(events)).unwrap();
        }
        let mut found = scratch.json(&format!("{COMMAND} --json"));
        found["run_s"] = json!(0);
        assert_eq!(found, expected, "{ending}");
        if ["dat", "raw"].contains(&ending) {
            let own = scratch.json("evaluate small.ron --data events --labels labels.txt --json");
            assert_eq!(own["accuracy"], expected["accuracy"], "the size stands in {ending}");
            scratch.refused(&COMMAND.replace("4x4", "5x4"), &["is of a sensor of 4 x 4; 5 x 4 was expected"]);
            let stats = scratch.json(&format!("stats events/0.{ending} --dt 1 --json"));
            assert_eq!(
                (&stats["populations"][0]["neurons"], &stats["populations"][0]["spikes"]),
                (&json!(32), &json!(20))
            );
        } else {
            let labels = "evaluate small.ron --data events --labels labels.txt";
            scratch.refused(labels, &["0.", ending, "does not say the size of its sensor"]);
        }
    }
    // A recording that is given by its name: as large as its events need, but not as input.
    let stats = scratch.json("stats events/0.npy --dt 1 --json");
    assert_eq!((&stats["populations"][0]["name"], &stats["populations"][0]["spikes"]), (&json!("pixels"), &json!(20)));
    scratch.refused("simulate small.ron --duration 9 --input input=events/0.npy", &["size of its sensor"]);
}

/// In the form of DVS128 Gesture: one recording, of which a table says the parts.
#[test]
fn parts_of_a_recording() {
    let scratch = halves();
    let mut changes: Vec<Change> = Vec::new();
    for sample in 0..6 {
        let start = 1_000_000 + 20_000 * sample;
        changes.extend(
            events(&scratch, &format!("events/{sample}.bs2")).iter().map(|&(us, x, y, on)| (us + start, x, y, on)),
        );
    }
    fs::create_dir(scratch.path("gestures")).unwrap();
    fs::write(scratch.path("gestures/user1_led.aedat"), aedat_3(&changes)).unwrap();
    fs::write(scratch.path("gestures/user2_led.aedat"), aedat_3(&changes[..5])).unwrap();
    let rows = |from: u32, to: u32| {
        let row = |n: u32| format!("{},{},{}\n", n % 2 + 1, 1_000_000 + 20_000 * n, 1_020_000 + 20_000 * n);
        format!("class,startTime_usec,endTime_usec\n{}", (from..to).map(row).collect::<String>())
    };
    scratch.write("gestures/user1_led_labels.csv", &rows(0, 6));
    scratch.write("gestures/user2_led_labels.csv", &rows(0, 1));
    scratch.write("gestures/trials_to_test.txt", "user1_led.aedat\n");
    let all = scratch.json("evaluate small.ron --data gestures --sensor 4x4 --json");
    assert_eq!((&all["clips"], &all["confusion"]), (&json!(7), &json!([[4, 0, 0], [0, 3, 0]])));
    let command =
        "evaluate small.ron --data gestures --labels gestures/trials_to_test.txt --sensor 4x4 --json --out out";
    let mut found = scratch.json(command);
    let mut expected = scratch.json(&format!("{COMMAND} --json"));
    for report in [&mut found, &mut expected] {
        report["run_s"] = json!(0);
    }
    assert_eq!(found, expected);
    let clips = fs::read_to_string(scratch.path("out/clips.csv")).unwrap();
    assert!(clips.contains("\nuser1_led:0,0,0,") && clips.contains("\nuser1_led:5,1,1,"), "{clips}");

    for (table, said) in [
        (
            "class,start,end\n1,2,3\n",
            &["user1_led_labels.csv:1", "expected the head class,startTime_usec,endTime_usec"][..],
        ),
        ("class,startTime_usec,endTime_usec\n1,5,9\n0,5,9\n", &["_labels.csv:3", "'0,5,9'", "a class from 1"]),
        ("class,startTime_usec,endTime_usec\n1,9,9\n", &["_labels.csv:2", "'1,9,9'"]),
        ("class,startTime_usec,endTime_usec\n1,9\n", &["_labels.csv:2", "'1,9'"]),
    ] {
        scratch.write("gestures/user1_led_labels.csv", table);
        scratch.refused("evaluate small.ron --data gestures --sensor 4x4", said);
    }
}

/// Digits as spike trains in HDF5, clip by clip, and what `data info` says of them.
#[test]
fn spiking_digits() {
    const RELAY: &str = r#"(
        format: 1, dt_ms: 1,
        populations: [(name: "out", size: 2, neuron: If(threshold: Fixed(v_th_mv: 1), reset: Soft))],
        sources: [(name: "input", size: 4, emits: Spikes())],
        projections: [(from: "input", to: "out", rule: Matrix(file: "w.npy"), delay_ms: Constant(0))],
    )"#;
    let scratch = Scratch::new(RELAY);
    npy(&scratch, "w.npy", &[2, 4], |k| [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0][k]);
    let samples: [crate::shd::Sample; 3] =
        [(&[0.001, 0.002, 0.0101], &[0, 1, 3], 0), (&[0.03125, 0.015625], &[2, 3], 1), (&[0.0005], &[0], 1)];
    fs::write(scratch.path("digits.h5"), shd(&samples, 4, &["zero", "one"])).unwrap();
    let report = scratch.json("evaluate small.ron --data digits.h5 --sensor 4x1 --json --compare --out out");
    assert_eq!((&report["confusion"], &report["parity"]["equal"]), (&json!([[1, 0, 0], [1, 1, 0]]), &json!(true)));
    let clips = fs::read_to_string(scratch.path("out/clips.csv")).unwrap();
    assert!(clips.ends_with("\n0,0,0,11,1,3\n1,1,1,32,15,2\n2,1,0,1,,1\n"), "{clips}");
    scratch.refused("evaluate small.ron --data digits.h5", &["700 elements", "'input' has 4"]);
    scratch.refused("evaluate small.ron --data digits.h5 --labels w.npy", &["labels of its own"]);

    assert_eq!(
        scratch.done("data info digits.h5"),
        "3 samples of 2 classes, elements [700]\n\
         length in ms: 1 to 32, median 11\n\
         6 events; of a sample: 1 to 3, median 2\n\n\
         class  samples  name\n    0        1  zero\n    1        2  one\n\n0 errors, 0 warnings\n"
    );
}

/// Every damaged file is named, and those that are whole are counted.
#[test]
fn faults_of_inputs_are_named() {
    let scratch = halves();
    let info = scratch.json("data info events --labels labels.txt --sensor 4x4 --json");
    let expected = json!({
        "samples": 6, "shape": [2, 4, 4],
        "classes": [{"class": 0, "name": null, "samples": 3}, {"class": 1, "name": null, "samples": 3}],
        "lengths": {"min": 10, "median": 10.0, "max": 10}, "unit": "ms",
        "events": {"min": 20, "median": 20.0, "max": 23}, "all_events": 126, "faults": [],
    });
    assert_eq!(info, expected);
    let cut = fs::read(scratch.path("events/1.bs2")).unwrap();
    fs::write(scratch.path("events/1.bs2"), &cut[..17]).unwrap();
    fs::write(scratch.path("events/3.bs2"), [9, 0, 0, 0, 0]).unwrap();
    fs::write(scratch.path("events/5.bs2"), []).unwrap();
    let output = scratch.program("data info events --labels labels.txt --sensor 4x4").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    let faults = text.split_once("\n2 errors, 1 warning\n").unwrap().1;
    let lines: Vec<&str> = faults.lines().collect();
    assert!(lines[0].ends_with("events/1.bs2: ends within record 3 of 5 bytes; is it truncated?"), "{faults}");
    assert!(lines[1].ends_with("events/3.bs2: event 0 at x 9, y 0 lies outside the sensor of 4 x 4"), "{faults}");
    assert!(
        lines[2].starts_with("  hint: ") && lines[3].contains("1 recording without events, the first '5'"),
        "{faults}"
    );
    scratch.refused("data info nowhere", &["nowhere"]);
    scratch.refused("data info", &["a folder or file of inputs"]);
    npy(&scratch, "x.npy", &[2, 3, 4], |k| k as f32);
    scratch.write("y.txt", "a 0\nb 1\n");
    let values: Value = scratch.json("data info x.npy --labels y.txt --json");
    assert_eq!(
        (&values["unit"], &values["lengths"]["max"], &values["events"]),
        (&json!("steps"), &json!(3), &Value::Null)
    );
}

/// More steps than there is memory for their counts are refused before they are gone through.
#[cfg(target_os = "linux")]
#[test]
fn steps_beyond_memory_are_refused() {
    let scratch = halves();
    let script = format!("ulimit -v 16000000; exec {PROGRAM} {COMMAND} --threads 1 --steps 4000000000");
    let mut command = Command::new("sh");
    command.current_dir(scratch.folder()).args(["-c", &script]);
    refusal(command, &["clip '0' of 4000000000 steps", "needs 89.4 GiB of memory"]);
}
