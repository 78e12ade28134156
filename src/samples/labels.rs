//! Classes of samples.

use crate::base::files::read_text;
use crate::error::{Error, Result};
use std::collections::BTreeSet;
use std::path::Path;

/// The lines of a list: name of a sample and its class, as they stand there.
pub(super) fn list(path: &Path) -> Result<Vec<(String, String)>> {
    let text = read_text(path)?;
    let mut found = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut fields = line.split([',', '\t', ' ', ';']).map(str::trim).filter(|field| !field.is_empty());
        match (fields.next(), fields.next(), fields.next()) {
            (Some(name), Some(class), None) => found.push((name.to_owned(), class.to_owned())),
            _ => {
                let problem = format!("'{line}': expected the name of a sample and its class");
                return Err(Error::Text { path: path.to_path_buf(), line: n + 1, column: 1, problem });
            }
        }
    }
    Ok(found)
}

/// Classes as numbers: what they say if all are whole numbers, else their place in order.
pub(super) fn numbered<'a>(classes: impl Iterator<Item = &'a str> + Clone) -> Vec<u32> {
    let numbers: Option<Vec<u32>> = classes.clone().map(|class| class.parse().ok()).collect();
    numbers.unwrap_or_else(|| {
        let names: BTreeSet<&str> = classes.clone().collect();
        let names: Vec<&str> = names.into_iter().collect();
        classes.map(|class| names.binary_search(&class).unwrap_or_default() as u32).collect()
    })
}
