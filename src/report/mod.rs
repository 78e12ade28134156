//! Accuracy, spikes, operations and energy of one run, together: a table for people, one JSON
//! document for machines. `docs/report.md` describes the document field by field.
//!
//! # Example
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
//! use spikefuse::report::{Report, page, pictures};
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
//! for picture in pictures(&report, &[]) {
//!     match picture.figure {
//!         Ok(figure) => assert!(figure.svg()?.starts_with("<svg")),
//!         Err(reason) => println!("no picture of {}: {reason}", picture.title),
//!     }
//! }
//! # Ok::<(), spikefuse::Error>(())
//! ```

#[cfg(feature = "plot")]
mod draw;
mod evaluation;
#[cfg(feature = "hybrid")]
mod hybrid;
mod neurobench;
#[cfg(feature = "plot")]
mod page;
#[cfg(feature = "plot")]
mod pictures;
mod priced;
mod simulation;
mod tables;

#[cfg(feature = "plot")]
pub use draw::{Drawn, PagePath, draw};
pub use evaluation::{AtStep, DriverParity, EVALUATION, EVALUATION_SCHEMA, EvaluatedPopulation, EvaluationReport};
#[cfg(feature = "plot")]
pub use evaluation::{evaluation_page, evaluation_pictures};
#[cfg(feature = "hybrid")]
pub use hybrid::{
    AtSteps, BreakEven, ClipCounts, Difference, Document, Earlier, Figures, LayerRate, ModelComparison, Operations,
    Plane, Point, Provenance, Report, RunFigures, SCHEMA, SeedGroup, SideBySide, SpikeSummary, TwinLayer, page,
    pictures, run_names, take_for_report, take_for_training,
};
pub use neurobench::{Absent, NEUROBENCH_SCHEMA, Neurobench, SynapticOperations};
#[cfg(feature = "plot")]
pub use pictures::Picture;
pub use priced::{PricedLedger, parse_ledger, read_ledger, tables_csv, tables_json, tables_text};
pub use simulation::{PopulationReport, SIMULATION_SCHEMA, SimulationReport};
pub use tables::{energy_table, synops_table};
