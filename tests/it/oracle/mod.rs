//! The simulator against an oracle: the equations of `docs/simulator.md` and the counters of
//! `src/network/mod.rs`, written anew in the plainest loops, on random networks of every model,
//! threshold, reset, receptor, source, rule, weight and delay. Spikes must be the same, traces
//! agree to [`TRACE_TOLERANCE`], and operations are counted one by one.
//!
//! ```
//! SPIKEFUSE_ORACLE_NETWORKS=1000 cargo test --test it oracle            how many networks; default 200
//! SPIKEFUSE_ORACLE_SEED=17 SPIKEFUSE_ORACLE_NETWORKS=1 ...           from which seed on; default 0
//! ```
//! A network that differs is printed with its seed, and its files stay. Where a membrane comes so
//! close to its threshold that rounding decides, nothing after that tick can be told; such networks
//! are counted.

mod counter;
mod edges;
mod network;
mod plain;
mod text;

use network::Network;
use plain::Run;
use spikefuse::energy::counts::LayerCounts;
use spikefuse::energy::synops::Synops;
use spikefuse::network::compile::{NetworkFile, Settings};
use spikefuse::recording::{Probe, Recorder, Variable};
use spikefuse::simulator::Simulation;
use spikefuse::spiking::Driver;
use std::collections::BTreeMap;
use std::path::Path;

/// How far a recorded value may lie from the oracle's, relative to the largest numbers of its
/// neuron up to there.
const TRACE_TOLERANCE: f64 = 1e-10;

/// What the simulator makes of a network.
struct Real {
    recorded: Recorded,
    probes: Vec<Probe>,
    counts: Vec<LayerCounts>,
    synops: Synops,
    zero_weights: (u64, u64),
    threads: usize,
}

/// Spikes as (tick, population, neuron) and (tick, source, id), and of each probe its values tick
/// by tick.
struct Recorded {
    spikes: Vec<(u32, u32, u32)>,
    emitted: Vec<(u32, u32, u32)>,
    values: Vec<Vec<f64>>,
}

impl Recorder for Recorded {
    fn spikes(&mut self, tick: u32, population: usize, neurons: &[u32]) -> spikefuse::Result<()> {
        self.spikes.extend(neurons.iter().map(|&neuron| (tick, population as u32, neuron)));
        Ok(())
    }

    fn source_spikes(&mut self, tick: u32, source: usize, ids: &[u32]) -> spikefuse::Result<()> {
        self.emitted.extend(ids.iter().map(|&id| (tick, source as u32, id)));
        Ok(())
    }

    fn values(&mut self, _: u32, probe: usize, values: &[f64]) -> spikefuse::Result<()> {
        self.values[probe].extend(values);
        Ok(())
    }
}

fn real(path: &Path, driver: Driver, threads: usize) -> Real {
    let compiled = NetworkFile::read(path).unwrap().compile(&Settings::default()).unwrap_or_else(|e| panic!("{e}"));
    let (ticks, probes) = (compiled.duration.unwrap(), compiled.record.probes);
    let mut recorded = Recorded { spikes: Vec::new(), emitted: Vec::new(), values: vec![Vec::new(); probes.len()] };
    let mut simulation = Simulation::new(&compiled.network, driver, threads, probes.clone()).unwrap();
    simulation.run(ticks, &mut recorded, &mut |_| {}).unwrap();
    Real {
        recorded,
        probes,
        counts: simulation.counts(),
        synops: simulation.synops(),
        zero_weights: simulation.zero_weights(),
        threads: simulation.threads(),
    }
}

