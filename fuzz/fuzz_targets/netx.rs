//! A network of Lava's NetX: read, checked and completed.
#![no_main]

use spikefuse::network::compile::Settings;
use spikefuse::network::interop::netx;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    spikefuse_fuzz::as_file("small.net", data, |path| {
        if let Ok(file) = netx::read(path) {
            let _ = file.compile(&Settings { memory_limit: Some(1 << 20), ..Settings::default() });
        }
    });
});
