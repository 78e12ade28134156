//! Published simulations. Two are stepped by the equations of `neuron::linear` as they stand in its
//! documentation: a check of the coefficients and of the readers that does not pass through this
//! crate's simulator. SpikingJelly's traces are followed by the simulator itself. Skipped where the
//! reference data are not.

use crate::shared;

use ndarray_npy::{NpzReader, ReadableElement, write_npy};
use shared::shared;
use spikefuse::network::compile::{NetworkFile, Settings};
use spikefuse::network::interop::sonata;
use spikefuse::network::{Delays, Emits, Network, Origin, Rule, Threshold, Weights};
use spikefuse::recording::{Header, Memory, SpikeRecording, read_spikes};
use spikefuse::simulator::Simulation;
use spikefuse::spiking::Driver;
use spikefuse::spiking::neuron::Reset;
use spikefuse::spiking::neuron::linear::{Form, Leak, Receptor};
use std::fmt::Write as _;
use std::fs::File;

/// V, and current and rise of two alpha receptors.
#[derive(Clone, Copy, Default)]
struct State {
    v: f64,
    g: [f64; 2],
    d: [f64; 2],
    refractory: u32,
}

/// An edge: target's population and neuron, receptor, weight, delay.
type Edge = (usize, usize, usize, f64, usize);

/// The edges of each neuron of each population, or of each source.
type Edges = Vec<Vec<Vec<Edge>>>;

/// Those of neurons and of sources, in the order of the projections.
fn edges(network: &Network) -> [Edges; 2] {
    let mut neurons: Vec<_> = network.populations().iter().map(|p| vec![Vec::new(); p.size as usize]).collect();
    let mut sources: Vec<_> = network.sources().iter().map(|s| vec![Vec::new(); s.size as usize]).collect();
    for projection in network.projections() {
        let Rule::List(list) = &projection.rule else { panic!("a list") };
        for (e, &(source, target)) in list.iter().enumerate() {
            let weight = match &projection.weights {
                Weights::Constant(weight) => *weight,
                Weights::Each(weights) => weights[e],
                _ => panic!("weights of a file"),
            };
            let delay = match &projection.delays {
                Delays::Constant(delay) => *delay,
                Delays::Each(delays) => delays[e],
                _ => panic!("delays of a file"),
            };
            let from = match projection.from {
                Origin::Population(p) => &mut neurons[p][source as usize],
                Origin::Source(s) => &mut sources[s][source as usize],
            };
            from.push((projection.to, target as usize, projection.receptor, weight, delay.into()));
        }
    }
    [neurons, sources]
}

/// Clock-driven: every neuron at every tick.
fn step_through(network: &Network, ticks: u32) -> SpikeRecording {
    let [of_neurons, of_sources] = edges(network);
    let all = of_neurons.iter().chain(&of_sources).flatten().flatten();
    let slots = all.map(|edge| edge.4).max().unwrap_or(0) + 1;
    let mut arrivals: Vec<Vec<(usize, usize, usize, f64)>> = vec![Vec::new(); slots];
    let start =
        |p: &spikefuse::network::Population| vec![State { v: p.initial_mv[0], ..State::default() }; p.size as usize];
    let mut states: Vec<Vec<State>> = network.populations().iter().map(start).collect();
    let mut inputs: Vec<_> = network
        .sources()
        .iter()
        .map(|source| match &source.emits {
            Emits::Spikes(spikes) => spikes.iter().peekable(),
            _ => panic!("spikes of a file"),
        })
        .collect();
    let mut spikes = Vec::new();
    for tick in 0..ticks {
        for (population, states) in network.populations().iter().zip(&mut states) {
            let neuron = &population.neuron;
            for s in states {
                let mut v = neuron.steady + neuron.retention * (s.v - neuron.steady);
                for (r, receptor) in neuron.receptors.iter().enumerate() {
                    let &Receptor::Alpha { retention, rise, into_membrane, rise_into_membrane, .. } = receptor else {
                        panic!("alpha receptors")
                    };
                    v += into_membrane * s.g[r] + rise_into_membrane * s.d[r];
                    s.g[r] = retention * s.g[r] + rise * s.d[r];
                    s.d[r] *= retention;
                }
                if s.refractory == 0 {
                    s.v = v;
                } else {
                    s.refractory -= 1;
                }
            }
        }
        for (p, n, r, weight) in std::mem::take(&mut arrivals[tick as usize % slots]) {
            let Receptor::Alpha { gain, .. } = network.populations()[p].neuron.receptors[r] else { panic!() };
            states[p][n].d[r] += weight * gain;
        }
        let mut send = |edges: &[Edge]| {
            for &(p, n, r, weight, delay) in edges {
                arrivals[(tick as usize + delay) % slots].push((p, n, r, weight));
            }
        };
        for (input, edges) in inputs.iter_mut().zip(&of_sources) {
            while let Some((_, id)) = input.next_if(|spike| spike.0 == tick) {
                send(&edges[*id as usize]);
            }
        }
        for (p, (population, states)) in network.populations().iter().zip(&mut states).enumerate() {
            let (Threshold::Fixed(theta), Reset::To(reset)) = (&population.threshold, population.neuron.reset) else {
                panic!("fixed thresholds and resets")
            };
            for (n, s) in states.iter_mut().enumerate() {
                // A neuron held at a reset value below the threshold does not fire.
                if s.v >= *theta {
                    spikes.push((tick, p as u32, n as u32));
                    s.v = reset;
                    s.refractory = population.neuron.refractory;
                    send(&of_neurons[p][n]);
                }
            }
        }
    }
    let populations = network.populations().iter().map(|p| (p.name.clone(), p.size)).collect();
    SpikeRecording { dt_ms: network.dt_ms(), ticks, populations, spikes, ..SpikeRecording::default() }
}

