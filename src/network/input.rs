//! The files that a network file names: arrays of numbers, lists of spikes, lists of edges.

use crate::base::files::{ending, table_problem};
use crate::error::{Error, Result};
use crate::formats::npy::{Header, floats_to_f64, integers, row_major};
use crate::recording::{self, SpikeRecording};
use std::path::Path;

/// An array of numbers, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Sizes from the outside in; one for a list.
    pub shape: Vec<usize>,
    /// All finite.
    pub values: Vec<f64>,
}

/// Reads the array of a `.npy` file (floats or integers, one to four dimensions) or of a `.csv` file
/// without a head, whose shape is `[rows]` if it has one column.
///
/// # Errors
/// If it cannot be read, is no such file, would need more than `limit` bytes, or holds a value that
/// is not finite.
pub fn read_array(path: &Path, limit: u64) -> Result<Array> {
    let array = match &ending(path)[..] {
        "npy" => {
            checked_size(path, limit)?;
            let bytes = std::fs::read(path).map_err(|e| Error::file(path, format!("cannot read: {e}")))?;
            parse_npy(path, &bytes)?
        }
        "csv" => read_numbers(path, limit)?,
        "safetensors" | "npz" => {
            let problem = "holds arrays by name: expected Tensor(file, name)";
            return Err(Error::file(path, problem));
        }
        _ => return Err(Error::file(path, "expected a file whose name ends in .npy or .csv")),
    };
    finite(path, array)
}

/// The array of a `.npy` file that has these contents.
///
/// # Errors
/// If it is no such file, or holds a value that is not finite.
pub fn array_of(path: &Path, bytes: &[u8]) -> Result<Array> {
    finite(path, parse_npy(path, bytes)?)
}

pub(super) fn finite(path: &Path, array: Array) -> Result<Array> {
    match array.values.iter().position(|value| !value.is_finite()) {
        Some(place) => Err(Error::file(path, format!("value {place}, counted from 0, is {}", array.values[place]))),
        None => Ok(array),
    }
}

/// Reads one population of any file that [`crate::recording::read_population`] knows, in ticks of
/// `dt_ms`.
///
/// # Errors
/// If it cannot be read, is no such file, has no such population, or would need more than `limit`
/// bytes.
pub fn read_spikes(path: &Path, dt_ms: f64, population: Option<&str>, limit: u64) -> Result<SpikeRecording> {
    if path.is_file() {
        checked_size(path, limit)?;
    }
    recording::read_population(path, dt_ms, population, limit)
}

/// Edges (source, target) and their weights, if the file has them.
pub type EdgeList = (Vec<(u32, u32)>, Option<Vec<f64>>);

/// Reads edges from a `.csv` file with the head `source,target` or `source,target,weight`.
///
/// # Errors
/// If it cannot be read, is no such file, or would need more than `limit` bytes.
pub fn read_edges(path: &Path, limit: u64) -> Result<EdgeList> {
    let mut reader = csv_reader(path, limit, true)?;
    let weighted = check_head(path, &mut reader, &[&["source", "target"], &["source", "target", "weight"]])? == 1;
    let (mut edges, mut weights) = (Vec::new(), Vec::new());
    each_row(path, &mut reader, |row, fault| {
        let id = |column, name| number(row, column).ok_or_else(|| fault(name, "a whole number"));
        edges.push((id(0, "source")?, id(1, "target")?));
        if weighted {
            let weight = number(row, 2).filter(|w: &f64| w.is_finite());
            weights.push(weight.ok_or_else(|| fault("weight", "a number"))?);
        }
        Ok(())
    })?;
    Ok((edges, weighted.then_some(weights)))
}

/// The size of the file, unless it is too large or no file.
fn checked_size(path: &Path, limit: u64) -> Result<u64> {
    let about = std::fs::metadata(path).map_err(|e| Error::file(path, format!("cannot read: {e}")))?;
    if !about.is_file() {
        return Err(Error::file(path, "is not a file"));
    }
    // Two bytes of text or one of npy become at most 16 bytes of numbers.
    match about.len().checked_mul(16) {
        Some(needed) if needed <= limit => Ok(about.len()),
        _ => Err(Error::file(
            path,
            format!("{} bytes are too many for the memory that is left, {limit} bytes", about.len()),
        )),
    }
}

