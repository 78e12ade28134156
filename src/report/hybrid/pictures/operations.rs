//! Operations per layer, beside the dense twin's.

use crate::energy::Kind;
use crate::plot::axes::{DOT, Sample, colour};
use crate::plot::figure::{INK, Shape};
use crate::report::hybrid::document::Report;
use crate::report::pictures::Picture;
use crate::report::pictures::rows::{Row, Rows, Scale, Series};

/// Work of a layer with weights over all clips.
pub struct LayerWork<'a> {
    /// Name of the layer.
    pub layer: &'a str,
    /// MACs of its dense twin; none if the twin has no such layer.
    pub twin: Option<u64>,
    /// Accumulates and MACs at its weights.
    pub executed: u64,
    /// Accumulates and MACs of a non-zero weight with a non-zero input.
    pub effective: u64,
}

/// The work of every layer with weights; a part of another layer, `block1.threshold` of `block1`,
/// stands behind that layer.
pub fn work_of_layers(report: &Report) -> Vec<LayerWork<'_>> {
    let work = report.synops.layers.iter().map(|layer| {
        let here = |e: &crate::energy::Entry| e.layer == layer.layer;
        let spiking = report.dense_twin.iter().find(|twin| twin.layer == layer.layer);
        LayerWork {
            layer: &layer.layer,
            twin: Some(report.ledger.twin_macs(here)).filter(|&macs| macs > 0),
            executed: match spiking {
                Some(twin) => twin.spiking_operations,
                None => report.ledger.count(Kind::Mac, here),
            },
            effective: layer.effective_acs + layer.effective_macs,
        }
    });
    let mut work: Vec<LayerWork<'_>> = work.collect();
    let names: Vec<&str> = work.iter().map(|w| w.layer).collect();
    work.sort_by_cached_key(|w| {
        let owns = |other: &&str| w.layer.strip_prefix(*other).is_some_and(|rest| rest.starts_with('.'));
        let whole = names.iter().position(owns);
        (whole.or_else(|| names.iter().position(|name| *name == w.layer)), whole.is_some())
    });
    work
}

/// One row a layer, on a logarithmic axis.
pub fn picture(report: &Report) -> Picture {
    let clips = report.clips.max(1) as f64;
    let per_clip = |count: u64| count as f64 / clips;
    let rows = work_of_layers(report).into_iter().map(|w| Row {
        name: w.layer.to_owned(),
        // A layer that did nothing has one zero.
        values: vec![w.twin.map(per_clip), Some(per_clip(w.executed)), Some(per_clip(w.effective))],
    });
    let rows = Rows {
        scale: Scale::Log,
        label: "Operations per clip",
        noun: ("layers", "the most operations"),
        // A diamond that is larger than the ring's middle stands around it too.
        series: vec![
            Series { name: "dense twin", sample: Sample::Dot(Shape::Diamond, INK), half: DOT },
            Series { name: "executed", sample: Sample::Ring(colour(0)), half: DOT },
            Series { name: "effective", sample: Sample::Dot(Shape::Disc, colour(1)), half: 0.55 * DOT },
        ],
        rows: rows.collect(),
    };
    Picture {
        name: "operations",
        title: "Operations per layer",
        caption: "Multiply-accumulates and accumulates at the weights of each layer, mean over the test clips, on a logarithmic \
                  axis: executed by the hybrid; effective, those of a non-zero input with a non-zero weight, at every time step; and \
                  those of the dense twin, the same network with ReLU in place of spikes, in one pass. A layer that the twin does not \
                  have shows none. Analog input that stays the same is multiplied once per clip, and is effective at every step."
            .into(),
        figure: if rows.rows.is_empty() {
            Err("the report has no layer with weights".to_owned())
        } else {
            Ok(rows.draw())
        },
    }
}
