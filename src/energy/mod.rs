//! What a run costs: integer operation counts and published energy tables.

mod cost;
mod ledger;
mod table;

pub use cost::Cost;
pub use ledger::{Branch, Entry, Ledger, spiking_cost};
pub use table::{EnergyTable, FP32_45NM};
