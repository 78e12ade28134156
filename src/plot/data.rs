//! The numbers that a figure shows, as a table.

use crate::base::files::csv_text;
use crate::error::Result;

/// The numbers that a figure shows: names of the columns, and rows of as many cells, made one by
/// one as they are asked for. Numbers have as many digits as it takes to read the same value back;
/// what does not apply to a row, or was not recorded, is an empty cell.
pub struct Table<'a> {
    /// Names of the columns, with their units.
    pub head: Vec<&'static str>,
    /// The rows.
    pub rows: Box<dyn Iterator<Item = Vec<String>> + 'a>,
}

impl<'a> Table<'a> {
    pub(super) fn new(head: &[&'static str], rows: impl Iterator<Item = Vec<String>> + 'a) -> Table<'a> {
        Table { head: head.to_vec(), rows: Box::new(rows) }
    }

    /// The table as comma-separated values, UTF-8, the head first.
    ///
    /// # Errors
    /// Never: all rows have the length of the head.
    pub fn csv(self) -> Result<Vec<u8>> {
        let head = self.head.iter().map(|name| (*name).to_owned()).collect();
        csv_text(std::iter::once(head).chain(self.rows))
    }
}
