//! Linear neurons as a cell group.

use super::cells::{LinearCells, Mode, activate, clock, dispatch, dispatch_alike};
use super::state::Group;
use crate::energy::counts::LayerCounts;
use crate::error::Result;
use crate::network::{Population, Threshold};
use crate::recording::Variable;
use crate::simulator::cell_group::{Arrivals, CellGroup, GROUP, PopulationState, Tally};
use crate::spiking::Tick;
use crate::spiking::neuron::Reset;
use std::ops::Range;

impl CellGroup for LinearCells {
    fn ids(&self) -> Range<u32> {
        self.ids.clone()
    }

    fn gain(&self, receptor: usize) -> f64 {
        // Each neuron's own is multiplied where something arrives.
        if self.parameters.are_alike() { self.inputs[receptor].gain } else { 1.0 }
    }

    fn begin(&mut self, tick: Tick) {
        match &mut self.mode {
            Mode::Event(event) => {
                event.queue.pop(&mut event.due);
            }
            Mode::Clock(_) if self.anchors.are_apart() => dispatch_alike!(self, step_anchors(clock(tick))),
            Mode::Clock(_) => dispatch!(self, step_all(clock(tick))),
        }
    }

    fn marks_targets(&self) -> bool {
        matches!(self.mode, Mode::Event(_))
    }

    fn mark(&mut self, targets: &[u32]) {
        if let Mode::Event(event) = &mut self.mode {
            event.mark(targets.iter().map(|&target| target as usize));
        }
    }

    fn mark_all(&mut self, targets: Range<usize>) {
        if let Mode::Event(event) = &mut self.mode {
            event.mark(targets);
        }
    }

    fn advance_marked(&mut self, tick: Tick) {
        match self.anchors.are_apart() {
            true => dispatch_alike!(self, advance_anchored(clock(tick))),
            false => dispatch!(self, advance_marked_groups(clock(tick))),
        }
    }

    fn receive(&mut self, arrivals: &Arrivals, rows: &[Range<usize>], tick: Tick) -> [u64; 2] {
        let (input, now) = (self.inputs[arrivals.receptor], clock(tick));
        let clock_driven = matches!(self.mode, Mode::Clock(_));
        if !self.parameters.are_alike() {
            return self.receive_each(arrivals, rows, now);
        }
        if self.anchors.are_apart() {
            return self.receive_anchored(arrivals, rows, now);
        }
        let sums = match input.component {
            Some(c) if input.gain_now == 0.0 => &mut self.state.currents[c][..],
            None if self.kept_input.is_empty() => &mut self.state.membranes[..],
            _ => {
                return arrivals.for_each(rows, |target, weight| {
                    self.tally.activity += activate(&mut self.active_at, target, now);
                    self.receive_one(input, target, weight, now);
                });
            }
        };
        if !clock_driven {
            return arrivals.for_each(rows, |target, weight| sums[target] += weight);
        }
        let (active_at, mut activity) = (&mut self.active_at[..], 0);
        let received = arrivals.for_each(rows, |target, weight| {
            sums[target] += weight;
            activity += activate(active_at, target, now);
        });
        self.tally.activity += activity;
        received
    }

    fn receive_all(&mut self, receptor: usize, targets: Range<usize>, sums: &[f64], tick: Tick) {
        let (input, now) = (self.inputs[receptor], clock(tick));
        if self.anchors.are_apart() {
            if let Mode::Clock(_) = self.mode {
                self.tally.activity += targets.len().div_ceil(GROUP) as u64;
            }
            return targets.zip(sums).for_each(|(target, &sum)| self.share_out(receptor, target, sum, now));
        }
        for (target, &sum) in targets.zip(sums) {
            self.tally.activity += activate(&mut self.active_at, target, now);
            match self.parameters.are_alike() {
                true => self.receive_one(input, target, sum, now),
                false => self.receive_own(receptor, target, sum, now),
            }
        }
    }

    fn end_arrivals(&mut self, tick: Tick) -> Result<()> {
        if self.immediate {
            // The marked groups are still to be compared with their thresholds.
            return Ok(());
        }
        dispatch!(self, reschedule_marked(clock(tick)))
    }

    fn fire(&mut self, tick: Tick, ids: &mut Vec<u32>) -> Result<()> {
        let now = clock(tick);
        let event_driven = matches!(self.mode, Mode::Event(_));
        match (self.anchors.are_apart(), event_driven) {
            (true, _) => dispatch_alike!(self, fire_anchored(now))?,
            (false, true) => dispatch!(self, fire_event_driven(now))?,
            (false, false) => self.fire_clock_driven(now),
        }
        if event_driven {
            // They come in the order of arrivals.
            self.fired.sort_unstable();
        } else {
            self.tally.counts.membrane_updates += self.len() as u64;
        }
        self.tally.counts.spikes += self.fired.len() as u64;
        ids.extend(self.fired.drain(..).map(|j| self.ids.start + j));
        Ok(())
    }

    fn may_fire_alone(&self, ticks: Range<Tick>) -> bool {
        match &self.mode {
            Mode::Event(event) => {
                let released = |&j: &u32| self.free_at[j as usize] <= clock(ticks.end);
                !event.queue.is_empty_until(ticks.end) || self.refractory.front().is_some_and(released)
            }
            Mode::Clock(_) => true,
        }
    }

    fn skip(&mut self, ticks: Range<Tick>) {
        if let Mode::Event(event) = &mut self.mode {
            event.queue.skip_to(ticks.end);
        }
    }

    fn record(&mut self, ids: &[u32]) {
        let first = self.ids.start;
        self.recorded.extend(ids.iter().map(|id| (id - first) / GROUP as u32));
        self.recorded.sort_unstable();
        self.recorded.dedup();
        let recorded = self.recorded_groups();
        if let Mode::Event(event) = &mut self.mode {
            event.recorded = recorded;
        }
    }

