//! The clock-driven driver: every neuron at every tick.

use super::cells::{LinearCells, Mode, cue};
use super::maps::{LEVELS, LONGEST, length};
use super::state::{BLOCK, GROUPS, Group, State};
use super::stretches::ClockDriven;
use crate::base::aligned::simd;
use crate::network::Threshold;
use crate::simulator::cell_group::GROUP;
use crate::spiking::Tick;

impl LinearCells {
    /// Moves all neurons on to clock `now`. Where arrivals cannot reach the membrane any more,
    /// finds those that reach the threshold.
    pub(super) fn step_all<const K: usize, const ALPHA: bool, const EACH: bool>(&mut self, now: Tick) {
        let blocks = 0..self.groups() / GROUPS;
        let ends_stretch = now.is_multiple_of(length(1));
        simd(
            #[inline(always)]
            || match self.limit {
                // The most common case, in one pass.
                Threshold::Fixed(theta) if !EACH && !ends_stretch && !self.immediate && !self.parameters.has_drive => {
                    let strict = self.neuron.strict;
                    let (mut crossing, mut found) = (std::mem::take(&mut self.crossing), 0);
                    // No call in the loop, not even to push: constants would have to leave their
                    // registers for it.
                    crossing.resize(blocks.len(), 0);
                    self.step::<K, ALPHA, EACH>(
                        now,
                        #[inline(always)]
                        |block, membranes| {
                            crossing[found] = block;
                            found += usize::from(any_reaches(membranes, strict, &[theta; BLOCK]));
                        },
                    );
                    for &block in &crossing[..found] {
                        self.list_crossings(block, now);
                    }
                    self.crossing = crossing;
                }
                _ => {
                    self.step::<K, ALPHA, EACH>(now, |_, _| {});
                    for block in blocks.clone().filter(|_| ends_stretch) {
                        let active_at: &[Tick; GROUPS] = &self.active_at.as_chunks().0[block];
                        let mut idle = 0u32;
                        for group in 0..GROUPS {
                            idle |= u32::from(now - active_at[group] >= length(1)) << group;
                        }
                        while idle != 0 {
                            self.take_stretch::<K, ALPHA, EACH>(block * GROUPS + idle.trailing_zeros() as usize, now);
                            idle &= idle - 1;
                        }
                    }
                    if now.is_multiple_of(LONGEST) {
                        for group in 0..self.groups() {
                            let mut state = self.state.load::<K>(group);
                            state.vanish(self.least(group), &self.free_at.as_chunks().0[group], now);
                            self.state.store(group, &state);
                        }
                    }
                    if !self.immediate {
                        for block in blocks.clone() {
                            self.find_crossings(block, now);
                        }
                    }
                }
            },
        );
    }

    /// One tick of all blocks, to clock `now`; membranes of refractory neurons are put right at the
    /// end of that period. Keeps the states before it where stretches begin. Calls `then` with each
    /// block and its membranes.
    #[inline(always)]
    fn step<const K: usize, const ALPHA: bool, const EACH: bool>(
        &mut self,
        now: Tick,
        mut then: impl FnMut(usize, &[f64; BLOCK]),
    ) {
        let Mode::Clock(clock) = &mut self.mode else { return };
        let begins = (1..LEVELS).filter(|&level| (now - 1).is_multiple_of(length(level))).count();
        let saved = &mut clock.saved[..begins];
        // A copy, which no store can change: it stays in registers.
        let one = &self.maps.levels[0].clone();
        let each = &self.parameters.maps;
        let State { membranes, currents, excess } = &mut self.state;
        let membranes = membranes.as_chunks_mut::<BLOCK>().0;
        let mut currents = currents.iter_mut();
        let currents: [&mut [[f64; BLOCK]]; K] =
            std::array::from_fn(|_| currents.next().map_or(&mut [][..], |values| values.as_chunks_mut().0));
        for (block, membranes) in membranes.iter_mut().enumerate() {
            for saved in saved.iter_mut() {
                saved.membranes.as_chunks_mut().0[block] = *membranes;
                for c in 0..K {
                    saved.currents[c].as_chunks_mut().0[block] = currents[c][block];
                }
            }
            for group in 0..GROUPS {
                let lanes = group * GROUP..(group + 1) * GROUP;
                let load = |values: &[f64; BLOCK]| values.as_chunks().0[group];
                let mut state = Group::<K> {
                    membranes: load(membranes),
                    currents: std::array::from_fn(|c| load(&currents[c][block])),
                    excess: [0.0; GROUP],
                };
                match EACH {
                    false => state.advance::<ALPHA, f64>(one),
                    true => state.advance::<ALPHA, [f64; GROUP]>(&each[block * GROUPS + group].levels[0]),
                }
                membranes[lanes.clone()].copy_from_slice(&state.membranes);
                for c in 0..K {
                    currents[c][block][lanes.clone()].copy_from_slice(&state.currents[c]);
                }
            }
            then(block, membranes);
        }
        if !excess.is_empty() {
            saved.iter_mut().for_each(|saved| saved.excess.copy_from_slice(excess));
            // Alike for all neurons: what a spike adds to a threshold decays with one time constant.
            excess.iter_mut().for_each(|excess| *excess *= one.threshold);
        }
    }

