//! Arrays by name, and weights in few bits.

use crate::network::compile::{Compiled, Settings, compile};
use crate::network::spec::NetworkSpec;
use crate::network::{Problem, Rule, Weights};
use crate::recording::Variable;
use safetensors::tensor::{Dtype, TensorView, serialize};
use std::path::Path;

fn network(projection: &str, folder: &Path) -> Result<Compiled, Problem> {
    let text = format!(
        r#"(format: 1, dt_ms: 1,
        populations: [(name: "out", size: 2, neuron: If())],
        sources: [(name: "in", size: 3, emits: Spikes())],
        projections: [(from: "in", to: "out", {projection})])"#
    );
    compile(&NetworkSpec::from_ron(&text).unwrap(), folder, &Settings::default())
}

fn matrix(file: &str, folder: &Path) -> Result<Vec<f64>, String> {
    let compiled = network(&format!("rule: Matrix(file: {file})"), folder).map_err(|problem| problem.to_string())?;
    let Rule::Matrix(weights) = &compiled.network.projections()[0].rule else { panic!() };
    Ok(weights.to_vec())
}

/// Tensors of every type, which hold 1, -2, 3 and so on, or the magnitudes of these.
fn tensors(path: &Path) {
    let values = [1.0, -2.0, 3.0, -4.0, 5.0, -6.0_f32];
    let bytes = |to: &dyn Fn(f32) -> Vec<u8>| values.iter().flat_map(|&value| to(value)).collect::<Vec<u8>>();
    let all: Vec<(&str, Dtype, Vec<u8>)> = vec![
        ("f64", Dtype::F64, bytes(&|v| f64::from(v).to_le_bytes().into())),
        ("f32", Dtype::F32, bytes(&|v| v.to_le_bytes().into())),
        ("f16", Dtype::F16, bytes(&|v| half::f16::from_f32(v).to_le_bytes().into())),
        ("bf16", Dtype::BF16, bytes(&|v| half::bf16::from_f32(v).to_le_bytes().into())),
        ("i8", Dtype::I8, bytes(&|v| (v as i8).to_le_bytes().into())),
        ("i64", Dtype::I64, bytes(&|v| (v as i64).to_le_bytes().into())),
        ("u8", Dtype::U8, bytes(&|v| vec![v.abs() as u8])),
        ("bool", Dtype::BOOL, vec![1; 6]),
        ("nan", Dtype::F32, bytes(&|_| f32::NAN.to_le_bytes().into())),
    ];
    let mut views: Vec<(String, TensorView)> = Vec::new();
    for (name, dtype, bytes) in &all {
        views.push((format!("fc.{name}"), TensorView::new(*dtype, vec![2, 3], bytes).unwrap()));
    }
    views.push(("bias".into(), TensorView::new(Dtype::U8, vec![3], &[1, 2, 3]).unwrap()));
    std::fs::write(path, serialize(views, None).unwrap()).unwrap();
}

#[test]
fn tensors_are_found_by_name() {
    let folder = tempfile::tempdir().unwrap();
    tensors(&folder.path().join("net.safetensors"));
    let mut npz = ndarray_npy::NpzWriter::new(std::fs::File::create(folder.path().join("net.npz")).unwrap());
    npz.add_array("w", &ndarray::arr2(&[[1.0, -2.0, 3.0], [-4.0, 5.0, -6.0]])).unwrap();
    npz.finish().unwrap();
    let expected = vec![1.0, -2.0, 3.0, -4.0, 5.0, -6.0];
    for name in ["f64", "f32", "f16", "bf16", "i8", "i64"] {
        let tensor = format!("Tensor(\"net.safetensors\", \"fc.{name}\")");
        assert_eq!(matrix(&tensor, folder.path()), Ok(expected.clone()), "{name}");
    }
    let magnitudes = expected.iter().map(|value: &f64| value.abs()).collect();
    assert_eq!(matrix("Tensor(\"net.safetensors\", \"fc.u8\")", folder.path()), Ok(magnitudes));
    assert_eq!(matrix("Tensor(\"net.npz\", \"w\")", folder.path()), Ok(expected));
    let weights = "rule: List([(0, 0), (1, 1), (2, 0)]), weight: File(Tensor(\"net.safetensors\", \"bias\"))";
    let compiled = network(weights, folder.path()).unwrap();
    assert!(matches!(&compiled.network.projections()[0].weights, Weights::Each(w) if w[..] == [1.0, 2.0, 3.0]));
    // The file is one of those that a network names.
    assert_eq!(compiled.files.len(), 1);
}

