//! Networks of Lava's NetX: the HDF5 files (`.net`) in which lava-dl exports what it has trained for
//! Loihi.
//!
//! Read are chains of `dense` layers of `CUBA` neurons, whose whole weights, decays and thresholds
//! are those of the chip; anything else is refused by name. Neurons are
//! [`FixedPointCubaLif`](crate::network::spec::FixedPointCubaLif) with thresholds of 64 `vThMant`.
//! The input reaches one integrate-and-fire neuron for each of its elements, in whole numbers as
//! well: v <- v + x, with x in steps of 1/255, a spike and v <- 0 above 1. All layers take a step
//! within a tick of 1 ms, one after the other.
//!
//! # Example
//! ```
//! # let folder = tempfile::tempdir().unwrap();
//! # let path = folder.path().join("small.net");
//! # let mut file = hdf5_pure::FileBuilder::new();
//! # let mut layers = file.create_group("layer");
//! # let mut layer = layers.create_group("0");
//! # layer.create_dataset("type").with_ascii_strings(&["dense"]).unwrap();
//! # layer.create_dataset("weight").with_f32_data(&[100.0, -20.0]).with_shape(&[1, 2]);
//! # let mut neuron = layer.create_group("neuron");
//! # neuron.create_dataset("type").with_ascii_strings(&["CUBA"]).unwrap();
//! # for (name, value) in [("iDecay", 410), ("vDecay", 410), ("vThMant", 64)] {
//! #     neuron.create_dataset(name).with_i64_data(&[value]);
//! # }
//! # layer.add_group(neuron.finish());
//! # layers.add_group(layer.finish());
//! # file.add_group(layers.finish());
//! # std::fs::write(&path, file.finish().unwrap()).unwrap();
//! use spikefuse::network::compile::Settings;
//! use spikefuse::network::interop::netx;
//!
//! // A file with one layer, from two elements to one neuron.
//! let network = netx::read(&path)?.compile(&Settings::default())?.network;
//! let names: Vec<&str> = network.populations().iter().map(|p| &p.name[..]).collect();
//! assert_eq!(names, ["encoder", "layer0"]);
//! # Ok::<(), spikefuse::Error>(())
//! ```

mod layer;
mod to_network;

pub use to_network::read;
