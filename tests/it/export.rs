//! The spiking branch of a model as a network of the simulator: it gives the stack's spikes.

use crate::scratch::Scratch;
use ndarray::{ArrayD, IxDyn};
use ndarray_npy::WriteNpyExt;
use spikefuse::data::Dataset;
use spikefuse::export::{Branch, clip_of, spiking_graph, spiking_network, spiking_of_model};
use spikefuse::hybrid::config::{Config, ModelConfig, ThresholdMode, TrainingConfig};
use spikefuse::hybrid::saved::{Saved, TestClips};
use spikefuse::hybrid::train::train;
use spikefuse::network::compile::{NetworkFile, Settings};
use spikefuse::network::interop::nir::{self, Choices, Compat};
use spikefuse::network::spec::{EmitsSpec, Frames};
use spikefuse::spiking::neuron::Reset;
use spikefuse::spiking::neuron::lif::LifParams;
use spikefuse::spiking::stack::{ClipInput, DenseSynapses, Input, Layer, Scratch as Memory, Stack, run};
use spikefuse::spiking::threshold::{DynamicThreshold, LayerThreshold};
use spikefuse::spiking::{Driver, Spike, SpikeTrain};
use std::path::Path;

const STEPS: usize = 8;
const SIZES: [usize; 4] = [12, 24, 24, 10];

/// A small multiple of 1/64: sums and halves of such numbers are exact in single precision.
fn number(k: usize) -> f32 {
    ((k * 7919 + k / 5 * 31) % 129) as f32 / 64.0 - 0.8125
}

fn stack(reset: Reset<f32>, tau: f32, threshold: LayerThreshold) -> Stack {
    let layers = SIZES.windows(2).enumerate().map(|(l, sizes)| {
        let weights: Vec<f32> = (0..sizes[0] * sizes[1]).map(|k| number(k + 1000 * l)).collect();
        let bias: Vec<f32> = (0..sizes[1]).map(|k| number(3 * k + l) / 2.0).collect();
        let synapses = DenseSynapses::dense(sizes[1], sizes[0], &weights).unwrap();
        Layer::new(synapses, &bias, LifParams { tau, decay_input: true, reset }, threshold).unwrap()
    });
    Stack::new(layers.collect()).unwrap()
}

/// The spikes of each population in the simulator.
fn simulated(file: &NetworkFile, driver: Driver, names: &[String]) -> Vec<Vec<Spike>> {
    let compiled = file.compile(&Settings::default()).unwrap();
    let run = compiled.network.simulate(STEPS as f64).driver(driver).run().unwrap();
    let of = |name: &String| {
        let found = run.spikes(&name[..]).unwrap();
        found.ticks.into_iter().zip(found.ids).map(|(tick, source)| Spike { tick, source }).collect()
    };
    names.iter().map(of).collect()
}

fn of_stack(trains: &[SpikeTrain]) -> Vec<Vec<Spike>> {
    trains.iter().map(|train| train.iter().collect()).collect()
}

fn blocks(name: &str) -> Vec<String> {
    (1..SIZES.len()).map(|block| format!("{name}.block{block}")).collect()
}

