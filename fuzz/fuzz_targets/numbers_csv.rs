//! Numbers without a head.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    spikefuse_fuzz::as_file("numbers.csv", data, |path| {
        let _ = spikefuse::network::input::read_array(path, 1 << 24);
    });
});
