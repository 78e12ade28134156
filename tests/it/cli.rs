//! The program as a user meets it: exit codes, messages, what is written and what is not.
#![cfg(unix)]

use crate::scratch::{PROGRAM, Scratch, files, refusal};

use assert_cmd::Command;
use hdf5_pure::FileBuilder;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

/// Every part of the model, small enough to train in a second.
const SMALL: &str = "(
    model: (
        width: 24, encoder_hidden: 32, embedding: 16, heads: 2, head_dim: 8, slots: 2, segments: 2, time_steps: 4,
        theta_0: 0.5, semantic_rank: 4, scales: [3, 5], slice_width: 8, joint_mlp: 16, skip: true,
        linear_members: 2, read_out: (spread: 0.5),
    ),
    training: (epochs: 4, batches_per_epoch: 8, batch: 32, learning_rate: 0.005),
)
";
const TRAIN: &str = "train --config small.ron --out out";
const GENERATED: &str = "--data data --dataset Compositions";
/// Of a generated set: its own names.
const VOCABULARY: &str = "data/Compositions/features/main_features/text/word_embeddings_compositions_normed.npy";
const AUDIO_DIM: usize = 8;
const VIDEO_DIM: usize = 6;
/// Clips of a class in a part of the averaged set.
const ROWS: usize = 4;

impl Scratch {
    /// With a trained model in `out`.
    fn trained() -> Scratch {
        let scratch = Scratch::new(SMALL);
        scratch.done(TRAIN);
        scratch
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// A process that cannot write a file of more than a few KiB, as on a full disk.
    fn on_a_full_disk(&self, args: &str) -> Command {
        let mut command = Command::new("sh");
        // Without the trap the kernel would end the process instead of failing the write.
        let script = format!("trap '' XFSZ; ulimit -f 8; exec {PROGRAM} {args}");
        command.current_dir(self.folder()).args(["-c", &script]);
        command
    }

    /// A data set of clip averages in HDF5: the embedded set's classes and vectors, with small
    /// features.
    fn averaged(&self) {
        self.done("data generate --out data");
        for path in files(&self.path("data")).into_iter().filter(|path| path.extension().is_some_and(|e| e == "pkl")) {
            fs::remove_file(&path).unwrap();
            write_h5(&path.with_extension("h5"), &Rows::of(&path));
        }
    }
}

/// What an averaged class file holds.
#[derive(Clone)]
struct Rows {
    dim: usize,
    ids: Vec<String>,
    values: Vec<f32>,
}

impl Rows {
    /// The rows of the class file at `path`, `.../{audio,video}/<part>/<class>.*`.
    fn of(path: &Path) -> Rows {
        let names: Vec<&str> = path.iter().rev().take(3).map(|name| name.to_str().unwrap()).collect();
        let class = path.file_stem().unwrap().to_str().unwrap();
        let (dim, weight) = if names[2] == "audio" { (AUDIO_DIM, 3) } else { (VIDEO_DIM, 5) };
        let ids = (0..ROWS).map(|row| format!("{}-{class}-{row}", names[1])).collect();
        let letters: usize = class.bytes().map(usize::from).sum();
        let value = |i: usize| ((letters * (i % dim + 1) + i / dim * weight) % 17) as f32 / 17.0;
        Rows { dim, ids, values: (0..ROWS * dim).map(value).collect() }
    }
}

fn write_h5(path: &Path, rows: &Rows) {
    let mut builder = FileBuilder::new();
    let shape = [(rows.values.len() / rows.dim) as u64, rows.dim as u64];
    builder.create_dataset("data").with_f32_data(&rows.values).with_shape(&shape);
    let ids: Vec<&str> = rows.ids.iter().map(String::as_str).collect();
    builder.create_dataset("video_urls").with_ascii_strings_sized(&ids, 80).unwrap();
    fs::write(path, builder.finish().unwrap()).unwrap();
}

fn cut_in_half(path: &Path) {
    let bytes = fs::read(path).unwrap();
    fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
}

#[test]
fn every_verb_explains_itself() {
    let scratch = Scratch::new(SMALL);
    for verb in ["run", "train", "evaluate", "compare", "report", "data", "data generate", "data info"] {
        let help = scratch.done(&format!("{verb} --help"));
        assert!(help.contains(&format!("Usage: spikefuse {verb}")), "{help}");
    }
    for usage in
        ["", "walk", "train", "run --sed 3", "run --seed x", "run --data data", "evaluate --model out --driver no"]
    {
        let output = scratch.program(usage).output().unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{usage}");
        assert!(!output.stderr.is_empty(), "{usage}");
    }
}

#[test]
fn data_that_are_not_there_are_refused() {
    let scratch = Scratch::new(SMALL);
    scratch.done("data generate --out data");
    let run = |data: &str| format!("run --config small.ron --out out {data}");
    scratch.refused(&run("--data nowhere --dataset UCF"), &["nowhere: cannot read"]);
    scratch.refused(&run("--data data --dataset UCF"), &["data/UCF: no such data set"]);
    scratch.refused(&run(&format!("{GENERATED} --split cls_split")), &["cls_features: no such folder"]);
    scratch.refused("data info", &["--data DIR and --dataset NAME"]);
    scratch.refused("data info --data nowhere --dataset UCF", &["nowhere"]);
    scratch.refused("data generate --out data", &["data/Compositions: this folder is not empty"]);
    scratch.refused("data generate --out small.ron", &["small.ron"]);
}

#[test]
fn a_generated_set_is_sound() {
    let scratch = Scratch::new(SMALL);
    scratch.done("data generate --out data");
    let info = scratch.json(&format!("data info --json {GENERATED}"));
    assert_eq!(info["problems"], Value::Array(Vec::new()));
    assert!(scratch.done(&format!("data info {GENERATED}")).ends_with("0 errors, 0 warnings\n"));
}

#[test]
fn damaged_class_files_are_refused_by_name() {
    let scratch = Scratch::new(SMALL);
    scratch.averaged();
    let part = "data/Compositions/features/main_features/audio/stage_1_val_seen";
    let path = files(&scratch.path(part)).remove(1);
    let name = path.file_name().unwrap().to_str().unwrap();
    let rows = Rows::of(&path);
    type Damage<'a> = (&'a dyn Fn(), &'a [&'a str]);
    let damages: [Damage; 6] = [
        (&|| fs::remove_file(&path).unwrap(), &["stage_1_val_seen"]),
        (&|| cut_in_half(&path), &[name]),
        (&|| fs::write(&path, "no HDF5").unwrap(), &[name, "not a readable HDF5 file"]),
        (
            &|| {
                let mut damaged = rows.clone();
                damaged.values[AUDIO_DIM + 2] = f32::NAN;
                write_h5(&path, &damaged);
            },
            &[name, "row 1, column 2", "NaN"],
        ),
        (
            &|| {
                let mut damaged = rows.clone();
                damaged.ids.pop();
                damaged.values.truncate((ROWS - 1) * AUDIO_DIM);
                write_h5(&path, &damaged);
            },
            &[name, "3", "4"],
        ),
        (
            &|| {
                let mut damaged = rows.clone();
                damaged.ids.swap(0, 1);
                write_h5(&path, &damaged);
            },
            &[name],
        ),
    ];
    for (damage, said) in damages {
        damage();
        scratch.refused(&format!("{TRAIN} {GENERATED}"), said);
        let info = scratch.program(&format!("data info {GENERATED}")).output().unwrap();
        let text = String::from_utf8(info.stdout).unwrap();
        assert_eq!((info.status.code(), info.stderr.len()), (Some(1), 0), "{said:?}: {text}");
        assert!(said.iter().all(|said| text.contains(said)), "{said:?}: {text}");
        write_h5(&path, &rows);
    }
    let narrow =
        Rows { dim: AUDIO_DIM / 2, values: rows.values[..ROWS * AUDIO_DIM / 2].to_vec(), ids: rows.ids.clone() };
    write_h5(&path, &narrow);
    scratch.refused(&format!("{TRAIN} {GENERATED}"), &[name, "8", "4"]);
    write_h5(&path, &rows);
    scratch.done(&format!("{TRAIN} {GENERATED}"));
}

