//! Spikes as a table.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    spikefuse_fuzz::as_file("spikes.csv", data, |path| {
        let _ = spikefuse::recording::read_spikes(path, 0.1);
    });
});
