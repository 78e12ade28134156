mod build;
mod check;
mod tensors;

use super::compile::{self, Compiled, NetworkFile, Settings};
use super::spec::NetworkSpec;
use super::*;
use crate::base::counter::{below, bits, unit};
use crate::recording::Variable;
use crate::spiking::neuron::Reset;
use crate::spiking::neuron::linear::{Form, Leak, Neuron};
use proptest::prelude::*;
use std::ops::Range;
use std::path::Path;

/// What `../shared/peers/netgen.py` makes; from `net(name)` by
/// ```python
/// pre, post = d['pre'].astype(np.uint64), d['post'].astype(np.uint64)
/// delay = np.broadcast_to(np.asarray(d['delay']), pre.shape).astype(np.uint64)
/// hash = u64(0, (pre << np.uint64(40)) | (post << np.uint64(16)) | delay).sum(dtype=np.uint64)
/// (pre.size, pre.sum(), post.sum(), delay.sum(), hash, d['w'].sum(), d['v0'].sum(), d['v0'][-1])
/// ```
#[allow(clippy::type_complexity)] // One row per network.
const GENERATED: [(&str, u64, u64, u64, u64, u64, f64, f64, f64); 5] = [
    (
        "cuba4k",
        319468,
        638991104,
        638902981,
        319468,
        0x444436301aaceabf,
        -163352.52,
        -220357.7625346499,
        -52.01141958071588,
    ),
    (
        "cuba40k",
        3200000,
        64016288940,
        63998400000,
        3200000,
        0x90f480719153fc7b,
        -1612800.0,
        -2199557.3131548744,
        -53.39135835924129,
    ),
    (
        "brunel10kdc",
        10000000,
        49987025249,
        49995000000,
        150000000,
        0x3ed9830929c47521,
        -1000000.0,
        49606.6188493268,
        2.1982784794779384,
    ),
    (
        "brunel10k",
        10000000,
        49987025249,
        49995000000,
        150000000,
        0x3ed9830929c47521,
        -200000.0,
        49606.6188493268,
        2.1982784794779384,
    ),
    (
        "delta100k",
        12000000,
        709968071806,
        599994000000,
        660128595,
        0x7ef6a047f3ee25a5,
        2000000.0,
        1001126.4688216907,
        3.111996464179765,
    ),
];

fn shipped(name: &str) -> Compiled {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("networks").join(name).with_extension("ron");
    NetworkFile::read(&path).and_then(|file| file.compile(&Settings::default())).unwrap()
}

#[test]
fn networks_are_those_of_the_generator() {
    for (name, edges, sources, targets, ticks, hash, weights, initial_sum, initial_last) in GENERATED {
        let Compiled { network, duration, .. } = shipped(name);
        let cells = &network.populations()[0];
        let mut found = (0, 0, 0, 0, 0_u64);
        let mut weight_sum = 0.0;
        for projection in network.projections() {
            // The generator numbers sources on behind the neurons. It has no Poisson trains: those
            // come one to one.
            let first = if projection.from == Origin::Population(0) { 0 } else { u64::from(cells.size) };
            if matches!(projection.rule, Rule::OneToOne) {
                continue;
            }
            projection.for_each_edge(&network, 0..cells.size, |i, j, e| {
                let (i, j, delay) = (u64::from(i) + first, u64::from(j), u64::from(projection.delay(e)));
                found = (
                    found.0 + 1,
                    found.1 + i,
                    found.2 + j,
                    found.3 + delay,
                    found.4.wrapping_add(bits(0, i << 40 | j << 16 | delay)),
                );
                weight_sum += projection.weight(e);
            });
        }
        assert_eq!(found, (edges, sources, targets, ticks, hash), "{name}");
        assert!((weight_sum / weights - 1.0).abs() < 1e-6, "{name}: {weight_sum} {weights}");
        let sum: f64 = cells.initial_mv.iter().sum();
        assert!((sum / initial_sum - 1.0).abs() < 1e-12, "{name}: {sum}");
        assert_eq!((cells.initial_mv.last(), duration), (Some(&initial_last), Some(10_000)), "{name}");
    }
}

