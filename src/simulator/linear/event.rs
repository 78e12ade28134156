//! The event-driven driver: only groups at which something arrives, or one of whose neurons may
//! fire though nothing does.
//!
//! A bound on membranes and thresholds over spans of ticks tells when a group has to be checked;
//! any input to the group invalidates the bound.

use super::cells::{LinearCells, Mode, cue};
use super::maps::{Bound, LEVELS, LONGEST, length, level};
use super::schedule::{EventDriven, HORIZON, NEVER, Schedule};
use super::state::Group;
use crate::base::aligned::simd;
use crate::error::Result;
use crate::network::Threshold;
use crate::simulator::cell_group::GROUP;
use crate::spiking::Tick;

/// Relative margin of the bounds on membrane and threshold over the rounding of their evaluation.
const MARGIN: f64 = 1e-9;

impl LinearCells {
    /// The state of a group at clock `to`, from its stored state, that of clock `from`, and the
    /// clock at which it was last active: in between it is only by ends of refractory periods.
    #[inline(always)]
    pub(super) fn state_at<const K: usize, const ALPHA: bool, const EACH: bool>(
        &self,
        group: usize,
        from: Tick,
        to: Tick,
    ) -> (Group<K>, Tick) {
        let mut state = self.state.load::<K>(group);
        let free_at: &[Tick; GROUP] = &self.free_at.as_chunks().0[group];
        let (mut at, mut active) = (from, from);
        while at < to {
            let mut stop = to;
            if self.parameters.longest_refractory > 0 {
                for lane in free_at {
                    // The last clock of a refractory period.
                    let end = lane.wrapping_sub(1);
                    stop = if end > at && end < stop { end } else { stop };
                }
            }
            while at < stop {
                let level = level(at, stop);
                let free = (self.parameters.longest_refractory > 0).then_some((free_at, at + 1));
                self.advance_group::<K, ALPHA, EACH>(&mut state, group, level, free);
                at += length(level);
                if at.is_multiple_of(LONGEST) {
                    state.vanish(self.least(group), free_at, at);
                }
            }
            if stop < to || free_at.iter().any(|free| free.wrapping_sub(1) == to) {
                active = stop;
            }
        }
        (state, active)
    }

    /// The groups at which something arrives at `now`, whose neurons are counted.
    pub(super) fn take_marked(&mut self, now: Tick) -> Vec<u32> {
        let Mode::Event(event) = &mut self.mode else { return Vec::new() };
        self.tally.activity += event.marked.len() as u64;
        for &group in &event.marked {
            let receiving = std::mem::take(&mut event.receiving[group as usize]);
            self.tally.counts.membrane_updates += event.schedules[group as usize].count(receiving, now);
        }
        std::mem::take(&mut event.marked)
    }

    /// The groups that are due at `now`, whose neurons are counted. Stale entries are left out: an
    /// earlier check was queued later.
    pub(super) fn take_due(&mut self, now: Tick) -> Vec<u32> {
        let Mode::Event(event) = &mut self.mode else { return Vec::new() };
        let mut woken = 0;
        event.due.retain(|&group| {
            let schedule = &mut event.schedules[group as usize];
            let valid = schedule.check_at == now;
            if valid {
                woken += schedule.count(schedule.awaiting, now);
                schedule.check_at = NEVER;
            }
            valid
        });
        self.tally.counts.wakes += woken;
        self.tally.counts.membrane_updates += woken;
        std::mem::take(&mut event.due)
    }

    /// Brings all marked groups to clock `now`.
    pub(super) fn advance_marked_groups<const K: usize, const ALPHA: bool, const EACH: bool>(&mut self, now: Tick) {
        let marked = self.take_marked(now);
        marked.iter().for_each(|&group| self.active_at[group as usize] = now);
        simd(
            #[inline(always)]
            || {
                for &group in &marked {
                    let group = group as usize;
                    let Mode::Event(event) = &self.mode else { return };
                    let (state, _) = self.state_at::<K, ALPHA, EACH>(group, event.schedules[group].last, now);
                    self.state.store(group, &state);
                    let Mode::Event(event) = &mut self.mode else { return };
                    event.schedules[group].last = now;
                }
            },
        );
        if let Mode::Event(event) = &mut self.mode {
            event.marked = marked;
        }
    }

