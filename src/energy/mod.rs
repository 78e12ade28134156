//! The cost of a run: integer operation counts, every common definition of synaptic operations, and
//! published energy tables.
//!
//! A [`Ledger`] holds the operations of a run, an [`EnergyTable`] prices them:
//! ```
//! use spikefuse::energy::{Branch, Cost, DenseOperator, EnergyTable, Ledger};
//!
//! let cost = Cost { macs: 1000, ..Cost::ZERO };
//! let product = DenseOperator {
//!     layer: "encoder".into(),
//!     operator: "product".into(),
//!     cost,
//!     synapses: None,
//! };
//! let mut ledger = Ledger::new(1);
//! ledger.file_dense(Branch::Dense, &product, true);
//! let energy = EnergyTable::find("45nm-fp32")?.apply(&ledger, None)?;
//! assert_eq!(energy.total_pj, 4600.0);
//! # Ok::<(), spikefuse::Error>(())
//! ```

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
