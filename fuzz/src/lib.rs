//! What the targets share: inputs as files, and folders of which one file is the input.

#[path = "../../tests/common/shd.rs"]
pub mod shd;
pub mod template;

use std::backtrace::Backtrace;
use std::path::{Path, PathBuf};
use std::sync::{Once, OnceLock};

/// A folder of this process, below the system's for temporary files.
fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = std::env::temp_dir().join(format!("spikefuse-fuzz-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder for temporary files");
        folder
    })
}

/// Lets pass the panics of the HDF5 reader, which the library catches (in `guarded`, of which an
/// inlined frame shows no path) and reports as damage; all others end the process, as libFuzzer
/// wants it.
fn watch_panics() {
    static WATCH: Once = Once::new();
    WATCH.call_once(|| {
        let end = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !Backtrace::force_capture().to_string().contains("guarded") {
                end(info);
            }
        }));
    });
}

/// Calls `read` with a file that holds `data`.
pub fn as_file(name: &str, data: &[u8], read: impl FnOnce(&Path)) {
    watch_panics();
    let path = folder().join(name);
    std::fs::write(&path, data).expect("a temporary file");
    read(&path);
}

/// Files with their paths below a folder.
pub type Template = Vec<(String, Vec<u8>)>;

/// Calls `read` with a folder of the files of `template`, one of them, chosen by the first byte of
/// `data`, replaced by the rest of `data`.
pub fn in_folder(template: &'static OnceLock<Template>, make: fn() -> Template, data: &[u8], read: impl FnOnce(&Path)) {
    watch_panics();
    let Some((&which, data)) = data.split_first() else { return };
    let root = folder().join("folder");
    let files = template.get_or_init(|| {
        let files = make();
        files.iter().for_each(|(name, content)| put(&root.join(name), content));
        files
    });
    let (name, content) = &files[usize::from(which) % files.len()];
    put(&root.join(name), data);
    read(&root);
    put(&root.join(name), content);
}

fn put(path: &Path, content: &[u8]) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder for temporary files");
    std::fs::write(path, content).expect("a temporary file");
}

/// The network that checkpoints are of.
pub fn network() -> &'static spikefuse::network::Network {
    use spikefuse::network::compile::{Settings, compile};
    static NETWORK: OnceLock<spikefuse::network::Network> = OnceLock::new();
    let make = || {
        let spec = spikefuse::network::spec::NetworkSpec::from_ron(template::NETWORK).expect("a network");
        let compiled = compile(&spec, Path::new("."), &Settings::default());
        compiled.map_err(|problem| problem.to_string()).expect("a network").network
    };
    NETWORK.get_or_init(make)
}