#[test]
fn tensors_that_cannot_be_are_told() {
    let folder = tempfile::tempdir().unwrap();
    tensors(&folder.path().join("net.safetensors"));
    std::fs::write(folder.path().join("cut.safetensors"), b"\xff\0\0\0\0\0\0\0{}").unwrap();
    std::fs::write(folder.path().join("net.pt"), b"PK").unwrap();
    for (file, said) in [
        ("Tensor(\"net.safetensors\", \"fc.f3\")", "no array is called `fc.f3`; the nearest name is `fc.f32`"),
        ("Tensor(\"net.safetensors\", \"fc.f3\")", "there are `fc.f32`, `fc.f16`, `fc.f64`, "),
        ("Tensor(\"net.safetensors\", \"bias\")", "`bias` of `net.safetensors`: shape [3]: expected [2, 3]"),
        ("Tensor(\"net.safetensors\", \"fc.bool\")", "has elements of type BOOL"),
        ("Tensor(\"net.safetensors\", \"fc.nan\")", "value 0, counted from 0, is NaN"),
        ("Tensor(\"cut.safetensors\", \"w\")", "not a readable safetensors file"),
        ("Tensor(\"none.safetensors\", \"w\")", "cannot read"),
        ("Tensor(\"w.npy\", \"w\")", "ends in .safetensors or .npz"),
        ("\"net.safetensors\"", "expected Tensor(file, name)"),
        ("\"net.pt\"", "save_file(torch.load(\"net.pt\", weights_only=True), \"net.safetensors\")"),
        ("Tensor(\"net.pt\", \"w\")", "from safetensors.torch import save_file"),
    ] {
        let problem = matrix(file, folder.path()).unwrap_err();
        assert!(problem.starts_with("projections[0].rule.file: ") && problem.contains(said), "{file}: {problem}");
    }
}

/// Weights become multiples of the scale, before anything multiplies them.
#[test]
fn weights_of_few_bits_are_multiples_of_the_scale() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("w.csv"), "0.26, 0.5, -0.12\n-64, 63.5, 0.25\n").unwrap();
    let quantised = [0.5, 0.5, 0.0, -64.0, 63.5, 0.0];
    let compiled = |text: &str| network(text, folder.path());
    for text in
        ["rule: Matrix(file: \"w.csv\"), precision: Int8(0.5)", "rule: Matrix(file: \"w.csv\"), precision: Int16(0.5)"]
    {
        let network = compiled(text).unwrap().network;
        let Rule::Matrix(weights) = &network.projections()[0].rule else { panic!() };
        assert_eq!(weights[..], quantised, "{text}");
    }
    let text = "rule: Matrix(file: \"w.csv\"), precision: Int8(0.5), weight: Constant(3)";
    assert_eq!(compiled(text).unwrap().network.projections()[0].weight(3), -192.0);
    let layers = "rule: Layers(input: [3], layers: [Linear(file: \"w.csv\")]), precision: Int8(0.5)";
    let network = compiled(layers).unwrap().network;
    let found: Vec<f64> = [0, 2, 4, 1, 3, 5].map(|e| network.projections()[0].weight(e)).into();
    assert_eq!(found, quantised);
    let list = "rule: OneToOne, weight: Values([0.3, 0.6]), precision: Int8(0.25)";
    let compiled_list = compiled(&list.replace("rule", "name: \"x\", rule")).map(|_| ());
    assert!(compiled_list.is_err(), "three sources, two targets");
    for (text, said) in [
        (
            "rule: Matrix(file: \"w.csv\"), precision: Int8(0.4)",
            "weight 3, counted from 0: -64 is -160 times the scale, 0.4: expected -128 to 127",
        ),
        ("rule: Matrix(file: \"w.csv\"), precision: Int8(0)", "projections[0].precision: 0: expected a number above 0"),
        ("rule: AllToAll(), weight: Constant(300), precision: Int8(1)", "300 is 300 times the scale"),
        ("rule: AllToAll(), weight: Uniform(low: 0, high: 1), precision: Int8(1)", "weights that are drawn"),
    ] {
        let problem = compiled(text).unwrap_err().to_string();
        assert!(problem.contains(said), "{text}: {problem}");
    }
}

