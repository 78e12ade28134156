//! Whether two paths lead to one file.

use crate::error::{Error, Result};
use std::fs::Metadata;
use std::path::{Path, PathBuf};

/// Whether two descriptions are of one file, by whatever names; `None` where the system does not
/// tell. Files are not opened, since opening a FIFO blocks.
pub(super) fn same(a: &Metadata, b: &Metadata) -> Option<bool> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        Some((a.dev(), a.ino()) == (b.dev(), b.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = (a, b);
        None
    }
}

/// Whether two paths lead to one existing file.
fn is_same_file(a: &Path, b: &Path) -> bool {
    let (Ok(of_a), Ok(of_b)) = (std::fs::metadata(a), std::fs::metadata(b)) else { return false };
    same(&of_a, &of_b).unwrap_or_else(|| a.canonicalize().ok() == b.canonicalize().ok())
}

/// Refuses to write `path` if it is one of the `inputs`, or a file in an input that is a folder, by
/// whatever name.
///
/// # Errors
/// If `path` is an input.
pub fn refuse_inputs(path: &Path, inputs: &[PathBuf]) -> Result<()> {
    let same = |input: &&PathBuf| {
        let mut inner = std::fs::read_dir(input).into_iter().flatten().flatten();
        is_same_file(path, input) || inner.any(|entry| is_same_file(path, &entry.path()))
    };
    match inputs.iter().find(same) {
        None => Ok(()),
        Some(input) => {
            let by = if input == path { String::new() } else { format!(", {}", input.display()) };
            Err(Error::file(path, format!("is an input of this command{by}")).with_hint("choose another output"))
        }
    }
}
