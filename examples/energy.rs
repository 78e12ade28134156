//! What sparseness is worth: the modelled energy of one spiking layer, event-driven, against its
//! dense twin (one matrix product with ReLU), as more and more of its inputs fire.
//!
//!     cargo run --release --example energy

use spikefuse::Result;
use spikefuse::base::counter::unit;
use spikefuse::energy::{Cost, DataType, EnergyTable, Ledger, MEMBRANE_UPDATE, SpikingLayer};
use spikefuse::spiking::Driver;
use spikefuse::spiking::SpikeTrain;
use spikefuse::spiking::neuron::Reset;
use spikefuse::spiking::neuron::lif::LifParams;
use spikefuse::spiking::stack::DenseSynapses;
use spikefuse::spiking::stack::{ClipInput, Input, Layer, Scratch, Stack, run};
use spikefuse::spiking::threshold::LayerThreshold;

const INPUTS: usize = 512;
const NEURONS: usize = 256;
const TICKS: usize = 4;

fn main() -> Result<()> {
    let weight: Vec<f32> = (0..(INPUTS * NEURONS) as u64).map(|n| (0.2 * unit(1, n) - 0.08) as f32).collect();
    let lif = LifParams { tau: 2.0, decay_input: true, reset: Reset::To(0.0) };
    let layer =
        Layer::new(DenseSynapses::dense(NEURONS, INPUTS, &weight)?, &[0.0; NEURONS], lif, LayerThreshold::Fixed(1.0))?;
    let stack = Stack::new(vec![layer])?;
    let table = EnergyTable::default_table();

    println!("{INPUTS} inputs, {NEURONS} neurons, {TICKS} ticks; table {} ({})", table.name, table.grade);
    println!("{:>10} {:>9} {:>11} {:>11} {:>14}", "input rate", "spikes", "SynOps", "nJ", "of dense twin");
    let mut before = 0.0;
    for percent in [0, 1, 2, 5, 10, 20, 50, 100] {
        let mut input = SpikeTrain::new(INPUTS);
        for tick in 0..TICKS as u64 {
            let fires = |i: &u32| unit(2, tick << 32 | u64::from(*i)) < f64::from(percent) / 100.0;
            input.push_tick((0..INPUTS as u32).filter(fires))?;
        }
        let clip = ClipInput::new(Input::Spikes(&input));
        let counts = run(&stack, Driver::Event, &clip, TICKS, &mut Scratch::default(), None)?.total();
        let mut ledger = Ledger::new(1);
        let layer = SpikingLayer {
            weights: None,
            counts,
            analog_macs: 0,
            neuron_steps: (NEURONS * TICKS) as u64,
            update: MEMBRANE_UPDATE,
            reset: Cost::ZERO,
            threshold: Cost::ZERO,
            twin: Some([(INPUTS * NEURONS) as u64, NEURONS as u64]),
        };
        ledger.file_spiking("layer", DataType::Fp32, &layer);
        let priced = table.apply(&ledger, None)?;
        let energy = priced.total_pj;
        let share = 100.0 * energy / priced.dense_twin_pj.unwrap_or(f64::NAN);
        println!("{percent:>8} % {:>9} {:>11} {:>11.1} {share:>12.1} %", counts.spikes, counts.synops, energy / 1000.0);
        assert_eq!(counts.synops, (input.total() * NEURONS) as u64);
        assert!(energy >= before);
        before = energy;
    }
    println!("\nThe table prices arithmetic only: no memory access, control, routing or static power.");
    Ok(())
}
