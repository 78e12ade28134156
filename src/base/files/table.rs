//! Cells and faults of tables of comma-separated values.

use crate::error::{Error, Result};
use std::borrow::Cow;

/// Text of a cell that no spreadsheet takes for a formula: one that looks like it gets an
/// apostrophe. Numbers are unchanged.
pub fn cell_text(text: &str) -> Cow<'_, str> {
    let formula = text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    if formula && text.parse::<f64>().is_err() { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// Rows of fields as CSV, in which no text is a formula: see [`cell_text`].
///
/// # Errors
/// If rows differ in length.
pub fn csv_text(rows: impl IntoIterator<Item = Vec<String>>) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        let fields = row.iter().map(|field| cell_text(field).into_owned());
        writer.write_record(fields).map_err(|e| Error::value("csv", e))?;
    }
    writer.into_inner().map_err(|e| Error::value("csv", e))
}

/// Line and description of a fault in a table.
pub(crate) fn table_problem(e: &csv::Error) -> (usize, String) {
    let line = e.position().map_or(1, csv::Position::line) as usize;
    let problem = match e.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} cells, the rows before have {expected_len}")
        }
        _ => e.to_string(),
    };
    (line, problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_cell_is_no_formula() {
        for (text, cell) in [
            ("=1", "'=1"),
            ("+a", "'+a"),
            ("-a", "'-a"),
            ("@a", "'@a"),
            ("\ta", "'\ta"),
            ("\ra", "'\ra"),
            ("'=1", "''=1"),
            ("-1.5e-3", "-1.5e-3"),
            ("+7", "+7"),
            ("a=1", "a=1"),
            ("'a", "'a"),
            ("", ""),
        ] {
            assert_eq!(cell_text(text), cell);
        }
    }
}
