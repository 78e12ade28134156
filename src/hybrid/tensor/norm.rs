//! Normalisation, with the activation and dropout that follow it.

use super::elements::{chunk_rows, column_sums, dot, map_columns, sum_by};
use super::graph::{Buffer, Filed, Graph, Var};
use super::real::Real;
use crate::base::aligned::simd;
use crate::base::rng::Rng;
use crate::energy::Cost;
use rand::Rng as _;
use rayon::prelude::*;

const EPSILON: f64 = 1e-5;

/// What a batch normalisation saw: per-column mean and unbiased variance, for the running
/// statistics.
pub struct Statistics<R> {
    /// Mean of each column.
    pub mean: Vec<R>,
    /// Unbiased variance of each column.
    pub variance: Vec<R>,
}

/// Dropout during training: each value survives with probability `1 - rate` and is scaled by its
/// inverse.
pub struct Dropout {
    /// Probability of a zero, in [0, 1).
    pub rate: f64,
    /// Where the choice comes from.
    pub rng: Rng,
}

impl Dropout {
    /// Factors 0 or 1/(1 - rate). 16 random bits a value: the rate is exact to 2^-16.
    fn mask<R: Real>(mut self, mut mask: Buffer<R>) -> Buffer<R> {
        let cut = (self.rate * 65536.0) as u16;
        let scale = R::of(1.0 / (1.0 - self.rate));
        let mut bytes = [0; 1024];
        for block in mask.chunks_mut(bytes.len() / 2) {
            self.rng.fill_bytes(&mut bytes);
            for (value, pair) in block.iter_mut().zip(bytes.as_chunks::<2>().0) {
                *value = if u16::from_le_bytes(*pair) < cut { R::ZERO } else { scale };
            }
        }
        mask
    }
}

/// What follows a batch normalisation in the same operator.
#[derive(Default)]
pub struct NormStyle {
    /// Clip negative values to zero.
    pub relu: bool,
    /// Dropout; ignored at inference.
    pub dropout: Option<Dropout>,
}

#[inline(always)]
fn rectified<R: Real>(relu: bool, y: R) -> R {
    if relu { y.larger(R::ZERO) } else { y }
}

/// A normalised value.
#[inline(always)]
fn normal<R: Real>(relu: bool, x: R, [mean, inverse, w, b]: [R; 4]) -> R {
    rectified(relu, (x - mean) * inverse * w + b)
}

/// The value before scale and shift, and the gradient behind ReLU, whose gate is recomputed rather
/// than stored.
#[inline(always)]
fn gated<R: Real>(relu: bool, g: R, x: R, [mean, inverse, w, b]: [R; 4]) -> (R, R) {
    let hat = (x - mean) * inverse;
    let open = !relu || hat * w + b > R::ZERO;
    (hat, if open { g } else { R::ZERO })
}

/// A value's terms in the gradients of shift and scale.
#[inline(always)]
fn terms<R: Real>(relu: bool, g: R, x: R, columns: [R; 4]) -> [R; 2] {
    let (hat, g) = gated(relu, g, x, columns);
    [g, g * hat]
}

/// A value's gradient, given the means of the two kinds of terms.
#[inline(always)]
fn back<R: Real>(relu: bool, g: R, x: R, [mean, inverse, w, b, mean_g, mean_hat]: [R; 6]) -> R {
    let (hat, g) = gated(relu, g, x, [mean, inverse, w, b]);
    (g - mean_g - hat * mean_hat) * (w * inverse)
}

/// Batch normalisation with known statistics: one factor and one term a column.
fn fold<R: Real>(out: &mut [R], x: &[R], [w, b]: [&[R]; 2], [mean, inverse]: [&[R]; 2], relu: bool) {
    let scale: Vec<R> = inverse.iter().zip(w).map(|(&i, &w)| i * w).collect();
    let shift: Vec<R> = (0..w.len()).map(|j| b[j] - mean[j] * scale[j]).collect();
    map_columns(
        out,
        [x],
        [&scale, &shift],
        #[inline(always)]
        |[x], [scale, shift]| rectified(relu, x * scale + shift),
    );
}

