//! A report as one HTML page: style and pictures are in it, and nothing is loaded.

mod accuracy;
mod caveats;
mod cells;
mod energy;
mod figures;
mod html;
mod operations;
mod parity;
mod summary;

use super::document::Report;
use super::pictures::pictures;
use crate::base::text::grouped;
use crate::error::Result;
use accuracy::accuracy;
use caveats::caveats;
use energy::energy_tables;
use figures::figures;
use html::escape;
use operations::operations;
use parity::parity;
use summary::summary;

/// Near the beginning of pages that this program wrote.
pub const MARK: &str = "name=\"generator\" content=\"spikefuse";
const STYLE: &str = include_str!("page.css");
/// Sections: the name in the address, and the title.
const SECTIONS: [(&str, &str); 7] = [
    ("summary", "Summary"),
    // The pictures stand in front of the long tables.
    ("pictures", "Pictures"),
    ("caveats", "What the figures leave out"),
    ("accuracy", "Accuracy"),
    ("energy", "Modelled energy"),
    ("operations", "Operations"),
    ("parity", "Event-driven against clock-driven"),
];

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
    let bodies = [
        summary(report),
        figures(&pictures(report, others))?,
        caveats(report),
        accuracy(report),
        energy_tables(report),
        operations(report),
        parity(report),
    ];
    let links: String =
        SECTIONS.iter().map(|(name, title)| format!("<li><a href=\"#{name}\">{title}</a></li>\n")).collect();
    let sections: String = SECTIONS
        .iter()
        .zip(bodies)
        .map(|((name, title), body)| {
            format!("<section id=\"{name}\" aria-labelledby=\"{name}-title\">\n<h2 id=\"{name}-title\">{title}</h2>\n{body}</section>\n")
        })
        .collect();
    Ok(format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"generator\" content=\"spikefuse {}\">\n<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <header>\n<h1>{}: accuracy, spikes, operations, energy</h1>\n<p class=\"facts\">{}</p>\n<nav aria-label=\"Sections\">\n<ul>\n{links}</ul>\n</nav>\n</header>\n\
         <main>\n{sections}</main>\n<footer>\n<p class=\"quiet\">Written by spikefuse {} from a report of schema {}.</p>\n</footer>\n\
         </body>\n</html>\n",
        env!("CARGO_PKG_VERSION"),
        escape(&title),
        escape(&report.dataset),
        escape(&facts),
        env!("CARGO_PKG_VERSION"),
        escape(&report.schema),
    ))
}
