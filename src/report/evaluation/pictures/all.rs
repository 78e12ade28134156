//! The pictures in their order.

use super::{confusion, course, layers, recall, tradeoff};
use crate::energy::Priced;
use crate::plot::axes::colour;
use crate::plot::figure::Shape;
use crate::report::evaluation::document::EvaluationReport;
use crate::report::pictures::Picture;
use crate::report::pictures::energy::{Part, picture as energy};

/// Every picture of an evaluation. `others` are other evaluations, each with its name, which
/// "accuracy against energy" shows too.
pub fn pictures(report: &EvaluationReport, others: &[(String, EvaluationReport)]) -> Vec<Picture> {
    let whole = Part {
        name: "network",
        sign: (Shape::Disc, colour(1)),
        of: |energy| energy.of(|_| true),
        missing: Priced::NoPrice,
    };
    vec![
        confusion::picture(report),
        recall::picture(report),
        course::picture(report),
        tradeoff::picture(report, others),
        layers::operations(report),
        layers::rates(report),
        energy(&report.energy(), report.clips as usize, &[whole], "All populations with their synapses."),
    ]
}
