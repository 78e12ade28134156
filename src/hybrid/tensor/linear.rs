//! Matrix products.

use super::elements::column_sums;
use super::graph::{Graph, Var};
use super::real::Real;
use crate::energy::{Cost, Synapses};

/// A matrix operand: values in row-major order, read as they are or transposed.
#[derive(Clone, Copy)]
pub enum Matrix<'a, R> {
    /// Element (i, j) at `i * cols + j`.
    Plain(&'a [R]),
    /// Element (i, j) at `j * rows + i`.
    Transposed(&'a [R]),
}

/// `out = a b`, or `out += a b` when `accumulate`; `out` is `m x n` row-major, `a` is `m x k`, `b`
/// is `k x n`.
pub fn matmul<R: Real>(out: &mut [R], [m, n, k]: [usize; 3], a: Matrix<'_, R>, b: Matrix<'_, R>, accumulate: bool) {
    let place = |matrix, rows: usize, cols: usize| {
        let (values, row_stride, col_stride): (&[R], _, _) = match matrix {
            Matrix::Plain(values) => (values, cols, 1),
            Matrix::Transposed(values) => (values, 1, rows),
        };
        assert_eq!(values.len(), rows * cols, "a {rows} x {cols} operand");
        (values.as_ptr(), row_stride as isize, col_stride as isize)
    };
    assert_eq!(out.len(), m * n, "a {m} x {n} result");
    let (a, a_row, a_col) = place(a, m, k);
    let (b, b_row, b_col) = place(b, k, n);
    // Below this many multiplications starting a second thread costs more than it saves (measured).
    let parallelism = if m * n * k < 1 << 18 {
        gemm::Parallelism::None
    } else {
        gemm::Parallelism::Rayon(rayon::current_num_threads())
    };
    // SAFETY: the three lengths were checked against shapes and strides above, and `out` is a
    // unique borrow.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            n as isize,
            accumulate,
            a,
            a_col,
            a_row,
            b,
            b_col,
            b_row,
            R::ONE,
            R::ONE,
            false,
            false,
            false,
            parallelism,
        );
    }
}

/// Non-zero weights that met non-zero values: an AC where the value is 1 or -1, a MAC elsewhere.
fn synapses<R: Real>(x: &Var<R>, weight: &Var<R>) -> Synapses {
    let (i, o) = (x.cols(), weight.rows());
    let mut fan_out = vec![0_u64; i];
    for row in weight.values().chunks_exact(i) {
        fan_out.iter_mut().zip(row).for_each(|(count, &w)| *count += u64::from(w != R::ZERO));
    }
    let mut synapses = Synapses { dense: (x.values().len() * o) as u64, ..Synapses::default() };
    for row in x.values().chunks_exact(i) {
        for (&value, &fan_out) in row.iter().zip(&fan_out) {
            if value == R::ONE || value == -R::ONE {
                synapses.effective_acs += fan_out;
            } else if value != R::ZERO {
                synapses.effective_macs += fan_out;
            }
        }
    }
    synapses
}

impl<R: Real> Graph<R> {
    /// `y = x W^T + b`: `x [n, i]`, `weight [o, i]`, `bias [1, o]`, `y [n, o]`. Costs `n i o` MACs
    /// (the bias starts the sum).
    pub fn linear(&self, x: &Var<R>, weight: &Var<R>, bias: Option<&Var<R>>) -> Var<R> {
        let (n, i, o) = (x.rows(), x.cols(), weight.rows());
        assert_eq!(weight.cols(), i, "linear: weight [{o}, {}] on inputs of {i}", weight.cols());
        let cost = Cost { macs: (n * i * o) as u64, ..Cost::ZERO };
        let filed = self.synaptic_cost("linear", cost, || synapses(x, weight));
        let mut out = self.buffer(n * o);
        if let Some(bias) = bias {
            for row in out.chunks_exact_mut(o) {
                row.copy_from_slice(bias.values());
            }
        }
        let (a, b) = (Matrix::Plain(x.values()), Matrix::Transposed(weight.values()));
        matmul(&mut out, [n, o, i], a, b, bias.is_some());
        let saved = (x.clone(), weight.clone(), bias.cloned());
        self.record(filed, n, o, out, &[x, weight], move |gradient, gradients| {
            let (x, weight, bias) = saved;
            gradients.add_with(&x, |dx| {
                matmul(dx, [n, i, o], Matrix::Plain(gradient), Matrix::Plain(weight.values()), false);
            });
            gradients.add_with(&weight, |dw| {
                matmul(dw, [o, i, n], Matrix::Transposed(gradient), Matrix::Plain(x.values()), false);
            });
            if let Some(bias) = bias {
                let [sums] = column_sums(
                    [gradient],
                    [],
                    o,
                    #[inline(always)]
                    |[g], []| [g],
                );
                gradients.add_with(&bias, |db| db.copy_from_slice(&sums));
            }
        })
    }
}
