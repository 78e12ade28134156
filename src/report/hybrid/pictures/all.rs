//! The pictures in their order.

use super::{energy, operations, plane, rate, steps, tradeoff};
use crate::report::hybrid::document::Report;
use crate::report::pictures::Picture;

/// Every picture of a report. `others` are reports of other trainings, each with its name, which
/// "accuracy against energy" shows too.
pub fn pictures(report: &Report, others: &[(String, Report)]) -> Vec<Picture> {
    vec![
        operations::picture(report),
        energy::picture(report),
        rate::picture(report),
        steps::factor(report),
        steps::thresholds(report),
        tradeoff::picture(report, others),
        plane::picture(report),
    ]
}
