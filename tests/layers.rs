//! The directions of dependencies inside the crate.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Every module and what it uses. A module uses only modules that stand above it, so there are no cycles.
const USES: [(&str, &[&str]); 38] = [
    ("error", &[]),
    ("rng", &[]),
    ("splitmix", &[]),
    ("lanes", &[]),
    ("counts", &[]),
    ("files", &["error"]),
    ("memory", &["error"]),
    ("sealed", &[]),
    // Formats that several modules read.
    ("npy", &["error"]),
    ("npz", &["error", "files", "memory", "npy"]),
    ("h5", &["error", "memory", "npy"]),
    ("config", &["error", "files"]),
    ("energy", &["counts", "error", "files"]),
    // The event-driven simulator knows neither tensors nor models nor data.
    ("event", &["error"]),
    ("threshold", &["error"]),
    ("neuron", &["error", "lanes"]),
    ("synapse", &["counts", "error", "event", "lanes"]),
    ("engine", &["counts", "error", "event", "lanes", "neuron", "synapse", "threshold"]),
    // Any network: what it records, its description, the simulator, pictures of recordings.
    ("recording", &["error", "event", "files", "h5", "npz"]),
    ("network", &["error", "event", "files", "memory", "neuron", "npy", "recording", "rng", "splitmix"]),
    ("interop", &["error", "event", "files", "h5", "network", "neuron", "recording"]),
    (
        "simulator",
        &[
            "counts",
            "energy",
            "error",
            "event",
            "files",
            "lanes",
            "memory",
            "network",
            "neuron",
            "recording",
            "sealed",
            "splitmix",
        ],
    ),
    ("plot", &["error", "event", "files", "recording"]),
    // The dense operators know no spikes. Time-step factor and fusion see tensors only, not who made them.
    ("tensor", &["energy", "lanes", "rng"]),
    ("encoding", &["energy", "tensor"]),
    ("snn", &["config", "tensor"]),
    ("time_step", &["energy", "tensor"]),
    ("fusion", &["energy", "tensor"]),
    ("data", &["error", "files", "h5", "npy", "rng"]),
    ("parameters", &["error", "rng", "tensor"]),
    ("dense", &["config", "parameters", "tensor"]),
    (
        "model",
        &[
            "config",
            "counts",
            "data",
            "dense",
            "encoding",
            "energy",
            "engine",
            "error",
            "files",
            "fusion",
            "neuron",
            "parameters",
            "rng",
            "snn",
            "synapse",
            "tensor",
            "threshold",
            "time_step",
        ],
    ),
    ("gzsl", &["config", "energy", "tensor"]),
    ("evaluate", &["config", "data", "energy", "engine", "error", "gzsl", "model"]),
    (
        "compare",
        &[
            "counts",
            "data",
            "energy",
            "engine",
            "error",
            "event",
            "model",
            "parameters",
            "simulator",
            "splitmix",
            "tensor",
        ],
    ),
    (
        "report",
        &[
            "compare",
            "counts",
            "data",
            "energy",
            "error",
            "evaluate",
            "files",
            "gzsl",
            "model",
            "neuron",
            "parameters",
            "plot",
        ],
    ),
    // Nothing uses training: without it there is still a simulator that evaluates.
    (
        "train",
        &[
            "config",
            "data",
            "dense",
            "engine",
            "error",
            "evaluate",
            "files",
            "gzsl",
            "memory",
            "model",
            "parameters",
            "rng",
            "sealed",
            "tensor",
        ],
    ),
    ("lib", &["error"]),
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// All `.rs` files below `folder`.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

/// The first part of the path below `src`: `engine` for `src/engine/event.rs` and `counts` for `src/counts.rs`.
fn module_of(path: &Path) -> String {
    let below = path.strip_prefix(source()).unwrap().with_extension("");
    below.iter().next().unwrap().to_str().unwrap().to_owned()
}

/// The code of a file without comments and without its tests, which may use anything.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let mut code = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let tests =
            line == "#[cfg(test)]" && lines.peek().is_some_and(|next| next.contains("mod ") && next.ends_with('{'));
        if tests {
            break;
        }
        code += line.split("//").next().unwrap_or_default();
        code.push('\n');
    }
    code
}

/// Modules named behind each `crate::` in `code`; a name in capitals is an item of the crate's root, `error`'s.
fn used(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        let names: Vec<&str> = match rest.strip_prefix('{') {
            Some(group) => group.split('}').next().unwrap_or_default().split(',').map(str::trim).collect(),
            None => vec![rest],
        };
        for name in names {
            let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
            let name = &name[..end];
            let capital = name.starts_with(|c: char| c.is_uppercase());
            found.insert(if capital { "error".to_owned() } else { name.to_owned() });
        }
    }
    found
}

#[test]
fn modules_use_what_the_table_says_and_nothing_else() {
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in rust_files(&source()) {
        let module = module_of(&path);
        let is_test = path.file_stem().is_some_and(|name| name == "tests");
        if is_test || module == "cli" || module == "main" {
            continue;
        }
        let code = code(&path);
        let stem = path.file_stem().unwrap();
        if path.parent() == Some(&source()) || stem == "mod" {
            assert!(!code.contains("super::"), "{}: name the module by crate::", path.display());
        }
        let others = used(&code).into_iter().filter(|other| *other != module).collect::<Vec<_>>();
        uses.entry(module).or_default().extend(others);
    }
    // The crate's root re-exports the error.
    uses.entry("lib".into()).or_default().insert("error".into());
    let table: BTreeMap<String, BTreeSet<String>> =
        USES.iter().map(|(module, used)| (module.to_string(), used.iter().map(|u| u.to_string()).collect())).collect();
    assert_eq!(uses.keys().collect::<Vec<_>>(), table.keys().collect::<Vec<_>>(), "modules");
    for (module, found) in &uses {
        assert_eq!(found, &table[module], "what {module} uses");
    }
}

#[test]
fn the_table_has_no_cycles() {
    for (place, (module, used)) in USES.iter().enumerate() {
        let above: Vec<&str> = USES[..place].iter().map(|(module, _)| *module).collect();
        for used in *used {
            assert!(above.contains(used), "{module} uses {used}, which does not stand above it");
        }
    }
}

/// The library neither parses arguments nor talks to a terminal.
#[test]
fn only_the_program_knows_the_command_line() {
    for path in rust_files(&source()) {
        let module = module_of(&path);
        let code = code(&path);
        for word in
            ["clap", "indicatif", "println!", "eprintln!", "std::process::exit", "std::process::Command", "std::env"]
        {
            let known = module == "cli" || module == "main" || path.ends_with("tests.rs");
            assert!(known || !code.contains(word), "{}: {word}", path.display());
        }
    }
}

#[test]
fn names_are_found_wherever_they_stand() {
    let code = "use crate::event::Spike;\nuse crate::{Error, data::Part};\nlet x = crate::tensor::CHUNK + mycrate::no;";
    assert_eq!(used(code), ["error", "data", "event", "tensor"].map(String::from).into());
}
