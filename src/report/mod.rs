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

#[cfg(feature = "hybrid")]
mod assemble;
#[cfg(feature = "hybrid")]
mod comparison;
#[cfg(feature = "hybrid")]
mod document;
#[cfg(feature = "hybrid")]
mod draw;
#[cfg(feature = "hybrid")]
mod hybrid_metrics;
mod neurobench;
#[cfg(feature = "hybrid")]
mod page;
#[cfg(feature = "hybrid")]
pub mod pictures;
mod priced;
#[cfg(feature = "hybrid")]
mod projection;
#[cfg(feature = "hybrid")]
mod read;
#[cfg(feature = "hybrid")]
mod save;
#[cfg(feature = "hybrid")]
mod side_by_side;
mod simulation;
mod tables;
#[cfg(feature = "hybrid")]
mod text;
#[cfg(feature = "hybrid")]
mod twin;

#[cfg(feature = "hybrid")]
pub use {
    assemble::Provenance,
    comparison::ModelComparison,
    document::{AtSteps, ClipCounts, LayerRate, Operations, Report, SCHEMA, SpikeSummary},
    draw::{Drawn, PagePath, draw},
    page::page,
    projection::{Plane, Point},
    read::{Document, run_names},
    save::{Earlier, take_for_report, take_for_training},
    side_by_side::{Difference, Figures, RunFigures, SeedGroup, SideBySide},
    twin::{BreakEven, TwinLayer},
};

pub use neurobench::{Absent, NEUROBENCH_SCHEMA, Neurobench, SynapticOperations};
pub use priced::{PricedLedger, parse_ledger, read_ledger, tables_csv, tables_json, tables_text};
pub use simulation::{PopulationReport, SIMULATION_SCHEMA, SimulationReport};
pub use tables::{energy_table, synops_table};