    /// Lets those neurons fire that reach the threshold at `now`, in the groups that received
    /// something or are to be checked, and queues their next checks.
    pub(super) fn fire_event_driven<const K: usize, const ALPHA: bool, const EACH: bool>(
        &mut self,
        now: Tick,
    ) -> Result<()> {
        let mut due = self.take_due(now);
        let Mode::Event(event) = &mut self.mode else { return Ok(()) };
        // Groups at which something arrived are looked at in any case.
        due.retain(|&group| event.schedules[group as usize].last != now);
        let mut marked = std::mem::take(&mut event.marked);
        let mut outcome = Ok(());
        simd(
            #[inline(always)]
            || {
                // No closures: they would be functions of their own, without wide vectors.
                for groups in [&marked, &due] {
                    for &group in groups {
                        if let Err(e) = self.fire_group::<K, ALPHA, EACH>(group as usize, now) {
                            outcome = Err(e);
                        }
                    }
                }
            },
        );
        marked.clear();
        if let Mode::Event(event) = &mut self.mode {
            (event.marked, event.due) = (marked, due);
        }
        outcome
    }

    #[inline(always)]
    fn fire_group<const K: usize, const ALPHA: bool, const EACH: bool>(
        &mut self,
        group: usize,
        now: Tick,
    ) -> Result<()> {
        let mut state = self.state_now::<K, ALPHA, EACH>(group, now);
        let received = self.active_at[group] == now;
        for lane in 0..GROUP {
            // What arrived in a refractory period does not count.
            if self.is_refractory(group * GROUP + lane, now) {
                state.membranes[lane] = self.after_refractory(group * GROUP + lane);
            }
        }
        let fires = self.fires(group, &state, now);
        let any = fires.contains(&true);
        if received || any {
            self.state.store(group, &state);
            if let Mode::Event(event) = &mut self.mode {
                event.schedules[group].last = now;
            }
        }
        if any {
            for lane in (0..GROUP).filter(|&lane| fires[lane]) {
                self.reset(group * GROUP + lane, now);
                self.fired.push((group * GROUP + lane) as u32);
            }
            state = self.state.load(group);
        }
        self.schedule_check(group, &state, now)
    }

    /// Queues the next check of a group, whose state is that at `now`.
    #[inline(always)]
    pub(super) fn schedule_check<const K: usize>(&mut self, group: usize, state: &Group<K>, now: Tick) -> Result<()> {
        let next = self.next_check(group, state, now);
        let Mode::Event(event) = &mut self.mode else { return Ok(()) };
        self.tally.counts.queue_operations += event.schedule(group, next, now)?;
        Ok(())
    }

    /// Queues the next checks of groups that received what changes no membrane at `now`.
    pub(super) fn reschedule_marked<const K: usize, const ALPHA: bool, const EACH: bool>(
        &mut self,
        now: Tick,
    ) -> Result<()> {
        let Mode::Event(event) = &mut self.mode else { return Ok(()) };
        let mut marked = std::mem::take(&mut event.marked);
        let mut outcome = Ok(());
        simd(
            #[inline(always)]
            || {
                for &group in &marked {
                    let mut state = self.state.load::<K>(group as usize);
                    if self.anchors.are_apart() {
                        state.advance::<ALPHA, f64>(self.anchors.map(now));
                    }
                    if let Err(e) = self.schedule_check(group as usize, &state, now) {
                        outcome = Err(e);
                    }
                }
            },
        );
        marked.clear();
        if let Mode::Event(event) = &mut self.mode {
            event.marked = marked;
        }
        outcome
    }

    /// Queues a check of every group, as of clock `now`.
    pub(super) fn schedule_all<const K: usize, const ALPHA: bool, const EACH: bool>(
        &mut self,
        now: Tick,
    ) -> Result<()> {
        if let Mode::Event(event) = &mut self.mode {
            event.queue.reset_at(HORIZON as usize, now);
        }
        for group in 0..self.len().div_ceil(GROUP) {
            let state = self.state_now::<K, ALPHA, EACH>(group, now);
            self.schedule_check(group, &state, now)?;
        }
        Ok(())
    }