/// 300 neurons of NEST's own test of its SONATA reader, which demands exactly 18,828 spikes; the
/// raster is of an independent implementation in numpy.
#[test]
fn the_sonata_network_fires_as_in_nest() {
    let Some(folder) = shared("sonata_300_pointneurons") else { return };
    let simulation = sonata::read(&folder.join("simulation_config.json")).unwrap();
    let network = &simulation.network;
    assert_eq!((network.dt_ms(), simulation.ticks), (0.01, 150_000));
    assert_eq!(network.populations().iter().map(|p| p.size).sum::<u32>(), 300);
    assert_eq!(network.sources().iter().map(|s| s.size).collect::<Vec<_>>(), [100]);
    let Emits::Spikes(input) = &network.sources()[0].emits else { panic!("spikes of a file") };
    assert_eq!(input.len(), 4334);
    let (mut internal, mut external, mut weights) = (0, 0, Vec::new());
    for projection in network.projections() {
        let Rule::List(list) = &projection.rule else { panic!("a list") };
        let (count, delay) = match projection.from {
            Origin::Population(_) => (&mut internal, 200),
            Origin::Source(_) => (&mut external, 100),
        };
        *count += list.len();
        assert!(matches!(projection.delays, Delays::Constant(d) if d == delay));
        match &projection.weights {
            Weights::Each(each) => weights.extend(each.iter().copied()),
            Weights::Constant(weight) => weights.push(*weight),
            _ => panic!("weights of a file"),
        }
    }
    weights.sort_by(f64::total_cmp);
    weights.dedup();
    assert_eq!((internal, external, weights), (27_588, 20_844, vec![-7.5, -3.0, 2.5, 7.0, 50.0, 65.0]));
    let scnn1a = network.populations().iter().find(|p| p.name == "internal/100").unwrap();
    assert_eq!((scnn1a.threshold.clone(), scnn1a.initial_mv[0]), (Threshold::Fixed(-43.0), -70.0));
    assert_eq!((scnn1a.neuron.reset, scnn1a.neuron.refractory), (Reset::To(-55.0), 300));

    let found = simulation.naming.rename(&step_through(network, simulation.ticks));
    assert_eq!(found.spikes.len(), 18_828);
    assert_eq!(found.populations, [("internal".to_owned(), 300)]);
    // The raster labels a spike with the end of its step.
    let raster = read_spikes(&folder.join("reference_spikes.csv"), 0.01).unwrap();
    let labelled: Vec<_> = found.spikes.iter().map(|&(tick, p, id)| (tick + 1, p, id)).collect();
    let same = labelled.iter().zip(&raster.spikes).take_while(|(a, b)| a == b).count();
    assert_eq!((same, raster.spikes.len()), (18_828, 18_828));
}

