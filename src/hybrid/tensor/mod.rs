//! The dense operators of the hybrid model and their gradients, on top of the `gemm` crate.
//!
//! A [`Graph`] records operators as they run; [`Graph::backward`] walks them in reverse. Every
//! tensor is a row-major matrix (`rows` are clips, tokens or time steps x clips; `cols` are
//! features). Each operator is one function holding its forward pass, its hand-written backward
//! pass and its [cost](crate::energy::Cost).
//!
//! Why not a general tensor library: on the reference machine the best pure Rust one needed 1.2 to
//! 1.6 times PyTorch's time for a training step of these layers and fused operators of this kind
//! needed less than PyTorch; operators are also where operations are counted, and their fixed
//! summation order makes a result independent of the thread count.
//!
//! # Example
//! The gradient of a squared error by the weights of `y = x W^T`:
//! ```
//! use spikefuse::hybrid::tensor::Graph;
//!
//! let graph = Graph::<f64>::training();
//! let x = graph.constant(1, 2, graph.copied(&[1.0, 2.0]));
//! let weights = graph.parameter(1, 2, vec![0.5, 0.5].into());
//! let y = graph.linear(&x, &weights, None);
//! let loss = graph.mean_squared(&y, &graph.constant(1, 1, graph.copied(&[1.0])));
//! assert_eq!((y.scalar(), loss.scalar()), (1.5, 0.25));
//! let gradients = graph.backward(&loss);
//! assert_eq!(gradients.get(&weights), Some(&[1.0, 2.0][..]));
//! ```

mod activation;
mod attention;
#[cfg(test)]
pub(crate) mod check;
mod elements;
mod graph;
mod linear;
mod loss;
mod norm;
mod real;
mod rows;

pub use crate::base::aligned::simd;
pub(crate) use elements::{CHUNK, dot, softmax, sum_by};
pub use graph::{Filed, Gradients, Graph, Var};
pub use linear::{Matrix, matmul};
pub use norm::{Dropout, NormStyle, Statistics};
pub use real::Real;
