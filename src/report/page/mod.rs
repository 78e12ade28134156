//! What pages of reports are made of.

pub mod cells;
pub mod counted;
pub mod figures;
mod frame;
pub mod html;
pub mod priced;

pub use frame::{Head, MARK, Section, document};
