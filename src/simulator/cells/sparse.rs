//! The event-driven driver: only groups that hear something, or one of whose neurons may fire without hearing anything.

use super::state::{Group, State};
use super::{Cells, GROUP, Mode, cue};
use crate::base::aligned::simd;
use crate::error::Result;
use crate::network::Threshold;
use crate::simulator::maps::{Bound, LEVELS, LONGEST, length, level};
use crate::spiking::{BucketQueue, Tick};

/// Ticks ahead for which looks are queued; a later one is looked at once more on the way.
const HORIZON: Tick = 1024;

/// No look is queued.
const NEVER: Tick = Tick::MAX;

/// Relative margin of the bounds on membrane and threshold over the rounding of their evaluation.
const MARGIN: f64 = 1e-9;

/// What this driver needs beside the state.
pub(super) struct Sparse {
    /// Of each group.
    pub watches: Vec<Watch>,
    pub queue: BucketQueue<u32>,
    /// Groups that something arrives at, in the order of arrival.
    pub touched: Vec<u32>,
    /// Groups to look at.
    pub due: Vec<u32>,
    pub followed: Followed,
}

/// What this driver knows of a group. Each of the sets has a bit for each neuron.
#[derive(Clone)]
pub(super) struct Watch {
    /// Clock of the state.
    pub last: Tick,
    /// Clock of the next look.
    look: Tick,
    /// Clock of `updated`.
    updated_at: Tick,
    /// To whom something arrives at the present tick.
    hears: u8,
    /// For whose sake the next look is.
    awaited: u8,
    /// Who has been counted as updated.
    updated: u8,
}

impl Watch {
    /// Of a group whose state is that of clock `last`.
    pub fn new(last: Tick) -> Self {
        Watch { last, look: NEVER, updated_at: NEVER, hears: 0, awaited: 0, updated: 0 }
    }

    /// Neurons of a set that have not been updated at `now` before.
    #[inline(always)]
    fn update(&mut self, set: u8, now: Tick) -> u64 {
        let before = if self.updated_at == now { self.updated } else { 0 };
        (self.updated_at, self.updated) = (now, before | set);
        (set & !before).count_ones().into()
    }

    /// Awaits the next of the looks that its neurons wait for.
    pub fn await_looks(&mut self, looks: &[Tick]) {
        self.look = looks.iter().copied().min().unwrap_or(NEVER);
        let awaits = looks.iter().enumerate().filter(|&(_, &look)| look == self.look && look != NEVER);
        self.awaited = awaits.map(|(lane, _)| 1 << lane).sum();
    }

    /// The look that neuron `lane` waits for.
    pub fn look_of(&self, lane: usize) -> Tick {
        if self.awaited & 1 << lane != 0 { self.look } else { NEVER }
    }
}

/// Groups that are recorded, tick by tick: a path from the last act for each would take longer and longer.
#[derive(Default)]
pub(super) struct Followed {
    /// Ascending.
    pub groups: Vec<u32>,
    /// Clock of each one's last act.
    from: Vec<Tick>,
    /// Clock of the present states; none yet.
    now: Option<Tick>,
    /// Present states, and from level 1 on those at the beginnings of the stretches under way.
    states: Vec<State>,
}

impl Followed {
    pub fn new(groups: Vec<u32>, components: usize, adaptive: bool) -> Self {
        let empty = State::zeros(groups.len() * GROUP, components, adaptive);
        Followed { from: vec![0; groups.len()], now: None, states: vec![empty; LEVELS], groups }
    }

    /// The present state of a group.
    #[inline(always)]
    pub fn state<const K: usize>(&self, group: usize) -> Option<Group<K>> {
        let slot = self.groups.binary_search(&(group as u32)).ok()?;
        Some(self.states[0].load(slot))
    }
}

impl Sparse {
    /// Of groups with `watches`.
    pub fn new(watches: Vec<Watch>, followed: Followed) -> Self {
        Sparse { watches, queue: BucketQueue::default(), touched: Vec::new(), due: Vec::new(), followed }
    }

    /// Something will arrive at a neuron at clock `now`, one of the acts of its group.
    #[inline(always)]
    pub fn announce(&mut self, acts: &mut [Tick], target: usize, now: Tick) {
        let (group, lane) = (target / GROUP, target % GROUP);
        acts[group] = now;
        let hears = &mut self.watches[group].hears;
        if *hears == 0 {
            self.touched.push(group as u32);
        }
        *hears |= 1 << lane;
    }

