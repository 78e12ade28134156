//! A small SONATA network, and everything that can be wrong with it.

use super::sonata::{self, SonataRun};
use crate::Result;
use crate::network::{Delays, Emits, Origin, Rule, Weights};
use crate::recording::{Header, Memory, Probe, Recorder, SpikeRecording, Variable};
use hdf5_pure::{AttrValue, FileBuilder};
use std::path::Path;

/// Lists of floats by name.
type Floats<'a> = &'a [(&'a str, &'a [f64])];

/// Integer lists of a population, each with the population that its nodes are of, and the floats of
/// its groups.
fn write_h5(
    path: &Path,
    [root, population]: [&str; 2],
    integers: &[(&str, &[i64], Option<&str>)],
    groups: &[(&str, Floats)],
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
    for &(name, floats) in groups {
        let mut inner = group.create_group(name);
        for &(name, values) in floats {
            inner.create_dataset(name).with_f64_data(values);
        }
        group.add_group(inner.finish());
    }
    top.add_group(group.finish());
    builder.add_group(top.finish());
    std::fs::write(path, builder.finish().unwrap()).unwrap();
}

const EDGES: &str = "net/edges.h5";

/// A group with a threshold of single nodes.
const V_TH: &[(&str, Floats)] = &[("0", &[("V_th", &[-50.0])])];

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
    write_h5(&folder.join(EDGES), ["edges", "some"], integers, &[("0", floats)]);
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

fn column<'a>(name: &'a str, values: &'a [i64]) -> (&'a str, &'a [i64], Option<&'a str>) {
    (name, values, None)
}

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
    write_h5(&folder.join("net/cells.h5"), ["nodes", "cells"], &[column("node_type_id", &[10, 20, 10])], &[]);
    let columns = [column("node_type_id", &[30, 30]), column("node_id", &[0, 1])];
    write_h5(&folder.join("net/outside.h5"), ["nodes", "outside"], &columns, &[]);
    write_edges(folder, &[0, 1, 0], &[2, 2, 1], &[5.0, -2.5, 4.0], &[], "outside");
    write_input(folder, &[2.00004, 0.1, 2.0006], &[1, 0, 1]);
}

/// Three edges to cells 2, 2 and 1 with these groups, and of the lists that say which edge is of
/// which group those in `which`.
fn write_groups(folder: &Path, which: &[&str], groups: &[(&str, Floats)]) {
    let all: [(&str, &[i64], Option<&str>); 5] = [
        ("source_node_id", &[0, 1, 0], Some("outside")),
        ("target_node_id", &[2, 2, 1], Some("cells")),
        ("edge_type_id", &[7, 7, 7], None),
        ("edge_group_id", &[0, 0, 0], None),
        ("edge_group_index", &[2, 1, 0], None),
    ];
    let integers: Vec<_> =
        all.into_iter().filter(|(name, ..)| !name.contains("group") || which.contains(name)).collect();
    write_h5(&folder.join(EDGES), ["edges", "some"], &integers, groups);
}

fn read(folder: &Path) -> Result<SonataRun> {
    sonata::read(&folder.join("simulation_config.json"))
}

