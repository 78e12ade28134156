//! A NIR graph: read, examined, and made a network.
#![no_main]

use spikefuse::network::interop::nir;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    spikefuse_fuzz::as_file("graph.nir", data, |path| {
        if let Ok(file) = nir::read(path) {
            let _ = nir::Info::new(&file).to_string();
            let _ = nir::diagnose(&file.graph, &nir::Target::ALL).to_string();
            let choices = nir::Choices { dt_ms: Some(1.0), time_unit: Some(nir::TimeUnit::S), reset: None };
            let _ = nir::to_network(&file.graph, "net", "weights".as_ref(), &choices);
        }
    });
});
