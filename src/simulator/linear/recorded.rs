//! The state of recorded groups, kept up to date tick by tick while the others rest.

use super::maps::LEVELS;
use super::state::{Group, State};
use crate::simulator::cell_group::GROUP;
use crate::spiking::Tick;

/// Recorded groups, taken along tick by tick: going from the last active tick to the present anew
/// for every value would take longer and longer.
#[derive(Default)]
pub(super) struct RecordedGroups {
    /// Numbers of the groups, ascending.
    pub groups: Vec<u32>,
    /// Clock at which each was last active.
    pub active_at: Vec<Tick>,
    /// Clock of the present states; none yet.
    pub now: Option<Tick>,
    /// Present states, and from level 1 on those at the beginnings of the stretches under way.
    pub states: Vec<State>,
}

impl RecordedGroups {
    /// These groups, before any state is known.
    pub fn new(groups: Vec<u32>, components: usize, adaptive: bool) -> Self {
        let empty = State::zeros(groups.len() * GROUP, components, adaptive);
        RecordedGroups { active_at: vec![0; groups.len()], now: None, states: vec![empty; LEVELS], groups }
    }

    /// The present state of a group, if it is recorded.
    #[inline(always)]
    pub fn state<const K: usize>(&self, group: usize) -> Option<Group<K>> {
        let slot = self.groups.binary_search(&(group as u32)).ok()?;
        Some(self.states[0].load(slot))
    }
}
