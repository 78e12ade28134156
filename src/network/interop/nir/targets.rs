//! Who else reads NIR, and what becomes of a graph there.
//!
//! The rules are those of the importers' sources in the versions named below; `docs/nir.md` has
//! them as a table.

use super::array::{Array, rounded};
use super::finding::{Finding, Severity};
use super::graph::{Graph, NodeKind, Padding};
use super::units::{Implied, TimeUnit, close, implied_steps};
use serde::Serialize;

/// A program that reads NIR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Norse 1.1.
    Norse,
    /// snnTorch 1.0.
    Snntorch,
    /// Sinabs 3.1.
    Sinabs,
    /// Rockpool 3.1.
    Rockpool,
    /// SpikingJelly 2.0.
    Spikingjelly,
    /// Lava and lava-dl, by the converter of NIR's paper.
    Lava,
}

/// What a target does with a graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The target.
    pub target: Target,
    /// Its name and the version that is meant.
    pub version: &'static str,
    /// Whether it reads the graph; if not, an error among the findings says why.
    pub accepts: bool,
    /// Errors are why it refuses the graph; warnings are what it changes without refusing; notes
    /// are what it has to be told.
    pub findings: Vec<Finding>,
}

/// Step of the targets that fix it, s.
const FIXED_DT: f64 = 1e-4;

