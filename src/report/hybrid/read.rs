//! A report from its file.

use super::document::{Report, SCHEMA};
use super::save::REPORT;
use crate::base::files::{read_json, read_text};
use crate::error::{Error, Result};
use serde_json::Value;
use std::path::{Path, PathBuf};

impl Report {
    /// The file of a run: `report.json` in a folder, or the file itself.
    pub fn file(run: &Path) -> PathBuf {
        if run.is_dir() { run.join(REPORT) } else { run.to_path_buf() }
    }

    /// Reads the report of a run, given as its folder or as the file.
    ///
    /// # Errors
    /// If the file cannot be read, is no report, or is one of another version.
    pub fn read(run: &Path) -> Result<Report> {
        let path = Report::file(run);
        let hint = "a run's folder is what run --out or evaluate --out wrote";
        read_text(&path).map_err(|e| e.with_hint(hint))?;
        let document: Value = read_json(&path)?;
        let schema = document.get("schema").and_then(Value::as_str).unwrap_or_default();
        if schema == SCHEMA {
            return read_json(&path);
        }
        let name = |schema: &str| schema.split('/').next().unwrap_or_default().to_owned();
        if name(schema) == name(SCHEMA) {
            let problem = format!("schema: '{schema}', this program reads '{SCHEMA}'");
            return Err(Error::file(&path, problem).with_hint("run evaluate with --out again to write a new one"));
        }
        Err(Error::file(&path, format!("not a report: its schema is not '{SCHEMA}'")).with_hint(hint))
    }
}
