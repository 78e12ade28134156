//! A neuron that fires although nothing arrives: its threshold falls below its membrane. An
//! event-driven simulator that only looks at neurons with input would miss that spike.
//!
//!     cargo run --example threshold_without_input

use spikefuse::Result;
use spikefuse::spiking::Driver;
use spikefuse::spiking::neuron::Reset;
use spikefuse::spiking::neuron::lif::LifParams;
use spikefuse::spiking::stack::DenseSynapses;
use spikefuse::spiking::stack::{ClipInput, Input, Layer, Observer, Scratch, Snapshot, Stack, run};
use spikefuse::spiking::threshold::{DynamicThreshold, LayerThreshold};
use spikefuse::spiking::{Spike, SpikeTrain};

const TICKS: usize = 8;

/// Prints the neuron at each tick.
struct Printer;

impl Observer for Printer {
    fn tick(&mut self, _layer: usize, tick: usize, snapshot: Snapshot<'_>) {
        let (charged, threshold) = (snapshot.charged[0], snapshot.thresholds[0]);
        println!("{tick:>4} {charged:>10.4} {threshold:>10.4}   {}", if charged >= threshold { "spike" } else { "" });
    }
}

fn main() -> Result<()> {
    // tau = 50: the membrane loses 2 % per tick.
    let lif = LifParams { tau: 50.0, decay_input: false, reset: Reset::To(0.0) };
    let threshold = DynamicThreshold {
        theta_0: 1.0,
        theta_min: 0.25,
        theta_max: 2.0,
        gain_entropy: 0.0,
        gain_pooling: 0.0,
        gain_trace: 0.0,
        trace_decay: 0.5,
    };
    let synapse = DenseSynapses::dense(1, 1, &[0.5])?;
    let stack = Stack::new(vec![Layer::new(synapse, &[0.0], lif, LayerThreshold::Dynamic(threshold))?])?;

    // One spike at tick 0, then silence. The cue of the dense branch asks for a threshold of 1 -
    // 0.7, half of the way per tick.
    let input = SpikeTrain::from_spikes(1, TICKS, [Spike { tick: 0, source: 0 }])?;
    let cue = [-0.7];
    let clip = ClipInput { cues: vec![&cue], ..ClipInput::new(Input::Spikes(&input)) };

    println!("tick   membrane  threshold");
    let mut scratch = Scratch::default();
    let clock = run(&stack, Driver::Clock, &clip, TICKS, &mut scratch, Some(&mut Printer))?;
    let event = run(&stack, Driver::Event, &clip, TICKS, &mut scratch, None)?;
    println!("\nspikes, tick by tick:   {:?}", clock.trains[0].iter().collect::<Vec<_>>());
    println!("spikes, event by event: {:?}", event.trains[0].iter().collect::<Vec<_>>());
    let [event_work, clock_work] = [event.total(), clock.total()];
    println!(
        "woken {} times; membrane updates {} of {}",
        event_work.wakes, event_work.membrane_updates, clock_work.membrane_updates
    );
    assert_eq!(event.trains, clock.trains);
    assert_eq!(event.trains[0].iter().collect::<Vec<_>>(), [Spike { tick: 2, source: 0 }]);
    Ok(())
}
