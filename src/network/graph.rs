//! Populations and sources as a graph: what is recurrent, in which order the rest can be run, how long delays are.

use super::place::resolve;
use super::{EdgeCount, Emits, Network, Origin, Projection, Rule, Threshold};
use crate::spiking::Tick;
use petgraph::algo::{dijkstra, kosaraju_scc};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use std::fmt::Write;
use std::ops::Range;

/// Populations and sources as nodes, projections (by index) as edges.
#[derive(Debug, Clone)]
pub struct NetworkGraph<'a> {
    network: &'a Network,
    graph: DiGraph<Origin, usize>,
}

/// Populations that reach each other, or a single population or source.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// In the order of the network, populations first.
    pub members: Vec<Origin>,
    /// Whether spikes can come back: more than one member, or a projection onto itself.
    pub recurrent: bool,
}

/// Steps of the search for the shortest cycle; seconds.
const MOST_STEPS: usize = 10_000_000;

impl<'a> NetworkGraph<'a> {
    /// The graph of a network.
    pub fn new(network: &'a Network) -> Self {
        Self::with(network, 0..network.projections.len())
    }

    /// The graph of some of its projections.
    fn with(network: &'a Network, projections: impl Iterator<Item = usize>) -> Self {
        let mut graph = DiGraph::new();
        for n in 0..network.populations.len() {
            graph.add_node(Origin::Population(n));
        }
        for n in 0..network.sources.len() {
            graph.add_node(Origin::Source(n));
        }
        let mut made = NetworkGraph { network, graph };
        for n in projections {
            let projection = &network.projections[n];
            made.graph.add_edge(made.node(projection.from), made.node(Origin::Population(projection.to)), n);
        }
        made
    }

    fn node(&self, origin: Origin) -> NodeIndex {
        match origin {
            Origin::Population(n) => NodeIndex::new(n),
            Origin::Source(n) => NodeIndex::new(self.network.populations.len() + n),
        }
    }

    /// The strongly connected components in topological order: what feeds a component stands before it. A network is
    /// feed-forward if none is recurrent; the order is then one in which its populations can be run one after another.
    pub fn components(&self) -> Vec<Component> {
        // Kosaraju's algorithm does not recurse: a chain of a million populations needs no deep stack.
        let mut found = kosaraju_scc(&self.graph);
        found.reverse();
        found
            .into_iter()
            .map(|mut nodes| {
                nodes.sort_unstable();
                let recurrent = nodes.len() > 1 || self.graph.contains_edge(nodes[0], nodes[0]);
                let members = nodes.into_iter().map(|node| self.graph[node]).collect();
                Component { members, recurrent }
            })
            .collect()
    }

    /// The least sum of delays around a cycle inside a component, in ticks. None without a cycle, and where the search would
    /// take too long: members times projections above 10^7.
    pub fn shortest_cycle(&self, component: &Component) -> Option<u64> {
        if !component.recurrent || component.members.len().saturating_mul(self.graph.edge_count()) > MOST_STEPS {
            return None;
        }
        let ticks = |projection: usize| u64::from(self.network.projections[projection].shortest_delay());
        let mut shortest = None;
        for node in component.members.iter().map(|&origin| self.node(origin)) {
            // A path that leaves a component never returns to it, so the whole graph may be searched.
            let reached = dijkstra(&self.graph, node, None, |edge| ticks(*edge.weight()));
            for edge in self.graph.edges_directed(node, petgraph::Direction::Incoming) {
                if let Some(way) = reached.get(&edge.source()) {
                    let cycle = way + ticks(*edge.weight());
                    shortest = Some(shortest.map_or(cycle, |s: u64| s.min(cycle)));
                }
            }
        }
        shortest
    }

    /// Names of populations without a path from any source: they are driven by their own parameters only.
    pub fn unreached(&self) -> Vec<&'a str> {
        let mut reached = vec![false; self.graph.node_count()];
        let sources = (0..self.network.sources.len()).map(|n| self.node(Origin::Source(n)));
        let mut open: Vec<NodeIndex> = sources.collect();
        while let Some(node) = open.pop() {
            if !std::mem::replace(&mut reached[node.index()], true) {
                open.extend(self.graph.neighbors(node));
            }
        }
        let populations = self.network.populations.iter().zip(reached);
        populations.filter(|(_, reached)| !reached).map(|(population, _)| &population.name[..]).collect()
    }

    /// The graph for Graphviz: `dot -Tsvg`. Sources are boxes, populations are ellipses; inhibitory constants end in a tee.
    pub fn to_dot(&self) -> String {
        let mut dot = format!("digraph \"{}\" {{\n    rankdir=LR;\n", escaped(&self.network.name));
        for node in self.graph.node_indices() {
            let (shape, label) = match self.graph[node] {
                Origin::Population(n) => {
                    let population = &self.network.populations[n];
                    (
                        "ellipse",
                        format!("{}\\n{} {}", escaped(&population.name), population.size, kind(&population.threshold)),
                    )
                }
                Origin::Source(n) => {
                    let source = &self.network.sources[n];
                    ("box", format!("{}\\n{} {}", escaped(&source.name), source.size, emits(&source.emits)))
                }
            };
            // Writing to a String cannot fail.
            let _ = writeln!(dot, "    n{} [shape={shape}, label=\"{label}\"];", node.index());
        }
        for edge in self.graph.edge_references() {
            let projection = &self.network.projections[*edge.weight()];
            let inhibitory = matches!(projection.weights, super::Weights::Constant(weight) if weight < 0.0);
            let _ = writeln!(
                dot,
                "    n{} -> n{} [label=\"{}\\n{} synapses\\n{}\"{}];",
                edge.source().index(),
                edge.target().index(),
                rule(&projection.rule),
                synapses(projection),
                delays(projection, self.network.dt_ms),
                if inhibitory { ", arrowhead=tee" } else { "" }
            );
        }
        dot.push_str("}\n");
        dot
    }
}

