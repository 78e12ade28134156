//! Accuracy, spikes, operations and energy of one run, together: a table for people, one JSON
//! document for machines. `docs/report.md` describes the document field by field.
//!
//! ```
//! # use spikefuse::data::Dataset;
//! # use spikefuse::hybrid::config::{Config, ModelConfig, TrainingConfig};
//! # use spikefuse::hybrid::saved::{Saved, TestClips};
//! # use spikefuse::hybrid::train::train;
//! # use spikefuse::spiking::Driver;
//! # let model = ModelConfig { width: 16, time_steps: 4, ..Default::default() };
//! # let training =
//! #     TrainingConfig { epochs: 1, batches_per_epoch: 1, batch: 16, ..Default::default() };
//! # let config = Config { model, training };
//! # let dataset = Dataset::embedded(0);
//! # let saved = Saved::new(train(&config, &dataset, 1, None, &mut ())?, &config, &dataset, 1);
//! # let clips = TestClips::load(&dataset)?;
//! use spikefuse::report::{Report, page};
//!
//! // `saved` is a trained model, `clips` are the test clips of its data set.
//! let tested = saved.test(&dataset, &clips, Driver::Event, &[], |_| ())?;
//! let parity = saved.compare(&clips, |_| ())?;
//! let report = Report::of_saved(&saved, &dataset, &tested, parity)?;
//! assert!(report.parity.as_ref().is_some_and(|parity| parity.holds()));
//!
//! println!("{report}");
//! let html = page(&report, &[])?;
//! assert!(html.starts_with("<!DOCTYPE html>"));
//! # Ok::<(), spikefuse::Error>(())
//! ```

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
mod simulation;
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
pub use simulation::{PopulationReport, SimulationReport};
pub use text::{energy_table, synops_table};
pub use twin::{BreakEven, TwinLayer};
