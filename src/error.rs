//! One error type for the library. Each variant says what was wrong and where; [`Error::hint`] says what to do.

use std::path::{Path, PathBuf};

/// `Result` with this crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// A number for a message: as usual, or with a power of ten where that would take a line of digits.
pub(crate) fn short(value: f64) -> String {
    match value == 0.0 || !value.is_finite() || (1e-7..1e16).contains(&value.abs()) {
        true => value.to_string(),
        false => format!("{value:e}"),
    }
}

/// What can be wrong with what a user gave us. The binary prints it and exits with code 2.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder is missing, unreadable, unwritable or not what it should be.
    #[error("{}: {problem}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// What to do about it, if we know.
        hint: Option<String>,
    },
    /// A text file is wrong at a known place.
    #[error("{}:{line}:{column}: {problem}", path.display())]
    Text {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong there.
        problem: String,
    },
    /// Two shapes that must agree do not.
    #[error("{what}: expected shape {expected:?}, found {found:?}")]
    Shape {
        /// The tensor, field or file.
        what: String,
        /// The shape that is needed.
        expected: Vec<usize>,
        /// The shape that was found.
        found: Vec<usize>,
    },
    /// A value is out of its domain.
    #[error("{what}: {problem}")]
    Value {
        /// The field or quantity.
        what: String,
        /// What is wrong with it.
        problem: String,
        /// What to do about it, if we know.
        hint: Option<String>,
    },
}

impl Error {
    /// A [`Error::File`] without hint.
    pub fn file(path: impl AsRef<Path>, problem: impl ToString) -> Self {
        Error::File { path: path.as_ref().to_path_buf(), problem: problem.to_string(), hint: None }
    }

    /// A [`Error::Value`] without hint.
    pub fn value(what: impl ToString, problem: impl ToString) -> Self {
        Error::Value { what: what.to_string(), problem: problem.to_string(), hint: None }
    }

    /// The same error with advice for the user.
    pub fn with_hint(mut self, advice: impl ToString) -> Self {
        if let Error::File { hint, .. } | Error::Value { hint, .. } = &mut self {
            *hint = Some(advice.to_string());
        }
        self
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Error::File { hint, .. } | Error::Value { hint, .. } => hint.as_deref(),
            Error::Text { .. } | Error::Shape { .. } => None,
        }
    }
}
