//! The pickle machine: opcodes to nodes.

use super::node::{Array, Id, Node, Result, fixed_text};
use crate::formats::npy::DType;
use std::borrow::Cow;
use std::collections::HashMap;

/// The nodes of the first pickle in `input`, and which of them is the pickled object.
pub(super) fn run(input: &[u8]) -> Result<(Vec<Node<'_>>, Id)> {
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
    Ok((machine.nodes, root))
}

/// A stack of nodes, marks in it, and a memo.
struct Machine<'a> {
    input: &'a [u8],
    at: usize,
    nodes: Vec<Node<'a>>,
    stack: Vec<Id>,
    marks: Vec<usize>,
    memo: HashMap<usize, Id>,
    /// Bytes copied out of the input so far; a valid pickle stays below the length of the input.
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
            b'0' => {
                if self.marks.last() == Some(&self.stack.len()) {
                    self.pop_mark().map(drop)
                } else {
                    self.pop().map(drop)
                }
            }
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
                if text.contains('\\') {
                    Err("a string with escapes in protocol 0: save it with protocol 2 or later".into())
                } else {
                    self.push(Node::Text(Cow::Borrowed(text)))
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

    /// The node that a call makes, for the functions that numpy pickles use.
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

    /// Applies the state that completes a dtype or an array.
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
