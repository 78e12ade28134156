//! Recordings of event cameras as spikes.

use super::choice::Recorded;
use super::header::check_dt;
use super::memory::SpikeRecording;
use crate::error::{Error, Result};
use crate::formats::events::EventFile;
use std::path::Path;

/// Reads a recording of an event camera, as `.bin` or `.bs2` of N-MNIST, `.aedat`, `.raw`, `.dat`, or
/// `.npy` and `.npz` with x, y, t and p (the formats are in `docs/evaluation.md`).
///
/// `sensor` is the width and height of a camera of which the file does not say it; without it, files
/// of N-MNIST's form have 34 x 34 pixels. An event becomes a spike of the population `pixels`, neuron
/// `(p * height + y) * width + x` as in an image `[2, height, width]`, p being 1 if the pixel became
/// brighter, in the tick that its time lies in: time / dt rounded down. Time counts from the first
/// event in `.aedat`, `.raw` and `.dat`, whose cameras' clocks run on, else from 0. Events of one
/// pixel in one tick stay as many spikes, so none is lost; the recording ends with the tick of its
/// last event.
///
/// # Errors
/// If the file is missing, cut off inside an event or of another kind, an event lies outside the
/// sensor or before the event before it, or nothing says the size of the sensor.
pub fn read_events(path: &Path, dt_ms: f64, sensor: Option<[u32; 2]>) -> Result<SpikeRecording> {
    let file = EventFile::open(path)?;
    let sensor = file.sensor(sensor)?.ok_or_else(|| {
        Error::file(path, "does not say the size of its sensor")
            .with_hint("`evaluate --data` takes such recordings with --sensor WxH")
    })?;
    of(path, &file, dt_ms, sensor)
}

/// Reads a recording whose sensor is as large as its events need where nothing says it.
pub(super) fn read_any(path: &Path, dt_ms: f64) -> Result<SpikeRecording> {
    let file = EventFile::open(path)?;
    let sensor = file.sensor(None)?.map_or_else(|| file.extent(), Ok)?;
    of(path, &file, dt_ms, sensor)
}

fn of(path: &Path, file: &EventFile, dt_ms: f64, sensor: [u32; 2]) -> Result<SpikeRecording> {
    check_dt(dt_ms)?;
    let spikes = file.spikes(dt_ms, sensor, None)?;
    let [width, height] = sensor;
    crate::base::memory::check(&path.display().to_string(), 12 * spikes.len() as u64)?;
    Ok(SpikeRecording {
        dt_ms,
        ticks: spikes.last().map_or(0, |&(tick, _)| tick + 1),
        populations: vec![("pixels".to_owned(), 2 * width * height)],
        recorded: Recorded::All,
        spikes: spikes.into_iter().map(|(tick, pixel)| (tick, 0, pixel)).collect(),
    })
}
