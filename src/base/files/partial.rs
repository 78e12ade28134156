//! Files that appear whole or not at all.

use super::folder::{folder_of, make_folder, sync_folder};
use crate::error::{Cause, Error, Result};
use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tempfile::TempPath;

/// A file being written under a temporary name, `.NAME.<random>.partial`, which is renamed when it
/// is complete. Dropped before that, the file is removed and `path` is unchanged; leftovers of a
/// killed process are removed by the next write.
#[derive(Debug)]
pub struct Partial {
    path: PathBuf,
    temporary: TempPath,
    /// Locked while it is written: a partial file without a lock is a leftover.
    file: Option<File>,
    listed: Listed,
}

/// The temporary paths of this process.
static LISTED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// A path in [`LISTED`], which it leaves on drop.
#[derive(Debug)]
struct Listed(PathBuf);

impl Drop for Listed {
    fn drop(&mut self) {
        list().remove(&self.0);
    }
}

fn list() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    LISTED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes all partial files of this process, which is about to end: none can be made or become
/// whole any more.
pub fn give_up() {
    let listed = list();
    for path in listed.iter() {
        let _ = std::fs::remove_file(path);
    }
    std::mem::forget(listed);
}

const PARTIAL: &str = ".partial";
const RANDOM: usize = 8;

impl Partial {
    /// Creates the folder of `path` and the empty partial file.
    ///
    /// # Errors
    /// If either cannot be created, or `path` is something other than a regular file.
    pub fn new(path: &Path) -> Result<Partial> {
        let folder = folder_of(path);
        make_folder(folder).map_err(|e| Error::caused_by(folder, "cannot create this folder", e))?;
        if let Ok(about) = std::fs::symlink_metadata(path)
            && !about.is_file()
        {
            let what = if about.is_symlink() { "a symbolic link" } else { "no regular file" };
            return Err(Error::file(path, format!("cannot write: is {what}"))
                .with_hint("move it away or choose another place for the output"));
        }
        let prefix = prefix(path);
        remove_leftovers(path);
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(PARTIAL).rand_bytes(RANDOM);
        let mut listed = list();
        let (file, temporary) = loop {
            let new =
                builder.make_in(folder, |path| File::options().read(true).write(true).create_new(true).open(path));
            let (file, temporary) = new.map_err(|e| Error::caused_by(path, "cannot write", e))?.into_parts();
            // Until it is locked, another process that writes the same path may remove it as a
            // leftover.
            match file.try_lock() {
                Ok(()) if !temporary.exists() => {}
                Err(TryLockError::WouldBlock) => {}
                // On a disk without locks, no process removes it.
                Ok(()) | Err(TryLockError::Error(_)) => break (file, temporary),
            }
        };
        listed.insert(temporary.to_path_buf());
        let listed = Listed(temporary.to_path_buf());
        Ok(Partial { path: path.to_path_buf(), temporary, file: Some(file), listed })
    }

    /// The final path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The temporary path, for writers that open, lock and close the file themselves.
    pub fn handed_over(&mut self) -> &Path {
        self.file = None;
        &self.temporary
    }

    /// Opens the partial file for writing.
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub fn create(&self) -> Result<BufWriter<File>> {
        let file = match &self.file {
            Some(file) => file.try_clone(),
            None => File::options().write(true).open(&self.temporary),
        };
        file.map(BufWriter::new).map_err(|e| self.error(e))
    }

    /// The error of a failed write.
    pub fn error(&self, e: impl Into<Cause>) -> Error {
        Error::caused_by(&self.path, "cannot write", e)
    }

    /// Renames the file to its final path. It must be complete and synced.
    ///
    /// # Errors
    /// If the file cannot be renamed.
    pub fn appear(self) -> Result<()> {
        let folder = folder_of(&self.path).to_path_buf();
        self.rename()?;
        sync_folder(&folder)
    }

    fn rename(self) -> Result<()> {
        let Partial { path, temporary, file, listed } = self;
        // A replaced file keeps its permissions where they can be set.
        if let Ok(about) = std::fs::metadata(&path) {
            let _ = std::fs::set_permissions(&temporary, about.permissions());
        }
        let renamed = temporary.persist(&path);
        drop((file, listed));
        renamed.map_err(|e| Error::caused_by(path, "cannot write", e.error))
    }

    fn with(path: &Path, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<Partial> {
        let partial = Partial::new(path)?;
        let mut file = partial.create()?;
        write(&mut file).and_then(|()| sync(file)).map_err(|e| partial.error(e))?;
        Ok(partial)
    }
}

/// How temporary names for `path` begin. A name of a file has at most 255 bytes.
fn prefix(path: &Path) -> String {
    const LONGEST: usize = 200;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut end = name.len().min(LONGEST);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!(".{}.", &name[..end])
}

/// Removes leftovers of killed processes: partial files of `path` without a lock. Failures are
/// ignored.
pub fn remove_leftovers(path: &Path) {
    let (folder, prefix) = (folder_of(path), prefix(path));
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let middle = name.to_str().and_then(|name| name.strip_prefix(&prefix)?.strip_suffix(PARTIAL));
        let ours = middle.is_some_and(|m| m.len() == RANDOM && m.bytes().all(|b| b.is_ascii_alphanumeric()));
        if ours
            && entry.file_type().is_ok_and(|kind| kind.is_file())
            && File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok())
        {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Flushes the buffer and waits until the file is on disk.
pub fn sync(file: BufWriter<File>) -> std::io::Result<()> {
    file.into_inner()?.sync_all()
}

/// Writes `path` in one go, as a [`Partial`].
pub fn write_atomic(path: &Path, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<()> {
    Partial::with(path, write)?.appear()
}

/// Writes files that belong together: all are complete before the first is renamed, in order; `old`
/// files, which would contradict them, are removed before that.
///
/// # Errors
/// If a file cannot be written; if the disk is full, nothing has changed.
pub fn write_together(files: &[(PathBuf, &[u8])], old: &[PathBuf]) -> Result<()> {
    let whole = |(path, bytes): &(PathBuf, &[u8])| {
        let mut partial = Partial::with(path, |file| file.write_all(bytes))?;
        // There may be more files than a process may have open.
        partial.handed_over();
        Ok(partial)
    };
    let partials = files.iter().map(whole).collect::<Result<Vec<Partial>>>()?;
    old.iter().try_for_each(|path| remove(path))?;
    let mut folders = Vec::new();
    for partial in partials {
        folders.push(folder_of(partial.path()).to_path_buf());
        partial.rename()?;
    }
    folders.sort();
    folders.dedup();
    folders.iter().try_for_each(|folder| sync_folder(folder))
}

/// Removes a file, if it is there.
pub fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(Error::caused_by(path, "cannot remove", e)),
        _ => Ok(()),
    }
}
