//! The time-step factor (TSF), which turns spikes over time into one dense feature (equation 8 of
//! the paper).
//!
//! `z_t = sum_i s_i[t] / sqrt(D) + b_t`, `lambda = softmax_t(z)`, `S = sum_t lambda_t s[t]`.
//! The factor takes spike trains or tensors of spikes, whatever their source.
//!
//! # Example
//! Two neurons over three ticks; the tick with most spikes weighs most:
//! ```
//! use spikefuse::hybrid::time_step::from_events;
//!
//! let spikes: [&[u32]; 3] = [&[0, 1], &[], &[1]];
//! let mut feature = [0.0; 2];
//! let (factors, cost) = from_events(2, &[0.0; 3], |tick| spikes[tick], &mut feature);
//! assert!(factors[0] > factors[2] && factors[2] > factors[1]);
//! assert_eq!(feature, [factors[0], factors[0] + factors[2]]);
//! assert_eq!(cost.acs, 3);
//! ```

use crate::energy::Cost;
use crate::hybrid::tensor::{Filed, Graph, Real, Var, dot, softmax};
use rayon::prelude::*;

/// TSF of dense spikes `[clips * steps, neurons]` (clip after clip) with `bias [1, steps]`:
/// `S [clips, neurons]`.
pub fn from_spikes<R: Real>(graph: &Graph<R>, spikes: &Var<R>, bias: &Var<R>) -> Var<R> {
    let (steps, n) = (bias.cols(), spikes.cols());
    let clips = spikes.rows() / steps;
    let scale = R::ONE / R::of(n as f64).sqrt();
    let mut factors = graph.buffer(clips * steps);
    let mut out = graph.zeros(clips * n);
    let (values, b) = (spikes.values(), bias.values());
    out.par_chunks_mut(n).zip(factors.par_chunks_mut(steps)).zip(values.par_chunks(steps * n)).for_each(
        |((out, factors), spikes)| {
            for (t, s) in spikes.chunks_exact(n).enumerate() {
                factors[t] = s.iter().fold(R::ZERO, |sum, &s| sum + s) * scale + b[t];
            }
            softmax(factors);
            for (s, &factor) in spikes.chunks_exact(n).zip(&*factors) {
                for (out, &s) in out.iter_mut().zip(s) {
                    *out += factor * s;
                }
            }
        },
    );
    let saved = (spikes.clone(), bias.clone());
    graph.record(Filed::training_only(), clips, n, out, &[spikes, bias], move |gradient, gradients| {
        let (spikes, bias) = saved;
        // dL/dz_t = lambda_t (dL/dlambda_t - sum_k lambda_k dL/dlambda_k), dL/dlambda_t = g . s[t].
        let mut dz = vec![R::ZERO; clips * steps];
        let values = spikes.values();
        dz.par_chunks_mut(steps).enumerate().for_each(|(clip, dz)| {
            let factors = &factors[clip * steps..][..steps];
            for (t, dz) in dz.iter_mut().enumerate() {
                *dz = dot(&gradient[clip * n..][..n], &values[(clip * steps + t) * n..][..n]);
            }
            let along = dot(dz, factors);
            for (dz, &factor) in dz.iter_mut().zip(factors) {
                *dz = factor * (*dz - along);
            }
        });
        gradients.add_with(&spikes, |ds| {
            ds.par_chunks_mut(n).enumerate().for_each(|(row, ds)| {
                let g = &gradient[row / steps * n..][..n];
                for (ds, &g) in ds.iter_mut().zip(g) {
                    *ds = factors[row] * g + dz[row] * scale;
                }
            });
        });
        gradients.add_with(&bias, |db| {
            db.fill(R::ZERO);
            for (i, &dz) in dz.iter().enumerate() {
                db[i % steps] += dz;
            }
        });
    })
}

/// TSF of one clip's events: `S` into `out` and the factors `lambda`. `spikes_at(t)` lists the
/// neurons that fired at t. One addition per spike into the count, one accumulate of `lambda_t` per
/// spike, a softmax over the steps.
pub fn from_events<'a>(
    neurons: usize,
    bias: &[f32],
    spikes_at: impl Fn(usize) -> &'a [u32],
    out: &mut [f32],
) -> (Vec<f32>, Cost) {
    let steps = bias.len();
    let scale = 1.0 / (neurons as f32).sqrt();
    let mut factors: Vec<f32> = (0..steps).map(|t| spikes_at(t).len() as f32 * scale + bias[t]).collect();
    softmax(&mut factors);
    out.fill(0.0);
    let mut spikes = 0;
    for (t, &factor) in factors.iter().enumerate() {
        for &neuron in spikes_at(t) {
            out[neuron as usize] += factor;
            spikes += 1;
        }
    }
    let cost = Cost {
        acs: spikes,
        macs: steps as u64,
        additions: spikes + 2 * steps as u64,
        comparisons: steps as u64,
        functions: 2 * steps as u64,
        ..Cost::ZERO
    };
    (factors, cost)
}

/// The plain mean over time steps, the ablation of the factor.
pub fn mean_of_events<'a>(steps: usize, spikes_at: impl Fn(usize) -> &'a [u32], out: &mut [f32]) -> Cost {
    out.fill(0.0);
    let mut spikes = 0;
    for t in 0..steps {
        for &neuron in spikes_at(t) {
            out[neuron as usize] += 1.0 / steps as f32;
            spikes += 1;
        }
    }
    Cost { acs: spikes, ..Cost::ZERO }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hybrid::tensor::check::{check_gradients, random};

    #[test]
    fn gradients_match_finite_differences() {
        check_gradients(&[random(6, 5, 1.0, 1), random(1, 3, 1.0, 2)], |graph, vars| {
            from_spikes(graph, &vars[0], &vars[1])
        });
    }

    /// Events and dense spikes give the same feature, to rounding of different summation orders.
    #[test]
    fn events_give_the_dense_feature() {
        let trains: [&[u32]; 4] = [&[0, 3], &[], &[1, 2, 3, 4], &[4]];
        let bias = [0.1_f32, -0.3, 0.2, 0.0];
        let mut out = [0.0; 5];
        let (factors, cost) = from_events(5, &bias, |t| trains[t], &mut out);
        assert_eq!(cost.acs, 7);
        assert!((factors.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        let graph = Graph::<f32>::inference();
        let mut dense = graph.zeros(20);
        for (t, train) in trains.iter().enumerate() {
            for &neuron in *train {
                dense[t * 5 + neuron as usize] = 1.0;
            }
        }
        let dense = graph.constant(4, 5, dense);
        let expected = from_spikes(&graph, &dense, &graph.constant(1, 4, graph.copied(&bias)));
        for (a, b) in out.iter().zip(expected.values()) {
            assert!((a - b).abs() < 1e-6, "{a} {b}");
        }
        let mut mean = [0.0; 5];
        mean_of_events(4, |t| trains[t], &mut mean);
        assert_eq!(mean, [0.25, 0.25, 0.25, 0.5, 0.5]);
    }
}
