//! Graphs as HDF5 files, which Python's `nir.read` reads.

use super::array::{Array, Numbers};
use super::finding::Severity;
use super::graph::{Conv, Graph, Metadata, Node, NodeKind, Padding, Pool, Value};
use super::shapes::{Shapes, infer};
use crate::base::files::write_atomic;
use crate::error::{Error, Result};
use crate::formats::h5::H5;
use crate::recording::group_problem;
use hdf5_pure::{DatasetBuilder, FileBuilder, GroupBuilder};
use std::path::Path;

/// For which versions of the Python package a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compat {
    /// For all, as far as the graph allows it: a `v_reset` that is zero everywhere is left out.
    #[default]
    Widest,
    /// For 1.0.4, as Sinabs 3.1 and Rockpool 3.1 need it: without `v_reset`, which must be zero,
    /// and without CubaLI.
    V1_0_4,
    /// For 1.0.8: with every `v_reset` that the graph has.
    V1_0_8,
}

impl Compat {
    /// The version that the file says.
    fn version(self) -> &'static str {
        match self {
            Compat::V1_0_4 => "1.0.4",
            Compat::Widest | Compat::V1_0_8 => "1.0.8",
        }
    }
}

/// Deflate's level in files of the Python package.
const LEVEL: u32 = 4;

/// Writes a graph. A file that is there is replaced if it holds a graph, too.
///
/// # Errors
/// If names, edges or shapes are wrong, `compat` cannot have a node,
/// or the file cannot be written.
pub fn write(path: &Path, graph: &Graph, compat: Compat) -> Result<()> {
    if path.is_file() && H5::open(path).and_then(|file| file.strings("node/type", 1)).is_err() {
        return Err(Error::file(path, "cannot write: is a file of another kind").with_hint("choose another name"));
    }
    let shapes = infer(graph);
    if let Some(finding) = shapes.findings.iter().find(|finding| finding.severity == Severity::Error) {
        return Err(Error::value("graph", finding));
    }
    let mut builder = FileBuilder::new();
    builder.create_dataset("version").with_vlen_strings(&[compat.version()]).with_shape(&[]);
    let mut node = builder.create_group("node");
    Writer { compat, shapes: &shapes }.graph(&mut node, graph, "")?;
    builder.add_group(node.finish());
    let bytes = builder.finish().map_err(|e| Error::caused_by(path, "cannot write", e))?;
    write_atomic(path, |file| file.write_all(&bytes))
}

/// What the writing of a node needs to know.
struct Writer<'a> {
    compat: Compat,
    shapes: &'a Shapes,
}

