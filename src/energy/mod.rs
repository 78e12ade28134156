//! What a run costs: integer operation counts, every common definition of synaptic operations, and published energy tables.

mod cost;
pub mod counts;
mod kind;
mod ledger;
mod price;
pub mod synops;
mod table;

pub use cost::{Cost, DenseOperator, Synapses, add_operators};
pub use kind::{Branch, DataType, Kind, View};
pub use ledger::{ENTROPY, Entry, LEDGER_SCHEMA, Ledger, MEMBRANE_UPDATE, SpikingLayer, THRESHOLD_UPDATE};
pub use price::{Energy, LayerEnergy, Priced, Unpriced};
pub use table::{EnergyTable, Grade, TABLE_SCHEMA};
