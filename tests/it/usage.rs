//! What a new user expects of the command line: values set on it, pipes, help, completions, how
//! much is told, folders that are not overwritten, and Ctrl-C.
#![cfg(unix)]

use assert_cmd::Command;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_spikefuse");
const NETWORK: &str = r#"(
    format: 1,
    dt_ms: 0.1,
    duration_ms: 50,
    populations: [(name: "exc", size: 40, neuron: Lif(tau_m_ms: 10))],
    sources: [(name: "noise", size: 40, emits: Poisson(rate_hz: 800))],
    projections: [(from: "noise", to: "exc", rule: OneToOne, weight: Constant(1.5))],
)
"#;
const SMALL: &str = "(
    model: (width: 16, encoder_hidden: 16, embedding: 16, heads: 2, head_dim: 4, time_steps: 3, scales: [3], slice_width: 4),
    training: (epochs: 2, batches_per_epoch: 2, batch: 16),
)
";

/// A folder with a network and a small configuration, in which the program is run.
struct Desk(TempDir);

impl Desk {
    fn new() -> Desk {
        let desk = Desk(tempfile::tempdir().unwrap());
        fs::write(desk.path("net.ron"), NETWORK).unwrap();
        fs::write(desk.path("small.ron"), SMALL).unwrap();
        for folder in ["networks", "traces"] {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
            std::os::unix::fs::symlink(root, desk.path(folder)).unwrap();
        }
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn program(&self, args: &str) -> Command {
        let mut command = Command::new(PROGRAM);
        command.current_dir(self.0.path()).args(args.split_whitespace()).env_remove("COLUMNS").env_remove("LINES");
        command
    }

    /// Exit code, stdout, stderr.
    fn told(&self, args: &str) -> (i32, String, String) {
        told(self.program(args).output().unwrap())
    }

    /// With a file or text on standard input.
    fn fed(&self, args: &str, input: &str) -> (i32, String, String) {
        told(self.program(args).write_stdin(input).output().unwrap())
    }

    fn done(&self, args: &str) -> String {
        let (code, stdout, stderr) = self.told(args);
        assert_eq!(code, 0, "{args}: {stderr}");
        stdout
    }

    fn json(&self, args: &str) -> Value {
        serde_json::from_str(&self.done(args)).unwrap()
    }

    fn refused(&self, args: &str, said: &str) {
        let (code, stdout, stderr) = self.told(args);
        assert_eq!((code, &stdout[..]), (2, ""), "{args}: {stderr}");
        assert!(stderr.contains(said), "{args}: {said}: {stderr}");
    }
}

fn told(output: Output) -> (i32, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

fn names(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        found.push(entry.file_name().into_string().unwrap());
        if entry.path().is_dir() {
            found.extend(names(&entry.path()));
        }
    }
    found
}

#[test]
fn values_of_a_network_are_set() {
    let desk = Desk::new();
    let plain = desk.json("simulate net.ron --json");
    let neurons = |report: &Value| report["populations"][0]["neurons"].as_u64().unwrap();
    assert_eq!((neurons(&plain), &plain["seed"], &plain["duration_ms"]), (40, &0.into(), &50.0.into()));
    let set = "--set population.exc.size=20 --set source.noise.size=20 --set seed=3 --set duration_ms=20";
    let other = desk.json(&format!("simulate net.ron --json {set} --set source.noise.rate_hz=900"));
    assert_eq!((neurons(&other), &other["seed"], &other["duration_ms"]), (20, &3.into(), &20.0.into()));
    // An option of its own goes first.
    assert_eq!(desk.json(&format!("simulate net.ron --json {set} --seed 5"))["seed"], 5);
    let spikes = |set: &str| {
        let report = desk.json(&format!("simulate net.ron --json {set}"));
        report["populations"][0]["operations"]["spikes"].as_u64().unwrap()
    };
    assert!(spikes("--set population.exc.bias_pa=30") > spikes(""));
    assert_eq!(spikes("--set projection.0.weight=2"), spikes("--set projection.noise->exc.weight=Constant(2)"));
    for verb in ["network check", "network info", "energy"] {
        let args = format!("{verb} net.ron --set population.exc.sise=20");
        desk.refused(&args, "--set population.exc.sise=20: there is no `sise`; the nearest name is `size`");
    }
    desk.refused("compare net.ron --set population.exc.size=x", "`x` does not fit");
    // What is wrong with a value is told as of the file.
    desk.refused("network check net.ron --set population.exc.size=0", "net.ron:5:");
    assert_eq!(fs::read_to_string(desk.path("net.ron")).unwrap(), NETWORK);
    assert!(
        desk.done("network check net.ron --set population.exc.size=50 --set source.noise.size=50")
            .contains("50 neurons")
    );
    desk.done("simulate net.ron --out sim");
    desk.refused("energy sim --set seed=3", "is for network files only");
}

#[test]
fn a_dash_is_standard_input_or_output() {
    let desk = Desk::new();
    let (code, piped, stderr) = desk.fed("network check - --json", NETWORK);
    assert_eq!((code, &stderr[..]), (0, ""));
    assert_eq!(serde_json::from_str::<Value>(&piped).unwrap()["neurons"], 40);
    let (code, piped, _) = desk.fed("simulate - --set seed=2 --json", NETWORK);
    assert_eq!((code, &serde_json::from_str::<Value>(&piped).unwrap()["seed"]), (0, &2.into()));
    let (code, _, stderr) = desk.fed("simulate -", "(format: 1, dt_ms: x)");
    assert!(code == 2 && stderr.contains("standard input:1:"), "{stderr}");
    desk.done("simulate net.ron --out sim");
    let report = fs::read_to_string(desk.path("sim/simulation.json")).unwrap();
    let (code, priced, _) = desk.fed("energy - --table loihi", &report);
    assert_eq!((code, priced), (0, desk.done("energy sim --table loihi")));
    let (code, priced, _) = desk.fed("energy - --table loihi", NETWORK);
    assert_eq!((code, priced), (0, desk.done("energy net.ron --table loihi")));
    assert_eq!(desk.done("energy sim --out -"), desk.done("energy sim"));
    let (code, shown, _) = desk.fed("report -", &report);
    assert_eq!((code, shown), (0, desk.done("report sim")));
    assert!(desk.done("plot raster sim --svg --out -").starts_with("<svg"));
    assert!(desk.done("network info net.ron --dot -").starts_with("digraph"));
    for args in ["simulate net.ron --out -", "data generate --out -", "evaluate --model -", "train --out -"] {
        desk.refused(args, "this is a folder");
    }
    assert!(!desk.path("-").exists());
}

#[test]
fn shells_and_man_know_all_verbs() {
    let desk = Desk::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = desk.done(&format!("completions {shell}"));
        assert!(script.contains("files-anywhere") && script.contains("raster"), "{shell}");
    }
    let page = desk.done("man");
    assert!(page.contains(".TH spikefuse 1") && page.contains("simulate"), "{page}");
    assert!(desk.done("man plot raster").contains("\\-\\-population"));
    desk.refused("man walk", "there is no verb 'walk'");
    desk.refused("completions tcsh", "possible values");
}