impl Writer<'_> {
    /// A graph, whose nodes have paths that begin with `above`.
    fn graph(&self, group: &mut GroupBuilder, graph: &Graph, above: &str) -> Result<()> {
        put_text(group, "type", "NIRGraph");
        let ends: Vec<&str> = graph.edges.iter().flat_map(|(from, to)| [&from[..], &to[..]]).collect();
        group.create_dataset("edges").with_vlen_strings(&ends).with_shape(&[graph.edges.len() as u64, 2]);
        let mut nodes = group.create_group("nodes");
        for (name, node) in &graph.nodes {
            let path = format!("{above}{name}");
            let mut inner = nodes.create_group(name);
            self.node(&mut inner, node, &path)?;
            nodes.add_group(inner.finish());
        }
        group.add_group(nodes.finish());
        write_metadata(group, &graph.metadata, above)
    }

    fn node(&self, group: &mut GroupBuilder, node: &Node, path: &str) -> Result<()> {
        if let NodeKind::Graph(graph) = &node.kind {
            return self.graph(group, graph, &format!("{path}/"));
        }
        put_text(group, "type", node.kind.type_name());
        let refuse = |problem: &str| {
            let error = Error::value(format!("node '{path}'"), format!("{problem} in nir 1.0.4"));
            Err(error.with_hint("write it for 1.0.8, or change the graph"))
        };
        if self.compat == Compat::V1_0_4 && matches!(node.kind, NodeKind::CubaLi { .. }) {
            return refuse("there is no CubaLI");
        }
        for (name, array) in node.kind.arrays() {
            if name == "v_reset" && self.compat != Compat::V1_0_8 {
                if array.iter().all(|value| value == 0.0) {
                    continue;
                }
                if self.compat == Compat::V1_0_4 {
                    return refuse("a v_reset other than 0 cannot be said");
                }
            }
            put_array(group, name, array);
        }
        match &node.kind {
            NodeKind::Input(shape) | NodeKind::Output(shape) => put_array(group, "shape", &sizes(shape)),
            NodeKind::Conv1d(conv) => self.conv(group, conv, path),
            NodeKind::Conv2d(conv) => self.conv(group, conv, path),
            NodeKind::SumPool2d(pool) | NodeKind::AvgPool2d(pool) => {
                let Pool { kernel_size, stride, padding } = pool;
                for (name, values) in [("kernel_size", kernel_size), ("stride", stride), ("padding", padding)] {
                    put_array(group, name, &sizes(values));
                }
            }
            NodeKind::Flatten(flatten) => {
                put_integer(group, "start_dim", flatten.start_dim);
                put_integer(group, "end_dim", flatten.end_dim);
                if let Some(shape) = &flatten.input_shape {
                    put_array(group, "input_type", &sizes(shape));
                }
            }
            _ => {}
        }
        write_metadata(group, &node.metadata, &format!("{path}/"))
    }

    fn conv<const N: usize>(&self, group: &mut GroupBuilder, conv: &Conv<N>, path: &str) {
        // Along one axis the package has single numbers, along two it has pairs.
        let mut per_axis = |name: &str, values: &[usize]| match values {
            &[one] => put_integer(group, name, one as i64),
            _ => put_array(group, name, &sizes(values)),
        };
        // The package cannot read a convolution that does not say it.
        let told = self.shapes.nodes.get(path).map(|shape| &shape.input[1..]);
        if let Some(shape) = conv.input_shape.as_ref().map(|shape| &shape[..]).or(told) {
            per_axis("input_shape", shape);
        }
        per_axis("stride", &conv.stride);
        per_axis("dilation", &conv.dilation);
        match &conv.padding {
            Padding::Zeros(zeros) => per_axis("padding", zeros),
            Padding::Same => put_text(group, "padding", "same"),
            Padding::Valid => put_text(group, "padding", "valid"),
        }
        put_integer(group, "groups", conv.groups as i64);
    }
}

fn write_metadata(group: &mut GroupBuilder, metadata: &Metadata, above: &str) -> Result<()> {
    if metadata.is_empty() {
        return Ok(());
    }
    let mut table = group.create_group("metadata");
    write_table(&mut table, metadata, above)?;
    group.add_group(table.finish());
    Ok(())
}

fn write_table(group: &mut GroupBuilder, metadata: &Metadata, above: &str) -> Result<()> {
    for (name, value) in metadata {
        if let Some(problem) = group_problem(name) {
            return Err(Error::value(format!("{above}metadata"), problem));
        }
        match value {
            Value::Text(text) => put_text(group, name, text),
            Value::Array(array) => put_array(group, name, array),
            Value::Table(table) => {
                let mut inner = group.create_group(name);
                write_table(&mut inner, table, above)?;
                group.add_group(inner.finish());
            }
        }
    }
    Ok(())
}

fn sizes(values: &[usize]) -> Array {
    Array::i64s(values.iter().map(|&size| size as i64).collect())
}

fn put_text(group: &mut GroupBuilder, name: &str, text: &str) {
    group.create_dataset(name).with_vlen_strings(&[text]).with_shape(&[]);
}

fn put_integer(group: &mut GroupBuilder, name: &str, value: i64) {
    group.create_dataset(name).with_i64_data(&[value]).with_shape(&[]);
}

fn put_array(group: &mut GroupBuilder, name: &str, array: &Array) {
    let dataset: &mut DatasetBuilder = group.create_dataset(name);
    match array.numbers() {
        Numbers::F32(values) => dataset.with_f32_data(values),
        Numbers::F64(values) => dataset.with_f64_data(values),
        Numbers::I64(values) => dataset.with_i64_data(values),
    };
    let shape: Vec<u64> = array.shape().iter().map(|&size| size as u64).collect();
    dataset.with_shape(&shape);
    // Single values and empty arrays have no chunks.
    if !shape.is_empty() && !array.is_empty() {
        dataset.with_chunks(&shape).with_deflate(LEVEL);
    }
}
