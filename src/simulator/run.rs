//! A run kept in memory.

use super::chosen::Chosen;
use super::job::{header, merged, parse_record};
use super::simulation::Simulation;
use crate::energy::Ledger;
use crate::energy::counts::LayerCounts;
use crate::energy::synops::Synops;
use crate::error::{Error, Result};
use crate::network::Network;
use crate::network::compile::{Compiled, Record};
use crate::recording::{Memory, Recorder, SpikeRecording, Trace, Variable};
use crate::spiking::{Driver, Tick};
use std::result::Result as StdResult;
use std::sync::Arc;

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
    /// let pulses = net.source("pulses", 1, Regular::every_ms(5.0));
    /// net.connect(pulses, cells).all_to_all().weight(30.0);
    /// let run = net.build()?.simulate(100.0).record("spikes,membrane:cells[0]").run()?;
    /// let spikes = run.spikes("cells")?;
    /// assert_eq!(spikes.ids[..2], [0, 1]);
    /// assert_eq!(run.trace(Variable::Membrane, "cells")?.values.len(), 1000);
    /// println!("{:.1} Hz, first at {:?} ms", spikes.rate_hz(), spikes.ms.first());
    /// # Ok::<(), spikefuse::Error>(())
    /// ```
    pub fn simulate(&self, duration_ms: f64) -> Simulate<'_> {
        let ticks = crate::network::duration(duration_ms, self.dt_ms());
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
        let mut simulation = Simulation::new(Arc::new(network.clone()), self.driver, self.threads, probes.clone())?;
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
    /// The recorded spikes of a population or source.
    ///
    /// # Errors
    /// If there is none of that name, or its spikes were not recorded.
    pub fn spikes(&self, name: &str) -> Result<SpikeTimes> {
        let all = &self.recording;
        let known = all.populations.iter().position(|(known, _)| known == name);
        let Some(place) = known else {
            let names: Vec<&str> = all.populations.iter().map(|(name, _)| name.as_str()).collect();
            let problem = format!("'{name}' is no recorded population; there are {}", names.join(", "));
            return Err(Error::value("spikes", problem));
        };
        let size = all.populations[place].1;
        let neurons: u32 = all.recorded.of(place, size).iter().map(|ids| ids.end - ids.start).sum();
        if neurons == 0 && size > 0 {
            let problem = format!("those of '{name}' were not recorded");
            return Err(Error::value("spikes", problem).with_hint(format!("add spikes:{name} to what is recorded")));
        }
        let own = || all.spikes.iter().filter(|&&(_, population, _)| population as usize == place);
        Ok(SpikeTimes {
            ids: own().map(|&(_, _, id)| id).collect(),
            ticks: own().map(|&(tick, _, _)| tick).collect(),
            ms: own().map(|&(tick, _, _)| f64::from(tick) * all.dt_ms).collect(),
            neurons,
            duration_ms: f64::from(all.ticks) * all.dt_ms,
        })
    }

    /// The recorded values of a variable of a population.
    ///
    /// # Errors
    /// If they were not recorded.
    pub fn trace(&self, variable: Variable, name: &str) -> Result<&Trace> {
        let found = self.traces.iter().find(|trace| (trace.variable, &trace.population[..]) == (variable, name));
        found.ok_or_else(|| {
            let what = variable.name();
            Error::value("trace", format!("the {what} of '{name}' was not recorded"))
                .with_hint(format!("add {what}:{name} to what is recorded"))
        })
    }
}

impl SpikeTimes {
    /// Mean rate of the recorded neurons, spikes per second.
    pub fn rate_hz(&self) -> f64 {
        self.ids.len() as f64 / f64::from(self.neurons.max(1)) / (self.duration_ms / 1000.0)
    }
}
