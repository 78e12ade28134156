//! Synapses, laid out for delivery: what each source reaches among the neurons of one thread.

use crate::error::{Error, Result};
use crate::network::{Delays, Network, Projection, Rule};
use std::ops::Range;

/// Edge visits after which progress is reported.
const PORTION: u64 = 1 << 20;

/// The fan-out of every source of a projection, restricted to some targets.
///
/// *Memory* per synapse: 4 bytes for the target (none where every source reaches every target), the
/// bytes of [`Strengths`] for the weight, 2 more if delays differ.
#[derive(Default)]
pub(super) struct Rows {
    /// Local ids of the targets of source i: `targets[offsets[i]..offsets[i + 1]]`, by delay, then
    /// by target.
    pub offsets: Vec<usize>,
    pub targets: Vec<u32>,
    /// Of each entry of `targets`.
    pub weights: Strengths,
    /// Of each entry of `targets`, if they differ.
    pub delays: Vec<u16>,
    /// If every source reaches all targets of a range in order: that range; `targets` is empty
    /// then.
    pub all: Option<Range<usize>>,
}

/// Weights of synapses in double precision: one for all, or each in 4 bytes if all of them are
/// single-precision numbers, else in 8.
#[derive(Debug, Clone, Default)]
pub(super) enum Strengths {
    /// All are 1, times a gain.
    #[default]
    One,
    Single(Vec<f32>),
    Double(Vec<f64>),
}

impl Strengths {
    /// `len` zeros, in the form of those of `projection`.
    fn zeros(projection: &Projection, len: usize) -> Result<Self> {
        Ok(match projection.one_weight() {
            Some(_) => Strengths::One,
            None if projection.single_precision() => Strengths::Single(zeros(len)?),
            None => Strengths::Double(zeros(len)?),
        })
    }

    #[inline]
    fn set(&mut self, at: usize, weight: f64) {
        match self {
            Strengths::One => {}
            Strengths::Single(weights) => weights[at] = weight as f32,
            Strengths::Double(weights) => weights[at] = weight,
        }
    }

    #[inline(always)]
    pub fn get(&self, at: usize) -> f64 {
        match self {
            Strengths::One => 1.0,
            Strengths::Single(weights) => weights[at].into(),
            Strengths::Double(weights) => weights[at],
        }
    }

    /// An empty list in the same form.
    pub fn none(&self) -> Self {
        match self {
            Strengths::One => Strengths::One,
            Strengths::Single(_) => Strengths::Single(Vec::new()),
            Strengths::Double(_) => Strengths::Double(Vec::new()),
        }
    }

    /// Appends entry `at` of `from`, which has the same form.
    #[inline(always)]
    pub fn push(&mut self, from: &Strengths, at: usize) {
        match (self, from) {
            (Strengths::Single(weights), Strengths::Single(from)) => weights.push(from[at]),
            (Strengths::Double(weights), Strengths::Double(from)) => weights.push(from[at]),
            _ => {}
        }
    }

    pub fn clear(&mut self) {
        match self {
            Strengths::One => {}
            Strengths::Single(weights) => weights.clear(),
            Strengths::Double(weights) => weights.clear(),
        }
    }

    /// Number of weights in a range that are not zero.
    #[inline(always)]
    pub fn effective(&self, range: Range<usize>) -> u64 {
        match self {
            Strengths::One => range.len() as u64,
            Strengths::Single(weights) => weights[range].iter().map(|&w| u64::from(w != 0.0)).sum(),
            Strengths::Double(weights) => weights[range].iter().map(|&w| u64::from(w != 0.0)).sum(),
        }
    }
}