/// Where every number is exact in single precision, every spike is the same.
#[test]
fn a_stack_and_its_network_give_the_same_spikes() {
    let dynamic = LayerThreshold::Dynamic(DynamicThreshold {
        theta_0: 0.5,
        theta_min: 0.25,
        theta_max: 2.0,
        gain_entropy: 0.3,
        gain_pooling: -0.2,
        gain_trace: 0.1,
        trace_decay: 0.7,
    });
    let fixed = LayerThreshold::Fixed(0.5);
    let row: Vec<f32> = (0..SIZES[0]).map(|k| number(5 * k + 2)).collect();
    let rows: Vec<f32> = (0..STEPS * SIZES[0]).map(number).collect();
    let spikes = (0..STEPS as u32).flat_map(|tick| {
        (0..SIZES[0] as u32).filter(move |id| (tick + id) % 3 == 0).map(move |source| Spike { tick, source })
    });
    let train = SpikeTrain::from_spikes(SIZES[0], STEPS, spikes).unwrap();
    let pooling: Vec<f32> = (0..STEPS).map(|t| t as f32 / 8.0).collect();
    let cue: Vec<f32> = (0..24).map(|k| number(k) / 4.0).collect();
    for (reset, tau, threshold) in [
        (Reset::To(0.0), 2.0, fixed),
        (Reset::Subtract, 2.0, fixed),
        (Reset::To(-0.25), 2.0, fixed),
        (Reset::To(0.0), 1.0, fixed),
        (Reset::To(0.0), 2.0, dynamic),
    ] {
        let stack = stack(reset, tau, threshold);
        for input in [Input::Constant(&row), Input::Frames(&rows), Input::Spikes(&train)] {
            let cues = vec![&cue[..], &cue[..], &[]];
            let clip = ClipInput { input, cues, pooling: &pooling };
            let expected = run(&stack, Driver::Event, &clip, STEPS, &mut Memory::default(), None).unwrap();
            let branch = Branch { name: "audio", stack: &stack, clip: Some(clip) };
            let made = spiking_network(&[branch], STEPS, Path::new("branch.ron")).unwrap();
            assert_eq!(made.runs[0].trains, expected.trains);
            let expected = of_stack(&expected.trains);
            assert!(expected.iter().all(|spikes| spikes.len() > 4), "{reset:?} {tau}");
            for driver in [Driver::Event, Driver::Clock] {
                let found = simulated(&made.file, driver, &blocks("audio"));
                assert_eq!(found, expected, "{reset:?} {tau} {threshold:?} {driver:?}");
            }
        }
    }
}

/// The same through a NIR file, which is read as any other.
#[test]
fn a_stack_and_its_graph_give_the_same_spikes() {
    let row: Vec<f32> = (0..SIZES[0]).map(|k| number(5 * k + 2)).collect();
    for reset in [Reset::To(0.0), Reset::Subtract] {
        let stack = stack(reset, 2.0, LayerThreshold::Fixed(0.5));
        let clip = ClipInput::new(Input::Constant(&row));
        let expected = run(&stack, Driver::Event, &clip, STEPS, &mut Memory::default(), None).unwrap();
        let graph = spiking_graph(&[Branch { name: "audio", stack: &stack, clip: None }]).unwrap();
        assert_eq!(nir::check(&graph), []);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("branch.nir");
        nir::write(&file, &graph, Compat::default()).unwrap();
        let read = nir::read(&file).unwrap().graph;
        let mut made = nir::to_network(&read, "branch", Path::new("weights"), &Choices::default()).unwrap();
        let mut bytes = Vec::new();
        ArrayD::from_shape_vec(IxDyn(&[1, SIZES[0]]), row.clone()).unwrap().write_npy(&mut bytes).unwrap();
        made.files.push(("row.npy".into(), bytes));
        let source = made.spec.sources.iter_mut().find(|source| source.name == "input").unwrap();
        source.emits = EmitsSpec::Frames(Frames::new("row.npy", 1.0));
        let names: Vec<String> = (1..SIZES.len()).map(|block| format!("block{block}")).collect();
        assert_eq!(
            simulated(&made.into_file("branch.ron".as_ref()), Driver::Event, &names),
            of_stack(&expected.trains),
            "{reset:?}"
        );
    }
}

/// Small enough to train in a second.
fn trained(threshold: ThresholdMode, seed: u64) -> (Saved, Dataset) {
    let model = ModelConfig {
        width: 32,
        encoder_hidden: 32,
        embedding: 16,
        heads: 2,
        head_dim: 4,
        scales: vec![3],
        time_steps: STEPS,
        threshold,
        ..ModelConfig::default()
    };
    let training = TrainingConfig { epochs: 1, batches_per_epoch: 4, batch: 16, ..TrainingConfig::default() };
    let (config, dataset) = (Config { model, training }, Dataset::embedded(0));
    let saved = Saved::new(train(&config, &dataset, seed, None, &mut ()).unwrap(), &config, &dataset, seed);
    (saved, dataset)
}

