//! A small SONATA network, and everything that can be wrong with it.

use super::sonata::{self, Simulation};
use crate::Result;
use crate::network::{Delays, Emits, Origin, Rule, Weights};
use crate::recording::SpikeRecording;
use hdf5_pure::{AttrValue, FileBuilder};
use std::path::Path;

/// Integer lists of a population, each with the population that its nodes are of, and floats of its group 0.
fn write_h5(
    path: &Path,
    [root, population]: [&str; 2],
    integers: &[(&str, &[i64], Option<&str>)],
    floats: &[(&str, &[f64])],
) {
    let mut builder = FileBuilder::new();
    let mut top = builder.create_group(root);
    let mut group = top.create_group(population);
    for &(name, values, nodes) in integers {
        let dataset = group.create_dataset(name).with_i64_data(values);
        if let Some(nodes) = nodes {
            dataset.set_attr("node_population", AttrValue::VarLenString(nodes.into()));
        }
    }
    let mut zero = group.create_group("0");
    for &(name, values) in floats {
        zero.create_dataset(name).with_f64_data(values);
    }
    group.add_group(zero.finish());
    top.add_group(group.finish());
    builder.add_group(top.finish());
    std::fs::write(path, builder.finish().unwrap()).unwrap();
}

const EDGES: &str = "net/edges.h5";

fn write_edges(folder: &Path, sources: &[i64], targets: &[i64], weights: &[f64], delays: &[f64], from: &str) {
    let indices: Vec<i64> = (0..sources.len() as i64).collect();
    let zeros = vec![0; sources.len()];
    let sevens = vec![7; sources.len()];
    let integers: &[(&str, &[i64], Option<&str>)] = &[
        ("source_node_id", sources, Some(from)),
        ("target_node_id", targets, Some("cells")),
        ("edge_type_id", &sevens, None),
        ("edge_group_id", &zeros, None),
        ("edge_group_index", &indices, None),
    ];
    let floats = [("syn_weight", weights), ("delay", delays)];
    let floats = if delays.is_empty() { &floats[..1] } else { &floats };
    write_h5(&folder.join(EDGES), ["edges", "some"], integers, floats);
}

fn write_input(folder: &Path, times: &[f64], ids: &[u64]) {
    let mut builder = FileBuilder::new();
    let mut spikes = builder.create_group("spikes");
    let mut group = spikes.create_group("outside");
    group.create_dataset("timestamps").with_f64_data(times);
    group.create_dataset("node_ids").with_u64_data(ids);
    spikes.add_group(group.finish());
    builder.add_group(spikes.finish());
    std::fs::write(folder.join("input.h5"), builder.finish().unwrap()).unwrap();
}

const CONFIG: &str = r#"{
  "manifest": {"$BASE": "${configdir}", "$BASE_CIRCUIT": "$BASE/circuit.json"},
  "run": {"tstop": 10.0, "dt": 0.1},
  "network": "${BASE_CIRCUIT}",
  "inputs": {"drive": {"input_type": "spikes", "module": "h5", "input_file": "$BASE/input.h5", "node_set": "outside"}}
}"#;

const CIRCUIT: &str = r#"{
  "manifest": {"$NET": "net"},
  "components": {"point_neuron_models_dir": "cells", "synaptic_models_dir": "synapses"},
  "networks": {
    "nodes": [
      {"nodes_file": "$NET/cells.h5", "node_types_file": "$NET/types.csv"},
      {"nodes_file": "$NET/outside.h5", "node_types_file": "$NET/types.csv"}
    ],
    "edges": [
      {"edges_file": "$NET/edges.h5", "edge_types_file": "$NET/edge_types.csv"},
      {"edges_file": "$NET/absent.h5", "edge_types_file": "$NET/absent.csv", "enabled": false}
    ]
  }
}"#;

const TYPES: &str = "node_type_id model_type model_template dynamics_params
10 point_process nest:iaf_psc_alpha a.json
20 point_neuron nest:iaf_psc_alpha NULL
30 virtual NULL NULL
";

/// Cells 0 and 2 of type 10, cell 1 of type 20, two sources; both sources reach cells 2 and 1.
fn write_network(folder: &Path) {
    for name in ["net", "cells", "synapses"] {
        std::fs::create_dir(folder.join(name)).unwrap();
    }
    let text = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    text("simulation_config.json", CONFIG);
    text("circuit.json", CIRCUIT);
    text("net/types.csv", TYPES);
    text("net/edge_types.csv", "edge_type_id delay model_template dynamics_params\n7 1.5 static_synapse s.json\n");
    text("cells/a.json", r#"{"C_m": 100.0, "tau_m": 20, "V_th": -50.0, "I_e": 3.0}"#);
    text("synapses/s.json", "{}");
    fn column<'a>(name: &'a str, values: &'a [i64]) -> (&'a str, &'a [i64], Option<&'a str>) {
        (name, values, None)
    }
    write_h5(&folder.join("net/cells.h5"), ["nodes", "cells"], &[column("node_type_id", &[10, 20, 10])], &[]);
    let columns = [column("node_type_id", &[30, 30]), column("node_id", &[0, 1])];
    write_h5(&folder.join("net/outside.h5"), ["nodes", "outside"], &columns, &[]);
    write_edges(folder, &[0, 1, 0], &[2, 2, 1], &[5.0, -2.5, 4.0], &[], "outside");
    write_input(folder, &[2.00004, 0.1, 2.0006], &[1, 0, 1]);
}

