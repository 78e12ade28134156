//! Pictures of a report, made as those of [`plot`](crate::plot) are: for a column of 3.4 inches, as
//! SVG or PNG.

mod energy;
mod operations;
mod parts;
mod picture;
mod plane;
mod rate;
mod steps;
mod tradeoff;

#[cfg(test)]
mod tests;

pub(super) use operations::work_of_layers;
pub use picture::Picture;

use super::document::Report;

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
