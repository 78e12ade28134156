//! Reading whole text files.

use crate::error::{Error, Result};
use serde::de::DeserializeOwned;
use std::path::Path;

/// The name of standard input in messages.
pub const STDIN: &str = "standard input";

/// Reads a whole text file, without the byte order mark that editors on Windows put before it.
pub fn read_text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map(without_mark).map_err(|e| Error::caused_by(path, "cannot read", e))
}

/// Reads standard input to its end, as [`read_text`] reads a file.
pub fn read_stdin() -> Result<String> {
    let text = std::io::read_to_string(std::io::stdin().lock()).map(without_mark);
    text.map_err(|e| Error::caused_by(STDIN, "cannot read", e))
}

fn without_mark(mut text: String) -> String {
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    text
}

/// The extension of a path in lower case: cameras and Windows write `.BS2` as well.
pub fn ending(path: &Path) -> String {
    path.extension().map_or(String::new(), |ending| ending.to_string_lossy().to_ascii_lowercase())
}

/// Reads a JSON file.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    parse_json(path, &read_text(path)?)
}

/// Parses the text of a JSON file that is, or would be, at `path`.
pub fn parse_json<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|e| {
        let said = e.to_string();
        // The place stands in front of the message already.
        let said = said.split(" at line ").next().unwrap_or_default();
        let problem = if e.is_data() { said.to_owned() } else { format!("not valid JSON: {said}") };
        Error::text(path, e.line(), e.column(), problem)
    })
}

/// A value as an indented JSON document with a newline at its end.
///
/// # Errors
/// If the value has no JSON form.
pub fn json_text(value: &impl serde::Serialize) -> Result<String> {
    let text = serde_json::to_string_pretty(value).map_err(|e| Error::value("report", e))?;
    Ok(text + "\n")
}
