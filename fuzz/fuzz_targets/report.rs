//! The report of a run.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    spikefuse_fuzz::as_file("report.json", data, |path| {
        let _ = spikefuse::report::Report::read(path);
    });
});
