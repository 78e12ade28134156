//! Spiking Heidelberg Digits and Spiking Speech Commands: Cramer et al. 2022, IEEE TNNLS 33:2744.
//!
//! In HDF5: `spikes/times` and `spikes/units`, a list of each for every sample, times in seconds;
//! `labels`; in `extra/keys` the names of classes.

use super::set::{Kind, Samples};
use crate::error::{Error, Result};
use crate::formats::h5::{H5, Lists};
use std::path::Path;

/// Units of the cochlea that both data sets were made with.
const UNITS: u32 = 700;

/// The spikes of all samples, which stay in the file.
#[derive(Debug, Clone)]
pub(super) struct Trains {
    times: Lists,
    units: Lists,
    count: u32,
}

/// Opens a file; `sensor` says another number of units, width times height.
pub(super) fn open(path: &Path, sensor: Option<[u32; 2]>) -> Result<Samples> {
    let file = H5::open(path)?;
    let (times, units) = (file.lists("spikes/times")?, file.lists("spikes/units")?);
    let labels = file.integers("labels")?;
    let counts = [times.len(), units.len(), labels.len()];
    if counts.iter().any(|&count| count != counts[0]) {
        let [times, units, labels] = counts;
        let problem = format!("{times} lists of times, {units} of units and {labels} labels: expected as many of each");
        return Err(Error::file(path, problem));
    }
    let labels = super::arrays::whole(path, labels.into_iter())?;
    // Names are for people; a file without them is as good.
    let class_names = match file.shape("extra/keys").as_deref() {
        Ok(&[count]) if file.is_text("extra/keys")? => file.strings("extra/keys", count)?,
        _ => Vec::new(),
    };
    let count = match sensor {
        Some([width, height]) => width
            .checked_mul(height)
            .filter(|n| (1..1 << 29).contains(n))
            .ok_or_else(|| Error::value("sensor", format!("{width} x {height}: expected at most 2^29 units in all")))?,
        None => UNITS,
    };
    Ok(Samples {
        shape: vec![count as usize],
        names: (0..labels.len()).map(|n| n.to_string()).collect(),
        labels,
        class_names,
        kind: Kind::Trains(Box::new(Trains { times, units, count })),
    })
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
