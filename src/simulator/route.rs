//! The synapses of a projection on one part's neurons, and what is on its way to them.

use super::cell_group::{Arrivals, CellGroup};
use super::ring::Ring;
use super::rows::{Rows, Strengths};
use super::sources::Emitter;
use crate::base::aligned::prefetch;
use crate::error::Result;
use crate::network::{Delays, Projection};
use crate::spiking::Tick;
use std::ops::Range;
use std::sync::Arc;

/// A projection's synapses on one part's neurons.
pub(super) struct Route {
    /// Where the spikes come from: index of the population, or number of populations plus index of
    /// the source.
    pub origin: usize,
    from_ids: Range<u32>,
    receptor: usize,
    /// What one spike adds: the weight, if all are the same, times the gain of the receptor; else
    /// the gain alone.
    gain: f64,
    rows: Rows,
    /// Sums of a tick, where every source reaches all targets.
    sums: Vec<f64>,
    /// The delay in ticks, if all synapses have the same.
    delay: Option<Tick>,
    /// Whether this part is the one that counts spikes, not synapses.
    counts_spikes: bool,
    /// Neurons that the projection can reach, in all parts.
    neurons: u64,
    under_way: UnderWay,
    /// The source, if it emits analog values.
    frames: Option<Arc<Emitter>>,
}

/// What is on its way on a route, by tick of arrival.
enum UnderWay {
    /// One delay for all: the row of synapses of each spike.
    Rows(Ring<Vec<Range<usize>>>),
    /// Different delays: the events themselves.
    Events(Ring<Bucket>),
    /// Every source reaches all targets: nothing, spikes are looked up when they arrive.
    AllToAll,
}

/// Events that arrive at one tick.
#[derive(Clone, Default)]
struct Bucket {
    targets: Vec<u32>,
    weights: Strengths,
}

/// All routes to one population, with the spikes of the last ticks.
pub(super) struct Incoming<'a> {
    pub routes: &'a mut [Route],
    /// Of each origin.
    pub history: &'a [Ring<Vec<u32>>],
    /// Whether all-to-all projections are multiplied by vectors of zeros and ones.
    pub dense_products: bool,
}

impl Incoming<'_> {
    /// Brings to `cells` what arrives at `tick`.
    pub fn deliver<C: CellGroup + ?Sized>(&mut self, tick: Tick, cells: &mut C) -> Result<()> {
        if cells.marks_targets() {
            for route in self.routes.iter() {
                route.mark(tick, &self.history[route.origin], cells);
            }
            cells.advance_marked(tick);
        }
        for route in self.routes.iter_mut() {
            route.deliver(tick, &self.history[route.origin], cells, self.dense_products);
        }
        cells.end_arrivals(tick)
    }

    /// Whether nothing arrives at any of `ticks`.
    pub fn is_quiet(&self, mut ticks: Range<Tick>) -> bool {
        ticks.all(|tick| self.routes.iter().all(|route| route.is_quiet(tick, &self.history[route.origin])))
    }
}

impl Route {
    /// A route with these `rows` from `origin`; of a source of analog values with its emitter. One
    /// part of all `counts_spikes`.
    pub fn new(
        projection: &Projection,
        origin: usize,
        rows: Rows,
        gain: f64,
        frames: Option<Arc<Emitter>>,
        counts_spikes: bool,
    ) -> Route {
        let delay = match projection.delays {
            Delays::Constant(delay) => Some(delay.into()),
            _ => None,
        };
        let ring = projection.longest_delay() + 1;
        let bucket = Bucket { targets: Vec::new(), weights: rows.weights.none() };
        Route {
            origin,
            from_ids: projection.from_ids.clone(),
            receptor: projection.receptor,
            gain: projection.one_weight().unwrap_or(1.0) * gain,
            sums: vec![0.0; rows.all.as_ref().map_or(0, |all| all.len())],
            under_way: match (&rows.all, delay) {
                (Some(_), _) => UnderWay::AllToAll,
                (None, Some(_)) => UnderWay::Rows(Ring::new(ring)),
                (None, None) => UnderWay::Events(Ring::of(ring, bucket)),
            },
            rows,
            delay,
            counts_spikes,
            neurons: projection.to_ids.len() as u64,
            frames,
        }
    }

    /// Synapses on this part's neurons.
    pub fn synapses(&self) -> u64 {
        match &self.rows.all {
            Some(all) => (all.len() * self.from_ids.len()) as u64,
            None => self.rows.targets.len() as u64,
        }
    }

    /// Zero weights among them.
    pub fn zero_weights(&self) -> u64 {
        self.synapses() - self.effective(0..self.synapses() as usize)
    }

