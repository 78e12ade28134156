//! Round trips, shapes and what is refused.

use super::*;
use hdf5_pure::{FileBuilder, GroupBuilder};
use proptest::prelude::*;
use std::path::PathBuf;
use tempfile::TempDir;

fn floats(shape: &[usize]) -> Array {
    let size = shape.iter().product::<usize>();
    let values = (0..size).map(|k| k as f32 * 0.25 - 1.0).collect();
    Array::new(shape.to_vec(), Numbers::F32(values)).unwrap()
}

fn doubles(value: f64, size: usize) -> Array {
    Array::f64s(vec![value; size])
}

fn lif(size: usize) -> NodeKind {
    NodeKind::Lif {
        tau: doubles(0.02, size),
        r: doubles(1.0, size),
        v_leak: doubles(0.0, size),
        v_threshold: doubles(1.0, size),
        v_reset: None,
    }
}

fn cuba_lif(size: usize, v_reset: Option<Array>) -> NodeKind {
    NodeKind::CubaLif {
        tau_syn: doubles(0.004, size),
        tau_mem: doubles(0.02, size),
        r: doubles(20.0, size),
        v_leak: doubles(0.0, size),
        v_threshold: doubles(1.0, size),
        v_reset,
        w_in: doubles(4.0, size),
    }
}

fn linear(out: usize, into: usize) -> NodeKind {
    NodeKind::Linear { weight: floats(&[out, into]) }
}

fn conv2d(input_shape: Option<[usize; 2]>, kernel: [usize; 2], padding: Padding<2>) -> Conv<2> {
    Conv {
        input_shape,
        weight: floats(&[8, 3, kernel[0], kernel[1]]),
        stride: [1, 1],
        padding,
        dilation: [1, 1],
        groups: 1,
        bias: floats(&[8]),
    }
}

fn graph(nodes: Vec<(&str, NodeKind)>, edges: &[(&str, &str)]) -> Graph {
    Graph {
        nodes: nodes.into_iter().map(|(name, kind)| (name.to_owned(), kind.into())).collect(),
        edges: edges.iter().map(|&(from, to)| (from.to_owned(), to.to_owned())).collect(),
        metadata: Metadata::new(),
    }
}

/// Nodes in a row.
fn chain(nodes: Vec<NodeKind>) -> Graph {
    let names: Vec<String> = (0..nodes.len()).map(|k| format!("n{k:02}")).collect();
    let edges: Vec<(&str, &str)> = names.windows(2).map(|pair| (&pair[0][..], &pair[1][..])).collect();
    graph(names.iter().map(|name| &name[..]).zip(nodes).collect(), &edges)
}