#[test]
fn help_behind_and_before_a_verb_is_one_text() {
    let desk = Desk::new();
    for verb in VERBS {
        assert_eq!(desk.done(&format!("help {verb}")), desk.done(&format!("{verb} --help")), "{verb}");
    }
    desk.refused("help simulat", "a similar subcommand exists: 'simulate'");
}

/// A file of somebody else is not lost because its name was given.
#[test]
fn foreign_files_are_replaced_only_by_force() {
    let desk = Desk::new();
    desk.done("simulate net.ron --out sim");
    desk.done("run --config small.ron --out model -q");
    for (args, option, name) in [
        ("energy sim", "--out", "energy.txt"),
        ("energy sim --json", "--out", "energy.json"),
        ("energy --list-tables", "--out", "tables.txt"),
        ("energy --list-tables --json", "--out", "tables.json"),
        ("network info net.ron", "--dot", "net.dot"),
        ("plot raster sim", "--out", "raster.svg"),
        ("plot rate sim", "--out", "rate.png"),
        ("plot isi sim --out isi.svg", "--data", "isi.csv"),
        ("report model", "--html", "model.html"),
    ] {
        let args = format!("{args} {option} {name}");
        desk.done(&args);
        let own = fs::read(desk.path(name)).unwrap();
        // Its own is replaced, and so is an empty file.
        desk.done(&args);
        fs::write(desk.path(name), "").unwrap();
        desk.done(&args);
        fs::write(desk.path(name), "{\"mine\": 1}").unwrap();
        desk.refused(&args, &format!("{name}: is no earlier output of this command"));
        assert_eq!(fs::read_to_string(desk.path(name)).unwrap(), "{\"mine\": 1}");
        desk.done(&format!("{args} --force"));
        assert!(own == fs::read(desk.path(name)).unwrap(), "{args}");
    }
    // Nothing is written where one of two files is refused.
    fs::remove_file(desk.path("isi.svg")).unwrap();
    desk.refused("plot isi sim --out isi.svg --data net.ron", "net.ron: is no earlier output");
    assert!(!desk.path("isi.svg").exists());
    // An output appended to is standard output all the same.
    let script = format!("echo mine > log; {PROGRAM} energy sim --out /dev/stdout >> log");
    std::process::Command::new("sh").current_dir(desk.0.path()).args(["-c", &script]).status().unwrap();
    assert!(fs::read_to_string(desk.path("log")).unwrap().starts_with("mine\nenergy of the run"));
}