/// Trained weights in single precision, summed in double: a spike differs only where a membrane comes as
/// close to its threshold as single precision rounds.
#[test]
fn trained_branches_give_the_spikes_of_their_clips() {
    for threshold in [ThresholdMode::Fixed, ThresholdMode::Dynamic] {
        let (saved, dataset) = trained(threshold, 3);
        let clips = TestClips::load(&dataset).unwrap();
        let names: Vec<String> = ["audio", "video"].into_iter().flat_map(blocks).collect();
        let (mut all, mut different) = (0, 0);
        for n in (0..clips.count()).step_by(clips.count().div_ceil(24)) {
            let made = spiking_of_model(&saved, Some(clip_of(&clips, n).unwrap()), Path::new("branch.ron")).unwrap();
            let trains: Vec<SpikeTrain> = made.runs.iter().flat_map(|run| run.trains.clone()).collect();
            let found = simulated(&made.file, Driver::Event, &names);
            for (expected, found) in of_stack(&trains).iter().zip(&found) {
                all += expected.len();
                different += expected.iter().filter(|spike| !found.contains(spike)).count();
                different += found.iter().filter(|spike| !expected.contains(spike)).count();
            }
        }
        println!("{threshold:?}: {different} of {all} spikes differ");
        assert!(all > 1000 && different * 1000 < all, "{threshold:?}: {different} of {all} spikes differ");
    }
}

#[test]
fn the_verb_writes_a_branch_that_runs() {
    let scratch = Scratch::new("");
    let (fixed, dataset) = trained(ThresholdMode::Fixed, 1);
    std::fs::create_dir(scratch.path("fixed")).unwrap();
    fixed.save(&scratch.path("fixed")).unwrap();
    std::fs::create_dir(scratch.path("dynamic")).unwrap();
    trained(ThresholdMode::Dynamic, 1).0.save(&scratch.path("dynamic")).unwrap();
    for model in ["fixed", "dynamic"] {
        let said = scratch.done(&format!("model export {model} --spiking {model}.ron --clip 3"));
        let clips = TestClips::load(&dataset).unwrap();
        let first = format!("clip {} of {}\n", clips.seen.ids[3], dataset.classes[clips.seen.labels[3]]);
        assert!(said.starts_with(&first) && said.lines().count() == 7, "{said}");
        let run = scratch.json(&format!("simulate {model}.ron --out sim_{model} --json"));
        for (line, population) in said.lines().skip(1).zip(run["populations"].as_array().unwrap()) {
            let (name, spikes) = line.trim().split_once(": ").unwrap();
            let spikes: u64 = spikes.split(' ').next().unwrap().replace(',', "").parse().unwrap();
            assert_eq!((&population["name"], &population["operations"]["spikes"]), (&name.into(), &spikes.into()));
        }
        scratch.done(&format!("plot raster sim_{model} --out {model}.svg"));
        scratch.done(&format!("network check {model}.ron"));
    }
    // Without a clip it waits for input.
    assert_eq!(scratch.done("model export fixed --spiking plain.ron"), "");
    assert!(scratch.done("simulate plain.ron").contains("audio.block3"));
    scratch.done("model export fixed --spiking plain.nir");
    assert!(scratch.done("nir check plain.nir").contains("fine"));
    assert!(scratch.done("nir doctor plain.nir").contains("step"));

    let which = "thresholds of audio.block1";
    for (args, said) in [
        ("dynamic --spiking no.ron", &[which, "are dynamic"][..]),
        ("dynamic --spiking no.nir", &[which, "are dynamic"]),
        ("fixed --spiking no.nir --clip 1", &["clip", "a NIR graph holds no input"]),
        ("fixed --spiking no.txt", &["no.txt", "neither in .ron nor in .nir"]),
        ("fixed --spiking no.ron --clip 100000", &["clip: 100000", "counted from 0"]),
        ("nowhere --spiking no.ron", &["nowhere"]),
    ] {
        scratch.refused(&format!("model export {args}"), said);
    }
}
