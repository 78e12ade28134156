//! spikefuse: an event-driven spiking simulator joined to a dense hybrid model, the Spiking Tucker Fusion Transformer (STFT).
//!
//! # Nouns
//! | noun | meaning |
//! |---|---|
//! | spike | [`event::Spike`]: a neuron fires at a tick |
//! | spike event | [`event::SpikeEvent`]: what a spike becomes at one of its targets, with a weight; [`synapse::Projection`] converts |
//! | spike train | [`event::SpikeTrain`], sparse; [`event::SpikeGrid`], dense |
//! | tick | [`event::Tick`]: a time step of the spiking branch, from 0 |
//! | membrane | what a neuron has summed up and not yet forgotten; in units of the threshold ([`neuron::lif`]) |
//! | threshold | the membrane at which a neuron fires: fixed, or one per neuron that moves with cues ([`threshold`]) |
//! | driver | [`engine::Driver`]: through time event by event, or tick by tick with dense products |
//! | SynOp | a spike delivered to one synapse: one addition ([`counts::LayerCounts`]) |
//! | MAC | a multiply-accumulate ([`energy::Cost`]) |
//! | dense twin | the same network with ReLU in place of spikes, one pass: what energy is compared with |
//! | time-step factor | the weights over ticks with which spikes are summed to one feature ([`time_step`]) |
//! | clip, class vector | audio and video features of one recording; the word vector of its class ([`data`]) |
//! | seen, unseen | classes that were trained, and classes that were not ([`gzsl`]) |
//! | gamma | the distance added to seen classes so that unseen ones have a chance ([`gzsl`]) |
//! | stage | 1 chooses epochs and gamma on validation clips, 2 trains anew on all but the test clips ([`train`]) |
//!
//! # Modules
//! A module uses only modules above it; `tests/layers.rs` has the exact table. The equations are in `docs/model.md`.
//!
//! | module | what it holds |
//! |---|---|
//! | [`error`] [`files`] [`memory`] [`config`] [`rng`] [`splitmix`] [`lanes`] | errors, whole files, memory that is free, configuration, random streams, counters, aligned vectors |
//! | [`counts`] [`energy`] | operation counts, ledger, energy table |
//! | [`event`] [`threshold`] [`neuron`] [`synapse`] | the parts of a spiking network |
//! | [`engine`] | both drivers, probes |
//! | [`recording`] [`network`] [`interop`] [`simulator`] | any network: what it leaves behind, its description, networks of other simulators, event- and clock-driven runs |
//! | [`plot`] | figures of recordings |
//! | [`tensor`] | dense operators, their gradients and costs |
//! | [`encoding`] [`snn`] [`time_step`] [`fusion`] | pooling of the input, the spiking branch as it is trained, the factor, the Tucker fusion |
//! | [`data`] | data sets and the embedded set |
//! | [`parameters`] [`dense`] | weights by name and passes that read them; the dense branch |
//! | [`model`] | the hybrid assembled, its weight files, inference |
//! | [`gzsl`] [`evaluate`] [`compare`] [`report`] | metric, test of a model, comparison of the drivers, the report |
//! | [`train`] | losses, sampler, optimiser, two stages, checkpoints; nothing uses it |
#![deny(missing_docs)]

pub mod compare;
pub mod config;
pub mod counts;
pub mod data;
pub mod dense;
pub mod encoding;
pub mod energy;
pub mod engine;
pub mod error;
pub mod evaluate;
pub mod event;
pub mod files;
pub mod fusion;
pub mod gzsl;
mod h5;
pub mod interop;
pub mod lanes;
pub mod memory;
pub mod model;
pub mod network;
pub mod neuron;
mod npy;
mod npz;
pub mod parameters;
pub mod plot;
pub mod recording;
pub mod report;
pub mod rng;
mod sealed;
pub mod simulator;
pub mod snn;
pub mod splitmix;
pub mod synapse;
pub mod tensor;
pub mod threshold;
pub mod time_step;
pub mod train;

pub use error::{Error, Result};
