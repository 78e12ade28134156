//! Arrays of numbers, as a file stores them.

use crate::error::{Error, Result, short};
pub use crate::formats::h5::Numbers;

/// An array, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    shape: Vec<usize>,
    numbers: Numbers,
}

impl Array {
    /// Of this shape; a single value has none.
    ///
    /// # Errors
    /// If there is another number of values.
    pub fn new(shape: Vec<usize>, numbers: Numbers) -> Result<Array> {
        let found = len(&numbers);
        match size(&shape) {
            Some(size) if size == found => Ok(Array { shape, numbers }),
            _ => Err(Error::Shape { what: "array".into(), expected: shape, found: vec![found] }),
        }
    }

    /// A list in single precision.
    pub fn f32s(values: Vec<f32>) -> Array {
        Array { shape: vec![values.len()], numbers: Numbers::F32(values) }
    }

    /// A list in double precision.
    pub fn f64s(values: Vec<f64>) -> Array {
        Array { shape: vec![values.len()], numbers: Numbers::F64(values) }
    }

    /// A list of integers.
    pub fn i64s(values: Vec<i64>) -> Array {
        Array { shape: vec![values.len()], numbers: Numbers::I64(values) }
    }

    /// A single value.
    pub fn single(value: f64) -> Array {
        Array { shape: Vec::new(), numbers: Numbers::F64(vec![value]) }
    }

    /// Its sizes along the axes.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Its values.
    pub fn numbers(&self) -> &Numbers {
        &self.numbers
    }

    /// Number of its values.
    pub fn len(&self) -> usize {
        len(&self.numbers)
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Value `place`, which must exist.
    pub fn at(&self, place: usize) -> f64 {
        match &self.numbers {
            Numbers::F32(values) => values[place].into(),
            Numbers::F64(values) => values[place],
            Numbers::I64(values) => values[place] as f64,
        }
    }

    /// Its values in double precision.
    pub fn iter(&self) -> impl Iterator<Item = f64> + '_ {
        (0..self.len()).map(|place| self.at(place))
    }

    /// The value that all have, if there is one.
    pub fn uniform(&self) -> Option<f64> {
        let first = self.iter().next()?;
        self.iter().all(|value| value == first).then_some(first)
    }

    /// The smallest and the largest value, if there is one.
    pub fn range(&self) -> Option<[f64; 2]> {
        self.iter().fold(None, |range, value| {
            let [low, high] = range.unwrap_or([value; 2]);
            Some([low.min(value), high.max(value)])
        })
    }

    /// Its values for a message: the one that all have, or the smallest and the largest.
    pub(super) fn text(&self) -> String {
        match (self.uniform(), self.range()) {
            (Some(value), _) => rounded(value),
            (None, Some([low, high])) => format!("{} to {}", rounded(low), rounded(high)),
            (None, None) => "empty".into(),
        }
    }

    /// This shape, all of one value, of the same type.
    pub(super) fn filled(&self, value: f64) -> Array {
        let numbers = match &self.numbers {
            Numbers::F32(values) => Numbers::F32(vec![value as f32; values.len()]),
            Numbers::F64(values) => Numbers::F64(vec![value; values.len()]),
            Numbers::I64(values) => Numbers::I64(vec![value as i64; values.len()]),
        };
        Array { shape: self.shape.clone(), numbers }
    }

    /// The same values as a list.
    pub(super) fn flat(&self) -> Array {
        Array { shape: vec![self.len()], numbers: self.numbers.clone() }
    }

    /// The single value that this is, for each of `shape`, which has `size` values.
    pub(super) fn spread(&self, shape: &[usize], size: usize) -> Array {
        let numbers = match &self.numbers {
            Numbers::F32(values) => Numbers::F32(vec![values[0]; size]),
            Numbers::F64(values) => Numbers::F64(vec![values[0]; size]),
            Numbers::I64(values) => Numbers::I64(vec![values[0]; size]),
        };
        Array { shape: shape.to_vec(), numbers }
    }
}

fn len(numbers: &Numbers) -> usize {
    match numbers {
        Numbers::F32(values) => values.len(),
        Numbers::F64(values) => values.len(),
        Numbers::I64(values) => values.len(),
    }
}

/// Number of values of a shape, unless that is too large a number.
pub(super) fn size(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1usize, |size, &n| size.checked_mul(n))
}

/// A number for a message, to six digits: singles have not more of them.
pub(super) fn rounded(value: f64) -> String {
    short(format!("{value:.5e}").parse().unwrap_or(value))
}
