//! Accuracy, spikes, operations and energy of one run, together: a table for people, one JSON document for machines.
//! `docs/report.md` describes the document field by field.

mod assemble;
mod document;
mod neurobench;
mod page;
pub mod pictures;
mod projection;
mod read;
mod text;
mod twin;

pub use assemble::Provenance;
pub use document::{AtSteps, ClipCounts, LayerRate, Operations, Report, SCHEMA, Spikes};
pub use neurobench::{Absent, NEUROBENCH_SCHEMA, Neurobench, SynapticOperations};
pub use page::page;
pub use projection::{Plane, Point};
pub use text::{energy_table, synops_table};
pub use twin::{BreakEven, TwinLayer};
