//! Strongly connected components of populations and sources.

use super::parts::NetworkParts;
use super::projection::Origin;
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

/// Populations that reach each other, or a single population or source.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// In the order of the network, populations first.
    pub members: Vec<Origin>,
    /// Whether spikes can come back: more than one member, or a projection onto itself.
    pub recurrent: bool,
}

/// Populations, then sources as nodes, some of the projections (by index) as edges.
pub(super) fn digraph(parts: &NetworkParts, projections: impl Iterator<Item = usize>) -> DiGraph<Origin, usize> {
    let mut graph = DiGraph::new();
    for n in 0..parts.populations.len() {
        graph.add_node(Origin::Population(n));
    }
    for n in 0..parts.sources.len() {
        graph.add_node(Origin::Source(n));
    }
    for n in projections {
        let projection = &parts.projections[n];
        graph.add_edge(node(parts, projection.from), node(parts, Origin::Population(projection.to)), n);
    }
    graph
}

/// The node of a population or source in [`digraph`].
pub(super) fn node(parts: &NetworkParts, origin: Origin) -> NodeIndex {
    match origin {
        Origin::Population(n) => NodeIndex::new(n),
        Origin::Source(n) => NodeIndex::new(parts.populations.len() + n),
    }
}

/// The components in topological order: what feeds a component stands before it.
pub(super) fn components(graph: &DiGraph<Origin, usize>) -> Vec<Component> {
    // Kosaraju's algorithm does not recurse: a chain of a million populations needs no deep stack.
    let mut found = kosaraju_scc(graph);
    found.reverse();
    found
        .into_iter()
        .map(|mut nodes| {
            nodes.sort_unstable();
            let recurrent = nodes.len() > 1 || graph.contains_edge(nodes[0], nodes[0]);
            Component { members: nodes.into_iter().map(|node| graph[node]).collect(), recurrent }
        })
        .collect()
}
