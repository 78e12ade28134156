//! Arrays by name in files that hold several: `.safetensors` and `.npz`.

use super::input::{Array, checked_shape, finite, read_array};
use super::names::unknown;
use super::problem::shown;
use super::spec::ArrayFile;
use crate::base::files::ending;
use crate::base::text::distance;
use crate::error::{Error, Result};
use crate::formats::npy::{floats_to_f64, integers};
use crate::formats::npz::Npz;
use safetensors::{Dtype, SafeTensors};
use std::path::Path;

/// Reads the array that `file` names, which is at `path`.
///
/// # Errors
/// As [`read_array`] and [`read_tensor`].
pub(super) fn read_file(file: &ArrayFile, path: &Path, limit: u64) -> Result<Array> {
    match file {
        ArrayFile::Whole(_) => read_array(path, limit),
        ArrayFile::Tensor(_, name) => read_tensor(path, name, limit),
    }
}

/// Reads the array `name` of a `.safetensors` or `.npz` file: floats or integers of one to four
/// dimensions; a single value is a list of one.
///
/// # Errors
/// If the file cannot be read, has no such array, or holds a value that is not finite, or if that
/// would need more than `limit` bytes.
fn read_tensor(path: &Path, name: &str, limit: u64) -> Result<Array> {
    let array = match &ending(path)[..] {
        "safetensors" => safetensor(path, name, limit)?,
        "npz" => {
            let mut file = Npz::open_within(path, limit)?;
            if !file.has(name) {
                return Err(missing(path, name, file.names()));
            }
            let array = file.array(name)?;
            Array { values: array.floats()?, shape: array.shape }
        }
        _ => return Err(Error::file(path, "expected a file whose name ends in .safetensors or .npz")),
    };
    let shape = if array.shape.is_empty() { vec![1] } else { array.shape };
    checked_shape(path, &shape)?;
    finite(path, Array { shape, ..array })
}

fn safetensor(path: &Path, name: &str, limit: u64) -> Result<Array> {
    let fail = |e: std::io::Error| Error::caused_by(path, "cannot read", e);
    let size = std::fs::metadata(path).map_err(fail)?.len();
    let within = |needed: u64| match needed <= limit {
        true => Ok(()),
        false => Err(Error::file(path, format!("needs {needed} bytes of memory, {limit} are left"))),
    };
    within(size)?;
    let bytes = std::fs::read(path).map_err(fail)?;
    let file = SafeTensors::deserialize(&bytes).map_err(|e| {
        Error::caused_by(path, "not a readable safetensors file", e).with_hint("is the download complete?")
    })?;
    let Ok(tensor) = file.tensor(name) else {
        return Err(missing(path, name, file.names().into_iter().map(str::to_owned).collect()));
    };
    let (data, shape) = (tensor.data(), tensor.shape().to_vec());
    let size_of_one = (tensor.dtype().bitsize() / 8).max(1);
    let count = data.len() / size_of_one;
    within(size.saturating_add(8 * count as u64))?;
    let mut values = vec![0.0; count];
    let signed = matches!(tensor.dtype(), Dtype::I8 | Dtype::I16 | Dtype::I32 | Dtype::I64);
    match tensor.dtype() {
        Dtype::F16 | Dtype::F32 | Dtype::F64 => floats_to_f64(data, size_of_one, false, &mut values),
        Dtype::BF16 => {
            for (value, bytes) in values.iter_mut().zip(data.as_chunks().0) {
                *value = half::bf16::from_le_bytes(*bytes).into();
            }
        }
        Dtype::U8 | Dtype::U16 | Dtype::U32 | Dtype::U64 | Dtype::I8 | Dtype::I16 | Dtype::I32 | Dtype::I64 => {
            for (value, integer) in values.iter_mut().zip(integers(data, size_of_one, signed, false)) {
                *value = integer as f64;
            }
        }
        other => {
            let problem = format!("{} has elements of type {other:?}: expected floats or integers", shown(name));
            return Err(Error::file(path, problem));
        }
    }
    Ok(Array { shape, values })
}

/// An error that lists the names that there are, the nearest first.
fn missing(path: &Path, name: &str, mut names: Vec<String>) -> Error {
    const MOST: usize = 12;
    names.sort_by_cached_key(|known| (distance(name, known), known.clone()));
    let known: Vec<String> = names.iter().take(MOST).map(|name| shown(name)).collect();
    let more = if names.len() > MOST { format!(" and {} more", names.len() - MOST) } else { String::new() };
    let problem = unknown("array", name, names.iter().map(String::as_str));
    Error::file(path, format!("{problem}; there are {}{more}", known.join(", ")))
}
