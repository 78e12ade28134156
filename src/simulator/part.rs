//! One thread's part of the network: its neurons, its sources, all synapses that end on its neurons.

use super::cells::{Arrivals, Cells, GROUP, Input};
use super::exchange::Outbox;
use super::rows::{Rows, Strengths};
use super::sources::Emitter;
use crate::base::lanes::prefetch;
use crate::energy::counts::LayerCounts;
use crate::error::Result;
use crate::network::{Delays, Network, Origin, Projection};
use crate::recording::{Probe, Variable};
use crate::spiking::Driver;
use crate::spiking::Tick;
use std::ops::Range;
use std::sync::Arc;

/// The longest, where delays would allow more: what is recorded is held for that long.
const LONGEST_LOOKAHEAD: Tick = 64;

/// One value for each of the last or next ticks.
struct Ring<T>(Vec<T>);

impl<T: Clone + Default> Ring<T> {
    /// For at least `ticks` ticks.
    fn new(ticks: Tick) -> Self {
        Self::of(ticks, T::default())
    }

    /// The same, full of `value`: a power of two, for which no division is needed.
    fn of(ticks: Tick, value: T) -> Self {
        Ring(vec![value; (ticks as usize).next_power_of_two()])
    }

    fn at(&self, tick: Tick) -> &T {
        &self.0[tick as usize & (self.0.len() - 1)]
    }

    fn at_mut(&mut self, tick: Tick) -> &mut T {
        let last = self.0.len() - 1;
        &mut self.0[tick as usize & last]
    }
}

/// The delay of all synapses of a projection, if it is one.
fn one_delay(projection: &Projection) -> Option<Tick> {
    match projection.delays {
        Delays::Constant(delay) => Some(delay.into()),
        _ => None,
    }
}

/// Whether a population's arrivals can be taken in at the beginning of the next tick: nobody sees them before.
fn defers(network: &Network, probes: &[Probe], population: usize) -> bool {
    let seen = |probe: &Probe| probe.population == population && probe.variable == Variable::Current;
    !network.populations()[population].neuron.is_immediate() && !probes.iter().any(seen)
}

/// Ticks after which what was emitted is needed: nothing emitted in that many ticks is taken in there.
pub(super) fn lookahead(network: &Network, probes: &[Probe]) -> Tick {
    let later = |p: &Projection| p.shortest_delay() + Tick::from(defers(network, probes, p.to));
    network.projections().iter().map(later).min().unwrap_or(LONGEST_LOOKAHEAD).clamp(1, LONGEST_LOOKAHEAD)
}

/// A projection's synapses on this part's neurons.
struct Route {
    origin: usize,
    from_ids: Range<u32>,
    to: usize,
    input: Input,
    /// What one spike adds: the weight, if all are the same, times the gain of the receptor; else the gain alone.
    gain: f64,
    rows: Rows,
    /// Sums of a tick, where every source reaches all targets.
    sums: Vec<f64>,
    /// One for all synapses, or none.
    delay: Option<Tick>,
    /// Whether this part is the one that counts spikes, not synapses.
    counts_spikes: bool,
    /// Neurons that it can reach, in all parts.
    neurons: u64,
    /// By tick of arrival.
    under_way: UnderWay,
    /// Analog values come from here.
    frames: Option<Arc<Emitter>>,
}

/// What is on its way on a route, by tick of arrival.
enum UnderWay {
    /// Where all take equally long: the part of each spike's row that has not been delivered yet.
    Rows(Ring<Vec<Range<usize>>>),
    /// Where delays differ: the events themselves.
    Events(Ring<Bucket>),
    /// Where every source reaches all targets, spikes are looked up when they arrive.
    Looked,
}

/// Events that arrive at one tick.
#[derive(Clone, Default)]
struct Bucket {
    targets: Vec<u32>,
    weights: Strengths,
}

