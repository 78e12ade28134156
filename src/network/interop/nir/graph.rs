//! Graphs and their nodes.

use super::array::Array;
use std::collections::BTreeMap;

/// A graph of computing nodes. An edge carries what its first node gives to its second; what comes
/// over several edges is summed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Graph {
    /// By name.
    pub nodes: BTreeMap<String, Node>,
    /// Pairs of names.
    pub edges: Vec<(String, String)>,
    /// Anything else that was written down.
    pub metadata: Metadata,
}

/// What a file says beside the computation, by name.
pub type Metadata = BTreeMap<String, Value>;

/// A value of metadata.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text.
    Text(String),
    /// Numbers.
    Array(Array),
    /// Further values by name.
    Table(Metadata),
}

/// A node.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it computes.
    pub kind: NodeKind,
    /// Anything else that was written down; of a graph, that of the graph itself.
    pub metadata: Metadata,
}

impl From<NodeKind> for Node {
    fn from(kind: NodeKind) -> Node {
        Node { kind, metadata: Metadata::new() }
    }
}

/// What a node computes. All parameters of neurons have one shape, which is that of their input and
/// output. Equations as in NIR's paper (Pedersen et al., Nat. Commun. 15:8122, 2024); units are
/// those of whoever wrote the file.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeKind {
    /// What enters the graph, of this shape.
    Input(Vec<usize>),
    /// What leaves the graph, of this shape.
    Output(Vec<usize>),
    /// y = W x + b.
    Affine {
        /// W, `[..., out, in]`.
        weight: Array,
        /// b, `[..., out]`.
        bias: Array,
    },
    /// y = W x.
    Linear {
        /// W, `[..., out, in]`.
        weight: Array,
    },
    /// Each value times its factor.
    Scale {
        /// The factors.
        scale: Array,
    },
    /// A convolution along one axis.
    Conv1d(Conv<1>),
    /// A convolution along two axes.
    Conv2d(Conv<2>),
    /// Sums over windows of two axes.
    SumPool2d(Pool),
    /// Means over windows of two axes.
    AvgPool2d(Pool),
    /// Several axes made one; there is no axis of batches.
    Flatten(Flatten),
    /// y(t) = x(t - delay).
    Delay {
        /// Times.
        delay: Array,
    },
    /// A spike where the input is above the threshold.
    Threshold {
        /// The thresholds.
        threshold: Array,
    },
    /// Integrator: v' = r I.
    I {
        /// Resistance.
        r: Array,
    },
    /// Integrate and fire: [`NodeKind::I`] that fires where v > `v_threshold`, then v is `v_reset`.
    If {
        /// Resistance.
        r: Array,
        /// Threshold.
        v_threshold: Array,
        /// Membrane after a spike; zeros where the file has none.
        v_reset: Option<Array>,
    },
    /// Leaky integrator: tau v' = v_leak - v + r I.
    Li {
        /// Membrane time constant.
        tau: Array,
        /// Resistance.
        r: Array,
        /// Resting membrane.
        v_leak: Array,
    },
    /// [`NodeKind::Li`] that fires where v > `v_threshold`, then v is `v_reset`.
    Lif {
        /// Membrane time constant.
        tau: Array,
        /// Resistance.
        r: Array,
        /// Resting membrane.
        v_leak: Array,
        /// Threshold.
        v_threshold: Array,
        /// Membrane after a spike; zeros where the file has none.
        v_reset: Option<Array>,
    },
    /// Leaky integrator of an exponential current: tau_syn I' = -I + w_in S.
    CubaLi {
        /// Time constant of the current.
        tau_syn: Array,
        /// Membrane time constant.
        tau_mem: Array,
        /// Resistance.
        r: Array,
        /// Resting membrane.
        v_leak: Array,
        /// Factors of the input; ones where the file has none.
        w_in: Array,
    },
    /// [`NodeKind::CubaLi`] that fires where v > `v_threshold`, then v is `v_reset`.
    CubaLif {
        /// Time constant of the current.
        tau_syn: Array,
        /// Membrane time constant.
        tau_mem: Array,
        /// Resistance.
        r: Array,
        /// Resting membrane.
        v_leak: Array,
        /// Threshold.
        v_threshold: Array,
        /// Membrane after a spike; zeros where the file has none.
        v_reset: Option<Array>,
        /// Factors of the input; ones where the file has none.
        w_in: Array,
    },
    /// A graph as a node.
    Graph(Graph),
}

/// A convolution over `N` axes, as PyTorch has it (a cross-correlation).
#[derive(Debug, Clone, PartialEq)]
pub struct Conv<const N: usize> {
    /// Sizes of the input along these axes, if the file says so.
    pub input_shape: Option<[usize; N]>,
    /// `[channels out, channels in of a group, kernel...]`.
    pub weight: Array,
    /// Steps of the kernel, at least 1.
    pub stride: [usize; N],
    /// Zeros around the input.
    pub padding: Padding<N>,
    /// Distances of the kernel's elements, at least 1.
    pub dilation: [usize; N],
    /// Groups of channels, at least 1.
    pub groups: usize,
    /// `[channels out]`.
    pub bias: Array,
}

/// Zeros around the input of a convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding<const N: usize> {
    /// So many on each side of each axis.
    Zeros([usize; N]),
    /// As many as make the output as large as the input.
    Same,
    /// None.
    Valid,
}