/// Names of the populations on each cycle that these projections make.
pub(super) fn cycles_of(network: &Network, projections: &[usize]) -> Vec<Vec<String>> {
    let graph = NetworkGraph::with(network, projections.iter().copied());
    let cycles = graph.components().into_iter().filter(|component| component.recurrent);
    cycles.map(|cycle| cycle.members.iter().map(|&origin| network.origin_name(origin).to_owned()).collect()).collect()
}

impl Network {
    /// The name of a population or source.
    pub fn origin_name(&self, origin: Origin) -> &str {
        match origin {
            Origin::Population(n) => &self.populations[n].name,
            Origin::Source(n) => &self.sources[n].name,
        }
    }

    /// Where a name leads, with or without neurons: `exc`, `exc[3]`, `exc[0..10]`. Populations are those of a recording
    /// ([`crate::recording::Naming`]).
    ///
    /// # Errors
    /// If there is no such population or source, or it has no such neurons.
    pub fn resolve(&self, text: &str, populations: &[(String, u32)]) -> Result<(Origin, Range<u32>), String> {
        let populations = populations.iter().enumerate().map(|(n, (name, size))| (name, Origin::Population(n), *size));
        let sources = self.sources.iter().enumerate().map(|(n, s)| (&s.name, Origin::Source(n), s.size));
        let all: Vec<_> = populations.chain(sources).collect();
        let find = |name: &str| all.iter().find(|(known, ..)| *known == name).map(|&(_, origin, size)| (origin, size));
        resolve(text, find, all.iter().map(|(name, ..)| name.as_str()))
    }

    /// Whether a population or source has spikes: one that emits analog values has none.
    pub fn has_spikes(&self, origin: Origin) -> bool {
        match origin {
            Origin::Population(_) => true,
            Origin::Source(n) => !self.sources[n].emits.is_analog(),
        }
    }

    /// How many neurons or sources there are of a population or source.
    pub fn origin_size(&self, origin: Origin) -> u32 {
        match origin {
            Origin::Population(n) => self.populations[n].size,
            Origin::Source(n) => self.sources[n].size,
        }
    }
}

fn escaped(name: &str) -> String {
    name.chars()
        .filter(|c| !c.is_control())
        .flat_map(|c| matches!(c, '"' | '\\').then_some('\\').into_iter().chain([c]))
        .collect()
}

/// What fires in a population, in words.
pub(super) fn kind(threshold: &Threshold) -> &'static str {
    match threshold {
        Threshold::Never => "integrators",
        Threshold::Fixed(_) => "neurons",
        Threshold::Adaptive { .. } => "adaptive neurons",
        Threshold::Cue { .. } => "cued neurons",
    }
}

/// What a source emits, in words.
pub(super) fn emits(emits: &Emits) -> &'static str {
    match emits {
        Emits::Spikes(_) => "spike trains",
        Emits::Regular { .. } => "regular",
        Emits::Bernoulli { .. } => "Bernoulli",
        Emits::Poisson { .. } => "Poisson",
        Emits::Frames { .. } => "analog",
    }
}

/// What a rule leaves out.
fn without(allow_autapses: bool, allow_multapses: bool) -> &'static str {
    match (allow_autapses, allow_multapses) {
        (true, true) => "",
        (false, true) => " without autapses",
        (true, false) => " without multapses",
        (false, false) => " without autapses and multapses",
    }
}

/// A rule in a few words.
pub fn rule(rule: &Rule) -> String {
    match rule {
        Rule::AllToAll { allow_autapses } => format!("all to all{}", without(*allow_autapses, true)),
        Rule::OneToOne => "one to one".into(),
        Rule::FixedProbability { probability, allow_autapses, .. } => {
            format!("p = {probability}{}", without(*allow_autapses, true))
        }
        Rule::FixedInDegree { degree, allow_autapses, allow_multapses, .. } => {
            format!("in-degree {degree}{}", without(*allow_autapses, *allow_multapses))
        }
        Rule::FixedOutDegree { degree, allow_autapses, allow_multapses, .. } => {
            format!("out-degree {degree}{}", without(*allow_autapses, *allow_multapses))
        }
        Rule::List(_) => "list".into(),
        Rule::Matrix(_) => "matrix".into(),
    }
}

/// The number of synapses, with `about` before an expectation.
pub fn synapses(projection: &Projection) -> String {
    match projection.edges() {
        EdgeCount::Exact(n) => n.to_string(),
        EdgeCount::Expected(n) => format!("about {n:.0}"),
    }
}

/// Shortest and longest delay of a projection.
pub fn delays(projection: &Projection, dt_ms: f64) -> String {
    let ms = |ticks: Tick| {
        // Twelve digits: enough for any delay, few enough that 15 x 0.1 is 1.5.
        let text = format!("{:.12}", f64::from(ticks) * dt_ms);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    match (projection.shortest_delay(), projection.longest_delay()) {
        (low, high) if low == high => format!("{} ms", ms(low)),
        (low, high) => format!("{} to {} ms", ms(low), ms(high)),
    }
}
