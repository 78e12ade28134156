//! Losses: scalars out of batches.

use super::elements::softmax;
use super::graph::{Filed, Graph, Var};
use super::real::Real;

/// Keeps the gradient of a norm finite at zero.
const NORM_FLOOR: f64 = 1e-12;

impl<R: Real> Graph<R> {
    /// `mean_i max(|a_i - p_i| - |a_i - n_i| + margin, 0)` over the rows of `anchor`, `positive`,
    /// `negative`, Euclidean, `|x| = sqrt(sum x^2 + 1e-12)`.
    pub fn triplet(&self, anchor: &Var<R>, positive: &Var<R>, negative: &Var<R>, margin: f64) -> Var<R> {
        let (n, c) = (anchor.rows(), anchor.cols());
        let norm =
            |a: &[R], b: &[R]| a.iter().zip(b).fold(R::of(NORM_FLOOR), |sum, (&a, &b)| sum + (a - b) * (a - b)).sqrt();
        let mut distances = self.buffer(2 * n);
        let mut loss = R::ZERO;
        for i in 0..n {
            let near = norm(anchor.row(i), positive.row(i));
            let far = norm(anchor.row(i), negative.row(i));
            distances[2 * i] = near;
            distances[2 * i + 1] = far;
            loss += (near - far + R::of(margin)).larger(R::ZERO);
        }
        let count = R::of(n as f64);
        let out = self.copied(&[loss / count]);
        let saved = [anchor.clone(), positive.clone(), negative.clone()];
        self.record(Filed::training_only(), 1, 1, out, &[anchor, positive, negative], move |gradient, gradients| {
            let [anchor, positive, negative] = saved;
            let scale = gradient[0] / count;
            // Gradient of row i by feature: direction to the positive minus direction to the
            // negative, if the row is active.
            let direction = |i: usize, j: usize, other: &Var<R>, distance: R| {
                let active = distances[2 * i] - distances[2 * i + 1] + R::of(margin) > R::ZERO;
                if active { scale * (anchor.row(i)[j] - other.row(i)[j]) / distance } else { R::ZERO }
            };
            for (target, near, far) in
                [(&anchor, R::ONE, -R::ONE), (&positive, -R::ONE, R::ZERO), (&negative, R::ZERO, R::ONE)]
            {
                gradients.add_with(target, |d| {
                    for (index, d) in d.iter_mut().enumerate() {
                        let (i, j) = (index / c, index % c);
                        *d = near * direction(i, j, &positive, distances[2 * i])
                            + far * direction(i, j, &negative, distances[2 * i + 1]);
                    }
                });
            }
        })
    }

    /// Cross-entropy of a softmax over class distances,
    /// `mean_i -log softmax_c(-scale |x_i - classes_c|)[labels_i]`, for `x [n, e]` and
    /// `classes [m, e]`; `labels[i]` is a row of `classes`.
    pub fn distance_cross_entropy(&self, x: &Var<R>, classes: &Var<R>, labels: &[usize], scale: f64) -> Var<R> {
        let (n, m, e) = (x.rows(), classes.rows(), x.cols());
        let scale = R::of(scale);
        let mut distances = self.buffer(n * m);
        let mut probabilities = self.buffer(n * m);
        let mut loss = R::ZERO;
        for i in 0..n {
            let (distances, p) = (&mut distances[i * m..][..m], &mut probabilities[i * m..][..m]);
            for c in 0..m {
                let terms = x.row(i).iter().zip(classes.row(c));
                distances[c] = terms.fold(R::of(NORM_FLOOR), |sum, (&a, &b)| sum + (a - b) * (a - b)).sqrt();
                p[c] = -scale * distances[c];
            }
            softmax(p);
            loss += R::of(-p[labels[i]].f64().max(f64::MIN_POSITIVE).ln());
        }
        let count = R::of(n as f64);
        let labels = labels.to_vec();
        let saved = (x.clone(), classes.clone());
        self.record(
            Filed::training_only(),
            1,
            1,
            self.copied(&[loss / count]),
            &[x, classes],
            move |gradient, gradients| {
                let (x, classes) = saved;
                // Gradient of pair (i, c) along x_i - c, before the direction is multiplied in.
                let pull = |i: usize, c: usize| {
                    let target = if labels[i] == c { R::ONE } else { R::ZERO };
                    -scale * (probabilities[i * m + c] - target) * gradient[0] / (count * distances[i * m + c])
                };
                gradients.add_with(&x, |dx| {
                    dx.fill(R::ZERO);
                    for (i, dx) in dx.chunks_exact_mut(e).enumerate() {
                        for c in 0..m {
                            let pull = pull(i, c);
                            for (j, dx) in dx.iter_mut().enumerate() {
                                *dx += pull * (x.row(i)[j] - classes.row(c)[j]);
                            }
                        }
                    }
                });
                gradients.add_with(&classes, |dc| {
                    dc.fill(R::ZERO);
                    for (c, dc) in dc.chunks_exact_mut(e).enumerate() {
                        for i in 0..n {
                            let pull = pull(i, c);
                            for (j, dc) in dc.iter_mut().enumerate() {
                                *dc -= pull * (x.row(i)[j] - classes.row(c)[j]);
                            }
                        }
                    }
                });
            },
        )
    }

    /// Mean squared difference of `x` from `target`, over all values.
    pub fn mean_squared(&self, x: &Var<R>, target: &Var<R>) -> Var<R> {
        assert_eq!((x.rows(), x.cols()), (target.rows(), target.cols()), "mean squared difference");
        let count = R::of(x.values().len() as f64);
        let sum = x.values().iter().zip(target.values()).fold(R::ZERO, |sum, (&x, &t)| sum + (x - t) * (x - t));
        let out = self.copied(&[sum / count]);
        let saved = (x.clone(), target.clone());
        self.record(Filed::training_only(), 1, 1, out, &[x, target], move |gradient, gradients| {
            let (x, target) = saved;
            let scale = R::of(2.0) * gradient[0] / count;
            for (var, sign) in [(&x, scale), (&target, -scale)] {
                gradients.add_with(var, |d| {
                    for ((d, &x), &t) in d.iter_mut().zip(x.values()).zip(target.values()) {
                        *d = sign * (x - t);
                    }
                });
            }
        })
    }

    /// `sum_i weight_i * term_i` of scalars.
    pub fn weighted_sum(&self, terms: &[(f64, &Var<R>)]) -> Var<R> {
        let sum = terms.iter().fold(R::ZERO, |sum, (weight, term)| sum + R::of(*weight) * term.scalar());
        let saved: Vec<(R, Var<R>)> = terms.iter().map(|&(weight, term)| (R::of(weight), term.clone())).collect();
        let inputs: Vec<&Var<R>> = terms.iter().map(|&(_, term)| term).collect();
        self.record(Filed::training_only(), 1, 1, self.copied(&[sum]), &inputs, move |gradient, gradients| {
            for (weight, term) in &saved {
                gradients.add_with(term, |d| d[0] = *weight * gradient[0]);
            }
        })
    }

    /// A copy that no gradient flows through.
    pub fn detach(&self, x: &Var<R>) -> Var<R> {
        self.constant(x.rows(), x.cols(), self.copied(x.values()))
    }
}
