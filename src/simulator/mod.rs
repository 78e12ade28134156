//! The simulator of any [`Network`](crate::network::Network): event-driven, clock-driven, or each
//! where it is quicker.
//!
//! # One tick
//! Every population goes through the phases of a tick in the same order (`tick.rs`), whatever the
//! driver and the kind of its neurons:
//! 1. membranes, currents and thresholds move on by one tick;
//! 2. spikes and analog values arrive that reach the membrane in their tick;
//! 3. membranes are compared with thresholds, neurons fire and are reset;
//! 4. spikes and analog values arrive that raise currents, which move the membrane from the next
//!    tick on;
//! 5. recorded variables are read.
//!
//! # State and time
//! Between arrivals and spikes a neuron is linear ([`crate::spiking::neuron::linear`]), so idle
//! ticks can be taken one by one or several at once, with roundings that differ. Which it is
//! depends on the network alone, not on the driver. Neurons are kept in groups of eight neighbours.
//!
//! Where arrivals only raise currents, states are stored as of *anchors*, multiples of some ticks:
//! at most 64, fewer where a state would decay to less than 1/1024 in between. An arrival n ticks
//! after the anchor is put back to it by the inverse of the map of n ticks, and the present state
//! is one map of the stored one.
//!
//! Where arrivals reach the membrane in their tick, or neurons have parameters of their own, a
//! group is *active* in a tick if one of its neurons receives input, fires, or leaves its
//! refractory period. A stretch of 512, 64 or 8 ticks that starts at a multiple of its length and
//! in which the group is not active is one linear map; all other ticks are taken one by one.
//!
//! At every 512th clock state smaller than 1e-200 becomes zero. So drivers agree bit for bit:
//! - the **event-driven** driver visits groups that receive input and groups that might fire
//!   without any. A bound on membranes and thresholds over spans of ticks tells when that is; any
//!   input to the group invalidates the bound. A gap of k ticks takes k / 64 maps between anchors,
//!   about 14 + k / 512 over stretches.
//! - the **clock-driven** driver compares every neuron at every tick, vectorised, and multiplies
//!   dense projections by vectors of zeros and ones. Between anchors it only reads; over stretches
//!   it takes all through every tick, and at the end of a stretch the one map takes the place of
//!   its ticks for groups that were not active.
//! - **auto** chooses for each population, every 64 ticks, by how many of its groups receive input.
//!
//! # Order of sums
//! What arrives at a neuron in a tick is summed by projection, in the order of the network; then,
//! if delays differ, by tick of emission; then by source; then by counter. It is added to the state
//! in that order; a projection in which every source reaches every target is summed up first, from
//! 0.0. No product is fused into a sum. Partitioning does not change that order, so any number of
//! threads gives the same bits.
//!
//! # Threads
//! Each thread owns a contiguous share of every population, of whole groups, and all synapses that
//! end there: its *part* of the network. A spike can change no membrane before the shortest delay
//! has passed, nor in one tick more if it raises currents; such arrivals are put off to the
//! beginning of the next tick (unless currents are recorded). An *epoch* is half of that time. At
//! its end a thread sends all others the spikes of its part, in one cache line if they are few,
//! else through a channel, and goes on with the next epoch while messages of this one are under
//! way.
//!
//! # Adding a kind of neurons
//! What the simulator needs of neurons is the trait in `cell_group.rs`; `linear/` is the kind that
//! it has. `src/simulator/tests/other_kinds.rs` puts another one behind the trait in a hundred lines.
//!
//! # Example
//! [`Network::simulate`](crate::network::Network::simulate) keeps a run in memory; a run into a
//! folder, with checkpoints, is a [`Job`]. A [`Simulation`] is driven by hand:
//! ```
//! use spikefuse::network::Ms;
//! use spikefuse::network::build::NetworkBuilder;
//! use spikefuse::network::spec::{Lif, Poisson};
//! use spikefuse::recording::Ignore;
//! use spikefuse::simulator::Simulation;
//! use spikefuse::spiking::Driver;
//!
//! let mut net = NetworkBuilder::new(Ms(0.1));
//! let cells = net.population("cells", 100, Lif::default());
//! let noise = net.source("noise", 100, Poisson::hz(800.0));
//! net.connect(noise, cells).one_to_one().weight(2.0);
//! let mut simulation = Simulation::new(&net.build()?, Driver::Event, 1, Vec::new())?;
//! simulation.run(1000, &mut Ignore, &mut |_| {})?;
//! println!("{} spikes in {} updates", simulation.counts()[0].spikes, simulation.counts()[0].membrane_updates);
//! # Ok::<(), spikefuse::Error>(())
//! ```

mod auto;
mod cell_group;
mod checkpoint;
mod chosen;
mod compare;
mod exchange;
mod fixed_point;
mod job;
mod layered;
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
pub use ledger::Totals;
pub use output::{Finished, Output, Phase, Progress, REPORT};
pub use run::{Run, Simulate, SpikeTimes, Whose};
pub use simulation::Simulation;
