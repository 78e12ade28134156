//! What a file consists of.

use super::array::{Array, Numbers};
use super::graph::{Graph, Metadata, NodeKind, Value};
use super::read::NirFile;
use super::shapes::infer;
use crate::base::text::{counted, grouped};
use serde::Serialize;
use std::fmt;

/// What a file consists of. `Display` shows it as a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Info {
    /// The version of the Python package that wrote it, if it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The nodes, those of inner graphs behind the graph that they are in.
    pub nodes: Vec<NodeInfo>,
    /// Pairs of paths of nodes.
    pub edges: Vec<[String; 2]>,
    /// Number of values of all arrays.
    pub parameters: u64,
    /// Metadata, each with the path of its node in front and its value as text.
    pub metadata: Vec<[String; 2]>,
    /// What was not read.
    pub unread: Vec<String>,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NodeInfo {
    /// Its path: names with `/` between them.
    pub name: String,
    /// Its type in the file.
    #[serde(rename = "type")]
    pub type_name: &'static str,
    /// Shape of what it takes, if that can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Vec<usize>>,
    /// Shape of what it gives, if that can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Vec<usize>>,
    /// Its arrays.
    pub parameters: Vec<ParameterInfo>,
}

/// An array of a node.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ParameterInfo {
    /// Its name in the file.
    pub name: &'static str,
    /// `f32`, `f64` or `i64`.
    #[serde(rename = "type")]
    pub type_name: &'static str,
    /// Its shape.
    pub shape: Vec<usize>,
    /// The smallest and the largest value, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<[f64; 2]>,
    #[serde(skip)]
    text: String,
}

impl ParameterInfo {
    fn new(name: &'static str, array: &Array) -> ParameterInfo {
        let type_name = match array.numbers() {
            Numbers::F32(_) => "f32",
            Numbers::F64(_) => "f64",
            Numbers::I64(_) => "i64",
        };
        ParameterInfo { name, type_name, shape: array.shape().to_vec(), range: array.range(), text: array.text() }
    }
}

impl Info {
    /// What `file` consists of.
    pub fn new(file: &NirFile) -> Info {
        let shapes = infer(&file.graph);
        let mut nodes = Vec::new();
        let mut metadata = Vec::new();
        let mut parameters = 0;
        tables(&file.graph.metadata, "", &mut metadata);
        for (name, node) in file.graph.all_nodes() {
            let arrays = node.kind.arrays();
            parameters += arrays.iter().map(|(_, array)| array.len() as u64).sum::<u64>();
            tables(&node.metadata, &format!("{name}/"), &mut metadata);
            if let NodeKind::Graph(inner) = &node.kind {
                tables(&inner.metadata, &format!("{name}/"), &mut metadata);
            }
            let shape = shapes.nodes.get(&name);
            nodes.push(NodeInfo {
                type_name: node.kind.type_name(),
                input: shape.map(|shape| shape.input.clone()),
                output: shape.map(|shape| shape.output.clone()),
                parameters: arrays.into_iter().map(|(name, array)| ParameterInfo::new(name, array)).collect(),
                name,
            });
        }
        let mut edges = Vec::new();
        all_edges(&file.graph, "", &mut edges);
        Info { version: file.version.clone(), nodes, edges, parameters, metadata, unread: file.unread.clone() }
    }
}

fn all_edges(graph: &Graph, above: &str, all: &mut Vec<[String; 2]>) {
    all.extend(graph.edges.iter().map(|(from, to)| [format!("{above}{from}"), format!("{above}{to}")]));
    for (name, node) in &graph.nodes {
        if let NodeKind::Graph(inner) = &node.kind {
            all_edges(inner, &format!("{above}{name}/"), all);
        }
    }
}

fn tables(metadata: &Metadata, above: &str, all: &mut Vec<[String; 2]>) {
    for (name, value) in metadata {
        let path = format!("{above}{name}");
        match value {
            Value::Text(text) => all.push([path, text.clone()]),
            Value::Array(array) => all.push([path, array.text()]),
            Value::Table(table) => tables(table, &format!("{path}/"), all),
        }
    }
}

impl fmt::Display for Info {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = self.version.as_ref().map_or("no version".to_owned(), |version| format!("nir {version}"));
        let [nodes, edges] =
            [(self.nodes.len(), "node"), (self.edges.len(), "edge")].map(|(count, what)| counted(count as u64, what));
        writeln!(f, "{version}: {nodes}, {edges}, {} values of parameters", grouped(self.parameters))?;
        let shape = |shape: &Option<Vec<usize>>| shape.as_ref().map_or("?".to_owned(), |shape| format!("{shape:?}"));
        let width = self.nodes.iter().map(|node| node.name.chars().count()).max().unwrap_or(0);
        writeln!(f, "\nnodes")?;
        for node in &self.nodes {
            let NodeInfo { name, type_name, input, output, parameters } = node;
            writeln!(f, "  {name:<width$}  {type_name:<10} {} -> {}", shape(input), shape(output))?;
            for ParameterInfo { name, type_name, shape, text, .. } in parameters {
                writeln!(f, "  {:<width$}    {name:<11} {type_name} {shape:?}: {text}", "")?;
            }
        }
        writeln!(f, "\nedges")?;
        for [from, to] in &self.edges {
            writeln!(f, "  {from} -> {to}")?;
        }
        for [path, value] in &self.metadata {
            writeln!(f, "metadata {path}: {value}")?;
        }
        for unread in &self.unread {
            writeln!(f, "not read: {unread}")?;
        }
        Ok(())
    }
}