#[test]
fn damaged_sequences_and_class_lists_are_refused_by_name() {
    let scratch = Scratch::new(SMALL);
    scratch.done("data generate --out data");
    let set = "data/Compositions";
    let train = format!("{TRAIN} {GENERATED}");
    let path = files(&scratch.path(&format!("{set}/features/main_features/video/stage_1_train"))).remove(0);
    let whole = fs::read(&path).unwrap();
    cut_in_half(&path);
    scratch.refused(&train, &[path.file_name().unwrap().to_str().unwrap(), "cut off"]);
    fs::write(&path, whole).unwrap();

    let names = scratch.path(&format!("{set}/class-split/compositions_w2v_class_names.csv"));
    let table = fs::read_to_string(&names).unwrap();
    let gone = path.file_stem().unwrap().to_str().unwrap();
    let without: Vec<&str> = table.lines().filter(|line| !line.starts_with(gone)).collect();
    fs::write(&names, without.join("\n")).unwrap();
    scratch.refused(&train, &[gone, "vector"]);
    fs::write(&names, table).unwrap();

    let dictionary = files(&scratch.path(&format!("{set}/features/main_features/text"))).remove(0);
    cut_in_half(&dictionary);
    scratch.refused(&train, &[dictionary.file_name().unwrap().to_str().unwrap()]);
}

/// Training takes minutes: what would make it useless is found before it.
#[test]
fn damaged_test_clips_are_refused_before_training() {
    let scratch = Scratch::new(SMALL);
    scratch.averaged();
    let path = files(&scratch.path("data/Compositions/features/main_features/video/stage_2_test_unseen")).remove(0);
    cut_in_half(&path);
    let name = path.file_name().unwrap().to_str().unwrap();
    scratch.refused(&format!("run --config small.ron --out out {GENERATED}"), &["stage_2_test_unseen", name]);
}

#[test]
fn configurations_out_of_their_domain_are_refused_with_file_and_field() {
    let scratch = Scratch::new(SMALL);
    scratch.refused("run --out out --config no.ron", &["no.ron: cannot read"]);
    for (text, said) in [
        (
            "(\n  model: (widht: 3))",
            "bad.ron:2:11: there is no field `widht` in `ModelConfig`; the nearest name is `width`",
        ),
        ("(training: (epochs: 3)", "bad.ron:1:22: Expected comma"),
        ("(training: (epochs: 2.5))", "bad.ron:1:"),
        ("(training: (epochs: 0))", "bad.ron: training.epochs: 0 is outside 1 to"),
        ("(training: (batch: 1))", "bad.ron: training.batch: 1 is"),
        ("(training: (learning_rate: -1))", "bad.ron: training.learning_rate: -1 is"),
        ("(model: (time_steps: 65))", "bad.ron: model.time_steps: 65 is outside 1 to 64"),
        ("(model: (tau: NaN))", "bad.ron: model.tau: NaN is"),
        ("(model: (tau: 0.5))", "bad.ron: model.tau: 0.5 is"),
        ("(model: (theta_0: inf))", "bad.ron: model.theta_0: inf is"),
        ("(model: (theta_max: 0.1))", "bad.ron: model.theta_max: 0.1 is"),
        ("(model: (dropout_heads: 1))", "bad.ron: model.dropout_heads: 1 is"),
        ("(model: (scales: []))", "bad.ron: model.scales: []"),
        ("(model: (read_out: (width: 3)))", "bad.ron:1:21: there is no field `width`"),
        ("(model: (read_out: (spread: 1)))", "bad.ron: model.read_out.spread: 1 is"),
        ("(model: (read_out: (neighbours: (5, 4))))", "bad.ron: model.read_out.neighbours: 4 is"),
    ] {
        scratch.write("bad.ron", text);
        scratch.refused("run --out out --config bad.ron", &[said]);
    }
}

/// `out/weights.safetensors` written again after `edit` had its tensors (name, shape, bytes) and
/// its header.
fn edit_weights(
    scratch: &Scratch,
    edit: impl FnOnce(&mut Vec<(String, Vec<usize>, Vec<u8>)>, &mut HashMap<String, String>),
) {
    let bytes = scratch.bytes("out/weights.safetensors");
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let mut header = SafeTensors::read_metadata(&bytes).unwrap().1.metadata().clone().unwrap();
    let mut entries: Vec<_> =
        tensors.iter().map(|(name, view)| (name.to_owned(), view.shape().to_vec(), view.data().to_vec())).collect();
    edit(&mut entries, &mut header);
    let views =
        entries.iter().map(|(name, shape, data)| (name, TensorView::new(Dtype::F32, shape.clone(), data).unwrap()));
    fs::write(scratch.path("out/weights.safetensors"), safetensors::serialize(views, Some(header)).unwrap()).unwrap();
}

