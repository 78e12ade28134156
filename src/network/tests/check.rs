//! What cannot be a network, whoever makes it.

use super::network_with;
use crate::network::*;
use crate::spiking::neuron::Reset;
use crate::spiking::neuron::linear::Receptor;

/// Two populations, a source of spikes, and a projection of each weight and delay that is one per
/// edge.
fn network() -> Network {
    network_with(Rule::OneToOne, false, 2..5, 0..3)
        .edit(|parts| {
            let emits = Emits::Spikes([(1, 0), (1, 3), (2, 1)].into());
            parts.sources.push(Source { name: "source".into(), size: 4, emits });
            parts.projections[0].weights = Weights::Each([0.0, 0.0, 1.0, 2.0, 3.0].into());
            let mut listed = parts.projections[0].clone();
            (listed.from, listed.from_ids) = (Origin::Source(0), 0..4);
            listed.rule = Rule::List([(3, 2), (0, 1)].into());
            listed.weights = Weights::Constant(1.0);
            listed.delays = Delays::Each([3, 1].into());
            parts.projections.push(listed);
        })
        .unwrap()
}

fn degree(degree: u32, stride: u64, allow_multapses: bool) -> Rule {
    Rule::FixedInDegree { degree, seed: 0, stride, offset: 0, allow_autapses: true, allow_multapses }
}

