//! Finite differences against the hand-written gradients, in f64.

use super::{Graph, Var};
use crate::rng::Streams;
use rand::RngExt;

/// Half-width of the central difference.
const STEP: f64 = 1e-6;
/// Allowed difference, relative to 1 + |gradient|: the truncation and rounding error of the difference is about 1e-9.
const TOLERANCE: f64 = 1e-6;

pub struct Input {
    rows: usize,
    cols: usize,
    values: Vec<f64>,
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
        let vars: Vec<_> = inputs.iter().zip(shapes).map(|(v, &(r, c))| graph.parameter(r, c, v)).collect();
        let out = f(&graph, &vars);
        let weights = random(1, out.values().len(), 1.0, 99).values;
        let product = out.values().iter().zip(&weights).map(|(a, b)| a * b).sum::<f64>();
        let saved = out.clone();
        let projected = graph.record(1, 1, graph.copied(&[product]), &[&out], move |g, gradients| {
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
