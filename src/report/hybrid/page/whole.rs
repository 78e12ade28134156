//! The page with all of its sections.

use super::accuracy::accuracy;
use super::caveats::caveats;
use super::energy::energy_tables;
use super::operations::operations;
use super::parity::parity;
use super::summary::summary;
use crate::base::text::grouped;
use crate::error::Result;
use crate::report::hybrid::document::Report;
use crate::report::hybrid::pictures::pictures;
use crate::report::page::figures::figures;
use crate::report::page::{Head, Section, document};

/// The report as one HTML document that needs no other file; `others` are reports of other
/// trainings, each with its name, which "accuracy against energy" shows too. The same reports give
/// the same bytes.
///
/// # Errors
/// If a picture cannot be drawn.
pub fn page(report: &Report, others: &[(String, Report)]) -> Result<String> {
    let title = format!("{}, seed {}, {} time steps", report.dataset, report.seed, report.time_steps);
    let facts = format!(
        "{} ({} split), {} test clips, class vectors {}, seed {}, {} epochs, {}.",
        report.dataset,
        report.split,
        grouped(report.clips as u64),
        report.class_vectors,
        report.seed,
        report.epochs,
        match report.spikes {
            Some(_) => format!("{} time steps", report.time_steps),
            None => "no spiking branch".into(),
        }
    );
    let heading = format!("{}: accuracy, spikes, operations, energy", report.dataset);
    let head = Head { title: &title, heading: &heading, facts: &facts, schema: &report.schema };
    let sections = [
        Section("summary", "Summary", summary(report)),
        // The pictures stand in front of the long tables.
        Section("pictures", "Pictures", figures(&pictures(report, others))?),
        Section("caveats", "What the figures leave out", caveats(report)),
        Section("accuracy", "Accuracy", accuracy(report)),
        Section("energy", "Modelled energy", energy_tables(report)),
        Section("operations", "Operations", operations(report)),
        Section("parity", "Event-driven against clock-driven", parity(report)),
    ];
    Ok(document(&head, &sections))
}
