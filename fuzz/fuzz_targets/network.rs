//! A network file: parsed, checked, completed and, if it is small, run for some ticks.
#![no_main]

use spikefuse::network::compile::{NetworkFile, Settings};
use spikefuse::recording::Ignore;
use spikefuse::spiking::Driver;
use spikefuse::simulator::Simulation;
use spikefuse_fuzz::{Template, in_folder, template};
use std::sync::OnceLock;

/// Files that a network may name: `a.csv`, `a.npy`, `s.csv`.
fn make() -> Template {
    vec![
        ("net.ron".into(), Vec::new()),
        ("a.csv".into(), b"1,2\n3,4\n".to_vec()),
        ("a.npy".into(), template::npy("<f4", false, "(2, 2)", &template::floats(&[1.0, 0.0, 2.0, -1.0]))),
        ("s.csv".into(), b"time_ms,id\n1,0\n2.5,1\n".to_vec()),
        ("e.csv".into(), b"source,target,weight\n0,0,1\n1,0,2\n".to_vec()),
    ]
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    static FILES: OnceLock<Template> = OnceLock::new();
    let data: Vec<u8> = std::iter::once(0).chain(data.iter().copied()).collect();
    in_folder(&FILES, make, &data, |folder| {
        let settings = Settings { memory_limit: Some(1 << 20), ..Settings::default() };
        let Ok(compiled) = NetworkFile::read(&folder.join("net.ron")).and_then(|file| file.compile(&settings)) else {
            return;
        };
        let network = compiled.network;
        let pairs = network.projections().iter().map(|p| p.from_ids.len() * p.to_ids.len());
        if pairs.max().unwrap_or(0) > 1 << 20 {
            return;
        }
        for driver in [Driver::Event, Driver::Clock] {
            if let Ok(mut simulation) = Simulation::new(&network, driver, 1, compiled.record.probes.clone()) {
                let _ = simulation.run(20, &mut Ignore, &mut |_| {});
            }
        }
    });
});
