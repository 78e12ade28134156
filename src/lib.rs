//! spikefuse: an event-driven spiking simulator joined to a dense hybrid model, the Spiking Tucker
//! Fusion Transformer (STFT).
//!
//! There are two engines with one vocabulary. The [`simulator`] runs any [`network`] of linear
//! neurons with delays, one network for a long time. The engine of [stacks](spiking::stack) runs
//! feed-forward layers without delays, thousands of short clips; it is the spiking branch of the
//! [`hybrid`]. Each has an event-driven and a clock-driven driver that agree bit for bit.
//!
//! # A network in ten lines
//! ```
//! use spikefuse::network::Ms;
//! use spikefuse::network::build::NetworkBuilder;
//! use spikefuse::network::spec::{Alif, Lif, Poisson, Uniform};
//! use spikefuse::recording::Variable;
//!
//! let mut net = NetworkBuilder::new(Ms(0.1)).name("pair").seed(1);
//! let exc = net.population("exc", 400, Alif::default().v_th_mv(15).jump_mv(3));
//! let inh = net.population("inh", 100, Lif::default());
//! let noise = net.source("noise", 400, Poisson::hz(800));
//! net.connect(noise, exc).one_to_one().weight(1.5);
//! net.connect(exc, inh).fixed_in_degree(40).weight(1.5).delay_ms(1.5);
//! net.connect(inh, exc).fixed_probability(0.1).weight(-1).delay_ms(Uniform::new(1, 3));
//! let run = net.build()?.simulate(1000).record("spikes,membrane:exc[0..2]").run()?;
//!
//! println!("exc fires at {:.1} Hz", run.spikes(exc)?.rate_hz());
//! let membrane = run.trace(Variable::Membrane, exc)?.neuron(1)?;
//! assert_eq!(membrane.len(), 10_000);
//! # Ok::<(), spikefuse::Error>(())
//! ```
//! A crate that needs no more than this depends on spikefuse with `default-features = false`; the
//! features `plot`, `hdf5`, `hybrid` and `cli` add figures, SONATA and NIR files, the hybrid model and
//! the program.
//!
//! # Nouns
//! | noun | meaning |
//! |---|---|
//! | tick | [`spiking::Tick`]: a time step, from 0 |
//! | spike, spike train | a neuron fires at a tick: [`spiking::Spike`]; those of a population: [`spiking::SpikeTrain`] |
//! | membrane | the potential of a neuron: in mV ([`spiking::neuron::linear`]), in stacks in units of the threshold ([`spiking::neuron::lif`]) |
//! | threshold | the membrane at which a neuron fires: fixed, or moving by itself, by cues or by activity ([`network::Threshold`], [`spiking::threshold`]) |
//! | reset | what a spike does to the membrane: [`spiking::neuron::Reset`] |
//! | driver | [`spiking::Driver`]: through time event by event, or tick by tick |
//! | projection, synapse | a bundle of synapses from one population or source to another: [`network::Projection`], [`spiking::stack::DenseSynapses`] |
//! | probe, recording | what is asked for of a run, and what is kept of it: [`recording`] |
//! | SynOp | a spike delivered to one synapse: one addition ([`energy::counts::LayerCounts`]) |
//! | MAC | a multiply-accumulate ([`energy::Cost`]) |
//! | ledger | all operations of a run by part and kind: [`energy::Ledger`] |
//! | dense twin | the same hybrid with ReLU in place of spikes, one pass: what energy is compared with |
//! | time-step factor | the weights over ticks with which spikes are summed to one feature ([`hybrid::time_step`]) |
//! | clip, class vector | audio and video features of one recording; the word vector of its class ([`data`]) |
//! | seen, unseen | classes that were trained, and classes that were not ([`hybrid::gzsl`]) |
//! | gamma | the distance added to seen classes so that unseen ones have a chance ([`hybrid::gzsl`]) |
//! | stage | 1 chooses epochs and gamma on validation clips, 2 trains anew on all but the test clips ([`hybrid::train`]) |
//!
//! # Modules
//! A module uses only modules above it; `tests/it/layers.rs` has the exact table. The equations are
//! in `docs/model.md` and `docs/simulator.md`.
//!
//! | module | what it holds |
//! |---|---|
//! | [`error`] | what can be wrong with what a user gave |
//! | [`energy`] | operation counts, ledger, SynOps by every definition, tables of energy |
//! | [`spiking`] | what both engines share, and the engine of stacks |
//! | [`recording`] | spikes and traces, written and read |
//! | [`network`] | any network: its description, its compiled form, networks of other simulators |
//! | [`simulator`] | event- and clock-driven runs of a network |
//! | [`samples`] | labelled inputs: event cameras, spike trains, images, arrays |
//! | [`evaluation`] | accuracy, spikes and operations of any network on labelled inputs |
//! | [`plot`] | figures of recordings |
//! | [`data`] | audio-visual data sets and the embedded set |
//! | [`hybrid`] | the hybrid model: dense branch, spiking branch, factor, fusion; training, metric, test |
//! | [`report`] | what a run came to, of a simulation or of the hybrid: table, JSON, page, pictures |
#![deny(missing_docs)]

#[doc(hidden)]
pub mod base;
#[cfg(feature = "hybrid")]
pub mod data;
pub mod energy;
pub mod error;
pub mod evaluation;
mod formats;
#[cfg(feature = "hybrid")]
pub mod hybrid;
pub mod network;
#[cfg(feature = "plot")]
// Reports of the hybrid draw with more of it than figures of recordings.
#[cfg_attr(not(feature = "hybrid"), allow(dead_code, unused_imports))]
pub mod plot;
pub mod recording;
pub mod report;
pub mod samples;
pub mod simulator;
pub mod spiking;

pub use error::{Error, Result};