    /// Takes a stretch that ends at `now` at once, if a group was not active within it.
    #[inline(always)]
    fn take_stretch<const K: usize, const ALPHA: bool, const EACH: bool>(&mut self, group: usize, now: Tick) {
        let Mode::Clock(clock) = &self.mode else { return };
        let idle = now - self.active_at[group];
        let ends = |&level: &usize| now.is_multiple_of(length(level)) && idle >= length(level);
        if let Some(level) = (1..LEVELS).rev().find(ends) {
            let mut state = clock.saved[level - 1].load::<K>(group);
            let first = now - length(level) + 1;
            let free = Some((&self.free_at.as_chunks().0[group], first));
            self.advance_group::<K, ALPHA, EACH>(&mut state, group, level, free);
            self.state.store(group, &state);
        }
    }

    /// Lists the neurons of a block that reach their thresholds at `now`.
    #[inline(always)]
    fn find_crossings(&mut self, block: usize, now: Tick) {
        let first = block * BLOCK;
        if self.parameters.has_drive || !self.parameters.are_alike() {
            return self.list_crossings(block, now);
        }
        let membranes = &self.state.membranes.as_chunks::<BLOCK>().0[block];
        let strict = self.neuron.strict;
        let any = match &self.limit {
            Threshold::Never => return,
            Threshold::Fixed(theta) => any_reaches(membranes, strict, &[*theta; BLOCK]),
            Threshold::Adaptive { base, .. } => {
                let mut theta = self.state.excess.as_chunks::<BLOCK>().0[block];
                theta.iter_mut().for_each(|theta| *theta += base);
                any_reaches(membranes, strict, &theta)
            }
            Threshold::Cue { values, width } => {
                let neuron = self.ids.start as usize + first;
                any_reaches(membranes, strict, &std::array::from_fn(|k| cue(values, *width, neuron + k, now)))
            }
        };
        if any {
            self.list_crossings(block, now);
        }
    }

    /// Lists the neurons of a block that fire, once any is known to.
    #[inline(always)]
    fn list_crossings(&mut self, block: usize, now: Tick) {
        for group in block * GROUPS..(block + 1) * GROUPS {
            let state = self.state.load::<0>(group);
            let fires = self.fires(group, &state, now);
            if fires != [false; GROUP] {
                let fires = (0..GROUP).filter(|&lane| fires[lane]);
                self.fired.extend(fires.map(|lane| (group * GROUP + lane) as u32));
            }
        }
    }

    /// Ends a tick: releases refractory neurons, compares with thresholds, resets.
    pub(super) fn fire_clock_driven(&mut self, now: Tick) {
        let mut refractory = std::mem::take(&mut self.refractory);
        // The end of a refractory period is activity; until then the membrane is not used.
        while let Some(&j) = refractory.front().filter(|&&j| self.free_at[j as usize] <= now + 1) {
            self.state.membranes[j as usize] = self.after_refractory(j as usize);
            self.active_at[j as usize / GROUP] = now;
            refractory.pop_front();
        }
        if self.immediate {
            simd(
                #[inline(always)]
                || {
                    for block in 0..self.groups() / GROUPS {
                        self.find_crossings(block, now);
                    }
                },
            );
        }
        for at in 0..self.fired.len() {
            self.reset(self.fired[at] as usize, now);
        }
        if self.parameters.longest_refractory > 0 {
            for &j in self.fired.iter().filter(|&&j| self.parameters.neuron(j as usize).refractory > 0) {
                // By the end of the period: at the back, unless periods differ.
                let end = self.free_at[j as usize];
                match refractory.back().is_some_and(|&last| self.free_at[last as usize] > end) {
                    false => refractory.push_back(j),
                    true => {
                        let at = refractory.partition_point(|&other| self.free_at[other as usize] <= end);
                        refractory.insert(at, j);
                    }
                }
            }
        }
        self.refractory = refractory;
    }

    /// Goes over from the event-driven driver after clock `now`: to present states, and those at
    /// the beginnings of the stretches under way.
    pub(super) fn become_clock_driven<const K: usize, const ALPHA: bool, const EACH: bool>(&mut self, now: Tick) {
        let Mode::Event(event) = &self.mode else { return };
        let empty = State::zeros(self.groups() * GROUP, K, !self.state.excess.is_empty());
        let mut saved: [State; LEVELS - 1] = std::array::from_fn(|_| empty.clone());
        let mut present = empty;
        let mut active_at = self.active_at.clone();
        for group in 0..self.groups() {
            let (state, active) = self.state_at::<K, ALPHA, EACH>(group, event.schedules[group].last, now);
            present.store(group, &state);
            active_at[group] = active;
            for (at, saved) in saved.iter_mut().enumerate() {
                let start = now - now % length(at + 1);
                if active <= start {
                    saved.store(group, &self.state_at::<K, ALPHA, EACH>(group, event.schedules[group].last, start).0);
                }
            }
        }
        self.mode = Mode::Clock(ClockDriven { saved });
        (self.state, self.active_at) = (present, active_at);
        self.find_refractory(now);
    }
}

/// Whether any of some neurons reaches its threshold.
#[inline(always)]
pub(super) fn any_reaches<const N: usize>(membranes: &[f64; N], strict: bool, thresholds: &[f64; N]) -> bool {
    let mut any = false;
    if strict {
        for k in 0..N {
            any |= membranes[k] > thresholds[k];
        }
    } else {
        for k in 0..N {
            any |= membranes[k] >= thresholds[k];
        }
    }
    any
}
