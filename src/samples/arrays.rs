//! Samples as numpy arrays.

use super::labels::{MOST_CLASSES, list, numbered};
use super::set::{Input, Samples};
use crate::base::files::ending;
use crate::error::{Error, Result};
use crate::formats::events::EventFile;
use crate::formats::npz::Npz;
use crate::network::input::{Array, read_array};
use std::path::Path;

/// Samples as a file has them.
struct Values {
    samples: usize,
    steps: usize,
    /// Of a step of a sample.
    shape: Vec<usize>,
    values: Vec<f32>,
    /// Labels in the file itself.
    labels: Option<Vec<u32>>,
}

/// Whether a file holds samples: a `.npy` file without records, a `.npz` with `x` that is no recording
/// of a camera.
pub fn holds_samples(path: &Path) -> bool {
    let with_x = || Npz::open(path).is_ok_and(|file| file.has("x"));
    match &ending(path)[..] {
        "npy" => !EventFile::is_one(path),
        "npz" => with_x() && !EventFile::is_one(path),
        _ => false,
    }
}

/// Reads a sample of a file that [holds them](holds_samples).
///
/// # Errors
/// If the file is damaged or has no sample of this number, counted from 0.
pub fn read_sample(path: &Path, sample: usize) -> Result<Input> {
    let Values { samples, steps, shape, values, .. } = read(path)?;
    if sample >= samples {
        return Err(Error::file(path, format!("has no sample {sample}: expected 0 to {}", samples.saturating_sub(1))));
    }
    let size = steps * shape.iter().product::<usize>();
    Ok(Input::Values { steps, values: values[sample * size..(sample + 1) * size].to_vec() })
}

/// Opens `x.npy` with a file of labels, or a `.npz` with `x` and `y`.
pub(super) fn open(path: &Path, labels_file: Option<&Path>) -> Result<Samples> {
    let Values { samples, steps, shape, values, labels: within } = read(path)?;
    let labels = match (labels_file, within) {
        (Some(file), _) if ending(file) == "npy" => labels(file)?,
        (Some(file), _) => numbered(file, list(file)?.iter().map(|(_, class)| class.as_str()))?.0,
        (None, Some(labels)) => labels,
        (None, None) => {
            return Err(Error::file(path, "has no labels").with_hint("give their file with --labels FILE"));
        }
    };
    if labels.len() != samples {
        return Err(Error::file(path, format!("{samples} samples, and {} labels", labels.len())));
    }
    Samples::of_steps(shape, steps, values, labels)
}

fn read(path: &Path) -> Result<Values> {
    let (shape, values, labels) = match ending(path) == "npz" {
        true => {
            let mut file = Npz::open(path)?;
            let x = file.array("x")?;
            let y = if file.has("y") { Some(file.array("y")?.integers()?) } else { None };
            (x.shape.clone(), x.floats()?, y.map(|y| whole(path, y.into_iter())).transpose()?)
        }
        false => {
            let Array { shape, values } = read_array(path, crate::base::memory::free())?;
            (shape, values, None)
        }
    };
    let (samples, steps, shape) = match shape[..] {
        [samples, elements] => (samples, 1, vec![elements]),
        [samples, steps, elements] => (samples, steps, vec![elements]),
        [samples, channels, rows, columns] => (samples, 1, vec![channels, rows, columns]),
        _ => {
            let problem = format!(
                "shape {shape:?}: expected [samples, elements], [samples, steps, elements] or [samples, channels, \
                 rows, columns]"
            );
            return Err(Error::file(path, problem));
        }
    };
    if let Some(value) = values.iter().find(|value| !(**value as f32).is_finite()) {
        let problem = format!("{value} is among its values: expected finite numbers of single precision");
        return Err(Error::file(path, problem));
    }
    let values = values.into_iter().map(|value| value as f32).collect();
    Ok(Values { samples, steps, shape, values, labels })
}

/// Labels of a `.npy` file.
pub(super) fn labels(path: &Path) -> Result<Vec<u32>> {
    let Array { values, .. } = read_array(path, crate::base::memory::free())?;
    if let Some(value) = values.iter().find(|value| value.fract() != 0.0) {
        return Err(Error::file(path, format!("label {value}: expected whole numbers")));
    }
    whole(path, values.into_iter().map(|value| value as i64))
}

/// Labels as classes from 0.
pub(super) fn whole(path: &Path, labels: impl Iterator<Item = i64>) -> Result<Vec<u32>> {
    let labels = labels.map(|label| {
        let fits = u32::try_from(label).ok().filter(|&label| label < MOST_CLASSES);
        fits.ok_or_else(|| Error::file(path, format!("label {label}: expected numbers from 0 to 1,048,575")))
    });
    labels.collect()
}