pub(super) struct Part {
    pub cells: Vec<Cells>,
    /// Of each population, whether its arrivals are taken in at the beginning of the next tick: they cannot be seen before.
    deferred: Vec<bool>,
    /// Of each population, the first tick whose arrivals have not been taken in.
    arrived: Vec<Tick>,
    /// Sources and the share of each that this part draws.
    sources: Vec<(Arc<Emitter>, Range<u32>)>,
    routes: Vec<Route>,
    /// Spikes of each origin in the last ticks.
    history: Vec<Ring<Vec<u32>>>,
    /// What each probe asks of this part: population, local choice of neurons.
    probes: Vec<Probe>,
    driver: Driver,
    /// Who fired in each tick of an epoch.
    fired: Vec<Vec<u32>>,
}

/// The share of part `part` of `parts` in `n` neurons: whole groups.
pub(super) fn share(n: u32, part: usize, parts: usize) -> Range<u32> {
    let groups = u64::from(n).div_ceil(GROUP as u64);
    let cut = |p: usize| (groups * p as u64 / parts as u64 * GROUP as u64).min(n.into()) as u32;
    cut(part)..cut(part + 1)
}

impl Part {
    pub fn build(
        network: &Network,
        emitters: &[Arc<Emitter>],
        probes: &[Probe],
        driver: Driver,
        lookahead: Tick,
        (part, parts): (usize, usize),
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Self> {
        let populations = network.populations().len();
        let mut cells: Vec<Cells> = (0..populations)
            .map(|p| {
                let population = &network.populations()[p];
                let mut cells = Cells::new(population, share(population.size, part, parts));
                cells.start(0, driver == Driver::Clock).map(|()| cells)
            })
            .collect::<Result<_>>()?;
        let mut routes = Vec::new();
        let mut reach = vec![lookahead; populations + emitters.len()];
        for projection in network.projections() {
            let (origin, emitter) = match projection.from {
                Origin::Population(p) => (p, None),
                Origin::Source(s) => (populations + s, Some(&emitters[s])),
            };
            let input = cells[projection.to].input_of(projection.receptor);
            let rows = Rows::build(network, projection, cells[projection.to].ids.clone(), progress)?;
            let delay = one_delay(projection);
            reach[origin] = reach[origin].max(projection.longest_delay() + 1);
            let weight = projection.one_weight().unwrap_or(1.0);
            let ring = projection.longest_delay() + 1;
            let bucket = Bucket { targets: Vec::new(), weights: rows.weights.none() };
            routes.push(Route {
                origin,
                from_ids: projection.from_ids.clone(),
                to: projection.to,
                input,
                gain: weight * input.gain,
                sums: vec![0.0; rows.all.as_ref().map_or(0, |all| all.len())],
                under_way: match (&rows.all, delay) {
                    (Some(_), _) => UnderWay::Looked,
                    (None, Some(_)) => UnderWay::Rows(Ring::new(ring)),
                    (None, None) => UnderWay::Events(Ring::of(ring, bucket)),
                },
                rows,
                delay,
                counts_spikes: part == 0,
                neurons: projection.to_ids.len() as u64,
                frames: emitter.filter(|emitter| emitter.is_analog()).cloned(),
            });
        }
        let sources = emitters.iter().map(|e| (e.clone(), share(e.size(), part, parts))).collect();
        let history = reach.into_iter().map(Ring::new).collect();
        let deferred = (0..populations).map(|p| defers(network, probes, p)).collect();
        let probes = probes.iter().map(|probe| {
            let ids = &cells[probe.population].ids;
            Probe { neurons: probe.neurons.iter().copied().filter(|id| ids.contains(id)).collect(), ..probe.clone() }
        });
        let probes: Vec<Probe> = probes.collect();
        for probe in &probes {
            cells[probe.population].record(&probe.neurons);
        }
        Ok(Part {
            probes,
            deferred,
            arrived: vec![0; populations],
            cells,
            sources,
            routes,
            history,
            driver,
            fired: Vec::new(),
        })
    }

    /// Goes through the ticks of an epoch. Everything that has to be taken in there was emitted before it.
    pub fn run(&mut self, ticks: Range<Tick>, outbox: &mut Outbox) -> Result<()> {
        outbox.words.clear();
        if !self.probes.is_empty() {
            outbox.values.resize_with(ticks.len(), Vec::new);
            for values in &mut outbox.values {
                values.resize_with(self.probes.len(), Vec::new);
                values.iter_mut().for_each(Vec::clear);
            }
        }
        self.fired.resize_with(ticks.len(), Vec::new);
        for p in 0..self.cells.len() {
            for (at, tick) in ticks.clone().enumerate() {
                if self.deferred[p] && self.arrived[p] < tick {
                    self.deliver(p, tick - 1)?;
                }
                self.cells[p].begin(tick);
                if self.cells[p].immediate() {
                    self.deliver(p, tick)?;
                }
                self.cells[p].finish(tick, &mut self.fired[at])?;
                if !self.deferred[p] && !self.cells[p].immediate() {
                    self.deliver(p, tick)?;
                }
                if let Some(values) = outbox.values.get_mut(at) {
                    self.cells[p].ready(tick);
                    self.look(p, tick, values);
                }
            }
            self.arrived[p] = if self.deferred[p] { ticks.end - 1 } else { ticks.end };
            let touches = std::mem::take(&mut self.cells[p].activity);
            outbox.words.push(u32::try_from(touches).unwrap_or(u32::MAX));
            outbox.put(&mut self.fired);
        }
        for (emitter, ids) in &self.sources {
            for (tick, spikes) in ticks.clone().zip(&mut self.fired) {
                emitter.emit(tick, ids.clone(), spikes);
            }
            outbox.put(&mut self.fired);
        }
        Ok(())
    }

    /// Adds what probes ask of population `p`.
    fn look(&self, p: usize, tick: Tick, values: &mut [Vec<f64>]) {
        for (probe, values) in self.probes.iter().zip(values).filter(|(probe, _)| probe.population == p) {
            values.extend(probe.neurons.iter().map(|&id| self.cells[p].show(probe.variable, id, tick)));
        }
    }

    /// Takes in the arrivals of the last tick before `now`.
    pub fn catch_up(&mut self, now: Tick) -> Result<()> {
        for p in 0..self.cells.len() {
            if self.arrived[p] < now {
                self.deliver(p, now - 1)?;
                self.arrived[p] = now;
            }
        }
        Ok(())
    }

    /// Takes over what was emitted in `ticks` by all parts, in their order, and adds up touches by population.
    pub fn take(&mut self, ticks: &Range<Tick>, of_parts: &[Outbox], touches: &mut [u64]) {
        for history in &mut self.history {
            ticks.clone().for_each(|tick| history.at_mut(tick).clear());
        }
        for outbox in of_parts {
            let mut words = &outbox.words[..];
            let mut next = |n: usize| words.split_off(..n).unwrap_or_default();
            for (origin, history) in self.history.iter_mut().enumerate() {
                if let Some(touches) = touches.get_mut(origin) {
                    *touches += next(1).iter().map(|&n| u64::from(n)).sum::<u64>();
                }
                for tick in ticks.clone() {
                    let count = next(1).first().map_or(0, |&n| n as usize);
                    history.at_mut(tick).extend_from_slice(next(count));
                }
            }
        }
        for route in &mut self.routes {
            let mut emitted = 0;
            for tick in ticks.clone() {
                emitted += route.send(self.history[route.origin].at(tick), tick, tick);
            }
            if route.counts_spikes {
                let Cells { input, counts, .. } = &mut self.cells[route.to];
                input.spikes += emitted;
                input.spikes_x_neurons += emitted * route.neurons;
                if let UnderWay::Rows(_) = route.under_way {
                    counts.queue_operations += 2 * emitted;
                }
            }
        }
    }

    /// Spikes of `origin` at `tick`, which must be among the last ones.
    pub fn spikes(&self, origin: usize, tick: Tick) -> &[u32] {
        self.history[origin].at(tick)
    }

    /// Spikes of `origin` at `tick`, if that is not too long ago for anything that comes from `now` on.
    pub fn recent(&self, origin: usize, tick: Tick, now: Tick) -> &[u32] {
        let history = &self.history[origin];
        if now - tick <= history.0.len() as Tick { history.at(tick) } else { &[] }
    }

    /// Starts again after `now` ticks with the spikes of the last ones, `[tick, origin, id]` ascending. `drivers` says for each population
    /// whether it is clock-driven and whether its imported state awaits looks.
    pub fn restart(&mut self, now: Tick, spikes: &[[u32; 3]], drivers: &[(bool, bool)]) -> Result<()> {
        for group in spikes.chunk_by(|a, b| a[..2] == b[..2]) {
            let [tick, origin, _] = group[0];
            let ids: Vec<u32> = group.iter().map(|&[_, _, id]| id).collect();
            let history = &mut self.history[origin as usize];
            if now - tick <= history.0.len() as Tick {
                history.at_mut(tick).clone_from(&ids);
            }
            for route in self.routes.iter_mut().filter(|r| r.origin == origin as usize) {
                route.send(&ids, tick, now - 1);
            }
        }
        self.arrived.fill(now);
        self.cells.iter_mut().zip(drivers).try_for_each(|(cells, &(dense, looks))| match !dense && looks {
            true => cells.resume(now),
            false => cells.start(now, dense),
        })
    }

    /// Brings to population `p` what arrives at `tick`.
    fn deliver(&mut self, p: usize, tick: Tick) -> Result<()> {
        let cells = &mut self.cells[p];
        if cells.wants_announcements() {
            for route in self.routes.iter().filter(|route| route.to == p) {
                route.announce(tick, &self.history[route.origin], cells);
            }
            cells.bring(tick);
        }
        let dense_products = self.driver == Driver::Clock;
        for route in self.routes.iter_mut().filter(|route| route.to == p) {
            route.deliver(tick, &self.history[route.origin], cells, dense_products);
        }
        cells.heard(tick)
    }

    /// Synapses on this part's neurons of population `p`.
    pub fn synapses(&self, p: usize) -> u64 {
        self.routes.iter().filter(|route| route.to == p).map(Route::synapses).sum()
    }

    /// Zero weights among this part's synapses.
    pub fn zero_weights(&self) -> u64 {
        let zeros = |route: &Route| route.synapses() - route.effective(0..route.synapses() as usize);
        self.routes.iter().map(zeros).sum()
    }

    /// Operations of population `p` by this part's neurons.
    pub fn counts(&self, p: usize) -> LayerCounts {
        self.cells[p].operations()
    }
}

impl Route {
    /// Synapses on this part's neurons.
    fn synapses(&self) -> u64 {
        match &self.rows.all {
            Some(all) => (all.len() * self.from_ids.len()) as u64,
            None => self.rows.targets.len() as u64,
        }
    }

