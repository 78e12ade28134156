//! Global-local pooling refines the input features before they become currents (equation 7 of the
//! paper).
//!
//! Per feature: `g_t = 0.5 (max_local + mean_local) + beta max_global + (1 - beta) mean_global`,
//! local over {t-1, t, t+1} cut at the ends, global over the clip, `beta = sigmoid(logit)`;
//! `x_hat = (1 + sigmoid(g)) x`. A clip of one bin has `g = 2 x`.

use crate::energy::Cost;
use crate::hybrid::tensor::{Graph, Real, Var, simd, sum_by};
use rayon::prelude::*;

/// The two parts of g for one clip `[bins, dim]`: what beta does not touch, and what it multiplies.
fn parts<R: Real>(x: &[R], dim: usize) -> (Vec<R>, Vec<R>) {
    let bins = x.len() / dim;
    let (mut fixed, mut slope) = (vec![R::ZERO; x.len()], vec![R::ZERO; x.len()]);
    let half = R::of(0.5);
    let window = |j: usize, from: usize, to: usize| {
        let mut highest = x[from * dim + j];
        let mut sum = R::ZERO;
        for t in from..to {
            highest = highest.larger(x[t * dim + j]);
            sum += x[t * dim + j];
        }
        (highest, sum / R::of((to - from) as f64))
    };
    for j in 0..dim {
        let (global_max, global_mean) = window(j, 0, bins);
        for t in 0..bins {
            let (local_max, local_mean) = window(j, t.saturating_sub(1), (t + 2).min(bins));
            fixed[t * dim + j] = half * (local_max + local_mean) + global_mean;
            slope[t * dim + j] = global_max - global_mean;
        }
    }
    (fixed, slope)
}

fn beta<R: Real>(logit: Option<&Var<R>>) -> R {
    logit.map_or(R::ZERO, |logit| logit.scalar().sigmoid())
}

/// Arithmetic of the gates `sigmoid(g)` of `features` features, over all clips. A feature of one
/// bin: one multiplication and a sigmoid (one addition, two functions). Of B bins, whose local
/// windows cover 3 B - 2 values: a comparison and an addition per value of each window, a
/// multiplication per mean, and per bin an addition and two MACs for g and a sigmoid. Beta is a
/// constant of a trained model.
fn gate_cost(features: usize, bins: usize) -> Cost {
    let b = bins as u64;
    let feature = match b {
        1 => Cost { multiplies: 1, additions: 1, functions: 2, ..Cost::ZERO },
        _ => Cost {
            comparisons: 4 * b - 2,
            additions: 4 * b - 2 + 2 * b + 1,
            multiplies: b + 1,
            macs: 2 * b,
            functions: 2 * b,
            ..Cost::ZERO
        },
    };
    feature * features as u64
}

/// `x_hat` for `x [clips * bins, dim]`, which is data: no gradient flows to it. `logit [1, 1]` is
/// wanted when bins > 1. Costs as the gates do, and per value one addition and one multiplication.
pub fn refine<R: Real>(graph: &Graph<R>, x: &Var<R>, bins: usize, logit: Option<&Var<R>>) -> Var<R> {
    let (dim, values) = (x.cols(), x.values().len() as u64);
    let gates = gate_cost(x.rows() / bins * dim, bins);
    let filed = graph.cost("glp", gates + Cost { additions: values, multiplies: values, ..Cost::ZERO });
    let b = beta(logit);
    let mut out = graph.buffer(x.values().len());
    out.par_chunks_mut(bins * dim).zip(x.values().par_chunks(bins * dim)).for_each(|(out, x)| {
        let (fixed, slope) = parts(x, dim);
        simd(
            #[inline(always)]
            || {
                let n = out.len();
                let (x, fixed, slope) = (&x[..n], &fixed[..n], &slope[..n]);
                for i in 0..n {
                    out[i] = (R::ONE + (fixed[i] + b * slope[i]).sigmoid()) * x[i];
                }
            },
        );
    });
    let Some(logit) = logit else { return graph.record(filed, x.rows(), dim, out, &[], |_, _| {}) };
    let saved = (x.clone(), logit.clone());
    graph.record(filed, x.rows(), dim, out, &[logit], move |gradient, gradients| {
        let (x, logit) = saved;
        gradients.add_with(&logit, |d| {
            let clips: Vec<R> = gradient
                .par_chunks(bins * dim)
                .zip(x.values().par_chunks(bins * dim))
                .map(|(g, x)| {
                    let (fixed, slope) = parts(x, dim);
                    (0..x.len()).fold(R::ZERO, |sum, i| {
                        let s = (fixed[i] + b * slope[i]).sigmoid();
                        sum + g[i] * x[i] * s * (R::ONE - s) * slope[i]
                    })
                })
                .collect();
            d[0] = clips.into_iter().fold(R::ZERO, |sum, clip| sum + clip) * b * (R::ONE - b);
        });
    })
}

