//! The whole of a simulation: circuit, inputs, length of the run.

use super::builder::{Builder, Place};
use super::config::{CircuitConfig, Input, Paths, Run, SimulationConfig, check_target};
use super::sets::Sets;
use crate::base::files::{Reach, folder_of, read_json};
use crate::error::{Error, Result};
use crate::network::checked::Network;
use crate::network::parts::NetworkParts;
use crate::network::source::Emits;
use crate::network::time;
use crate::recording::{Naming, UNNAMED, read_raw};
use crate::spiking::Tick;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A network with what its configuration says about the run.
#[derive(Debug, Clone)]
pub struct SonataRun {
    /// One population per type of nodes, `<population>/<node_type_id>` where a population has
    /// several; one source per population of virtual nodes.
    pub network: Network,
    /// Length of the run.
    pub ticks: Tick,
    /// The populations and node ids of the files.
    pub naming: Naming,
    /// What the configuration says that has no effect here, as in NEST.
    pub unused: Vec<String>,
    /// The files that the configuration names, and those that these name.
    pub files: Vec<PathBuf>,
}

/// Reads a simulation from its `simulation_config.json`, which may name files in its own folder and
/// below it.
///
/// # Errors
/// If a file is missing or wrong, or the network needs what this reader does not know; the error
/// names file and field.
pub fn read(path: &Path) -> Result<SonataRun> {
    read_within(path, false)
}

/// The same; with `files_anywhere` it may name any files.
///
/// # Errors
/// As [`read`].
pub fn read_within(path: &Path, files_anywhere: bool) -> Result<SonataRun> {
    let reach = Reach::new(folder_of(path), files_anywhere);
    let config: SimulationConfig = read_json(path).map_err(|e| match e {
        // The file may be no configuration at all.
        Error::Text { path, line, column, problem } => {
            Error::text(path, line, column, format!("as a SONATA simulation configuration: {problem}"))
        }
        e => e,
    })?;
    check_target(path, config.target_simulator.as_deref())?;
    let paths = Paths::new(path, &config.manifest, &reach);
    let Run { tstart, tstop, dt, .. } = config.run;
    let fail = |field: &str, problem: String| Error::file(path, format!("'{field}' {problem}"));
    // NEST's own clock counts microseconds.
    let step_us = (dt * 1000.0).round();
    if !(step_us >= 1.0 && (dt * 1000.0 - step_us).abs() < 1e-6 && step_us < 1e9) {
        return Err(fail("run.dt", format!("is {dt}: expected whole microseconds, in ms")));
    }
    if tstart != 0.0 {
        return Err(fail("run.tstart", format!("is {tstart}: runs begin at 0")));
    }
    let ticks = time::duration(tstop, dt).map_err(|problem| fail("run.tstop", format!("is {problem}")))?;

    let circuit_path = paths.resolve(&config.network)?;
    let circuit: CircuitConfig = read_json(&circuit_path)?;
    check_target(&circuit_path, circuit.target_simulator.as_deref())?;
    let circuit_paths = Paths::new(&circuit_path, &circuit.manifest, &reach);
    let name = path.parent().and_then(Path::file_name).map_or("sonata".into(), |name| name.to_string_lossy());
    let network = NetworkParts {
        name: name.into_owned(),
        dt_ms: dt,
        populations: Vec::new(),
        sources: Vec::new(),
        projections: Vec::new(),
    };
    let (places, known) = (BTreeMap::new(), BTreeMap::new());
    let mut builder = Builder { network, naming: Naming::empty(), places, known };
    for files in &circuit.networks.nodes {
        builder.nodes(&circuit_paths, &circuit.components, files)?;
    }
    for files in circuit.networks.edges.iter().filter(|files| files.enabled) {
        builder.edges(&circuit_paths, &circuit.components, files)?;
    }
    let Builder { mut network, naming, places, known } = builder;
    let circuit_sets = circuit.node_sets_file.iter().map(|file| circuit_paths.resolve(file));
    let files = circuit_sets.chain(config.node_sets_file.iter().map(|file| paths.resolve(file)));
    let sets = Sets::read(&files.collect::<Result<Vec<_>>>()?, &known)?;
    let unused = config.unused();
    for (name, fields) in config.inputs {
        let fail = |problem: String| Error::file(path, format!("'inputs.{name}' {problem}"));
        let Some(input) = Input::of(fields).map_err(fail)? else { continue };
        let file = paths.resolve(&input.input_file)?;
        let chosen = sets.choose(&input.node_set).map_err(fail)?;
        if chosen.is_empty() {
            return Err(fail(format!("has node_set {}, which no node is in", input.node_set)));
        }
        for (population, nodes) in chosen {
            let Some(&Place::Source(index, size)) = places.get(&population) else {
                let problem = format!("has node_set {} with nodes of '{population}', which is no", input.node_set);
                return Err(fail(format!("{problem} population of virtual nodes")));
            };
            let spikes = spikes(&file, (&population, size), &nodes, (dt, step_us as u64))?;
            let source = &mut network.sources[index];
            if let Emits::Spikes(earlier) = &source.emits {
                let mut all = [earlier, &spikes[..]].concat();
                all.sort_unstable();
                source.emits = Emits::Spikes(all.into());
            }
        }
    }
    let network = Network::new(network).map_err(|problem| Error::file(path, problem))?;
    Ok(SonataRun { network, ticks, naming, unused, files: reach.named() })
}

/// The spikes of the chosen nodes of a population of `size` in a file, in steps of dt and of so
/// many microseconds.
fn spikes(
    path: &Path,
    (population, size): (&str, u32),
    nodes: &BTreeSet<u32>,
    (dt_ms, step_us): (f64, u64),
) -> Result<Vec<(Tick, u32)>> {
    let choose = |names: &[&str]| {
        let named = names.iter().position(|name| *name == population);
        // What names no population, or has no spikes, is for any.
        let place = named.or((names.is_empty() || names == [UNNAMED]).then_some(0));
        place.ok_or_else(|| Error::file(path, format!("no population '{population}', but {}", names.join(", "))))
    };
    let raw = read_raw(path, Some(&choose), u64::MAX)?;
    let mut spikes = Vec::new();
    for (time, _, id) in raw.times(dt_ms) {
        if id >= size {
            return Err(Error::file(path, format!("node {id} of population '{population}', which has {size}")));
        }
        let step = ((time * 1000.0).round() as u64).div_ceil(step_us);
        let tick = step.checked_sub(1).and_then(|tick| Tick::try_from(tick).ok()).filter(|&tick| tick < Tick::MAX);
        let tick = tick.ok_or_else(|| {
            Error::file(path, format!("time {time} ms of node {id} lies in no step: NEST's times begin behind 0"))
        })?;
        if nodes.contains(&id) {
            spikes.push((tick, id));
        }
    }
    Ok(spikes)
}
