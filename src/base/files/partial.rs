//! Files that appear whole or not at all.

use super::folder::{folder_of, make_folder, sync_folder};
use crate::error::{Cause, Error, Result};
use std::fs::{File, TryLockError};
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use tempfile::TempPath;

/// A file that is being written under a name of its own, `.NAME.<random>.partial`, and takes its name only when it is whole. Dropped
/// before that, nothing of it stays, and `path` is as it was; what a killed process left behind is removed by the next write.
#[derive(Debug)]
pub struct Partial {
    path: PathBuf,
    temporary: TempPath,
    /// Locked as long as it is written: a file that nobody has locked is a leftover.
    file: Option<File>,
}

const PARTIAL: &str = ".partial";
const RANDOM: usize = 8;

impl Partial {
    /// Makes the folder that `path` needs, and the empty file.
    ///
    /// # Errors
    /// If either cannot be made, or something other than a file stands at `path`.
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
        let (file, temporary) = loop {
            let new =
                builder.make_in(folder, |path| File::options().read(true).write(true).create_new(true).open(path));
            let (file, temporary) = new.map_err(|e| Error::caused_by(path, "cannot write", e))?.into_parts();
            // Another process that writes the same path may take it for a leftover until it is locked.
            match file.try_lock() {
                Ok(()) if !temporary.exists() => {}
                Err(TryLockError::WouldBlock) => {}
                // Where this disk has no locks nobody takes it for one.
                Ok(()) | Err(TryLockError::Error(_)) => break (file, temporary),
            }
        };
        Ok(Partial { path: path.to_path_buf(), temporary, file: Some(file) })
    }

    /// Where the file will stand.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where it is until then, for writers that open, lock and close it themselves.
    pub fn handed_over(&mut self) -> &Path {
        self.file = None;
        &self.temporary
    }

    /// To write into it.
    ///
    /// # Errors
    /// If it cannot be opened.
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

    /// Gives it its name. It must be written and synced.
    ///
    /// # Errors
    /// If it cannot be renamed.
    pub fn appear(self) -> Result<()> {
        let folder = folder_of(&self.path).to_path_buf();
        self.rename()?;
        sync_folder(&folder)
    }

    fn rename(self) -> Result<()> {
        let Partial { path, temporary, file } = self;
        // Who may read and write it stays as it was; where that cannot be set, it is as of a new file.
        if let Ok(about) = std::fs::metadata(&path) {
            let _ = std::fs::set_permissions(&temporary, about.permissions());
        }
        let renamed = temporary.persist(&path);
        drop(file);
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

/// Removes what killed processes left of a file: temporary files that nobody has locked. It is no error if that fails.
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

/// Writes what is left in the buffer and waits until the disk has all of it.
pub fn sync(file: BufWriter<File>) -> std::io::Result<()> {
    file.into_inner()?.sync_all()
}

/// Writes `path` in one go, as a [`Partial`].
pub fn write_atomic(path: &Path, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<()> {
    Partial::with(path, write)?.appear()
}

/// Writes files that belong together: all are whole before the first takes its name, in order, and `old` files, which would contradict
/// them, are removed before that.
///
/// # Errors
/// If one cannot be written; as long as that is for want of space, everything is as it was.
pub fn write_together(files: &[(PathBuf, &[u8])], old: &[PathBuf]) -> Result<()> {
    let whole = |(path, bytes): &(PathBuf, &[u8])| {
        let mut partial = Partial::with(path, |file| file.write_all(bytes))?;
        // There may be more of them than files may be open.
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
