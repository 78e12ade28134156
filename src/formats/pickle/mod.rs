//! Pickles as numpy and the benchmarks' scripts write them: a small safe reader, and the writer for
//! the same subset.
//!
//! numpy arrays are pickled as calls (`_reconstruct`, `dtype`, `_frombuffer`, ...). General crates
//! refuse calls they do not know or put `None` there, which loses the arrays, so this is a reader
//! of its own. Nothing is ever called: the few known functions are recognised by name and
//! everything else becomes [`Node::Other`]. The opcodes of protocols 0 to 5 that plain data needs
//! are understood. Each opcode adds at most one node, and what a node owns beyond its input is
//! limited, so memory is bounded by the input; nodes live in one vector, so nothing recurses.

mod machine;
mod node;
#[cfg(test)]
mod tests;
mod writer;

pub(crate) use node::Id;
pub(crate) use writer::Writer;

use crate::formats::npy::floats_to_f32;
use node::{Array, Node, Result, fixed_text};
use std::borrow::Cow;

/// A parsed pickle.
#[derive(Debug)]
pub(crate) struct Pickle<'a> {
    nodes: Vec<Node<'a>>,
    root: Id,
    /// Length of the pickle in bytes.
    bytes: usize,
}

impl<'a> Pickle<'a> {
    /// Parses the first pickle in `input`.
    pub fn parse(input: &'a [u8]) -> Result<Pickle<'a>> {
        let (nodes, root) = machine::run(input)?;
        Ok(Pickle { nodes, root, bytes: input.len() })
    }

    /// The pickled object; for an array of one object, as `np.save` stores a dictionary, that
    /// object.
    pub fn root(&self) -> Id {
        match &self.nodes[self.root] {
            Node::Array(array) if array.shape.is_empty() => match self.items(self.root).as_deref() {
                Some(&[only]) => only,
                _ => self.root,
            },
            _ => self.root,
        }
    }

    /// The key-value pairs of a dictionary.
    pub fn entries(&self, id: Id) -> Option<&[(Id, Id)]> {
        match &self.nodes[id] {
            Node::Dict(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value of `key` in a dictionary; the last one counts, as in Python.
    pub fn get(&self, dict: Id, key: &str) -> Option<Id> {
        let entries = self.entries(dict)?;
        entries.iter().rev().find(|(k, _)| self.text(*k).is_some_and(|text| text == key)).map(|&(_, value)| value)
    }

    /// The elements of a list, a tuple or an array of objects.
    pub fn items(&self, id: Id) -> Option<Vec<Id>> {
        match &self.nodes[id] {
            Node::Tuple(items) | Node::List(items) => Some(items.clone()),
            Node::Array(Array { shape, data: Some(data), .. }) => match &self.nodes[*data] {
                Node::List(items) if count(shape) == Some(items.len()) => Some(items.clone()),
                _ => None,
            },
            _ => None,
        }
    }

    /// A string, or bytes that are one.
    pub fn text(&self, id: Id) -> Option<Cow<'_, str>> {
        match &self.nodes[id] {
            Node::Text(text) => Some(Cow::Borrowed(text)),
            Node::Bytes(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            _ => None,
        }
    }

    /// A list of strings, together no longer than the pickle, or an array of strings of fixed size.
    pub fn texts(&self, id: Id) -> Option<Vec<String>> {
        if let Some(items) = self.items(id) {
            let mut left = self.bytes;
            let text = |item| {
                let text = self.text(item)?;
                left = left.checked_sub(text.len())?;
                Some(text.into_owned())
            };
            return items.into_iter().map(text).collect();
        }
        let Node::Array(array) = &self.nodes[id] else { return None };
        let raw = self.elements(array)?;
        if raw.is_empty() || array.dtype.size == 0 {
            return (count(&array.shape) == Some(0)).then(Vec::new);
        }
        raw.chunks_exact(array.dtype.size).map(|bytes| fixed_text(bytes, array.dtype)).collect()
    }

    /// A numpy array.
    pub fn array(&self, id: Id) -> Option<&Array> {
        match &self.nodes[id] {
            Node::Array(array) => Some(array),
            _ => None,
        }
    }

    /// Copies a float array of `out.len()` elements, of one or two dimensions, in row-major order.
    pub fn read_floats(&self, array: &Array, out: &mut [f32]) -> Result<()> {
        if !array.dtype.is_float() {
            return Err(format!("elements of type {}{} are not floats", array.dtype.kind, array.dtype.size));
        }
        let raw = self.elements(array).ok_or("the array's shape does not match its bytes")?;
        if count(&array.shape) != Some(out.len()) {
            return Err(format!("an array of shape {:?} does not have {} elements", array.shape, out.len()));
        }
        match (array.fortran, &array.shape[..]) {
            (true, &[rows, columns]) if rows > 1 && columns > 1 => {
                let mut transposed = vec![0.0; out.len()];
                floats_to_f32(raw, array.dtype.size, array.dtype.big_endian, &mut transposed);
                for (column, values) in transposed.chunks_exact(rows).enumerate() {
                    for (row, &value) in values.iter().enumerate() {
                        out[row * columns + column] = value;
                    }
                }
            }
            (true, shape) if shape.len() > 2 => return Err("arrays stored column by column are read up to 2-d".into()),
            _ => floats_to_f32(raw, array.dtype.size, array.dtype.big_endian, out),
        }
        Ok(())
    }

    /// The bytes of an array of fixed-size elements, when they are as many as its shape needs.
    fn elements(&self, array: &Array) -> Option<&[u8]> {
        let Node::Bytes(raw) = &self.nodes[array.data?] else { return None };
        (count(&array.shape)?.checked_mul(array.dtype.size)? == raw.len()).then_some(raw)
    }
}

/// Number of elements of an array.
fn count(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1usize, |product, &n| product.checked_mul(n))
}
