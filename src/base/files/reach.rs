//! Which files a file of unknown origin may name.

use std::cell::RefCell;
use std::path::{Component, Path, PathBuf};

/// The files that a file of unknown origin may name: those in and below its folder, unless all are
/// allowed.
#[derive(Debug)]
pub struct Reach {
    folder: PathBuf,
    anywhere: bool,
    named: RefCell<Vec<PathBuf>>,
}

impl Reach {
    /// The reach of a file in `folder`; `anywhere` allows all files.
    pub fn new(folder: &Path, anywhere: bool) -> Reach {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        Reach { folder: folder.to_path_buf(), anywhere, named: RefCell::default() }
    }

    /// The path that a name, relative to the folder, leads to. It need not exist.
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
            // The message is the same whether or not a file outside exists.
            if leaves(&path).unwrap_or_else(|_| !is_below(&path, &self.folder)) {
                return out();
            }
            // A folder, as of a recording, must not hold links that leave either.
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

    /// All paths that were named.
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
