//! Traces as a table.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    spikefuse_fuzz::as_file("traces.csv", data, |path| {
        let _ = spikefuse::recording::read_traces(path);
    });
});
