//! One thread's part of the network: its neurons, its sources, all synapses that end on its
//! neurons.

use super::cell_group::GROUP;
use super::exchange::Outbox;
use super::fixed_point::FixedPointCells;
use super::layered::Layered;
use super::linear::LinearCells;
use super::ring::Ring;
use super::route::{Incoming, Route, Synapses};
use super::rows::Rows;
use super::sources::Emitter;
use super::tick::{Advance, Epoch, TakesIn};
use crate::energy::counts::LayerCounts;
use crate::error::Result;
use crate::network::{Network, Origin, Population, Projection, Rule};
use crate::recording::{Probe, Variable};
use crate::spiking::{Driver, Tick};
use std::ops::Range;
use std::sync::Arc;

/// Upper limit of the lookahead in ticks; it bounds the memory of recorded values.
const LONGEST_LOOKAHEAD: Tick = 64;

/// Makes the cell group of some neurons of a population.
pub(super) type MakeCells = dyn Fn(&Population, Range<u32>) -> Box<dyn Advance> + Sync;

/// The kinds of neurons that a network can have.
pub(super) fn make_cells(population: &Population, ids: Range<u32>) -> Box<dyn Advance> {
    match population.fixed_point() {
        Some(neuron) => Box::new(FixedPointCells::new(population, neuron, ids)),
        None => Box::new(LinearCells::new(population, ids)),
    }
}

/// When a population takes in its arrivals.
fn takes_in(network: &Network, probes: &[Probe], population: usize) -> TakesIn {
    let shows = |probe: &Probe| probe.population == population && probe.variable == Variable::Current;
    if network.populations()[population].neuron.is_immediate() {
        TakesIn::BeforeThreshold
    } else if probes.iter().any(shows) {
        TakesIn::AfterThreshold
    } else {
        TakesIn::AtNextTick
    }
}

/// Ticks that a part can go through before it needs the spikes that other parts emit in them.
pub(super) fn lookahead(network: &Network, probes: &[Probe]) -> Tick {
    let late = |p: &Projection| Tick::from(takes_in(network, probes, p.to) == TakesIn::AtNextTick);
    let needed = network.projections().iter().map(|p| p.shortest_delay() + late(p));
    needed.min().unwrap_or(LONGEST_LOOKAHEAD).clamp(1, LONGEST_LOOKAHEAD)
}

/// One thread's part of the network.
pub(super) struct Part {
    /// Of each population.
    pub cells: Vec<Box<dyn Advance>>,
    takes_in: Vec<TakesIn>,
    /// Of each population, the first tick whose arrivals have not been taken in.
    arrived: Vec<Tick>,
    /// Sources, and the share of each that this part draws.
    sources: Vec<(Arc<Emitter>, Range<u32>)>,
    /// Routes to each population.
    routes: Vec<Vec<Route>>,
    /// Spikes of each origin in the last ticks.
    history: Vec<Ring<Vec<u32>>>,
    /// All probes, with the share of this part in each.
    probes: Vec<Probe>,
    driver: Driver,
    /// The order of populations in a tick, if there are projections without delay: epochs have one
    /// tick then, and spikes are handed on within it.
    order: Option<Vec<usize>>,
    /// Of each tick of an epoch: ids of the neurons that fire.
    fired: Vec<Vec<u32>>,
}

/// The share of part `part` of `parts` in `n` neurons: whole groups.
pub(super) fn share(n: u32, part: usize, parts: usize) -> Range<u32> {
    let groups = u64::from(n).div_ceil(GROUP as u64);
    let cut = |p: usize| (groups * p as u64 / parts as u64 * GROUP as u64).min(n.into()) as u32;
    cut(part)..cut(part + 1)
}

/// What all parts are built from.
pub(super) struct Plan<'a> {
    pub network: &'a Network,
    pub emitters: &'a [Arc<Emitter>],
    pub probes: &'a [Probe],
    pub driver: Driver,
    pub lookahead: Tick,
    /// The order of populations in a tick, if there are projections without delay.
    pub order: Option<Vec<usize>>,
    pub make_cells: &'a MakeCells,
    /// Hears of edges gone through.
    pub progress: &'a (dyn Fn(u64) + Sync),
}

