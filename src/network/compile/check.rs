//! Numbers and names that stand in a file, checked; each message says what was expected.

use super::Checked;
use crate::error::short;
use crate::network::place::{Problem, shown};
use crate::network::range::{LARGEST, in_range};

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

pub(super) fn check_name(field: &str, name: &str) -> Checked<()> {
    const LONGEST: usize = 100;
    let problem = if name.trim().is_empty() {
        "is empty"
    } else if name.trim() != name || name.chars().any(|c| c.is_control() || c == '[' || c == ']') {
        "has brackets, line breaks or blanks at an end"
    } else if name.chars().count() > LONGEST {
        "has more than 100 characters"
    } else {
        return Ok(());
    };
    Err(Problem::new(field, format!("{} {problem}: expected a name", shown(name))))
}
