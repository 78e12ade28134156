//! Temporal-semantic Tucker fusion (equations 10-13 of the paper): a bilinear map of the dense
//! feature `r` and the spiking feature `S` whose core is kept small. Both forms compute
//! `y_o = sum_{i,j} W[o,i,j] r_i S_j` for a structured W.
//!
//! # Example
//! A core of one value multiplies the first dense and the second spiking feature:
//! ```
//! use spikefuse::hybrid::fusion::Cube;
//! use spikefuse::hybrid::tensor::Graph;
//!
//! let graph = Graph::<f32>::inference();
//! let matrix = |rows, cols, values: &[f32]| graph.constant(rows, cols, graph.copied(values));
//! let (semantic, spiking) = (matrix(1, 2, &[1.0, 0.0]), matrix(1, 2, &[0.0, 1.0]));
//! let cube = Cube { semantic, spiking, core: matrix(1, 1, &[1.0]), out: matrix(2, 1, &[1.0, -1.0]) };
//! let fused = cube.fuse(&graph, &matrix(1, 2, &[3.0, 5.0]), &matrix(1, 2, &[7.0, 2.0]));
//! assert_eq!(fused.values(), [6.0, -6.0]);
//! let macs: u64 = graph.take_costs().iter().map(|operator| operator.cost.macs).sum();
//! assert_eq!(macs, 2 + 2 + 1 + 2);
//! ```

use crate::energy::Cost;
use crate::hybrid::tensor::{Graph, Real, Var, simd};
use rayon::prelude::*;

/// The full-core form of one scale: `a = r Us^T`, `b = S Ut^T`, `z_k = sum_ij G[k,i,j] a_i b_j`,
/// `y = z Uo^T`.
pub struct Cube<R: Real> {
    /// `[R, D]`
    pub semantic: Var<R>,
    /// `[R, D]`
    pub spiking: Var<R>,
    /// `[R, R R]`, row k, column `i R + j`
    pub core: Var<R>,
    /// `[D, R]`
    pub out: Var<R>,
}

/// The slice-rank form of one scale (MUTAN; Ben-younes et al. 2017): `a = r Us^T`, `b = S Ut^T`,
/// `z = sum_q (a M_q^T) * (b N_q^T)`, `y = z Uo^T`.
pub struct Slice<R: Real> {
    /// `[P, D]`
    pub semantic: Var<R>,
    /// `[P, D]`
    pub spiking: Var<R>,
    /// `[R P, P]`: M_1 .. M_R
    pub slices_semantic: Var<R>,
    /// `[R P, P]`: N_1 .. N_R
    pub slices_spiking: Var<R>,
    /// `[D, P]`
    pub out: Var<R>,
}

impl<R: Real> Cube<R> {
    /// `y [n, D]` for `r [n, D]`, `s [n, D]`.
    pub fn fuse(&self, graph: &Graph<R>, r: &Var<R>, s: &Var<R>) -> Var<R> {
        let a = graph.linear(r, &self.semantic, None);
        let b = graph.linear(s, &self.spiking, None);
        let z = graph.linear(&outer(graph, &a, &b), &self.core, None);
        graph.linear(&z, &self.out, None)
    }
}

impl<R: Real> Slice<R> {
    /// `y [n, D]` for `r [n, D]`, `s [n, D]`.
    pub fn fuse(&self, graph: &Graph<R>, r: &Var<R>, s: &Var<R>) -> Var<R> {
        let a = graph.linear(r, &self.semantic, None);
        let b = graph.linear(s, &self.spiking, None);
        let a = graph.linear(&a, &self.slices_semantic, None);
        let b = graph.linear(&b, &self.slices_spiking, None);
        graph.linear(&sum_of_products(graph, &a, &b, self.semantic.rows()), &self.out, None)
    }
}

