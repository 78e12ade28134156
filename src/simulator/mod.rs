//! The simulator of any [`Network`]: event-driven, clock-driven, or each where it is quicker.
//!
//! # State and time
//! Between arrivals and spikes a neuron is linear ([`crate::spiking::neuron::linear`]), so idle ticks can be taken one by one or several at
//! once, with roundings that differ. Which it is depends on the network alone, not on the driver. Neurons go in groups of eight
//! neighbours; a group acts at a tick if something arrives there, one of it fires or comes to the end of its refractory time. A
//! stretch of 512, 64 or 8 ticks that starts at a multiple of its length and in which the group does not act is one linear map;
//! all other ticks are taken one by one. At every 512th clock what is smaller than 1e-200 becomes zero. So drivers agree bit for bit:
//! - the **event-driven** driver looks at groups that hear something and at those whose next possible crossing has come. A
//!   bound on membranes and thresholds over stretches of ticks tells when that is; whatever a group hears makes it anew. A gap
//!   of k ticks takes about 14 maps and k / 512.
//! - the **clock-driven** driver takes every neuron through every tick, vectorised, and multiplies dense projections by vectors of
//!   zeros and ones. At the end of a stretch it puts the one map in the place of the ticks for groups that did not act.
//! - **auto** chooses for each population, every 64 ticks, by how many of its groups hear something.
//!
//! # Order of sums
//! What arrives at a neuron in a tick is summed by projection, in the order of the network; then, if delays differ, by tick of
//! emission; then by source; then by counter. It is added to the state in that order; a projection in which every source reaches
//! every target is summed up first, from 0.0. No product is fused into a sum. Partitioning does not change that order, so any
//! number of threads gives the same bits.
//!
//! # Threads
//! Each thread owns a contiguous share of every population, of whole groups, and all synapses that end there. What is emitted in a tick
//! can change no membrane before the shortest delay has passed, nor in one tick more if what arrives goes into currents, which move the
//! membrane from the next tick on; such arrivals are taken in at the beginning of the next tick. (Where currents are recorded, they are
//! not made to wait.) An *epoch* is half of that time. After it a thread tells all others who fired, in one line of the cache if those
//! are few, else through a channel, and goes on with the next epoch while their messages of this one are under way.

mod cells;
mod checkpoint;
mod compare;
mod exchange;
mod ledger;
mod maps;
mod part;
mod rows;
mod sources;
#[cfg(test)]
mod tests;

pub use cells::MOST_CURRENTS;
pub use checkpoint::Checkpoint;
pub use compare::{Comparison, DriverRun, TickTimes, compare};

use crate::base::memory;
use crate::energy::counts::LayerCounts;
use crate::error::{Error, Result};
use crate::network::BYTES_PER_PROBED_NEURON;
use crate::network::Network;
use crate::recording::{Probe, Recorder};
use crate::spiking::{Driver, Tick};
use cells::GROUP;
use exchange::{Exchange, Outbox};
use part::{Part, lookahead};
use sources::Emitter;
use std::ops::Range;
use std::sync::Arc;

/// Neurons times ticks of lookahead for which a thread of its own pays: exchanging costs about as much as a thousand steps.
const WORK_PER_PART: u64 = 1_000;

/// Ticks after which progress is told.
const PROGRESS: Tick = 64;

/// Ticks after which [`Driver::Auto`] chooses anew.
const AUTO_WINDOW: Tick = 64;

/// Ticks after which it chooses for the first time: until then all populations are event-driven.
const FIRST_WINDOW: Tick = 8;

/// Share of a population's groups that hear something in a tick above which [`Driver::Auto`] evaluates all its neurons.
const BUSY: f64 = 0.025;

/// A running simulation.
pub struct Simulation {
    network: Arc<Network>,
    parts: Vec<Part>,
    /// Of all parts but the first.
    pool: Option<rayon::ThreadPool>,
    probes: Vec<Probe>,
    lookahead: Tick,
    now: Tick,
    auto: Auto,
    longest_delay: Tick,
}

