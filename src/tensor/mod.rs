//! The dense operators of the hybrid model and their gradients, on top of the `gemm` crate.
//!
//! A [`Graph`] records operators as they run; [`Graph::backward`] walks them in reverse. Every tensor is a row-major
//! matrix (`rows` are clips, tokens or time steps x clips; `cols` are features). Each operator is one function holding
//! its forward pass, its hand-written backward pass and its [cost](crate::energy::Cost).
//!
//! Why not a general tensor library: on the reference machine the best pure Rust one needed 1.2 to 1.6 times PyTorch's
//! time for a training step of these layers and fused operators of this kind needed less than PyTorch; operators are
//! also where operations are counted, and their fixed summation order makes a result independent of the thread count.

mod activation;
mod attention;
#[cfg(test)]
pub(crate) mod check;
mod graph;
mod linear;
mod loss;
mod norm;
mod real;
mod rows;

pub(crate) use attention::softmax;
pub use graph::{Gradients, Graph, Var};
pub use linear::{Matrix, matmul};
pub use norm::{Dropout, NormStyle, Statistics};
pub use real::{Real, simd};

use rayon::prelude::*;

/// Elements that one parallel task handles. Fixed, so that the partition of a sum does not depend on the thread count;
/// 16 Ki floats are 64 KiB, which fits a core's first caches.
pub(crate) const CHUNK: usize = 1 << 14;

/// Rows per parallel task for matrices of `cols` columns.
pub(crate) fn chunk_rows(cols: usize) -> usize {
    (CHUNK / cols.max(1)).max(1)
}

/// `out[i] = f(i-th elements)`, in parallel and vectorised. `inputs` have the length of `out`.
pub(crate) fn map<R: Real, const N: usize>(out: &mut [R], inputs: [&[R]; N], f: impl Fn([R; N]) -> R + Sync) {
    out.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, out)| {
        let parts = inputs.map(|input| &input[chunk * CHUNK..][..out.len()]);
        simd(|| {
            for (i, out) in out.iter_mut().enumerate() {
                *out = f(parts.map(|part| part[i]));
            }
        });
    });
}

/// Adds up `width` column sums over the rows of equally long `inputs`: task by task, then the tasks in order.
pub(crate) fn column_sums<R: Real, const N: usize, const W: usize>(
    inputs: [&[R]; N],
    cols: usize,
    f: impl Fn(usize, [R; N]) -> [R; W] + Sync,
) -> [Vec<R>; W] {
    let rows = inputs[0].len() / cols.max(1);
    let step = chunk_rows(cols);
    let parts: Vec<[Vec<R>; W]> = (0..rows.div_ceil(step))
        .into_par_iter()
        .map(|chunk| {
            let mut sums: [Vec<R>; W] = std::array::from_fn(|_| vec![R::ZERO; cols]);
            for row in chunk * step..((chunk + 1) * step).min(rows) {
                let parts = inputs.map(|input| &input[row * cols..][..cols]);
                simd(|| {
                    for col in 0..cols {
                        let terms = f(col, parts.map(|part| part[col]));
                        for (sum, term) in sums.iter_mut().zip(terms) {
                            sum[col] += term;
                        }
                    }
                });
            }
            sums
        })
        .collect();
    let mut total: [Vec<R>; W] = std::array::from_fn(|_| vec![R::ZERO; cols]);
    for part in parts {
        for (total, part) in total.iter_mut().zip(part) {
            for (t, p) in total.iter_mut().zip(part) {
                *t += p;
            }
        }
    }
    total
}

/// Like [`map`] for `cols`-wide rows, with the column as first argument of `f`.
pub(crate) fn map_columns<R: Real, const N: usize>(
    out: &mut [R],
    inputs: [&[R]; N],
    cols: usize,
    f: impl Fn(usize, [R; N]) -> R + Sync,
) {
    let step = chunk_rows(cols) * cols;
    out.par_chunks_mut(step.max(1)).enumerate().for_each(|(chunk, out)| {
        for (row, out) in out.chunks_exact_mut(cols).enumerate() {
            let parts = inputs.map(|input| &input[chunk * step + row * cols..][..cols]);
            simd(|| {
                for (col, out) in out.iter_mut().enumerate() {
                    *out = f(col, parts.map(|part| part[col]));
                }
            });
        }
    });
}

/// Sum of products in a fixed order: 16 interleaved partial sums, then those in order.
#[inline(always)]
pub(crate) fn dot<R: Real>(a: &[R], b: &[R]) -> R {
    let mut lanes = [R::ZERO; 16];
    let (a_blocks, b_blocks) = (a.chunks_exact(16), b.chunks_exact(16));
    let mut sum = R::ZERO;
    for (&x, &y) in a_blocks.remainder().iter().zip(b_blocks.remainder()) {
        sum += x * y;
    }
    for (a, b) in a_blocks.zip(b_blocks) {
        for lane in 0..16 {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    lanes.iter().fold(sum, |sum, &lane| sum + lane)
}

/// `values[i] = f(values[i], other[i])`, in parallel and vectorised.
pub(crate) fn map_in_place<R: Real>(values: &mut [R], other: &[R], f: impl Fn(R, R) -> R + Sync) {
    values.par_chunks_mut(CHUNK).zip(other.par_chunks(CHUNK)).for_each(|(values, other)| {
        simd(|| {
            for (value, other) in values.iter_mut().zip(other) {
                *value = f(*value, *other);
            }
        });
    });
}
