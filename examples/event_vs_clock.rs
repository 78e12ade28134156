//! One network, two ways through time: event by event and tick by tick. Spikes, membranes and thresholds are equal bit by bit,
//! the work is not.
//!
//!     cargo run --release --example event_vs_clock

use spikefuse::Result;
use spikefuse::base::counter::unit;
use spikefuse::spiking::Driver;
use spikefuse::spiking::SpikeTrain;
use spikefuse::spiking::neuron::Reset;
use spikefuse::spiking::neuron::lif::LifParams;
use spikefuse::spiking::stack::DenseSynapses;
use spikefuse::spiking::stack::{ClipInput, Input, Layer, Observer, Scratch, Snapshot, Stack, run};
use spikefuse::spiking::threshold::{DynamicThreshold, LayerThreshold};

const SIZES: [usize; 3] = [256, 128, 32];
const TICKS: usize = 12;
/// Share of the inputs that fire at every third tick; between, nothing arrives.
const RATE: f64 = 0.02;

/// Writes down all membranes and thresholds as bits, so that equal means equal.
#[derive(Default, PartialEq)]
struct Recorder(Vec<u32>);

impl Observer for Recorder {
    fn tick(&mut self, _layer: usize, _tick: usize, snapshot: Snapshot<'_>) {
        self.0.extend(snapshot.membranes.iter().chain(snapshot.thresholds).map(|value| value.to_bits()));
    }
}

/// LIF neurons with thresholds that move, and made-up weights.
fn layer(seed: u64, inputs: usize, outputs: usize) -> Result<Layer> {
    let weight: Vec<f32> = (0..(inputs * outputs) as u64).map(|n| (1.4 * unit(seed, n) - 0.6) as f32).collect();
    let lif = LifParams { tau: 2.0, decay_input: true, reset: Reset::To(0.0) };
    let threshold = LayerThreshold::Dynamic(DynamicThreshold {
        theta_0: 1.0,
        theta_min: 0.25,
        theta_max: 2.0,
        gain_entropy: 0.1,
        gain_pooling: 0.0,
        gain_trace: 0.2,
        trace_decay: 0.5,
    });
    Layer::new(DenseSynapses::dense(outputs, inputs, &weight)?, &vec![0.0; outputs], lif, threshold)
}

fn main() -> Result<()> {
    let stack = Stack::new(vec![layer(1, SIZES[0], SIZES[1])?, layer(2, SIZES[1], SIZES[2])?])?;
    let mut input = SpikeTrain::new(SIZES[0]);
    for tick in 0..TICKS as u64 {
        let fires = |i: &u32| tick % 3 == 0 && unit(3, tick << 32 | u64::from(*i)) < RATE;
        input.push_tick((0..SIZES[0] as u32).filter(fires))?;
    }
    let clip = ClipInput::new(Input::Spikes(&input));
    let mut scratch = Scratch::default();
    let mut states = Vec::new();
    let mut runs = Vec::new();
    for driver in [Driver::Event, Driver::Clock] {
        let mut recorder = Recorder::default();
        let watched = run(&stack, driver, &clip, TICKS, &mut scratch, Some(&mut recorder))?;
        states.push(recorder);
        // Looking at the state costs updates, so the work is counted in a run that nobody looks at.
        let alone = run(&stack, driver, &clip, TICKS, &mut scratch, None)?;
        assert_eq!(watched.trains, alone.trains);
        runs.push(alone);
    }
    assert_eq!(runs[0].trains, runs[1].trains);
    assert!(states[0] == states[1], "membranes and thresholds differ");

    println!("spikes per tick");
    println!("  input    {:?}", input.counts().collect::<Vec<_>>());
    for (l, train) in runs[0].trains.iter().enumerate() {
        println!("  layer {l}  {:?}", train.counts().collect::<Vec<_>>());
    }
    println!("equal in both drivers: {} values of membranes and thresholds\n", states[0].0.len());
    println!("{:<20} {:>8} {:>8}", "work", "event", "clock");
    let [event, clock] = [&runs[0], &runs[1]].map(|run| run.total());
    for (name, event, clock) in [
        ("SynOps", event.synops, clock.synops),
        ("MACs", event.macs, clock.macs),
        ("membrane updates", event.membrane_updates, clock.membrane_updates),
        ("threshold updates", event.threshold_updates, clock.threshold_updates),
        ("queue operations", event.queue_operations, clock.queue_operations),
    ] {
        println!("{name:<20} {event:>8} {clock:>8}");
    }
    assert!(event.synops < clock.macs);
    Ok(())
}
