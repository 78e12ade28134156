//! What a network consists of, for people and as JSON. [Example](super#example).

use super::checked::Network;
use super::compile::Compiled;
use super::graph::{self, NetworkGraph};
use super::projection::{EdgeCount, Projection, Rule};
pub use crate::base::memory::bytes;
use crate::base::text::grouped;
use serde::Serialize;
use std::fmt;

/// Most draws for which edges are counted one by one (takes a few seconds); beyond that fan-in and
/// fan-out are expectations.
const MOST_DRAWS: u64 = 1 << 30;

/// The facts about a network.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Info {
    /// Version of this document.
    pub schema: u32,
    /// For titles.
    pub name: String,
    /// Length of a tick, ms.
    pub dt_ms: f64,
    /// The run's seed.
    pub seed: u64,
    /// Number of neurons in all populations.
    pub neurons: u64,
    /// Number of synapses in all projections, where pairs are drawn the expected one.
    pub synapses: u64,
    /// Upper estimate of the memory of a run.
    pub memory_bytes: u64,
    /// Populations.
    pub populations: Vec<PopulationInfo>,
    /// Sources.
    pub sources: Vec<PopulationInfo>,
    /// Projections.
    pub projections: Vec<ProjectionInfo>,
    /// Populations and sources in topological order, what reaches each other together.
    pub order: Vec<ComponentInfo>,
    /// Whether no component is recurrent.
    pub feed_forward: bool,
    /// Populations without a path from any source.
    pub unreached: Vec<String>,
}

/// A population or source.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PopulationInfo {
    /// Its name.
    pub name: String,
    /// Number of neurons, or elements of a source.
    pub size: u32,
    /// What kind, in words.
    pub kind: String,
}

/// A projection.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProjectionInfo {
    /// A population or source.
    pub from: String,
    /// The first and behind the last of them.
    pub from_ids: [u32; 2],
    /// A population.
    pub to: String,
    /// The first and behind the last of them.
    pub to_ids: [u32; 2],
    /// Which edges exist, in words.
    pub rule: String,
    /// Number of synapses.
    pub synapses: u64,
    /// Whether they were counted or are expected.
    pub counted: bool,
    /// Synapses per target.
    pub fan_in: Fan,
    /// Synapses per source.
    pub fan_out: Fan,
    /// Shortest and longest delay, ms.
    pub delay_ms: [f64; 2],
}

/// Synapses per target or per source.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Fan {
    /// On average.
    pub mean: f64,
    /// The fewest; absent if not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<u32>,
    /// The most; absent if not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
}

/// Populations that reach each other, or a single population or source.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComponentInfo {
    /// Their names.
    pub members: Vec<String>,
    /// Whether spikes can come back.
    pub recurrent: bool,
    /// The least delay around a cycle, ms; absent if there is none or it would take long to find.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shortest_cycle_ms: Option<f64>,
}

impl Info {
    /// The facts about a compiled network. Counts edges where that takes seconds at most.
    pub fn new(compiled: &Compiled) -> Info {
        let network = &compiled.network;
        let graph = NetworkGraph::new(network);
        let order: Vec<ComponentInfo> = graph
            .components()
            .into_iter()
            .map(|component| ComponentInfo {
                members: component.members.iter().map(|&origin| network.origin_name(origin).to_owned()).collect(),
                recurrent: component.recurrent,
                shortest_cycle_ms: graph.shortest_cycle(&component).map(|ticks| ticks as f64 * network.dt_ms()),
            })
            .collect();
        let projections: Vec<ProjectionInfo> = network.projections().iter().map(|p| projection(network, p)).collect();
        Info {
            schema: 1,
            name: network.name().to_owned(),
            dt_ms: network.dt_ms(),
            seed: compiled.seed,
            neurons: network.populations().iter().map(|p| u64::from(p.size)).sum(),
            synapses: projections.iter().map(|p| p.synapses).fold(0, u64::saturating_add),
            memory_bytes: network.memory(),
            populations: network
                .populations()
                .iter()
                .map(|p| PopulationInfo { name: p.name.clone(), size: p.size, kind: graph::kind(p).into() })
                .collect(),
            sources: network
                .sources()
                .iter()
                .map(|s| PopulationInfo { name: s.name.clone(), size: s.size, kind: graph::emits(&s.emits).into() })
                .collect(),
            projections,
            feed_forward: order.iter().all(|stage| !stage.recurrent),
            order,
            unreached: graph.unreached().into_iter().map(String::from).collect(),
        }
    }
}