/// Mean and variance (with `1 / n`) of each column of `x [n, c]`.
fn column_moments<R: Real>(x: &[R], n: usize, c: usize) -> [Vec<R>; 2] {
    let count = R::of(n as f64);
    let [mut mean] = column_sums(
        [x],
        [],
        c,
        #[inline(always)]
        |[x], []| [x],
    );
    mean.iter_mut().for_each(|m| *m = *m / count);
    let [mut variance] = column_sums(
        [x],
        [&mean],
        c,
        #[inline(always)]
        |[x], [mean]| [(x - mean) * (x - mean)],
    );
    variance.iter_mut().for_each(|v| *v = *v / count);
    [mean, variance]
}

impl<R: Real> Graph<R> {
    /// Batch normalisation over the rows of `x [n, c]` (Ioffe and Szegedy 2015), then ReLU and
    /// dropout as `style` says: `y = (x - mean) / sqrt(variance + 1e-5) * weight + bias`, `weight`
    /// and `bias` `[1, c]`. Training uses and returns the batch's statistics, inference the
    /// `running` mean and variance. Costs one MAC a value (scale and shift are folded), one
    /// comparison for ReLU.
    pub fn batch_norm(
        &self,
        x: &Var<R>,
        weight: &Var<R>,
        bias: &Var<R>,
        running: [&[R]; 2],
        style: NormStyle,
    ) -> (Var<R>, Option<Statistics<R>>) {
        let (n, c) = (x.rows(), x.cols());
        let values = (n * c) as u64;
        let comparisons = if style.relu { values } else { 0 };
        let filed = self.cost("batch_norm", Cost { macs: values, comparisons, ..Cost::ZERO });
        let relu = style.relu;
        let inverse =
            |variance: &[R]| -> Vec<R> { variance.iter().map(|&v| R::ONE / (v + R::of(EPSILON)).sqrt()).collect() };
        let mut out = self.buffer(n * c);
        let (w, b) = (weight.values(), bias.values());
        if !self.is_training() {
            fold(&mut out, x.values(), [w, b], [running[0], &inverse(running[1])], relu);
            return (self.record(filed, n, c, out, &[], |_, _| {}), None);
        }
        let count = R::of(n as f64);
        let [mean, variance] = column_moments(x.values(), n, c);
        let inverse = inverse(&variance);
        let mask = style.dropout.filter(|d| d.rate > 0.0).map(|d| d.mask(self.buffer(n * c)));
        match &mask {
            Some(mask) => map_columns(
                &mut out,
                [x.values(), mask],
                [&mean, &inverse, w, b],
                #[inline(always)]
                |[x, m], columns| normal(relu, x, columns) * m,
            ),
            None => map_columns(
                &mut out,
                [x.values()],
                [&mean, &inverse, w, b],
                #[inline(always)]
                |[x], columns| normal(relu, x, columns),
            ),
        }
        let unbiased = R::of(n as f64 / (n as f64 - 1.0).max(1.0));
        let variance = variance.iter().map(|&v| v * unbiased).collect();
        let statistics = Statistics { mean: mean.clone(), variance };
        let (x_saved, weight_saved, bias_saved) = (x.clone(), weight.clone(), bias.clone());
        let var = self.record(filed, n, c, out, &[x, weight], move |gradient, gradients| {
            let (x, weight, bias) = (x_saved, weight_saved, bias_saved);
            let (w, b) = (weight.values(), bias.values());
            let columns = [&mean[..], &inverse, w, b];
            let [sum, sum_hat] = match &mask {
                Some(mask) => column_sums(
                    [gradient, x.values(), mask],
                    columns,
                    c,
                    #[inline(always)]
                    |[g, x, m], columns| terms(relu, g * m, x, columns),
                ),
                None => column_sums(
                    [gradient, x.values()],
                    columns,
                    c,
                    #[inline(always)]
                    |[g, x], columns| terms(relu, g, x, columns),
                ),
            };
            gradients.add_with(&x, |dx| {
                let mean_g: Vec<R> = sum.iter().map(|&s| s / count).collect();
                let mean_hat: Vec<R> = sum_hat.iter().map(|&s| s / count).collect();
                let columns = [&mean[..], &inverse, w, b, &mean_g, &mean_hat];
                match &mask {
                    Some(mask) => map_columns(
                        dx,
                        [gradient, x.values(), mask],
                        columns,
                        #[inline(always)]
                        |[g, x, m], columns| back(relu, g * m, x, columns),
                    ),
                    None => map_columns(
                        dx,
                        [gradient, x.values()],
                        columns,
                        #[inline(always)]
                        |[g, x], columns| back(relu, g, x, columns),
                    ),
                }
            });
            gradients.add_with(&weight, |dw| dw.copy_from_slice(&sum_hat));
            gradients.add_with(&bias, |db| db.copy_from_slice(&sum));
        });
        (var, Some(statistics))
    }

