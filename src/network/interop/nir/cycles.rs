//! Which connections close a cycle.

use std::collections::{BTreeMap, BTreeSet};

/// The pairs that close a cycle: those that lead back in a search from `inputs` on, in the order of
/// names. Without them there is no cycle.
pub(super) fn back_edges<'a>(pairs: &[(&'a str, &'a str)], inputs: &BTreeSet<&'a str>) -> BTreeSet<(&'a str, &'a str)> {
    let mut targets: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for &(from, to) in pairs {
        targets.entry(from).or_default().insert(to);
    }
    // Targets of a node that are still to be searched, the first by name last.
    let left = |node: &str| -> Vec<&'a str> { targets.get(node).into_iter().flatten().rev().copied().collect() };
    let mut back = BTreeSet::new();
    let mut done: BTreeSet<&str> = BTreeSet::new();
    for start in inputs.iter().chain(targets.keys()).copied() {
        if done.contains(start) {
            continue;
        }
        // The way from the start to where the search is.
        let mut trail: Vec<(&str, Vec<&str>)> = vec![(start, left(start))];
        let mut on_trail = BTreeSet::from([start]);
        while let Some((node, rest)) = trail.last_mut() {
            let node = *node;
            match rest.pop() {
                Some(next) if on_trail.contains(next) => {
                    back.insert((node, next));
                }
                Some(next) if !done.contains(next) => {
                    on_trail.insert(next);
                    trail.push((next, left(next)));
                }
                Some(_) => {}
                None => {
                    on_trail.remove(node);
                    done.insert(node);
                    trail.pop();
                }
            }
        }
    }
    back
}