fn projection(network: &Network, p: &Projection) -> ProjectionInfo {
    let (sources, targets) = (p.from_ids.end - p.from_ids.start, p.to_ids.end - p.to_ids.start);
    let draws = match &p.rule {
        Rule::FixedProbability { .. } => u64::from(sources) * u64::from(targets),
        _ => p.edges().at_least_about(),
    };
    let mut synapses = p.edges().at_least_about();
    let counted = draws <= MOST_DRAWS || !matches!(p.edges(), EdgeCount::Expected(_));
    let (fan_in, fan_out) = if draws <= MOST_DRAWS {
        let (mut ins, mut outs) = (vec![0_u32; targets as usize], vec![0_u32; sources as usize]);
        synapses = 0;
        p.for_each_edge(network, p.to_ids.clone(), |i, j, _| {
            synapses += 1;
            ins[(j - p.to_ids.start) as usize] += 1;
            outs[(i - p.from_ids.start) as usize] += 1;
        });
        let fan = |counts: &[u32]| Fan {
            mean: synapses as f64 / counts.len() as f64,
            min: counts.iter().min().copied(),
            max: counts.iter().max().copied(),
        };
        (fan(&ins), fan(&outs))
    } else {
        let fan = |size: u32| Fan { mean: synapses as f64 / f64::from(size), min: None, max: None };
        (fan(targets), fan(sources))
    };
    ProjectionInfo {
        from: network.origin_name(p.from).to_owned(),
        from_ids: [p.from_ids.start, p.from_ids.end],
        to: network.populations()[p.to].name.clone(),
        to_ids: [p.to_ids.start, p.to_ids.end],
        rule: graph::rule(&p.rule),
        synapses,
        counted,
        fan_in,
        fan_out,
        delay_ms: [p.shortest_delay(), p.longest_delay()].map(|ticks| f64::from(ticks) * network.dt_ms()),
    }
}

impl fmt::Display for Fan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1}", self.mean)?;
        match (self.min, self.max) {
            (Some(min), Some(max)) => write!(f, " ({min} to {max})"),
            _ => write!(f, " (not counted)"),
        }
    }
}

impl fmt::Display for Info {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}: {} neurons, {} synapses, dt {} ms, at most {} of memory",
            if self.name.is_empty() { "network" } else { &self.name },
            grouped(self.neurons),
            grouped(self.synapses),
            self.dt_ms,
            bytes(self.memory_bytes)
        )?;
        for (title, list) in [("populations", &self.populations), ("sources", &self.sources)] {
            if !list.is_empty() {
                writeln!(f, "\n{title}")?;
            }
            for item in list {
                writeln!(f, "  {:<24} {:>12}  {}", item.name, grouped(u64::from(item.size)), item.kind)?;
            }
        }
        if !self.projections.is_empty() {
            writeln!(
                f,
                "\nprojections                 synapses   fan-in                 fan-out                delay, ms"
            )?;
        }
        for p in &self.projections {
            let [from, to] =
                [(&p.from, p.from_ids), (&p.to, p.to_ids)].map(|(name, [a, b])| format!("{name}[{a}..{b}]"));
            writeln!(f, "  {from} -> {to}, {}", p.rule)?;
            let delay = match p.delay_ms {
                [low, high] if low == high => format!("{low:.4}"),
                [low, high] => format!("{low:.4} to {high:.4}"),
            };
            let about = if p.counted { "" } else { "about " };
            let synapses = format!("{about}{}", grouped(p.synapses));
            writeln!(f, "  {synapses:>34}   {:<22} {:<22} {delay}", p.fan_in.to_string(), p.fan_out.to_string())?;
        }
        writeln!(
            f,
            "\n{}",
            if self.feed_forward { "feed-forward, in this order" } else { "recurrent, in this order" }
        )?;
        for stage in &self.order {
            let cycle = stage.shortest_cycle_ms.map_or(String::new(), |ms| format!(", shortest cycle {ms:.4} ms"));
            writeln!(f, "  {}{}", stage.members.join(", "), cycle)?;
        }
        if !self.unreached.is_empty() {
            writeln!(f, "without input from a source: {}", self.unreached.join(", "))?;
        }
        Ok(())
    }
}
