//! A file of events, whatever its format.

use super::event::{Event, Take};
use super::{aedat, dat, evt, nmnist, numpy};
use crate::base::files::ending;
use crate::base::memory;
use crate::error::{Error, Result};
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};

/// Width and height of the sensor of N-MNIST.
const NMNIST: [u32; 2] = [34, 34];

/// The most pixels along each side of a sensor.
const MOST_PIXELS: u32 = 1 << 14;

/// Spikes behind which memory is asked for before it is taken.
const MANY: usize = 1 << 20;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Format {
    Nmnist,
    Aedat,
    Raw,
    Dat,
    Numpy,
}

/// A recording of an event camera, of which the header was read.
#[derive(Debug)]
pub(crate) struct EventFile {
    path: PathBuf,
    format: Format,
    /// Width and height of the sensor, where the file has them.
    sensor: Option<[u32; 2]>,
}

impl EventFile {
    /// The endings of such files. `.npy` and `.npz` may hold anything else as well.
    pub const ENDINGS: [&str; 8] = ["bin", "bs2", "aedat", "aedat4", "raw", "dat", "npy", "npz"];

    /// Whether a file is one by its name or, of numpy's, by its content.
    pub fn is_one(path: &Path) -> bool {
        match &ending(path)[..] {
            "npy" | "npz" => numpy::holds_events(path),
            ending => EventFile::ENDINGS.contains(&ending),
        }
    }

    /// Reads the header.
    ///
    /// # Errors
    /// If there is none, or what it says is not known.
    pub fn open(path: &Path) -> Result<EventFile> {
        let (format, sensor) = match &ending(path)[..] {
            "bin" | "bs2" => (Format::Nmnist, None),
            "aedat" | "aedat4" => (Format::Aedat, aedat::sensor(path)?),
            "raw" => (Format::Raw, evt::sensor(path)?),
            "dat" => (Format::Dat, dat::open(path)?.1),
            "npy" | "npz" => (Format::Numpy, None),
            _ => {
                let endings = EventFile::ENDINGS.map(|ending| format!(".{ending}")).join(", ");
                return Err(Error::file(path, format!("is no file of events: expected one of {endings}")));
            }
        };
        if let Some(problem) = sensor.and_then(size_problem) {
            return Err(Error::file(path, format!("has a sensor of {problem}")));
        }
        Ok(EventFile { path: path.to_path_buf(), format, sensor })
    }

    /// Width and height of the sensor: what the file says, else those `given`, else those of N-MNIST
    /// for a file of its form; none if nobody says it.
    ///
    /// # Errors
    /// If the file says something else than what is given, or that is no size of a sensor.
    pub fn sensor(&self, given: Option<[u32; 2]>) -> Result<Option<[u32; 2]>> {
        if let Some(problem) = given.and_then(size_problem) {
            return Err(Error::value("sensor", problem));
        }
        match (self.sensor, given) {
            (Some([w, h]), Some([width, height])) if [w, h] != [width, height] => {
                let problem = format!("is of a sensor of {w} x {h}; {width} x {height} was expected");
                Err(Error::file(&self.path, problem))
            }
            (None, Some([_, height])) if self.format == Format::Nmnist && height > nmnist::OVERFLOW => {
                let problem =
                    format!("a height of {height}: files of N-MNIST's form have at most {}", nmnist::OVERFLOW);
                Err(Error::value("sensor", problem))
            }
            (own, given) => Ok(own.or(given).or((self.format == Format::Nmnist).then_some(NMNIST))),
        }
    }

    /// The smallest sensor that has the pixels of all events.
    ///
    /// # Errors
    /// If the file is damaged, or a pixel lies beyond any sensor.
    pub fn extent(&self) -> Result<[u32; 2]> {
        let mut extent = [1, 1];
        self.each([MOST_PIXELS, MOST_PIXELS], &mut |Event { x, y, .. }| {
            extent = [extent[0].max(x + 1), extent[1].max(y + 1)];
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(extent)
    }

    /// All events, or those of a time of the camera's clock in microseconds, as tick and element,
    /// ascending: element (p height + y) width + x, as in an image `[2, height, width]`, where p is 1
    /// if the pixel became brighter; in the tick that the time lies in, time / dt rounded down. Time
    /// counts from the start of the span, else from the first event where a camera's clock runs on
    /// by itself, else from 0.
    ///
    /// # Errors
    /// If the file is cut off, an event lies outside the sensor or before the event before, or time
    /// is too long for the ticks.
    pub fn spikes(&self, dt_ms: f64, sensor: [u32; 2], span: Option<Range<u64>>) -> Result<Vec<(u32, u32)>> {
        let runs_on = matches!(self.format, Format::Aedat | Format::Raw | Format::Dat);
        let mut start = span.as_ref().map(|span| span.start).or((!runs_on).then_some(0));
        let mut spikes = Vec::new();
        let [width, height] = sensor;
        self.each(sensor, &mut |Event { us, x, y, on }| {
            if let Some(span) = &span {
                if us >= span.end {
                    return Ok(ControlFlow::Break(()));
                }
                if us < span.start {
                    return Ok(ControlFlow::Continue(()));
                }
            }
            let us = us - *start.get_or_insert(us);
            // Without the small part, a time at the start of a tick could be rounded into the tick
            // before.
            let tick = (us as f64 / (1000.0 * dt_ms) + 1e-9).floor();
            if tick >= f64::from(u32::MAX) {
                let problem = format!("an event at {us} us lies behind the last tick of {dt_ms} ms");
                return Err(Error::file(&self.path, problem).with_hint("take longer ticks"));
            }
            if spikes.len() == spikes.capacity() && spikes.len() >= MANY {
                let what = format!("{}, behind {} events", self.path.display(), spikes.len());
                memory::check(&what, 3 * size_of_val(&spikes[..]) as u64)?;
            }
            spikes.push((tick as u32, (u32::from(on) * height + y) * width + x));
            Ok(ControlFlow::Continue(()))
        })?;
        spikes.sort_unstable();
        Ok(spikes)
    }

    /// Calls `take` with each event that is checked: in the sensor, and not before the event before.
    fn each(&self, [width, height]: [u32; 2], take: &mut Take) -> Result<()> {
        let (mut number, mut last) = (0_u64, 0);
        let checked: &mut Take = &mut |event: Event| {
            let Event { us, x, y, .. } = event;
            if x >= width || y >= height {
                let problem = format!("event {number} at x {x}, y {y} lies outside the sensor of {width} x {height}");
                let error = Error::file(&self.path, problem);
                return Err(match self.format {
                    Format::Nmnist => {
                        error.with_hint("files of this form have 34 x 34 pixels unless another size is given")
                    }
                    _ => error,
                });
            }
            if us < last {
                let problem = format!("event {number} at {us} us comes after one at {last} us: expected them in order");
                return Err(Error::file(&self.path, problem));
            }
            last = us;
            number += 1;
            take(event)
        };
        match self.format {
            Format::Nmnist => nmnist::each(&self.path, checked),
            Format::Aedat => aedat::each(&self.path, checked),
            Format::Raw => evt::each(&self.path, checked),
            Format::Dat => dat::each(&self.path, checked),
            Format::Numpy => numpy::each(&self.path, checked),
        }
    }
}

/// What is wrong with a sensor's size, if anything is.
fn size_problem([width, height]: [u32; 2]) -> Option<String> {
    let fits = |n: u32| (1..=MOST_PIXELS).contains(&n);
    let problem = || format!("{width} x {height}: expected 1 to {MOST_PIXELS} pixels along each side");
    (!fits(width) || !fits(height)).then(problem)
}