/// Outer product of each row: `[n, p]`, `[n, q]` -> `[n, p q]`. One multiplication a value.
fn outer<R: Real>(graph: &Graph<R>, a: &Var<R>, b: &Var<R>) -> Var<R> {
    let (n, p, q) = (a.rows(), a.cols(), b.cols());
    let filed = graph.cost("outer_product", Cost { multiplies: (n * p * q) as u64, ..Cost::ZERO });
    let mut out = graph.buffer(n * p * q);
    let (av, bv) = (a.values(), b.values());
    out.par_chunks_mut(p * q).zip(av.par_chunks(p).zip(bv.par_chunks(q))).for_each(|(out, (a, b))| {
        simd(
            #[inline(always)]
            || {
                for (out, &a) in out.chunks_exact_mut(q).zip(a) {
                    for (out, &b) in out.iter_mut().zip(b) {
                        *out = a * b;
                    }
                }
            },
        );
    });
    let saved = (a.clone(), b.clone());
    graph.record(filed, n, p * q, out, &[a, b], move |gradient, gradients| {
        let (a, b) = saved;
        gradients.add_with(&a, |da| {
            da.par_chunks_mut(p).zip(gradient.par_chunks(p * q).zip(b.values().par_chunks(q))).for_each(
                |(da, (g, b))| {
                    for (da, g) in da.iter_mut().zip(g.chunks_exact(q)) {
                        *da = simd(
                            #[inline(always)]
                            || crate::hybrid::tensor::dot(g, b),
                        );
                    }
                },
            );
        });
        gradients.add_with(&b, |db| {
            db.par_chunks_mut(q).zip(gradient.par_chunks(p * q).zip(a.values().par_chunks(p))).for_each(
                |(db, (g, a))| {
                    simd(
                        #[inline(always)]
                        || {
                            db.fill(R::ZERO);
                            for (g, &a) in g.chunks_exact(q).zip(a) {
                                for (db, &g) in db.iter_mut().zip(g) {
                                    *db += a * g;
                                }
                            }
                        },
                    );
                },
            );
        });
    })
}

