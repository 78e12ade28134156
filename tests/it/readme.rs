//! What README and tutorial say is so: commands run and print what is shown, links lead to files,
//! modules exist, and the keys of docs/report.md are in the report.
#![cfg(unix)]

use assert_cmd::Command;
use serde_json::Value;
use spikefuse::hybrid::config::Config;
use spikefuse::network::compile::{NetworkFile, Settings};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const README: &str = include_str!("../../README.md");
const TUTORIAL: &str = include_str!("../../docs/tutorial.md");
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

/// Fenced blocks: what they are marked with, and their lines.
fn blocks(text: &'static str) -> Vec<(&'static str, Vec<&'static str>)> {
    let mut blocks: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match (line.strip_prefix("```"), inside) {
            (Some(mark), false) => blocks.push((mark, Vec::new())),
            (Some(_), true) => {}
            (None, true) => blocks.last_mut().unwrap().1.push(line),
            (None, false) => continue,
        }
        inside = inside != line.starts_with("```");
    }
    assert!(!inside);
    blocks
}

/// Lines of all blocks marked `sh`.
fn commands(text: &'static str) -> impl Iterator<Item = &'static str> {
    blocks(text).into_iter().filter(|(mark, _)| *mark == "sh").flat_map(|(_, lines)| lines)
}

/// The block marked `ron` that is a network file, or the other one, a configuration.
fn ron(text: &'static str, network: bool) -> String {
    let mut blocks = blocks(text).into_iter().filter(|(mark, _)| *mark == "ron").map(|(_, lines)| lines.join("\n"));
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

/// Runs a line of a block marked `sh` in `folder`, and returns what it prints.
fn run(line: &str, folder: &Path) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut command = match words[..] {
        ["cargo", "run", "--release", "--", ref args @ ..] => {
            // DIR is the reader's own data: such a line is only parsed.
            let more: &[&str] = match args[0] {
                _ if args.contains(&"DIR") => &["--help"],
                "run" | "train" => &["--config", "small.ron"],
                _ => &[],
            };
            let mut program = Command::new(env!("CARGO_BIN_EXE_spikefuse"));
            program.args(args).args(more);
            program
        }
        ["sed", ..] => {
            let mut shell = Command::new("sh");
            shell.args(["-c", line]);
            shell
        }
        // .ci/run runs the examples.
        ["cargo", "run", "--release", "--example", ..] | ["cargo", "test"] => return String::new(),
        _ => panic!("a command that nobody checks: {line}"),
    };
    let output = command.current_dir(folder).assert().success().get_output().stdout.clone();
    String::from_utf8(output).unwrap()
}

/// Runs the blocks marked `sh` of a page in a folder of its own. What stands behind them in blocks
/// marked `text`, dots for what is left out, is compared with what they print.
fn follow(page: &'static str) -> tempfile::TempDir {
    let scratch = tempfile::tempdir().unwrap();
    std::fs::write(scratch.path().join("small.ron"), SMALL).unwrap();
    std::fs::write(scratch.path().join("pair.ron"), ron(page, true)).unwrap();
    for folder in ["networks", "traces"] {
        std::os::unix::fs::symlink(root().join(folder), scratch.path().join(folder)).unwrap();
    }
    let (mut printed, mut compared) = (String::new(), 0);
    for (mark, lines) in blocks(page) {
        match mark {
            "sh" => printed = lines.iter().map(|line| run(line, scratch.path())).collect(),
            "text" => {
                for shown in lines.iter().filter(|line| **line != "...") {
                    assert!(printed.lines().any(|line| line == *shown), "{shown}\n{printed}");
                    compared += 1;
                }
            }
            _ => {}
        }
    }
    assert!(compared > 0);
    scratch
}

#[test]
fn the_commands_of_the_readme_run() {
    let scratch = follow(README);
    run("cargo run --release -- run --out results", scratch.path());
    let report: Value =
        serde_json::from_slice(&std::fs::read(scratch.path().join("results/report.json")).unwrap()).unwrap();
    for key in first_column(REPORT, "| key |") {
        assert!(!report.pointer(&format!("/{}", key.replace('.', "/"))).unwrap_or(&Value::Null).is_null(), "{key}");
    }
}

#[test]
fn the_commands_of_the_tutorial_run() {
    assert_eq!(ron(TUTORIAL, true), ron(README, true));
    follow(TUTORIAL);
}

#[test]
fn the_examples_are_all_there() {
    let files = std::fs::read_dir(root().join("examples")).unwrap().map(|entry| entry.unwrap().path());
    let names: BTreeSet<String> = files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    let told = commands(README).filter_map(|line| line.split("--example ").nth(1)?.split(' ').next());
    assert_eq!(told.map(String::from).collect::<BTreeSet<_>>(), names);
}

#[test]
fn the_configurations_are_valid() {
    Config::parse(&ron(README, false)).unwrap().check().unwrap();
    for entry in std::fs::read_dir(root().join("networks")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "ron") {
            continue;
        }
        // A network file says its format; the others configure the hybrid model.
        if std::fs::read_to_string(&path).unwrap().contains("\n    format: ") {
            NetworkFile::read(&path).unwrap().compile(&Settings::default()).unwrap();
        } else {
            Config::read(&path).unwrap();
        }
    }
}

/// All pages, by their paths from the root.
fn pages() -> Vec<(PathBuf, String)> {
    let markdown = |folder: &str| {
        let paths = std::fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect::<Vec<_>>()
    };
    let paths = ["", "docs", "traces", "fuzz"].into_iter().flat_map(markdown);
    paths.map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn links_lead_to_files() {
    let mut links = 0;
    for (page, text) in pages() {
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap();
            if !target.starts_with("https:") {
                assert!(page.parent().unwrap().join(file).exists(), "{}: {target}", page.display());
                links += 1;
            }
        }
    }
    assert!(links > 0);
}

#[test]
fn files_that_pages_name_exist() {
    for (page, text) in pages() {
        // Code spans, fenced blocks left out.
        let prose: String = text.split("```").step_by(2).collect();
        for span in prose.split('`').skip(1).step_by(2) {
            let path = ["src/", "tests/", "benches/", "networks/", ".ci/"].iter().any(|start| span.starts_with(start));
            if path && !span.contains(' ') {
                assert!(root().join(span).exists(), "{}: {span}", page.display());
            }
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
