//! Networks of populations, ready to run: what [`crate::simulator`] takes.
//!
//! A [`Network`] is checked, complete and small: connection rules and counters in place of
//! synapses, which the simulator lays out for its threads. Time is in ticks, membranes are in mV.
//! Networks are made in code ([`build`]) or written by hand as RON ([`spec`]), and compiled
//! ([`compile`]); [`interop`] reads those of other simulators. [`graph`] tells what is recurrent in
//! a network, [`info`] how large it is.
//!
//! # Example
//! ```
//! use spikefuse::network::build::NetworkBuilder;
//! use spikefuse::network::spec::{Alif, Lif, Normal, Poisson, ThresholdSpec, Uniform};
//! use spikefuse::network::{Ms, graph::NetworkGraph, info::Info};
//!
//! let mut net = NetworkBuilder::new(Ms(0.1)).name("pair").seed(1).duration(Ms(1000.0));
//! let exc = net.population("exc", 400, Alif::default().v_th_mv(15.0).jump_mv(3.0).refractory_ms(2.0));
//! let fires_at_15 = Lif::default().tau_m_ms(10.0).threshold(ThresholdSpec::fixed_mv(15.0));
//! let inh = net.population("inh", 100, fires_at_15.refractory_ms(1.0));
//! let noise = net.source("noise", 400, Poisson::hz(800.0));
//! net.connect(noise, exc).one_to_one().weight(1.5);
//! net.connect(exc, inh).fixed_in_degree(40).weight(Normal::new(1.5, 0.2)).delay_ms(1.5);
//! net.connect(inh, exc).fixed_probability(0.1).weight(-1.0).delay_ms(Uniform::new(1.0, 3.0));
//! net.record_membrane(exc.ids(0..2));
//!
//! let compiled = net.compile()?;
//! let info = Info::new(&compiled);
//! assert_eq!((info.neurons, info.feed_forward), (500, false));
//! let graph = NetworkGraph::new(&compiled.network);
//! let loops: Vec<_> = graph.components().into_iter().filter(|part| part.recurrent).collect();
//! // There in 1.5 ms, back in 1 ms: 25 ticks.
//! assert_eq!((loops.len(), graph.shortest_cycle(&loops[0])), (1, Some(25)));
//! println!("{info}\n{}\n{}", graph.to_dot(), net.spec()?.to_ron());
//! # Ok::<(), spikefuse::Error>(())
//! ```
//!
//! A network that was built does not change; [`Network::edit`] makes another one, checked again.
//!
//! # Counters
//! Everything random is a draw from [`crate::base::counter`] with a seed and a counter, so that
//! any language rebuilds the network and any thread builds its part alone. The counter of an edge
//! from neuron i of n to neuron j of m (both counted in their whole populations) is
//!
//! | rule | counter e | which edges exist |
//! |---|---|---|
//! | all to all | i m + j | all; i = j of one population only if allowed |
//! | one to one | i | the k-th of one range to the k-th of the other |
//! | fixed probability | i m + j | unit(seed, e) < p |
//! | fixed in-degree K | j stride + offset + k, k < K | i = first + below(seed, e, size of the range of sources) |
//! | fixed out-degree K | i stride + offset + k, k < K | j = first + below(seed, e, size of the range of targets) |
//! | list, matrix | place in the list; row by row | those given |
//! | layers | i m + j, counted in the ranges | pairs with a way through all windows |
//!
//! Without autapses a pair i = j of one population is no edge. A neuron that draws among n, of
//! which it is one itself, then draws among n - 1: below(seed, e, n - 1), and one more from its own
//! place in the range on. Without multapses the k-th of K draws among n (or n - 1) is t =
//! below(seed, e, n - K + k + 1), or n - K + k if that t has been drawn already (Floyd's sample:
//! every subset of K is equally likely).
//!
//! A weight or delay that is drawn uses counter e + its own `first` and its own seed.

pub mod build;
mod check;
mod checked;
pub mod compile;
mod component;
mod edges;
pub mod graph;
pub mod info;
// Files that network files name. For the tests that read hostile ones; no public interface.
#[doc(hidden)]
pub mod input;
#[cfg(feature = "hdf5")]
pub mod interop;
pub mod layers;
mod memory;
mod name;
mod names;
mod numbers;
mod parts;
mod population;
mod problem;
mod projection;
mod set;
mod source;
pub mod spec;
mod tensors;
#[cfg(test)]
mod tests;
mod time;
mod whole;

pub use check::{MOST_CURRENTS, MOST_PAIRS, MOST_POISSON_SPIKES};
pub use checked::Network;
pub use memory::{BYTES_PER_NEURON, BYTES_PER_PROBED_NEURON, BYTES_PER_RECEPTOR, BYTES_PER_SOURCE, BYTES_PER_SYNAPSE};
pub use numbers::LARGEST;
pub use parts::NetworkParts;
pub use population::{Arithmetic, Each, Population, Threshold};
pub use problem::Problem;
pub use projection::{Delays, EdgeCount, Origin, Precision, Projection, Rule, Weights};
pub use source::{Emits, Source};
pub use time::{MOST_TICKS, Ms, duration};
