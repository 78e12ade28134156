//! The weights of a model.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    spikefuse_fuzz::as_file("weights.safetensors", data, |path| {
        let _ = spikefuse::hybrid::model::load(path);
    });
});
