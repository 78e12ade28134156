//! The spiking branch of a trained model as a network of the simulator, or as a NIR graph.
//!
//! A spiking layer of a [stack](crate::spiking::stack) is a population of `Lif` neurons in their
//! discrete form with ticks of 1 ms, and what it receives arrives in the same tick. With a clip the
//! network has the clip's input, so that it gives the clip's spikes:
//!
//! ```
//! use spikefuse::export::{Branch, spiking_network};
//! use spikefuse::network::compile::Settings;
//! use spikefuse::spiking::neuron::Reset;
//! use spikefuse::spiking::neuron::lif::LifParams;
//! use spikefuse::spiking::stack::{ClipInput, DenseSynapses, Input, Layer, Stack};
//! use spikefuse::spiking::threshold::LayerThreshold;
//!
//! let lif = LifParams { tau: 2.0, decay_input: true, reset: Reset::To(0.0) };
//! let synapses = DenseSynapses::dense(2, 2, &[0.5, 1.0, 1.5, 0.25])?;
//! let layer = Layer::new(synapses, &[0.25, 0.0], lif, LayerThreshold::Fixed(1.0))?;
//! let stack = Stack::new(vec![layer])?;
//! let clip = Some(ClipInput::new(Input::Constant(&[1.0, 0.5])));
//! let branch = Branch { name: "audio", stack: &stack, clip };
//! let made = spiking_network(&[branch], 8, "audio.ron".as_ref())?;
//!
//! let run = made.file.compile(&Settings::default())?.network.simulate(8).run()?;
//! let found = run.spikes("audio.block1")?;
//! let expected = made.runs[0].trains[0].iter().map(|spike| (spike.tick, spike.source));
//! assert!(found.ticks.into_iter().zip(found.ids).eq(expected) && made.runs[0].total().spikes > 0);
//! # Ok::<(), spikefuse::Error>(())
//! ```

mod branch;
mod graph;
mod model;

pub use branch::{Branch, SpikingNetwork, spiking_network};
pub use graph::spiking_graph;
pub use model::{clip_of, spiking_of_model, spiking_of_model_as_graph};