/// Populations in fixed point, and what leads there.
#[test]
fn fixed_point_takes_whole_numbers() {
    let text = |neuron: &str, more: &str, weight: &str| {
        format!(
            r#"(format: 1, dt_ms: 1, duration_ms: 4,
            populations: [(name: "p", size: 2, neuron: FixedPointCubaLif({neuron}){more})],
            sources: [(name: "s", size: 2, emits: Spikes(at_ticks: [(0, 1)]))],
            projections: [(from: "s", to: "p", rule: OneToOne, weight: {weight})],
            record: (membrane: ["p"], current: ["p"], threshold: ["p"]))"#
        )
    };
    let compiled = |text: &str| compile(&NetworkSpec::from_ron(text).unwrap(), Path::new("."), &Settings::default());
    let fine = "current_decay: 2048, voltage_decay: 1024, v_th: 300";
    let run = compiled(&text(fine, "", "Constant(3)")).unwrap().simulate().run().unwrap();
    let traced = |variable| run.trace(variable, "p").unwrap().neuron(1).unwrap();
    assert_eq!(traced(Variable::Current), [0.0, 192.0, 96.0, 48.0]);
    // 192, 144 + 96, 180 + 48.
    assert_eq!(traced(Variable::Membrane), [0.0, 192.0, 240.0, 228.0]);
    assert_eq!(traced(Variable::Threshold), [300.0; 4]);
    for (neuron, more, weight, said) in [
        (
            "current_decay: 5000, voltage_decay: 1, v_th: 3",
            "",
            "Constant(1)",
            "neuron.current_decay: 5000: expected a number from 0 to 4096",
        ),
        (
            "current_decay: 1, voltage_decay: 1, v_th: 3, weight_exponent: 30",
            "",
            "Constant(1)",
            "neuron.weight_exponent: 30",
        ),
        (
            "current_decay: 1, voltage_decay: 1, v_th: 9000000",
            "",
            "Constant(1)",
            "neuron.v_th: 9000000: expected a whole number",
        ),
        (
            "current_decay: 1, voltage_decay: 1, v_th: 3, reset: Hard(v_reset_mv: 4)",
            "",
            "Constant(1)",
            "neuron.reset.v_reset_mv: 4: expected",
        ),
        (
            "current_decay: 1, voltage_decay: 1, v_th: 3, reset: Hard(v_reset_mv: 0.5)",
            "",
            "Constant(1)",
            "neuron.reset: 0.5: expected a whole number",
        ),
        (fine, ", initial: Constant(v_mv: 0.5)", "Constant(1)", "initial: 0.5: expected a whole number"),
        (fine, ", each: (v_th_mv: Values([1, 2]))", "Constant(1)", "populations[0].each: expected none"),
        (fine, ", receptors: [Delta(name: \"a\")]", "Constant(1)", "populations[0].receptors: expected none"),
        (fine, "", "Constant(0.5)", "projections[0].weight: 0.5: expected whole numbers of at most 131071"),
        (fine, "", "Constant(200000)", "projections[0].weight: 200000: expected whole numbers"),
        (fine, "", "Uniform(low: 1, high: 3)", "projections[0].weight: are drawn"),
    ] {
        let problem = compiled(&text(neuron, more, weight)).unwrap_err().to_string();
        assert!(problem.contains(said), "{problem}");
    }
}
