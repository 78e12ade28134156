//! A folder in which the program is run.

use assert_cmd::Command;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_spikefuse");

/// A folder with `small.ron` in it. Arguments of the program are separated by spaces.
pub struct Scratch(TempDir);

impl Scratch {
    /// With this text in `small.ron`.
    pub fn new(small: &str) -> Scratch {
        let scratch = Scratch(tempfile::tempdir().unwrap());
        scratch.write("small.ron", small);
        scratch
    }

    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub fn program(&self, args: &str) -> Command {
        let mut command = Command::new(PROGRAM);
        command.current_dir(self.folder()).args(args.split_whitespace());
        command
    }

    /// Exit code 0 and nothing but epochs on stderr, which is no terminal here. Returns stdout.
    pub fn done(&self, args: &str) -> String {
        let output = self.program(args).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), &without_epochs(&stderr)[..]), (Some(0), ""), "{args}");
        String::from_utf8(output.stdout).unwrap()
    }

    pub fn json(&self, args: &str) -> Value {
        serde_json::from_str(&self.done(args)).unwrap()
    }

    /// Refused, with a message that has all of `said`, and no file is made or changed.
    pub fn refused(&self, args: &str, said: &[&str]) {
        let before = self.contents("");
        refusal(self.program(args), said);
        assert!(self.contents("") == before, "{args} changed files");
    }

    /// All files below `folder` by their path in it; none if it is not there.
    pub fn contents(&self, folder: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let root = self.path(folder);
        let content = |path: PathBuf| (path.strip_prefix(&root).unwrap().to_path_buf(), fs::read(&path).unwrap());
        files(&root).into_iter().map(content).collect()
    }
}

/// Exit code 2, nothing on stdout, one error on stderr with at most a hint behind it.
pub fn refusal(mut command: Command, said: &[&str]) {
    let output = command.output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{said:?}: {stderr}");
    let stderr = without_epochs(&stderr);
    let lines: Vec<&str> = stderr.lines().collect();
    assert!(lines[0].starts_with("error: ") && said.iter().all(|text| lines[0].contains(text)), "{said:?}: {stderr}");
    assert!(lines.len() == 1 || lines.len() == 2 && lines[1].starts_with("hint: "), "{stderr}");
}

/// What is on stderr without a line for each epoch of training.
fn without_epochs(stderr: &str) -> String {
    stderr.split_inclusive('\n').filter(|line| !line.starts_with("stage ")).collect()
}

/// All files below `folder`, sorted.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect();
    found.sort();
    found
}
