//! Neurons in fixed point against a loop over whole numbers.

use super::by_hand::network;
use super::{Keep, run};
use crate::energy::{DataType, Kind};
use crate::network::Network;
use crate::recording::{Ignore, Probe, Variable};
use crate::simulator::Simulation;
use crate::spiking::{Driver, Tick};
use std::path::Path;

const NEURONS: usize = 150;
const TICKS: Tick = 400;
const DELAYS: [Tick; 2] = [2, 5];

/// A weight from one neuron to another of the ring: to the next one and to one farther on.
const WEIGHTS: [i64; 2] = [35, -20];

/// Neurons that excite the next and inhibit the seventh; the first is driven from outside for a while.
fn ring(neuron: &str) -> Network {
    let list = |step: usize| {
        let edges: Vec<String> = (0..NEURONS).map(|i| format!("({i}, {})", (i + step) % NEURONS)).collect();
        format!("List([{}])", edges.join(", "))
    };
    let ticks: Vec<String> = (0..100).map(|n| format!("({}, 0)", 3 * n)).collect();
    let text = format!(
        r#"(format: 1, dt_ms: 1,
        populations: [(name: "ring", size: {NEURONS}, neuron: FixedPointCubaLif({neuron}), initial: Constant(v_mv: -700))],
        sources: [(name: "drive", size: 1, emits: Spikes(at_ticks: [{}]))],
        projections: [
            (from: "drive", to: "ring[0..3]", rule: AllToAll(), weight: Constant(60)),
            (name: "next", from: "ring", to: "ring", rule: {}, weight: Constant({}), delay_ms: Constant({})),
            (name: "far", from: "ring", to: "ring", rule: {}, weight: Constant({}), delay_ms: Constant({})),
        ])"#,
        ticks.join(", "),
        list(1),
        WEIGHTS[0],
        DELAYS[0],
        list(7),
        WEIGHTS[1],
        DELAYS[1],
    );
    network(&text, Path::new("."))
}

/// The equations, in the plainest form. `reset` is none where the threshold is subtracted.
fn by_loop([du, dv, v_th]: [i64; 3], reset: Option<i64>) -> (Vec<(Tick, u32)>, Vec<[i64; 2]>) {
    let decay = |z: i64, d: i64| z.signum() * ((z.abs() * (4096 - d)) >> 12);
    let (mut u, mut v) = (vec![0; NEURONS], vec![-700; NEURONS]);
    let (mut spikes, mut seen): (Vec<(Tick, u32)>, _) = (Vec::new(), Vec::new());
    for tick in 0..TICKS {
        let mut input = vec![0; NEURONS];
        if tick >= 1 && (tick - 1).is_multiple_of(3) && tick - 1 < 300 {
            (0..3).for_each(|j| input[j] += 60);
        }
        for &(at, id) in &spikes {
            for ((delay, step), weight) in DELAYS.iter().zip([1, 7]).zip(WEIGHTS) {
                if at + delay == tick {
                    input[(id as usize + step) % NEURONS] += weight;
                }
            }
        }
        for j in 0..NEURONS {
            u[j] = decay(u[j], du) + (input[j] << 6);
            v[j] = decay(v[j], dv) + u[j];
            if v[j] > v_th {
                v[j] = reset.unwrap_or(v[j] - v_th);
                spikes.push((tick, j as u32));
            }
        }
        seen.push([v[3], u[3]]);
    }
    (spikes, seen)
}