#[test]
fn models_that_are_damaged_are_refused_by_file_and_tensor() {
    const TENSOR: &str = "spiking.audio.block1.weight";
    let scratch = Scratch::trained();
    let weights = scratch.path("out/weights.safetensors");
    let whole = fs::read(&weights).unwrap();
    let training = scratch.bytes("out/training.json");
    let check = |said: &[&str]| {
        for verb in ["evaluate", "compare"] {
            scratch.refused(&format!("{verb} --model out"), said);
        }
        fs::write(&weights, &whole).unwrap();
        fs::write(scratch.path("out/training.json"), &training).unwrap();
    };
    let at = |entries: &[(String, Vec<usize>, Vec<u8>)]| entries.iter().position(|e| e.0 == TENSOR).unwrap();

    edit_weights(&scratch, |entries, _| {
        let position = at(entries);
        entries[position].1.reverse();
    });
    check(&["out/weights.safetensors", TENSOR, "expected shape [24, 64], found [64, 24]"]);
    edit_weights(&scratch, |entries, _| drop(entries.remove(at(entries))));
    check(&["out/weights.safetensors", TENSOR, "missing"]);
    edit_weights(&scratch, |entries, _| entries.push(("another".into(), vec![1], vec![0; 4])));
    check(&["out/weights.safetensors", "another", "does not belong"]);
    edit_weights(&scratch, |entries, _| {
        let position = at(entries);
        entries[position].2[8..12].copy_from_slice(&f32::NAN.to_le_bytes());
    });
    check(&["out/weights.safetensors", TENSOR, "element 2 is NaN"]);
    edit_weights(&scratch, |_, header| {
        let model = header.get_mut("model").unwrap();
        *model = model.replace("\"time_steps\":4", "\"time_steps\":0");
    });
    check(&["out/weights.safetensors", "time_steps: 0 is outside"]);
    edit_weights(&scratch, |_, header| header.clear());
    check(&["out/weights.safetensors", "field `model`"]);
    cut_in_half(&weights);
    check(&["out/weights.safetensors", "not a safetensors file"]);
    fs::write(&weights, "no weights").unwrap();
    check(&["out/weights.safetensors", "not a safetensors file"]);
    fs::remove_file(&weights).unwrap();
    check(&["out/weights.safetensors", "cannot read"]);
    fs::remove_file(scratch.path("out/training.json")).unwrap();
    check(&["out/training.json", "cannot read"]);
    cut_in_half(&scratch.path("out/training.json"));
    check(&["out/training.json:", "EOF"]);
}

#[test]
fn a_model_is_tested_only_on_data_that_fit_it() {
    let scratch = Scratch::trained();
    scratch.averaged();
    scratch.refused(&format!("evaluate --model out {GENERATED}"), &["expected", "64", "8"]);
    fs::rename(scratch.path("data/Compositions"), scratch.path("data/Other")).unwrap();
    let lists = scratch.path("data/Other/class-split");
    fs::rename(lists.join("compositions_w2v_class_names.csv"), lists.join("other_w2v_class_names.csv")).unwrap();
    let other = "evaluate --model out --data data --dataset Other";
    scratch.refused(other, &["dataset: the model was trained on Compositions, the data are Other"]);
}

#[test]
fn a_vocabulary_belongs_to_the_read_out_that_was_trained_with_it() {
    let scratch = Scratch::trained();
    scratch.done("data generate --out data");
    let used = format!("--vocabulary {VOCABULARY}");
    let differs = "vocabulary: gamma was chosen with a vocabulary of";
    scratch.refused(&format!("evaluate --model out {used}"), &[differs, "0 names (", "this one has 30 names ("]);
    scratch.done(&format!("train --config small.ron --out with {used}"));
    scratch.refused("evaluate --model with", &[differs, "30 names (", "this one has 0 names ("]);
    assert_eq!(scratch.json(&format!("evaluate --model with --json {used}"))["vocabulary"], 30);
    // Names that are in two dictionaries count once.
    assert_eq!(scratch.json(&format!("evaluate --model with --json {used} {used}"))["vocabulary"], 30);
    // As many names, other vectors.
    scratch.done("data generate --seed 1 --out others");
    let others = used.replace("data/", "others/");
    scratch.refused(&format!("evaluate --model with {others}"), &[differs, "this one has 30 names ("]);
    scratch.refused(&format!("train --config small.ron --out with --resume {others}"), &["its vocabulary differs"]);
    scratch.refused(&format!("train --out other {used}"), &["vocabulary: only a read-out uses one"]);
    scratch.refused("train --out other --vocabulary small.ron", &["small.ron: "]);
}

#[test]
fn only_the_same_run_is_resumed() {
    let scratch = Scratch::trained();
    scratch.done("data generate --out data");
    scratch.refused(TRAIN, &["out: this folder already holds a run"]);
    scratch.refused("run --config small.ron --out out", &["out: this folder already holds a run"]);
    scratch.write("other.ron", &SMALL.replace("epochs: 4", "epochs: 5"));
    for (args, said) in [
        ("train --config small.ron --seed 1 --out out --resume", "its seed differs"),
        ("train --config other.ron --out out --resume", "its config differs"),
        ("train --out out --resume", "its config differs"),
    ] {
        scratch.refused(args, &["out/checkpoint.safetensors: ", said]);
    }
    let as_published = format!("{TRAIN} --resume {GENERATED} --class-vectors as-published");
    scratch.refused(&as_published, &["out/checkpoint.safetensors: ", "its class_vectors differs"]);
    let vocabulary = format!("{TRAIN} --resume --vocabulary {VOCABULARY}");
    scratch.refused(&vocabulary, &["out/checkpoint.safetensors: ", "its vocabulary differs"]);
    scratch.refused("train --out nowhere --resume", &["nowhere/checkpoint.safetensors: there is no checkpoint"]);
    assert!(!scratch.path("nowhere").exists());

    let checkpoint = scratch.path("out/checkpoint.safetensors");
    fs::copy(scratch.path("out/weights.safetensors"), &checkpoint).unwrap();
    scratch.refused(&format!("{TRAIN} --resume"), &["out/checkpoint.safetensors: not a checkpoint"]);
    cut_in_half(&checkpoint);
    scratch.refused(&format!("{TRAIN} --resume"), &["out/checkpoint.safetensors: damaged, or not a checkpoint"]);
}

#[test]
fn folders_that_cannot_be_written_are_refused_before_any_work() {
    let scratch = Scratch::new(SMALL);
    for verb in ["run", "train"] {
        // The default configuration would train for minutes.
        scratch.refused(&format!("{verb} --out small.ron/below"), &["small.ron/below: cannot write here"]);
    }
}