/// Windows over the last two axes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    /// Sizes of a window, at least 1.
    pub kernel_size: [usize; 2],
    /// From window to window, at least 1.
    pub stride: [usize; 2],
    /// Zeros on each side.
    pub padding: [usize; 2],
}

/// Which axes become one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flatten {
    /// The first of them; negative ones count from the end.
    pub start_dim: i64,
    /// The last of them; negative ones count from the end.
    pub end_dim: i64,
    /// Shape of the input, if the file says so.
    pub input_shape: Option<Vec<usize>>,
}

impl NodeKind {
    /// Its name in a file.
    pub fn type_name(&self) -> &'static str {
        match self {
            NodeKind::Input(_) => "Input",
            NodeKind::Output(_) => "Output",
            NodeKind::Affine { .. } => "Affine",
            NodeKind::Linear { .. } => "Linear",
            NodeKind::Scale { .. } => "Scale",
            NodeKind::Conv1d(_) => "Conv1d",
            NodeKind::Conv2d(_) => "Conv2d",
            NodeKind::SumPool2d(_) => "SumPool2d",
            NodeKind::AvgPool2d(_) => "AvgPool2d",
            NodeKind::Flatten(_) => "Flatten",
            NodeKind::Delay { .. } => "Delay",
            NodeKind::Threshold { .. } => "Threshold",
            NodeKind::I { .. } => "I",
            NodeKind::If { .. } => "IF",
            NodeKind::Li { .. } => "LI",
            NodeKind::Lif { .. } => "LIF",
            NodeKind::CubaLi { .. } => "CubaLI",
            NodeKind::CubaLif { .. } => "CubaLIF",
            NodeKind::Graph(_) => "NIRGraph",
        }
    }

    /// Its arrays by their names in a file.
    pub fn arrays(&self) -> Vec<(&'static str, &Array)> {
        fn with<'a>(
            mut arrays: Vec<(&'static str, &'a Array)>,
            v_reset: &'a Option<Array>,
        ) -> Vec<(&'static str, &'a Array)> {
            arrays.extend(v_reset.iter().map(|v_reset| ("v_reset", v_reset)));
            arrays
        }
        match self {
            NodeKind::Affine { weight, bias } => vec![("weight", weight), ("bias", bias)],
            NodeKind::Linear { weight } => vec![("weight", weight)],
            NodeKind::Scale { scale } => vec![("scale", scale)],
            NodeKind::Conv1d(Conv { weight, bias, .. }) | NodeKind::Conv2d(Conv { weight, bias, .. }) => {
                vec![("weight", weight), ("bias", bias)]
            }
            NodeKind::Delay { delay } => vec![("delay", delay)],
            NodeKind::Threshold { threshold } => vec![("threshold", threshold)],
            NodeKind::I { r } => vec![("r", r)],
            NodeKind::If { r, v_threshold, v_reset } => with(vec![("r", r), ("v_threshold", v_threshold)], v_reset),
            NodeKind::Li { tau, r, v_leak } => vec![("tau", tau), ("r", r), ("v_leak", v_leak)],
            NodeKind::Lif { tau, r, v_leak, v_threshold, v_reset } => {
                with(vec![("tau", tau), ("r", r), ("v_leak", v_leak), ("v_threshold", v_threshold)], v_reset)
            }
            NodeKind::CubaLi { tau_syn, tau_mem, r, v_leak, w_in } => {
                vec![("tau_syn", tau_syn), ("tau_mem", tau_mem), ("r", r), ("v_leak", v_leak), ("w_in", w_in)]
            }
            NodeKind::CubaLif { tau_syn, tau_mem, r, v_leak, v_threshold, v_reset, w_in } => {
                let arrays = [("tau_syn", tau_syn), ("tau_mem", tau_mem), ("r", r), ("v_leak", v_leak)];
                let more = [("v_threshold", v_threshold), ("w_in", w_in)];
                with([&arrays[..], &more].concat(), v_reset)
            }
            NodeKind::Input(_)
            | NodeKind::Output(_)
            | NodeKind::SumPool2d(_)
            | NodeKind::AvgPool2d(_)
            | NodeKind::Flatten(_)
            | NodeKind::Graph(_) => Vec::new(),
        }
    }

    /// The array of this name.
    pub fn array(&self, name: &str) -> Option<&Array> {
        self.arrays().into_iter().find_map(|(own, array)| (own == name).then_some(array))
    }

    /// Whether it has a state that is called a membrane.
    pub fn is_neuron(&self) -> bool {
        self.array("r").is_some()
    }

    /// Whether it fires at a threshold.
    pub fn fires(&self) -> bool {
        self.array("v_threshold").is_some()
    }
}

impl Graph {
    /// All nodes with their paths, those of inner graphs behind the graph that they are in.
    pub fn all_nodes(&self) -> Vec<(String, &Node)> {
        let mut all = Vec::new();
        self.collect("", &mut all);
        all
    }

    fn collect<'a>(&'a self, above: &str, all: &mut Vec<(String, &'a Node)>) {
        for (name, node) in &self.nodes {
            let path = format!("{above}{name}");
            all.push((path.clone(), node));
            if let NodeKind::Graph(inner) = &node.kind {
                inner.collect(&format!("{path}/"), all);
            }
        }
    }

    /// The text of metadata `name`.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.metadata.get(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The single number of metadata `name`.
    pub fn number(&self, name: &str) -> Option<f64> {
        match self.metadata.get(name) {
            Some(Value::Array(array)) if array.len() == 1 => Some(array.at(0)),
            _ => None,
        }
    }
}
