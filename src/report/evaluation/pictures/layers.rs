//! Spikes and synaptic operations of each population.

use crate::plot::axes::{DOT, Sample, colour};
use crate::plot::figure::{INK, Shape};
use crate::report::evaluation::document::EvaluationReport;
use crate::report::pictures::Picture;
use crate::report::pictures::heat;
use crate::report::pictures::rows::{Row, Rows, Scale, Series};

/// A row for each population: its spikes, and what its synapses did.
pub fn operations(report: &EvaluationReport) -> Picture {
    let clips = report.clips.max(1) as f64;
    let each = |count: u64| Some(count as f64 / clips);
    let rows = report.populations.iter().zip(&report.synops.layers).map(|(population, synops)| Row {
        name: population.name.clone(),
        values: vec![
            each(synops.dense),
            each(synops.effective_acs + synops.effective_macs),
            each(population.operations.spikes),
        ],
    });
    let rows = Rows {
        scale: Scale::Log,
        label: "Operations or spikes per clip",
        noun: ("populations", "the most operations"),
        series: vec![
            Series { name: "dense SynOps", sample: Sample::Dot(Shape::Diamond, INK), half: DOT },
            Series { name: "effective SynOps", sample: Sample::Ring(colour(0)), half: DOT },
            Series { name: "spikes", sample: Sample::Dot(Shape::Disc, colour(1)), half: 0.7 * DOT },
        ],
        rows: rows.collect(),
    };
    Picture {
        name: "operations",
        title: "Spikes and synaptic operations by population",
        caption: "Mean over the clips, on a logarithmic axis. Synaptic operations at the synapses on a population: effective, those \
                  of a non-zero input with a non-zero weight; dense, every weight at every step. Spikes: those that its neurons \
                  emit."
            .into(),
        figure: Ok(rows.draw()),
    }
}

/// A map of populations and steps.
pub fn rates(report: &EvaluationReport) -> Picture {
    let spiking = || report.populations.iter().filter(|population| population.operations.spikes > 0);
    let rates: Vec<Vec<f64>> = spiking()
        .map(|population| population.spikes_by_tick.iter().map(|n| n / f64::from(population.neurons)).collect())
        .collect();
    let steps = rates.iter().map(Vec::len).max().unwrap_or(0);
    let neurons: f64 = spiking().map(|population| f64::from(population.neurons)).sum();
    let spikes = |step: usize| spiking().filter_map(|population| population.spikes_by_tick.get(step)).sum::<f64>();
    let all: Vec<f64> = (0..steps).map(|step| spikes(step) / neurons).collect();
    let layers: Vec<(&str, &[f64])> =
        spiking().map(|p| &p.name[..]).zip(rates.iter().map(|rates| &rates[..])).collect();
    Picture {
        name: "firing_rate",
        title: "Firing rate by population and step",
        caption: "Share of the neurons of each population that fire at each step (steps count from 0), mean over the clips; of a clip \
                  that has ended none do. All layers: of all neurons together. Of very many steps several share a cell."
            .into(),
        figure: if layers.is_empty() { Err("no neuron fires".into()) } else { Ok(heat::rates(&layers, &all)) },
    }
}
