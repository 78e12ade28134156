//! The share of right clips of each class.

use crate::plot::axes::{DOT, Sample, colour};
use crate::plot::figure::{INK, Shape};
use crate::report::evaluation::document::EvaluationReport;
use crate::report::pictures::Picture;
use crate::report::pictures::rows::{Row, Rows, Scale, Series};

/// A row for each class: recall and precision.
pub fn picture(report: &EvaluationReport) -> Picture {
    let precision = report.precision();
    let classes = report.recall.iter().zip(&precision).enumerate().filter(|(_, (recall, _))| recall.is_some());
    let percent = |share: &Option<f64>| share.map(|share| 100.0 * share);
    let rows: Vec<Row> = classes
        .map(|(class, (recall, precision))| Row {
            name: format!("class {class}"),
            values: vec![percent(recall), percent(precision)],
        })
        .collect();
    Picture {
        name: "recall",
        title: "Recall and precision by class",
        caption: "Recall: of the clips of a class, the share that was taken for it. Precision: of the clips that were taken for a \
                  class, the share that was of it; none where no clip was."
            .into(),
        figure: if rows.is_empty() {
            Err("no class has clips".into())
        } else {
            Ok(Rows {
                scale: Scale::Percent,
                label: "Share of clips (%)",
                noun: ("classes", "the lowest recall"),
                series: vec![
                    Series { name: "recall", sample: Sample::Ring(INK), half: DOT },
                    Series { name: "precision", sample: Sample::Dot(Shape::Disc, colour(1)), half: 0.55 * DOT },
                ],
                rows,
            }
            .draw())
        },
    }
}