/// A change and what is said of it.
type Case = (fn(&mut NetworkParts), &'static str);

const OF_PARTS: [Case; 10] = [
    (|n| n.dt_ms = 0.0, "dt_ms: 0: expected a number above 0"),
    (|n| n.dt_ms = f64::NAN, "dt_ms: NaN"),
    (|n| n.dt_ms = 1e-13, "dt_ms: 1e-13 is"),
    (|n| n.populations.clear(), "populations: is empty"),
    (|n| n.populations[1].name = "pre".into(), "populations[1].name: `pre` names a population or source already"),
    (|n| n.sources[0].name = "pre".into(), "sources[0].name: `pre` names"),
    (|n| n.populations[0].size = 0, "populations[0].size: 0: expected at least 1"),
    (|n| n.sources[0].size = 0, "sources[0].size: 0: expected at least 1"),
    (|n| n.populations[0].size = 4, "projections[0].from: 2..5 of `pre`: expected a range that is not empty of 0..4"),
    (|n| n.populations.truncate(1), "projections[0].to: expected a population or source that exists"),
];

const OF_POPULATIONS: [Case; 11] = [
    (|n| n.populations[0].neuron.retention = 1.5, "populations[0].neuron.tau_m_ms"),
    (|n| n.populations[0].neuron.steady = f64::INFINITY, "populations[0].neuron.bias_pa"),
    (|n| n.populations[0].neuron.reset = Reset::To(f64::NAN), "populations[0].neuron.reset: NaN"),
    (|n| n.populations[0].neuron.refractory = u32::MAX, "populations[0].neuron.refractory_ms"),
    (|n| n.populations[0].threshold = Threshold::Fixed(1e300), "populations[0].neuron.threshold: 1e300"),
    (|n| n.populations[0].initial_mv = vec![0.0; 2], "populations[0].initial: 2 values: expected 1 or 23"),
    (|n| n.populations[0].initial_mv = vec![f64::NAN], "populations[0].initial: NaN"),
    (|n| n.populations[0].neuron.receptors[0] = Receptor::Delta { gain: f64::NAN }, "populations[0].receptors[0]"),
    (
        |n| {
            let (retention, into_membrane, gain, gain_now) = (0.5, 1.0, 1.0, 0.0);
            n.populations[0].neuron.receptors =
                vec![Receptor::Exponential { retention, into_membrane, gain, gain_now }; 5];
        },
        "populations[0].receptors: 5 exponential and alpha receptors: expected at most 4",
    ),
    (
        |n| n.populations[0].threshold = Threshold::Adaptive { base: 1.0, jump: 1.0, retention: -0.5 },
        "populations[0].neuron.threshold: -0.5: expected a number from 0 to 1",
    ),
    (
        |n| n.populations[0].threshold = Threshold::Cue { values: [1.0; 24].into(), width: 23 },
        "populations[0].neuron.threshold: 24 values, 23 in a row",
    ),
];

const OF_SOURCES: [Case; 11] = [
    (|n| n.sources[0].emits = Emits::Spikes([(2, 0), (1, 0)].into()), "sources[0].emits: spikes are out of order"),
    (|n| n.sources[0].emits = Emits::Spikes([(2, 4)].into()), "sources[0].emits: spike of 4 at tick 2"),
    (|n| n.sources[0].emits = Emits::Regular { first: 0, period: 0 }, "sources[0].emits.period_ms: 0"),
    (
        |n| n.sources[0].emits = Emits::Bernoulli { probability: [0.5, 1.5, 0.0, 0.0].into(), seed: 0, stride: 1 },
        "sources[0].emits.probability: 1.5: expected a number from 0 to 1",
    ),
    (
        |n| n.sources[0].emits = Emits::Bernoulli { probability: [0.5; 3].into(), seed: 0, stride: 1 },
        "sources[0].emits.probability: 3 values: expected 1 or 4",
    ),
    (|n| n.sources[0].emits = Emits::Poisson { mean: f64::NAN, seed: 0, stride: 1 }, "sources[0].emits.rate_hz: NaN"),
    (|n| n.sources[0].emits = Emits::Poisson { mean: 501.0, seed: 0, stride: 1 }, "expected at most 500"),
    (
        |n| n.sources[0].emits = Emits::Poisson { mean: 1.0, seed: 0, stride: u64::MAX },
        "sources[0].emits.stride: 18446744073709551615: expected counters below 2^64 for 4 sources",
    ),
    (
        |n| n.sources[0].emits = Emits::Frames { values: [1.0; 6].into(), ticks_per_frame: 1 },
        "sources[0].emits: 6 values: expected [frames, 4]",
    ),
    (
        |n| n.sources[0].emits = Emits::Frames { values: [1.0; 8].into(), ticks_per_frame: 0 },
        "sources[0].emits.frame_ms: 0",
    ),
    (
        |n| n.sources[0].emits = Emits::Frames { values: [1.0; 8].into(), ticks_per_frame: 1 },
        "projections[1].delay_ms: source `source` emits analog values: expected one delay for all",
    ),
];

const OF_PROJECTIONS: [Case; 27] = [
    (|n| n.projections[0].from = Origin::Source(1), "projections[0].from: expected a population or source"),
    (|n| n.projections[0].to = 2, "projections[0].to: expected a population or source"),
    (|n| n.projections[0].to_ids = 3..3, "projections[0].to: 3..3 of `post`"),
    (|n| n.projections[0].to_ids = 148..151, "projections[0].to: 148..151 of `post`"),
    (|n| n.projections[0].receptor = 1, "projections[0].receptor: 1: expected the index of one of 1 receptors"),
    (|n| n.projections[0].to_ids = 0..4, "projections[0].rule: one to one: 3 sources and 4 targets"),
    (
        |n| n.projections[0].rule = Rule::FixedProbability { probability: 2.0, seed: 0, allow_autapses: true },
        "projections[0].rule.probability: 2: expected a number from 0 to 1",
    ),
    (|n| n.projections[0].rule = degree(0, 1, true), "projections[0].rule.degree: 0: expected at least 1"),
    (|n| n.projections[0].rule = degree(4, 1, false), "4 sources without multapses: expected at most 3"),
    (|n| n.projections[0].rule = degree(1, u64::MAX, true), "projections[0].rule.stride: expected counters below 2^64"),
    (|n| n.projections[1].rule = Rule::List([].into()), "projections[1].rule: has no edges"),
    (|n| n.projections[1].rule = Rule::List([(4, 0)].into()), "projections[1].rule: edge 0, counted from 0, (4, 0)"),
    (|n| n.projections[0].rule = Rule::Matrix([1.0; 8].into()), "projections[0].rule: 8 weights: expected 9"),
    (|n| n.projections[0].rule = Rule::Matrix([f64::NAN; 9].into()), "projections[0].rule.file: NaN"),
    (|n| n.projections[0].rule = Rule::AllToAll { allow_autapses: true }, "projections[0].weight: one value per edge"),
    (|n| n.projections[0].weights = Weights::Each([1.0; 4].into()), "projections[0].weight: 2 values: expected 3"),
    (|n| n.projections[0].weights = Weights::Each([1.0].into()), "projections[0].weight: 0 values: expected 3"),
    (|n| n.projections[0].weights = Weights::Each([f64::NAN; 5].into()), "projections[0].weight: NaN"),
    (|n| n.projections[0].weights = Weights::Constant(f64::INFINITY), "projections[0].weight: inf"),
    (
        |n| n.projections[0].weights = Weights::Uniform { low: 1.0, high: 0.0, seed: 0, first: 0 },
        "projections[0].weight.high: 0: expected at least low, 1",
    ),
    (
        |n| n.projections[0].weights = Weights::Normal { mean: 0.0, sd: -1.0, seed: 0, first: 0 },
        "projections[0].weight.sd: -1: expected a number of at least 0",
    ),
    (
        |n| n.projections[0].weights = Weights::Normal { mean: 0.0, sd: 1.0, seed: 0, first: u64::MAX / 2 },
        "projections[0].weight.first: 9223372036854775807: expected counters below 2^64",
    ),
    (
        |n| n.projections[1].delays = Delays::Uniform { low: 0, high: 2, seed: 0, first: 0 },
        "projections[1].delay_ms: a delay of 0: expected at least one tick, 0.1 ms, or Constant(0) for all edges",
    ),
    (|n| n.projections[1].delays = Delays::Each([1, 0].into()), "projections[1].delay_ms: a delay of 0"),
    (|n| n.projections[1].delays = Delays::Each([1].into()), "projections[1].delay_ms: 1 values: expected 2"),
    (
        |n| n.projections[0].delays = Delays::Uniform { low: 3, high: 2, seed: 0, first: 0 },
        "projections[0].delay_ms.high: 2 ticks: expected at least low, 3 ticks",
    ),
    (
        |n| {
            n.projections[0].weights = Weights::Constant(1e200);
            n.populations[1].neuron.receptors = vec![Receptor::Delta { gain: 1e100 }];
        },
        "projections[0].weight: the largest weight, times the gain of its receptor, 1e100, is 1e300",
    ),
];

#[test]
fn an_invalid_network_cannot_be_made() {
    let valid = network();
    for (change, expected) in OF_PARTS.into_iter().chain(OF_POPULATIONS).chain(OF_SOURCES).chain(OF_PROJECTIONS) {
        let problem = valid.clone().edit(change).expect_err(expected).to_string();
        assert!(problem.starts_with(expected) || problem.contains(expected), "{problem}: {expected}");
    }
    assert!(valid.edit(|_| {}).is_ok());
}
