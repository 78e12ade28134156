//! The commands of traces/README.md write the files in traces/, byte for byte.

use assert_cmd::Command;
use std::fs;
use std::path::{Path, PathBuf};

const README: &str = include_str!("../../traces/README.md");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = paths.filter(|path| path.is_file()).collect();
    files.sort();
    files
}

/// A copy of the inputs in `traces` and `networks`, without the recordings.
fn inputs() -> tempfile::TempDir {
    let scratch = tempfile::tempdir().unwrap();
    for name in ["traces", "networks"] {
        fs::create_dir(scratch.path().join(name)).unwrap();
        for file in files(&root().join(name)) {
            fs::copy(&file, scratch.path().join(name).join(file.file_name().unwrap())).unwrap();
        }
    }
    scratch
}

/// Arguments of the commands in blocks marked `sh`.
fn commands() -> Vec<Vec<&'static str>> {
    let lines = README.lines().filter_map(|line| line.strip_prefix("cargo run --release -- "));
    lines.map(|line| line.split_whitespace().collect()).collect()
}

/// Folders of recordings, each with its files.
fn recordings() -> Vec<(String, Vec<PathBuf>)> {
    let entries = fs::read_dir(root().join("traces")).unwrap().map(|entry| entry.unwrap().path());
    let folders = entries.filter(|path| path.is_dir());
    let named = |path: PathBuf| (path.file_name().unwrap().to_str().unwrap().to_owned(), files(&path));
    folders.map(named).collect()
}

#[test]
fn every_driver_writes_the_recordings() {
    for driver in ["event", "clock", "auto"] {
        let scratch = inputs();
        for mut arguments in commands() {
            let at = arguments.iter().position(|word| *word == "--driver").unwrap() + 1;
            assert_eq!(arguments[at], "event");
            arguments[at] = driver;
            Command::new(env!("CARGO_BIN_EXE_spikefuse"))
                .current_dir(scratch.path())
                .args(arguments)
                .assert()
                .success();
        }
        let recordings = recordings();
        assert_eq!(recordings.len(), commands().len(), "a command for each folder");
        for (name, files) in recordings {
            for file in files {
                let file_name = file.file_name().unwrap();
                // Times of the machine; and recording.json names the driver.
                if file_name == "simulation.json" || (file_name == "recording.json" && driver != "event") {
                    continue;
                }
                let written = fs::read(scratch.path().join("traces").join(&name).join(file_name)).unwrap();
                assert!(fs::read(&file).unwrap() == written, "{} by the {driver} driver", file.display());
            }
        }
    }
}

#[test]
fn the_bar_is_made_as_the_page_says() {
    let mut events = Vec::new();
    for t in 0..34_u32 {
        for y in 10..24_u32 {
            for (x, brighter) in [(t.checked_sub(3), 0), (Some(t), 1)] {
                if let Some(x) = x {
                    let word = brighter << 23 | (1000 * t + y);
                    events.extend([x as u8, y as u8]);
                    events.extend(&word.to_be_bytes()[1..]);
                }
            }
        }
    }
    assert!(fs::read(root().join("traces/bar.bin")).unwrap() == events);
}

#[test]
fn every_file_is_described_and_small() {
    let own = files(&root().join("traces"));
    let inner = recordings().into_iter().flat_map(|(_, files)| files);
    let bytes: u64 = own.iter().cloned().chain(inner).map(|file| fs::metadata(file).unwrap().len()).sum();
    assert!(bytes <= 100_000, "{bytes} bytes");
    for file in own {
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(name == "README.md" || README.contains(&format!("| `{name}` |")), "{name}");
    }
    for (name, _) in recordings() {
        assert!(README.contains(&format!("| `{name}/` |")), "{name}");
    }
}
