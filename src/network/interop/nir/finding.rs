//! What is noticed about a graph.

use crate::error::Error;
use serde::Serialize;
use std::fmt;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The graph cannot be used so.
    Error,
    /// The graph may mean something else than was thought.
    Warning,
    /// Good to know.
    Note,
}

/// Something noticed about a graph or one of its nodes. `Display` writes it as a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// The node, by names from the outermost graph to the inner ones with `/` between them; none
    /// for the whole graph.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// What was noticed, and what to do.
    pub text: String,
}

impl Finding {
    pub(super) fn new(severity: Severity, node: &str, text: impl Into<String>) -> Finding {
        Finding { severity, node: Some(node.to_owned()), text: text.into() }
    }

    pub(super) fn of_graph(severity: Severity, text: impl Into<String>) -> Finding {
        Finding { severity, node: None, text: text.into() }
    }
}

/// An error about a node.
pub(super) fn wrong(node: &str, problem: impl fmt::Display) -> Error {
    Error::value(format!("node '{node}'"), problem)
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.node {
            Some(node) => write!(f, "{}: node '{node}': {}", self.severity, self.text),
            None => write!(f, "{}: {}", self.severity, self.text),
        }
    }
}
