//! What a graph seems to mean, and who would read it otherwise.

use super::array::{Array, Numbers, rounded};
use super::check::check;
use super::finding::{Finding, Severity};
use super::graph::{Graph, NodeKind};
use super::targets::{Target, Verdict};
use super::units::{DT, Guess, Implied, RESET, close, guess_unit, implied_steps};
use crate::base::text::{counted, some};
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// What is to be known about a graph before it is run. `Display` shows it as a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diagnosis {
    /// The unit of its times.
    pub time_unit: Guess,
    /// The length of a step that the file states, s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dt_s: Option<f64>,
    /// Lengths of a step that follow from parameters.
    pub implied: Vec<Implied>,
    /// What is wrong, and what the nodes' conventions are.
    pub findings: Vec<Finding>,
    /// What others make of it.
    pub targets: Vec<Verdict>,
}

/// Examines a graph for `targets`.
pub fn diagnose(graph: &Graph, targets: &[Target]) -> Diagnosis {
    let time_unit = guess_unit(graph);
    let implied = implied_steps(graph);
    let mut findings = check(graph);
    steps(&implied, &mut findings);
    conventions(graph, &implied, &mut findings);
    recurrence(graph, None, &mut findings);
    findings.sort_by_key(|finding| finding.severity);
    let wrong = findings.iter().any(|finding| finding.severity == Severity::Error);
    let targets = targets.iter().map(|target| target.judge(graph, time_unit.unit, wrong)).collect();
    Diagnosis { time_unit, dt_s: graph.number(DT), implied, findings, targets }
}

/// Whether all nodes imply the same length of a step.
fn steps(implied: &[Implied], findings: &mut Vec<Finding>) {
    if let Some(first) = implied.first()
        && let Some(other) = implied.iter().find(|other| !close(other.dt, first.dt))
    {
        let text = format!(
            "nodes imply steps of different lengths: '{}' has dt {} ({}), '{}' {} ({})",
            first.node,
            rounded(first.dt),
            first.rule,
            other.node,
            rounded(other.dt),
            other.rule
        );
        findings.push(Finding::of_graph(Severity::Warning, text));
    }
}

/// Thresholds, resets and resistances.
fn conventions(graph: &Graph, implied: &[Implied], findings: &mut Vec<Finding>) {
    let nodes = graph.all_nodes();
    let paths = |is: &dyn Fn(&NodeKind) -> bool| -> Vec<&str> {
        nodes.iter().filter(|(_, node)| is(&node.kind)).map(|(path, _)| &path[..]).collect()
    };
    let mut say = |severity, text| findings.push(Finding::of_graph(severity, text));
    let firing = paths(&NodeKind::fires);
    if !firing.is_empty() {
        let whole = |value: f64| value.fract() == 0.0;
        let exact = nodes.iter().all(|(_, node)| {
            let arrays = node.kind.arrays();
            arrays
                .iter()
                .filter(|(name, _)| ["weight", "bias", "v_threshold"].contains(name))
                .all(|(_, array)| matches!(array.numbers(), Numbers::I64(_)) || array.iter().all(whole))
        });
        let strict = "neurons fire above the threshold, not at it (NIR, Norse, snnTorch); at it, too, fire those of \
                      SpikingJelly and Sinabs";
        match exact && !paths(&|kind| kind.type_name() == "IF").is_empty() {
            true => say(
                Severity::Warning,
                format!("{strict}. All weights and thresholds are whole numbers, so IF neurons will meet it exactly"),
            ),
            false => say(Severity::Note, format!("{strict}: {}", some(&firing, 3))),
        }
        match graph.text(RESET) {
            Some(reset) => say(Severity::Note, format!("metadata/{RESET} is '{reset}'")),
            None => {
                let set = paths(&|kind| kind.array("v_reset").is_some_and(|v| v.iter().any(|value| value != 0.0)));
                let to = if set.is_empty() { "0".to_owned() } else { format!("v_reset (not 0 in {})", some(&set, 3)) };
                let text = format!(
                    "a spike resets the membrane to {to}; NIR cannot say that a network was trained with reset by \
                     subtraction"
                );
                say(Severity::Note, text);
            }
        }
    }
    let ones = paths(&|kind| kind.array("v_leak").is_some() && kind.array("r").and_then(Array::uniform) == Some(1.0));
    if !ones.is_empty() {
        let text = format!("r is 1: a step adds input times dt / tau to the membrane: {}", some(&ones, 3));
        say(Severity::Note, text);
    }
    for (path, node) in &nodes {
        let kind = &node.kind;
        let odd = |name: &str, rule: &str| {
            let differs = kind.array(name).and_then(Array::uniform) != Some(1.0);
            differs && !implied.iter().any(|implied| implied.node == *path && implied.rule == rule)
        };
        let mut say = |text: &str| findings.push(Finding::new(Severity::Note, path, text));
        match kind {
            NodeKind::Li { .. } | NodeKind::Lif { .. } if odd("r", "r = tau / dt") => {
                say("r is neither 1 nor tau / dt with one dt for all neurons");
            }
            NodeKind::CubaLi { .. } | NodeKind::CubaLif { .. } if odd("r", "r = tau_mem / dt") => {
                say("r is neither 1 nor tau_mem / dt with one dt for all neurons");
            }
            NodeKind::Graph(inner) => {
                let text = format!("an inner graph of {}", counted(inner.nodes.len() as u64, "node"));
                say(&text);
            }
            NodeKind::Delay { .. } => say("its delays become whole steps"),
            _ => {}
        }
    }
}