#[test]
fn mistakes_are_answered_with_what_to_do() {
    let desk = Desk::new();
    desk.done("simulate net.ron --out sim");
    fs::create_dir(desk.path("nothing")).unwrap();
    let edited = |from: &str, to: &str| NETWORK.replace(from, to);
    for (name, text) in [
        ("field.ron", edited("tau_m_ms", "tau_m")),
        ("word.ron", edited("Lif(", "LIF(")),
        ("half.ron", edited("size: 40, n", "size: 40.5, n")),
        ("rule.ron", edited("OneToOne", "AllToAll")),
        ("tick.ron", edited("dt_ms: 0.1", "dt_ms: 1e-13")),
        ("empty.ron", String::new()),
        ("json.ron", "{\"format\": 1}".into()),
        ("net.json", "{\"format\": 1}".into()),
        ("config.ron", "(model: (widht: 5))".into()),
        ("epochs.ron", "(training: (epochs: 1.5))".into()),
        ("spikes.csv", "time_ms,neuron\n\"1,5\",0\n".into()),
        ("semicolons.csv", "time_ms;neuron\n1.5;0\n".into()),
        ("wide.csv", "time_ms,neuron\n1.5,60\n".into()),
    ] {
        fs::write(desk.path(name), text).unwrap();
    }
    for (args, said) in [
        (
            "network check field.ron",
            "field.ron:5:55: near `neuron`: there is no field `tau_m` in `Lif`; the nearest name is `tau_m_ms`",
        ),
        ("network check word.ron", "there is no word `LIF`; the nearest name is `Lif`; there are If, Lif"),
        ("network check half.ron", "near `size`: expected a whole number"),
        ("network check rule.ron", "near `rule`: expected brackets behind `AllToAll`"),
        ("network check tick.ron", "dt_ms: 1e-13 is not a time step"),
        ("network check empty.ron", "empty.ron:1:1: the file is empty"),
        ("network check json.ron", "json.ron:1:1: found `{`: this is RON, not JSON"),
        (
            "run --config config.ron",
            "config.ron:1:10: there is no field `widht` in `ModelConfig`; the nearest name is `width`",
        ),
        ("run --config epochs.ron", "epochs.ron:1:22: expected a whole number"),
        ("stats spikes.csv", "spikes.csv:2:1: '1,5' is not a number, which may have a decimal point"),
        ("stats semicolons.csv", "expected columns `tick` or `time_ms` and `neuron`, with commas between them"),
        ("simulate net.ron --input wide.csv", "neuron 60, but source 'noise' has 40: make it larger"),
        ("plot raster nothing", "a recording is a folder that simulate --out wrote"),
        ("plot raster sim --from 100", "the recording goes from 0 ms to 50 ms"),
        ("plot rate sim --bin -3", "-3 ms is not a width: expected more than 0 ms"),
        ("simulate net.ron --duration 100ms", "expected a number of ms without its unit"),
        ("simulate net.ron --seed -1", "expected a whole number from 0"),
        ("simulate net.ron --seed 1.5", "expected a whole number from 0"),
        ("simulate net.ron --threads -1", "expected a number of threads, 1 or more"),
        ("simulate net.ron --set projection.7.weight=3", "the nearest path is projection.0.weight"),
        ("simulate net.ron --set projection.0.weight=2,5", "a number has a decimal point, no comma"),
        ("run --data nothing --dataset UCF", "nothing has nothing"),
        ("compare", "give NETWORK.ron, or --model DIR"),
        ("energy spikes.csv", "spikes.csv:1:2: not valid JSON"),
        ("simulate net.json", "net.json:1:9: as a SONATA simulation configuration: unknown field `format`"),
        ("report sim --html a.html", "is the report of a simulation, not of the hybrid model"),
        ("report nothing", "nothing: holds none of report.json, simulation.json, evaluation.json"),
    ] {
        desk.refused(args, said);
    }
}