/// `gbar_t`, the mean over features of `sigmoid(g_t)`: `[clips, steps]`, for
/// `x [clips * bins, dim]` with bins = steps or 1 (then the same at every step). The gates are
/// those of [`refine`]; a value costs one addition more.
pub fn pooled_gate<R: Real>(graph: &Graph<R>, x: &Var<R>, bins: usize, steps: usize, logit: Option<&Var<R>>) -> Var<R> {
    let (dim, clips) = (x.cols(), x.rows() / bins);
    let filed =
        graph.cost("glp_mean", Cost { additions: x.values().len() as u64, multiplies: x.rows() as u64, ..Cost::ZERO });
    let b = beta(logit);
    let scale = R::ONE / R::of(dim as f64);
    let mut out = graph.buffer(clips * steps);
    out.par_chunks_mut(steps).zip(x.values().par_chunks(bins * dim)).for_each(|(out, x)| {
        let (mut gates, slope) = parts(x, dim);
        simd(
            #[inline(always)]
            || {
                gates.iter_mut().zip(&slope).for_each(|(gate, &slope)| *gate = (*gate + b * slope).sigmoid());
                let bin = |t: usize| {
                    let sum = sum_by(
                        &gates[t * dim..][..dim],
                        #[inline(always)]
                        |gate| gate,
                    );
                    sum * scale
                };
                match bins {
                    1 => out.fill(bin(0)),
                    _ => out.iter_mut().enumerate().for_each(|(t, out)| *out = bin(t)),
                }
            },
        );
    });
    let Some(logit) = logit else { return graph.record(filed, clips, steps, out, &[], |_, _| {}) };
    let saved = (x.clone(), logit.clone());
    graph.record(filed, clips, steps, out, &[logit], move |gradient, gradients| {
        let (x, logit) = saved;
        gradients.add_with(&logit, |d| {
            let mut total = R::ZERO;
            for (clip, x) in x.values().chunks_exact(bins * dim).enumerate() {
                let (fixed, slope) = parts(x, dim);
                for i in 0..x.len() {
                    let s = (fixed[i] + b * slope[i]).sigmoid();
                    total += gradient[clip * steps + i / dim] * scale * s * (R::ONE - s) * slope[i];
                }
            }
            d[0] = total * b * (R::ONE - b);
        });
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hybrid::tensor::check::{check_gradients, random};

    #[test]
    fn gradients_match_finite_differences() {
        let graph = Graph::<f64>::inference();
        let data: Vec<f64> = (0..24).map(|i| (f64::from(i) * 1.7).sin()).collect();
        let x = graph.constant(8, 3, graph.copied(&data));
        check_gradients(&[random(1, 1, 1.0, 1)], |graph, vars| refine(graph, &x, 4, Some(&vars[0])));
        check_gradients(&[random(1, 1, 1.0, 1)], |graph, vars| pooled_gate(graph, &x, 4, 4, Some(&vars[0])));
    }

    #[test]
    fn one_bin_and_a_constant_clip_both_give_twice_the_feature() {
        let graph = Graph::<f64>::inference();
        let row = [0.3, -1.2];
        let once = graph.constant(1, 2, graph.copied(&row));
        let four = graph.constant(4, 2, graph.copied(&row.repeat(4)));
        let logit = graph.constant(1, 1, graph.copied(&[0.7]));
        let expected: Vec<f64> = row.iter().map(|x| (1.0 + 1.0 / (1.0 + (-2.0 * x).exp())) * x).collect();
        let close = |a: &[f64]| a.chunks(2).all(|a| a.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-12));
        assert!(close(refine(&graph, &once, 1, None).values()));
        assert!(close(refine(&graph, &four, 4, Some(&logit)).values()));
        let gate = pooled_gate(&graph, &four, 4, 4, Some(&logit));
        let mean = row.iter().map(|x| 1.0 / (1.0 + (-2.0 * x).exp())).sum::<f64>() / 2.0;
        assert!(gate.values().iter().all(|g| (g - mean).abs() < 1e-12));
        assert!(pooled_gate(&graph, &once, 1, 4, None).values().iter().all(|g| (g - mean).abs() < 1e-12));
    }
}