/// One LIF neuron with V(t) of two other programs: 1000 ticks of 0.1 ms, tau 2.5 ms (in single
/// precision), fires above 0.1. Norse steps by forward Euler as the discrete form does, in single
/// precision. `lif_exact` solves the equation inside a step as well, so after the first spike its
/// membrane has a head start, but no spike falls in another tick.
#[test]
fn one_neuron_follows_norse_and_the_exact_solution() {
    let Some(folder) = shared("nir_reference") else { return };
    let discrete = Form::Discrete { decay_input: true };
    let tau_ms = f64::from(0.0025_f32) * 1000.0;
    // An input of 1 that lasts for the tick: in the exact form a jump by 1 - exp(-dt / tau).
    for (file, form, weight, tolerance, until) in [
        ("lif_norse.csv", discrete, 1.0, 1e-6, 1000),
        ("lif_exact.csv", Form::Exact, -(-0.1 / tau_ms).exp_m1(), 1e-12, 460),
    ] {
        let leak = Leak { tau_ms: Some(tau_ms), rest_mv: 0.0, bias_mv: 0.0, dt_ms: 0.1, form };
        let ((retention, ..), Receptor::Delta { gain }) = (leak.coefficients(), leak.delta()) else { panic!() };
        let text = std::fs::read_to_string(folder.join("01_lif").join(file)).unwrap();
        let (mut v, mut fired, mut ticks) = (0.0, 0, 0);
        for (tick, line) in text.lines().enumerate() {
            let row: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
            v = retention * v + row[0] * weight * gain;
            let spike = v > 0.1;
            if spike {
                v = 0.0;
                fired += 1;
            }
            assert_eq!(spike, row[2] == 1.0, "{file} at tick {tick}");
            assert!(tick >= until || (v - row[1]).abs() <= tolerance, "{file} at tick {tick}: {v} for {}", row[1]);
            ticks += 1;
        }
        assert_eq!((fired, ticks), (4, 1000), "{file}");
    }
}

/// An array of an `.npz` file.
fn array<T: ReadableElement>(npz: &mut NpzReader<File>, name: &str) -> ndarray::ArrayD<T> {
    npz.by_name(&format!("{name}.npy")).unwrap()
}

/// 512 -> Linear -> 512 LIF -> Linear -> 300 LIF as a network file: SpikingJelly's step is a tick,
/// its tau of 2 is 2 ms, and the biases are the weights of a source that fires at every tick. A
/// projection takes a tick, so the hidden layer is one tick behind the input and the output two,
/// and biases set in with the first input.
fn spikingjelly_network(emits: &str, reset: &str, decay_input: bool) -> String {
    let mut text = String::from("(format: 1, dt_ms: 1, populations: [");
    for (name, size) in [("hidden", 512), ("output", 300)] {
        let form = format!("Discrete(decay_input: {decay_input})");
        let neuron = format!("Lif(tau_m_ms: 2, threshold: Fixed(v_th_mv: 1), reset: {reset}, form: {form})");
        write!(text, "(name: {name:?}, size: {size}, neuron: {neuron}),").unwrap();
    }
    let bias =
        |layer, first| format!("(name: \"bias{layer}\", size: 1, emits: Regular(first_ms: {first}, period_ms: 1)),");
    write!(text, "], sources: [(name: \"input\", size: 512, emits: {emits}), {}{}],", bias(1, 0), bias(2, 1)).unwrap();
    text += "projections: [";
    for (from, to, file) in
        [("input", "hidden", "W1"), ("bias1", "hidden", "b1"), ("hidden", "output", "W2"), ("bias2", "output", "b2")]
    {
        write!(text, "(from: {from:?}, to: {to:?}, rule: Matrix(file: \"{file}.npy\")),").unwrap();
    }
    text + "], record: (membrane: [\"hidden\", \"output\"]))"
}

