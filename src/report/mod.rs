//! Accuracy, spikes, operations and energy of one run, together: a table for people, one JSON
//! document for machines. `docs/report.md` describes the document field by field.

mod assemble;
mod comparison;
mod document;
mod draw;
mod neurobench;
mod page;
pub mod pictures;
mod projection;
mod read;
mod save;
mod text;
mod twin;

pub use assemble::Provenance;
pub use comparison::Comparison;
pub use document::{AtSteps, ClipCounts, LayerRate, Operations, Report, SCHEMA, Spikes};
pub use draw::{Drawn, draw};
pub use neurobench::{Absent, NEUROBENCH_SCHEMA, Neurobench, SynapticOperations};
pub use page::page;
pub use projection::{Plane, Point};
pub use save::{take_for_report, take_for_training};
pub use text::{energy_table, synops_table};
pub use twin::{BreakEven, TwinLayer};
