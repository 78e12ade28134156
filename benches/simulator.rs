//! Speed of the drivers on networks of `networks/`: 1000 ticks of each, and of a network in which
//! nothing happens.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use spikefuse::network::compile::{NetworkFile, Settings};
use spikefuse::network::{Emits, NetworkParts};
use spikefuse::recording::Ignore;
use spikefuse::simulator::Simulation;
use spikefuse::spiking::Driver;
use spikefuse::spiking::Tick;
use std::path::Path;

const TICKS: Tick = 1000;

fn networks(criterion: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("networks");
    let mut group = criterion.benchmark_group("network");
    group.sample_size(10);
    for name in ["cuba4k", "feedforward", "random", "silent"] {
        let file = if name == "silent" { "delta100k" } else { name };
        let compiled = NetworkFile::read(&folder.join(format!("{file}.ron"))).unwrap().compile(&Settings::default());
        let mut network = compiled.unwrap().network;
        if name == "silent" {
            let silence = |parts: &mut NetworkParts| {
                parts.sources.iter_mut().for_each(|source| source.emits = Emits::Spikes([].into()));
                parts.populations.iter_mut().for_each(|population| population.initial_mv = vec![0.0]);
            };
            network = network.edit(silence).unwrap();
        }
        for driver in [Driver::Event, Driver::Clock, Driver::Auto] {
            // The simulation goes on from where the last one ended: building it costs more than
            // running it.
            let mut simulation = Simulation::new(&network, driver, 1, Vec::new()).unwrap();
            group.bench_function(BenchmarkId::new(name, format!("{driver:?}")), |bencher| {
                bencher.iter(|| simulation.run(simulation.now() + TICKS, &mut Ignore, &mut |_| {}).unwrap());
            });
        }
    }
    group.finish();
}

/// What memory allows the clock-driven driver on cuba4k and cuba40k: the arithmetic of a tick on
/// membranes and two currents, and nothing else, for 1000 ticks.
fn limit(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("limit");
    group.sample_size(10);
    for neurons in [2000, 4000, 20_000, 40_000] {
        let mut state = [vec![0.0_f64; neurons], vec![0.0; neurons], vec![0.0; neurons]];
        group.bench_function(BenchmarkId::from_parameter(neurons), |bencher| {
            bencher.iter(|| {
                // Currents that had decayed for long would be subnormal numbers, which are slow.
                state.iter_mut().for_each(|values| values.fill(1.0));
                (0..TICKS).for_each(|_| pulp::Arch::new().dispatch(|| tick(&mut state)));
            });
        });
    }
    group.finish();
}

#[inline(always)]
fn tick([v, g, h]: &mut [Vec<f64>; 3]) {
    for ((v, g), h) in v.iter_mut().zip(g).zip(h) {
        *v = 0.995 * *v + (0.004 * *g + 0.004 * *h - 0.245);
        *g *= 0.98;
        *h *= 0.99;
    }
}

criterion_group!(benches, networks, limit);
criterion_main!(benches);
