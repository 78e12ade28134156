//! Files that a user named as the output of a command.

use super::folder::folder_of;
use super::identity::same;
use super::partial::write_atomic;
use crate::error::{Error, Result};
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::ops::Range;
use std::path::Path;

/// Writes a file that a user named, whole or not at all; `-` is standard output. A symbolic link is followed; a device or
/// FIFO is written into and stays.
///
/// # Errors
/// If the path is a folder or a binary file of results, or cannot be written.
pub fn write_output(path: &Path, bytes: &[u8]) -> Result<()> {
    if path == Path::new("-") {
        return match std::io::stdout().lock().write_all(bytes) {
            // A reader that went away, as `head` does, is no error.
            Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(Error::caused_by("standard output", "cannot write", e)),
            _ => Ok(()),
        };
    }
    const MOST_LINKS: usize = 40;
    let fail = |problem: &dyn std::fmt::Display| Error::file(path, format!("cannot write: {problem}"));
    let mut end = path.to_path_buf();
    for _ in 0..MOST_LINKS {
        let folder = folder_of(&end).to_path_buf();
        // Paths in /proc are open files of processes, whatever their kind.
        let open_file = folder.canonicalize().is_ok_and(|real| real.starts_with("/proc"));
        match std::fs::symlink_metadata(&end) {
            Ok(about) if about.is_symlink() && !open_file => {
                end = folder.join(std::fs::read_link(&end).map_err(|e| fail(&e))?);
            }
            Ok(about) if about.is_dir() => return Err(fail(&"is a folder")),
            Ok(about) if open_file || !about.is_file() => {
                let written = if is_stdout(&end) {
                    std::io::stdout().lock().write_all(bytes)
                } else {
                    File::options().write(true).open(&end).and_then(|mut file| file.write_all(bytes))
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

/// Whether a file holds binary results: HDF5, npz, npy or safetensors.
fn is_binary(path: &Path) -> std::io::Result<bool> {
    const TENSORS: Range<usize> = 8..10;
    let mut start = Vec::new();
    File::open(path)?.take(TENSORS.end as u64).read_to_end(&mut start)?;
    let signatures: [&[u8]; 3] = [b"\x89HDF\r\n\x1a\n", b"PK\x03\x04", b"\x93NUMPY"];
    let tensors = start.get(TENSORS).is_some_and(|header| header == b"{\"");
    Ok(tensors || signatures.iter().any(|signature| start.starts_with(signature)))
}

/// Whether a path is the target of standard output.
pub fn is_stdout(path: &Path) -> bool {
    if path == Path::new("-") {
        return true;
    }
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