#[test]
fn a_network_is_read_by_types() {
    let folder = tempfile::tempdir().unwrap();
    write_network(folder.path());
    let simulation = read(folder.path()).unwrap();
    let network = &simulation.network;
    assert_eq!((network.dt_ms(), simulation.ticks), (0.1, 100));
    let names: Vec<_> = network.populations().iter().map(|p| (p.name.as_str(), p.size)).collect();
    assert_eq!(names, [("cells/10", 2), ("cells/20", 1)]);
    // R = 20 ms / 100 pF = 0.2 GOhm; type 20 has NEST's defaults.
    assert!((network.populations()[0].neuron.steady - (-70.0 + 0.2 * 3.0)).abs() < 1e-13);
    assert_eq!((network.populations()[0].neuron.refractory, network.populations()[1].initial_mv[0]), (20, -70.0));
    let edges = |i: usize| {
        let projection = &network.projections()[i];
        let (Rule::List(list), Weights::Constant(weight)) = (&projection.rule, &projection.weights) else { panic!() };
        assert!(matches!(projection.delays, Delays::Constant(15)) && projection.from == Origin::Source(0));
        (projection.to, projection.receptor, list.to_vec(), *weight)
    };
    assert_eq!(network.projections().len(), 3);
    assert_eq!(edges(0), (0, 0, vec![(0, 1)], 5.0));
    assert_eq!(edges(1), (0, 1, vec![(1, 1)], -2.5));
    assert_eq!(edges(2), (1, 0, vec![(0, 0)], 4.0));
    // 2.00004 ms is rounded to 2.000, the end of the 20th step; 2.0006 to 2.001, in the 21st.
    let Emits::Spikes(spikes) = &network.sources()[0].emits else { panic!() };
    assert_eq!(spikes[..], [(0, 0), (19, 1), (20, 1)]);

    let populations = network.populations().iter().map(|p| (p.name.clone(), p.size)).collect();
    let recording = SpikeRecording {
        dt_ms: 0.1,
        ticks: 9,
        populations,
        spikes: vec![(3, 0, 1), (3, 1, 0), (4, 0, 0)],
        ..SpikeRecording::default()
    };
    let by_node = simulation.naming.rename(&recording);
    assert_eq!(by_node.populations, [("cells".to_owned(), 3)]);
    assert_eq!(by_node.spikes, [(3, 0, 1), (3, 0, 2), (4, 0, 0)]);

    // The same while it runs, with a probe whose neurons are of both types.
    let probes = vec![Probe { variable: Variable::Membrane, population: 0, neurons: vec![1, 2] }];
    let populations = by_node.populations.clone();
    let header = Header { dt_ms: 0.1, populations, probes: probes.clone(), ..Header::default() };
    let mut memory = Memory::new(header).unwrap();
    let of_network = simulation.naming.probes(&probes);
    let neurons: Vec<_> = of_network.iter().map(|probe| (probe.population, &probe.neurons[..])).collect();
    assert_eq!(neurons, [(0, &[1][..]), (1, &[0][..])]);
    let mut recorder = simulation.naming.recorder(&probes, &mut memory);
    recorder.spikes(3, 0, &[1]).unwrap();
    recorder.spikes(3, 1, &[0]).unwrap();
    recorder.values(3, 0, &[-60.0]).unwrap();
    recorder.values(3, 1, &[-50.0]).unwrap();
    recorder.spikes(4, 0, &[0]).unwrap();
    recorder.flush().unwrap();
    let (spikes, traces) = memory.finish(9).unwrap();
    assert_eq!((spikes, &traces[0].values[..]), (by_node, &[-50.0, -60.0][..]));
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
    let Emits::Spikes(spikes) = &simulation.network.sources()[0].emits else { panic!() };
    assert_eq!(spikes[..], [(1, 1)]);
    let of_input = |table: &str| {
        std::fs::write(folder.path().join("input.csv"), table).unwrap();
        let simulation = read(folder.path()).map_err(|e| e.to_string())?;
        let Emits::Spikes(spikes) = &simulation.network.sources()[0].emits else { panic!() };
        Ok::<_, String>(spikes.to_vec())
    };
    assert_eq!(of_input("timestamps node_ids\n0.2 1\n"), Ok(vec![(1, 1)]));
    assert_eq!(of_input("timestamps population node_ids\n"), Ok(vec![]));
    let error = of_input("timestamps population node_ids\n0.2 other 1\n").unwrap_err();
    assert!(error.contains("input.csv: no population 'outside', but other"), "{error}");
    // From type 10 to type 10: nodes 0 and 2, neurons 0 and 1.
    let projection = &simulation.network.projections()[0];
    let (Rule::List(list), Delays::Each(delays)) = (&projection.rule, &projection.delays) else { panic!() };
    assert_eq!((&list[..], &delays[..]), (&[(0, 1), (1, 1)][..], &[1, 10][..]));
    assert!(matches!(&projection.weights, Weights::Each(weights) if weights[..] == [5.0, 1.0]));
}

/// Weight and delay in steps of every edge, by source and population and neuron of the target.
fn edges(simulation: &SonataRun) -> Vec<(u32, (usize, u32), f64, u16)> {
    let mut edges = Vec::new();
    for projection in simulation.network.projections() {
        let Rule::List(list) = &projection.rule else { panic!("a list") };
        for (e, &(source, target)) in list.iter().enumerate() {
            let weight = match &projection.weights {
                Weights::Constant(weight) => *weight,
                Weights::Each(weights) => weights[e],
                other => panic!("{other:?}"),
            };
            let delay = match &projection.delays {
                Delays::Constant(delay) => *delay,
                Delays::Each(delays) => delays[e],
                other => panic!("{other:?}"),
            };
            edges.push((source, (projection.to, target), weight, delay));
        }
    }
    edges.sort_by_key(|&(source, target, ..)| (source, target));
    edges
}

