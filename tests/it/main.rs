//! Tests of the library from outside and of the program, in one binary:
//! `cargo test --test it NAME::` runs those of one file. Tests that count allocations have binaries
//! of their own.

mod cli;
mod data;
#[cfg(unix)]
mod evaluate;
mod export;
mod layers;
mod ledger;
mod network;
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
mod simulate;
mod spikingjelly_reference;
mod traces;
mod training;
mod usage;