/// Every kind of node in one graph.
fn all_kinds() -> Graph {
    let integrator = NodeKind::I { r: floats(&[4]) };
    let fire = NodeKind::If { r: floats(&[4]), v_threshold: floats(&[4]), v_reset: Some(floats(&[4])) };
    let leaky = NodeKind::Li { tau: doubles(0.01, 4), r: doubles(1.0, 4), v_leak: doubles(0.5, 4) };
    let cuba_li = NodeKind::CubaLi {
        tau_syn: doubles(0.01, 4),
        tau_mem: doubles(0.02, 4),
        r: doubles(1.0, 4),
        v_leak: doubles(0.5, 4),
        w_in: doubles(2.0, 4),
    };
    let conv1d = Conv {
        input_shape: Some([9]),
        weight: floats(&[2, 1, 3]),
        stride: [2],
        padding: Padding::Zeros([1]),
        dilation: [2],
        groups: 1,
        bias: floats(&[2]),
    };
    let inner = graph(
        vec![
            ("in", NodeKind::Input(vec![4])),
            ("w", linear(4, 4)),
            ("lif", lif(4)),
            ("out", NodeKind::Output(vec![4])),
        ],
        &[("in", "lif"), ("lif", "w"), ("w", "lif"), ("lif", "out")],
    );
    let pool = Pool { kernel_size: [2, 2], stride: [2, 2], padding: [0, 1] };
    let flat = Flatten { start_dim: 0, end_dim: -1, input_shape: Some(vec![8, 5, 4]) };
    let mut graph = chain(vec![
        NodeKind::Input(vec![1, 9]),
        NodeKind::Conv1d(conv1d),
        NodeKind::Flatten(Flatten { start_dim: 0, end_dim: 1, input_shape: None }),
        NodeKind::Affine { weight: floats(&[4, 8]), bias: floats(&[4]) },
        NodeKind::Scale { scale: floats(&[4]) },
        NodeKind::Delay { delay: doubles(0.001, 4) },
        NodeKind::Threshold { threshold: floats(&[4]) },
        integrator,
        fire,
        leaky,
        lif(4),
        cuba_li,
        cuba_lif(4, Some(doubles(0.0, 4))),
        NodeKind::Graph(inner),
        NodeKind::Output(vec![4]),
    ]);
    let image = [
        ("image", NodeKind::Input(vec![3, 10, 8])),
        ("conv", NodeKind::Conv2d(conv2d(Some([10, 8]), [3, 5], Padding::Same))),
        ("sum", NodeKind::SumPool2d(pool.clone())),
        ("mean", NodeKind::AvgPool2d(Pool { kernel_size: [1, 2], stride: [1, 1], padding: [0, 0] })),
        ("flat", NodeKind::Flatten(flat)),
        ("linear", linear(2, 160)),
        ("label", NodeKind::Output(vec![2])),
    ];
    let names: Vec<&str> = image.iter().map(|(name, _)| *name).collect();
    graph.edges.extend(names.windows(2).map(|pair| (pair[0].to_owned(), pair[1].to_owned())));
    graph.nodes.extend(image.map(|(name, kind)| (name.to_owned(), Node::from(kind))));
    let table = Metadata::from([("deep".to_owned(), Value::Array(Array::i64s(vec![1, -2])))]);
    graph.metadata = Metadata::from([
        ("dt".to_owned(), Value::Array(Array::single(1e-3))),
        ("time_unit".to_owned(), Value::Text("s".into())),
        ("more".to_owned(), Value::Table(table.clone())),
    ]);
    graph.nodes.get_mut("linear").unwrap().metadata = table;
    graph
}

/// A folder for one file.
struct Desk(TempDir);

