//! A configuration, and what it becomes when it is written again.
#![no_main]

use spikefuse::hybrid::config::Config;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    spikefuse_fuzz::as_file("config.ron", data, |path| {
        if let Ok(config) = Config::read(path) {
            assert!(Config::parse(&config.to_ron()).is_ok_and(|again| again == config));
        }
    });
});
