//! The network on which simulators are compared: 512 -> 512 LIF -> 300 LIF, tau 2, threshold 1, hard reset, decaying input.
//! Weights are multiples of 2^-12 from a counter-based generator, so any language can rebuild them and no sum of them
//! rounds: `peers/inference_vs_spikingjelly.py` does.

use spikefuse::base::counter::{below, unit};
use spikefuse::spiking::SpikeTrain;
use spikefuse::spiking::neuron::Reset;
use spikefuse::spiking::neuron::lif::LifParams;
use spikefuse::spiking::stack::DenseSynapses;
use spikefuse::spiking::stack::{Layer, Stack};
use spikefuse::spiking::threshold::LayerThreshold;

pub const INPUTS: usize = 512;
pub const HIDDEN: usize = 512;
pub const OUTPUTS: usize = 300;

/// A share of sources that fire, with the ranges and offsets (in units of 2^-12) of both weight matrices that keep the
/// firing rates of the layers moderate.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    pub name: &'static str,
    pub rate: f64,
    pub ranges: [(u32, i32); 2],
}

pub const KINDS: [Kind; 3] = [
    Kind { name: "2%", rate: 0.02, ranges: [(700, 400), (350, 56)] },
    Kind { name: "10%", rate: 0.10, ranges: [(400, 84), (350, 56)] },
    Kind { name: "50%", rate: 0.50, ranges: [(150, 17), (350, 56)] },
];

/// `n` multiples of 2^-12 in offset +- range.
fn exact(seed: u64, n: usize, (range, offset): (u32, i32)) -> Vec<f32> {
    let multiple = |i| below(seed, i, 2 * range + 1) as i32 - range as i32 + offset;
    (0..n as u64).map(|i| multiple(i) as f32 / 4096.0).collect()
}

/// W1 \[512, 512\], b1, W2 \[300, 512\], b2.
pub fn parameters(ranges: [(u32, i32); 2]) -> [Vec<f32>; 4] {
    [
        exact(3001, HIDDEN * INPUTS, ranges[0]),
        exact(3002, HIDDEN, (256, 0)),
        exact(3003, OUTPUTS * HIDDEN, ranges[1]),
        exact(3004, OUTPUTS, (256, 0)),
    ]
}

pub fn stack(parameters: &[Vec<f32>; 4], reset: Reset<f32>, decay_input: bool) -> Stack {
    let [w1, b1, w2, b2] = parameters;
    let layer = |outputs, inputs, weight: &[f32], bias: &[f32]| {
        let lif = LifParams { tau: 2.0, decay_input, reset };
        Layer::new(DenseSynapses::dense(outputs, inputs, weight).unwrap(), bias, lif, LayerThreshold::Fixed(1.0))
            .unwrap()
    };
    Stack::new(vec![layer(HIDDEN, INPUTS, w1, b1), layer(OUTPUTS, HIDDEN, w2, b2)]).unwrap()
}

/// The input of each of `clips` clips: source i of clip b fires at tick t if draw (t clips + b) 512 + i is below the rate.
pub fn inputs(rate: f64, clips: usize, ticks: usize) -> Vec<SpikeTrain> {
    let fires = |t: usize, b: usize, i: u32| unit(3011, ((t * clips + b) * INPUTS) as u64 + u64::from(i)) < rate;
    let mut trains = vec![SpikeTrain::new(INPUTS); clips];
    for (b, train) in trains.iter_mut().enumerate() {
        for t in 0..ticks {
            train.push_tick((0..INPUTS as u32).filter(|&i| fires(t, b, i))).unwrap();
        }
    }
    trains
}
