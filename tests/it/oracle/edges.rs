//! Sources and projections drawn out: every spike or value that comes from outside, every edge.

use crate::oracle::counter::{below, derived, unit};
use crate::oracle::network::*;
use std::ops::Range;

/// A synapse, with the target's id in the whole population and its delay in ticks.
pub struct Edge {
    pub target: u32,
    pub weight: f64,
    pub delay: u32,
}

impl Network {
    fn seed(&self, given: Option<u64>, name: &str, stream: &str) -> u64 {
        given.unwrap_or_else(|| derived(self.run_seed, &format!("{name}/{stream}")))
    }

    /// What source `s` emits at a tick: id and value, a spike being a 1.
    pub fn emitted(&self, s: &Source, tick: u32) -> Vec<(u32, f64)> {
        let ids = 0..s.size;
        let draw = |seed: &Option<u64>, stride: &Option<u64>, id: u32| {
            let counter = u64::from(id) * stride.unwrap_or(1 << 32) + u64::from(tick);
            unit(self.seed(*seed, &s.name, "spikes"), counter)
        };
        let seconds = self.dt / 1000.0;
        let times = |id: u32| -> u32 {
            match &s.emits {
                Emits::Regular { first, period } => u32::from(tick >= *first && (tick - first).is_multiple_of(*period)),
                Emits::Probability { p, seed, stride } => u32::from(draw(seed, stride, id) < *p),
                Emits::RateHz { rate, seed, stride } => u32::from(draw(seed, stride, id) < rate * seconds),
                Emits::Rate { values, most, seed, stride } => {
                    u32::from(draw(seed, stride, id) < values[id as usize] * (most * seconds))
                }
                Emits::Poisson { rate, seed, stride } => {
                    let (u, mean) = (draw(seed, stride, id), rate * seconds);
                    let (mut n, mut term) = (0, (-mean).exp());
                    let mut at_most = term;
                    while u >= at_most {
                        n += 1;
                        term *= mean / f64::from(n);
                        at_most += term;
                    }
                    n
                }
                Emits::Latency { values, first, window } => {
                    let value = values[id as usize];
                    let at = first + ((1.0 - value) * f64::from(*window)).round() as u32;
                    u32::from(value > 0.0 && tick == at)
                }
                Emits::Spikes(_) | Emits::SpikeFile(_) | Emits::Frames { .. } => 0,
            }
        };
        match &s.emits {
            Emits::Spikes(spikes) | Emits::SpikeFile(spikes) => {
                return spikes.iter().filter(|spike| spike.0 == tick).map(|spike| (spike.1, 1.0)).collect();
            }
            Emits::Frames { rows, ticks } => {
                return ids.zip(rows[(tick / ticks).min(rows.len() as u32 - 1) as usize].iter().copied()).collect();
            }
            _ => {}
        }
        ids.flat_map(|id| (0..times(id)).map(move |_| (id, 1.0))).collect()
    }

    /// The edges of projection `p` by source.
    pub fn rows(&self, p: &Projection) -> Vec<Vec<Edge>> {
        let mut rows: Vec<Vec<Edge>> = (0..self.size_of(p.from)).map(|_| Vec::new()).collect();
        self.edges(p).into_iter().for_each(|(source, edge)| rows[source as usize].push(edge));
        rows
    }

