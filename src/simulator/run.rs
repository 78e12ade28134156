//! A run kept in memory.

use super::chosen::Chosen;
use super::job::{header, merged, parse_record};
use super::simulation::Simulation;
use crate::energy::Ledger;
use crate::energy::counts::LayerCounts;
use crate::energy::synops::Synops;
use crate::error::{Error, Result};
use crate::network::Network;
use crate::network::build::{OriginRef, PopulationRef, SourceRef};
use crate::network::compile::{Compiled, Record};
use crate::recording::{Memory, Recorder, SpikeRecording, Trace, Variable};
use crate::spiking::{Driver, Tick};
use std::ops::Range;
use std::result::Result as StdResult;

/// A run of a network, before it begins: see [`Network::simulate`].
#[derive(Debug, Clone)]
#[must_use = "a run begins with `.run()`"]
pub struct Simulate<'a> {
    network: &'a Network,
    ticks: StdResult<Tick, String>,
    driver: Driver,
    threads: usize,
    record: Recording<'a>,
}

/// What is recorded.
#[derive(Debug, Clone)]
enum Recording<'a> {
    /// What a text names.
    Listed(&'a str),
    /// What a network file says.
    Given(&'a Record),
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// All recorded spikes.
    pub recording: SpikeRecording,
    /// All recorded traces, each `[ticks, neurons]`.
    pub traces: Vec<Trace>,
    /// Operations of each population, by its name.
    pub counts: Vec<(String, LayerCounts)>,
    /// Synaptic operations by every definition.
    pub synops: Synops,
    /// All operations by population and kind.
    pub ledger: Ledger,
}

/// A population or source of a [`Run`]: its name, or what the
/// [builder](crate::network::build::NetworkBuilder) returned, also a range of it.
#[derive(Debug, Clone, Copy)]
pub enum Whose<'a> {
    /// Its name.
    Name(&'a str),
    /// What the builder returned. A reference of another builder means what has the same name here.
    Reference(OriginRef),
}

impl<'a> From<&'a str> for Whose<'a> {
    fn from(name: &'a str) -> Self {
        Whose::Name(name)
    }
}

impl<'a> From<&'a String> for Whose<'a> {
    fn from(name: &'a String) -> Self {
        Whose::Name(name)
    }
}

impl From<PopulationRef> for Whose<'_> {
    fn from(population: PopulationRef) -> Self {
        Whose::Reference(population.into())
    }
}

impl From<SourceRef> for Whose<'_> {
    fn from(source: SourceRef) -> Self {
        Whose::Reference(source.into())
    }
}

impl Whose<'_> {
    fn is(self, name: &str) -> bool {
        match self {
            Whose::Name(own) => own == name,
            Whose::Reference(reference) => reference.is_to(name),
        }
    }

    fn range(self) -> Option<Range<u32>> {
        match self {
            Whose::Name(_) => None,
            Whose::Reference(reference) => reference.range(),
        }
    }

    /// As in a list of what is recorded: `exc`, `exc[0..2]`.
    fn label(self, name: &str) -> String {
        self.range().map_or(name.to_owned(), |ids| format!("{name}[{}..{}]", ids.start, ids.end))
    }
}

/// The recorded spikes of one population or source, by time and then by neuron.
#[derive(Debug, Clone, PartialEq)]
pub struct SpikeTimes {
    /// Which neuron fired.
    pub ids: Vec<u32>,
    /// At which tick.
    pub ticks: Vec<Tick>,
    /// At which time, ms.
    pub ms: Vec<f64>,
    /// Recorded neurons.
    pub neurons: u32,
    /// Length of the recording, ms.
    pub duration_ms: f64,
}

impl Network {
    /// A run of this network for `duration_ms`, kept in memory: 12 bytes per spike and 8 per value.
    /// Without more it records all spikes, with the driver that suits, on one thread.
    ///
    /// ```
    /// use spikefuse::network::Ms;
    /// use spikefuse::network::build::NetworkBuilder;
    /// use spikefuse::network::spec::{Lif, Regular};
    /// use spikefuse::recording::Variable;
    ///
    /// let mut net = NetworkBuilder::new(Ms(0.1));
    /// let cells = net.population("cells", 2, Lif::default());
    /// let pulses = net.source("pulses", 1, Regular::every_ms(5));
    /// net.connect(pulses, cells).all_to_all().weight(30).delay_ms(2);
    /// let run = net.build()?.simulate(100).record("spikes,membrane:cells[1]").run()?;
    /// let spikes = run.spikes(cells)?;
    /// assert_eq!((&spikes.ids[..2], spikes.ms[0]), (&[0, 1][..], 2.0));
    /// assert_eq!(run.spikes("cells")?, spikes);
    /// assert_eq!(run.spikes(cells.ids(1..2))?.rate_hz(), 200.0);
    /// let membrane = run.trace(Variable::Membrane, cells.ids(1..2))?.neuron(1)?;
    /// assert_eq!((membrane.len(), membrane[20]), (1000, 0.0));
    /// # Ok::<(), spikefuse::Error>(())
    /// ```
    pub fn simulate(&self, duration_ms: impl Into<f64>) -> Simulate<'_> {
        let ticks = crate::network::duration(duration_ms.into(), self.dt_ms());
        let record = Recording::Listed("spikes");
        Simulate { network: self, ticks, driver: Driver::Auto, threads: 1, record }
    }
}

