//! An array of numpy.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    spikefuse_fuzz::as_file("array.npy", data, |path| {
        let _ = spikefuse::network::input::read_array(path, 1 << 24);
    });
});
