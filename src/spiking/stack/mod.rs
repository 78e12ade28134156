//! Running a feed-forward stack of spiking layers, event by event or tick by tick.
//!
//! Layer l: currents `W_l s_{l-1} + b_l`, LIF neurons ([`crate::spiking::neuron::lif`]), thresholds fixed or dynamic
//! ([`crate::spiking::threshold`]). There is no transmission delay: within a tick the layers go in feed-forward order. The state is
//! reset at the start of each clip.
//!
//! One neuron at one tick, in this order: its threshold takes its step (not at tick 0, and with the cues of the tick before);
//! the membrane is charged with the current; it is compared and reset; the trace takes the spike in.
//!
//! # Why both drivers give the same bits
//! - The step is made of the same functions, each a fixed sequence of IEEE 754 operations. rustc never contracts a product and
//!   a sum into a fused one and never reorders sums, so scalar code and vector code of any width round alike.
//! - A neuron sums its input in ascending order of source, starting at +0.0. A sum that starts there never becomes -0.0
//!   (round to nearest gives -0.0 only for -0.0 + -0.0), and adding `w * 0.0`, which is a zero as weights are finite, changes
//!   no bit of anything that is not -0.0. So skipping silent sources is exact, and `w * 1.0 = w`.
//! - The bias is added once to the finished sum, which for an idle neuron is +0.0.
//! - A neuron left alone for k ticks is later taken through the same k steps, with the recorded cues of those ticks.
//! - It is left alone only while it provably cannot fire (see `engine/event.rs`), so each layer's spike count, on which the
//!   entropy cue depends, is complete at each tick.

mod clock;
mod event;
mod population;
mod synapses;
#[cfg(test)]
mod tests;

use crate::base::aligned::Lanes;
use crate::energy::counts::LayerCounts;
use crate::error::{Error, Result};
use crate::spiking::neuron::lif::{LifDerived, LifParams};
use crate::spiking::threshold::LayerThreshold;
use crate::spiking::{Driver, SpikeTrain};
use event::Lazy;
use population::Population;
use rayon::prelude::*;
pub use synapses::DenseSynapses;

/// Spikes of each input per tick above which [`Driver::Auto`] goes tick by tick.
const BUSY: f64 = 0.2;

/// Synapses and the neurons that they end on.
#[derive(Debug, Clone)]
pub struct Layer {
    synapses: DenseSynapses,
    bias: Lanes,
    lif: LifDerived,
    threshold: LayerThreshold,
}

impl Layer {
    /// `bias` \[n\] is a constant current into each of the n targets of `synapses`.
    ///
    /// # Errors
    /// If the bias has another length or is not finite, or a parameter is out of its domain.
    pub fn new(synapses: DenseSynapses, bias: &[f32], lif: LifParams, threshold: LayerThreshold) -> Result<Self> {
        check_vector("bias", bias, synapses.outputs())?;
        threshold.validate()?;
        Ok(Layer { bias: Lanes::from_slice(bias), lif: lif.derive()?, synapses, threshold })
    }

    /// The synapses.
    pub fn synapses(&self) -> &DenseSynapses {
        &self.synapses
    }

    /// The constant current of each neuron.
    pub fn bias(&self) -> &[f32] {
        self.bias.as_slice()
    }

    /// The neurons' time constant, form and reset.
    pub fn lif(&self) -> &LifDerived {
        &self.lif
    }

    /// The neurons' thresholds.
    pub fn threshold(&self) -> &LayerThreshold {
        &self.threshold
    }

    /// Neurons.
    pub fn neurons(&self) -> usize {
        self.synapses.outputs()
    }
}

/// A validated feed-forward network.
#[derive(Debug, Clone)]
pub struct Stack {
    layers: Vec<Layer>,
}

impl Stack {
    /// `layers` in feed-forward order.
    ///
    /// # Errors
    /// If there is no layer, or one does not take what the layer before it gives.
    pub fn new(layers: Vec<Layer>) -> Result<Self> {
        if layers.is_empty() {
            return Err(Error::value("stack", "no layers"));
        }
        for (l, pair) in layers.windows(2).enumerate() {
            let (given, taken) = (pair[0].neurons(), pair[1].synapses.inputs());
            if given != taken {
                let (what, neurons) = (format!("weight of layer {}", l + 1), pair[1].neurons());
                return Err(Error::Shape { what, expected: vec![neurons, given], found: vec![neurons, taken] });
            }
        }
        Ok(Stack { layers })
    }

    /// The layers, in feed-forward order.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Width of the input.
    pub fn inputs(&self) -> usize {
        self.layers[0].synapses.inputs()
    }
}

