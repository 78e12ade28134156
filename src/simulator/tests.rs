mod by_hand;
mod fixed_point;
mod other_kinds;

use super::part::make_cells;
use super::*;
use crate::base::counter::{below, unit};
use crate::error::Result;
use crate::network::Network;
use crate::network::compile::{NetworkFile, Settings};
use crate::network::layers::{Axis, Kernel, Layer, Layers, Window};
use crate::network::{
    Arithmetic, Delays, Each, Emits, NetworkParts, Origin, Population, Precision, Projection, Rule, Source, Threshold,
    Weights,
};
use crate::recording::{Ignore, Probe, Recorder, Variable};
use crate::spiking::neuron::Reset;
use crate::spiking::neuron::linear::{Form, Leak, Neuron, Receptor};
use crate::spiking::{Driver, Tick};
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Everything that was recorded, values by their bits.
#[derive(Default, Debug, PartialEq)]
struct Keep {
    spikes: Vec<(Tick, usize, Vec<u32>)>,
    values: Vec<(Tick, usize, Vec<u64>)>,
}

impl Recorder for Keep {
    fn spikes(&mut self, tick: Tick, population: usize, neurons: &[u32]) -> Result<()> {
        self.spikes.push((tick, population, neurons.to_vec()));
        Ok(())
    }

    fn values(&mut self, tick: Tick, probe: usize, values: &[f64]) -> Result<()> {
        self.values.push((tick, probe, values.iter().map(|v| v.to_bits()).collect()));
        Ok(())
    }
}

impl Keep {
    fn total(&self) -> usize {
        self.spikes.iter().map(|(_, _, neurons)| neurons.len()).sum()
    }
}

fn run(network: &Network, driver: Driver, parts: usize, ticks: &[Tick], probes: &[Probe]) -> Keep {
    let mut keep = Keep::default();
    let mut simulation = Simulation::in_parts(network, driver, parts, probes.to_vec(), &make_cells, &|_| {}).unwrap();
    for &until in ticks {
        simulation.run(until, &mut keep, &mut |_| {}).unwrap();
    }
    keep
}

/// Draws for [`random_network`].
struct Draw {
    seed: u64,
    n: u64,
}

impl Draw {
    fn unit(&mut self) -> f64 {
        self.n += 1;
        unit(self.seed, self.n)
    }

    fn below(&mut self, m: u32) -> u32 {
        self.n += 1;
        below(self.seed, self.n, m)
    }

    fn flip(&mut self) -> bool {
        self.below(2) == 1
    }
}

/// Up to three layers of any kind, from at most `most[0]` to at most `most[1]` elements.
fn random_layers(d: &mut Draw, most: [u32; 2]) -> Option<Layers> {
    let axis = |d: &mut Draw, input: usize, kernel: usize, pool: bool| {
        let dilation = if pool { 1 } else { 1 + d.below(2) as usize };
        let span = (kernel - 1) * dilation + 1;
        let padding = [d.below(span as u32) as usize, d.below(span as u32) as usize];
        Axis { input, kernel, stride: 1 + d.below(3) as usize, dilation, padding }
    };
    let mut shape = [1 + d.below(4) as usize, 1 + d.below(4) as usize, 1 + d.below(6) as usize];
    if shape.iter().product::<usize>() > most[0] as usize {
        return None;
    }
    let mut layers = Vec::new();
    for _ in 0..1 + d.below(3) {
        let [channels, rows, columns] = shape;
        let weight = |d: &mut Draw| if d.below(5) == 0 { 0.0 } else { 3.0 * d.unit() - 1.0 };
        let elements = channels * rows * columns;
        let kind = d.below(5);
        let layer = match kind {
            0 => {
                let outputs = 1 + d.below(most[1]) as usize;
                shape = [outputs, 1, 1];
                Layer::Linear { weights: (0..elements * outputs).map(|_| weight(d)).collect(), outputs }
            }
            1 => Layer::Scale((0..elements).map(|_| weight(d)).collect()),
            _ => {
                let kernel = [1 + d.below(3) as usize, 1 + d.below(3) as usize];
                let pool = kind == 2;
                let groups = if pool || d.below(3) == 0 { channels } else { 1 };
                let to = if pool { channels } else { groups * (1 + d.below(3) as usize) };
                let weights = to * (channels / groups) * kernel[0] * kernel[1];
                let (rows, columns) = (axis(d, rows, kernel[0], pool), axis(d, columns, kernel[1], pool));
                shape = [to, rows.output(), columns.output()];
                let kernel = match pool {
                    true => Kernel::Same(if d.flip() { 1.0 } else { 0.25 }),
                    false => Kernel::Each((0..weights).map(|_| weight(d)).collect()),
                };
                Layer::Window(Window { channels: [channels, to], groups, rows, columns, kernel })
            }
        };
        layers.push(layer);
        if shape.contains(&0) {
            return None;
        }
    }
    Layers::new(layers).ok().filter(|layers| layers.outputs() <= most[1] as usize)
}