impl Compiled {
    /// A run of this network, kept in memory, for the duration and with the recording that the
    /// network file or builder says; see [`Network::simulate`].
    pub fn simulate(&self) -> Simulate<'_> {
        let ticks = self.duration.ok_or_else(|| "the network does not say how long to run".to_owned());
        let record = Recording::Given(&self.record);
        Simulate { network: &self.network, ticks, driver: Driver::Auto, threads: 1, record }
    }
}

impl<'a> Simulate<'a> {
    /// How time is gone through. Results do not depend on it.
    pub fn driver(self, driver: Driver) -> Self {
        Simulate { driver, ..self }
    }

    /// The most threads. Results do not depend on it.
    pub fn threads(self, threads: usize) -> Self {
        Simulate { threads, ..self }
    }

    /// What is recorded: items such as `spikes`, `spikes:exc[0..4]`, `membrane:exc[3]`,
    /// `threshold:exc`, `current:exc`, separated by commas.
    pub fn record(self, list: &'a str) -> Self {
        Simulate { record: Recording::Listed(list), ..self }
    }

    /// Runs it.
    ///
    /// # Errors
    /// If the duration is no positive number of ticks, something is to be recorded that the network
    /// does not have, or there is no memory.
    pub fn run(self) -> Result<Run> {
        let network = self.network;
        let ticks = self.ticks.map_err(|problem| Error::value("duration", problem))?;
        let populations: Vec<(String, u32)> = network.populations().iter().map(|p| (p.name.clone(), p.size)).collect();
        let (spikes, probes) = match self.record {
            Recording::Listed(list) => parse_record("record", list, network, &populations)?,
            Recording::Given(record) => (record.spikes.clone(), record.probes.clone()),
        };
        let probes = merged(probes);
        let mut simulation = Simulation::new(network, self.driver, self.threads, probes.clone())?;
        let (header, sources) = header(network, populations, &spikes, probes);
        let recorded = header.recorded.clone();
        let mut memory = Memory::new(header)?;
        let inner: Option<&mut dyn Recorder> = Some(&mut memory);
        let mut recorder = Chosen { recorded: &recorded, sources: &sources, inner, buffer: Vec::new() };
        simulation.run(ticks, &mut recorder, &mut |_| {})?;
        let (recording, traces) = memory.finish(ticks)?;
        let counts = network.populations().iter().map(|p| p.name.clone()).zip(simulation.counts()).collect();
        Ok(Run { recording, traces, counts, synops: simulation.synops(), ledger: simulation.ledger() })
    }
}