    /// How many of a range of synapses have a weight other than zero.
    fn effective(&self, range: Range<usize>) -> u64 {
        match self.rows.weights {
            Strengths::One if self.gain == 0.0 => 0,
            _ => self.rows.weights.effective(range),
        }
    }

    /// Puts spikes emitted at `tick` on their way; what arrives up to `over` is left out. How many of its own sources' there were.
    fn send(&mut self, spikes: &[u32], tick: Tick, over: Tick) -> u64 {
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

    /// Spikes that arrive at `tick`, if all take equally long.
    fn arriving<'a>(&self, tick: Tick, history: &'a Ring<Vec<u32>>) -> &'a [u32] {
        match self.delay {
            Some(delay) if tick >= delay => own(&self.from_ids, history.at(tick - delay)),
            _ => &[],
        }
    }

    /// Analog values that arrive at `tick`, if the source has such: row of the source and value, without zeros.
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

    /// Tells everybody at whom something arrives at `tick`.
    fn announce(&self, tick: Tick, history: &Ring<Vec<u32>>, cells: &mut Cells) {
        let rows = &self.rows;
        match &self.under_way {
            UnderWay::Events(ring) => cells.announce(&ring.at(tick).targets, tick),
            UnderWay::Rows(ring) => {
                for row in ring.at(tick) {
                    cells.announce(&rows.targets[row.clone()], tick);
                }
                self.values(tick).for_each(|(row, _)| cells.announce(&rows.targets[rows.row(row)], tick));
            }
            UnderWay::Looked => {
                if !self.arriving(tick, history).is_empty() || self.values(tick).next().is_some() {
                    rows.all.iter().for_each(|all| cells.announce_all(all.clone(), tick));
                }
            }
        }
    }