/// Two to three populations of any model, threshold, reset and refractory mode, with bias,
/// recurrent and source projections of every rule, weight and delay. Biases reach from far below to
/// above the threshold, so neurons fire with and without input.
fn random_network(seed: u64) -> Network {
    let d = &mut Draw { seed, n: 0 };
    let mut populations = Vec::new();
    for p in 0..2 + d.below(2) {
        let size = 1 + d.below(70);
        let form = match d.below(3) {
            0 => Form::Discrete { decay_input: d.flip() },
            _ => Form::Exact,
        };
        let leaky = d.below(4) > 0;
        let kinds: Vec<u32> = (0..1 + d.below(3)).map(|_| d.below(3)).collect();
        let (resets, refractory, keep_refractory_input, strict) = (d.flip(), d.flip(), d.flip(), d.flip());
        let draw = |d: &mut Draw| {
            let leak = Leak {
                tau_ms: leaky.then(|| 1.0 + 15.0 * d.unit()),
                rest_mv: if leaky { -2.0 + 4.0 * d.unit() } else { 0.0 },
                bias_mv: if leaky { -10.0 + 22.0 * d.unit() } else { -0.2 + 0.6 * d.unit() },
                dt_ms: 0.5,
                form,
            };
            let (retention, steady, drive) = leak.coefficients();
            let receptors = kinds.iter().map(|kind| match kind {
                0 => leak.delta(),
                1 if form == Form::Exact => leak.alpha(0.6 + 8.0 * d.unit(), 0.5 + d.unit()),
                _ => leak.exponential(0.6 + 8.0 * d.unit(), 0.5 + d.unit()),
            });
            Neuron {
                retention,
                steady,
                drive,
                receptors: receptors.collect(),
                reset: if resets { Reset::To(-3.0 + 3.0 * d.unit()) } else { Reset::Subtract },
                refractory: if refractory { d.below(30) } else { 0 },
                keep_refractory_input,
                strict,
            }
        };
        let neuron = draw(d);
        let neurons: Option<Vec<Neuron>> = (d.below(3) == 0).then(|| (0..size).map(|_| draw(d)).collect());
        let threshold = match d.below(6) {
            0 => Threshold::Never,
            1 => {
                let width = if d.flip() { 1 } else { size as usize };
                let values: Vec<f64> = (0..(1 + d.below(40)) as usize * width).map(|_| 4.0 + 8.0 * d.unit()).collect();
                Threshold::Cue { values: values.into(), width }
            }
            // Base below the membrane's rest at times: the threshold falls onto a neuron that hears
            // nothing.
            2 | 3 => {
                Threshold::Adaptive { base: 1.0 + 8.0 * d.unit(), jump: -0.5 + 6.0 * d.unit(), retention: d.unit() }
            }
            _ => Threshold::Fixed(5.0 + 5.0 * d.unit()),
        };
        let initial_mv = match d.flip() {
            true => vec![d.unit()],
            false => (0..size).map(|_| -2.0 + 14.0 * d.unit()).collect(),
        };
        let constant = matches!(threshold, Threshold::Fixed(_) | Threshold::Adaptive { .. }) && d.flip();
        let thresholds = (0..if constant { size } else { 0 }).map(|_| 1.0 + 9.0 * d.unit()).collect();
        let each = neurons.map(|neurons| Arc::new(Each { neurons, thresholds }));
        let arithmetic = Arithmetic::Double;
        populations.push(Population { name: format!("p{p}"), size, neuron, threshold, initial_mv, each, arithmetic });
    }
    let size = 1 + d.below(20);
    let emits = match d.below(5) {
        0 => Emits::Poisson { mean: 0.3 * d.unit(), seed: 7, stride: 1 << 20 },
        1 => Emits::Regular { first: d.below(20), period: 1 + d.below(50) },
        2 => Emits::Frames {
            values: (0..40 * size).map(|_| if d.flip() { 0.0 } else { d.unit() }).collect(),
            ticks_per_frame: 1 + d.below(9),
        },
        3 => {
            let mut spikes: Vec<(Tick, u32)> = (0..60).map(|_| (d.below(300), d.below(size))).collect();
            spikes.sort_unstable();
            Emits::Spikes(spikes.into())
        }
        _ => Emits::Bernoulli { probability: [0.2 * d.unit().powi(3)].into(), seed: 5, stride: 1 << 20 },
    };
    let sources = vec![Source { name: "s".into(), size, emits }];
    let mut projections = Vec::new();
    let without_delays = d.below(4) == 0;
    for k in 0..2 + d.below(5) {
        let to = d.below(populations.len() as u32) as usize;
        let (from, n) = match k == 0 || d.below(3) == 0 {
            true => (Origin::Source(0), size),
            false => {
                let p = d.below(populations.len() as u32) as usize;
                (Origin::Population(p), populations[p].size)
            }
        };
        let m = populations[to].size;
        let (first, last) = (d.below(n), d.below(m));
        let (mut from_ids, mut to_ids) = (first..n, 0..last + 1);
        let mut stream = (d.below(9).into(), u64::from(d.below(9)) + 40, d.below(30).into());
        let layers = if d.below(3) == 0 { random_layers(d, [n - first, m]) } else { None };
        let rule = match if layers.is_some() { 7 } else { d.below(7) } {
            0 => Rule::AllToAll { allow_autapses: d.flip() },
            1 => {
                let pairs = (n - first).min(last + 1);
                (from_ids, to_ids) = (first..first + pairs, 0..pairs);
                Rule::OneToOne
            }
            2 => Rule::FixedProbability { probability: d.unit(), seed: stream.0, allow_autapses: d.flip() },
            kind @ (3 | 4) => {
                let (among, degree) = (if kind == 3 { n - first } else { last + 1 }, 1 + d.below(9));
                let (seed, stride, offset) = stream;
                let (allow_autapses, allow_multapses) = (d.flip() || among == 1, d.flip() || degree >= among);
                match kind {
                    3 => Rule::FixedInDegree { degree, seed, stride, offset, allow_autapses, allow_multapses },
                    _ => Rule::FixedOutDegree { degree, seed, stride, offset, allow_autapses, allow_multapses },
                }
            }
            5 => Rule::List((0..1 + d.below(90)).map(|_| (first + d.below(n - first), d.below(last + 1))).collect()),
            6 => Rule::Matrix((0..from_ids.len() * to_ids.len()).map(|_| f64::from(d.unit() as f32) - 0.4).collect()),
            _ => match layers {
                Some(layers) => {
                    from_ids = first..first + layers.inputs() as u32;
                    let to = d.below(m - layers.outputs() as u32 + 1);
                    to_ids = to..to + layers.outputs() as u32;
                    Rule::Layers(layers.into())
                }
                None => Rule::AllToAll { allow_autapses: true },
            },
        };
        let layered = matches!(rule, Rule::Layers(_));
        stream.0 += 1;
        let edges = if let Rule::List(list) = &rule { list.len() } else { 0 };
        let scale = if matches!(from, Origin::Source(_)) { 6.0 } else { 1.5 };
        let weights = match if layered { 0 } else { d.below(4) } {
            0 => Weights::Constant(scale * (d.unit() - 0.3)),
            1 => Weights::Normal { mean: 0.1, sd: scale * 0.4, seed: stream.0, first: 3 },
            2 if edges > 0 => Weights::Each((0..edges).map(|_| scale * (d.unit() - 0.3)).collect()),
            _ => Weights::Uniform { low: -0.4 * scale, high: scale, seed: stream.0, first: 3 },
        };
        let analog = from == Origin::Source(0) && sources[0].emits.is_analog();
        // Only forward: without delay there must be no cycle.
        let forward = matches!(from, Origin::Source(_)) || matches!(from, Origin::Population(p) if p < to);
        let no_delay = without_delays && forward && d.flip();
        let delays = match if analog || layered || no_delay { 0 } else { d.below(3) } {
            0 if no_delay => Delays::Constant(0),
            0 => Delays::Constant(1 + d.below(20) as u16),
            1 if edges > 0 => Delays::Each((0..edges).map(|_| 1 + d.below(9) as u16).collect()),
            _ => Delays::Uniform { low: 1 + d.below(3) as u16, high: 4 + d.below(20) as u16, seed: 11, first: 1 },
        };
        let receptor = d.below(populations[to].neuron.receptors.len() as u32) as usize;
        let precision = Precision::Double;
        projections.push(Projection { from, from_ids, to, to_ids, receptor, rule, weights, delays, precision });
    }
    Network::new(NetworkParts { name: "random".into(), dt_ms: 0.5, populations, sources, projections }).unwrap()
}

