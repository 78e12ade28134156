//! Events in Prophesee's encodings.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    for name in ["events.raw", "events.dat"] {
        spikefuse_fuzz::as_file(name, data, |path| {
            let _ = spikefuse::recording::read_spikes(path, 0.1);
        });
    }
});