/// What [`Driver::Auto`] has seen and chosen. Where it chooses depends on no interruption: at ends of whole epochs.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
struct Auto {
    driver: Driver,
    /// Of each population, groups with arrivals, summed over the ticks from `since` on.
    touches: Vec<u64>,
    since: Tick,
    /// Which populations are clock-driven.
    dense: Vec<bool>,
    /// Which are from a tick on.
    planned: Option<(Tick, Vec<bool>)>,
}

impl Simulation {
    /// `network` before its first tick, in at most `threads` parts. The neurons of each probe must ascend.
    ///
    /// # Errors
    /// If there is no memory for the synapses, or a probe or a number of currents is impossible.
    pub fn new(network: Arc<Network>, driver: Driver, threads: usize, probes: Vec<Probe>) -> Result<Self> {
        Self::build(network, driver, threads, probes, &|_| {})
    }

    /// Edges that building goes through: each twice, to count and to place it.
    pub fn edges_to_build(network: &Network) -> u64 {
        network.projections().iter().map(|p| p.edges().at_least_about().saturating_mul(2)).fold(0, u64::saturating_add)
    }

    /// As [`Simulation::new`]; `progress` hears of edges gone through, a million at a time.
    ///
    /// # Errors
    /// As there.
    pub fn build(
        network: Arc<Network>,
        driver: Driver,
        threads: usize,
        probes: Vec<Probe>,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Self> {
        let probed: u64 = probes.iter().map(|probe| probe.neurons.len() as u64 * BYTES_PER_PROBED_NEURON).sum();
        memory::check("the network with what is recorded", network.memory().saturating_add(probed))?;
        for probe in &probes {
            let population = network.populations().get(probe.population);
            let size = population.map_or(0, |population| population.size);
            if !probe.neurons.is_sorted_by(|a, b| a < b) || probe.neurons.last().is_some_and(|&id| id >= size) {
                return Err(Error::value("probe", format!("neurons must ascend within a population of {size}")));
            }
        }
        let neurons: u64 = network.populations().iter().map(|p| u64::from(p.size)).sum();
        let useful = (neurons * u64::from(lookahead(&network, &probes)) / WORK_PER_PART).max(1);
        Self::in_parts(network, driver, threads.clamp(1, useful.min(256) as usize), probes, progress)
    }

    /// In exactly `parts` parts.
    fn in_parts(
        network: Arc<Network>,
        driver: Driver,
        parts: usize,
        probes: Vec<Probe>,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Self> {
        let lookahead = lookahead(&network, &probes);
        let longest_delay = network.projections().iter().map(|p| p.longest_delay()).max().unwrap_or(1);
        let emitters: Vec<_> = network.sources().iter().map(|source| Arc::new(Emitter::new(source))).collect();
        let build = &|part| Part::build(&network, &emitters, &probes, driver, lookahead, (part, parts), progress);
        // The calling thread has the first part: if all were woken up, two would often be put on one core.
        let others = parts - 1;
        let pool = match others {
            0 => None,
            _ => {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(others).build();
                Some(pool.map_err(|e| Error::value("threads", e))?)
            }
        };
        let built = all_at_once(pool.as_ref(), (0..parts).map(|part| move || build(part)))?;
        let populations = network.populations().len();
        let dense = vec![driver == Driver::Clock; populations];
        let auto = Auto { driver, touches: vec![0; populations], since: 0, dense, planned: None };
        Ok(Simulation { network, parts: built, pool, probes, lookahead, now: 0, auto, longest_delay })
    }

    /// The tick that comes next.
    pub fn now(&self) -> Tick {
        self.now
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Threads that work on it.
    pub fn threads(&self) -> usize {
        self.parts.len()
    }

    /// Operations of each population so far.
    pub fn counts(&self) -> Vec<LayerCounts> {
        (0..self.network.populations().len()).map(|p| self.parts.iter().map(|part| part.counts(p)).sum()).collect()
    }

    /// Goes on to the end of tick `until - 1`. `progress` hears of the ticks done from time to time.
    ///
    /// # Errors
    /// If `recorder` fails; the simulation is then of no further use.
    pub fn run(
        &mut self,
        until: Tick,
        recorder: &mut dyn Recorder,
        progress: &mut (dyn FnMut(Tick) + Send),
    ) -> Result<()> {
        if until <= self.now {
            return Ok(());
        }
        let populations = self.network.populations().len();
        let sources = self.network.sources().len();
        let mut lead = Some(Lead { recorder, progress, probes: &self.probes, populations, sources });
        let span = &Span { ticks: self.now..until, epoch: (self.lookahead / 2).max(1), ahead: self.lookahead > 1 };
        let exchanges = Exchange::between(self.parts.len());
        let jobs = self.parts.iter_mut().zip(exchanges).map(|(part, mut exchange)| {
            let (mut auto, mut lead, network) = (self.auto.clone(), lead.take(), &self.network);
            move || {
                let whole = run_part(part, span, &mut exchange, &mut auto, network, lead.as_mut())?;
                Ok(whole.then_some(auto))
            }
        });
        let autos: Option<Vec<Auto>> = all_at_once(self.pool.as_ref(), jobs)?.into_iter().collect();
        // All chose alike. Without an error nobody stops early.
        let auto = autos.and_then(|mut autos| autos.pop());
        self.auto = auto.ok_or_else(|| Error::value("simulation", "stopped early"))?;
        self.now = until;
        Ok(())
    }
}

/// Does all jobs at the same time, the first in the calling thread and each other one in a thread of the pool, which has as many.
fn all_at_once<T: Send, J: FnOnce() -> Result<T> + Send>(
    pool: Option<&rayon::ThreadPool>,
    jobs: impl Iterator<Item = J>,
) -> Result<Vec<T>> {
    let mut jobs: Vec<J> = jobs.collect();
    let Some(pool) = pool else { return jobs.into_iter().map(|job| job()).collect() };
    let own = jobs.remove(0);
    let mut others: Vec<Option<Result<T>>> = jobs.iter().map(|_| None).collect();
    let own = pool.in_place_scope(|scope| {
        for (job, outcome) in jobs.into_iter().zip(&mut others) {
            scope.spawn(move |_| *outcome = Some(job()));
        }
        own()
    });
    std::iter::once(own).chain(others.into_iter().flatten()).collect()
}

/// How a run goes through time.
struct Span {
    ticks: Range<Tick>,
    /// Ticks that parts go through between messages.
    epoch: Tick,
    /// Whether an epoch needs to know only of those before the last one: its messages are then under way in the meantime.
    ahead: bool,
}

/// What only the first part does.
struct Lead<'a> {
    recorder: &'a mut dyn Recorder,
    progress: &'a mut (dyn FnMut(Tick) + Send),
    probes: &'a [Probe],
    populations: usize,
    sources: usize,
}

/// Goes through `span`. False if it stopped early as another part has failed, which says why.
fn run_part(
    part: &mut Part,
    span: &Span,
    exchange: &mut Exchange,
    auto: &mut Auto,
    network: &Network,
    mut lead: Option<&mut Lead>,
) -> Result<bool> {
    let (own, ticks) = (exchange.part(), &span.ticks);
    let empty = || (0..exchange.parts()).map(|_| Outbox::default()).collect();
    // Of the present epoch and of the last one, whose messages are under way in the meantime.
    let (mut all, mut last): (Vec<Outbox>, Vec<Outbox>) = (empty(), empty());
    let (mut epoch, mut known, mut failure) = (ticks.start..ticks.start, ticks.start, None);
    while known < ticks.end {
        let before = epoch.clone();
        let whole = (before.end / span.epoch + 1).saturating_mul(span.epoch);
        epoch = before.end..ticks.end.min(whole);
        std::mem::swap(&mut all, &mut last);
        if !epoch.is_empty() {
            auto.apply(part, epoch.start)?;
            let outbox = &mut all[own];
            outbox.stop = failure.is_some() || part.run(epoch.clone(), outbox).map_err(|e| failure = Some(e)).is_err();
            if exchange.send(outbox).is_none() {
                break;
            }
        }
        let (of, heard) = if span.ahead { (before, &mut last) } else { (epoch.clone(), &mut all) };
        if of.is_empty() {
            continue;
        }
        if exchange.receive(heard).is_none() || heard.iter().any(|outbox| outbox.stop) {
            break;
        }
        part.take(&of, heard, &mut auto.touches);
        known = of.end;
        if auto.is_due(known) && known.is_multiple_of(span.epoch) {
            auto.choose(known, if span.ahead { known.saturating_add(span.epoch) } else { known }, network);
        }
        if let Some(lead) = lead.as_deref_mut().filter(|_| failure.is_none()) {
            failure = lead.record(part, of, heard).err();
        }
    }
    match failure {
        Some(e) => Err(e),
        None if known < ticks.end => Ok(false),
        None => part.catch_up(known).map(|()| true),
    }
}

impl Lead<'_> {
    fn record(&mut self, part: &Part, ticks: Range<Tick>, all: &[Outbox]) -> Result<()> {
        let mut values = Vec::new();
        for (at, tick) in ticks.clone().enumerate() {
            for p in 0..self.populations {
                let spikes = part.spikes(p, tick);
                if !spikes.is_empty() {
                    self.recorder.spikes(tick, p, spikes)?;
                }
            }
            for source in 0..self.sources {
                let spikes = part.spikes(self.populations + source, tick);
                if !spikes.is_empty() {
                    self.recorder.source_spikes(tick, source, spikes)?;
                }
            }
            for probe in 0..self.probes.len() {
                values.clear();
                all.iter().for_each(|outbox| values.extend_from_slice(&outbox.values[at][probe]));
                self.recorder.values(tick, probe, &values)?;
            }
        }
        if ticks.start / PROGRESS != ticks.end / PROGRESS {
            (self.progress)(ticks.end);
        }
        Ok(())
    }
}

impl Auto {
    /// Whether it is time to choose, by what is known up to `known`.
    fn is_due(&self, known: Tick) -> bool {
        let window = if self.since == 0 { FIRST_WINDOW } else { AUTO_WINDOW };
        self.driver == Driver::Auto && known - self.since >= window
    }

    /// Chooses for each population from `from` on, by what is known up to `known`. All parts see the same figures and choose alike.
    fn choose(&mut self, known: Tick, from: Tick, network: &Network) {
        let window = known - self.since;
        let dense = network.populations().iter().enumerate().map(|(p, population)| {
            let groups = population.size.div_ceil(GROUP as u32);
            let share = self.touches[p] as f64 / (f64::from(window) * f64::from(groups));
            // Half as busy to go back: no flutter.
            share > if self.dense[p] { BUSY / 2.0 } else { BUSY }
        });
        self.planned = Some((from, dense.collect()));
        self.touches.fill(0);
        self.since = known;
    }

    /// Goes over to what has been chosen from `now` on.
    fn apply(&mut self, part: &mut Part, now: Tick) -> Result<()> {
        let Some((_, dense)) = self.planned.take_if(|(from, _)| *from == now) else { return Ok(()) };
        if dense != self.dense {
            part.catch_up(now)?;
            for (cells, (&before, &after)) in part.cells.iter_mut().zip(self.dense.iter().zip(&dense)) {
                if before != after {
                    cells.start(now, after)?;
                }
            }
            self.dense = dense;
        }
        Ok(())
    }
}