    /// Queues a look for the sake of `awaited` unless there is an earlier one. Says how many operations of the queue that takes, with
    /// the one that takes it out again.
    #[inline(always)]
    fn look(&mut self, group: usize, (next, awaited): (Tick, u8), now: Tick) -> Result<u64> {
        let watch = &mut self.watches[group];
        if next >= watch.look {
            watch.awaited |= if next == watch.look { awaited } else { 0 };
            return Ok(0);
        }
        (watch.look, watch.awaited) = (next.min(now.saturating_add(HORIZON - 1)), awaited);
        self.queue.push(watch.look - 1, [group as u32])?;
        Ok(2)
    }

    /// Queues the looks that the watches await, as of clock `now`.
    pub fn queue_awaited(&mut self, now: Tick) -> Result<()> {
        self.queue.reset_at(HORIZON as usize, now);
        for (group, watch) in self.watches.iter().enumerate().filter(|(_, watch)| watch.look != NEVER) {
            self.queue.push(watch.look - 1, [group as u32])?;
        }
        Ok(())
    }
}

impl Cells {
    /// The state at clock `to` of a group that does not act on the way but for ends of refractory times, from its stored state, that
    /// of clock `from`; and the clock of the last act.
    #[inline(always)]
    pub(super) fn path<const K: usize, const ALPHA: bool>(
        &self,
        group: usize,
        from: Tick,
        to: Tick,
    ) -> (Group<K>, Tick) {
        let mut state = self.state.load::<K>(group);
        let free_at: &[Tick; GROUP] = &self.free_at.as_chunks().0[group];
        let (mut at, mut act) = (from, from);
        while at < to {
            let mut stop = to;
            if self.neuron.refractory > 0 {
                for lane in free_at {
                    // The last clock of a refractory time.
                    let end = lane.wrapping_sub(1);
                    stop = if end > at && end < stop { end } else { stop };
                }
            }
            while at < stop {
                let level = level(at, stop);
                let map = &self.maps.levels[level];
                match self.neuron.refractory {
                    0 => state.advance::<ALPHA>(map),
                    _ => state.advance_free::<ALPHA>(map, free_at, at + 1),
                }
                at += length(level);
                if at.is_multiple_of(LONGEST) {
                    state.vanish(self.maps.least, free_at, at);
                }
            }
            if stop < to || free_at.iter().any(|free| free.wrapping_sub(1) == to) {
                act = stop;
            }
        }
        (state, act)
    }

    /// Brings all that were announced to hear something to clock `now`.
    pub(super) fn bring_touched<const K: usize, const ALPHA: bool>(&mut self, now: Tick) {
        let Mode::Event(sparse) = &mut self.mode else { return };
        let touched = std::mem::take(&mut sparse.touched);
        self.activity += touched.len() as u64;
        for &group in &touched {
            let watch = &mut sparse.watches[group as usize];
            let hears = std::mem::take(&mut watch.hears);
            self.counts.membrane_updates += watch.update(hears, now);
        }
        simd(
            #[inline(always)]
            || {
                for &group in &touched {
                    let group = group as usize;
                    let Mode::Event(sparse) = &self.mode else { return };
                    let (state, _) = self.path::<K, ALPHA>(group, sparse.watches[group].last, now);
                    self.state.store(group, &state);
                    let Mode::Event(sparse) = &mut self.mode else { return };
                    sparse.watches[group].last = now;
                }
            },
        );
        if let Mode::Event(sparse) = &mut self.mode {
            sparse.touched = touched;
        }
    }

    /// Lets those fire that cross at `now`, of the groups that heard something in time or are to be looked at, and queues their next
    /// looks.
    pub(super) fn finish_sparse<const K: usize, const ALPHA: bool>(&mut self, now: Tick) -> Result<()> {
        let Mode::Event(sparse) = &mut self.mode else { return Ok(()) };
        let (mut touched, mut due) = (std::mem::take(&mut sparse.touched), std::mem::take(&mut sparse.due));
        let mut woken = 0;
        // Others are void: an earlier look came after them.
        due.retain(|&group| {
            let watch = &mut sparse.watches[group as usize];
            let valid = watch.look == now;
            if valid {
                woken += watch.update(watch.awaited, now);
                watch.look = NEVER;
            }
            valid && watch.last != now
        });
        self.counts.wakes += woken;
        self.counts.membrane_updates += woken;
        let mut outcome = Ok(());
        simd(
            #[inline(always)]
            || {
                // No closures: they would be functions of their own, without wide vectors.
                for groups in [&touched, &due] {
                    for &group in groups {
                        if let Err(e) = self.finish_group::<K, ALPHA>(group as usize, now) {
                            outcome = Err(e);
                        }
                    }
                }
            },
        );
        touched.clear();
        if let Mode::Event(sparse) = &mut self.mode {
            (sparse.touched, sparse.due) = (touched, due);
        }
        outcome
    }

