//! Running clips.

use super::clip::ClipInput;
use super::event::Lazy;
use super::layers::Stack;
use super::observer::Observer;
use super::population::Population;
use super::{clock, event};
use crate::energy::counts::LayerCounts;
use crate::error::{Error, Result};
use crate::spiking::{Driver, SpikeTrain};
use rayon::prelude::*;

/// What a clip gave.
#[derive(Debug, Clone, PartialEq)]
pub struct ClipRun {
    /// The spikes of each layer.
    pub trains: Vec<SpikeTrain>,
    /// The operations of each layer.
    pub counts: Vec<LayerCounts>,
}

impl ClipRun {
    /// The operations of all layers together.
    pub fn total(&self) -> LayerCounts {
        self.counts.iter().copied().sum()
    }
}

/// Memory of a run, to be used again for the next clip, of the same stack or another one.
#[derive(Debug, Default)]
pub struct Scratch {
    populations: Vec<Population>,
    lazy: Vec<Lazy>,
    uncounted: bool,
}

impl Scratch {
    /// Memory of runs that count nothing, to measure what counting costs: their counts are zero.
    pub fn uncounted() -> Scratch {
        Scratch { uncounted: true, ..Scratch::default() }
    }
}

/// Runs one clip for `ticks` ticks on the calling thread.
///
/// # Errors
/// If the clip does not fit the stack or holds a value that is not finite.
pub fn run(
    stack: &Stack,
    driver: Driver,
    clip: &ClipInput,
    ticks: usize,
    scratch: &mut Scratch,
    probe: Option<&mut dyn Observer>,
) -> Result<ClipRun> {
    if u32::try_from(ticks).is_err() {
        return Err(Error::value("ticks", format!("{ticks} is above 2^32 - 1")));
    }
    clip.check(stack, ticks)?;
    scratch.populations.resize_with(stack.layers.len(), Population::default);
    for (l, (population, layer)) in scratch.populations.iter_mut().zip(&stack.layers).enumerate() {
        population.reset(layer, clip.cues.get(l).copied().unwrap_or_default());
        population.tally.off = scratch.uncounted;
    }
    match driver {
        Driver::Event | Driver::Auto => {
            event::run(stack, clip, ticks, &mut scratch.populations, &mut scratch.lazy, probe)?;
        }
        Driver::Clock => clock::run(stack, clip, ticks, &mut scratch.populations, probe),
    }
    let (trains, counts) = scratch.populations.iter().map(|p| (p.train.clone(), p.tally.counts)).unzip();
    Ok(ClipRun { trains, counts })
}

/// Runs every clip for `ticks` ticks on rayon's threads. Clips share nothing, so the result does
/// not depend on how many threads there are.
///
/// # Errors
/// As [`run`], for the first clip that has one.
pub fn run_batch(stack: &Stack, driver: Driver, clips: &[ClipInput], ticks: usize) -> Result<Vec<ClipRun>> {
    clips
        .par_iter()
        .map_init(Scratch::default, |scratch, clip| run(stack, driver, clip, ticks, scratch, None))
        .collect()
}
