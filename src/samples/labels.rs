//! Classes of samples.

use crate::base::files::read_text;
use crate::base::text::grouped;
use crate::error::{Error, Result};
use std::collections::BTreeSet;
use std::path::Path;

/// One more than the largest number of a class.
pub(super) const MOST_CLASSES: u32 = 1 << 20;

/// The lines of a list: name of a sample and its class, as they stand there.
pub(super) fn list(path: &Path) -> Result<Vec<(String, String)>> {
    let each = |(line, name, class): (usize, String, Option<String>)| match class {
        Some(class) => Ok((name, class)),
        None => Err(Error::text(path, line, 1, format!("'{name}': expected the name of a sample and its class"))),
    };
    choice(path)?.into_iter().map(each).collect()
}

/// The lines of a list, counted from 1: name of a sample, and its class where there is one.
pub(super) fn choice(path: &Path) -> Result<Vec<(usize, String, Option<String>)>> {
    let text = read_text(path)?;
    let mut found = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut fields = line.split([',', '\t', ' ', ';']).map(str::trim).filter(|field| !field.is_empty());
        match (fields.next(), fields.next(), fields.next()) {
            (Some(name), class, None) => found.push((n + 1, name.to_owned(), class.map(str::to_owned))),
            _ => {
                let problem = format!("'{line}': expected the name of a sample and its class");
                return Err(Error::text(path, n + 1, 1, problem));
            }
        }
    }
    Ok(found)
}

/// Classes as numbers: what they say if all are whole numbers, else their place in order; then
/// with the name of each class. `path` is where they are from.
pub(super) fn numbered<'a>(
    path: &Path,
    classes: impl Iterator<Item = &'a str> + Clone,
) -> Result<(Vec<u32>, Vec<String>)> {
    let numbers = || classes.clone().map(|class| class.parse::<i128>().ok());
    if numbers().all(|number| number.is_some()) {
        let whole = classes.map(|class| {
            let number = class.parse().ok().filter(|&number| number < MOST_CLASSES);
            number.ok_or_else(|| {
                let most = grouped(u64::from(MOST_CLASSES - 1));
                Error::file(path, format!("class {class}: expected whole numbers from 0 to {most}, or names"))
            })
        });
        return Ok((whole.collect::<Result<Vec<u32>>>()?, Vec::new()));
    }
    let number = classes.clone().find(|class| class.parse::<i128>().is_ok());
    let name = classes.clone().find(|class| class.parse::<i128>().is_err());
    if let (Some(number), Some(name)) = (number, name) {
        return Err(Error::file(path, format!("classes {number} and {name}: expected numbers or names of all")));
    }
    let names: BTreeSet<&str> = classes.clone().collect();
    let names: Vec<&str> = names.into_iter().collect();
    let numbers = classes.map(|class| names.binary_search(&class).unwrap_or_default() as u32);
    Ok((numbers.collect(), names.iter().map(|&name| name.to_owned()).collect()))
}
