//! The directions of dependencies inside the crate.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Every module and what it uses. A module uses only modules that stand above it, so there are no
/// cycles.
const USES: [(&str, &[&str]); 15] = [
    ("error", &[]),
    ("base", &["error"]),
    // Formats that several modules read.
    ("formats", &["base", "error"]),
    ("energy", &["base", "error"]),
    // What both engines share, and the engine of stacks. It knows neither tensors nor models nor
    // data.
    ("spiking", &["base", "energy", "error"]),
    // Any network: what it records, its description, the simulator, pictures of recordings.
    ("recording", &["base", "error", "formats", "spiking"]),
    ("network", &["base", "error", "formats", "recording", "spiking"]),
    // Inputs with labels.
    ("samples", &["base", "error", "formats", "network", "recording", "spiking"]),
    ("simulator", &["base", "energy", "error", "formats", "network", "recording", "samples", "spiking"]),
    // Any network on labelled inputs.
    ("evaluation", &["base", "error", "network", "recording", "samples", "simulator", "spiking"]),
    ("plot", &["base", "error", "recording", "spiking"]),
    // The hybrid and what it is trained and tested on.
    ("data", &["base", "error", "formats"]),
    ("hybrid", &["base", "data", "energy", "error", "formats", "spiking"]),
    // A trained model's spiking branch, for the simulator.
    ("export", &["data", "error", "formats", "hybrid", "network", "spiking"]),
    ("report", &["base", "data", "energy", "error", "evaluation", "hybrid", "network", "plot", "simulator", "spiking"]),
];

/// Of the library, by the path of its module; without tests and the program.
struct Files(BTreeMap<Vec<String>, PathBuf>);

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

/// The module that a file is: `network::compile` for `src/network/compile/mod.rs`.
fn module_of(path: &Path) -> Vec<String> {
    let below = path.strip_prefix(source()).unwrap().with_extension("");
    let mut module: Vec<String> = below.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    module.pop_if(|last| last == "mod");
    module
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

/// The paths that stand behind each `crate::`, `super::` or `self::` in the code of `module`, from
/// the root.
fn paths(code: &str, module: &[String]) -> Vec<Vec<String>> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut paths = Vec::new();
    for root in ["crate", "super", "self"] {
        for (at, _) in code.match_indices(&format!("{root}::")) {
            if code[..at].ends_with(|c: char| is_name(c) || c == ':') {
                continue;
            }
            let mut base: Vec<String> = match root {
                "crate" => Vec::new(),
                "super" => module[..module.len() - 1].to_vec(),
                _ => module.to_vec(),
            };
            let mut rest = &code[at + root.len() + 2..];
            while let Some(next) = rest.strip_prefix("super::") {
                base.pop();
                rest = next;
            }
            let items: Vec<&str> = match rest.strip_prefix('{') {
                Some(group) => group.split('}').next().unwrap_or_default().split(',').map(str::trim).collect(),
                None => vec![rest.split(|c: char| !is_name(c) && c != ':').next().unwrap_or_default()],
            };
            for item in items {
                let names = item.split("::").map(|name| name.split_whitespace().next().unwrap_or_default());
                paths.push(base.iter().cloned().chain(names.filter(|n| !n.is_empty()).map(str::to_owned)).collect());
            }
        }
    }
    paths
}

impl Files {
    fn read() -> Files {
        let files = rust_files(&source()).into_iter().map(|path| (module_of(&path), path));
        let counts = |module: &Vec<String>| {
            !["cli", "main", "lib"].contains(&&module[0][..]) && !module.iter().any(|part| part == "tests")
        };
        Files(files.filter(|(module, _)| counts(module)).collect())
    }

    /// The modules that each uses, those with a file of their own.
    fn uses(&self) -> BTreeMap<&[String], BTreeSet<&[String]>> {
        let of = |module: &[String], path: &Path| {
            let code = code(path);
            let mut used: BTreeSet<&[String]> = BTreeSet::new();
            for path in paths(&code, module) {
                // A name in capitals is an item of the crate's root, the error.
                let error = path.len() == 1 && path[0].starts_with(|c: char| c.is_uppercase());
                let path = if error { vec!["error".to_owned()] } else { path };
                let known = (1..=path.len()).rev().find_map(|n| self.0.get_key_value(&path[..n]));
                used.extend(known.map(|(module, _)| &module[..]));
            }
            // A folder's own file names those beside it without more.
            let inner = self.0.keys().filter(|inner| inner.len() == module.len() + 1 && inner.starts_with(module));
            used.extend(inner.filter(|inner| names(&code, &inner[module.len()])).map(|inner| &inner[..]));
            used.remove(module);
            used
        };
        self.0.iter().map(|(module, path)| (&module[..], of(module, path))).collect()
    }
}

/// Whether `name::` stands in the code at the beginning of a path.
fn names(code: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    code.match_indices(&format!("{name}::")).any(|(at, _)| !code[..at].ends_with(is_part))
}

