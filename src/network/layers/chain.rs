//! Layers one after the other: do they fit, how many ways lead through them.

use super::spread::Spread;
use super::window::{Kernel, Window};
use crate::network::numbers::largest;
use std::sync::Arc;

/// Bytes of an element of a layer's output: its sum, and its place among what is passed on. An upper
/// estimate.
pub const BYTES_PER_ELEMENT: u64 = 48;

/// One layer.
#[derive(Debug, Clone, PartialEq)]
pub enum Layer {
    /// A convolution or pool.
    Window(Window),
    /// A dense matrix.
    Linear {
        /// `[inputs, outputs]`, row by row.
        weights: Arc<[f64]>,
        /// Columns.
        outputs: usize,
    },
    /// A factor for each element.
    Scale(Arc<[f64]>),
}

/// Layers, the outputs of each the inputs of the next.
#[derive(Debug, Clone, PartialEq)]
pub struct Layers {
    layers: Vec<Layer>,
    /// The weights of each window, as spikes meet them; empty for other layers.
    spreads: Vec<Spread>,
    /// Ways from an input to an output.
    ways: u64,
}

impl Layer {
    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        match self {
            Layer::Window(window) => window.inputs(),
            Layer::Linear { weights, outputs } => weights.len() / (*outputs).max(1),
            Layer::Scale(factors) => factors.len(),
        }
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        match self {
            Layer::Window(window) => window.outputs(),
            Layer::Linear { outputs, .. } => *outputs,
            Layer::Scale(factors) => factors.len(),
        }
    }

    /// Whether it has weights, which are counted as synapses: pools and scales have none.
    pub fn has_weights(&self) -> bool {
        match self {
            Layer::Window(window) => matches!(window.kernel, Kernel::Each(_)),
            Layer::Linear { .. } => true,
            Layer::Scale(_) => false,
        }
    }

    /// Numbers that it keeps.
    fn weights(&self) -> &[f64] {
        match self {
            Layer::Window(Window { kernel: Kernel::Each(weights), .. })
            | Layer::Linear { weights, .. }
            | Layer::Scale(weights) => weights,
            Layer::Window(Window { kernel: Kernel::Same(weight), .. }) => std::slice::from_ref(weight),
        }
    }

    /// The most that the outputs grow: the largest magnitude of a weight times the number of inputs
    /// of an output.
    fn growth(&self) -> f64 {
        let fan_in = match self {
            Layer::Window(window) => window.fan_in(),
            Layer::Linear { .. } => self.inputs(),
            Layer::Scale(_) => 1,
        };
        largest(self.weights()) * fan_in as f64
    }
}

impl Layers {
    /// Layers that fit each other.
    ///
    /// # Errors
    /// With the place of a layer, from 0, whose inputs are not the outputs of the layer before, or
    /// that cannot be.
    pub fn new(layers: Vec<Layer>) -> Result<Layers, (usize, String)> {
        if layers.is_empty() {
            return Err((0, "expected at least one layer".into()));
        }
        for (n, layer) in layers.iter().enumerate() {
            if let Layer::Window(window) = layer {
                window.check().map_err(|problem| (n, problem))?;
            }
            if let Layer::Linear { weights, outputs } = layer
                && (*outputs == 0 || !weights.len().is_multiple_of(*outputs))
            {
                return Err((n, format!("{} weights: expected [inputs, {outputs}]", weights.len())));
            }
            if layer.inputs() == 0 || layer.outputs() == 0 {
                return Err((n, "has no inputs or no outputs".into()));
            }
            if let Some(before) = n.checked_sub(1).map(|before| layers[before].outputs())
                && before != layer.inputs()
            {
                return Err((n, format!("{} inputs: expected {before}, the outputs before it", layer.inputs())));
            }
        }
        let ways = count_ways(&layers);
        let spread = |layer: &Layer| match layer {
            Layer::Window(window) => Spread::new(window),
            Layer::Linear { .. } | Layer::Scale(_) => Spread::default(),
        };
        Ok(Layers { spreads: layers.iter().map(spread).collect(), layers, ways })
    }

    /// The layers.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The weights of a window as spikes meet them.
    pub(super) fn spread(&self, layer: usize) -> &Spread {
        &self.spreads[layer]
    }

    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        self.layers[0].inputs()
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.layers[self.layers.len() - 1].outputs()
    }

    /// Whether the products of a layer are counted as synaptic operations: those of layers with
    /// weights, or where there are none, those of the last layer.
    pub(super) fn counts(&self, layer: usize) -> bool {
        let none = !self.layers.iter().any(Layer::has_weights);
        self.layers[layer].has_weights() || none && layer + 1 == self.layers.len()
    }

    /// Ways from an input to an output; places beyond the border are none.
    pub fn ways(&self) -> u64 {
        self.ways
    }

    /// The largest magnitude that an input of 1 at every place can become.
    pub fn strongest(&self) -> f64 {
        self.layers.iter().map(Layer::growth).product()
    }

    /// All numbers that the layers keep.
    pub fn weights(&self) -> impl Iterator<Item = f64> {
        self.layers.iter().flat_map(|layer| layer.weights().iter().copied())
    }

    /// Upper estimate of the bytes of weights and of one thread's flow.
    pub fn memory(&self) -> u64 {
        let weights: usize = self.layers.iter().map(|layer| layer.weights().len()).sum();
        let elements: usize = self.layers.iter().map(Layer::outputs).sum();
        // A convolution keeps its weights twice.
        16 * weights as u64 + BYTES_PER_ELEMENT * elements as u64
    }
}

/// Ways through all layers. Channels of a window are alike, so it is enough to count by place.
fn count_ways(layers: &[Layer]) -> u64 {
    // Ways to each place of one channel, and how many channels there are.
    let mut counts: Vec<u64> = vec![1; layers[0].inputs()];
    for layer in layers {
        let all = |counts: &[u64]| counts.iter().fold(0_u64, |sum, &n| sum.saturating_add(n));
        match layer {
            Layer::Window(window) => counts = window.count_ways(&counts),
            Layer::Linear { outputs, .. } => {
                counts = vec![all(&counts); *outputs];
            }
            Layer::Scale(_) => {}
        }
    }
    counts.iter().fold(0, |sum, &n| sum.saturating_add(n))
}
