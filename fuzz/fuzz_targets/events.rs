//! Events of a camera.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    spikefuse_fuzz::as_file("events.bs2", data, |path| {
        let _ = spikefuse::recording::read_spikes(path, 0.1);
    });
});
