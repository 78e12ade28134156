//! Shapes of what nodes take and give.

use super::array::{Array, size};
use super::finding::{Finding, Severity};
use super::graph::{Conv, Flatten, Graph, NodeKind, Padding, Pool};
use crate::recording::group_problem;
use std::collections::{BTreeMap, BTreeSet};

/// Shapes of what a node takes and gives, without an axis of batches or time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeShape {
    /// What it takes.
    pub input: Vec<usize>,
    /// What it gives.
    pub output: Vec<usize>,
}

/// The shapes of a graph.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shapes {
    /// By the path of the node, as in [`Finding::node`]; without those that cannot be told.
    pub nodes: BTreeMap<String, NodeShape>,
    /// What is wrong with them.
    pub findings: Vec<Finding>,
}

/// Tells the shapes of all nodes, from parameters and along edges.
pub fn infer(graph: &Graph) -> Shapes {
    let mut shapes = Shapes::default();
    shapes.level(graph, "");
    shapes
}

impl Shapes {
    /// The nodes of `graph`, whose paths begin with `above`.
    fn level(&mut self, graph: &Graph, above: &str) {
        let path = |name: &str| format!("{above}{name}");
        for (name, node) in &graph.nodes {
            if let Some(problem) = group_problem(name) {
                self.findings.push(Finding::new(Severity::Error, &path(name), problem));
            }
            if let NodeKind::Graph(inner) = &node.kind {
                self.level(inner, &format!("{above}{name}/"));
            }
        }
        let edges = self.edges(graph, above);
        let mut targets: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        edges.iter().for_each(|&(from, to)| targets.entry(from).or_default().push(to));
        // Nodes that know what they take, and have not passed on what they give.
        let mut ready: Vec<&str> = Vec::new();
        let mut failed: BTreeSet<&str> = BTreeSet::new();
        for (name, node) in &graph.nodes {
            match declared(&node.kind) {
                Ok(None) => {}
                Ok(Some(input)) => match output(&node.kind, &input) {
                    Ok(output) => {
                        self.nodes.insert(path(name), NodeShape { input, output });
                        ready.push(name);
                    }
                    Err(problem) => {
                        failed.insert(name);
                        self.findings.push(Finding::new(Severity::Error, &path(name), problem));
                    }
                },
                Err(problem) => {
                    failed.insert(name);
                    self.findings.push(Finding::new(Severity::Error, &path(name), problem));
                }
            }
        }
        while let Some(from) = ready.pop() {
            let given = self.nodes[&path(from)].output.clone();
            for &to in targets.get(from).into_iter().flatten() {
                if self.nodes.contains_key(&path(to)) || failed.contains(to) {
                    continue;
                }
                match output(&graph.nodes[to].kind, &given) {
                    Ok(output) => {
                        self.nodes.insert(path(to), NodeShape { input: given.clone(), output });
                        ready.push(to);
                    }
                    Err(problem) => {
                        failed.insert(to);
                        self.findings.push(Finding::new(Severity::Error, &path(to), problem));
                    }
                }
            }
        }
        for &(from, to) in &edges {
            if let (Some(given), Some(taken)) = (self.nodes.get(&path(from)), self.nodes.get(&path(to)))
                && given.output != taken.input
            {
                let (given, taken) = (&given.output, &taken.input);
                let text = format!("takes the shape {taken:?} and gets {given:?} from '{from}'");
                let finding = if size(given) == size(taken) {
                    let text = format!("{text}: as many values, taken row by row; Python's nir.read refuses it");
                    Finding::new(Severity::Warning, &path(to), text)
                } else {
                    Finding::new(Severity::Error, &path(to), text)
                };
                self.findings.push(finding);
            }
        }
        for name in graph.nodes.keys() {
            if !self.nodes.contains_key(&path(name)) && !failed.contains(&name[..]) {
                let text = "its shape cannot be told: no Input node leads to it through nodes of known shape";
                self.findings.push(Finding::new(Severity::Error, &path(name), text));
            }
        }
    }

