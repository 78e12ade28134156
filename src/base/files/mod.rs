//! Files: written so that a partial file is never visible, read whole, held by one process, and
//! named only where that is allowed.

mod folder;
mod hold;
mod identity;
mod output;
mod partial;
mod reach;
mod read;
mod table;
#[cfg(test)]
mod tests;

pub use folder::folder_of;
pub use hold::{Hold, LOCK, foreign, is_marked, refuse_foreign};
pub use identity::refuse_inputs;
pub use output::{is_stdout, write_output};
pub use partial::{Partial, give_up, remove, remove_leftovers, sync, write_atomic, write_together};
pub use reach::Reach;
pub use read::{STDIN, ending, json_text, parse_json, read_json, read_stdin, read_text};
pub(crate) use table::table_problem;
pub use table::{cell_text, csv_text};
