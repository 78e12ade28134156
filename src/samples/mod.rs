//! Labelled inputs of a network: recordings of event cameras, images, arrays.
//!
//! | data | labels |
//! |---|---|
//! | a folder of `.bin` or `.bs2` files in the form of N-MNIST | names of the folders in it, or a list |
//! | images in the form of MNIST, `idx`, also as `.gz` | the same form, or `.npy` |
//! | `.npy`: `[samples, elements..]`, or with steps `[samples, steps, elements]` | `.npy` or a list |
//! | `.npz` with the arrays `x` and `y` of these shapes | within |
//!
//! A list of labels is text with a name and a class in each line, separated by a comma, a tab or
//! blanks; a line that begins with `#` is a comment. It says which files are taken, and in which
//! order. A class is a number from 0; where all are names, classes are counted by their order.
//!
//! ```
//! use spikefuse::samples::{Input, Samples};
//!
//! let samples = Samples::of_values(vec![2], vec![0.5, 1.0, 0.25, 0.0], vec![1, 0])?;
//! assert_eq!((samples.len(), samples.classes()), (2, 2));
//! assert_eq!(samples.read(1, 1.0)?, Input::Values { steps: 1, values: vec![0.25, 0.0] });
//! # Ok::<(), spikefuse::Error>(())
//! ```

mod arrays;
mod folder;
mod idx;
mod labels;

use crate::base::files::ending;
use crate::error::{Error, Result};
use crate::recording::read_events;
use crate::spiking::Tick;
use std::path::{Path, PathBuf};

/// Labelled inputs of one shape. They are read one by one.
#[derive(Debug, Clone)]
pub struct Samples {
    shape: Vec<usize>,
    labels: Vec<u32>,
    names: Vec<String>,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    /// Files of events, and the sensor's width and height.
    Events { files: Vec<PathBuf>, sensor: [u32; 2] },
    /// Values in memory: so many steps of each sample.
    Values { steps: usize, values: Vec<f32> },
}

/// One input.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// Spikes by tick and then by element, and the number of ticks up to the last of them.
    Spikes {
        /// (tick, element).
        spikes: Vec<(Tick, u32)>,
        /// The tick behind the last spike.
        ticks: Tick,
    },
    /// Values `[steps, elements]`. A single step holds for as long as one likes.
    Values {
        /// How many steps.
        steps: usize,
        /// Row by row.
        values: Vec<f32>,
    },
}

/// What [`Samples::open`] has to know beside the data.
#[derive(Debug, Clone, Default)]
pub struct Opening {
    /// File with labels.
    pub labels: Option<PathBuf>,
    /// Width and height of the event camera; default 34 x 34.
    pub sensor: Option<[u32; 2]>,
    /// At most so many samples, the first.
    pub limit: Option<usize>,
}

impl Samples {
    /// Opens what stands at `path`.
    ///
    /// # Errors
    /// If there is nothing that is known, labels are missing or do not match, or files are damaged.
    pub fn open(path: &Path, opening: &Opening) -> Result<Samples> {
        let labels = opening.labels.as_deref();
        let mut samples = if path.is_dir() {
            folder::open(path, labels, opening.sensor.unwrap_or([34, 34]))?
        } else {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            match &ending(path)[..] {
                "npy" | "npz" => arrays::open(path, labels)?,
                _ if name.contains("idx") || ending(path) == "gz" => idx::open(path, labels)?,
                _ => {
                    let problem = "is no data set: expected a folder of .bin or .bs2 files, an idx file of images \
                                   (.gz too), .npy or .npz";
                    return Err(Error::file(path, problem));
                }
            }
        };
        if let Some(limit) = opening.limit {
            samples.labels.truncate(limit);
            samples.names.truncate(limit);
        }
        match samples.labels.is_empty() {
            true => Err(Error::file(path, "has no samples")),
            false => Ok(samples),
        }
    }

    /// Samples of one step each in memory: `values` is `[samples, elements of shape]`.
    ///
    /// # Errors
    /// If the number of values does not fit shape and labels.
    pub fn of_values(shape: Vec<usize>, values: Vec<f32>, labels: Vec<u32>) -> Result<Samples> {
        Samples::of_steps(shape, 1, values, labels)
    }

    /// Samples of so many steps in memory: `values` is `[samples, steps, elements of shape]`.
    ///
    /// # Errors
    /// If the number of values does not fit.
    pub fn of_steps(shape: Vec<usize>, steps: usize, values: Vec<f32>, labels: Vec<u32>) -> Result<Samples> {
        let elements: usize = shape.iter().product();
        if elements * steps * labels.len() != values.len() {
            let (found, count) = (values.len(), labels.len());
            let problem = format!("{found} values: expected {count} samples of {steps} steps of {elements}");
            return Err(Error::value("samples", problem));
        }
        let names = (0..labels.len()).map(|n| n.to_string()).collect();
        Ok(Samples { shape, labels, names, kind: Kind::Values { steps, values } })
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Shape of an input: `[2, height, width]` of an event camera, in the order of elements.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Elements of an input.
    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }

    /// The class of each sample.
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// The name of each sample: that of its file, or its number.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// One more than the largest class.
    pub fn classes(&self) -> usize {
        self.labels.iter().max().map_or(0, |&label| label as usize + 1)
    }

    /// Whether inputs are analog values.
    pub fn is_analog(&self) -> bool {
        matches!(self.kind, Kind::Values { .. })
    }

    /// Reads a sample; events in ticks of `dt_ms`.
    ///
    /// # Errors
    /// If its file cannot be read, is damaged, or has events outside the sensor.
    pub fn read(&self, sample: usize, dt_ms: f64) -> Result<Input> {
        match &self.kind {
            Kind::Events { files, sensor: [width, height] } => {
                let recording = read_events(&files[sample], dt_ms, *width, *height)?;
                let spikes = recording.spikes.iter().map(|&(tick, _, id)| (tick, id)).collect();
                Ok(Input::Spikes { spikes, ticks: recording.ticks })
            }
            Kind::Values { steps, values } => {
                let size = steps * self.elements();
                Ok(Input::Values { steps: *steps, values: values[sample * size..(sample + 1) * size].to_vec() })
            }
        }
    }
}
