//! A running simulation.

use super::auto::Auto;
use super::exchange::{Exchange, Outbox};
use super::part::{MakeCells, Part, Plan, lookahead, make_cells};
use super::sources::Emitter;
use crate::base::memory;
use crate::energy::counts::LayerCounts;
use crate::error::{Error, Result};
use crate::network::BYTES_PER_PROBED_NEURON;
use crate::network::{Emits, Network, Source};
use crate::recording::{Probe, Recorder};
use crate::spiking::{Driver, Tick};
use std::ops::Range;
use std::sync::Arc;

/// Minimum work of a thread, in neurons x ticks of lookahead: below it, messages cost more than a
/// thread saves.
const WORK_PER_PART: u64 = 1_000;

/// Ticks after which progress is told.
const PROGRESS: Tick = 64;

/// A running simulation.
pub struct Simulation {
    pub(super) network: Network,
    pub(super) parts: Vec<Part>,
    /// Threads of all parts but the first.
    pool: Option<rayon::ThreadPool>,
    probes: Vec<Probe>,
    lookahead: Tick,
    pub(super) now: Tick,
    pub(super) auto: Auto,
    pub(super) longest_delay: Tick,
    /// Ticks before the last beginning, and how many beginnings there were before it.
    past_ticks: u64,
    past_clips: u64,
}

impl Simulation {
    /// `network` before its first tick, in at most `threads` parts. The neurons of each probe must
    /// ascend.
    ///
    /// # Errors
    /// If there is no memory for the synapses, or a probe or a number of currents is impossible.
    pub fn new(network: &Network, driver: Driver, threads: usize, probes: Vec<Probe>) -> Result<Self> {
        Self::build(network, driver, threads, probes, &|_| {})
    }

    /// Number of edge visits during the build (two passes), for a progress bar.
    pub fn edges_to_build(network: &Network) -> u64 {
        network.projections().iter().map(|p| p.edges().at_least_about().saturating_mul(2)).fold(0, u64::saturating_add)
    }

    /// As [`Simulation::new`]; `progress` is told the edge visits done, a million at a time.
    ///
    /// # Errors
    /// As there.
    pub fn build(
        network: &Network,
        driver: Driver,
        threads: usize,
        probes: Vec<Probe>,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Self> {
        let probed: u64 = probes.iter().map(|probe| probe.neurons.len() as u64 * BYTES_PER_PROBED_NEURON).sum();
        memory::check("the network with what is recorded", network.memory().saturating_add(probed))?;
        for probe in &probes {
            let population = network.populations().get(probe.population);
            let Some(size) = population.map(|population| population.size) else {
                let problem = format!("population {} of {}", probe.population, network.populations().len());
                return Err(Error::value("probe", problem));
            };
            if !probe.neurons.is_sorted_by(|a, b| a < b) || probe.neurons.last().is_some_and(|&id| id >= size) {
                return Err(Error::value("probe", format!("neurons must ascend within a population of {size}")));
            }
        }
        let neurons: u64 = network.populations().iter().map(|p| u64::from(p.size)).sum();
        let useful = (neurons * u64::from(lookahead(network, &probes)) / WORK_PER_PART).max(1);
        let parts = threads.clamp(1, useful.min(256) as usize);
        Self::in_parts(network, driver, parts, probes, &make_cells, progress)
    }

    /// Builds with exactly `parts` parts, with neurons of the kinds that `make_cells` makes.
    pub(super) fn in_parts(
        network: &Network,
        driver: Driver,
        parts: usize,
        probes: Vec<Probe>,
        make_cells: &MakeCells,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Self> {
        let lookahead = lookahead(network, &probes);
        let order = network.order_within_tick();
        // Without delay there is nothing that parts could be ahead by.
        let parts = if order.is_some() { 1 } else { parts };
        let longest_delay = network.projections().iter().map(|p| p.longest_delay()).max().unwrap_or(1);
        let emitters: Vec<_> = network.sources().iter().map(|source| Arc::new(Emitter::new(source))).collect();
        let plan =
            Plan { network, emitters: &emitters, probes: &probes, driver, lookahead, order, make_cells, progress };
        let build = &|part| Part::build(&plan, part, parts);
        // The calling thread has the first part: if all were woken up, two would often be put on
        // one core.
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
        let auto = Auto::new(driver, populations);
        Ok(Simulation {
            network: network.clone(),
            parts: built,
            pool,
            probes,
            lookahead,
            now: 0,
            auto,
            longest_delay,
            past_ticks: 0,
            past_clips: 0,
        })
    }

    /// The tick that comes next.
    pub fn now(&self) -> Tick {
        self.now
    }

    /// Goes back to before the first tick, for another clip with other sources, named by their
    /// index. What was counted stays, and goes on.
    ///
    /// # Errors
    /// If a source cannot be: its ids or values do not fit its size.
    pub fn begin_again(&mut self, sources: Vec<(usize, Emits)>) -> Result<()> {
        let mut emitters = Vec::with_capacity(sources.len());
        for (index, emits) in sources {
            let known = self.network.sources().get(index);
            let known = known.ok_or_else(|| Error::value("sources", format!("there is no source {index}")))?;
            let source = Source { name: known.name.clone(), size: known.size, emits };
            source.check()?;
            emitters.push((index, Arc::new(Emitter::new(&source))));
        }
        for part in &mut self.parts {
            part.begin_again(self.network.populations(), &emitters)?;
        }
        (self.past_ticks, self.past_clips) = (self.all_ticks(), self.clips());
        self.auto = Auto::new(self.auto.driver, self.network.populations().len());
        self.now = 0;
        Ok(())
    }

    /// Ticks of all clips so far.
    pub fn all_ticks(&self) -> u64 {
        self.past_ticks + u64::from(self.now)
    }

    /// Clips so far, the one under way included.
    pub fn clips(&self) -> u64 {
        self.past_clips + u64::from(self.now > 0)
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
        (0..self.network.populations().len()).map(|p| self.parts.iter().map(|part| part.operations(p)).sum()).collect()
    }

    /// Goes on to the end of tick `until - 1`. `progress` is told the ticks done from time to time.
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
        // All parts chose alike. Without an error none of them stops early.
        let auto = autos.and_then(|mut autos| autos.pop());
        self.auto = auto.ok_or_else(|| Error::value("simulation", "stopped early"))?;
        self.now = until;
        Ok(())
    }
}

/// Runs the first job on this thread and each other job on its own thread of the pool.
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
    /// True if an epoch depends only on messages two epochs old, so that messages overlap
    /// computation.
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

/// Takes a part through `span`. Returns false if it stopped early because another part has failed,
/// whose own error says why.
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
    // Messages of the present epoch, and of the last one, which may still be under way.
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
        let (of, received) = if span.ahead { (before, &mut last) } else { (epoch.clone(), &mut all) };
        if of.is_empty() {
            continue;
        }
        if exchange.receive(received).is_none() || received.iter().any(|outbox| outbox.stop) {
            break;
        }
        part.take(&of, received, &mut auto.activity);
        known = of.end;
        if auto.is_due(known) && known.is_multiple_of(span.epoch) {
            auto.choose(known, if span.ahead { known.saturating_add(span.epoch) } else { known }, network);
        }
        if let Some(lead) = lead.as_deref_mut().filter(|_| failure.is_none()) {
            failure = lead.record(part, of, received).err();
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