#[test]
fn as_much_is_told_as_was_asked_for() {
    let desk = Desk::new();
    let (_, usual, stderr) = desk.told("network check net.ron");
    assert_eq!(stderr, "");
    let (_, verbose, stderr) = desk.told("network check net.ron -v");
    assert_eq!(usual, verbose);
    assert!(stderr.starts_with("read net.ron\n") && stderr.contains("took "), "{stderr}");
    let (_, _, stderr) = desk.told("-v simulate net.ron --out sim");
    assert!(stderr.contains("wrote sim\n") && stderr.contains("simulated in"), "{stderr}");
    for args in ["stats sim", "plot raster sim --svg --out -"] {
        let (_, _, stderr) = desk.told(&format!("{args} -v"));
        assert!(stderr.contains("read sim\n"), "{stderr}");
        assert!(stderr.contains(" of 40 neurons in 1 population, 50 ms in ticks of 0.1 ms\n"), "{stderr}");
    }
    desk.done("simulate net.ron --out traced --record membrane:exc[0..2]");
    let (_, _, stderr) = desk.told("plot membrane traced --svg --out - -v");
    assert!(stderr.contains("membrane of 2 neurons of exc, 500 ticks\n"), "{stderr}");
    let train = "train --config small.ron --out";
    let (_, _, stderr) = desk.told(&format!("{train} loud"));
    let lines: Vec<&str> = stderr.lines().collect();
    assert!(lines[0].starts_with("stage 1, epoch 1/2: loss ") && lines[0].contains("validation HM"), "{stderr}");
    assert!(lines[1].ends_with(", 0 s left") && lines[2].starts_with("stage 2, epoch 1/"), "{stderr}");
    let (_, _, stderr) = desk.told(&format!("{train} silent -q"));
    assert_eq!(stderr, "");
    desk.refused("network check net.ron -q -v", "cannot be used with");
    for args in
        ["network check net.ron", "network info net.ron", "simulate net.ron", "energy sim", "energy --list-tables"]
    {
        desk.json(&format!("{args} --json"));
    }
    assert_eq!(desk.done("energy sim --json"), desk.done("energy sim --format json"));
    assert_eq!(desk.json(&format!("{train} other --json -q"))["model"], "other");
    desk.json("evaluate --model loud --json");
}

#[test]
fn messages_say_what_was_meant() {
    let desk = Desk::new();
    desk.refused("energy net.ron --table loihy", "the nearest name is 'loihi'");
    desk.refused("simulate net.ron --threads 0", "at least one thread is needed");
    desk.refused("compare net.ron --threads many", "expected a number of threads");
    assert!(desk.done("simulate net.ron --threads 1").contains(", 1 thread\n"));
    fs::write(desk.path("net.ron"), NETWORK.replace("\"exc\"", "\"exc/a\"")).unwrap();
    desk.refused("network check net.ron", "net.ron:5:26: populations[0].name: 'exc/a' cannot be the name of a group");
    desk.refused("simulate net.ron --out sim", "'exc/a' cannot be the name of a group");
}

