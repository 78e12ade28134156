//! Speed of the hybrid model at its default width on clip averages: a training step on 256 positive
//! and 256 negative clips, inference of 256 clips by both drivers, the Tucker fusion alone, and the
//! choice of gamma. Prints the model first, so that a peer can build the same.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use rand::RngExt as _;
use spikefuse::base::rng::Streams;
use spikefuse::data::{Clips, Features};
use spikefuse::hybrid::config::{Config, ModelConfig, TrainingConfig};
use spikefuse::hybrid::fusion::{Cube, Slice};
use spikefuse::hybrid::gzsl::{Candidates, Scored};
use spikefuse::hybrid::model::{Dimensions, Hybrid, Stft, set_input_statistics};
use spikefuse::hybrid::tensor::{Graph, Var};
use spikefuse::hybrid::train::{Sampler, Stage};
use spikefuse::spiking::Driver;
use std::hint::black_box;
use std::time::Duration;

const CLASSES: usize = 50;
const DIMENSIONS: Dimensions = Dimensions { audio: 512, video: 512, words: 300, temporal: false };

/// `n` numbers, uniform in ±1.
fn noise(name: &str, n: usize) -> Vec<f32> {
    let mut rng = Streams::new(0).stream(name, 0);
    (0..n).map(|_| rng.random_range(-1.0..1.0)).collect()
}

fn clips(n: usize) -> Clips {
    let features = |name, dim| Features::new(dim, (0..=n).collect(), noise(name, n * dim)).unwrap();
    Clips {
        ids: (0..n).map(|clip| clip.to_string()).collect(),
        labels: (0..n).map(|clip| clip % CLASSES).collect(),
        audio: features("audio", DIMENSIONS.audio),
        video: features("video", DIMENSIONS.video),
    }
}

fn model(criterion: &mut Criterion) {
    let config = Config {
        model: ModelConfig { width: 300, time_steps: 10, ..ModelConfig::default() },
        training: TrainingConfig { batch: 256, ..TrainingConfig::default() },
    };
    let model = Stft { config: config.model.clone(), dimensions: DIMENSIONS };
    println!("model {}", serde_json::to_string(&model).unwrap());
    println!("training {}", serde_json::to_string(&config.training).unwrap());
    println!("classes {CLASSES}");

    let training_clips = clips(2000);
    let words = noise("words", CLASSES * DIMENSIONS.words);
    let vectors: Vec<&[f32]> = words.chunks_exact(DIMENSIONS.words).collect();
    let sampler = Sampler::new(&training_clips, false);
    let mut stage = Stage::new(&config, &model, Streams::new(0), 1, Vec::new());
    set_input_statistics(&model, &mut stage.parameters, &training_clips, &vectors).unwrap();

    let mut group = criterion.benchmark_group("model");
    group.sample_size(10).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(4));
    group.bench_function("step", |bencher| {
        bencher.iter(|| stage.step(&config, &model, &training_clips, &sampler, &vectors, false).unwrap());
    });
    let network = Hybrid::new(&model, &stage.parameters).unwrap();
    let test_clips = clips(256);
    for (name, driver) in [("event", Driver::Event), ("clock", Driver::Clock)] {
        group.bench_function(BenchmarkId::new("infer", name), |bencher| {
            bencher.iter(|| network.infer(black_box(&test_clips), driver, |_| ()).unwrap());
        });
    }
    group.finish();
}

fn fusion(criterion: &mut Criterion) {
    let ModelConfig { width, slice_width, scales, .. } = ModelConfig::default();
    let graph = Graph::inference();
    let var = |name, rows, cols| -> Var<f32> { graph.constant(rows, cols, graph.copied(&noise(name, rows * cols))) };
    let (r, s) = (var("r", 256, width), var("s", 256, width));
    let mut group = criterion.benchmark_group("fusion");
    group.sample_size(20).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    for scale in scales {
        let slice = Slice {
            semantic: var("semantic", slice_width, width),
            spiking: var("spiking", slice_width, width),
            slices_semantic: var("slices_semantic", scale * slice_width, slice_width),
            slices_spiking: var("slices_spiking", scale * slice_width, slice_width),
            out: var("out", width, slice_width),
        };
        let cube = Cube {
            semantic: var("semantic", scale, width),
            spiking: var("spiking", scale, width),
            core: var("core", scale, scale * scale),
            out: var("out", width, scale),
        };
        group.bench_function(BenchmarkId::new("slice", scale), |b| b.iter(|| slice.fuse(&Graph::inference(), &r, &s)));
        group.bench_function(BenchmarkId::new("cube", scale), |b| b.iter(|| cube.fuse(&Graph::inference(), &r, &s)));
    }
    group.finish();
}

fn metric(criterion: &mut Criterion) {
    let (clips, classes) = (10_000, 100);
    let seen: Vec<usize> = (0..classes / 2).collect();
    let unseen: Vec<usize> = (classes / 2..classes).collect();
    let candidates = Candidates::new(&seen, &unseen);
    let labels: Vec<usize> = (0..clips).map(|clip| clip % classes).collect();
    // A clip is nearer to its own class, and to seen classes, than to others.
    let mut distances = noise("distances", clips * classes);
    for (row, &label) in distances.chunks_exact_mut(classes).zip(&labels) {
        row[label] -= 0.5;
        row[..classes / 2].iter_mut().for_each(|distance| *distance -= 0.3);
    }
    let training = Config::default().training;
    let mut group = criterion.benchmark_group("metric");
    group.sample_size(10).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(2));
    group.bench_function("gamma", |bencher| {
        bencher.iter(|| Scored::new(black_box(&distances), &labels, &candidates).best(&training));
    });
    group.finish();
}

criterion_group!(benches, model, fusion, metric);
criterion_main!(benches);