    /// How many of a range of synapses have a weight other than zero.
    fn effective(&self, range: Range<usize>) -> u64 {
        match self.rows.weights {
            Strengths::One if self.gain == 0.0 => 0,
            _ => self.rows.weights.effective(range),
        }
    }

    /// Puts the spikes of `ticks` on their way and counts them.
    pub fn take<C: CellGroup + ?Sized>(&mut self, ticks: Range<Tick>, history: &Ring<Vec<u32>>, cells: &mut C) {
        let mut emitted = 0;
        for tick in ticks {
            emitted += self.send(history.at(tick), tick, tick);
        }
        if self.counts_spikes {
            let tally = cells.tally_mut();
            tally.input.spikes += emitted;
            tally.input.spikes_x_neurons += emitted * self.neurons;
            if let UnderWay::Rows(_) = self.under_way {
                tally.counts.queue_operations += 2 * emitted;
            }
        }
    }

    /// Puts spikes emitted at `tick` on their way, but for what arrives up to tick `over`. Returns
    /// how many of them come from the sources of this route.
    pub fn send(&mut self, spikes: &[u32], tick: Tick, over: Tick) -> u64 {
        let rows = &self.rows;
        let from = self.from_ids.start;
        let own = own(&self.from_ids, spikes);
        let emitted = own.len() as u64;
        let own = own.iter().map(|&i| rows.row((i - from) as usize)).filter(|row| !row.is_empty());
        match (&mut self.under_way, self.delay) {
            (UnderWay::Rows(ring), Some(delay)) if tick + delay > over => {
                ring.at_mut(tick + delay).extend(own.inspect(|row| prefetch(&rows.targets[row.clone()])));
            }
            (UnderWay::Events(ring), _) => {
                let alike = matches!(rows.weights, Strengths::One);
                for row in own {
                    let (targets, delays) = (&rows.targets[row.clone()], &rows.delays[row.clone()]);
                    for (k, (&target, &delay)) in targets.iter().zip(delays).enumerate() {
                        if tick + Tick::from(delay) <= over {
                            continue;
                        }
                        let bucket = ring.at_mut(tick + Tick::from(delay));
                        bucket.targets.push(target);
                        if !alike {
                            bucket.weights.push(&rows.weights, row.start + k);
                        }
                    }
                }
            }
            _ => {}
        }
        emitted
    }

