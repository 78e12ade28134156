//! Populations and sources as a graph: what is recurrent, in which order the rest can be run, how
//! long delays are. [Example](super#example).

use super::checked::Network;
pub use super::component::Component;
use super::component::{components, digraph, node};
use super::layers::{Kernel, Layer};
use super::population::{Arithmetic, Population, Threshold};
use super::projection::{EdgeCount, Origin, Projection, Rule, Weights};
use super::source::Emits;
use crate::spiking::Tick;
use petgraph::algo::dijkstra;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use std::fmt::Write;

/// Near the beginning of graphs that this program wrote for Graphviz, which does not draw it.
pub const MARK: &str = "comment=\"spikefuse\"";

/// Populations and sources as nodes, projections (by index) as edges.
#[derive(Debug, Clone)]
pub struct NetworkGraph<'a> {
    network: &'a Network,
    graph: DiGraph<Origin, usize>,
}

/// Most steps of the search for the shortest cycle (takes a few seconds).
const MOST_STEPS: usize = 10_000_000;

impl<'a> NetworkGraph<'a> {
    /// The graph of a network.
    pub fn new(network: &'a Network) -> Self {
        let parts = network.parts();
        NetworkGraph { network, graph: digraph(parts, 0..parts.projections.len()) }
    }

    fn node(&self, origin: Origin) -> NodeIndex {
        node(self.network.parts(), origin)
    }

    /// The strongly connected components in topological order: what feeds a component stands before
    /// it. A network is feed-forward if none is recurrent; the order is then one in which its
    /// populations can be run one after another.
    pub fn components(&self) -> Vec<Component> {
        components(&self.graph)
    }

    /// The least sum of delays around a cycle inside a component, in ticks. None without a cycle,
    /// and where the search would take too long: members times projections above 10^7.
    pub fn shortest_cycle(&self, component: &Component) -> Option<u64> {
        if !component.recurrent || component.members.len().saturating_mul(self.graph.edge_count()) > MOST_STEPS {
            return None;
        }
        let ticks = |projection: usize| u64::from(self.network.projections()[projection].shortest_delay());
        let mut shortest = None;
        for node in component.members.iter().map(|&origin| self.node(origin)) {
            // A path that leaves a component never returns to it, so the whole graph may be
            // searched.
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

    /// Names of populations without a path from any source: they are driven by their own parameters
    /// only.
    pub fn unreached(&self) -> Vec<&'a str> {
        let mut reached = vec![false; self.graph.node_count()];
        let sources = (0..self.network.sources().len()).map(|n| self.node(Origin::Source(n)));
        let mut open: Vec<NodeIndex> = sources.collect();
        while let Some(node) = open.pop() {
            if !std::mem::replace(&mut reached[node.index()], true) {
                open.extend(self.graph.neighbors(node));
            }
        }
        let populations = self.network.populations().iter().zip(reached);
        populations.filter(|(_, reached)| !reached).map(|(population, _)| &population.name[..]).collect()
    }

    /// The graph for Graphviz: `dot -Tsvg`. Sources are boxes, populations are ellipses; inhibitory
    /// constants end in a tee.
    pub fn to_dot(&self) -> String {
        let mut dot = format!("digraph \"{}\" {{\n    {MARK};\n    rankdir=LR;\n", escaped(self.network.name()));
        for node in self.graph.node_indices() {
            let (shape, label) = match self.graph[node] {
                Origin::Population(n) => {
                    let population = &self.network.populations()[n];
                    ("ellipse", format!("{}\\n{} {}", escaped(&population.name), population.size, kind(population)))
                }
                Origin::Source(n) => {
                    let source = &self.network.sources()[n];
                    ("box", format!("{}\\n{} {}", escaped(&source.name), source.size, emits(&source.emits)))
                }
            };
            // Writing to a String cannot fail.
            let _ = writeln!(dot, "    n{} [shape={shape}, label=\"{label}\"];", node.index());
        }
        for edge in self.graph.edge_references() {
            let projection = &self.network.projections()[*edge.weight()];
            let inhibitory = matches!(projection.weights, Weights::Constant(weight) if weight < 0.0);
            let _ = writeln!(
                dot,
                "    n{} -> n{} [label=\"{}\\n{} synapses\\n{}\"{}];",
                edge.source().index(),
                edge.target().index(),
                rule(&projection.rule),
                synapses(projection),
                delays(projection, self.network.dt_ms()),
                if inhibitory { ", arrowhead=tee" } else { "" }
            );
        }
        dot.push_str("}\n");
        dot
    }
}

fn escaped(name: &str) -> String {
    name.chars()
        .filter(|c| !c.is_control())
        .flat_map(|c| matches!(c, '"' | '\\').then_some('\\').into_iter().chain([c]))
        .collect()
}

/// What fires in a population, in words.
pub(super) fn kind(population: &Population) -> &'static str {
    match &population.threshold {
        _ if population.arithmetic == Arithmetic::FixedPoint => "neurons in fixed point",
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
        Rule::Layers(layers) => layers.layers().iter().map(layer).collect::<Vec<_>>().join(", "),
    }
}

/// A layer in a few words.
fn layer(layer: &Layer) -> String {
    match layer {
        Layer::Window(window) => {
            let size = format!("{}x{}", window.rows.kernel, window.columns.kernel);
            match window.kernel {
                Kernel::Each(_) => format!("convolution {size} to {} channels", window.channels[1]),
                Kernel::Same(1.0) => format!("sum pool {size}"),
                Kernel::Same(_) => format!("average pool {size}"),
            }
        }
        Layer::Linear { .. } => "dense".into(),
        Layer::Scale(_) => "scale".into(),
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
