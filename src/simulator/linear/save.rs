//! The state of linear neurons in checkpoints.

use super::cells::{LinearCells, Mode};
use super::schedule::{EventDriven, Schedule};
use super::state::State;
use crate::simulator::cell_group::{GROUP, PopulationState};
use crate::spiking::Tick;

impl LinearCells {
    /// Writes this share into the state of the whole population of `n` neurons:
    ///
    /// | name | shape | meaning |
    /// |---|---|---|
    /// | `membranes` | n | less the steady state, mV |
    /// | `last` | n | clock of each neuron's state |
    /// | `looks` | n or 0 | clock of each neuron's next check; empty if clock-driven |
    /// | `currents` | components, n | |
    /// | `excess` | n or 0 | of adaptive thresholds, mV |
    /// | `free_at` | n | the first clock at which each membrane moves |
    /// | `held` | n or 0 | membranes of refractory neurons, where these differ |
    /// | `later` | n or 0 | input kept for the end of refractory periods, where it is |
    pub(super) fn save_groups<const K: usize, const ALPHA: bool, const EACH: bool>(
        &self,
        to: &mut PopulationState,
        n: usize,
        now: Tick,
    ) {
        let [adaptive, holds, keeps] = self.optional();
        let mut stored = State::zeros(self.groups() * GROUP, K, adaptive);
        let event_driven = matches!(self.mode, Mode::Event(_));
        let (mut last, mut looks) = (Vec::with_capacity(stored.membranes.len()), Vec::new());
        for group in 0..self.len().div_ceil(GROUP) {
            let (state, clock) = self.stored::<K>(group, now);
            stored.store(group, &state);
            last.extend([clock; GROUP]);
            if let Mode::Event(event) = &self.mode {
                looks.extend((0..GROUP).map(|lane| event.schedules[group].check_of(lane)));
            }
        }
        let (range, own) = (self.ids.start as usize..self.ids.end as usize, self.len());
        let lists = [
            ("membranes", true, &stored.membranes[..]),
            ("excess", adaptive, &stored.excess),
            ("held", holds, &self.held),
            ("later", keeps, &self.kept_input),
        ];
        for (name, wanted, values) in lists {
            let column = to.floats_mut(name, if wanted { n } else { 0 });
            if wanted {
                column[range.clone()].copy_from_slice(&values[..own]);
            }
        }
        let currents = to.floats_mut("currents", n * K);
        for (c, values) in stored.currents.iter().enumerate() {
            currents[c * n..][range.clone()].copy_from_slice(&values[..own]);
        }
        for (name, wanted, clocks) in
            [("free_at", true, &self.free_at), ("last", true, &last), ("looks", event_driven, &looks)]
        {
            let column = to.ticks_mut(name, if wanted { n } else { 0 });
            if wanted {
                column[range.clone()].copy_from_slice(&clocks[..own]);
            }
        }
    }

    /// Whether a state of the whole population of `n` neurons after `now` ticks can be taken.
    pub(super) fn can_restore(&self, state: &PopulationState, n: usize, now: Tick) -> bool {
        let optional = |name: &str, wanted: bool| state.floats(name).len() == if wanted { n } else { 0 };
        let [adaptive, holds, keeps] = self.optional();
        let [last, looks, free_at] = ["last", "looks", "free_at"].map(|name| state.ticks(name));
        let free_again = now.saturating_add(self.parameters.longest_refractory).saturating_add(1);
        state.floats("membranes").len() == n
            && state.floats("currents").len() == n * self.kind.0
            && optional("excess", adaptive)
            && optional("held", holds)
            && optional("later", keeps)
            && last.len() == n
            && last.iter().all(|&last| last <= now && self.anchors.before(last) == last)
            && free_at.len() == n
            && free_at.iter().all(|&free| free <= free_again)
            && (looks.is_empty() || looks.len() == n && looks.iter().all(|&at| at == Tick::MAX || at > now))
    }

    /// Takes this share of the state of the whole population.
    pub(super) fn restore_groups(&mut self, from: &PopulationState) {
        let range = self.ids.start as usize..self.ids.end as usize;
        let own = range.len();
        let membranes = from.floats("membranes");
        let n = membranes.len();
        self.state.membranes[..own].copy_from_slice(&membranes[range.clone()]);
        for (c, currents) in self.state.currents.iter_mut().enumerate() {
            currents[..own].copy_from_slice(&from.floats("currents")[c * n..][range.clone()]);
        }
        self.free_at[..own].copy_from_slice(&from.ticks("free_at")[range.clone()]);
        let optional =
            [(&mut self.state.excess[..], "excess"), (&mut self.held[..], "held"), (&mut self.kept_input[..], "later")];
        for (values, name) in optional.into_iter().filter(|(values, _)| !values.is_empty()) {
            values[..own].copy_from_slice(&from.floats(name)[range.clone()]);
        }
        let mut schedules = vec![Schedule::new(0); self.groups()];
        for (group, of_group) in from.ticks("last")[range.clone()].chunks(GROUP).enumerate() {
            self.active_at[group] = of_group[0];
            schedules[group] = Schedule::new(of_group[0]);
        }
        let looks = from.ticks("looks");
        if !looks.is_empty() {
            for (schedule, checks) in schedules.iter_mut().zip(looks[range].chunks(GROUP)) {
                schedule.await_checks(checks);
            }
        }
        self.mode = Mode::Event(EventDriven::new(schedules, self.recorded_groups()));
    }
}
