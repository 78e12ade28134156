//! One error type for the library. Each variant says what was wrong and where; [`Error::hint`] says
//! what to do.
//!
//! # Example
//! ```
//! use spikefuse::Error;
//! use spikefuse::energy::EnergyTable;
//!
//! let error = EnergyTable::find("45nm-fp23").unwrap_err();
//! assert!(error.to_string().contains("the nearest name is '45nm-fp32'"));
//! assert!(matches!(error, Error::Value { .. }) && error.hint().is_some());
//! // Errors of one's own, as of a recorder.
//! let full = Error::value("recorder", "no room for 3 spikes").with_hint("record fewer neurons");
//! assert_eq!(full.hint(), Some("record fewer neurons"));
//! ```

use std::path::{Path, PathBuf};

/// `Result` with this crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// An error that another one is about.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A number for a message: as usual, or with a power of ten where that would take a line of digits.
pub(crate) fn short(value: f64) -> String {
    if value == 0.0 || !value.is_finite() || (1e-7..1e16).contains(&value.abs()) {
        value.to_string()
    } else {
        format!("{value:e}")
    }
}

/// What can be wrong with what a user gave. The program prints it and exits with code 2.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder is missing, unreadable, unwritable or not what it should be.
    #[error("{}: {problem}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// What to do about it, where that is known.
        hint: Option<String>,
        /// The error of the system or of a library that `problem` quotes, if there was one.
        #[source]
        cause: Option<Cause>,
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
        /// What to do about it, where that is known.
        hint: Option<String>,
    },
}

impl Error {
    /// A [`Error::File`] without hint.
    pub fn file(path: impl AsRef<Path>, problem: impl ToString) -> Self {
        Error::File { path: path.as_ref().to_path_buf(), problem: problem.to_string(), hint: None, cause: None }
    }

    /// A [`Error::File`] without hint, for what failed because of `cause`: `cannot read: permission
    /// denied`.
    pub fn caused_by(path: impl AsRef<Path>, what: impl std::fmt::Display, cause: impl Into<Cause>) -> Self {
        let cause = cause.into();
        let (path, problem) = (path.as_ref().to_path_buf(), format!("{what}: {cause}"));
        Error::File { path, problem, hint: None, cause: Some(cause) }
    }

    /// A [`Error::Text`]; `line` and `column` count from 1.
    pub fn text(path: impl AsRef<Path>, line: usize, column: usize, problem: impl ToString) -> Self {
        Error::Text { path: path.as_ref().to_path_buf(), line, column, problem: problem.to_string() }
    }

    /// A [`Error::Value`] without hint.
    pub fn value(what: impl ToString, problem: impl ToString) -> Self {
        Error::Value { what: what.to_string(), problem: problem.to_string(), hint: None }
    }

    /// The same error with advice for the user. Only [`Error::File`] and [`Error::Value`] have room
    /// for it.
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error as _;
    use std::io;

    #[test]
    fn what_an_error_quotes_is_its_source() {
        let error = Error::caused_by("a", "cannot read", io::Error::from(io::ErrorKind::NotFound));
        assert_eq!(error.to_string(), "a: cannot read: entity not found");
        let source = error.source().and_then(|source| source.downcast_ref::<io::Error>());
        assert_eq!(source.map(io::Error::kind), Some(io::ErrorKind::NotFound));
        assert!(Error::file("a", "is empty").source().is_none());
    }
}
