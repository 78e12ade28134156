//! Training as a whole: everything moves, nothing depends on the thread count, an interrupted run
//! ends where an uninterrupted one does.

use spikefuse::base::rng::Streams;
use spikefuse::data::{Clips, Dataset, Part};
use spikefuse::energy::add_operators;
use spikefuse::hybrid::config::{Config, Fusion, ModelConfig, ThresholdMode, TrainingConfig};
use spikefuse::hybrid::model::{Activity, Dimensions, Hybrid, Stft, clip_batch, declarations};
use spikefuse::hybrid::parameters::{ByModality, MODALITIES, Parameters, Pass};
use spikefuse::hybrid::tensor::Graph;
use spikefuse::hybrid::train::{Sampler, Stage, StepReport, train};
use spikefuse::spiking::Driver;

/// Small enough to train in seconds, with every part in it.
fn small() -> Config {
    Config {
        model: ModelConfig {
            width: 24,
            encoder_hidden: 32,
            embedding: 16,
            heads: 2,
            head_dim: 8,
            slots: 2,
            segments: 2,
            time_steps: 4,
            semantic_rank: 4,
            scales: vec![3, 5],
            slice_width: 8,
            joint_mlp: 16,
            skip: true,
            linear_members: 2,
            ..ModelConfig::default()
        },
        training: TrainingConfig { epochs: 2, batches_per_epoch: 3, batch: 16, ..TrainingConfig::default() },
    }
}

fn model(config: &Config, clips: &Clips, words: usize) -> Stft {
    let dimensions = Dimensions { audio: clips.audio.dim(), video: clips.video.dim(), words, temporal: true };
    Stft { config: config.model.clone(), dimensions }
}

/// A stage of `config` on the embedded set after `steps` steps, with what the last one reported.
fn stepped(config: &Config, steps: usize) -> (Stft, Parameters<f32>, Stage, StepReport) {
    let dataset = Dataset::embedded(0);
    let clips = dataset.load(Part::Stage1Train).unwrap();
    let model = model(config, &clips, dataset.vector_dim());
    let mut stage = Stage::new(config, &model, Streams::new(1), 1, Vec::new());
    stage.set_statistics(&model, &dataset, &clips).unwrap();
    let before = stage.parameters.clone();
    let sampler = Sampler::new(&clips, false);
    let vectors: Vec<&[f32]> = sampler.classes().iter().map(|&c| dataset.vector(c).unwrap()).collect();
    let mut step = || stage.step(config, &model, &clips, &sampler, &vectors, true).unwrap();
    let mut report = step();
    for _ in 1..steps {
        report = step();
    }
    (model, before, stage, report)
}

#[test]
fn after_one_step_every_tensor_has_changed() {
    for fusion in [Fusion::Slice, Fusion::Cube, Fusion::Concatenation, Fusion::SemanticOnly] {
        let mut config = small();
        config.model.fusion = fusion;
        // Without weight decay only a gradient can move a tensor.
        config.training.weight_decay = 0.0;
        let (_, before, stage, _) = stepped(&config, 1);
        for (old, new) in before.entries().iter().zip(stage.parameters.entries()) {
            let name = &new.declaration.name;
            let fixed = name.starts_with("input.");
            assert_eq!(old.values == new.values, fixed, "{fusion:?}: {name}");
        }
    }
}

/// The ablation runs through: a model without a spiking branch has nothing of it, nor counts
/// anything of it.
#[test]
fn a_model_without_spikes_is_trained_and_validated() {
    let mut config = small();
    config.model.fusion = Fusion::SemanticOnly;
    let dataset = Dataset::embedded(0);
    let trained = train(&config, &dataset, 1, None, &mut ()).unwrap();
    let network = Hybrid::new(&trained.model, &trained.parameters).unwrap();
    let inferred = network.infer(&dataset.load(Part::Stage1ValUnseen).unwrap(), Driver::Event, |_| ()).unwrap();
    assert!(inferred.activity.is_none());
    assert!(inferred.dense.iter().all(|o| !o.layer.starts_with("spiking")), "{:?}", inferred.dense);
}

/// Counts are sums over clips: neither threads nor how clips are put together change one.
#[test]
fn counts_do_not_depend_on_threads_or_batches() {
    let (model, parameters, _, _) = stepped(&small(), 1);
    let network = Hybrid::new(&model, &parameters).unwrap();
    let clips = Dataset::embedded(0).load(Part::Stage1ValUnseen).unwrap();
    let whole = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| network.infer(&clips, Driver::Event, |_| ()).unwrap())
    };
    let (one, three) = (whole(1), whole(3));
    assert_eq!(
        (&one.dense, &one.activity.as_ref().unwrap().layers),
        (&three.dense, &three.activity.as_ref().unwrap().layers)
    );
    let mut dense = Vec::new();
    let mut spiking = Activity::new(&model);
    for clip in 0..clips.len() {
        let graph = Graph::inference();
        let prepared = network.prepare(&graph, &clips, &[clip]).unwrap();
        let runs = network.spike(network.stacks().unwrap(), &prepared, Driver::Event).unwrap();
        let s = network.join_time(&graph, &runs, &mut spiking);
        network.finish(&graph, &prepared, Some(&s));
        add_operators(&mut dense, graph.take_costs());
    }
    assert_eq!(dense, one.dense);
    let whole = one.activity.unwrap();
    assert_eq!((spiking.layers, spiking.factor_cost), (whole.layers, whole.factor_cost));
}