fn read(folder: &Path) -> Result<Simulation> {
    sonata::read(&folder.join("simulation_config.json"))
}

#[test]
fn a_network_is_read_by_types() {
    let folder = tempfile::tempdir().unwrap();
    write_network(folder.path());
    let simulation = read(folder.path()).unwrap();
    let network = &simulation.network;
    assert_eq!((network.dt_ms, simulation.ticks), (0.1, 100));
    let names: Vec<_> = network.populations.iter().map(|p| (p.name.as_str(), p.size)).collect();
    assert_eq!(names, [("cells_10", 2), ("cells_20", 1)]);
    assert_eq!(simulation.nodes[0].ids, [0, 2]);
    // R = 20 ms / 100 pF = 0.2 GOhm; type 20 has NEST's defaults.
    assert!((network.populations[0].neuron.steady - (-70.0 + 0.2 * 3.0)).abs() < 1e-13);
    assert_eq!((network.populations[0].neuron.refractory, network.populations[1].initial_mv[0]), (20, -70.0));
    let edges = |i: usize| {
        let projection = &network.projections[i];
        let (Rule::List(list), Weights::Constant(weight)) = (&projection.rule, &projection.weights) else { panic!() };
        assert!(matches!(projection.delays, Delays::Constant(15)) && projection.from == Origin::Source(0));
        (projection.to, projection.receptor, list.to_vec(), *weight)
    };
    assert_eq!(network.projections.len(), 3);
    assert_eq!(edges(0), (0, 0, vec![(0, 1)], 5.0));
    assert_eq!(edges(1), (0, 1, vec![(1, 1)], -2.5));
    assert_eq!(edges(2), (1, 0, vec![(0, 0)], 4.0));
    // 2.00004 ms is rounded to 2.000, the end of the 20th step; 2.0006 to 2.001, in the 21st.
    let Emits::Spikes(spikes) = &network.sources[0].emits else { panic!() };
    assert_eq!(spikes[..], [(0, 0), (19, 1), (20, 1)]);

    let populations = network.populations.iter().map(|p| (p.name.clone(), p.size)).collect();
    let recording = SpikeRecording {
        dt_ms: 0.1,
        ticks: 9,
        populations,
        spikes: vec![(3, 0, 1), (3, 1, 0), (4, 0, 0)],
        ..SpikeRecording::default()
    };
    let by_node = simulation.by_node(&recording);
    assert_eq!(by_node.populations, [("cells".to_owned(), 3)]);
    assert_eq!(by_node.spikes, [(3, 0, 1), (3, 0, 2), (4, 0, 0)]);
}

#[test]
fn delays_of_edges_and_inputs_as_tables_are_read() {
    let folder = tempfile::tempdir().unwrap();
    write_network(folder.path());
    write_edges(folder.path(), &[0, 1, 2, 1], &[2, 2, 2, 1], &[5.0, 2.5, 1.0, 1.0], &[0.1, 0.3, 1.0, 2.0], "cells");
    std::fs::write(folder.path().join("input.csv"), "timestamps population node_ids\n0.2 outside 1\n0.2 other 9\n")
        .unwrap();
    std::fs::write(folder.path().join("simulation_config.json"), CONFIG.replace("input.h5", "input.csv")).unwrap();
    let simulation = read(folder.path()).unwrap();
    let Emits::Spikes(spikes) = &simulation.network.sources[0].emits else { panic!() };
    assert_eq!(spikes[..], [(1, 1)]);
    // From type 10 to type 10: nodes 0 and 2, neurons 0 and 1.
    let projection = &simulation.network.projections[0];
    let (Rule::List(list), Delays::Each(delays)) = (&projection.rule, &projection.delays) else { panic!() };
    assert_eq!((&list[..], &delays[..]), (&[(0, 1), (1, 1)][..], &[1, 10][..]));
    assert!(matches!(&projection.weights, Weights::Each(weights) if weights[..] == [5.0, 1.0]));
}

