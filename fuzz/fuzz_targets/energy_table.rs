//! An energy table, and prices by it.
#![no_main]

use spikefuse::energy::{EnergyTable, Ledger};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    spikefuse_fuzz::as_file("table.ron", data, |path| {
        if let Ok(table) = EnergyTable::read(path) {
            let _ = table.apply(&Ledger::new(1), None);
        }
    });
});
