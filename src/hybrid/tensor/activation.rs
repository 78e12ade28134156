//! Elementwise operators.

use super::elements::map;
use super::graph::{Filed, Graph, Var};
use super::real::Real;
use crate::base::aligned::simd;
use crate::energy::Cost;
use rayon::prelude::*;
use std::sync::Arc;

/// The argument of the tanh in GELU, and its derivative.
#[inline(always)]
fn gelu_inner<R: Real>(x: R) -> (R, R) {
    let (a, b) = (R::of(0.797_884_560_802_865_4), R::of(0.044715)); // sqrt(2 / pi)
    (a * (x + b * x * x * x), a * (R::ONE + R::of(3.0) * b * x * x))
}

impl<R: Real> Graph<R> {
    /// `y_i = f(x_i)`; `derivative(x_i, y_i)` is dy/dx.
    fn unary(
        &self,
        filed: Filed,
        x: &Var<R>,
        f: impl Fn(R) -> R + Sync,
        derivative: impl Fn(R, R) -> R + Sync + 'static,
    ) -> Var<R> {
        let mut out = self.buffer(x.values().len());
        map(
            &mut out,
            [x.values()],
            #[inline(always)]
            |[x]| f(x),
        );
        let out = Arc::new(out);
        let (saved, kept) = (x.clone(), out.clone());
        self.record(filed, x.rows(), x.cols(), out, &[x], move |gradient, gradients| {
            gradients.add_with(&saved, |dx| {
                map(
                    dx,
                    [gradient, saved.values(), &kept],
                    #[inline(always)]
                    |[g, x, y]| g * derivative(x, y),
                );
            });
        })
    }

    /// Rectifier: `max(x, 0)`. One comparison a value.
    pub fn relu(&self, x: &Var<R>) -> Var<R> {
        let filed = self.cost("relu", Cost { comparisons: x.values().len() as u64, ..Cost::ZERO });
        self.unary(
            filed,
            x,
            #[inline(always)]
            |x| x.larger(R::ZERO),
            #[inline(always)]
            |x, _| if x > R::ZERO { R::ONE } else { R::ZERO },
        )
    }

    /// Hyperbolic tangent. One multiplication, one MAC, one addition, two functions a value
    /// (through exp).
    pub fn tanh(&self, x: &Var<R>) -> Var<R> {
        let n = x.values().len() as u64;
        let filed = self.cost("tanh", Cost { macs: n, multiplies: n, additions: n, functions: 2 * n, ..Cost::ZERO });
        self.unary(
            filed,
            x,
            #[inline(always)]
            |x| x.tanh(),
            #[inline(always)]
            |_, y| R::ONE - y * y,
        )
    }

    /// Gaussian error linear unit in its tanh form (Hendrycks and Gimpel 2016):
    /// `0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))`. Six multiplications, two MACs, two
    /// additions, two functions a value.
    pub fn gelu(&self, x: &Var<R>) -> Var<R> {
        let n = x.values().len() as u64;
        let filed = self
            .cost("gelu", Cost { macs: 2 * n, multiplies: 6 * n, additions: 2 * n, functions: 2 * n, ..Cost::ZERO });
        let half = R::of(0.5);
        self.unary(
            filed,
            x,
            #[inline(always)]
            move |x| half * x * (R::ONE + gelu_inner(x).0.tanh()),
            #[inline(always)]
            move |x, _| {
                let (inner, slope) = gelu_inner(x);
                let t = inner.tanh();
                half * (R::ONE + t) + half * x * (R::ONE - t * t) * slope
            },
        )
    }

    /// `x + y` of equal shapes. One addition a value.
    pub fn add(&self, x: &Var<R>, y: &Var<R>) -> Var<R> {
        let filed = self.cost("add", Cost { additions: x.values().len() as u64, ..Cost::ZERO });
        self.combine(filed, x, y, [R::ONE, R::ONE])
    }

    /// `(x + y) / 2` of equal shapes. One addition and one multiplication a value.
    pub fn mean_of(&self, x: &Var<R>, y: &Var<R>) -> Var<R> {
        let n = x.values().len() as u64;
        let filed = self.cost("mean", Cost { additions: n, multiplies: n, ..Cost::ZERO });
        self.combine(filed, x, y, [R::of(0.5), R::of(0.5)])
    }

    /// `a x + b y`.
    fn combine(&self, filed: Filed, x: &Var<R>, y: &Var<R>, [a, b]: [R; 2]) -> Var<R> {
        assert_eq!((x.rows(), x.cols()), (y.rows(), y.cols()), "operands of one sum");
        let mut out = self.buffer(x.values().len());
        map(
            &mut out,
            [x.values(), y.values()],
            #[inline(always)]
            |[x, y]| a * x + b * y,
        );
        let saved = [(x.place(), a), (y.place(), b)];
        self.record(filed, x.rows(), x.cols(), out, &[x, y], move |gradient, gradients| {
            for (input, factor) in &saved {
                gradients.add_with(input, |dx| {
                    map(
                        dx,
                        [gradient],
                        #[inline(always)]
                        |[g]| *factor * g,
                    )
                });
            }
        })
    }

