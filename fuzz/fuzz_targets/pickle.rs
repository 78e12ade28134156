//! A pickled dictionary of vectors.
#![no_main]

use spikefuse::data::Dataset;
use std::sync::OnceLock;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    static DATASET: OnceLock<Dataset> = OnceLock::new();
    spikefuse_fuzz::as_file("vectors.npy", data, |path| {
        let _ = DATASET.get_or_init(|| Dataset::embedded(1)).clone().add_vocabulary(path);
    });
});
