//! Both drivers where stored states are of anchors ([`super::anchors`]).
//!
//! The membrane of a refractory neuron is stored as minus infinity, which no arrival changes and no
//! threshold lies below. At the end of its refractory period it is set, by either driver.

use super::cells::{LinearCells, Mode, cue};
use super::clock::any_reaches;
use super::maps::{LONGEST, Map};
use super::recorded::RecordedGroups;
use super::schedule::{EventDriven, HORIZON, Schedule};
use super::state::{BLOCK, GROUPS, Group};
use super::stretches::ClockDriven;
use crate::base::aligned::{prefetch, simd};
use crate::error::Result;
use crate::network::Threshold;
use crate::simulator::cell_group::GROUP;
use crate::spiking::Tick;

/// Groups ahead whose state is prefetched.
const AHEAD: usize = 8;

impl LinearCells {
    /// The state of a group at the anchor before `now`, from the stored one, that of anchor `from`.
    #[inline(always)]
    fn at_anchor<const K: usize, const ALPHA: bool>(&self, group: usize, from: Tick, now: Tick) -> Group<K> {
        let mut state = self.state.load::<K>(group);
        let (mut at, to) = (from, self.anchors.before(now));
        while at < to {
            state.advance::<ALPHA, f64>(self.anchors.whole());
            at += self.anchors.interval();
            if at.is_multiple_of(LONGEST) {
                state.vanish(self.maps.bounds.least, &[0; GROUP], at);
            }
        }
        state
    }

    /// Stores the state of a group as of the anchor before `now`, and returns that at `now`.
    #[inline(always)]
    pub(super) fn bring<const K: usize, const ALPHA: bool>(&mut self, group: usize, now: Tick) -> Group<K> {
        let mut state = self.state.load::<K>(group);
        if let Mode::Event(event) = &mut self.mode {
            let (from, to) = (event.schedules[group].last, self.anchors.before(now));
            if from != to {
                event.schedules[group].last = to;
                state = self.at_anchor::<K, ALPHA>(group, from, now);
                self.state.store(group, &state);
            }
        }
        state.advance::<ALPHA, f64>(self.anchors.map(now));
        state
    }

    /// The state of a group at `now`.
    #[inline(always)]
    pub(super) fn present<const K: usize, const ALPHA: bool>(&self, group: usize, now: Tick) -> Group<K> {
        let from = match &self.mode {
            Mode::Event(event) => event.schedules[group].last,
            Mode::Clock(_) => self.anchors.before(now),
        };
        let mut state = self.at_anchor::<K, ALPHA>(group, from, now);
        state.advance::<ALPHA, f64>(self.anchors.map(now));
        state
    }

    /// The stored state of a group, membranes of refractory neurons put right, and its anchor.
    pub(super) fn stored_anchored<const K: usize>(&self, group: usize, now: Tick) -> (Group<K>, Tick) {
        let mut state = self.state.load::<K>(group);
        for lane in 0..GROUP {
            if state.membranes[lane] == f64::NEG_INFINITY && group * GROUP + lane < self.len() {
                state.membranes[lane] = self.after_refractory(group * GROUP + lane);
            }
        }
        match &self.mode {
            Mode::Event(event) => (state, event.schedules[group].last),
            Mode::Clock(_) => (state, self.anchors.before(now)),
        }
    }

    /// The clock-driven driver's states from the anchor before `now` on, if `now` is one.
    pub(super) fn step_anchors<const K: usize, const ALPHA: bool>(&mut self, now: Tick) {
        if self.anchors.before(now) != now {
            return;
        }
        let before = now - self.anchors.interval();
        simd(
            #[inline(always)]
            || {
                for group in 0..self.groups() {
                    let state = self.at_anchor::<K, ALPHA>(group, before, now);
                    self.state.store(group, &state);
                }
            },
        );
    }

    /// Sets the stored membrane of neuron j so that it is `membrane` at `now`.
    #[inline(always)]
    fn set_membrane<const K: usize>(&mut self, j: usize, membrane: f64, now: Tick) {
        let map = self.anchors.map(now);
        let mut sum = 0.0;
        for c in 0..K {
            sum += map.into_membrane[c] * self.state.currents[c][j];
        }
        self.state.membranes[j] = (membrane - sum) / map.membrane;
    }

