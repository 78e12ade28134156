//! An array by name: a matrix of a network from a safetensors file, or with a first byte of 1 from an
//! npz file.
#![no_main]

use spikefuse::network::compile::{Settings, compile};
use spikefuse::network::spec::NetworkSpec;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((&kind, data)) = data.split_first() else { return };
    let name = if kind == 1 { "a.npz" } else { "a.safetensors" };
    let text = format!(
        r#"(format: 1, dt_ms: 1, populations: [(name: "p", size: 2, neuron: If())],
        sources: [(name: "s", size: 2, emits: Spikes())],
        projections: [(from: "s", to: "p", rule: Matrix(file: Tensor("{name}", "w")))])"#
    );
    let Ok(spec) = NetworkSpec::from_ron(&text) else { return };
    spikefuse_fuzz::as_file(name, data, |path| {
        let folder = path.parent().unwrap_or(path);
        let _ = compile(&spec, folder, &Settings { memory_limit: Some(1 << 24), ..Settings::default() });
    });
});
