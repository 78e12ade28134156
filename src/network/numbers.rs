//! Numbers of a network, checked: each message says what was expected.

use super::problem::{Checked, Problem};
use crate::error::short;

/// The largest magnitude of a number of a network, and of what one value adds to a state: sums of
/// 2^32 of them over 2^32 ticks are finite.
pub const LARGEST: f64 = 1e280;

/// Whether a number is finite and not too large.
pub(super) fn in_range(value: f64) -> bool {
    value.abs() <= LARGEST
}

/// The largest magnitude; NaN if one is.
pub(super) fn largest(values: &[f64]) -> f64 {
    let larger = |most: f64, value: f64| if most.is_nan() || value <= most { most } else { value };
    values.iter().map(|value| value.abs()).fold(0.0, larger)
}

pub(super) fn finite(field: &str, value: f64) -> Checked<f64> {
    match in_range(value) {
        true => Ok(value),
        false => Err(Problem::new(field, format!("{}: expected a finite number of at most {LARGEST:e}", short(value)))),
    }
}

pub(super) fn positive(field: &str, value: f64) -> Checked<f64> {
    match value > 0.0 && value.is_finite() {
        true => Ok(value),
        false => Err(Problem::new(field, format!("{}: expected a number above 0", short(value)))),
    }
}

pub(super) fn not_negative(field: &str, value: f64) -> Checked<f64> {
    match value >= 0.0 && value.is_finite() {
        true => Ok(value),
        false => Err(Problem::new(field, format!("{}: expected a number of at least 0", short(value)))),
    }
}

pub(super) fn fraction(field: &str, value: f64) -> Checked<f64> {
    match (0.0..=1.0).contains(&value) {
        true => Ok(value),
        false => Err(Problem::new(field, format!("{}: expected a number from 0 to 1", short(value)))),
    }
}