    /// Neuron j, whose group's stored state is that of the anchor before `now`, fires and is reset.
    fn reset_anchored<const K: usize, const ALPHA: bool>(&mut self, j: usize, now: Tick) {
        let (group, lane) = (j / GROUP, j % GROUP);
        let mut state = self.state.load::<K>(group);
        state.advance::<ALPHA, f64>(self.anchors.map(now));
        let membrane = self.membrane_after_spike(j, &state.membranes, &state.excess, now);
        if let (Threshold::Adaptive { jump, .. }, Some(excess)) = (&self.threshold, self.state.excess.get_mut(j)) {
            *excess = (state.excess[lane] + jump) / self.anchors.map(now).threshold;
        }
        self.begin_refractory(j, membrane, now);
        if self.parameters.neuron(j).refractory > 0 {
            self.state.membranes[j] = f64::NEG_INFINITY;
            self.refractory.push_back(j as u32);
        } else {
            self.set_membrane::<K>(j, membrane, now);
        }
    }

    /// Ends a tick: lists neurons that fire, releases refractory ones, resets.
    pub(super) fn fire_anchored<const K: usize, const ALPHA: bool>(&mut self, now: Tick) -> Result<()> {
        match &self.mode {
            Mode::Clock(_) => self.find_anchored::<K, ALPHA>(now),
            Mode::Event(_) => self.check_anchored::<K, ALPHA>(now),
        }
        let mut changed = std::mem::take(&mut self.changed);
        while let Some(&j) = self.refractory.front().filter(|&&j| self.free_at[j as usize] <= now + 1) {
            let j = j as usize;
            self.refractory.pop_front();
            self.bring::<K, ALPHA>(j / GROUP, now);
            self.set_membrane::<K>(j, self.after_refractory(j), now);
            changed.push((j / GROUP) as u32);
        }
        for at in 0..self.fired.len() {
            self.reset_anchored::<K, ALPHA>(self.fired[at] as usize, now);
        }
        let mut outcome = Ok(());
        if let Mode::Event(_) = self.mode {
            simd(
                #[inline(always)]
                || {
                    for &group in &changed {
                        let state = self.bring::<K, ALPHA>(group as usize, now);
                        if let Err(e) = self.schedule_check(group as usize, &state, now) {
                            outcome = Err(e);
                        }
                    }
                },
            );
        }
        changed.clear();
        self.changed = changed;
        outcome
    }

    /// Lists neurons that fire at `now` in groups that are due.
    fn check_anchored<const K: usize, const ALPHA: bool>(&mut self, now: Tick) {
        let due = self.take_due(now);
        let (mut changed, mut fired) = (std::mem::take(&mut self.changed), std::mem::take(&mut self.fired));
        simd(
            #[inline(always)]
            || {
                for &group in &due {
                    let state = self.bring::<K, ALPHA>(group as usize, now);
                    let fires = self.fires(group as usize, &state, now);
                    for lane in 0..GROUP {
                        if fires[lane] {
                            fired.push(group * GROUP as u32 + lane as u32);
                        }
                    }
                    changed.push(group);
                }
            },
        );
        (self.changed, self.fired) = (changed, fired);
        if let Mode::Event(event) = &mut self.mode {
            event.due = due;
        }
    }

    /// Lists neurons that fire at `now` among all.
    fn find_anchored<const K: usize, const ALPHA: bool>(&mut self, now: Tick) {
        if let Threshold::Never = self.limit {
            return;
        }
        let (mut crossing, mut found) = (std::mem::take(&mut self.crossing), 0);
        let blocks = self.groups() / GROUPS;
        // No call in the loops, not even to push: constants would have to leave their registers.
        crossing.resize(blocks, 0);
        simd(
            #[inline(always)]
            || {
                let map = &self.anchors.map(now).clone();
                let strict = self.neuron.strict;
                match &self.limit {
                    Threshold::Fixed(theta) if !self.parameters.has_drive => {
                        for block in 0..blocks {
                            let (membranes, _) = self.present_block::<K, ALPHA>(block, map);
                            crossing[found] = block;
                            found += usize::from(any_reaches(&membranes, strict, &[*theta; BLOCK]));
                        }
                    }
                    Threshold::Adaptive { base, .. } if !self.parameters.has_drive => {
                        for block in 0..blocks {
                            let (membranes, mut theta) = self.present_block::<K, ALPHA>(block, map);
                            theta.iter_mut().for_each(|theta| *theta += base);
                            crossing[found] = block;
                            found += usize::from(any_reaches(&membranes, strict, &theta));
                        }
                    }
                    Threshold::Cue { values, width } if !self.parameters.has_drive => {
                        for block in 0..blocks {
                            let (membranes, _) = self.present_block::<K, ALPHA>(block, map);
                            let first = self.ids.start as usize + block * BLOCK;
                            let theta = std::array::from_fn(|k| cue(values, *width, first + k, now));
                            crossing[found] = block;
                            found += usize::from(any_reaches(&membranes, strict, &theta));
                        }
                    }
                    _ => {
                        for block in 0..blocks {
                            crossing[block] = block;
                        }
                        found = blocks;
                    }
                }
            },
        );
        for &block in &crossing[..found] {
            for group in block * GROUPS..(block + 1) * GROUPS {
                let mut state = self.state.load::<K>(group);
                state.advance::<ALPHA, f64>(self.anchors.map(now));
                let fires = self.fires(group, &state, now);
                let fires = (0..GROUP).filter(|&lane| fires[lane]);
                self.fired.extend(fires.map(|lane| (group * GROUP + lane) as u32));
            }
        }
        self.crossing = crossing;
    }