    fn deliver(&mut self, tick: Tick, history: &Ring<Vec<u32>>, cells: &mut Cells, dense_products: bool) {
        let rows = &self.rows;
        let mut arrivals = Arrivals {
            input: self.input,
            targets: &rows.targets,
            weights: &rows.weights,
            gain: self.gain,
            factor: 1.0,
        };
        let [events, effective] = match &mut self.under_way {
            UnderWay::Looked => return self.deliver_all(tick, history, cells, dense_products),
            UnderWay::Events(ring) => {
                let bucket = ring.at_mut(tick);
                let arrivals = Arrivals { targets: &bucket.targets, weights: &bucket.weights, ..arrivals };
                cells.counts.queue_operations += 2 * bucket.targets.len() as u64;
                let heard = cells.hear(&arrivals, std::slice::from_ref(&(0..bucket.targets.len())), tick);
                bucket.targets.clear();
                bucket.weights.clear();
                heard
            }
            UnderWay::Rows(ring) => {
                let arriving = ring.at_mut(tick);
                let heard = cells.hear(&arrivals, arriving, tick);
                arriving.clear();
                heard
            }
        };
        cells.counts.synops += events;
        cells.counts.effective_acs += effective;
        cells.input.spikes_x_fan_out += events;
        for (row, x) in self.values(tick) {
            arrivals.factor = x;
            let [events, effective] = cells.hear(&arrivals, std::slice::from_ref(&rows.row(row)), tick);
            cells.count_values(x, events, effective);
        }
    }

