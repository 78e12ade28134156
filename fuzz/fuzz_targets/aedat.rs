//! Events in AEDAT 2.0 and 3.1.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    spikefuse_fuzz::as_file("events.aedat", data, |path| {
        let _ = spikefuse::recording::read_spikes(path, 0.1);
    });
});
