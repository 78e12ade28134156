//! The dense twin of the spiking branch: the same weights, ReLU in place of neurons, one pass in
//! place of time steps.

use super::infer::{Hybrid, Prepared};
use super::stft::block_name;
use crate::energy::{Branch, Cost, DenseOperator};
use crate::hybrid::parameters::{ByModality, MODALITIES, Modality};
use crate::hybrid::tensor::{Graph, Var};
use crate::spiking::stack::Layer;
use std::sync::Arc;

/// `y = relu(W' x + b')` block after block, per modality, with the folded weights that the spiking
/// layers run with.
pub struct DenseTwin {
    /// By block.
    layers: ByModality<Vec<Dense>>,
}

/// Weights `[o, i]` and biases `[1, o]`.
struct Dense {
    weight: Arc<Vec<f32>>,
    bias: Arc<Vec<f32>>,
}

impl DenseTwin {
    /// The twin of a network; none if it has no spiking branch.
    pub fn of(network: &Hybrid<'_>) -> Option<DenseTwin> {
        let stacks = network.stacks()?;
        let layers = stacks.as_ref().map(|stack| {
            let dense = |layer: &Layer| Dense {
                weight: Arc::new(layer.synapses().weights()),
                bias: Arc::new(layer.bias()[..layer.neurons()].to_vec()),
            };
            stack.layers().iter().map(dense).collect()
        });
        Some(DenseTwin { layers })
    }

    /// Runs a prepared batch on the mean over time of its refined input. Returns the outputs of the
    /// last blocks, `[clips, D]` for each modality.
    pub fn run(&self, graph: &Graph<f32>, prepared: &Prepared) -> Vec<Var<f32>> {
        let inputs = MODALITIES.into_iter().filter_map(|m| Some((m, prepared.refined(m)?)));
        let run = |(m, refined): (Modality, &Var<f32>)| {
            graph.scope(Branch::Spiking, &format!("spiking.{}", m.name()));
            let mut x = graph.mean_rows(refined, refined.rows() / prepared.clips());
            for (block, Dense { weight, bias }) in self.layers[m].iter().enumerate() {
                graph.scope(Branch::Spiking, &block_name(m, block));
                let weight = graph.parameter(bias.len(), x.cols(), weight.clone());
                let bias = graph.parameter(1, bias.len(), bias.clone());
                x = graph.relu(&graph.linear(&x, &weight, Some(&bias)));
            }
            x
        };
        inputs.map(run).collect()
    }

    /// MACs and comparisons of a block among the twin's `operators`.
    pub fn cost_of(operators: &[DenseOperator], layer: &str) -> Cost {
        operators.iter().filter(|o| o.layer == layer).map(|o| o.cost).sum()
    }
}