    /// Layer normalisation of each row of `x [n, c]` (Ba et al. 2016):
    /// `y = (x - mean) / sqrt(variance + 1e-5) * weight + bias`. Costs per row `2c + 1` additions
    /// and `c` MACs for the statistics, `c` multiplications and `c` MACs to normalise, two
    /// divisions and two functions.
    pub fn layer_norm(&self, x: &Var<R>, weight: &Var<R>, bias: &Var<R>) -> Var<R> {
        let (n, c) = (x.rows(), x.cols());
        let (rows, cols) = (n as u64, c as u64);
        let filed = self.cost(
            "layer_norm",
            Cost {
                macs: rows * 2 * cols,
                additions: rows * (2 * cols + 1),
                multiplies: rows * cols,
                functions: rows * 4,
                ..Cost::ZERO
            },
        );
        let mut out = self.buffer(n * c);
        let step = chunk_rows(c);
        let (w, b) = (weight.values(), bias.values());
        out.par_chunks_mut(step * c).zip(x.values().par_chunks(step * c)).for_each(|(out, x)| {
            for (out, x) in out.chunks_exact_mut(c).zip(x.chunks_exact(c)) {
                simd(
                    #[inline(always)]
                    || {
                        let (mean, inverse) = moments(x);
                        let (out, x, w, b) = (&mut out[..c], &x[..c], &w[..c], &b[..c]);
                        for j in 0..c {
                            out[j] = (x[j] - mean) * inverse * w[j] + b[j];
                        }
                    },
                );
            }
        });
        let saved = (x.clone(), weight.clone(), bias.clone());
        self.record(filed, n, c, out, &[x, weight], move |gradient, gradients| {
            let (x, weight, bias) = saved;
            let mut hats = vec![R::ZERO; n * c];
            let count = R::of(c as f64);
            let mut inverses = vec![R::ZERO; n];
            hats.par_chunks_mut(c).zip(&mut inverses).zip(x.values().par_chunks(c)).for_each(|((hat, inverse), x)| {
                simd(
                    #[inline(always)]
                    || {
                        let (mean, inv) = moments(x);
                        *inverse = inv;
                        for (hat, &x) in hat.iter_mut().zip(x) {
                            *hat = (x - mean) * inv;
                        }
                    },
                );
            });
            let w = weight.values();
            gradients.add_with(&x, |dx| {
                dx.par_chunks_mut(c).enumerate().for_each(|(i, dx)| {
                    simd(
                        #[inline(always)]
                        || {
                            let (g, hat) = (&gradient[i * c..][..c], &hats[i * c..][..c]);
                            let (dx, w) = (&mut dx[..c], &w[..c]);
                            for j in 0..c {
                                dx[j] = g[j] * w[j];
                            }
                            let mean = sum_by(
                                dx,
                                #[inline(always)]
                                |d| d,
                            ) / count;
                            let along = dot(dx, hat) / count;
                            for j in 0..c {
                                dx[j] = (dx[j] - mean - hat[j] * along) * inverses[i];
                            }
                        },
                    );
                });
            });
            let [sum, sum_hat] = column_sums(
                [gradient, &hats],
                [],
                c,
                #[inline(always)]
                |[g, hat], []| [g, g * hat],
            );
            gradients.add_with(&weight, |dw| dw.copy_from_slice(&sum_hat));
            gradients.add_with(&bias, |db| db.copy_from_slice(&sum));
        })
    }
}