/// Cycles of each graph.
fn recurrence(graph: &Graph, path: Option<&str>, findings: &mut Vec<Finding>) {
    let mut edges: DiGraph<&str, ()> = DiGraph::new();
    let places: BTreeMap<&str, NodeIndex> = graph.nodes.keys().map(|name| (&name[..], edges.add_node(name))).collect();
    for (from, to) in &graph.edges {
        if let (Some(&from), Some(&to)) = (places.get(&from[..]), places.get(&to[..])) {
            edges.add_edge(from, to, ());
        }
    }
    for cycle in kosaraju_scc(&edges) {
        if cycle.len() == 1 && !edges.contains_edge(cycle[0], cycle[0]) {
            continue;
        }
        let mut cycle: Vec<&str> = cycle.into_iter().map(|place| edges[place]).collect();
        cycle.sort_unstable();
        let stateful = |name: &&&str| {
            let kind = &graph.nodes[**name].kind;
            kind.is_neuron() || matches!(kind, NodeKind::Delay { .. } | NodeKind::Graph(_))
        };
        let names = some(&cycle, 6);
        let (severity, text) = match cycle.iter().find(stateful) {
            Some(_) => {
                let text = format!("recurrent: {names}; spikes take one step around, in every program that reads NIR");
                (Severity::Note, text)
            }
            None => (Severity::Error, format!("a cycle without neurons or delays: {names}")),
        };
        findings.push(Finding { severity, node: path.map(str::to_owned), text });
    }
    for (name, node) in &graph.nodes {
        if let NodeKind::Graph(inner) = &node.kind {
            let path = path.map_or_else(|| name.clone(), |above| format!("{above}/{name}"));
            recurrence(inner, Some(&path), findings);
        }
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = self.time_unit.unit.map_or("not known", |unit| unit.name());
        writeln!(f, "unit of times  {unit}: {}", self.time_unit.why)?;
        if let Some(dt) = self.dt_s {
            writeln!(f, "step           {} s, says the file", rounded(dt))?;
        }
        let mut seen: Vec<(&str, f64)> = Vec::new();
        for Implied { rule, dt, .. } in &self.implied {
            if !seen.iter().any(|(known, other)| known == rule && close(*dt, *other)) {
                seen.push((rule, *dt));
                let nodes: Vec<&str> = self
                    .implied
                    .iter()
                    .filter(|other| other.rule == *rule && close(other.dt, *dt))
                    .map(|other| &other.node[..])
                    .collect();
                writeln!(f, "step           {} from {rule}: {}", rounded(*dt), some(&nodes, 3))?;
            }
        }
        lines(&self.findings, "", f)?;
        for verdict in &self.targets {
            let word = if verdict.accepts { "reads it" } else { "refuses it" };
            writeln!(f, "\n{}: {word}", verdict.version)?;
            lines(&verdict.findings, "  ", f)?;
        }
        Ok(())
    }
}

/// Findings as lines, those of one text as one.
fn lines(findings: &[Finding], indent: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let alike = |a: &Finding, b: &Finding| a.severity == b.severity && a.text == b.text && a.node.is_some();
    for (place, finding) in findings.iter().enumerate() {
        let nodes: Vec<&str> =
            findings.iter().filter(|other| alike(finding, other)).filter_map(|other| other.node.as_deref()).collect();
        if nodes.len() < 2 {
            writeln!(f, "{indent}{finding}")?;
        } else if !findings[..place].iter().any(|earlier| alike(finding, earlier)) {
            writeln!(f, "{indent}{}: nodes {}: {}", finding.severity, some(&nodes, 4), finding.text)?;
        }
    }
    Ok(())
}
