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

mod builder;
mod config;
mod edges;
mod groups;
mod neuron;
mod nodes;
mod read;
mod sets;

pub use read::{SonataRun, read, read_within};