fn all_probes(network: &Network) -> Vec<Probe> {
    let variables = [Variable::Membrane, Variable::Threshold, Variable::Current];
    let populations = network.populations().iter().enumerate();
    populations
        .flat_map(|(population, p)| {
            variables.map(|variable| Probe { variable, population, neurons: (0..p.size).collect() })
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn drivers_threads_and_interruptions_change_no_bit(seed in any::<u64>()) {
        let network = random_network(seed);
        let ticks = 1200;
        let probes = all_probes(&network);
        let reference = run(&network, Driver::Clock, 1, &[ticks], &probes);
        prop_assert_eq!(&run(&network, Driver::Event, 1, &[ticks], &probes), &reference);
        prop_assert_eq!(&run(&network, Driver::Auto, 2, &[1, 300, ticks], &probes), &reference);
        prop_assert_eq!(&run(&network, Driver::Event, 3, &[ticks], &probes), &reference);
        // Probes only look. Without those of currents arrivals may wait for the next tick.
        prop_assert_eq!(&run(&network, Driver::Event, 1, &[ticks], &[]).spikes, &reference.spikes);
        let probes: Vec<Probe> = probes.into_iter().filter(|probe| probe.variable != Variable::Current).collect();
        let reference = run(&network, Driver::Event, 3, &[ticks], &probes);
        prop_assert_eq!(&run(&network, Driver::Clock, 1, &[1, 300, ticks], &probes), &reference);
        prop_assert_eq!(&run(&network, Driver::Auto, 2, &[ticks], &probes), &reference);
    }

    /// One that is not interrupted, one that is, and one that goes on from a checkpoint, in other
    /// numbers of parts.
    #[test]
    fn interruptions_and_threads_change_no_count(seed in any::<u64>(), at in 1_u32..400, recorded in any::<bool>()) {
        let network = random_network(seed);
        let probes = if recorded { all_probes(&network) } else { Vec::new() };
        for driver in [Driver::Event, Driver::Clock, Driver::Auto] {
            let start = |parts| Simulation::in_parts(&network, driver, parts, probes.clone(), &make_cells, &|_| {}).unwrap();
            let mut whole = start(1);
            whole.run(400, &mut Ignore, &mut |_| {}).unwrap();
            let mut first = start(2);
            first.run(at, &mut Ignore, &mut |_| {}).unwrap();
            let mut rest = start(3);
            rest.restore(&first.checkpoint()).unwrap();
            prop_assert_eq!(&rest.checkpoint(), &first.checkpoint());
            for simulation in [&mut first, &mut rest] {
                simulation.run(400, &mut Ignore, &mut |_| {}).unwrap();
                prop_assert_eq!(simulation.counts(), whole.counts(), "{:?}", driver);
            }
            for (population, counts) in network.populations().iter().zip(whole.counts()) {
                let steps = u64::from(population.size) * 400;
                prop_assert!((counts.spikes..=steps).contains(&counts.membrane_updates), "{:?} {:?}", driver, counts);
            }
        }
    }

    #[test]
    fn a_checkpoint_goes_on_with_any_driver_and_threads(seed in any::<u64>(), at in 1_u32..400) {
        let network = random_network(seed);
        let probes = all_probes(&network);
        let whole = run(&network, Driver::Event, 1, &[400], &probes);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint.safetensors");
        let mut first = Simulation::in_parts(&network, Driver::Auto, 2, probes.clone(), &make_cells, &|_| {}).unwrap();
        let mut keep = Keep::default();
        first.run(at, &mut keep, &mut |_| {}).unwrap();
        first.checkpoint().save(&path, "x").unwrap();
        let checkpoint = Checkpoint::load(&path, "x").unwrap();
        prop_assert_eq!(&checkpoint, &first.checkpoint());
        for (driver, parts) in [(Driver::Clock, 1), (Driver::Event, 3)] {
            let mut rest = Simulation::in_parts(&network, driver, parts, probes.clone(), &make_cells, &|_| {}).unwrap();
            rest.restore(&checkpoint).unwrap();
            let mut both = Keep { spikes: keep.spikes.clone(), values: keep.values.clone() };
            rest.run(400, &mut both, &mut |_| {}).unwrap();
            prop_assert_eq!(&both, &whole);
        }
    }
}

/// What recorded values may differ by where the same state is computed with other roundings: put
/// back to an anchor, or tick by tick.
const OTHER_ROUNDINGS: f64 = 1e-9;

/// Neurons whose own parameters are those of the population are as if they had none: bit for bit
/// where arrivals reach the membrane in their tick, else but for roundings, since only states of
/// neurons that are alike are kept as of anchors.
#[test]
fn own_parameters_that_are_alike_change_nothing() {
    let mut exact = 0;
    for seed in 0..40 {
        let alike =
            random_network(seed).edit(|parts| parts.populations.iter_mut().for_each(|p| p.each = None)).unwrap();
        let own = alike.clone().edit(|parts| {
            for population in &mut parts.populations {
                let neurons = vec![population.neuron.clone(); population.size as usize];
                population.each = Some(Arc::new(Each { neurons, thresholds: Vec::new() }));
            }
        });
        // A gain other than 1 is multiplied before or after a sum.
        let gain = |receptor: &Receptor| matches!(receptor, Receptor::Delta { gain } | Receptor::Exponential { gain, .. } | Receptor::Alpha { gain, .. } if *gain != 1.0);
        if alike.populations().iter().any(|p| p.neuron.receptors.iter().any(gain)) {
            continue;
        }
        let probes = all_probes(&alike);
        let reference = run(&alike, Driver::Event, 1, &[600], &probes);
        let own = run(&own.unwrap(), Driver::Clock, 1, &[600], &probes);
        assert!(own.spikes == reference.spikes, "seed {seed}");
        if alike.populations().iter().all(|p| p.neuron.is_immediate()) {
            exact += 1;
            assert!(own == reference, "seed {seed}");
        }
        let values = |keep: &Keep| keep.values.iter().flat_map(|(_, _, bits)| bits.clone()).collect::<Vec<u64>>();
        for (own, reference) in values(&own).into_iter().zip(values(&reference)) {
            let (own, reference) = (f64::from_bits(own), f64::from_bits(reference));
            let near = (own - reference).abs() <= OTHER_ROUNDINGS * (1.0 + reference.abs());
            assert!(near || own == reference, "seed {seed}: {own} is not {reference}");
        }
    }
    assert!(exact > 5, "{exact} networks of which every bit is compared");
}

/// The property above says nothing if the networks are silent.
#[test]
fn random_networks_are_alive() {
    let active = (0..40).filter(|&seed| run(&random_network(seed), Driver::Event, 1, &[1200], &[]).total() > 100);
    assert!(active.count() > 20);
}

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn published(name: &str) -> Network {
    let file = NetworkFile::read(&project("networks").join(name)).unwrap();
    file.compile(&Settings::default()).unwrap().network
}

/// Spikes in 1 s on which NEST 3.10 and Brian2 2.11 agree (`run_nest.py NET` and `run_brian.py NET`
/// of the reference data's scripts; the networks are those of `netgen.py`).
#[test]
fn published_networks_spike_as_in_other_simulators() {
    for (name, spikes) in [("cuba4k.ron", 22_509), ("cuba40k.ron", 209_715)] {
        let network = published(name);
        for (driver, parts) in [(Driver::Event, 1), (Driver::Auto, 2)] {
            // That takes long in a debug build.
            if driver == Driver::Auto && name != "cuba4k.ron" {
                continue;
            }
            assert_eq!(run(&network, driver, parts, &[10_000], &[]).total(), spikes, "{name} {driver:?}");
        }
    }
}

/// Sixteen neurons hear something at the beginning, the first of them also later: nothing is left
/// of the rest, no subnormal numbers either, which are slow and decay no further. A membrane that
/// comes to a threshold of zero from below does not get there by that.
#[test]
fn what_was_long_ago_vanishes() {
    let leak = Leak { tau_ms: Some(2.0), rest_mv: 0.0, bias_mv: 0.0, dt_ms: 0.1, form: Form::Exact };
    let adaptive = Threshold::Adaptive { base: 1.0, jump: 0.5, retention: 0.95 };
    for (threshold, initial) in [(adaptive, 1.5), (Threshold::Fixed(0.0), -9.0)] {
        let zero = matches!(threshold, Threshold::Fixed(_));
        let mut spikes: Vec<(Tick, u32)> = (0..16).map(|id| (0, id)).collect();
        spikes.extend((1..1200).map(|n| (10 * n, 0)));
        let network = edited(single(leak, threshold, 0), |parts| {
            let population = &mut parts.populations[0];
            (population.size, population.initial_mv) = (16, vec![initial]);
            population.neuron.receptors = vec![leak.exponential(1.0, 0.1)];
            parts.sources = vec![Source { name: "s".into(), size: 16, emits: Emits::Spikes(spikes.into()) }];
            parts.projections = vec![Projection {
                from: Origin::Source(0),
                from_ids: 0..16,
                to: 0,
                to_ids: 0..16,
                receptor: 0,
                rule: Rule::OneToOne,
                weights: Weights::Constant(0.1),
                delays: Delays::Constant(1),
                precision: Precision::Double,
            }];
        });
        let probes = all_probes(&network);
        let kept = run(&network, Driver::Clock, 1, &[12_000], &probes);
        assert_eq!(run(&network, Driver::Event, 1, &[12_000], &probes), kept);
        if zero {
            assert!(kept.spikes.iter().all(|(.., neurons)| neurons == &[0]));
            continue;
        }
        for (_, probe, values) in kept.values.iter().filter(|&&(tick, ..)| tick == 11_999) {
            let left = if probes[*probe].variable == Variable::Threshold { 1.0_f64 } else { 0.0 };
            assert_eq!(values[1..], [left.to_bits(); 15], "{:?}", probes[*probe].variable);
        }
    }
}

#[test]
fn a_silent_network_is_not_touched() {
    let network = edited(random_network(1), |parts| {
        parts.sources.clear();
        parts.projections.clear();
        for population in &mut parts.populations {
            population.neuron.drive = 0.0;
            population.threshold = Threshold::Fixed(100.0);
        }
    });
    let mut simulation = Simulation::in_parts(&network, Driver::Event, 1, Vec::new(), &make_cells, &|_| {}).unwrap();
    simulation.run(5000, &mut Keep::default(), &mut |_| {}).unwrap();
    for counts in simulation.counts() {
        assert_eq!((counts.membrane_updates, counts.queue_operations, counts.synops), (0, 0, 0));
    }
}

/// A constant current I into a LIF neuron: V(t) = V_inf (1 - exp(-t / tau)) from rest, so the
/// interval is `ceil(tau ln(V_inf / (V_inf - theta)) / dt)` ticks, plus the refractory ones.
#[test]
fn the_interspike_interval_is_that_of_the_closed_form() {
    for (tau, current, theta, refractory) in [(20.0, 30.0, 20.0, 20), (10.0, 1.5, 1.0, 0), (33.0, 7.0, 6.99, 3)] {
        let leak = Leak { tau_ms: Some(tau), rest_mv: 0.0, bias_mv: current, dt_ms: 0.1, form: Form::Exact };
        let network = single(leak, Threshold::Fixed(theta), refractory);
        let kept = run(&network, Driver::Event, 1, &[20_000], &[]);
        let interval = (tau * (current / (current - theta)).ln() / 0.1).ceil() as Tick + refractory;
        let times: Vec<Tick> = kept.spikes.iter().map(|&(tick, ..)| tick).collect();
        assert!(times.len() > 5 && times.windows(2).all(|w| w[1] - w[0] == interval), "{interval}: {times:?}");
    }
}

/// A threshold that forgets at once leaves nothing to divide by in the refractory time.
#[test]
fn recorded_thresholds_are_numbers() {
    let leak = Leak { tau_ms: Some(5.0), rest_mv: 5.0, bias_mv: 0.0, dt_ms: 0.1, form: Form::Exact };
    let network = single(leak, Threshold::Adaptive { base: 4.0, jump: 6.0, retention: 0.0 }, 10);
    let probe = Probe { variable: Variable::Threshold, population: 0, neurons: vec![0] };
    let kept = run(&network, Driver::Event, 1, &[500], &[probe]);
    assert!(kept.total() > 0 && kept.values.iter().all(|(_, _, v)| f64::from_bits(v[0]).is_finite()));
}

fn single(leak: Leak, threshold: Threshold, refractory: u32) -> Network {
    let (retention, steady, drive) = leak.coefficients();
    let neuron = Neuron {
        retention,
        steady,
        drive,
        reset: Reset::To(0.0),
        refractory,
        keep_refractory_input: false,
        strict: false,
        receptors: Vec::new(),
    };
    let (initial_mv, arithmetic) = (vec![0.0], Arithmetic::Double);
    let population = Population { name: "n".into(), size: 1, neuron, threshold, initial_mv, each: None, arithmetic };
    let parts = NetworkParts {
        name: "one".into(),
        dt_ms: leak.dt_ms,
        populations: vec![population],
        sources: Vec::new(),
        projections: Vec::new(),
    };
    Network::new(parts).unwrap()
}

fn edited(network: Network, change: impl FnOnce(&mut NetworkParts)) -> Network {
    network.edit(change).unwrap()
}

/// What keeping input costs does not grow with the refractory time.
#[test]
fn a_refractory_time_may_be_as_long_as_there_are_ticks() {
    let leak = Leak { tau_ms: Some(20.0), rest_mv: 0.0, bias_mv: 30.0, dt_ms: 0.1, form: Form::Exact };
    let network = single(leak, Threshold::Fixed(15.0), Tick::MAX - 1);
    let network = edited(network, |parts| parts.populations[0].neuron.keep_refractory_input = true);
    for driver in [Driver::Event, Driver::Clock] {
        assert_eq!(run(&network, driver, 1, &[2000], &[]).total(), 1);
    }
}

/// The membrane rests at 5 mV. The threshold starts at 4 + 6 and falls onto it: it crosses although
/// nothing arrives, where 4 + 6 r^k <= 5. The first spike at which it starts falling comes from the
/// initial membrane.
#[test]
fn a_threshold_falls_onto_a_membrane_that_hears_nothing() {
    let leak = Leak { tau_ms: Some(5.0), rest_mv: 5.0, bias_mv: 0.0, dt_ms: 0.1, form: Form::Exact };
    let retention = (-0.1_f64 / 50.0).exp();
    let network = single(leak, Threshold::Adaptive { base: 4.0, jump: 6.0, retention }, 0);
    let mut simulation = Simulation::in_parts(&network, Driver::Event, 1, Vec::new(), &make_cells, &|_| {}).unwrap();
    let mut kept = Keep::default();
    simulation.run(3000, &mut kept, &mut |_| {}).unwrap();
    let first = kept.spikes[0].0;
    let second = kept.spikes[1].0;
    // After the first spike the excess is 6 (what is left of it before is 0), and V is back at rest
    // long before it crosses.
    let expected = first + ((1.0_f64 / 6.0).ln() / retention.ln()).ceil() as Tick;
    assert_eq!(second, expected);
    let counts = simulation.counts()[0];
    assert!(counts.membrane_updates < 200, "looked at too often: {counts:?}");
}

/// A neuron that never fires and hears one spike, at tick 10.
fn hears_once(leak: Leak, receptor: Receptor, weight: f64) -> Network {
    edited(single(leak, Threshold::Never, 0), |parts| {
        parts.populations[0].neuron.receptors = vec![receptor];
        parts.sources.push(Source { name: "s".into(), size: 1, emits: Emits::Spikes([(9, 0)].into()) });
        parts.projections.push(Projection {
            from: Origin::Source(0),
            from_ids: 0..1,
            to: 0,
            to_ids: 0..1,
            receptor: 0,
            rule: Rule::OneToOne,
            weights: Weights::Constant(weight),
            delays: Delays::Constant(1),
            precision: Precision::Double,
        });
    })
}

/// With c the charge of one spike, dV/dt = (-V + R I) / tau, I = w exp(-t / tau_s), the potential
/// is V(t) = R w tau_s / (tau - tau_s) (exp(-t / tau) - exp(-t / tau_s)), with its peak at t = tau
/// tau_s / (tau - tau_s) ln(tau / tau_s).
#[test]
fn a_postsynaptic_potential_has_the_shape_of_the_closed_form() {
    const TOLERANCE: f64 = 1e-12;
    let (tau, tau_s, w) = (20.0, 5.0, 3.0);
    let leak = Leak { tau_ms: Some(tau), rest_mv: 0.0, bias_mv: 0.0, dt_ms: 0.1, form: Form::Exact };
    let network = hears_once(leak, leak.exponential(tau_s, 1.0), w);
    let probe = Probe { variable: Variable::Membrane, population: 0, neurons: vec![0] };
    let kept = run(&network, Driver::Event, 1, &[1500], &[probe]);
    let potential = |t: f64| w * tau_s / (tau - tau_s) * ((-t / tau).exp() - (-t / tau_s).exp());
    let values: Vec<f64> = kept.values.iter().map(|(_, _, v)| f64::from_bits(v[0])).collect();
    for (tick, value) in values.iter().enumerate() {
        let expected = if tick < 10 { 0.0 } else { potential((tick - 10) as f64 * 0.1) };
        assert!((value - expected).abs() < TOLERANCE, "tick {tick}: {value} {expected}");
    }
    let peak = (0..values.len()).max_by(|&a, &b| values[a].total_cmp(&values[b])).unwrap();
    let expected = 10.0 + tau * tau_s / (tau - tau_s) * (tau / tau_s).ln() / 0.1;
    assert!((peak as f64 - expected).abs() <= 1.0, "{peak} {expected}");
}

/// The root of a function that rises from below 0 at `low` to above 0 at `high`.
fn bisect(mut low: f64, mut high: f64, f: impl Fn(f64) -> f64) -> f64 {
    assert!(f(low) < 0.0 && f(high) > 0.0);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if f(middle) < 0.0 { low = middle } else { high = middle }
    }
    low
}

/// A constant current into a neuron with an adaptive threshold settles at an interval T. What
/// spikes have added to the threshold is then jump + (jump + ...) exp(-T / tau_a) ... = jump / (1 -
/// exp(-T / tau_a)) just after a spike, and T later the membrane, held for the refractory time and
/// then on its way from its reset value to V_inf, meets base + that exp(-T / tau_a).
#[test]
fn adaptation_settles_at_the_interval_of_the_closed_form() {
    // Without a refractory time and with one; a slow and a fast threshold; one below the reset
    // value when nothing was added.
    for (tau, current, reset, base, jump, tau_a, refractory) in [
        (20.0, 40.0, 0.0, 15.0, 3.0, 200.0, 20),
        (20.0, 40.0, 0.0, 15.0, 3.0, 200.0, 0),
        (10.0, 12.0, -5.0, 4.0, 1.5, 50.0, 5),
        (30.0, 25.0, 8.0, 5.0, 10.0, 40.0, 0),
    ] {
        let (dt, held) = (0.1, f64::from(refractory) * 0.1);
        let leak = Leak { tau_ms: Some(tau), rest_mv: 0.0, bias_mv: current, dt_ms: dt, form: Form::Exact };
        let threshold = Threshold::Adaptive { base, jump, retention: (-dt / tau_a).exp() };
        let network = single(leak, threshold, refractory);
        let network = edited(network, |parts| parts.populations[0].neuron.reset = Reset::To(reset));
        let above = |t: f64| {
            let membrane = current + (reset - current) * (-(t - held) / tau).exp();
            membrane - base - jump / (1.0 - (-t / tau_a).exp()) * (-t / tau_a).exp()
        };
        let interval = bisect(held + 1e-9, 1000.0, above) / dt;
        for driver in [Driver::Event, Driver::Clock] {
            let kept = run(&network, driver, 1, &[30_000], &[]);
            let times: Vec<f64> = kept.spikes.iter().map(|&(tick, ..)| tick.into()).collect();
            let intervals: Vec<f64> = times.windows(2).map(|w| w[1] - w[0]).collect();
            assert!(intervals[0] < interval - 5.0, "nothing adapts: {intervals:?}");
            let settled = &intervals[intervals.len() / 2..];
            let near = settled.iter().all(|n| (n - interval).abs() <= 1.0);
            assert!(settled.len() >= 20 && near, "{driver:?}: {interval}: {settled:?}");
            // A crossing is seen at the next tick: on average too late by less than one.
            let mean = settled.iter().sum::<f64>() / settled.len() as f64;
            assert!((0.0..1.0).contains(&(mean - interval)), "{driver:?}: {mean} for {interval}");
        }
    }
}

/// With I = w (t / tau_s) exp(1 - t / tau_s) and k = 1 / tau_s - 1 / tau the potential is V(t) = R
/// w e / (tau tau_s k^2) (exp(-t / tau) - exp(-t / tau_s) (1 + k t)), without a difference of the
/// time constants R w e / (2 tau^2) t^2 exp(-t / tau), and without leak R w e tau_s (1 - exp(-t /
/// tau_s) (1 + t / tau_s)), with 1 ms for tau. A leaky membrane peaks where it meets R I: there
/// dV/dt = 0.
#[test]
fn an_alpha_potential_has_the_shape_of_the_closed_form() {
    /// Relative to the peak: near t = 0 the closed form is a small difference of large numbers.
    const TOLERANCE: f64 = 1e-12;
    let (w, r, dt, e) = (3.0, 0.5, 0.1, std::f64::consts::E);
    for (tau, tau_s) in [(Some(20.0), 5.0), (Some(5.0), 20.0), (Some(10.0), 10.0), (Some(3.0), 0.7), (None, 5.0)] {
        let current = |t: f64| r * w * (t / tau_s) * (1.0 - t / tau_s).exp();
        let potential = |t: f64| match tau {
            None => r * w * e * tau_s * (1.0 - (-t / tau_s).exp() * (1.0 + t / tau_s)),
            Some(tau) if tau == tau_s => r * w * e / (2.0 * tau * tau) * t * t * (-t / tau).exp(),
            Some(tau) => {
                let k = 1.0 / tau_s - 1.0 / tau;
                r * w * e / (tau * tau_s * k * k) * ((-t / tau).exp() - (-t / tau_s).exp() * (1.0 + k * t))
            }
        };
        let leak = Leak { tau_ms: tau, rest_mv: 0.0, bias_mv: 0.0, dt_ms: dt, form: Form::Exact };
        let network = hears_once(leak, leak.alpha(tau_s, r), w);
        let probe = Probe { variable: Variable::Membrane, population: 0, neurons: vec![0] };
        // The peak lies where the current has fallen below the membrane, behind its own peak at
        // tau_s; without leak there is none.
        let top = tau.map(|tau| bisect(tau_s, 10.0 * tau.max(tau_s), |t| potential(t) - current(t)));
        let height = top.map_or(r * w * e * tau_s, potential);
        for driver in [Driver::Event, Driver::Clock] {
            let kept = run(&network, driver, 1, &[3000], std::slice::from_ref(&probe));
            let values: Vec<f64> = kept.values.iter().map(|(_, _, v)| f64::from_bits(v[0])).collect();
            for (tick, value) in values.iter().enumerate() {
                let expected = if tick < 10 { 0.0 } else { potential((tick - 10) as f64 * dt) };
                let error = (value - expected).abs();
                assert!(error < TOLERANCE * height, "{tau:?} {tau_s} {driver:?} tick {tick}: {value} {expected}");
            }
            let Some(top) = top else { continue };
            let peak = (0..values.len()).max_by(|&a, &b| values[a].total_cmp(&values[b])).unwrap();
            assert!((peak as f64 - 10.0 - top / dt).abs() <= 1.0, "{tau:?} {tau_s} {driver:?}: {peak} {top}");
            // Between the peak and what the membrane is one tick beside it.
            let beside = potential(top - dt).min(potential(top + dt));
            let range = beside * (1.0 - TOLERANCE)..=height * (1.0 + TOLERANCE);
            assert!(range.contains(&values[peak]), "{tau:?} {tau_s} {driver:?}: {} in {range:?}", values[peak]);
        }
    }
}
