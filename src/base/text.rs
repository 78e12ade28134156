//! Text for people: names in a row, digits in groups, one form of Unicode.

use std::fmt::Display;
use unicode_normalization::UnicodeNormalization;

/// A name in the form in which names are compared: macOS stores the names of files decomposed (NFD), most editors compose (NFC).
pub(crate) fn composed(name: &str) -> String {
    name.nfc().collect()
}

/// The first few of `names` in quotes, and how many more there are.
pub(crate) fn quoted<T: Display>(names: &[T]) -> String {
    let quoted: Vec<String> = names.iter().take(5).map(|name| format!("'{name}'")).collect();
    and_more(&quoted, names.len())
}

/// The first `most` of `names`, and how many more there are.
pub(crate) fn some(names: &[&str], most: usize) -> String {
    and_more(&names[..names.len().min(most)], names.len())
}

fn and_more<T: AsRef<str>>(shown: &[T], all: usize) -> String {
    let names: Vec<&str> = shown.iter().map(AsRef::as_ref).collect();
    let more = all - shown.len();
    names.join(", ") + &if more > 0 { format!(" and {more} more") } else { String::new() }
}
