//! Where the optional reference data are.

use std::path::{Path, PathBuf};

/// The folder `name` of the reference data, below `$SPIKEFUSE_SHARED`, else `../shared`. Where it
/// is missing the test must pass without it, and this says so.
pub fn shared(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("SPIKEFUSE_SHARED").map(PathBuf::from);
    let root = root.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    let folder = root.join("data").join(name);
    if !folder.is_dir() {
        eprintln!("SKIPPED: no folder {}; SPIKEFUSE_SHARED says where to look", folder.display());
    }
    folder.is_dir().then_some(folder)
}
