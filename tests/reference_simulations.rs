//! Published simulations, stepped by the equations of `neuron::linear` as they stand in its documentation: a check of the
//! coefficients and of the readers that does not pass through this crate's simulator. Skipped where the reference data are not.

use spikefuse::interop::sonata;
use spikefuse::network::{Delays, Emits, Network, Origin, Rule, Threshold, Weights};
use spikefuse::neuron::linear::{Form, Leak, Receptor, Reset};
use spikefuse::recording::{SpikeRecording, read_spikes};
use std::path::{Path, PathBuf};

/// A folder of reference data, if it is there: below `$SPIKEFUSE_SHARED`, else `../shared`.
fn shared(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("SPIKEFUSE_SHARED").map(PathBuf::from);
    let root = root.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    let folder = root.join("data").join(name);
    if !folder.is_dir() {
        eprintln!("skipped: no folder {}", folder.display());
    }
    folder.is_dir().then_some(folder)
}

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
    let mut neurons: Vec<_> = network.populations.iter().map(|p| vec![Vec::new(); p.size as usize]).collect();
    let mut sources: Vec<_> = network.sources.iter().map(|s| vec![Vec::new(); s.size as usize]).collect();
    for projection in &network.projections {
        let Rule::List(list) = &projection.rule else { panic!("a list") };
        for (e, &(source, target)) in list.iter().enumerate() {
            let weight = match &projection.weights {
                Weights::Constant(weight) => *weight,
                Weights::Each(weights) => weights[e].into(),
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
    let mut states: Vec<Vec<State>> = network.populations.iter().map(start).collect();
    let mut inputs: Vec<_> = network
        .sources
        .iter()
        .map(|source| match &source.emits {
            Emits::Spikes(spikes) => spikes.iter().peekable(),
            _ => panic!("spikes of a file"),
        })
        .collect();
    let mut spikes = Vec::new();
    for tick in 0..ticks {
        for (population, states) in network.populations.iter().zip(&mut states) {
            let neuron = &population.neuron;
            for s in states {
                let mut v = neuron.retention * s.v + neuron.drive;
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
            let Receptor::Alpha { gain, .. } = network.populations[p].neuron.receptors[r] else { panic!() };
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
        for (p, (population, states)) in network.populations.iter().zip(&mut states).enumerate() {
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
    let populations = network.populations.iter().map(|p| (p.name.clone(), p.size)).collect();
    SpikeRecording { dt_ms: network.dt_ms, ticks, populations, spikes }
}

/// 300 neurons of NEST's own test of its SONATA reader, which demands exactly 18,828 spikes; the raster is of an
/// independent implementation in numpy.
#[test]
fn the_sonata_network_fires_as_in_nest() {
    let Some(folder) = shared("sonata_300_pointneurons") else { return };
    let simulation = sonata::read(&folder.join("simulation_config.json")).unwrap();
    let network = &simulation.network;
    assert_eq!((network.dt_ms, simulation.ticks), (0.01, 150_000));
    assert_eq!(network.populations.iter().map(|p| p.size).sum::<u32>(), 300);
    assert_eq!(network.sources.iter().map(|s| s.size).collect::<Vec<_>>(), [100]);
    let Emits::Spikes(input) = &network.sources[0].emits else { panic!("spikes of a file") };
    assert_eq!(input.len(), 4334);
    let (mut internal, mut external, mut weights) = (0, 0, Vec::new());
    for projection in &network.projections {
        let Rule::List(list) = &projection.rule else { panic!("a list") };
        let (count, delay) = match projection.from {
            Origin::Population(_) => (&mut internal, 200),
            Origin::Source(_) => (&mut external, 100),
        };
        *count += list.len();
        assert!(matches!(projection.delays, Delays::Constant(d) if d == delay));
        match &projection.weights {
            Weights::Each(each) => weights.extend(each.iter().copied()),
            Weights::Constant(weight) => weights.push(*weight as f32),
            _ => panic!("weights of a file"),
        }
    }
    weights.sort_by(f32::total_cmp);
    weights.dedup();
    assert_eq!((internal, external, weights), (27_588, 20_844, vec![-7.5, -3.0, 2.5, 7.0, 50.0, 65.0]));
    let scnn1a = network.populations.iter().find(|p| p.name == "internal_100").unwrap();
    assert_eq!((scnn1a.threshold.clone(), scnn1a.initial_mv[0]), (Threshold::Fixed(-43.0), -70.0));
    assert_eq!((scnn1a.neuron.reset, scnn1a.neuron.refractory), (Reset::To(-55.0), 300));

    let found = simulation.by_node(&step_through(network, simulation.ticks));
    assert_eq!(found.spikes.len(), 18_828);
    assert_eq!(found.populations, [("internal".to_owned(), 300)]);
    // The raster labels a spike with the end of its step.
    let raster = read_spikes(&folder.join("reference_spikes.csv"), 0.01).unwrap();
    let labelled: Vec<_> = found.spikes.iter().map(|&(tick, p, id)| (tick + 1, p, id)).collect();
    let same = labelled.iter().zip(&raster.spikes).take_while(|(a, b)| a == b).count();
    assert_eq!((same, raster.spikes.len()), (18_828, 18_828));
}

/// One LIF neuron with V(t) of two other programs: 1000 ticks of 0.1 ms, tau 2.5 ms (in single precision), fires above 0.1. Norse steps by
/// forward Euler as the discrete form does, in single precision. `lif_exact` solves the equation inside a step as well, so after the first
/// spike its membrane has a head start, but no spike falls in another tick.
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
        let ((retention, drive), Receptor::Delta { gain }) = (leak.coefficients(), leak.delta()) else { panic!() };
        let text = std::fs::read_to_string(folder.join("01_lif").join(file)).unwrap();
        let (mut v, mut fired, mut ticks) = (0.0, 0, 0);
        for (tick, line) in text.lines().enumerate() {
            let row: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
            v = retention * v + drive + row[0] * weight * gain;
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
