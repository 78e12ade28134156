//! Spiking Heidelberg Digits and Spiking Speech Commands: Cramer et al. 2022, IEEE TNNLS 33:2744.
//!
//! In HDF5: `spikes/times` and `spikes/units`, a list of each for every sample, times in seconds;
//! `labels`; in `extra/keys` the names of classes.

use super::set::{Kind, Samples};
use super::trains::Trains;
use crate::error::{Error, Result};
use crate::formats::h5::H5;
use std::path::Path;

/// Units of the cochlea that both data sets were made with.
const UNITS: u32 = 700;

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
