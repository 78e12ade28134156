//! Finite differences against the hand-written gradients, in f64.

use super::graph::{Filed, Graph, Var};
use super::norm::{Dropout, NormStyle};
use crate::base::rng::Streams;
use rand::RngExt as _;

/// Half-width of the central difference.
const STEP: f64 = 1e-6;
/// Allowed difference, relative to 1 + |gradient|: the truncation and rounding error of the
/// difference is about 1e-9.
const TOLERANCE: f64 = 1e-6;

pub struct Input {
    rows: usize,
    cols: usize,
    values: Vec<f64>,
}

impl Input {
    pub fn rows(&self) -> usize {
        self.rows
    }
    pub fn cols(&self) -> usize {
        self.cols
    }
    pub fn values(&self) -> &[f64] {
        &self.values
    }
}

/// Values uniform in ±`scale`.
pub fn random(rows: usize, cols: usize, scale: f64, seed: u64) -> Input {
    let mut rng = Streams::new(seed).stream("check", 0);
    Input { rows, cols, values: (0..rows * cols).map(|_| rng.random_range(-scale..scale)).collect() }
}

/// Checks every partial derivative of a random projection of `f(inputs)`.
pub fn check_gradients(inputs: &[Input], f: impl Fn(&Graph<f64>, &[Var<f64>]) -> Var<f64>) {
    let run = |inputs: &[Vec<f64>], shapes: &[(usize, usize)]| {
        let graph = Graph::<f64>::training();
        let vars: Vec<_> =
            inputs.iter().zip(shapes).map(|(v, &(r, c))| graph.parameter(r, c, v.clone().into())).collect();
        let out = f(&graph, &vars);
        let weights = random(1, out.values().len(), 1.0, 99).values;
        let product = out.values().iter().zip(&weights).map(|(a, b)| a * b).sum::<f64>();
        let saved = out.clone();
        let projected =
            graph.record(Filed::training_only(), 1, 1, graph.copied(&[product]), &[&out], move |g, gradients| {
                gradients.add_with(&saved, |d| d.iter_mut().zip(&weights).for_each(|(d, w)| *d = w * g[0]));
            });
        (graph, vars, projected)
    };
    let shapes: Vec<_> = inputs.iter().map(|input| (input.rows, input.cols)).collect();
    let mut values: Vec<Vec<f64>> = inputs.iter().map(|input| input.values.clone()).collect();
    let (graph, vars, loss) = run(&values, &shapes);
    let gradients = graph.backward(&loss);
    let mut moved = 0.0_f64;
    for input in 0..values.len() {
        let claimed = gradients.get(&vars[input]).expect("every input has a gradient").to_vec();
        for (i, claimed) in claimed.into_iter().enumerate() {
            let centre = values[input][i];
            let mut at = |value| {
                values[input][i] = value;
                run(&values, &shapes).2.scalar()
            };
            let difference = (at(centre + STEP) - at(centre - STEP)) / (2.0 * STEP);
            values[input][i] = centre;
            assert!(
                (difference - claimed).abs() <= TOLERANCE * (1.0 + claimed.abs()),
                "input {input}, element {i}: gradient {claimed}, finite difference {difference}"
            );
            moved = moved.max(claimed.abs());
        }
    }
    assert!(moved > 1e-3, "the gradient is not trivially zero");
}

/// Every operator of this module against finite differences.
#[test]
fn operators() {
    let r = random;
    check_gradients(&[r(3, 4, 1.0, 1), r(5, 4, 1.0, 2), r(1, 5, 1.0, 3)], |g, v| g.linear(&v[0], &v[1], Some(&v[2])));
    check_gradients(&[r(3, 4, 1.0, 1), r(5, 4, 1.0, 2)], |g, v| g.linear(&v[0], &v[1], None));
    for relu in [false, true] {
        check_gradients(&[r(6, 3, 1.0, 1), r(1, 3, 1.0, 2), r(1, 3, 1.0, 3)], |g, v| {
            let dropout = Some(Dropout { rate: 0.4, rng: Streams::new(5).stream("dropout", 0) });
            let style = NormStyle { relu, dropout };
            g.batch_norm(&v[0], &v[1], &v[2], [&[], &[]], style).0
        });
    }
    check_gradients(&[r(4, 7, 1.0, 1), r(1, 7, 1.0, 2), r(1, 7, 1.0, 3)], |g, v| g.layer_norm(&v[0], &v[1], &v[2]));
    check_gradients(&[r(6, 24, 1.0, 1)], |g, v| g.attention(&v[0], 3, 2));
    check_gradients(&[r(3, 4, 1.0, 1)], |g, v| g.relu(&v[0]));
    check_gradients(&[r(3, 4, 1.0, 1)], |g, v| g.tanh(&v[0]));
    check_gradients(&[r(3, 4, 2.0, 1)], |g, v| g.gelu(&v[0]));
    check_gradients(&[r(3, 4, 1.0, 1), r(3, 4, 1.0, 2)], |g, v| g.add(&v[0], &g.mean_of(&v[0], &v[1])));
    check_gradients(&[r(3, 4, 1.0, 1), r(3, 4, 1.0, 2)], |g, v| g.multiply(&v[0], &v[1]));
    check_gradients(&[r(3, 8, 1.0, 1), r(3, 4, 1.0, 2)], |g, v| g.gated(&v[0], &v[1]));
    for rows in [1, 3] {
        check_gradients(&[r(3, 4, 1.0, 1), r(rows, 4, 1.0, 2), r(1, 1, 1.0, 3)], |g, v| g.mix(&v[0], &v[1], &v[2]));
    }
    check_gradients(&[r(3, 4, 1.0, 1), r(3, 4, 1.0, 2)], |g, v| g.rows(&g.interleave(&[&v[0], &v[1]]), 1, 2, 3));
    check_gradients(&[r(6, 4, 1.0, 1)], |g, v| g.mean_rows(&v[0], 3));
    check_gradients(&[r(6, 4, 1.0, 1), r(2, 4, 1.0, 2)], |g, v| g.add_by_token(&v[0], &v[1]));
    let triplet = [r(5, 3, 1.0, 1), r(5, 3, 1.0, 2), r(5, 3, 1.0, 3)];
    check_gradients(&triplet, |g, v| g.triplet(&v[0], &v[1], &v[2], 0.3));
    check_gradients(&triplet[..2], |g, v| g.distance_cross_entropy(&v[0], &v[1], &[4, 0, 0, 2, 1], 3.0));
    check_gradients(&[r(3, 4, 1.0, 1)], |g, v| g.normalize_rows(&v[0]));
    check_gradients(&[r(6, 4, 1.0, 1)], |g, v| {
        let rng = Streams::new(5).stream("dropout", 0);
        g.dropout(&v[0], Dropout { rate: 0.4, rng }, 2)
    });
    check_gradients(&[r(3, 4, 1.0, 1), r(3, 4, 1.0, 2)], |g, v| {
        g.weighted_sum(&[(0.7, &g.mean_squared(&v[0], &v[1]))])
    });
}
