//! Small valid folders and files, whose parts are the seeds.

use crate::Template;
use hdf5_pure::{AttrValue, FileBuilder};

fn file(name: &str, content: impl Into<Vec<u8>>) -> (String, Vec<u8>) {
    (name.into(), content.into())
}

/// A `.npy` file.
pub fn npy(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    array(&format!("'{descr}'"), fortran, shape, data)
}

/// A `.npy` file of two events as records.
pub fn records(data: &[u8]) -> Vec<u8> {
    array("[('x', '<i2'), ('y', '<i2'), ('t', '<u4'), ('p', '|b1')]", false, "(2,)", data)
}

fn array(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let fortran = if fortran { "True" } else { "False" };
    let mut header = format!("{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}");
    header += &" ".repeat(64 - (10 + header.len() + 1) % 64);
    header += "\n";
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

pub fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// A safetensors file with the matrix `w`.
pub fn safetensors() -> Vec<u8> {
    let header = r#"{"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}"#;
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &floats(&[1.0, 0.0, 2.0, -1.0])].concat()
}

/// A network of NetX with one layer.
pub fn netx() -> Vec<u8> {
    let mut file = FileBuilder::new();
    let mut layers = file.create_group("layer");
    let mut layer = layers.create_group("0");
    layer.create_dataset("type").with_ascii_strings(&["dense"]).expect("text");
    layer.create_dataset("weight").with_f32_data(&[100.0, -20.0]).with_shape(&[1, 2]);
    let mut neuron = layer.create_group("neuron");
    neuron.create_dataset("type").with_ascii_strings(&["CUBA"]).expect("text");
    for (name, value) in [("iDecay", 410), ("vDecay", 410), ("vThMant", 64)] {
        neuron.create_dataset(name).with_i64_data(&[value]);
    }
    layer.add_group(neuron.finish());
    layers.add_group(layer.finish());
    file.add_group(layers.finish());
    file.finish().expect("a file")
}

/// Integers of population `population` of `root`, each with the population that its nodes are of,
/// and floats of its group 0.
fn h5(path: [&str; 2], integers: &[(&str, &[i64], Option<&str>)], zero: &[(&str, &[f64])]) -> Vec<u8> {
    let mut builder = FileBuilder::new();
    let mut top = builder.create_group(path[0]);
    let mut group = top.create_group(path[1]);
    for &(name, values, nodes) in integers {
        let dataset = group.create_dataset(name).with_i64_data(values);
        if let Some(nodes) = nodes {
            dataset.set_attr("node_population", AttrValue::VarLenString(nodes.into()));
        }
    }
    let mut group_0 = group.create_group("0");
    for &(name, values) in zero {
        group_0.create_dataset(name).with_f64_data(values);
    }
    group.add_group(group_0.finish());
    top.add_group(group.finish());
    builder.add_group(top.finish());
    builder.finish().expect("an HDF5 file")
}

/// Spikes as SONATA has them.
pub fn spikes_h5() -> Vec<u8> {
    let mut builder = FileBuilder::new();
    let mut spikes = builder.create_group("spikes");
    let mut group = spikes.create_group("outside");
    group.create_dataset("timestamps").with_f64_data(&[0.1, 0.5, 2.0]);
    group.create_dataset("node_ids").with_u64_data(&[1, 0, 1]);
    spikes.add_group(group.finish());
    builder.add_group(spikes.finish());
    builder.finish().expect("an HDF5 file")
}