impl Target {
    /// All of them.
    pub const ALL: [Target; 6] =
        [Target::Norse, Target::Snntorch, Target::Sinabs, Target::Rockpool, Target::Spikingjelly, Target::Lava];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Target::Norse => "norse",
            Target::Snntorch => "snntorch",
            Target::Sinabs => "sinabs",
            Target::Rockpool => "rockpool",
            Target::Spikingjelly => "spikingjelly",
            Target::Lava => "lava",
        }
    }

    fn version(self) -> &'static str {
        match self {
            Target::Norse => "Norse 1.1",
            Target::Snntorch => "snnTorch 1.0",
            Target::Sinabs => "Sinabs 3.1",
            Target::Rockpool => "Rockpool 3.1",
            Target::Spikingjelly => "SpikingJelly 2.0",
            Target::Lava => "Lava (paper's converter)",
        }
    }

    /// Types of nodes that it converts, beside Input, Output and graphs.
    fn known(self) -> &'static [&'static str] {
        match self {
            Target::Norse => &["Affine", "Linear", "Conv2d", "SumPool2d", "Flatten", "IF", "LIF", "CubaLIF"],
            Target::Snntorch => &["Affine", "Linear", "Conv2d", "AvgPool2d", "Flatten", "IF", "LIF", "CubaLIF"],
            Target::Sinabs => &["Affine", "Conv1d", "Conv2d", "SumPool2d", "Flatten", "IF", "LI", "LIF"],
            Target::Rockpool => &["Affine", "Linear", "LI", "LIF", "CubaLIF"],
            Target::Spikingjelly => {
                &["Affine", "Linear", "Conv1d", "Conv2d", "AvgPool2d", "Flatten", "IF", "LIF", "CubaLIF"]
            }
            Target::Lava => &["Affine", "Linear", "Conv2d", "SumPool2d", "Flatten", "IF", "LIF", "CubaLIF"],
        }
    }

    /// What becomes of a graph, whose times have `unit` as far as that is known, and which may be
    /// `wrong` by itself.
    pub(super) fn judge(self, graph: &Graph, unit: Option<TimeUnit>, wrong: bool) -> Verdict {
        let mut findings = Vec::new();
        if wrong {
            findings.push(Finding::of_graph(Severity::Error, "the graph itself is wrong"));
        }
        for (path, node) in graph.all_nodes() {
            let mut say = |severity, text: String| findings.push(Finding::new(severity, &path, text));
            let name = node.kind.type_name();
            let anywhere = matches!(node.kind, NodeKind::Input(_) | NodeKind::Output(_));
            if let NodeKind::Graph(inner) = &node.kind {
                self.inner_graph(inner, &mut say);
            } else if !anywhere && !self.known().contains(&name) {
                say(Severity::Error, format!("{name} is not known"));
            } else {
                match self {
                    Target::Norse => norse(&node.kind, &mut say),
                    Target::Snntorch => snntorch(&node.kind, &mut say),
                    Target::Sinabs => sinabs(&node.kind, &mut say),
                    Target::Rockpool => rockpool(&node.kind, &mut say),
                    Target::Spikingjelly => spikingjelly(&node.kind, &mut say),
                    Target::Lava => lava(&node.kind, &mut say),
                }
            }
        }
        self.whole(graph, unit, &mut findings);
        findings.sort_by_key(|finding| finding.severity);
        let accepts = findings.iter().all(|finding| finding.severity != Severity::Error);
        Verdict { target: self, version: self.version(), accepts, findings }
    }

    /// Graphs in graphs: three targets know a neuron with recurrent weights in this form alone.
    fn inner_graph(self, inner: &Graph, say: Say) {
        let has = |types: &[&str]| inner.nodes.values().any(|node| types.contains(&node.kind.type_name()));
        let neurons: &[&str] = if self == Target::Rockpool { &["CubaLIF"] } else { &["LIF", "CubaLIF"] };
        let recurrent = inner.nodes.len() == 4 && has(neurons) && has(&["Affine", "Linear"]);
        if matches!(self, Target::Snntorch | Target::Rockpool | Target::Lava) && !recurrent {
            let neurons = neurons.join(" or ");
            say(Severity::Error, format!("an inner graph must be Input, {neurons}, Affine or Linear, and Output"));
        }
    }

    /// What concerns the graph as a whole: the unit of times and the length of a step.
    fn whole(self, graph: &Graph, unit: Option<TimeUnit>, findings: &mut Vec<Finding>) {
        let mut say = |severity, text: String| findings.push(Finding::of_graph(severity, text));
        let timed = graph
            .all_nodes()
            .iter()
            .any(|(_, node)| node.kind.arrays().iter().any(|(name, _)| name.starts_with("tau")));
        match (self, unit) {
            (_, None) if timed => say(Severity::Warning, "the unit of times in the file is not known".into()),
            (Target::Sinabs, Some(TimeUnit::S | TimeUnit::Ms)) if timed => {
                say(Severity::Warning, "time constants are taken as numbers of time steps, which they are not".into());
            }
            (Target::Sinabs, _) => {}
            (_, Some(TimeUnit::Ms | TimeUnit::Steps)) if timed => {
                say(Severity::Warning, "time constants are taken as seconds, which they are not".into());
            }
            _ => {}
        }
        if matches!(self, Target::Sinabs | Target::Rockpool) {
            let new = graph
                .all_nodes()
                .into_iter()
                .find(|(_, node)| node.kind.array("v_reset").is_some() || matches!(node.kind, NodeKind::CubaLi { .. }));
            if let Some((path, _)) = new {
                let text = format!(
                    "it needs nir 1.0.4, which knows neither v_reset nor CubaLI (as in '{path}'): write for that version"
                );
                say(Severity::Error, text);
            }
        }
        match self {
            Target::Norse => say(Severity::Note, "dt is an argument of from_nir, 1 ms unless given".into()),
            Target::Snntorch if timed => say(Severity::Note, "dt is fixed at 0.1 ms".into()),
            Target::Spikingjelly => {
                let mut steps = implied_steps(graph);
                // A resistance of 1 means a step of 1 here, too.
                steps.extend(graph.all_nodes().into_iter().filter_map(|(node, found)| match &found.kind {
                    NodeKind::If { r, .. } if r.uniform() == Some(1.0) => {
                        Some(Implied { node, rule: "r = 1 / dt", dt: 1.0 })
                    }
                    _ => None,
                }));
                let Some(first) = steps.first() else {
                    return say(Severity::Note, "dt is an argument of import_from_nir, 0.1 ms unless given".into());
                };
                match steps.iter().find(|step| !close(step.dt, first.dt)) {
                    None => say(Severity::Note, format!("import_from_nir needs dt={}", rounded(first.dt))),
                    Some(other) => say(
                        Severity::Error,
                        format!(
                            "it needs one dt for all nodes: '{}' has {}, '{}' {}",
                            first.node,
                            rounded(first.dt),
                            other.node,
                            rounded(other.dt)
                        ),
                    ),
                }
            }
            _ => {}
        }
    }
}

type Say<'a> = &'a mut dyn FnMut(Severity, String);

