//! Reports of the hybrid.

mod assemble;
mod comparison;
mod document;
mod draw;
mod metrics;
mod page;
mod pictures;
mod projection;
mod read;
mod save;
mod text;
mod twin;

pub use assemble::Provenance;
pub use comparison::ModelComparison;
pub use document::{AtSteps, ClipCounts, LayerRate, Operations, Report, SCHEMA, SpikeSummary};
pub use draw::{Drawn, draw};
pub use page::page;
pub use pictures::{Picture, pictures};
pub use projection::{Plane, Point};
pub use save::{Earlier, take_for_report, take_for_training};
pub use twin::{BreakEven, TwinLayer};