    /// The edges between nodes that exist, each once.
    fn edges<'a>(&mut self, graph: &'a Graph, above: &str) -> Vec<(&'a str, &'a str)> {
        let mut seen = BTreeSet::new();
        let mut edges = Vec::new();
        let owner = above.strip_suffix('/');
        let mut found = |severity, text| {
            self.findings.push(Finding { severity, node: owner.map(str::to_owned), text });
        };
        for (from, to) in &graph.edges {
            let missing = [from, to].into_iter().find(|name| !graph.nodes.contains_key(*name));
            if let Some(missing) = missing {
                found(Severity::Error, format!("edge '{from}' -> '{to}': there is no node '{missing}'"));
            } else if !seen.insert((from, to)) {
                let text = format!("edge '{from}' -> '{to}' is there twice: taken once; nir 1.0.8 refuses it");
                found(Severity::Warning, text);
            } else {
                edges.push((&from[..], &to[..]));
            }
        }
        edges
    }
}

/// What a node takes, as far as it says so itself.
fn declared(kind: &NodeKind) -> Result<Option<Vec<usize>>, String> {
    match kind {
        NodeKind::Input(shape) | NodeKind::Output(shape) => Ok(Some(shape.clone())),
        NodeKind::Affine { weight, .. } | NodeKind::Linear { weight } => matrix(weight).map(|shape| Some(shape.input)),
        NodeKind::Conv1d(conv) => conv_input(conv),
        NodeKind::Conv2d(conv) => conv_input(conv),
        NodeKind::SumPool2d(_) | NodeKind::AvgPool2d(_) => Ok(None),
        NodeKind::Flatten(flatten) => Ok(flatten.input_shape.clone()),
        NodeKind::Graph(graph) => {
            let inputs: Vec<&Vec<usize>> = graph
                .nodes
                .values()
                .filter_map(|node| if let NodeKind::Input(shape) = &node.kind { Some(shape) } else { None })
                .collect();
            match inputs[..] {
                [shape] => Ok(Some(shape.clone())),
                [] => Err("this inner graph has no Input node".into()),
                _ => Err("this inner graph has several Input nodes, and no edge says which of them it means".into()),
            }
        }
        neurons => {
            let shape = neurons.arrays().first().map(|(_, array)| array.shape().to_vec());
            // Single values are for neurons of any shape.
            Ok(shape.filter(|shape| !shape.is_empty()))
        }
    }
}

fn matrix(weight: &Array) -> Result<NodeShape, String> {
    match weight.shape() {
        [outer @ .., out, into] => {
            Ok(NodeShape { input: [outer, &[*into]].concat(), output: [outer, &[*out]].concat() })
        }
        other => Err(format!("its weight has shape {other:?}: expected [out, in]")),
    }
}

fn conv_input<const N: usize>(conv: &Conv<N>) -> Result<Option<Vec<usize>>, String> {
    let Some(sizes) = conv.input_shape else { return Ok(None) };
    Ok(Some([&[channels(conv)?], &sizes[..]].concat()))
}

/// Channels that a convolution takes.
fn channels<const N: usize>(conv: &Conv<N>) -> Result<usize, String> {
    let shape = conv.weight.shape();
    let axes = 2 + N;
    if shape.len() != axes {
        return Err(format!("its weight has shape {shape:?}: expected {axes} axes, [out, in, kernel...]"));
    }
    let channels = shape[1].checked_mul(conv.groups);
    channels.ok_or_else(|| format!("{} groups of {} channels are too many", conv.groups, shape[1]))
}

/// What a node gives that takes `input`.
pub(super) fn output(kind: &NodeKind, input: &[usize]) -> Result<Vec<usize>, String> {
    match kind {
        NodeKind::Affine { weight, bias } => {
            let output = matrix(weight)?.output;
            if bias.shape() != output {
                return Err(format!("its bias has shape {:?}, but its weight gives {output:?}", bias.shape()));
            }
            Ok(output)
        }
        NodeKind::Linear { weight } => Ok(matrix(weight)?.output),
        NodeKind::Conv1d(conv) => convolved(conv, input),
        NodeKind::Conv2d(conv) => convolved(conv, input),
        NodeKind::SumPool2d(pool) | NodeKind::AvgPool2d(pool) => pooled(pool, input),
        NodeKind::Flatten(flatten) => flattened(flatten, input),
        NodeKind::Graph(graph) => {
            let outputs: Vec<&Vec<usize>> = graph
                .nodes
                .values()
                .filter_map(|node| if let NodeKind::Output(shape) = &node.kind { Some(shape) } else { None })
                .collect();
            match outputs[..] {
                [shape] => Ok(shape.clone()),
                [] => Err("this inner graph has no Output node".into()),
                _ => Err("this inner graph has several Output nodes, and no edge says which of them it means".into()),
            }
        }
        _ => Ok(input.to_vec()),
    }
}