#[test]
fn a_full_disk_leaves_nothing_half_written() {
    let scratch = Scratch::new(SMALL);
    let full: &[&str] = &["out/checkpoint.safetensors: cannot write: File too large"];
    for verb in [TRAIN, "run --config small.ron --out out"] {
        refusal(scratch.on_a_full_disk(verb), full);
        assert_eq!(files(&scratch.path("out")), [] as [PathBuf; 0]);
    }
    refusal(scratch.on_a_full_disk("data generate --out data"), &["data/Compositions", "cannot write: File too large"]);
    assert_eq!(files(&scratch.path("data")), [] as [PathBuf; 0]);
    // With a checkpoint there, the run goes on later from where it was.
    let resume = format!("{TRAIN} --resume");
    scratch.done(TRAIN);
    let whole = scratch.contents("out");
    for name in ["weights.safetensors", "training.json"] {
        fs::remove_file(scratch.path("out").join(name)).unwrap();
    }
    refusal(scratch.on_a_full_disk(&resume), &["out/weights.safetensors: cannot write: File too large"]);
    assert_eq!(files(&scratch.path("out")), [scratch.path("out/checkpoint.safetensors")]);
    scratch.done(&resume);
    assert!(scratch.contents("out") == whole);

    let report = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut evaluate = std::process::Command::new(PROGRAM);
    evaluate.current_dir(scratch.folder()).args(["evaluate", "--model", "out"]).stdout(report);
    let output = evaluate.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("error: standard output: No space left"));
}

/// Kills the training at several moments, each time a little later after it made progress.
#[test]
fn a_killed_run_that_is_resumed_ends_with_the_same_bits() {
    let scratch = Scratch::new(SMALL);
    scratch.write("small.ron", &SMALL.replace("epochs: 4, batches_per_epoch: 8", "epochs: 8, batches_per_epoch: 6"));
    scratch.done("train --config small.ron --out whole");
    let checkpoint = scratch.path("out/checkpoint.safetensors");
    let changed = || fs::metadata(&checkpoint).and_then(|m| m.modified()).ok();
    let mut killed = 0;
    for wait in [0, 1, 10, 25, 60, 120].map(Duration::from_millis) {
        let before = changed();
        let mut train = std::process::Command::new(PROGRAM);
        train.current_dir(scratch.folder()).args(TRAIN.split(' ')).stdout(Stdio::null());
        train.args(before.is_some().then_some("--resume"));
        let mut child = train.spawn().unwrap();
        while !wait.is_zero() && changed() == before && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(wait);
        child.kill().unwrap();
        killed += usize::from(child.wait().unwrap().signal() == Some(9));
    }
    assert!(killed >= 3, "only {killed} were alive to be killed");
    scratch.done(&format!("{TRAIN} --resume"));
    for name in ["weights.safetensors", "training.json"] {
        assert!(scratch.bytes(&format!("out/{name}")) == scratch.bytes(&format!("whole/{name}")), "{name}");
    }
    assert_eq!(files(&scratch.path("out")).len(), 3, "left over by a kill: {:?}", files(&scratch.path("out")));
}

#[test]
fn files_are_as_readable_as_any_other() {
    let scratch = Scratch::trained();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    for path in files(&scratch.path("out")) {
        assert_eq!(mode(&path), mode(&scratch.path("small.ron")), "{}", path.display());
    }
}

#[test]
fn the_same_seed_gives_the_same_files() {
    let scratch = Scratch::trained();
    scratch.done("run --config small.ron --out again");
    for name in ["weights.safetensors", "training.json"] {
        assert!(scratch.bytes(&format!("out/{name}")) == scratch.bytes(&format!("again/{name}")), "{name}");
    }
    scratch.done("train --config small.ron --out other --seed 1");
    assert!(scratch.bytes("out/weights.safetensors") != scratch.bytes("other/weights.safetensors"));
}

