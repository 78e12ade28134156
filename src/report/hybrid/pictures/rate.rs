//! How often the neurons of each layer fire at each step.

use super::spikes::NO_SPIKES;
use crate::report::hybrid::document::Report;
use crate::report::pictures::Picture;
use crate::report::pictures::heat::rates;

/// A map of layers and steps.
pub fn picture(report: &Report) -> Picture {
    let figure = match &report.spikes {
        Some(spikes) if !spikes.rate_per_layer.is_empty() => {
            let layers = spikes.rate_per_layer.iter().map(|l| (&l.layer[..], &l.per_step[..]));
            Ok(rates(&layers.collect::<Vec<_>>(), &spikes.rate_per_step))
        }
        _ => Err(NO_SPIKES.to_owned()),
    };
    Picture {
        name: "firing_rate",
        title: "Firing rate by layer and time step",
        caption: "Share of the neurons of each layer that fire at each time step (steps count from 0), mean over the test clips, and the \
                  mean over all layers."
            .into(),
        figure,
    }
}
