//! Pickles as numpy and the benchmarks' scripts write them: a small safe reader, and the writer for the same subset.
//!
//! numpy arrays are pickled as calls (`_reconstruct`, `dtype`, `_frombuffer`, ...). General crates refuse calls they do
//! not know or put `None` there, which loses the arrays, so this is our own. Nothing is ever called: the few known
//! functions are recognised by name and everything else becomes [`Node::Other`]. The opcodes of protocols 0 to 5 that
//! plain data needs are understood. Each opcode adds at most one node, and what a node owns beyond its input is limited,
//! so memory is bounded by the input; nodes live in one vector, so nothing recurses.

use crate::npy::{DType, floats_to_f32};
use std::borrow::Cow;
use std::collections::HashMap;

/// What is wrong, and at which byte.
type Result<T> = std::result::Result<T, String>;

/// Index of a node.
pub(super) type Id = usize;

/// One Python object.
#[derive(Debug)]
pub(super) enum Node<'a> {
    None,
    /// An integer or a truth value.
    Int(i64),
    Text(Cow<'a, str>),
    /// `bytes`, and the strings of Python 2.
    Bytes(Cow<'a, [u8]>),
    Tuple(Vec<Id>),
    List(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    Type(DType),
    Array(Array),
    /// `module.name`.
    Global(String),
    /// An object of no use here, by the name of what would make it.
    Other(String),
}

/// A numpy array whose elements are in the node `data`: bytes, or a list for arrays of objects.
#[derive(Debug)]
pub(super) struct Array {
    pub shape: Vec<usize>,
    dtype: DType,
    fortran: bool,
    data: Option<Id>,
}

/// A parsed pickle.
#[derive(Debug)]
pub(super) struct Pickle<'a> {
    nodes: Vec<Node<'a>>,
    root: Id,
}

impl<'a> Pickle<'a> {
    /// Parses the first pickle in `input`.
    pub fn parse(input: &'a [u8]) -> Result<Pickle<'a>> {
        let mut machine = Machine {
            input,
            at: 0,
            nodes: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
            owned: 0,
        };
        let root = machine.run().map_err(|problem| format!("{problem} (byte {} of the pickle)", machine.at))?;
        Ok(Pickle { nodes: machine.nodes, root })
    }

    /// The pickled object; for an array of one object, as `np.save` stores a dictionary, that object.
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

    /// A list of strings, or an array of strings of fixed size.
    pub fn texts(&self, id: Id) -> Option<Vec<String>> {
        if let Some(items) = self.items(id) {
            return items.into_iter().map(|item| self.text(item).map(Cow::into_owned)).collect();
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

/// An element of a numpy string array (`S` or `U`), without the zeros that fill it.
fn fixed_text(bytes: &[u8], dtype: DType) -> Option<String> {
    match dtype.kind {
        'S' => {
            let end = bytes.iter().rposition(|&b| b != 0).map_or(0, |last| last + 1);
            String::from_utf8(bytes[..end].to_vec()).ok()
        }
        'U' => {
            let points = bytes.chunks_exact(4).map(|b| {
                let b = [b[0], b[1], b[2], b[3]];
                if dtype.big_endian { u32::from_be_bytes(b) } else { u32::from_le_bytes(b) }
            });
            points.take_while(|&point| point != 0).map(char::from_u32).collect()
        }
        _ => None,
    }
}

/// The pickle machine: a stack of nodes, marks in it, and a memo.
struct Machine<'a> {
    input: &'a [u8],
    at: usize,
    nodes: Vec<Node<'a>>,
    stack: Vec<Id>,
    marks: Vec<usize>,
    memo: HashMap<usize, Id>,
    /// Bytes copied out of the input so far; honest pickles stay below its length.
    owned: usize,
}

impl<'a> Machine<'a> {
    fn run(&mut self) -> Result<Id> {
        loop {
            match self.byte()? {
                b'.' => return self.pop(),
                opcode => self.step(opcode)?,
            }
        }
    }

    fn step(&mut self, opcode: u8) -> Result<()> {
        match opcode {
            0x80 => match self.byte()? {
                0..=5 => Ok(()),
                version => Err(format!("pickle protocol {version} is not known")),
            },
            0x95 => self.take(8).map(drop), // FRAME: its length only helps buffering
            b'(' => {
                self.marks.push(self.stack.len());
                Ok(())
            }
            b'0' => match self.marks.last() == Some(&self.stack.len()) {
                true => self.pop_mark().map(drop),
                false => self.pop().map(drop),
            },
            b'1' => self.pop_mark().map(drop),
            b'2' => {
                let top = self.top()?;
                self.stack.push(top);
                Ok(())
            }
            b'N' => self.push(Node::None),
            0x88 | 0x89 => self.push(Node::Int(i64::from(opcode == 0x88))),
            b'I' | b'L' => {
                let text = self.line()?;
                let digits = text.strip_suffix('L').unwrap_or(text);
                let node = digits.parse().map_or_else(|_| Node::Other("an integer".into()), Node::Int);
                self.push(node)
            }
            b'J' => {
                let value = i32::from_le_bytes(self.fixed()?);
                self.push(Node::Int(value.into()))
            }
            b'K' => {
                let value = self.byte()?;
                self.push(Node::Int(value.into()))
            }
            b'M' => {
                let value = u16::from_le_bytes(self.fixed()?);
                self.push(Node::Int(value.into()))
            }
            0x8a => {
                let n = usize::from(self.byte()?);
                self.long(n)
            }
            0x8b => {
                let n = self.length4()?;
                self.long(n)
            }
            b'F' => {
                self.line()?;
                self.push(Node::Other("a float".into()))
            }
            b'G' => {
                self.take(8)?;
                self.push(Node::Other("a float".into()))
            }
            b'S' => {
                // The repr of a Python 2 string: only the plain form without escapes.
                let text = self.line()?;
                let inner = text.strip_prefix(['\'', '"']).and_then(|rest| rest.strip_suffix(['\'', '"']));
                match inner.filter(|inner| !inner.contains('\\')) {
                    Some(inner) => self.push(Node::Bytes(Cow::Borrowed(inner.as_bytes()))),
                    None => Err("a string with escapes in protocol 0: save it with protocol 2 or later".into()),
                }
            }
            b'V' => {
                let text = self.line()?;
                match text.contains('\\') {
                    false => self.push(Node::Text(Cow::Borrowed(text))),
                    true => Err("a string with escapes in protocol 0: save it with protocol 2 or later".into()),
                }
            }
            b'U' | b'C' => {
                let n = usize::from(self.byte()?);
                self.bytes(n)
            }
            b'T' | b'B' => {
                let n = self.length4()?;
                self.bytes(n)
            }
            0x8e | 0x96 => {
                let n = self.length8()?;
                self.bytes(n)
            }
            0x98 => Ok(()), // READONLY_BUFFER changes nothing for a reader
            0x8c => {
                let n = usize::from(self.byte()?);
                self.text(n)
            }
            b'X' => {
                let n = self.length4()?;
                self.text(n)
            }
            0x8d => {
                let n = self.length8()?;
                self.text(n)
            }
            b')' => self.push(Node::Tuple(Vec::new())),
            b']' => self.push(Node::List(Vec::new())),
            b'}' => self.push(Node::Dict(Vec::new())),
            b't' => {
                let items = self.pop_mark()?;
                self.push(Node::Tuple(items))
            }
            b'l' => {
                let items = self.pop_mark()?;
                self.push(Node::List(items))
            }
            b'd' => {
                let items = self.pop_mark()?;
                self.push(Node::Dict(pairs(&items)?))
            }
            0x85..=0x87 => {
                let n = usize::from(opcode - 0x84);
                let mut items = (0..n).map(|_| self.pop()).collect::<Result<Vec<_>>>()?;
                items.reverse();
                self.push(Node::Tuple(items))
            }
            b'a' => {
                let item = self.pop()?;
                self.extend_list(vec![item])
            }
            b'e' => {
                let items = self.pop_mark()?;
                self.extend_list(items)
            }
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.extend_dict(&[key, value])
            }
            b'u' => {
                let items = self.pop_mark()?;
                self.extend_dict(&items)
            }
            b'p' => {
                let key = self.line_number()?;
                self.remember(key)
            }
            b'q' => {
                let key = usize::from(self.byte()?);
                self.remember(key)
            }
            b'r' => {
                let key = self.length4()?;
                self.remember(key)
            }
            0x94 => self.remember(self.memo.len()),
            b'g' => {
                let key = self.line_number()?;
                self.recall(key)
            }
            b'h' => {
                let key = usize::from(self.byte()?);
                self.recall(key)
            }
            b'j' => {
                let key = self.length4()?;
                self.recall(key)
            }
            b'c' => {
                let module = self.line()?;
                let name = self.line()?;
                self.push(Node::Global(format!("{module}.{name}")))
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                match (&self.nodes[module], &self.nodes[name]) {
                    (Node::Text(module), Node::Text(name)) => self.push(Node::Global(format!("{module}.{name}"))),
                    _ => Err("a global without a name".into()),
                }
            }
            b'R' | 0x81 => {
                let (arguments, function) = (self.pop()?, self.pop()?);
                self.call(function, arguments)
            }
            b'b' => {
                let state = self.pop()?;
                let object = self.top()?;
                self.set_state(object, state)
            }
            other => Err(format!("pickle opcode {other:#04x} is not supported")),
        }
    }

    /// What a call makes, for the functions that numpy pickles use.
    fn call(&mut self, function: Id, arguments: Id) -> Result<()> {
        let Node::Tuple(arguments) = &self.nodes[arguments] else { return Err("a call without arguments".into()) };
        let Node::Global(name) = &self.nodes[function] else {
            return self.push(Node::Other("a call of a call".into()));
        };
        let node = match (name.as_str(), &arguments[..]) {
            ("numpy.dtype", [kind, ..]) => match self.str_of(*kind).and_then(DType::parse) {
                Some(dtype) => Node::Type(dtype),
                None => return Err("an unknown numpy dtype".into()),
            },
            ("numpy.core.multiarray._reconstruct" | "numpy._core.multiarray._reconstruct", _) => {
                let dtype = DType { kind: 'V', size: 0, big_endian: false };
                Node::Array(Array { shape: vec![0], dtype, fortran: false, data: None })
            }
            ("numpy.core.numeric._frombuffer" | "numpy._core.numeric._frombuffer", &[data, dtype, shape, order]) => {
                let (Node::Type(dtype), Some(shape)) = (&self.nodes[dtype], self.shape(shape)) else {
                    return Err("an array without type or shape".into());
                };
                let fortran = self.str_of(order) == Some("F");
                Node::Array(Array { shape, dtype: *dtype, fortran, data: Some(data) })
            }
            ("numpy.core.multiarray.scalar" | "numpy._core.multiarray.scalar", &[dtype, data]) => {
                match (&self.nodes[dtype], &self.nodes[data]) {
                    (Node::Type(dtype), Node::Bytes(bytes)) => scalar(*dtype, bytes),
                    _ => Node::Other("a numpy scalar".into()),
                }
            }
            // How Python 3 writes bytes in protocols 0 to 2.
            ("_codecs.encode", &[text, _]) => match self.str_of(text) {
                Some(text) => {
                    let bytes = text.chars().map(|c| u8::try_from(u32::from(c))).collect::<std::result::Result<_, _>>();
                    Node::Bytes(Cow::Owned(bytes.map_err(|_| "bytes above 255")?))
                }
                None => return Err("bytes that are not given as text".into()),
            },
            ("__builtin__.bytes" | "builtins.bytes", []) => Node::Bytes(Cow::Borrowed(&[])),
            (name, _) => Node::Other(name.to_string()),
        };
        self.push(node)
    }

    /// Applies the state that follows the making of a dtype or an array.
    fn set_state(&mut self, object: Id, state: Id) -> Result<()> {
        let Node::Tuple(state) = &self.nodes[state] else {
            return match &self.nodes[object] {
                Node::Type(_) | Node::Array(_) => Err("a numpy object with an unknown state".into()),
                _ => Ok(()),
            };
        };
        match &self.nodes[object] {
            Node::Type(dtype) => {
                let order = state.get(1).and_then(|&id| self.str_of(id));
                let dtype = DType { big_endian: order == Some(">"), ..*dtype };
                self.nodes[object] = Node::Type(dtype);
            }
            Node::Array(_) => {
                let &[_, shape, dtype, fortran, data] = &state[..] else {
                    return Err("an array with an unknown state".into());
                };
                let (Some(shape), Node::Type(dtype)) = (self.shape(shape), &self.nodes[dtype]) else {
                    return Err("an array without type or shape".into());
                };
                let fortran = matches!(self.nodes[fortran], Node::Int(1));
                self.nodes[object] = Node::Array(Array { shape, dtype: *dtype, fortran, data: Some(data) });
            }
            _ => {}
        }
        Ok(())
    }

    fn shape(&self, id: Id) -> Option<Vec<usize>> {
        let Node::Tuple(sizes) = &self.nodes[id] else { return None };
        if sizes.len() > 64 {
            return None; // numpy has at most 64 dimensions
        }
        sizes
            .iter()
            .map(|&size| match self.nodes[size] {
                Node::Int(n) => usize::try_from(n).ok(),
                _ => None,
            })
            .collect()
    }

    fn str_of(&self, id: Id) -> Option<&str> {
        match &self.nodes[id] {
            Node::Text(text) => Some(text),
            Node::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    fn push(&mut self, node: Node<'a>) -> Result<()> {
        self.owned += match &node {
            Node::Global(name) | Node::Other(name) => name.len().saturating_sub(64),
            Node::Text(Cow::Owned(text)) => text.len(),
            Node::Bytes(Cow::Owned(bytes)) => bytes.len(),
            _ => 0,
        };
        if self.owned > self.input.len() {
            return Err("the pickle repeats itself without end".into());
        }
        self.nodes.push(node);
        self.stack.push(self.nodes.len() - 1);
        Ok(())
    }

    fn top(&self) -> Result<Id> {
        let floor = self.marks.last().copied().unwrap_or(0);
        self.stack.get(floor..).and_then(<[Id]>::last).copied().ok_or_else(|| "the pickle's stack is empty".into())
    }

    fn pop(&mut self) -> Result<Id> {
        let top = self.top()?;
        self.stack.pop();
        Ok(top)
    }

    fn pop_mark(&mut self) -> Result<Vec<Id>> {
        let mark = self.marks.pop().ok_or("the pickle has no mark")?;
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }

    fn extend_list(&mut self, items: Vec<Id>) -> Result<()> {
        let top = self.top()?;
        match &mut self.nodes[top] {
            Node::List(list) => list.extend(items),
            Node::Other(_) => {}
            _ => return Err("items for something that is no list".into()),
        }
        Ok(())
    }

    fn extend_dict(&mut self, items: &[Id]) -> Result<()> {
        let new = pairs(items)?;
        let top = self.top()?;
        match &mut self.nodes[top] {
            Node::Dict(entries) => entries.extend(new),
            Node::Other(_) => {}
            _ => return Err("entries for something that is no dictionary".into()),
        }
        Ok(())
    }

    fn remember(&mut self, key: usize) -> Result<()> {
        let top = self.top()?;
        self.memo.insert(key, top);
        Ok(())
    }

    fn recall(&mut self, key: usize) -> Result<()> {
        let id = *self.memo.get(&key).ok_or("the pickle refers to an object it does not have")?;
        self.stack.push(id);
        Ok(())
    }

    fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        let end = self.at.checked_add(n).filter(|&end| end <= self.input.len()).ok_or("the pickle is cut off")?;
        let taken = &self.input[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.fixed::<1>()?[0])
    }

    fn length4(&mut self) -> Result<usize> {
        Ok(u32::from_le_bytes(self.fixed()?) as usize)
    }

    fn length8(&mut self) -> Result<usize> {
        usize::try_from(u64::from_le_bytes(self.fixed()?)).map_err(|_| "a length beyond memory".into())
    }

    fn line(&mut self) -> Result<&'a str> {
        let rest = &self.input[self.at..];
        let end = rest.iter().position(|&b| b == b'\n').ok_or("the pickle is cut off")?;
        self.at += end + 1;
        std::str::from_utf8(&rest[..end]).map_err(|_| "a line that is not text".into())
    }

    fn line_number(&mut self) -> Result<usize> {
        let text = self.line()?;
        text.parse().map_err(|_| format!("'{text}' is not a number"))
    }

    fn long(&mut self, n: usize) -> Result<()> {
        let bytes = self.take(n)?;
        if n > 8 {
            return self.push(Node::Other("an integer".into()));
        }
        let negative = bytes.last().is_some_and(|b| b & 0x80 != 0);
        let mut wide = [if negative { 0xff } else { 0 }; 8];
        wide[..n].copy_from_slice(bytes);
        self.push(Node::Int(i64::from_le_bytes(wide)))
    }

    fn bytes(&mut self, n: usize) -> Result<()> {
        let bytes = self.take(n)?;
        self.push(Node::Bytes(Cow::Borrowed(bytes)))
    }

    fn text(&mut self, n: usize) -> Result<()> {
        let text = std::str::from_utf8(self.take(n)?).map_err(|_| "a string that is not UTF-8")?;
        self.push(Node::Text(Cow::Borrowed(text)))
    }
}

fn pairs(items: &[Id]) -> Result<Vec<(Id, Id)>> {
    if items.len() % 2 == 1 {
        return Err("a dictionary key without value".into());
    }
    Ok(items.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect())
}

/// A numpy string scalar; numbers are not needed.
fn scalar<'a>(dtype: DType, bytes: &[u8]) -> Node<'a> {
    match fixed_text(bytes, dtype) {
        Some(text) => Node::Text(Cow::Owned(text)),
        None => Node::Other("a numpy scalar".into()),
    }
}

/// Writes pickles of protocol 3, as the benchmarks' files are, for the objects the published layout needs.
#[derive(Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// An empty pickle; write one object, then [`finish`](Writer::finish).
    pub fn new() -> Writer {
        Writer { bytes: b"\x80\x03".to_vec() }
    }

    /// A dictionary; `entries` writes key, value, key, value, ...
    pub fn dict(&mut self, entries: impl FnOnce(&mut Writer)) {
        self.bytes.extend(b"}(");
        entries(self);
        self.bytes.push(b'u');
    }

    /// A list of the objects that `items` writes.
    pub fn list(&mut self, items: impl FnOnce(&mut Writer)) {
        self.bytes.extend(b"](");
        items(self);
        self.bytes.push(b'e');
    }

    /// A string.
    pub fn text(&mut self, text: &str) {
        self.bytes.push(b'X');
        self.length(text.len());
        self.bytes.extend(text.bytes());
    }

    /// An integer.
    pub fn int(&mut self, value: i32) {
        self.bytes.push(b'J');
        self.bytes.extend(value.to_le_bytes());
    }

    /// A float32 array of the given shape.
    pub fn array(&mut self, shape: &[usize], values: &[f32]) {
        self.array_start(shape, "f4", "<");
        self.bytes.push(b'B');
        self.length(size_of_val(values));
        self.bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        self.bytes.extend(b"tb");
    }

    /// A 0-d array of the one object that `item` writes, as `np.save` stores a dictionary.
    pub fn object_array(&mut self, item: impl FnOnce(&mut Writer)) {
        self.array_start(&[], "O8", "|");
        self.list(item);
        self.bytes.extend(b"tb");
    }

    /// The pickle.
    pub fn finish(mut self) -> Vec<u8> {
        self.bytes.push(b'.');
        self.bytes
    }

    /// Everything of an array up to its elements: the call that makes it and its state.
    fn array_start(&mut self, shape: &[usize], dtype: &str, order: &str) {
        self.bytes.extend(b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n(K\x00tC\x01b\x87R(K\x01(");
        for &size in shape {
            self.bytes.push(b'J');
            self.length(size);
        }
        self.bytes.extend(b"tcnumpy\ndtype\n");
        self.text(dtype);
        self.bytes.extend(b"K\x00K\x01\x87R(K\x03");
        self.text(order);
        let flags = if dtype == "O8" { b'\x3f' } else { 0 };
        self.bytes.extend(b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK");
        self.bytes.extend([flags, b't', b'b', 0x89]);
    }

    /// Lengths here stay far below the format's 4 bytes: one clip or one name.
    fn length(&mut self, n: usize) {
        self.bytes.extend((n as u32).to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_written_is_read() {
        let mut writer = Writer::new();
        writer.object_array(|w| {
            w.dict(|w| {
                w.text("a");
                w.array(&[2, 3], &[1., 2., 3., 4., 5., 6.]);
                w.text("names");
                w.list(|w| {
                    w.text("x y");
                    w.text("zürich");
                });
                w.text("n");
                w.int(-25);
            });
        });
        let bytes = writer.finish();
        let pickle = Pickle::parse(&bytes).unwrap();
        let root = pickle.root();
        assert_eq!(pickle.entries(root).unwrap().len(), 3);
        let array = pickle.array(pickle.get(root, "a").unwrap()).unwrap();
        assert_eq!(array.shape, [2, 3]);
        let mut values = [0.0; 6];
        pickle.read_floats(array, &mut values).unwrap();
        assert_eq!(values, [1., 2., 3., 4., 5., 6.]);
        assert!(pickle.read_floats(array, &mut [0.0; 5]).is_err());
        assert_eq!(pickle.texts(pickle.get(root, "names").unwrap()).unwrap(), ["x y", "zürich"]);
        assert!(matches!(pickle.nodes[pickle.get(root, "n").unwrap()], Node::Int(-25)));
        assert!(pickle.get(root, "absent").is_none());
    }

    fn floats(bytes: &[u8]) -> (Vec<usize>, Vec<f32>) {
        let pickle = Pickle::parse(bytes).unwrap();
        let array = pickle.array(pickle.root()).unwrap();
        let mut values = vec![0.0; array.shape.iter().product()];
        pickle.read_floats(array, &mut values).unwrap();
        (array.shape.clone(), values)
    }

    #[test]
    fn arrays_of_every_protocol_are_read() {
        // pickle.dumps(x, protocol) for x = np.arange(6, dtype='f4').reshape(2, 3), protocols 1 to 5; then
        // np.asfortranarray(x), protocols 5 and 4.
        let dumps: [&[u8]; 7] = [
            b"cnumpy._core.multiarray\n_reconstruct\nq\x00(cnumpy\nndarray\nq\x01(K\x00tq\x02c_codecs\nencode\nq\
              \x03(X\x01\x00\x00\x00bq\x04X\x06\x00\x00\x00latin1q\x05tq\x06Rq\x07tq\x08Rq\x09(K\x01(K\x02K\x03tq\
              \ncnumpy\ndtype\nq\x0b(X\x02\x00\x00\x00f4q\x0cI00\nI01\ntq\x0dRq\x0e(K\x03X\x01\x00\x00\x00<q\x0fNN\
              NJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x10bI00\nh\x03(X\x1b\x00\x00\x00\x00\x00\x00\x00\x00\x00\
              \xc2\x80?\x00\x00\x00@\x00\x00@@\x00\x00\xc2\x80@\x00\x00\xc2\xa0@q\x11h\x05tq\x12Rq\x13tq\x14b.",
            b"\x80\x02cnumpy._core.multiarray\n_reconstruct\nq\x00cnumpy\nndarray\nq\x01K\x00\x85q\x02c_codecs\nen\
              code\nq\x03X\x01\x00\x00\x00bq\x04X\x06\x00\x00\x00latin1q\x05\x86q\x06Rq\x07\x87q\x08Rq\x09(K\x01K\
              \x02K\x03\x86q\ncnumpy\ndtype\nq\x0bX\x02\x00\x00\x00f4q\x0c\x89\x88\x87q\x0dRq\x0e(K\x03X\x01\x00\
              \x00\x00<q\x0fNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x10b\x89h\x03X\x1b\x00\x00\x00\x00\x00\
              \x00\x00\x00\x00\xc2\x80?\x00\x00\x00@\x00\x00@@\x00\x00\xc2\x80@\x00\x00\xc2\xa0@q\x11h\x05\x86q\
              \x12Rq\x13tq\x14b.",
            b"\x80\x03cnumpy._core.multiarray\n_reconstruct\nq\x00cnumpy\nndarray\nq\x01K\x00\x85q\x02C\x01bq\x03\
              \x87q\x04Rq\x05(K\x01K\x02K\x03\x86q\x06cnumpy\ndtype\nq\x07X\x02\x00\x00\x00f4q\x08\x89\x88\x87q\
              \x09Rq\n(K\x03X\x01\x00\x00\x00<q\x0bNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x0cb\x89C\x18\x00\
              \x00\x00\x00\x00\x00\x80?\x00\x00\x00@\x00\x00@@\x00\x00\x80@\x00\x00\xa0@q\x0dtq\x0eb.",
            b"\x80\x04\x95\xa3\x00\x00\x00\x00\x00\x00\x00\x8c\x16numpy._core.multiarray\x94\x8c\x0c_reconstruct\
              \x94\x93\x94\x8c\x05numpy\x94\x8c\x07ndarray\x94\x93\x94K\x00\x85\x94C\x01b\x94\x87\x94R\x94(K\x01K\
              \x02K\x03\x86\x94h\x03\x8c\x05dtype\x94\x93\x94\x8c\x02f4\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\
              \x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94b\x89C\x18\x00\x00\x00\x00\x00\x00\x80?\x00\x00\
              \x00@\x00\x00@@\x00\x00\x80@\x00\x00\xa0@\x94t\x94b.",
            b"\x80\x05\x95\x8e\x00\x00\x00\x00\x00\x00\x00\x8c\x13numpy._core.numeric\x94\x8c\x0b_frombuffer\x94\
              \x93\x94(\x96\x18\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80?\x00\x00\x00@\x00\x00@@\
              \x00\x00\x80@\x00\x00\xa0@\x94\x8c\x05numpy\x94\x8c\x05dtype\x94\x93\x94\x8c\x02f4\x94\x89\x88\x87\
              \x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94bK\x02K\x03\x86\x94\x8c\
              \x01C\x94t\x94R\x94.",
            b"\x80\x05\x95\x8e\x00\x00\x00\x00\x00\x00\x00\x8c\x13numpy._core.numeric\x94\x8c\x0b_frombuffer\x94\
              \x93\x94(\x96\x18\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00@@\x00\x00\x80?\x00\x00\x80@\
              \x00\x00\x00@\x00\x00\xa0@\x94\x8c\x05numpy\x94\x8c\x05dtype\x94\x93\x94\x8c\x02f4\x94\x89\x88\x87\
              \x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94bK\x02K\x03\x86\x94\x8c\
              \x01F\x94t\x94R\x94.",
            b"\x80\x04\x95\xa3\x00\x00\x00\x00\x00\x00\x00\x8c\x16numpy._core.multiarray\x94\x8c\x0c_reconstruct\
              \x94\x93\x94\x8c\x05numpy\x94\x8c\x07ndarray\x94\x93\x94K\x00\x85\x94C\x01b\x94\x87\x94R\x94(K\x01K\
              \x02K\x03\x86\x94h\x03\x8c\x05dtype\x94\x93\x94\x8c\x02f4\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\
              \x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94b\x88C\x18\x00\x00\x00\x00\x00\x00@@\x00\x00\x80?\
              \x00\x00\x80@\x00\x00\x00@\x00\x00\xa0@\x94t\x94b.",
        ];
        for dump in dumps {
            assert_eq!(floats(dump), (vec![2, 3], vec![0., 1., 2., 3., 4., 5.]));
        }
        // np.array([1.5, -2], dtype='>f8') and dtype='f2', protocol 4.
        let dumps: [&[u8]; 2] = [
            b"\x80\x04\x95\x99\x00\x00\x00\x00\x00\x00\x00\x8c\x16numpy._core.multiarray\x94\x8c\x0c_reconstruct\
              \x94\x93\x94\x8c\x05numpy\x94\x8c\x07ndarray\x94\x93\x94K\x00\x85\x94C\x01b\x94\x87\x94R\x94(K\x01K\
              \x02\x85\x94h\x03\x8c\x05dtype\x94\x93\x94\x8c\x02f8\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01>\x94NNNJ\
              \xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94b\x89C\x10?\xf8\x00\x00\x00\x00\x00\x00\xc0\x00\x00\x00\
              \x00\x00\x00\x00\x94t\x94b.",
            b"\x80\x04\x95\x8d\x00\x00\x00\x00\x00\x00\x00\x8c\x16numpy._core.multiarray\x94\x8c\x0c_reconstruct\
              \x94\x93\x94\x8c\x05numpy\x94\x8c\x07ndarray\x94\x93\x94K\x00\x85\x94C\x01b\x94\x87\x94R\x94(K\x01K\
              \x02\x85\x94h\x03\x8c\x05dtype\x94\x93\x94\x8c\x02f2\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\
              \xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94b\x89C\x04\x00>\x00\xc0\x94t\x94b.",
        ];
        for dump in dumps {
            assert_eq!(floats(dump), (vec![2], vec![1.5, -2.0]));
        }
    }

    #[test]
    fn names_are_read_however_python_stores_them() {
        // [b'ab', b'cde'] as an array of bytes, as an array of str, and as a list of bytes and numpy scalars.
        let dumps: [&[u8]; 3] = [
            b"\x80\x04\x95\x89\x00\x00\x00\x00\x00\x00\x00\x8c\x16numpy._core.multiarray\x94\x8c\x0c_reconstruct\
              \x94\x93\x94\x8c\x05numpy\x94\x8c\x07ndarray\x94\x93\x94K\x00\x85\x94C\x01b\x94\x87\x94R\x94(K\x01K\
              \x02\x85\x94h\x03\x8c\x05dtype\x94\x93\x94\x8c\x02S3\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01|\x94NNNK\
              \x03K\x01K\x00t\x94b\x89C\x06ab\x00cde\x94t\x94b.",
            b"\x80\x04\x95\x9b\x00\x00\x00\x00\x00\x00\x00\x8c\x16numpy._core.multiarray\x94\x8c\x0c_reconstruct\
              \x94\x93\x94\x8c\x05numpy\x94\x8c\x07ndarray\x94\x93\x94K\x00\x85\x94C\x01b\x94\x87\x94R\x94(K\x01K\
              \x02\x85\x94h\x03\x8c\x05dtype\x94\x93\x94\x8c\x02U3\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNK\
              \x0cK\x04K\x08t\x94b\x89C\x18a\x00\x00\x00b\x00\x00\x00\x00\x00\x00\x00c\x00\x00\x00d\x00\x00\x00e\
              \x00\x00\x00\x94t\x94b.",
            b"\x80\x04\x95\x97\x00\x00\x00\x00\x00\x00\x00]\x94(\x8c\x16numpy._core.multiarray\x94\x8c\x06scalar\
              \x94\x93\x94\x8c\x05numpy\x94\x8c\x05dtype\x94\x93\x94\x8c\x02S2\x94\x89\x88\x87\x94R\x94(K\x03\x8c\
              \x01|\x94NNNK\x02K\x01K\x00t\x94bC\x02ab\x94\x86\x94R\x94h\x03h\x06\x8c\x02U3\x94\x89\x88\x87\x94R\
              \x94(K\x03\x8c\x01<\x94NNNK\x0cK\x04K\x08t\x94bC\x0cc\x00\x00\x00d\x00\x00\x00e\x00\x00\x00\x94\x86\
              \x94R\x94e.",
        ];
        for dump in dumps {
            let pickle = Pickle::parse(dump).unwrap();
            assert_eq!(pickle.texts(pickle.root()).unwrap(), ["ab", "cde"]);
        }
    }

    #[test]
    fn unknown_calls_become_inert_objects() {
        let bytes = b"cos\nsystem\n(S'true'\ntR.";
        let pickle = Pickle::parse(bytes).unwrap();
        assert!(matches!(&pickle.nodes[pickle.root()], Node::Other(name) if name == "os.system"));
    }

    #[test]
    fn a_list_that_contains_itself_is_harmless() {
        let pickle = Pickle::parse(b"\x80\x02]q\x00h\x00a.").unwrap();
        assert_eq!(pickle.items(pickle.root()), Some(vec![0]));
        assert!(pickle.texts(0).is_none());
    }

    #[test]
    fn cut_or_wrong_pickles_are_errors() {
        let mut writer = Writer::new();
        writer.array(&[1, 2], &[1., 2.]);
        let whole = writer.finish();
        for end in 0..whole.len() {
            assert!(Pickle::parse(&whole[..end]).is_err(), "cut at {end}");
        }
        for bytes in [&b"."[..], b"t.", b"(.", b"h\x00.", b"\x80\x09.", b"K\x01K\x02a.", b"}K\x01a.", b"\xff."] {
            assert!(Pickle::parse(bytes).is_err(), "{bytes:?}");
        }
        let mut short = Writer::new();
        short.array(&[3, 2], &[1., 2.]);
        let short = short.finish();
        let pickle = Pickle::parse(&short).unwrap();
        let array = pickle.array(pickle.root()).unwrap();
        assert!(pickle.read_floats(array, &mut [0.0; 6]).unwrap_err().contains("shape"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            touch(&bytes);
        }

        #[test]
        fn no_sequence_of_opcodes_makes_it_panic(
            opcodes in proptest::collection::vec(proptest::sample::select(
                b"(.012NIJKMGSVUCTBX)]}tldaesupqrghjcRb\x81\x85\x86\x87\x88\x89\x8a\x8c\x93\x94\x95\x96\n\x00\x01'".to_vec()
            ), 0..200)
        ) {
            touch(&opcodes);
        }

        #[test]
        fn damage_to_a_real_pickle_never_makes_it_panic(at in 0usize..200, byte in any::<u8>(), n in 0usize..40) {
            let mut writer = Writer::new();
            writer.object_array(|w| w.dict(|w| { w.text("a"); w.array(&[n, 2], &vec![0.5; 2 * n]); }));
            let mut bytes = writer.finish();
            let at = at % bytes.len();
            bytes[at] = byte;
            touch(&bytes);
        }
    }

    /// Parses and asks everything of every node.
    fn touch(bytes: &[u8]) {
        let Ok(pickle) = Pickle::parse(bytes) else { return };
        let _ = pickle.root();
        for id in 0..pickle.nodes.len() {
            let _ = (pickle.texts(id), pickle.get(id, "a"), pickle.items(id));
            if let Some(array) = pickle.array(id) {
                let elements = count(&array.shape).filter(|&n| n < 10_000).unwrap_or(1);
                let _ = pickle.read_floats(array, &mut vec![0.0; elements]);
            }
        }
    }
}
