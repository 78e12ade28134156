//! What may be a name.

use super::problem::{Checked, Problem, shown};

/// Refuses what is no name: names stand before ranges in brackets, and on one line.
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