/// `len(net('delta100k')['xs'])` of the same generator.
#[test]
fn the_input_of_delta100k_is_that_of_the_generator() {
    let network = shipped("delta100k").network;
    let Emits::Bernoulli { probability, seed, stride } = &network.sources()[0].emits else { panic!() };
    let spikes = (0..10_000 * stride).filter(|&n| unit(*seed, n) < probability[0]).count();
    assert_eq!((spikes, *stride, probability.len()), (50_369, 10_000, 1));
}

const PRE: u32 = 23;
const POST: u32 = 150;

/// A projection between populations of [`PRE`] and [`POST`] neurons, or within the second one.
fn network_with(rule: Rule, within: bool, from_ids: Range<u32>, to_ids: Range<u32>) -> Network {
    let leak = Leak { tau_ms: Some(10.0), rest_mv: 0.0, bias_mv: 0.0, dt_ms: 0.1, form: Form::Exact };
    let (retention, steady, drive) = leak.coefficients();
    let neuron = Neuron {
        retention,
        steady,
        drive,
        reset: Reset::To(0.0),
        refractory: 0,
        keep_refractory_input: false,
        strict: false,
        receptors: vec![leak.delta()],
    };
    let population = |name: &str, size| Population {
        name: name.into(),
        size,
        neuron: neuron.clone(),
        threshold: Threshold::Fixed(1.0),
        initial_mv: vec![0.0],
        each: None,
        arithmetic: Arithmetic::Double,
    };
    let projection = Projection {
        from: Origin::Population(usize::from(within)),
        from_ids,
        to: 1,
        to_ids,
        receptor: 0,
        rule,
        weights: Weights::Constant(1.0),
        delays: Delays::Constant(1),
        precision: Precision::Double,
    };
    let parts = NetworkParts {
        name: String::new(),
        dt_ms: 0.1,
        populations: vec![population("pre", PRE), population("post", POST)],
        sources: vec![],
        projections: vec![projection],
    };
    Network::new(parts).unwrap()
}

fn edges_of(network: &Network, targets: Range<u32>) -> Vec<(u32, u32, u64)> {
    let mut edges = Vec::new();
    network.projections()[0].for_each_edge(network, targets, |i, j, e| edges.push((i, j, e)));
    edges
}

/// What a fixed degree draws of a range, straight from the table of counters.
fn drawn(seed: u64, first: u64, degree: u32, range: &Range<u32>, without: Option<u32>, multapses: bool) -> Vec<u32> {
    let others: Vec<u32> = range.clone().filter(|id| Some(*id) != without).collect();
    let (mut list, n) = (Vec::new(), others.len() as u32);
    for k in 0..degree {
        let e = first + u64::from(k);
        let most = if multapses { n - 1 } else { n - degree + k };
        let id = others[below(seed, e, most + 1) as usize];
        list.push(if !multapses && list.contains(&id) { others[most as usize] } else { id });
    }
    list
}

fn any_rule(width: usize, height: usize) -> impl Strategy<Value = Rule> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    let degree = (flags, 1..40_u32, any::<u64>(), 0..9_u64).prop_map(
        move |((inwards, allow_autapses, allow_multapses), degree, seed, offset)| {
            let among = if inwards { width } else { height } as u32 - u32::from(!allow_autapses);
            let allow_autapses = allow_autapses || among == 0;
            let degree = if allow_multapses { degree } else { degree.min(among.max(1)) };
            let stride = u64::from(degree) + offset;
            match inwards {
                true => Rule::FixedInDegree { degree, seed, stride, offset, allow_autapses, allow_multapses },
                false => Rule::FixedOutDegree { degree, seed, stride, offset, allow_autapses, allow_multapses },
            }
        },
    );
    prop_oneof![
        any::<bool>().prop_map(|allow_autapses| Rule::AllToAll { allow_autapses }),
        (prop_oneof![Just(0.0), Just(1.0), 0.0..1.0], any::<u64>(), any::<bool>()).prop_map(
            |(probability, seed, allow_autapses)| Rule::FixedProbability { probability, seed, allow_autapses }
        ),
        degree,
        Just(Rule::Matrix(vec![1.0; width * height].into())),
    ]
}

