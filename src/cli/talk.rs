//! What is said on stderr beside errors and bars: as much as was asked for.

use std::fmt::Display;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};

const QUIET: u8 = 0;
const USUAL: u8 = 1;
const VERBOSE: u8 = 2;

/// How much is said.
static LEVEL: AtomicU8 = AtomicU8::new(USUAL);

/// Sets how much is said from now on.
pub fn set(quiet: bool, verbose: bool) {
    let level = match (quiet, verbose) {
        (true, _) => QUIET,
        (_, true) => VERBOSE,
        _ => USUAL,
    };
    LEVEL.store(level, Ordering::Relaxed);
}

/// Whether only errors are told.
pub fn is_quiet() -> bool {
    LEVEL.load(Ordering::Relaxed) == QUIET
}

/// Says a line, whatever was asked for.
pub fn line(text: impl Display) {
    // Where nobody can be told, nothing else can be done.
    let _ = writeln!(std::io::stderr().lock(), "{}", super::shown(&text.to_string()));
}

/// Says a line unless `--quiet` was given.
pub fn note(text: impl Display) {
    if !is_quiet() {
        line(text);
    }
}

/// Warns of something unless `--quiet` was given.
pub fn warn(text: impl Display) {
    note(format_args!("warning: {text}"));
}

/// Says a line if `--verbose` was given.
pub fn detail(text: impl Display) {
    if LEVEL.load(Ordering::Relaxed) == VERBOSE {
        line(text);
    }
}

/// Tells which file was read, if `--verbose` was given.
pub fn read(path: &Path) {
    detail(format_args!("read {}", path.display()));
}

/// Tells which file or folder was written, if `--verbose` was given.
pub fn wrote(path: &Path) {
    detail(format_args!("wrote {}", path.display()));
}