/// Whether all values are `expected`.
fn all(array: &Array, expected: f64) -> bool {
    array.iter().all(|value| close(value, expected))
}

/// Says so unless `name` is `expected` for all neurons.
fn expect(kind: &NodeKind, name: &str, expected: f64, severity: Severity, then: &str, say: Say) {
    if let Some(array) = kind.array(name)
        && !all(array, expected)
    {
        say(severity, format!("{name} is {}: {then}", array.text()));
    }
}

/// Refuses parameters that differ between neurons.
fn uniform(kind: &NodeKind, names: &[&str], say: Say) {
    for name in names {
        if kind.array(name).is_some_and(|array| array.len() > 1 && array.uniform().is_none()) {
            say(Severity::Error, format!("{name} differs between neurons"));
        }
    }
}

fn norse(kind: &NodeKind, say: Say) {
    match kind {
        NodeKind::If { .. } | NodeKind::Lif { .. } => {
            expect(kind, "r", 1.0, Severity::Warning, "taken as 1, with a warning", say);
            expect(kind, "v_reset", 0.0, Severity::Warning, "ignored, reset to 0", say);
        }
        NodeKind::CubaLif { .. } => expect(kind, "v_reset", 0.0, Severity::Warning, "ignored, reset to 0", say),
        NodeKind::SumPool2d(pool) if pool.padding != [0, 0] => {
            say(Severity::Warning, format!("padding {:?} is ignored", pool.padding));
        }
        _ => {}
    }
}

fn snntorch(kind: &NodeKind, say: Say) {
    uniform(kind, &["v_threshold"], say);
    expect(kind, "v_leak", 0.0, Severity::Error, "must be 0", say);
    expect(kind, "v_reset", 0.0, Severity::Warning, "ignored, reset to 0", say);
    match kind {
        NodeKind::If { .. } => {
            expect(kind, "r", 1.0, Severity::Error, "must be 1", say);
            say(Severity::Warning, "becomes a leaky neuron whose membrane decays by 0.9 in each step".into());
        }
        NodeKind::Lif { tau, r, .. } => {
            let scale: Vec<f64> = tau.iter().zip(r.iter()).map(|(tau, r)| r * FIXED_DT / tau).collect();
            let first = scale.first().copied().unwrap_or(1.0);
            if !scale.iter().all(|&scale| close(scale, 1.0)) {
                say(Severity::Warning, format!("the threshold is divided by r dt / tau = {}", rounded(first)));
            }
            if !scale.iter().all(|&scale| close(scale, first)) {
                say(Severity::Warning, "r dt / tau differs between neurons: one of the values is taken for all".into());
            }
        }
        NodeKind::CubaLif { tau_mem, r, w_in, .. } => {
            fixed_resistance(tau_mem, r, say);
            if !all(w_in, 1.0) {
                let text = format!("the threshold is divided by w_in, {}", w_in.text());
                say(Severity::Warning, text);
                uniform(kind, &["w_in"], &mut |_, text| say(Severity::Warning, format!("{text}: the first is taken")));
            }
        }
        _ => {}
    }
}

/// Refuses resistances that are not tau / 0.1 ms.
fn fixed_resistance(tau: &Array, r: &Array, say: Say) {
    if !tau.iter().zip(r.iter()).all(|(tau, r)| close(r, tau / FIXED_DT)) {
        say(Severity::Error, format!("r is {}: must be tau_mem / 0.0001", r.text()));
    }
}

fn sinabs(kind: &NodeKind, say: Say) {
    expect(kind, "v_leak", 0.0, Severity::Error, "must be 0", say);
    match kind {
        NodeKind::Li { .. } => expect(kind, "r", 1.0, Severity::Error, "must be 1", say),
        NodeKind::If { .. } | NodeKind::Lif { .. } => {
            expect(kind, "r", 1.0, Severity::Warning, "ignored, taken as 1", say);
            expect(kind, "v_reset", 0.0, Severity::Warning, "ignored", say);
            let text = "several spikes in a step, reset by subtraction, and a membrane at the threshold fires";
            say(Severity::Warning, text.into());
            if matches!(kind, NodeKind::If { .. }) {
                say(Severity::Warning, "the membrane is kept above minus the threshold".into());
            }
        }
        NodeKind::SumPool2d(pool) if pool.padding != [0, 0] => {
            say(Severity::Warning, format!("padding {:?} is ignored", pool.padding));
        }
        _ => {}
    }
}

