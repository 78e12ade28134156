//! Graphs from HDF5 files.

use super::array::{Array, Numbers, size};
use super::graph::{Conv, Flatten, Graph, Metadata, Node, NodeKind, Padding, Pool, Value};
use crate::error::{Error, Result};
use crate::formats::h5::H5;
use std::collections::BTreeSet;
use std::path::Path;

/// Most nodes of a file, in all its graphs. A group may stand in a file under many names, even
/// inside itself.
const MOST_NODES: usize = 10_000;

/// How deep graphs, or tables of metadata, may stand in each other.
const DEEPEST: usize = 16;

/// The newest major version of the format that is known.
const MAJOR: u32 = 1;

/// What a file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct NirFile {
    /// The version of the Python package that wrote it, if it says so.
    pub version: Option<String>,
    /// The graph.
    pub graph: Graph,
    /// What was left out, each with its reason: metadata of other types, groups beside the graph.
    pub unread: Vec<String>,
}

/// Reads a file of version 0.1 to 1.0, whether or not it says its version.
///
/// # Errors
/// If the file cannot be read, is of a later major version, or has a node that is not known or not
/// whole; the error names the node.
pub fn read(path: &Path) -> Result<NirFile> {
    let file = H5::open(path)?;
    let mut reader = Reader { path, file, nodes: 0, unread: Vec::new() };
    let (groups, datasets) = reader.file.members("/")?;
    let version = match datasets.iter().any(|name| name == "version") {
        true => Some(reader.text("version")?),
        false => None,
    };
    let major = version.as_deref().and_then(|version| version.split('.').next()?.parse::<u32>().ok());
    if let (Some(version), Some(true)) = (&version, major.map(|major| major > MAJOR)) {
        return Err(reader
            .file
            .wrong("version", format!("is {version}: versions 0.1 to {MAJOR}.x are known"))
            .with_hint("write it with an older version of the Python package nir"));
    }
    if !groups.iter().any(|name| name == "node") {
        return Err(Error::file(path, "no NIR graph: there is no group 'node'")
            .with_hint("write graphs with nir.write; spikes and traces of nir.write_data are none"));
    }
    let others = groups.iter().filter(|name| *name != "node").map(|name| ("group", name));
    let others = others.chain(datasets.iter().filter(|name| *name != "version").map(|name| ("dataset", name)));
    let others: Vec<String> = others.map(|(what, name)| format!("{what} '{name}': not of the graph")).collect();
    reader.unread.extend(others);
    let kind = reader.text("node/type")?;
    if kind != "NIRGraph" {
        return Err(Error::file(path, format!("a single node of type {kind}, not a graph"))
            .with_hint("make it a graph before it is written: nir.NIRGraph.from_list(node)"));
    }
    let graph = reader.graph("node", "", 0)?;
    Ok(NirFile { version, graph, unread: reader.unread })
}

/// A file being read.
struct Reader<'a> {
    path: &'a Path,
    file: H5,
    /// Read so far.
    nodes: usize,
    unread: Vec<String>,
}

