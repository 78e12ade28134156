//! Reports of evaluations of networks.

mod document;
#[cfg(feature = "plot")]
mod page;
#[cfg(feature = "plot")]
mod pictures;
mod save;
mod text;

pub use document::{AtStep, DriverParity, EVALUATION_SCHEMA, EvaluatedPopulation, EvaluationReport};
#[cfg(feature = "plot")]
pub use page::page as evaluation_page;
#[cfg(feature = "plot")]
pub use pictures::pictures as evaluation_pictures;
pub use save::EVALUATION;
