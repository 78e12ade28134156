//! A graph without inner graphs.

use super::graph::{Graph, NodeKind};
use std::collections::{BTreeMap, BTreeSet};

/// All nodes of a graph and its inner graphs, with the edges between them. The Input and Output of
/// an inner graph pass on what they get.
pub(super) struct Flat<'a> {
    /// By path, without the inner graphs themselves.
    pub nodes: BTreeMap<String, &'a NodeKind>,
    /// Where the outputs of a node go, each once.
    pub targets: BTreeMap<String, BTreeSet<String>>,
}

impl<'a> Flat<'a> {
    /// Of a graph without errors ([`super::check`]), whose inner graphs have one Input and one
    /// Output each.
    pub fn new(graph: &'a Graph) -> Flat<'a> {
        let mut flat = Flat { nodes: BTreeMap::new(), targets: BTreeMap::new() };
        flat.add(graph, "");
        flat
    }

    fn add(&mut self, graph: &'a Graph, above: &str) {
        for (name, node) in &graph.nodes {
            match &node.kind {
                NodeKind::Graph(inner) => self.add(inner, &format!("{above}{name}/")),
                kind => drop(self.nodes.insert(format!("{above}{name}"), kind)),
            }
        }
        for (from, to) in &graph.edges {
            let from = end(graph, above, from, |kind| matches!(kind, NodeKind::Output(_)));
            let to = end(graph, above, to, |kind| matches!(kind, NodeKind::Input(_)));
            self.targets.entry(from).or_default().insert(to);
        }
    }
}

/// The node that an edge means: of an inner graph the one that `is` its end.
fn end(graph: &Graph, above: &str, name: &str, is: fn(&NodeKind) -> bool) -> String {
    let path = format!("{above}{name}");
    match graph.nodes.get(name).map(|node| &node.kind) {
        Some(NodeKind::Graph(inner)) => {
            let ends = inner.nodes.iter().filter(|(_, node)| is(&node.kind)).map(|(name, _)| name);
            ends.min().map_or(path.clone(), |port| end(inner, &format!("{path}/"), port, is))
        }
        _ => path,
    }
}
