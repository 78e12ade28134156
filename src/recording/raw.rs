//! Spikes as a file holds them, and their conversion to a recording.

use super::choice::Recorded;
use super::header::check_dt;
use super::memory::SpikeRecording;
use crate::error::{Error, Result};
use crate::spiking::Tick;
use std::path::Path;

/// The content of a file of spikes.
#[derive(Debug, PartialEq)]
pub(crate) struct Raw {
    /// Length of a tick, where the file says it.
    pub dt_ms: Option<f64>,
    /// Length of the recording in ticks, where the file says it.
    pub ticks: Option<Tick>,
    /// Name of each population, and its size where the file says it.
    pub populations: Vec<(String, Option<u32>)>,
    /// Neurons whose spikes were recorded; all where the file does not say it.
    pub recorded: Recorded,
    /// The spikes, in any order.
    pub spikes: Spikes,
}

/// `(time, index of the population, id)` of each spike.
#[derive(Debug, PartialEq)]
pub(crate) enum Spikes {
    /// Times in ticks.
    Ticks(Vec<(Tick, u32, u32)>),
    /// Times in ms, finite and not negative.
    Times(Vec<(f64, u32, u32)>),
}

/// Chooses the population to read from the names of all populations of a file.
pub(crate) type Choose<'a> = &'a dyn Fn(&[&str]) -> Result<usize>;

/// The name of the only population of a file that names none.
pub(crate) const UNNAMED: &str = "default";

/// Checks a time in ms.
pub(super) fn checked_time(time: f64) -> std::result::Result<f64, String> {
    match time {
        t if !t.is_finite() => Err(format!("is {t}: expected a time in ms")),
        t if t < 0.0 => Err(format!("is {t}: a time before the start")),
        t => Ok(t),
    }
}

/// Checks the id of a neuron.
pub(super) fn checked_id(id: i64) -> std::result::Result<u32, String> {
    // The number of neurons, one more than the largest id, must fit in u32 too.
    u32::try_from(id).ok().filter(|&id| id < u32::MAX).ok_or_else(|| format!("is {id}: out of range for a neuron"))
}

/// Checks a tick.
pub(super) fn checked_tick(tick: i64) -> std::result::Result<Tick, String> {
    // The number of ticks, one more than the last tick, must fit in u32 too.
    Tick::try_from(tick)
        .ok()
        .filter(|&tick| tick < Tick::MAX)
        .ok_or_else(|| format!("is {tick}: out of range for a tick"))
}

/// The nearest tick, halves up.
fn nearest(time_ms: f64, dt_ms: f64) -> Option<Tick> {
    let tick = (time_ms / dt_ms).round();
    (tick < f64::from(Tick::MAX)).then_some(tick as Tick)
}

impl Raw {
    /// All spikes with times in ms; `dt_ms` is for ticks of a file that does not say theirs.
    pub fn times(&self, dt_ms: f64) -> impl Iterator<Item = (f64, u32, u32)> + '_ {
        let (ticks, times) = match &self.spikes {
            Spikes::Ticks(spikes) => (&spikes[..], &[][..]),
            Spikes::Times(spikes) => (&[][..], &spikes[..]),
        };
        let dt_ms = self.dt_ms.unwrap_or(dt_ms);
        ticks.iter().map(move |&(tick, p, id)| (f64::from(tick) * dt_ms, p, id)).chain(times.iter().copied())
    }

    /// The content restricted to one population.
    pub fn only(mut self, choose: Choose) -> Result<Raw> {
        let names: Vec<&str> = self.populations.iter().map(|(name, _)| name.as_str()).collect();
        let wanted = choose(&names)?;
        let index = wanted as u32;
        match &mut self.spikes {
            Spikes::Ticks(spikes) => {
                spikes.retain(|spike| spike.1 == index);
                spikes.iter_mut().for_each(|spike| spike.1 = 0);
            }
            Spikes::Times(spikes) => {
                spikes.retain(|spike| spike.1 == index);
                spikes.iter_mut().for_each(|spike| spike.1 = 0);
            }
        }
        // A file that consists of its heading alone has no population.
        self.populations = self.populations.into_iter().skip(wanted).take(1).collect();
        if let Recorded::Only(some) = self.recorded {
            let own = some.into_iter().filter(|(population, _)| *population == wanted).map(|(_, ids)| (0, ids));
            let sized: Vec<_> = self.populations.iter().map(|(name, size)| (name.clone(), size.unwrap_or(0))).collect();
            self.recorded = Recorded::new(own.collect(), &sized);
        }
        Ok(self)
    }

    /// The recording in ticks of `dt_ms`, in order.
    pub fn into_recording(self, path: &Path, dt_ms: f64) -> Result<SpikeRecording> {
        check_dt(dt_ms)?;
        let beyond = |time: f64| Error::file(path, format!("time {time} ms is beyond the last tick of {dt_ms} ms"));
        let same_grid = self.dt_ms.is_none_or(|own| own == dt_ms);
        let mut ticks = self.ticks;
        let mut spikes = match self.spikes {
            Spikes::Ticks(spikes) if same_grid => spikes,
            _ => {
                if let (Some(own), Some(length)) = (self.dt_ms, ticks) {
                    let time = f64::from(length) * own;
                    ticks = Some(nearest(time, dt_ms).ok_or_else(|| beyond(time))?);
                }
                let round = |(time, p, id)| Ok((nearest(time, dt_ms).ok_or_else(|| beyond(time))?, p, id));
                let mut spikes = self.times(dt_ms).map(round).collect::<Result<Vec<_>>>()?;
                if !same_grid {
                    // A spike in the last tick may come to lie just behind the rounded end.
                    let end = spikes.iter().map(|&(tick, ..)| tick + 1).max();
                    ticks = ticks.max(end);
                }
                spikes.shrink_to_fit();
                spikes
            }
        };
        spikes.sort_unstable();
        if let Some((_, p, id)) = spikes.iter().find(|&&(_, p, id)| !self.recorded.contains(p as usize, id)) {
            let name = &self.populations[*p as usize].0;
            let problem = format!("a spike of neuron {id} of '{name}', whose spikes were not recorded");
            return Err(Error::file(path, problem));
        }
        let mut sizes = vec![0; self.populations.len()];
        for &(_, population, id) in &spikes {
            let size = &mut sizes[population as usize];
            *size = (id + 1).max(*size);
        }
        let mut populations = Vec::with_capacity(sizes.len());
        for ((name, size), needed) in self.populations.into_iter().zip(sizes) {
            let size = size.unwrap_or(needed);
            if size < needed {
                let problem = format!("neuron {} of population '{name}', which has {size}", needed - 1);
                return Err(Error::file(path, problem));
            }
            populations.push((name, size));
        }
        let needed = spikes.last().map_or(0, |&(tick, ..)| tick + 1);
        let ticks = ticks.unwrap_or(needed);
        if ticks < needed {
            return Err(Error::file(path, format!("a spike at tick {} of {ticks}", needed - 1)));
        }
        Ok(SpikeRecording { dt_ms, ticks, populations, recorded: self.recorded, spikes })
    }
}
