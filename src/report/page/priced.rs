//! What tables of energies leave out.

use super::cells::{per_clip, words};
use super::html::{Cell, table};
use crate::energy::{Energy, Kind};

/// What each table leaves out and rests on, and operations that have no price.
pub fn leaves_out(energy: &[Energy], clips: usize) -> String {
    let rows: Vec<_> = energy
        .iter()
        .map(|e| {
            let text = |text: &str| Cell::Long(text.to_owned());
            vec![Cell::Name(e.table.clone()), text(&e.leaves_out), text(&e.grade.to_string()), text(&e.source)]
        })
        .collect();
    let head = ["table", "leaves out", "grade", "source"];
    table("What each table leaves out, and what it rests on", &head, &rows) + &unpriced(energy, clips)
}

/// Operations without a price: a row for each kind of operation, a column for each table.
fn unpriced(energy: &[Energy], clips: usize) -> String {
    let kinds = Kind::ALL.into_iter().filter(|kind| energy.iter().flat_map(|e| &e.unpriced).any(|u| u.kind == *kind));
    let rows: Vec<_> = kinds
        .map(|kind| {
            let mut row = vec![Cell::Name(words(kind))];
            row.extend(energy.iter().map(|e| {
                match e.unpriced.iter().filter(|u| u.kind == kind).map(|u| u.count).sum::<u64>() {
                    0 => Cell::Number("–".into()),
                    count => per_clip(count as f64, clips),
                }
            }));
            row
        })
        .collect();
    let mut head = vec!["operation"];
    head.extend(energy.iter().map(|e| e.table.as_str()));
    if rows.is_empty() {
        return String::new();
    }
    table("Operations that each table has no price for, per clip; – where there is none", &head, &rows)
}