fn any_network() -> impl Strategy<Value = (Network, Vec<u32>)> {
    let range = |size: u32| (0..size, 0..size).prop_map(|(a, b)| a.min(b)..a.max(b) + 1);
    (any::<bool>(), range(PRE), range(POST), proptest::collection::vec(0..=POST, 0..6)).prop_flat_map(
        |(within, from, to, cuts)| {
            any_rule(from.len(), to.len()).prop_map(move |rule| {
                let mut cuts = cuts.clone();
                cuts.extend([0, POST]);
                cuts.sort_unstable();
                (network_with(rule, within, from.clone(), to.clone()), cuts)
            })
        },
    )
}

proptest! {
    /// Parts of the targets together give what all targets give, and the counters and draws are
    /// those of the table.
    #[test]
    fn parts_of_the_targets_give_all_edges((network, cuts) in any_network()) {
        let mut whole = edges_of(&network, 0..POST);
        let mut parts = Vec::new();
        for cut in cuts.windows(2) {
            let part = edges_of(&network, cut[0]..cut[1]);
            prop_assert!(part.iter().all(|(_, j, _)| (cut[0]..cut[1]).contains(j)));
            parts.extend(part);
        }
        // A target's edges have one order, whatever the part.
        whole.sort_by_key(|edge| edge.1);
        parts.sort_by_key(|edge| edge.1);
        prop_assert_eq!(&whole, &parts);
        let p = &network.projections()[0];
        if let EdgeCount::Exact(count) = p.edges() {
            prop_assert_eq!(whole.len() as u64, count);
        }
        let m = u64::from(POST);
        let (sources, within) = (p.from_ids.len() as u32, p.from == Origin::Population(p.to));
        let (autapses, multapses) = match p.rule {
            Rule::AllToAll { allow_autapses } => (allow_autapses, false),
            Rule::FixedProbability { allow_autapses, .. } => (allow_autapses, false),
            Rule::FixedInDegree { allow_autapses, allow_multapses, .. }
            | Rule::FixedOutDegree { allow_autapses, allow_multapses, .. } => (allow_autapses, allow_multapses),
            _ => (true, true),
        };
        prop_assert!(autapses || !within || whole.iter().all(|(i, j, _)| i != j));
        let pairs: std::collections::HashSet<_> = whole.iter().map(|&(i, j, _)| (i, j)).collect();
        prop_assert!(multapses || pairs.len() == whole.len());
        for &(i, j, e) in &whole {
            prop_assert!(p.from_ids.contains(&i) && p.to_ids.contains(&j));
            let (i64, j64) = (u64::from(i), u64::from(j));
            let no_self = |allowed: bool, id: u32| (within && !allowed).then_some(id);
            let expected = match p.rule {
                Rule::FixedInDegree { degree, seed, stride, offset, allow_autapses, allow_multapses } => {
                    let k = e - offset - j64 * stride;
                    let own = no_self(allow_autapses, j);
                    drawn(seed, e - k, degree, &p.from_ids, own, allow_multapses).get(k as usize) == Some(&i)
                }
                Rule::FixedOutDegree { degree, seed, stride, offset, allow_autapses, allow_multapses } => {
                    let k = e - offset - i64 * stride;
                    let own = no_self(allow_autapses, i);
                    drawn(seed, e - k, degree, &p.to_ids, own, allow_multapses).get(k as usize) == Some(&j)
                }
                Rule::FixedProbability { probability, seed, .. } => e == i64 * m + j64 && unit(seed, e) < probability,
                Rule::Matrix(_) => e == u64::from(j - p.to_ids.start) * u64::from(sources) + u64::from(i - p.from_ids.start),
                _ => e == i64 * m + j64,
            };
            prop_assert!(expected, "{:?} {i} {j} {e}", p.rule);
        }
        if let Rule::FixedProbability { probability, seed, .. } = p.rule {
            let pairs = p.from_ids.clone().flat_map(|i| p.to_ids.clone().map(move |j| (i, j)));
            let pairs = pairs.filter(|(i, j)| autapses || !within || i != j).map(|(i, j)| u64::from(i) * m + u64::from(j));
            prop_assert_eq!(pairs.filter(|&e| unit(seed, e) < probability).count(), whole.len());
        }
    }
}