#[test]
fn wrong_networks_are_refused_by_file_and_field() {
    let check = |edit: &dyn Fn(&Path), expected: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        write_network(folder.path());
        edit(folder.path());
        let error = read(folder.path()).expect_err(expected[0]).to_string();
        for part in expected {
            assert!(error.contains(part), "'{part}' is not in: {error}");
        }
    };
    let config = |from: &'static str, to: &'static str| {
        assert!(CONFIG.contains(from), "{from}");
        move |folder: &Path| std::fs::write(folder.join("simulation_config.json"), CONFIG.replace(from, to)).unwrap()
    };
    let text =
        |name: &'static str, text: &'static str| move |folder: &Path| std::fs::write(folder.join(name), text).unwrap();
    for name in ["simulation_config.json", "circuit.json", "types.csv", "a.json", "s.json", "edges.h5", "input.h5"] {
        let remove = |folder: &Path| {
            let inside = ["", "net", "cells", "synapses"].map(|inner| folder.join(inner).join(name));
            inside.iter().filter(|path| path.exists()).for_each(|path| std::fs::remove_file(path).unwrap());
        };
        check(&remove, &[name, "cannot read"]);
    }
    check(&config("10.0,", "10.0"), &["simulation_config.json:3:"]);
    check(&config("\"dt\": 0.1", "\"dt\": 0.0001"), &["simulation_config.json", "run.dt", "0.0001"]);
    check(&config("10.0", "0"), &["simulation_config.json", "run.tstop"]);
    check(&config("${BASE_CIRCUIT}", "$CIRCUIT/x"), &["simulation_config.json", "'$CIRCUIT/x'"]);
    check(&config("${configdir}", "$BASE$BASE"), &["simulation_config.json", "no variable"]);
    check(&config("\"spikes\"", "\"current_clamp\""), &["inputs.drive", "current_clamp"]);
    check(&config("\"outside\"", "\"cells\""), &["inputs.drive", "'cells'", "virtual"]);
    check(&text("circuit.json", "{}"), &["circuit.json:1:", "networks"]);
    check(&text("net/types.csv", "node_type_id model_type\n20 virtual\n"), &["types.csv", "no node_type_id 10"]);
    check(&text("net/types.csv", "node_type_id model_type\nx virtual\n"), &["types.csv", "row 1", "node_type_id"]);
    check(
        &|folder| std::fs::write(folder.join("net/types.csv"), TYPES.replacen("iaf_psc_alpha", "iaf_cond", 1)).unwrap(),
        &["types.csv", "node_type_id 10", "nest:iaf_cond"],
    );
    check(&text("cells/a.json", r#"{"tau": 1.0}"#), &["a.json:1:", "unknown field `tau`"]);
    check(&text("cells/a.json", r#"{"C_m": 0.0}"#), &["a.json", "'C_m' is 0"]);
    check(&text("cells/a.json", r#"{"t_ref": -1.0}"#), &["a.json", "'t_ref' is -1"]);
    check(&text("cells/a.json", r#"{"V_reset": -50.0}"#), &["a.json", "'V_reset' is -50"]);
    check(&text("synapses/s.json", r#"{"tau_rec": 1.0}"#), &["s.json", "tau_rec"]);
    check(
        &text("net/edge_types.csv", "edge_type_id model_template\n7 stdp_synapse\n"),
        &["edge_types.csv", "stdp_synapse"],
    );
    check(&text("net/edge_types.csv", "edge_type_id delay\n7 soon\n"), &["edge_types.csv", "delay 'soon'"]);
    check(&text("net/edge_types.csv", "edge_type_id delay\n8 1.0\n"), &["edges.h5", "edge 0", "edge_type_id 7"]);
    check(&|folder| write_edges(folder, &[2], &[0], &[1.0], &[], "outside"), &["edges.h5", "edge 0", "source 2 of 2"]);
    check(
        &|folder| write_edges(folder, &[0], &[-1], &[1.0], &[], "outside"),
        &["edges.h5", "edge 0", "target -1 of 3"],
    );
    check(
        &|folder| write_edges(folder, &[0], &[0], &[1.0], &[], "others"),
        &["edges.h5", "source_node_id", "'others'"],
    );
    check(&|folder| write_edges(folder, &[0], &[0], &[f64::NAN], &[], "cells"), &["edges.h5", "weight NaN"]);
    check(&|folder| write_edges(folder, &[0], &[0], &[1.0], &[0.0], "cells"), &["edges.h5", "delay 0 ms"]);
    check(
        &|folder| write_edges(folder, &[0, 1], &[0], &[1.0], &[], "cells"),
        &["edges.h5", "target_node_id", "1 values"],
    );
    check(
        &|folder| write_edges(folder, &[0, 1], &[0, 1], &[1.0], &[], "cells"),
        &["edges.h5", "edge 1", "place 1 of group 0"],
    );
    check(&|folder| write_input(folder, &[1.0], &[2]), &["input.h5", "node 2 of population 'outside'"]);
    check(&|folder| write_input(folder, &[f64::NAN], &[0]), &["input.h5", "outside/timestamps", "NaN"]);
    check(&|folder| write_input(folder, &[0.0], &[0]), &["input.h5", "time 0 ms", "no step"]);
    let cut = |folder: &Path| {
        let whole = std::fs::read(folder.join(EDGES)).unwrap();
        std::fs::write(folder.join(EDGES), &whole[..whole.len() / 2]).unwrap();
    };
    check(&cut, &["edges.h5"]);
}
