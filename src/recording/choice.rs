//! The neurons whose spikes are recorded, and how neurons are named in files and on the command
//! line.

use std::ops::Range;

/// A name and the text in brackets behind it: `exc[0..10]` is `exc` and `0..10`.
pub fn name_and_ids(text: &str) -> (&str, Option<&str>) {
    match text.strip_suffix(']').and_then(|text| text.rsplit_once('[')) {
        Some((name, ids)) => (name.trim(), Some(ids)),
        None => (text.trim(), None),
    }
}

/// The neurons that the text in brackets behind the name of a population of `size` means: `3`,
/// `0..10`, `..10`, `10..`; the end is not included.
///
/// # Errors
/// If `text` has none of these forms, or the range is empty or leaves the population.
pub fn ids(text: &str, name: &str, size: u32) -> std::result::Result<Range<u32>, String> {
    let bound = |text: &str, default| match text.trim() {
        "" => Some(default),
        text => text.parse::<u32>().ok(),
    };
    let ids = match text.split_once("..") {
        Some((from, to)) => bound(from, 0).zip(bound(to, size)).map(|(from, to)| from..to),
        None => text.trim().parse::<u32>().ok().and_then(|id| Some(id..id.checked_add(1)?)),
    };
    match ids {
        None => Err(format!("'{text}': expected a range as in {name}[0..{size}], or one number")),
        Some(ids) if ids.end > size => {
            Err(format!("'{text}' ends behind {size}: expected a range within {name}[0..{size}]"))
        }
        Some(ids) if ids.is_empty() => {
            Err(format!("the range '{text}' is empty: expected one within {name}[0..{size}]"))
        }
        Some(ids) => Ok(ids),
    }
}

/// The neurons whose spikes a recording has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum Recorded {
    /// All neurons.
    #[default]
    All,
    /// Some neurons: index of the population and a range of its neurons; ascending, not touching,
    /// none empty.
    Only(Vec<(usize, Range<u32>)>),
}

impl Recorded {
    /// The given ranges of neurons, merged; `All` if they cover all `populations`.
    pub fn new(mut chosen: Vec<(usize, Range<u32>)>, populations: &[(String, u32)]) -> Recorded {
        chosen.retain(|(_, ids)| !ids.is_empty());
        chosen.sort_unstable_by_key(|(population, ids)| (*population, ids.start, ids.end));
        let mut apart: Vec<(usize, Range<u32>)> = Vec::with_capacity(chosen.len());
        for (population, ids) in chosen {
            match apart.last_mut() {
                Some((last, before)) if *last == population && ids.start <= before.end => {
                    before.end = before.end.max(ids.end);
                }
                _ => apart.push((population, ids)),
            }
        }
        let all = (0..).zip(populations).filter(|(_, (_, size))| *size > 0).map(|(p, (_, size))| (p, 0..*size));
        if apart.iter().cloned().eq(all) { Recorded::All } else { Recorded::Only(apart) }
    }

    /// The recorded ranges of one population of `size` neurons.
    pub fn of(&self, population: usize, size: u32) -> Vec<Range<u32>> {
        match self {
            Recorded::All => std::iter::once(0..size).collect(),
            Recorded::Only(some) => some.iter().filter(|(p, _)| *p == population).map(|(_, ids)| ids.clone()).collect(),
        }
    }

    /// Whether the spikes of a neuron are recorded.
    pub fn contains(&self, population: usize, neuron: u32) -> bool {
        match self {
            Recorded::All => true,
            Recorded::Only(some) => some.iter().any(|(p, ids)| *p == population && ids.contains(&neuron)),
        }
    }

    /// The form in files: name of the population, first neuron, one past the last; none for all.
    pub(super) fn named(&self, populations: &[(String, u32)]) -> Option<Vec<(String, u32, u32)>> {
        match self {
            Recorded::All => None,
            Recorded::Only(some) => {
                Some(some.iter().map(|(p, ids)| (populations[*p].0.clone(), ids.start, ids.end)).collect())
            }
        }
    }

    /// The inverse of [`named`](Recorded::named).
    pub(super) fn from_named(
        named: Option<Vec<(String, u32, u32)>>,
        populations: &[(String, u32)],
    ) -> std::result::Result<Recorded, String> {
        let Some(named) = named else { return Ok(Recorded::All) };
        let ids = named.into_iter().map(|(name, from, to)| {
            let known = populations.iter().position(|(known, size)| *known == name && from < to && to <= *size);
            known.map(|p| (p, from..to)).ok_or_else(|| format!("recorded: {name}[{from}..{to}] is of no population"))
        });
        Ok(Recorded::new(ids.collect::<std::result::Result<_, _>>()?, populations))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_one_spelling() {
        assert_eq!(name_and_ids("exc"), ("exc", None));
        assert_eq!(name_and_ids("exc [0..4]"), ("exc", Some("0..4")));
        for (text, expected) in
            [("3", 3..4), ("0..4", 0..4), (" 2 .. 4 ", 2..4), ("..4", 0..4), ("7..", 7..10), ("..", 0..10)]
        {
            assert_eq!(ids(text, "exc", 10), Ok(expected), "{text}");
        }
        for (text, problem) in [
            ("", "expected a range"),
            ("4..x", "expected a range"),
            ("-1..3", "expected a range"),
            ("4294967295", "expected a range"),
            ("10", "ends behind 10: expected a range within exc[0..10]"),
            ("0..11", "ends behind"),
            ("4..4", "is empty"),
            ("5..4", "is empty"),
        ] {
            assert!(ids(text, "exc", 10).unwrap_err().contains(problem), "{text}");
        }
    }

    #[test]
    fn what_is_chosen_twice_is_recorded_once() {
        let populations = [("a".to_owned(), 4), ("b".to_owned(), 2)];
        assert_eq!(Recorded::new(vec![(1, 0..2), (0, 2..4), (0, 0..3)], &populations), Recorded::All);
        let some = Recorded::new(vec![(0, 2..4), (0, 0..1), (0, 3..4), (1, 1..1)], &populations);
        assert_eq!(some, Recorded::Only(vec![(0, 0..1), (0, 2..4)]));
        assert!(some.contains(0, 3) && !some.contains(0, 1) && !some.contains(1, 0));
        assert_eq!(Recorded::from_named(some.named(&populations), &populations), Ok(some));
        assert!(Recorded::from_named(Some(vec![("a".into(), 0, 5)]), &populations).is_err());
    }
}
