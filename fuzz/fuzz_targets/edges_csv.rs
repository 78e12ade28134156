//! Edges as a table.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    spikefuse_fuzz::as_file("edges.csv", data, |path| {
        let _ = spikefuse::network::input::read_edges(path, 1 << 24);
    });
});
