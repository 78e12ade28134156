//! Moving rows: tokens, segments, halves of a batch. No arithmetic but the means.

use super::graph::{Graph, Var};
use super::real::Real;
use crate::energy::Cost;

impl<R: Real> Graph<R> {
    /// Row `i * k + j` of the result is row `i` of `parts[j]`: the tokens of each clip side by
    /// side.
    pub fn interleave(&self, parts: &[&Var<R>]) -> Var<R> {
        let (k, n, c) = (parts.len(), parts[0].rows(), parts[0].cols());
        let mut out = self.buffer(k * n * c);
        for (j, part) in parts.iter().enumerate() {
            assert_eq!((part.rows(), part.cols()), (n, c), "parts of one interleaving");
            for i in 0..n {
                out[(i * k + j) * c..][..c].copy_from_slice(part.row(i));
            }
        }
        let saved: Vec<Var<R>> = parts.iter().map(|part| part.place()).collect();
        let filed = self.cost("interleave", Cost::ZERO);
        self.record(filed, k * n, c, out, parts, move |gradient, gradients| {
            for (j, part) in saved.iter().enumerate() {
                gradients.add_with(part, |dx| {
                    for (i, dx) in dx.chunks_exact_mut(c).enumerate() {
                        dx.copy_from_slice(&gradient[(i * k + j) * c..][..c]);
                    }
                });
            }
        })
    }

    /// Rows `start`, `start + stride`, ... (`count` of them).
    pub fn rows(&self, x: &Var<R>, start: usize, stride: usize, count: usize) -> Var<R> {
        let c = x.cols();
        let mut out = self.buffer(count * c);
        for (i, out) in out.chunks_exact_mut(c).enumerate() {
            out.copy_from_slice(x.row(start + i * stride));
        }
        let saved = x.place();
        let filed = self.cost("rows", Cost::ZERO);
        self.record(filed, count, c, out, &[x], move |gradient, gradients| {
            gradients.add_with(&saved, |dx| {
                dx.fill(R::ZERO);
                for (i, g) in gradient.chunks_exact(c).enumerate() {
                    dx[(start + i * stride) * c..][..c].copy_from_slice(g);
                }
            });
        })
    }

    /// Mean of each `group` consecutive rows. `group` additions and one multiplication a value.
    pub fn mean_rows(&self, x: &Var<R>, group: usize) -> Var<R> {
        let (n, c) = (x.rows() / group, x.cols());
        if group == 1 {
            return x.clone();
        }
        let filed =
            self.cost("mean", Cost { additions: x.values().len() as u64, multiplies: (n * c) as u64, ..Cost::ZERO });
        let scale = R::ONE / R::of(group as f64);
        let mut out = self.zeros(n * c);
        for (row, values) in x.values().chunks_exact(c).enumerate() {
            for (out, &value) in out[row / group * c..][..c].iter_mut().zip(values) {
                *out += value * scale;
            }
        }
        let saved = x.place();
        self.record(filed, n, c, out, &[x], move |gradient, gradients| {
            gradients.add_with(&saved, |dx| {
                for (row, dx) in dx.chunks_exact_mut(c).enumerate() {
                    for (dx, &g) in dx.iter_mut().zip(&gradient[row / group * c..][..c]) {
                        *dx = g * scale;
                    }
                }
            });
        })
    }

    /// `x` with `tokens` learned rows `offsets [tokens, c]` added to each clip's rows in turn. One
    /// addition a value.
    pub fn add_by_token(&self, x: &Var<R>, offsets: &Var<R>) -> Var<R> {
        let (tokens, c) = (offsets.rows(), offsets.cols());
        let filed = self.cost("add", Cost { additions: x.values().len() as u64, ..Cost::ZERO });
        let mut out = self.copied(x.values());
        for (row, out) in out.chunks_exact_mut(c).enumerate() {
            for (out, &offset) in out.iter_mut().zip(offsets.row(row % tokens)) {
                *out += offset;
            }
        }
        let saved = (x.place(), offsets.place());
        self.record(filed, x.rows(), c, out, &[x, offsets], move |gradient, gradients| {
            let (x, offsets) = saved;
            gradients.add_with(&x, |dx| dx.copy_from_slice(gradient));
            gradients.add_with(&offsets, |d| {
                d.fill(R::ZERO);
                for (row, g) in gradient.chunks_exact(c).enumerate() {
                    for (d, &g) in d[row % tokens * c..][..c].iter_mut().zip(g) {
                        *d += g;
                    }
                }
            });
        })
    }
}