fn rockpool(kind: &NodeKind, say: Say) {
    match kind {
        NodeKind::Lif { .. } => {
            say(Severity::Error, "import of LIF fails: it looks for tau_mem, where NIR has tau".into());
        }
        NodeKind::Li { .. } => {
            say(Severity::Warning, "tau is cut to a whole number".into());
            step_of_rockpool(say);
        }
        NodeKind::CubaLif { .. } => {
            step_of_rockpool(say);
            expect(kind, "w_in", 1.0, Severity::Warning, "ignored, taken as 1", say);
            expect(kind, "v_reset", 0.0, Severity::Warning, "ignored", say);
            expect(kind, "v_leak", 0.0, Severity::Warning, "taken as a constant input", say);
        }
        _ => {}
    }
}

fn step_of_rockpool(say: Say) {
    say(Severity::Warning, "dt is taken from this node, as the least tau / (1 + r), and r is ignored".into());
}

fn spikingjelly(kind: &NodeKind, say: Say) {
    uniform(kind, &["tau", "tau_mem", "tau_syn", "r", "w_in", "v_leak", "v_threshold", "v_reset"], say);
    match kind {
        NodeKind::Conv1d(conv) if conv.groups != 1 => groups(conv.groups, say),
        NodeKind::Conv2d(conv) if conv.groups != 1 => groups(conv.groups, say),
        NodeKind::Lif { v_leak, v_reset, .. } => {
            let reset = v_reset.as_ref().map_or(Some(0.0), Array::uniform);
            if let (Some(leak), Some(reset)) = (v_leak.uniform(), reset)
                && !close(leak, reset)
            {
                say(Severity::Error, format!("v_leak is {}, v_reset {}: must be equal", rounded(leak), rounded(reset)));
            }
        }
        NodeKind::CubaLif { r, w_in, .. } => {
            expect(kind, "v_leak", 0.0, Severity::Error, "must be 0", say);
            for (name, array) in [("r", r), ("w_in", w_in)] {
                if all(array, 1.0) {
                    let tau = if name == "r" { "tau_mem" } else { "tau_syn" };
                    say(Severity::Error, format!("{name} is 1: must be {tau} / dt"));
                }
            }
        }
        _ => {}
    }
    if kind.fires() {
        say(Severity::Warning, "a membrane exactly at the threshold fires".into());
    }
}

fn groups(groups: usize, say: Say) {
    say(Severity::Error, format!("{groups} groups of channels: must be 1"));
}

fn lava(kind: &NodeKind, say: Say) {
    match kind {
        NodeKind::Linear { .. } => say(Severity::Error, "import of Linear fails: use Affine with a bias of 0".into()),
        NodeKind::Conv2d(conv) => {
            expect(kind, "bias", 0.0, Severity::Error, "must be 0", say);
            if !matches!(conv.padding, Padding::Zeros(_)) {
                say(Severity::Error, "padding must be numbers".into());
            }
        }
        NodeKind::If { .. } => {
            uniform(kind, &["r", "v_threshold"], say);
            expect(kind, "r", 1.0, Severity::Warning, "multiplies the threshold", say);
            expect(kind, "v_reset", 0.0, Severity::Warning, "ignored, reset to 0", say);
        }
        NodeKind::Lif { .. } => {
            expect(kind, "r", 1.0, Severity::Warning, "ignored, taken as 1", say);
            expect(kind, "v_leak", 0.0, Severity::Warning, "ignored, taken as 0", say);
            expect(kind, "v_reset", 0.0, Severity::Warning, "ignored, reset to 0", say);
            say(
                Severity::Warning,
                "one neuron alone is supported, and decays are cut to 12 bits in fixed point".into(),
            );
        }
        NodeKind::CubaLif { tau_mem, r, .. } => {
            expect(kind, "v_leak", 0.0, Severity::Error, "must be 0", say);
            expect(kind, "v_reset", 0.0, Severity::Warning, "ignored, reset to 0", say);
            fixed_resistance(tau_mem, r, say);
        }
        _ => {}
    }
}
