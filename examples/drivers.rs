//! A network of two populations made in code, run event by event and tick by tick: the same spikes for fewer operations.
//!
//!     cargo run --example drivers

use spikefuse::Result;
use spikefuse::energy::counts::LayerCounts;
use spikefuse::network::{Delays, Emits, Network, Origin, Population, Projection, Rule, Source, Threshold, Weights};
use spikefuse::recording::{Header, Memory, SpikeRecording};
use spikefuse::simulator::Simulation;
use spikefuse::spiking::Driver;
use spikefuse::spiking::neuron::Reset;
use spikefuse::spiking::neuron::linear::{Form, Leak, Neuron};
use std::sync::Arc;

const DT_MS: f64 = 0.1;
const TICKS: u32 = 5000;

/// Leaky neurons with delta synapses that fire at 20 mV.
fn cells(name: &str, size: u32, threshold: Threshold) -> Population {
    let leak = Leak { tau_ms: Some(20.0), rest_mv: 0.0, bias_mv: 0.0, dt_ms: DT_MS, form: Form::Exact };
    let (retention, steady, drive) = leak.coefficients();
    let neuron = Neuron {
        retention,
        steady,
        drive,
        reset: Reset::To(0.0),
        refractory: 20,
        keep_refractory_input: false,
        strict: false,
        receptors: vec![leak.delta()],
    };
    Population { name: name.into(), size, neuron, threshold, initial_mv: vec![0.0] }
}

/// Each neuron of a population draws some of `sources` neurons or sources.
fn draw(
    seed: u64,
    from: Origin,
    sources: u32,
    (to, targets): (usize, u32),
    degree: u32,
    weight: f64,
    delay: u16,
) -> Projection {
    let (allow_autapses, allow_multapses) = (true, true);
    let rule = Rule::FixedInDegree { degree, seed, stride: degree.into(), offset: 0, allow_autapses, allow_multapses };
    Projection {
        from,
        from_ids: 0..sources,
        to,
        to_ids: 0..targets,
        receptor: 0,
        rule,
        weights: Weights::Constant(weight),
        delays: Delays::Constant(delay),
    }
}

fn simulate(network: &Arc<Network>, driver: Driver) -> Result<(SpikeRecording, LayerCounts)> {
    let populations = network.populations.iter().map(|p| (p.name.clone(), p.size)).collect();
    let mut memory = Memory::new(Header { dt_ms: DT_MS, populations, probes: Vec::new(), ..Header::default() })?;
    let mut simulation = Simulation::new(network.clone(), driver, 2, Vec::new())?;
    simulation.run(TICKS, &mut memory, &mut |_| {})?;
    Ok((memory.finish(TICKS)?.0, simulation.counts().into_iter().sum()))
}

fn main() -> Result<()> {
    let (exc, inh, input) = (Origin::Population(0), Origin::Population(1), Origin::Source(0));
    let adaptive = Threshold::Adaptive { base: 20.0, jump: 3.0, retention: (-DT_MS / 100.0).exp() };
    let poisson = Emits::Poisson { mean: 0.001, seed: 9, stride: 1 << 32 };
    let network = Arc::new(Network {
        name: "two populations".into(),
        dt_ms: DT_MS,
        populations: vec![cells("exc", 800, adaptive), cells("inh", 200, Threshold::Fixed(20.0))],
        sources: vec![Source { name: "input".into(), size: 400, emits: poisson }],
        projections: vec![
            draw(1, input, 400, (0, 800), 20, 4.0, 1),
            draw(2, input, 400, (1, 200), 20, 4.0, 1),
            draw(3, exc, 800, (0, 800), 20, 1.0, 15),
            draw(4, exc, 800, (1, 200), 20, 1.0, 15),
            draw(5, inh, 200, (0, 800), 5, -4.0, 8),
        ],
    });
    let (event, event_work) = simulate(&network, Driver::Event)?;
    let (clock, clock_work) = simulate(&network, Driver::Clock)?;
    assert_eq!(event, clock);
    println!("spikes, from either driver: {}", event.spikes.len());
    println!("{:24}{:>14}{:>14}", "", "event", "clock");
    for (name, of) in [
        ("synaptic operations", (|c| c.synops) as fn(&LayerCounts) -> u64),
        ("neuron steps", |c| c.membrane_updates),
        ("threshold steps", |c| c.threshold_updates),
        ("queue operations", |c| c.queue_operations),
    ] {
        println!("{name:24}{:>14}{:>14}", of(&event_work), of(&clock_work));
    }
    Ok(())
}