impl<R: Real> Graph<R> {
    /// Dropout of `x [n, c]`, with one mask for each `group` consecutive rows. For training only.
    pub fn dropout(&self, x: &Var<R>, dropout: Dropout, group: usize) -> Var<R> {
        let (n, c) = (x.rows(), x.cols());
        let mask = dropout.mask(self.buffer(n / group * c));
        let masked = move |out: &mut [R], x: &[R], mask: &[R]| {
            let groups = x.par_chunks(group * c).zip(mask.par_chunks(c));
            out.par_chunks_mut(group * c).zip(groups).for_each(|(out, (x, mask))| {
                simd(
                    #[inline(always)]
                    || {
                        let mask = &mask[..c];
                        for (out, x) in out.chunks_exact_mut(c).zip(x.chunks_exact(c)) {
                            for j in 0..c {
                                out[j] = x[j] * mask[j];
                            }
                        }
                    },
                );
            });
        };
        let mut out = self.buffer(n * c);
        masked(&mut out, x.values(), &mask);
        let saved = x.place();
        self.record(Filed::training_only(), n, c, out, &[x], move |gradient, gradients| {
            gradients.add_with(&saved, |dx| masked(dx, gradient, &mask));
        })
    }

    /// Each row of `x [n, c]` divided by its Euclidean norm (at least 1e-12). A row costs `c` MACs,
    /// `c` multiplications, one comparison, two functions.
    pub fn normalize_rows(&self, x: &Var<R>) -> Var<R> {
        let (n, c) = (x.rows(), x.cols());
        let values = (n * c) as u64;
        let filed = self.cost(
            "normalize",
            Cost { macs: values, multiplies: values, comparisons: n as u64, functions: 2 * n as u64, ..Cost::ZERO },
        );
        let inverse: Vec<R> = (0..n).map(|i| R::ONE / dot(x.row(i), x.row(i)).sqrt().larger(R::of(1e-12))).collect();
        let mut out = self.buffer(n * c);
        for (i, out) in out.chunks_exact_mut(c).enumerate() {
            for (out, &x) in out.iter_mut().zip(x.row(i)) {
                *out = x * inverse[i];
            }
        }
        let saved = x.clone();
        self.record(filed, n, c, out, &[x], move |gradient, gradients| {
            gradients.add_with(&saved, |dx| {
                for (i, (dx, g)) in dx.chunks_exact_mut(c).zip(gradient.chunks_exact(c)).enumerate() {
                    let x = saved.row(i);
                    let along = dot(g, x) * inverse[i] * inverse[i];
                    for j in 0..c {
                        dx[j] = (g[j] - x[j] * along) * inverse[i];
                    }
                }
            });
        })
    }
}

/// Mean and 1/sqrt(variance + epsilon) of a row.
#[inline(always)]
fn moments<R: Real>(x: &[R]) -> (R, R) {
    let count = R::of(x.len() as f64);
    let mean = sum_by(
        x,
        #[inline(always)]
        |x| x,
    ) / count;
    let variance = sum_by(
        x,
        #[inline(always)]
        |x| (x - mean) * (x - mean),
    ) / count;
    (mean, R::ONE / (variance + R::of(EPSILON)).sqrt())
}
