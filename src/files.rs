//! Writing files so that nobody ever sees half of one.

use crate::error::{Error, Result};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes `path` through `<path>.partial`, synced and renamed at the end. On any error `path` is left as it was and nothing else
/// stays; what a killed process left behind is replaced by the next write.
pub fn write_atomic(path: &Path, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|e| Error::file(folder, format!("cannot create this folder: {e}")))?;
    }
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    write_synced(&partial, write).and_then(|()| std::fs::rename(&partial, path)).map_err(|e| {
        // The error that matters is the one before; without the file there is nothing to remove.
        let _ = std::fs::remove_file(&partial);
        Error::file(path, format!("cannot write: {e}"))
    })
}

fn write_synced(path: &Path, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> std::io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    write(&mut file)?;
    file.into_inner()?.sync_all()
}

/// Reads a whole text file.
pub fn read_text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|e| Error::file(path, format!("cannot read: {e}")))
}
