//! Modelled energy by table.

use crate::energy::{Energy, Priced};
use crate::plot::axes::colour;
use crate::plot::figure::{INK, Shape};
use crate::report::hybrid::document::Report;
use crate::report::pictures::Picture;
use crate::report::pictures::energy::{Part, picture as by_table};
use crate::report::tables::is_spiking;

/// The spiking layers with their time-step factor, the rest, and the dense twin, by table.
pub fn picture(report: &Report) -> Picture {
    let parts = [
        Part {
            name: "spiking part",
            sign: (Shape::Disc, colour(1)),
            of: |energy| energy.of(is_spiking),
            missing: Priced::NoPrice,
        },
        Part {
            name: "dense part",
            sign: (Shape::Square, colour(0)),
            of: |energy| energy.of(|branch| !is_spiking(branch)),
            missing: Priced::NoPrice,
        },
        Part { name: "dense twin", sign: (Shape::Diamond, INK), of: Energy::dense_twin, missing: Priced::Absent },
    ];
    let caption = "The spiking part is the spiking layers with the time-step factor; the dense part is everything else of the \
                   hybrid; the dense twin is the whole network with ReLU in place of spikes, in one pass.";
    by_table(&report.energy, report.clips, &parts, caption)
}
