//! The edges of a projection, enumerated from its rule.

use super::checked::Network;
use super::layers::{Flow, Item};
use super::projection::{Projection, Rule};
use crate::base::counter::{below, bits, draws_below};
use std::ops::Range;

impl Projection {
    /// Calls `f(source, target, counter)` for every edge whose target lies in `targets`, ids
    /// counted in their whole populations.
    ///
    /// | rule | order |
    /// |---|---|
    /// | all to all, one to one, fixed probability | by source, then by target |
    /// | fixed in-degree, matrix | by target, then by k or by column |
    /// | fixed out-degree | by source, then by k |
    /// | list | as listed |
    /// | layers | by source, then by target; a pair once, however many ways there are |
    ///
    /// So any division of the targets gives all edges, each once, with the same counters, and the
    /// edges of one target come in the same order.
    pub fn for_each_edge(&self, network: &Network, targets: Range<u32>, mut f: impl FnMut(u32, u32, u64)) {
        let targets = targets.start.max(self.to_ids.start)..targets.end.min(self.to_ids.end);
        if targets.is_empty() {
            return;
        }
        let (from, to) = (&self.from_ids, &self.to_ids);
        let columns = u64::from(network.populations()[self.to].size);
        match &self.rule {
            Rule::AllToAll { allow_autapses } => {
                let skip_self = !allow_autapses && self.is_recurrent();
                for i in from.clone() {
                    for j in targets.clone().filter(|&j| !(skip_self && i == j)) {
                        f(i, j, u64::from(i) * columns + u64::from(j));
                    }
                }
            }
            Rule::OneToOne => {
                // The k-th source of the range belongs to the k-th target.
                for j in targets {
                    let i = from.start + (j - to.start);
                    f(i, j, u64::from(i));
                }
            }
            Rule::FixedProbability { probability, seed, allow_autapses } => {
                let skip_self = !allow_autapses && self.is_recurrent();
                let cut = draws_below(*probability);
                let mut hits = vec![0; targets.len().div_ceil(64)];
                // Bits of the last word that belong to no target.
                let rest = (64 - targets.len() % 64) % 64;
                for i in from.clone() {
                    let row = u64::from(i) * columns;
                    draw(*seed, row + u64::from(targets.start), cut, &mut hits);
                    if let Some(last) = hits.last_mut() {
                        *last = *last << rest >> rest;
                    }
                    for (start, &word) in (targets.start..).step_by(64).zip(&hits) {
                        let mut word = word;
                        while word != 0 {
                            let j = start + word.trailing_zeros();
                            if !(skip_self && i == j) {
                                f(i, j, row + u64::from(j));
                            }
                            word &= word - 1;
                        }
                    }
                }
            }
            &Rule::FixedInDegree { degree, seed, stride, offset, allow_autapses, allow_multapses } => {
                let mut draw = Draw::new(seed, degree, from, allow_multapses);
                let skip_self = !allow_autapses && self.is_recurrent();
                for j in targets {
                    let first = u64::from(j).wrapping_mul(stride).wrapping_add(offset);
                    draw.each(first, skip_self.then_some(j), |i, e| f(i, j, e));
                }
            }
            &Rule::FixedOutDegree { degree, seed, stride, offset, allow_autapses, allow_multapses } => {
                let mut draw = Draw::new(seed, degree, to, allow_multapses);
                let skip_self = !allow_autapses && self.is_recurrent();
                for i in from.clone() {
                    let first = u64::from(i).wrapping_mul(stride).wrapping_add(offset);
                    draw.each(first, skip_self.then_some(i), |j, e| {
                        if targets.contains(&j) {
                            f(i, j, e);
                        }
                    });
                }
            }
            Rule::List(edges) => {
                for (e, &(i, j)) in edges.iter().enumerate().filter(|(_, (_, j))| targets.contains(j)) {
                    f(i, j, e as u64);
                }
            }
            Rule::Matrix(_) => {
                let width = u64::from(from.end - from.start);
                for j in targets {
                    let row = u64::from(j - to.start) * width;
                    for (e, i) in (row..).zip(from.clone()) {
                        f(i, j, e);
                    }
                }
            }
            Rule::Layers(layers) => {
                let range = (targets.start - to.start) as usize..(targets.end - to.start) as usize;
                let mut flow = Flow::new(layers, range);
                for (row, i) in from.clone().enumerate() {
                    flow.run(layers, &[Item { id: row as u32, value: 1.0, spikes: 1 }], false);
                    let first = row as u64 * layers.outputs() as u64;
                    flow.outputs().iter().for_each(|item| f(i, to.start + item.id, first + u64::from(item.id)));
                }
            }
        }
    }
}

/// What one neuron after the other draws from a range.
struct Draw {
    seed: u64,
    degree: u32,
    range: Range<u32>,
    /// Without multapses: a bit for each place of the range that was drawn, and which those are.
    taken: Option<(Vec<u64>, Vec<u32>)>,
}

impl Draw {
    fn new(seed: u64, degree: u32, range: &Range<u32>, allow_multapses: bool) -> Draw {
        let taken =
            (!allow_multapses).then(|| (vec![0; range.len().div_ceil(64)], Vec::with_capacity(degree as usize)));
        Draw { seed, degree, range: range.clone(), taken }
    }

    /// Draws with the counters from `first` on, but not `without`.
    fn each(&mut self, first: u64, without: Option<u32>, mut f: impl FnMut(u32, u64)) {
        let start = self.range.start;
        let own = without.filter(|id| self.range.contains(id)).map_or(u32::MAX, |id| id - start);
        let among = self.range.end - start - u32::from(own != u32::MAX);
        let id = |place: u32| start + place + u32::from(place >= own);
        let Some((bits, list)) = &mut self.taken else {
            for e in (0..self.degree).map(|k| first.wrapping_add(k.into())) {
                f(id(below(self.seed, e, among)), e);
            }
            return;
        };
        for k in 0..self.degree {
            let e = first.wrapping_add(k.into());
            let most = among - self.degree + k;
            let drawn = below(self.seed, e, most + 1);
            let is_taken = bits[drawn as usize / 64] >> (drawn % 64) & 1 == 1;
            let place = if is_taken { most } else { drawn };
            bits[place as usize / 64] |= 1_u64 << (place % 64);
            list.push(place);
            f(id(place), e);
        }
        list.drain(..).for_each(|place| bits[place as usize / 64] = 0);
    }
}

/// Draws pairs with neighbouring counters from `first` on: one bit for each, 64 to a word. Without
/// branches, so that it becomes vector code.
fn draw(seed: u64, first: u64, cut: u64, hits: &mut [u64]) {
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || {
            let mut first = first;
            for word in hits {
                let mut drawn = [0; 64];
                for lane in 0..64 {
                    let below = bits(seed, first.wrapping_add(lane)) >> 11 < cut;
                    drawn[lane as usize] = u64::from(below) << lane;
                }
                *word = drawn.iter().fold(0, |word, bit| word | bit);
                first = first.wrapping_add(64);
            }
        },
    );
}