#[test]
fn modules_use_what_the_table_says_and_nothing_else() {
    let files = Files::read();
    let mut uses: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (module, used) in files.uses() {
        let others = used.iter().map(|other| &other[0][..]).filter(|other| *other != module[0]);
        uses.entry(&module[0]).or_default().extend(others);
    }
    let table: BTreeMap<&str, BTreeSet<&str>> =
        USES.iter().map(|(module, used)| (*module, used.iter().copied().collect())).collect();
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

/// Nor do the files of one folder use each other in a circle.
#[test]
fn files_use_each_other_in_one_direction() {
    let files = Files::read();
    let mut uses = files.uses();
    // What uses nothing that is left is in no circle.
    loop {
        let free: Vec<&[String]> = uses.iter().filter(|(_, used)| used.is_empty()).map(|(module, _)| *module).collect();
        if free.is_empty() {
            break;
        }
        for module in free {
            uses.remove(module);
            uses.values_mut().for_each(|used| {
                used.remove(module);
            });
        }
    }
    let left: Vec<String> = uses.keys().map(|module| module.join("::")).collect();
    assert!(left.is_empty(), "in circles, or using what is in one: {}", left.join(", "));
}

/// The modules that a user sees below `module`, whose file is at `path`: public and not hidden.
fn public_modules(files: &Files, module: &[String], path: &Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut hidden = false;
    let mut found = vec![module.to_vec()];
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("pub mod ").and_then(|rest| rest.strip_suffix(';'))
            && !hidden
        {
            let inner = [module, &[name.to_owned()]].concat();
            found.extend(public_modules(files, &inner, &files.0[&inner]));
        }
        // Attributes stand in front of what they are of, among comments.
        hidden = line == "#[doc(hidden)]" || hidden && ["#", "//"].iter().any(|start| line.starts_with(start));
    }
    found
}

/// The lines of a module's documentation, of a file's text.
fn documentation(text: &str) -> Vec<&str> {
    text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim).collect()
}

/// Whether documentation has code that `cargo test` runs.
fn has_example(documentation: &[&str]) -> bool {
    let fences: Vec<&str> = documentation.iter().copied().filter(|line| line.starts_with("```")).collect();
    fences.iter().step_by(2).any(|open| *open == "```")
}

/// The modules whose examples the documentation of `module` links to, `[..](path#example)`.
fn examples_elsewhere(documentation: &[&str], module: &[String]) -> Vec<Vec<String>> {
    let links = documentation.iter().flat_map(|line| line.split("](").skip(1));
    let targets = links.filter_map(|link| link.split(')').next()?.strip_suffix("#example"));
    let resolve = |target: &str| {
        let mut path = module.to_vec();
        for part in target.split("::") {
            match part {
                "crate" => path.clear(),
                "super" => path.truncate(path.len() - 1),
                name => path.push(name.to_owned()),
            }
        }
        path
    };
    targets.map(resolve).collect()
}

#[test]
fn every_public_module_has_an_example() {
    let files = Files::read();
    let root = source().join("lib.rs");
    let text = |module: &[String]| std::fs::read_to_string(files.0.get(module).unwrap_or(&root)).unwrap();
    let modules = public_modules(&files, &[], &root);
    assert!(modules.len() > 20 && !modules.contains(&vec!["base".to_owned()]), "{modules:?}");
    for module in &modules {
        let text_of_module = text(module);
        let own = documentation(&text_of_module);
        let elsewhere = examples_elsewhere(&own, module);
        let linked = elsewhere.iter().any(|other| {
            let text = text(other);
            let documentation = documentation(&text);
            let heading = documentation.iter().position(|line| *line == "# Example");
            heading.is_some_and(|at| has_example(&documentation[at..]))
        });
        assert!(
            has_example(&own) || linked,
            "{}: expected an example, a link to one of another module, `[Example](super#example)`, or doc(hidden)",
            module.join("::")
        );
    }
}

#[test]
fn examples_are_told_from_other_blocks() {
    let lines = |text: &'static str| documentation(text);
    assert!(has_example(&lines("//! Text.\n//! ```text\n//! x\n//! ```\n//!\n//! ```\n//! run();\n//! ```\ncode")));
    assert!(!has_example(&lines("//! ```ron\n//! x\n//! ```\n\n/// ```\n/// run();\n/// ```")));
    let module = ["spiking".to_owned(), "neuron".to_owned()];
    let found = examples_elsewhere(&lines("//! [A](super#example), [b](crate::a::b#example) [c](d)."), &module);
    assert_eq!(found, [vec!["spiking".to_owned()], vec!["a".to_owned(), "b".to_owned()]]);
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
            let known = ["cli", "main"].contains(&&module[0][..]) || path.ends_with("tests.rs");
            assert!(known || !code.contains(word), "{}: {word}", path.display());
        }
    }
}

#[test]
fn names_are_found_wherever_they_stand() {
    let code = "use crate::spiking::Spike;\nuse crate::{Error, data::Part};\nlet x = super::TICK + mycrate::no;";
    let found = paths(code, &["plot".to_owned(), "axes".to_owned()]);
    let found: Vec<String> = found.iter().map(|path| path.join("::")).collect();
    assert_eq!(found, ["spiking::Spike", "Error", "data::Part", "plot::TICK"]);
}
