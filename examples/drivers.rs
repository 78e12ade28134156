//! A network of two populations made in code, run event by event and tick by tick: the same spikes
//! for fewer operations.
//!
//!     cargo run --example drivers

use spikefuse::Result;
use spikefuse::energy::counts::LayerCounts;
use spikefuse::network::build::NetworkBuilder;
use spikefuse::network::spec::{Alif, FixedInDegree, Lif, Poisson};
use spikefuse::network::{Ms, Network};
use spikefuse::recording::{Header, Memory, SpikeRecording};
use spikefuse::simulator::Simulation;
use spikefuse::spiking::Driver;

const TICKS: u32 = 5000;

/// Excitatory and inhibitory neurons that draw their inputs from each other and from noise.
fn network() -> Result<Network> {
    let mut net = NetworkBuilder::new(Ms(0.1)).name("two populations");
    let exc = net.population("exc", 800, Alif::default().jump_mv(3.0).refractory_ms(2.0));
    let inh = net.population("inh", 200, Lif::default().refractory_ms(2.0));
    let input = net.source("input", 400, Poisson::hz(10.0).seed(9));
    let draw = |degree: u32, seed: u64| FixedInDegree::new(degree).seed(seed);
    net.connect(input, exc).rule(draw(20, 1)).weight(4.0);
    net.connect(input, inh).rule(draw(20, 2)).weight(4.0);
    net.connect(exc, exc).rule(draw(20, 3)).weight(1.0).delay_ms(1.5);
    net.connect(exc, inh).rule(draw(20, 4)).weight(1.0).delay_ms(1.5);
    net.connect(inh, exc).rule(draw(5, 5)).weight(-4.0).delay_ms(0.8);
    net.build()
}

fn simulate(network: &Network, driver: Driver) -> Result<(SpikeRecording, LayerCounts)> {
    let populations = network.populations().iter().map(|p| (p.name.clone(), p.size)).collect();
    let mut memory = Memory::new(Header { dt_ms: network.dt_ms(), populations, ..Header::default() })?;
    let mut simulation = Simulation::new(network, driver, 2, Vec::new())?;
    simulation.run(TICKS, &mut memory, &mut |_| {})?;
    Ok((memory.finish(TICKS)?.0, simulation.counts().into_iter().sum()))
}

fn main() -> Result<()> {
    let network = network()?;
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