#[test]
fn values_of_the_only_group_need_no_ids() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    write_network(path);
    let (weights, delays): (&[f64], &[f64]) = (&[5.0, 2.5, 4.0], &[0.1, 0.2, 0.3]);
    write_groups(path, &[], &[("0", &[("syn_weight", weights), ("delay", delays)])]);
    let found = edges(&read(path).unwrap());
    assert_eq!(found, [(0, (0, 1), 5.0, 1), (0, (1, 0), 4.0, 3), (1, (0, 1), 2.5, 2)]);
    // One of them in the group, the other from the type; a group of another number; indices.
    write_groups(path, &[], &[("3", &[("syn_weight", weights)]), ("indices", &[])]);
    let found = edges(&read(path).unwrap());
    assert_eq!(found, [(0, (0, 1), 5.0, 15), (0, (1, 0), 4.0, 15), (1, (0, 1), 2.5, 15)]);
    // Without values there is nothing to tell apart.
    write_groups(path, &[], &[("0", &[]), ("1", &[])]);
    assert!(edges(&read(path).unwrap()).iter().all(|edge| (edge.2, edge.3) == (1.0, 15)));
    write_groups(path, &["edge_group_id", "edge_group_index"], &[("0", &[("syn_weight", weights)])]);
    let found = edges(&read(path).unwrap());
    assert_eq!(found, [(0, (0, 1), 4.0, 15), (0, (1, 0), 5.0, 15), (1, (0, 1), 2.5, 15)]);

    let refused = |which: &[&str], groups: &[(&str, Floats)], expected: &[&str]| {
        write_groups(path, which, groups);
        let error = read(path).unwrap_err();
        assert_eq!(error.hint(), None);
        let error = error.to_string();
        assert!(expected.iter().all(|part| error.contains(part)) && error.contains("edges.h5"), "{error}");
    };
    let group: Floats = &[("syn_weight", weights)];
    refused(&["edge_group_id"], &[("0", group)], &["no 'edge_group_index'"]);
    refused(&["edge_group_index"], &[("0", group)], &["no 'edge_group_id'"]);
    refused(&[], &[("0", group), ("1", &[])], &["edges/some", "several groups"]);
    refused(&[], &[("0", &[("delay", &[1.0, 2.0])])], &["0/delay", "2 values for 3 edges"]);
    refused(&[], &[("first", group)], &["some/first", "no group"]);
}

