//! Spike trains of many samples in one file.

use crate::error::{Error, Result};
use crate::formats::h5::Lists;

/// The spikes of all samples, which stay in the file.
#[derive(Debug, Clone)]
pub(super) struct Trains {
    /// Of each sample, in seconds.
    pub times: Lists,
    /// Of each spike.
    pub units: Lists,
    /// How many units there are.
    pub count: u32,
}

impl Trains {
    /// Spikes of a sample by tick and unit.
    pub fn read(&self, sample: usize, dt_ms: f64) -> Result<Vec<(u32, u32)>> {
        let (times, units) = (self.times.floats(sample)?, self.units.integers(sample)?);
        if times.len() != units.len() {
            let problem = format!("sample {sample} has {} times and {} units", times.len(), units.len());
            return Err(Error::file(self.times.path(), problem));
        }
        let mut spikes = Vec::with_capacity(times.len());
        for (number, (seconds, unit)) in times.into_iter().zip(units).enumerate() {
            // As for events of a camera: a time at the start of a tick lies in it.
            let tick = (seconds * 1000.0 / dt_ms + 1e-9).floor();
            if !(0.0..f64::from(u32::MAX)).contains(&tick) {
                let problem = format!("spike {number} is at {seconds} s: no time in ticks of {dt_ms} ms");
                return Err(self.times.wrong(sample, problem));
            }
            let unit = u32::try_from(unit).ok().filter(|&unit| unit < self.count);
            let unit = unit.ok_or_else(|| {
                self.units.wrong(sample, format!("spike {number} is of no unit from 0 to {}", self.count - 1))
            })?;
            spikes.push((tick as u32, unit));
        }
        spikes.sort_unstable();
        Ok(spikes)
    }
}