    #[inline(always)]
    fn finish_group<const K: usize, const ALPHA: bool>(&mut self, group: usize, now: Tick) -> Result<()> {
        let mut state = self.present::<K, ALPHA>(group, now);
        let heard = self.acts[group] == now;
        for lane in 0..GROUP {
            // What arrived there does not count.
            if self.rests(group * GROUP + lane, now) {
                state.membranes[lane] = self.released(group * GROUP + lane);
            }
        }
        let fires = self.fires(group, &state, now);
        let any = fires.contains(&true);
        if heard || any {
            self.state.store(group, &state);
            if let Mode::Event(sparse) = &mut self.mode {
                sparse.watches[group].last = now;
            }
        }
        if any {
            for lane in (0..GROUP).filter(|&lane| fires[lane]) {
                self.fire(group * GROUP + lane, now);
                self.fired.push((group * GROUP + lane) as u32);
            }
            state = self.state.load(group);
        }
        self.queue_look(group, &state, now)
    }

    /// Queues the next look at a group, whose state is that at `now`.
    #[inline(always)]
    fn queue_look<const K: usize>(&mut self, group: usize, state: &Group<K>, now: Tick) -> Result<()> {
        let next = self.next_look(group, state, now);
        let Mode::Event(sparse) = &mut self.mode else { return Ok(()) };
        self.counts.queue_operations += sparse.look(group, next, now)?;
        Ok(())
    }

    /// Queues the next looks of groups that heard something which changes no membrane at `now`.
    pub(super) fn look_again<const K: usize, const ALPHA: bool>(&mut self, now: Tick) -> Result<()> {
        let Mode::Event(sparse) = &mut self.mode else { return Ok(()) };
        let mut touched = std::mem::take(&mut sparse.touched);
        let mut outcome = Ok(());
        simd(
            #[inline(always)]
            || {
                for &group in &touched {
                    let state = self.state.load::<K>(group as usize);
                    if let Err(e) = self.queue_look(group as usize, &state, now) {
                        outcome = Err(e);
                    }
                }
            },
        );
        touched.clear();
        if let Mode::Event(sparse) = &mut self.mode {
            sparse.touched = touched;
        }
        outcome
    }

    /// Queues a look at every group, as of clock `now`.
    pub(super) fn schedule_all<const K: usize, const ALPHA: bool>(&mut self, now: Tick) -> Result<()> {
        if let Mode::Event(sparse) = &mut self.mode {
            sparse.queue.reset_at(HORIZON as usize, now);
        }
        for group in 0..self.len().div_ceil(GROUP) {
            let state = self.present::<K, ALPHA>(group, now);
            self.queue_look(group, &state, now)?;
        }
        Ok(())
    }

    /// The next clock after `now` at which a group has to be looked at if it hears nothing, and for whose sake; its state is that at
    /// `now`.
    #[inline(always)]
    fn next_look<const K: usize>(&self, group: usize, state: &Group<K>, now: Tick) -> (Tick, u8) {
        if let Threshold::Never = self.threshold {
            return (NEVER, 0);
        }
        let forever = self.maps.forever.as_ref().map(|bound| (NEVER, bound));
        let spans = self.maps.bounds.iter().map(|(ticks, bound)| (now.saturating_add(1 + ticks), bound));
        let free_at: &[Tick; GROUP] = &self.free_at.as_chunks().0[group];
        // Who is refractory cannot fire; nobody is behind the last neuron.
        let mut awaited = 0;
        for lane in 0..GROUP {
            awaited |= u8::from(free_at[lane] <= now + 1) << lane;
        }
        let mut next = if awaited == 0 { NEVER } else { now + 1 };
        // Each span is shorter than the one before, within which some may fire.
        for (end, bound) in forever.into_iter().chain(spans) {
            let open = awaited & self.open(group, state, bound, now);
            if open == 0 {
                next = if awaited == 0 { NEVER } else { end };
                break;
            }
            awaited = open;
        }
        if self.neuron.refractory > 0 {
            for (lane, free) in free_at.iter().enumerate() {
                // Who is free at the next clock may fire there; behind the last neuron is nobody to wait for.
                if *free > now + 1 && *free < NEVER && free - 1 <= next {
                    awaited = if free - 1 < next { 0 } else { awaited } | 1 << lane;
                    next = free - 1;
                }
            }
        }
        (next, awaited)
    }