    /// Spikes that arrive at `tick`, if all synapses have one delay.
    fn arriving<'a>(&self, tick: Tick, history: &'a Ring<Vec<u32>>) -> &'a [u32] {
        match self.delay {
            Some(delay) if tick >= delay => own(&self.from_ids, history.at(tick - delay)),
            _ => &[],
        }
    }

    /// Analog values that arrive at `tick`, without zeros: row of the source and value.
    fn values(&self, tick: Tick) -> impl Iterator<Item = (usize, f64)> {
        let frame = match (&self.frames, self.delay) {
            (Some(emitter), Some(delay)) if tick >= delay => emitter.frame(tick - delay),
            _ => &[],
        };
        let own = if frame.is_empty() { 0..0 } else { self.from_ids.clone() };
        own.enumerate().filter_map(|(row, i)| frame.get(i as usize).filter(|&&x| x != 0.0).map(|&x| (row, x)))
    }

    fn row(&self, spike: u32) -> usize {
        (spike - self.from_ids.start) as usize
    }

    /// Whether nothing arrives at `tick`.
    fn is_quiet(&self, tick: Tick, history: &Ring<Vec<u32>>) -> bool {
        let no_spikes = match &self.under_way {
            UnderWay::Events(ring) => ring.at(tick).targets.is_empty(),
            UnderWay::Rows(ring) => ring.at(tick).is_empty(),
            UnderWay::AllToAll => self.arriving(tick, history).is_empty(),
        };
        no_spikes && self.values(tick).next().is_none()
    }

    /// Marks all neurons at which something arrives at `tick`.
    fn mark<C: CellGroup + ?Sized>(&self, tick: Tick, history: &Ring<Vec<u32>>, cells: &mut C) {
        let rows = &self.rows;
        match &self.under_way {
            UnderWay::Events(ring) => cells.mark(&ring.at(tick).targets, tick),
            UnderWay::Rows(ring) => {
                for row in ring.at(tick) {
                    cells.mark(&rows.targets[row.clone()], tick);
                }
                self.values(tick).for_each(|(row, _)| cells.mark(&rows.targets[rows.row(row)], tick));
            }
            UnderWay::AllToAll => {
                if !self.is_quiet(tick, history) {
                    rows.all.iter().for_each(|all| cells.mark_all(all.clone(), tick));
                }
            }
        }
    }

    fn deliver<C: CellGroup + ?Sized>(
        &mut self,
        tick: Tick,
        history: &Ring<Vec<u32>>,
        cells: &mut C,
        dense_products: bool,
    ) {
        let rows = &self.rows;
        let mut arrivals = Arrivals {
            receptor: self.receptor,
            targets: &rows.targets,
            weights: &rows.weights,
            gain: self.gain,
            factor: 1.0,
        };
        let mut queue_operations = 0;
        let [events, effective] = match &mut self.under_way {
            UnderWay::AllToAll => return self.deliver_all(tick, history, cells, dense_products),
            UnderWay::Events(ring) => {
                let bucket = ring.at_mut(tick);
                let arrivals = Arrivals { targets: &bucket.targets, weights: &bucket.weights, ..arrivals };
                queue_operations = 2 * bucket.targets.len() as u64;
                let received = cells.receive(&arrivals, std::slice::from_ref(&(0..bucket.targets.len())), tick);
                bucket.targets.clear();
                bucket.weights.clear();
                received
            }
            UnderWay::Rows(ring) => {
                let arriving = ring.at_mut(tick);
                let received = cells.receive(&arrivals, arriving, tick);
                arriving.clear();
                received
            }
        };
        let tally = cells.tally_mut();
        tally.counts.queue_operations += queue_operations;
        tally.counts.synops += events;
        tally.counts.effective_acs += effective;
        tally.input.spikes_x_fan_out += events;
        for (row, x) in self.values(tick) {
            arrivals.factor = x;
            let [events, effective] = cells.receive(&arrivals, std::slice::from_ref(&rows.row(row)), tick);
            cells.tally_mut().count_values(x, events, effective);
        }
    }

    /// Delivery where every source reaches all targets: summed up first, in the order of the
    /// sources.
    fn deliver_all<C: CellGroup + ?Sized>(
        &mut self,
        tick: Tick,
        history: &Ring<Vec<u32>>,
        cells: &mut C,
        dense_products: bool,
    ) {
        let Some(all) = self.rows.all.clone() else { return };
        let (width, gain) = (all.len(), self.gain);
        let mut sums = std::mem::take(&mut self.sums);
        sums.fill(0.0);
        let weights = &self.rows.weights;
        let row = |at: usize| at * width..(at + 1) * width;
        let sum = &mut sums[..];
        let spikes = self.arriving(tick, history);
        let mut any = !spikes.is_empty();
        let tally = cells.tally_mut();
        if dense_products && self.frames.is_none() && self.delay.is_some_and(|delay| tick >= delay) {
            // Every source counts, with 1 or 0; a source may stand in the list more than once.
            let mut rest = spikes;
            for i in self.from_ids.clone() {
                let n = rest.iter().take_while(|&&spike| spike == i).count();
                rest = &rest[n..];
                for x in std::iter::repeat_n(1.0, n).chain((n == 0).then_some(0.0)) {
                    add_row(weights, row(self.row(i)), gain, x, sum);
                }
            }
            tally.counts.macs += (self.from_ids.len() * width) as u64;
        } else {
            spikes.iter().for_each(|&i| add_row(weights, row(self.row(i)), gain, 1.0, sum));
            tally.counts.synops += (spikes.len() * width) as u64;
        }
        tally.input.spikes_x_fan_out += (spikes.len() * width) as u64;
        tally.counts.effective_acs += spikes.iter().map(|&i| self.effective(row(self.row(i)))).sum::<u64>();
        for (at, x) in self.values(tick) {
            any = true;
            add_row(weights, row(at), gain, x, sum);
            tally.count_values(x, width as u64, self.effective(row(at)));
        }
        if any {
            cells.receive_all(self.receptor, all, sum, tick);
        }
        self.sums = sums;
    }
}

/// Those of `spikes` that come from `ids`.
fn own<'a>(ids: &Range<u32>, spikes: &'a [u32]) -> &'a [u32] {
    // Mostly all do.
    if let (Some(first), Some(last)) = (spikes.first(), spikes.last())
        && ids.contains(first)
        && ids.contains(last)
    {
        return spikes;
    }
    let from = spikes.partition_point(|&i| i < ids.start);
    let to = spikes.partition_point(|&i| i < ids.end);
    &spikes[from..to]
}

/// sums += x (w gain) for a row of weights, or for the gain alone.
#[inline(always)]
fn add_row(weights: &Strengths, row: Range<usize>, gain: f64, x: f64, sums: &mut [f64]) {
    match weights {
        Strengths::One => sums.iter_mut().for_each(|sum| *sum += x * gain),
        Strengths::Single(weights) => {
            sums.iter_mut().zip(&weights[row]).for_each(|(sum, &w)| *sum += x * (f64::from(w) * gain));
        }
        Strengths::Double(weights) => sums.iter_mut().zip(&weights[row]).for_each(|(sum, &w)| *sum += x * (w * gain)),
    }
}