/// The model's embedding in front, then each member's, by hand; so scaled that the squared distance
/// of a clip and a class is the mean of theirs.
#[test]
fn linear_members_stand_beside_the_model() {
    let (model, _, stage, _) = stepped(&small(), 3);
    let dataset = Dataset::embedded(0);
    let clips = dataset.load(Part::Stage1ValUnseen).unwrap();
    let network = Hybrid::new(&model, &stage.parameters).unwrap();
    let inferred = network.infer(&clips, Driver::Event, |_| ()).unwrap();
    let vectors = [dataset.vector(0).unwrap(), dataset.vector(1).unwrap()];
    let (words, word_costs) = network.embed_classes(&vectors);
    let size = 3 * 16;
    assert_eq!((words.len(), inferred.embeddings.video.len()), (2 * size, clips.len() * size));
    for part in words.chunks_exact(16).chain(inferred.embeddings.video.chunks_exact(16)) {
        let squared: f32 = part.iter().map(|x| x * x).sum();
        assert!((squared - 1.0 / 3.0).abs() < 1e-5, "{squared}");
    }

    let get = |name: &str| stage.parameters.get(name).values.clone();
    let [mean, deviation] = ["mean", "std"].map(|part| get(&format!("input.video.{part}")));
    let [weight, bias] = ["weight", "bias"].map(|part| get(&format!("member2.video.linear.{part}")));
    let [scale, shift, center, variance] =
        ["weight", "bias", "running_mean", "running_var"].map(|part| get(&format!("member2.video.norm.{part}")));
    let graph = Graph::<f32>::inference();
    let batch = clip_batch(&graph, &model, &stage.parameters, &clips, ByModality { audio: &[0], video: &[0] });
    let dim = mean.len();
    assert!(deviation.iter().all(|&d| d > 0.0));
    let x: Vec<f32> = (0..dim).map(|j| (0..2).map(|row| batch.segments.video.row(row)[j]).sum::<f32>() / 2.0).collect();
    let theta: Vec<f32> = (0..16)
        .map(|i| bias[i] + weight[i * dim..][..dim].iter().zip(&x).map(|(w, x)| w * x).sum::<f32>())
        .enumerate()
        .map(|(i, y)| shift[i] + scale[i] * (y - center[i]) / (variance[i] + 1e-5).sqrt())
        .collect();
    let length = (3.0 * theta.iter().map(|x| x * x).sum::<f32>()).sqrt();
    for (found, expected) in inferred.embeddings.video[32..48].iter().zip(&theta) {
        assert!((found - expected / length).abs() < 1e-4, "{found} {expected}");
    }

    // Putting them side by side is a multiplication a value, and the members' products are filed as
    // all others are.
    let of = |operators: &[spikefuse::energy::DenseOperator], layer: &str| {
        let found: Vec<_> = operators.iter().filter(|o| o.layer == layer).map(|o| o.cost).collect();
        (found.iter().map(|c| c.multiplies).sum::<u64>(), found.iter().map(|c| c.macs).sum::<u64>())
    };
    let n = clips.len() as u64;
    assert_eq!(of(&inferred.dense, "members").0, 2 * n * size as u64);
    assert_eq!(of(&word_costs, "members").0, 2 * size as u64);
    assert_eq!(of(&inferred.dense, "member1.video.linear").1, n * 16 * dim as u64);
    for norm in ["member1.audio.norm", "member1.video.norm"] {
        assert_eq!(of(&inferred.dense, norm), (n * 16, 2 * n * 16), "{norm}: normalisation, then unit length");
    }
}

#[test]
fn options_change_what_is_declared_and_run() {
    let ablations: [fn(&mut ModelConfig); 7] = [
        |m| m.time_steps = 1,
        |m| m.segments = 1,
        |m| m.threshold = ThresholdMode::Fixed,
        |m| m.glp = false,
        |m| m.time_step_factor = false,
        |m| m.skip = false,
        |m| m.linear_members = 0,
    ];
    for ablate in ablations {
        let mut config = small();
        ablate(&mut config.model);
        let (_, before, stage, report) = stepped(&config, 1);
        assert!(report.loss.is_finite());
        let m = &config.model;
        let has = |part: &str| before.entries().iter().any(|e| e.declaration.name.contains(part));
        assert_eq!(has("threshold"), m.threshold == ThresholdMode::Dynamic);
        assert_eq!(has("glp_beta"), m.glp);
        assert_eq!(has("time_step."), m.time_step_factor);
        assert_eq!(has("skip."), m.skip);
        assert_eq!(has("member2.") && !has("member3."), m.linear_members == 2);
        assert_eq!(report.rates.iter().flatten().map(Vec::len).sum::<usize>(), 6 * m.time_steps);
        assert_eq!(stage.progress.steps, 1);
    }
}

