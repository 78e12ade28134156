//! Loops over the elements of buffers: parallel, vectorised, and in an order that does not depend
//! on the number of threads.

use super::real::Real;
use crate::base::aligned::simd;
use rayon::prelude::*;

/// Elements that one parallel task handles. Fixed, so that the partition of a sum does not depend
/// on the thread count; 16 Ki floats are 64 KiB, which fits a core's first caches.
pub(crate) const CHUNK: usize = 1 << 14;

/// Rows per parallel task for matrices of `cols` columns.
pub(crate) fn chunk_rows(cols: usize) -> usize {
    (CHUNK / cols.max(1)).max(1)
}

/// The `i`-th element of each slice.
#[inline(always)]
fn at<R: Real, const N: usize>(slices: &[&[R]; N], i: usize) -> [R; N] {
    std::array::from_fn(|k| slices[k][i])
}

/// `out[i] = f(i-th elements)`, in parallel and vectorised. `inputs` have the length of `out`.
///
/// Vector code needs two things here and below: closures that are inlined (so they are marked where
/// they are written) and slices of one length (so that no bounds are checked in the loop).
pub(crate) fn map<R: Real, const N: usize>(out: &mut [R], inputs: [&[R]; N], f: impl Fn([R; N]) -> R + Sync) {
    out.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, out)| {
        let parts = inputs.map(|input| &input[chunk * CHUNK..][..out.len()]);
        simd(
            #[inline(always)]
            || {
                let n = out.len();
                let parts = parts.map(|part| &part[..n]);
                for i in 0..n {
                    out[i] = f(at(&parts, i));
                }
            },
        );
    });
}

/// Adds up W column sums over the rows of equally long `inputs`: `f` of a row's elements and of the
/// column's elements of `columns` gives the terms. Task by task, then the tasks in order.
pub(crate) fn column_sums<R: Real, const N: usize, const M: usize, const W: usize>(
    inputs: [&[R]; N],
    columns: [&[R]; M],
    cols: usize,
    f: impl Fn([R; N], [R; M]) -> [R; W] + Sync,
) -> [Vec<R>; W] {
    let rows = inputs[0].len() / cols.max(1);
    let step = chunk_rows(cols);
    let parts: Vec<[Vec<R>; W]> = (0..rows.div_ceil(step))
        .into_par_iter()
        .map(|chunk| {
            let mut sums: [Vec<R>; W] = std::array::from_fn(|_| vec![R::ZERO; cols]);
            for row in chunk * step..((chunk + 1) * step).min(rows) {
                let parts = inputs.map(|input| &input[row * cols..][..cols]);
                let mut sums = sums.each_mut().map(|sum| &mut sum[..]);
                simd(
                    #[inline(always)]
                    || {
                        let columns = columns.map(|column| &column[..cols]);
                        let parts = parts.map(|part| &part[..cols]);
                        for sum in &mut sums {
                            *sum = &mut std::mem::take(sum)[..cols];
                        }
                        for col in 0..cols {
                            let terms = f(at(&parts, col), at(&columns, col));
                            for w in 0..W {
                                sums[w][col] += terms[w];
                            }
                        }
                    },
                );
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

/// Like [`map`] for rows as long as `columns`, whose elements are the second argument of `f`.
pub(crate) fn map_columns<R: Real, const N: usize, const M: usize>(
    out: &mut [R],
    inputs: [&[R]; N],
    columns: [&[R]; M],
    f: impl Fn([R; N], [R; M]) -> R + Sync,
) {
    let cols = columns[0].len();
    let step = chunk_rows(cols) * cols;
    out.par_chunks_mut(step.max(1)).enumerate().for_each(|(chunk, out)| {
        for (row, out) in out.chunks_exact_mut(cols).enumerate() {
            let parts = inputs.map(|input| &input[chunk * step + row * cols..][..cols]);
            simd(
                #[inline(always)]
                || {
                    let out = &mut out[..cols];
                    let columns = columns.map(|column| &column[..cols]);
                    let parts = parts.map(|part| &part[..cols]);
                    for col in 0..cols {
                        out[col] = f(at(&parts, col), at(&columns, col));
                    }
                },
            );
        }
    });
}

/// Sum of `f` in a fixed order: 16 interleaved partial sums, then those in order.
#[inline(always)]
pub(crate) fn sum_by<R: Real>(values: &[R], f: impl Fn(R) -> R) -> R {
    let mut lanes = [R::ZERO; 16];
    let blocks = values.chunks_exact(16);
    let rest = blocks.remainder().iter().fold(R::ZERO, |sum, &v| sum + f(v));
    for block in blocks {
        let block = &block[..16];
        for lane in 0..16 {
            lanes[lane] += f(block[lane]);
        }
    }
    lanes.iter().fold(rest, |sum, &lane| sum + lane)
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
        let (a, b) = (&a[..16], &b[..16]);
        for lane in 0..16 {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    lanes.iter().fold(sum, |sum, &lane| sum + lane)
}

/// `values[i] = f(values[i], other[i])`, in parallel and vectorised.
pub(crate) fn map_in_place<R: Real>(values: &mut [R], other: &[R], f: impl Fn(R, R) -> R + Sync) {
    values.par_chunks_mut(CHUNK).zip(other.par_chunks(CHUNK)).for_each(|(values, other)| {
        simd(
            #[inline(always)]
            || {
                for (value, other) in values.iter_mut().zip(other) {
                    *value = f(*value, *other);
                }
            },
        );
    });
}

/// Turns scores into weights that sum to 1.
#[inline(always)]
pub(crate) fn softmax<R: Real>(values: &mut [R]) {
    let highest = values.iter().fold(values[0], |a, &b| a.larger(b));
    let mut sum = R::ZERO;
    for value in values.iter_mut() {
        *value = (*value - highest).exp();
        sum += *value;
    }
    for value in values.iter_mut() {
        *value = *value / sum;
    }
}