#[test]
fn fixed_point_neurons_do_what_whole_numbers_say() {
    for (numbers, reset, text) in [
        ([410, 300, 4096], Some(0), ""),
        ([4096, 0, 3000], Some(-100), ", reset: Hard(v_reset_mv: -100)"),
        ([0, 410, 50_000], None, ", reset: Soft"),
        ([1500, 4096, -900], None, ", reset: Soft"),
    ] {
        let [du, dv, v_th] = numbers;
        let network = ring(&format!("current_decay: {du}, voltage_decay: {dv}, v_th: {v_th}{text}"));
        let (expected, seen) = by_loop(numbers, reset);
        assert!(expected.len() > 300, "there is activity");
        let probe = |variable| Probe { variable, population: 0, neurons: vec![3] };
        let probes = [probe(Variable::Membrane), probe(Variable::Current)];
        let mut first: Option<Keep> = None;
        for driver in [Driver::Event, Driver::Clock, Driver::Auto] {
            for parts in [1, 2, 5] {
                let keep = run(&network, driver, parts, &[130, TICKS], &probes);
                let spikes = keep.spikes.iter().flat_map(|(tick, _, ids)| ids.iter().map(|&id| (*tick, id)));
                assert!(spikes.eq(expected.iter().copied()), "{numbers:?}, {driver:?}, {parts} parts");
                let values = keep.values.chunks(2).map(|pair| [0, 1].map(|n| f64::from_bits(pair[n].2[0]) as i64));
                assert!(values.eq(seen.iter().copied()), "{numbers:?}, {driver:?}, {parts} parts");
                assert!(*first.get_or_insert_with(|| run(&network, driver, parts, &[TICKS], &probes)) == keep);
            }
        }
    }
}

#[test]
fn fixed_point_neurons_go_on_from_checkpoints() {
    let network = ring("current_decay: 410, voltage_decay: 300, v_th: 4096");
    let simulation = |driver, threads| Simulation::new(&network, driver, threads, Vec::new()).unwrap();
    for driver in [Driver::Event, Driver::Clock, Driver::Auto] {
        let (mut whole, mut keep) = (Keep::default(), Keep::default());
        let mut uninterrupted = simulation(driver, 1);
        uninterrupted.run(TICKS, &mut whole, &mut |_| {}).unwrap();
        let mut before = simulation(driver, 1);
        before.run(150, &mut keep, &mut |_| {}).unwrap();
        let mut checkpoint = before.checkpoint();
        let mut after = simulation(driver, 2);
        after.restore(&checkpoint).unwrap();
        after.run(TICKS, &mut keep, &mut |_| {}).unwrap();
        assert!(keep == whole, "{driver:?}");
        assert_eq!(after.counts(), uninterrupted.counts(), "{driver:?}");
        checkpoint.populations[0].floats_mut("membranes", NEURONS)[7] = 0.5;
        assert!(simulation(driver, 1).restore(&checkpoint).is_err());
    }
}

/// Neurons at rest are left out event-driven, and operations have the types of their numbers.
#[test]
fn operations_of_fixed_point_neurons_have_their_types() {
    let text = |precision: &str| {
        format!(
            r#"(format: 1, dt_ms: 1,
            populations: [(name: "p", size: 20, neuron: FixedPointCubaLif(current_decay: 4096, voltage_decay: 2048, v_th: 100))],
            sources: [(name: "s", size: 1, emits: Spikes(at_ticks: [(5, 0)]))],
            projections: [(from: "s", to: "p[0..3]", rule: OneToOne, weight: Constant(1){precision})])"#
        )
        .replace("p[0..3]", "p[0]")
    };
    for (precision, weights) in [("", DataType::Int32), (", precision: Int8(1)", DataType::Int8)] {
        let network = network(&text(precision), Path::new("."));
        let mut simulation = Simulation::new(&network, Driver::Event, 1, Vec::new()).unwrap();
        simulation.run(50, &mut Ignore, &mut |_| {}).unwrap();
        // 64, 32, 16, 8, 4, 2, 1, 0: the eighth step leads to rest.
        assert_eq!(simulation.counts()[0].membrane_updates, 8);
        let ledger = simulation.ledger();
        let count = |kind, data_type| ledger.count(kind, |entry| entry.data_type == data_type);
        assert_eq!((count(Kind::Ac, weights), ledger.count(Kind::Ac, |_| true)), (1, 1));
        for kind in [Kind::Multiply, Kind::Add, Kind::Compare] {
            assert_eq!((count(kind, DataType::Int32), ledger.count(kind, |_| true)), (8, 8), "{kind}");
        }
    }
}
