//! The simulator of any [`Network`]: event-driven, clock-driven, or each where it is quicker.
//!
//! # State and time
//! Between arrivals and spikes a neuron is linear ([`crate::spiking::neuron::linear`]), so idle ticks can be taken one by one or several at
//! once, with roundings that differ. Which it is depends on the network alone, not on the driver. Neurons go in groups of eight
//! neighbours; a group acts at a tick if something arrives there, one of it fires or comes to the end of its refractory time. A
//! stretch of 512, 64 or 8 ticks that starts at a multiple of its length and in which the group does not act is one linear map;
//! all other ticks are taken one by one. At every 512th clock what is smaller than 1e-200 becomes zero. So drivers agree bit for bit:
//! - the **event-driven** driver looks at groups that hear something and at those whose next possible crossing has come. A
//!   bound on membranes and thresholds over stretches of ticks tells when that is; whatever a group hears makes it anew. A gap
//!   of k ticks takes about 14 maps and k / 512.
//! - the **clock-driven** driver takes every neuron through every tick, vectorised, and multiplies dense projections by vectors of
//!   zeros and ones. At the end of a stretch it puts the one map in the place of the ticks for groups that did not act.
//! - **auto** chooses for each population, every 64 ticks, by how many of its groups hear something.
//!
//! # Order of sums
//! What arrives at a neuron in a tick is summed by projection, in the order of the network; then, if delays differ, by tick of
//! emission; then by source; then by counter. It is added to the state in that order; a projection in which every source reaches
//! every target is summed up first, from 0.0. No product is fused into a sum. Partitioning does not change that order, so any
//! number of threads gives the same bits.
//!
//! # Threads
//! Each thread owns a contiguous share of every population, of whole groups, and all synapses that end there. What is emitted in a tick
//! can change no membrane before the shortest delay has passed, nor in one tick more if what arrives goes into currents, which move the
//! membrane from the next tick on; such arrivals are taken in at the beginning of the next tick. (Where currents are recorded, they are
//! not made to wait.) An *epoch* is half of that time. After it a thread tells all others who fired, in one line of the cache if those
//! are few, else through a channel, and goes on with the next epoch while their messages of this one are under way.

mod auto;
mod cell_group;
mod checkpoint;
mod chosen;
mod compare;
mod exchange;
mod job;
mod ledger;
mod linear;
mod output;
mod part;
mod ring;
mod route;
mod rows;
mod run;
mod simulation;
mod sources;
#[cfg(test)]
mod tests;
mod tick;

pub use checkpoint::Checkpoint;
pub use compare::{Comparison, DriverRun, TickTimes, compare};
pub use job::{Job, duration};
pub use linear::MOST_CURRENTS;
pub use output::{Finished, Output, Phase, Progress, REPORT};
pub use run::{Run, Simulate, Spikes};
pub use simulation::Simulation;
