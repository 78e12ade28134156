//! The nodes of a parsed pickle.

use crate::formats::npy::DType;
use std::borrow::Cow;

/// The error says what is wrong and at which byte.
pub(super) type Result<T> = std::result::Result<T, String>;

/// Index of a node.
pub(crate) type Id = usize;

/// One Python object.
#[derive(Debug)]
pub(crate) enum Node<'a> {
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
    /// Any other object, by the name of the function that would make it.
    Other(String),
}

/// A numpy array whose elements are in the node `data`: bytes, or a list for arrays of objects.
#[derive(Debug)]
pub(crate) struct Array {
    pub shape: Vec<usize>,
    pub dtype: DType,
    pub fortran: bool,
    pub data: Option<Id>,
}

/// An element of a numpy string array (`S` or `U`), without the zeros that fill it.
pub(super) fn fixed_text(bytes: &[u8], dtype: DType) -> Option<String> {
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
