//! The folder of a run.
#![no_main]

use spikefuse_fuzz::{Template, in_folder, template};
use std::sync::OnceLock;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    static FILES: OnceLock<Template> = OnceLock::new();
    in_folder(&FILES, template::recording, data, |folder| {
        let _ = spikefuse::recording::open(folder);
    });
});