/// `z [n, p] = sum_q a_q * b_q` for `a`, `b` `[n, q p]`. One MAC a product.
fn sum_of_products<R: Real>(graph: &Graph<R>, a: &Var<R>, b: &Var<R>, p: usize) -> Var<R> {
    let (n, wide) = (a.rows(), a.cols());
    let filed = graph.cost("sum_of_products", Cost { macs: (n * wide) as u64, ..Cost::ZERO });
    let mut out = graph.buffer(n * p);
    let (av, bv) = (a.values(), b.values());
    out.par_chunks_mut(p).zip(av.par_chunks(wide).zip(bv.par_chunks(wide))).for_each(|(out, (a, b))| {
        simd(
            #[inline(always)]
            || {
                out.fill(R::ZERO);
                for (a, b) in a.chunks_exact(p).zip(b.chunks_exact(p)) {
                    for i in 0..p {
                        out[i] += a[i] * b[i];
                    }
                }
            },
        );
    });
    let saved = [(a.clone(), b.clone()), (b.clone(), a.clone())];
    graph.record(filed, n, p, out, &[a, b], move |gradient, gradients| {
        for (input, other) in &saved {
            gradients.add_with(input, |d| {
                let rows = gradient.par_chunks(p).zip(other.values().par_chunks(wide));
                d.par_chunks_mut(wide).zip(rows).for_each(|(d, (g, other))| {
                    simd(
                        #[inline(always)]
                        || {
                            let g = &g[..p];
                            for (d, other) in d.chunks_exact_mut(p).zip(other.chunks_exact(p)) {
                                let (d, other) = (&mut d[..p], &other[..p]);
                                for i in 0..p {
                                    d[i] = g[i] * other[i];
                                }
                            }
                        },
                    );
                });
            });
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hybrid::tensor::check::{check_gradients, random};

    const D: usize = 5;

    fn cube(vars: &[Var<f64>]) -> Cube<f64> {
        Cube { semantic: vars[2].clone(), spiking: vars[3].clone(), core: vars[4].clone(), out: vars[5].clone() }
    }

    fn slice(vars: &[Var<f64>]) -> Slice<f64> {
        Slice {
            semantic: vars[2].clone(),
            spiking: vars[3].clone(),
            slices_semantic: vars[4].clone(),
            slices_spiking: vars[5].clone(),
            out: vars[6].clone(),
        }
    }

    fn cube_inputs() -> Vec<crate::hybrid::tensor::check::Input> {
        let rank = 3;
        [(2, D), (2, D), (rank, D), (rank, D), (rank, rank * rank), (D, rank)]
            .iter()
            .enumerate()
            .map(|(i, &(rows, cols))| random(rows, cols, 1.0, i as u64))
            .collect()
    }

    fn slice_inputs() -> Vec<crate::hybrid::tensor::check::Input> {
        let (rank, p) = (2, 3);
        [(2, D), (2, D), (p, D), (p, D), (rank * p, p), (rank * p, p), (D, p)]
            .iter()
            .enumerate()
            .map(|(i, &(rows, cols))| random(rows, cols, 1.0, i as u64))
            .collect()
    }

    #[test]
    fn gradients_match_finite_differences() {
        check_gradients(&cube_inputs(), |graph, vars| cube(vars).fuse(graph, &vars[0], &vars[1]));
        check_gradients(&slice_inputs(), |graph, vars| slice(vars).fuse(graph, &vars[0], &vars[1]));
    }

    /// `W[o,i,j]` by probing with unit vectors, then the full bilinear product of random inputs.
    fn equals_its_bilinear_form(
        fuse: impl Fn(&Graph<f64>, &Var<f64>, &Var<f64>) -> Var<f64>,
        w: impl Fn(usize, usize, usize) -> f64,
    ) {
        let graph = Graph::<f64>::inference();
        let (r, s) = (random(1, D, 1.0, 50), random(1, D, 1.0, 51));
        let (r, s) = (r.values(), s.values());
        let var = |v: &[f64]| graph.constant(1, D, graph.copied(v));
        let y = fuse(&graph, &var(r), &var(s));
        for o in 0..D {
            let full: f64 =
                (0..D).flat_map(|i| (0..D).map(move |j| (i, j))).map(|(i, j)| w(o, i, j) * r[i] * s[j]).sum();
            assert!((y.values()[o] - full).abs() < 1e-12, "{} {full}", y.values()[o]);
        }
    }

    #[test]
    fn both_forms_are_the_full_bilinear_product() {
        let graph = Graph::<f64>::inference();
        let vars = |inputs: Vec<crate::hybrid::tensor::check::Input>| -> Vec<Var<f64>> {
            inputs.iter().map(|i| graph.constant(i.rows(), i.cols(), graph.copied(i.values()))).collect()
        };
        let v = vars(cube_inputs());
        let at = |var: &Var<f64>, i: usize, j: usize| var.row(i)[j];
        let rank = 3;
        equals_its_bilinear_form(
            |graph, r, s| cube(&v).fuse(graph, r, s),
            |o, i, j| {
                let mut sum = 0.0;
                for k in 0..rank {
                    for a in 0..rank {
                        for b in 0..rank {
                            sum += at(&v[5], o, k) * at(&v[4], k, a * rank + b) * at(&v[2], a, i) * at(&v[3], b, j);
                        }
                    }
                }
                sum
            },
        );
        let v = vars(slice_inputs());
        let (rank, p) = (2, 3);
        equals_its_bilinear_form(
            |graph, r, s| slice(&v).fuse(graph, r, s),
            |o, i, j| {
                // The core G[:, :, k] = sum_q m_q^k n_q^k, of rank at most `rank`, spelled out.
                let mut sum = 0.0;
                for k in 0..p {
                    for a in 0..p {
                        for b in 0..p {
                            let core: f64 = (0..rank).map(|q| at(&v[4], q * p + k, a) * at(&v[5], q * p + k, b)).sum();
                            sum += at(&v[6], o, k) * core * at(&v[2], a, i) * at(&v[3], b, j);
                        }
                    }
                }
                sum
            },
        );
    }
}
