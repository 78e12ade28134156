//! Images and labels in the form of MNIST: `idx`, big endian, plain or compressed with gzip.

use super::arrays;
use super::labels::{list, numbered};
use super::set::Samples;
use crate::base::files::ending;
use crate::error::{Error, Result};
use std::io::Read;
use std::path::Path;

/// The most bytes that a file may unpack to.
const MOST_BYTES: u64 = 1 << 32;

/// Opens images, whose bytes become values from 0 to 1.
pub(super) fn open(path: &Path, labels: Option<&Path>) -> Result<Samples> {
    let (shape, bytes) = read(path)?;
    let Some(labels) = labels else {
        return Err(Error::file(path, "has no labels").with_hint("give their file with --labels FILE"));
    };
    let labels = match &ending(labels)[..] {
        "npy" => arrays::labels(labels)?,
        "txt" | "csv" | "tsv" => numbered(labels, list(labels)?.iter().map(|(_, class)| class.as_str()))?.0,
        _ => read(labels)?.1.into_iter().map(u32::from).collect(),
    };
    if labels.len() != shape[0] {
        let problem = format!("{} images, and {} labels", shape[0], labels.len());
        return Err(Error::file(path, problem));
    }
    let values = bytes.into_iter().map(|byte| f32::from(byte) / 255.0).collect();
    Samples::of_values(shape[1..].to_vec(), values, labels)
}

/// The shape and bytes of a file.
fn read(path: &Path) -> Result<(Vec<usize>, Vec<u8>)> {
    let fail = |e| Error::caused_by(path, "cannot read", e);
    let wrong = |problem: String| Error::file(path, problem);
    let file = std::fs::File::open(path).map_err(fail)?;
    let mut bytes = Vec::new();
    match ending(path) == "gz" {
        true => flate2::read::GzDecoder::new(file).take(MOST_BYTES).read_to_end(&mut bytes).map_err(fail)?,
        false => file.take(MOST_BYTES).read_to_end(&mut bytes).map_err(fail)?,
    };
    let &[0, 0, 8, dimensions @ 1..=4, ..] = &bytes[..] else {
        return Err(wrong("is no idx file of bytes: expected it to begin with 0, 0, 8 and 1 to 4 dimensions".into()));
    };
    let head = 4 + 4 * usize::from(dimensions);
    let sizes = bytes.get(4..head).ok_or_else(|| wrong("ends within its header".into()))?;
    let shape: Vec<usize> = sizes.as_chunks().0.iter().map(|&size| u32::from_be_bytes(size) as usize).collect();
    let expected = shape.iter().try_fold(1_usize, |product, &n| product.checked_mul(n));
    let data = bytes.split_off(head);
    match expected == Some(data.len()) {
        true => Ok((shape, data)),
        false => Err(wrong(format!("{} bytes of data: expected {shape:?}; is it truncated?", data.len()))),
    }
}
