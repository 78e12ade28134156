//! Layers that share weights: convolutions, pools, dense layers and scales, one after the other,
//! between one range of neurons and another.
//!
//! Neurons are counted row by row: neuron (channel, row, column) of a shape `[channels, rows,
//! columns]` is `(channel rows + row) columns + column`. A tick's spikes are a sparse vector, each
//! entry with its value and the number of spikes in it; a layer makes another one of it
//! ([`Flow`]). No matrix is unrolled. What one output receives is summed up in the order of the
//! inputs, in double precision, and a zero changes no sum, so a dense product
//! ([`Layers::dense`]) has the same bits.
//!
//! # Example
//! Differences of three neighbours, added up with the weights 2 and 3:
//! ```
//! use spikefuse::network::layers::{Axis, Kernel, Layer, Layers, Window};
//!
//! let columns = Axis { input: 3, kernel: 2, stride: 1, dilation: 1, padding: [0, 0] };
//! let kernel = Kernel::Each([1.0, -1.0].into());
//! let window = Window { channels: [1, 1], groups: 1, rows: Axis::SINGLE, columns, kernel };
//! let sum = Layer::Linear { weights: [2.0, 3.0].into(), outputs: 1 };
//! let layers = Layers::new(vec![Layer::Window(window), sum]).map_err(|(_, problem)| problem)?;
//! assert_eq!((layers.inputs(), layers.outputs(), layers.ways()), (3, 1, 4));
//! assert_eq!([0, 1, 2].map(|input| layers.weight(input, 0)), [2.0, 1.0, -3.0]);
//! # Ok::<(), String>(())
//! ```

mod dense;
mod flow;
#[cfg(test)]
mod tests;
mod window;

pub use flow::{Flow, Item, Products};
pub use window::{Axis, Kernel, Window};

use super::memory::BYTES_PER_ELEMENT;
use std::sync::Arc;

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
        super::numbers::largest(self.weights()) * fan_in as f64
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
        Ok(Layers { layers, ways })
    }

    /// The layers.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
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

    /// The weight of an output for an input alone, all ways between them together.
    pub fn weight(&self, input: u32, output: u32) -> f64 {
        let mut flow = Flow::new(self, output as usize..output as usize + 1);
        flow.run(self, &[Item { id: input, value: 1.0, spikes: 1 }], false);
        flow.outputs().first().map_or(0.0, |item| item.value)
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
        8 * weights as u64 + BYTES_PER_ELEMENT * elements as u64
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