/// A NIR graph of a convolution and neurons.
pub fn nir() -> Vec<u8> {
    let mut builder = FileBuilder::new();
    builder.create_dataset("version").with_vlen_strings(&["1.0.8"]).with_shape(&[]);
    let mut root = builder.create_group("node");
    root.create_dataset("type").with_vlen_strings(&["NIRGraph"]).with_shape(&[]);
    root.create_dataset("edges").with_vlen_strings(&["i", "c", "c", "n", "n", "o"]).with_shape(&[3, 2]);
    let mut nodes = root.create_group("nodes");
    for (name, kind) in [("i", "Input"), ("c", "Conv1d"), ("n", "LIF"), ("o", "Output")] {
        let mut node = nodes.create_group(name);
        node.create_dataset("type").with_vlen_strings(&[kind]).with_shape(&[]);
        match kind {
            "Conv1d" => {
                node.create_dataset("weight").with_f32_data(&[0.5, 1.0]).with_shape(&[1, 1, 2]);
                node.create_dataset("bias").with_f32_data(&[0.25]);
                for size in ["stride", "dilation", "groups"] {
                    node.create_dataset(size).with_i64_data(&[1]).with_shape(&[]);
                }
                node.create_dataset("padding").with_vlen_strings(&["same"]).with_shape(&[]);
                node.create_dataset("input_shape").with_i64_data(&[3]).with_shape(&[]);
            }
            "LIF" => {
                for (parameter, value) in [("tau", 0.02), ("r", 20.0), ("v_leak", 0.0), ("v_threshold", 1.0)] {
                    let parameter = node.create_dataset(parameter);
                    parameter.with_f64_data(&[value; 3]).with_shape(&[1, 3]).with_chunks(&[1, 3]).with_deflate(4);
                }
                let mut metadata = node.create_group("metadata");
                metadata.create_dataset("dt").with_f64_data(&[0.001]).with_shape(&[]);
                node.add_group(metadata.finish());
            }
            _ => {
                node.create_dataset("shape").with_i64_data(&[1, 3]);
            }
        }
        nodes.add_group(node.finish());
    }
    root.add_group(nodes.finish());
    builder.add_group(root.finish());
    builder.finish().expect("an HDF5 file")
}