impl Desk {
    fn new() -> Desk {
        Desk(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("graph.nir")
    }

    fn trip(&self, graph: &Graph, compat: Compat) -> NirFile {
        write(&self.path(), graph, compat).unwrap();
        read(&self.path()).unwrap()
    }

    /// What is said of a file that `fill` makes; `node` is its group of nodes.
    fn refusal(&self, fill: impl FnOnce(&mut FileBuilder)) -> String {
        let mut builder = FileBuilder::new();
        fill(&mut builder);
        std::fs::write(self.path(), builder.finish().unwrap()).unwrap();
        let error = read(&self.path()).unwrap_err();
        format!("{error}; {}", error.hint().unwrap_or_default())
    }
}

fn text(group: &mut GroupBuilder, name: &str, text: &str) {
    group.create_dataset(name).with_vlen_strings(&[text]).with_shape(&[]);
}

/// A file with one node 'x' beside an Input.
fn one_node(builder: &mut FileBuilder, kind: &str, fill: impl FnOnce(&mut GroupBuilder)) {
    let mut root = builder.create_group("node");
    text(&mut root, "type", "NIRGraph");
    root.create_dataset("edges").with_vlen_strings(&["in", "x"]).with_shape(&[1, 2]);
    let mut nodes = root.create_group("nodes");
    let mut input = nodes.create_group("in");
    text(&mut input, "type", "Input");
    input.create_dataset("shape").with_i64_data(&[2]);
    nodes.add_group(input.finish());
    let mut node = nodes.create_group("x");
    text(&mut node, "type", kind);
    fill(&mut node);
    nodes.add_group(node.finish());
    root.add_group(nodes.finish());
    builder.add_group(root.finish());
}

#[test]
fn every_kind_of_node_is_read_as_it_was_written() {
    let desk = Desk::new();
    let graph = all_kinds();
    assert_eq!(infer(&graph).findings, []);
    let file = desk.trip(&graph, Compat::V1_0_8);
    assert_eq!((file.version.as_deref(), &file.unread[..]), (Some("1.0.8"), &[][..]));
    assert_eq!(file.graph, graph);
    let first = std::fs::read(desk.path()).unwrap();
    desk.trip(&file.graph, Compat::V1_0_8);
    assert!(std::fs::read(desk.path()).unwrap() == first, "the same graph gives the same bytes");
}

#[test]
fn a_reset_to_zero_is_left_out_and_another_one_is_not() {
    let desk = Desk::new();
    let zero = chain(vec![NodeKind::Input(vec![2]), cuba_lif(2, Some(doubles(0.0, 2))), NodeKind::Output(vec![2])]);
    let reset = |graph: &Graph| graph.nodes["n01"].kind.array("v_reset").cloned();
    assert_eq!(reset(&desk.trip(&zero, Compat::V1_0_8).graph), Some(doubles(0.0, 2)));
    assert_eq!(reset(&desk.trip(&zero, Compat::Widest).graph), None);
    let file = desk.trip(&zero, Compat::V1_0_4);
    assert_eq!((reset(&file.graph), file.version.as_deref()), (None, Some("1.0.4")));

    let other = chain(vec![NodeKind::Input(vec![2]), cuba_lif(2, Some(doubles(-1.0, 2))), NodeKind::Output(vec![2])]);
    assert_eq!(reset(&desk.trip(&other, Compat::Widest).graph), Some(doubles(-1.0, 2)));
    let error = write(&desk.path(), &other, Compat::V1_0_4).unwrap_err().to_string();
    assert!(error.contains("node 'n01'") && error.contains("1.0.4"), "{error}");
    let error = write(&desk.path(), &all_kinds(), Compat::V1_0_4).unwrap_err().to_string();
    assert!(error.contains("node 'n08'"), "{error}");
}

#[test]
fn convolutions_get_the_shape_that_python_needs() {
    let desk = Desk::new();
    let conv = NodeKind::Conv2d(conv2d(None, [3, 3], Padding::Valid));
    let graph = chain(vec![NodeKind::Input(vec![3, 6, 7]), conv, NodeKind::Output(vec![8, 4, 5])]);
    let file = desk.trip(&graph, Compat::Widest);
    let NodeKind::Conv2d(conv) = &file.graph.nodes["n01"].kind else { panic!() };
    assert_eq!(conv.input_shape, Some([6, 7]));
}

/// PyTorch's rule, by hand.
#[test]
fn kernels_need_not_be_squares() {
    let output = |conv: Conv<2>, input: [usize; 3]| {
        let shapes = infer(&chain(vec![NodeKind::Input(input.to_vec()), NodeKind::Conv2d(conv)]));
        shapes.nodes.get("n01").map(|shape| shape.output.clone()).ok_or_else(|| shapes.findings[0].to_string())
    };
    let conv = |padding| conv2d(None, [3, 5], padding);
    assert_eq!(output(conv(Padding::Valid), [3, 10, 10]), Ok(vec![8, 8, 6]));
    assert_eq!(output(conv(Padding::Same), [3, 10, 9]), Ok(vec![8, 10, 9]));
    assert_eq!(output(conv(Padding::Zeros([1, 2])), [3, 10, 10]), Ok(vec![8, 10, 10]));
    let strided = Conv { stride: [2, 3], dilation: [2, 1], ..conv(Padding::Zeros([0, 1])) };
    // (10 - 2 * 2 - 1) / 2 + 1 and (10 + 2 - 4 - 1) / 3 + 1.
    assert_eq!(output(strided.clone(), [3, 10, 10]), Ok(vec![8, 3, 3]));
    let groups = Conv { groups: 4, ..conv(Padding::Valid) };
    assert_eq!(output(groups.clone(), [12, 10, 10]), Ok(vec![8, 8, 6]));
    for (conv, input, said) in [
        (groups, [3, 10, 10], "takes [12, size, size]"),
        (conv(Padding::Valid), [3, 10, 4], "does not fit in 4"),
        (Conv { padding: Padding::Same, ..strided }, [3, 10, 10], "needs stride 1"),
        (Conv { bias: floats(&[7]), ..conv(Padding::Valid) }, [3, 10, 10], "bias has shape [7] for 8"),
        (Conv { groups: 3, ..conv(Padding::Valid) }, [9, 10, 10], "cannot be shared by 3 groups"),
        (Conv { weight: floats(&[8, 3, 3]), ..conv(Padding::Valid) }, [3, 10, 10], "expected 4 axes"),
    ] {
        let error = output(conv, input).unwrap_err();
        assert!(error.starts_with("error: node 'n01'") && error.contains(said), "{said}: {error}");
    }
}

#[test]
fn shapes_that_do_not_meet_are_found() {
    let findings = |graph: &Graph| -> Vec<String> { check(graph).iter().map(ToString::to_string).collect() };
    let wrong = chain(vec![NodeKind::Input(vec![3]), linear(4, 2), lif(4), NodeKind::Output(vec![4])]);
    assert_eq!(findings(&wrong), ["error: node 'n01': takes the shape [2] and gets [3] from 'n00'"]);
    let folded = chain(vec![NodeKind::Input(vec![2]), linear(4, 2), lif(4), NodeKind::Output(vec![2, 2])]);
    let found = findings(&folded);
    assert!(found.len() == 1 && found[0].starts_with("warning: node 'n03': takes the shape [2, 2]"), "{found:?}");
    let lost = graph(vec![("a", NodeKind::Input(vec![2])), ("p", NodeKind::SumPool2d(pool()))], &[("a", "b")]);
    let found = findings(&lost);
    assert_eq!(found[0], "error: edge 'a' -> 'b': there is no node 'b'");
    assert!(found.iter().any(|text| text.starts_with("error: node 'p': its shape cannot be told")), "{found:?}");
    let twice = graph(vec![("a", NodeKind::Input(vec![2])), ("b", NodeKind::Output(vec![2]))], &[("a", "b"); 2]);
    assert!(findings(&twice)[0].starts_with("warning: edge 'a' -> 'b' is there twice"));
    let inner = graph(
        vec![("i", NodeKind::Input(vec![2])), ("l", lif(3)), ("o", NodeKind::Output(vec![3]))],
        &[("i", "l"), ("l", "o")],
    );
    let outer = chain(vec![NodeKind::Input(vec![2]), NodeKind::Graph(inner), NodeKind::Output(vec![3])]);
    assert_eq!(findings(&outer), ["error: node 'n01/l': takes the shape [3] and gets [2] from 'i'"]);
    let mut still = lif(2);
    if let NodeKind::Lif { tau, .. } = &mut still {
        *tau = Array::f64s(vec![0.02, 0.0]);
    }
    let still = chain(vec![NodeKind::Input(vec![2]), still, NodeKind::Output(vec![2])]);
    assert_eq!(findings(&still), ["error: node 'n01': tau is 0 at place 1: expected times above 0"]);
    assert_eq!(findings(&Graph::default())[0], "error: it has no nodes");
}

fn pool() -> Pool {
    Pool { kernel_size: [2, 2], stride: [2, 2], padding: [0, 0] }
}

#[test]
fn single_values_are_for_all_neurons() {
    let desk = Desk::new();
    let mut builder = FileBuilder::new();
    one_node(&mut builder, "CubaLIF", |node| {
        node.create_dataset("tau_mem").with_f32_data(&[0.1, 0.2]);
        for name in ["tau_syn", "r", "v_leak", "v_threshold", "v_reset"] {
            node.create_dataset(name).with_f64_data(&[2.5]).with_shape(&[]);
        }
    });
    std::fs::write(desk.path(), builder.finish().unwrap()).unwrap();
    let file = read(&desk.path()).unwrap();
    assert_eq!(file.version, None);
    let kind = &file.graph.nodes["x"].kind;
    assert_eq!(kind.array("tau_mem"), Some(&Array::f32s(vec![0.1, 0.2])));
    assert_eq!(kind.array("r"), Some(&doubles(2.5, 2)));
    assert_eq!(kind.array("v_reset"), Some(&doubles(2.5, 2)));
    assert_eq!(kind.array("w_in"), Some(&doubles(1.0, 2)), "a missing w_in is 1");
    assert_eq!(infer(&file.graph).nodes["x"].output, [2]);
}

#[test]
fn what_is_not_known_is_refused_by_name() {
    let desk = Desk::new();
    let said = |kind: &str, fill: &dyn Fn(&mut GroupBuilder)| desk.refusal(|file| one_node(file, kind, fill));
    let list = |name: &'static str, values: &'static [i64]| {
        move |node: &mut GroupBuilder| {
            node.create_dataset(name).with_i64_data(values);
        }
    };
    for (text, expected) in [
        (said("Softmax", &|_| ()), "node 'x' has the type 'Softmax', which is not known; replace it"),
        (said("LIF", &|_| ()), "node 'x' of type LIF has no 'tau'"),
        (said("Output", &list("shape", &[-1])), "node 'x' of type Output has 'shape' [-1]: expected numbers from 0"),
        (
            said("Scale", &|node| {
                node.create_dataset("scale").with_f32_data(&[1.0]);
                node.create_dataset("gain").with_f32_data(&[1.0]);
            }),
            "node 'x' of type Scale has the unknown field 'gain'; what is not of NIR belongs into",
        ),
        (
            said("IF", &|node| {
                node.create_dataset("r").with_f32_data(&[1.0, 2.0]);
                node.create_dataset("v_threshold").with_f32_data(&[1.0]);
            }),
            "node 'x' of type IF has 'v_threshold' of shape [1] beside others of [2]",
        ),
        (
            said("SumPool2d", &|node| {
                list("kernel_size", &[2, 0])(node);
                list("stride", &[2])(node);
                list("padding", &[0])(node);
            }),
            "node 'x' of type SumPool2d has 'kernel_size' [2, 0]: expected 2 numbers from 1",
        ),
        (
            desk.refusal(|file| {
                file.create_dataset("x").with_i64_data(&[1]);
            }),
            "there is no group 'node'",
        ),
        (
            desk.refusal(|file| {
                file.create_dataset("version").with_vlen_strings(&["2.1"]).with_shape(&[]);
                one_node(file, "Softmax", |_| ());
            }),
            "'version' is 2.1: versions 0.1 to 1.x are known",
        ),
        (
            desk.refusal(|file| {
                let mut node = file.create_group("node");
                self::text(&mut node, "type", "LIF");
                file.add_group(node.finish());
            }),
            "a single node of type LIF, not a graph",
        ),
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

#[test]
fn metadata_of_other_types_and_groups_beside_the_graph_are_named() {
    let desk = Desk::new();
    let mut builder = FileBuilder::new();
    one_node(&mut builder, "Scale", |node| {
        node.create_dataset("scale").with_f32_data(&[1.0, 2.0]);
        let mut metadata = node.create_group("metadata");
        metadata.create_dataset("names").with_vlen_strings(&["a", "b"]);
        metadata.create_dataset("of").with_vlen_strings(&["me"]).with_shape(&[]);
        node.add_group(metadata.finish());
    });
    let mine = builder.create_group("mine").finish();
    builder.add_group(mine);
    std::fs::write(desk.path(), builder.finish().unwrap()).unwrap();
    let file = read(&desk.path()).unwrap();
    let unread = ["group 'mine': not of the graph", "'node/nodes/x/metadata/names': a list of texts"];
    assert_eq!(file.unread, unread);
    assert_eq!(file.graph.nodes["x"].metadata["of"], Value::Text("me".into()));
}

#[test]
fn only_graphs_are_replaced_and_only_whole_ones_written() {
    let desk = Desk::new();
    std::fs::write(desk.path(), "a letter").unwrap();
    let fine = chain(vec![NodeKind::Input(vec![2]), NodeKind::Output(vec![2])]);
    let error = write(&desk.path(), &fine, Compat::Widest).unwrap_err().to_string();
    assert!(error.contains("is a file of another kind"), "{error}");
    std::fs::remove_file(desk.path()).unwrap();
    let wrong = chain(vec![NodeKind::Input(vec![3]), NodeKind::Output(vec![2])]);
    let error = write(&desk.path(), &wrong, Compat::Widest).unwrap_err().to_string();
    assert!(error.contains("node 'n01'") && !desk.path().exists(), "{error}");
    let slash = graph(vec![("a/b", NodeKind::Input(vec![2]))], &[]);
    let error = write(&desk.path(), &slash, Compat::Widest).unwrap_err().to_string();
    assert!(error.contains("node 'a/b'"), "{error}");
    desk.trip(&fine, Compat::Widest);
    desk.trip(&fine, Compat::Widest);
}

fn array(size: usize) -> impl Strategy<Value = Array> {
    let small = proptest::num::f32::NORMAL | proptest::num::f32::ZERO;
    let single = proptest::collection::vec(small, size).prop_map(Array::f32s);
    let double = proptest::collection::vec(-1e300f64..1e300, size).prop_map(Array::f64s);
    let whole = proptest::collection::vec(any::<i64>(), size).prop_map(Array::i64s);
    prop_oneof![single, double, whole]
}

fn node(size: usize) -> impl Strategy<Value = NodeKind> {
    let times = || (1e-6f64..1e6).prop_map(move |tau| doubles(tau, size));
    let fire = (times(), array(size), array(size), array(size), proptest::option::of(array(size)));
    let fire =
        fire.prop_map(|(tau, r, v_leak, v_threshold, v_reset)| NodeKind::Lif { tau, r, v_leak, v_threshold, v_reset });
    let scale = array(size).prop_map(|scale| NodeKind::Scale { scale });
    let affine = (array(size * size), array(size)).prop_map(move |(weight, bias)| NodeKind::Affine {
        weight: Array::new(vec![size, size], weight.numbers().clone()).unwrap(),
        bias,
    });
    let cuba = (times(), times(), array(size), array(size), array(size))
        .prop_map(|(tau_syn, tau_mem, r, v_leak, w_in)| NodeKind::CubaLi { tau_syn, tau_mem, r, v_leak, w_in });
    prop_oneof![fire, scale, affine, cuba]
}

fn any_graph() -> impl Strategy<Value = Graph> {
    (1usize..5, 1usize..7).prop_flat_map(|(size, count)| {
        let name = "[a-zé.][a-z0-9_. -]{0,8}";
        let nodes = proptest::collection::btree_map(name, node(size), count);
        let edges = proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..12);
        (nodes, edges).prop_map(move |(nodes, picks)| {
            let names: Vec<String> = nodes.keys().filter(|name| *name != ".").cloned().collect();
            let mut graph = Graph::default();
            graph
                .nodes
                .extend(nodes.into_iter().filter(|(name, _)| name != ".").map(|(name, kind)| (name, kind.into())));
            if !names.is_empty() {
                graph.edges.extend(picks.iter().map(|(a, b)| (a.get(&names).clone(), b.get(&names).clone())));
            }
            graph
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_graph_is_read_as_it_was_written(graph in any_graph()) {
        let desk = Desk::new();
        prop_assert_eq!(&desk.trip(&graph, Compat::V1_0_8).graph, &graph);
    }
}

fn single_lif(tau: f64, r: f64) -> Graph {
    let neurons = NodeKind::Lif {
        tau: doubles(tau, 2),
        r: doubles(r, 2),
        v_leak: doubles(0.0, 2),
        v_threshold: doubles(1.0, 2),
        v_reset: None,
    };
    chain(vec![NodeKind::Input(vec![2]), neurons, NodeKind::Output(vec![2])])
}

#[test]
fn units_of_time_are_told_from_their_size() {
    let unit = |tau, r| guess_unit(&single_lif(tau, r)).unit;
    assert_eq!(unit(0.02, 1.0), Some(TimeUnit::S));
    assert_eq!(unit(20.0, 1.0), None, "milliseconds or steps");
    assert_eq!(unit(20.0, 20.0), Some(TimeUnit::Steps));
    assert_eq!(unit(0.7, 1.0), None);
    let mut stated = single_lif(20.0, 1.0);
    stated.metadata.insert("time_unit".into(), Value::Text("ms".into()));
    let guess = guess_unit(&stated);
    assert_eq!((guess.unit, guess.stated), (Some(TimeUnit::Ms), true));
    stated.metadata.insert("time_unit".into(), Value::Text("hours".into()));
    assert_eq!(guess_unit(&stated).unit, None);
}

#[test]
fn a_step_is_told_where_all_neurons_agree() {
    assert_eq!(implied_steps(&single_lif(0.02, 1.0)), []);
    let implied = implied_steps(&single_lif(0.02, 20.0));
    assert_eq!((implied[0].node.as_str(), implied[0].dt), ("n01", 0.001));
    let mut graph = single_lif(0.02, 20.0);
    let node = graph.nodes.get_mut("n01").unwrap();
    if let NodeKind::Lif { r, .. } = &mut node.kind {
        *r = Array::f64s(vec![20.0, 10.0]);
    }
    assert_eq!(implied_steps(&graph), []);
    let text = diagnose(&graph, &[]).to_string();
    assert!(text.contains("node 'n01': r is neither 1 nor tau / dt"), "{text}");
    let two = chain(vec![NodeKind::Input(vec![2]), cuba_lif(2, None), NodeKind::Output(vec![2])]);
    // tau_mem / r is 1 ms, tau_syn / w_in too.
    assert!(!diagnose(&two, &[]).to_string().contains("different lengths"));
    let mut two = two;
    if let NodeKind::CubaLif { w_in, .. } = &mut two.nodes.get_mut("n01").unwrap().kind {
        *w_in = doubles(8.0, 2);
    }
    assert!(diagnose(&two, &[]).to_string().contains("different lengths"));
}

#[test]
fn cycles_need_a_state() {
    let cycle = |kind: NodeKind| {
        let nodes =
            vec![("i", NodeKind::Input(vec![2])), ("a", linear(2, 2)), ("b", kind), ("o", NodeKind::Output(vec![2]))];
        let graph = graph(nodes, &[("i", "a"), ("a", "b"), ("b", "a"), ("b", "o")]);
        diagnose(&graph, &[]).findings
    };
    let fine = cycle(lif(2));
    assert!(fine.iter().any(|f| f.severity == Severity::Note && f.text.starts_with("recurrent: a, b;")), "{fine:?}");
    let wrong = cycle(linear(2, 2));
    assert!(wrong.iter().any(|f| f.text == "a cycle without neurons or delays: a, b"), "{wrong:?}");
}

/// One node of each rule that a target has.
#[test]
fn targets_refuse_and_change_what_their_importers_do() {
    let verdict = |target: Target, kind: NodeKind| {
        let size = kind.arrays().first().map_or(2, |(_, array)| array.len());
        let graph = chain(vec![NodeKind::Input(vec![size]), kind, NodeKind::Output(vec![size])]);
        let verdict = diagnose(&graph, &[target]).targets.remove(0);
        let text: Vec<String> = verdict.findings.iter().map(ToString::to_string).collect();
        (verdict.accepts, text.join("\n"))
    };
    let with = |r: f64, v_leak: f64, thresholds: [f64; 2], v_reset: Option<f64>| NodeKind::Lif {
        tau: doubles(0.02, 2),
        r: doubles(r, 2),
        v_leak: doubles(v_leak, 2),
        v_threshold: Array::f64s(thresholds.to_vec()),
        v_reset: v_reset.map(|v_reset| doubles(v_reset, 2)),
    };
    let plain = || with(1.0, 0.0, [1.0; 2], None);
    let fire = |r: f64| NodeKind::If { r: doubles(r, 2), v_threshold: doubles(1.0, 2), v_reset: None };
    for (target, kind, accepts, said) in [
        (Target::Norse, with(2.0, 0.0, [1.0; 2], None), true, "warning: node 'n01': r is 2: taken as 1"),
        (Target::Norse, with(1.0, 0.0, [1.0; 2], Some(-1.0)), true, "v_reset is -1: ignored"),
        (Target::Norse, NodeKind::Scale { scale: doubles(1.0, 2) }, false, "error: node 'n01': Scale is not known"),
        (Target::Snntorch, plain(), true, "the threshold is divided by r dt / tau = 0.005"),
        (Target::Snntorch, with(1.0, 0.0, [1.0, 2.0], None), false, "v_threshold differs between neurons"),
        (Target::Snntorch, with(1.0, 0.5, [1.0; 2], None), false, "v_leak is 0.5: must be 0"),
        (Target::Snntorch, fire(1.0), true, "decays by 0.9"),
        (Target::Sinabs, plain(), true, "taken as numbers of time steps"),
        (Target::Sinabs, with(1.0, 0.0, [1.0; 2], Some(0.0)), false, "it needs nir 1.0.4"),
        (Target::Rockpool, plain(), false, "import of LIF fails"),
        (Target::Spikingjelly, with(20.0, 0.0, [1.0; 2], None), true, "needs dt=0.001"),
        (Target::Spikingjelly, with(20.0, 0.0, [1.0, 2.0], None), false, "v_threshold differs"),
        (Target::Spikingjelly, with(1.0, 0.5, [1.0; 2], None), false, "v_leak is 0.5, v_reset 0"),
        (Target::Spikingjelly, fire(1000.0), true, "needs dt=0.001"),
        (Target::Spikingjelly, cuba_lif(2, None), true, "needs dt=0.001"),
        (Target::Lava, cuba_lif(2, None), false, "must be tau_mem / 0.0001"),
        (Target::Lava, fire(2.0), true, "multiplies the threshold"),
    ] {
        let (found, text) = verdict(target, kind);
        assert!(found == accepts && text.contains(said), "{target:?}: {said}: {text}");
    }
}
