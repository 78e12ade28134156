//! Networks in the Neuromorphic Intermediate Representation (Pedersen et al., Nat. Commun. 15:8122,
//! 2024), versions 0.1 to 1.0 of its HDF5 files.
//!
//! A [`Graph`] is what a file says and nothing more: its arrays keep their types and shapes, and
//! its times their unit, which no file names. [`check`] tells what is wrong with it, [`diagnose`]
//! what it seems to mean and who would read it otherwise; [`to_network`] makes a network of it,
//! [`from_network`] a graph of a network.
//!
//! # Example
//! ```
//! use spikefuse::network::interop::nir::{self, Choices, Target};
//! let file = nir::read("networks/recurrent.nir".as_ref())?;
//! assert_eq!(nir::check(&file.graph), []);
//! let diagnosis = nir::diagnose(&file.graph, &[Target::Spikingjelly]);
//! assert!(diagnosis.targets[0].accepts);
//! let made = nir::to_network(&file.graph, "recurrent", "weights".as_ref(), &Choices::default())?;
//! assert_eq!((made.spec.populations.len(), made.spec.dt_ms), (2, 1.0));
//! # Ok::<(), spikefuse::Error>(())
//! ```

mod array;
mod check;
mod choices;
mod constants;
mod cycles;
mod doctor;
mod finding;
mod flat;
mod from_network;
mod graph;
mod info;
mod read;
mod shapes;
mod targets;
#[cfg(test)]
mod tests;
mod to_network;
mod units;
mod way;
mod write;

pub use array::{Array, Numbers};
pub use check::check;
pub use choices::Choices;
pub use doctor::{Diagnosis, diagnose};
pub use finding::{Finding, Severity};
pub use from_network::from_network;
pub use graph::{Conv, Flatten, Graph, Metadata, Node, NodeKind, Padding, Pool, Value};
pub use info::{Info, NodeInfo, ParameterInfo};
pub use read::{NirFile, read};
pub use shapes::{NodeShape, Shapes, infer};
pub use targets::{Target, Verdict};
pub use to_network::{MadeNetwork, to_network};
pub use units::{Guess, Implied, ResetChoice, TimeUnit, guess_unit, implied_steps};
pub use write::{Compat, write};
