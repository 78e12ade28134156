//! Spikes and traces as arrays of numpy.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    spikefuse_fuzz::as_file("arrays.npz", data, |path| {
        let _ = spikefuse::recording::read_spikes(path, 0.1);
        let _ = spikefuse::recording::read_traces(path);
    });
});