/// All of SpikingJelly's reference traces. The simulator sums in double precision, SpikingJelly in
/// single. With spikes as input nothing is rounded in either, and membranes are equal. With analog
/// input their halves need more than 24 bits; but none that is not exactly at the threshold comes
/// nearer to it than 5e-6, so no spike hangs on that.
#[test]
fn a_network_file_follows_spikingjelly() {
    const TICKS: u32 = 10;
    const CLIPS: usize = 16;
    const ROUNDING: f64 = 1e-6;
    let Some(reference) = shared("spikingjelly_reference") else { return };
    for (input, reset, decay_input) in [
        ("p02", "hard", true),
        ("p10", "hard", true),
        ("p10", "hard", false),
        ("p10", "soft", true),
        ("analog", "hard", true),
        ("analog", "soft", true),
    ] {
        let file = format!("{input}_{reset}_{}.npz", if decay_input { "decay" } else { "nodecay" });
        let mut npz = NpzReader::new(File::open(reference.join(&file)).unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for name in ["W1", "W2", "b1", "b2"] {
            let values = array::<f32>(&mut npz, name);
            let (targets, sources) = (values.shape()[0], values.len() / values.shape()[0]);
            let matrix = values.to_shape((targets, sources)).unwrap();
            write_npy(folder.path().join(format!("{name}.npy")), &matrix).unwrap();
        }
        let layers = ["s1", "s2"].map(|name| array::<u8>(&mut npz, name));
        let membranes = ["v1", "v2"].map(|name| array::<f32>(&mut npz, name));
        let tolerance = if input == "analog" { ROUNDING } else { 0.0 };
        let (mut fired, mut farthest) = (0, 0.0_f64);
        for clip in 0..CLIPS {
            let emits = if input == "analog" {
                let x = array::<f32>(&mut npz, "x");
                let frames = x.index_axis(ndarray::Axis(1), clip).to_owned();
                write_npy(folder.path().join("x.npy"), &frames).unwrap();
                "Frames(file: \"x.npy\", frame_ms: 1)"
            } else {
                let x = array::<u8>(&mut npz, "x");
                let mut lines = String::from("time_ms,id\n");
                for (at, _) in x.index_axis(ndarray::Axis(1), clip).indexed_iter().filter(|(_, x)| **x == 1) {
                    writeln!(lines, "{},{}", at[0], at[1]).unwrap();
                }
                std::fs::write(folder.path().join("x.csv"), lines).unwrap();
                "SpikeFile(file: \"x.csv\")"
            };
            let reset = if reset == "hard" { "Hard(v_reset_mv: 0)" } else { "Soft" };
            let path = folder.path().join("network.ron");
            std::fs::write(&path, spikingjelly_network(emits, reset, decay_input)).unwrap();
            let compiled = NetworkFile::read(&path).unwrap().compile(&Settings::default()).unwrap();
            let (network, probes) = (compiled.network, compiled.record.probes);
            for driver in [Driver::Event, Driver::Clock] {
                let ticks = TICKS + 2;
                let populations = network.populations().iter().map(|p| (p.name.clone(), p.size)).collect();
                let header = Header { dt_ms: 1.0, populations, probes: probes.clone(), ..Header::default() };
                let mut memory = Memory::new(header).unwrap();
                let mut simulation = Simulation::new(&network, driver, 1, probes.clone()).unwrap();
                simulation.run(ticks, &mut memory, &mut |_| {}).unwrap();
                let (found, traces) = memory.finish(ticks).unwrap();
                for layer in 0..2 {
                    let size = network.populations()[layer].size as usize;
                    for step in 0..TICKS as usize {
                        let tick = step + layer + 1;
                        let place = format!("{file}, {driver:?}, clip {clip}, layer {layer}, step {step}");
                        let spikes = found.spikes.iter().filter(|s| (s.0 as usize, s.1 as usize) == (tick, layer));
                        let spikes: Vec<usize> = spikes.map(|s| s.2 as usize).collect();
                        let expected: Vec<usize> = (0..size).filter(|&n| layers[layer][[step, clip, n]] == 1).collect();
                        assert_eq!(spikes, expected, "spikes of {place}");
                        fired += spikes.len();
                        for n in 0..size {
                            let v = traces[layer].values[tick * size + n];
                            let error = (v - f64::from(membranes[layer][[step, clip, n]])).abs();
                            assert!(error <= tolerance, "membrane {n} of {place} by {error}");
                            farthest = farthest.max(error);
                        }
                    }
                }
            }
        }
        println!("{file}: {} spikes, membranes within {farthest:e}", fired / 2);
        assert!(fired > 0, "{file} is silent");
    }
}
