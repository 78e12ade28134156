//! The clock-driven driver: every neuron at every tick, dense products. Plain on purpose, since the event driver is
//! measured and checked against it.

use super::{ClipInput, Input, Probe, Stack};
use crate::engine::population::Population;
use crate::event::Tick;

pub(super) fn run(
    stack: &Stack,
    clip: &ClipInput,
    ticks: usize,
    populations: &mut [Population],
    mut probe: Option<&mut dyn Probe>,
) {
    let inputs = stack.inputs();
    let mut spikes = vec![0.0; inputs];
    for tick in 0..ticks {
        for (l, layer) in stack.layers.iter().enumerate() {
            let (before, rest) = populations.split_at_mut(l);
            let population = &mut rest[0];
            let values = match (before.last(), clip.input) {
                (Some(before), _) => before.fired.as_slice(),
                (None, Input::Constant(row)) => row,
                (None, Input::Frames(rows)) => &rows[tick * inputs..][..inputs],
                (None, Input::Spikes(train)) => {
                    spikes.fill(0.0);
                    train.at(tick as Tick).iter().for_each(|&source| spikes[source as usize] = 1.0);
                    &spikes
                }
            };
            layer.projection.multiply(values, &mut population.currents, &mut population.counts);
            population.step_all(layer, population.cues_at(tick, clip.pooling));
            population.record(layer);
            if let Some(probe) = probe.as_deref_mut().filter(|probe| probe.wants(l, tick)) {
                population.show(l, tick, probe);
            }
        }
    }
}
