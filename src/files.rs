//! Writing files so that nobody ever sees half of one, and reading whole ones.

use crate::error::{Error, Result};
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file that is being written as `<path>.partial` and takes its name only when it is whole. Dropped before that, nothing of
/// it stays, and `path` is as it was; what a killed process left behind is replaced by the next write.
#[derive(Debug)]
pub struct Partial {
    path: PathBuf,
    partial: PathBuf,
}

impl Partial {
    /// Makes the folder that `path` needs.
    ///
    /// # Errors
    /// If the folder cannot be made.
    pub fn new(path: &Path) -> Result<Partial> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|e| Error::file(folder, format!("cannot create this folder: {e}")))?;
        }
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        Ok(Partial { path: path.to_path_buf(), partial: partial.into() })
    }

    /// Where the file will stand.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where to write it until then.
    pub fn partial(&self) -> &Path {
        &self.partial
    }

    /// Makes it, empty.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn create(&self) -> Result<BufWriter<File>> {
        File::create(&self.partial).map(BufWriter::new).map_err(|e| self.error(e))
    }

    /// The error of a failed write.
    pub fn error(&self, e: impl std::fmt::Display) -> Error {
        Error::file(&self.path, format!("cannot write: {e}"))
    }

    /// Gives it its name. It must be written and synced.
    ///
    /// # Errors
    /// If it cannot be renamed.
    pub fn appear(self) -> Result<()> {
        std::fs::rename(&self.partial, &self.path).map_err(|e| self.error(e))
        // What follows is `drop`, which finds nothing to remove.
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // The error that matters was reported; without the file there is nothing to remove.
        let _ = std::fs::remove_file(&self.partial);
    }
}

/// Writes what is left in the buffer and waits until the disk has all of it.
pub fn sync(file: BufWriter<File>) -> std::io::Result<()> {
    file.into_inner()?.sync_all()
}

/// Writes `path` in one go, as a [`Partial`].
pub fn write_atomic(path: &Path, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<()> {
    let partial = Partial::new(path)?;
    let mut file = partial.create()?;
    write(&mut file).and_then(|()| sync(file)).map_err(|e| partial.error(e))?;
    partial.appear()
}

/// Reads a whole text file, without the byte order mark that editors on Windows put before it.
pub fn read_text(path: &Path) -> Result<String> {
    let mut text = std::fs::read_to_string(path).map_err(|e| Error::file(path, format!("cannot read: {e}")))?;
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok(text)
}

/// How the name of a file ends, behind the last dot and in lower case: cameras and Windows write `.BS2` as well.
pub fn ending(path: &Path) -> String {
    path.extension().map_or(String::new(), |ending| ending.to_string_lossy().to_ascii_lowercase())
}

/// Reads a JSON file.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    serde_json::from_str(&read_text(path)?).map_err(|e| Error::Text {
        path: path.to_path_buf(),
        line: e.line(),
        column: e.column(),
        problem: e.to_string(),
    })
}
