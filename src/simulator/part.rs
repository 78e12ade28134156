//! One thread's part of the network: its neurons, its sources, all synapses that end on its neurons.

use super::Driver;
use super::cells::{Arrivals, Cells, clock};
use super::rows::Rows;
use super::sources::Emitter;
use crate::counts::LayerCounts;
use crate::error::Result;
use crate::event::Tick;
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
    /// Index into the input sums of the target.
    input: usize,
    /// What one spike adds: the weight, if all are the same, times the gain of the receptor; else the gain alone.
    gain: f64,
    rows: Rows,
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

/// The share of part `part` of `parts` in `n` neurons.
pub(super) fn share(n: u32, part: usize, parts: usize) -> Range<u32> {
    let cut = |p: usize| (u64::from(n) * p as u64 / parts as u64) as u32;
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
            let (input, gain) = cells[projection.to].input_of(projection.receptor);
            let rows = Rows::build(network, projection, cells[projection.to].ids.clone())?;
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
                gain: weight * gain,
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

    /// Goes through the ticks of an epoch. Everything that arrives in them was emitted before it.
    pub fn run(&mut self, ticks: Range<Tick>, outbox: &mut Outbox) -> Result<()> {
        let populations = self.cells.len();
        outbox.spikes.resize_with(ticks.len(), Vec::new);
        outbox.values.resize_with(ticks.len(), Vec::new);
        for (at, tick) in ticks.enumerate() {
            let spikes = &mut outbox.spikes[at];
            spikes.resize_with(populations + self.sources.len(), Vec::new);
            for p in 0..populations {
                let arrivals = self.deliver(p, tick);
                let cells = &mut self.cells[p];
                cells.step(tick, arrivals)?;
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

    /// Adds up what arrives at population `p` at `tick`.
    fn deliver(&mut self, p: usize, tick: Tick) -> Arrivals {
        let mut events = 0;
        let mut anywhere = false;
        for route in self.routes.iter().filter(|route| route.to == p) {
            events += match (route.delay, &route.frames) {
                (_, Some(_)) => {
                    anywhere = true;
                    1
                }
                (None, _) => route.under_way[tick as usize % route.under_way.len()].targets.len(),
                (Some(delay), _) if tick >= delay => {
                    let spikes = route.own(self.history[route.origin].at(tick - delay));
                    anywhere |= route.rows.all.is_some() && !spikes.is_empty();
                    spikes.iter().map(|&i| route.rows.fan_out((i - route.from_ids.start) as usize)).sum()
                }
                _ => 0,
            };
        }
        let cells = &mut self.cells[p];
        let dense_products = self.driver == Driver::Clock;
        // Dense products reach every neuron, whoever fires.
        anywhere |= dense_products && self.routes.iter().any(|route| route.to == p && route.rows.all.is_some());
        if events == 0 && !anywhere {
            return Arrivals::None;
        }
        // Going through all sums costs about as much as listing one in four.
        let listed = !anywhere && events < cells.len() / 4;
        for route in self.routes.iter_mut().filter(|route| route.to == p) {
            let history = &self.history[route.origin];
            if listed {
                route.deliver::<true>(tick, history, cells, dense_products);
            } else {
                route.deliver::<false>(tick, history, cells, dense_products);
            }
        }
        if listed { Arrivals::Listed } else { Arrivals::Anywhere }
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
        let rows = &self.rows;
        for &i in self.own(spikes) {
            let source = (i - self.from_ids.start) as usize;
            let row = rows.offsets[source]..rows.offsets[source + 1];
            let (targets, delays) = (&rows.targets[row.clone()], &rows.delays[row.clone()]);
            for (k, (&target, &delay)) in targets.iter().zip(delays).enumerate() {
                let arrival = tick + Tick::from(delay);
                if arrival <= over {
                    continue;
                }
                let bucket = &mut self.under_way[arrival as usize % len];
                bucket.targets.push(target);
                if !rows.weights.is_empty() {
                    bucket.weights.push(rows.weights[row.start + k]);
                }
            }
        }
    }

    fn deliver<const LIST: bool>(&mut self, tick: Tick, history: &History, cells: &mut Cells, dense_products: bool) {
        let now = clock(tick);
        let gain = self.gain;
        if let Some(emitter) = self.frames.clone() {
            if let Some(delay) = self.delay.filter(|&delay| tick >= delay) {
                self.deliver_frame(emitter.frame(tick - delay), cells);
            }
            return;
        }
        let Some(delay) = self.delay else {
            let len = self.under_way.len();
            let bucket = &mut self.under_way[tick as usize % len];
            let (sums, stamps, touched) = cells.arrive(self.input);
            if bucket.weights.is_empty() {
                add::<LIST>(&bucket.targets, std::iter::repeat(gain), sums, (now, stamps, touched));
            } else {
                let weights = bucket.weights.iter().map(|&w| f64::from(w) * gain);
                add::<LIST>(&bucket.targets, weights, sums, (now, stamps, touched));
            }
            let events = bucket.targets.len() as u64;
            cells.counts.synops += events;
            cells.counts.queue_operations += 2 * events;
            cells.counts.effective_acs += match bucket.weights.is_empty() {
                true => events * u64::from(gain != 0.0),
                false => bucket.weights.iter().filter(|&&w| w != 0.0).count() as u64,
            };
            bucket.targets.clear();
            bucket.weights.clear();
            return;
        };
        if tick < delay {
            return;
        }
        let spikes = self.own(history.at(tick - delay));
        let rows = &self.rows;
        if let Some(all) = &rows.all {
            let sums = &mut cells.arrive(self.input).0[all.clone()];
            let width = all.len();
            let row = |source: usize| rows.weights.get(source * width..(source + 1) * width);
            if dense_products {
                // Every source counts, with 1 or 0; a source may stand in the list more than once.
                let mut rest = spikes;
                for i in self.from_ids.clone() {
                    let n = rest.iter().take_while(|&&spike| spike == i).count();
                    rest = &rest[n..];
                    for x in std::iter::repeat_n(1.0, n).chain((n == 0).then_some(0.0)) {
                        add_row(row((i - self.from_ids.start) as usize), gain, x, sums);
                    }
                }
                cells.counts.macs += (self.from_ids.len() * width) as u64;
            } else {
                for &i in spikes {
                    add_row(row((i - self.from_ids.start) as usize), gain, 1.0, sums);
                }
                cells.counts.synops += (spikes.len() * width) as u64;
            }
            cells.counts.effective_acs += spikes
                .iter()
                .map(|&i| match row((i - self.from_ids.start) as usize) {
                    Some(weights) => weights.iter().filter(|&&w| w != 0.0).count() as u64,
                    None => width as u64 * u64::from(gain != 0.0),
                })
                .sum::<u64>();
            return;
        }
        let mut events = 0;
        for &i in spikes {
            let source = (i - self.from_ids.start) as usize;
            let row = rows.offsets[source]..rows.offsets[source + 1];
            events += row.len() as u64;
            let (sums, stamps, touched) = cells.arrive(self.input);
            if rows.weights.is_empty() {
                let weights = std::iter::repeat(gain);
                add::<LIST>(&rows.targets[row], weights, sums, (now, stamps, touched));
            } else {
                let weights = rows.weights[row.clone()].iter().map(|&w| f64::from(w) * gain);
                add::<LIST>(&rows.targets[row.clone()], weights, sums, (now, stamps, touched));
                cells.counts.effective_acs += rows.weights[row].iter().filter(|&&w| w != 0.0).count() as u64;
            }
        }
        if rows.weights.is_empty() && gain != 0.0 {
            cells.counts.effective_acs += events;
        }
        cells.counts.synops += events;
        cells.counts.queue_operations += 2 * spikes.len() as u64;
    }

    /// Analog values of all sources, in order.
    fn deliver_frame(&self, values: &[f32], cells: &mut Cells) {
        let rows = &self.rows;
        for i in self.from_ids.clone() {
            let Some(x) = values.get(i as usize).copied().filter(|&x| x != 0.0) else { continue };
            let source = (i - self.from_ids.start) as usize;
            let n = rows.fan_out(source) as u64;
            let sums = cells.arrive(self.input).0;
            match &rows.all {
                Some(all) => {
                    let width = all.len();
                    let row = rows.weights.get(source * width..(source + 1) * width);
                    add_row(row, self.gain, f64::from(x), &mut sums[all.clone()]);
                }
                None => {
                    for at in rows.offsets[source]..rows.offsets[source + 1] {
                        let weight = rows.weights.get(at).map_or(self.gain, |&w| f64::from(w) * self.gain);
                        sums[rows.targets[at] as usize] += f64::from(x) * weight;
                    }
                }
            }
            cells.counts.macs += n;
            cells.counts.effective_macs += n;
        }
    }
}

/// Adds weights at targets, and lists targets that were not there yet at this clock.
#[inline(always)]
fn add<const LIST: bool>(
    targets: &[u32],
    weights: impl Iterator<Item = f64>,
    sums: &mut [f64],
    (now, stamps, touched): (Tick, &mut [Tick], &mut Vec<u32>),
) {
    for (&target, weight) in targets.iter().zip(weights) {
        sums[target as usize] += weight;
        if LIST && stamps[target as usize] != now {
            stamps[target as usize] = now;
            touched.push(target);
        }
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
