//! Tests of the library from outside and of the program, in one binary:
//! `cargo test --test it NAME::` runs those of one file. Tests that count allocations have binaries
//! of their own.

mod cli;
mod data;
#[cfg(unix)]
mod evaluate;
#[cfg(unix)]
mod event_files;
mod layers;
mod ledger;
mod network;
mod netx;
mod nir;
mod nir_networks;
mod oracle;
mod readme;
mod reference_simulations;
mod report_page;
#[cfg(unix)]
mod scratch;
#[path = "../common/shared.rs"]
mod shared;
#[path = "../common/shd.rs"]
mod shd;
mod simulate;
mod spikingjelly_reference;
mod traces;
mod training;
mod usage;