impl Part {
    /// Part number `part` of `parts`.
    pub fn build(plan: &Plan, part: usize, parts: usize) -> Result<Self> {
        let Plan { network, emitters, driver, .. } = *plan;
        let populations = network.populations().len();
        let mut cells = Vec::with_capacity(populations);
        for population in network.populations() {
            let mut own = (plan.make_cells)(population, share(population.size, part, parts));
            own.drive(0, driver == Driver::Clock)?;
            cells.push(own);
        }
        let mut routes: Vec<Vec<Route>> = (0..populations).map(|_| Vec::new()).collect();
        let mut reach = vec![plan.lookahead; populations + emitters.len()];
        for projection in network.projections() {
            let (origin, emitter) = match projection.from {
                Origin::Population(p) => (p, None),
                Origin::Source(s) => (populations + s, Some(&emitters[s])),
            };
            let to = &cells[projection.to];
            let synapses = match &projection.rule {
                Rule::Layers(layers) => {
                    let layered = Layered::new(projection, layers, to.ids(), part == 0, plan.progress);
                    Synapses::Layers(Box::new(layered))
                }
                _ => Synapses::Rows(Rows::build(network, projection, to.ids(), plan.progress)?),
            };
            let frames = emitter.filter(|emitter| emitter.is_analog()).cloned();
            let gain = to.gain(projection.receptor);
            // Ticks within which a spike arrives. Where spikes are handed on within a tick, arrivals
            // that are put off are looked up when the spikes of the next tick are there already.
            let ticks = projection.longest_delay() + 1 + Tick::from(plan.order.is_some());
            reach[origin] = reach[origin].max(ticks);
            routes[projection.to].push(Route::new(projection, origin, synapses, gain, frames, ticks, part == 0));
        }
        let sources = emitters.iter().map(|e| (e.clone(), share(e.size(), part, parts))).collect();
        let probes = plan.probes.iter().map(|probe| {
            let ids = cells[probe.population].ids();
            Probe { neurons: probe.neurons.iter().copied().filter(|id| ids.contains(id)).collect(), ..probe.clone() }
        });
        let probes: Vec<Probe> = probes.collect();
        for probe in &probes {
            cells[probe.population].record(&probe.neurons);
        }
        Ok(Part {
            takes_in: (0..populations).map(|p| takes_in(network, plan.probes, p)).collect(),
            arrived: vec![0; populations],
            history: reach.into_iter().map(Ring::new).collect(),
            fired: Vec::new(),
            probes,
            cells,
            sources,
            routes,
            driver,
            order: plan.order.clone(),
        })
    }

