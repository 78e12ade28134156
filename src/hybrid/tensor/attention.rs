//! Self-attention among the few tokens of a clip.

use super::elements::{dot, softmax};
use super::graph::{Graph, Var};
use super::real::Real;
use crate::base::aligned::simd;
use crate::energy::Cost;
use rayon::prelude::*;

impl<R: Real> Graph<R> {
    /// Multi-head scaled dot-product attention (Vaswani et al. 2017) among the `tokens` consecutive
    /// rows of each clip: `softmax(Q K^T / sqrt(d)) V` per head. `qkv [n * tokens, 3 heads d]`,
    /// columns Q | K | V, each head after head; result `[n * tokens, heads d]`. Costs
    /// `2 tokens^2 heads d` MACs a clip, and per score one multiplication, one comparison, one
    /// addition and one exponential, two of them (subtract maximum, sum) additions, one division.
    pub fn attention(&self, qkv: &Var<R>, tokens: usize, heads: usize) -> Var<R> {
        let (rows, inner) = (qkv.rows(), qkv.cols() / 3);
        let (clips, d) = (rows / tokens, inner / heads);
        assert!(clips * tokens == rows && 3 * heads * d == qkv.cols(), "attention: {rows} rows, {tokens} tokens");
        let scores = (clips * heads * tokens * tokens) as u64;
        let filed = self.cost(
            "attention",
            Cost {
                macs: 2 * scores * d as u64,
                multiplies: scores,
                additions: 2 * scores,
                comparisons: scores,
                functions: 2 * scores,
                ..Cost::ZERO
            },
        );
        let scale = R::ONE / R::of(d as f64).sqrt();
        let mut out = self.buffer(rows * inner);
        let mut weights = self.buffer(rows * heads * tokens);
        let clip_values = tokens * 3 * inner;
        out.par_chunks_mut(tokens * inner)
            .zip(weights.par_chunks_mut(tokens * heads * tokens))
            .zip(qkv.values().par_chunks(clip_values))
            .for_each(|((out, weights), qkv)| {
                simd(
                    #[inline(always)]
                    || {
                        for head in 0..heads {
                            let part =
                                |which: usize, token: usize| &qkv[token * 3 * inner + which * inner + head * d..][..d];
                            for i in 0..tokens {
                                let p = &mut weights[(head * tokens + i) * tokens..][..tokens];
                                for (j, p) in p.iter_mut().enumerate() {
                                    *p = dot(part(0, i), part(1, j)) * scale;
                                }
                                softmax(p);
                                let out = &mut out[i * inner + head * d..][..d];
                                out.fill(R::ZERO);
                                for (j, &p) in p.iter().enumerate() {
                                    for (out, &v) in out.iter_mut().zip(part(2, j)) {
                                        *out += p * v;
                                    }
                                }
                            }
                        }
                    },
                );
            });
        let qkv_saved = qkv.clone();
        self.record(filed, rows, inner, out, &[qkv], move |gradient, gradients| {
            gradients.add_with(&qkv_saved, |dqkv| {
                dqkv.par_chunks_mut(clip_values)
                    .zip(weights.par_chunks(tokens * heads * tokens))
                    .zip(qkv_saved.values().par_chunks(clip_values))
                    .zip(gradient.par_chunks(tokens * inner))
                    .for_each(|(((dqkv, weights), qkv), gradient)| {
                        simd(
                            #[inline(always)]
                            || {
                                dqkv.fill(R::ZERO);
                                let mut dp = vec![R::ZERO; tokens];
                                for head in 0..heads {
                                    let at = |which: usize, token: usize| token * 3 * inner + which * inner + head * d;
                                    for i in 0..tokens {
                                        let p = &weights[(head * tokens + i) * tokens..][..tokens];
                                        let g = &gradient[i * inner + head * d..][..d];
                                        for j in 0..tokens {
                                            dp[j] = dot(g, &qkv[at(2, j)..][..d]);
                                            for (dv, &g) in dqkv[at(2, j)..][..d].iter_mut().zip(g) {
                                                *dv += p[j] * g;
                                            }
                                        }
                                        let along = p.iter().zip(&dp).fold(R::ZERO, |sum, (&p, &dp)| sum + p * dp);
                                        for j in 0..tokens {
                                            let ds = p[j] * (dp[j] - along) * scale;
                                            for c in 0..d {
                                                dqkv[at(0, i) + c] += ds * qkv[at(1, j) + c];
                                                dqkv[at(1, j) + c] += ds * qkv[at(0, i) + c];
                                            }
                                        }
                                    }
                                }
                            },
                        );
                    });
            });
        })
    }
}