    fn prepare_values(&mut self, tick: Tick) {
        if self.anchors.are_apart() {
            dispatch_alike!(self, bring_recorded(clock(tick)));
        } else if !self.recorded.is_empty() {
            dispatch!(self, advance_recorded(clock(tick)));
        }
    }

    fn value(&self, variable: Variable, id: u32, tick: Tick) -> f64 {
        let (j, now) = ((id - self.ids.start) as usize, clock(tick));
        match self.anchors.are_apart() {
            true => dispatch_alike!(self, anchored_value(variable, j, now)),
            false => dispatch!(self, value_at(variable, j, now)),
        }
    }

    fn drive(&mut self, now: Tick, clock: bool) -> Result<()> {
        if self.anchors.are_apart() {
            return dispatch_alike!(self, drive_anchored(now, clock));
        }
        dispatch!(self, become_event_driven(now));
        if clock {
            dispatch!(self, become_clock_driven(now));
            return Ok(());
        }
        dispatch!(self, schedule_all(now))
    }

    fn resume(&mut self, now: Tick) -> Result<()> {
        if self.anchors.are_apart() {
            self.find_refractory(now);
        }
        match &mut self.mode {
            Mode::Event(event) => event.queue_checks(now),
            Mode::Clock(_) => Ok(()),
        }
    }

    fn restart(&mut self, population: &Population) {
        self.set_initial_state(population);
    }

    fn save(&self, state: &mut PopulationState, n: usize, now: Tick) {
        dispatch!(self, save_groups(state, n, now));
    }

    fn fits(&self, state: &PopulationState, n: usize, now: Tick) -> bool {
        self.can_restore(state, n, now)
    }

    fn restore(&mut self, state: &PopulationState) {
        self.restore_groups(state);
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }

    fn tally_mut(&mut self) -> &mut Tally {
        &mut self.tally
    }

    fn operations(&self) -> LayerCounts {
        let counts = self.tally.counts;
        match self.threshold {
            // An adaptive threshold is brought to the present with its membrane.
            Threshold::Adaptive { .. } => LayerCounts { threshold_updates: counts.membrane_updates, ..counts },
            _ => counts,
        }
    }
}

impl LinearCells {
    /// What arrives at neurons with gains of their own. Not inlined, so that it does not stand in the
    /// way of what is more common.
    #[inline(never)]
    fn receive_each(&mut self, arrivals: &Arrivals, rows: &[Range<usize>], now: Tick) -> [u64; 2] {
        arrivals.for_each(rows, |target, weight| {
            self.tally.activity += activate(&mut self.active_at, target, now);
            self.receive_own(arrivals.receptor, target, weight, now);
        })
    }

    /// What arrives where stored states are of anchors.
    fn receive_anchored(&mut self, arrivals: &Arrivals, rows: &[Range<usize>], now: Tick) -> [u64; 2] {
        let Some(c) = self.inputs[arrivals.receptor].component else { return [0; 2] };
        let share = self.anchors.share(c, now);
        let (before, own) = self.state.currents.split_at_mut(c);
        let (membranes, own) = (&mut self.state.membranes[..], &mut own[0][..]);
        let received = match before.last_mut().filter(|_| share.before != 0.0) {
            None => arrivals.for_each(rows, |target, weight| {
                own[target] += share.own * weight;
                membranes[target] += share.membrane * weight;
            }),
            Some(before) => arrivals.for_each(rows, |target, weight| {
                own[target] += share.own * weight;
                before[target] += share.before * weight;
                membranes[target] += share.membrane * weight;
            }),
        };
        if let Mode::Clock(_) = self.mode {
            self.tally.activity += received[0];
        }
        received
    }

    fn bring_recorded<const K: usize, const ALPHA: bool>(&mut self, now: Tick) {
        for at in 0..self.recorded.len() {
            self.bring::<K, ALPHA>(self.recorded[at] as usize, now);
        }
    }

    fn anchored_value<const K: usize, const ALPHA: bool>(&self, variable: Variable, j: usize, now: Tick) -> f64 {
        self.value_of(&self.present::<K, ALPHA>(j / GROUP, now), variable, j, now)
    }

    fn value_at<const K: usize, const ALPHA: bool, const EACH: bool>(
        &self,
        variable: Variable,
        j: usize,
        now: Tick,
    ) -> f64 {
        let group = j / GROUP;
        let state = match &self.mode {
            Mode::Event(event) => event.recorded.state::<K>(group),
            Mode::Clock(_) => None,
        };
        self.value_of(&state.unwrap_or_else(|| self.state.load(group)), variable, j, now)
    }

    /// A variable of neuron j, whose group's state at `now` is given.
    #[inline(always)]
    fn value_of<const K: usize>(&self, state: &Group<K>, variable: Variable, j: usize, now: Tick) -> f64 {
        let (group, lane) = (j / GROUP, j % GROUP);
        match variable {
            Variable::Membrane if self.is_refractory(j, now) => match self.neuron.reset {
                Reset::To(_) => self.parameters.neuron(j).reset,
                Reset::Subtract => self.held(j) + self.parameters.neuron(j).steady,
            },
            Variable::Membrane => self.with_bias(group, &state.membranes, now)[lane] + self.parameters.neuron(j).steady,
            Variable::Threshold => self.thresholds(false, group, &state.excess, now)[lane],
            Variable::Current => {
                let currents = self.inputs.iter().filter_map(|input| input.current);
                // An empty sum of floats is -0.
                currents.map(|c| state.currents[c][lane]).reduce(|a, b| a + b).unwrap_or(0.0)
            }
        }
    }
}