#[test]
fn inputs_go_to_the_nodes_of_their_set() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    write_network(path);
    let types = TYPES.replace("dynamics_params", "dynamics_params kind").replace("a.json", "a.json x");
    let types = types.replace("iaf_psc_alpha NULL", "iaf_psc_alpha NULL y");
    std::fs::write(path.join("net/types.csv"), types.replace("NULL NULL", "NULL NULL z")).unwrap();
    write_input(path, &[1.0, 2.0, 3.0], &[0, 1, 1]);
    let sets = r#"{"first": {"population": "outside", "node_id": 0}, "second": {"node_id": [1], "kind": ["x", "z"]},
        "both": ["first", "second"], "outside": {"population": "outside", "node_id": [1]}, "none": {"kind": "w"},
        "by_type": {"node_type_id": 30, "population": ["outside", "cells"]}, "round": ["round"], "cell": {"kind": "x"},
        "operator": {"kind": {"$regex": "z"}}, "beyond": {"population": "outside", "node_id": [2]}, "list": [3]}"#;
    let with = |set: &str, file: bool| {
        let sets_file = if file { "\"node_sets_file\": \"$BASE/sets.json\", \"inputs\"" } else { "\"inputs\"" };
        let config = CONFIG.replace("\"inputs\"", sets_file).replace("\"outside\"", set);
        std::fs::write(path.join("simulation_config.json"), config).unwrap();
        let simulation = read(path).map_err(|e| e.to_string())?;
        let Emits::Spikes(spikes) = &simulation.network.sources()[0].emits else { panic!() };
        Ok::<_, String>(spikes.to_vec())
    };
    let (zero, one) = (vec![(9, 0)], vec![(19, 1), (29, 1)]);
    let all = [&zero[..], &one].concat();
    // Without the file of sets, names are those of populations.
    assert_eq!(with("\"outside\"", true).unwrap(), all);
    assert!(with("\"first\"", true).unwrap_err().contains("sets.json is missing"));
    std::fs::write(path.join("sets.json"), sets).unwrap();
    for (set, expected) in [
        ("\"first\"", &zero),
        ("\"second\"", &one),
        ("\"both\"", &all),
        ("[\"second\", \"first\"]", &all),
        // A set goes before the population of its name.
        ("\"outside\"", &one),
        ("\"by_type\"", &all),
        ("{\"population\": \"outside\"}", &all),
        ("{\"population\": \"outside\", \"node_id\": [0, 1], \"model_type\": \"virtual\", \"kind\": \"z\"}", &all),
    ] {
        assert_eq!(with(set, true).as_ref(), Ok(expected), "{set}");
    }
    assert_eq!(with("\"outside\"", false).unwrap(), all);
    for (set, expected) in [
        ("\"nobody\"", "'nobody' is neither a node set nor a population"),
        ("\"none\"", "which no node is in"),
        ("\"round\"", "'round' is part of itself"),
        ("\"cell\"", "nodes of 'cells', which is no population of virtual nodes"),
        ("\"operator\"", "only values and lists of values are known"),
        ("\"beyond\"", "node_id 2 of population 'outside', which has 2"),
        ("\"list\"", "expected names"),
        ("{\"population\": \"inside\"}", "population 'inside', which no file of nodes has"),
        ("{\"node_id\": \"0\"}", "node_id"),
        ("3", "expected a name, a list of names or rules"),
    ] {
        let error = with(set, true).unwrap_err();
        assert!(error.contains(expected) && error.contains("inputs.drive"), "{set}: {error}");
    }
}

#[test]
fn a_table_can_have_types_of_several_populations() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    write_network(path);
    let types = "node_type_id population model_type model_template
10 cells point_neuron nest:iaf_psc_alpha
10 outside virtual NULL
20 NULL point_neuron nest:iaf_psc_alpha
30 NULL virtual NULL
30 others point_neuron nest:iaf_psc_alpha
";
    std::fs::write(path.join("net/types.csv"), types).unwrap();
    let edge_types = "edge_type_id population syn_weight delay\n7 other 3.0 0.5\n7 some 4.0 0.2\n7 NULL 6.0 0.3\n";
    std::fs::write(path.join("net/edge_types.csv"), edge_types).unwrap();
    write_groups(path, &[], &[]);
    assert!(edges(&read(path).unwrap()).iter().all(|edge| (edge.2, edge.3) == (4.0, 2)));
    std::fs::write(path.join("net/edge_types.csv"), edge_types.replace("7 some", "8 some")).unwrap();
    assert!(edges(&read(path).unwrap()).iter().all(|edge| (edge.2, edge.3) == (6.0, 3)));
    std::fs::write(path.join("net/edge_types.csv"), edge_types.replace("7 other", "7 some")).unwrap();
    let error = read(path).unwrap_err().to_string();
    assert!(error.contains("edge_types.csv: row 2: edge_type_id 7 stands twice"), "{error}");
    let others = edge_types.replace("7 some", "7 another").replace("7 NULL", "8 NULL");
    std::fs::write(path.join("net/edge_types.csv"), others).unwrap();
    let error = read(path).unwrap_err().to_string();
    assert!(error.contains("edge_type_id 7, which no table has"), "{error}");
}

