//! Writing files so that nobody ever sees half of one, reading whole ones, whose a folder is, and which files a file may name.

use crate::error::{Error, Result};
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::cell::RefCell;
use std::fs::{File, Metadata, TryLockError};
use std::io::{BufWriter, ErrorKind, Read, Seek, Write};
use std::ops::Range;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;
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
        make_folder(folder).map_err(|e| Error::file(folder, format!("cannot create this folder: {e}")))?;
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
            let (file, temporary) = new.map_err(|e| Error::file(path, format!("cannot write: {e}")))?.into_parts();
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
    pub fn error(&self, e: impl std::fmt::Display) -> Error {
        Error::file(&self.path, format!("cannot write: {e}"))
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
        renamed.map_err(|e| Error::file(path, format!("cannot write: {}", e.error)))
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

/// The folder that a file is in.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes a folder with those above it; which of them were not there.
fn make_folder(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    if folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut made = make_folder(folder_of(folder))?;
    match std::fs::create_dir(folder) {
        Err(e) if e.kind() == ErrorKind::AlreadyExists && folder.is_dir() => {}
        Err(e) => {
            remove_folders(&made);
            return Err(match e.kind() {
                ErrorKind::AlreadyExists => std::io::Error::new(e.kind(), "is a file, not a folder"),
                _ => e,
            });
        }
        Ok(()) => made.push(folder.to_path_buf()),
    }
    Ok(made)
}

/// Removes folders, the last first, as far as they are empty.
fn remove_folders(made: &[PathBuf]) {
    for folder in made.iter().rev() {
        let _ = std::fs::remove_dir(folder);
    }
}

/// Waits until the disk has the names in a folder.
fn sync_folder(folder: &Path) -> Result<()> {
    // What cannot be opened or synced as a file is, on some systems, any folder.
    match File::open(folder).map(|folder| folder.sync_all()) {
        Ok(Err(e)) if !matches!(e.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => {
            Err(Error::file(folder, format!("cannot write: {e}")))
        }
        _ => Ok(()),
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
        Err(e) if e.kind() != ErrorKind::NotFound => Err(Error::file(path, format!("cannot remove: {e}"))),
        _ => Ok(()),
    }
}

/// Writes a file that a user named: whole or not at all; of a symbolic link, the file that it leads to; into a device or FIFO, which stays
/// what it is.
///
/// # Errors
/// If it is a folder, a file in which results are kept, or cannot be written.
pub fn write_output(path: &Path, bytes: &[u8]) -> Result<()> {
    const MOST_LINKS: usize = 40;
    let fail = |problem: &dyn std::fmt::Display| Error::file(path, format!("cannot write: {problem}"));
    let mut end = path.to_path_buf();
    for _ in 0..MOST_LINKS {
        let folder = folder_of(&end).to_path_buf();
        // What stands in /proc are open files of processes, whatever their kind.
        let open_file = folder.canonicalize().is_ok_and(|real| real.starts_with("/proc"));
        match std::fs::symlink_metadata(&end) {
            Ok(about) if about.is_symlink() && !open_file => {
                end = folder.join(std::fs::read_link(&end).map_err(|e| fail(&e))?);
            }
            Ok(about) if about.is_dir() => return Err(fail(&"is a folder")),
            Ok(about) if open_file || !about.is_file() => {
                let written = match is_stdout(&end) {
                    true => std::io::stdout().lock().write_all(bytes),
                    false => File::options().write(true).open(&end).and_then(|mut file| file.write_all(bytes)),
                };
                return written.map_err(|e| fail(&e));
            }
            Ok(_) if is_binary(&end).map_err(|e| fail(&e))? => {
                return Err(fail(&"is a recording, weights or another file that this command does not write")
                    .with_hint("choose another output"));
            }
            _ => return write_atomic(&end, |file| file.write_all(bytes)),
        }
    }
    Err(fail(&"too many symbolic links"))
}

/// Whether a file is one in which results are kept: HDF5, an archive of arrays, an array, or tensors behind the length of their header.
fn is_binary(path: &Path) -> std::io::Result<bool> {
    const TENSORS: Range<usize> = 8..10;
    let mut start = Vec::new();
    File::open(path)?.take(TENSORS.end as u64).read_to_end(&mut start)?;
    let signatures: [&[u8]; 3] = [b"\x89HDF\r\n\x1a\n", b"PK\x03\x04", b"\x93NUMPY"];
    let tensors = start.get(TENSORS).is_some_and(|header| header == b"{\"");
    Ok(tensors || signatures.iter().any(|signature| start.starts_with(signature)))
}

/// Whether a path is where standard output goes.
pub fn is_stdout(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        let out = std::io::stdout().as_fd().try_clone_to_owned().and_then(|out| File::from(out).metadata());
        out.is_ok_and(|out| std::fs::metadata(path).is_ok_and(|file| same(&out, &file) == Some(true)))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

/// Whether two descriptions are of one file, whatever its names are; none where the system does not tell. To open both and see would
/// wait at a FIFO.
fn same(a: &Metadata, b: &Metadata) -> Option<bool> {
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

/// Whether two paths lead to one file that is there.
fn is_same_file(a: &Path, b: &Path) -> bool {
    let (Ok(of_a), Ok(of_b)) = (std::fs::metadata(a), std::fs::metadata(b)) else { return false };
    same(&of_a, &of_b).unwrap_or_else(|| a.canonicalize().ok() == b.canonicalize().ok())
}

/// Refuses to write `path` if it is one of the `inputs`, or in one that is a folder, by whatever name.
///
/// # Errors
/// If it is.
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

/// A folder that belongs to this process until this is dropped: no other one of this program that asks for it gets it. The file that
/// says so is removed then. One that a killed process left binds nobody, since the system took its lock away; it stays until somebody
/// is [`done`](Hold::done) in that folder.
#[derive(Debug)]
pub struct Hold {
    folder: PathBuf,
    made: Vec<PathBuf>,
    /// What a killed process left in the lock.
    left: String,
    lock: File,
}

/// Name of the file that says whose a folder is.
pub const LOCK: &str = ".spikefuse.lock";
/// How it begins.
const LOCKED_BY: &str = "spikefuse ";

impl Hold {
    /// Takes a folder, which is made if need be, for `what`.
    ///
    /// # Errors
    /// If it cannot be written, or another process has it.
    pub fn new(folder: &Path, what: &str) -> Result<Hold> {
        const TRIES: usize = 100;
        let fail = |e: std::io::Error| Error::file(folder, format!("cannot write here: {e}"));
        let path = folder.join(LOCK);
        let mut made = Vec::new();
        for _ in 0..TRIES {
            made.extend(make_folder(folder).map_err(fail)?);
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
                // Whoever had the folder has removed the file, or folder and file.
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
            // Who had it before may have removed it in the meantime.
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
        Err(Error::file(folder, "is taken and given back all the time by other processes"))
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

    /// Gives the folder back, in which nothing unfinished is left.
    pub fn done(mut self) {
        self.left.clear();
    }

    /// Refuses a file of that name in the folder, which is to be replaced, if it is not this program's: if it does not have `mark` near
    /// its beginning.
    ///
    /// # Errors
    /// If it is another's, no file, or cannot be read.
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

/// Whether a file has `mark` near its beginning; none if there is no file. An empty one has any.
///
/// # Errors
/// If it is no file or cannot be read.
pub fn is_marked(path: &Path, mark: &str) -> Result<Option<bool>> {
    const BEGINNING: u64 = 4096;
    let fail = |e: std::io::Error| Error::file(path, format!("cannot read: {e}"));
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

/// The error of a file that is not this program's and would be replaced.
pub fn foreign(path: &Path) -> Error {
    Error::file(path, "is not a file of this program and would be replaced")
        .with_hint("move it away or choose another folder")
}

fn not_a_lock(path: &Path) -> Error {
    Error::file(path, "is not a lock of this program").with_hint("move it away or choose another folder")
}

/// What a lock says about its owner.
fn owner(lock: &mut File) -> String {
    const LONGEST: u64 = 200;
    let mut text = Vec::new();
    let _ = lock.rewind().and_then(|()| lock.take(LONGEST).read_to_end(&mut text));
    String::from_utf8_lossy(&text).trim_end().to_owned()
}

fn held(folder: &Path, lock: &mut File) -> Error {
    // It says so right after it has taken it.
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

/// The files that a file of unknown origin may name: those in its folder and below it, unless all are allowed.
#[derive(Debug)]
pub struct Reach {
    folder: PathBuf,
    anywhere: bool,
    named: RefCell<Vec<PathBuf>>,
}

impl Reach {
    /// From the folder of the file; `anywhere` allows all.
    pub fn new(folder: &Path, anywhere: bool) -> Reach {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        Reach { folder: folder.to_path_buf(), anywhere, named: RefCell::default() }
    }

    /// What a name, relative to the folder, leads to. It need not be there.
    ///
    /// # Errors
    /// If it leads out of the folder, by itself or by symbolic links, or to a device or FIFO.
    pub fn path(&self, name: &Path) -> std::result::Result<PathBuf, String> {
        let path = self.folder.join(name);
        let out =
            || Err("leads out of the folder of the file that names it, which only --files-anywhere allows".to_owned());
        if !self.anywhere {
            let root = self.folder.canonicalize().unwrap_or_else(|_| self.folder.clone());
            let leaves = |path: &Path| path.canonicalize().map(|real| !real.starts_with(&root));
            // Whether a file is there or not is not told of other folders.
            if leaves(&path).unwrap_or_else(|_| !is_below(&path, &self.folder)) {
                return out();
            }
            // The folder of a recording.
            let mut inner = std::fs::read_dir(&path).into_iter().flatten().flatten();
            if inner.any(|entry| leaves(&entry.path()).unwrap_or(false)) {
                return out();
            }
        }
        if std::fs::metadata(&path).is_ok_and(|about| !about.is_file() && !about.is_dir()) {
            return Err("is no regular file".into());
        }
        self.named.borrow_mut().push(path.clone());
        Ok(path)
    }

    /// All that was named.
    pub fn named(self) -> Vec<PathBuf> {
        self.named.into_inner()
    }
}

/// Whether a path begins with a folder and never leaves it again.
fn is_below(path: &Path, folder: &Path) -> bool {
    let (Ok(path), Ok(folder)) = (std::path::absolute(path), std::path::absolute(folder)) else { return false };
    let Ok(rest) = path.strip_prefix(folder) else { return false };
    let mut depth = 0_usize;
    rest.components().all(|component| match component {
        Component::CurDir => true,
        Component::Normal(_) => {
            depth += 1;
            true
        }
        Component::ParentDir => {
            let inside = depth > 0;
            depth = depth.saturating_sub(1);
            inside
        }
        _ => false,
    })
}

/// Text of a cell as a spreadsheet takes it for text: what would be a formula gets an apostrophe. Numbers stay as they are.
pub fn cell_text(text: &str) -> Cow<'_, str> {
    let formula = text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    match formula && text.parse::<f64>().is_err() {
        true => Cow::Owned(format!("'{text}")),
        false => Cow::Borrowed(text),
    }
}

/// What is wrong with a table, and in which line.
pub(crate) fn table_problem(e: &csv::Error) -> (usize, String) {
    let line = e.position().map_or(1, csv::Position::line) as usize;
    let problem = match e.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} cells, the rows before have {expected_len}")
        }
        _ => e.to_string(),
    };
    (line, problem)
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

/// A value as an indented JSON document with a newline at its end.
///
/// # Errors
/// If the value has no JSON form.
pub fn json_text(value: &impl serde::Serialize) -> Result<String> {
    let text = serde_json::to_string_pretty(value).map_err(|e| Error::value("report", e))?;
    Ok(text + "\n")
}

/// Rows of fields as CSV, in which no text is a formula: see [`cell_text`].
///
/// # Errors
/// If rows differ in length.
pub fn csv_text(rows: impl IntoIterator<Item = Vec<String>>) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        let fields = row.iter().map(|field| cell_text(field).into_owned());
        writer.write_record(fields).map_err(|e| Error::value("csv", e))?;
    }
    writer.into_inner().map_err(|e| Error::value("csv", e))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_partial_file_is_never_anybody_elses() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let leftover = folder.path().join(".a.AbCd1234.partial");
        for other in [".a.AbCd1234.parti", ".a.short.partial", ".b.AbCd1234.partial", "a.partial"] {
            std::fs::write(folder.path().join(other), "mine").unwrap();
        }
        std::fs::write(&leftover, "half").unwrap();
        let before = names(folder.path()).len();
        // Two at a time, each with a name of its own; only what nobody writes any more goes.
        let first = Partial::new(&path).unwrap();
        assert!(!leftover.exists());
        let second = Partial::new(&path).unwrap();
        assert_eq!(names(folder.path()).len(), before + 1);
        for (partial, text) in [(first, "1"), (second, "2")] {
            let mut file = partial.create().unwrap();
            file.write_all(text.as_bytes()).and_then(|()| sync(file)).unwrap();
            partial.appear().unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
        drop(Partial::new(&path).unwrap());
        assert_eq!(names(folder.path()).len(), before);
    }

    #[test]
    fn files_that_belong_together_come_together() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("old"), "old").unwrap();
        std::fs::create_dir(at("b")).unwrap();
        let files: [(PathBuf, &[u8]); 2] = [(at("a"), b"1"), (at("b"), b"2")];
        assert!(write_together(&files, &[at("old")]).is_err());
        assert_eq!(names(folder.path()), ["b", "old"]);
        std::fs::remove_dir(at("b")).unwrap();
        write_together(&files, &[at("old"), at("never")]).unwrap();
        assert_eq!(names(folder.path()), ["a", "b"]);
    }

    #[test]
    fn what_is_replaced_keeps_its_rights_and_results_are_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.svg");
        write_output(&path, b"<svg").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
            write_output(&path, b"<svg/>").unwrap();
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        }
        let tensors = [&8_u64.to_le_bytes()[..], b"{\"a\":{}}"].concat();
        for results in [&b"\x89HDF\r\n\x1a\n"[..], b"PK\x03\x04", b"\x93NUMPY\x01\0", &tensors] {
            std::fs::write(&path, results).unwrap();
            let error = write_output(&path, b"<svg/>").unwrap_err().to_string();
            assert!(error.contains("a.svg: cannot write: is a recording, weights or"), "{error}");
            assert_eq!(std::fs::read(&path).unwrap(), results);
        }
        let error = Hold::new(&path, "simulate").unwrap_err().to_string();
        assert!(error.ends_with("cannot write here: is a file, not a folder"), "{error}");
        let error = Partial::new(&path.join("b")).unwrap_err().to_string();
        assert!(error.contains("is a file, not a folder"), "{error}");
    }

    #[test]
    fn a_folder_is_held_by_one() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("x/y");
        let hold = Hold::new(&folder, "simulate").unwrap();
        let error = Hold::new(&folder, "train").unwrap_err();
        let owner = format!("is in use by spikefuse simulate, process {}", std::process::id());
        assert!(error.to_string().ends_with(&owner), "{error}");
        drop(hold);
        assert!(names(root.path()).is_empty(), "folders that were made for it are gone");
        // What a killed process left is known until somebody is done there.
        std::fs::create_dir_all(&folder).unwrap();
        let lock = folder.join(LOCK);
        let left = "spikefuse simulate, process 1\n";
        std::fs::write(&lock, left).unwrap();
        for _ in 0..2 {
            let hold = Hold::new(&folder, "train").unwrap();
            assert!(hold.was_left_by("simulate") && !hold.was_left_by("train") && !hold.was_left_by("sim"));
            drop(hold);
            assert_eq!(std::fs::read_to_string(&lock).unwrap(), left);
        }
        Hold::new(&folder, "simulate").unwrap().done();
        assert!(names(&folder).is_empty());
        for _ in 0..3 {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    let folder = folder.clone();
                    std::thread::spawn(move || Hold::new(&folder, "simulate").map(Hold::done).is_ok())
                })
                .collect();
            assert!(threads.into_iter().any(|thread| thread.join().unwrap()));
            assert!(names(&folder).is_empty());
        }
    }

    #[test]
    fn text_of_a_cell_is_no_formula() {
        for (text, cell) in [
            ("=1", "'=1"),
            ("+a", "'+a"),
            ("-a", "'-a"),
            ("@a", "'@a"),
            ("\ta", "'\ta"),
            ("\ra", "'\ra"),
            ("'=1", "''=1"),
            ("-1.5e-3", "-1.5e-3"),
            ("+7", "+7"),
            ("a=1", "a=1"),
            ("'a", "'a"),
            ("", ""),
        ] {
            assert_eq!(cell_text(text), cell);
        }
    }
}