    /// Who of a group, whose state is that at `now`, may fire without input within the span of `bound`.
    #[inline(always)]
    fn open<const K: usize>(&self, group: usize, state: &Group<K>, bound: &Bound, now: Tick) -> u8 {
        let [first, last] = bound.leak;
        let mut highest = [0.0; GROUP];
        let mut scale = [0.0; GROUP];
        let risen = self.risen(group, &state.membranes, now);
        for lane in 0..GROUP {
            let v = risen[lane];
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

    /// A state from which the state at `now` and all later ones follow, and its clock.
    pub(super) fn represent<const K: usize>(&self, group: usize, now: Tick) -> (Group<K>, Tick) {
        let saved = match &self.mode {
            Mode::Event(sparse) => return (self.state.load(group), sparse.watches[group].last),
            Mode::Clock(clocked) => &clocked.saved,
        };
        // The longest stretch without an act counts from its beginning.
        let mut starts = (1..LEVELS).rev().map(|level| (level, now - now % length(level)));
        let kept = starts.find(|&(_, start)| self.acts[group] <= start && start < now);
        let (mut state, clock): (Group<K>, Tick) = match kept {
            Some((level, start)) => (saved[level - 1].load(group), start),
            None => (self.state.load(group), now),
        };
        for lane in 0..GROUP {
            let j = group * GROUP + lane;
            if self.rests(j, clock) && j < self.len() {
                state.membranes[lane] = self.released(j);
            }
        }
        (state, clock)
    }

    /// Goes over from the clock-driven driver after clock `now`.
    pub(super) fn become_sparse<const K: usize, const ALPHA: bool>(&mut self, now: Tick) {
        if let Mode::Event(_) = self.mode {
            return;
        }
        let mut watches = Vec::with_capacity(self.groups());
        let all: Vec<(Group<K>, Tick)> = (0..self.groups()).map(|group| self.represent(group, now)).collect();
        for (group, (state, clock)) in all.iter().enumerate() {
            self.state.store(group, state);
            watches.push(Watch::new(*clock));
            self.acts[group] = *clock;
        }
        self.mode = Mode::Event(Sparse::new(watches, self.followed()));
    }

    /// Brings the recorded groups to clock `now`.
    pub(super) fn follow<const K: usize, const ALPHA: bool>(&mut self, now: Tick) {
        let Mode::Event(sparse) = &mut self.mode else { return };
        let mut followed = std::mem::take(&mut sparse.followed);
        let consecutive = followed.now.is_some_and(|before| before + 1 == now);
        for slot in 0..followed.groups.len() {
            let group = followed.groups[slot] as usize;
            let Mode::Event(sparse) = &self.mode else { return };
            let last = sparse.watches[group].last;
            let free_at: &[Tick; GROUP] = &self.free_at.as_chunks().0[group];
            if !consecutive || last + 1 >= now {
                // Anew, from the last act.
                for level in 1..LEVELS {
                    let start = now - now % length(level);
                    if last <= start {
                        followed.states[level].store(slot, &self.path::<K, ALPHA>(group, last, start).0);
                    }
                }
                let (state, act) = self.path::<K, ALPHA>(group, last, now);
                followed.states[0].store(slot, &state);
                followed.from[slot] = act;
                continue;
            }
            let present = followed.states[0].load::<K>(slot);
            for level in (1..LEVELS).filter(|&level| (now - 1).is_multiple_of(length(level))) {
                followed.states[level].store(slot, &present);
            }
            let idle = now - followed.from[slot];
            let whole = |&level: &usize| now.is_multiple_of(length(level)) && idle >= length(level);
            let level = (0..LEVELS).rev().find(whole).unwrap_or(0);
            let mut state = followed.states[level].load::<K>(slot);
            state.advance_free::<ALPHA>(&self.maps.levels[level], free_at, now - length(level) + 1);
            if now.is_multiple_of(LONGEST) {
                state.vanish(self.maps.least, free_at, now);
            }
            if self.neuron.refractory > 0 && free_at.iter().any(|free| free.wrapping_sub(1) == now) {
                followed.from[slot] = now;
            }
            followed.states[0].store(slot, &state);
        }
        followed.now = Some(now);
        if let Mode::Event(sparse) = &mut self.mode {
            sparse.followed = followed;
        }
    }
}