    /// The next clock after `now` at which a group has to be checked if it receives nothing, and
    /// the neurons that may fire there; its state is that at `now`.
    #[inline(always)]
    fn next_check<const K: usize>(&self, group: usize, state: &Group<K>, now: Tick) -> (Tick, u8) {
        if let Threshold::Never = self.threshold {
            return (NEVER, 0);
        }
        let bounds = self.bounds(group);
        let forever = bounds.forever.as_ref().map(|bound| (NEVER, bound));
        let spans = bounds.spans.iter().map(|(ticks, bound)| (now.saturating_add(1 + ticks), bound));
        let apart = self.anchors.are_apart();
        // Refractory neurons and padding lanes cannot fire.
        let mut awaiting = 0;
        if apart {
            for lane in 0..GROUP {
                awaiting |= u8::from(state.membranes[lane] > f64::NEG_INFINITY) << lane;
            }
        } else {
            let free_at: &[Tick; GROUP] = &self.free_at.as_chunks().0[group];
            for lane in 0..GROUP {
                awaiting |= u8::from(free_at[lane] <= now + 1) << lane;
            }
        }
        let mut next = if awaiting == 0 { NEVER } else { now + 1 };
        // Each span is shorter than the one before, within which some neurons may fire.
        for (end, bound) in forever.into_iter().chain(spans) {
            let open = awaiting & self.open(group, state, bound, now);
            if open == 0 {
                next = if awaiting == 0 { NEVER } else { end };
                break;
            }
            awaiting = open;
        }
        if self.parameters.longest_refractory > 0 && !apart {
            for (lane, free) in self.free_at.as_chunks::<GROUP>().0[group].iter().enumerate() {
                // A neuron after_refractory at the next clock may fire then; padding lanes are
                // skipped.
                if *free > now + 1 && *free < NEVER && free - 1 <= next {
                    awaiting = if free - 1 < next { 0 } else { awaiting } | 1 << lane;
                    next = free - 1;
                }
            }
        }
        (next, awaiting)
    }

    /// Which neurons of a group, whose state is that at `now`, may fire without input within the
    /// span of `bound`.
    #[inline(always)]
    fn open<const K: usize>(&self, group: usize, state: &Group<K>, bound: &Bound, now: Tick) -> u8 {
        let [first, last] = bound.leak;
        let mut highest = [0.0; GROUP];
        let mut scale = [0.0; GROUP];
        let with_bias = self.with_bias(group, &state.membranes, now);
        for lane in 0..GROUP {
            let v = with_bias[lane];
            highest[lane] = (first.0 * v + first.1).max(last.0 * v + last.1);
            scale[lane] = highest[lane].abs() + v.abs();
        }
        for c in 0..K {
            let (least, most) = bound.into_membrane[c];
            for lane in 0..GROUP {
                let x = state.currents[c][lane];
                highest[lane] += if x > 0.0 { x * most } else { x * least };
                scale[lane] += x.abs() * most;
            }
        }
        let lowest = match &self.limit {
            _ if !self.parameters.are_alike() => self.lowest_of_each(group, &state.excess, bound, now),
            Threshold::Never => [f64::INFINITY; GROUP],
            Threshold::Fixed(theta) => [*theta; GROUP],
            Threshold::Adaptive { base, .. } => {
                let [first, last] = bound.threshold;
                state.excess.map(|excess| base + (first * excess).min(last * excess))
            }
            Threshold::Cue { width, .. } => {
                let first = self.ids.start as usize + group * GROUP;
                std::array::from_fn(|lane| cue(&self.cue_low, *width, first + lane, now + 1))
            }
        };
        let mut open = 0;
        for lane in 0..GROUP {
            let below = highest[lane] + MARGIN * (scale[lane] + lowest[lane].abs()) < lowest[lane];
            open |= u8::from(!below) << lane;
        }
        open
    }

    /// The lowest threshold of each neuron of a group within the span of `bound`, relative to its
    /// steady state, where parameters differ.
    #[inline(never)]
    fn lowest_of_each(&self, group: usize, excess: &[f64; GROUP], bound: &Bound, now: Tick) -> [f64; GROUP] {
        let [first, last] = bound.threshold;
        let id = self.ids.start as usize + group * GROUP;
        std::array::from_fn(|lane| {
            let own = self.parameters.neuron(group * GROUP + lane);
            match &self.threshold {
                Threshold::Never => f64::INFINITY,
                Threshold::Fixed(_) => own.threshold - own.steady,
                Threshold::Adaptive { .. } => {
                    own.threshold - own.steady + (first * excess[lane]).min(last * excess[lane])
                }
                Threshold::Cue { width, .. } => cue(&self.cue_low, *width, id + lane, now + 1) - own.steady,
            }
        })
    }