    /// Membranes and excesses of thresholds of a block, `map` after their anchor.
    #[inline(always)]
    fn present_block<const K: usize, const ALPHA: bool>(
        &self,
        block: usize,
        map: &Map,
    ) -> ([f64; BLOCK], [f64; BLOCK]) {
        let (mut membranes, mut excess) = ([0.0; BLOCK], [0.0; BLOCK]);
        for group in 0..GROUPS {
            let mut state = self.state.load::<K>(block * GROUPS + group);
            state.advance::<ALPHA, f64>(map);
            membranes[group * GROUP..][..GROUP].copy_from_slice(&state.membranes);
            excess[group * GROUP..][..GROUP].copy_from_slice(&state.excess);
        }
        (membranes, excess)
    }

    /// Brings the stored states of all marked groups to the anchor before `now`.
    pub(super) fn advance_anchored<const K: usize, const ALPHA: bool>(&mut self, now: Tick) {
        let marked = self.take_marked(now);
        simd(
            #[inline(always)]
            || {
                for at in 0..marked.len() {
                    if let Some(&next) = marked.get(at + AHEAD) {
                        self.prefetch_group::<K>(next as usize);
                    }
                    self.bring::<K, ALPHA>(marked[at] as usize, now);
                }
            },
        );
        if let Mode::Event(event) = &mut self.mode {
            event.marked = marked;
        }
    }

    #[inline(always)]
    fn prefetch_group<const K: usize>(&self, group: usize) {
        let lanes = group * GROUP..(group + 1) * GROUP;
        prefetch(&self.state.membranes[lanes.clone()]);
        for c in 0..K {
            prefetch(&self.state.currents[c][lanes.clone()]);
        }
    }

    /// An arrival at a neuron.
    #[inline(always)]
    pub(super) fn share_out(&mut self, receptor: usize, target: usize, weight: f64, now: Tick) {
        let Some(c) = self.inputs[receptor].component else { return };
        let share = self.anchors.share(c, now);
        self.state.currents[c][target] += share.own * weight;
        if share.before != 0.0 {
            self.state.currents[c - 1][target] += share.before * weight;
        }
        self.state.membranes[target] += share.membrane * weight;
    }

    /// Notes which neurons are refractory after clock `now`.
    pub(super) fn find_refractory(&mut self, now: Tick) {
        let refractory = (0..self.len() as u32).filter(|&j| self.free_at[j as usize] > now + 1);
        let mut all: Vec<u32> = refractory.collect();
        all.sort_by_key(|&j| self.free_at[j as usize]);
        if self.anchors.are_apart() {
            all.iter().for_each(|&j| self.state.membranes[j as usize] = f64::NEG_INFINITY);
        }
        self.refractory = all.into();
    }

    /// Goes over to a driver after clock `now`.
    pub(super) fn drive_anchored<const K: usize, const ALPHA: bool>(&mut self, now: Tick, clock: bool) -> Result<()> {
        for group in 0..self.groups() {
            self.bring::<K, ALPHA>(group, now);
        }
        self.find_refractory(now);
        if clock {
            self.mode = Mode::Clock(ClockDriven::default());
            return Ok(());
        }
        let schedules = vec![Schedule::new(self.anchors.before(now)); self.groups()];
        let mut event = EventDriven::new(schedules, RecordedGroups::default());
        event.queue.reset_at(HORIZON as usize, now);
        self.mode = Mode::Event(event);
        for group in 0..self.len().div_ceil(GROUP) {
            let state = self.present::<K, ALPHA>(group, now);
            self.schedule_check(group, &state, now)?;
        }
        Ok(())
    }
}
