//! Running a feed-forward stack of spiking layers, event by event or tick by tick.
//! [Example](super#example).
//!
//! Layer l: currents `W_l s_{l-1} + b_l`, LIF neurons ([`crate::spiking::neuron::lif`]), thresholds
//! fixed or dynamic ([`crate::spiking::threshold`]). There is no transmission delay: within a tick
//! the layers go in feed-forward order. The state is reset at the start of each clip.
//!
//! One neuron at one tick, in this order: its threshold takes its step (not at tick 0, and with the
//! cues of the tick before); the membrane is charged with the current; it is compared and reset;
//! the trace takes the spike in.
//!
//! # Why both drivers give the same bits
//! - The step is made of the same functions, each a fixed sequence of IEEE 754 operations. rustc
//!   never contracts a product and a sum into a fused one and never reorders sums, so scalar code
//!   and vector code of any width round alike.
//! - A neuron sums its input in ascending order of source, starting at +0.0. A sum that starts
//!   there never becomes -0.0 (round to nearest gives -0.0 only for -0.0 + -0.0), and adding
//!   `w * 0.0`, which is a zero as weights are finite, changes no bit of anything that is not -0.0.
//!   So skipping silent sources is exact, and `w * 1.0 = w`.
//! - The bias is added once to the finished sum, which for an idle neuron is +0.0.
//! - A neuron left alone for k ticks is later taken through the same k steps, with the recorded
//!   cues of those ticks.
//! - It is left alone only while it provably cannot fire (see `stack/event.rs`), so each layer's
//!   spike count, on which the entropy cue depends, is complete at each tick.

mod clip;
mod clock;
mod event;
mod layers;
mod observer;
mod population;
mod run;
mod synapses;
#[cfg(test)]
mod tests;

pub use clip::{ClipInput, Input};
pub use layers::{Layer, Stack};
pub use observer::{Observer, Snapshot};
pub use run::{ClipRun, Scratch, run, run_batch};
pub use synapses::DenseSynapses;
