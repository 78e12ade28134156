//! Reports from their files.

use super::document::{Report, SCHEMA};
use super::save::REPORT;
use crate::base::files::{parse_json, read_text};
use crate::error::{Error, Result};
use crate::report::evaluation::{EVALUATION, EVALUATION_SCHEMA, EvaluationReport};
use crate::report::priced::report_in;
use crate::report::simulation::{SIMULATION_SCHEMA, SimulationReport};
use crate::simulator::REPORT as SIMULATION;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The report of a finished run.
pub enum Document {
    /// Of the hybrid model: `report.json`.
    Hybrid(Box<Report>),
    /// Of a network on labelled inputs: `evaluation.json`.
    Evaluation(Box<EvaluationReport>),
    /// Of a network: `simulation.json`.
    Simulation(Box<SimulationReport>),
}

impl Document {
    /// Reads the report of a run, given as its folder or as the file. Returns the file as well.
    ///
    /// # Errors
    /// If the file cannot be read, is no report, or is one of another version; if a folder holds
    /// none, or two.
    pub fn read(run: &Path) -> Result<(Document, PathBuf)> {
        let path = if run.is_dir() { report_in(run)? } else { run.to_path_buf() };
        let document = Document::parse(&path, &read_text(&path).map_err(|e| e.with_hint(HINT))?)?;
        Ok((document, path))
    }

    /// The report that is the text of a file which is, or would be, at `path`.
    ///
    /// # Errors
    /// If the text is no report, or one of another version.
    pub fn parse(path: &Path, text: &str) -> Result<Document> {
        let document: Value = parse_json(path, text)?;
        let schema = document.get("schema").and_then(Value::as_str).unwrap_or_default();
        if schema == SCHEMA {
            return Ok(Document::Hybrid(parse_json(path, text)?));
        }
        if schema == EVALUATION_SCHEMA {
            return Ok(Document::Evaluation(parse_json(path, text)?));
        }
        if schema == SIMULATION_SCHEMA {
            return Ok(Document::Simulation(parse_json(path, text)?));
        }
        let kind = |schema: &str| schema.split('/').next().unwrap_or_default().to_owned();
        for (known, advice) in [
            (SCHEMA, "run evaluate with --out again to write a new one"),
            (EVALUATION_SCHEMA, "run evaluate with --out again to write a new one"),
            (SIMULATION_SCHEMA, "simulate again"),
        ] {
            if kind(schema) == kind(known) {
                let problem = format!("schema: '{schema}', this program reads '{known}'");
                return Err(Error::file(path, problem).with_hint(advice));
            }
        }
        let problem =
            format!("not a report: its schema is none of '{SCHEMA}', '{EVALUATION_SCHEMA}', '{SIMULATION_SCHEMA}'");
        Err(Error::file(path, problem).with_hint(HINT))
    }

    /// The report of the hybrid model that this is, from the file `path`.
    ///
    /// # Errors
    /// If it is a report of another kind.
    pub fn hybrid(self, path: &Path) -> Result<Report> {
        match self {
            Document::Hybrid(report) => Ok(*report),
            other => Err(other.is_not(path, "the hybrid model")),
        }
    }

    /// The report of an evaluation of a network that this is, from the file `path`.
    ///
    /// # Errors
    /// If it is a report of another kind.
    pub fn evaluation(self, path: &Path) -> Result<EvaluationReport> {
        match self {
            Document::Evaluation(report) => Ok(*report),
            other => Err(other.is_not(path, "an evaluation of a network")),
        }
    }

    /// What it is of.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Document::Hybrid(_) => "the hybrid model",
            Document::Evaluation(_) => "an evaluation of a network",
            Document::Simulation(_) => "a simulation",
        }
    }

    fn is_not(&self, path: &Path, wanted: &str) -> Error {
        let error = Error::file(path, format!("is the report of {}, not of {wanted}", self.kind()));
        error.with_hint(match self {
            Document::Simulation(_) => {
                "give a folder that run --out or evaluate --out wrote; plot draws what a simulation recorded"
            }
            _ => "give runs of one kind",
        })
    }
}

const HINT: &str = "a run's folder is what run --out, evaluate --out or simulate --out wrote";

/// A short name for each of some runs: of a file of a folder's report the folder's, and the last
/// part of a path where no other run has the same.
pub fn run_names(runs: &[PathBuf]) -> Vec<String> {
    let folder = |run: &PathBuf| match [REPORT, EVALUATION, SIMULATION].iter().any(|name| run.ends_with(name)) {
        true => run.parent().filter(|folder| folder.file_name().is_some()).unwrap_or(run).to_path_buf(),
        false => run.clone(),
    };
    let folders: Vec<PathBuf> = runs.iter().map(folder).collect();
    let last = |folder: &PathBuf| folder.file_name().map(|name| name.to_string_lossy().into_owned());
    let names: Vec<Option<String>> = folders.iter().map(last).collect();
    let alone = |name: &Option<String>| names.iter().filter(|other| *other == name).count() == 1;
    let name = |(folder, name): (&PathBuf, &Option<String>)| match name {
        Some(last) if alone(name) => last.clone(),
        _ => folder.display().to_string(),
    };
    folders.iter().zip(&names).map(name).collect()
}

impl Report {
    /// Reads the report of a run of the hybrid model, given as its folder or as the file.
    ///
    /// # Errors
    /// As [`Document::read`], and if it is the report of a simulation.
    pub fn read(run: &Path) -> Result<Report> {
        let (document, path) = Document::read(run)?;
        document.hybrid(&path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_have_short_names_that_tell_them_apart() {
        let names = |runs: &[&str]| run_names(&runs.iter().map(PathBuf::from).collect::<Vec<_>>());
        assert_eq!(names(&["a/b/demo/", "other/report.json", "x.json"]), ["demo", "other", "x.json"]);
        assert_eq!(names(&["one/demo", "two/demo/report.json", "c/sim"]), ["one/demo", "two/demo", "sim"]);
        assert_eq!(names(&["report.json", ".", ".."]), ["report.json", ".", ".."]);
    }
}