#[test]
fn what_is_not_used_is_said() {
    let folder = tempfile::tempdir().unwrap();
    write_network(folder.path());
    assert_eq!(read(folder.path()).unwrap().unused, [] as [&str; 0]);
    let more = r#""conditions": {"celsius": 34.0, "v_init": -80}, "output": {"output_dir": "out"},
        "reports": {"v": {"variable_name": "V_m"}, "w": {"enabled": false}}, "target_simulator": "NEST", "network""#;
    let config = CONFIG.replacen("\"network\"", more, 1).replace("0.1}", "0.1, \"tstart\": 0, \"dL\": 20}");
    std::fs::write(folder.path().join("simulation_config.json"), config).unwrap();
    let unused = read(folder.path()).unwrap().unused.join(", ");
    let expected =
        "run.dL, conditions.celsius, conditions.v_init, reports.v (--record records), output (--out says where)";
    assert_eq!(unused, expected);
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
    check(&config("10.0", "10.05"), &["simulation_config.json", "'run.tstop' is 10.05 ms", "a multiple of dt_ms"]);
    check(&config("${BASE_CIRCUIT}", "$CIRCUIT/x"), &["simulation_config.json", "'$CIRCUIT/x'"]);
    check(&config("${configdir}", "$BASE$BASE"), &["simulation_config.json", "no variable"]);
    check(&config("\"spikes\"", "\"current_clamp\""), &["inputs.drive", "current_clamp"]);
    check(&config("\"outside\"", "\"cells\""), &["inputs.drive", "'cells'", "virtual"]);
    check(&config("0.1}", "0.1, \"tstart\": 5.0}"), &["run.tstart", "is 5"]);
    check(&config("0.1}", "0.1, \"seed\": 5}"), &["simulation_config.json:3:", "`seed`"]);
    check(&config("\"run\"", "\"mechanisms\": {}, \"run\""), &["simulation_config.json:3:", "`mechanisms`"]);
    check(&config("\"run\"", "\"target_simulator\": \"NEURON\", \"run\""), &["target_simulator", "'NEURON'"]);
    check(&config("\"h5\"", "\"nwb\""), &["inputs.drive", "module 'nwb'"]);
    check(&config("\"h5\"", "\"h5\", \"trial\": \"one\""), &["inputs.drive", "trial"]);
    check(&config("\"h5\"", "\"h5\", \"enabled\": 1"), &["inputs.drive", "enabled 1"]);
    check(&config(", \"node_set\": \"outside\"", ""), &["inputs.drive", "node_set"]);
    let circuit = |from: &'static str, to: &'static str| {
        assert!(CIRCUIT.contains(from), "{from}");
        move |folder: &Path| std::fs::write(folder.join("circuit.json"), CIRCUIT.replacen(from, to, 1)).unwrap()
    };
    check(&circuit("{", "{\"version\": 2.4, "), &["circuit.json:1:", "`version`"]);
    check(&circuit("{", "{\"target_simulator\": \"NEURON\", "), &["circuit.json", "'NEURON'"]);
    check(&circuit("{\"nodes_file\"", "{\"populations\": {}, \"nodes_file\""), &["circuit.json:", "`populations`"]);
    check(
        &|folder| write_h5(&folder.join("net/cells.h5"), ["nodes", "cells"], &[column("node_type_id", &[10])], V_TH),
        &["cells.h5", "nodes/cells", "'V_th' of single nodes"],
    );
    let node_type = "node_type_id model_type model_template tau_m\n10 point_neuron nest:iaf_psc_alpha 9.0
20 point_neuron nest:iaf_psc_alpha 9.0\n30 virtual NULL NULL\n";
    check(&text("net/types.csv", node_type), &["types.csv", "node_type_id 10", "tau_m '9.0'"]);
    for (column, cell) in [
        ("weight_function", "gaussian"),
        ("weight_sigma", "2"),
        ("nsyns", "3"),
        ("num_synapses", "0"),
        ("receptor_type", "1"),
    ] {
        let table = format!("edge_type_id {column}\n7 {cell}\n");
        let edit = |folder: &Path| std::fs::write(folder.join("net/edge_types.csv"), &table).unwrap();
        check(&edit, &["edge_types.csv", "edge_type_id 7", column, cell]);
        check(&|folder| write_groups(folder, &[], &[("0", &[(column, &[3.0, 3.0, 3.0])])]), &["edges.h5", column]);
    }
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
    check(
        &|folder| write_h5(&folder.join("net/cells.h5"), ["nodes", "cells"], &[column("node_type_id", &[])], &[]),
        &["cells.h5", "nodes/cells", "has no nodes"],
    );
    check(
        &|folder| write_h5(&folder.join("net/outside.h5"), ["nodes", "cells"], &[column("node_type_id", &[30])], &[]),
        &["nodes/cells", "is a population that was read before"],
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