/// Refuses shapes that no array of a network has.
pub(super) fn checked_shape(path: &Path, shape: &[usize]) -> Result<()> {
    match (shape.len(), shape.contains(&0)) {
        (1..=4, false) => Ok(()),
        _ => Err(Error::file(path, format!("shape {shape:?}: expected one to four sizes, none of them 0"))),
    }
}

fn parse_npy(path: &Path, bytes: &[u8]) -> Result<Array> {
    let header = Header::parse(bytes).map_err(|problem| Error::file(path, problem))?;
    let (kind, size) = (header.dtype.kind, header.dtype.size);
    if !matches!((kind, size), ('f', 2 | 4 | 8) | ('i' | 'u', 1 | 2 | 4 | 8)) {
        return Err(Error::file(path, format!("elements of kind {kind}{size}: expected floats or integers")));
    }
    checked_shape(path, &header.shape)?;
    let count = header.shape.iter().try_fold(1_usize, |n, &m| n.checked_mul(m));
    let data = bytes.get(header.data_start..).unwrap_or_default();
    let Some(count) = count.filter(|count| count.checked_mul(size) == Some(data.len())) else {
        let problem =
            format!("{} bytes of data do not match its shape {:?}; is it truncated?", data.len(), header.shape);
        return Err(Error::file(path, problem));
    };
    let transposed = header.fortran.then(|| row_major(data, size, &header.shape));
    let data = transposed.as_deref().unwrap_or(data);
    let mut values = vec![0.0; count];
    let big = header.dtype.big_endian;
    if kind == 'f' {
        floats_to_f64(data, size, big, &mut values);
    } else {
        for (value, integer) in values.iter_mut().zip(integers(data, size, kind == 'i', big)) {
            *value = integer as f64;
        }
    }
    Ok(Array { shape: header.shape, values })
}

type Reader = csv::Reader<std::fs::File>;

fn csv_reader(path: &Path, limit: u64, head: bool) -> Result<Reader> {
    if ending(path) != "csv" {
        return Err(Error::file(path, "expected a file whose name ends in .csv"));
    }
    checked_size(path, limit)?;
    csv::ReaderBuilder::new()
        .has_headers(head)
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .from_path(path)
        .map_err(|e| Error::file(path, e))
}

/// Which of `heads` the file has.
fn check_head(path: &Path, reader: &mut Reader, heads: &[&[&str]]) -> Result<usize> {
    let found = reader.headers().map_err(|e| Error::file(path, e))?;
    heads.iter().position(|head| found == *head).ok_or_else(|| {
        let known: Vec<String> = heads.iter().map(|head| format!("`{}`", head.join(","))).collect();
        Error::file(path, format!("expected the head {}", known.join(" or ")))
    })
}

fn number<T: std::str::FromStr>(row: &csv::StringRecord, column: usize) -> Option<T> {
    row.get(column)?.parse().ok()
}

/// Calls `f` with each row and a function that makes an error of its line from a column and what
/// was expected there.
fn each_row(
    path: &Path,
    reader: &mut Reader,
    mut f: impl FnMut(&csv::StringRecord, &dyn Fn(&str, &str) -> Error) -> Result<()>,
) -> Result<()> {
    for row in reader.records() {
        let row = row.map_err(|e| {
            let (line, problem) = table_problem(&e);
            Error::file(path, format!("line {line}: {problem}"))
        })?;
        let line = row.position().map_or(0, csv::Position::line);
        f(&row, &|column, expected| Error::file(path, format!("line {line}, column {column}: expected {expected}")))?;
    }
    Ok(())
}

fn read_numbers(path: &Path, limit: u64) -> Result<Array> {
    let mut reader = csv_reader(path, limit, false)?;
    let (mut rows, mut columns, mut values) = (0, 0, Vec::new());
    each_row(path, &mut reader, |row, fault| {
        rows += 1;
        columns = row.len();
        for column in 0..columns {
            values.push(number(row, column).ok_or_else(|| fault(&(column + 1).to_string(), "a number"))?);
        }
        Ok(())
    })?;
    match columns {
        0 => Err(Error::file(path, "is empty")),
        1 => Ok(Array { shape: vec![rows], values }),
        _ => Ok(Array { shape: vec![rows, columns], values }),
    }
}
