//! The event-driven driver: only groups that hear something, or one of whose neurons may fire without hearing anything.

use super::state::Group;
use super::{Cells, GROUP, Mode, cue};
use crate::error::Result;
use crate::event::{BucketQueue, Tick};
use crate::lanes::simd;
use crate::network::Threshold;
use crate::simulator::maps::{Bound, LEVELS, LONGEST, length, level};

/// Ticks ahead for which looks are queued; a later one is looked at once more on the way.
const HORIZON: Tick = 1024;

/// No look is queued.
const NEVER: Tick = Tick::MAX;

/// Relative margin of the bounds on membrane and threshold over the rounding of their evaluation.
const MARGIN: f64 = 1e-9;

/// What this driver needs beside the state.
pub(super) struct Sparse {
    /// Clock of each group's state.
    pub last: Vec<Tick>,
    /// Clock of each group's next look.
    looks: Vec<Tick>,
    pub queue: BucketQueue<u32>,
    /// Groups that something arrives at, in the order of arrival.
    pub touched: Vec<u32>,
    /// Which of their neurons.
    pub hears: Vec<u8>,
    /// Groups to look at.
    pub due: Vec<u32>,
}

impl Sparse {
    /// With states as of the clocks `last`.
    pub fn new(last: Vec<Tick>) -> Self {
        let groups = last.len();
        Sparse {
            last,
            looks: vec![NEVER; groups],
            queue: BucketQueue::default(),
            touched: Vec::new(),
            hears: vec![0; groups],
            due: Vec::new(),
        }
    }

    /// Something will arrive at a neuron at clock `now`, one of the acts of its group.
    #[inline(always)]
    pub fn announce(&mut self, acts: &mut [Tick], target: usize, now: Tick) {
        let (group, lane) = (target / GROUP, target % GROUP);
        acts[group] = now;
        if self.hears[group] == 0 {
            self.touched.push(group as u32);
        }
        self.hears[group] |= 1 << lane;
    }

    /// Queues a look unless there is an earlier one; says how many.
    fn look(&mut self, group: usize, next: Tick, now: Tick) -> Result<u64> {
        if next >= self.looks[group] {
            return Ok(0);
        }
        self.looks[group] = next.min(now.saturating_add(HORIZON - 1));
        self.queue.push(self.looks[group] - 1, [group as u32])?;
        Ok(1)
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
            let hears = std::mem::take(&mut sparse.hears[group as usize]);
            self.counts.membrane_updates += u64::from(hears.count_ones());
        }
        simd(
            #[inline(always)]
            || {
                for &group in &touched {
                    let group = group as usize;
                    let Mode::Event(sparse) = &self.mode else { return };
                    let (state, _) = self.path::<K, ALPHA>(group, sparse.last[group], now);
                    self.state.store(group, &state);
                    let Mode::Event(sparse) = &mut self.mode else { return };
                    sparse.last[group] = now;
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
        // Others are void: an earlier look came after them.
        due.retain(|&group| {
            let look = &mut sparse.looks[group as usize];
            let valid = *look == now;
            if valid {
                *look = NEVER;
            }
            valid && sparse.last[group as usize] != now
        });
        self.counts.wakes += due.len() as u64;
        self.counts.membrane_updates += due.len() as u64;
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
                sparse.last[group] = now;
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
            sparse.looks.fill(NEVER);
        }
        for group in 0..self.len().div_ceil(GROUP) {
            let state = self.present::<K, ALPHA>(group, now);
            let next = self.next_look(group, &state, now);
            if let Mode::Event(sparse) = &mut self.mode {
                sparse.look(group, next, now)?;
            }
        }
        Ok(())
    }

    /// The next clock after `now` at which a group has to be looked at if it hears nothing; its state is that at `now`.
    #[inline(always)]
    fn next_look<const K: usize>(&self, group: usize, state: &Group<K>, now: Tick) -> Tick {
        if let Threshold::Never = self.threshold {
            return NEVER;
        }
        let mut released = NEVER;
        for free in &self.free_at.as_chunks::<GROUP>().0[group] {
            // Who is free at the next clock may fire there; behind the last neuron is nobody to wait for.
            released = if *free > now + 1 && *free < NEVER { released.min(free - 1) } else { released };
        }
        if let Some(bound) = &self.maps.forever
            && self.bounded(group, state, bound, now)
        {
            return released;
        }
        for (ticks, bound) in &self.maps.bounds {
            if self.bounded(group, state, bound, now) {
                return released.min(now.saturating_add(1 + ticks));
            }
        }
        now + 1
    }

    /// Whether nobody of a group, whose state is that at `now`, can fire without input within the span of `bound`.
    #[inline(always)]
    fn bounded<const K: usize>(&self, group: usize, state: &Group<K>, bound: &Bound, now: Tick) -> bool {
        let free_at: &[Tick; GROUP] = &self.free_at.as_chunks().0[group];
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
        let mut all = true;
        for lane in 0..GROUP {
            let below = highest[lane] + MARGIN * (scale[lane] + lowest[lane].abs()) < lowest[lane];
            // Who is refractory cannot; nobody is behind the last neuron.
            all &= below | (free_at[lane] > now + 1);
        }
        all
    }

    /// A state from which the state at `now` and all later ones follow, and its clock.
    pub(super) fn represent<const K: usize>(&self, group: usize, now: Tick) -> (Group<K>, Tick) {
        let saved = match &self.mode {
            Mode::Event(sparse) => return (self.state.load(group), sparse.last[group]),
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
        let mut last = Vec::with_capacity(self.groups());
        let all: Vec<(Group<K>, Tick)> = (0..self.groups()).map(|group| self.represent(group, now)).collect();
        for (group, (state, clock)) in all.iter().enumerate() {
            self.state.store(group, state);
            last.push(*clock);
        }
        self.acts.copy_from_slice(&last);
        self.mode = Mode::Event(Sparse::new(last));
    }
}
