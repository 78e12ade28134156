//! Text for messages: lists of names, grouped digits, plurals, and names in one Unicode form.

#[cfg(feature = "hybrid")]
use std::fmt::Display;
#[cfg(feature = "hybrid")]
use unicode_normalization::UnicodeNormalization;

#[cfg(feature = "hybrid")]
/// The composed form (NFC) of a name, in which names are compared: macOS stores the names of files
/// decomposed (NFD), most editors compose (NFC).
pub(crate) fn composed(name: &str) -> String {
    name.nfc().collect()
}

#[cfg(feature = "hybrid")]
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

/// `1234567` as `1,234,567`.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|g| std::str::from_utf8(g).ok()).collect();
    groups.join(",")
}

/// The edit distance of the first characters of two names. A name may be a whole file by mistake,
/// and the distance takes time that grows with both lengths.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    const MOST: usize = 100;
    let start = |name: &str| name.chars().take(MOST).collect::<String>();
    strsim::levenshtein(&start(a), &start(b))
}

/// `0.25 %`; `below 0.01 %` where the digits would show nothing.
pub(crate) fn percent(percent: f64, digits: usize) -> String {
    let least = 0.1_f64.powi(digits as i32);
    match percent < least / 2.0 {
        true => format!("below {least:.digits$} %"),
        false => format!("{percent:.digits$} %"),
    }
}

/// `1 layer`, `2 layers`.
pub fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_groups_of_three() {
        assert_eq!([0, 7, 999, 1000, 12_345_678].map(grouped), ["0", "7", "999", "1,000", "12,345,678"]);
    }

    #[test]
    fn names_that_do_not_fit_are_counted() {
        assert_eq!(quoted(&["a", "b"]), "'a', 'b'");
        assert_eq!(quoted(&[1, 2, 3, 4, 5, 6, 7]), "'1', '2', '3', '4', '5' and 2 more");
        assert_eq!(some(&["a", "b", "c"], 2), "a, b and 1 more");
        assert_eq!([percent(0.0, 3), percent(0.0006, 3), percent(12.34, 1)], ["below 0.001 %", "0.001 %", "12.3 %"]);
        assert_eq!([counted(0, "row"), counted(1, "row"), counted(2, "row")], ["0 rows", "1 row", "2 rows"]);
    }
}
