//! Speed of both drivers on the reference network: one clip of 4 ticks on one thread, and 256 clips
//! of 10 ticks on rayon's threads. Prints the spikes of both layers first, so that a peer can check
//! that it ran the same.

mod network;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use network::{KINDS, inputs, parameters, stack};
use spikefuse::spiking::Driver;
use spikefuse::spiking::neuron::Reset;
use spikefuse::spiking::stack::{ClipInput, Input, Scratch, run, run_batch};
use std::hint::black_box;
use std::time::Duration;

fn inference(criterion: &mut Criterion) {
    for (clips, ticks) in [(1, 4), (256, 10)] {
        let mut group = criterion.benchmark_group(format!("{clips}x{ticks}"));
        group.sample_size(20).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
        for kind in KINDS {
            let stack = stack(&parameters(kind.ranges), Reset::To(0.0), true);
            let trains = inputs(kind.rate, clips, ticks);
            let batch: Vec<ClipInput> = trains.iter().map(|train| ClipInput::new(Input::Spikes(train))).collect();
            let runs = run_batch(&stack, Driver::Event, &batch, ticks).unwrap();
            let spikes = |layer: usize| runs.iter().map(|run| run.counts[layer].spikes).sum::<u64>();
            println!("spikes {clips}x{ticks} {} {} {}", kind.name, spikes(0), spikes(1));
            for (name, driver) in [("event", Driver::Event), ("clock", Driver::Clock)] {
                group.bench_function(BenchmarkId::new(name, kind.name), |bencher| {
                    let mut scratch = Scratch::default();
                    match batch.as_slice() {
                        [clip] => {
                            bencher.iter(|| run(&stack, driver, black_box(clip), ticks, &mut scratch, None).unwrap());
                        }
                        batch => bencher.iter(|| run_batch(&stack, driver, black_box(batch), ticks).unwrap()),
                    }
                });
            }
        }
        group.finish();
    }
}

/// What counting costs: 256 clips of 10 ticks on one thread, with counts and without.
fn counting(criterion: &mut Criterion) {
    const CLIPS: usize = 256;
    const TICKS: usize = 10;
    let mut group = criterion.benchmark_group("counting");
    group.sample_size(30).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(2));
    for kind in KINDS {
        let stack = stack(&parameters(kind.ranges), Reset::To(0.0), true);
        let trains = inputs(kind.rate, CLIPS, TICKS);
        for (name, mut scratch) in [("on", Scratch::default()), ("off", Scratch::uncounted())] {
            group.bench_function(BenchmarkId::new(name, kind.name), |bencher| {
                bencher.iter(|| {
                    for train in &trains {
                        let clip = ClipInput::new(Input::Spikes(train));
                        run(&stack, Driver::Event, black_box(&clip), TICKS, &mut scratch, None).unwrap();
                    }
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, inference, counting);
criterion_main!(benches);
