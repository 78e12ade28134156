//! Names of populations, sources and receptors: what may be one, and where one leads.

use super::checked::Network;
use super::problem::shown;
use super::projection::Origin;
use crate::base::text::distance;
use crate::recording::{self, name_and_ids};
use std::ops::Range;

/// Where a name with or without neurons leads: `exc`, `exc[3]`, `exc[0..10]`.
pub(super) fn resolve<'a>(
    text: &str,
    find: impl Fn(&str) -> Option<(Origin, u32)>,
    names: impl Iterator<Item = &'a str>,
) -> Result<(Origin, Range<u32>), String> {
    let whole = text.trim();
    if let Some((origin, size)) = find(whole) {
        return Ok((origin, 0..size));
    }
    let (name, ids) = name_and_ids(text);
    let (origin, size) = find(name).ok_or_else(|| unknown("population or source", name, names))?;
    let ids = ids.map_or(Ok(0..size), |ids| recording::ids(ids, name, size))?;
    Ok((origin, ids))
}

/// A message about an unknown name, with the nearest of the known ones.
pub(super) fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let advice = nearest(name, known).map_or(String::new(), |known| format!("; the nearest name is {}", shown(known)));
    format!("no {what} is called {}{advice}", shown(name))
}

/// The nearest of the known names.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known.map(|known| (distance(name, known), known)).min().map(|(_, known)| known)
}

impl Network {
    /// Where a name leads, with or without neurons: `exc`, `exc[3]`, `exc[0..10]`. Populations are
    /// those of a recording ([`crate::recording::Naming`]).
    ///
    /// # Errors
    /// If there is no such population or source, or it has no such neurons.
    pub fn resolve(&self, text: &str, populations: &[(String, u32)]) -> Result<(Origin, Range<u32>), String> {
        let populations = populations.iter().enumerate().map(|(n, (name, size))| (name, Origin::Population(n), *size));
        let sources = self.sources().iter().enumerate().map(|(n, s)| (&s.name, Origin::Source(n), s.size));
        let all: Vec<_> = populations.chain(sources).collect();
        let find = |name: &str| all.iter().find(|(known, ..)| *known == name).map(|&(_, origin, size)| (origin, size));
        resolve(text, find, all.iter().map(|(name, ..)| name.as_str()))
    }
}
