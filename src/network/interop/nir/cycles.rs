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

/// All nodes, each behind those from which an edge comes that is not in `back`; else by name.
pub(super) fn forward_order<'a>(
    nodes: impl Iterator<Item = &'a str>,
    pairs: &[(&'a str, &'a str)],
    back: &BTreeSet<(&'a str, &'a str)>,
) -> Vec<&'a str> {
    let forward: BTreeSet<(&str, &str)> = pairs.iter().copied().filter(|pair| !back.contains(pair)).collect();
    let mut waits: BTreeMap<&str, usize> = nodes.map(|node| (node, 0)).collect();
    for (_, to) in &forward {
        *waits.entry(to).or_default() += 1;
    }
    let mut ready: BTreeSet<&str> = waits.iter().filter(|(_, sources)| **sources == 0).map(|(node, _)| *node).collect();
    let mut order = Vec::with_capacity(waits.len());
    while let Some(node) = ready.pop_first() {
        order.push(node);
        for (_, to) in forward.range((node, "")..).take_while(|(from, _)| *from == node) {
            if let Some(sources) = waits.get_mut(to) {
                *sources -= 1;
                if *sources == 0 {
                    ready.insert(to);
                }
            }
        }
    }
    order
}
