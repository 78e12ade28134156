//! The clock-driven driver: every neuron at every tick, dense products. Plain on purpose, since the
//! event driver is measured and checked against it.

use super::clip::{ClipInput, Input};
use super::layers::Stack;
use super::observer::Observer;
use super::population::Population;
use crate::spiking::Tick;

pub(super) fn run(
    stack: &Stack,
    clip: &ClipInput,
    ticks: usize,
    populations: &mut [Population],
    mut probe: Option<&mut dyn Observer>,
) {
    let inputs = stack.inputs();
    let mut dense = Vec::new();
    for tick in 0..ticks {
        for (l, layer) in stack.layers.iter().enumerate() {
            let (before, rest) = populations.split_at_mut(l);
            let population = &mut rest[0];
            let values = match (before.last(), clip.input) {
                (Some(before), _) => ones_at(&before.firing, layer.synapses.inputs(), &mut dense),
                (None, Input::Constant(row)) => row,
                (None, Input::Frames(rows)) => &rows[tick * inputs..][..inputs],
                (None, Input::Spikes(train)) => ones_at(train.at(tick as Tick), inputs, &mut dense),
            };
            layer.synapses.multiply(values, &mut population.currents, &mut population.tally);
            population.step_all(layer, population.cues_at(tick, clip.pooling));
            population.record(layer);
            if let Some(probe) = probe.as_deref_mut().filter(|probe| probe.wants(l, tick)) {
                population.show(l, tick, probe);
            }
        }
    }
}

/// `dense` as `n` zeros with ones at `places`.
fn ones_at<'a>(places: &[u32], n: usize, dense: &'a mut Vec<f32>) -> &'a [f32] {
    dense.clear();
    dense.resize(n, 0.0);
    places.iter().for_each(|&place| dense[place as usize] = 1.0);
    dense
}
