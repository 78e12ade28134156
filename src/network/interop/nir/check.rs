//! Everything that is wrong with a graph by itself.

use super::finding::{Finding, Severity};
use super::graph::{Graph, NodeKind};
use super::shapes::infer;

/// What is wrong with a graph, whoever runs it: edges, shapes, values.
pub fn check(graph: &Graph) -> Vec<Finding> {
    let mut findings = infer(graph).findings;
    if graph.nodes.is_empty() {
        findings.push(Finding::of_graph(Severity::Error, "it has no nodes"));
    }
    let has = |is: fn(&NodeKind) -> bool| graph.nodes.values().any(|node| is(&node.kind));
    if !has(|kind| matches!(kind, NodeKind::Input(_))) {
        findings.push(Finding::of_graph(Severity::Warning, "it has no Input node: nothing enters it"));
    }
    if !has(|kind| matches!(kind, NodeKind::Output(_))) {
        findings.push(Finding::of_graph(Severity::Warning, "it has no Output node: nothing leaves it"));
    }
    for (path, node) in graph.all_nodes() {
        for (name, array) in node.kind.arrays() {
            if let Some(place) = array.iter().position(|value| !value.is_finite()) {
                let text = format!("{name} is {} at place {place}: expected finite numbers", array.at(place));
                findings.push(Finding::new(Severity::Error, &path, text));
            } else if let Some(place) = wrong_time(name, array.iter()) {
                let text = format!("{name} is {} at place {place}: expected times above 0", array.at(place));
                findings.push(Finding::new(Severity::Error, &path, text));
            }
        }
    }
    findings.sort_by_key(|finding| finding.severity);
    findings
}

/// The place of a time that cannot be.
fn wrong_time(name: &str, mut values: impl Iterator<Item = f64>) -> Option<usize> {
    match name {
        "tau" | "tau_mem" | "tau_syn" => values.position(|value| value <= 0.0),
        "delay" => values.position(|value| value < 0.0),
        _ => None,
    }
}
