//! A SONATA network, one of whose files is the input.
#![no_main]

use spikefuse_fuzz::{Template, in_folder, template};
use std::sync::OnceLock;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    static FILES: OnceLock<Template> = OnceLock::new();
    in_folder(&FILES, template::sonata, data, |folder| {
        let _ = spikefuse::network::interop::sonata::read(&folder.join("simulation_config.json"));
    });
});
