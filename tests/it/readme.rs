//! What the README says is so: its commands run, its modules and files exist; the keys of
//! docs/report.md are in the report.
#![cfg(unix)]

use assert_cmd::Command;
use serde_json::Value;
use spikefuse::hybrid::config::Config;
use spikefuse::network::compile::{NetworkFile, Settings};
use std::collections::BTreeSet;
use std::path::Path;

const README: &str = include_str!("../../README.md");
const REPORT: &str = include_str!("../../docs/report.md");
/// Instead of the defaults, which train for minutes.
const SMALL: &str = "(
    model: (width: 16, encoder_hidden: 16, embedding: 16, heads: 2, head_dim: 4, time_steps: 3, scales: [3], slice_width: 4),
    training: (epochs: 1, batches_per_epoch: 2, batch: 16),
)
";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Lines of each fenced block marked `language`.
fn blocks_of(language: &str) -> Vec<Vec<&'static str>> {
    let mut found: Vec<Vec<&str>> = Vec::new();
    let mut inside = None;
    for line in README.lines() {
        match (line.strip_prefix("```"), inside) {
            (Some(mark), None) => {
                inside = Some(mark);
                found.extend((mark == language).then(Vec::new));
            }
            (Some(_), Some(_)) => inside = None,
            (None, Some(mark)) if mark == language => found.last_mut().unwrap().push(line),
            _ => {}
        }
    }
    assert!(inside.is_none() && !found.is_empty(), "blocks marked {language}");
    found
}

/// Lines of all of them.
fn lines_of(language: &str) -> Vec<&'static str> {
    blocks_of(language).concat()
}

/// The block marked `ron` that is a network file, or the other one, a configuration.
fn ron(network: bool) -> String {
    let mut blocks = blocks_of("ron").into_iter().map(|lines| lines.join("\n"));
    blocks.find(|text| text.contains("format: 1") == network).unwrap()
}

/// Words in backticks in the first column of the first table of `text` whose head begins with
/// `head`.
fn first_column(text: &'static str, head: &str) -> Vec<&'static str> {
    let rows = text.lines().skip_while(|line| !line.starts_with(head)).skip(2).take_while(|line| line.starts_with('|'));
    let words: Vec<&str> =
        rows.filter_map(|row| row.split('|').nth(1)).flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    assert!(!words.is_empty(), "{head}");
    words
}

#[test]
fn the_commands_run() {
    let scratch = tempfile::tempdir().unwrap();
    std::fs::write(scratch.path().join("small.ron"), SMALL).unwrap();
    std::fs::write(scratch.path().join("pair.ron"), ron(true)).unwrap();
    std::os::unix::fs::symlink(root().join("networks"), scratch.path().join("networks")).unwrap();
    let program = |args: &[&str]| -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_spikefuse"));
        let output = command.current_dir(scratch.path()).args(args).assert().success().get_output().stdout.clone();
        String::from_utf8(output).unwrap()
    };
    let mut tables = 0;
    for line in lines_of("sh") {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["cargo", "run", "--release", "--", ref args @ ..] => {
                // DIR is the reader's own data: such a line is only parsed.
                let more: &[&str] = match args[0] {
                    _ if args.contains(&"DIR") => &["--help"],
                    "run" | "train" => &["--config", "small.ron"],
                    _ => &[],
                };
                let printed = program(&[args, more].concat());
                // What the README shows of it, but for times.
                if args == ["simulate", "pair.ron", "--driver", "event", "--out", "pair"] {
                    let shown = blocks_of("").into_iter().find(|lines| lines[0].starts_with("pair: ")).unwrap();
                    assert!(shown[3..].iter().all(|line| printed.lines().any(|row| row == *line)), "{printed}");
                    tables += 1;
                }
            }
            // .ci/run runs the examples.
            ["cargo", "run", "--release", "--example", ..] => {}
            ["cargo", "test"] => {}
            _ => panic!("a command that nobody checks: {line}"),
        }
    }
    assert_eq!(tables, 1);
    program(&["run", "--config", "small.ron", "--out", "results"]);
    let report: Value =
        serde_json::from_slice(&std::fs::read(scratch.path().join("results/report.json")).unwrap()).unwrap();
    for key in first_column(REPORT, "| key |") {
        assert!(!report.pointer(&format!("/{}", key.replace('.', "/"))).unwrap_or(&Value::Null).is_null(), "{key}");
    }
}

#[test]
fn the_examples_are_all_there() {
    let files = std::fs::read_dir(root().join("examples")).unwrap().map(|entry| entry.unwrap().path());
    let names: BTreeSet<String> = files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    let told = lines_of("sh").into_iter().filter_map(|line| line.split("--example ").nth(1)?.split(' ').next());
    assert_eq!(told.map(String::from).collect::<BTreeSet<_>>(), names);
}

#[test]
fn the_configurations_are_valid() {
    Config::parse(&ron(false)).unwrap().check().unwrap();
    for entry in std::fs::read_dir(root().join("networks")).unwrap() {
        let path = entry.unwrap().path();
        // A network file says its format; the others configure the hybrid model.
        if std::fs::read_to_string(&path).unwrap().contains("\n    format: ") {
            NetworkFile::read(&path).unwrap().compile(&Settings::default()).unwrap();
        } else {
            Config::read(&path).unwrap();
        }
    }
}

#[test]
fn links_lead_to_files() {
    for (text, folder) in [(README, ""), (REPORT, "docs")] {
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let files: Vec<&str> = targets.filter(|target| !target.starts_with("https:")).collect();
        assert!(!files.is_empty());
        for file in files {
            assert!(root().join(folder).join(file).exists(), "{file}");
        }
    }
}

#[test]
fn the_module_map_is_complete() {
    let library = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let mut modules: BTreeSet<&str> =
        library.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    // Hidden.
    modules.remove("base");
    let rows = library.lines().filter(|line| line.starts_with("//! | ["));
    let named: BTreeSet<&str> =
        rows.filter_map(|row| row.split('|').nth(1)).flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    assert_eq!(named, modules, "src/lib.rs");
}
