//! Recordings of event cameras in the form of N-MNIST, `.bin` or `.bs2`.

use super::choice::Recorded;
use super::header::check_dt;
use super::memory::SpikeRecording;
use super::raw::{Raw, Spikes};
use crate::error::{Error, Result};
use std::path::Path;

/// Width and height of the sensor of N-MNIST.
pub(super) const NMNIST: u32 = 34;

/// The y of an event that is no pixel: the camera's clock ran over, and all later times are 2^13 us
/// later than they say.
const OVERFLOW: u32 = 240;

/// Reads a file (`.bin`, as N-MNIST is distributed, or `.bs2`) of a camera with `width` x `height`
/// pixels: N-MNIST has 34 x 34, a DVS128 128 x 128.
///
/// An event is 5 bytes: x, y, then 1 bit of polarity (1: brighter) and 23 bits of time in
/// microseconds, big endian. An event with y = 240 is no pixel but adds 2^13 us to the times of all
/// later events. Any other event becomes a spike of the population `pixels`, neuron `(polarity *
/// height + y) * width + x` as in an image `[2, height, width]`, in the tick that its time lies in:
/// time / dt rounded down. Events of one pixel in one tick stay as many spikes, so none is lost;
/// the recording ends with the tick of its last event.
///
/// # Errors
/// If the file is missing or cut off inside an event, or an event lies outside the sensor.
pub fn read_events(path: &Path, dt_ms: f64, width: u32, height: u32) -> Result<SpikeRecording> {
    check_dt(dt_ms)?;
    if !(1..=256).contains(&width) || !(1..=OVERFLOW).contains(&height) {
        let problem = format!("{width} x {height}: expected a width from 1 to 256 and a height from 1 to {OVERFLOW}");
        return Err(Error::value("sensor", problem));
    }
    let bytes = std::fs::read(path).map_err(|e| Error::caused_by(path, "cannot read", e))?;
    if bytes.len() % 5 != 0 {
        let problem = format!("{} bytes are no whole number of events of 5 bytes; is it truncated?", bytes.len());
        return Err(Error::file(path, problem));
    }
    let mut spikes = Vec::with_capacity(bytes.len() / 5);
    let mut overflow_us = 0;
    for (i, event) in bytes.chunks_exact(5).enumerate() {
        let (x, y) = (u32::from(event[0]), u32::from(event[1]));
        if y == OVERFLOW {
            overflow_us += 1 << 13;
            continue;
        }
        if x >= width || y >= height {
            let problem = format!("event {i} at x {x}, y {y} lies outside the sensor of {width} x {height}");
            return Err(
                Error::file(path, problem).with_hint("a file that is given by name is read as one of N-MNIST, 34 x 34")
            );
        }
        let word = u32::from_be_bytes([0, event[2], event[3], event[4]]);
        let (polarity, microseconds) = (word >> 23, u64::from(word & 0x7f_ffff) + overflow_us);
        // Without the small part, a time at the start of a tick could be rounded into the tick
        // before.
        let tick = (microseconds as f64 / (1000.0 * dt_ms) + 1e-9).floor();
        if tick >= f64::from(u32::MAX) {
            return Err(Error::value("dt_ms", format!("{dt_ms}: too short for a time of {microseconds} us")));
        }
        spikes.push((tick as u32, 0, (polarity * height + y) * width + x));
    }
    let populations = vec![("pixels".to_owned(), Some(2 * width * height))];
    let raw =
        Raw { dt_ms: Some(dt_ms), ticks: None, populations, recorded: Recorded::All, spikes: Spikes::Ticks(spikes) };
    raw.into_recording(path, dt_ms)
}