/// A SONATA network of three cells and two sources.
pub fn sonata() -> Template {
    let config = r#"{
  "manifest": {"$BASE": "${configdir}", "$BASE_CIRCUIT": "$BASE/circuit.json"},
  "run": {"tstop": 10.0, "dt": 0.1},
  "network": "${BASE_CIRCUIT}",
  "node_sets_file": "$BASE/node_sets.json",
  "inputs": {"drive": {"input_type": "spikes", "module": "h5", "input_file": "$BASE/input.h5", "node_set": "outside"}}
}"#;
    let circuit = r#"{
  "components": {"point_neuron_models_dir": "cells", "synaptic_models_dir": "synapses"},
  "networks": {
    "nodes": [
      {"nodes_file": "net/cells.h5", "node_types_file": "net/types.csv"},
      {"nodes_file": "net/outside.h5", "node_types_file": "net/types.csv"}
    ],
    "edges": [{"edges_file": "net/edges.h5", "edge_types_file": "net/edge_types.csv"}]
  }
}"#;
    let types = "node_type_id model_type model_template dynamics_params\n10 point_process nest:iaf_psc_alpha a.json\n\
                 20 point_neuron nest:iaf_psc_alpha NULL\n30 virtual NULL NULL\n";
    let edge_types = "edge_type_id delay model_template dynamics_params\n7 1.5 static_synapse s.json\n";
    let edges = h5(
        ["edges", "some"],
        &[
            ("source_node_id", &[0, 1, 0], Some("outside")),
            ("target_node_id", &[2, 2, 1], Some("cells")),
            ("edge_type_id", &[7, 7, 7], None),
            ("edge_group_id", &[0, 0, 0], None),
            ("edge_group_index", &[0, 1, 2], None),
        ],
        &[("syn_weight", &[5.0, -2.5, 4.0]), ("delay", &[1.0, 1.5, 2.0])],
    );
    vec![
        file("simulation_config.json", config),
        file("circuit.json", circuit),
        file("node_sets.json", r#"{"outside": {"population": "outside"}}"#),
        file("net/types.csv", types),
        file("net/edge_types.csv", edge_types),
        file("cells/a.json", r#"{"C_m": 100.0, "tau_m": 20, "V_th": -50.0, "I_e": 3.0}"#),
        file("synapses/s.json", "{}"),
        file("net/cells.h5", h5(["nodes", "cells"], &[("node_type_id", &[10, 20, 10], None)], &[])),
        file(
            "net/outside.h5",
            h5(["nodes", "outside"], &[("node_type_id", &[30, 30], None), ("node_id", &[0, 1], None)], &[]),
        ),
        file("net/edges.h5", edges),
        file("input.h5", spikes_h5()),
    ]
}

/// A data set in the plain form: two classes in every part.
pub fn plain() -> Template {
    let mut clips = "clip,class,audio_row,audio_end,video_row,video_end,parts\n".to_string();
    let parts = [
        ("dog", "stage_1_train"),
        ("dog", "stage_1_val_seen"),
        ("cat", "stage_1_val_unseen"),
        ("dog", "stage_2_test_seen"),
        ("frog", "stage_2_test_unseen"),
    ];
    for (k, (class, part)) in parts.iter().enumerate() {
        clips += &format!("{class}{k},{class},{k},{},{k},{},{part}\n", k + 1, k + 1);
    }
    let matrix = npy("<f4", false, "(5, 2)", &floats(&[0.5; 10]));
    vec![
        file("set/clips.csv", clips),
        file("set/classes.csv", "class\ncat\ndog\nfrog\n"),
        file("set/class_vectors.npy", npy("<f4", false, "(3, 2)", &floats(&[1.0, 0.0, 0.0, 1.0, 0.6, 0.8]))),
        file("set/audio.npy", matrix.clone()),
        file("set/video.npy", matrix),
    ]
}

/// Pickles as the benchmarks have them, from their opcodes.
#[derive(Default)]
struct Pickle(Vec<u8>);

impl Pickle {
    fn text(&mut self, text: &str) {
        self.0.push(b'X');
        self.0.extend((text.len() as u32).to_le_bytes());
        self.0.extend(text.bytes());
    }

    /// An array whose elements `values` pushes.
    fn array(&mut self, shape: &[u32], dtype: [&str; 2], values: impl FnOnce(&mut Pickle)) {
        self.0.extend(b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n(K\x00tC\x01b\x87R(K\x01(");
        shape.iter().for_each(|n| self.0.extend([b'J'].into_iter().chain(n.to_le_bytes())));
        self.0.extend(b"tcnumpy\ndtype\n");
        self.text(dtype[0]);
        self.0.extend(b"K\x00K\x01\x87R(K\x03");
        self.text(dtype[1]);
        let flags = if dtype[0] == "O8" { 63 } else { 0 };
        self.0.extend(b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK");
        self.0.extend([flags, b't', b'b', 0x89]);
        values(self);
        self.0.extend(b"tb");
    }

    fn floats(&mut self, shape: &[u32], values: &[f32]) {
        self.array(shape, ["f4", "<"], |pickle| {
            pickle.0.push(b'B');
            pickle.0.extend((4 * values.len() as u32).to_le_bytes());
            pickle.0.extend(floats(values));
        });
    }
}

/// A dictionary of class vectors, as `np.save` writes it.
pub fn dictionary() -> Vec<u8> {
    let mut pickle = Pickle(b"\x80\x03".to_vec());
    pickle.array(&[], ["O8", "|"], |pickle| {
        pickle.0.extend(b"](}(");
        for (name, vector) in [("cat", [1.0, 0.0]), ("dog", [0.0, 1.0]), ("frog", [0.6, 0.8])] {
            pickle.text(name);
            pickle.floats(&[2], &vector);
        }
        pickle.0.extend(b"ue");
    });
    pickle.0.push(b'.');
    npy("|O", false, "()", &pickle.0)
}

/// A class of two clips.
fn class_pickle() -> Vec<u8> {
    let mut pickle = Pickle(b"\x80\x03}(".to_vec());
    pickle.text("features");
    pickle.0.extend(b"](");
    pickle.floats(&[2, 2], &[0.1, 0.2, 0.3, 0.4]);
    pickle.floats(&[1, 2], &[0.5, 0.6]);
    pickle.0.push(b'e');
    pickle.text("video_names");
    pickle.0.extend(b"](");
    pickle.text("a");
    pickle.text("b");
    pickle.0.push(b'e');
    pickle.text("fps");
    pickle.0.extend(b"](J\x01\x00\x00\x00J\x01\x00\x00\x00eu.");
    pickle.0
}

fn class_h5() -> Vec<u8> {
    let mut builder = FileBuilder::new();
    builder.create_dataset("data").with_f32_data(&[0.1, 0.2, 0.3, 0.4]).with_shape(&[2, 2]);
    builder.create_dataset("video_urls").with_vlen_strings(&["a", "b"]);
    builder.finish().expect("an HDF5 file")
}

/// A data set in the published layout.
pub fn published() -> Template {
    let mut files = vec![
        file("Set/class-split/all_class.txt", "cat\ndog\nfrog\n"),
        file("Set/class-split/set_w2v_class_names.csv", "original,manual\ncat,cat\ndog,dog\nfrog,frog\n"),
        file("Set/features/main_features/text/word_embeddings_set_normed.npy", dictionary()),
    ];
    for (class, part) in [
        ("dog", "stage_1_train"),
        ("dog", "stage_1_val_seen"),
        ("cat", "stage_1_val_unseen"),
        ("dog", "stage_2_test_seen"),
        ("frog", "stage_2_test_unseen"),
    ] {
        files.push(file(&format!("Set/class-split/main_split/{part}.txt"), format!("{class}\n")));
        files.push(file(&format!("Set/class-split/main_split/{part}.csv"), format!("a,{class}\nb,{class}\n")));
        for modality in ["audio", "video"] {
            let base = format!("Set/features/main_features/{modality}/{part}/{class}");
            files.push(match part {
                "stage_1_train" => file(&format!("{base}.pkl"), class_pickle()),
                _ => file(&format!("{base}.h5"), class_h5()),
            });
        }
    }
    files
}

/// A network of most models, without files.
pub const NETWORK: &str = r#"(
    format: 1, name: "seed", dt_ms: 0.5, duration_ms: 20, seed: 3,
    populations: [
        (name: "a", size: 9, neuron: Lif(tau_m_ms: 10, threshold: Adaptive(v_th_mv: 10, jump_mv: 2, tau_ms: 20), refractory_ms: 2, refractory_input: Keep),
            receptors: [Delta(name: "d"), Alpha(name: "x", tau_ms: 2)], initial: Uniform(low_mv: 0, high_mv: 12)),
        (name: "b", size: 3, neuron: CubaLif(tau_m_ms: 10, tau_syn_ms: 2, bias_pa: 30, reset: Soft, form: Discrete(decay_input: true))),
    ],
    sources: [
        (name: "s", size: 4, emits: Poisson(rate_hz: 300)),
        (name: "l", size: 2, emits: Spikes(at_ms: [(1, 0), (2.5, 1)], at_ticks: [(3, 1)])),
    ],
    projections: [
        (from: "s", to: "a", receptor: "d", rule: FixedInDegree(degree: 2), weight: Normal(mean: 3, sd: 1), delay_ms: Uniform(low: 0.5, high: 3)),
        (from: "l", to: "b[0..2]", rule: OneToOne, weight: Values([5, 6])),
        (from: "a", to: "a", receptor: "x", rule: AllToAll(self_connections: false), weight: Constant(1), delay_ms: Constant(1.5)),
        (from: "b", to: "a", receptor: "d", rule: List([(0, 1), (2, 8)]), weight: Uniform(low: 0, high: 2), delay_ms: Values([0.5, 1])),
    ],
    record: (spikes: ["a"], membrane: ["b[0..2]"]),
)"#;

/// A network of the kinds that need files.
pub const NETWORK_WITH_FILES: &str = r#"(format: 1, dt_ms: 1, populations: [(name: "a", size: 2, neuron: Alif(bias_pa: 30), initial: File(file: "a.csv")),
    (name: "b", size: 2, neuron: If(threshold: Cue(file: "a.npy"), compare: Above)), (name: "c", size: 2, neuron: Li())],
    sources: [(name: "s", size: 2, emits: SpikeFile(file: "s.csv")), (name: "f", size: 2, emits: Frames(file: "a.csv", frame_ms: 2)),
    (name: "r", size: 2, emits: Rate(values: Values([0.5, 1]), max_rate_hz: 100)), (name: "l", size: 2, emits: Latency(values: Values([0, 1]), window_ms: 9)),
    (name: "g", size: 2, emits: Regular(period_ms: 3)), (name: "p", size: 2, emits: Bernoulli(probability: 0.1))],
    projections: [(from: "s", to: "b", rule: Matrix(file: "a.npy")), (from: "f", to: "a", rule: ListFile("e.csv")), (from: "r", to: "c", rule: FixedProbability(probability: 0.5), weight: Constant(2)),
    (from: "a", to: "c", rule: FixedOutDegree(degree: 2), weight: Constant(2))])"#;

/// The folder of a run of [`NETWORK`].
pub fn recording() -> Template {
    use spikefuse::recording::{Folder, Header, Probe, SpikeFormat, TraceFormat, Variable};
    let folder = crate::folder().join("recording");
    let _ = std::fs::remove_dir_all(&folder);
    let network = crate::network();
    let probes = vec![Probe { variable: Variable::Membrane, population: 1, neurons: vec![0, 2] }];
    let populations = network.populations().iter().map(|p| (p.name.clone(), p.size)).collect();
    let header = Header { dt_ms: network.dt_ms(), populations, probes: probes.clone(), ..Header::default() };
    let mut recorder = Folder::create(&folder, header, SpikeFormat::Csv, TraceFormat::Csv).expect("a recording");
    let driver = spikefuse::spiking::Driver::Event;
    let mut simulation = spikefuse::simulator::Simulation::new(network, driver, 1, probes).expect("a network");
    simulation.run(12, &mut recorder, &mut |_| {}).expect("a recording");
    recorder.finish(12, "event", 3).expect("a recording");
    let files = std::fs::read_dir(&folder).expect("a recording").map(|entry| entry.expect("a file").path());
    let mut files: Vec<_> = files.filter(|path| path.is_file()).collect();
    files.sort();
    let read = |path: &std::path::PathBuf| std::fs::read(path).expect("a file");
    files.iter().map(|path| file(&path.file_name().expect("a name").to_string_lossy(), read(path))).collect()
}

/// A model as small as it can be.
pub fn model() -> (spikefuse::hybrid::model::Stft, spikefuse::hybrid::parameters::Parameters<f32>) {
    use spikefuse::hybrid::config::ModelConfig;
    use spikefuse::hybrid::model::{Dimensions, Stft, declarations};
    let sizes = ModelConfig {
        width: 1,
        encoder_hidden: 1,
        embedding: 1,
        heads: 1,
        head_dim: 1,
        slots: 1,
        ..ModelConfig::default()
    };
    let sizes =
        ModelConfig { semantic_rank: 1, slice_width: 1, joint_blocks: 0, joint_mlp: 1, scales: vec![1], ..sizes };
    let model = Stft { config: sizes, dimensions: Dimensions { audio: 1, video: 1, words: 1, temporal: true } };
    let parameters = spikefuse::hybrid::parameters::Parameters::initial(declarations(&model), spikefuse::base::rng::Streams::new(0));
    (model, parameters)
}
