//! Both drivers on one network: whether they agree, and which is quicker at which activity.

use super::simulation::Simulation;
use crate::base::text::{counted, percent};
use crate::energy::Ledger;
use crate::energy::counts::LayerCounts;
use crate::energy::synops::Synops;
use crate::error::Result;
use crate::network::{Emits, Network};
use crate::recording::{Ignore, Probe, Recorder, Variable};
use crate::spiking::race::{RATES, crossing};
use crate::spiking::{Driver, Tick};
use std::fmt;
use std::time::Instant;

/// What [`compare`] found.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Comparison {
    /// Name of the network.
    pub network: String,
    /// Ticks gone through.
    pub ticks: Tick,
    /// Threads at most.
    pub threads: usize,
    /// Whether all spikes are the same.
    pub spikes_equal: bool,
    /// Whether the membranes of the watched neurons have the same bits at every tick.
    pub membranes_equal: bool,
    /// The first tick at which something differs.
    pub first_difference: Option<Tick>,
    /// Neurons whose membranes were watched: up to 64 of each population, evenly spaced.
    pub watched: usize,
    /// The runs whose figures are compared, without watching.
    pub runs: Vec<DriverRun>,
    /// The same network with its random sources at other rates; empty if it has none.
    pub rates: Vec<TickTimes>,
    /// Firing rate of the neurons, per cent of the ticks, from which on the clock-driven driver is
    /// quicker; none if it is not in the range of `rates`.
    pub crossover_percent: Option<f64>,
    /// The same as a rate of the sources.
    pub crossover_input_percent: Option<f64>,
    /// Synaptic operations of the event-driven run by every definition.
    pub synops: Synops,
    /// Every operation of the event-driven run.
    pub ledger: Ledger,
}

/// One driver's run.
#[derive(Debug, Clone, serde::Serialize)]
pub struct DriverRun {
    /// Which driver.
    pub driver: Driver,
    /// Seconds.
    pub run_s: f64,
    /// Operations of all populations.
    pub operations: LayerCounts,
}

/// Times at one rate of the sources.
#[derive(Debug, Clone, serde::Serialize)]
pub struct TickTimes {
    /// Spikes per source and tick, per cent.
    pub input_percent: f64,
    /// Spikes per tick and neuron that can fire, per cent.
    pub firing_percent: f64,
    /// Microseconds per tick: event-driven, clock-driven, auto. The least of three runs each.
    pub us_per_tick: [f64; 3],
}

/// Neurons watched in each population.
const WATCHED: u32 = 64;

const DRIVERS: [Driver; 3] = [Driver::Event, Driver::Clock, Driver::Auto];

/// A hash of everything recorded in each tick, spikes and values apart.
#[derive(Default)]
struct Hashes {
    spikes: Vec<u64>,
    values: Vec<u64>,
}

fn add(hashes: &mut Vec<u64>, tick: Tick, words: impl Iterator<Item = u64>) {
    if hashes.len() <= tick as usize {
        hashes.resize(tick as usize + 1, 0);
    }
    let hash = &mut hashes[tick as usize];
    *hash = words.fold(*hash, crate::base::counter::bits);
}

impl Recorder for Hashes {
    fn spikes(&mut self, tick: Tick, population: usize, neurons: &[u32]) -> Result<()> {
        add(&mut self.spikes, tick, neurons.iter().map(|&id| (population as u64) << 32 | u64::from(id)));
        Ok(())
    }

    fn values(&mut self, tick: Tick, _: usize, values: &[f64]) -> Result<()> {
        add(&mut self.values, tick, values.iter().map(|v| v.to_bits()));
        Ok(())
    }
}

/// A list ends with the last tick at which something was recorded: what is missing is a tick
/// without anything, whose hash is 0.
fn first_difference(a: &[u64], b: &[u64]) -> Option<Tick> {
    let at = |hashes: &[u64], t: usize| hashes.get(t).copied().unwrap_or(0);
    (0..a.len().max(b.len())).find(|&t| at(a, t) != at(b, t)).map(|t| t as Tick)
}