    /// Every edge of projection `p` with its source.
    fn edges(&self, p: &Projection) -> Vec<(u32, Edge)> {
        let reach = u64::from(self.populations[p.to].size);
        let (from, to) = (&p.from_ids, &p.to_ids);
        let pairs = || from.clone().flat_map(|i| to.clone().map(move |j| (i, j)));
        let cross = |i: u32, j: u32| u64::from(i) * reach + u64::from(j);
        let seed = |seed: &Option<u64>| self.seed(*seed, &p.name, "edges");
        let recurrent = p.from == End::Population(p.to);
        let may = |i, j, autapses| autapses || !recurrent || i != j;
        // Which of a range a neuron is itself, if it must not be drawn.
        let own_place = |id: u32, range: &Range<u32>, autapses: bool| {
            (recurrent && !autapses && range.contains(&id)).then(|| id - range.start)
        };
        // Source, target and counter of each; beside them what the rule brings as weights, and the first edge's place in lists.
        let mut own: Option<&[f64]> = None;
        let mut skipped = 0;
        let edges: Vec<(u32, u32, u64)> = match &p.rule {
            Rule::AllToAll { autapses } => {
                pairs().filter(|&(i, j)| may(i, j, *autapses)).map(|(i, j)| (i, j, cross(i, j))).collect()
            }
            Rule::OneToOne => {
                skipped = u64::from(from.start);
                from.clone().zip(to.clone()).map(|(i, j)| (i, j, u64::from(i))).collect()
            }
            Rule::FixedProbability { p: probability, seed: given, autapses } => {
                let hit = |i, j| may(i, j, *autapses) && unit(seed(given), cross(i, j)) < *probability;
                pairs().filter(|&(i, j)| hit(i, j)).map(|(i, j)| (i, j, cross(i, j))).collect()
            }
            Rule::FixedInDegree(d) => {
                let drawn = |j: u32| d.drawn(seed(&d.seed), j, from, own_place(j, from, d.autapses));
                to.clone().flat_map(|j| drawn(j).into_iter().map(move |(i, e)| (i, j, e))).collect()
            }
            Rule::FixedOutDegree(d) => {
                let drawn = |i: u32| d.drawn(seed(&d.seed), i, to, own_place(i, to, d.autapses));
                from.clone().flat_map(|i| drawn(i).into_iter().map(move |(j, e)| (i, j, e))).collect()
            }
            Rule::List(list) | Rule::ListFile(list, _) => {
                if let Rule::ListFile(_, Some(weights)) = &p.rule {
                    own = Some(weights);
                }
                (0..).zip(list).map(|(e, &(i, j))| (i, j, e)).collect()
            }
            Rule::Matrix(weights) => {
                own = Some(weights);
                let row = |j: u32| u64::from(j - to.start) * from.len() as u64;
                let column = |i: u32| u64::from(i - from.start);
                pairs().map(|(i, j)| (i, j, row(j) + column(i))).collect()
            }
        };
        let weight = |e: u64| {
            let own = own.map_or(1.0, |own| own[e as usize]);
            let factor = match &p.weights {
                Weights::Absent => 1.0,
                Weights::Constant(w) => *w,
                Weights::Uniform { low, high, seed, first } => {
                    low + (high - low) * unit(self.seed(*seed, &p.name, "weights"), e + first)
                }
                Weights::Normal { mean, sd, seed, first } => {
                    let seed = self.seed(*seed, &p.name, "weights");
                    let (u, v) = (unit(seed, 2 * (e + first)), unit(seed, 2 * (e + first) + 1));
                    mean + sd * (-2.0 * (1.0 - u).ln()).sqrt() * (2.0 * std::f64::consts::PI * v).cos()
                }
                Weights::Values(values) | Weights::File(values) => values[(e - skipped) as usize],
            };
            own * factor
        };
        let delay = |e: u64| match &p.delays {
            Delays::Absent => 1,
            Delays::Constant(ticks) => *ticks,
            Delays::Uniform { low, high, seed, first } => {
                low + below(self.seed(*seed, &p.name, "delays"), e + first, high - low + 1)
            }
            Delays::Values(ticks) | Delays::File(ticks) => ticks[(e - skipped) as usize],
        };
        edges.iter().map(|&(source, target, e)| (source, Edge { target, weight: weight(e), delay: delay(e) })).collect()
    }
}

impl Degree {
    /// Whom neuron `id` draws from `range`, with the counter of each.
    fn drawn(&self, seed: u64, id: u32, range: &Range<u32>, own_place: Option<u32>) -> Vec<(u32, u64)> {
        let others: Vec<u32> =
            range.clone().filter(|&other| own_place.is_none_or(|own| other != range.start + own)).collect();
        let (n, degree) = (others.len() as u32, self.degree);
        let mut places: Vec<u32> = Vec::new();
        let first = u64::from(id) * self.stride.unwrap_or(self.offset + u64::from(degree)) + self.offset;
        for k in 0..degree {
            let e = first + u64::from(k);
            places.push(match self.multapses {
                true => below(seed, e, n),
                // Floyd's sample.
                false => {
                    let last = n - degree + k;
                    let place = below(seed, e, last + 1);
                    if places.contains(&place) { last } else { place }
                }
            });
        }
        places.iter().zip(first..).map(|(&place, e)| (others[place as usize], e)).collect()
    }
}