impl Reader<'_> {
    fn text(&self, name: &str) -> Result<String> {
        Ok(self.file.strings(name, 1)?.swap_remove(0))
    }

    fn array(&self, name: &str) -> Result<Array> {
        let shape = self.file.shape(name)?;
        Array::new(shape, self.file.numbers(name)?).map_err(|e| self.file.wrong(name, e))
    }

    /// The graph in group `group`, whose nodes have paths that begin with `above`.
    fn graph(&mut self, group: &str, above: &str, depth: usize) -> Result<Graph> {
        if depth > DEEPEST {
            return Err(self.file.wrong(group, format!("stands in more than {DEEPEST} other graphs")));
        }
        let (groups, datasets) = self.file.members(group)?;
        let unknown = datasets.iter().find(|name| !["type", "edges"].contains(&&name[..]));
        if let Some(unknown) = unknown {
            let problem = "is not known in a graph";
            return Err(self.file.wrong(&format!("{group}/{unknown}"), problem).with_hint(TO_METADATA));
        }
        let mut graph = Graph { edges: self.edges(group)?, ..Graph::default() };
        for name in groups {
            let inner = format!("{group}/{name}");
            match &name[..] {
                "nodes" => {
                    let (names, strays) = self.file.members(&inner)?;
                    if let Some(stray) = strays.first() {
                        return Err(self.file.wrong(&format!("{inner}/{stray}"), "is no node: expected groups"));
                    }
                    for name in names {
                        let node = self.node(&format!("{inner}/{name}"), &format!("{above}{name}"), depth)?;
                        graph.nodes.insert(name, node);
                    }
                }
                "metadata" => graph.metadata = self.metadata(&inner, 0)?,
                _ => return Err(self.file.wrong(&inner, "is not known in a graph").with_hint(TO_METADATA)),
            }
        }
        Ok(graph)
    }

    fn edges(&self, group: &str) -> Result<Vec<(String, String)>> {
        let name = format!("{group}/edges");
        let shape = self.file.shape(&name)?;
        if shape.contains(&0) {
            return Ok(Vec::new());
        }
        let &[count, 2] = &shape[..] else {
            return Err(self.file.wrong(&name, format!("has shape {shape:?}: expected [edges, 2]")));
        };
        let mut names = self.file.strings(&name, count.saturating_mul(2))?.into_iter();
        Ok(std::iter::from_fn(|| names.next().zip(names.next())).collect())
    }

    /// The node in group `group`, which has the path `path` in messages.
    fn node(&mut self, group: &str, path: &str, depth: usize) -> Result<Node> {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            return Err(Error::file(self.path, format!("more than {MOST_NODES} nodes")));
        }
        let (groups, datasets) = self.file.members(group)?;
        if !datasets.iter().any(|name| name == "type") {
            return Err(Error::file(self.path, format!("node '{path}' has no 'type'")));
        }
        let kind = self.text(&format!("{group}/type"))?;
        if kind == "NIRGraph" {
            let graph = self.graph(group, &format!("{path}/"), depth + 1)?;
            return Ok(NodeKind::Graph(graph).into());
        }
        let metadata = match &groups[..] {
            [] => Metadata::new(),
            [only] if only == "metadata" => self.metadata(&format!("{group}/metadata"), 0)?,
            _ => {
                let stray = groups.iter().find(|name| *name != "metadata").map_or("", |name| name);
                let problem = format!("node '{path}' of type {kind} has the unknown group '{stray}'");
                return Err(Error::file(self.path, problem).with_hint(TO_METADATA));
            }
        };
        let unused = datasets.into_iter().filter(|name| name != "type").collect();
        let mut fields = Fields { reader: self, group, path, kind: &kind, unused };
        let kind = fields.kind()?;
        if let Some(unknown) = fields.unused.first() {
            return Err(fields.wrong(format!("has the unknown field '{unknown}'")).with_hint(TO_METADATA));
        }
        Ok(Node { kind, metadata })
    }

    fn metadata(&mut self, group: &str, depth: usize) -> Result<Metadata> {
        if depth > DEEPEST {
            return Err(self.file.wrong(group, format!("stands in more than {DEEPEST} other groups")));
        }
        let mut metadata = Metadata::new();
        let (groups, datasets) = self.file.members(group)?;
        for name in datasets {
            let full = format!("{group}/{name}");
            if self.file.is_text(&full)? {
                match &self.file.shape(&full)?[..] {
                    [] => drop(metadata.insert(name, Value::Text(self.text(&full)?))),
                    _ => self.unread.push(format!("'{full}': a list of texts")),
                }
            } else if self.file.is_number(&full)? {
                metadata.insert(name, Value::Array(self.array(&full)?));
            } else {
                self.unread.push(format!("'{full}': neither text nor numbers"));
            }
        }
        for name in groups {
            // Tables of tables count as nodes do: they may stand in a file many times.
            self.nodes += 1;
            if self.nodes > MOST_NODES {
                return Err(Error::file(self.path, format!("more than {MOST_NODES} nodes and groups of metadata")));
            }
            let inner = self.metadata(&format!("{group}/{name}"), depth + 1)?;
            metadata.insert(name, Value::Table(inner));
        }
        Ok(metadata)
    }
}

const TO_METADATA: &str = "what is not of NIR belongs into the node's 'metadata'";

/// The fields of a node.
struct Fields<'a> {
    reader: &'a Reader<'a>,
    group: &'a str,
    path: &'a str,
    kind: &'a str,
    /// Not asked for so far.
    unused: BTreeSet<String>,
}

