//! The synapses of a projection on one part's neurons, and what is on its way to them.

use super::cell_group::{Arrivals, CellGroup};
use super::layered::Layered;
use super::ring::Ring;
use super::rows::{Rows, Strengths};
use super::sources::Emitter;
use crate::base::aligned::prefetch;
use crate::error::Result;
use crate::network::layers::Item;
use crate::network::{Delays, Projection, Weights};
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
    /// Spikes that its sources have emitted, in the part that counts them.
    pub emitted: Option<u64>,
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
    /// The same of layers that share weights.
    Layers(Box<Layered>),
}

/// Events that arrive at one tick.
#[derive(Clone, Default)]
struct Bucket {
    targets: Vec<u32>,
    weights: Strengths,
}

/// What leads from the sources of a projection to one part's neurons.
pub(super) enum Synapses {
    Rows(Rows),
    Layers(Box<Layered>),
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
            for route in self.routes.iter_mut() {
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
    /// A route with these synapses from `origin`, on which a spike is under way for less than `ticks`;
    /// of a source of analog values with its emitter. One part of all `counts_spikes`.
    pub fn new(
        projection: &Projection,
        origin: usize,
        synapses: Synapses,
        gain: f64,
        frames: Option<Arc<Emitter>>,
        ticks: Tick,
        counts_spikes: bool,
    ) -> Route {
        let (rows, layered) = match synapses {
            Synapses::Rows(rows) => (rows, None),
            Synapses::Layers(layered) => (Rows::default(), Some(layered)),
        };
        let delay = match projection.delays {
            Delays::Constant(delay) => Some(delay.into()),
            _ => None,
        };
        let bucket = Bucket { targets: Vec::new(), weights: rows.weights.none() };
        Route {
            origin,
            from_ids: projection.from_ids.clone(),
            receptor: projection.receptor,
            gain: gain
                * match (&layered, &projection.weights) {
                    (Some(_), Weights::Constant(factor)) => *factor,
                    _ => projection.one_weight().unwrap_or(1.0),
                },
            sums: vec![0.0; rows.all.as_ref().map_or(0, |all| all.len())],
            under_way: match (layered, &rows.all, delay) {
                (Some(layered), _, _) => UnderWay::Layers(layered),
                (None, Some(_), _) => UnderWay::AllToAll,
                (None, None, Some(_)) => UnderWay::Rows(Ring::new(ticks)),
                (None, None, None) => UnderWay::Events(Ring::of(ticks, bucket)),
            },
            rows,
            delay,
            emitted: counts_spikes.then_some(0),
            frames,
        }
    }

    /// Synapses on this part's neurons.
    pub fn synapses(&self) -> u64 {
        match (&self.under_way, &self.rows.all) {
            (UnderWay::Layers(layered), _) => layered.synapses,
            (_, Some(all)) => (all.len() * self.from_ids.len()) as u64,
            (_, None) => self.rows.targets.len() as u64,
        }
    }

    /// Zero weights among them.
    pub fn zero_weights(&self) -> u64 {
        if let UnderWay::Layers(layered) = &self.under_way {
            return if self.gain == 0.0 { layered.synapses } else { layered.zero_weights };
        }
        self.synapses() - self.effective(0..self.synapses() as usize)
    }

    /// How many of a range of synapses have a weight other than zero.
    fn effective(&self, range: Range<usize>) -> u64 {
        match self.rows.weights {
            Strengths::One if self.gain == 0.0 => 0,
            _ => self.rows.weights.effective(range),
        }
    }

    /// Forgets what is under way.
    pub fn clear(&mut self) {
        match &mut self.under_way {
            UnderWay::Rows(ring) => ring.each_mut().for_each(Vec::clear),
            UnderWay::Events(ring) => ring.each_mut().for_each(|bucket| {
                bucket.targets.clear();
                bucket.weights.clear();
            }),
            UnderWay::AllToAll => {}
            UnderWay::Layers(layered) => layered.forget(),
        }
    }

    /// Goes on with another emitter of analog values, or of spikes.
    pub fn set_emitter(&mut self, emitter: &Arc<Emitter>) {
        self.frames = emitter.is_analog().then(|| emitter.clone());
    }

    /// Puts the spikes of `ticks` on their way and counts them.
    pub fn take<C: CellGroup + ?Sized>(&mut self, ticks: Range<Tick>, history: &Ring<Vec<u32>>, cells: &mut C) {
        let mut emitted = 0;
        for tick in ticks {
            emitted += self.send(history.at(tick), tick, tick);
        }
        if let Some(all) = &mut self.emitted {
            *all += emitted;
            if let UnderWay::Rows(_) = self.under_way {
                cells.tally_mut().counts.queue_operations += 2 * emitted;
            }
        }
    }

    /// Puts spikes emitted at `tick` on their way, but for what arrives before tick `first`. Returns
    /// how many of them come from the sources of this route.
    pub fn send(&mut self, spikes: &[u32], tick: Tick, first: Tick) -> u64 {
        let rows = &self.rows;
        let from = self.from_ids.start;
        let own = own(&self.from_ids, spikes);
        let emitted = own.len() as u64;
        let own = own.iter().map(|&i| rows.row((i - from) as usize)).filter(|row| !row.is_empty());
        match (&mut self.under_way, self.delay) {
            (UnderWay::Rows(ring), Some(delay)) if tick + delay >= first => {
                ring.at_mut(tick + delay).extend(own.inspect(|row| prefetch(&rows.targets[row.clone()])));
            }
            (UnderWay::Events(ring), _) => {
                let alike = matches!(rows.weights, Strengths::One);
                for row in own {
                    let (targets, delays) = (&rows.targets[row.clone()], &rows.delays[row.clone()]);
                    for (k, (&target, &delay)) in targets.iter().zip(delays).enumerate() {
                        if tick + Tick::from(delay) < first {
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
            UnderWay::AllToAll | UnderWay::Layers(_) => self.arriving(tick, history).is_empty(),
        };
        no_spikes && self.values(tick).next().is_none()
    }

    /// Marks all neurons at which something arrives at `tick`.
    fn mark<C: CellGroup + ?Sized>(&mut self, tick: Tick, history: &Ring<Vec<u32>>, cells: &mut C) {
        self.compute_layers(tick, history, false);
        let rows = &self.rows;
        match &self.under_way {
            UnderWay::Layers(layered) => cells.mark(&layered.targets),
            UnderWay::Events(ring) => cells.mark(&ring.at(tick).targets),
            UnderWay::Rows(ring) => {
                for row in ring.at(tick) {
                    cells.mark(&rows.targets[row.clone()]);
                }
                self.values(tick).for_each(|(row, _)| cells.mark(&rows.targets[rows.row(row)]));
            }
            UnderWay::AllToAll => {
                if !self.is_quiet(tick, history) {
                    rows.all.iter().for_each(|all| cells.mark_all(all.clone()));
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
        if let UnderWay::Layers(_) = self.under_way {
            return self.deliver_layers(tick, history, cells, dense_products);
        }
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
            UnderWay::AllToAll | UnderWay::Layers(_) => {
                return self.deliver_all(tick, history, cells, dense_products);
            }
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

    /// Computes what arrives at `tick` through layers, if it comes through layers. Returns whether
    /// zeros were multiplied too.
    fn compute_layers(&mut self, tick: Tick, history: &Ring<Vec<u32>>, dense_products: bool) -> bool {
        let mut under_way = std::mem::replace(&mut self.under_way, UnderWay::AllToAll);
        let dense = dense_products && self.frames.is_none() && self.delay.is_some_and(|delay| tick >= delay);
        if let UnderWay::Layers(layered) = &mut under_way {
            let spikes = self.arriving(tick, history).iter();
            let spikes = spikes.map(|&i| Item { id: i - self.from_ids.start, value: 1.0, spikes: 1 });
            let values = self.values(tick).map(|(row, value)| Item { id: row as u32, value, spikes: 0 });
            layered.compute(tick, spikes.chain(values), dense);
        }
        self.under_way = under_way;
        dense
    }

    /// Delivery through layers.
    fn deliver_layers<C: CellGroup + ?Sized>(
        &mut self,
        tick: Tick,
        history: &Ring<Vec<u32>>,
        cells: &mut C,
        dense_products: bool,
    ) {
        let dense = self.compute_layers(tick, history, dense_products);
        let UnderWay::Layers(layered) = &mut self.under_way else { return };
        let (products, all) = (layered.products, 0..layered.targets.len());
        let arrivals = Arrivals {
            receptor: self.receptor,
            targets: &layered.targets,
            weights: &layered.sums,
            gain: self.gain,
            factor: 1.0,
        };
        cells.receive(&arrivals, std::slice::from_ref(&all), tick);
        let tally = cells.tally_mut();
        tally.input.spikes_x_fan_out += products.spikes;
        if self.gain != 0.0 {
            tally.counts.effective_acs += products.effective_spikes;
            tally.counts.effective_macs += products.effective_values;
        }
        if dense {
            tally.counts.macs += layered.dense_products;
        } else {
            tally.counts.synops += products.spikes;
            tally.counts.macs += products.values;
            tally.input.analog_macs += products.values;
        }
        layered.forget();
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
