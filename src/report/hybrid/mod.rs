//! Reports of the hybrid.

mod assemble;
mod comparison;
mod document;
mod metrics;
mod page;
mod pictures;
mod projection;
mod read;
mod save;
mod side_by_side;
mod text;
mod twin;

pub use assemble::Provenance;
pub use comparison::ModelComparison;
pub use document::{AtSteps, ClipCounts, LayerRate, Operations, Report, SCHEMA, SpikeSummary};
pub use page::page;
pub use pictures::pictures;
pub use projection::{Plane, Point};
pub use read::{Document, run_names};
pub use save::{Earlier, take_for_report, take_for_training};
pub use side_by_side::{Difference, Figures, RunFigures, SeedGroup, SideBySide};
pub use twin::{BreakEven, TwinLayer};
