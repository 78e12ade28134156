//! A report as one HTML page.

mod accuracy;
mod caveats;
mod energy;
mod operations;
mod parity;
mod summary;
mod whole;

pub use whole::page;
