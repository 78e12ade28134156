//! Reads a network file, simulates it for a fifth of a second, and draws its spikes.
//!
//!     cargo run --example raster -- [networks/cuba4k.ron [raster.svg]]

use spikefuse::network::compile::{NetworkFile, Settings};
use spikefuse::plot::{RasterOptions, raster};
use spikefuse::recording::{Header, Memory};
use spikefuse::simulator::Simulation;
use spikefuse::spiking::Driver;
use spikefuse::{Error, Result};
use std::path::{Path, PathBuf};

const DURATION_MS: f64 = 200.0;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let cuba = || Path::new(env!("CARGO_MANIFEST_DIR")).join("networks/cuba4k.ron");
    let file = arguments.next().unwrap_or_else(cuba);
    // Without a name for the picture it goes into a folder that is removed at the end.
    let scratch = tempfile::tempdir().map_err(|e| Error::file("temporary folder", e))?;
    let picture = arguments.next().unwrap_or_else(|| scratch.path().join("raster.svg"));

    let network = NetworkFile::read(&file)?.compile(&Settings::default())?.network;
    let populations = network.populations().iter().map(|p| (p.name.clone(), p.size)).collect();
    let mut memory =
        Memory::new(Header { dt_ms: network.dt_ms(), populations, probes: Vec::new(), ..Header::default() })?;
    let ticks = (DURATION_MS / network.dt_ms()).round() as u32;
    let mut simulation = Simulation::new(&network, Driver::Auto, 2, Vec::new())?;
    simulation.run(ticks, &mut memory, &mut |_| {})?;
    let (recording, _) = memory.finish(ticks)?;

    raster(&recording, &RasterOptions::default())?.write(&picture)?;
    println!("{}: {} spikes in {DURATION_MS} ms", file.display(), recording.spikes.len());
    let bytes = std::fs::metadata(&picture).map_err(|e| Error::file(&picture, e))?.len();
    println!("{}: {bytes} bytes", picture.display());
    Ok(())
}
