//! The report of a simulation: table and JSON.

use super::neurobench::Neurobench;
use crate::base::text::counted;
use crate::energy::Ledger;
use crate::energy::counts::LayerCounts;
use crate::energy::synops::Synops;
use crate::simulator::Finished;
use crate::spiking::Driver;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Version of the document of a simulation.
pub const SIMULATION_SCHEMA: &str = "spikefuse.simulation/2";

/// What a simulation came to. `Display` shows it as a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimulationReport {
    /// [`SIMULATION_SCHEMA`]
    pub schema: String,
    /// Name of the network.
    pub network: String,
    /// The driver asked for.
    pub driver: Driver,
    /// Threads that worked on it.
    pub threads: usize,
    /// The seed that the network was drawn with.
    pub seed: u64,
    /// Simulated time, ms.
    pub duration_ms: f64,
    /// Length of a tick, ms.
    pub dt_ms: f64,
    /// Seconds for building the synapses.
    pub build_s: f64,
    /// Seconds for the run.
    pub run_s: f64,
    /// Of each population.
    pub populations: Vec<PopulationReport>,
    /// Synaptic operations by every definition.
    pub synops: Synops,
    /// Metrics under NeuroBench's names.
    pub neurobench: Neurobench,
    /// All operations by population and kind.
    pub ledger: Ledger,
}

/// What a population did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PopulationReport {
    /// Its name.
    pub name: String,
    /// Its size.
    pub neurons: u32,
    /// Mean rate of its neurons, spikes per second.
    pub rate_hz: f64,
    /// What was counted.
    pub operations: LayerCounts,
}

impl SimulationReport {
    /// The report of a run that has come to its end.
    pub fn new(finished: &Finished) -> SimulationReport {
        let simulation = &finished.simulation;
        let network = simulation.network();
        let duration_ms = f64::from(simulation.now()) * network.dt_ms();
        let synops = simulation.synops();
        let populations = network.populations().iter().zip(simulation.counts());
        let populations = populations.map(|(p, operations)| PopulationReport {
            name: p.name.clone(),
            neurons: p.size,
            rate_hz: operations.spikes as f64 / f64::from(p.size) / (duration_ms / 1000.0),
            operations,
        });
        SimulationReport {
            schema: SIMULATION_SCHEMA.into(),
            network: network.name().to_owned(),
            driver: finished.driver,
            threads: simulation.threads(),
            seed: finished.seed,
            duration_ms,
            dt_ms: network.dt_ms(),
            build_s: finished.build_s,
            run_s: finished.run_s,
            populations: populations.collect(),
            neurobench: Neurobench::of_network(network, &simulation.totals(), &synops, simulation.zero_weights()),
            synops,
            ledger: simulation.ledger(),
        }
    }
}

impl fmt::Display for SimulationReport {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let driver = self.driver.name();
        writeln!(
            f,
            "{}: {} ms in ticks of {} ms, {driver} driver, {}\nbuilt in {:.2} s, run in {:.2} s\n",
            self.network,
            self.duration_ms,
            self.dt_ms,
            counted(self.threads as u64, "thread"),
            self.build_s,
            self.run_s
        )?;
        let [name, neurons, spikes, rate, synops, macs, updates, wakes] =
            ["population", "neurons", "spikes", "rate Hz", "SynOps", "MACs", "updates", "wakes"];
        writeln!(f, "{name:20} {neurons:>9} {spikes:>10} {rate:>9} {synops:>14} {macs:>14} {updates:>14} {wakes:>12}")?;
        for p in &self.populations {
            let o = &p.operations;
            writeln!(
                f,
                "{:20} {:>9} {:>10} {:>9.2} {:>14} {:>14} {:>14} {:>12}",
                p.name, p.neurons, o.spikes, p.rate_hz, o.synops, o.macs, o.membrane_updates, o.wakes
            )?;
        }
        Ok(())
    }
}
