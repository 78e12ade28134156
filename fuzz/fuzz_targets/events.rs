//! Events of a camera.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    for name in ["events.bs2", "events.bin"] {
        spikefuse_fuzz::as_file(name, data, |path| {
            let _ = spikefuse::recording::read_spikes(path, 0.1);
        });
    }
});