fn convolved<const N: usize>(conv: &Conv<N>, input: &[usize]) -> Result<Vec<usize>, String> {
    let channels = channels(conv)?;
    let shape = conv.weight.shape();
    if input.len() != 1 + N || input[0] != channels {
        return Err(format!("takes [{channels}, {}], gets {input:?}", ["size"; N].join(", ")));
    }
    if !shape[0].is_multiple_of(conv.groups.max(1)) {
        return Err(format!("{} channels cannot be shared by {} groups", shape[0], conv.groups));
    }
    if conv.bias.shape() != [shape[0]] {
        return Err(format!("its bias has shape {:?} for {} channels", conv.bias.shape(), shape[0]));
    }
    let mut output = vec![shape[0]];
    for axis in 0..N {
        let (size, kernel) = (input[1 + axis], shape[2 + axis]);
        let (stride, dilation) = (conv.stride[axis], conv.dilation[axis]);
        let padding = match conv.padding {
            Padding::Zeros(zeros) => zeros[axis],
            Padding::Valid => 0,
            Padding::Same if stride == 1 => {
                output.push(size);
                continue;
            }
            Padding::Same => return Err(format!("padding 'same' needs stride 1, found {stride}")),
        };
        output.push(windows(size, padding, dilation, kernel, stride)?);
    }
    Ok(output)
}

fn pooled(pool: &Pool, input: &[usize]) -> Result<Vec<usize>, String> {
    let &[channels, rows, columns] = input else {
        return Err(format!("takes [channels, rows, columns], gets {input:?}"));
    };
    let axis = |axis: usize, size: usize| {
        let (kernel, padding) = (pool.kernel_size[axis], pool.padding[axis]);
        if padding > kernel / 2 {
            return Err(format!("padding {padding} is more than half of the window of {kernel}"));
        }
        windows(size, padding, 1, kernel, pool.stride[axis])
    };
    Ok(vec![channels, axis(0, rows)?, axis(1, columns)?])
}

/// Number of places of a window along an axis, as PyTorch counts them.
fn windows(size: usize, padding: usize, dilation: usize, kernel: usize, stride: usize) -> Result<usize, String> {
    if kernel == 0 || stride == 0 || dilation == 0 {
        return Err("kernel, stride and dilation must be at least 1".into());
    }
    let padded = padding.checked_mul(2).and_then(|both| both.checked_add(size));
    let span = (kernel - 1).checked_mul(dilation).and_then(|span| span.checked_add(1));
    match (padded, span) {
        (Some(padded), Some(span)) if span <= padded => Ok((padded - span) / stride + 1),
        _ => {
            Err(format!("a kernel of {kernel}, dilated {dilation} times, does not fit in {size} and padding {padding}"))
        }
    }
}

fn flattened(flatten: &Flatten, input: &[usize]) -> Result<Vec<usize>, String> {
    let wrong = || {
        format!(
            "its axes {} to {} are not in {input:?} (there is no axis of batches)",
            flatten.start_dim, flatten.end_dim
        )
    };
    let axes = input.len() as i64;
    let place = |dim: i64| {
        let dim = if dim < 0 { dim.checked_add(axes) } else { Some(dim) };
        dim.filter(|dim| (0..axes).contains(dim)).map(|dim| dim as usize)
    };
    let (first, last) = place(flatten.start_dim).zip(place(flatten.end_dim)).ok_or_else(wrong)?;
    if first > last {
        return Err(wrong());
    }
    let middle = size(&input[first..=last]).ok_or_else(wrong)?;
    Ok([&input[..first], &[middle], &input[last + 1..]].concat())
}
