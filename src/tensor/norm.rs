//! Normalisation, with the activation and dropout that follow it.

use super::graph::Buffer;
use super::{Graph, Real, Var, chunk_rows, column_sums, dot, map_columns, simd};
use crate::energy::Cost;
use crate::rng::Rng;
use rand::Rng as _;
use rayon::prelude::*;

const EPSILON: f64 = 1e-5;

/// What a batch normalisation saw: per-column mean and unbiased variance, for the running statistics.
pub struct Statistics<R> {
    /// Mean of each column.
    pub mean: Vec<R>,
    /// Unbiased variance of each column.
    pub variance: Vec<R>,
}

/// Dropout during training: each value survives with probability `1 - rate` and is scaled by its inverse.
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

impl<R: Real> Graph<R> {
    /// Batch normalisation over the rows of `x [n, c]` (Ioffe and Szegedy 2015), then ReLU and dropout as `style` says:
    /// `y = (x - mean) / sqrt(variance + 1e-5) * weight + bias`, `weight` and `bias` `[1, c]`.
    /// Training uses and returns the batch's statistics, inference the `running` mean and variance.
    /// Costs one MAC a value (scale and shift are folded), one comparison for ReLU.
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
        self.cost("batch_norm", Cost { macs: values, comparisons, ..Cost::default() });
        let relu = style.relu;
        let rectify = move |y: R| if relu { y.larger(R::ZERO) } else { y };
        let inverse =
            |variance: &[R]| -> Vec<R> { variance.iter().map(|&v| R::ONE / (v + R::of(EPSILON)).sqrt()).collect() };
        let mut out = self.buffer(n * c);
        if !self.is_training() {
            let inverse = inverse(running[1]);
            let scale: Vec<R> = inverse.iter().zip(weight.values()).map(|(&i, &w)| i * w).collect();
            let shift: Vec<R> = (0..c).map(|j| bias.values()[j] - running[0][j] * scale[j]).collect();
            map_columns(&mut out, [x.values()], c, |j, [x]| rectify(x * scale[j] + shift[j]));
            return (self.constant(n, c, out), None);
        }
        let count = R::of(n as f64);
        let [mut mean] = column_sums([x.values()], c, |_, [x]| [x]);
        mean.iter_mut().for_each(|m| *m = *m / count);
        let [mut variance] = column_sums([x.values()], c, |j, [x]| {
            let d = x - mean[j];
            [d * d]
        });
        variance.iter_mut().for_each(|v| *v = *v / count);
        let inverse = inverse(&variance);
        let mask = style.dropout.filter(|d| d.rate > 0.0).map(|d| d.mask(self.buffer(n * c)));
        let (w, b) = (weight.values(), bias.values());
        let normal = |j: usize, x: R| rectify((x - mean[j]) * inverse[j] * w[j] + b[j]);
        match &mask {
            Some(mask) => map_columns(&mut out, [x.values(), mask], c, |j, [x, m]| normal(j, x) * m),
            None => map_columns(&mut out, [x.values()], c, |j, [x]| normal(j, x)),
        }
        let unbiased = R::of(n as f64 / (n as f64 - 1.0).max(1.0));
        let variance = variance.iter().map(|&v| v * unbiased).collect();
        let statistics = Statistics { mean: mean.clone(), variance };
        let (x_saved, weight_saved, bias_saved) = (x.clone(), weight.clone(), bias.clone());
        let var = self.record(n, c, out, &[x, weight], move |gradient, gradients| {
            let (x, weight, bias) = (x_saved, weight_saved, bias_saved);
            let (w, b) = (weight.values(), bias.values());
            // The gradient behind dropout and ReLU, whose gate is recomputed rather than stored.
            let gate = |j: usize, g: R, hat: R| if relu && !(hat * w[j] + b[j] > R::ZERO) { R::ZERO } else { g };
            let hat = |j: usize, x: R| (x - mean[j]) * inverse[j];
            let sums = |j: usize, g: R, x: R| {
                let hat = hat(j, x);
                let g = gate(j, g, hat);
                [g, g * hat]
            };
            let [sum, sum_hat] = match &mask {
                Some(mask) => column_sums([gradient, x.values(), mask], c, |j, [g, x, m]| sums(j, g * m, x)),
                None => column_sums([gradient, x.values()], c, |j, [g, x]| sums(j, g, x)),
            };
            gradients.add_with(&x, |dx| {
                let scale: Vec<R> = (0..c).map(|j| w[j] * inverse[j]).collect();
                let mean_g: Vec<R> = sum.iter().map(|&s| s / count).collect();
                let mean_hat: Vec<R> = sum_hat.iter().map(|&s| s / count).collect();
                let back = |j: usize, g: R, x: R| {
                    let hat = hat(j, x);
                    (gate(j, g, hat) - mean_g[j] - hat * mean_hat[j]) * scale[j]
                };
                match &mask {
                    Some(mask) => map_columns(dx, [gradient, x.values(), mask], c, |j, [g, x, m]| back(j, g * m, x)),
                    None => map_columns(dx, [gradient, x.values()], c, |j, [g, x]| back(j, g, x)),
                }
            });
            gradients.add_with(&weight, |dw| dw.copy_from_slice(&sum_hat));
            gradients.add_with(&bias, |db| db.copy_from_slice(&sum));
        });
        (var, Some(statistics))
    }

    /// Layer normalisation of each row of `x [n, c]` (Ba et al. 2016): `y = (x - mean) / sqrt(variance + 1e-5) * weight + bias`.
    /// Costs per row `2c` additions and `c` MACs for the statistics, `c` multiplications and `c` MACs to normalise, two
    /// divisions and two functions.
    pub fn layer_norm(&self, x: &Var<R>, weight: &Var<R>, bias: &Var<R>) -> Var<R> {
        let (n, c) = (x.rows(), x.cols());
        let (rows, cols) = (n as u64, c as u64);
        self.cost(
            "layer_norm",
            Cost {
                macs: rows * 2 * cols,
                additions: rows * 2 * cols,
                multiplies: rows * cols,
                functions: rows * 4,
                ..Cost::default()
            },
        );
        let mut out = self.buffer(n * c);
        let step = chunk_rows(c);
        let (w, b) = (weight.values(), bias.values());
        out.par_chunks_mut(step * c).zip(x.values().par_chunks(step * c)).for_each(|(out, x)| {
            for (out, x) in out.chunks_exact_mut(c).zip(x.chunks_exact(c)) {
                simd(|| {
                    let (mean, inverse) = moments(x);
                    for j in 0..c {
                        out[j] = (x[j] - mean) * inverse * w[j] + b[j];
                    }
                });
            }
        });
        let saved = (x.clone(), weight.clone(), bias.clone());
        self.record(n, c, out, &[x, weight], move |gradient, gradients| {
            let (x, weight, bias) = saved;
            let mut hats = vec![R::ZERO; n * c];
            let count = R::of(c as f64);
            let mut inverses = vec![R::ZERO; n];
            hats.par_chunks_mut(c).zip(&mut inverses).zip(x.values().par_chunks(c)).for_each(|((hat, inverse), x)| {
                simd(|| {
                    let (mean, inv) = moments(x);
                    *inverse = inv;
                    for (hat, &x) in hat.iter_mut().zip(x) {
                        *hat = (x - mean) * inv;
                    }
                });
            });
            let w = weight.values();
            gradients.add_with(&x, |dx| {
                dx.par_chunks_mut(c).enumerate().for_each(|(i, dx)| {
                    simd(|| {
                        let (g, hat) = (&gradient[i * c..][..c], &hats[i * c..][..c]);
                        for j in 0..c {
                            dx[j] = g[j] * w[j];
                        }
                        let mean = dx.iter().fold(R::ZERO, |sum, &d| sum + d) / count;
                        let along = dot(dx, hat) / count;
                        for j in 0..c {
                            dx[j] = (dx[j] - mean - hat[j] * along) * inverses[i];
                        }
                    });
                });
            });
            let [sum, sum_hat] = column_sums([gradient, &hats], c, |_, [g, hat]| [g, g * hat]);
            gradients.add_with(&weight, |dw| dw.copy_from_slice(&sum_hat));
            gradients.add_with(&bias, |db| db.copy_from_slice(&sum));
        })
    }
}

impl<R: Real> Graph<R> {
    /// Each row of `x [n, c]` divided by its Euclidean norm (at least 1e-12). A row costs `c` MACs, `c` multiplications, two functions.
    pub fn normalize_rows(&self, x: &Var<R>) -> Var<R> {
        let (n, c) = (x.rows(), x.cols());
        let values = (n * c) as u64;
        self.cost("normalize", Cost { macs: values, multiplies: values, functions: 2 * n as u64, ..Cost::default() });
        let inverse: Vec<R> = (0..n).map(|i| R::ONE / dot(x.row(i), x.row(i)).sqrt().larger(R::of(1e-12))).collect();
        let mut out = self.buffer(n * c);
        for (i, out) in out.chunks_exact_mut(c).enumerate() {
            for (out, &x) in out.iter_mut().zip(x.row(i)) {
                *out = x * inverse[i];
            }
        }
        let saved = x.clone();
        self.record(n, c, out, &[x], move |gradient, gradients| {
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
    let mean = x.iter().fold(R::ZERO, |sum, &x| sum + x) / count;
    let variance = x.iter().fold(R::ZERO, |sum, &x| sum + (x - mean) * (x - mean)) / count;
    (mean, R::ONE / (variance + R::of(EPSILON)).sqrt())
}