impl Fields<'_> {
    fn wrong(&self, problem: impl std::fmt::Display) -> Error {
        Error::file(self.reader.path, format!("node '{}' of type {} {problem}", self.path, self.kind))
    }

    fn full(&self, name: &str) -> String {
        format!("{}/{name}", self.group)
    }

    fn optional(&mut self, name: &str) -> Result<Option<Array>> {
        match self.unused.remove(name) {
            true => self.reader.array(&self.full(name)).map(Some),
            false => Ok(None),
        }
    }

    fn array(&mut self, name: &str) -> Result<Array> {
        self.optional(name)?.ok_or_else(|| self.wrong(format!("has no '{name}'")))
    }

    /// Whole numbers of a list or of a single value.
    fn integers(&mut self, name: &str) -> Result<Option<Vec<i64>>> {
        let Some(array) = self.optional(name)? else { return Ok(None) };
        match array.numbers() {
            Numbers::I64(values) if array.shape().len() <= 1 => Ok(Some(values.clone())),
            _ => Err(self.wrong(format!("has a wrong '{name}': expected a list of whole numbers"))),
        }
    }

    fn sizes(&mut self, name: &str) -> Result<Option<Vec<usize>>> {
        let Some(values) = self.integers(name)? else { return Ok(None) };
        let sizes = values.iter().map(|&value| usize::try_from(value).ok()).collect::<Option<_>>();
        sizes.ok_or_else(|| self.wrong(format!("has '{name}' {values:?}: expected numbers from 0"))).map(Some)
    }

    fn shape(&mut self, name: &str) -> Result<Vec<usize>> {
        self.sizes(name)?.ok_or_else(|| self.wrong(format!("has no '{name}'")))
    }

    /// One size for each of `N` axes, or one for all of them, each at least `least`.
    fn per_axis<const N: usize>(&mut self, name: &str, least: usize) -> Result<Option<[usize; N]>> {
        let Some(sizes) = self.sizes(name)? else { return Ok(None) };
        let per_axis = match sizes[..] {
            [one] => Some([one; N]),
            _ => <[usize; N]>::try_from(&sizes[..]).ok(),
        };
        let fits = per_axis.filter(|sizes| sizes.iter().all(|&size| size >= least));
        fits.ok_or_else(|| self.wrong(format!("has '{name}' {sizes:?}: expected {N} numbers from {least}"))).map(Some)
    }

    fn needed<const N: usize>(&mut self, name: &str, least: usize) -> Result<[usize; N]> {
        self.per_axis(name, least)?.ok_or_else(|| self.wrong(format!("has no '{name}'")))
    }

    fn conv<const N: usize>(&mut self) -> Result<Conv<N>> {
        let [groups] = self.needed::<1>("groups", 1)?;
        Ok(Conv {
            input_shape: self.per_axis("input_shape", 0)?,
            weight: self.array("weight")?,
            stride: self.needed("stride", 1)?,
            padding: self.padding()?,
            dilation: self.needed("dilation", 1)?,
            groups,
            bias: self.array("bias")?,
        })
    }

    fn padding<const N: usize>(&mut self) -> Result<Padding<N>> {
        let full = self.full("padding");
        if !self.unused.contains("padding") || !self.reader.file.is_text(&full)? {
            return self.needed("padding", 0).map(Padding::Zeros);
        }
        self.unused.remove("padding");
        match &self.reader.text(&full)?[..] {
            "same" => Ok(Padding::Same),
            "valid" => Ok(Padding::Valid),
            other => Err(self.wrong(format!("has padding '{other}': expected numbers, 'same' or 'valid'"))),
        }
    }

    fn pool(&mut self) -> Result<Pool> {
        Ok(Pool {
            kernel_size: self.needed("kernel_size", 1)?,
            stride: self.needed("stride", 1)?,
            padding: self.needed("padding", 0)?,
        })
    }

    fn single(&mut self, name: &str, default: i64) -> Result<i64> {
        match self.integers(name)?.as_deref() {
            None => Ok(default),
            Some(&[value]) => Ok(value),
            Some(other) => Err(self.wrong(format!("has '{name}' {other:?}: expected one number"))),
        }
    }

    /// The parameters `names` of neurons, in one shape: a single value stands for all neurons.
    fn neurons<const N: usize>(&mut self, names: [&str; N]) -> Result<[Array; N]> {
        let mut arrays = Vec::with_capacity(N);
        for name in names {
            arrays.push(self.array(name)?);
        }
        let shape = arrays.iter().map(Array::shape).find(|shape| !shape.is_empty()).unwrap_or_default().to_vec();
        let size = size(&shape).unwrap_or_default();
        for (name, array) in names.iter().zip(&mut arrays) {
            if array.shape() != shape {
                if !array.shape().is_empty() {
                    let problem = format!("has '{name}' of shape {:?} beside others of {shape:?}", array.shape());
                    return Err(self.wrong(problem));
                }
                *array = array.spread(&shape, size);
            }
        }
        <[Array; N]>::try_from(arrays).map_err(|_| self.wrong("has too few parameters"))
    }

    /// A parameter that may be missing, in the shape of another one.
    fn beside(&mut self, name: &str, other: &Array) -> Result<Option<Array>> {
        let Some(array) = self.optional(name)? else { return Ok(None) };
        if array.shape() == other.shape() {
            Ok(Some(array))
        } else if array.shape().is_empty() {
            Ok(Some(array.spread(other.shape(), other.len())))
        } else {
            let problem = format!("has '{name}' of shape {:?} beside others of {:?}", array.shape(), other.shape());
            Err(self.wrong(problem))
        }
    }

    fn kind(&mut self) -> Result<NodeKind> {
        Ok(match self.kind {
            "Input" => NodeKind::Input(self.shape("shape")?),
            "Output" => NodeKind::Output(self.shape("shape")?),
            "Affine" => NodeKind::Affine { weight: self.array("weight")?, bias: self.array("bias")? },
            "Linear" => NodeKind::Linear { weight: self.array("weight")? },
            "Scale" => NodeKind::Scale { scale: self.array("scale")? },
            "Conv1d" => NodeKind::Conv1d(self.conv()?),
            "Conv2d" => NodeKind::Conv2d(self.conv()?),
            "SumPool2d" => NodeKind::SumPool2d(self.pool()?),
            "AvgPool2d" => NodeKind::AvgPool2d(self.pool()?),
            "Flatten" => NodeKind::Flatten(Flatten {
                start_dim: self.single("start_dim", 1)?,
                end_dim: self.single("end_dim", -1)?,
                input_shape: self.sizes("input_type")?,
            }),
            "Delay" => NodeKind::Delay { delay: self.array("delay")? },
            "Threshold" => NodeKind::Threshold { threshold: self.array("threshold")? },
            "I" => NodeKind::I { r: self.array("r")? },
            "IF" => {
                let [r, v_threshold] = self.neurons(["r", "v_threshold"])?;
                let v_reset = self.beside("v_reset", &r)?;
                NodeKind::If { r, v_threshold, v_reset }
            }
            "LI" => {
                let [tau, r, v_leak] = self.neurons(["tau", "r", "v_leak"])?;
                NodeKind::Li { tau, r, v_leak }
            }
            "LIF" => {
                let [tau, r, v_leak, v_threshold] = self.neurons(["tau", "r", "v_leak", "v_threshold"])?;
                let v_reset = self.beside("v_reset", &r)?;
                NodeKind::Lif { tau, r, v_leak, v_threshold, v_reset }
            }
            "CubaLI" => {
                let [tau_syn, tau_mem, r, v_leak] = self.neurons(["tau_syn", "tau_mem", "r", "v_leak"])?;
                let w_in = self.beside("w_in", &r)?.unwrap_or_else(|| r.filled(1.0));
                NodeKind::CubaLi { tau_syn, tau_mem, r, v_leak, w_in }
            }
            "CubaLIF" => {
                let [tau_syn, tau_mem, r, v_leak, v_threshold] =
                    self.neurons(["tau_syn", "tau_mem", "r", "v_leak", "v_threshold"])?;
                let w_in = self.beside("w_in", &r)?.unwrap_or_else(|| r.filled(1.0));
                let v_reset = self.beside("v_reset", &r)?;
                NodeKind::CubaLif { tau_syn, tau_mem, r, v_leak, v_threshold, v_reset, w_in }
            }
            other => {
                let problem = format!("node '{}' has the type '{other}', which is not known", self.path);
                let hint = "replace it by nodes of nir 1.0: Affine, Linear, Scale, Conv1d, Conv2d, SumPool2d, \
                            AvgPool2d, Flatten, Delay, Threshold, I, IF, LI, LIF, CubaLI, CubaLIF, Input, Output, \
                            NIRGraph";
                return Err(Error::file(self.reader.path, problem).with_hint(hint));
            }
        })
    }
}
