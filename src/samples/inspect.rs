//! The inspection of labelled inputs: what there is, and every damaged file.

use super::open::Opening;
use super::set::{Input, Samples};
use crate::base::text::{counted, grouped};
use crate::error::{Error, Result};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// What labelled inputs are. `Display` shows it as a table.
#[derive(Debug, Clone, Serialize)]
pub struct Inspection {
    /// Number of samples: recordings, parts of them, images.
    pub samples: usize,
    /// Sizes of an input, in the order of elements: `[2, height, width]` of an event camera.
    pub shape: Vec<usize>,
    /// The classes that have samples, ascending.
    pub classes: Vec<ClassSummary>,
    /// Length of the undamaged samples: ms up to the end of the one of the last event, or steps.
    pub lengths: Option<Range>,
    /// What lengths are counted in: `ms` or `steps`.
    pub unit: &'static str,
    /// Events of each undamaged sample; none of values.
    pub events: Option<Range>,
    /// Events of all of them; none of values.
    pub all_events: Option<u64>,
    /// Damaged files, and what else is wrong.
    pub faults: Vec<Fault>,
}

/// A class.
#[derive(Debug, Clone, Serialize)]
pub struct ClassSummary {
    /// Its number.
    pub class: u32,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Number of its samples.
    pub samples: usize,
}

/// The least, the middle and the largest of some numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Range {
    /// The least.
    pub min: u64,
    /// The median: of an even number, the mean of the two in the middle.
    pub median: f64,
    /// The largest.
    pub max: u64,
}

/// A fault.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fault {
    /// Whether an evaluation stops at it.
    pub fatal: bool,
    /// The file and the fault.
    pub message: String,
    /// Advice, if there is any.
    pub hint: Option<String>,
}

impl Range {
    fn of(mut numbers: Vec<u64>) -> Option<Range> {
        numbers.sort_unstable();
        let (&min, &max) = (numbers.first()?, numbers.last()?);
        let [low, high] = [(numbers.len() - 1) / 2, numbers.len() / 2].map(|place| numbers[place] as f64);
        Some(Range { min, median: (low + high) / 2.0, max })
    }
}

/// Reads all samples at `path` once, and says what they are and what is wrong with them.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// // Pixel x 3, y 2 of N-MNIST's camera becomes brighter after 1.5 ms: a recording of the class 'one'.
/// std::fs::create_dir(folder.path().join("one"))?;
/// std::fs::write(folder.path().join("one/a.bin"), [3, 2, 0x80, 0x05, 0xdc])?;
/// let found = spikefuse::samples::inspect(folder.path(), &Default::default())?;
/// assert_eq!((found.samples, &found.shape[..], found.all_events), (1, &[2, 34, 34][..], Some(1)));
/// assert_eq!(found.lengths.unwrap().max, 2);
/// assert!(found.faults.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If there are no samples or no labels. Damaged files are faults of the inspection.
pub fn inspect(path: &Path, opening: &Opening) -> Result<Inspection> {
    let samples = Samples::open(path, opening)?;
    let measured: Vec<Result<(u64, u64)>> = (0..samples.len())
        .into_par_iter()
        .map(|sample| {
            Ok(match samples.read(sample, 1.0)? {
                Input::Spikes { spikes, ticks } => (u64::from(ticks), spikes.len() as u64),
                Input::Values { steps, .. } => (steps as u64, 0),
            })
        })
        .collect();
    let (mut lengths, mut events, mut faults, mut silent) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (name, result) in samples.names().iter().zip(measured) {
        match result {
            Ok((length, count)) => {
                lengths.push(length);
                events.push(count);
                if length == 0 {
                    silent.push(name);
                }
            }
            Err(error) => {
                let fault = Fault::of(true, &error);
                // A file that several samples are parts of.
                if faults.last() != Some(&fault) {
                    faults.push(fault);
                }
            }
        }
    }
    if let Some(first) = silent.first() {
        let problem = format!("{} without events, the first '{first}'", counted(silent.len() as u64, "recording"));
        faults.push(Fault::of(false, &Error::file(path, problem)));
    }
    let mut counts = BTreeMap::new();
    samples.labels().iter().for_each(|&label| *counts.entry(label).or_default() += 1);
    let class = |(class, samples_of_it): (u32, usize)| ClassSummary {
        class,
        name: samples.class_names.get(class as usize).cloned(),
        samples: samples_of_it,
    };
    let analog = samples.is_analog();
    Ok(Inspection {
        samples: samples.len(),
        shape: samples.shape().to_vec(),
        classes: counts.into_iter().map(class).collect(),
        unit: if analog { "steps" } else { "ms" },
        all_events: (!analog).then(|| events.iter().sum()),
        lengths: Range::of(lengths),
        events: if analog { None } else { Range::of(events) },
        faults,
    })
}

impl Fault {
    fn of(fatal: bool, error: &Error) -> Fault {
        Fault { fatal, message: error.to_string(), hint: error.hint().map(str::to_owned) }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} to {}, median {}", grouped(self.min), grouped(self.max), self.median)
    }
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let count = |n: usize, what: &str| counted(n as u64, what);
        let (samples, classes) = (count(self.samples, "sample"), self.classes.len());
        let classes = if classes == 1 { "1 class".to_owned() } else { format!("{classes} classes") };
        writeln!(f, "{samples} of {classes}, elements {:?}", self.shape)?;
        if let Some(lengths) = &self.lengths {
            writeln!(f, "length in {}: {lengths}", self.unit)?;
        }
        if let (Some(all), Some(events)) = (self.all_events, &self.events) {
            writeln!(f, "{} events; of a sample: {events}", grouped(all))?;
        }
        writeln!(f, "\n{:>5}{:>9}  name", "class", "samples")?;
        for ClassSummary { class, name, samples } in &self.classes {
            let line = format!("{class:>5}{samples:>9}  {}", name.as_deref().unwrap_or_default());
            writeln!(f, "{}", line.trim_end())?;
        }
        let fatal = self.faults.iter().filter(|fault| fault.fatal).count();
        write!(f, "\n{}, {}", count(fatal, "error"), count(self.faults.len() - fatal, "warning"))?;
        for fault in &self.faults {
            write!(f, "\n{}: {}", if fault.fatal { "error" } else { "warning" }, fault.message)?;
            if let Some(hint) = &fault.hint {
                write!(f, "\n  hint: {hint}")?;
            }
        }
        Ok(())
    }
}