/// Runs `network` for `ticks` ticks with both drivers, then for up to `rate_ticks` ticks at each of
/// several rates of its random sources. `progress` hears how many of how many runs are done.
///
/// # Errors
/// If there is no memory for the network.
pub fn compare(
    network: &Network,
    ticks: Tick,
    rate_ticks: Tick,
    threads: usize,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Comparison> {
    let random = network.sources().iter().any(|s| matches!(s.emits, Emits::Bernoulli { .. } | Emits::Poisson { .. }));
    let total = 5 + if random { 9 * RATES.len() } else { 0 };
    let mut done = 0;
    let mut step = || {
        done += 1;
        progress(done, total);
    };
    let probes: Vec<Probe> = (network.populations().iter().enumerate())
        .map(|(population, p)| {
            let stride = p.size.div_ceil(WATCHED);
            Probe { variable: Variable::Membrane, population, neurons: (0..p.size).step_by(stride as usize).collect() }
        })
        .collect();
    let mut hashes = Vec::new();
    for driver in [Driver::Event, Driver::Clock] {
        let mut kept = Hashes::default();
        Simulation::new(network, driver, threads, probes.clone())?.run(ticks, &mut kept, &mut |_| {})?;
        hashes.push(kept);
        step();
    }
    let spikes = first_difference(&hashes[0].spikes, &hashes[1].spikes);
    let membranes = first_difference(&hashes[0].values, &hashes[1].values);
    let mut runs = Vec::new();
    let mut event = (Synops::default(), Ledger::new(1));
    for driver in DRIVERS {
        let mut simulation = Simulation::new(network, driver, threads, Vec::new())?;
        let start = Instant::now();
        simulation.run(ticks, &mut Ignore, &mut |_| {})?;
        runs.push(DriverRun {
            driver,
            run_s: start.elapsed().as_secs_f64(),
            operations: simulation.counts().into_iter().sum(),
        });
        if driver == Driver::Event {
            event = (simulation.synops(), simulation.ledger());
        }
        step();
    }
    let mut rates = Vec::new();
    for percent in RATES.into_iter().take(if random { RATES.len() } else { 0 }) {
        rates.push(at_rate(network, percent, rate_ticks.max(1), threads, &mut step)?);
    }
    let (synops, ledger) = event;
    Ok(Comparison {
        synops,
        ledger,
        network: network.name().to_owned(),
        ticks,
        threads,
        spikes_equal: spikes.is_none(),
        membranes_equal: membranes.is_none(),
        first_difference: spikes.into_iter().chain(membranes).min(),
        watched: probes.iter().map(|probe| probe.neurons.len()).sum(),
        runs,
        crossover_percent: crossover(&rates, |at| at.firing_percent),
        crossover_input_percent: crossover(&rates, |at| at.input_percent),
        rates,
    })
}

fn crossover(rates: &[TickTimes], activity: impl Fn(&TickTimes) -> f64) -> Option<f64> {
    let points: Vec<_> = rates.iter().map(|at| (activity(at), [at.us_per_tick[0], at.us_per_tick[1]])).collect();
    crossing(&points)
}

fn at_rate(network: &Network, percent: f64, ticks: Tick, threads: usize, step: &mut dyn FnMut()) -> Result<TickTimes> {
    let network = network.clone().edit(|parts| {
        for source in &mut parts.sources {
            match &mut source.emits {
                Emits::Bernoulli { probability, .. } => *probability = [percent / 100.0].into(),
                Emits::Poisson { mean, .. } => *mean = percent / 100.0,
                _ => {}
            }
        }
    })?;
    let neurons: u64 = network.populations().iter().filter(|p| p.can_fire()).map(|p| u64::from(p.size)).sum();
    let (mut best, mut spikes) = ([f64::INFINITY; 3], 0);
    for _ in 0..3 {
        for (driver, best) in DRIVERS.into_iter().zip(&mut best) {
            let mut simulation = Simulation::new(&network, driver, threads, Vec::new())?;
            // What the first ticks cost says nothing of the rest: caches fill, auto has not chosen.
            let warm = ticks / 4;
            simulation.run(warm, &mut Ignore, &mut |_| {})?;
            let before: u64 = simulation.counts().iter().map(|counts| counts.spikes).sum();
            let start = Instant::now();
            simulation.run(warm + ticks, &mut Ignore, &mut |_| {})?;
            *best = best.min(start.elapsed().as_secs_f64() * 1e6 / f64::from(ticks));
            spikes = simulation.counts().iter().map(|counts| counts.spikes).sum::<u64>() - before;
            step();
        }
    }
    let firing_percent = 100.0 * spikes as f64 / (neurons.max(1) as f64 * f64::from(ticks));
    Ok(TickTimes { input_percent: percent, firing_percent, us_per_tick: best })
}

impl Comparison {
    /// Whether the drivers agree.
    pub fn holds(&self) -> bool {
        self.spikes_equal && self.membranes_equal
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let verdict = |equal: bool| if equal { "equal" } else { "DIFFERENT" };
        let ticks = counted(self.ticks.into(), "tick");
        writeln!(f, "{}: {}, at most {}", self.network, ticks, counted(self.threads as u64, "thread"))?;
        writeln!(f, "spikes               {}", verdict(self.spikes_equal))?;
        writeln!(
            f,
            "membrane potentials  {}, bit for bit, of {}",
            verdict(self.membranes_equal),
            counted(self.watched as u64, "neuron")
        )?;
        if let Some(tick) = self.first_difference {
            writeln!(f, "first difference at tick {tick}")?;
        }
        let heads = ["driver", "s", "spikes", "SynOps", "MACs", "updates", "queue"];
        let [a, b, c, d, e, g, h] = heads;
        writeln!(f, "\n{a:8} {b:>9} {c:>12} {d:>14} {e:>14} {g:>14} {h:>14}")?;
        for run in &self.runs {
            let o = &run.operations;
            let name = run.driver.name();
            writeln!(
                f,
                "{name:8} {:>9.3} {:>12} {:>14} {:>14} {:>14} {:>14}",
                run.run_s, o.spikes, o.synops, o.macs, o.membrane_updates, o.queue_operations
            )?;
        }
        if self.rates.is_empty() {
            return writeln!(f, "\nNo crossover: the network has no random source whose rate could be varied.");
        }
        writeln!(f, "\nMicroseconds per tick with random sources at other rates")?;
        writeln!(f, "{:>8} {:>9} {:>9} {:>9} {:>9}", "input %", "firing %", "event", "clock", "auto")?;
        for at in &self.rates {
            let [event, clock, auto] = at.us_per_tick;
            let (input, firing) = (at.input_percent, at.firing_percent);
            writeln!(f, "{input:>8} {firing:>9.3} {event:>9.2} {clock:>9.2} {auto:>9.2}")?;
        }
        match self.crossover_percent.zip(self.crossover_input_percent) {
            Some((firing, input)) => writeln!(
                f,
                "The clock-driven driver overtakes with {} of neurons and {} of sources firing per tick.",
                percent(firing, 3),
                percent(input, 3)
            ),
            None => writeln!(f, "The event- and the clock-driven driver do not change places in this range."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Hashes, first_difference};
    use crate::recording::Recorder;

    #[test]
    fn the_first_difference_is_the_first_tick_at_which_something_differs() {
        let of = |spikes: &[(u32, &[u32])]| {
            let mut kept = Hashes::default();
            spikes.iter().for_each(|&(tick, ids)| kept.spikes(tick, 0, ids).unwrap());
            kept.spikes
        };
        let none = of(&[]);
        for (a, b, expected) in [
            (of(&[(7, &[0])]), none.clone(), Some(7)),
            (none.clone(), of(&[(7, &[0])]), Some(7)),
            (of(&[(2, &[1]), (7, &[0])]), of(&[(2, &[1])]), Some(7)),
            (of(&[(2, &[1]), (7, &[0])]), of(&[(2, &[1]), (5, &[0]), (7, &[0])]), Some(5)),
            (of(&[(2, &[1])]), of(&[(2, &[3])]), Some(2)),
            (of(&[(0, &[0])]), of(&[(0, &[0])]), None),
            (none.clone(), none, None),
        ] {
            assert_eq!(first_difference(&a, &b), expected);
        }
    }
}
