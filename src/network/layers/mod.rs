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

mod chain;
mod dense;
mod flow;
mod spread;
#[cfg(test)]
mod tests;
mod window;

pub use chain::{BYTES_PER_ELEMENT, Layer, Layers};
pub use flow::{Flow, Item, Products};
pub use window::{Axis, Kernel, KernelRow, Window};