/// A batch norm whose running statistics mix the steps, or were taken under dropout, is known to
/// silence the branch at inference; this one does not, and nothing dies or saturates.
#[test]
fn firing_rates_at_inference_are_those_of_training() {
    const TOLERANCE: f64 = 0.2;
    let mut config = small();
    config.training.batch = 128;
    let (model, _, mut stage, _) = stepped(&config, 1);
    let dataset = Dataset::embedded(0);
    let clips = dataset.load(Part::Stage1Train).unwrap();
    let record = stage.epoch(&config, &model, &dataset, &clips, [1, 40], &mut ()).unwrap();
    let network = Hybrid::new(&model, &stage.parameters).unwrap();
    let inferred = network.infer(&clips, Driver::Event, |_| ()).unwrap();
    let neurons = (clips.len() * config.model.width * config.model.time_steps) as f64;
    for m in MODALITIES {
        for block in 0..3 {
            let spikes: u64 = inferred.activity.as_ref().unwrap().layers[m][block].spikes.iter().sum();
            let steps = &record.rates_training[m as usize][block];
            let (rate, trained) = (spikes as f64 / neurons, steps.iter().sum::<f64>() / steps.len() as f64);
            assert!(rate > 0.01 && rate < 0.9, "{m:?} block {block}: rate {rate}");
            assert!((rate / trained - 1.0).abs() < TOLERANCE, "{m:?} block {block}: {rate} against {trained}");
        }
    }
}

/// The spiking branch as trained (matrix products, normalisation unfolded) and as run (events) are
/// the same network: they may differ where a membrane comes within rounding of its threshold, and
/// nowhere else.
#[test]
fn the_trained_and_the_event_driven_branch_agree() {
    const DIFFERING_SPIKES: f64 = 1e-3;
    let config = small();
    let (model, _, stage, _) = stepped(&config, 20);
    let clips = Dataset::embedded(0).load(Part::Stage1ValUnseen).unwrap();
    let rows: Vec<usize> = (0..64.min(clips.len())).collect();
    let graph = Graph::<f32>::inference();
    let network = Hybrid::new(&model, &stage.parameters).unwrap();
    let prepared = network.prepare(&graph, &clips, &rows).unwrap();
    let runs = network.spike(network.stacks().unwrap(), &prepared, Driver::Event).unwrap();
    let pass = Pass::new(&graph, &stage.parameters, None);
    let batch = clip_batch(&graph, &model, &stage.parameters, &clips, ByModality { audio: &rows, video: &rows });
    let semantic = model.semantic(&pass, &batch);
    let dense = model.spiking(&pass, &batch, &semantic.phi);
    let (mut differing, mut total) = (0, 0);
    for m in MODALITIES {
        for (block, spikes) in dense.spikes[m].iter().enumerate() {
            for (clip, run) in runs[m].iter().enumerate() {
                for t in 0..4 {
                    let mut events = vec![0.0; config.model.width];
                    run.trains[block].at(t).iter().for_each(|&i| events[i as usize] = 1.0);
                    let row = spikes.row(clip * 4 + t as usize);
                    differing += row.iter().zip(&events).filter(|(a, b)| a != b).count();
                    total += row.len();
                }
            }
        }
    }
    assert!((differing as f64) < DIFFERING_SPIKES * total as f64, "{differing} of {total}");
}

#[test]
fn the_thread_count_changes_nothing() {
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            // Wide enough for the products to be split among threads.
            let mut config = small();
            config.model.width = 96;
            config.model.encoder_hidden = 128;
            config.training.batch = 64;
            stepped(&config, 3).2.parameters
        })
    };
    let (one, three) = (run(1), run(3));
    for (a, b) in one.entries().iter().zip(three.entries()) {
        let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&a.values), bits(&b.values), "{}", a.declaration.name);
    }
}

#[test]
fn the_same_seed_gives_the_same_model_and_another_seed_another() {
    let dataset = Dataset::embedded(0);
    let weights = |seed| train(&small(), &dataset, seed, None, &mut ()).unwrap().parameters.entries()[2].values.clone();
    let first = weights(1);
    assert_eq!(first, weights(1));
    assert_ne!(first, weights(2));
}

#[test]
fn declared_tensors_have_unique_names_and_known_counts() {
    // AVCA has 1,693,108 parameters with these inputs; STFT as published is larger by its spiking
    // branch and fusion.
    let published = Config::read(std::path::Path::new("networks/stft.ron")).unwrap();
    let model = Stft {
        config: published.model,
        dimensions: Dimensions { audio: 512, video: 512, words: 300, temporal: false },
    };
    let declarations = declarations(&model);
    let mut names: Vec<&str> = declarations.iter().map(|d| &d.name[..]).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(Parameters::<f32>::initial(declarations, Streams::new(0)).trained_values() > 1_693_108);
}