#[test]
fn a_finished_run_is_replaced_only_by_force() {
    let desk = Desk::new();
    let train = "train --config small.ron --out out -q";
    desk.done(train);
    let weights = || fs::read(desk.path("out/weights.safetensors")).unwrap();
    let first = weights();
    desk.refused(train, "already holds a run");
    desk.refused(&format!("{train} --force --resume"), "cannot be used with");
    desk.done(&format!("{train} --force --seed 1"));
    assert_ne!(weights(), first);
    desk.done("run --config small.ron --out out --force -q");
    assert!(desk.path("out/report.json").exists());
    desk.done(train.replace("-q", "--force -q").as_str());
    assert!(weights() == first && !desk.path("out/report.json").exists());
    // Never what is of somebody else.
    fs::write(desk.path("out/report.json"), "{}").unwrap();
    desk.refused(&format!("{train} --force"), "is not a file of this program");
    assert_eq!(weights(), first);
}

/// Starts the program, sends SIGINT as soon as there is a checkpoint, and returns stderr.
fn interrupted(desk: &Desk, args: &str, checkpoint: &str) -> String {
    let mut child = std::process::Command::new(PROGRAM)
        .current_dir(desk.0.path())
        .args(args.split_whitespace())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while !desk.path(checkpoint).exists() && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(child.try_wait().unwrap().is_none(), "{args} ended early");
    std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let (code, _, stderr) = told(child.wait_with_output().unwrap());
    assert_eq!(code, 130, "{stderr}");
    stderr
}

#[test]
fn an_interrupt_says_how_to_go_on() {
    let desk = Desk::new();
    let simulate = "simulate networks/alif.ron --duration 40000 --checkpoint 400 --out sim";
    let stderr = interrupted(&desk, simulate, "sim/checkpoint.safetensors");
    assert!(stderr.contains("interrupted\n") && stderr.contains("--resume"), "{stderr}");
    assert!(names(&desk.path("sim")).iter().all(|name| !name.ends_with(".partial")));
    desk.done(&format!("{simulate} --resume"));
    fs::write(desk.path("small.ron"), SMALL.replace("epochs: 2", "epochs: 500")).unwrap();
    let train = "train --config small.ron --out model";
    let stderr = interrupted(&desk, train, "model/checkpoint.safetensors");
    assert!(stderr.contains("interrupted\n") && stderr.contains("--resume"), "{stderr}");
    assert!(names(&desk.path("model")).iter().all(|name| !name.ends_with(".partial")));
}

/// All verbs that do something.
const VERBS: [&str; 27] = [
    "",
    "run",
    "train",
    "evaluate",
    "compare",
    "energy",
    "report",
    "simulate",
    "stats",
    "plot raster",
    "plot rate",
    "plot isi",
    "plot membrane",
    "plot threshold",
    "data generate",
    "data info",
    "network check",
    "network info",
    "nir check",
    "nir info",
    "nir doctor",
    "nir convert",
    "nir from",
    "nir to",
    "help",
    "completions",
    "man",
];

#[test]
fn help_fits_a_screen_and_its_examples_run() {
    let desk = Desk::new();
    for verb in VERBS {
        let help = desk.done(&format!("{verb} --help"));
        assert_eq!(help, desk.done(&format!("{verb} -h")), "{verb}");
        assert!(help.lines().count() <= 40, "{verb}: {}\n{help}", help.lines().count());
        assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
        let (_, example) = help.trim_end().rsplit_once("Example:\n  spikefuse ").unwrap();
        let (args, file) = example.split_once(" > ").unwrap_or((example, ""));
        let more = if ["run", "train"].contains(&verb) { " --config small.ron" } else { "" };
        let stdout = desk.done(&format!("{args}{more}"));
        assert!(file.is_empty() || !stdout.is_empty());
    }
}