impl Rows {
    /// The synapses of `projection` on the neurons `targets` of its population. `progress` is told
    /// the edge visits done, in portions.
    pub fn build(
        network: &Network,
        projection: &Projection,
        targets: Range<u32>,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Self> {
        let mut gone = 0_u64;
        let mut count = || {
            gone += 1;
            if gone.is_multiple_of(PORTION) {
                progress(PORTION);
            }
        };
        let sources = projection.from_ids.len();
        let reached = targets.start.max(projection.to_ids.start)..targets.end.min(projection.to_ids.end);
        let one_delay = matches!(projection.delays, Delays::Constant(_));
        let full = match &projection.rule {
            Rule::Matrix(_) => one_delay,
            Rule::AllToAll { allow_autapses } => {
                one_delay && (*allow_autapses || projection.from != crate::network::Origin::Population(projection.to))
            }
            _ => false,
        };
        let (first_source, first_target) = (projection.from_ids.start, targets.start);
        if full {
            let width = reached.len();
            let all = Some((reached.start.max(first_target) - first_target) as usize..)
                .map(|from| from.start..from.start + width);
            let mut weights = Strengths::zeros(projection, sources * width)?;
            if projection.one_weight().is_none() {
                projection.for_each_edge(network, reached.clone(), |source, target, e| {
                    count();
                    let at = (source - first_source) as usize * width + (target - reached.start) as usize;
                    weights.set(at, projection.weight(e));
                });
            }
            let offsets = (0..=sources).map(|i| i * width).collect();
            return Ok(Rows { offsets, targets: Vec::new(), weights, delays: Vec::new(), all });
        }
        let mut offsets: Vec<usize> = zeros(sources + 1)?;
        projection.for_each_edge(network, reached.clone(), |source, _, _| {
            count();
            offsets[(source - first_source) as usize + 1] += 1;
        });
        for i in 0..sources {
            offsets[i + 1] += offsets[i];
        }
        let synapses = offsets[sources];
        let mut rows = Rows {
            targets: zeros(synapses)?,
            weights: Strengths::zeros(projection, synapses)?,
            delays: zeros(if one_delay { 0 } else { synapses })?,
            offsets,
            all: None,
        };
        // Filling moves the start of each row to its end, which is the start of the next.
        let (starts, mut sorted) = (&mut rows.offsets, vec![true; sources]);
        let mut before: Vec<(u16, u32)> = zeros(sources)?;
        projection.for_each_edge(network, reached, |source, target, e| {
            count();
            let source = (source - first_source) as usize;
            let at = starts[source];
            starts[source] += 1;
            let local = target - first_target;
            rows.targets[at] = local;
            if !matches!(rows.weights, Strengths::One) {
                rows.weights.set(at, projection.weight(e));
            }
            let delay = if one_delay { 0 } else { projection.delay(e) };
            if !one_delay {
                rows.delays[at] = delay;
            }
            sorted[source] &= before[source] <= (delay, local);
            before[source] = (delay, local);
        });
        rows.offsets.rotate_right(1);
        rows.offsets[0] = 0;
        let mut row = Vec::new();
        for source in (0..sources).filter(|&source| !sorted[source]) {
            let range = rows.offsets[source]..rows.offsets[source + 1];
            row.clear();
            let delay = |at| rows.delays.get(at).copied().unwrap_or(0);
            row.extend(range.clone().map(|at| (delay(at), rows.targets[at], rows.weights.get(at))));
            // Synapses that agree in both keep the order of their counters, whatever the threads.
            row.sort_by_key(|&(delay, target, _)| (delay, target));
            for (at, &(delay, target, weight)) in range.zip(&row) {
                rows.targets[at] = target;
                if !one_delay {
                    rows.delays[at] = delay;
                }
                rows.weights.set(at, weight);
            }
        }
        Ok(rows)
    }

    /// Range of the synapses of source i.
    pub fn row(&self, source: usize) -> Range<usize> {
        self.offsets[source]..self.offsets[source + 1]
    }
}

/// A vector of `len` zeros, or an error where an abort would be.
fn zeros<T: Clone + Default>(len: usize) -> Result<Vec<T>> {
    let mut values = Vec::new();
    values
        .try_reserve_exact(len)
        .map_err(|_| Error::value("synapses", format!("no memory for {len} entries of {} bytes", size_of::<T>())))?;
    values.resize(len, T::default());
    Ok(values)
}
