//! One thread's part of the network: its neurons, its sources, all synapses that end on its neurons.

use super::Driver;
use super::cells::{Cells, GROUP, Input};
use super::rows::Rows;
use super::sources::Emitter;
use crate::counts::LayerCounts;
use crate::error::Result;
use crate::event::Tick;
use crate::lanes::prefetch;
use crate::network::{Delays, Network, Origin, Weights};
use crate::recording::Probe;
use std::ops::Range;
use std::sync::Arc;

/// What one part emitted in one epoch; all parts get it.
#[derive(Default)]
pub(super) struct Outbox {
    /// For each tick of the epoch and each origin (populations, then sources): ids, ascending.
    pub spikes: Vec<Vec<Vec<u32>>>,
    /// For each tick of the epoch and each probe: values of the part's neurons.
    pub values: Vec<Vec<Vec<f64>>>,
    /// Touches of each population.
    pub activity: Vec<u64>,
    /// The run is to end after this epoch.
    pub stop: bool,
}

/// Spikes of one origin in the last ticks, by tick.
pub(super) struct History {
    ring: Vec<Vec<u32>>,
}

impl History {
    fn at(&self, tick: Tick) -> &[u32] {
        &self.ring[tick as usize % self.ring.len()]
    }

    fn at_mut(&mut self, tick: Tick) -> &mut Vec<u32> {
        let len = self.ring.len();
        &mut self.ring[tick as usize % len]
    }
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
    /// Events on their way, by tick of arrival, where delays differ.
    under_way: Vec<Bucket>,
    /// Analog values come from here.
    frames: Option<Arc<Emitter>>,
}

/// Events that arrive at one tick.
#[derive(Clone, Default)]
struct Bucket {
    targets: Vec<u32>,
    weights: Vec<f32>,
}

pub(super) struct Part {
    pub cells: Vec<Cells>,
    /// Sources and the share of each that this part draws.
    sources: Vec<(Arc<Emitter>, Range<u32>)>,
    routes: Vec<Route>,
    /// By origin.
    history: Vec<History>,
    /// What each probe asks of this part: population, local choice of neurons.
    probes: Vec<Probe>,
    driver: Driver,
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
        epoch: Tick,
        (part, parts): (usize, usize),
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Self> {
        let populations = network.populations.len();
        let cells: Vec<Cells> = network
            .populations
            .iter()
            .map(|population| {
                let mut cells = Cells::new(population, share(population.size, part, parts));
                cells.start(0, driver == Driver::Clock).map(|()| cells)
            })
            .collect::<Result<_>>()?;
        let mut routes = Vec::new();
        let mut reach = vec![epoch; populations + emitters.len()];
        for projection in &network.projections {
            let (origin, emitter) = match projection.from {
                Origin::Population(p) => (p, None),
                Origin::Source(s) => (populations + s, Some(&emitters[s])),
            };
            let input = cells[projection.to].input_of(projection.receptor);
            let rows = Rows::build(network, projection, cells[projection.to].ids.clone(), progress)?;
            let delay = match projection.delays {
                Delays::Constant(delay) => Some(Tick::from(delay)),
                _ => None,
            };
            reach[origin] = reach[origin].max(projection.longest_delay() + 1);
            let weight = match projection.weights {
                Weights::Constant(weight) if rows.weights.is_empty() => weight,
                _ => 1.0,
            };
            routes.push(Route {
                origin,
                from_ids: projection.from_ids.clone(),
                to: projection.to,
                input,
                gain: weight * input.gain,
                sums: vec![0.0; rows.all.as_ref().map_or(0, |all| all.len())],
                under_way: match delay {
                    Some(_) => Vec::new(),
                    None => vec![Bucket::default(); projection.longest_delay() as usize + 1],
                },
                rows,
                delay,
                frames: emitter.filter(|emitter| emitter.is_analog()).cloned(),
            });
        }
        let sources = emitters.iter().map(|e| (e.clone(), share(e.size(), part, parts))).collect();
        let history = reach.iter().map(|&n| History { ring: vec![Vec::new(); n as usize] }).collect();
        let probes = probes.iter().map(|probe| {
            let ids = &cells[probe.population].ids;
            Probe { neurons: probe.neurons.iter().copied().filter(|id| ids.contains(id)).collect(), ..probe.clone() }
        });
        Ok(Part { probes: probes.collect(), cells, sources, routes, history, driver })
    }

