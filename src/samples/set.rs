//! Labelled inputs, read one by one.

use crate::error::{Error, Result};
use crate::recording::read_events;
use crate::spiking::Tick;
use std::path::PathBuf;

/// Labelled inputs of one shape. They are read one by one.
#[derive(Debug, Clone)]
pub struct Samples {
    pub(super) shape: Vec<usize>,
    pub(super) labels: Vec<u32>,
    pub(super) names: Vec<String>,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
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

impl Samples {
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