/// Moments of drawn weights and delays over 200,000 counters; the tolerances are five standard
/// errors.
#[test]
fn weights_and_delays_have_their_distributions() {
    let mut projection = network_with(Rule::OneToOne, false, 0..1, 0..1).projections()[0].clone();
    let n = 200_000_u64;
    let moments = |projection: &Projection| {
        let values = || (0..n).map(|e| projection.weight(e));
        let mean = values().sum::<f64>() / n as f64;
        (mean, (values().map(|w| (w - mean).powi(2)).sum::<f64>() / n as f64).sqrt())
    };
    projection.weights = Weights::Normal { mean: -3.0, sd: 0.5, seed: 9, first: 4 };
    let (mean, sd) = moments(&projection);
    assert!(
        (mean + 3.0).abs() < 5.0 * 0.5 / (n as f64).sqrt() && (sd - 0.5).abs() < 5.0 * 0.5 / (2.0 * n as f64).sqrt()
    );
    projection.weights = Weights::Uniform { low: 1.0, high: 3.0, seed: 9, first: 0 };
    let (mean, sd) = moments(&projection);
    let exact = (4.0_f64 / 12.0).sqrt();
    assert!((mean - 2.0).abs() < 5.0 * exact / (n as f64).sqrt() && (sd - exact).abs() < 0.01);
    assert_eq!(projection.weight(7), 1.0 + 2.0 * unit(9, 7));
    projection.delays = Delays::Uniform { low: 3, high: 5, seed: 1, first: 100 };
    let counts = [3, 4, 5].map(|delay| (0..n).filter(|&e| projection.delay(e) == delay).count() as f64 / n as f64);
    assert!(counts.iter().all(|share| (share - 1.0 / 3.0).abs() < 0.006), "{counts:?}");
    projection.delays = Delays::Uniform { low: 1, high: u16::MAX, seed: 1, first: 0 };
    assert!((0..n).all(|e| projection.delay(e) >= 1));
}

fn compiled(text: &str) -> Compiled {
    let spec = NetworkSpec::from_ron(text).unwrap();
    compile::compile(&spec, Path::new("."), &Settings { files_anywhere: true, ..Settings::default() }).unwrap()
}

#[test]
fn the_example_of_the_documentation_is_a_network() {
    let lines = include_str!("../spec/mod.rs").lines().skip_while(|line| *line != "//! ```ron").skip(1);
    let example: Vec<&str> = lines.take_while(|line| *line != "//! ```").map(|line| &line[3..]).collect();
    let network = compiled(&example.join("\n")).network;
    assert_eq!((network.populations()[0].size, network.projections()[0].shortest_delay()), (2, 15));
}

/// A population of every model with everything left out that has a default.
#[test]
fn defaults_are_those_of_the_documentation() {
    let network = compiled(
        "(format: 1, dt_ms: 0.5, populations: [
            (name: \"if\", size: 1, neuron: If()), (name: \"lif\", size: 1, neuron: Lif()), (name: \"li\", size: 1, neuron: Li()),
            (name: \"cuba\", size: 1, neuron: CubaLif()), (name: \"alif\", size: 1, neuron: Alif()),
        ])",
    )
    .network;
    let leak = Leak { tau_ms: Some(20.0), rest_mv: 0.0, bias_mv: 0.0, dt_ms: 0.5, form: Form::Exact };
    let thresholds: Vec<&Threshold> = network.populations().iter().map(|p| &p.threshold).collect();
    let adaptive = Threshold::Adaptive { base: 20.0, jump: 2.0, retention: (-0.5_f64 / 100.0).exp() };
    let fixed = Threshold::Fixed(20.0);
    assert_eq!(thresholds, [&fixed, &fixed, &Threshold::Never, &fixed, &adaptive]);
    for (n, population) in network.populations().iter().enumerate() {
        let neuron = &population.neuron;
        assert_eq!(neuron.retention, if n == 0 { 1.0 } else { leak.coefficients().0 });
        assert_eq!((neuron.drive, neuron.reset, neuron.refractory), (0.0, Reset::To(0.0), 0));
        assert!(!neuron.strict && !neuron.keep_refractory_input && population.initial_mv == [0.0]);
        assert_eq!(neuron.receptors, [if n == 3 { leak.exponential(5.0, 1.0) } else { leak.delta() }]);
    }
}

