//! Numbers and words as cells of tables.

use super::html::Cell;
use crate::base::text::grouped;
use crate::energy::Kind;
use crate::report::tables::energy;

/// A share as a percentage.
pub fn percent(part: f64) -> String {
    format!("{:.2} %", 100.0 * part)
}

/// An energy in pJ, with a unit that fits its size.
pub fn joule(pj: f64) -> String {
    energy(pj).replace("uJ", "µJ")
}

/// A count.
pub fn number(count: u64) -> Cell {
    Cell::Number(grouped(count))
}

/// A mean per clip.
pub fn per_clip(count: f64, clips: usize) -> Cell {
    let mean = count / clips.max(1) as f64;
    Cell::Number(if mean == 0.0 || mean >= 100.0 { grouped(mean.round() as u64) } else { format!("{mean:.1}") })
}

/// The name of a kind of operation.
pub fn words(kind: Kind) -> String {
    kind.name().replace('_', " ")
}