#[test]
fn the_report_is_whole_and_agrees_with_later_evaluations() {
    let scratch = Scratch::new(SMALL);
    let printed = scratch.done("run --config small.ron --out out --json");
    assert_eq!(printed.into_bytes(), scratch.bytes("out/report.json"));
    let report: Value = serde_json::from_slice(&scratch.bytes("out/report.json")).unwrap();
    check_report(&report);

    for driver in ["event", "clock"] {
        let again = scratch.json(&format!("evaluate --model out --driver {driver} --json"));
        let of = |document: &Value| {
            [&document["accuracy"], &document["spikes"]["total"], &document["synops"]].map(Value::clone)
        };
        assert_eq!(of(&again), of(&report), "{driver}");
        assert_eq!(again["parity"], Value::Null);
        follows_schema(&again, "report");
        if driver == "event" {
            assert_eq!(again["ledger"], report["ledger"]);
            assert_eq!(again["over_time_steps"], report["over_time_steps"]);
        }
    }
    // The same clips from files.
    scratch.done("data generate --out data");
    let read = scratch.json(&format!("evaluate --model out --json {GENERATED}"));
    assert_eq!((&read["accuracy"], &read["ledger"]), (&report["accuracy"], &report["ledger"]));
    // As files, with NeuroBench's names apart.
    scratch.done(&format!("evaluate --model out --out again {GENERATED}"));
    let again: Value = serde_json::from_slice(&scratch.bytes("again/report.json")).unwrap();
    assert_eq!(again["ledger"], report["ledger"]);
    // Clip by clip: 6 layers each, and the same sums.
    let clips = String::from_utf8(scratch.bytes("out/clips.csv")).unwrap();
    assert_eq!(clips, String::from_utf8(scratch.bytes("again/clips.csv")).unwrap());
    assert_eq!(clips.lines().count() as u64, 1 + 6 * report["clips"].as_u64().unwrap());
    let synops = clips.lines().skip(1).map(|line| line.split(',').nth(5).unwrap().parse::<u64>().unwrap());
    assert_eq!(synops.sum::<u64>(), report["operations"]["synops"].as_u64().unwrap());
    let neurobench: Value = serde_json::from_slice(&scratch.bytes("out/neurobench.json")).unwrap();
    assert_eq!(neurobench, report["neurobench"]);
    assert!(neurobench["MembraneUpdates"].as_f64().unwrap() > 0.0);
    let absent = serde_json::from_slice::<Value>(&scratch.bytes("again/neurobench.json")).unwrap();
    assert_eq!((&absent["MembraneUpdates"], &absent["absent"][0]["metric"]), (&Value::Null, &"MembraneUpdates".into()));

    let parity = scratch.json("compare --model out --json");
    for key in ["spikes_equal", "membranes_equal", "thresholds_equal", "embeddings_equal"] {
        assert_eq!(parity[key], Value::Bool(true), "{key}");
    }
    assert!(parity["crossover"]["rates"].as_array().is_some_and(|rates| rates.len() == 9));
    let text = scratch.done("compare --model out");
    for said in [
        "spikes equal, membrane potentials equal, thresholds equal",
        "dense twin",
        "spikes x fan-out",
        "45nm-fp32",
        "microseconds",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let table = scratch.done("evaluate --model out");
    assert!(["accuracy, %", "firing rate", "SynOps", "energy per clip"].iter().all(|s| table.contains(s)), "{table}");
}

fn check_report(report: &Value) {
    assert_eq!(report["schema"], "spikefuse.report/4");
    follows_schema(report, "report");
    follows_schema(&report["neurobench"], "neurobench");
    assert_eq!((&report["dataset"], &report["seed"]), (&Value::from("Compositions"), &Value::from(0)));
    assert_eq!(report["class_vectors"], "aligned");
    let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{value} is no number"));
    let fraction = |value: &Value| assert!((0.0..=1.0).contains(&number(value)), "{value}");
    for mode in ["both", "video", "audio"] {
        let scores = &report["accuracy"][mode];
        ["seen", "unseen", "hm", "zsl"].iter().for_each(|key| fraction(&scores[key]));
        let [seen, unseen] = ["seen", "unseen"].map(|key| number(&scores[key]));
        assert!((number(&scores["hm"]) - 2.0 * seen * unseen / (seen + unseen).max(1e-9)).abs() < 1e-9, "{mode}");
        assert!(number(&scores["gamma"]).is_finite());
    }
    let spikes = &report["spikes"];
    let layers = spikes["rate_per_layer"].as_array().unwrap();
    let names: Vec<&str> = layers.iter().map(|layer| layer["layer"].as_str().unwrap()).collect();
    let expected = ["audio", "video"].map(|m| [1, 2, 3].map(|block| format!("spiking.{m}.block{block}")));
    assert_eq!(names, expected.concat());
    for layer in layers {
        fraction(&layer["rate"]);
        assert_eq!(layer["per_step"].as_array().unwrap().len(), 4);
    }
    let per_step = spikes["rate_per_step"].as_array().unwrap();
    assert_eq!(per_step.len(), 4);
    per_step.iter().for_each(fraction);
    // 6 layers of 24 neurons, 4 steps, and the mean rate: the total again.
    let clips = number(&report["clips"]);
    let rate = per_step.iter().map(number).sum::<f64>() / 4.0;
    assert!((number(&spikes["total"]) - rate * clips * (6 * 24 * 4) as f64).abs() < 1e-3);
    let operations = &report["operations"];
    for key in ["synops", "acs", "macs", "membrane_updates", "threshold_updates", "dense_twin_macs"] {
        assert!(operations[key].as_u64().unwrap() > 0, "{key}");
    }
    assert!(number(&report["energy_pj"]) > 0.0);
    let parity = &report["parity"];
    assert_eq!((&parity["spikes_equal"], &parity["membranes_equal"]), (&Value::Bool(true), &Value::Bool(true)));
    assert_eq!(parity["clips"], report["clips"]);
    for key in ["event", "clock", "dense_twin"] {
        assert!(number(&report["wall_time_s"][key]) > 0.0);
    }
    ledger_adds_up(report);
}

#[test]
fn a_finished_run_is_priced_by_any_table() {
    let scratch = Scratch::new(SMALL);
    scratch.done("run --config small.ron --out out");
    let report: Value = serde_json::from_slice(&scratch.bytes("out/report.json")).unwrap();
    let energy = scratch.json("energy out --format json --table 45nm-fp32 --table loihi");
    assert_eq!(energy["energy"][0], report["energy"][0]);
    assert_eq!(energy["energy"].as_array().unwrap().len(), 2);
    assert_eq!(energy["ledger"], report["ledger"]);
    let table = scratch.done("energy out/report.json");
    for said in ["modelled, not measured", "45nm-fp32 ", "truenorth", "Horowitz", "without a price", "45nm-int8"] {
        assert!(table.contains(said), "{said}: {table}");
    }
    let csv = scratch.done("energy out --format csv --table 45nm-fp32");
    let layers = report["energy"][0]["by_layer"].as_array().unwrap().len();
    assert_eq!(
        (csv.lines().next(), csv.lines().count()),
        (Some("table,branch,layer,pj,dense_twin_pj,partial,dense_twin_partial"), layers + 1)
    );
    let list = scratch.done("energy --list-tables");
    assert!(
        ["loihi (simulated before fabrication)", "synaptic_event 23.6", "leaves out: "]
            .iter()
            .all(|s| list.contains(s))
    );

    // A table of one's own: twice the price, twice the energy.
    let own =
        "(schema: \"spikefuse.energy-table/1\", name: \"mine\", source: \"me\", grade: estimated, view: arithmetic,
        data_type: fp32, prices_pj: {mac: 9.2, ac: 1.8, multiply: 7.4, add: 1.8}, leaves_out: \"all else\")";
    scratch.write("mine.ron", own);
    let mine = scratch.json("energy out --format json --table mine.ron --table 45nm-fp32");
    let total = |at: usize| mine["energy"][at]["total_pj"].as_f64().unwrap();
    assert!((total(0) / total(1) - 2.0).abs() < 1e-9);
    scratch.done("energy out --table mine.ron --format csv --out priced.csv");
    assert!(scratch.bytes("priced.csv").starts_with(b"table,branch"));
    assert_eq!(scratch.json("energy out --format json --table 45nm-int8 --as int8")["energy"][0]["priced_as"], "int8");

    // A network is simulated first, in double precision.
    let network = Path::new(env!("CARGO_MANIFEST_DIR")).join("networks/threshold_decay.ron").display().to_string();
    assert!(scratch.done(&format!("energy {network}")).contains("45nm-fp32-dram"));
    scratch.refused(&format!("energy {network} --table 45nm-fp32"), &["prices nothing", "fp64"]);
    scratch.done(&format!("simulate {network} --out simulated"));
    let simulated = scratch.json("energy simulated --format json --table odin");
    assert_eq!(simulated["ledger"]["clips"], 1);

    // A document may hold any counts.
    let mut huge = report.clone();
    for entry in huge["ledger"]["entries"].as_array_mut().unwrap() {
        entry["count"] = u64::MAX.into();
    }
    scratch.write("huge.json", &huge.to_string());
    assert!(scratch.done("energy huge.json").contains("45nm-fp32"));
    scratch.done("report huge.json --html huge.html");

    scratch.refused("energy out --table loihi2", &["no energy per synaptic operation is published"]);
    scratch.refused("energy out --table abacus", &["no table 'abacus'", "45nm-fp32"]);
    scratch.refused("energy out --table 45nm-int8", &["prices nothing", "int8", "fp32"]);
    scratch.refused("energy nowhere", &["nowhere"]);
    scratch.refused("energy .", &["none of report.json, simulation.json"]);
    scratch.refused("energy out/training.json", &["training.json", "ledger"]);
    scratch.refused("energy out --duration 5", &["--duration", "network files"]);
    scratch.refused("energy out --format csv --out small.ron/priced.csv", &["small.ron"]);
    for (from, to, said) in [
        ("mac: 9.2", "mac: NaN", "prices_pj.mac"),
        ("mac: 9.2", "mac: -1", "prices_pj.mac"),
        ("mac: 9.2", "mack: 9.2", "mack"),
        ("ac: 1.8", "ac: 1.8, synaptic_event: 2", "same work seen twice"),
        ("source: \"me\"", "source: \"\"", "source: empty"),
        ("table/1", "table/9", "schema"),
        ("name:", "nome:", "wrong.ron:1:"),
    ] {
        scratch.write("wrong.ron", &own.replacen(from, to, 1));
        scratch.refused("energy out --table wrong.ron", &["wrong.ron", said]);
    }
}

/// Checks a document against its schema in `docs/schema`.
fn follows_schema(document: &Value, name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/schema/{name}.schema.json"));
    let schema: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let problems: Vec<String> =
        validator.iter_errors(document).map(|e| format!("{} at {}", e, e.instance_path())).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    // And the schema is no empty one.
    let mut wrong = document.clone();
    wrong["surplus"] = Value::Null;
    assert!(!validator.is_valid(&wrong));
}

/// The sums over layers are the totals, of counts and of energy.
fn ledger_adds_up(report: &Value) {
    let entries = report["ledger"]["entries"].as_array().unwrap();
    let sum =
        |kind: &str| entries.iter().filter(|e| e["kind"] == kind).map(|e| e["count"].as_u64().unwrap()).sum::<u64>();
    for (key, kind) in [
        ("synops", "synaptic_event"),
        ("acs", "ac"),
        ("macs", "mac"),
        ("membrane_updates", "neuron_update"),
        ("threshold_updates", "threshold_update"),
    ] {
        assert_eq!(report["operations"][key].as_u64().unwrap(), sum(kind), "{key}");
    }
    // 45 nm, fp32: what its prices say of the ledger.
    let priced = 4.6 * sum("mac") as f64 + 0.9 * (sum("ac") + sum("add")) as f64 + 3.7 * sum("multiply") as f64;
    for energy in report["energy"].as_array().unwrap() {
        let total = energy["total_pj"].as_f64().unwrap();
        let close = |sum: f64| (sum - total).abs() <= 1e-9 * total;
        let layers = energy["by_layer"].as_array().unwrap();
        assert!(close(layers.iter().filter_map(|l| l["pj"].as_f64()).sum()), "{}", energy["table"]);
        assert!(close(energy["by_branch"].as_object().unwrap().values().filter_map(Value::as_f64).sum()));
        assert!(energy["table"] != "45nm-fp32" || close(priced), "{priced} {total}");
    }
    assert_eq!(report["energy"][0]["total_pj"], report["energy_pj"]);
}

/// What of a report does not depend on the machine at hand.
fn timeless(report: &[u8]) -> Value {
    let mut report: Value = serde_json::from_slice(report).unwrap();
    report["wall_time_s"] = Value::Null;
    if report["parity"].is_object() {
        report["parity"]["seconds"] = Value::Null;
    }
    report
}

/// Kills a command after a while; whether it was still alive.
fn killed(scratch: &Scratch, args: &str, wait: Duration) -> bool {
    let mut command = std::process::Command::new(PROGRAM);
    command.current_dir(scratch.folder()).args(args.split(' ')).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    std::thread::sleep(wait);
    child.kill().unwrap();
    child.wait().unwrap().signal() == Some(9)
}

#[test]
fn a_killed_run_ends_with_the_same_report() {
    let scratch = Scratch::new(SMALL);
    let run = "run --config small.ron --out out";
    scratch.done("run --config small.ron --out whole");
    let checkpoint = scratch.path("out/checkpoint.safetensors");
    let start = std::time::Instant::now();
    let mut command = std::process::Command::new(PROGRAM);
    let mut child = command.current_dir(scratch.folder()).args(run.split(' ')).stdout(Stdio::null()).spawn().unwrap();
    while !checkpoint.exists() {
        assert!(start.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    scratch.refused(run, &["out: this folder already holds a run"]);
    scratch.refused("run --config small.ron --out out --resume --seed 7", &["its seed differs"]);
    for _ in 0..2 {
        scratch.done(&format!("{run} --resume"));
        assert_eq!(timeless(&scratch.bytes("out/report.json")), timeless(&scratch.bytes("whole/report.json")));
        for name in ["weights.safetensors", "training.json", "neurobench.json", "clips.csv", "checkpoint.safetensors"] {
            assert!(scratch.bytes(&format!("out/{name}")) == scratch.bytes(&format!("whole/{name}")), "{name}");
        }
        assert_eq!(files(&scratch.path("out")).len(), 6, "{:?}", files(&scratch.path("out")));
    }
}

#[test]
fn a_run_is_resumed_with_the_data_that_it_began_with() {
    let scratch = Scratch::new(SMALL);
    scratch.done("data generate --out data");
    scratch.done("data generate --out other --seed 1");
    let train = format!("{TRAIN} {GENERATED}");
    assert!(killed(&scratch, &train, Duration::from_millis(1500)) || scratch.path("out/weights.safetensors").exists());
    if !scratch.path("out/checkpoint.safetensors").exists() {
        scratch.done(&train);
    }
    let differs = ["out/checkpoint.safetensors: ", "its data differs"];
    scratch.refused(&format!("{TRAIN} --data other --dataset Compositions --resume"), &differs);
    // One number of one clip that is validated on, and one clip's name.
    for (part, at, name) in [("stage_1_val_unseen", 0, false), ("stage_1_train", 1, true)] {
        let paths = ["audio", "video"].map(|modality| {
            files(&scratch.path(&format!("data/Compositions/features/main_features/{modality}/{part}"))).remove(at)
        });
        let whole = paths.clone().map(|path| fs::read(path).unwrap());
        let mut changed = whole.clone();
        if name {
            for file in &mut changed {
                let text = b"video_names";
                let start = file.windows(text.len()).position(|w| w == text).unwrap() + text.len();
                let letter = start + file[start..].iter().position(|b| b.is_ascii_digit()).unwrap();
                file[letter] = if file[letter] == b'1' { b'2' } else { b'1' };
            }
        } else {
            let middle = changed[0].len() / 4;
            changed[0][middle] ^= 1;
        }
        paths.iter().zip(&changed).for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
        let output = scratch.program(&format!("{train} --resume")).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{part}");
        paths.iter().zip(&whole).for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
    }
    scratch.done(&format!("{train} --resume"));

    let checkpoint = scratch.path("out/checkpoint.safetensors");
    let sound = fs::read(&checkpoint).unwrap();
    for bit in [70, 8 * (sound.len() / 3) + 3, 8 * (sound.len() / 2) + 6, 8 * sound.len() - 1] {
        let mut damaged = sound.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        fs::write(&checkpoint, damaged).unwrap();
        scratch.refused(&format!("{train} --resume"), &["out/checkpoint.safetensors: "]);
    }
}

#[test]
fn a_report_is_of_one_model() {
    let scratch = Scratch::trained();
    scratch.write("dense.ron", &SMALL.replace("skip: true,", "skip: true, fusion: SemanticOnly,"));
    scratch.done("train --config dense.ron --out dense");
    scratch.done("evaluate --model out --out report");
    assert_eq!(files(&scratch.path("report")).len(), 3);
    scratch.done("evaluate --model dense --out report");
    assert_eq!(files(&scratch.path("report")).len(), 2, "{:?}", files(&scratch.path("report")));
    // Nor do a model and the report of another come together.
    scratch.refused("evaluate --model dense --out out", &["out: holds another model"]);
    scratch.program("train --config small.ron --out report").assert().code(2);
    scratch.done("evaluate --model out --out out");
    for (name, text) in [("report.json", "{\"mine\": 1}"), ("clips.csv", "clip,class,audio_row\n")] {
        fs::create_dir_all(scratch.path("mine")).unwrap();
        scratch.write(&format!("mine/{name}"), text);
        scratch.refused("evaluate --model out --out mine", &[&format!("mine/{name}: is not a file of this program")]);
        assert_eq!(scratch.bytes(&format!("mine/{name}")), text.as_bytes());
        fs::remove_dir_all(scratch.path("mine")).unwrap();
    }
    // A folder of two runs has no one price.
    scratch.write("one.ron", ONE);
    scratch.done("simulate one.ron --out out");
    scratch.refused("energy out", &["out: holds both report.json and simulation.json"]);
    scratch.done("energy out/simulation.json");
    scratch.done(&format!("{TRAIN} --resume"));
}

/// A network of one neuron.
const ONE: &str = r#"(format: 1, dt_ms: 1, duration_ms: 200, populations: [(name: "a", size: 1, neuron: Lif(bias_pa: 30))],
    sources: [(name: "in", size: 1, emits: Poisson(rate_hz: 200))],
    projections: [(from: "in", to: "a", rule: OneToOne, weight: Constant(9))])"#;

#[test]
fn a_generation_that_was_stopped_is_done_again() {
    let scratch = Scratch::new(SMALL);
    scratch.done("data generate --out whole --seed 3");
    let whole = |folder: &str| -> Vec<Vec<u8>> { scratch.contents(folder).into_values().collect() };
    // By a limit, and by a kill.
    scratch.on_a_full_disk("data generate --out data").assert().code(2);
    assert!(!scratch.path("data").exists());
    for wait in [5, 20, 60, 120, 200] {
        killed(&scratch, "data generate --out data --seed 2", Duration::from_millis(wait));
        fs::create_dir_all(scratch.path("data/Compositions")).unwrap();
        if scratch.path("data/Compositions/.spikefuse.lock").exists() || files(&scratch.path("data")).is_empty() {
            scratch.done("data generate --out data --seed 3");
            assert!(whole("data") == whole("whole"), "{wait}: {:?}", files(&scratch.path("data")));
        }
        fs::remove_dir_all(scratch.path("data")).unwrap();
    }
    // What somebody else put there stays.
    fs::create_dir_all(scratch.path("data/Compositions")).unwrap();
    scratch.write("data/Compositions/notes.txt", "precious");
    scratch.refused("data generate --out data", &["data/Compositions: this folder is not empty"]);
    assert_eq!(files(&scratch.path("data")).len(), 1);
}

/// Where no threads can be made that is an error, no panic. The superuser is bound by no limit:
/// then this is nobody.
#[test]
fn threads_that_cannot_be_made_are_an_error() {
    let scratch = Scratch::trained();
    scratch.write("one.ron", ONE);
    fs::set_permissions(scratch.folder(), fs::Permissions::from_mode(0o777)).unwrap();
    let program = scratch.path("spikefuse");
    fs::copy(PROGRAM, &program).unwrap();
    let nobody = "setpriv --reuid nobody --regid nogroup --clear-groups";
    let limited = |args: &str| {
        let limited = format!("bash -c 'ulimit -u 1; exec {} {args}'", program.display());
        let script = format!("[ $(id -u) != 0 ] && exec {limited}; {nobody} true || exit 99; exec {nobody} {limited}");
        Command::new("sh").current_dir(scratch.folder()).args(["-c", &script]).output().unwrap()
    };
    for args in
        ["train --config small.ron --out new", "run --config small.ron", "evaluate --model out", "compare --model out"]
    {
        let output = limited(args);
        if output.status.code() == Some(99) {
            eprintln!("skipped: no setpriv here");
            return;
        }
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args}: {stderr}");
        assert!(stderr.starts_with("error: threads: cannot be made"), "{args}: {stderr}");
    }
    for args in
        ["simulate one.ron --threads 1", "energy one.ron", "network info one.ron", "simulate one.ron --threads 2"]
    {
        let output = limited(args);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(matches!(output.status.code(), Some(0 | 2)), "{args}: {stderr}");
    }
}

/// How often the long forms of the next two tests do it:
/// `SPIKEFUSE_ROUNDS=200 cargo test --test it cli -- --ignored`.
fn rounds(short: usize) -> usize {
    std::env::var("SPIKEFUSE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(short)
}

/// Two commands with one output at a time: the output is that of one of them, whole, and the other
/// one says why not, if it is not its own.
fn pairs(rounds: usize) {
    let scratch = Scratch::new(SMALL);
    let tiny = SMALL.replace("epochs: 4, batches_per_epoch: 8", "epochs: 1, batches_per_epoch: 1");
    scratch.write("small.ron", &tiny);
    scratch.write("one.ron", ONE);
    for seed in [1, 2] {
        scratch.done(&format!("train --config small.ron --out model{seed} --seed {seed}"));
        scratch.done(&format!("simulate one.ron --out recorded{seed} --seed {seed}"));
        scratch.done(&format!("evaluate --model model{seed} --out report{seed}"));
    }
    // N is 1 or 2; whether the output is a folder.
    let verbs = [
        ("simulate one.ron --seed N --format csv --out", true),
        ("simulate one.ron --seed N --format npz --out", true),
        ("simulate one.ron --seed N --out", true),
        ("simulate one.ron --seed N --checkpoint 20 --out", true),
        ("data generate --seed N --out", true),
        ("train --config small.ron --seed N --out", true),
        ("run --config small.ron --seed N --out", true),
        ("evaluate --model modelN --out", true),
        ("report reportN --pictures", true),
        ("report reportN --html", false),
        ("plot raster recordedN --svg --out", false),
        ("plot rate recordedN --png --out", false),
        ("energy reportN --format json --out", false),
        ("network info one.ron --seed N --dot", false),
    ];
    // The files of an output by name, without times.
    let output = |name: &str| -> BTreeMap<String, Vec<u8>> {
        let path = scratch.path(name);
        let found = if path.is_dir() { files(&path) } else { vec![path.clone()] };
        let content = |file: PathBuf| {
            let bytes = fs::read(&file).unwrap();
            let bytes = match file.file_name().unwrap().to_str().unwrap() {
                "report.json" => timeless(&bytes).to_string().into_bytes(),
                "simulation.json" => serde_json::from_slice::<Value>(&bytes).unwrap()["seed"].to_string().into_bytes(),
                _ => bytes,
            };
            (file.strip_prefix(&path).unwrap().to_str().unwrap().to_owned(), bytes)
        };
        found.into_iter().map(content).collect()
    };
    let mut alone = Vec::new();
    for (at, (verb, _)) in verbs.iter().enumerate() {
        alone.push([1, 2].map(|n| {
            let name = format!("alone{at}_{n}");
            scratch.done(&format!("{} {name}", verb.replace('N', &n.to_string())));
            output(&name)
        }));
    }
    let (mut refused, mut both) = (0, 0);
    for round in 0..rounds {
        let (verb, is_folder) = verbs[round % verbs.len()];
        let children = [1, 2].map(|n| {
            let mut command = std::process::Command::new(PROGRAM);
            let args = format!("{} pair", verb.replace('N', &n.to_string()));
            command.current_dir(scratch.folder()).args(args.split(' '));
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
        });
        let ended = children.map(|child| child.wait_with_output().unwrap());
        let codes = ended.each_ref().map(|output| output.status.code());
        let said = ended.map(|output| String::from_utf8(output.stderr).unwrap());
        let whole = output("pair");
        let mine = [0, 1].map(|n| whole == alone[round % verbs.len()][n]);
        assert!(mine[0] || mine[1], "{verb}: garbled: {codes:?} {said:?} {:?}", whole.keys());
        match codes {
            [Some(0), Some(0)] => both += 1,
            [Some(0), Some(2)] | [Some(2), Some(0)] => {
                let winner = usize::from(codes[1] == Some(0));
                assert!(mine[winner], "{verb}: lost: {said:?}");
                let why = ["is in use by spikefuse", "already holds a run", "is not empty"];
                assert!(is_folder && why.iter().any(|why| said[1 - winner].contains(why)), "{verb}: {said:?}");
                refused += 1;
            }
            _ => panic!("{verb}: {codes:?} {said:?}"),
        }
        match is_folder {
            true => fs::remove_dir_all(scratch.path("pair")).unwrap(),
            false => fs::remove_file(scratch.path("pair")).unwrap(),
        }
        let left: Vec<PathBuf> = files(scratch.folder())
            .into_iter()
            .filter(|path| path.to_string_lossy().ends_with(".partial") || path.ends_with(".spikefuse.lock"))
            .collect();
        assert!(left.is_empty(), "{verb}: left over: {left:?}");
    }
    println!("{rounds} pairs: {refused} times the second was refused, {both} times both were done one after the other");
    // Two that go on with one run.
    let resumed = rounds.div_ceil(10);
    for round in 0..resumed {
        let _ = fs::remove_dir_all(scratch.path("pair"));
        let run = match round % 2 {
            0 => "simulate one.ron --duration 20000 --checkpoint 100 --format npz --out pair",
            _ => "train --config small.ron --out pair",
        };
        killed(&scratch, run, Duration::from_millis(150));
        let children = [1, 2].map(|_| {
            let mut command = std::process::Command::new(PROGRAM);
            command.current_dir(scratch.folder()).args(format!("{run} --resume").split(' '));
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
        });
        let ended = children.map(|child| child.wait_with_output().unwrap());
        // One may find that there was nothing to resume, or that the other is done.
        assert!(ended.iter().all(|output| matches!(output.status.code(), Some(0 | 2))), "{ended:?}");
        let there = scratch.path("pair/checkpoint.safetensors").exists();
        if there {
            scratch.done(&format!("{run} --resume"));
        }
    }
    println!("{resumed} pairs of --resume: each run could be ended");
}

#[test]
fn two_processes_never_share_an_output() {
    pairs(rounds(14));
}

#[test]
#[ignore = "long: SPIKEFUSE_ROUNDS=200"]
fn two_processes_never_share_an_output_at_length() {
    pairs(rounds(200));
}

/// Kills runs and simulations at random moments; resumed, they end as if nothing had been.
#[test]
#[ignore = "long: SPIKEFUSE_ROUNDS=100"]
fn killed_at_random_moments_everything_ends_the_same() {
    let scratch = Scratch::new(SMALL);
    scratch.write("one.ron", ONE);
    let verbs = [
        "simulate one.ron --duration 60000 --checkpoint 500 --format csv",
        "simulate one.ron --duration 60000 --checkpoint 500 --driver event",
        "train --config small.ron",
        "run --config small.ron",
    ];
    let contents = |folder: &str| -> BTreeMap<PathBuf, Vec<u8>> {
        let root = scratch.path(folder);
        let content = |(path, bytes): (PathBuf, Vec<u8>)| {
            let name = path.strip_prefix(&root).unwrap().to_path_buf();
            let bytes = match name.to_str() {
                Some("report.json") => timeless(&bytes).to_string().into_bytes(),
                Some("simulation.json") => {
                    let mut report: Value = serde_json::from_slice(&bytes).unwrap();
                    ["build_s", "run_s", "threads"].iter().for_each(|key| report[key] = Value::Null);
                    report.to_string().into_bytes()
                }
                _ => bytes,
            };
            (name, bytes)
        };
        scratch.contents(folder).into_iter().map(content).collect()
    };
    let (mut kills, mut ends) = (0, 0);
    let mut random = 1_u64;
    let rounds = rounds(100);
    while kills < rounds {
        let verb = verbs[ends % verbs.len()];
        let whole = format!("whole{}", ends % verbs.len());
        let start = std::time::Instant::now();
        if !scratch.path(&whole).exists() {
            scratch.done(&format!("{verb} --out {whole}"));
        }
        let long = start.elapsed().max(Duration::from_millis(300)).as_millis() as u64;
        let mut resume = "";
        for _ in 0..6 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let wait = Duration::from_millis((random >> 33) % long);
            kills += usize::from(killed(&scratch, &format!("{verb} --out out{resume}"), wait));
            resume = if scratch.path("out/checkpoint.safetensors").exists() { " --resume" } else { "" };
        }
        // A simulation that has ended has no checkpoint; begun anew it ends the same.
        scratch.done(&format!("{verb} --out out{resume}"));
        let (found, expected) = (contents("out"), contents(&whole));
        let differs: Vec<&PathBuf> = expected.keys().filter(|name| found.get(*name) != expected.get(*name)).collect();
        assert!(found == expected, "{verb}: {differs:?} differ of {:?}", found.keys());
        fs::remove_dir_all(scratch.path("out")).unwrap();
        ends += 1;
    }
    println!("{kills} kills in {ends} runs: all ended the same");
}