    /// The state of a group (and its clock) from which the state at `now` and all later ones can be
    /// computed bit for bit.
    pub(super) fn stored<const K: usize>(&self, group: usize, now: Tick) -> (Group<K>, Tick) {
        let saved = match &self.mode {
            _ if self.anchors.are_apart() => return self.stored_anchored(group, now),
            Mode::Event(event) => return (self.state.load(group), event.schedules[group].last),
            Mode::Clock(clock_driven) => &clock_driven.saved,
        };
        // The longest stretch without activity counts from its beginning.
        let mut starts = (1..LEVELS).rev().map(|level| (level, now - now % length(level)));
        let kept = starts.find(|&(_, start)| self.active_at[group] <= start && start < now);
        let (mut state, clock): (Group<K>, Tick) = match kept {
            Some((level, start)) => (saved[level - 1].load(group), start),
            None => (self.state.load(group), now),
        };
        for lane in 0..GROUP {
            let j = group * GROUP + lane;
            if self.is_refractory(j, clock) && j < self.len() {
                state.membranes[lane] = self.after_refractory(j);
            }
        }
        (state, clock)
    }

    /// Goes over from the clock-driven driver after clock `now`.
    pub(super) fn become_event_driven<const K: usize, const ALPHA: bool, const EACH: bool>(&mut self, now: Tick) {
        if let Mode::Event(_) = self.mode {
            return;
        }
        let mut schedules = Vec::with_capacity(self.groups());
        let all: Vec<(Group<K>, Tick)> = (0..self.groups()).map(|group| self.stored(group, now)).collect();
        for (group, (state, clock)) in all.iter().enumerate() {
            self.state.store(group, state);
            schedules.push(Schedule::new(*clock));
            self.active_at[group] = *clock;
        }
        self.mode = Mode::Event(EventDriven::new(schedules, self.recorded_groups()));
    }

    /// Brings the recorded groups to clock `now`.
    pub(super) fn advance_recorded<const K: usize, const ALPHA: bool, const EACH: bool>(&mut self, now: Tick) {
        let Mode::Event(event) = &mut self.mode else { return };
        let mut recorded = std::mem::take(&mut event.recorded);
        let consecutive = recorded.now.is_some_and(|before| before + 1 == now);
        for slot in 0..recorded.groups.len() {
            let group = recorded.groups[slot] as usize;
            let Mode::Event(event) = &self.mode else { return };
            let last = event.schedules[group].last;
            let free_at: &[Tick; GROUP] = &self.free_at.as_chunks().0[group];
            if !consecutive || last + 1 >= now {
                // Anew, from the last active clock.
                for level in 1..LEVELS {
                    let start = now - now % length(level);
                    if last <= start {
                        recorded.states[level].store(slot, &self.state_at::<K, ALPHA, EACH>(group, last, start).0);
                    }
                }
                let (state, active) = self.state_at::<K, ALPHA, EACH>(group, last, now);
                recorded.states[0].store(slot, &state);
                recorded.active_at[slot] = active;
                continue;
            }
            let current = recorded.states[0].load::<K>(slot);
            for level in (1..LEVELS).filter(|&level| (now - 1).is_multiple_of(length(level))) {
                recorded.states[level].store(slot, &current);
            }
            let idle = now - recorded.active_at[slot];
            let whole = |&level: &usize| now.is_multiple_of(length(level)) && idle >= length(level);
            let level = (0..LEVELS).rev().find(whole).unwrap_or(0);
            let mut state = recorded.states[level].load::<K>(slot);
            let free = Some((free_at, now - length(level) + 1));
            self.advance_group::<K, ALPHA, EACH>(&mut state, group, level, free);
            if now.is_multiple_of(LONGEST) {
                state.vanish(self.least(group), free_at, now);
            }
            if self.parameters.longest_refractory > 0 && free_at.iter().any(|free| free.wrapping_sub(1) == now) {
                recorded.active_at[slot] = now;
            }
            recorded.states[0].store(slot, &state);
        }
        recorded.now = Some(now);
        if let Mode::Event(event) = &mut self.mode {
            event.recorded = recorded;
        }
    }

    /// The state of a group at clock `now`, all activity up to there included.
    #[inline(always)]
    fn state_now<const K: usize, const ALPHA: bool, const EACH: bool>(&self, group: usize, now: Tick) -> Group<K> {
        match &self.mode {
            Mode::Event(event) => self.state_at::<K, ALPHA, EACH>(group, event.schedules[group].last, now).0,
            Mode::Clock(_) => self.state.load(group),
        }
    }
}