    /// Begins a tick: everything that needs nothing of what arrives. [`Part::run`] does that for all ticks but the first.
    pub fn begin(&mut self, tick: Tick) {
        self.cells.iter_mut().for_each(|cells| cells.begin(tick));
    }

    /// Goes through the ticks of an epoch. Everything that arrives in them was emitted before it.
    pub fn run(&mut self, ticks: Range<Tick>, outbox: &mut Outbox) -> Result<()> {
        let populations = self.cells.len();
        outbox.spikes.resize_with(ticks.len(), Vec::new);
        outbox.values.resize_with(ticks.len(), Vec::new);
        for (at, tick) in ticks.enumerate() {
            let spikes = &mut outbox.spikes[at];
            spikes.resize_with(populations + self.sources.len(), Vec::new);
            if at > 0 {
                self.begin(tick);
            }
            for p in 0..populations {
                self.deliver(p, tick);
                let cells = &mut self.cells[p];
                cells.finish(tick)?;
                spikes[p].clear();
                spikes[p].extend(cells.fired.iter().map(|&j| cells.ids.start + j));
            }
            for ((emitter, ids), spikes) in self.sources.iter().zip(&mut spikes[populations..]) {
                spikes.clear();
                emitter.emit(tick, ids.clone(), spikes);
            }
            let values = &mut outbox.values[at];
            values.resize_with(self.probes.len(), Vec::new);
            for (probe, values) in self.probes.iter().zip(values) {
                let cells = &mut self.cells[probe.population];
                values.clear();
                values.extend(probe.neurons.iter().map(|&id| cells.show(probe.variable, id, tick)));
            }
        }
        outbox.activity.clear();
        outbox.activity.extend(self.cells.iter_mut().map(|cells| std::mem::take(&mut cells.activity)));
        Ok(())
    }

    /// Takes in what was emitted at `tick` by all parts, in their order.
    pub fn take<'a>(&mut self, tick: Tick, of_parts: impl Iterator<Item = &'a Vec<Vec<u32>>>) {
        for history in &mut self.history {
            history.at_mut(tick).clear();
        }
        for spikes in of_parts {
            for (history, spikes) in self.history.iter_mut().zip(spikes) {
                history.at_mut(tick).extend_from_slice(spikes);
            }
        }
        for route in self.routes.iter_mut().filter(|route| route.delay.is_none()) {
            route.send(self.history[route.origin].at(tick), tick, tick);
        }
    }

    /// Spikes of `origin` at `tick`, which must be among the last ones.
    pub fn spikes(&self, origin: usize, tick: Tick) -> &[u32] {
        self.history[origin].at(tick)
    }

    /// Spikes of `origin` at `tick`, if that is not too long ago for anything that comes from `now` on.
    pub fn recent(&self, origin: usize, tick: Tick, now: Tick) -> &[u32] {
        let history = &self.history[origin];
        if now - tick <= history.ring.len() as Tick { history.at(tick) } else { &[] }
    }

    /// Starts again after `now` ticks with the spikes of the last ones, `[tick, origin, id]` ascending.
    pub fn restart(&mut self, now: Tick, spikes: &[[u32; 3]]) -> Result<()> {
        for group in spikes.chunk_by(|a, b| a[..2] == b[..2]) {
            let [tick, origin, _] = group[0];
            let ids: Vec<u32> = group.iter().map(|&[_, _, id]| id).collect();
            let history = &mut self.history[origin as usize];
            if now - tick <= history.ring.len() as Tick {
                history.at_mut(tick).clone_from(&ids);
            }
            for route in self.routes.iter_mut().filter(|r| r.delay.is_none() && r.origin == origin as usize) {
                route.send(&ids, tick, now - 1);
            }
        }
        let dense = self.driver == Driver::Clock;
        self.cells.iter_mut().try_for_each(|cells| cells.start(now, dense))
    }

    /// Brings to population `p` what arrives at `tick`.
    fn deliver(&mut self, p: usize, tick: Tick) {
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
    }

    /// Synapses on this part's neurons of population `p`.
    pub fn synapses(&self, p: usize) -> u64 {
        let on = self.routes.iter().filter(|route| route.to == p);
        on.map(|route| match &route.rows.all {
            Some(all) => (all.len() * route.from_ids.len()) as u64,
            None => route.rows.targets.len() as u64,
        })
        .sum()
    }

    /// Zero weights among this part's synapses.
    pub fn zero_weights(&self) -> u64 {
        let zeros = |route: &Route| match route.rows.weights.is_empty() {
            // One weight for all, times the gain.
            true if route.gain == 0.0 => match &route.rows.all {
                Some(all) => all.len() * route.from_ids.len(),
                None => route.rows.targets.len(),
            },
            true => 0,
            false => route.rows.weights.iter().filter(|&&w| w == 0.0).count(),
        };
        self.routes.iter().map(|route| zeros(route) as u64).sum()
    }

    /// Operations of population `p` by this part's neurons.
    pub fn counts(&self, p: usize) -> LayerCounts {
        self.cells[p].counts
    }
}

