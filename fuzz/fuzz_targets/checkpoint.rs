//! A checkpoint of a simulation, gone on from.
#![no_main]

use spikefuse::recording::Ignore;
use spikefuse::spiking::Driver;
use spikefuse::simulator::{Checkpoint, Simulation};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    spikefuse_fuzz::as_file("checkpoint.safetensors", data, |path| {
        let Ok(checkpoint) = Checkpoint::load(path, "it") else { return };
        for driver in [Driver::Event, Driver::Clock] {
            let mut simulation = Simulation::new(spikefuse_fuzz::network(), driver, 1, Vec::new()).expect("a network");
            if simulation.restore(&checkpoint).is_ok() {
                let until = simulation.now().saturating_add(20);
                let _ = simulation.run(until, &mut Ignore, &mut |_| {});
            }
        }
    });
});
