//! Folders: the parent of a file, creating and removing.

use crate::error::{Error, Result};
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The folder that a file is in.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Creates a folder and its parents; returns those that did not exist.
pub(super) fn make_folder(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    if folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut made = make_folder(folder_of(folder))?;
    match std::fs::create_dir(folder) {
        Err(e) if e.kind() == ErrorKind::AlreadyExists && folder.is_dir() => {}
        Err(e) => {
            remove_folders(&made);
            let is_file = e.kind() == ErrorKind::AlreadyExists && folder.symlink_metadata().is_ok();
            return Err(if is_file { std::io::Error::new(e.kind(), "is a file, not a folder") } else { e });
        }
        Ok(()) => made.push(folder.to_path_buf()),
    }
    Ok(made)
}

/// Removes folders, the last first, as far as they are empty.
pub(super) fn remove_folders(made: &[PathBuf]) {
    for folder in made.iter().rev() {
        let _ = std::fs::remove_dir(folder);
    }
}

/// Waits until the names in a folder are on disk.
pub(super) fn sync_folder(folder: &Path) -> Result<()> {
    // On some systems no folder can be opened or synced as a file.
    match File::open(folder).map(|folder| folder.sync_all()) {
        Ok(Err(e)) if !matches!(e.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => {
            Err(Error::caused_by(folder, "cannot write", e))
        }
        _ => Ok(()),
    }
}
