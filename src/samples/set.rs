//! Labelled inputs, read one by one.

#[cfg(feature = "hdf5")]
use super::trains::Trains;
use crate::error::{Error, Result};
use crate::formats::events::EventFile;
use crate::network::Emits;
use crate::recording::dt_problem;
use crate::spiking::Tick;
use std::ops::Range;
use std::path::PathBuf;

/// Labelled inputs of one shape. They are read one by one.
#[derive(Debug, Clone)]
pub struct Samples {
    pub(super) shape: Vec<usize>,
    pub(super) labels: Vec<u32>,
    pub(super) names: Vec<String>,
    /// Of each class, where they have names.
    pub(super) class_names: Vec<String>,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// Recordings of a camera, and the sensor's width and height.
    Events { clips: Vec<EventClip>, sensor: [u32; 2] },
    /// Spikes in one file.
    #[cfg(feature = "hdf5")]
    Trains(Box<Trains>),
    /// Values in memory: so many steps of each sample.
    Values { steps: usize, values: Vec<f32> },
}

/// A recording of a camera, or a part of one.
#[derive(Debug, Clone)]
pub(super) struct EventClip {
    pub file: PathBuf,
    /// Of the camera's clock, in microseconds; all if there is none.
    pub span: Option<Range<u64>>,
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

impl Input {
    /// Spikes that are in order.
    fn of_spikes(spikes: Vec<(Tick, u32)>) -> Input {
        Input::Spikes { ticks: spikes.last().map_or(0, |&(tick, _)| tick + 1), spikes }
    }

    /// What a source emits for it, values as they stand. Nothing follows the last of several steps.
    pub fn emits(self) -> Emits {
        match self {
            Input::Spikes { spikes, .. } => Emits::Spikes(spikes.into()),
            Input::Values { steps, values } => {
                let mut values: Vec<f64> = values.into_iter().map(f64::from).collect();
                if steps > 1 {
                    values.resize(values.len() / steps * (steps + 1), 0.0);
                }
                Emits::Frames { values: values.into(), ticks_per_frame: 1 }
            }
        }
    }
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
        let mut sizes = shape.iter().copied().chain([steps, labels.len()]);
        let expected = sizes.try_fold(1_usize, usize::checked_mul);
        if expected != Some(values.len()) {
            let (found, count) = (values.len(), labels.len());
            let problem = format!("{found} values: expected {count} samples of {steps} steps of {shape:?}");
            return Err(Error::value("samples", problem));
        }
        let names = (0..labels.len()).map(|n| n.to_string()).collect();
        Ok(Samples { shape, labels, names, class_names: Vec::new(), kind: Kind::Values { steps, values } })
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
        if let Some(problem) = dt_problem(dt_ms) {
            return Err(Error::value("dt_ms", problem));
        }
        match &self.kind {
            Kind::Events { clips, sensor } => {
                let EventClip { file, span } = &clips[sample];
                let file = EventFile::open(file)?;
                file.sensor(Some(*sensor))?;
                Ok(Input::of_spikes(file.spikes(dt_ms, *sensor, span.clone())?))
            }
            #[cfg(feature = "hdf5")]
            Kind::Trains(trains) => Ok(Input::of_spikes(trains.read(sample, dt_ms)?)),
            Kind::Values { steps, values } => {
                let size = steps * self.elements();
                Ok(Input::Values { steps: *steps, values: values[sample * size..(sample + 1) * size].to_vec() })
            }
        }
    }
}
