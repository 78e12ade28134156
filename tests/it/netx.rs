//! Networks of Lava's NetX.

use crate::scratch::Scratch;
use crate::shared::shared;
use hdf5_pure::FileBuilder;
use ndarray::arr2;
use ndarray_npy::write_npy;
use spikefuse::network::interop::netx;
use std::path::Path;

/// A file with layers of these weights, `[out, in]`, and fields of their neurons.
fn write(path: &Path, layers: &[(&str, [u64; 2], Vec<f32>)], neuron: &[(&str, i64)], kind: &str) {
    let mut file = FileBuilder::new();
    let mut all = file.create_group("layer");
    for (n, (of, shape, weights)) in layers.iter().enumerate() {
        let mut layer = all.create_group(&n.to_string());
        layer.create_dataset("type").with_ascii_strings(&[*of]).unwrap();
        layer.create_dataset("shape").with_i64_data(&[shape[0] as i64]);
        layer.create_dataset("weight").with_f32_data(weights).with_shape(shape);
        let mut own = layer.create_group("neuron");
        own.create_dataset("type").with_ascii_strings(&[kind]).unwrap();
        for (name, value) in neuron {
            own.create_dataset(name).with_i64_data(&[*value]);
        }
        layer.add_group(own.finish());
        all.add_group(layer.finish());
    }
    file.add_group(all.finish());
    std::fs::write(path, file.finish().unwrap()).unwrap();
}

const NEURON: [(&str, i64); 5] =
    [("iDecay", 4096), ("vDecay", 4096), ("vThMant", 10), ("refDelay", 1), ("gradedSpike", 0)];

/// An input of a half, 128 of 255, is above 1 after two steps, and so is an input of 1. A neuron with
/// a weight above the threshold of 10 follows the first, one with 10 does not, and the second layer
/// follows the first one.
#[test]
fn layers_follow_their_input_within_a_step() {
    let scratch = Scratch::new("()");
    let layers = [("dense", [2, 2], vec![11.0, 0.0, 10.0, 0.0]), ("dense", [2, 2], vec![0.0, 90.0, 90.0, 0.0])];
    write(&scratch.path("small.net"), &layers, &NEURON, "CUBA");
    write_npy(scratch.path("x.npy"), &arr2(&[[0.5_f32, 0.0], [0.0, 1.0]])).unwrap();
    write_npy(scratch.path("y.npy"), &ndarray::arr1(&[1_i64, 0])).unwrap();
    let report = scratch.json("evaluate small.net --data x.npy --labels y.npy --steps 9 --json --compare --out out");
    assert_eq!((&report["parity"]["equal"], &report["clips"]), (&true.into(), &2.into()));
    let spikes = |p: usize| report["populations"][p]["operations"]["spikes"].as_u64().unwrap();
    assert_eq!([spikes(0), spikes(1), spikes(2)], [4 + 4, 4, 4]);
    assert_eq!(report["confusion"][1][1], 1);
    let text = scratch.done("network check small.net");
    assert!(text.starts_with("small.net: fine: 6 neurons in 3 populations"), "{text}");
    let energy = scratch.json("energy out --json --table 45nm-by-type");
    let layers = energy["energy"][0]["by_layer"].as_array().unwrap();
    assert!(layers.iter().all(|layer| layer["pj"].as_f64().is_some_and(|pj| pj > 0.0)), "{energy}");
}

#[test]
fn what_is_no_chain_of_dense_layers_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.net");
    let dense = |shape: [u64; 2]| ("dense", shape, vec![1.0; (shape[0] * shape[1]) as usize]);
    let with = |name: &'static str, value: i64| {
        let mut neuron = NEURON.to_vec();
        neuron.retain(|(other, _)| *other != name);
        neuron.push((name, value));
        neuron
    };
    let said = |expected: &str| {
        let problem = netx::read(&path).map(|_| ()).unwrap_err().to_string();
        assert!(problem.contains(expected), "{expected}: {problem}");
    };
    write(&path, &[dense([2, 2]), ("conv", [1, 2], vec![1.0; 2])], &NEURON, "CUBA");
    said("'layer/1' is a layer of type conv: expected dense");
    write(&path, &[dense([2, 2])], &NEURON, "ALIF");
    said("'layer/0/neuron' is of type ALIF");
    write(&path, &[dense([2, 2]), dense([3, 3])], &NEURON, "CUBA");
    said("'layer/1/weight' has shape [3, 3], behind a layer of 2 neurons");
    write(&path, &[("dense", [1, 2], vec![0.5, 1.0])], &NEURON, "CUBA");
    said("'layer/0/weight' has the value 0.5: expected whole numbers");
    for (name, value) in [("refDelay", 2), ("gradedSpike", 1), ("iDecay", 5000), ("vThMant", -1)] {
        write(&path, &[dense([2, 2])], &with(name, value), "CUBA");
        said(&format!("'layer/0/neuron/{name}' is {value}: expected"));
    }
    write(&path, &[dense([2, 2])], &with("delayShift", 1), "CUBA");
    said("'layer/0/neuron/delayShift' is not known of CUBA neurons");
    write(&path, &[], &NEURON, "CUBA");
    said("'layer' has no layers");
    std::fs::write(&path, FileBuilder::new().finish().unwrap()).unwrap();
    said("there is no group 'layer'");
}

/// MNIST's 10,000 test images in 32 steps, as Lava's integer arithmetic has them: 95.23 % by the index of
/// the largest count, two of these without any spike of the output.
#[test]
fn mnist_in_integers_is_that_of_lava() {
    let [Some(network), Some(images)] = ["lava_mnist", "mnist_test"].map(shared) else {
        return;
    };
    let scratch = Scratch::new("()");
    let report = scratch.json(&format!(
        "evaluate {} --data {} --labels {} --steps 32 --json",
        network.join("lava_netx_mnist.net").display(),
        images.join("t10k-images-idx3-ubyte.gz").display(),
        images.join("t10k-labels-idx1-ubyte.gz").display()
    ));
    // The index of the largest count takes an output without spikes for class 0.
    assert_eq!((&report["accuracy"], &report["clips"]), (&0.9521.into(), &10_000.into()));
    assert_eq!((&report["undecided"], &report["undecided_of_class_0"]), (&39.into(), &2.into()));
    let per_clip = |value: &serde_json::Value| value.as_f64().unwrap() / 10_000.0;
    let spikes = report["populations"].as_array().unwrap().iter().map(|p| per_clip(&p["operations"]["spikes"]));
    let spikes: Vec<String> = spikes.map(|spikes| format!("{spikes:.1}")).collect();
    assert_eq!(spikes, ["1934.7", "814.0", "748.3", "36.3"]);
    let layers = report["synops"]["layers"].as_array().unwrap();
    let synops: f64 = layers.iter().filter_map(|layer| layer["spikes_x_fan_out"].as_f64()).sum();
    assert_eq!((synops / 10_000.0).round(), 307_224.0);
}