/// A kind of difference, and the tick where it is known.
type Difference = (&'static str, Option<u32>, String);

/// The first difference of each kind.
fn differences(network: &Network, oracle: &Run, real: &Real, driver: Driver) -> Vec<Difference> {
    let mut found = Vec::new();
    if oracle.zero_weights != real.zero_weights {
        let message = format!("zero weights: expected {:?}, found {:?}", oracle.zero_weights, real.zero_weights);
        found.push(("zero weights", Some(0), message));
    }
    if oracle.emitted != real.recorded.emitted {
        let [a, b] = [&oracle.emitted, &real.recorded.emitted].map(Vec::len);
        found.push(("spikes of sources", Some(0), format!("spikes of sources: expected {a} others, found {b}")));
    }
    let spikes = &real.recorded.spikes;
    if oracle.spikes != *spikes {
        let at = oracle.spikes.iter().zip(spikes).position(|(a, b)| a != b);
        let at = at.unwrap_or(oracle.spikes.len().min(spikes.len()));
        let (a, b) = (oracle.spikes.get(at), spikes.get(at));
        let tick = a.into_iter().chain(b).map(|spike| spike.0).min();
        found.push(("spikes", tick, format!("spike {at} (tick, population, neuron): expected {a:?}, found {b:?}")));
    }
    for (probe, values) in real.probes.iter().zip(&real.recorded.values) {
        let (own, name) = (&oracle.traces[probe.population], &network.populations[probe.population].name);
        let (kind, expected) = match probe.variable {
            Variable::Membrane => ("membrane", &own.membrane),
            Variable::Threshold => ("threshold", &own.threshold),
            Variable::Current => ("current", &own.current),
        };
        assert_eq!(expected.len(), values.len(), "{kind} of {name}");
        let far = |k: &usize| {
            let (a, b) = (expected[*k], values[*k]);
            a != b && ((a - b).abs() > TRACE_TOLERANCE * own.scale[*k] || (a - b).is_nan())
        };
        if let Some(k) = (0..expected.len()).find(far) {
            let (tick, neuron) = (k / probe.neurons.len(), k % probe.neurons.len());
            let kind = if own.refractory[k] && kind == "membrane" { "membrane while refractory" } else { kind };
            let message = format!(
                "{kind} of {} {neuron} at tick {tick}: expected {:?}, found {:?}",
                name, expected[k], values[k]
            );
            found.push((kind, Some(tick as u32), message));
        }
    }
    for (p, (own, counts)) in network.populations.iter().zip(oracle.counts.iter().zip(&real.counts)) {
        let layer = real.synops.layers.iter().find(|layer| layer.layer == p.name).unwrap();
        let steps = u64::from(p.size) * u64::from(network.ticks);
        let clock = driver == Driver::Clock;
        // Event-driven, a neuron is stepped where it hears something or fires, or may.
        let least = if clock { steps } else { own.spikes.max(own.heard) };
        let updates = counts.membrane_updates;
        let adapts = matches!(p.threshold, network::Threshold::Adaptive { .. });
        let (all, without) = (own.synops, own.synops - own.through_matrices);
        for (kind, expected, counted) in [
            ("number of spikes", own.spikes, counts.spikes),
            ("effective ACs", own.effective_acs, counts.effective_acs),
            ("effective MACs", own.effective_macs, counts.effective_macs),
            // Clock-driven, full matrices are multiplied.
            ("synaptic operations", if clock { without } else { all }, counts.synops),
            ("MACs", own.products + if clock { own.matrix_products } else { 0 }, counts.macs),
            ("membrane updates", updates.clamp(least, steps), updates),
            ("threshold updates", if adapts { updates } else { 0 }, counts.threshold_updates),
            ("dense", own.dense, layer.dense),
            ("spikes x fan-out", all, layer.spikes_x_fan_out.unwrap_or(0)),
            ("rate x dense", own.emitted_x_targets, layer.rate_x_dense.unwrap_or(0.0) as u64),
            ("layers of spikes", u64::from(!own.analog), u64::from(layer.spikes_x_fan_out.is_some())),
        ] {
            if expected != counted {
                found.push((kind, None, format!("{kind} of {}: expected {expected}, found {counted}", p.name)));
            }
        }
        let inputs = own.inputs * u64::from(network.ticks);
        let rate = (!own.analog).then(|| own.emitted as f64 / inputs.max(1) as f64);
        if layer.input_rate != rate && own.inputs > 0 {
            let message = format!("input rate of {}: expected {rate:?}, found {:?}", p.name, layer.input_rate);
            found.push(("input rate", None, message));
        }
    }
    found
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text}: expected a number")))
}

#[test]
fn random_networks_do_what_the_equations_say() {
    let (first, count) = (setting("SPIKEFUSE_ORACLE_SEED", 0), setting("SPIKEFUSE_ORACLE_NETWORKS", 200));
    let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut ties, mut excused, mut spikes, mut divided, mut shown) = (0, 0, 0, 0, 0);
    for seed in first..first + count {
        let network = Network::random(seed);
        let folder = tempfile::tempdir().unwrap();
        let text = text::write(&network, folder.path());
        let oracle = plain::run(&network);
        spikes += oracle.spikes.len();
        ties += u64::from(oracle.tie.is_some());
        let mut all = Vec::new();
        for (driver, threads) in
            [Driver::Event, Driver::Clock, Driver::Auto].into_iter().flat_map(|driver| [(driver, 1), (driver, 2)])
        {
            let real = real(&folder.path().join("net.ron"), driver, threads);
            divided += u64::from(real.threads > 1);
            let found = differences(&network, &oracle, &real, driver);
            all.extend(found.into_iter().map(|difference| (difference, driver, threads)));
        }
        let before = all.len();
        if let Some(tie) = oracle.tie {
            let told = |tick: &Option<u32>| tick.is_some_and(|tick| tick < tie);
            all.retain(|((_, tick, _), _, _)| told(tick));
        }
        excused += u64::from(all.len() < before);
        let Some(((_, _, message), driver, threads)) = all.first() else { continue };
        let mut of_network: Vec<_> = all.iter().map(|((kind, _, _), _, _)| *kind).collect();
        of_network.sort_unstable();
        of_network.dedup();
        of_network.iter().for_each(|kind| *kinds.entry(kind).or_default() += 1);
        shown += 1;
        if shown <= 3 {
            println!("seed {seed}, {driver:?}, {threads} threads: {message}\nall: {of_network:?}\n{text}");
            println!("its files are in {}\n", folder.keep().display());
        }
    }
    println!(
        "{count} networks, {spikes} spikes; {divided} of {} runs in two parts; {ties} networks with a membrane next to its threshold, \
         {excused} of which differ afterwards",
        6 * count
    );
    assert!(kinds.is_empty(), "networks that differ, by kind: {kinds:?}");
}
