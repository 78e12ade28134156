//! Spike trains in the form of Spiking Heidelberg Digits.
#![no_main]

use spikefuse::samples::{Opening, Samples};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    spikefuse_fuzz::as_file("digits.h5", data, |path| {
        if let Ok(samples) = Samples::open(path, &Opening::default()) {
            for sample in 0..samples.len().min(100) {
                let _ = samples.read(sample, 1.0);
            }
        }
    });
});
