//! Networks of point neurons in the SONATA format (Dai et al., PLoS Comput. Biol. 16:e1007696,
//! 2020), as NEST runs them.
//!
//! Whatever a file asks for is done, named as not used in [`SonataRun::unused`], or refused by
//! name; `docs/simulator.md` has the lists. Neurons are NEST's `iaf_psc_alpha`, synapses its
//! `static_synapse`.
//!
//! # What NEST does
//! - A parameter that no file gives has NEST's default; in particular the membrane starts at -70 mV
//!   (`V_m`), the synaptic time constants are 2 ms and an edge without delay has 1 ms, without
//!   weight 1 pA.
//! - Currents have R = `tau_m` / `C_m` GOhm. Positive weights reach the current with `tau_syn_ex`,
//!   negative ones that with `tau_syn_in`.
//! - Delays and refractory times are rounded to whole steps.
//! - A step is the tick of [`crate::spiking::neuron::linear`]: membrane, currents, arrivals,
//!   threshold `V >= V_th`.
//! - NEST labels what happens in a step with its end: tick t is NEST's time (t + 1) dt.
//! - Input times are rounded to 1 us, then up to the end of a step.
//!
//! # Example
//! ```
//! # let folder = tempfile::tempdir().unwrap();
//! # let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
//! # write("simulation_config.json", r#"{"run": {"tstop": 100, "dt": 0.1}, "network": "circuit.json"}"#);
//! # write("circuit.json", r#"{
//! #     "components": {"point_neuron_models_dir": ".", "synaptic_models_dir": "."},
//! #     "networks": {"nodes": [{"nodes_file": "cells.h5", "node_types_file": "types.csv"}], "edges": []}
//! # }"#);
//! # write("types.csv", "node_type_id model_type model_template dynamics_params\n\
//! #     10 point_neuron nest:iaf_psc_alpha a.json\n");
//! # write("a.json", r#"{"I_e": 500.0}"#);
//! # let mut file = hdf5_pure::FileBuilder::new();
//! # let mut nodes = file.create_group("nodes");
//! # let mut cells = nodes.create_group("cells");
//! # cells.create_dataset("node_type_id").with_i64_data(&[10; 4]);
//! # nodes.add_group(cells.finish());
//! # file.add_group(nodes.finish());
//! # std::fs::write(folder.path().join("cells.h5"), file.finish().unwrap()).unwrap();
//! use spikefuse::network::interop::sonata;
//!
//! // The folder has a network of four cells that a constant current drives.
//! let read = sonata::read(&folder.path().join("simulation_config.json"))?;
//! assert_eq!((read.network.populations()[0].size, read.ticks), (4, 1000));
//! assert!(read.unused.is_empty());
//! let run = read.network.simulate(100).run()?;
//! assert!(run.spikes("cells")?.rate_hz() > 10.0);
//! # Ok::<(), spikefuse::Error>(())
//! ```

mod builder;
mod config;
mod edges;
mod groups;
mod neuron;
mod nodes;
mod read;
mod sets;

pub use read::{SonataRun, read, read_within};