impl Route {
    /// Those of `spikes` that start this route.
    fn own<'a>(&self, spikes: &'a [u32]) -> &'a [u32] {
        let from = spikes.partition_point(|&i| i < self.from_ids.start);
        let to = spikes.partition_point(|&i| i < self.from_ids.end);
        &spikes[from..to]
    }

    /// Puts spikes emitted at `tick` on their ways of different lengths; what arrives up to `over` is left out.
    fn send(&mut self, spikes: &[u32], tick: Tick, over: Tick) {
        let len = self.under_way.len();
        let first = tick as usize % len;
        let rows = &self.rows;
        for &i in self.own(spikes) {
            let source = (i - self.from_ids.start) as usize;
            let row = rows.offsets[source]..rows.offsets[source + 1];
            let (targets, delays) = (&rows.targets[row.clone()], &rows.delays[row.clone()]);
            for (k, (&target, &delay)) in targets.iter().zip(delays).enumerate() {
                if tick + Tick::from(delay) <= over {
                    continue;
                }
                let at = first + usize::from(delay);
                let bucket = &mut self.under_way[if at < len { at } else { at - len }];
                bucket.targets.push(target);
                if !rows.weights.is_empty() {
                    bucket.weights.push(rows.weights[row.start + k]);
                }
            }
        }
    }

    /// Spikes that arrive at `tick`, if all take equally long.
    fn arriving<'a>(&self, tick: Tick, history: &'a History) -> &'a [u32] {
        match self.delay {
            Some(delay) if tick >= delay => self.own(history.at(tick - delay)),
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
        own.enumerate()
            .filter_map(|(row, i)| frame.get(i as usize).filter(|&&x| x != 0.0).map(|&x| (row, f64::from(x))))
    }

    fn row(&self, spike: u32) -> usize {
        (spike - self.from_ids.start) as usize
    }

    /// Tells everybody at whom something arrives at `tick`.
    fn announce(&self, tick: Tick, history: &History, cells: &mut Cells) {
        let rows = &self.rows;
        if self.delay.is_none() {
            let bucket = &self.under_way[tick as usize % self.under_way.len()];
            return cells.announce(bucket.targets.iter().copied(), tick);
        }
        let spikes = self.arriving(tick, history);
        match &rows.all {
            Some(all) => {
                if !spikes.is_empty() || self.values(tick).next().is_some() {
                    cells.announce(all.start as u32..all.end as u32, tick);
                }
            }
            None => {
                let sources = spikes.iter().map(|&i| self.row(i)).chain(self.values(tick).map(|(row, _)| row));
                sources.for_each(|row| cells.announce(rows.targets(row).iter().copied(), tick));
            }
        }
    }

    fn deliver(&mut self, tick: Tick, history: &History, cells: &mut Cells, dense_products: bool) {
        let (input, gain) = (self.input, self.gain);
        if self.rows.all.is_some() {
            return self.deliver_all(tick, history, cells, dense_products);
        }
        if self.delay.is_none() {
            let len = self.under_way.len();
            let bucket = &mut self.under_way[tick as usize % len];
            let events = bucket.targets.len() as u64;
            cells.counts.synops += events;
            cells.counts.queue_operations += 2 * events;
            if bucket.weights.is_empty() {
                cells.hear(input, &bucket.targets, std::iter::repeat(gain), tick);
                cells.counts.effective_acs += events * u64::from(gain != 0.0);
            } else {
                cells.hear(input, &bucket.targets, bucket.weights.iter().map(|&w| f64::from(w) * gain), tick);
                cells.counts.effective_acs += bucket.weights.iter().filter(|&&w| w != 0.0).count() as u64;
            }
            bucket.targets.clear();
            bucket.weights.clear();
            return;
        }
        let rows = &self.rows;
        let mut events = 0;
        let spikes = self.arriving(tick, history);
        for (at, &i) in spikes.iter().enumerate() {
            if let Some(&next) = spikes.get(at + 1) {
                prefetch(rows.targets(self.row(next)));
            }
            let row = self.row(i);
            let (targets, weights) = (rows.targets(row), rows.weights(row));
            events += targets.len() as u64;
            if rows.weights.is_empty() {
                cells.hear(input, targets, std::iter::repeat(gain), tick);
            } else {
                cells.hear(input, targets, weights.iter().map(|&w| f64::from(w) * gain), tick);
                cells.counts.effective_acs += weights.iter().filter(|&&w| w != 0.0).count() as u64;
            }
        }
        if rows.weights.is_empty() && gain != 0.0 {
            cells.counts.effective_acs += events;
        }
        cells.counts.synops += events;
        cells.counts.queue_operations += 2 * spikes.len() as u64;
        for (row, x) in self.values(tick) {
            let (targets, weights) = (rows.targets(row), rows.weights(row));
            if rows.weights.is_empty() {
                cells.hear(input, targets, std::iter::repeat(x * gain), tick);
            } else {
                cells.hear(input, targets, weights.iter().map(|&w| x * (f64::from(w) * gain)), tick);
            }
            cells.counts.macs += targets.len() as u64;
            cells.counts.effective_macs += targets.len() as u64;
        }
    }

    /// Delivery where every source reaches all targets: summed up first, in the order of the sources.
    fn deliver_all(&mut self, tick: Tick, history: &History, cells: &mut Cells, dense_products: bool) {
        let Some(all) = self.rows.all.clone() else { return };
        let (width, gain) = (all.len(), self.gain);
        let mut sums = std::mem::take(&mut self.sums);
        sums.fill(0.0);
        let row = |row: usize| self.rows.weights.get(row * width..(row + 1) * width);
        let spikes = self.arriving(tick, history);
        let mut any = !spikes.is_empty();
        if dense_products && self.frames.is_none() && self.delay.is_some_and(|delay| tick >= delay) {
            // Every source counts, with 1 or 0; a source may stand in the list more than once.
            let mut rest = spikes;
            for i in self.from_ids.clone() {
                let n = rest.iter().take_while(|&&spike| spike == i).count();
                rest = &rest[n..];
                for x in std::iter::repeat_n(1.0, n).chain((n == 0).then_some(0.0)) {
                    add_row(row(self.row(i)), gain, x, &mut sums);
                }
            }
            cells.counts.macs += (self.from_ids.len() * width) as u64;
        } else {
            spikes.iter().for_each(|&i| add_row(row(self.row(i)), gain, 1.0, &mut sums));
            cells.counts.synops += (spikes.len() * width) as u64;
        }
        let effective = |&i: &u32| match row(self.row(i)) {
            Some(weights) => weights.iter().filter(|&&w| w != 0.0).count() as u64,
            None => width as u64 * u64::from(gain != 0.0),
        };
        cells.counts.effective_acs += spikes.iter().map(effective).sum::<u64>();
        for (at, x) in self.values(tick) {
            any = true;
            add_row(row(at), gain, x, &mut sums);
            cells.counts.macs += width as u64;
            cells.counts.effective_macs += width as u64;
        }
        if any {
            cells.hear_all(self.input, all, &sums, tick);
        }
        self.sums = sums;
    }
}

/// sums += x (w gain) for a row of weights, or for the gain alone.
#[inline(always)]
fn add_row(weights: Option<&[f32]>, gain: f64, x: f64, sums: &mut [f64]) {
    match weights {
        Some(weights) => {
            for (sum, &w) in sums.iter_mut().zip(weights) {
                *sum += x * (f64::from(w) * gain);
            }
        }
        None => sums.iter_mut().for_each(|sum| *sum += x * gain),
    }
}