#[test]
fn every_field_arrives() {
    let text = "(format: 1, name: \"all\", dt_ms: 0.5, duration_ms: 10, seed: 3,
        populations: [
            (
                name: \"a\", size: 4,
                neuron: Lif(
                    tau_m_ms: 10, v_rest_mv: -60, r_m_gohm: 2, bias_pa: 3, threshold: Cue(file: \"networks/none.csv\"),
                    reset: Soft, refractory_ms: 1.5, refractory_input: Keep, compare: Above, form: Discrete(decay_input: true),
                ),
                receptors: [Delta(name: \"d\"), Exponential(name: \"e\", tau_ms: 2)],
                initial: Constant(v_mv: -55),
            ),
        ],
        sources: [
            (name: \"list\", size: 2, emits: Spikes(at_ms: [(1.5, 1), (0.5, 0)], at_ticks: [(2, 0), (1, 0)])),
            (name: \"clock\", size: 1, emits: Regular(first_ms: 1, period_ms: 2.5)),
            (name: \"rate\", size: 2, emits: Rate(values: Values([0.25, 1]), max_rate_hz: 1000, seed: 5, stride: 7)),
            (name: \"latency\", size: 3, emits: Latency(values: Values([1, 0, 0.5]), first_ms: 1, window_ms: 10)),
        ],
        projections: [
            (
                from: \"a[1..3]\", to: \"a[..2]\", receptor: \"e\", rule: OneToOne,
                weight: Values([1, 2]), delay_ms: Values([0.5, 1.5]),
            ),
            (from: \"list\", to: \"a[2..]\", receptor: \"d\", rule: List([(0, 2), (1, 3)]), weight: Constant(2)),
        ],
        record: (spikes: [\"a[0..2]\"], membrane: [\"a\"], threshold: [\"a[1..2]\"], current: [\"a[3..4]\"]),
    )";
    let file = tempfile::NamedTempFile::with_suffix(".csv").unwrap();
    std::fs::write(file.path(), "1,2,3,4\n5,6,7,8\n").unwrap();
    let text = text.replace("networks/none.csv", file.path().to_str().unwrap());
    let spec = NetworkSpec::from_ron(&text).unwrap();
    assert_eq!(NetworkSpec::from_ron(&spec.to_ron()).unwrap(), spec, "{}", spec.to_ron());
    let Compiled { network, record, duration, seed, .. } = compiled(&text);
    assert_eq!((network.name(), duration, seed), ("all", Some(20), 3));
    let a = &network.populations()[0];
    let leak = Leak {
        tau_ms: Some(10.0),
        rest_mv: -60.0,
        bias_mv: 6.0,
        dt_ms: 0.5,
        form: Form::Discrete { decay_input: true },
    };
    let (retention, steady, drive) = leak.coefficients();
    let neuron = Neuron {
        retention,
        steady,
        drive,
        reset: Reset::Subtract,
        refractory: 3,
        keep_refractory_input: true,
        strict: true,
        receptors: vec![leak.delta(), leak.exponential(2.0, 2.0)],
    };
    assert_eq!((&a.neuron, &a.initial_mv[..]), (&neuron, &[-55.0][..]));
    assert_eq!(a.threshold, Threshold::Cue { values: (1..9).map(f64::from).collect(), width: 4 });
    let spikes = |n: usize| match &network.sources()[n].emits {
        Emits::Spikes(spikes) => spikes.to_vec(),
        other => panic!("{other:?}"),
    };
    assert_eq!(spikes(0), [(1, 0), (1, 0), (2, 0), (3, 1)]);
    assert!(matches!(network.sources()[1].emits, Emits::Regular { first: 2, period: 5 }));
    let Emits::Bernoulli { probability, seed: 5, stride: 7 } = &network.sources()[2].emits else { panic!() };
    assert_eq!(probability[..], [0.125, 0.5]);
    assert_eq!(spikes(3), [(2, 0), (12, 2)]);
    let edges: Vec<_> = network
        .projections()
        .iter()
        .flat_map(|p| {
            let mut edges = Vec::new();
            p.for_each_edge(&network, 0..4, |i, j, e| edges.push((i, j, p.weight(e), p.delay(e), p.receptor)));
            edges
        })
        .collect();
    assert_eq!(edges, [(1, 0, 1.0, 1, 1), (2, 1, 2.0, 3, 1), (0, 2, 2.0, 1, 0), (1, 3, 2.0, 1, 0)]);
    assert_eq!(record.spikes, [(Origin::Population(0), 0..2)]);
    let probes: Vec<_> = record.probes.iter().map(|p| (p.variable, p.neurons.clone())).collect();
    assert_eq!(
        probes,
        [(Variable::Membrane, vec![0, 1, 2, 3]), (Variable::Threshold, vec![1]), (Variable::Current, vec![3])]
    );
}

/// Streams are named: what is added elsewhere changes no draw, the run's seed changes all, a given
/// seed is kept.
#[test]
fn seeds_follow_from_the_run_and_the_name() {
    let text = |more: &str, seed: u64| {
        format!(
            "(format: 1, dt_ms: 1, seed: {seed}, populations: [{more}
                (name: \"a\", size: 9, neuron: Lif(), initial: Uniform(low_mv: 0, high_mv: 1))],
              sources: [(name: \"s\", size: 1, emits: Poisson(rate_hz: 5)), (name: \"t\", size: 1, emits: Poisson(rate_hz: 5, seed: 8))],
              projections: [(from: \"a\", to: \"a\", rule: FixedInDegree(degree: 3), weight: Normal(mean: 0, sd: 1),
                             delay_ms: Uniform(low: 1, high: 9))])"
        )
    };
    let seeds = |more: &str, seed| {
        let network = compiled(&text(more, seed)).network;
        let p = &network.projections()[0];
        let (
            Rule::FixedInDegree { seed: edges, .. },
            Weights::Normal { seed: weights, .. },
            Delays::Uniform { seed: delays, .. },
        ) = (&p.rule, &p.weights, &p.delays)
        else {
            panic!()
        };
        let [Emits::Poisson { seed: s, .. }, Emits::Poisson { seed: t, .. }] =
            [&network.sources()[0].emits, &network.sources()[1].emits]
        else {
            panic!()
        };
        let initial = network.populations().last().unwrap().initial_mv.clone();
        (initial, [*edges, *weights, *delays, *s, *t])
    };
    let (initial, one) = seeds("", 1);
    assert_eq!(seeds("(name: \"before\", size: 2, neuron: If()),", 1), (initial.clone(), one));
    let (other_initial, two) = seeds("", 2);
    assert!(initial != other_initial && (0..4).all(|n| one[n] != two[n]) && (one[4], two[4]) == (8, 8));
    assert!((0..5).all(|n| (0..n).all(|m| one[n] != one[m])));
    // By the documented rule, from its parts: FNV-1a of "a -> a/edges" by Python,
    // functools.reduce(lambda h, b: (h ^ b) * 0x100000001b3 % 2**64, b"a -> a/edges",
    // 0xcbf29ce484222325)
    assert_eq!(one[0], bits(1, FNV_OF_EDGES));
}

const FNV_OF_EDGES: u64 = 0x8971a05002cc2db1;

#[test]
fn components_cycles_and_order_are_found() {
    let compiled = compiled(
        "(format: 1, name: \"quoted \\\"name\\\"\", dt_ms: 0.5,
          populations: [(name: \"out\", size: 1, neuron: Li()), (name: \"e\", size: 2, neuron: Lif()), (name: \"i\", size: 2, neuron: Lif()),
                        (name: \"lone\", size: 1, neuron: Lif())],
          sources: [(name: \"in\", size: 2, emits: Regular(period_ms: 1))],
          projections: [
              (from: \"e\", to: \"out\", rule: AllToAll(), weight: Constant(1)),
              (from: \"e\", to: \"i\", rule: AllToAll(), weight: Constant(1), delay_ms: Constant(2)),
              (from: \"i\", to: \"e\", rule: AllToAll(), weight: Constant(-1), delay_ms: Uniform(low: 1.5, high: 3)),
              (from: \"e\", to: \"e\", rule: AllToAll(allow_autapses: false), weight: Constant(1), delay_ms: Constant(4)),
              (from: \"in\", to: \"e\", rule: OneToOne, weight: Constant(1)),
          ])",
    );
    let graph = graph::NetworkGraph::new(&compiled.network);
    let components = graph.components();
    let place = |origin| components.iter().position(|c| c.members.contains(&origin)).unwrap();
    let [out, e, i, lone] = [0, 1, 2, 3].map(Origin::Population);
    let both = &components[place(e)];
    assert_eq!((&both.members[..], both.recurrent, graph.shortest_cycle(both)), (&[e, i][..], true, Some(7)));
    assert!(place(Origin::Source(0)) < place(e) && place(e) < place(out));
    assert!(
        components.iter().filter(|c| c.recurrent).count() == 1
            && graph.shortest_cycle(&components[place(lone)]).is_none()
    );
    assert_eq!(graph.unreached(), ["lone"]);
    let dot = graph.to_dot();
    for part in [
        "digraph \"quoted \\\"name\\\"\"",
        "e\\n2 neurons",
        "in\\n2 regular",
        "n2 -> n1 [label=\"all to all\\n4 synapses\\n1.5 to 3 ms\", arrowhead=tee]",
    ] {
        assert!(dot.contains(part), "{part}\n{dot}");
    }
    let info = info::Info::new(&compiled);
    assert!(!info.feed_forward && info.synapses == 2 + 4 + 4 + 2 + 2 && info.projections[3].fan_in.max == Some(1));
    assert!(info.to_string().contains("e, i, shortest cycle 3.5000 ms"), "{info}");
}

/// Twenty thousand populations in a ring: nothing recurses and nothing grows with the square.
#[test]
fn large_graphs_are_walked() {
    const N: usize = 20_000;
    let populations: String = (0..N).map(|n| format!("(name: \"p{n}\", size: 1, neuron: Li()),")).collect();
    let edge = |n: usize| format!("(from: \"p{n}\", to: \"p{}\", rule: OneToOne, weight: Constant(1)),", (n + 1) % N);
    let projections: String = (0..N).map(edge).collect();
    let ring = compiled(&format!("(format: 1, dt_ms: 1, populations: [{populations}], projections: [{projections}])"));
    let info = info::Info::new(&ring);
    assert!(info.order.len() == 1 && info.order[0].recurrent && info.order[0].shortest_cycle_ms.is_none());
}

/// Of each shipped network: synapses, at most so many bytes, and that nothing is refused.
#[test]
fn shipped_networks_are_described() {
    for (name, synapses, feed_forward) in [
        ("cuba4k", 319_468, false),
        ("random", 1_010_000, false),
        ("feedforward", 415_744, true),
        ("alif", 0, true),
        ("threshold_decay", 1, true),
    ] {
        let info = info::Info::new(&shipped(name));
        assert_eq!((info.synapses, info.feed_forward), (synapses, feed_forward), "{name}");
        assert!(info.memory_bytes >= 12 * synapses * 99 / 100, "{name}");
    }
}

/// A neuron with parameters of its own is the neuron that a population with these parameters has.
#[test]
fn each_neuron_has_its_own_parameters() {
    let population = |neuron: &str, each: &str| {
        compiled(&format!(
            "(format: 1, dt_ms: 0.5, seed: 5, populations: [(name: \"p\", size: 3, neuron: {neuron}, each: ({each}))])"
        ))
        .network
        .populations()[0]
            .clone()
    };
    let each = "tau_m_ms: Values([5, 10, 20]), tau_syn_ms: Values([1, 2, 3]), v_rest_mv: Values([-1, -2, -3]), \
                r_m_gohm: Values([1, 2, 4]), bias_pa: Values([0, 1, 2]), v_th_mv: Values([10, 20, 30]), \
                v_reset_mv: Values([-4, -5, -6]), refractory_ms: Values([0, 1, 2])";
    let many = population("CubaLif(compare: Above)", each);
    let own = many.each.as_ref().unwrap();
    assert_eq!(own.thresholds, [10.0, 20.0, 30.0]);
    for (j, neuron) in own.neurons.iter().enumerate() {
        let of = |values: [f64; 3]| values[j];
        let alone = format!(
            "CubaLif(tau_m_ms: {}, tau_syn_ms: {}, v_rest_mv: {}, r_m_gohm: {}, bias_pa: {}, reset: Hard(v_reset_mv: {}), \
             refractory_ms: {}, compare: Above)",
            of([5.0, 10.0, 20.0]),
            of([1.0, 2.0, 3.0]),
            of([-1.0, -2.0, -3.0]),
            of([1.0, 2.0, 4.0]),
            of([0.0, 1.0, 2.0]),
            of([-4.0, -5.0, -6.0]),
            of([0.0, 1.0, 2.0])
        );
        let text = format!("(format: 1, dt_ms: 0.5, populations: [(name: \"p\", size: 1, neuron: {alone})])");
        assert_eq!(*neuron, compiled(&text).network.populations()[0].neuron);
    }
    let drawn = population("If()", "bias_pa: Uniform(low: 1, high: 3, seed: 7, first: 2)");
    let biases: Vec<f64> = drawn.each.unwrap().neurons.iter().map(|neuron| neuron.drive / 0.5).collect();
    assert_eq!(biases, [2, 3, 4].map(|counter| 1.0 + 2.0 * unit(7, counter)));

    for (neuron, each, said) in [
        (
            "If()",
            "tau_m_ms: Values([1, 2, 3])",
            "populations[0].each.tau_m_ms: is no parameter here: the model has no leak",
        ),
        ("Li()", "v_th_mv: Values([1, 2, 3])", "populations[0].each.v_th_mv: is no parameter here"),
        ("Lif(reset: Soft)", "v_reset_mv: Values([1, 2, 3])", "populations[0].each.v_reset_mv: is no parameter"),
        ("Lif()", "tau_syn_ms: Values([1, 2, 3])", "populations[0].each.tau_syn_ms: is no parameter here"),
        ("Lif()", "tau_m_ms: Values([1, 2])", "populations[0].each.tau_m_ms: 2 values: expected 3, one per neuron"),
        (
            "Lif()",
            "tau_m_ms: Values([1, 0, 2])",
            "populations[0].each.tau_m_ms: of neuron 1: 0: expected a number above 0",
        ),
        (
            "Lif()",
            "v_th_mv: Values([1, -1, 2])",
            "populations[0].each.v_th_mv: 0: expected a membrane below the threshold",
        ),
        (
            "Lif(compare: Above)",
            "v_th_mv: Values([0, -1, 2])",
            "populations[0].each.v_th_mv: 0: expected a membrane below the threshold, -1 mV",
        ),
        ("Lif()", "r_m_gohm: Uniform(low: 2, high: 1)", "populations[0].each.r_m_gohm.high: 1: expected at least low"),
    ] {
        let text =
            format!("(format: 1, dt_ms: 0.5, populations: [(name: \"p\", size: 3, neuron: {neuron}, each: ({each}))])");
        let spec = NetworkSpec::from_ron(&text).unwrap();
        let problem = compile::compile(&spec, Path::new("."), &Settings::default()).unwrap_err().to_string();
        assert!(problem.starts_with(said), "{each}: {problem}");
    }
}