    /// Delivery where every source reaches all targets: summed up first, in the order of the sources.
    fn deliver_all(&mut self, tick: Tick, history: &Ring<Vec<u32>>, cells: &mut Cells, dense_products: bool) {
        let Some(all) = self.rows.all.clone() else { return };
        let (width, gain) = (all.len(), self.gain);
        let mut sums = std::mem::take(&mut self.sums);
        sums.fill(0.0);
        let weights = &self.rows.weights;
        let row = |at: usize| at * width..(at + 1) * width;
        let sum = &mut sums[..];
        let spikes = self.arriving(tick, history);
        let mut any = !spikes.is_empty();
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
            cells.counts.macs += (self.from_ids.len() * width) as u64;
        } else {
            spikes.iter().for_each(|&i| add_row(weights, row(self.row(i)), gain, 1.0, sum));
            cells.counts.synops += (spikes.len() * width) as u64;
        }
        cells.input.spikes_x_fan_out += (spikes.len() * width) as u64;
        cells.counts.effective_acs += spikes.iter().map(|&i| self.effective(row(self.row(i)))).sum::<u64>();
        for (at, x) in self.values(tick) {
            any = true;
            add_row(weights, row(at), gain, x, sum);
            cells.count_values(x, width as u64, self.effective(row(at)));
        }
        if any {
            cells.hear_all(self.input, all, sum, tick);
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
