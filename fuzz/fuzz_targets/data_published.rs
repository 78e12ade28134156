//! A data set, one of whose files is the input: inspected, opened, loaded.
#![no_main]

use spikefuse::data::{ClassVectors, Dataset, Part, Split, inspect};
use spikefuse_fuzz::{Template, in_folder, template};
use std::sync::OnceLock;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    static FILES: OnceLock<Template> = OnceLock::new();
    in_folder(&FILES, template::published, data, |folder| {
        let _ = inspect(folder, "Set", Split::Main);
        if let Ok(dataset) = Dataset::open(folder, "Set", Split::Main, ClassVectors::Aligned) {
            Part::ALL.into_iter().for_each(|part| drop(dataset.load(part)));
        }
    });
});
