//! Writing files so that nobody ever sees half of one.

use crate::error::{Error, Result};
use std::io::{BufWriter, Write};
use std::path::Path;

/// Writes `path` through a temporary file in the same folder, synced and renamed at the end. On any error `path` is
/// left as it was.
pub fn write_atomic(path: &Path, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let fail = |e: std::io::Error| Error::file(path, format!("cannot write: {e}"));
    std::fs::create_dir_all(folder).map_err(|e| Error::file(folder, format!("cannot create this folder: {e}")))?;
    let mut temporary = tempfile::NamedTempFile::new_in(folder).map_err(fail)?;
    let mut buffered = BufWriter::new(temporary.as_file_mut());
    write(&mut buffered).map_err(fail)?;
    buffered.flush().map_err(fail)?;
    drop(buffered);
    temporary.as_file().sync_all().map_err(fail)?;
    temporary.persist(path).map_err(|e| fail(e.error))?;
    Ok(())
}

/// Reads a whole text file.
pub fn read_text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|e| Error::file(path, format!("cannot read: {e}")))
}
