//! Speed of the drivers on networks of `networks/`: 1000 ticks of each, and of a network in which nothing happens.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use spikefuse::event::Tick;
use spikefuse::network::compile::{NetworkFile, Settings};
use spikefuse::recording::Ignore;
use spikefuse::simulator::{Driver, Simulation};
use std::path::Path;
use std::sync::Arc;

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
            network.sources.iter_mut().for_each(|source| {
                source.emits = spikefuse::network::Emits::Spikes([].into());
            });
            network.populations.iter_mut().for_each(|population| population.initial_mv = vec![0.0]);
        }
        let network = Arc::new(network);
        for driver in [Driver::Event, Driver::Clock, Driver::Auto] {
            // The simulation goes on from where the last one ended: building it costs more than running it.
            let mut simulation = Simulation::new(network.clone(), driver, 1, Vec::new()).unwrap();
            group.bench_function(BenchmarkId::new(name, format!("{driver:?}")), |bencher| {
                bencher.iter(|| simulation.run(simulation.now() + TICKS, &mut Ignore, &mut |_| {}).unwrap());
            });
        }
    }
    group.finish();
}

criterion_group!(benches, networks);
criterion_main!(benches);
