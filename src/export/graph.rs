//! Stacks as NIR graphs.

use super::branch::{Branch, DT_MS, dynamic};
use crate::error::{Error, Result};
use crate::network::interop::nir::{Array, Graph, NodeKind, Numbers, Value};
use crate::spiking::neuron::Reset;
use crate::spiking::threshold::LayerThreshold;

/// Makes a graph of branches: Input, Affine and LIF in turn, Output, with time constants in seconds
/// and steps of 1 ms. NIR fires above a threshold, a stack at it: thresholds are the single-precision
/// numbers just below those of the stack. A clip's input has no place in a graph and is left out.
///
/// # Errors
/// If a layer has dynamic thresholds, which NIR has not, or layers differ in their kind of reset.
pub fn spiking_graph(branches: &[Branch]) -> Result<Graph> {
    let mut graph = Graph::default();
    let mut reset = None;
    for branch in branches {
        let node = |part: &str| if branches.len() > 1 { format!("{}_{part}", branch.name) } else { part.to_owned() };
        let mut last = node("input");
        graph.nodes.insert(last.clone(), NodeKind::Input(vec![branch.stack.inputs()]).into());
        let mut put = |graph: &mut Graph, name: String, kind: NodeKind| {
            graph.nodes.insert(name.clone(), kind.into());
            graph.edges.push((std::mem::replace(&mut last, name.clone()), name));
        };
        for (l, layer) in branch.stack.layers().iter().enumerate() {
            let LayerThreshold::Fixed(theta) = *layer.threshold() else {
                let hint = "export a .ron with --clip N for those of one clip, or train with `threshold: Fixed`";
                return Err(dynamic(&branch.population(l), hint));
            };
            let (lif, neurons, synapses) = (layer.lif(), layer.neurons(), layer.synapses());
            let all = |value: f32| Array::f32s(vec![value; neurons]);
            let (name, v_reset) = match lif.reset {
                Reset::To(0.0) => ("zero", 0.0),
                Reset::To(value) => ("file", value),
                Reset::Subtract => ("subtract", 0.0),
            };
            if *reset.get_or_insert(name) != name {
                let problem = "differs from that of the layers before it: a graph has one for all nodes";
                return Err(Error::value(format!("reset of {}", branch.population(l)), problem));
            }
            let shape = vec![synapses.outputs(), synapses.inputs()];
            let weight = Array::new(shape, Numbers::F32(synapses.weights()))?;
            let bias = Array::f32s(layer.bias().to_vec());
            put(&mut graph, node(&format!("affine{}", l + 1)), NodeKind::Affine { weight, bias });
            let lif = NodeKind::Lif {
                tau: Array::f64s(vec![f64::from(lif.tau) * DT_MS / 1e3; neurons]),
                // Input that is added as it is: r dt / tau is 1.
                r: all(if lif.decay_input { 1.0 } else { lif.tau }),
                v_leak: all(0.0),
                v_threshold: all(theta.next_down()),
                v_reset: Some(all(v_reset)),
            };
            put(&mut graph, node(&format!("block{}", l + 1)), lif);
        }
        let outputs = branch.stack.layers().last().map_or(0, |layer| layer.neurons());
        put(&mut graph, node("output"), NodeKind::Output(vec![outputs]));
    }
    graph.metadata.insert("dt".into(), Value::Array(Array::single(DT_MS / 1e3)));
    graph.metadata.insert("time_unit".into(), Value::Text("s".into()));
    graph.metadata.extend(reset.map(|name| ("reset".to_owned(), Value::Text(name.into()))));
    Ok(graph)
}