    /// Sum of gates: `y = sum_i sigmoid(a_i) * x` for `gates [n, m c]` = `[a_1 .. a_m]` and
    /// `x [n, c]`. A value costs m exponentials and divisions, 2m additions and one multiplication.
    pub fn gated(&self, gates: &Var<R>, x: &Var<R>) -> Var<R> {
        let (n, c) = (x.rows(), x.cols());
        let m = gates.cols() / c;
        assert_eq!((gates.rows(), gates.cols()), (n, m * c), "gates for [{n}, {c}]");
        let values = (n * c) as u64;
        let filed = self.cost(
            "gate",
            Cost {
                multiplies: values,
                additions: 2 * m as u64 * values,
                functions: 2 * m as u64 * values,
                ..Cost::ZERO
            },
        );
        let mut out = self.buffer(n * c);
        // Each row's gate sum is kept for the gradient of x.
        let mut sums = self.zeros(n * c);
        let rows = gates.values().par_chunks(m * c).zip(x.values().par_chunks(c));
        out.par_chunks_mut(c).zip(sums.par_chunks_mut(c)).zip(rows).for_each(|((out, sums), (gates, x))| {
            simd(
                #[inline(always)]
                || {
                    for gate in gates.chunks_exact(c) {
                        for (sum, &a) in sums.iter_mut().zip(gate) {
                            *sum += a.sigmoid();
                        }
                    }
                    for ((out, &sum), &x) in out.iter_mut().zip(&*sums).zip(x) {
                        *out = sum * x;
                    }
                },
            );
        });
        let saved = (gates.clone(), x.clone());
        self.record(filed, n, c, out, &[gates, x], move |gradient, gradients| {
            let (gates, x) = saved;
            gradients.add_with(&x, |dx| {
                map(
                    dx,
                    [gradient, &sums],
                    #[inline(always)]
                    |[g, s]| g * s,
                )
            });
            gradients.add_with(&gates, |da| {
                let rows = gates.values().par_chunks(m * c).zip(x.values().par_chunks(c)).zip(gradient.par_chunks(c));
                da.par_chunks_mut(m * c).zip(rows).for_each(|(da, ((gates, x), g))| {
                    simd(
                        #[inline(always)]
                        || {
                            for (da, a) in da.chunks_exact_mut(c).zip(gates.chunks_exact(c)) {
                                let (da, a, g, x) = (&mut da[..c], &a[..c], &g[..c], &x[..c]);
                                for j in 0..c {
                                    let s = a[j].sigmoid();
                                    da[j] = g[j] * x[j] * s * (R::ONE - s);
                                }
                            }
                        },
                    );
                });
            });
        })
    }

    /// Elementwise product of equal shapes. One multiplication a value.
    pub fn multiply(&self, x: &Var<R>, y: &Var<R>) -> Var<R> {
        assert_eq!((x.rows(), x.cols()), (y.rows(), y.cols()), "operands of one product");
        let filed = self.cost("multiply", Cost { multiplies: x.values().len() as u64, ..Cost::ZERO });
        let mut out = self.buffer(x.values().len());
        map(
            &mut out,
            [x.values(), y.values()],
            #[inline(always)]
            |[x, y]| x * y,
        );
        let saved = [(x.clone(), y.clone()), (y.clone(), x.clone())];
        self.record(filed, x.rows(), x.cols(), out, &[x, y], move |gradient, gradients| {
            for (input, other) in &saved {
                gradients.add_with(input, |dx| {
                    map(
                        dx,
                        [gradient, other.values()],
                        #[inline(always)]
                        |[g, o]| g * o,
                    )
                });
            }
        })
    }

    /// Running mixture `y = alpha x + (1 - alpha) previous`, `alpha = sigmoid(logit)`; `x [n, c]`,
    /// `logit [1, 1]`, `previous [n, c]` or `[1, c]` for every row. One multiplication and one MAC
    /// a value; alpha is a constant of a trained model.
    pub fn mix(&self, x: &Var<R>, previous: &Var<R>, logit: &Var<R>) -> Var<R> {
        let (n, c) = (x.rows(), x.cols());
        let values = (n * c) as u64;
        let filed = self.cost("mix", Cost { macs: values, multiplies: values, ..Cost::ZERO });
        let shared = previous.rows() == 1 && n > 1;
        let alpha = logit.scalar().sigmoid();
        let mut out = self.buffer(n * c);
        for i in 0..n {
            let before = previous.row(if shared { 0 } else { i });
            for (j, out) in out[i * c..][..c].iter_mut().enumerate() {
                *out = alpha * x.row(i)[j] + (R::ONE - alpha) * before[j];
            }
        }
        let saved = (x.clone(), previous.clone(), logit.clone());
        self.record(filed, n, c, out, &[x, previous, logit], move |gradient, gradients| {
            let (x, previous, logit) = saved;
            gradients.add_with(&x, |dx| {
                map(
                    dx,
                    [gradient],
                    #[inline(always)]
                    |[g]| alpha * g,
                )
            });
            gradients.add_with(&previous, |dp| {
                dp.fill(R::ZERO);
                for row in gradient.chunks_exact(c).enumerate() {
                    let target = &mut dp[if shared { 0 } else { row.0 * c }..][..c];
                    for (d, &g) in target.iter_mut().zip(row.1) {
                        *d += (R::ONE - alpha) * g;
                    }
                }
            });
            gradients.add_with(&logit, |dl| {
                let mut sum = R::ZERO;
                for i in 0..n {
                    let before = previous.row(if shared { 0 } else { i });
                    for j in 0..c {
                        sum += gradient[i * c + j] * (x.row(i)[j] - before[j]);
                    }
                }
                dl[0] = sum * alpha * (R::ONE - alpha);
            });
        })
    }
}
