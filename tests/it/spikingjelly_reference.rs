//! Both drivers against traces written by SpikingJelly 2.0 on the reference network: currents are exact there (see
//! `benches/network`), so spikes and membranes must be equal, not close.

#[path = "../../benches/network/mod.rs"]
mod network;
use crate::shared;

use ndarray_npy::{NpzReader, ReadableElement};
use network::{HIDDEN, INPUTS, KINDS, OUTPUTS, inputs, parameters, stack};
use shared::shared;
use spikefuse::spiking::Driver;
use spikefuse::spiking::neuron::Reset;
use spikefuse::spiking::stack::{ClipInput, Input, Observer, Scratch, Snapshot, run};
use std::fs::File;

const TICKS: usize = 10;
const CLIPS: usize = 16;

/// An array of a file, flat.
fn array<T: ReadableElement>(npz: &mut NpzReader<File>, name: &str) -> Vec<T> {
    let array: ndarray::ArrayD<T> = npz.by_name(name).unwrap();
    array.into_iter().collect()
}

/// h and v of each layer, tick by tick.
#[derive(Default)]
struct Membranes {
    h: [Vec<Vec<f32>>; 2],
    v: [Vec<Vec<f32>>; 2],
}

impl Observer for Membranes {
    fn tick(&mut self, layer: usize, _: usize, snapshot: Snapshot<'_>) {
        self.h[layer].push(snapshot.charged.to_vec());
        self.v[layer].push(snapshot.membranes.to_vec());
    }
}

#[test]
fn spikes_and_membranes_are_spikingjellys() {
    let Some(folder) = shared("spikingjelly_reference") else { return };
    let (hard, soft) = (Reset::To(0.0), Reset::Subtract);
    for (input, reset, decay_input) in [
        ("p02", hard, true),
        ("p10", hard, true),
        ("p10", hard, false),
        ("p10", soft, true),
        ("analog", hard, true),
        ("analog", soft, true),
    ] {
        let reset_name = if reset == hard { "hard" } else { "soft" };
        let file = format!("{input}_{reset_name}_{}.npz", if decay_input { "decay" } else { "nodecay" });
        let mut npz = NpzReader::new(File::open(folder.join(&file)).unwrap()).unwrap();
        let given = ["W1.npy", "b1.npy", "W2.npy", "b2.npy"].map(|name| array::<f32>(&mut npz, name));
        let wanted = match input {
            "p02" => "2%",
            "p10" => "10%",
            _ => "50%", // the analog input uses the weights of the densest spikes
        };
        let kind = KINDS.into_iter().find(|kind| kind.name == wanted).unwrap();
        assert_eq!(parameters(kind.ranges), given, "{file}: generated parameters");
        let stack = stack(&given, reset, decay_input);

        let trains = inputs(kind.rate, CLIPS, TICKS);
        let analog = if input == "analog" { array::<f32>(&mut npz, "x.npy") } else { Vec::new() };
        if analog.is_empty() {
            let x = array::<u8>(&mut npz, "x.npy");
            for (at, row) in x.chunks_exact(INPUTS).enumerate() {
                let fires: Vec<u32> = (0..).zip(row).filter(|(_, x)| **x == 1).map(|(i, _)| i).collect();
                assert_eq!(trains[at % CLIPS].at((at / CLIPS) as u32), fires, "{file}: generated input");
            }
        }
        let spikes = ["s1.npy", "s2.npy"].map(|name| array::<u8>(&mut npz, name));
        let h = ["h1.npy", "h2.npy"].map(|name| array::<f32>(&mut npz, name));
        let v = ["v1.npy", "v2.npy"].map(|name| array::<f32>(&mut npz, name));
        for driver in [Driver::Event, Driver::Clock] {
            let mut scratch = Scratch::default();
            for (clip, train) in trains.iter().enumerate() {
                let frames: Vec<f32> =
                    analog.chunks_exact(INPUTS).skip(clip).step_by(CLIPS).flatten().copied().collect();
                let inputs = match input {
                    // The analog input is the same at every tick: both ways of giving it are tried.
                    "analog" if clip % 2 == 0 => Input::Frames(&frames),
                    "analog" => Input::Constant(&frames[..INPUTS]),
                    _ => Input::Spikes(train),
                };
                let mut seen = Membranes::default();
                let run = run(&stack, driver, &ClipInput::new(inputs), TICKS, &mut scratch, Some(&mut seen)).unwrap();
                for (layer, n) in [HIDDEN, OUTPUTS].into_iter().enumerate() {
                    for tick in 0..TICKS {
                        let at = (tick * CLIPS + clip) * n..(tick * CLIPS + clip + 1) * n;
                        let place = format!("{file}, {driver:?}, clip {clip}, layer {layer}, tick {tick}");
                        let fired = run.trains[layer].at(tick as u32);
                        let fired: Vec<u8> = (0..n as u32).map(|id| u8::from(fired.contains(&id))).collect();
                        assert_eq!(fired, spikes[layer][at.clone()], "spikes of {place}");
                        assert_eq!(seen.h[layer][tick], h[layer][at.clone()], "h of {place}");
                        assert_eq!(seen.v[layer][tick], v[layer][at], "v of {place}");
                    }
                }
            }
        }
        println!("{file}: {CLIPS} clips, {TICKS} ticks, both drivers: equal");
    }
}