impl Run {
    /// The recorded spikes of a population or source, or of a range of it.
    ///
    /// # Errors
    /// If there is no such one, or its spikes were not recorded.
    pub fn spikes<'a>(&self, whose: impl Into<Whose<'a>>) -> Result<SpikeTimes> {
        let (whose, all) = (whose.into(), &self.recording);
        let place = self.place("spikes", whose)?;
        let (name, size) = &all.populations[place];
        let ids = whose.range().unwrap_or(0..*size);
        let within = |of: &Range<u32>| of.end.min(ids.end).saturating_sub(of.start.max(ids.start));
        let neurons: u32 = all.recorded.of(place, *size).iter().map(within).sum();
        if neurons == 0 && *size > 0 {
            let label = whose.label(name);
            let problem = format!("those of '{label}' were not recorded");
            return Err(Error::value("spikes", problem).with_hint(format!("add spikes:{label} to what is recorded")));
        }
        let own = || all.spikes.iter().filter(|&&(_, of, id)| of as usize == place && ids.contains(&id));
        Ok(SpikeTimes {
            ids: own().map(|&(_, _, id)| id).collect(),
            ticks: own().map(|&(tick, _, _)| tick).collect(),
            ms: own().map(|&(tick, _, _)| f64::from(tick) * all.dt_ms).collect(),
            neurons,
            duration_ms: f64::from(all.ticks) * all.dt_ms,
        })
    }

    /// The recorded values of a variable of a population: of all its neurons that were recorded,
    /// which are at least those of the range if `whose` has one.
    ///
    /// # Errors
    /// If there is no such population, or the values were not recorded.
    pub fn trace<'a>(&self, variable: Variable, whose: impl Into<Whose<'a>>) -> Result<&Trace> {
        let whose = whose.into();
        let name = &self.recording.populations[self.place("trace", whose)?].0;
        let has = |trace: &&Trace| {
            (trace.variable, &trace.population) == (variable, name)
                && whose.range().is_none_or(|mut ids| ids.all(|id| trace.neurons.contains(&id)))
        };
        self.traces.iter().find(has).ok_or_else(|| {
            let (what, label) = (variable.name(), whose.label(name));
            Error::value("trace", format!("the {what} of '{label}' was not recorded"))
                .with_hint(format!("add {what}:{label} to what is recorded"))
        })
    }

    /// The place of a population or source in the recording.
    fn place(&self, what: &str, whose: Whose) -> Result<usize> {
        let populations = &self.recording.populations;
        populations.iter().position(|(name, _)| whose.is(name)).ok_or_else(|| {
            let names: Vec<&str> = populations.iter().map(|(name, _)| name.as_str()).collect();
            let found = match whose {
                Whose::Name(name) => format!("'{name}'"),
                Whose::Reference(_) => "the reference".into(),
            };
            Error::value(what, format!("{found} is no recorded population; there are {}", names.join(", ")))
        })
    }
}

impl SpikeTimes {
    /// Mean rate of the recorded neurons, spikes per second.
    pub fn rate_hz(&self) -> f64 {
        self.ids.len() as f64 / f64::from(self.neurons.max(1)) / (self.duration_ms / 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Ms;
    use crate::network::build::NetworkBuilder;
    use crate::network::spec::{Lif, Regular};

    #[test]
    fn names_and_references_are_of_the_same_spikes_and_traces() {
        let mut net = NetworkBuilder::new(Ms(1.0)).duration(Ms(20.0));
        let quiet = net.population("quiet", 2, Lif::default());
        let cells = net.population("cells", 4, Lif::default());
        let beat = net.source("beat", 1, Regular::every_ms(5));
        net.connect(beat, cells.ids(0..3)).all_to_all().weight(30);
        net.record_spikes(quiet);
        net.record_spikes(cells.ids(1..4));
        net.record_spikes(beat);
        net.record_membrane(cells.ids(2..4));
        let run = net.compile().unwrap().simulate().run().unwrap();

        let whole = run.spikes("cells").unwrap();
        assert_eq!((&whole.ids[..4], &whole.ticks[..4], whole.neurons), (&[1, 2, 1, 2][..], &[1, 1, 6, 6][..], 3));
        assert_eq!(run.spikes(cells).unwrap(), whole);
        assert_eq!(run.spikes(&"beat".to_owned()).unwrap(), run.spikes(beat).unwrap());
        assert_eq!(run.spikes(beat).unwrap().ticks, [0, 5, 10, 15]);
        assert!(run.spikes(quiet).unwrap().ids.is_empty());
        // Neuron 0 fired unseen.
        let part = run.spikes(cells.ids(0..2)).unwrap();
        assert_eq!((&part.ids[..], part.neurons, part.rate_hz()), (&[1; 4][..], 1, 200.0));
        assert_eq!(run.trace(Variable::Membrane, cells).unwrap().neurons, [2, 3]);
        let named = run.trace(Variable::Membrane, "cells").unwrap();
        assert_eq!(run.trace(Variable::Membrane, cells.ids(3..4)).unwrap(), named);

        let mut other = NetworkBuilder::new(Ms(1.0));
        let stranger = other.population("strangers", 1, Lif::default());
        let problem = |error: Error| format!("{error}; {}", error.hint().unwrap_or_default());
        for (found, said) in [
            (run.spikes("cell").map(|_| ()), "'cell' is no recorded population; there are quiet, cells, beat"),
            (run.spikes(stranger).map(|_| ()), "the reference is no recorded population"),
            (run.spikes(cells.ids(0..1)).map(|_| ()), "'cells[0..1]' were not recorded; add spikes:cells[0..1]"),
            (run.trace(Variable::Membrane, cells.ids(1..3)).map(|_| ()), "the membrane of 'cells[1..3]' was not"),
            (run.trace(Variable::Current, cells).map(|_| ()), "not recorded; add current:cells to what"),
            (run.trace(Variable::Membrane, stranger).map(|_| ()), "the reference is no recorded population"),
        ] {
            let found = problem(found.unwrap_err());
            assert!(found.contains(said), "{found}");
        }
    }
}
