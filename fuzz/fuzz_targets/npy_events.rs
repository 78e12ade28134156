//! Events as records of numpy.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    spikefuse_fuzz::as_file("events.npy", data, |path| {
        let _ = spikefuse::recording::read_spikes(path, 0.1);
    });
});
