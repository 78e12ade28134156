//! temporary until merge
use super::{Delays, Network, Origin, Projection, Rule, Weights};
use crate::splitmix::{below, unit};
use std::ops::Range;
impl Projection {
    /// tmp
    pub fn for_each_edge(&self, network: &Network, targets: Range<u32>, mut f: impl FnMut(u32, u32, u64)) {
        let n_to = u64::from(network.populations[self.to].size);
        let targets = targets.start.max(self.to_ids.start)..targets.end.min(self.to_ids.end);
        let same = self.from == Origin::Population(self.to);
        match &self.rule {
            Rule::AllToAll { self_connections } => {
                for i in self.from_ids.clone() {
                    for j in targets.clone() {
                        if *self_connections || !same || i != j {
                            f(i, j, u64::from(i) * n_to + u64::from(j));
                        }
                    }
                }
            }
            Rule::OneToOne => {
                for j in targets {
                    let i = self.from_ids.start + (j - self.to_ids.start);
                    if i < self.from_ids.end {
                        f(i, j, u64::from(i));
                    }
                }
            }
            Rule::FixedProbability { probability, seed } => {
                for i in self.from_ids.clone() {
                    for j in targets.clone() {
                        let e = u64::from(i) * n_to + u64::from(j);
                        if unit(*seed, e) < *probability {
                            f(i, j, e);
                        }
                    }
                }
            }
            Rule::FixedInDegree { degree, seed, stride, offset } => {
                let m = self.from_ids.len() as u32;
                for j in targets {
                    for k in 0..*degree {
                        let e = u64::from(j) * stride + offset + u64::from(k);
                        f(self.from_ids.start + below(*seed, e, m), j, e);
                    }
                }
            }
            Rule::FixedOutDegree { degree, seed, stride, offset } => {
                let m = self.to_ids.len() as u32;
                for i in self.from_ids.clone() {
                    for k in 0..*degree {
                        let e = u64::from(i) * stride + offset + u64::from(k);
                        let j = self.to_ids.start + below(*seed, e, m);
                        if targets.contains(&j) {
                            f(i, j, e);
                        }
                    }
                }
            }
            Rule::List(edges) => {
                for (e, &(i, j)) in edges.iter().enumerate() {
                    if targets.contains(&j) {
                        f(i, j, e as u64);
                    }
                }
            }
            Rule::Matrix(_) => {
                let m = self.from_ids.len() as u64;
                for j in targets {
                    for i in self.from_ids.clone() {
                        f(i, j, u64::from(j - self.to_ids.start) * m + u64::from(i - self.from_ids.start));
                    }
                }
            }
        }
    }
    /// tmp
    pub fn weight(&self, e: u64) -> f64 {
        let w = match &self.weights {
            Weights::Constant(w) => *w,
            Weights::Uniform { low, high, seed, first } => f64::from((low + (high - low) * unit(*seed, e + first)) as f32),
            Weights::Normal { mean, sd, seed, first } => {
                let n = 2 * (e + first);
                let (a, b) = (1.0 - unit(*seed, n), unit(*seed, n + 1));
                f64::from((mean + sd * (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()) as f32)
            }
            Weights::Each(w) => w[e as usize].into(),
        };
        match &self.rule {
            Rule::Matrix(m) => w * f64::from(m[e as usize]),
            _ => w,
        }
    }
    /// tmp
    pub fn delay(&self, e: u64) -> u16 {
        match &self.delays {
            Delays::Constant(d) => *d,
            Delays::Uniform { low, high, seed, first } => low + below(*seed, e + first, u32::from(high - low) + 1) as u16,
            Delays::Each(d) => d[e as usize],
        }
    }
}
