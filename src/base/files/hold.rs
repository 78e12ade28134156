//! Folders that belong to one process at a time.

use super::folder::{make_folder, remove_folders};
use super::identity::same;
use super::output::is_stdout;
use crate::error::{Error, Result};
use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Exclusive use of a folder among processes of this program, until dropped. The lock file is
/// removed on drop. The lock file of a killed process does not block others, since the system
/// released its lock; it stays until a later process is [`done`](Hold::done) with the folder.
#[derive(Debug)]
pub struct Hold {
    folder: PathBuf,
    made: Vec<PathBuf>,
    /// Content of a lock file that a killed process left.
    left: String,
    lock: File,
}

/// Name of the lock file.
pub const LOCK: &str = ".spikefuse.lock";
/// Beginning of the content of a lock file.
const LOCKED_BY: &str = "spikefuse ";

impl Hold {
    /// Takes a folder for `what`, a verb of the program; creates the folder if it does not exist.
    ///
    /// # Errors
    /// If the folder cannot be written or another process holds it.
    pub fn new(folder: &Path, what: &str) -> Result<Hold> {
        const TRIES: usize = 100;
        let fail = |e: std::io::Error| Error::caused_by(folder, "cannot write here", e);
        let path = folder.join(LOCK);
        let (mut made, mut last) = (Vec::new(), None);
        for _ in 0..TRIES {
            match make_folder(folder) {
                Ok(new) => made.extend(new),
                // The previous holder may have removed a folder in the meantime.
                Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::AlreadyExists) => {
                    last = Some(e);
                    continue;
                }
                Err(e) => return Err(fail(e)),
            }
            let mut open = File::options();
            open.read(true).write(true);
            let opened = match open.clone().create_new(true).open(&path) {
                Err(e) if e.kind() == ErrorKind::AlreadyExists => {
                    if std::fs::symlink_metadata(&path).is_ok_and(|about| !about.is_file()) {
                        return Err(not_a_lock(&path));
                    }
                    open.open(&path)
                }
                opened => opened,
            };
            let mut file = match opened {
                // The previous holder has removed the file, perhaps with the folder.
                Err(e) if e.kind() == ErrorKind::NotFound => continue,
                opened => opened.map_err(|e| {
                    remove_folders(&made);
                    fail(e)
                })?,
            };
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(held(folder, &mut file)),
                Err(TryLockError::Error(e)) if e.kind() == ErrorKind::Unsupported => {}
                Err(TryLockError::Error(e)) => return Err(fail(e)),
            }
            // The previous holder may have removed the file in the meantime.
            let locked = file.metadata().map_err(fail)?;
            if std::fs::symlink_metadata(&path).is_ok_and(|there| same(&there, &locked).unwrap_or(true)) {
                let before = owner(&mut file);
                if !before.is_empty() && !before.starts_with(LOCKED_BY) {
                    return Err(not_a_lock(&path));
                }
                let mut hold = Hold { folder: folder.to_path_buf(), made, left: before, lock: file };
                hold.write(&format!("{LOCKED_BY}{what}, process {}\n", std::process::id())).map_err(fail)?;
                return Ok(hold);
            }
        }
        Err(last.map_or_else(|| Error::file(folder, "is taken and given back all the time by other processes"), fail))
    }

    fn write(&mut self, text: &str) -> std::io::Result<()> {
        self.lock.set_len(0)?;
        self.lock.rewind()?;
        self.lock.write_all(text.as_bytes())
    }

    /// Whether the last process that had the folder for `what` was killed.
    pub fn was_left_by(&self, what: &str) -> bool {
        self.left
            .strip_prefix(LOCKED_BY)
            .and_then(|left| left.strip_prefix(what))
            .is_some_and(|rest| rest.starts_with(','))
    }

    /// Releases the folder and states that nothing unfinished is left in it.
    pub fn done(mut self) {
        self.left.clear();
    }

    /// Refuses to replace a file of that name in the folder unless it is of this program, that is,
    /// has `mark` near its beginning.
    ///
    /// # Errors
    /// If it is of another program, no regular file, or unreadable.
    pub fn refuse_foreign(&self, name: &str, mark: &str) -> Result<()> {
        let path = self.folder.join(name);
        match is_marked(&path, mark)? {
            Some(false) => Err(foreign(&path)),
            _ => Ok(()),
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if self.left.is_empty() {
            let _ = std::fs::remove_file(self.folder.join(LOCK));
            remove_folders(&self.made);
        } else {
            let left = std::mem::take(&mut self.left) + "\n";
            let _ = self.write(&left);
        }
    }
}

/// Whether a file has `mark` near its beginning; `None` if there is no file. An empty file counts
/// as marked.
///
/// # Errors
/// If it cannot be read.
pub fn is_marked(path: &Path, mark: &str) -> Result<Option<bool>> {
    const BEGINNING: u64 = 4096;
    let fail = |e: std::io::Error| Error::caused_by(path, "cannot read", e);
    match std::fs::symlink_metadata(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(fail(e)),
        Ok(about) if !about.is_file() => return Ok(Some(false)),
        Ok(_) => {}
    }
    let mut start = Vec::new();
    File::open(path).and_then(|file| file.take(BEGINNING).read_to_end(&mut start)).map_err(fail)?;
    Ok(Some(start.is_empty() || start.windows(mark.len()).any(|window| window == mark.as_bytes())))
}

/// The error of a file of another program that would be replaced.
pub fn foreign(path: &Path) -> Error {
    Error::file(path, "is not a file of this program and would be replaced")
        .with_hint("move it away or choose another place")
}

/// Refuses to replace a file that a user named unless an earlier command of this program wrote it,
/// that is, it has `mark` near its beginning. Links are followed; what is no regular file is left to
/// [`write_output`](super::write_output).
///
/// # Errors
/// If it is of another program or another kind, or unreadable.
pub fn refuse_foreign(path: &Path, mark: &str) -> Result<()> {
    let Ok(end) = path.canonicalize() else { return Ok(()) };
    let regular = std::fs::metadata(&end).is_ok_and(|about| about.is_file());
    match regular && !is_stdout(path) && is_marked(&end, mark)? == Some(false) {
        true => Err(Error::file(path, "is no earlier output of this command and would be replaced")
            .with_hint("choose another name, or replace it by --force")),
        false => Ok(()),
    }
}

fn not_a_lock(path: &Path) -> Error {
    Error::file(path, "is not a lock of this program").with_hint("move it away or choose another folder")
}

/// Content of a lock file.
fn owner(lock: &mut File) -> String {
    const LONGEST: u64 = 200;
    let mut text = Vec::new();
    let _ = lock.rewind().and_then(|()| lock.take(LONGEST).read_to_end(&mut text));
    String::from_utf8_lossy(&text).trim_end().to_owned()
}

fn held(folder: &Path, lock: &mut File) -> Error {
    // The holder writes its name right after it has taken the lock.
    let said = (0..100).find_map(|_| {
        let text = owner(lock);
        if text.is_empty() {
            std::thread::sleep(Duration::from_millis(1));
        }
        Some(text).filter(|text| !text.is_empty())
    });
    let owner = said.as_deref().unwrap_or("another process");
    Error::file(folder, format!("is in use by {owner}")).with_hint("wait for its end or choose another folder")
}