/// What enters the first layer.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// The same analog values \[inputs\] at every tick.
    Constant(&'a [f32]),
    /// Analog values \[ticks, inputs\], row by row.
    Frames(&'a [f32]),
    /// Spikes. Ticks behind the end of the train are silent; ticks of the train behind the run are not used.
    Spikes(&'a SpikeTrain),
}

/// All that is particular to one clip.
#[derive(Debug, Clone)]
pub struct ClipInput<'a> {
    /// What enters the first layer.
    pub input: Input<'a>,
    /// For each layer the threshold cue of each neuron. Empty, or empty for a layer: zeros. A layer with fixed thresholds
    /// does not use its cues.
    pub cues: Vec<&'a [f32]>,
    /// The pooling cue gbar of each tick. Empty: zeros.
    pub pooling: &'a [f32],
}

impl<'a> ClipInput<'a> {
    /// Without cues.
    pub fn new(input: Input<'a>) -> Self {
        ClipInput { input, cues: Vec::new(), pooling: &[] }
    }

    /// Whether its spikes are so many that dense products are quicker. Analog input is not: the event driver multiplies it as well, if
    /// it is constant, only once.
    fn is_busy(&self, stack: &Stack, ticks: usize) -> bool {
        matches!(self.input, Input::Spikes(train) if train.total() as f64 > BUSY * (stack.inputs() * ticks) as f64)
    }

    fn check(&self, stack: &Stack, ticks: usize) -> Result<()> {
        match self.input {
            Input::Constant(row) => check_vector("input", row, stack.inputs())?,
            Input::Frames(rows) => {
                if ticks.checked_mul(stack.inputs()) != Some(rows.len()) {
                    let (expected, found) = (vec![ticks, stack.inputs()], vec![rows.len()]);
                    return Err(Error::Shape { what: "input".into(), expected, found });
                }
                check_finite("input", rows)?;
            }
            Input::Spikes(train) if train.neurons() != stack.inputs() => {
                let (expected, found) = (vec![stack.inputs()], vec![train.neurons()]);
                return Err(Error::Shape { what: "neurons of the input train".into(), expected, found });
            }
            Input::Spikes(_) => {}
        }
        if !self.cues.is_empty() && self.cues.len() != stack.layers.len() {
            let (expected, found) = (vec![stack.layers.len()], vec![self.cues.len()]);
            return Err(Error::Shape { what: "cues by layer".into(), expected, found });
        }
        for (layer, cues) in stack.layers.iter().zip(&self.cues).filter(|(_, cues)| !cues.is_empty()) {
            check_vector("threshold cues", cues, layer.neurons())?;
        }
        if !self.pooling.is_empty() {
            check_vector("pooling cues", self.pooling, ticks)?;
        }
        Ok(())
    }
}

fn check_vector(what: &str, values: &[f32], len: usize) -> Result<()> {
    if values.len() != len {
        return Err(Error::Shape { what: what.into(), expected: vec![len], found: vec![values.len()] });
    }
    check_finite(what, values)
}

fn check_finite(what: &str, values: &[f32]) -> Result<()> {
    match values.iter().position(|v| !v.is_finite()) {
        Some(at) => Err(Error::value(what, format!("{} at {at}", values[at]))),
        None => Ok(()),
    }
}

/// The state of a layer at the end of a tick, one value per neuron.
#[derive(Debug, Clone, Copy)]
pub struct Snapshot<'a> {
    /// h, the membranes that were compared with the thresholds.
    pub charged: &'a [f32],
    /// u, the membranes after the reset.
    pub membranes: &'a [f32],
    /// theta, the thresholds that were compared with.
    pub thresholds: &'a [f32],
}

/// Somebody who looks at the state while it evolves. Looking at a layer forces its full state: the event driver then
/// takes every neuron to the present, and counts what that costs.
pub trait Observer {
    /// Whether to look at `layer` at the end of `tick`.
    fn wants(&self, layer: usize, tick: usize) -> bool {
        let _ = (layer, tick);
        true
    }

    /// The state of `layer` at the end of `tick`.
    fn tick(&mut self, layer: usize, tick: usize, snapshot: Snapshot<'_>);
}

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
    let clocked = match driver {
        Driver::Event => false,
        Driver::Clock => true,
        Driver::Auto => clip.is_busy(stack, ticks),
    };
    match clocked {
        false => event::run(stack, clip, ticks, &mut scratch.populations, &mut scratch.lazy, probe)?,
        true => clock::run(stack, clip, ticks, &mut scratch.populations, probe),
    }
    let (trains, counts) = scratch.populations.iter().map(|p| (p.train.clone(), p.tally.counts)).unzip();
    Ok(ClipRun { trains, counts })
}

/// Runs every clip for `ticks` ticks on rayon's threads. Clips share nothing, so the result does not depend on how many
/// threads there are.
///
/// # Errors
/// As [`run`], for the first clip that has one.
pub fn run_batch(stack: &Stack, driver: Driver, clips: &[ClipInput], ticks: usize) -> Result<Vec<ClipRun>> {
    clips
        .par_iter()
        .map_init(Scratch::default, |scratch, clip| run(stack, driver, clip, ticks, scratch, None))
        .collect()
}