    /// Goes through the ticks of an epoch. Everything that arrives there was emitted before it.
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
        if let Some(order) = self.order.clone() {
            return self.run_in_order(&order, ticks, outbox);
        }
        for p in 0..self.cells.len() {
            self.advance(p, ticks.clone(), &mut outbox.values)?;
            self.tell_activity(p, outbox);
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

    /// Goes through an epoch of one tick, sources first, then populations in order, and hands spikes
    /// on at once. There is no other part.
    fn run_in_order(&mut self, order: &[usize], ticks: Range<Tick>, outbox: &mut Outbox) -> Result<()> {
        let (tick, populations) = (ticks.start, self.cells.len());
        for s in 0..self.sources.len() {
            let (emitter, ids) = &self.sources[s];
            emitter.emit(tick, ids.clone(), &mut self.fired[0]);
            self.hand_on(populations + s, tick);
        }
        for &p in order {
            self.advance(p, ticks.clone(), &mut outbox.values)?;
            self.hand_on(p, tick);
        }
        (0..populations).for_each(|p| self.tell_activity(p, outbox));
        Ok(())
    }

    /// Takes one population through the ticks of an epoch.
    fn advance(&mut self, p: usize, ticks: Range<Tick>, values: &mut [Vec<Vec<f64>>]) -> Result<()> {
        let mut epoch = Epoch {
            ticks,
            takes_in: self.takes_in[p],
            arrived: &mut self.arrived[p],
            incoming: Incoming {
                routes: &mut self.routes[p],
                history: &self.history,
                dense_products: self.driver == Driver::Clock,
            },
            fired: &mut self.fired,
            probes: &self.probes,
            population: p,
            values,
        };
        self.cells[p].advance(&mut epoch)
    }

    /// Puts what an origin emitted at `tick` on its way.
    fn hand_on(&mut self, origin: usize, tick: Tick) {
        let spikes = self.history[origin].at_mut(tick);
        spikes.clear();
        spikes.append(&mut self.fired[0]);
        let history = &self.history[origin];
        for (routes, cells) in self.routes.iter_mut().zip(&mut self.cells) {
            for route in routes.iter_mut().filter(|route| route.origin == origin) {
                route.take(tick..tick + 1, history, &mut **cells);
            }
        }
    }

    fn tell_activity(&mut self, p: usize, outbox: &mut Outbox) {
        let activity = std::mem::take(&mut self.cells[p].tally_mut().activity);
        outbox.words.push(u32::try_from(activity).unwrap_or(u32::MAX));
    }

    /// Takes in the arrivals of the last tick before `now`.
    pub fn catch_up(&mut self, now: Tick) -> Result<()> {
        for p in 0..self.cells.len() {
            if self.arrived[p] < now {
                let dense_products = self.driver == Driver::Clock;
                let mut incoming = Incoming { routes: &mut self.routes[p], history: &self.history, dense_products };
                incoming.deliver(now - 1, &mut *self.cells[p])?;
                self.arrived[p] = now;
            }
        }
        Ok(())
    }

    /// Takes over what was emitted in `ticks` by all parts, in their order, and adds up the
    /// activity of each population.
    pub fn take(&mut self, ticks: &Range<Tick>, of_parts: &[Outbox], activity: &mut [u64]) {
        if self.order.is_some() {
            // There is one part, which has handed its spikes on, and its activity is all there is.
            for (all, &words) in activity.iter_mut().zip(of_parts.iter().flat_map(|outbox| &outbox.words)) {
                *all += u64::from(words);
            }
            return;
        }
        for history in &mut self.history {
            ticks.clone().for_each(|tick| history.at_mut(tick).clear());
        }
        for outbox in of_parts {
            let mut words = &outbox.words[..];
            let mut next = |n: usize| words.split_off(..n).unwrap_or_default();
            for (origin, history) in self.history.iter_mut().enumerate() {
                if let Some(activity) = activity.get_mut(origin) {
                    *activity += next(1).iter().map(|&n| u64::from(n)).sum::<u64>();
                }
                for tick in ticks.clone() {
                    let count = next(1).first().map_or(0, |&n| n as usize);
                    history.at_mut(tick).extend_from_slice(next(count));
                }
            }
        }
        for (routes, cells) in self.routes.iter_mut().zip(&mut self.cells) {
            for route in routes {
                route.take(ticks.clone(), &self.history[route.origin], &mut **cells);
            }
        }
    }

    /// Spikes of `origin` at `tick`, which must be among the last ones.
    pub fn spikes(&self, origin: usize, tick: Tick) -> &[u32] {
        self.history[origin].at(tick)
    }

    /// Spikes of `origin` at `tick`; none if that is too long ago for anything that arrives from
    /// `now` on.
    pub fn recent(&self, origin: usize, tick: Tick, now: Tick) -> &[u32] {
        let history = &self.history[origin];
        if now - tick <= history.len() { history.at(tick) } else { &[] }
    }

    /// Goes back to before the first tick, with other sources (by their index).
    pub fn begin_again(&mut self, populations: &[Population], emitters: &[(usize, Arc<Emitter>)]) -> Result<()> {
        for (routes, (cells, population)) in self.routes.iter_mut().zip(self.cells.iter_mut().zip(populations)) {
            cells.restart(population);
            cells.drive(0, self.driver == Driver::Clock)?;
            routes.iter_mut().for_each(Route::clear);
        }
        self.history.iter_mut().flat_map(Ring::each_mut).for_each(Vec::clear);
        self.arrived.fill(0);
        for (source, emitter) in emitters {
            self.sources[*source].0 = emitter.clone();
            let origin = self.cells.len() + source;
            let routes = self.routes.iter_mut().flatten().filter(|route| route.origin == origin);
            routes.for_each(|route| route.set_emitter(emitter));
        }
        Ok(())
    }

    /// Starts again after `now` ticks with the spikes of the last ones, `[tick, origin, id]`
    /// ascending. `drivers` says for each population whether it is clock-driven, and whether its
    /// restored state has wake-ups.
    pub fn restart(&mut self, now: Tick, spikes: &[[u32; 3]], drivers: &[(bool, bool)]) -> Result<()> {
        for group in spikes.chunk_by(|a, b| a[..2] == b[..2]) {
            let [tick, origin, _] = group[0];
            let ids: Vec<u32> = group.iter().map(|&[_, _, id]| id).collect();
            let history = &mut self.history[origin as usize];
            if now - tick <= history.len() {
                history.at_mut(tick).clone_from(&ids);
            }
            for route in self.routes.iter_mut().flatten().filter(|r| r.origin == origin as usize) {
                route.send(&ids, tick, now);
            }
        }
        self.arrived.fill(now);
        self.cells.iter_mut().zip(drivers).try_for_each(|(cells, &(clock, wakes))| match !clock && wakes {
            true => cells.resume(now),
            false => cells.drive(now, clock),
        })
    }

    /// Synapses on this part's neurons of population `p`.
    pub fn synapses(&self, p: usize) -> u64 {
        self.routes[p].iter().map(Route::synapses).sum()
    }

    /// Spikes that the sources of each projection have emitted, by population and then in the order
    /// of projections. Empty in all parts but the first.
    pub fn emitted(&self) -> impl Iterator<Item = (usize, u64)> {
        let routes = self.routes.iter().enumerate();
        routes.flat_map(|(p, routes)| routes.iter().filter_map(move |route| Some((p, route.emitted?))))
    }

    /// Goes on from these numbers, in the same order.
    pub fn set_emitted(&mut self, emitted: &[u64]) {
        let counted = self.routes.iter_mut().flatten().filter_map(|route| route.emitted.as_mut());
        counted.zip(emitted).for_each(|(own, &emitted)| *own = emitted);
    }

    /// Zero weights among this part's synapses.
    pub fn zero_weights(&self) -> u64 {
        self.routes.iter().flatten().map(Route::zero_weights).sum()
    }

    /// Operations of population `p` by this part's neurons.
    pub fn operations(&self, p: usize) -> LayerCounts {
        self.cells[p].operations()
    }
}
